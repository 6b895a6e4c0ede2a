//! Help, and command lines that are not understood.

use crate::lab::{Lab, MOONS, ran};

#[test]
fn help_describes_every_command_and_method_in_its_own_words() {
    let lab = Lab::new();
    let help = lab.done("--help");
    for line in [
        "tour         Run every method on generated data",
        "cases        Show the cases",
        "advise       Look at source and target",
        "run          Train a method and its baselines",
        "compare      Lay finished runs side by side",
        "predict      Classify data with a trained model",
        "evaluate     Measure a trained model",
        "embed        Write the features",
        "doctor       Look at this machine",
        "inspect      List what is in a safetensors file",
        "completions  Print a completion script",
        "Exit codes: 0 done, 1 failed, 2 usage, 3 bad input",
    ] {
        assert!(help.contains(line), "`{line}` is not in\n{help}");
    }
    let methods = lab.done("run --help");
    for (method, words) in [
        ("fine-tune", "a source model goes on"),
        ("conservative", "fine-tuning that must stay"),
        ("layer-transfer", "copy some layers"),
        ("multi-task", "train all tasks at once"),
        ("progressive", "a new column beside"),
        ("domain-adversarial", "features that serve"),
        ("self-taught-clustering", "clusters that auxiliary data"),
    ] {
        assert!(methods.contains(&format!("  {method:22}  {words}")), "{method}: {methods}");
    }
    let method = lab.done("run domain-adversarial --help");
    assert!(method.starts_with("features that serve the labels"), "{method}");
    for flag in ["--source", "--oracle", "--lambda", "--resume", "--threads", "mnist:DIR"] {
        assert!(method.contains(flag), "`{flag}` is not in\n{method}");
    }
    assert_eq!(lab.done("--version"), format!("transfer {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn without_a_command_there_is_help_and_a_failure() {
    let ran = Lab::new().run("");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("Begin with `transfer tour`"), "{}", ran.stderr);
}

#[test]
fn cases_shows_every_method() {
    let text = Lab::new().done("cases");
    for method in ["multi-task", "progressive", "domain-adversarial", "self-taught"] {
        assert!(text.contains(&format!("\n{method}  ")), "{method}: {text}");
    }
}

#[test]
fn completions_are_for_the_shell_that_is_named() {
    let lab = Lab::new();
    assert!(lab.done("completions bash").contains("complete -F _transfer"));
    lab.refused("completions bas", 2, &["bash", "zsh"]);
}

#[test]
fn slips_are_met_with_the_nearest_word() {
    let lab = Lab::new();
    lab.refused("runn", 2, &["runn", "'run'"]);
    lab.refused("run domain-adverserial", 2, &["did you mean `domain-adversarial`?", "fine-tune"]);
    lab.refused("run multi-taks", 2, &["did you mean `multi-task`?"]);
    lab.refused("run xyzzy", 2, &["no method `xyzzy`; methods: fine-tune, conservative"]);
    lab.refused("run domain-adversarial --sorce x", 2, &["'--sorce'", "'--source'"]);
    lab.refused("predict --modle x", 2, &["'--modle'", "'--model'"]);
    lab.refused(&format!("run domain-adversarial {MOONS} --net shalow"), 2, &["`shallow`?"]);
    let none = format!("run domain-adversarial {MOONS} --baselines scratch");
    lab.refused(&none, 2, &["no baseline `scratch`", "source_only, lambda_0, train_on_target"]);
}

#[test]
fn what_is_missing_is_named() {
    let lab = Lab::new();
    lab.refused("run domain-adversarial", 2, &["--source is missing"]);
    let source = "run domain-adversarial --source synthetic:moons";
    lab.refused(source, 2, &["--target is missing"]);
    lab.refused("run fine-tune --source synthetic:moons", 2, &["--target is missing"]);
    let fine_tune = "run fine-tune --source synthetic:moons --target synthetic:moons-rotated";
    lab.refused(fine_tune, 2, &["--test is missing", "--shots K"]);
    let oracle = format!("run domain-adversarial {MOONS} --baselines train_on_target");
    lab.refused(&oracle, 2, &["needs labelled target data in --oracle"]);
    lab.refused("run multi-task", 2, &["--task is missing", "left=multi:"]);
    lab.refused("run domain-adversarial --resume", 2, &["--out"]);
}

#[test]
fn no_escape_codes_go_to_a_file_or_against_no_color() {
    let lab = Lab::new();
    let run = format!("run domain-adversarial {MOONS} --epochs 1 --out r");
    for line in ["--help", "runn", "run xyzzy", "cases", &run, "inspect r/model.safetensors"] {
        for no_color in [false, true] {
            let mut command = lab.command(line);
            match no_color {
                true => command.env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1"),
                false => command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE"),
            };
            let ran = ran(&command.output().unwrap());
            assert!(!(ran.stdout + &ran.stderr).contains('\x1b'), "{line}");
        }
    }
}
