//! Files that lie, end early or go on too long, and the exact words each is met with.

use std::path::Path;

use datasets::{DataError, load};

use crate::round_trip::gzip;

/// Writes `bytes` to `file`, loads `spec` (`DIR` stands for the folder), and compares the message,
/// in which the folder is `DIR` again.
pub(crate) fn check(files: &[(&str, Vec<u8>)], spec: &str, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    assert_eq!(message(folder.path(), spec), expected, "{spec} with {files:02x?}");
}

pub(crate) fn message(folder: &Path, spec: &str) -> String {
    let dir = folder.display().to_string();
    let error = load(&spec.replace("DIR", &dir).parse().unwrap()).unwrap_err();
    error.to_string().replace(&dir, "DIR")
}

/// One idx file of these bytes, read as inputs.
fn idx(bytes: &[u8], expected: &str) {
    check(&[("x", bytes.to_vec())], "idx:DIR/x", &format!("DIR/x: {expected}"));
}

/// The header of an idx file.
fn header(code: u8, shape: &[u32]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, shape.len() as u8];
    bytes.extend(shape.iter().flat_map(|axis| axis.to_be_bytes()));
    bytes
}

pub(crate) fn with(mut header: Vec<u8>, data: &[u8]) -> Vec<u8> {
    header.extend_from_slice(data);
    header
}

#[test]
fn idx_cut_off_at_every_byte_of_its_header() {
    let whole = header(8, &[2, 3, 4]);
    assert_eq!(whole.len(), 16);
    for cut in 0..16 {
        let known = if cut < 4 { 4 } else { 16 };
        let words = format!(
            "byte {cut}: the header takes {known} bytes, the file ends after {cut}; \
             it is cut off, fetch it again"
        );
        idx(&whole[..cut], &words);
        if cut > 0 {
            idx(&gzip(&whole[..cut]), &words);
        }
    }
}

#[test]
fn idx_magic() {
    let tail = [0; 20];
    for (magic, found, hint) in [
        (&b"\x01\x00\x08\x03"[..], "01 00 08 03", "this is a file of another kind"),
        (b"\x00\x08\x03\x00", "00 08 03 00", "this is a file of another kind"),
        (b"PK\x03\x04", "50 4B 03 04", "this is a zip archive, unpack it first"),
        (b"BZh9", "42 5A 68 39", "this is a bzip2 file, unpack it first"),
        (b"\xfd7zX", "FD 37 7A 58", "this is an xz file, unpack it first"),
        (b"\x28\xb5\x2f\xfd", "28 B5 2F FD", "this is a zstd file, unpack it first"),
        (b"\x89PNG", "89 50 4E 47", "this is a PNG picture"),
        (b"\xff\xd8\xff\xe0", "FF D8 FF E0", "this is a JPEG picture"),
        (b"\x93NUM", "93 4E 55 4D", "this is a NumPy file"),
        (b"<htm", "3C 68 74 6D", "this looks like a web page: a failed download?"),
        (b"vers", "76 65 72 73", "this looks like a Git LFS pointer: fetch the file itself"),
    ] {
        let expected =
            format!("byte 0: expected an idx file, which begins with 00 00, found {found}; {hint}");
        idx(&with(magic.to_vec(), &tail), &expected);
    }
}

#[test]
fn idx_type_and_axes() {
    for code in [0x00, 0x07, 0x0A, 0x0F, 0xFF] {
        idx(
            &with(header(code, &[1, 1]), &[0; 8]),
            &format!(
                "byte 2: element type 0x{code:02X} does not exist in idx; expected 0x08 (u8), \
                 0x09 (i8), 0x0B (i16), 0x0C (i32), 0x0D (f32) or 0x0E (f64)"
            ),
        );
    }
    for axes in [0u32, 5, 255] {
        let bytes = header(8, &vec![1; axes as usize]);
        idx(&with(bytes, &[0; 8]), &format!("byte 3: {axes} axes; expected 1 to 4"));
    }
    for shape in [[0, 2, 2], [2, 0, 2], [2, 2, 0]] {
        idx(
            &header(8, &shape),
            &format!("byte 4: shape {shape:?} is empty; expected every axis to be at least 1"),
        );
    }
}

