//! What is written is read back, whatever it is.

use std::io::Write;

use datasets::readers::idx::{Elements, Idx, read};
use datasets::{BatchStream, Spec, transforms};
use ndarray::ArrayD;
use proptest::prelude::*;

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn elements(n: usize) -> impl Strategy<Value = Elements> {
    use proptest::collection::vec;
    let f32s = any::<f32>().prop_filter("finite", |x| x.is_finite());
    // An f64 that no f32 can hold is refused by the reader, and rightly.
    let f64s = any::<f64>().prop_filter("finite in f32", |&x| (x as f32).is_finite());
    prop_oneof![
        vec(any::<u8>(), n).prop_map(Elements::U8),
        vec(any::<i8>(), n).prop_map(Elements::I8),
        vec(any::<i16>(), n).prop_map(Elements::I16),
        vec(any::<i32>(), n).prop_map(Elements::I32),
        vec(f32s, n).prop_map(Elements::F32),
        vec(f64s, n).prop_map(Elements::F64),
    ]
}

fn idx() -> impl Strategy<Value = Idx> {
    proptest::collection::vec(1usize..6, 1..=4).prop_flat_map(|shape| {
        let n = shape.iter().product();
        elements(n).prop_map(move |elements| Idx { shape: shape.clone(), elements })
    })
}

proptest! {
    #[test]
    fn idx_files(idx in idx(), gzipped: bool) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let bytes = idx.to_bytes();
        std::fs::write(file.path(), if gzipped { gzip(&bytes) } else { bytes }).unwrap();
        prop_assert_eq!(read(file.path()).unwrap(), idx);
    }

    #[test]
    fn no_file_makes_the_idx_reader_panic(mut bytes: Vec<u8>, idx in idx(), at: usize, gzipped: bool) {
        // A sound file with some bytes overwritten gets further in than noise does.
        let mut damaged = idx.to_bytes();
        let start = at % damaged.len();
        let end = damaged.len().min(start + bytes.len() % 5);
        damaged[start..end].fill(bytes.first().copied().unwrap_or(0));
        for bytes in [&mut bytes, &mut damaged] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), if gzipped { gzip(bytes) } else { bytes.clone() }).unwrap();
            if let Ok(found) = read(file.path()) {
                prop_assert_eq!(found.to_bytes(), bytes.clone());
            }
        }
    }

    #[test]
    fn specs(
        path in "[a-z%,?#\\[\\]. ]{1,12}",
        limit in proptest::option::of(1usize..1000),
        rows in proptest::option::of((0usize..50, proptest::option::of(50usize..90))),
        test: bool,
    ) {
        let mut text = format!("mnist:{}", percent(&path));
        if let Some((start, end)) = rows {
            text += &format!("[{start}..{}]", end.map_or(String::new(), |end| end.to_string()));
        }
        if test {
            text += "#test";
        }
        if let Some(limit) = limit {
            text += &format!("?limit={limit}");
        }
        let spec: Spec = text.parse().unwrap();
        prop_assert_eq!(spec.parts(), std::slice::from_ref(&path));
        prop_assert_eq!(spec.count("limit"), limit);
        prop_assert_eq!(spec.rows().map(|rows| (rows.start, rows.end)), rows);
        prop_assert_eq!(spec.to_string().parse::<Spec>().unwrap(), spec);
    }

    #[test]
    fn no_text_makes_the_spec_parser_panic(text in "(synthetic|idx|mnist)?:?[a-zé?#\\[\\]&=.,%0-9]{0,20}") {
        if let Ok(spec) = text.parse::<Spec>() {
            prop_assert_eq!(spec.to_string().parse::<Spec>().unwrap(), spec);
        }
    }

    #[test]
    fn every_epoch_of_a_stream_holds_every_row(len in 1usize..40, size in 1usize..40, seed: u64) {
        let mut stream = BatchStream::new(len, size, seed);
        let rows: Vec<usize> = (0..3 * len as u64).flat_map(|step| stream.batch(step)).collect();
        for epoch in rows.chunks_exact(len) {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            prop_assert!(sorted.into_iter().eq(0..len));
        }
    }

    #[test]
    fn resizing_stays_within_the_values(h in 1usize..9, w in 1usize..9, to_h in 1usize..12, to_w in 1usize..12) {
        let images = ArrayD::from_shape_fn(vec![1, 2, h, w], |ix| ((ix[1] + ix[2] * 5 + ix[3] * 3) % 7) as f32);
        let resized = transforms::resize(images.view(), to_h, to_w);
        prop_assert_eq!(resized.shape(), &[1, 2, to_h, to_w]);
        let most = images.iter().copied().fold(0.0, f32::max);
        prop_assert!(resized.iter().all(|&x| (-1e-5..=most + 1e-5).contains(&x)));
    }
}

/// What a user types for a path with special characters.
fn percent(path: &str) -> String {
    let code = |c: char| match c {
        '%' | ',' | '?' | '#' | '[' | ']' => format!("%{:02X}", c as u32),
        _ => c.to_string(),
    };
    path.chars().map(code).collect()
}
