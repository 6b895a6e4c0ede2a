//! What a run folder has to say, as it grows. Nothing in it is written or locked.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

/// Bytes that are read at once; the rest follows at the next look.
const MOST: u64 = 1 << 20;

/// A file of lines that another process appends to.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    read: u64,
}

/// What has happened since the last look.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Lines that were appended, each whole.
    Lines(Vec<String>),
    /// The file is shorter than it was: a resumed run has dropped what came after its checkpoint.
    Rewritten,
}

impl Lines {
    /// From the beginning of the file, which need not be there yet.
    pub(super) fn of(path: PathBuf) -> Self {
        Lines { path, read: 0 }
    }

    /// What was appended; a line that is being written waits for the next look.
    pub(super) fn look(&mut self) -> io::Result<News> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound && self.read == 0 => {
                return Ok(News::Lines(Vec::new()));
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                self.read = 0;
                return Ok(News::Rewritten);
            }
            Err(e) => return Err(e),
        };
        if file.metadata()?.len() < self.read {
            self.read = 0;
            return Ok(News::Rewritten);
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        self.read += whole as u64;
        let text = String::from_utf8_lossy(&bytes[..whole]);
        Ok(News::Lines(text.lines().map(str::to_owned).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_whole_lines_are_news_and_a_shorter_file_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut lines = Lines::of(path.clone());
        let news = |text: &[&str]| News::Lines(text.iter().map(|t| (*t).to_owned()).collect());
        assert_eq!(lines.look().unwrap(), news(&[]));
        fs::write(&path, "one\ntwo\nthr").unwrap();
        assert_eq!(lines.look().unwrap(), news(&["one", "two"]));
        assert_eq!(lines.look().unwrap(), news(&[]));
        fs::write(&path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(lines.look().unwrap(), news(&["three"]));
        fs::write(&path, "one\n").unwrap();
        assert_eq!(lines.look().unwrap(), News::Rewritten);
        assert_eq!(lines.look().unwrap(), news(&["one"]));
        fs::remove_file(&path).unwrap();
        assert_eq!(lines.look().unwrap(), News::Rewritten);
        assert_eq!(lines.look().unwrap(), news(&[]));
    }
}