#[test]
fn idx_claims() {
    let most = u32::MAX;
    let cut = "it is cut off or its header is damaged";
    // The product of the lengths overflows 64 bits, or what can be addressed.
    for (code, width, shape) in
        [(8, 1, vec![most; 4]), (8, 1, vec![most; 3]), (14, 8, vec![most, most / 2])]
    {
        idx(
            &with(header(code, &shape), &[0; 9]),
            &format!(
                "byte 4: shape {shape:?} of {width}-byte elements is more than any machine can \
                 address; the header is damaged"
            ),
        );
    }
    // It does not, and is still a lie: no memory may be taken for it.
    idx(
        &with(header(8, &[most, most / 2]), &[0; 9]),
        &format!(
            "byte 12: the header claims shape [4294967295, 2147483647] = 9223372030412324865 \
             bytes of data, the file holds 9; {cut}"
        ),
    );
    for (code, bytes) in [(8, 6), (9, 6), (11, 12), (12, 24), (13, 24), (14, 48)] {
        let claim = format!("the header claims shape [2, 3] = {bytes} bytes of data, the file");
        let file = with(header(code, &[2, 3]), &vec![0; bytes - 1]);
        idx(&file, &format!("byte 12: {claim} holds {}; {cut}", bytes - 1));
        idx(&gzip(&file), &format!("byte 12: {claim} holds {}; {cut}", bytes - 1));
        let file = with(header(code, &[2, 3]), &vec![0; bytes + 2]);
        let end = 12 + bytes;
        let joined = "follow; the header is damaged, or two files were joined";
        idx(&file, &format!("byte {end}: the data should end here and 2 bytes {joined}"));
        idx(&gzip(&file), &format!("byte {end}: the data should end here and more bytes {joined}"));
    }
    // One byte in a gzip file is at most 1032 bytes out.
    let file = gzip(&with(header(8, &[60000, 28, 28]), &[0; 9]));
    let bound = 1032 * file.len();
    idx(
        &file,
        &format!(
            "byte 16: the header claims shape [60000, 28, 28] = 47040000 bytes of data, the file \
             can hold at most {bound}; {cut}"
        ),
    );
}

#[test]
fn a_gzip_bomb_is_left_packed() {
    let bomb = gzip(&with(header(8, &[2, 3]), &vec![0; 50_000_000]));
    idx(
        &bomb,
        "byte 18: the data should end here and more bytes follow; the header is damaged, or two \
         files were joined",
    );
}

#[test]
fn gzip_damaged() {
    // Not to be squeezed, so that a cut in the middle is a cut in the data.
    let noise: Vec<u8> = (0..600u32).map(|i| (i.wrapping_mul(2654435761) >> 23) as u8).collect();
    let whole = gzip(&with(header(8, &[600, 1]), &noise));
    let n = whole.len();
    let early = "the gzip stream is damaged: it ends early; fetch the file again";
    for cut in [3, 9, n - 7, n - 4, n - 1] {
        let at = if cut > 10 { 612 } else { 0 };
        idx(&whole[..cut], &format!("byte {at}: {early}"));
    }
    let folder = tempfile::tempdir().unwrap();
    for cut in 11..n - 8 {
        std::fs::write(folder.path().join("x"), &whole[..cut]).unwrap();
        let found = message(folder.path(), "idx:DIR/x");
        assert!(found.ends_with(early), "cut at {cut}: {found}");
    }
    let damaged = |what| format!("the gzip stream is damaged: {what}; fetch the file again");
    // The last eight bytes are a checksum and the length.
    for at in n - 8..n {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let what = "corrupt gzip stream does not have a matching checksum";
        idx(&bytes, &format!("byte 612: {}", damaged(what)));
    }
    let what = "bytes that are no gzip follow its end";
    for garbage in [&b"g"[..], b"garbage!", &[0; 512]] {
        idx(&with(whole.clone(), garbage), &format!("byte 612: {}", damaged(what)));
    }
    let mut bytes = whole;
    bytes[10] = 0x07; // a deflate block of the type that is reserved
    idx(&bytes, "byte 0: the gzip stream is damaged: corrupt deflate stream; fetch the file again");
}

