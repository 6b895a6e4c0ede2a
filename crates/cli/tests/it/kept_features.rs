//! Features of pictures are kept from run to run, and known by the files that the pictures are in.

use crate::lab::Lab;
use nn_layers::models::{mobilenet_v2, resnet18};
use nn_layers::save;
use tensor_autograd::Rng;

/// A run, whatever else it is given.
const RUN: &str = "run fine-tune --train-only label.* --epochs 1 --baselines none --threads 1";

/// How many features and how many sets of pictures are known.
fn known(lab: &Lab) -> (usize, usize) {
    let names = lab.names("features");
    let of = |ending: &str| names.iter().filter(|name| name.ends_with(ending)).count();
    assert_eq!(of(".features") + of(".pictures"), names.len(), "{names:?}");
    (of(".features"), of(".pictures"))
}

#[test]
fn the_same_pictures_have_the_same_features_and_others_have_others() {
    let lab = Lab::new();
    let net = |seed| mobilenet_v2(7, &mut Rng::seed(seed));
    save(&net(3), lab.path("a.safetensors")).unwrap();
    save(&net(4), lab.path("b.safetensors")).unwrap();
    save(&resnet18(7, &mut Rng::seed(3)), lab.path("c.safetensors")).unwrap();
    lab.done("data synthetic:digits?n=40 --export target");
    lab.done("data synthetic:digits?n=20&seed=1 --export test");
    let backbone = |file: &str, arch: &str| format!("--backbone {file}.safetensors --arch {arch}");
    let mobile = backbone("a", "mobilenet_v2");
    let target = |size: &str| format!("--target images:target{size} --test images:test?size=32");
    let run = |rest: &str| lab.done(&format!("{RUN} --cache features {rest}"));

    let usual = format!("{mobile} {}", target("?size=32"));
    run(&format!("{usual} --out first"));
    assert_eq!(known(&lab), (1, 2));
    run(&format!("{usual} --out second"));
    assert_eq!(known(&lab), (1, 2), "the second run finds all that it needs");
    lab.done(&format!("{RUN} --cache none {usual} --out none"));
    let model = |run: &str| lab.read(&format!("{run}/model.safetensors"));
    assert!(model("first") == model("second") && model("first") == model("none"));
    for file in ["report.html", "samples-target.svg", "predictions-fine-tune.svg"] {
        assert!(!lab.read(&format!("second/{file}")).is_empty(), "{file}");
    }
    assert!(lab.read("first/samples-target.svg") == lab.read("second/samples-target.svg"));

    // Other pictures, weights or settings of any kind.
    let mut features = 1;
    let mut other = |what: &str, rest: &str| {
        run(rest);
        features += 1;
        assert_eq!(known(&lab).0, features, "{what}");
        run(rest);
        assert_eq!(known(&lab).0, features, "{what}, again");
    };
    other("cut otherwise", &format!("{mobile} {}", target("?size=32&resize=40")));
    other("fewer pictures", &format!("{mobile} {}", target("?size=32&limit=30")));
    other("a part of them", &format!("{mobile} {}", target("?size=32#train")));
    other("another part", &format!("{mobile} {}", target("?size=32&seed=1#train")));
    let resized = "--target images:target --test images:test --resize 32x32";
    other("resized by the run", &format!("{mobile} {resized}"));
    other("larger", &format!("{mobile} {}", resized.replace("32x32", "36x36")));
    let itself = format!("{} --normalize none", target("?size=32&normalize=imagenet"));
    other("normalised by the reader", &format!("{mobile} {itself}"));
    other("other weights", &format!("{} {}", backbone("b", "mobilenet_v2"), target("?size=32")));
    other("another network", &format!("{} {}", backbone("c", "resnet18"), target("?size=32")));
    // One picture takes the place of another one of its class.
    let (one, two) = ("target/7/0001.png", "target/7/0002.png");
    assert!(lab.read(one) != lab.read(two));
    lab.write(one, lab.read(two));
    other("another picture", &usual);
    // The last one is cut short: it is refused although features of it as it was are there.
    lab.write(one, &lab.read(two)[..60]);
    lab.refused(
        &format!("{RUN} --cache features {usual}"),
        3,
        &["0001.png: the file ends at byte 60"],
    );
}
