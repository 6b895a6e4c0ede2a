//! `mnist:DIR`: a folder with the four files of MNIST, or of a set in its form (Fashion-MNIST,
//! KMNIST, MNIST-M).

use std::path::{Path, PathBuf};

use super::idx_files;
use crate::bytes::open_error;
use crate::spec::{Fragments, Grammar, Loader, Scheme, Spec};
use crate::{DataError, Dataset};

pub(super) const SCHEME: Scheme = Scheme {
    name: "mnist",
    usage: "mnist:DIR[#train|#test]",
    help: "a folder with MNIST's four idx files, gzipped or not, or those of a set in its form; \
           #train if nothing is said",
    grammar: |_| Ok(GRAMMAR),
    load: Loader::Dense(load),
};

const GRAMMAR: Grammar =
    Grammar { parts: 1..=1, options: &[], fragments: Fragments::OneOf(&["train", "test"]) };

const CLASSES: usize = 10;

fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let folder = Path::new(&spec.parts()[0]);
    let metadata = std::fs::metadata(folder).map_err(|error| open_error(folder, error))?;
    if !metadata.is_dir() {
        let (path, expected) = (folder.into(), "a folder");
        return Err(DataError::Kind { path, expected, found: "a file" });
    }
    let (prefix, images, labels) = match spec.fragment() {
        Some("test") => ("t10k", "test images", "test labels"),
        _ => ("train", "training images", "training labels"),
    };
    // MNIST's images have three axes, MNIST-M's four.
    let images = find(folder, images, &format!("{prefix}-images"), &["idx3", "idx4"])?;
    let labels = find(folder, labels, &format!("{prefix}-labels"), &["idx1"])?;
    idx_files::labelled(&images, &labels, Some(CLASSES))
}

/// The first file that exists of `STEM-IDX-ubyte` and `STEM.IDX-ubyte`, each plain and gzipped;
/// both spellings are in circulation.
fn find(
    folder: &Path,
    what: &'static str,
    stem: &str,
    kinds: &[&str],
) -> Result<PathBuf, DataError> {
    let mut looked_for = Vec::new();
    for kind in kinds {
        for dash in ["-", "."] {
            for ending in ["", ".gz"] {
                looked_for.push(format!("{stem}{dash}{kind}-ubyte{ending}"));
            }
        }
    }
    match looked_for.iter().map(|name| folder.join(name)).find(|path| path.exists()) {
        Some(path) => Ok(path),
        None => Err(DataError::Missing { folder: folder.into(), what, looked_for }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;
    use crate::readers::idx::{Elements, Idx};

    fn write(folder: &Path, name: &str, shape: &[usize]) {
        let elements = Elements::U8(vec![1; shape.iter().product()]);
        let idx = Idx { shape: shape.to_vec(), elements };
        std::fs::write(folder.join(name), idx.to_bytes()).unwrap();
    }

    #[test]
    fn both_spellings_and_both_splits() {
        for dash in ["-", "."] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &format!("train-images{dash}idx3-ubyte"), &[5, 2, 3]);
            write(folder.path(), &format!("train-labels{dash}idx1-ubyte"), &[5]);
            write(folder.path(), &format!("t10k-images{dash}idx4-ubyte"), &[4, 2, 3, 3]);
            write(folder.path(), &format!("t10k-labels{dash}idx1-ubyte"), &[4]);
            let shape = |fragment: &str| {
                let spec = format!("mnist:{}{fragment}", folder.path().display());
                load(&spec.parse().unwrap()).unwrap().shape().to_vec()
            };
            assert_eq!(shape(""), [5, 1, 2, 3]);
            assert_eq!(shape("#train"), [5, 1, 2, 3]);
            assert_eq!(shape("#test[1..]"), [3, 3, 2, 3]);
        }
    }
}
