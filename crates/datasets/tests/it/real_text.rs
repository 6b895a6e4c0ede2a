//! The real tables, sparse rows, signatures and recordings, where there are some.

use datasets::readers::{audio, csv, signatures};
use datasets::{load_sparse, transforms};

use crate::real::{data, read};

#[test]
fn amazon_counts_from_zero() {
    let Some(folder) = data() else { return };
    for (file, each) in [
        ("books_train", [1000, 1000]),
        ("books_test", [2201, 2264]),
        ("dvd_train", [1000, 1000]),
        ("dvd_test", [1779, 1807]),
        ("electronics_train", [1000, 1000]),
        ("electronics_test", [2824, 2857]),
    ] {
        let path = folder.join(format!("amazon/{file}.svmlight.gz")).display().to_string();
        let error = load_sparse(&format!("svmlight:{path}").parse().unwrap()).unwrap_err();
        assert!(error.to_string().ends_with("say ?base=0"), "{error}");
        let spec = format!("svmlight:{path}?base=0&features=5000").parse().unwrap();
        let found = load_sparse(&spec).unwrap();
        assert_eq!(found.classes(), ["-1", "1"]);
        assert_eq!((found.class_counts(), found.features()), (each.to_vec(), 5000));
        assert!(found.rows().values().iter().all(|&count| count >= 1.0));
    }
    let dense = read(&folder, "svmlight:DATA/amazon/books_train.svmlight.gz?base=0[0..3]");
    assert_eq!(dense.shape(), [3, 5000]);
    // The file begins `1 0:6 1:8 2:8 3:2`.
    let row = dense.inputs();
    assert_eq!([row[[0, 0]], row[[0, 1]], row[[0, 2]], row[[0, 3]]], [6.0, 8.0, 8.0, 2.0]);
}

#[test]
fn newsgroups() {
    let Some(folder) = data() else { return };
    let words = folder.join("newsgroups/bow1000");
    for (file, n) in [("train", 11_256), ("test", 7489)] {
        let spec = format!("svmlight:{}/{file}.svmlight.gz?features=1000", words.display());
        let found = load_sparse(&spec.parse().unwrap()).unwrap();
        assert_eq!((found.len(), found.features(), found.classes().len()), (n, 1000, 20));
        assert_eq!((&found.classes()[2], &found.classes()[10]), (&"2".into(), &"10".into()));
    }
    for (file, each) in [("comp_vs_sci_task1", [967, 908]), ("rec_vs_talk_task2", [860, 685])] {
        let spec = format!("svmlight:DATA/newsgroups/transfer/{file}.svmlight.gz?features=2000");
        let found = read(&folder, &spec);
        assert_eq!((found.class_counts(), found.sample_shape()), (each.to_vec(), &[2000][..]));
    }
}

#[test]
fn school() {
    let Some(folder) = data() else { return };
    let path = folder.join("multi-task/school/school.csv.gz");
    let table = csv::read_table(&path).unwrap();
    assert_eq!((table.columns.len(), table.values.nrows()), (30, 15_362));
    let spec = format!("csv:{}#target=2,task=1", path.display()).parse().unwrap();
    let found = csv::load_regression(&spec).unwrap();
    assert_eq!((found.len(), found.inputs.ncols(), found.task_names.len()), (15_362, 28, 139));
    assert_eq!(found.task_names[..3], ["0", "1", "2"]);
    assert_eq!(found.targets[..3], [17.0, 5.0, 16.0]);
}

#[test]
fn attributes_and_word_vectors() {
    let Some(folder) = data() else { return };
    let folder = folder.join("zero-shot");
    for (file, classes, attributes, first) in [
        ("attributes/awa1_attributes.tsv", 50, 85, "black"),
        ("attributes/awa2_attributes.tsv", 50, 85, "black"),
        ("attributes/apy_attributes.tsv", 32, 64, "a0"),
        ("attributes/cub_attributes.tsv.gz", 200, 312, "a0"),
        ("attributes/sun_attributes.tsv.gz", 717, 102, "a0"),
        ("cifar10-words/cifar10_word_vectors_50d.tsv", 10, 50, "1"),
        ("cifar10-words/cifar100_word_vectors_50d.tsv", 96, 50, "1"),
    ] {
        let found = signatures::read(&folder.join(file)).unwrap();
        assert_eq!(found.values.dim(), (classes, attributes), "{file}");
        assert_eq!(found.attributes[0], first, "{file}");
        if file.contains("awa1") {
            let antelope = found.place("antelope").unwrap();
            assert_eq!(found.values[[antelope, 0]], -1.0, "missing values are kept");
        }
        for group in found.duplicates() {
            println!("{file}: {} have one signature", group.join(" and "));
        }
    }
}

/// Each recording goes to the digit whose mean picture, over the other speakers, is the most like
/// it. Chance is 0.1; the picture is of use only if words are alike across speakers.
#[test]
fn spoken_digits_are_alike_across_speakers() {
    let Some(folder) = data() else { return };
    let archive = folder.join("fsdd/recordings.tar.gz");
    let speakers = audio::speakers(&archive).unwrap();
    assert_eq!(speakers, ["george", "jackson", "nicolas", "yweweler"]);
    let all = read(&folder, "audio:DATA/fsdd/recordings.tar.gz");
    assert_eq!(all.shape(), [2000, 1, 24, 32]);
    assert_eq!(all.class_counts(), [200; 10]);
    assert!(all.notes().iter().all(|note| note.contains("clip")), "{:?}", all.notes());
    assert_eq!(read(&folder, "audio:DATA/fsdd/recordings.tar.gz#test").class_counts(), [20; 10]);
    let mut right = 0;
    for speaker in &speakers {
        let spec = |term: &str| format!("audio:DATA/fsdd/recordings.tar.gz#speaker{term}{speaker}");
        let (train, test) = (read(&folder, &spec("!=")), read(&folder, &spec("=")));
        assert_eq!((train.class_counts(), test.class_counts()), (vec![150; 10], vec![50; 10]));
        let flat = |images: ndarray::ArrayViewD<'_, f32>| {
            let n = images.shape()[0];
            images.to_owned().into_shape_with_order((n, 768)).unwrap()
        };
        let mut means = ndarray::Array2::<f32>::zeros((10, 768));
        for (row, &label) in flat(train.inputs()).outer_iter().zip(train.labels().unwrap()) {
            means.row_mut(label).scaled_add(1.0, &row);
        }
        means.rows_mut().into_iter().for_each(|mut row| row /= row.dot(&row).sqrt());
        let scores = flat(test.inputs()).dot(&means.t());
        for (row, &label) in scores.outer_iter().zip(test.labels().unwrap()) {
            let best = (0..10).max_by(|&a, &b| row[a].total_cmp(&row[b]));
            right += usize::from(best == Some(label));
        }
    }
    let accuracy = f64::from(u32::try_from(right).unwrap()) / 2000.0;
    println!("nearest mean over speakers: {accuracy:.3}");
    assert!(accuracy > 0.45, "{accuracy}");
    // Networks for images take it as it is.
    assert_eq!(transforms::resize(all.limit(1).inputs(), 28, 28).shape(), [1, 1, 28, 28]);
}
