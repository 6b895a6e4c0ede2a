//! Networks that are described in a file: what is trained of them, started from them and saved.

use crate::lab::{Lab, Ran};
use nn_layers::StateDict;
use nn_layers::models::cifar_net;
use tensor_autograd::Rng;

/// The network that `--net cifar-cnn` is, for grey pictures.
const NET: &str = r#"input = [1, 16, 16]
normalize = "none"
layers = [
  { name = "features.0", kind = "conv2d", in_channels = 1, out_channels = 32, kernel_size = 3, padding = 1 },
  { name = "features.1", kind = "batch_norm2d" },
  { kind = "relu" },
  { kind = "max_pool2d", kernel_size = 2 },
  { name = "features.4", kind = "conv2d", in_channels = 32, out_channels = 64, kernel_size = 3, padding = 1 },
  { name = "features.5", kind = "batch_norm2d" },
  { kind = "relu" },
  { kind = "max_pool2d", kernel_size = 2 },
  { name = "features.8", kind = "conv2d", out_channels = 128, kernel_size = 3, padding = 1 },
  { name = "features.9", kind = "batch_norm2d" },
  { kind = "relu" },
  { kind = "adaptive_avg_pool2d", output_size = 2 },
  { kind = "flatten" },
  { name = "label.0", kind = "linear", out_features = 7 },
]
"#;
const TARGET: &str = "--target synthetic:digits?n=40 --test synthetic:digits?n=20&seed=1 \
    --resize 16x16 --epochs 2 --baselines none --threads 1 --cache none";

/// A folder with the description and weights of it for seven classes.
fn lab() -> Lab {
    let lab = Lab::new();
    let mut state = StateDict::of(&cifar_net([1, 16, 16], 7, &mut Rng::seed(3)));
    state.tensors.retain(|name, _| !name.starts_with("domain."));
    state.save(lab.path("net.safetensors")).unwrap();
    lab.write("net.toml", NET);
    lab
}

#[track_caller]
fn done(ran: Ran) -> Ran {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran
}

#[test]
fn a_described_backbone_is_fine_tuned_and_the_model_knows_what_it_is() {
    let lab = lab();
    let given = "--backbone net.safetensors --arch net.toml";
    done(lab.run(&format!("run fine-tune {given} {TARGET} --train-only label.* --out run")));
    let config = lab.text("run/config.toml");
    assert!(config.contains("normalize = \"none\"\n") && config.contains("arch = \"net.toml\"\n"));
    let before = StateDict::load(lab.path("net.safetensors")).unwrap();
    let after = StateDict::load(lab.path("run/model.safetensors")).unwrap();
    assert_eq!(after.tensors["features.8.weight"], before.tensors["features.8.weight"]);
    assert_eq!(*after.tensors["label.0.weight"].shape(), [10, 512]);
    assert_eq!(after.tensors.len(), before.tensors.len(), "a state dict as the file's");
    // The run can be repeated from its own record.
    done(lab.run("run fine-tune --config run/config.toml --out again --threads 1"));
    assert!(lab.read("again/model.safetensors") == lab.read("run/model.safetensors"));

    // Its weights carry the description: the file is needed no more.
    std::fs::remove_file(lab.path("net.toml")).unwrap();
    let predict = "--model run --data synthetic:digits?n=20&seed=1 --resize";
    done(lab.run(&format!("predict {predict}")));
    let again = format!("run fine-tune --init run/model.safetensors {TARGET} --out third");
    done(lab.run(&again.replace("--cache none", "")));
    done(lab.run("inspect run/model.safetensors"));
    assert!(lab.text("run/model.toml").contains("max_pool2d"));
}

