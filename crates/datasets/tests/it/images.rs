//! Folders of pictures: how they are laid out, and what becomes of each picture.

use std::io::Cursor;
use std::path::Path;

use datasets::{Dataset, load, load_later};
use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// The file of a picture.
pub(crate) fn file(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![]);
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub(crate) fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    file(image, ImageFormat::Png)
}

/// A PNG of one shade.
pub(crate) fn grey(shade: u8) -> Vec<u8> {
    png(GrayImage::from_pixel(2, 2, [shade].into()))
}

/// Writes files, and the folders that they are in.
pub(crate) fn write(folder: &Path, files: &[(&str, Vec<u8>)]) {
    for (name, bytes) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

fn read(folder: &Path, rest: &str) -> Dataset {
    let spec = format!("images:{}{rest}", folder.display());
    load(&spec.parse().unwrap()).unwrap_or_else(|error| panic!("{error}"))
}

/// The values of the one picture of these bytes.
fn values(bytes: Vec<u8>, rest: &str) -> (Vec<usize>, Vec<f32>) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("x.png", bytes)]);
    let data = read(folder.path(), rest);
    (data.shape().to_vec(), data.inputs().iter().copied().collect())
}

fn close(found: &[f32], expected: &[f32], bound: f32) {
    assert_eq!(found.len(), expected.len());
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst <= bound, "{worst}: {found:?} is not {expected:?}");
}

/// The shade of each row, which says which file it is, and the row's label.
fn rows(data: &Dataset) -> Vec<(u8, Option<usize>)> {
    let shade = |row: usize| (data.inputs()[[row, 0, 0, 0]] * 255.0).round() as u8;
    (0..data.len()).map(|row| (shade(row), data.labels().map(|l| l[row]))).collect()
}

#[test]
fn classes_take_turns_and_only_what_is_asked_for_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &'static str, shade| (name, grey(shade));
    write(
        folder.path(),
        &[of("b/2.png", 4), of("b/1.PNG", 3), of("a/x.png", 1), of("b/3.png", 5), of("c/z.png", 2)],
    );
    write(folder.path(), &[("a/notes.txt", vec![]), (".hidden/x", vec![]), ("b/.x.png", vec![])]);
    let all = read(folder.path(), "");
    assert_eq!(all.shape(), [5, 3, 2, 2]);
    assert_eq!(all.classes(), ["a", "b", "c"]);
    let labelled = |all: &[(u8, usize)]| all.iter().map(|&(s, l)| (s, Some(l))).collect::<Vec<_>>();
    assert_eq!(rows(&all), labelled(&[(1, 0), (3, 1), (2, 2), (4, 1), (5, 1)]));
    assert_eq!(all.sample_names().unwrap()[..2], ["a/x.png", "b/1.PNG"]);
    let notes = all.notes().concat().replace(&folder.path().display().to_string(), "DIR");
    let left = "1 files left out that do not end in .png, .jpg, .jpeg, the first DIR/a/notes.txt";
    assert_eq!(notes, left);
    // What is not asked for is not opened.
    write(folder.path(), &[("b/3.png", vec![7])]);
    assert_eq!(rows(&read(folder.path(), "[1..4]")), labelled(&[(3, 1), (2, 2), (4, 1)]));
    let some = read(folder.path(), "?without=b");
    assert_eq!(
        (some.classes(), rows(&some)),
        (&["a".into(), "c".into()][..], labelled(&[(1, 0), (2, 1)]))
    );
    let two = read(folder.path(), "?only=b&limit=2");
    assert_eq!(rows(&two), labelled(&[(3, 0), (4, 0)]));
    assert_eq!(two.sample_names().unwrap(), ["b/1.PNG", "b/2.png"]);
}

#[test]
fn a_seed_divides_each_class() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..20 {
        let class = if i < 15 { "many" } else { "few" };
        write(folder.path(), &[(&format!("{class}/{i:02}.png"), grey(i))]);
    }
    let shades = |rest: &str| {
        let data = read(folder.path(), rest);
        let mut shades: Vec<u8> = rows(&data).into_iter().map(|row| row.0).collect();
        shades.sort_unstable();
        (data.class_counts(), shades)
    };
    let ((few, test), (many, train)) = (shades("#test"), shades("#train"));
    assert_eq!((few, many), (vec![1, 3], vec![4, 12]));
    let mut both = [test.clone(), train].concat();
    both.sort_unstable();
    assert_eq!(both, (0..20).collect::<Vec<u8>>());
    assert_eq!(shades("?test=0.2&seed=0#test").1, test);
    assert_ne!(shades("?seed=1#test").1, test);
    assert_eq!(shades("?test=0.001#test").0, [1, 1]);
    assert_eq!(shades("?test=0.999#train").0, [1, 1]);
}

