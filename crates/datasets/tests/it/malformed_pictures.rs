//! Pictures, recordings and their folders with mistakes; the words that each is met with stand in
//! `malformed_pictures.txt`, a line for each, where `DIR` is the folder.

use datasets::load;
use hound::{SampleFormat, WavSpec, WavWriter};
use image::{GrayImage, ImageFormat, RgbImage};

use crate::images::{file, grey, png, write};
use crate::malformed_audio::{tone, wav};
use crate::round_trip::gzip;

/// A name, the end of the spec after `SCHEME:DIR`, and the files.
struct Case {
    name: String,
    scheme: &'static str,
    rest: &'static str,
    files: Vec<(String, Vec<u8>)>,
}

fn case(name: impl Into<String>, rest: &'static str, files: &[(&str, Vec<u8>)]) -> Case {
    let files = files.iter().map(|(name, bytes)| (name.to_string(), bytes.clone())).collect();
    Case { name: name.into(), scheme: "images", rest, files }
}

/// The same in another scheme.
fn of(scheme: &'static str, case: Case) -> Case {
    Case { scheme, ..case }
}

fn patched(bytes: &[u8], at: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + with.len()].copy_from_slice(with);
    bytes
}

/// A chunk of a PNG file with its check sum (CRC-32, bit by bit).
fn chunk(name: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let body = [&name[..], contents].concat();
    let sum = body.iter().fold(!0u32, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 * (sum & 1)))
    });
    [&(contents.len() as u32).to_be_bytes(), &body[..], &(!sum).to_be_bytes()].concat()
}

fn picture() -> RgbImage {
    RgbImage::from_fn(20, 12, |x, y| [(x * 12) as u8, (y * 20) as u8, (x * y) as u8].into())
}

fn pngs() -> Vec<Case> {
    let whole = png(picture());
    let n = whole.len();
    let mut cases = vec![];
    for cut in
        [0, 1, 3, 4, 7, 8, 11, 15, 20, 28, 32, 33, 40, 45, 60, n / 2, n - 20, n - 12, n - 8, n - 1]
    {
        cases.push(case(
            format!("png cut at {cut} of {n}"),
            "",
            &[("x.png", whole[..cut].to_vec())],
        ));
    }
    let mut add = |name: &str, bytes: Vec<u8>| cases.push(case(name, "", &[("x.png", bytes)]));
    let [w, h] = [16, 20];
    let side = |n: u32| n.to_be_bytes();
    add("png of 60000x60000", patched(&patched(&whole, w, &side(60_000)), h, &side(60_000)));
    add("png of 8000x8000", patched(&patched(&whole, w, &side(8000)), h, &side(8000)));
    add("png as wide as can be", patched(&whole, w, &side(u32::MAX)));
    add("png of no columns", patched(&whole, w, &side(0)));
    add("png of no rows", patched(&whole, h, &side(0)));
    add("png of another size than its check sum", patched(&whole, w, &side(21)));
    add("png of 3 bits", patched(&whole, 24, &[3]));
    add("png of colour kind 5", patched(&whole, 25, &[5]));
    add("png with a line end changed", patched(&whole, 4, b"\n"));
    add("png whose first chunk is no IHDR", patched(&whole, 12, b"IDAT"));
    add("png with a chunk of no name", patched(&whole, 12, &[0; 4]));
    add("png with IHDR of 12 bytes", patched(&whole, 8, &[0, 0, 0, 12]));
    add("png whose chunk claims 4 GB", patched(&whole, 33, &[0xFF; 4]));
    add("png with a pixel changed", patched(&whole, n / 2, &[whole[n / 2] ^ 0x55]));
    let end = chunk(b"IEND", &[]);
    add("png without pixels", [&whole[..33], &end].concat());
    add("png with noise for pixels", [&whole[..33], &chunk(b"IDAT", &[7; 400]), &end].concat());
    let one_row = chunk(b"IDAT", b"\x78\x01\x01\x01\0\xfe\xff\0\0\x01\0\x01");
    add("png with a byte of pixels", [&whole[..33], &one_row, &end].concat());
    cases
}

