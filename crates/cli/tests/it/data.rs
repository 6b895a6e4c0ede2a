//! `data`, and pictures in folders from there to a prediction.

use crate::lab::Lab;

#[test]
fn a_data_set_is_described_drawn_and_laid_beside_another() {
    let lab = Lab::new();
    let text = lab.done("data synthetic:digits?n=60 --picture a.svg");
    for word in ["examples  60 of shape [1, 28, 28]", "classes   10, of", "drawn into a.svg"] {
        assert!(text.contains(word), "`{word}` is not in\n{text}");
    }
    assert!(lab.text("a.svg").starts_with("<svg"));
    let both = "data synthetic:digits?n=60 synthetic:digits-textured?n=60";
    let text = lab.done(&format!("{both} --picture b.svg"));
    for word in ["classes   the same", "proxy A-distance  1.", "moves by", "60 and 60 samples"] {
        assert!(text.contains(word), "`{word}` is not in\n{text}");
    }
    let document = lab.json(&format!("{both} --json"));
    assert_eq!(document["schema"], "transfer.data/1");
    assert_eq!(document["data"][0]["shape"], serde_json::json!([1, 28, 28]));
    assert_eq!(document["data"][1]["channels"].as_array().unwrap().len(), 3);
    assert_eq!(document["data"][0]["missing"], 0);
    assert!(document["shift"]["a_distance"].as_f64().unwrap() > 1.5, "{document}");
    let moved = document["shift"]["channels"][0]["moves_by"].as_f64().unwrap();
    assert!(moved > 0.5, "textured digits are brighter: {moved}");
    let text = lab.done("data synthetic:moons?n=30 synthetic:digits?n=20");
    assert!(text.contains("not measured: the samples have different shapes"), "{text}");
    lab.done("data synthetic:moons?n=30 --picture c.svg");
    lab.done("data synthetic:documents?n=30 synthetic:documents?n=20&seed=1 --picture d.svg");
    lab.refused("data synthetic:moons --picture c.png", 2, &["--picture draws SVG"]);
    let two = "data synthetic:moons synthetic:moons --export x";
    lab.refused(two, 2, &["--export writes one data set"]);
    lab.refused("data synthetic:moons --export x", 3, &["samples of shape [2] are no images"]);
    lab.refused("data images:none", 3, &["SPEC images:none: none: no such file or folder"]);
}

#[test]
fn exported_pictures_train_a_model_that_names_the_files_it_classifies() {
    let lab = Lab::new();
    let text = lab.done("data synthetic:digits?n=80&only=3,8 --export pictures");
    assert!(text.contains("pictures written into pictures; images:pictures reads them"), "{text}");
    assert_eq!(lab.names("pictures"), ["3", "8"]);
    assert_eq!(lab.names("pictures/3")[0], "0001.png");
    assert!(lab.names("").iter().all(|name| !name.ends_with(".tmp")));
    lab.refused(
        "data synthetic:digits?n=20 --export pictures",
        3,
        &["pictures: the folder is not empty; name one that is"],
    );
    let data = "--source images:pictures?channels=1#train --target images:pictures?channels=1#test";
    let short = "--steps 2 --batch-size 4 --resize 16x16 --baselines none --out m";
    lab.done(&format!("run domain-adversarial {data} {short}"));
    let predict = "predict --model m/model.safetensors --resize --data images:pictures";
    let csv = lab.done(&format!("{predict} --csv"));
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("row,file,class_1,probability_1,label"));
    assert!(lines.next().unwrap().starts_with("0,3/0001.png,"), "{csv}");
    let document = lab.json(&format!("{predict}/3 --json"));
    assert_eq!(document["predictions"][0]["file"], "0001.png");
    assert!(document["accuracy"].is_null(), "a folder without classes has no labels");
    // One picture is asked by its spec or by its name alone.
    let row = document["predictions"][0].clone();
    for one in ["images:pictures/3/0001.png", "pictures/3/0001.png"] {
        let line = format!("predict --model m/model.safetensors --resize --json --data {one}");
        let alone = lab.json(&line);
        assert_eq!(alone["predictions"], serde_json::json!([row]), "{one}");
    }
    let table = lab.done(predict);
    assert!(table.starts_with("row  file        prediction"), "{table}");
    lab.write("pictures/3/0002.png", b"\x89PNG\r\n");
    lab.refused(
        predict,
        3,
        &["pictures/3/0002.png: the file ends at byte 6, inside its signature"],
    );
}
