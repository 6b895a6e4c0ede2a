//! Which crate may depend on which: the floors of the house.

use crate::source::root;
use std::fs;
use toml::{Table, Value};

/// Each crate and the workspace's crates that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("tensor-autograd", &[]),
    ("datasets", &[]),
    ("nn-layers", &["tensor-autograd"]),
    ("optim", &["tensor-autograd"]),
    ("transfer", BELOW_TRANSFER),
    ("transfer-cli", LIBRARIES),
    ("examples", LIBRARIES),
    ("benches", LIBRARIES),
];
const BELOW_TRANSFER: &[&str] = &["tensor-autograd", "nn-layers", "optim", "datasets"];
const LIBRARIES: &[&str] = &["tensor-autograd", "nn-layers", "optim", "datasets", "transfer"];

/// A member of the workspace: its folder from the root, and its manifest.
pub(crate) struct Member {
    pub(crate) folder: String,
    pub(crate) manifest: Table,
}

impl Member {
    pub(crate) fn name(&self) -> &str {
        self.manifest["package"]["name"].as_str().expect("a package has a name")
    }
}

/// Every member that the workspace's manifest names.
pub(crate) fn members() -> Vec<Member> {
    let root = root();
    let read = |folder: &str| -> Table {
        let file = root.join(folder).join("Cargo.toml");
        let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        text.parse().unwrap_or_else(|e| panic!("{}: {e}", file.display()))
    };
    let workspace = read("");
    let mut folders = vec![];
    for member in workspace["workspace"]["members"].as_array().expect("a list of members") {
        let member = member.as_str().expect("a path");
        let Some(parent) = member.strip_suffix("/*") else {
            folders.push(member.to_owned());
            continue;
        };
        let entries = fs::read_dir(root.join(parent)).expect("the members' folder can be read");
        let names = entries.map(|e| e.expect("its entries can be read"));
        let with_manifest = names.filter(|e| e.path().join("Cargo.toml").exists());
        folders
            .extend(with_manifest.map(|e| format!("{parent}/{}", e.file_name().to_string_lossy())));
    }
    folders.sort();
    folders.into_iter().map(|folder| Member { manifest: read(&folder), folder }).collect()
}

/// The names of all packages that a manifest depends on: for use, for tests, for its build, and
/// for one platform alone.
fn dependencies(manifest: &Table) -> Vec<String> {
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = targets.into_iter().flat_map(|t| t.values()).filter_map(Value::as_table);
    let mut names = vec![];
    for table in tables.chain([manifest]) {
        for (key, value) in kinds.iter().filter_map(|k| table.get(*k)?.as_table()).flatten() {
            let renamed = value.get("package").and_then(Value::as_str);
            names.push(renamed.unwrap_or(key).to_owned());
        }
    }
    names
}

/// What is wrong with the arrows of one manifest.
pub(crate) fn faults(manifest: &Table) -> Vec<String> {
    let name = manifest["package"]["name"].as_str().expect("a package has a name");
    let Some((_, allowed)) = MAY_USE.iter().find(|(n, _)| *n == name) else {
        return vec![format!("{name} has no floor: say in this test what it may use")];
    };
    let mut faults = vec![];
    for used in dependencies(manifest) {
        if MAY_USE.iter().any(|(n, _)| *n == used) && !allowed.contains(&used.as_str()) {
            faults.push(format!("{name} may not use {used}"));
        }
        if used == "rayon" && name != "tensor-autograd" {
            faults.push(format!("{name} uses rayon: threads belong to the engine's kernels"));
        }
    }
    if manifest.get("lints").and_then(|l| l.get("workspace")) != Some(&Value::Boolean(true)) {
        faults.push(format!("{name} does not take the workspace's lints"));
    }
    faults
}

#[test]
fn an_arrow_that_goes_up_is_found_in_every_kind_of_dependency() {
    let manifest = |name: &str, dependencies: &str| -> Table {
        let text =
            format!("[package]\nname = \"{name}\"\n[lints]\nworkspace = true\n{dependencies}\n");
        text.parse().expect("a manifest")
    };
    let ok =
        manifest("optim", "[dependencies]\ntensor-autograd.workspace = true\nthiserror = \"2\"");
    assert_eq!(faults(&ok), [""; 0]);
    for bad in [
        "[dependencies]\nnn-layers.workspace = true",
        "[dev-dependencies]\nnn-layers = { path = \"../nn-layers\" }",
        "[build-dependencies]\nnn-layers.workspace = true",
        "[dependencies]\nlayers = { package = \"nn-layers\", path = \"x\" }",
        "[target.'cfg(unix)'.dependencies]\nnn-layers.workspace = true",
    ] {
        assert_eq!(faults(&manifest("optim", bad)), ["optim may not use nn-layers"], "{bad}");
    }
    assert_eq!(faults(&manifest("datasets", "[dependencies]\nrayon = \"1\"")).len(), 1);
    assert_eq!(faults(&manifest("nn-layers", "[dependencies]\ndatasets = \"1\"")).len(), 1);
    assert_eq!(faults(&manifest("newcomer", "")).len(), 1);
    let lax: Table = "[package]\nname = \"optim\"".parse().expect("a manifest");
    assert_eq!(faults(&lax), ["optim does not take the workspace's lints"]);
}
