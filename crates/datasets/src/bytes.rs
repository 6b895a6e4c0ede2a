//! The bytes of a file, plain or gzipped, under three rules that every reader needs:
//! no buffer is sized by what a header merely claims; nothing is unpacked beyond that claim; and
//! every failure says at which byte.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;

use crate::{DataError, FormatError};

pub(crate) const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Deflate cannot do better than 1032 bytes out for one byte in (a match of 258 bytes costs at
/// least two bits).
const BEST_RATIO: u64 = 1032;

/// Memory set aside for one packed byte before any is unpacked. Digits pack about 5 to 1.
const LIKELY_RATIO: u64 = 8;

/// How the bytes are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    /// A deflated member of a zip archive.
    Zip,
}

/// An open file, or a piece of one, read from front to back.
pub(crate) struct ByteSource<'a> {
    path: PathBuf,
    reader: Box<dyn Read + 'a>,
    offset: u64,
    /// The offset of the end if nothing is packed, else the number of packed bytes.
    stored: u64,
    packing: Packing,
}

impl<'a> ByteSource<'a> {
    /// Opens a regular file. Gzip is told by its magic, whatever the name ends with.
    pub(crate) fn open(path: &Path) -> Result<Self, DataError> {
        let failed = |error: io::Error| open_error(path, error);
        // Asked before opening: a folder opens without complaint, and a pipe would block.
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if !metadata.is_file() {
            let found = if metadata.is_dir() { "a folder" } else { "neither file nor folder" };
            return Err(DataError::Kind { path: path.into(), expected: "a file", found });
        }
        let stored = metadata.len();
        let mut reader = BufReader::with_capacity(1 << 16, File::open(path).map_err(failed)?);
        let gzipped = reader.fill_buf().map_err(failed)?.starts_with(&GZIP_MAGIC);
        let reader: Box<dyn Read> = if gzipped {
            Box::new(Members(Some(GzDecoder::new(reader))))
        } else {
            Box::new(reader)
        };
        let packing = if gzipped { Packing::Gzip } else { Packing::Plain };
        Ok(Self { path: path.into(), reader, offset: 0, stored, packing })
    }

    /// A piece of a file that is in memory: bytes from `start` on, as they are.
    pub(crate) fn piece(path: PathBuf, bytes: &'a [u8], start: u64) -> Self {
        let stored = start + bytes.len() as u64;
        Self { path, reader: Box::new(bytes), offset: start, stored, packing: Packing::Plain }
    }

    /// A member of an archive that unpacks itself out of so many bytes.
    pub(crate) fn member(path: PathBuf, reader: impl Read + 'a, stored: u64) -> Self {
        Self { path, reader: Box::new(reader), offset: 0, stored, packing: Packing::Zip }
    }

    /// Bytes read so far, unpacked.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// An error of this file's format, at a byte.
    pub(crate) fn error(&self, offset: u64, problem: FormatError) -> DataError {
        DataError::Format { path: self.path.clone(), offset, problem }
    }

    /// The next `N` bytes of a header that takes `total` bytes as far as is known.
    pub(crate) fn header<const N: usize>(&mut self, total: u64) -> Result<[u8; N], DataError> {
        let mut bytes = [0; N];
        let read = self.fill(&mut bytes)?;
        if read == N {
            return Ok(bytes);
        }
        let problem = FormatError::HeaderTruncated { expected: total, found: self.offset };
        Err(self.error(self.offset, problem))
    }

    /// Holds the `expected` bytes that a header claims to follow for `shape` against those that are
    /// there, and says for how many memory may be set aside.
    pub(crate) fn claim(&self, expected: u64, shape: &[usize]) -> Result<u64, DataError> {
        let plain = self.packing == Packing::Plain;
        let (present, reserve) = if plain {
            let present = self.stored.saturating_sub(self.offset);
            (present, present)
        } else {
            (self.stored.saturating_mul(BEST_RATIO), self.stored.saturating_mul(LIKELY_RATIO))
        };
        if expected > present {
            let holds = if plain { "holds" } else { "can hold at most" };
            return Err(self.truncated(self.offset, expected, shape, holds, present));
        }
        Ok(expected.min(reserve))
    }

    /// The error of a claim that turns out to be false.
    pub(crate) fn truncated(
        &self,
        start: u64,
        expected: u64,
        shape: &[usize],
        holds: &'static str,
        found: u64,
    ) -> DataError {
        let shape = shape.into();
        self.error(start, FormatError::Truncated { shape, expected, holds, found })
    }