#[test]
fn folders_of_parts_divide_and_number_the_classes_alike() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["train/cat/1.png", "train/emu/1.png", "test/dog/1.png", "test/emu/1.png"];
    let files: Vec<_> =
        files.into_iter().zip(1..).map(|(name, shade)| (name, grey(shade))).collect();
    write(folder.path(), &files);
    let (train, test) = (read(folder.path(), ""), read(folder.path(), "#test"));
    assert_eq!(train.classes(), ["cat", "dog", "emu"]);
    assert_eq!(train.classes(), test.classes());
    assert_eq!(rows(&train), [(1, Some(0)), (2, Some(2))]);
    assert_eq!(rows(&test), [(3, Some(1)), (4, Some(2))]);
    assert_eq!(rows(&read(folder.path(), "#train")), rows(&train));
    // Beside another folder, `train` is a class.
    write(folder.path(), &[("bus/1.png", grey(9))]);
    std::fs::remove_dir_all(folder.path().join("test")).unwrap();
    std::fs::remove_dir_all(folder.path().join("train")).unwrap();
    write(folder.path(), &[("train/1.png", grey(8))]);
    assert_eq!(read(folder.path(), "").classes(), ["bus", "train"]);
}

#[test]
fn pictures_alone_are_unlabelled() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("b.png", grey(2)), ("a.jpeg", grey(1)), ("c.png", grey(3))]);
    let data = read(folder.path(), "");
    assert_eq!(rows(&data), [(1, None), (2, None), (3, None)]);
    assert_eq!(data.sample_names().unwrap(), ["a.jpeg", "b.png", "c.png"]);
    let note = data.notes().concat();
    assert!(note.starts_with("1 pictures are named for another format"), "{note}");
    assert!(note.ends_with("a.jpeg, a PNG"), "{note}");
    assert_eq!(read(folder.path(), "#test").len() + read(folder.path(), "#train").len(), 3);
}

#[test]
fn every_kind_of_pixel() {
    let shape = |c: usize| vec![1, c, 1, 2];
    let rgb = png(RgbImage::from_raw(2, 1, vec![255, 0, 51, 0, 255, 102]).unwrap());
    assert_eq!(values(rgb.clone(), ""), (shape(3), vec![1.0, 0.0, 0.0, 1.0, 0.2, 0.4]));
    let (found, luma) = values(rgb, "?channels=1");
    assert_eq!(found, shape(1));
    close(&luma, &[0.299 + 0.114 * 0.2, 0.587 + 0.114 * 0.4], 1e-6);
    let grey = png(GrayImage::from_raw(2, 1, vec![51, 255]).unwrap());
    assert_eq!(values(grey.clone(), ""), (shape(3), [0.2, 1.0].repeat(3)));
    assert_eq!(values(grey, "?channels=1"), (shape(1), vec![0.2, 1.0]));
    // A fifth of black over white or black, and what cannot be seen at all.
    let clear = png(RgbaImage::from_raw(2, 1, vec![0, 0, 0, 51, 9, 9, 9, 0]).unwrap());
    close(&values(clear.clone(), "").1, &[0.8, 1.0].repeat(3), 1e-6);
    close(&values(clear, "?background=black").1, &[0.0; 6], 1e-6);
    let deep: ImageBuffer<Rgb<u16>, _> =
        ImageBuffer::from_raw(2, 1, vec![65535, 13107, 0, 257, 0, 65535]).unwrap();
    close(&values(png(deep), "").1, &[1.0, 1.0 / 255.0, 0.2, 0.0, 0.0, 1.0], 1e-7);
    let deep: ImageBuffer<Rgba<u16>, _> =
        ImageBuffer::from_raw(2, 1, vec![0, 0, 0, 13107, 0, 0, 0, 65535]).unwrap();
    close(&values(png(deep), "?channels=1").1, &[0.8, 0.0], 1e-6);
}

/// A JPEG with an EXIF entry that says how it is to be turned.
fn turned(orientation: u8) -> Vec<u8> {
    let image = GrayImage::from_fn(24, 16, |x, y| [if x < 8 && y < 8 { 255 } else { 0 }].into());
    let plain = file(image, ImageFormat::Jpeg);
    let entry = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0";
    let mut segment = vec![0xFF, 0xE1, 0, (2 + entry.len() + 7) as u8];
    segment.extend(entry);
    segment.extend([orientation, 0, 0, 0, 0, 0, 0]);
    [&plain[..2], &segment, &plain[2..]].concat()
}

