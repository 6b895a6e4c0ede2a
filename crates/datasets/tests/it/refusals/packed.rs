//! Archives and gzip streams that are damaged, and those that unpack to far more than they are.

use super::{Case, case};
use crate::malformed_audio::tar;
use crate::round_trip::gzip;

/// Gzip streams in a row, which together unpack to a line over and over: to more than `bytes`.
fn bomb(line: &[u8], bytes: usize) -> Vec<u8> {
    let piece = line.repeat((1 << 22) / line.len());
    gzip(&piece).repeat(bytes / piece.len() + 1)
}

pub(super) fn cases() -> Vec<Case> {
    let comment = |sign: u8| [&vec![sign; 1 << 14][..], b"\n"].concat();
    let empty = [&vec![b' '; 1 << 14][..], b"\n"].concat();
    let table = gzip(b"a,b\n1,2\n");
    let n = table.len();
    let mut sum = table.clone();
    sum[n - 8] ^= 1;
    let mut length = table.clone();
    length[n - 1] ^= 1;
    let mut inside = table.clone();
    inside[12] ^= 0xFF;
    let with = |tail: &[u8]| [&table[..], tail].concat();
    let csv = |what: &str, bytes: Vec<u8>| case(what, "csv", "x.csv.gz", "", bytes);
    let images: Vec<u8> =
        [&[0, 0, 8, 3][..], &[0, 0, 0xEA, 0x60, 0, 0, 0, 28, 0, 0, 0, 28]].concat();
    let wide =
        b"\x93NUMPY\x01\0\x3f\0{'descr': '|u1', 'fortran_order': False, 'shape': (9, 9999999)}";
    vec![
        case("a name of two lines", "audio", "x.tar", "", tar(&[("r\n/1_ann_0.wav", b"none")])),
        csv("only its first bytes", vec![0x1F, 0x8B]),
        csv("cut off in its header", table[..6].to_vec()),
        csv("cut off in its bytes", table[..14].to_vec()),
        csv("cut off in its check sum", table[..n - 5].to_vec()),
        csv("a wrong check sum", sum),
        csv("a wrong length", length),
        csv("a wrong byte", inside),
        csv("bytes behind it", with(b"more")),
        csv("half a stream behind it", with(&[0x1F, 0x8B, 8])),
        csv("a bomb", bomb(&empty, 1 << 28)),
        case("a bomb", "arff", "x", "", bomb(&comment(b'%'), 1 << 30)),
        case("a bomb", "svmlight", "x", "", bomb(&comment(b'#'), 1 << 31)),
        case("a bomb", "signatures", "x", "", bomb(&empty, 1 << 28)),
        case("a bomb", "cifar10", "x", "", bomb(&[0], 1 << 29)),
        case("a bomb", "audio", "x.tar.gz", "", bomb(&[0], 1 << 30)),
        case("a line without an end", "svmlight", "x", "", bomb(b"1", 1 << 25)),
        case("a header that claims too much", "idx", "x", "", gzip(&images)),
        case("a header that claims too much", "npy", "x", "", gzip(wide)),
        case("a bomb behind the data", "npy", "x", "", {
            let small =
                b"\x93NUMPY\x01\0\x39\0{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1)}7";
            [gzip(small), bomb(&[0], 1 << 28)].concat()
        }),
    ]
}