#[test]
fn idx_values_and_uses() {
    let nan = with(with(header(13, &[1, 2]), &1f32.to_be_bytes()), &f32::NAN.to_be_bytes());
    idx(&nan, "byte 16: NaN is no usable value; every element must be finite");
    let huge = with(header(14, &[1, 1]), &(-1e300f64).to_be_bytes());
    let value = -1e300f64;
    idx(&huge, &format!("byte 12: {value} is no usable value; every element must be finite"));
    idx(
        &with(header(8, &[3]), &[1, 2, 3]),
        "byte 2: shape [3] of u8 cannot be inputs; expected [n, features], [n, height, width] or \
         [n, height, width, 3 or 1]",
    );
    idx(
        &with(header(9, &[1, 1, 1, 2]), &[1, 2]),
        "byte 2: shape [1, 1, 1, 2] of i8 cannot be inputs; expected [n, features], \
         [n, height, width] or [n, height, width, 3 or 1]",
    );
}

#[test]
fn labels() {
    let images = ("i", with(header(8, &[3, 1, 1]), &[1, 2, 3]));
    let both = "idx:DIR/i,DIR/l";
    let with_labels = |labels: Vec<u8>, expected: &str| {
        check(&[images.clone(), ("l", labels)], both, expected);
    };
    with_labels(
        with(header(8, &[2]), &[0, 1]),
        "DIR/i has 3 examples, DIR/l has 2 labels; they must come in pairs",
    );
    with_labels(
        with(header(8, &[3, 1]), &[0, 1, 2]),
        "DIR/l: byte 2: shape [3, 1] of u8 cannot be labels; expected [n] of an integer type; \
         the order is INPUTS,LABELS",
    );
    with_labels(
        with(header(13, &[3]), &[0; 12]),
        "DIR/l: byte 2: shape [3] of f32 cannot be labels; expected [n] of an integer type; \
         the order is INPUTS,LABELS",
    );
    with_labels(
        with(header(9, &[3]), &[0, 1, 0xFF]),
        "DIR/l: row 2: label -1 is outside 0..65536; are these the labels of this data?",
    );
    with_labels(
        with(header(12, &[3]), &[0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]),
        "DIR/l: row 1: label 2147483647 is outside 0..65536; are these the labels of this data?",
    );
    check(
        &[images.clone(), ("l", with(header(8, &[3]), &[0, 7, 2]))],
        "idx:DIR/i,DIR/l?classes=5",
        "DIR/l: row 1: label 7 is outside 0..5; are these the labels of this data?",
    );
    check(
        &[
            ("train-images.idx3-ubyte", images.1.clone()),
            ("train-labels.idx1-ubyte", with(header(8, &[3]), &[0, 1, 10])),
        ],
        "mnist:DIR",
        "DIR/train-labels.idx1-ubyte: row 2: label 10 is outside 0..10; are these the labels of \
         this data?",
    );
}

