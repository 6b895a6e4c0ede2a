//! Files that are not what they should be: one typed error each, with the path.

use nn_layers::{ReadError, load, save};
use std::path::Path;
use tensor_autograd::Rng;

/// A file of this header and data.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[track_caller]
fn error_of(bytes: &[u8]) -> ReadError {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.safetensors");
    std::fs::write(&path, bytes).unwrap();
    let error = load(&path).expect_err("the file was accepted");
    assert!(error.to_string().contains("bad.safetensors"), "{error}");
    error
}

#[track_caller]
fn entry(dtype: &str, shape: &str, end: usize) -> ReadError {
    let header =
        format!("{{\"w\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[0,{end}]}}}}");
    error_of(&file(&header, &[0; 8]))
}

#[test]
fn sizes_are_checked_before_anything_is_allocated() {
    assert!(matches!(error_of(b""), ReadError::Header { .. }));
    assert!(matches!(error_of(b"1234567"), ReadError::Header { .. }));
    let error = error_of(&[&u64::MAX.to_le_bytes()[..], b"{}"].concat());
    assert!(matches!(error, ReadError::Header { claimed: u64::MAX, present: 2, .. }));
    // A header that would fit into the file, but not into any model.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.safetensors");
    std::fs::write(&path, (1u64 << 34).to_le_bytes()).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1 << 35).unwrap();
    assert!(matches!(load(&path), Err(ReadError::HugeHeader { .. })));
}

#[test]
fn a_header_must_be_json_of_the_right_form() {
    assert!(matches!(error_of(&file("{", b"")), ReadError::Malformed { .. }));
    assert!(matches!(error_of(&file("\u{0}\u{0}", b"")), ReadError::Malformed { .. }));
    assert!(matches!(error_of(&file("{\"w\":3}", b"")), ReadError::Malformed { .. }));
    let mut latin = file("{ }", b"");
    latin[9] = 0xff;
    assert!(matches!(error_of(&latin), ReadError::Malformed { .. }));
}

#[test]
fn pickles_are_recognised_and_answered_with_the_script() {
    // As `torch.save` begins its files: a zip archive, before version 1.6 a pickle.
    for begin in
        [&b"PK\x03\x04\0\0\x08\x08\0\0\0\0"[..], b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."]
    {
        let error = error_of(begin);
        assert!(matches!(error, ReadError::Pickle { .. }), "{error}");
        assert!(error.to_string().contains("docs/pth_to_safetensors.py"), "{error}");
    }
    // The length of a header may begin with the same bytes.
    let entry = "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
    let header = format!("{{{entry}{}}}", " ".repeat(0x280 - entry.len() - 2));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("good.safetensors");
    std::fs::write(&path, file(&header, &[0; 4])).unwrap();
    assert_eq!(std::fs::read(&path).unwrap()[..2], [0x80, 2]);
    assert_eq!(load(&path).unwrap().tensors["w"].item(), 0.0);
}

#[test]
fn shapes_and_offsets_must_cover_the_data() {
    assert!(matches!(entry("F32", "[2]", 8 + 4), ReadError::Malformed { .. })); // beyond the end
    assert!(matches!(entry("F32", "[1]", 4), ReadError::Malformed { .. })); // bytes left over
    assert!(matches!(entry("F32", "[3]", 8), ReadError::Malformed { .. })); // shape and bytes differ
    let huge = "[4611686018427387904,4611686018427387904]";
    assert!(matches!(entry("F32", huge, 8), ReadError::Malformed { .. }));
}

#[test]
fn a_truncated_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net");
    save(&nn_layers::models::mlp(&[4, 3], &mut Rng::seed(0)), &path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for cut in [4, 40, bytes.len() - 1] {
        error_of(&bytes[..cut]);
    }
    error_of(&[&bytes[..], b"more"].concat());
}

#[test]
fn types_and_ranks_without_a_place_here_are_named() {
    let error = entry("C64", "[1]", 8);
    assert!(matches!(&error, ReadError::Dtype { name, .. } if name == "w"), "{error}");
    let error = entry("F32", "[1,1,1,1,1,1,2]", 8);
    assert!(matches!(&error, ReadError::Shape { shape, .. } if shape.len() == 7), "{error}");
    let empty = file("{\"w\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}", b"");
    assert!(matches!(error_of(&empty), ReadError::Shape { .. }));
}

#[test]
fn what_is_no_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(load(folder.path()), Err(ReadError::NotAFile { .. })));
    let missing = load(folder.path().join("none")).unwrap_err();
    assert!(matches!(missing, ReadError::Io { operation: "open", .. }));
    if Path::new("/dev/zero").exists() {
        assert!(matches!(load("/dev/zero"), Err(ReadError::NotAFile { .. })));
    }
}
