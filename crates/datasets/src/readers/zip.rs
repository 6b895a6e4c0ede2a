//! The members of a zip archive (PKWARE's APPNOTE 6.3), as `numpy.savez` writes it: stored or
//! deflated, found by the table of contents at its end.
//!
//! ```text
//! each member      "PK" 03 04, .., 26 length of name, 28 of extras, name, extras, the bytes
//! the table        for each "PK" 01 02, 10 method, 16 check sum, 20 packed, 24 unpacked size,
//!                  28 lengths of name, extras and comment, 42 where its member begins, name, ..
//! the end          "PK" 05 06, 10 how many there are, 12 size and 16 place of the table
//! ```
//!
//! Archives beyond 4 GiB ("zip64") and ciphers are refused.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::DeflateDecoder;

use crate::bytes::{ByteSource, recognise};
use crate::error::shown;
use crate::{DataError, FormatError};

/// The end takes 22 bytes, and a comment of at most 65 535.
const END: usize = 22;
const MOST_COMMENT: usize = 65_535;

/// What the table says of a member.
#[derive(Debug, Clone, Copy)]
struct Member {
    at: usize,
    method: u16,
    check_sum: u32,
    packed: usize,
    unpacked: u64,
}

/// An archive in memory.
#[derive(Debug)]
pub(super) struct Zip<'a> {
    path: PathBuf,
    bytes: &'a [u8],
    members: BTreeMap<String, Member>,
}

impl<'a> Zip<'a> {
    /// Reads the table of contents.
    pub(super) fn open(path: &Path, bytes: &'a [u8]) -> Result<Self, DataError> {
        let mut zip = Self { path: path.into(), bytes, members: BTreeMap::new() };
        if bytes.is_empty() {
            let problem = FormatError::HeaderTruncated { expected: END as u64, found: 0 };
            return Err(zip.error(0, problem));
        }
        if !bytes.starts_with(b"PK") {
            let first = &bytes[..bytes.len().min(4)];
            let found =
                first.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
            let expected = "an archive of numpy.savez, which begins with 50 4B";
            let hint = recognise(first);
            return Err(zip.error(0, FormatError::Magic { expected, found, hint }));
        }
        let last = bytes.len().saturating_sub(END);
        let ends_here = |&at: &usize| {
            let comment = number(bytes, at + 20, 2).map(|comment| at + END + comment);
            bytes[at..].starts_with(b"PK\x05\x06") && comment == Some(bytes.len())
        };
        let end = (last.saturating_sub(MOST_COMMENT)..=last).rev().find(ends_here);
        let Some(end) = end else {
            let expected = "a zip archive's table of contents; it is cut off, fetch it again";
            return Err(zip.damaged(bytes.len(), "no end of a table", expected));
        };
        let field = |at, width| number(bytes, end + at, width).expect("the end was found whole");
        let (count, size, table) = (field(10, 2), field(12, 4), field(16, 4));
        if count == 0xFFFF || size == 0xFFFF_FFFF || table == 0xFFFF_FFFF {
            let expected = "one of less than 4 GiB; save the arrays one by one with numpy.save";
            return Err(zip.damaged(end, "an archive of more than 4 GiB", expected));
        }
        if table + size != end {
            let found = format!("a table of {size} bytes at byte {table}");
            let expected = "it to end where the archive's end begins; the file is damaged";
            return Err(zip.damaged(end, &found, expected));
        }
        let mut at = table;
        for _ in 0..count {
            at = zip.entry(at, end)?;
        }
        Ok(zip)
    }

    /// Takes in the entry at a byte of the table, and says where the next one is.
    fn entry(&mut self, at: usize, end: usize) -> Result<usize, DataError> {
        let bytes = self.bytes;
        let field = |offset, width| number(&bytes[..end], at + offset, width);
        let fields = || {
            let name = field(28, 2)?;
            let next = at + 46 + name + field(30, 2)? + field(32, 2)?;
            let member = Member {
                at: field(42, 4)?,
                method: field(10, 2)? as u16,
                check_sum: field(16, 4)? as u32,
                packed: field(20, 4)?,
                unpacked: field(24, 4)? as u64,
            };
            let name = String::from_utf8_lossy(bytes.get(at + 46..at + 46 + name)?).into_owned();
            (bytes[at..].starts_with(b"PK\x01\x02") && next <= end).then_some((
                name,
                member,
                field(8, 2)?,
                next,
            ))
        };
        let Some((name, member, flags, next)) = fields() else {
            let expected = "an entry of the table of contents; the file is damaged";
            return Err(self.damaged(at, "other bytes", expected));
        };
        let named = shown(&name);
        if flags & 1 == 1 {
            let expected = "no cipher; save the arrays without one";
            return Err(self.damaged(at, &format!("`{named}` enciphered"), expected));
        }
        if self.members.insert(name, member).is_some() {
            let expected = "each name once; save the arrays again";
            return Err(self.damaged(at, &format!("`{named}` a second time"), expected));
        }
        Ok(next)
    }