#[test]
fn cifar() {
    let record = |label: u8| with(vec![label], &[9; 3072]);
    let one = |bytes: Vec<u8>, expected: &str| {
        let expected = format!("DIR/x: {expected}");
        check(&[("x", bytes.clone())], "cifar10:DIR/x", &expected);
        if !bytes.is_empty() {
            check(&[("x", gzip(&bytes))], "cifar10:DIR/x", &expected);
        }
    };
    one(
        vec![],
        "byte 0: the header takes 3073 bytes, the file ends after 0; it is cut off, fetch it again",
    );
    let over = "are left over, the file is cut off or of another kind";
    let whole = "bytes are no whole number of records of 3073 bytes";
    one(record(3)[..100].to_vec(), &format!("byte 0: 100 {whole}; 100 {over}"));
    one(with(record(3), &[1, 2]), &format!("byte 3073: 3075 {whole}; 2 {over}"));
    one(
        [record(3), record(10)].concat(),
        "row 1: label 10 is outside 0..10; is this CIFAR-10 in its binary form?",
    );
    one(
        b"PK\x03\x04rest".to_vec(),
        "byte 0: expected a label of 0 to 9, found 50 4B 03 04; this is a zip archive, unpack it \
         first",
    );
    let packed = gzip(&record(3));
    let n = packed.len();
    check(
        &[("x", packed[..n - 2].to_vec())],
        "cifar10:DIR/x",
        "DIR/x: byte 3073: the gzip stream is damaged: it ends early; fetch the file again",
    );
}

#[test]
fn files_and_folders() {
    let folder = tempfile::tempdir().unwrap();
    let cwd = std::env::current_dir().unwrap();
    let missing = format!(
        "no such file or folder; check the spelling, relative paths start at {}",
        cwd.display()
    );
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    std::fs::write(folder.path().join("file"), b"x").unwrap();
    for (spec, expected) in [
        ("idx:DIR/none", format!("DIR/none: {missing}")),
        ("idx:DIR/file/none", format!("DIR/file/none: {missing}")),
        ("cifar10:DIR/none", format!("DIR/none: {missing}")),
        ("mnist:DIR/none", format!("DIR/none: {missing}")),
        ("idx:DIR/sub", "DIR/sub: expected a file, found a folder".into()),
        ("cifar10:DIR/sub", "DIR/sub: expected a file, found a folder".into()),
        ("mnist:DIR/file", "DIR/file: expected a folder, found a file".into()),
        (
            "mnist:DIR/sub#test",
            "DIR/sub: holds no test images; looked for t10k-images-idx3-ubyte, \
             t10k-images-idx3-ubyte.gz, t10k-images.idx3-ubyte, t10k-images.idx3-ubyte.gz, \
             t10k-images-idx4-ubyte, t10k-images-idx4-ubyte.gz, t10k-images.idx4-ubyte, \
             t10k-images.idx4-ubyte.gz"
                .into(),
        ),
    ] {
        assert_eq!(message(folder.path(), spec), expected, "{spec}");
    }
    std::fs::write(folder.path().join("sub/train-images-idx3-ubyte"), b"").unwrap();
    assert_eq!(
        message(folder.path(), "mnist:DIR/sub"),
        "DIR/sub: holds no training labels; looked for train-labels-idx1-ubyte, \
         train-labels-idx1-ubyte.gz, train-labels.idx1-ubyte, train-labels.idx1-ubyte.gz"
    );
}

#[cfg(unix)]
#[test]
fn no_permission() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, b"x").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&path).is_ok() {
        eprintln!("skipped: this user may read everything, so nothing is forbidden to it");
        return;
    }
    assert_eq!(
        message(folder.path(), "idx:DIR/secret"),
        "DIR/secret: cannot read after byte 0: Permission denied (os error 13); check permissions \
         and the disk"
    );
}

#[test]
fn rows_beyond_the_end() {
    let file = ("x", with(header(8, &[3, 1]), &[1, 2, 3]));
    for (rows, words) in [("[1..9]", "rows 1..9"), ("[7..]", "rows 7..3"), ("[3..4]", "rows 3..4")]
    {
        check(
            std::slice::from_ref(&file),
            &format!("idx:DIR/x{rows}"),
            &format!("idx:DIR/x{rows}: {words} are not in 0..3, or none are"),
        );
    }
    let error = load(&"synthetic:moons[0..301]".parse().unwrap()).unwrap_err();
    assert!(matches!(error, DataError::Rows { end: 301, len: 300, .. }));
}
