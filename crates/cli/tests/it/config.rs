//! Settings from a file: what a run recorded repeats it, what means nothing is refused.

use crate::lab::{Lab, MOONS};

#[test]
fn what_a_run_recorded_repeats_it() {
    let lab = Lab::new();
    let flags = "--epochs 3 --lr 0.05 --lambda 0.3 --momentum 0.5 --normalize standard --seed 4";
    let line =
        format!("run domain-adversarial {MOONS} {flags} --weight-decay 0.001 --batch-size 7");
    lab.done(&format!("{line} --out a"));
    lab.done("run domain-adversarial --config a/config.toml --out b");
    assert_eq!(lab.read("b/model.safetensors"), lab.read("a/model.safetensors"));
    assert_eq!(lab.read("b/config.toml"), lab.read("a/config.toml"));

    // Flags win over the file; a length in steps takes the place of one in epochs.
    lab.done("run domain-adversarial --config a/config.toml --lr 0.01 --steps 2 --out c");
    let text = lab.text("c/config.toml");
    assert!(text.contains("\nlr = 0.01\n") && text.contains("\nsteps = 2\n"), "{text}");
    assert!(!text.contains("epochs"), "{text}");
    assert_ne!(lab.read("c/model.safetensors"), lab.read("a/model.safetensors"));

    let other = lab.refused("run fine-tune --config a/config.toml", 2, &["a/config.toml"]);
    assert!(other.stderr.contains("of `domain-adversarial`, not of `fine-tune`"));
}

#[test]
fn a_fine_tuning_is_repeated_too() {
    let lab = Lab::new();
    let data = "--source synthetic:moons?n=80 --target synthetic:moons-rotated?n=60 --shots 3";
    lab.done(&format!("run fine-tune {data} --source-epochs 2 --epochs 2 --trunk-lr 0.5 --out a"));
    lab.done("run fine-tune --config a/config.toml --out b");
    assert_eq!(lab.read("b/model.safetensors"), lab.read("a/model.safetensors"));
}

#[test]
fn a_bad_configuration_is_refused_with_the_place() {
    let lab = Lab::new();
    let refused = |text: &str, code: i32, words: &[&str]| {
        lab.write("c.toml", text);
        let line = format!("run domain-adversarial {MOONS} --config c.toml --out r");
        lab.refused(&line, code, words);
        assert!(!lab.path("r").exists(), "{text}");
    };
    let key = ["c.toml:3: there is no setting `lamda`, did you mean `lambda`?", "settings: "];
    refused("lr = 0.1\n\nlamda = 2\n", 2, &key);
    refused("lr = \"fast\"\n", 2, &["c.toml", "line 1", "lr"]);
    refused("lr = 0.1\nlr = 0.2\n", 2, &["c.toml", "line 2", "duplicate key"]);
    refused("this is no configuration\n", 2, &["c.toml", "line 1"]);
    refused("lr = -0.1\n", 2, &["--lr -0.1: it must be positive"]);
    refused("epochs = 3\nsteps = 4\n", 2, &["`epochs` or `steps`, not both"]);
    let missing = format!("run domain-adversarial {MOONS} --config no.toml --out r");
    lab.refused(&missing, 3, &["no.toml: cannot read the configuration"]);
    lab.write("large.toml", " ".repeat((1 << 20) + 1));
    let large = missing.replace("no.toml", "large.toml");
    lab.refused(&large, 3, &["large.toml: cannot read", "more than 1048576 bytes"]);
    #[cfg(unix)]
    {
        std::process::Command::new("mkfifo").arg(lab.path("pipe.toml")).status().unwrap();
        let piped = missing.replace("no.toml", "pipe.toml");
        lab.refused(&piped, 3, &["pipe.toml: cannot read", "not a regular file"]);
        for line in ["train --source synthetic:moons --net", "lr-find --data synthetic:moons --net"]
        {
            lab.refused(&format!("{line} pipe.toml"), 3, &["pipe.toml", "not a regular file"]);
        }
    }
}