    /// Reads the `expected` bytes that a header claims to follow for `shape`.
    pub(crate) fn claimed(&mut self, expected: u64, shape: &[usize]) -> Result<Vec<u8>, DataError> {
        let start = self.offset;
        let mut bytes = Vec::with_capacity(self.claim(expected, shape)? as usize);
        self.append(&mut bytes, expected)?;
        if (bytes.len() as u64) < expected {
            return Err(self.truncated(start, expected, shape, "holds", bytes.len() as u64));
        }
        Ok(bytes)
    }

    /// Everything up to the end, for formats without a header, but never more than `limit` bytes.
    pub(crate) fn rest(&mut self, limit: u64) -> Result<Vec<u8>, DataError> {
        // What a plain file holds is known, so that the memory need not grow; nothing is believed
        // of a packed one.
        let present = match self.packing {
            Packing::Plain => self.stored.saturating_sub(self.offset).min(limit),
            Packing::Gzip | Packing::Zip => 0,
        };
        let mut bytes = Vec::with_capacity(present as usize);
        self.append(&mut bytes, limit)?;
        if self.fill(&mut [0])? > 0 {
            return Err(self.error(limit, FormatError::TooMuch { limit }));
        }
        Ok(bytes)
    }

    /// The whole of a file that is small enough to be taken for what `most` bytes can be, in as much
    /// memory as it is long; `None` if it is longer, or packed.
    pub(crate) fn whole(&mut self, most: u64) -> Result<Option<Vec<u8>>, DataError> {
        if self.packing != Packing::Plain || self.stored > most {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(self.stored as usize);
        self.append(&mut bytes, self.stored)?;
        Ok(Some(bytes))
    }

    /// How long the file is, as it is stored.
    pub(crate) fn stored(&self) -> u64 {
        self.stored
    }

    /// Checks that nothing follows; for gzip this is also what verifies the checksum.
    pub(crate) fn finish(mut self) -> Result<(), DataError> {
        let end = self.offset;
        if self.fill(&mut [0])? == 0 {
            return Ok(());
        }
        let found = match self.packing {
            Packing::Plain => plural(self.stored.saturating_sub(end), "byte"),
            Packing::Gzip | Packing::Zip => "more bytes".into(),
        };
        Err(self.error(end, FormatError::Trailing { found }))
    }

    /// The next `most` bytes, or all there are if they are fewer.
    pub(crate) fn up_to(&mut self, most: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        self.append(&mut bytes, most)?;
        Ok(bytes)
    }

    fn append(&mut self, bytes: &mut Vec<u8>, limit: u64) -> Result<(), DataError> {
        let result = self.reader.by_ref().take(limit).read_to_end(bytes);
        self.offset += bytes.len() as u64;
        result.map(drop).map_err(|error| self.read_error(error))
    }

    /// Fills `bytes` as far as the file goes.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> Result<usize, DataError> {
        let mut read = 0;
        while read < bytes.len() {
            match self.reader.read(&mut bytes[read..]) {
                Ok(0) => break,
                Ok(n) => read += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.offset += read as u64;
                    return Err(self.read_error(error));
                }
            }
        }
        self.offset += read as u64;
        Ok(read)
    }

    /// Tells the unpacker's complaints from the operating system's.
    fn read_error(&self, error: io::Error) -> DataError {
        let packed = self.packing != Packing::Plain;
        let detail = match error.kind() {
            ErrorKind::UnexpectedEof if packed => "it ends early".to_string(),
            ErrorKind::InvalidInput | ErrorKind::InvalidData if packed => error.to_string(),
            _ => return DataError::Io { path: self.path.clone(), offset: self.offset, error },
        };
        let problem = match self.packing {
            Packing::Zip => FormatError::Deflate { detail },
            Packing::Plain | Packing::Gzip => FormatError::Gzip { detail },
        };
        self.error(self.offset, problem)
    }
}

/// A gzip file may be several gzip streams in a row ("members"), read as one. flate2 does that
/// too, but takes whatever follows the last one for a further stream, and its complaints then
/// point at the wrong thing.
struct Members(Option<GzDecoder<BufReader<File>>>);