#[test]
fn the_other_methods_take_one_as_backbone_or_as_net() {
    let lab = lab();
    let given = "--backbone net.safetensors --arch net.toml --resize 16x16 --steps 2 --batch-size 8 \
                 --baselines none --cache none --threads 1";
    let domains = "--source synthetic:digits?n=30 --target synthetic:digits?n=30&seed=1";
    done(lab.run(&format!("run domain-adversarial {given} {domains} --out dann")));
    let letters = "--source synthetic:letters?n=52 --signatures synthetic --unseen E,K";
    done(lab.run(&format!("run zero-shot {given} {letters} --out zero")));
    let test = "--test synthetic:digits?n=20&seed=1";
    done(lab.run(&format!("run layer-transfer {given} --target synthetic:digits?n=30 {test}")));
    let tasks = "--task a=synthetic:digits?n=40 --task b=synthetic:letters?n=52 --resize 16x16";
    done(lab.run(&format!("run multi-task {tasks} --net net.toml --epochs 1 --out tasks")));
    let train = "train --source synthetic:digits?n=60 --resize 16x16 --net net.toml --epochs 1";
    done(lab.run(&format!("{train} --out trained")));
    std::fs::remove_file(lab.path("net.toml")).unwrap();
    for (model, flags) in [("trained", ""), ("dann", ""), ("tasks", "--task a")] {
        let data = "--data synthetic:digits?n=10 --resize";
        done(lab.run(&format!("predict --model {model} {data} {flags}")));
    }
    let letters = "--data synthetic:letters?n=52 --resize --candidates E,K";
    done(lab.run(&format!("predict --model zero {letters}")));
}

#[test]
fn what_is_no_description_or_does_not_fit_is_refused_before_anything_is_begun() {
    let lab = lab();
    let refused = |net: &str, words: &[&str]| {
        lab.write("bad.toml", net);
        let line = format!("run fine-tune --backbone net.safetensors --arch bad.toml {TARGET}");
        lab.refused(&line, 3, words);
        assert!(lab.names("runs").is_empty(), "nothing is begun");
    };
    refused(
        &NET.replacen("\"relu\"", "\"rellu\"", 1),
        &["bad.toml, line 6, layer `rellu`", "did you mean `relu`?", "kinds: conv2d, "],
    );
    refused(
        &NET.replacen("in_channels = 32", "in_channels = 16", 1),
        &[
            "line 8, layer `features.4`: it takes [16, height, width], and what comes in is [32, 8, 8]",
        ],
    );
    refused(&NET.replacen("= [\n", "= [[\n", 1), &["bad.toml, line ", "this is no TOML"]);
    // It is one, but not that of the weights.
    refused(
        &NET.replacen("out_features = 7", "out_features = 9", 1),
        &["it is no bad.toml", "label.0.weight: expected [9, 512], found [7, 512]"],
    );
    refused(
        &NET.replacen("\"features.1\"", "\"norm\"", 1),
        &["missing norm.weight [32]", "unexpected features.1.weight [32]"],
    );
    let none = format!("run fine-tune --backbone net.safetensors --arch none.toml {TARGET}");
    lab.refused(&none, 3, &["none.toml: cannot read the description of a network"]);
    let colour = "train --source synthetic:digits-textured?n=20 --net net.toml";
    lab.refused(colour, 3, &["line 4, layer `features.0`", "written for samples [1, 16, 16]"]);
    lab.refused(&colour.replace("net.toml", "net.tml"), 2, &["or FILE.toml, which describes one"]);
}

#[test]
fn a_batch_of_one_is_refused_where_a_layer_normalises_by_the_batch() {
    let lab = Lab::new();
    let net = NET.replace("16, 16]", "2, 2]").replace("kernel_size = 2", "kernel_size = 1");
    lab.write("net.toml", net);
    let line = "train --source synthetic:digits?n=30 --resize 2x2 --net net.toml --epochs 1";
    lab.refused(&format!("{line} --batch-size 1"), 2, &["`batch_size` is 1", "at least 2"]);
    done(lab.run(&format!("{line} --batch-size 2")));
}

#[test]
fn a_model_is_known_by_its_description_and_not_by_the_name_of_its_file() {
    let lab = lab();
    let source = "train --source synthetic:digits?n=40 --resize 16x16 --steps 2 --net net.toml";
    done(lab.run(&format!("{source} --out m")));
    let line = format!(
        "run fine-tune --init m/model.safetensors {} --threads 1",
        TARGET.replace("--cache none", "").replace("--threads 1", "")
    );
    lab.write("same.toml", NET);
    done(lab.run(&format!("{line} --net same.toml --out a")));
    lab.write("net.toml", NET.replacen("\"relu\"", "\"tanh\"", 1));
    let words =
        ["--net net.toml has another architecture", "net.toml as it was then", "leave out --net"];
    lab.refused(&format!("{line} --net net.toml --out b"), 3, &words);
    done(lab.run(&format!("{line} --out b")));
}
