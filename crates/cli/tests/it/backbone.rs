//! Pretrained networks: what starts from one, what it leaves, and files that are none.

use crate::lab::{Lab, Ran};
use nn_layers::models::mobilenet_v2;
use nn_layers::{LoadMode, StateDict, load_into, save};
use tensor_autograd::Rng;

/// Few small pictures for the smallest of the networks.
const TARGET: &str = "--target synthetic:digits?n=40 --test synthetic:digits?n=20&seed=1 \
    --resize 32x32 --epochs 2 --baselines none --threads 1";

/// A folder with a backbone for seven classes.
fn lab() -> Lab {
    let lab = Lab::new();
    save(&mobilenet_v2(7, &mut Rng::seed(3)), lab.path("net.safetensors")).unwrap();
    lab
}

#[track_caller]
fn done(ran: Ran) -> Ran {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran
}

#[test]
fn a_fine_tuned_backbone_keeps_torchvisions_names_and_its_features_are_cached() {
    let lab = lab();
    let run = |out: &str, cache: &str| {
        done(lab.run(&format!(
            "run fine-tune --backbone net.safetensors --arch mobilenet_v2 {TARGET} \
             --train-only label.* --cache {cache} --out {out}"
        )))
    };
    run("none", "none");
    run("first", "features");
    let kept = lab.names("features");
    assert_eq!(kept.len(), 1, "{kept:?}");
    let second = run("second", "features");
    assert!(!second.stderr.contains("features"), "{}", second.stderr);
    let model = |run: &str| lab.read(&format!("{run}/model.safetensors"));
    assert!(model("first") == model("none") && model("second") == model("none"));

    // A file that was damaged is named, and made again as it was.
    let file = format!("features/{}", kept[0]);
    let whole = lab.read(&file);
    let mut damaged = whole.clone();
    damaged[100] ^= 1;
    lab.write(&file, &damaged);
    let third = run("third", "features");
    assert!(third.stderr.contains(&kept[0]), "{}", third.stderr);
    assert!(third.stderr.contains("the features are made anew"), "{}", third.stderr);
    assert!(lab.read(&file) == whole && model("third") == model("none"));

    // The model is a state dict of torchvision's, with the trunk as it was and a head for the digits.
    let state = StateDict::load(lab.path("first/model.safetensors")).unwrap();
    load_into(&mut mobilenet_v2(10, &mut Rng::seed(0)), &state, LoadMode::Strict).unwrap();
    let before = StateDict::load(lab.path("net.safetensors")).unwrap();
    let name = "features.18.0.weight";
    assert_eq!(state.tensors[name], before.tensors[name]);
    assert_eq!(*state.tensors["classifier.1.weight"].shape(), [10, 1280]);
    let predict = "predict --model first/model.safetensors --data synthetic:digits?n=5 --resize";
    done(lab.run(predict));
}

#[test]
fn the_other_methods_start_from_a_backbone_too() {
    let lab = lab();
    let given = "--backbone net.safetensors --arch mobilenet_v2 --resize 32x32 --steps 2 \
        --batch-size 8 --baselines none --cache none --threads 1";
    let target = "--target synthetic:digits?n=30 --test synthetic:digits?n=20&seed=1";
    for method in ["conservative", "layer-transfer"] {
        done(lab.run(&format!("run {method} {given} {target}")));
    }
    let domains = "--source synthetic:digits?n=30 --target synthetic:digits-textured?n=30";
    done(lab.run(&format!("run domain-adversarial {given} {domains} --out dann")));
    let state = StateDict::load(lab.path("dann/model.safetensors")).unwrap();
    load_into(&mut mobilenet_v2(10, &mut Rng::seed(0)), &state, LoadMode::Strict).unwrap();
    let letters = "--source synthetic:letters?n=52 --signatures synthetic --unseen E,K";
    done(lab.run(&format!("run zero-shot {given} {letters}")));
}

#[test]
fn files_that_are_no_such_backbone_are_refused() {
    let lab = lab();
    let state = StateDict::load(lab.path("net.safetensors")).unwrap();
    let refused = |flags: &str| {
        let ran = lab.run(&format!("run fine-tune {flags} {TARGET} --cache none"));
        assert!(lab.names("runs").is_empty(), "nothing is begun");
        (ran.code, ran.stderr)
    };
    let (code, text) = refused("--backbone net.safetensors --arch resnet18");
    assert!(text.contains("it has no tensor `fc.weight`") && code == Some(3), "{text}");
    let (code, text) = refused("--backbone net.safetensors --arch resnet19");
    assert!(text.contains("`resnet19`") && code == Some(3), "{text}");
    let (code, text) = refused("--backbone net.safetensors");
    assert!(text.contains("--arch is missing") && code == Some(2), "{text}");

    let mut wrong = state.clone();
    let moved = wrong.tensors.remove("features.2.conv.1.0.weight").unwrap();
    wrong.tensors.insert("features.2.conv.1.0.weigth".into(), moved);
    let turned = wrong.tensors["features.18.0.weight"].reshape([320, 1280, 1, 1]);
    wrong.tensors.insert("features.18.0.weight".into(), turned);
    wrong.save(lab.path("wrong.safetensors")).unwrap();
    let (code, text) = refused("--backbone wrong.safetensors --arch mobilenet_v2");
    assert_eq!(code, Some(3));
    for part in [
        "missing features.2.conv.1.0.weight [96, 1, 3, 3] (is it features.2.conv.1.0.weigth?)",
        "unexpected features.2.conv.1.0.weigth",
        "features.18.0.weight: expected [1280, 320, 1, 1], found [320, 1280, 1, 1]",
    ] {
        assert!(text.contains(part), "{text}");
    }

    lab.write("net.pth", b"PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0");
    let (code, text) = refused("--backbone net.pth --arch mobilenet_v2");
    assert!(text.contains("docs/pth_to_safetensors.py") && code == Some(3), "{text}");
}

#[test]
fn a_key_map_gives_foreign_names_torchvisions() {
    let lab = lab();
    let state = StateDict::load(lab.path("net.safetensors")).unwrap();
    let mut foreign = state.rename_prefix("features.", "trunk.stage_");
    foreign.tensors.extend(state.rename_prefix("classifier.1.", "head.").tensors);
    foreign.tensors.insert("ema.decay".into(), tensor_autograd::Tensor::scalar(0.5));
    foreign.save(lab.path("foreign.safetensors")).unwrap();
    lab.write(
        "names.txt",
        "# foreign names\n\"trunk.stage_*\" = \"features.*\"\nhead.* = classifier.1.*\nema.* =\n",
    );
    let run = |map: &str, out: &str| {
        lab.run(&format!(
            "run fine-tune --backbone foreign.safetensors --arch mobilenet_v2 --key-map {map} \
             {TARGET} --train-only label.* --cache none --out {out}"
        ))
    };
    done(run("names.txt", "mapped"));
    lab.write("bad.txt", "a = b\ntrunk\n");
    let bad = run("bad.txt", "bad");
    assert!(bad.stderr.contains("bad.txt, line 2: there is no `=`"), "{}", bad.stderr);
    assert_eq!(bad.code, Some(3));
}