impl Read for Members {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while let Some(mut decoder) = self.0.take() {
            let read = decoder.read(bytes)?;
            if read > 0 || bytes.is_empty() {
                self.0 = Some(decoder);
                return Ok(read);
            }
            let mut rest = decoder.into_inner();
            match rest.fill_buf()?.first() {
                None => break,
                Some(&byte) if byte == GZIP_MAGIC[0] => self.0 = Some(GzDecoder::new(rest)),
                Some(_) => {
                    let text = "bytes that are no gzip follow its end";
                    return Err(io::Error::new(ErrorKind::InvalidData, text));
                }
            }
        }
        Ok(0)
    }
}

/// Why a path could not be opened.
pub(crate) fn open_error(path: &Path, error: io::Error) -> DataError {
    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
        let cwd = std::env::current_dir().unwrap_or_else(|_| ".".into());
        return DataError::NotFound { path: path.into(), cwd };
    }
    DataError::Io { path: path.into(), offset: 0, error }
}

/// What a file that is not of the wanted kind seems to be, from its first bytes.
pub(crate) fn recognise(first: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 19] = [
        (b"PK\x03\x04", "this is a zip archive, unpack it first"),
        (&GZIP_MAGIC, "this is a gzip file, unpack it first"),
        (b"BZh", "this is a bzip2 file, unpack it first"),
        (b"\xfd7zX", "this is an xz file, unpack it first"),
        (b"\x28\xb5\x2f\xfd", "this is a zstd file, unpack it first"),
        (b"\x89PNG", "this is a PNG picture"),
        (b"\xff\xd8\xff", "this is a JPEG picture"),
        (b"GIF8", "this is a GIF picture: convert it to PNG"),
        (b"RIFF", "this is a WebP picture or a sound: convert it to PNG or WAV"),
        (b"BM", "this is a BMP picture: convert it to PNG"),
        (b"II*\0", "this is a TIFF picture: convert it to PNG"),
        (b"MM\0*", "this is a TIFF picture: convert it to PNG"),
        (b"\x93NUM", "this is a NumPy file"),
        (b"\xff\xfe", "this is text in UTF-16, save it as UTF-8"),
        (b"\xfe\xff", "this is text in UTF-16, save it as UTF-8"),
        (b"\xd0\xcf\x11\xe0", "this is an old Office document, save it as CSV"),
        (b"%PDF", "this is a PDF document"),
        (b"<", "this looks like a web page: a failed download?"),
        (b"version", "this looks like a Git LFS pointer: fetch the file itself"),
    ];
    let hit = KNOWN.iter().find(|(magic, _)| {
        let n = magic.len().min(first.len());
        n > 0 && first[..n] == magic[..n]
    });
    hit.map_or("this is a file of another kind", |&(_, hint)| hint)
}

/// `1 byte`, `2 bytes`.
pub(crate) fn plural(n: u64, unit: &str) -> String {
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_and_gzip_read_alike_also_in_several_members() {
        let two = [gzip(b"head"), gzip(b"body")].concat();
        for stored in [b"headbody".to_vec(), gzip(b"headbody"), two] {
            let file = file(&stored);
            let mut source = ByteSource::open(file.path()).unwrap();
            assert_eq!(&source.header::<4>(4).unwrap(), b"head");
            assert_eq!(source.claimed(4, &[4]).unwrap(), b"body");
            source.finish().unwrap();
        }
    }

    #[test]
    fn a_bomb_stays_packed() {
        let file = file(&gzip(&vec![0; 50_000_000]));
        let mut source = ByteSource::open(file.path()).unwrap();
        assert_eq!(source.claimed(1000, &[1000]).unwrap().len(), 1000);
        let error = source.finish().unwrap_err().to_string();
        assert!(error.contains("byte 1000: the data should end here and more bytes follow"));
        let mut source = ByteSource::open(file.path()).unwrap();
        let error = source.rest(4096).unwrap_err().to_string();
        assert!(error.contains("unpacks to more than 4096 bytes"), "{error}");
    }

    #[test]
    fn a_claim_is_checked_before_memory_is_taken() {
        for (stored, holds) in [(vec![7; 10], "holds 10"), (gzip(&[7; 10]), "can hold at most")] {
            let file = file(&stored);
            let mut source = ByteSource::open(file.path()).unwrap();
            let error = source.claimed(u64::MAX, &[1, 2]).unwrap_err().to_string();
            assert!(error.contains(holds), "{error}");
        }
    }
}
