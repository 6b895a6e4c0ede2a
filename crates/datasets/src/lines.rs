//! The lines of a text file, plain or gzipped, one after the other: a file may be larger than what
//! is kept of it, and a line that never ends is not kept either.

use std::path::{Path, PathBuf};

use crate::bytes::{ByteSource, recognise};
use crate::{DataError, FormatError, LineError};

/// No line of a sensible file is longer; 16 MiB hold a million features.
const LONGEST: usize = 1 << 24;

/// Lines, numbered from 1, without their ends (`\n` or `\r\n`), and without a byte order mark.
pub(crate) struct Lines {
    source: ByteSource<'static>,
    path: PathBuf,
    /// What was read; `buffer[at..]` is still to be given out.
    buffer: Vec<u8>,
    at: usize,
    number: u64,
    most_bytes: u64,
}

impl Lines {
    /// Opens a file, to read at most so many unpacked bytes of it.
    pub(crate) fn open(path: &Path, most_bytes: u64) -> Result<Self, DataError> {
        let source = ByteSource::open(path)?;
        Ok(Self { source, path: path.into(), buffer: Vec::new(), at: 0, number: 0, most_bytes })
    }

    /// An error on the line that was given out last, or on line 1.
    pub(crate) fn error(&self, problem: LineError) -> DataError {
        DataError::Line { path: self.path.clone(), line: self.number.max(1), problem }
    }

    /// An error on a line that was given out before.
    pub(crate) fn error_at(&self, line: u64, problem: LineError) -> DataError {
        DataError::Line { path: self.path.clone(), line, problem }
    }

    /// The number of the line that was given out last.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The next line, or `None` at the end.
    ///
    /// Not an iterator, because a caller asks for the number and for errors between two lines.
    pub(crate) fn next_line(&mut self) -> Result<Option<String>, DataError> {
        let Some(end) = self.find_end()? else { return Ok(None) };
        self.number += 1;
        let mut line = &self.buffer[self.at..end];
        self.at = end + 1;
        if self.number == 1 {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match std::str::from_utf8(line) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_) => {
                let hint = text_hint(line, self.number);
                Err(self.error(LineError::NoText { hint }))
            }
        }
    }

    /// Where the line that begins at `at` ends; it is in the buffer then.
    fn find_end(&mut self) -> Result<Option<usize>, DataError> {
        let mut searched = self.at;
        loop {
            let newline =
                self.buffer[searched.min(self.buffer.len())..].iter().position(|&b| b == b'\n');
            if let Some(end) = newline {
                return Ok(Some(searched + end));
            }
            // What was given out makes room for what comes.
            self.buffer.drain(..self.at.min(self.buffer.len()));
            self.at = 0;
            searched = self.buffer.len();
            if searched > LONGEST {
                self.number += 1;
                let (what, hint) = ("bytes on one line", "is this a text file?");
                return Err(self.error(LineError::TooMany { what, limit: LONGEST as u64, hint }));
            }
            let mut chunk = vec![0; 1 << 16];
            let read = self.source.fill(&mut chunk)?;
            if self.source.offset() > self.most_bytes {
                let limit = self.most_bytes;
                return Err(self.source.error(limit, FormatError::TooMuch { limit }));
            }
            self.buffer.extend_from_slice(&chunk[..read]);
            if read == 0 {
                return Ok((!self.buffer.is_empty()).then_some(self.buffer.len()));
            }
        }
    }
}

/// What a file seems to be whose line is no text.
pub(crate) fn text_hint(line: &[u8], number: u64) -> &'static str {
    match number {
        1 => recognise(line),
        _ => "is the file damaged, or in another encoding?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Result<Vec<String>, DataError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut lines = Lines::open(file.path(), 1 << 20)?;
        let mut all = Vec::new();
        while let Some(line) = lines.next_line()? {
            all.push(line);
            assert_eq!(lines.number(), all.len() as u64);
        }
        Ok(all)
    }

    #[test]
    fn ends_marks_and_a_last_line_without_end() {
        assert_eq!(lines(b"\xEF\xBB\xBFa\r\n\nb\r\nc").unwrap(), ["a", "", "b", "c"]);
        assert_eq!(lines(b"a\n").unwrap(), ["a"]);
        assert_eq!(lines(b"\n").unwrap(), [""]);
        assert!(lines(b"").unwrap().is_empty());
        // Longer than a read, and a line that ends where a read does.
        for n in [65_535, 65_536, 65_537, 300_000] {
            let text = format!("{}\n{}\nend", "x".repeat(n), "y".repeat(n));
            assert_eq!(
                lines(text.as_bytes()).unwrap(),
                ["x".repeat(n), "y".repeat(n), "end".into()]
            );
        }
    }

    #[test]
    fn no_text_and_too_much_of_it() {
        let error = lines(b"a\n\xFF\xFE\n").unwrap_err().to_string();
        assert!(
            error.ends_with(
                "line 2: this is no UTF-8 text; is the file damaged, or in another encoding?"
            ),
            "{error}"
        );
        let error = lines(b"\x89PNG\r\n").unwrap_err().to_string();
        assert!(error.ends_with("line 1: this is no UTF-8 text; this is a PNG picture"), "{error}");
        let error = lines(&vec![b'\n'; (1 << 20) + 1]).unwrap_err().to_string();
        assert!(error.contains("unpacks to more than 1048576 bytes"), "{error}");
    }
}
