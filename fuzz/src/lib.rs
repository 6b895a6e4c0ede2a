//! What the targets share: files in memory, and what must hold of data that were read.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

use datasets::Dataset;

/// A folder of this process in memory, in which one file is written over and over.
pub struct Place {
    folder: PathBuf,
    name: &'static str,
}

impl Place {
    /// A place for a file of this name, which may be one in a folder.
    pub fn new(name: &'static str) -> Self {
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = root.join(format!("fuzz-{}", std::process::id()));
        let inner = Path::new(name).parent().expect("a name is no root");
        std::fs::create_dir_all(folder.join(inner)).expect("a folder in memory can be made");
        Self { folder, name }
    }

    /// The file with these bytes.
    pub fn put(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.join(self.name);
        std::fs::write(&path, bytes).expect("there is memory for the file");
        path
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Loads the file by a spec: `SCHEME:` and `rest` around its path. Data or an error, and both must
/// make sense.
pub fn load(place: &Place, bytes: &[u8], scheme: &str, rest: &str) {
    let path = place.put(bytes);
    load_path(&path, scheme, rest);
}

/// As [`load`], of a file or folder that is there.
pub fn load_path(path: &Path, scheme: &str, rest: &str) {
    let spec = format!("{scheme}:{}{rest}", path.display());
    let spec = spec.parse().expect("the spec is one that is always sound");
    match datasets::load(&spec) {
        Ok(data) => check(&data),
        Err(error) => {
            let text = error.to_string();
            assert!(!text.contains('\n'), "an error is one line: {text}");
            assert!(text.len() < 20_000, "an error is short: {} bytes", text.len());
        }
    }
}

/// Every number is finite, and every label names a class.
fn check(data: &Dataset) {
    assert!(data.inputs().iter().all(|value| value.is_finite()));
    let classes = data.classes().len();
    assert!(data.labels().unwrap_or_default().iter().all(|&label| label < classes));
    let _ = datasets::describe(data).to_string();
}

/// A target that reads a file of this name by these specs.
#[macro_export]
macro_rules! reader {
    ($name:literal, $scheme:literal, $($rest:literal),+) => {
        std::thread_local! {
            static PLACE: $crate::Place = $crate::Place::new($name);
        }
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            PLACE.with(|place| {
                $($crate::load(place, bytes, $scheme, $rest);)+
            });
        });
    };
}
