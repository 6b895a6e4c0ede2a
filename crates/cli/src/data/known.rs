//! Pictures that an earlier run has read to the end without a complaint are not decoded before they
//! are needed.

use super::load_labelled;
use crate::error::InputError;
use crate::run::hex;
use datasets::{DataError, Dataset, Identity, Spec};
use std::fs;
use std::path::{Path, PathBuf};

/// As [`load_labelled`], with pictures that were decoded before left for later. That they were is said
/// by a file in `cache`, named by the SHA-256 of all that they are made from.
pub(crate) fn load_known(
    role: &'static str,
    spec: &str,
    cache: Option<&Path>,
) -> Result<Dataset, InputError> {
    let Some(cache) = cache else { return load_labelled(role, spec) };
    let load = || -> Result<Dataset, DataError> {
        let data = datasets::load_later(&spec.parse::<Spec>()?)?;
        data.require_labels()?;
        if data.is_ready() {
            return Ok(data);
        }
        let Some(identity) = data.identity()? else { return Ok(data) };
        let mark = mark(cache, identity);
        if !mark.is_file() {
            data.ready()?;
            // Without it the next run decodes them again. That nothing can be kept there is said when
            // features are to be.
            let _ = fs::create_dir_all(cache).and_then(|()| fs::write(&mark, spec));
        }
        Ok(data.with_late_notes())
    };
    load().map_err(|e| InputError::Data { role, spec: spec.to_owned(), source: Box::new(e) })
}

fn mark(cache: &Path, identity: Identity) -> PathBuf {
    cache.join(format!("{}.pictures", hex(&identity)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a grey picture of one pixel.
    fn picture(path: &Path, shade: u8) {
        let data = ndarray::ArrayD::from_elem(vec![1, 1, 1, 1], f32::from(shade) / 255.0);
        let data = Dataset::new("one", data, None, vec![]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("p");
        datasets::write_images(&data, &at).unwrap();
        let file = fs::read_dir(&at).unwrap().next().unwrap().unwrap().path();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(file, path).unwrap();
    }

    #[test]
    fn pictures_are_decoded_when_they_are_new_or_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (pets, cache) = (folder.path().join("pets"), folder.path().join("cache"));
        picture(&pets.join("cat/1.png"), 10);
        picture(&pets.join("dog/1.png"), 20);
        let spec = format!("images:{}", pets.display());
        let decoded = |rest: &str| {
            let data = load_known("--target", &format!("{spec}{rest}"), Some(&cache)).unwrap();
            data.is_ready()
        };
        assert!(decoded("") && !decoded(""));
        assert!(decoded("?size=4") && !decoded("?size=4"));
        assert!(decoded("?limit=1") && !decoded("?limit=1"));
        picture(&pets.join("dog/1.png"), 30);
        assert!(decoded("") && !decoded("") && !decoded("?limit=1"));
        // What a name says wrongly is said each time, decoded or not.
        let notes = || load_known("--target", &spec, Some(&cache)).unwrap().notes().to_vec();
        assert_eq!(notes(), [""; 0]);
        fs::rename(pets.join("cat/1.png"), pets.join("cat/1.jpg")).unwrap();
        for _ in 0..2 {
            let notes = notes();
            assert!(notes[0].starts_with("1 pictures are named for another format"), "{notes:?}");
        }
        // What is damaged is refused as ever, each time.
        fs::write(pets.join("dog/1.png"), b"\x89PNG").unwrap();
        for _ in 0..2 {
            let error = load_known("--target", &spec, Some(&cache)).unwrap_err().to_string();
            assert_eq!(error, load_labelled("--target", &spec).unwrap_err().to_string());
        }
        assert!(load_known("--target", &spec, None).is_err());
    }
}
