//! Reading the small files that people write: settings, descriptions, lists of names.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// More than anybody writes by hand.
const MOST_BYTES: u64 = 1 << 20;

/// The text of a regular file of at most a megabyte.
///
/// # Errors
/// If it is a folder, a pipe or a device, is larger, holds no UTF-8, or the system does not let it be
/// read.
pub fn read_text(path: &Path) -> io::Result<String> {
    // Asked before opening: to open a pipe may block for ever.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file; give a file of text"));
    }
    let mut text = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MOST_BYTES {
        let why = "it has more than 1048576 bytes, which no such file has; is it the right one?";
        return Err(io::Error::other(why));
    }
    String::from_utf8(text).map_err(|e| io::Error::other(format!("it is no text: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_small_text_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        let refused = |bytes: Vec<u8>| {
            std::fs::write(&file, bytes).unwrap();
            read_text(&file).unwrap_err().to_string()
        };
        assert!(refused(vec![b' '; 1 + (1 << 20)]).contains("more than 1048576 bytes"));
        assert!(refused(vec![0xff]).contains("no text: invalid utf-8"));
        std::fs::write(&file, vec![b' '; 1 << 20]).unwrap();
        assert_eq!(read_text(&file).unwrap().len(), 1 << 20);
        let mut others = vec![folder.path()];
        if cfg!(unix) {
            others.push(Path::new("/dev/zero"));
        }
        for other in others {
            let error = read_text(other).unwrap_err().to_string();
            assert!(error.contains("not a regular file"), "{}: {error}", other.display());
        }
    }
}