fn jpegs() -> Vec<Case> {
    let whole = file(picture(), ImageFormat::Jpeg);
    let n = whole.len();
    let sof = whole.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let sos = whole.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let mut cases = vec![];
    for (place, cut) in [
        ("1", 1),
        ("2", 2),
        ("3", 3),
        ("5", 5),
        ("its first segment", 12),
        ("its header", sof + 6),
        ("its scan header", sos + 3),
        ("its first pixels", sos + 20),
        ("its pixels", (sos + n) / 2),
        ("its last pixels", n - 6),
        ("its end marker", n - 2),
        ("its last byte", n - 1),
    ] {
        cases.push(case(format!("jpeg cut in {place}"), "", &[("x.jpg", whole[..cut].to_vec())]));
    }
    let mut add = |name: &str, bytes: Vec<u8>| cases.push(case(name, "", &[("x.jpg", bytes)]));
    let big = 60_000u16.to_be_bytes();
    add("jpeg of 60000x60000", patched(&whole, sof + 5, &[big, big].concat()));
    add("jpeg of 4096x4096", patched(&whole, sof + 5, &[16, 0, 16, 0]));
    add("jpeg of no rows", patched(&whole, sof + 5, &[0, 0]));
    add("jpeg of no columns", patched(&whole, sof + 7, &[0, 0]));
    add("jpeg of 2 components", patched(&whole, sof + 9, &[2]));
    add("jpeg of 12 bits", patched(&whole, sof + 4, &[12]));
    add("lossless jpeg", patched(&whole, sof + 1, &[0xC3]));
    add("hierarchical jpeg", patched(&whole, sof + 1, &[0xC5]));
    add("arithmetic jpeg", patched(&whole, sof + 1, &[0xC9]));
    add("jpeg whose segment has no length", patched(&whole, 4, &[0, 1]));
    let header = &whole[sof..sof + 19];
    add("jpeg of two headers", [&whole[..sof], header, &whole[sof..]].concat());
    add("jpeg without a header", [&whole[..sof], &whole[sof + 19..]].concat());
    add("jpeg without a scan", [&whole[..sos], &[0xFF, 0xD9]].concat());
    let tables = whole.windows(2).position(|pair| pair == [0xFF, 0xC4]).unwrap();
    add("jpeg without tables", [&whole[..tables], &whole[sos..]].concat());
    cases
}

fn others() -> Vec<Case> {
    let kinds: [(&str, &[u8]); 9] = [
        ("gif", b"GIF89a\x01\0\x01\0"),
        ("bmp", b"BM\x3a\0\0\0\0\0"),
        ("tiff", b"II*\0\x08\0\0\0"),
        ("webp", b"RIFF\x10\0\0\0WEBPVP8 "),
        ("text", b"not a picture"),
        ("web page", b"<!DOCTYPE html>"),
        ("large file pointer", b"version https://git-lfs"),
        ("zip", b"PK\x03\x04\0\0"),
        ("one byte", b"x"),
    ];
    let mut cases: Vec<Case> = kinds
        .iter()
        .map(|(kind, bytes)| case(format!("{kind} as png"), "", &[("x.png", bytes.to_vec())]))
        .collect();
    cases.push(case("gzipped png", "", &[("x.png", gzip(&grey(1)))]));
    cases
}

fn folders() -> Vec<Case> {
    let (one, large) = (grey(1), png(GrayImage::new(5, 3)));
    let x = ("a/x.png", one.clone());
    let none: &[(&str, Vec<u8>)] = &[];
    vec![
        case("no such folder", "/none", none),
        case("empty folder", "", none),
        case("a file for a folder", "/x.txt", &[("x.txt", one.clone())]),
        case("no pictures", "", &[("notes.txt", vec![]), (".hidden.png", one.clone())]),
        case("empty class folder", "", &[x.clone(), ("b/.keep", vec![])]),
        case("class folder of text", "", &[x.clone(), ("b/x.txt", vec![1])]),
        case("folder in a class", "", &[x.clone(), ("b/c/x.png", one.clone())]),
        case("picture beside classes", "", &[x.clone(), ("b.png", one.clone())]),
        case("picture beside parts", "", &[("train/a/x.png", one.clone()), ("b.png", one.clone())]),
        case("empty file", "", &[x.clone(), ("b/x.png", vec![])]),
        case("two sizes", "", &[x.clone(), ("a/y.png", large.clone())]),
        case("two sizes after resizing", "?resize=4", &[x.clone(), ("a/y.png", large)]),
        case(
            "no such part",
            "#val",
            &[("train/a/x.png", one.clone()), ("test/a/x.png", one.clone())],
        ),
        case("no part val", "#val", std::slice::from_ref(&x)),
        case("a split of parts", "?seed=1#test", &[("train/a/x.png", one.clone())]),
        case("nothing to test", "?test=0.1#test", std::slice::from_ref(&x)),
        case("no such class", "?only=b", std::slice::from_ref(&x)),
        case("classes without labels", "?only=b", &[("x.png", one.clone())]),
        case("rows beyond the end", "[1..3]", std::slice::from_ref(&x)),
        case("too many numbers", "?size=4096", &(0..22).map(|_| x.clone()).collect::<Vec<_>>()),
    ]
}

