#!/usr/bin/env bash
# Runs the commands of results.md again: docs/remake.sh DATA [WORD]
#
# DATA is the folder of the data. With WORD, only the sections whose heading has it. What a section's
# commands print is left in runs/results/SECTION.txt, the runs themselves beside it.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,5s/^# \?//p' "$0"; exit 2; }
data=$(cd "$1" && pwd)
word=${2:-}
cd "$(dirname "$0")/.."
cargo build --release --quiet
export PATH="$PWD/target/release:$PATH"
results=$PWD/docs/results.md
mkdir -p runs/results
cd runs/results

# A script for each section: the lines between ```sh and ``` below its heading.
rm -f -- *.sh
awk -v word="$word" '
    /^## / { name = tolower(substr($0, 4)); gsub(/[^a-z0-9]+/, "-", name); wanted = index($0, word) }
    /^```/ { inside = /^```sh/; next }
    inside && wanted { print > (name ".sh") }
' "$results"

for script in *.sh; do
    section=${script%.sh}
    echo "==> $section"
    sed -i "s#DATA/#$data/#g" "$script"
    rm -rf "$section"
    mkdir "$section"
    begin=$SECONDS
    (cd "$section" && bash -euo pipefail "../$script") >"$section.txt" 2>"$section.log" \
        || { tail -n 3 "$section.log"; exit 1; }
    cat "$section.txt"
    echo "    $((SECONDS - begin)) s"
done
