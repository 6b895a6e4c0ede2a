//! `idx:INPUTS[,LABELS]`: a data set out of one or two idx files.

use std::path::Path;

use ndarray::ArrayD;

use super::arrays::channels_first;
use super::idx::{self, Idx};
use crate::spec::{Fragments, Grammar, Kind, Loader, OptionHelp, Scheme, Spec};
use crate::{DataError, Dataset, FormatError};

pub(super) const SCHEME: Scheme = Scheme {
    name: "idx",
    usage: "idx:INPUTS[,LABELS]",
    help: "idx files of any of the six types, gzipped or not: images [n, h, w] or [n, h, w, 3], \
           features [n, f]; labels [n]",
    grammar: |_| Ok(GRAMMAR),
    load: Loader::Dense(load),
};

const GRAMMAR: Grammar = Grammar {
    parts: 1..=2,
    options: &[OptionHelp {
        name: "classes",
        kind: Kind::Count,
        help: "number of classes; default the largest label plus 1",
    }],
    fragments: Fragments::None,
};

/// Beyond this, a "label" is more likely an identifier or a target of regression.
const MOST_CLASSES: usize = 65_536;

fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let inputs = Path::new(&spec.parts()[0]);
    let classes = spec.count("classes");
    if classes.is_some_and(|classes| classes > MOST_CLASSES) {
        return Err(spec.bad_value("classes", format!("at most {MOST_CLASSES}")).into());
    }
    match spec.parts().get(1) {
        Some(labels) => labelled(inputs, Path::new(labels), classes),
        None => {
            let names = numbered(classes.unwrap_or(0));
            Dataset::new(spec.to_string(), read_inputs(inputs)?, None, names)
        }
    }
}

/// Inputs and labels; classes are named by their numbers.
pub(super) fn labelled(
    inputs_path: &Path,
    labels_path: &Path,
    classes: Option<usize>,
) -> Result<Dataset, DataError> {
    // Labels first: they are small, so that a mistake in them shows at once.
    let labels = read_labels(labels_path, classes.unwrap_or(MOST_CLASSES))?;
    let inputs = read_inputs(inputs_path)?;
    if inputs.shape()[0] != labels.len() {
        return Err(DataError::CountMismatch {
            inputs_from: inputs_path.display().to_string(),
            inputs: inputs.shape()[0],
            labels_from: labels_path.display().to_string(),
            labels: labels.len(),
        });
    }
    let classes = classes.unwrap_or_else(|| labels.iter().max().map_or(0, |&most| most + 1));
    Dataset::new(inputs_path.display().to_string(), inputs, Some(labels), numbered(classes))
}

fn numbered(classes: usize) -> Vec<String> {
    (0..classes).map(|class| class.to_string()).collect()
}

/// Images become `[n, c, h, w]`, features stay `[n, f]`; bytes are scaled to `0.0..=1.0`.
fn read_inputs(path: &Path) -> Result<ArrayD<f32>, DataError> {
    let idx = idx::read(path)?;
    let mut values = idx.elements.to_f32();
    let shape = match *idx.shape.as_slice() {
        [n, features] => vec![n, features],
        [n, h, w] => vec![n, 1, h, w],
        [n, h, w, c @ (1 | 3)] => {
            channels_first(&mut values, h * w, c);
            vec![n, c, h, w]
        }
        _ => {
            let expected = "[n, features], [n, height, width] or [n, height, width, 3 or 1]";
            return Err(unsuitable(path, &idx, "inputs", expected));
        }
    };
    Ok(ArrayD::from_shape_vec(shape, values).expect("the reader checked the number of elements"))
}

fn read_labels(path: &Path, classes: usize) -> Result<Vec<usize>, DataError> {
    let idx = idx::read(path)?;
    let expected = "[n] of an integer type; the order is INPUTS,LABELS";
    let integers = idx.elements.to_integers().filter(|_| idx.shape.len() == 1);
    let integers = integers.ok_or_else(|| unsuitable(path, &idx, "labels", expected))?;
    let below = |label: i64| usize::try_from(label).ok().filter(|&label| label < classes);
    let checked = integers.iter().enumerate().map(|(row, &label)| {
        below(label).ok_or_else(|| DataError::LabelOutOfRange {
            from: path.display().to_string(),
            row,
            label,
            classes,
            hint: "are these the labels of this data?",
        })
    });
    checked.collect()
}

fn unsuitable(path: &Path, idx: &Idx, wanted: &'static str, expected: &'static str) -> DataError {
    let found = format!("shape {:?} of {}", idx.shape, idx.elements.type_name());
    let problem = FormatError::Unsuitable { found, wanted, expected };
    DataError::Format { path: path.into(), offset: 2, problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::idx::Elements;

    fn write(folder: &Path, name: &str, shape: &[usize], bytes: Vec<u8>) -> std::path::PathBuf {
        let path = folder.join(name);
        let idx = Idx { shape: shape.to_vec(), elements: Elements::U8(bytes) };
        std::fs::write(&path, idx.to_bytes()).unwrap();
        path
    }

    #[test]
    fn colour_images_become_planes() {
        let folder = tempfile::tempdir().unwrap();
        let pixels: Vec<u8> = (0..24).map(|x| x * 10).collect();
        let images = write(folder.path(), "images", &[2, 2, 2, 3], pixels);
        let inputs = read_inputs(&images).unwrap();
        assert_eq!(inputs.shape(), [2, 3, 2, 2]);
        for ((n, c, y, x), &value) in
            inputs.view().into_dimensionality::<ndarray::Ix4>().unwrap().indexed_iter()
        {
            assert_eq!(value, (((n * 2 + y) * 2 + x) * 3 + c) as f32 * 10.0 / 255.0);
        }
    }

    #[test]
    fn grey_images_and_labels() {
        let folder = tempfile::tempdir().unwrap();
        let images = write(folder.path(), "images", &[2, 1, 2], vec![0, 255, 51, 102]);
        let labels = write(folder.path(), "labels", &[2], vec![4, 0]);
        let data = labelled(&images, &labels, None).unwrap();
        assert_eq!(data.shape(), [2, 1, 1, 2]);
        assert_eq!(data.inputs().iter().copied().collect::<Vec<_>>(), [0.0, 1.0, 0.2, 0.4]);
        assert_eq!(data.labels().unwrap(), [4, 0]);
        assert_eq!(data.classes(), ["0", "1", "2", "3", "4"]);
        assert_eq!(labelled(&images, &labels, Some(10)).unwrap().classes().len(), 10);
    }
}
