//! The structure of a PNG file (ISO/IEC 15948): chunks to the last one, and what they claim.
//!
//! ```text
//! 89 50 4E 47 0D 0A 1A 0A, then chunks: length, name, contents, check sum
//! IHDR first: width, height, bits, kind of colour, ..     IDAT: pixels, deflated     IEND last
//! ```

use super::decode::{Claim, Structure};
use crate::PictureError;

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Deflate cannot do better than 1032 bytes out for one in.
const BEST_RATIO: u64 = 1032;

/// What is needed to show the picture. Others may be far larger unpacked than they are here.
const KEPT: [&[u8; 4]; 6] = [b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT", b"IEND"];

/// Told by the first four bytes, or as many as there are: a file that ends within the signature is
/// cut off, and not of another kind.
pub(super) fn is_png(bytes: &[u8]) -> bool {
    let n = bytes.len().min(4);
    n > 0 && bytes[..n] == SIGNATURE[..n]
}

/// Walks the chunks. Their check sums and contents are the decoder's business.
pub(super) fn check(bytes: &[u8]) -> Result<Structure, PictureError> {
    let cut = |inside: String| PictureError::Truncated { at: bytes.len(), inside };
    let structure = |at, problem: &str| PictureError::Structure { at, problem: problem.into() };
    let present = bytes.len().min(8);
    if bytes[..present] != SIGNATURE[..present] {
        // A transfer as text changes the ends of lines.
        return Err(structure(4, "the signature of PNG goes on otherwise"));
    }
    if present < 8 {
        return Err(cut("inside its signature".into()));
    }
    let mut at = 8;
    let mut header = None;
    let mut data = 0usize;
    let mut kept = Vec::new();
    Structure::keep(&mut kept, 0..8);
    loop {
        let Some(head) = bytes.get(at..at + 8) else {
            return Err(cut("where a chunk should begin; IEND has not come".into()));
        };
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let name: [u8; 4] = [head[4], head[5], head[6], head[7]];
        if !name.iter().all(u8::is_ascii_alphabetic) {
            return Err(structure(at + 4, "the name of a chunk is four letters, not this"));
        }
        let shown = String::from_utf8_lossy(&name).into_owned();
        // Contents and check sum; no overflow, for a usize has 64 bits or the slice is None.
        let end = (at + 8).checked_add(length).and_then(|end| end.checked_add(4));
        let Some(contents) = end.and_then(|end| bytes.get(at + 8..end)) else {
            return Err(cut(format!("inside the chunk {shown} of {length} bytes at byte {at}")));
        };
        if KEPT.contains(&&name) {
            Structure::keep(&mut kept, at..at + length + 12);
        }
        match (&name, header) {
            (b"IHDR", None) if length == 13 => header = Some(&contents[..13]),
            (_, None) => return Err(structure(at, "the first chunk is not IHDR of 13 bytes")),
            (b"IDAT", Some(_)) => data += length,
            (b"IEND", Some(header)) => return Ok(Structure { claim: claim(header, data), kept }),
            _ => {}
        }
        at += length + 12;
    }
}

fn claim(header: &[u8], bytes: usize) -> Claim {
    let number = |at: usize| header[at..at + 4].iter().fold(0, |n, &b| n << 8 | u32::from(b));
    let (width, height) = (number(0), number(4));
    let channels = match header[9] {
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 1,
    };
    // Each row has a byte for its filter; interlaced pictures have more rows, none fewer bytes.
    let row = (u64::from(width) * channels * u64::from(header[8])).div_ceil(8) + 1;
    let fits = row.saturating_mul(u64::from(height)) <= BEST_RATIO * (bytes as u64);
    Claim { width, height, bytes, fits }
}
