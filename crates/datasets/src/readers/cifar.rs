//! `cifar10:FILE`: the binary form of CIFAR-10 (Krizhevsky 2009).
//!
//! A file is a row of records of 3073 bytes: the label, then 32×32 bytes of red, of green and of
//! blue. There is no header, so that the length of the file and the labels are all there is to
//! check.

use std::path::Path;

use ndarray::ArrayD;

use crate::bytes::{ByteSource, recognise};
use crate::spec::{Fragments, Grammar, Loader, Scheme, Spec};
use crate::{DataError, Dataset, FormatError};

pub(super) const SCHEME: Scheme = Scheme {
    name: "cifar10",
    usage: "cifar10:FILE[,FILE...]",
    help: "CIFAR-10's binary files, gzipped or not; several are joined in this order",
    grammar: |_| Ok(GRAMMAR),
    load: Loader::Dense(load),
};

const GRAMMAR: Grammar = Grammar { parts: 1..=16, options: &[], fragments: Fragments::None };

/// The ten classes in the order of their labels.
pub const CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

const SIDE: usize = 32;
const PIXELS: usize = 3 * SIDE * SIDE;

/// No header bounds what a gzipped file may unpack to, so this does: 160 000 records and more,
/// where CIFAR-10 has 60 000 in all.
const MOST_BYTES: u64 = 1 << 29;

/// How the records of a data set are made.
pub(super) struct Records {
    /// Bytes of labels in front of the pixels.
    pub(super) labels: usize,
    /// Which of them is the label.
    pub(super) label: usize,
    /// The names of the classes in the order of the labels.
    pub(super) classes: &'static [&'static str],
    /// What the first byte is, for messages.
    pub(super) begins: &'static str,
    /// How many values it has.
    pub(super) first: usize,
    /// What to ask of a file with another label.
    pub(super) hint: &'static str,
}

const RECORDS: Records = Records {
    labels: 1,
    label: 0,
    classes: &CLASSES,
    begins: "a label of 0 to 9",
    first: CLASSES.len(),
    hint: "is this CIFAR-10 in its binary form?",
};

fn load(spec: &Spec) -> Result<Dataset, DataError> {
    read(spec, &RECORDS)
}

/// Reads the files of a spec one after the other.
pub(super) fn read(spec: &Spec, records: &Records) -> Result<Dataset, DataError> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for path in spec.parts() {
        append(Path::new(path), records, &mut pixels, &mut labels)?;
    }
    let inputs = ArrayD::from_shape_vec(vec![labels.len(), 3, SIDE, SIDE], pixels)
        .expect("every record adds a label and its pixels");
    let classes = records.classes.iter().map(|&name| name.into()).collect();
    Dataset::new(spec.to_string(), inputs, Some(labels), classes)
}

/// Appends the records of a file.
fn append(
    path: &Path,
    records: &Records,
    pixels: &mut Vec<f32>,
    labels: &mut Vec<usize>,
) -> Result<(), DataError> {
    let size = records.labels + PIXELS;
    let mut source = ByteSource::open(path)?;
    let bytes = source.rest(MOST_BYTES)?;
    let len = bytes.len() as u64;
    let over = len % size as u64;
    if len == 0 || over != 0 {
        // The first byte of a record is a label; if it is not, the file is of another kind.
        if bytes.first().is_some_and(|&label| usize::from(label) >= records.first) {
            let first = &bytes[..bytes.len().min(4)];
            let found = first.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>();
            let (expected, found, hint) = (records.begins, found.join(" "), recognise(first));
            return Err(source.error(0, FormatError::Magic { expected, found, hint }));
        }
        let problem = match len {
            0 => FormatError::HeaderTruncated { expected: size as u64, found: 0 },
            _ => FormatError::Records { len, record: size as u64, over },
        };
        return Err(source.error(len - over, problem));
    }
    pixels.reserve_exact(bytes.len());
    for (row, record) in bytes.chunks_exact(size).enumerate() {
        let label = usize::from(record[records.label]);
        if label >= records.classes.len() {
            return Err(DataError::LabelOutOfRange {
                from: path.display().to_string(),
                row,
                label: label as i64,
                classes: records.classes.len(),
                hint: records.hint,
            });
        }
        labels.push(label);
        pixels.extend(record[records.labels..].iter().map(|&byte| f32::from(byte) / 255.0));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;

    #[test]
    fn several_files_are_joined_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [3u8, 7].map(|label| {
            let path = folder.path().join(format!("{label}.bin"));
            let mut record = vec![label; 1 + PIXELS];
            record[1 + SIDE * SIDE] = 255;
            std::fs::write(&path, record).unwrap();
            path.display().to_string()
        });
        let data = load(&format!("cifar10:{}", paths.join(",")).parse().unwrap()).unwrap();
        assert_eq!(data.labels().unwrap(), [3, 7]);
        assert_eq!(data.inputs()[[1, 1, 0, 0]], 1.0);
        assert_eq!(data.inputs()[[1, 0, 0, 0]], 7.0 / 255.0);
        assert_eq!(data.classes()[7], "horse");
    }
}