/// A wav file of these bits and channels, with samples that are heard.
fn sound(bits: u16, float: bool, channels: u16) -> Vec<u8> {
    let sample_format = if float { SampleFormat::Float } else { SampleFormat::Int };
    let spec = WavSpec { channels, sample_rate: 8000, bits_per_sample: bits, sample_format };
    let mut bytes = std::io::Cursor::new(vec![]);
    let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
    for t in 0..400 * i32::from(channels) {
        match float {
            true => writer.write_sample((t % 7) as f32 / 8.0).unwrap(),
            false => writer.write_sample((t % 7) << (bits - 4)).unwrap(),
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

fn sounds() -> Vec<Case> {
    let whole = sound(24, false, 2);
    let n = whole.len();
    let float = sound(32, true, 1);
    let yes = ("yes/a.wav", tone(8000));
    let mut cases = vec![];
    let mut add = |name: &str, bytes: Vec<u8>| {
        cases.push(of("audio", case(name, "", &[yes.clone(), ("no/x.wav", bytes)])));
    };
    add("empty wav", vec![]);
    add("wav of no samples", wav(8000, &[]));
    add("silent wav", wav(8000, &[3; 500]));
    add("wav of 4000000 samples a second", wav(4_000_000, &[1, 2, 3]));
    add("wav that is text", b"hello".to_vec());
    add("wav that is a picture", grey(1));
    for cut in [3, 8, 14, 30, 50, n - 1, n - 100] {
        add(&format!("wav of 24 bits cut at {cut} of {n}"), whole[..cut].to_vec());
    }
    add(
        "wav with a sample that is no number",
        patched(&float, float.len() - 40, &f32::NAN.to_le_bytes()),
    );
    add("wav whose data claim 4 GB", patched(&wav(8000, &[1, 2]), 40, &[0xFF; 4]));
    add("wav whose data claim a little more", patched(&wav(8000, &[1, 2]), 40, &[8, 0, 0, 0]));
    add("wav whose format claims 4 GB", patched(&wav(8000, &[1, 2]), 16, &[0xFF; 4]));
    add("wav of 17 channels", patched(&wav(8000, &[1, 2]), 22, &[17, 0]));
    add("wav of 7 bits", patched(&wav(8000, &[1, 2]), 34, &[7, 0]));
    add("wav of another encoding", patched(&wav(8000, &[1, 2]), 20, &[0x55, 0]));
    let mut more = |name: &str, rest, files: &[(&str, Vec<u8>)]| {
        cases.push(of("audio", case(name, rest, files)));
    };
    more("recordings of no class", "", &[yes.clone(), ("no/readme", vec![])]);
    more("recordings in a folder of a class", "", &[yes.clone(), ("no/b/x.wav", tone(8000))]);
    more("recordings of a speaker in classes", "#speaker=ann", std::slice::from_ref(&yes));
    more("named recordings divided by a seed", "?seed=1#test", &[("1_a_0.wav", tone(8000))]);
    more("named recordings to validate", "#val", &[("1_a_0.wav", tone(8000))]);
    cases
}

fn cifars() -> Vec<Case> {
    let record = |coarse, fine| [&[coarse, fine][..], &[9; 3072]].concat();
    let mut cases = vec![];
    let mut add = |name: &str, rest, bytes: Vec<u8>| {
        cases.push(of("cifar100", case(name, rest, &[("x", bytes)])));
    };
    add("cifar100 of no bytes", "/x", vec![]);
    add("cifar100 cut off", "/x", record(1, 2)[..3000].to_vec());
    add("cifar100 with two bytes more", "/x", [record(1, 2), vec![1, 2]].concat());
    add("cifar10 as cifar100", "/x", record(1, 2)[1..].repeat(5));
    add("cifar100 of fine label 100", "/x", [record(1, 2), record(1, 100)].concat());
    add("cifar100 of coarse label 20", "/x#coarse", [record(1, 2), record(20, 1)].concat());
    add("cifar100 as a tar", "/x", [b"cifar-100-binary".to_vec(), vec![0; 4000]].concat());
    add("cifar100 cut in its packing", "/x", gzip(&record(1, 2))[..20].to_vec());
    cases
}

fn said(case: &Case) -> String {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<(&str, Vec<u8>)> =
        case.files.iter().map(|(name, bytes)| (&name[..], bytes.clone())).collect();
    // Twenty-two times the same file is as many files.
    for (i, (name, bytes)) in files.iter().enumerate() {
        let twice = files[..i].iter().any(|(other, _)| other == name);
        let name = if twice { format!("a/{i}.png") } else { name.to_string() };
        write(folder.path(), &[(&name, bytes.clone())]);
    }
    let dir = folder.path().display().to_string();
    let spec = format!("{}:{dir}{}", case.scheme, case.rest);
    let here = std::env::current_dir().unwrap().display().to_string();
    let text = match spec.parse() {
        Ok(spec) => load(&spec).map(|data| data.len()).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    assert!(!text.contains('\n'), "{}: {text}", case.name);
    format!("{}: {}", case.name, text.replace(&dir, "DIR").replace(&here, "HERE"))
}

#[test]
fn each_is_met_with_its_words() {
    let cases: Vec<Case> =
        [pngs(), jpegs(), others(), folders(), sounds(), cifars()].into_iter().flatten().collect();
    assert!(cases.len() >= 80, "{}", cases.len());
    let found: Vec<String> = cases.iter().map(said).collect();
    let expected: Vec<&str> = include_str!("malformed_pictures.txt").lines().collect();
    let differ: Vec<String> = found
        .iter()
        .enumerate()
        .filter(|(i, line)| expected.get(*i) != Some(&line.as_str()))
        .map(|(i, line)| format!("line {}: {line}", i + 1))
        .collect();
    assert!(differ.is_empty(), "these lines are other ones:\n{}", differ.join("\n"));
    assert_eq!(found.len(), expected.len());
}

/// What is odd and can be read is read.
#[test]
fn every_kind_of_recording_is_converted_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("yes/a.wav", sound(24, false, 2)),
        ("no/b.wav", sound(32, true, 1)),
        ("yes/c.wav", tone(16_000)),
        ("no/d.wav", sound(8, false, 1)),
    ];
    write(folder.path(), &files);
    let spec = format!("audio:{}", folder.path().display());
    let data = load(&spec.parse().unwrap()).unwrap();
    assert_eq!(data.shape(), [4, 1, 24, 32]);
    assert_eq!((data.classes().join(" "), data.class_counts()), ("no yes".into(), vec![2, 2]));
    assert_eq!(data.sample_names().unwrap().join(" "), "no/b.wav yes/a.wav no/d.wav yes/c.wav");
    let dir = folder.path().display().to_string();
    assert_eq!(
        data.notes().join("; ").replace(&dir, "DIR"),
        "1 recordings brought to 8000 Hz, the first DIR/yes/c.wav from 16000 Hz; 1 recordings of \
         several channels averaged, the first DIR/yes/a.wav"
    );
    let test = load(&format!("{spec}#test").parse().unwrap()).unwrap();
    assert_eq!(test.class_counts(), [1, 1]);
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_or_in_circles_and_names_that_are_no_text() {
    use std::ffi::OsStr;
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let message = |make: &dyn Fn(&std::path::Path)| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("a/x.png", grey(1))]);
        make(folder.path());
        let dir = folder.path().display().to_string();
        let found = load(&format!("images:{dir}").parse().unwrap());
        found.map(|data| data.len()).map_err(|error| error.to_string().replace(&dir, "DIR"))
    };
    let nested = "a folder inside the folder of a class; a class is one folder of files, so move \
                  its files up, or name the folder above them";
    let circle = message(&|dir| symlink(dir, dir.join("b")).unwrap());
    assert_eq!(circle.unwrap_err(), format!("DIR/b/a: {nested}"));
    let circle = message(&|dir| symlink(dir, dir.join("a/b")).unwrap());
    assert_eq!(circle.unwrap_err(), format!("DIR/a/b: {nested}"));
    let itself = message(&|dir| symlink(dir.join("a/y.png"), dir.join("a/y.png")).unwrap());
    let itself = itself.unwrap_err();
    assert!(
        itself.starts_with("DIR/a/y.png: cannot read after byte 0: Too many levels"),
        "{itself}"
    );
    let nowhere = message(&|dir| symlink(dir.join("none"), dir.join("a/y.png")).unwrap());
    assert!(nowhere.unwrap_err().starts_with("DIR/a/y.png: no such file or folder"));
    let odd = OsStr::from_bytes(b"b\xFF");
    let class = message(&|dir| {
        std::fs::create_dir(dir.join(odd)).unwrap();
        std::fs::write(dir.join(odd).join("x.png"), grey(1)).unwrap();
    });
    let text = "the name of this folder is to be that of a class and is no UTF-8; rename it";
    assert_eq!(class.unwrap_err(), format!("DIR/b\u{FFFD}: {text}"));
    // The name of a file is for people, and need be no text.
    let name = OsStr::from_bytes(b"\xFF.png");
    assert_eq!(message(&|dir| std::fs::write(dir.join("a").join(name), grey(2)).unwrap()), Ok(2));
    let linked = message(&|dir| symlink(dir.join("a"), dir.join("b")).unwrap());
    assert_eq!(linked, Ok(2), "a link to a folder of pictures is a class");
}
