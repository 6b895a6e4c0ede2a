//! NPY and safetensors.

use super::{Case, case};

/// The file of an array.
pub(crate) fn npy(header: &str, elements: &[u8]) -> Vec<u8> {
    let len = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\0", &len[..], header.as_bytes(), elements].concat()
}

fn array(descr: &str, shape: &str, elements: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n");
    npy(&header, elements)
}

fn tensors(header: &str, elements: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), elements].concat()
}

fn tensor(dtype: &str, shape: &str, end: usize, elements: &[u8]) -> Vec<u8> {
    let x =
        format!("{{\"x\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[0,{end}]}}}}");
    tensors(&x, elements)
}

pub(super) fn cases() -> Vec<Case> {
    let file = |what: &str, bytes: Vec<u8>| case(what, "npy", "x", "", bytes);
    let of = |what: &str, descr: &str, shape: &str, n: usize| {
        file(what, array(descr, shape, &vec![0; n]))
    };
    let header = |what: &str, header: &str| file(what, npy(header, &[0; 8]));
    let labels = |what: &str, descr: &str, shape: &str, elements: &[u8]| {
        case(what, "npy", "x", ",DIR/x", array(descr, shape, elements))
    };
    let safe = |what: &str, rest: &str, bytes: Vec<u8>| case(what, "safetensors", "x", rest, bytes);
    let whole = array("'<f4'", "(2, 2)", &[0; 16]);
    let nan = [f32::NAN.to_le_bytes(), [0; 4]].concat();
    vec![
        file("nothing in it", vec![]),
        file("cut off in the magic", whole[..4].to_vec()),
        file("cut off before the length", whole[..9].to_vec()),
        file("cut off in the header", whole[..40].to_vec()),
        file("cut off in the elements", whole[..whole.len() - 1].to_vec()),
        file("more than it claims", [&whole[..], &[0; 3]].concat()),
        file("another kind", b"PK\x03\x04 and more".to_vec()),
        file("version 9", [b"\x93NUMPY\x09\0", &whole[8..]].concat()),
        file("a header of 4 GiB", b"\x93NUMPY\x02\0\xFF\xFF\xFF\xFF{".to_vec()),
        of("objects", "'|O'", "(2, 2)", 16),
        of("words", "'<U5'", "(2, 2)", 80),
        of("complex numbers", "'<c8'", "(2, 2)", 32),
        of("floats of 16 bytes", "'<f16'", "(2, 2)", 64),
        of("dates", "'<M8[ns]'", "(2, 2)", 32),
        of("records", "[('a', '<f4')]", "(2, 2)", 16),
        of("one axis", "'<f4'", "(4,)", 16),
        of("no axis", "'<f4'", "()", 4),
        of("five axes", "'<f4'", "(1, 1, 1, 1, 1)", 4),
        of("five channels", "'<f4'", "(1, 2, 1, 5)", 40),
        of("an axis of length 0", "'<f4'", "(0, 2)", 0),
        of("a lie", "'<f8'", "(1000000, 1000000)", 16),
        of("a lie beyond 64 bits", "'<f8'", "(4294967296, 4294967296)", 16),
        of("an axis beyond 64 bits", "'<f8'", "(99999999999999999999, 2)", 16),
        of("an axis below 0", "'<f8'", "(-1, 2)", 16),
        file("a value that is none", array("'<f4'", "(1, 2)", &nan)),
        file("beyond 32 bits", array("'>f8'", "(1, 1)", &1e300f64.to_be_bytes())),
        header("no dictionary", "[1, 2]"),
        header("a key that is none", "{'descr': '<f4', 'color': True}"),
        header("a key twice", "{'descr': '<f4', 'descr': '<f8'}"),
        header("a key too few", "{'descr': '<f4', 'shape': (2, 1)}"),
        header("no truth", "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 1)}"),
        header("text behind it", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,1)} x"),
        labels("labels of two axes", "'|u1'", "(2, 2)", &[0; 4]),
        labels("labels with fractions", "'<f4'", "(1, 1)", &0.5f32.to_le_bytes()),
        labels("a label below 0", "'|i1'", "(2, 1)", &[0, 0xFF]),
        labels("a label too large", "'<i4'", "(2, 1)", &[0, 0, 0, 0, 0, 0, 1, 0]),
        safe("nothing in it", "", vec![]),
        safe("a lie", "", [&u64::MAX.to_le_bytes()[..], b"{}"].concat()),
        safe("a header that is cut off", "", tensor("F32", "[1,2]", 8, &[])[..20].to_vec()),
        safe("another kind", "", b"PK\x03\x04 and some more".to_vec()),
        safe("no JSON", "", tensors("{\"x\":", &[])),
        safe("a type that does not exist", "", tensor("F31", "[1,2]", 8, &[0; 8])),
        safe("a type that is no number here", "", tensor("C64", "[1,1]", 8, &[0; 8])),
        safe("a shape that does not fit", "", tensor("F32", "[1,3]", 8, &[0; 8])),
        safe("a shape beyond 64 bits", "", tensor("F32", "[4294967296,4294967296]", 8, &[0; 8])),
        safe("too little", "", tensor("F32", "[1,2]", 8, &[0; 7])),
        safe("too much", "", tensor("F32", "[1,2]", 8, &[0; 9])),
        safe("another name", "?x=y", tensor("F32", "[1,2]", 8, &[0; 8])),
        safe("labels that are not there", "?y=labels", tensor("F32", "[1,2]", 8, &[0; 8])),
        safe("one axis", "", tensor("F32", "[2]", 8, &[0; 8])),
        safe("an axis of length 0", "", tensor("F32", "[0,2]", 0, &[])),
        safe("an infinite value", "", tensor("F16", "[1,2]", 4, &[0, 0, 0, 0x7C])),
    ]
}