#[test]
fn pictures_are_turned_as_their_exif_entry_says() {
    // Where the white corner goes: down and right or not.
    let places = [
        (false, false),
        (false, true),
        (true, true),
        (true, false),
        (false, false),
        (false, true),
        (true, true),
        (true, false),
    ];
    for (orientation, (down, right)) in (1..).zip(places) {
        let (shape, values) = values(turned(orientation), "?channels=1");
        let (h, w) = if orientation < 5 { (16, 24) } else { (24, 16) };
        assert_eq!(shape, [1, 1, h, w], "{orientation}");
        let at = |down: bool, right: bool| {
            values[if down { h - 4 } else { 4 } * w + if right { w - 4 } else { 4 }]
        };
        for corner in [(false, false), (false, true), (true, false), (true, true)] {
            let white = corner == (down, right);
            assert_eq!(at(corner.0, corner.1) > 0.9, white, "{orientation}: {corner:?}");
        }
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let value = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks_exact(2).map(value).collect()
}

/// Of 16 x 16, red growing to the right and green downwards, saved by Pillow 13 at quality 60.
const PROGRESSIVE: &str = "ffd8ffe000104a46494600010100000100010000ffdb0043000d090a0b0a080d0b0a0b0e
    0e0d0f13201513121213271c1e17202e2931302e292d2c333a4a3e333646372c2d405741464c4e525352323e5a615a50
    604a51524fffdb0043010e0e0e131113261515264f352d354f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f
    4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4fffc20011080010001003012200021101031101
    ffc4001500010100000000000000000000000000000405ffc40015010101000000000000000000000000000000
    01ffda000c0301000210031000000196c5b2bfffc400161000030000000000000000000000000000000203ffda0008
    010100010502598b31662ccfffc4001511010100000000000000000000000000000400ffda0008010301013f012a2fff
    c400161100030000000000000000000000000000000203ffda0008010201013f017b9fffc4001410010000000000000000
    0000000000000020ffda0008010100063f021fffc4001510010100000000000000000000000000000061ffda00080101
    00013f21924924ffda000c03010002000300000010b3ffc400161100030000000000000000000000000000002131ffda
    0008010301013f109b3fffc4001511010100000000000000000000000000000061ffda0008010201013f10b3ffc40015
    10010100000000000000000000000000000031ffda0008010100013f108912244fffd9";

/// The same in four colours of ink.
const INKS: &str =
    "ffd8ffee000e41646f626500640000000000ffdb0043000d090a0b0a080d0b0a0b0e0e0d0f132015
    13121213271c1e17202e2931302e292d2c333a4a3e333646372c2d405741464c4e525352323e5a615a50604a51524fff
    c000140800100010044311004d11005911004b1100ffc4001f0000010501010101010100000000000000000102030405
    060708090a0bffc400b5100002010303020403050504040000017d010203000411051221314106135161072271143281
    91a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a53545556
    5758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3
    b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda00
    0e0443004d0059004b00003f00e4fc3ffc35c9ff00617fb1457a757a7787ff00868fec2ff628a2bcc7c3ff00c35e9dfd
    85fec51457a7787ff868fec2ff00628a2bffd9";

#[test]
fn progressive_pictures_and_those_of_four_inks() {
    // What Pillow reads at four places.
    let progressive = [[0, 0, 120], [231, 4, 133], [11, 235, 121], [129, 127, 128]];
    let inks = [[3, 1, 128], [237, 1, 128], [3, 238, 128], [129, 128, 128]];
    for (text, expected) in [(PROGRESSIVE, progressive), (INKS, inks)] {
        let (shape, values) = values(hex(text), "");
        assert_eq!(shape, [1, 3, 16, 16]);
        for (place, expected) in [0, 15, 240, 136].into_iter().zip(expected) {
            let found = [0, 1, 2].map(|c| values[c * 256 + place] * 255.0);
            close(&found, &expected.map(|x| x as f32), 6.0);
        }
    }
}

/// A pattern of no symmetry, which Pillow was given too.
fn pattern(h: u32, w: u32) -> Vec<u8> {
    png(GrayImage::from_fn(w, h, |x, y| [((x * 37 + y * 61 + x * y * 5) % 256) as u8].into()))
}

#[test]
fn sizes_are_those_of_torchvision() {
    // Image.resize((w, h), BILINEAR) of Pillow 13, in mode F so that nothing is rounded.
    let smaller = [
        91.0779, 131.1943, 116.7429, 113.2727, 147.385, 114.1529, 134.36, 136.9679, 133.7273,
        140.9543, 110.2857, 132.2078,
    ];
    let larger = [
        0.0, 13.2143, 34.3571, 55.5, 76.6429, 97.7857, 111.0, 24.4, 38.3286, 60.6143, 82.9,
        105.1857, 127.4714, 141.4, 61.0, 76.0, 100.0, 124.0, 148.0, 172.0, 187.0, 97.6, 113.6714,
        139.3857, 165.1, 179.8428, 117.7857, 79.0, 122.0, 138.7857, 165.6429, 192.5, 201.0714,
        81.6429, 7.0,
    ];
    // Resize(6), which makes 9 x 14 to 6 x 9, and CenterCrop(5): from row 0 and column 2 on.
    let cut = [
        152.7744, 142.0638, 99.5625, 79.5293, 135.3262, 101.5203, 99.9078, 136.5, 159.7778,
        118.7534, 120.1057, 138.4894, 129.3333, 133.4917, 147.5799, 153.5691, 95.8227, 143.9333,
        125.714, 130.2737, 122.2033, 112.617, 85.5667, 144.818, 100.8239,
    ];
    for ((h, w), rest, shape, expected) in [
        ((7, 10), "resize=3x4", [3, 4], &smaller[..]),
        ((3, 4), "resize=5x7", [5, 7], &larger),
        ((9, 14), "resize=6&size=5", [5, 5], &cut),
    ] {
        let (found, values) = values(pattern(h, w), &format!("?channels=1&{rest}"));
        assert_eq!(found[2..], shape, "{rest}");
        let scaled: Vec<f32> = values.iter().map(|value| value * 255.0).collect();
        close(&scaled, expected, 1e-3);
    }
}

#[test]
fn a_size_is_covered_whatever_the_shape() {
    for (h, w) in [(1, 90), (90, 1), (13, 7), (40, 40), (5, 6)] {
        for (rest, size) in [("?size=9", [9, 9]), ("?size=4x11", [4, 11]), ("?size=7x3", [7, 3])] {
            let (shape, values) = values(pattern(h, w), rest);
            assert_eq!(shape, [1, 3, size[0], size[1]], "{h}x{w}{rest}");
            assert!(values.iter().all(|value| (0.0..=1.0001).contains(value)));
        }
    }
    // What has the size already is not touched.
    let (_, plain) = values(pattern(6, 6), "");
    assert_eq!(values(pattern(6, 6), "?size=6").1, plain);
    // The middle of a flat picture of two halves is half of both.
    let halves = png(GrayImage::from_fn(8, 4, |x, _| [if x < 4 { 0 } else { 255 }].into()));
    assert_eq!(values(halves, "?channels=1&size=2&resize=4").1, [0.0, 1.0, 0.0, 1.0]);
}

#[test]
fn colours_are_normalised_as_for_networks_of_imagenet() {
    let (_, found) =
        values(png(RgbImage::from_pixel(1, 1, [255, 0, 51].into())), "?normalize=imagenet");
    close(&found, &[(1.0 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225], 1e-6);
}

#[test]
fn pictures_that_are_left_for_later_are_the_same_and_hold_to_their_files() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a/1.png", grey(1)), ("b/1.png", grey(2)), ("b/2.png", grey(3))]);
    let later = |rest: &str| {
        let spec = format!("images:{}{rest}", folder.path().display());
        load_later(&spec.parse().unwrap()).unwrap()
    };
    let identity = |data: &Dataset| data.identity().unwrap().unwrap();
    for rest in ["", "?size=5", "?channels=1&resize=3x4", "?normalize=imagenet", "[1..]"] {
        let (now, data) = (read(folder.path(), rest), later(rest));
        assert_eq!((data.shape(), data.is_ready()), (now.shape(), false), "{rest}");
        assert_eq!(identity(&data), identity(&now), "{rest}");
        assert_eq!((data.inputs(), data.labels()), (now.inputs(), now.labels()), "{rest}");
        assert_eq!((data.name(), data.sample_names()), (now.name(), now.sample_names()));
    }
    // Whatever can be seen in a picture is in its identity.
    let all = ["", "?size=5", "?size=6", "?resize=5", "?channels=1", "?background=black"];
    let mut found: Vec<_> = all.iter().map(|rest| identity(&later(rest))).collect();
    found.extend([identity(&later("?normalize=imagenet")), identity(&later("[1..]"))]);
    let before = (later(""), identity(&later("")));
    write(folder.path(), &[("b/2.png", grey(4))]);
    found.push(identity(&later("")));
    let known: std::collections::BTreeSet<_> = found.iter().collect();
    assert_eq!(known.len(), found.len());
    // Nobody had looked at the file before it was changed; now it stays as it is.
    let (data, name) = before;
    assert_ne!(identity(&data), name);
    write(folder.path(), &[("b/2.png", grey(5))]);
    let error = data.ready().unwrap_err().to_string();
    assert!(error.ends_with("b/2.png: the file was changed while it was in use; begin again"));
    // A picture that is no picture is found when it is asked for.
    write(folder.path(), &[("b/2.png", vec![0x89])]);
    let data = later("?size=5");
    let first = data.slice(0..2).unwrap();
    first.ready().unwrap();
    assert!(data.ready().unwrap_err().to_string().contains("inside its signature"));
}
