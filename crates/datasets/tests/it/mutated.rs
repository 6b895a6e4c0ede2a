//! Sound files with bytes changed, taken out and put in, thousands of times for each reader: never
//! a panic, always data or a typed error.

use std::path::Path;

use datasets::readers::{audio, csv, signatures};
use datasets::{Random, load, load_sparse};

use crate::malformed_audio::{tar, tone, wav};
use crate::refusals::{npy, npz};
use crate::round_trip::gzip;

const ROUNDS: u64 = 3000;

/// Changes up to four places; `words` are pieces that mean something to the reader.
fn mutate(bytes: &[u8], words: &[&[u8]], seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed, "mutate", [0, 0]);
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len() + 1);
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.below(256) as u8),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            _ => {
                let word = words[random.below(words.len())];
                let end = bytes.len().min(at + random.below(2) * word.len());
                drop(bytes.splice(at..end, word.iter().copied()));
            }
        }
    }
    bytes
}

/// Reads mutations of a file; `read` says whether there were data.
fn every_mutation(name: &str, sound: &[u8], words: &[&[u8]], read: impl Fn(&Path) -> bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, sound).unwrap();
    assert!(read(&path), "the file is sound before it is changed");
    let mut read_well = 0;
    for seed in 0..ROUNDS {
        let bytes = mutate(sound, words, seed);
        // A file that is written over is waited for until it is on the disk; a new one is not.
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
        read_well += u64::from(read(&path));
    }
    // Otherwise nothing behind the first check was reached.
    assert!((1..ROUNDS).contains(&read_well), "{name}: {read_well} of {ROUNDS} were read");
}

const NUMBERS: [&[u8]; 14] = [
    b"0",
    b"-1",
    b"nan",
    b"1e39",
    b"18446744073709551616",
    b"4294967295",
    b":",
    b"\t",
    b",",
    b"\n",
    b"\r\n",
    b"\"",
    b"#",
    b" ",
];

#[test]
fn svmlight() {
    let text = b"# words\n1 1:2 7:0.5 9:-1\n-1 2:1\n\n+1 3:4 12:1e3 # end\n";
    every_mutation("x", text, &NUMBERS, |path| {
        let spec = format!("svmlight:{}", path.display()).parse().unwrap();
        let sparse = load_sparse(&spec);
        if let Ok(sparse) = &sparse {
            assert!(sparse.labels().iter().all(|&label| label < sparse.classes().len()));
            assert_eq!(sparse.rows().rows(), sparse.len());
            // A wide index is no dense data, and that is said, not tried.
            assert_eq!(load(&spec).is_ok(), sparse.len() * sparse.features() <= 1 << 28);
        }
        sparse.is_ok()
    });
}

#[test]
fn tables() {
    let text = b"\xEF\xBB\xBFa,b,\"kind, of\"\r\n1,2.5,x\r\n-3,4,\"y\"\r\n5,1e3,x\r\n";
    every_mutation("x.csv", text, &NUMBERS, |path| {
        let load = |rest: &str| load(&format!("csv:{}{rest}", path.display()).parse().unwrap());
        let _ = csv::read_table(path);
        let _ = load("?missing=mean&header=false#label=3");
        load("?missing=mean#label=kind%2C of").is_ok()
    });
    let text = b"1,0.5,7\n2,1.5,8\n1,2.5,9\n";
    every_mutation("y.csv", text, &NUMBERS, |path| {
        let spec = format!("csv:{}#target=2,task=1", path.display()).parse().unwrap();
        csv::load_regression(&spec).is_ok()
    });
}

#[test]
fn declared_tables() {
    let text = b"% c\n@relation r\n@attribute 'a b' numeric\n@attribute c {x, 'y z'}\n@data\n\
                 1.5,x\n?,'y z'\n{0 -2, 1 'y z'}\n{}\n";
    let words = [&NUMBERS[..], &[b"{", b"}", b"'", b"%", b"@attribute ", b"\\", b"?"]].concat();
    every_mutation("x", text, &words, |path| {
        load(&format!("arff:{}?missing=mean", path.display()).parse().unwrap()).is_ok()
    });
}

#[test]
fn arrays() {
    let load = |scheme: &str, path: &Path| {
        load(&format!("{scheme}:{}", path.display()).parse().unwrap()).is_ok()
    };
    let words = [&NUMBERS[..], &[b"(", b")", b"<f8", b">i2", b"True", b"'", &[0xFF; 4]]].concat();
    let header = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n";
    let array = npy(header, &[0; 24]);
    every_mutation("x.npy", &array, &words, |path| load("npy", path));
    let archive = npz("x.npy", &array, |_, _, _| ());
    every_mutation("x.npz", &archive, &words, |path| load("npz", path));
    let header = r#"{"x":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}}"#;
    let tensors = [&[57, 0, 0, 0, 0, 0, 0, 0], header.as_bytes(), &[0; 12]].concat();
    every_mutation("x.safetensors", &tensors, &words, |path| load("safetensors", path));
}

#[test]
fn signatures_of_classes() {
    let text = b"class\tfur\tbig\ncat\t1\t0.5\nsea lion\t-1\t2\n";
    every_mutation("x.tsv", text, &NUMBERS, |path| match signatures::read(path) {
        Ok(found) => {
            let dims = (found.classes.len(), found.attributes.len());
            assert_eq!(found.values.dim(), dims);
            assert!(found.duplicates().len() <= dims.0);
            true
        }
        Err(_) => false,
    });
}

const HEADERS: [&[u8]; 8] =
    [b"RIFF", b"WAVE", b"fmt ", b"data", &[0xFF; 4], &[0; 4], &[0xFE, 0xFF], b"LIST"];

#[test]
fn recordings() {
    let samples: Vec<i16> = (0..300).map(|t| (t * 7919 % 30_000) as i16).collect();
    every_mutation("7_ann_3.wav", &wav(11_025, &samples), &HEADERS, |path| {
        let folder = path.parent().unwrap();
        assert_eq!(audio::speakers(folder).unwrap(), ["ann"]);
        load(&format!("audio:{}", folder.display()).parse().unwrap()).is_ok()
    });
}

#[test]
fn pictures() {
    let image = image::RgbImage::from_fn(24, 20, |x, y| [(x * 9) as u8, (y * 11) as u8, 7].into());
    let words: [&[u8]; 8] = [
        b"IDAT",
        b"IEND",
        b"PLTE",
        &[0xFF, 0xD9],
        &[0xFF, 0xC0],
        &[0xFF; 4],
        &[0; 4],
        &[0xFF, 0xDA],
    ];
    for (name, format) in [("x.png", image::ImageFormat::Png), ("x.jpg", image::ImageFormat::Jpeg)]
    {
        every_mutation(name, &crate::images::file(image.clone(), format), &words, |path| {
            let spec = format!("images:{}?size=8", path.parent().unwrap().display());
            load(&spec.parse().unwrap()).is_ok()
        });
    }
}

#[test]
fn archives() {
    let tone = tone(8000);
    let files = tar(&[("r/1_ann_0.wav", &tone), ("r/2_bob_1.wav", &tone)]);
    let read = |path: &Path| {
        let _ = audio::speakers(path);
        load(&format!("audio:{}", path.display()).parse().unwrap()).is_ok()
    };
    every_mutation("x.tar", &files, &HEADERS, read);
    every_mutation("x.tar.gz", &gzip(&files), &HEADERS, read);
}
