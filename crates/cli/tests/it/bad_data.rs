//! Data that cannot be used: one message that says where and what to do, and nothing left behind.

use crate::idx;
use crate::lab::{Lab, MOONS};

/// `data` as the source of a run must be refused with all of `words`.
fn refused(lab: &Lab, data: &str, words: &[&str]) {
    let line = format!("run domain-adversarial --source {data} --target idx:x --out r");
    let before = lab.names("");
    lab.refused(&line, 3, words);
    assert_eq!(lab.names(""), before, "{data}");
}

#[test]
fn damaged_files_are_refused() {
    let lab = Lab::new();
    let (images, labels) = (idx::images(4, 8), idx::labels(&[0, 1, 2, 3]));
    lab.write("x", &images);
    lab.write("y", &labels);
    lab.write("short", &images[..images.len() - 7]);
    lab.write("long", [&images[..], &[0; 3]].concat());
    lab.write("zip", b"PK\x03\x04 and so on");
    // A stored block of deflate that promises all of the images, and a third of them.
    let stored =
        [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 0x10, 0x01, 0xef, 0xfe][..], &images[..90]];
    lab.write("gz", stored.concat());
    lab.write("empty", b"");
    lab.write("three", idx::labels(&[0, 1, 2]));
    let mut huge = vec![0, 0, 8, 3];
    huge.extend([0xff; 12]);
    lab.write("huge", &huge);
    huge[4..].copy_from_slice(&[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1]);
    lab.write("large", &huge);

    refused(
        &lab,
        "idx:zip,y",
        &["--source idx:zip,y: zip: byte 0: expected an idx file", "unpack"],
    );
    refused(
        &lab,
        "idx:short,y",
        &["short: byte 16", "[4, 8, 8] = 256 bytes", "the file holds 249"],
    );
    refused(&lab, "idx:long,y", &["long: byte 272", "3 bytes follow"]);
    refused(&lab, "idx:huge,y", &["huge: byte 4", "4294967295", "damaged"]);
    refused(&lab, "idx:large,y", &["large: byte 16", "4294967295 bytes", "the file holds 0"]);
    refused(&lab, "idx:gz,y", &["gz: byte 90", "gzip stream is damaged", "fetch the file again"]);
    refused(&lab, "idx:empty,y", &["empty: byte 0", "the file ends after 0"]);
    refused(&lab, "idx:x,three", &["x has 4 examples, three has 3 labels"]);
    refused(&lab, "idx:y,x", &["x: byte 2", "the order is INPUTS,LABELS"]);
    refused(&lab, "idx:x", &["idx:x: has no labels", "name a labels file too"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_header_takes_no_memory_on_its_word() {
    let lab = Lab::new();
    lab.write("y", idx::labels(&[0]));
    for (name, shape) in [("four", [1u32, 65_536, 65_536]), ("most", [u32::MAX; 3])] {
        let mut bytes = vec![0, 0, 8, 3];
        bytes.extend(shape.iter().flat_map(|axis| axis.to_be_bytes()));
        lab.write(name, bytes);
        // With 2 GiB of addresses in all, no gigabytes can have been asked for.
        let script = format!(
            "ulimit -v 2097152; exec \"$0\" run domain-adversarial --source idx:{name},y --target idx:{name}"
        );
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_transfer")]).current_dir(lab.root());
        let output = shell.output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{name}: {error}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let lab = Lab::new();
    lab.write("file", "x");
    refused(&lab, "idx:no,y", &["--source idx:no,y: y: no such file", "relative paths start at"]);
    refused(&lab, "mnist:no", &["no: no such file or folder"]);
    refused(&lab, "mnist:file", &["file: expected a folder, found a file"]);
    std::fs::create_dir(lab.path("folder")).unwrap();
    let names = ["folder: holds no training images", "train-images-idx3-ubyte.gz"];
    refused(&lab, "mnist:folder", &names);
    refused(
        &lab,
        "imagenet:x",
        &["--source: `imagenet:x`: there is no scheme `imagenet`", "mnist"],
    );
    refused(&lab, "sinthetic:moons", &["did you mean `synthetic`?"]);
    refused(&lab, "moons", &["`moons` names no scheme"]);
    refused(&lab, "synthetic:moon", &["did you mean `moons`?"]);
    refused(&lab, "synthetic:moons?m=3", &["there is no option `m`", "known: n, seed"]);
    refused(&lab, "synthetic:moons?n=none", &["option `n` cannot be `none`"]);
    refused(&lab, "synthetic:moons?n=10[20..30]", &["rows 20..30 are not in 0..10"]);
}

#[test]
fn sets_that_do_not_fit_are_refused_until_they_are_resized() {
    let lab = Lab::new();
    lab.write("small.x", idx::images(20, 20));
    let digits = "--source synthetic:digits?n=20 --steps 1 --batch-size 4 --out r";
    let line = format!("run domain-adversarial {digits} --target idx:small.x");
    let shapes = ["has samples of shape [1, 28, 28], --target idx:small.x has [1, 20, 20]"];
    lab.refused(&line, 3, &shapes);
    lab.refused(&line, 3, &["as with --resize 28x28"]);
    assert_eq!(lab.names(""), ["small.x"]);
    lab.done(&format!("{line} --resize 28x28"));

    let rows = format!("run domain-adversarial {digits} --target synthetic:moons");
    lab.refused(&rows, 3, &["[1, 28, 28]", "synthetic:moons has [2]"]);
    let resized = format!("run domain-adversarial {MOONS} --resize 28x28");
    lab.refused(&resized, 3, &["--resize is for images"]);
}

#[test]
fn a_test_set_with_other_classes_is_refused() {
    let lab = Lab::new();
    let data = "--source synthetic:digits?n=20 --target synthetic:digits?n=20&seed=1";
    let line = format!("run domain-adversarial {data} --test synthetic:letters?n=52 --out r");
    lab.refused(&line, 3, &["--source", "10 classes", "--test", "26 classes", "same order"]);
    assert!(lab.names("").is_empty());
}

#[test]
fn what_was_taken_for_granted_of_a_table_is_said_once() {
    let lab = Lab::new();
    let rows = |n: usize| {
        (0..n).map(|i| format!("{},{},{}\n", i % 5, ["r", "b"][i % 2], ["x", "y"][i / 2 % 2]))
    };
    lab.write("t.csv", format!("size,colour,kind\n{}", rows(40).collect::<String>()));
    let data =
        "--source csv:t.csv#label=kind --target csv:t.csv#label=kind --test csv:t.csv#label=kind";
    let line = format!("run domain-adversarial {data} --epochs 1 --baselines none");
    let ran = lab.run(&line);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let note = "--source: columns: 1 of numbers (size); 1 of words as 2 indicators (colour: b | r); the \
                class: kind\n";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("indicators").count(), 1, "{}", ran.stderr);
    assert!(!lab.run(&format!("{line} --quiet")).stderr.contains("indicators"));
    let sweep = "sweep multi-task --task t=csv:t.csv#label=kind --epochs 1 --grid lr=0.1,0.2";
    let ran = lab.run(sweep);
    assert_eq!(
        (ran.code, ran.stderr.matches("indicators").count()),
        (Some(0), 1),
        "{}",
        ran.stderr
    );
}
