//! Files that are no model, or the model of something else.

use crate::lab::{Lab, MOONS};
use nn_layers::{StateDict, models};
use tensor_autograd::Rng;

/// A model of two moons, weights of another net, a text, and a model that is cut short.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.done(&format!("run domain-adversarial {MOONS} --steps 2 --baselines none --out moons"));
    let bytes = lab.read("moons/model.safetensors");
    lab.write("short.safetensors", &bytes[..bytes.len() - 40]);
    lab.write("text.safetensors", "These are the weights of my network.\n");
    lab.write("empty.safetensors", "");
    let other = StateDict::of(&models::mlp(&[4, 8, 3], &mut Rng::seed(0)));
    other.save(lab.path("bare.safetensors")).unwrap();
    // Another net's tensors under the description of this one.
    let own = StateDict::load(lab.path("moons/model.safetensors")).unwrap();
    let mut mixed = other;
    mixed.metadata = own.metadata;
    mixed.save(lab.path("mixed.safetensors")).unwrap();
    // A description that claims a net of 64 GB.
    let mut claim = StateDict::load(lab.path("moons/model.safetensors")).unwrap();
    for json in claim.metadata.values_mut() {
        *json = json.replace(r#""input":[2]"#, r#""input":[2,33554432]"#).replace("shallow", "mlp");
        *json = json.replace(r#""sample":[2]"#, r#""sample":[2,33554432]"#);
    }
    claim.save(lab.path("claim.safetensors")).unwrap();
    lab
}

#[test]
fn what_is_no_model_of_this_is_refused_by_every_command_that_reads_one() {
    let lab = lab();
    let before = lab.names("");
    for (file, words) in [
        ("no", "No such file"),
        ("text", "truncated or no safetensors file"),
        ("empty", "truncated or no safetensors file"),
        ("short", "not a valid safetensors file"),
        ("bare", "these are bare weights, not a model"),
        ("mixed", "missing label.0.weight [2, 15]"),
        ("claim", "samples [2, 33554432] and 2 classes"),
    ] {
        let file = format!("{file}.safetensors");
        let predict = format!("predict --model {file} --data synthetic:moons?n=9");
        lab.refused(&predict, 3, &[&file, words]);
        let target = "--target synthetic:moons-rotated?n=40 --shots 2 --out r";
        lab.refused(&format!("run fine-tune --init {file} {target}"), 3, &[&file, words]);
        assert_eq!(lab.names(""), before, "{file}");
    }
    for file in ["no", "text", "short", "mixed"] {
        lab.refused(&format!("inspect {file}.safetensors"), 3, &[file]);
    }
    std::fs::create_dir_all(lab.path("empty/model.safetensors")).unwrap();
    for command in ["inspect empty", "predict --data synthetic:moons?n=9 --model empty"] {
        lab.refused(command, 3, &["empty/model.safetensors is not a regular file"]);
    }
    // Of another version, or something else that this program wrote.
    let mut other = StateDict::load(lab.path("moons/model.safetensors")).unwrap();
    other.metadata = [("transfer.model/2".to_owned(), "{}".to_owned())].into();
    other.save(lab.path("next.safetensors")).unwrap();
    let words = ["it is a `transfer.model/2`, none of the kinds", "transfer.model/1"];
    lab.refused("predict --data synthetic:moons?n=9 --model next.safetensors", 3, &words);
}

#[test]
fn data_of_another_shape_is_refused() {
    let lab = lab();
    let words = ["[1, 28, 28]", "moons/model.safetensors has inputs of shape [2]"];
    let model = "moons/model.safetensors";
    lab.refused(&format!("predict --model {model} --data synthetic:digits?n=9"), 3, &words);
    let target = "--target synthetic:digits?n=40 --shots 2 --out r";
    lab.refused(&format!("run fine-tune --init {model} {target}"), 3, &words);
    assert!(!lab.path("r").exists());
    let net = format!("run fine-tune --init {model} --target synthetic:moons --shots 2");
    lab.refused(&format!("{net} --net dann-mnist"), 3, &["dann-mnist", "leave out --net"]);
}

#[test]
fn a_model_from_a_file_is_where_fine_tuning_starts() {
    let lab = lab();
    let target = "--target synthetic:moons-rotated?n=60 --shots 3 --epochs 2 --json";
    let model = "--init moons/model.safetensors --baselines all";
    let document = lab.json(&format!("run fine-tune {model} {target} --out r"));
    let folder = lab.json(&format!("run fine-tune --init moons --baselines all {target} --out f"));
    assert_eq!(document["score"], folder["score"]);
    assert_eq!(document["same_classes"], true);
    assert!(document["baselines"]["source_only"].is_object(), "{document}");
}
