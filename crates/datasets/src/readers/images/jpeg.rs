//! The structure of a JPEG file (ITU-T T.81): segments to the last marker, and what they claim.
//!
//! ```text
//! FF D8, then segments FF xx: two bytes of length and the contents
//! FF C0, C1, C2: bits, height, width, components      FF DA: a scan, its pixels follow, in which a
//! byte FF is followed by 00 or by D0 .. D7            FF D9: the end
//! ```
//!
//! A decoder fills what a file that was cut off lacks with grey, so it is looked for here.

use super::decode::{Claim, Structure};
use crate::PictureError;

pub(super) fn is_jpeg(bytes: &[u8]) -> bool {
    let n = bytes.len().min(2);
    n > 0 && bytes[..n] == [0xFF, 0xD8][..n]
}

/// Walks the segments. Their contents are the decoder's business.
pub(super) fn check(bytes: &[u8]) -> Result<Structure, PictureError> {
    let cut = |inside: String| PictureError::Truncated { at: bytes.len(), inside };
    let structure = |at, problem: &str| PictureError::Structure { at, problem: problem.into() };
    let mut at = 2;
    let mut size = None;
    let mut data = 0;
    let mut kept = Vec::new();
    Structure::keep(&mut kept, 0..bytes.len().min(2));
    loop {
        // What stands between segments is passed over, as every decoder does.
        let Some((start, code)) = marker(bytes, at, |code| code != 0) else {
            return Err(cut(
                "where a segment should begin; the end marker FF D9 has not come".into()
            ));
        };
        at = start + 2;
        match code {
            0xD9 if data == 0 => {
                return Err(structure(start, "the picture ends before its pixels"));
            }
            0xD9 => {
                Structure::keep(&mut kept, start..at);
                break;
            }
            // Without contents.
            0x01 | 0xD0..=0xD8 => continue,
            _ => {}
        }
        let length = bytes.get(at..at + 2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]])));
        let segment = length.and_then(|length| bytes.get(at..at + length));
        let Some(segment) = segment else {
            return Err(cut(format!("inside the segment FF {code:02X} at byte {start}")));
        };
        if segment.len() < 2 {
            return Err(structure(at, "the length of a segment is at least 2"));
        }
        at += segment.len();
        if is_needed(code, &segment[2..]) {
            Structure::keep(&mut kept, start..at);
        }
        match code {
            0xC0..=0xC2 if size.is_some() => {
                return Err(structure(start, "the picture has a second header"));
            }
            0xC0..=0xC2 => {
                let [_, _, _, h, i, w, x, components, ..] = *segment else {
                    return Err(structure(start, "the header of the picture is too short"));
                };
                if ![1, 3, 4].contains(&components) {
                    return Err(structure(start, "a picture has 1, 3 or 4 components"));
                }
                size = Some([[h, i], [w, x]].map(|n| u32::from(u16::from_be_bytes(n))));
            }
            0xC3 | 0xC7 | 0xCB | 0xCF => return Err(PictureError::Unread { kind: "lossless" }),
            0xC5 | 0xC6 | 0xCD | 0xCE => return Err(PictureError::Unread { kind: "hierarchical" }),
            0xC9 | 0xCA => return Err(PictureError::Unread { kind: "arithmetically coded" }),
            0xDA if size.is_none() => {
                return Err(structure(start, "pixels come before the header of the picture"));
            }
            0xDA => {
                let next = marker(bytes, at, |code| !matches!(code, 0 | 0xD0..=0xD7));
                let Some((next, _)) = next else {
                    return Err(cut("inside its pixels; the end marker FF D9 has not come".into()));
                };
                data += next - at;
                Structure::keep(&mut kept, at..next);
                at = next;
            }
            _ => {}
        }
    }
    let Some([height, width]) = size else {
        return Err(structure(at, "the picture has no header"));
    };
    // A block of 8 x 8 takes a bit at least; where no component has both the most rows and the most
    // columns, as the format allows, one has a quarter of the blocks.
    let blocks = u64::from(width.div_ceil(8)) * u64::from(height.div_ceil(8));
    let fits = blocks <= 4 * 8 * data as u64;
    Ok(Structure { claim: Claim { width, height, bytes: data, fits }, kept })
}

/// Whether the picture cannot be shown without a segment: comments, previews and profiles are left
/// out, of the applications' own the EXIF entry and what Adobe says of the colours stay.
fn is_needed(code: u8, contents: &[u8]) -> bool {
    match code {
        0xE1 => contents.starts_with(b"Exif"),
        0xEE => true,
        0xE0..=0xEF | 0xFE => false,
        _ => true,
    }
}

/// The next marker that `counts`, from `at` on: where its last FF is, and its code.
fn marker(bytes: &[u8], at: usize, counts: impl Fn(u8) -> bool) -> Option<(usize, u8)> {
    let pairs = bytes.get(at..)?.windows(2).enumerate();
    let found = pairs.filter(|(_, pair)| pair[0] == 0xFF && pair[1] != 0xFF);
    found.map(|(i, pair)| (at + i, pair[1])).find(|&(_, code)| counts(code))
}
