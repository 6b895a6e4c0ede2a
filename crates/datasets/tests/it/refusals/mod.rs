//! Malformed files of every kind, and the whole text that each is refused with, as it stands in
//! `expected.txt`. After a change that is meant, `UPDATE_REFUSALS=1 cargo test -p datasets refusals`
//! writes that file anew: read its difference.

mod archives;
mod arrays;
mod declared;
mod packed;
mod tables;

pub(crate) use archives::npz;
pub(crate) use arrays::npy;

use std::fmt::Write as _;
use std::path::Path;

use datasets::readers::signatures;

/// A file that is refused.
pub(crate) struct Case {
    what: String,
    file: &'static str,
    bytes: Vec<u8>,
    /// `DIR` stands for the folder of the file.
    spec: String,
}

/// A case whose spec is a scheme, the path, and what follows.
fn case(what: &str, scheme: &str, file: &'static str, rest: &str, bytes: impl AsRef<[u8]>) -> Case {
    let spec = format!("{scheme}:DIR/{file}{rest}");
    Case { what: what.into(), file, bytes: bytes.as_ref().to_vec(), spec }
}

fn refused(folder: &Path, case: &Case) -> String {
    let dir = folder.display().to_string();
    let path = folder.join(case.file);
    std::fs::write(&path, &case.bytes).unwrap();
    let error = match case.spec.starts_with("signatures:") {
        true => signatures::read(&path).err(),
        false => datasets::load(&case.spec.replace("DIR", &dir).parse().unwrap()).err(),
    };
    std::fs::remove_file(&path).unwrap();
    let error = error.unwrap_or_else(|| panic!("{}: {} is read", case.what, case.spec));
    error.to_string().replace(&dir, "DIR")
}

#[test]
fn refusals() {
    let folder = tempfile::tempdir().unwrap();
    let groups =
        [tables::cases(), declared::cases(), arrays::cases(), archives::cases(), packed::cases()];
    let mut found = String::new();
    let mut count = 0;
    for case in groups.iter().flatten() {
        let text = refused(folder.path(), case);
        assert!(!text.contains('\n'), "an error is one line: {text}");
        writeln!(found, "{}: {}\n    {text}\n", case.spec, case.what).unwrap();
        count += 1;
    }
    assert!(count >= 90, "{count} malformed files");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/refusals/expected.txt");
    if std::env::var_os("UPDATE_REFUSALS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap().replace('\r', "");
    for (found, expected) in found.split("\n\n").zip(expected.split("\n\n")) {
        assert_eq!(found, expected);
    }
    assert_eq!(found, expected, "a case is missing");
}
