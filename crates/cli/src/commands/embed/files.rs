//! The numbers of an embedding on disk.

use super::Domain;
use super::plane::{Planes, Side};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use transfer::TransferError;

/// A line for each sample, in the order of the features: domain, row, label, and its places in the
/// pictures if it is drawn.
pub(super) fn rows(
    out: &Path,
    domains: &[Domain],
    sides: &[Side<'_>],
    planes: &Planes,
) -> Result<(), TransferError> {
    let mut text = String::from("domain,row,label,pca_x,pca_y,tsne_x,tsne_y\n");
    let mut drawn = 0;
    for (domain, side) in domains.iter().zip(sides) {
        let mut rows = side.rows.iter().peekable();
        for row in 0..domain.data.len() {
            let label = side.class(row).map_or(String::new(), crate::out::csv_field);
            let _ = write!(text, "{},{row},{label}", domain.name);
            if rows.next_if_eq(&&row).is_some() {
                for plane in [&planes.pca, &planes.tsne] {
                    let [x, y] = [0, 1].map(|k| plane.as_slice()[2 * drawn + k]);
                    let _ = write!(text, ",{x},{y}");
                }
                drawn += 1;
            } else {
                text.push_str(",,,,");
            }
            text.push('\n');
        }
    }
    save(out, "rows.csv", |out| out.write_all(text.as_bytes()))
}

/// The features with a heading, a line for each sample.
pub(super) fn csv(out: &Path, domains: &[Domain]) -> Result<&'static str, TransferError> {
    let d = domains[0].features.shape()[1];
    save(out, "features.csv", |out| {
        let heading: Vec<String> = (0..d).map(|j| format!("f{j}")).collect();
        writeln!(out, "{}", heading.join(","))?;
        for row in domains.iter().flat_map(|domain| domain.features.as_slice().chunks_exact(d)) {
            let numbers: Vec<String> = row.iter().map(|x| x.to_string()).collect();
            writeln!(out, "{}", numbers.join(","))?;
        }
        Ok(())
    })?;
    Ok("features.csv")
}

/// The features as NumPy reads them: version 1.0 of its format, `<f4`, row by row.
pub(super) fn npy(out: &Path, domains: &[Domain]) -> Result<&'static str, TransferError> {
    let d = domains[0].features.shape()[1];
    let n: usize = domains.iter().map(|domain| domain.data.len()).sum();
    save(out, "features.npy", |out| {
        out.write_all(&npy_header(n, d))?;
        for x in domains.iter().flat_map(|domain| domain.features.as_slice()) {
            out.write_all(&(f64::from(*x) as f32).to_le_bytes())?;
        }
        Ok(())
    })?;
    Ok("features.npy")
}

fn npy_header(n: usize, d: usize) -> Vec<u8> {
    let mut text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({n}, {d}), }}");
    // Magic, version and length take ten bytes; with them, whole blocks of 64.
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    text.extend(std::iter::repeat_n(' ', length - 1 - text.len()));
    text.push('\n');
    let length = (length as u16).to_le_bytes();
    [&b"\x93NUMPY\x01\x00"[..], &length, text.as_bytes()].concat()
}

fn save(
    out: &Path,
    name: &str,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), TransferError> {
    Ok(nn_layers::write_atomically(&out.join(name), fill)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_numpy_s() {
        let header = npy_header(12, 300);
        assert_eq!(header.len() % 64, 0);
        assert_eq!(header[..8], *b"\x93NUMPY\x01\x00");
        assert_eq!(usize::from(u16::from_le_bytes([header[8], header[9]])), header.len() - 10);
        let text = std::str::from_utf8(&header[10..]).unwrap();
        let want = "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 300), }";
        assert!(text.starts_with(want) && text.ends_with(" \n"), "{text:?}");
    }
}