    /// The names of the members, in the order of their bytes.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// The unpacked bytes of a member, if it is there.
    pub(super) fn member(&self, name: &str) -> Option<Result<ByteSource<'a>, DataError>> {
        self.members.get(name).map(|member| self.read(name, *member))
    }

    fn read(&self, name: &str, member: Member) -> Result<ByteSource<'a>, DataError> {
        let Member { at, method, packed, unpacked, check_sum } = member;
        let found = || {
            let bytes = self.bytes.get(at..)?;
            let start = 30 + number(bytes, 26, 2)? + number(bytes, 28, 2)?;
            let member = bytes.get(start..)?.get(..packed)?;
            bytes.starts_with(b"PK\x03\x04").then_some((at + start, member))
        };
        let Some((start, bytes)) = found() else {
            let found = format!("no member of {packed} bytes");
            let expected = "one where the table of contents says; the file is damaged";
            return Err(self.damaged(at, &found, expected));
        };
        let path = self.path.join(shown(name.trim_start_matches('/')));
        match method {
            0 if packed as u64 == unpacked => {
                let mut sum = flate2::Crc::new();
                sum.update(bytes);
                if sum.sum() != check_sum {
                    let expected = "its check sum to be that of its bytes; fetch the file again";
                    return Err(self.damaged(
                        start,
                        &format!("`{}` damaged", shown(name)),
                        expected,
                    ));
                }
                Ok(ByteSource::piece(path, bytes, 0))
            }
            8 => {
                let reader = BufReader::new(DeflateDecoder::new(bytes));
                let sum = flate2::Crc::new();
                let checked = Checked { reader, sum, check_sum, left: unpacked };
                Ok(ByteSource::member(path, checked, packed as u64))
            }
            _ => {
                let found = format!("`{}` packed by method {method}", shown(name));
                let expected = "stored or deflated members, as numpy.savez writes them";
                Err(self.damaged(at, &found, expected))
            }
        }
    }

    fn damaged(&self, at: usize, found: &str, expected: &'static str) -> DataError {
        self.error(at, FormatError::Header { found: found.into(), expected })
    }

    fn error(&self, at: usize, problem: FormatError) -> DataError {
        DataError::Format { path: self.path.clone(), offset: at as u64, problem }
    }
}

/// The number of so many bytes at a place, the least significant first.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let bytes = bytes.get(at..)?.get(..width)?;
    Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte)))
}

/// A member that unpacks to as many bytes as its entry says, with its check sum.
struct Checked<R> {
    reader: R,
    sum: flate2::Crc,
    check_sum: u32,
    left: u64,
}

impl<R: BufRead> Read for Checked<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let wrong = |text| Err(io::Error::new(ErrorKind::InvalidData, text));
        let read = self.reader.read(bytes)?;
        self.sum.update(&bytes[..read]);
        if read as u64 > self.left {
            return wrong("they unpack to more than the table of contents says");
        }
        self.left -= read as u64;
        if read == 0 && !bytes.is_empty() {
            if self.left > 0 {
                return wrong("they unpack to less than the table of contents says");
            }
            if self.sum.sum() != self.check_sum {
                return wrong("the check sum is wrong");
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write;

    /// An archive of these members.
    pub(in crate::readers) fn zip(members: &[(&str, &[u8])], deflate: bool) -> Vec<u8> {
        let (mut bytes, mut table) = (Vec::new(), Vec::new());
        for &(name, contents) in members {
            let mut sum = flate2::Crc::new();
            sum.update(contents);
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Default::default());
            encoder.write_all(contents).unwrap();
            let packed = if deflate { encoder.finish().unwrap() } else { contents.to_vec() };
            let mut common = vec![20, 0, 0, 0, if deflate { 8 } else { 0 }, 0, 0, 0, 0, 0];
            for size in [sum.sum(), packed.len() as u32, contents.len() as u32] {
                common.extend(size.to_le_bytes());
            }
            common.extend((name.len() as u16).to_le_bytes());
            common.extend([0, 0]);
            table.extend(b"PK\x01\x02\x14\0".iter().chain(&common));
            table.extend([0; 10]);
            table.extend((bytes.len() as u32).to_le_bytes());
            table.extend(name.as_bytes());
            bytes.extend(b"PK\x03\x04".iter().chain(&common));
            bytes.extend(name.as_bytes());
            bytes.extend(packed);
        }
        let at = bytes.len() as u32;
        bytes.extend(&table);
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend([members.len() as u8, 0, members.len() as u8, 0]);
        bytes.extend((table.len() as u32).to_le_bytes());
        bytes.extend(at.to_le_bytes());
        bytes.extend([0, 0]);
        bytes
    }

    #[test]
    fn stored_and_deflated() {
        let long = vec![7; 100_000];
        for deflate in [false, true] {
            let bytes = zip(&[("a", b"one"), ("b", &long)], deflate);
            let archive = Zip::open(Path::new("x"), &bytes).unwrap();
            assert!(archive.names().eq(["a", "b"]));
            assert!(archive.member("c").is_none());
            let mut member = archive.member("b").unwrap().unwrap();
            assert_eq!(member.rest(1 << 20).unwrap(), long);
            member.finish().unwrap();
        }
    }

    #[test]
    fn an_end_alone_is_an_empty_archive_and_half_of_one_is_none() {
        let end = [&b"PK\x05\x06"[..], &[0; 18]].concat();
        for len in 4..=end.len() {
            let archive = Zip::open(Path::new("x"), &end[..len]);
            assert_eq!(archive.is_ok(), len == end.len(), "{len}");
        }
    }

    #[test]
    fn no_changed_byte_goes_unseen() {
        for deflate in [false, true] {
            let bytes = zip(&[("a", b"contents of it")], deflate);
            let read = |bytes: &[u8]| -> Result<Vec<u8>, DataError> {
                let archive = Zip::open(Path::new("x"), bytes)?;
                let Some(member) = archive.member("a") else { return Ok(b"no a".to_vec()) };
                member?.rest(1 << 20)
            };
            assert_eq!(read(&bytes).unwrap(), b"contents of it");
            for at in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[at] ^= 0x55;
                if let Ok(found) = read(&changed) {
                    assert!([&b"contents of it"[..], b"no a"].contains(&&found[..]), "byte {at}");
                }
                assert!(read(&bytes[..at]).is_err(), "cut at {at}");
            }
        }
    }
}
