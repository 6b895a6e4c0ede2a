//! `model.toml`: what the saved model beside it is, for people and for other tools. The program
//! itself reads the same from the metadata of the weights, which cannot be parted from them.

use super::config::{METHOD, PROVENANCE};
use super::folder::Folder;
use crate::out;
use nn_layers::StateListing;
use toml::{Table, Value};

const MODEL: &str = "model.safetensors";
const CARD: &str = "model.toml";

/// Writes the description of the folder's model, if the run has left one. `recorded` is the run's
/// configuration.
pub(super) fn write(folder: &Folder, mut recorded: Table) -> anyhow::Result<()> {
    let path = folder.path().join(MODEL);
    if !path.exists() {
        return Ok(());
    }
    let listing = StateListing::read(&path)?;
    let mut card = Table::new();
    for (key, json) in listing.metadata.iter().filter(|(key, _)| key.starts_with("transfer.")) {
        card.insert("kind".into(), Value::String(key.clone()));
        if let Some(Value::Table(description)) = toml(&serde_json::from_str(json)?) {
            card.extend(description);
        }
    }
    card.insert("weights".into(), Value::String(MODEL.into()));
    let mut provenance = match recorded.remove(PROVENANCE) {
        Some(Value::Table(table)) => table,
        _ => Table::new(),
    };
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.collect();
    let words = std::iter::once("transfer").chain(words.iter().map(String::as_str));
    let command = out::command_line(words);
    provenance.insert("command".into(), Value::String(command));
    provenance.extend(recorded.remove(METHOD).map(|method| (METHOD.to_owned(), method)));
    // Data, seed and all else that was set, by the names of the flags.
    provenance.insert("settings".into(), Value::Table(recorded));
    card.insert(PROVENANCE.into(), Value::Table(provenance));
    let head = "# What `model.safetensors` is and how it was made. `transfer` reads the first from \
                that file's metadata.\n\n";
    Ok(folder.write(CARD, &(head.to_owned() + &toml::to_string(&card)?))?)
}

/// The same in TOML, which has no null: what is null is left out.
fn toml(json: &serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Null => return None,
        serde_json::Value::Bool(b) => Value::Boolean(*b),
        serde_json::Value::Number(n) => match n.as_i64() {
            Some(n) => Value::Integer(n),
            None => Value::Float(n.as_f64()?),
        },
        serde_json::Value::String(s) => Value::String(s.clone()),
        serde_json::Value::Array(all) => Value::Array(all.iter().filter_map(toml).collect()),
        serde_json::Value::Object(fields) => {
            let fields = fields.iter().filter_map(|(key, value)| Some((key.clone(), toml(value)?)));
            Value::Table(fields.collect())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_keeps_its_words_and_loses_its_nulls() {
        let json = serde_json::json!({
            "classes": ["cat", "dog"], "gamma": 0.5, "input": [3, 8, 8], "none": null,
            "normalizer": { "kind": "mean", "mean": [0.25] },
        });
        let text = toml::to_string(&toml(&json).unwrap()).unwrap();
        let want = "classes = [\"cat\", \"dog\"]\ngamma = 0.5\ninput = [3, 8, 8]\n\n\
                    [normalizer]\nkind = \"mean\"\nmean = [0.25]\n";
        assert_eq!(text, want);
    }
}
