//! `npz:FILE[?x=NAME&y=NAME]`: arrays of one archive, as `numpy.savez` and `numpy.savez_compressed`
//! write it.

use std::path::Path;

use super::npy::{self, CLASSES};
use super::zip::Zip;
use crate::bytes::ByteSource;
use crate::spec::{
    Fragments, Grammar, Kind, Loader, OptionHelp, Scheme, Spec, SpecError, unescape,
};
use crate::{DataError, Dataset};

pub(super) const SCHEME: Scheme = Scheme {
    name: "npz",
    usage: "npz:FILE[?x=NAME&y=NAME]",
    help: "arrays of numpy.savez: inputs x and labels y, if there are some under that name",
    grammar: |_| {
        Ok(Grammar { parts: 1..=1, options: &[X, Y, CLASSES], fragments: Fragments::None })
    },
    load: Loader::Dense(load),
};

/// For every format that names its arrays.
pub(super) const X: OptionHelp =
    OptionHelp { name: "x", kind: Kind::Names, help: "the array of the inputs; default x" };
pub(super) const Y: OptionHelp = OptionHelp {
    name: "y",
    kind: Kind::Names,
    help: "the array of the labels; default y, if there is one",
};

/// An archive is read whole. Its members are bounded by what their headers say, and that by what
/// deflate can do at best.
const MOST_BYTES: u64 = 1 << 31;

fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let path = Path::new(&spec.parts()[0]);
    let bytes = ByteSource::open(path)?.rest(MOST_BYTES)?;
    let zip = Zip::open(path, &bytes)?;
    let names: Vec<&str> = zip.names().filter_map(|name| name.strip_suffix(".npy")).collect();
    let (x, y) = choose(spec, &names)?;
    let open = |name: &str| {
        let member = zip.member(&format!("{name}.npy")).expect("the name is one of the archive's");
        npy::open(member?)
    };
    let labels = y.map(|name| (path.join(&name).display().to_string(), open(&name)));
    npy::labelled(spec, || open(&x)?.inputs(), labels)
}

/// The names of inputs and labels, which are there.
pub(super) fn choose(spec: &Spec, names: &[&str]) -> Result<(String, Option<String>), SpecError> {
    let find = |name: String| match names.contains(&name.as_str()) {
        true => Ok(name),
        false => {
            let known = names.iter().copied();
            Err(SpecError::unknown(&spec.to_string(), "array", &name, known))
        }
    };
    let x = find(spec.option("x").map_or_else(|| "x".into(), unescape))?;
    let y = match spec.option("y") {
        Some(name) => Some(find(unescape(name))?),
        None => names.contains(&"y").then(|| "y".into()),
    };
    Ok((x, y))
}

#[cfg(test)]
mod tests {
    use super::super::npy::tests::npy;
    use super::super::zip::tests::zip;

    #[test]
    fn arrays_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let x = npy(1, "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 1)}", &[3, 0xFF]);
        let y = npy(1, "{'descr': '<i2', 'fortran_order': False, 'shape': (2,)}", &[1, 0, 0, 0]);
        for deflate in [false, true] {
            let bytes = zip(&[("x.npy", &x), ("y.npy", &y), ("x_test.npy", &x)], deflate);
            std::fs::write(file.path(), bytes).unwrap();
            let load = |rest: &str| {
                crate::load(&format!("npz:{}{rest}", file.path().display()).parse().unwrap())
            };
            let data = load("").unwrap();
            assert_eq!(data.inputs(), ndarray::arr2(&[[3.0], [-1.0]]).into_dyn());
            assert_eq!(data.labels(), Some(&[1, 0][..]));
            assert_eq!(load("?x=x_test").unwrap().inputs(), data.inputs());
            let error = load("?x=x_tests").unwrap_err().to_string();
            assert!(error.ends_with("did you mean `x_test`?; known: x, x_test, y"), "{error}");
        }
    }
}
