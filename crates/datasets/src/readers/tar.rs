//! The files of a tar archive, plain or gzipped (POSIX.1-1988, "ustar"), one after the other.
//!
//! ```text
//! 0    name, 100 bytes            156  kind: 0 or NUL a file, 5 a folder, ...
//! 124  size, octal, 12 bytes      257  "ustar"
//! 148  sum of the header's bytes  345  what stands before the name, 155 bytes
//! ```
//!
//! A header of 512 bytes is followed by the contents, filled up to whole blocks of 512; two blocks
//! of zeros end the archive. Entries that are no files are passed over, also those that carry names
//! too long for a header.

use std::path::Path;

use crate::bytes::ByteSource;
use crate::{DataError, FormatError};

const BLOCK: u64 = 512;

/// What a gzipped archive may unpack to.
const MOST_BYTES: u64 = 1 << 30;

/// An archive, read from front to back.
pub(super) struct Archive {
    source: ByteSource<'static>,
    /// What is left of the file that was found last, without and with its filling.
    left: u64,
    padded: u64,
    start: u64,
}

/// A file in an archive.
pub(super) struct Entry {
    /// Its path in the archive.
    pub(super) name: String,
    pub(super) size: u64,
}

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        Ok(Self { source: ByteSource::open(path)?, left: 0, padded: 0, start: 0 })
    }

    /// The next file; `None` at the end.
    pub(super) fn next_file(&mut self) -> Result<Option<Entry>, DataError> {
        loop {
            self.skip(self.padded)?;
            (self.left, self.padded) = (0, 0);
            self.start = self.source.offset();
            let header = self.source.up_to(BLOCK)?;
            if header.iter().all(|&byte| byte == 0) {
                // Nothing, or the zeros that end an archive; more zeros may fill it up.
                self.drain()?;
                return Ok(None);
            }
            let entry = self.entry(&header)?;
            self.left = entry.size;
            self.padded = entry.size.div_ceil(BLOCK) * BLOCK;
            if self.source.offset() + self.padded > MOST_BYTES {
                let problem = FormatError::TooMuch { limit: MOST_BYTES };
                return Err(self.source.error(self.start, problem));
            }
            if matches!(header[156], b'0' | 0) {
                return Ok(Some(entry));
            }
        }
    }

    /// The bytes of the file that was found last; nothing if they were taken already.
    pub(super) fn contents(&mut self) -> Result<Vec<u8>, DataError> {
        let bytes = self.source.up_to(self.left)?;
        if (bytes.len() as u64) < self.left {
            return Err(self.cut_off());
        }
        self.padded -= self.left;
        self.left = 0;
        Ok(bytes)
    }

    fn entry(&self, header: &[u8]) -> Result<Entry, DataError> {
        let wrong = |problem: &str| Err(self.error(problem));
        if (header.len() as u64) < BLOCK {
            return wrong("the file ends inside a header of 512 bytes");
        }
        let sum = |(at, &byte): (usize, &u8)| {
            u64::from(if (148..156).contains(&at) { b' ' } else { byte })
        };
        let sum: u64 = header.iter().enumerate().map(sum).sum();
        if octal(&header[148..156]) != Some(sum) {
            return wrong("this is no header, or it is damaged: its check sum is wrong");
        }
        let Some(size) = octal(&header[124..136]).filter(|&size| size <= MOST_BYTES) else {
            return wrong("the size of a file is no number, or too large");
        };
        let mut name = text(&header[..100]);
        if &header[257..262] == b"ustar" && header[345] != 0 {
            name = format!("{}/{name}", text(&header[345..500]));
        }
        Ok(Entry { name, size })
    }

    fn skip(&mut self, mut bytes: u64) -> Result<(), DataError> {
        while bytes > 0 {
            let read = self.source.up_to(bytes.min(1 << 16))?.len() as u64;
            if read == 0 {
                return Err(self.cut_off());
            }
            bytes -= read;
        }
        Ok(())
    }

    /// Reads to the end, which is where a gzip stream has its check sum.
    fn drain(&mut self) -> Result<(), DataError> {
        loop {
            let at = self.source.offset();
            let chunk = self.source.up_to(1 << 16)?;
            if chunk.iter().any(|&byte| byte != 0) {
                let found = "more bytes".into();
                return Err(self.source.error(at, FormatError::Trailing { found }));
            }
            if chunk.is_empty() {
                return Ok(());
            }
            if self.source.offset() > MOST_BYTES {
                return Err(self.source.error(at, FormatError::TooMuch { limit: MOST_BYTES }));
            }
        }
    }

    fn cut_off(&self) -> DataError {
        self.error("the file ends inside the contents that this header claims; it is cut off")
    }

    fn error(&self, problem: &str) -> DataError {
        self.source.error(self.start, FormatError::Archive { problem: problem.into() })
    }
}

/// Digits of base 8 between spaces and NULs.
fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim_matches([' ', '\0']);
    let digits = text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    if digits { u64::from_str_radix(text, 8).ok() } else { None }
}

/// A name; what would break a message's line is replaced.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    let plain = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    String::from_utf8_lossy(&field[..end]).chars().map(plain).collect()
}
