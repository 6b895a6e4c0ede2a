//! `npy:X[,Y]`: arrays as `numpy.save` writes them (NEP 1; versions 1.0, 2.0 and 3.0).
//!
//! ```text
//! 0   93 "NUMPY"
//! 6   version, two bytes
//! 8   length of the header: u16 in version 1, u32 in 2 and 3, least significant byte first
//! ..  {'descr': '<f4', 'fortran_order': False, 'shape': (100, 28, 28), }   filled up with spaces
//! ..  the elements
//! ```
//!
//! Arrays of objects are pickles, and pickles run programs: they are never read.

use std::path::Path;

use super::arrays::{Array, Inputs, MOST_CLASSES};
use super::npy_header::{self, MOST_HEADER};
use crate::bytes::{ByteSource, recognise};
use crate::spec::{Fragments, Grammar, Kind, Loader, OptionHelp, Scheme, Spec};
use crate::{DataError, Dataset, FormatError};

pub(super) const SCHEME: Scheme = Scheme {
    name: "npy",
    usage: "npy:X[,Y]",
    help: "arrays of numpy.save, gzipped or not: features [n, f], pictures [n, h, w], [n, c, h, w] \
           or [n, h, w, c]; labels [n]",
    grammar: |_| Ok(Grammar { parts: 1..=2, options: &[CLASSES], fragments: Fragments::None }),
    load: Loader::Dense(load),
};

/// For every format whose labels are numbers of an array.
pub(super) const CLASSES: OptionHelp = OptionHelp {
    name: "classes",
    kind: Kind::Count,
    help: "number of classes; default the largest label plus 1",
};

fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let open = |part: &String| open(ByteSource::open(Path::new(part))?);
    let inputs = || open(&spec.parts()[0])?.inputs();
    labelled(spec, inputs, spec.parts().get(1).map(|part| (part.clone(), open(part))))
}

/// The data set of a spec out of its arrays; the labels come with their name, and are read first:
/// they are small, so that a mistake in them shows at once.
pub(super) fn labelled(
    spec: &Spec,
    inputs: impl FnOnce() -> Result<Inputs, DataError>,
    labels: Option<(String, Result<Array<'_>, DataError>)>,
) -> Result<Dataset, DataError> {
    let classes = spec.count("classes");
    if classes.is_some_and(|classes| classes > MOST_CLASSES) {
        return Err(spec.bad_value("classes", format!("at most {MOST_CLASSES}")).into());
    }
    let Some((from, array)) = labels else {
        let Inputs { values, notes } = inputs()?;
        let names = numbered(classes.unwrap_or(0));
        return Ok(Dataset::new(spec.to_string(), values, None, names)?.with_notes(notes));
    };
    let labels = array?.labels(&from, classes.unwrap_or(MOST_CLASSES))?;
    let Inputs { values, notes } = inputs()?;
    if values.shape()[0] != labels.len() {
        return Err(DataError::CountMismatch {
            inputs_from: spec.to_string(),
            inputs: values.shape()[0],
            labels_from: from,
            labels: labels.len(),
        });
    }
    let classes = classes.unwrap_or_else(|| labels.iter().max().map_or(0, |&most| most + 1));
    let data = Dataset::new(spec.to_string(), values, Some(labels), numbered(classes))?;
    Ok(data.with_notes(notes))
}

fn numbered(classes: usize) -> Vec<String> {
    (0..classes).map(|class| class.to_string()).collect()
}

/// Reads the header.
pub(super) fn open(mut source: ByteSource<'_>) -> Result<Array<'_>, DataError> {
    let magic = source.header::<6>(10)?;
    if &magic != b"\x93NUMPY" {
        let found = magic.map(|byte| format!("{byte:02X}")).join(" ");
        let expected = "an array of numpy.save, which begins with 93 4E 55 4D 50 59";
        let hint = recognise(&magic);
        return Err(source.error(0, FormatError::Magic { expected, found, hint }));
    }
    let [major, minor] = source.header::<2>(10)?;
    let len = match (major, minor) {
        (1, 0) => u64::from(u16::from_le_bytes(source.header(10)?)),
        (2 | 3, 0) => u64::from(u32::from_le_bytes(source.header(12)?)),
        _ => {
            let found = format!("version {major}.{minor}");
            let expected = "1.0, 2.0 or 3.0; save the array again with numpy.save";
            return Err(source.error(6, FormatError::Header { found, expected }));
        }
    };
    let start = source.offset();
    if len > MOST_HEADER {
        let found = format!("a header of {len} bytes");
        let expected = "at most 65536; it is damaged, or the array has too many named fields";
        return Err(source.error(8, FormatError::Header { found, expected }));
    }
    let bytes = source.up_to(len)?;
    if (bytes.len() as u64) < len {
        let problem =
            FormatError::HeaderTruncated { expected: start + len, found: source.offset() };
        return Err(source.error(source.offset(), problem));
    }
    let header = npy_header::parse(&bytes).map_err(|wrong| {
        let problem = FormatError::Header { found: wrong.found, expected: wrong.expected };
        source.error(start + wrong.at as u64, problem)
    })?;
    let (element, shape, fortran) = (header.element, header.shape, header.fortran);
    Ok(Array { source, element, shape, fortran })
}

#[cfg(test)]
pub(super) mod tests {
    /// The file of an array, in a version.
    pub(in crate::readers) fn npy(version: u8, header: &str, elements: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((header.len() as u16).to_le_bytes()),
            _ => bytes.extend((header.len() as u32).to_le_bytes()),
        }
        bytes.extend(header.as_bytes());
        bytes.extend(elements);
        bytes
    }

    #[test]
    fn inputs_and_labels_of_any_type() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let elements: Vec<u8> =
            [1f64, -2.0, 3.5, 0.25].iter().flat_map(|x| x.to_be_bytes()).collect();
        let header = "{'descr': '>f8', 'fortran_order': True, 'shape': (2, 2), }          \n";
        for version in 1..=3 {
            std::fs::write(path("x.npy"), npy(version, header, &elements)).unwrap();
            let labels = "{'shape': (2,), 'descr': '|b1', 'fortran_order': False}";
            std::fs::write(path("y.npy"), npy(version, labels, &[1, 0])).unwrap();
            let spec = format!("npy:{},{}", path("x.npy"), path("y.npy"));
            let data = crate::load(&spec.parse().unwrap()).unwrap();
            assert_eq!(data.inputs(), ndarray::arr2(&[[1.0, 3.5], [-2.0, 0.25]]).into_dyn());
            assert_eq!((data.labels().unwrap(), data.classes().len()), (&[1, 0][..], 2));
        }
    }
}
