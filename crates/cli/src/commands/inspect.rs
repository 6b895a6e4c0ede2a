//! `inspect FILE`: what is in a safetensors file.

use crate::{models, out};
use clap::{ArgMatches, Args, FromArgMatches};
use nn_layers::StateListing;
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Flags {
    /// A safetensors file, or the folder of a run
    file: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let mut flags = Flags::from_arg_matches(matches)?;
    flags.file = transfer::model_file(&flags.file);
    let listing = StateListing::read(&flags.file)?;
    if flags.json {
        return out::result(&json(&flags, &listing).to_string());
    }
    let mut text = text(&flags, &listing);
    if let Some(model) = models::known(&listing, &flags.file)? {
        let _ = write!(text, "\na model of `transfer`: {}", model.describe());
    }
    out::result(&text)
}

fn json(flags: &Flags, listing: &StateListing) -> serde_json::Value {
    let tensors = listing
        .tensors
        .iter()
        .map(|t| json!({ "name": t.name, "dtype": t.dtype, "shape": t.shape, "bytes": t.bytes }));
    json!({
        "schema": "transfer.inspect/1",
        "file": flags.file,
        "tensors": tensors.collect::<Vec<_>>(),
        "metadata": listing.metadata,
    })
}

fn text(flags: &Flags, listing: &StateListing) -> String {
    let mut rows = vec![["name", "type", "shape", "numbers", "bytes"].map(str::to_owned).to_vec()];
    let (mut numbers, mut bytes) = (0, 0);
    for t in &listing.tensors {
        let n: usize = t.shape.iter().product();
        numbers += n;
        bytes += t.bytes;
        let shape = format!("{:?}", t.shape);
        rows.push(vec![t.name.clone(), t.dtype.clone(), shape, n.to_string(), t.bytes.to_string()]);
    }
    let total = format!("{} tensors", listing.tensors.len());
    rows.push(vec![total, String::new(), String::new(), numbers.to_string(), bytes.to_string()]);
    let mut text = format!("{}\n\n{}", flags.file.display(), out::table(&rows, 3));
    if !listing.metadata.is_empty() {
        text.push_str("\nmetadata\n");
        for (key, value) in &listing.metadata {
            let _ = writeln!(text, "  {key}: {}", shortened(value));
        }
    }
    text
}

/// One line of at most 200 characters.
fn shortened(value: &str) -> String {
    let line = value.replace('\n', " ");
    match line.char_indices().nth(200) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}
