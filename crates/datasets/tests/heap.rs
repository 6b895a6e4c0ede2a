//! Reading a sound file of each kind takes at most twice its size, unpacked if it is gzipped, and a
//! mebibyte beyond the arrays that come out of it; reading a folder of pictures or recordings the
//! largest of its files, that one decoded or once more, and a mebibyte, however many there are.

#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::io::Cursor;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use datasets::{load, load_sparse};
use hound::{Sample, SampleFormat, WavSpec, WavWriter};
use image::{ImageBuffer, ImageFormat, Luma, Rgb, Rgba};

/// The system's allocator, with a count of what is held, and the most that was.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn add(bytes: usize) {
    let held = HELD.fetch_add(bytes, Relaxed) + bytes;
    MOST.fetch_max(held, Relaxed);
}

// SAFETY: every call is the system allocator's own; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    // A large block grows in its place (`mremap`), so that old and new are not counted together.
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        HELD.fetch_sub(layout.size(), Relaxed);
        add(size);
        // SAFETY: as above.
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(old, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is counted is of one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// The most that `f` holds beyond what it gives back, and what that is.
fn peak<T>(f: impl FnOnce() -> T) -> (usize, usize, T) {
    let before = HELD.load(Relaxed);
    MOST.store(before, Relaxed);
    let result = f();
    let (most, after) = (MOST.load(Relaxed), HELD.load(Relaxed));
    (most - after, after - before, result)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Noise that is the same in every run.
fn noise(n: usize) -> impl Iterator<Item = u32> {
    (0..n as u32).map(|i| i.wrapping_mul(2_654_435_761) >> 7)
}

/// Rows of so many small numbers with a word at the end.
fn rows(n: usize, end: &str) -> String {
    let mut numbers = noise(n * 20);
    let mut text = String::new();
    for row in 0..n {
        for _ in 0..20 {
            write!(text, "{},", numbers.next().unwrap() % 1000).unwrap();
        }
        writeln!(text, "{end}{}", row % 3).unwrap();
    }
    text
}

fn npy(descr: &str, fortran: &str, shape: &str, elements: &[u8]) -> Vec<u8> {
    let header =
        format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
    let len = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\0", &len[..], header.as_bytes(), elements].concat()
}

fn zip(name: &str, contents: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(contents);
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(contents).unwrap();
    let packed = encoder.finish().unwrap();
    let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
    for size in [sum.sum(), packed.len() as u32, contents.len() as u32] {
        common.extend(size.to_le_bytes());
    }
    common.extend([name.len() as u8, 0, 0, 0]);
    let mut bytes = [b"PK\x03\x04", &common[..], name.as_bytes(), &packed].concat();
    let at = bytes.len() as u32;
    let table = [b"PK\x01\x02\x14\0", &common[..], &[0; 14], name.as_bytes()].concat();
    bytes.extend(&table);
    bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    bytes.extend((table.len() as u32).to_le_bytes());
    bytes.extend(at.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// Files of every kind: the scheme, the bytes, the spec behind the path.
fn files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let bytes: Vec<u8> = noise(3_000_000).map(|x| x as u8).collect();
    let floats: Vec<u8> = noise(750_000).flat_map(|x| (x as f32).to_le_bytes()).collect();
    let doubles: Vec<u8> = noise(375_000).flat_map(|x| f64::from(x).to_le_bytes()).collect();
    let idx = |code: u8, shape: &[u32], elements: &[u8]| {
        let mut file = vec![0, 0, code, shape.len() as u8];
        file.extend(shape.iter().flat_map(|axis| axis.to_be_bytes()));
        file.extend(elements);
        file
    };
    let grey = idx(8, &[3000, 25, 40], &bytes);
    let records: Vec<u8> =
        (0..900).flat_map(|i| [&[i as u8 % 10][..], &bytes[..3072]].concat()).collect();
    let table = rows(30_000, "word");
    let mut arff = String::from("@relation x\n");
    (0..20).for_each(|i| writeln!(arff, "@attribute a{i} numeric").unwrap());
    arff += "@attribute c {word0,word1,word2}\n@data\n";
    arff += &table;
    let mut sparse = String::new();
    let mut numbers = noise(600_000);
    for row in 0..30_000 {
        write!(sparse, "{}", row % 3).unwrap();
        for i in 0..20 {
            write!(sparse, " {}:{}", 1 + i * 50 + row % 50, numbers.next().unwrap() % 100).unwrap();
        }
        sparse.push('\n');
    }
    let mut tensors = format!(
        "{{\"x\":{{\"dtype\":\"F32\",\"shape\":[7500,100],\"data_offsets\":[0,{}]}}}}",
        floats.len()
    )
    .into_bytes();
    let len = (tensors.len() as u64).to_le_bytes();
    tensors = [&len[..], &tensors, &floats].concat();
    let npy_u8 = npy("|u1", "False", "(1000, 3000)", &bytes);
    let npy_f4 = npy("<f4", "False", "(7500, 100)", &floats);
    vec![
        ("idx", gzip(&grey), ""),
        ("idx", grey, ""),
        ("idx", idx(8, &[1000, 25, 40, 3], &bytes), ""),
        (
            "idx",
            idx(
                14,
                &[3750, 100],
                &noise(375_000).flat_map(|x| f64::from(x).to_be_bytes()).collect::<Vec<_>>(),
            ),
            "",
        ),
        ("cifar10", records, ""),
        ("csv", gzip(table.as_bytes()), "?header=false#label=21"),
        ("csv", table.clone().into_bytes(), "?header=false&missing=mean"),
        ("csv", table.into_bytes(), "?header=false#label=21"),
        ("arff", arff.into_bytes(), ""),
        ("svmlight", sparse.into_bytes(), ""),
        ("npz", zip("x.npy", &npy_f4), ""),
        ("npy", gzip(&npy_u8), ""),
        ("npy", npy_u8, ""),
        ("npy", npy_f4, ""),
        ("npy", npy("<f8", "False", "(3750, 100)", &doubles), ""),
        ("npy", npy("<f4", "True", "(7500, 100)", &floats), ""),
        ("npy", npy("|u1", "True", "(1000, 50, 20, 3)", &bytes), ""),
        ("safetensors", tensors, ""),
    ]
}

#[test]
fn reading_takes_little_beyond_its_result() {
    let _alone = ALONE.lock().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut faults = Vec::new();
    for (scheme, bytes, rest) in files() {
        std::fs::write(&path, &bytes).unwrap();
        let spec = format!("{scheme}:{}{rest}", path.display()).parse().unwrap();
        let (beyond, result) = match scheme {
            "svmlight" => {
                let (beyond, result, _data) = peak(|| load_sparse(&spec).unwrap());
                (beyond, result)
            }
            _ => {
                let (beyond, result, _data) = peak(|| load(&spec).unwrap());
                (beyond, result)
            }
        };
        let input = match bytes.starts_with(&[0x1F, 0x8B]) {
            true => u32::from_le_bytes(bytes[bytes.len() - 4..].try_into().unwrap()) as usize,
            false => bytes.len(),
        };
        let line = format!("{scheme}{rest}: {beyond} bytes beyond {result}, input {input}");
        println!("{line}");
        // Were the count wrong, it would be so here too.
        assert!(result > input / 4, "{line}");
        if beyond > 2 * input + (1 << 20) {
            faults.push(line);
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// A file in a folder of such, and how many bytes it is decoded.
struct Decoded {
    scheme: &'static str,
    name: &'static str,
    file: Vec<u8>,
    bytes: usize,
    /// The specs behind the folder that it is read by.
    rests: &'static [&'static str],
}

/// A JPEG picture in several passes, black: the coefficients of all blocks are kept until the last.
fn progressive(height: u16, width: u16) -> Vec<u8> {
    let segment = |code: u8, contents: &[u8]| {
        [&[0xFF, code][..], &(contents.len() as u16 + 2).to_be_bytes(), contents].concat()
    };
    let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
    let components = [3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
    // One code of one bit: this block is as the one before.
    let codes = [&[0, 1][..], &[0; 15], &[0]].concat();
    let bits = 3 * usize::from(height.div_ceil(8)) * usize::from(width.div_ceil(8));
    [
        vec![0xFF, 0xD8],
        segment(0xDB, &[&[0][..], &[16; 64]].concat()),
        segment(0xC2, &[&[8][..], &size, &components].concat()),
        segment(0xC4, &codes),
        segment(0xDA, &[3, 1, 0, 2, 0, 3, 0, 0, 0, 0]),
        vec![0; bits.div_ceil(8)],
        vec![0xFF, 0xD9],
    ]
    .concat()
}

/// A JPEG picture that is to be turned by a quarter.
fn turned(plain: &[u8]) -> Vec<u8> {
    let entry = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    [&plain[..2], &[0xFF, 0xE1, 0, entry.len() as u8 + 2], entry, &plain[2..]].concat()
}

/// Pictures of noise, which are as long as they are decoded, and flat ones, which are much shorter.
fn pictures() -> Vec<Decoded> {
    const RESTS: [&str; 3] = ["?size=64", "?channels=1&resize=50", "?size=64&normalize=imagenet"];
    let encoded = |image: image::DynamicImage, format| {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let mut noise = noise(2_000_000).map(|x| x as u8);
    let mut any = || noise.next().unwrap();
    let noisy = ImageBuffer::from_fn(800, 600, |_, _| Rgb([any(), any(), any()]));
    let flat = ImageBuffer::from_pixel(2000, 1500, Rgba([9u8, 99, 199, 255]));
    let deep = ImageBuffer::from_pixel(1200, 900, Luma([9999u16]));
    let jpeg = ImageBuffer::from_fn(1600, 1200, |x, y| Rgb([x as u8, y as u8, (x * y) as u8]));
    let of = |name, bytes, file| Decoded { scheme: "images", name, file, bytes, rests: &RESTS };
    let jpeg = encoded(jpeg.into(), ImageFormat::Jpeg);
    vec![
        of("noisy.png", 800 * 600 * 3, encoded(noisy.into(), ImageFormat::Png)),
        of("flat.png", 2000 * 1500 * 4, encoded(flat.into(), ImageFormat::Png)),
        of("deep.png", 1200 * 900 * 2, encoded(deep.into(), ImageFormat::Png)),
        // A copy is made to turn it, and coefficients of 16 bits become samples of 8.
        of("turned.jpg", 1600 * 1200 * 3 * 2, turned(&jpeg)),
        of("progressive.jpg", 1600 * 1200 * 3 * 3, progressive(1200, 1600)),
        of("jpeg.jpg", 1600 * 1200 * 3, jpeg),
    ]
}

/// Recordings of half a minute; a sample is four bytes when it is decoded, whatever it was.
fn recordings() -> Vec<Decoded> {
    fn of<S: Sample>(
        name: &'static str,
        (rate, channels): (u32, u16),
        bits: u16,
        sample: impl Fn(u32) -> S,
    ) -> Decoded {
        let sample_format = if bits == 32 { SampleFormat::Float } else { SampleFormat::Int };
        let spec = WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
        let frames = 30 * rate as usize;
        for value in noise(frames * usize::from(channels)) {
            writer.write_sample(sample(value)).unwrap();
        }
        writer.finalize().unwrap();
        let (scheme, file, bytes) = ("audio", bytes.into_inner(), 4 * frames);
        Decoded { scheme, name, file, bytes, rests: &[""] }
    }
    vec![
        of("8.wav", (8000, 1), 8, |x| x as i8),
        of("16.wav", (8000, 1), 16, |x| x as i16),
        of("stereo.wav", (8000, 2), 16, |x| x as i16),
        of("float.wav", (8000, 1), 32, |x| x as u16 as f32 / 65536.0),
        of("fast.wav", (44_100, 2), 16, |x| x as i16),
        of("odd.wav", (47_981, 1), 16, |x| x as i16),
    ]
}

#[test]
fn of_a_folder_one_file_is_decoded_at_a_time() {
    let _alone = ALONE.lock().unwrap();
    let mut faults = Vec::new();
    for Decoded { scheme, name, file, bytes, rests } in pictures().into_iter().chain(recordings()) {
        let folder = tempfile::tempdir().unwrap();
        let class = folder.path().join("class");
        std::fs::create_dir(&class).unwrap();
        for i in 0..6 {
            std::fs::write(class.join(format!("{i}-{name}")), &file).unwrap();
        }
        for rest in rests {
            let spec = format!("{scheme}:{}{rest}", folder.path().display()).parse().unwrap();
            let (beyond, result, data) = peak(|| load(&spec).unwrap());
            let input = file.len();
            let line = format!(
                "{name}{rest}: {beyond} bytes beyond {result}, file {input}, decoded {bytes}"
            );
            println!("{line}");
            assert!(result >= 4 * data.inputs().len(), "{line}");
            if beyond > input + bytes.max(input) + (1 << 20) {
                faults.push(line);
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
