//! NPZ.

use super::arrays::npy;
use super::{Case, case};

/// An archive of one stored member; `change` gets its bytes and where the table and the end begin.
pub(crate) fn npz(
    name: &str,
    contents: &[u8],
    change: impl FnOnce(&mut Vec<u8>, usize, usize),
) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(contents);
    let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for size in [sum.sum(), contents.len() as u32, contents.len() as u32] {
        common.extend(size.to_le_bytes());
    }
    common.extend([name.len() as u8, 0, 0, 0]);
    let mut bytes = [b"PK\x03\x04", &common[..], name.as_bytes(), contents].concat();
    let at = bytes.len();
    bytes.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 14], name.as_bytes()].concat());
    let end = bytes.len();
    bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    bytes.extend(((end - at) as u32).to_le_bytes());
    bytes.extend((at as u32).to_le_bytes());
    bytes.extend([0, 0]);
    change(&mut bytes, at, end);
    bytes
}

pub(super) fn cases() -> Vec<Case> {
    let array = npy("{'descr': '<i2', 'fortran_order': False, 'shape': (1, 2), }\n", &[1, 0, 2, 0]);
    let objects = npy("{'descr': '|O', 'fortran_order': False, 'shape': (1, 2), }\n", &[0; 16]);
    let lie = npy("{'descr': '<i2', 'fortran_order': True, 'shape': (9, 9999999), }\n", &[1]);
    let file = |what: &str, bytes: Vec<u8>| case(what, "npz", "x", "", bytes);
    let changed = |what: &str, change: fn(&mut Vec<u8>, usize, usize)| {
        file(what, npz("x.npy", &array, change))
    };
    vec![
        file("nothing in it", vec![]),
        file("another kind", b"\x93NUMPY\x01\0".to_vec()),
        file("an array of another name", npz("a.npy", &array, |_, _, _| ())),
        file("no array", npz("x.txt", b"text", |_, _, _| ())),
        file("a member that is no array", npz("x.npy", b"some text", |_, _, _| ())),
        file("objects", npz("x.npy", &objects, |_, _, _| ())),
        file("a lie", npz("x.npy", &lie, |_, _, _| ())),
        changed("cut off", |bytes, _, end| bytes.truncate(end + 10)),
        changed("cut off at its table", |bytes, table, _| bytes.truncate(table)),
        changed("bytes behind its end", |bytes, _, _| bytes.push(0)),
        changed("a damaged byte of the table", |bytes, table, _| bytes[table + 1] ^= 1),
        changed("a damaged byte", |bytes, _, _| bytes[100] ^= 1),
        changed("more than 4 GiB", |bytes, _, end| bytes[end + 12..end + 16].fill(0xFF)),
        changed("a table elsewhere", |bytes, _, end| bytes[end + 16] ^= 1),
        changed("two members claimed", |bytes, _, end| bytes[end + 10] = 2),
        changed("a name longer than the table", |bytes, table, _| bytes[table + 29] = 0xFF),
        changed("a member elsewhere", |bytes, table, _| bytes[table + 42] = 9),
        changed("a member longer than the file", |bytes, table, _| bytes[table + 22] = 9),
        changed("a cipher", |bytes, table, _| bytes[table + 8] = 1),
        changed("another packing", |bytes, table, _| bytes[table + 10] = 12),
        changed("a packing that it has not", |bytes, table, _| bytes[table + 10] = 8),
        changed("sizes that differ", |bytes, table, _| bytes[table + 24] ^= 1),
    ]
}
