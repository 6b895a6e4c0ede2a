//! Folders of files as data: a folder for each class, or files alone.
//!
//! ```text
//! DIR/cat/*, DIR/dog/*                   labelled; #train and #test divide each class by ?seed=
//! DIR/train/cat/*, .., DIR/test/cat/*    labelled and divided: #train (if nothing is said), #test, #val
//! DIR/*                                  unlabelled
//! ```
//!
//! Folders of the names train, test and val divide the data where there is one `train` and no
//! folder of another name; a class may so be called `train` beside others. Classes are the names of
//! the folders in the order of their bytes; those of all parts together, if the data are divided.
//! Rows take turns among the classes, by name within each: so the first rows are of all classes.
//! Hidden files and folders are passed over; links are followed.

mod split;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::bytes::open_error;
use crate::spec::{Part, Spec, SpecError, kept};
use crate::{DataError, FolderError};
use split::side;
pub(super) use split::{OPTIONS, PARTS, check};

/// What is looked for.
pub(super) struct Wanted {
    /// `"pictures"`.
    pub(super) what: &'static str,
    /// Endings of names, in small letters, without the dot.
    pub(super) endings: &'static [&'static str],
    /// Whether one file is taken in the place of a folder.
    pub(super) alone: bool,
}

/// A file and what is known of it without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) path: PathBuf,
    /// Its path from the folder of the spec, for people.
    pub(super) name: String,
    pub(super) label: Option<usize>,
}

/// The files that are to become a data set, in its order.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    /// The spec, for messages.
    pub(super) spec: String,
    pub(super) files: Vec<File>,
    pub(super) classes: Vec<String>,
    /// Files of other endings, which are passed over.
    pub(super) others: Vec<PathBuf>,
}

impl Listing {
    /// The files that a spec asks for: of the part that its fragment names, of its range, classes
    /// and limit.
    ///
    /// # Errors
    /// If there are none, if the files do not lie as the module says, or cannot be listed.
    pub(super) fn of(spec: &Spec, wanted: &Wanted) -> Result<Self, DataError> {
        let root = Path::new(&spec.parts()[0]);
        if wanted.alone && wanted.takes(root) && root.is_file() {
            return Self::alone(spec, root);
        }
        let mut seen = Folder::read(root, wanted)?;
        let mut listing =
            Self { spec: spec.to_string(), files: vec![], classes: vec![], others: vec![] };
        if let Some(parts) = parts(&seen) {
            split::refuse_options(spec)?;
            let part = spec.fragment().unwrap_or("train");
            if !parts.contains(&part) {
                return Err(SpecError::unknown(&spec.to_string(), "fragment", part, parts).into());
            }
            seen.no_strays()?;
            for other in &parts {
                let there = Folder::read(&root.join(other), wanted)?;
                listing.classes.extend(there.class_names()?);
            }
            listing.classes = BTreeSet::from_iter(listing.classes).into_iter().collect();
            seen = Folder::read(&root.join(part), wanted)?;
            listing.take(root, seen, wanted, &mut |_, files| files)?;
        } else {
            listing.classes = seen.class_names()?;
            match side(spec)? {
                None => listing.take(root, seen, wanted, &mut |_, files| files)?,
                Some(side) => {
                    listing.take(root, seen, wanted, &mut |class, files| side.of(class, files))?;
                }
            }
        }
        if listing.files.is_empty() {
            return Err(spec.unsuitable("this part of the split is empty; give more files").into());
        }
        listing.asked_for(spec)
    }

    /// One file, which is of no class.
    fn alone(spec: &Spec, path: &Path) -> Result<Self, DataError> {
        if spec.fragment().is_some() {
            return Err(spec.unsuitable("one file is not divided; leave out the fragment").into());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let files = vec![File { path: path.into(), name, label: None }];
        Self { spec: spec.to_string(), files, classes: vec![], others: vec![] }.asked_for(spec)
    }

    /// The files of a folder and of its classes, as far as `choose` takes them.
    fn take(
        &mut self,
        root: &Path,
        folder: Folder,
        wanted: &Wanted,
        choose: &mut dyn FnMut(usize, Vec<PathBuf>) -> Vec<PathBuf>,
    ) -> Result<(), DataError> {
        let file = |path: PathBuf, label| {
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            File { path, name, label }
        };
        if folder.folders.is_empty() {
            let all = folder.required(wanted, &mut self.others)?;
            self.files.extend(choose(0, all).into_iter().map(|path| file(path, None)));
            return Ok(());
        }
        folder.no_strays()?;
        self.others.extend(folder.others);
        let mut of_classes = Vec::new();
        for path in folder.folders {
            let class = class_name(&path)?;
            let label = self.classes.binary_search(&class).expect("every folder is a class");
            let inside = Folder::read(&path, wanted)?;
            if let Some(nested) = inside.folders.first() {
                let (path, problem) = (nested.clone(), FolderError::Nested);
                return Err(DataError::Folder { path, problem });
            }
            let files = choose(label, inside.required(wanted, &mut self.others)?);
            of_classes.push((label, files.into_iter()));
        }
        // In turns, until no class has any more.
        let mut before = usize::MAX;
        while self.files.len() != before {
            before = self.files.len();
            for (label, files) in &mut of_classes {
                self.files.extend(files.next().map(|path| file(path, Some(*label))));
            }
        }
        Ok(())
    }

    /// A line about the files that were passed over, if there are any.
    pub(super) fn note(&self, wanted: &Wanted) -> Option<String> {
        let first = self.others.first()?.display();
        let (n, endings) = (self.others.len(), wanted.endings.join(", ."));
        Some(format!("{n} files left out that do not end in .{endings}, the first {first}"))
    }
}

impl Part for Listing {
    fn count(&self) -> usize {
        self.files.len()
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn rows(&self, range: std::ops::Range<usize>) -> Result<Self, DataError> {
        let (dataset, len) = (self.spec.clone(), self.files.len());
        match self.files.get(range.clone()) {
            Some(files) if !files.is_empty() => Ok(Self { files: files.to_vec(), ..self.clone() }),
            _ => Err(DataError::Rows { dataset, start: range.start, end: range.end, len }),
        }
    }

    fn renumber(&self, new: &[Option<usize>], names: Vec<String>) -> Result<Self, DataError> {
        let labels: Option<Vec<usize>> = self.files.iter().map(|file| file.label).collect();
        let labels = labels.ok_or_else(|| DataError::NoLabels { dataset: self.spec.clone() })?;
        let (rows, labels) = kept(&self.spec, &labels, new)?;
        let file =
            |(row, label): (&usize, usize)| File { label: Some(label), ..self.files[*row].clone() };
        let files = rows.iter().zip(labels).map(file).collect();
        Ok(Self { files, classes: names, ..self.clone() })
    }
}

/// Whether a path is a folder that holds folders and no files of the wanted kind.
pub(super) fn is_of_folders(path: &Path, wanted: &Wanted) -> Result<bool, DataError> {
    let metadata = std::fs::metadata(path).map_err(|error| open_error(path, error))?;
    if !metadata.is_dir() {
        return Ok(false);
    }
    let folder = Folder::read(path, wanted)?;
    Ok(folder.files.is_empty() && !folder.folders.is_empty())
}

/// What is in a folder, by name; hidden entries left out.
struct Folder {
    path: PathBuf,
    folders: Vec<PathBuf>,
    /// Files of the endings that are wanted.
    files: Vec<PathBuf>,
    others: Vec<PathBuf>,
}

impl Folder {
    fn read(path: &Path, wanted: &Wanted) -> Result<Self, DataError> {
        let metadata = std::fs::metadata(path).map_err(|error| open_error(path, error))?;
        if !metadata.is_dir() {
            let (path, expected) = (path.into(), "a folder");
            return Err(DataError::Kind { path, expected, found: "a file" });
        }
        let failed = |error| open_error(path, error);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            names.push(entry.map_err(failed)?.file_name());
        }
        names.sort();
        let (mut folders, mut files, mut others) = (vec![], vec![], vec![]);
        for name in names.iter().filter(|name| !name.as_encoded_bytes().starts_with(b".")) {
            let path = path.join(name);
            let metadata = std::fs::metadata(&path).map_err(|error| open_error(&path, error))?;
            let list = match (metadata.is_dir(), wanted.takes(&path)) {
                (true, _) => &mut folders,
                (false, true) => &mut files,
                (false, false) => &mut others,
            };
            list.push(path);
        }
        Ok(Self { path: path.into(), folders, files, others })
    }

    fn class_names(&self) -> Result<Vec<String>, DataError> {
        self.folders.iter().map(|path| class_name(path)).collect()
    }

    /// Its files, of which there must be some.
    fn required(
        self,
        wanted: &Wanted,
        others: &mut Vec<PathBuf>,
    ) -> Result<Vec<PathBuf>, DataError> {
        if self.files.is_empty() {
            let looked_for = wanted.endings.iter().map(|ending| format!("*.{ending}")).collect();
            return Err(DataError::Missing { folder: self.path, what: wanted.what, looked_for });
        }
        others.extend(self.others);
        Ok(self.files)
    }

    /// Refuses files that would belong to no class.
    fn no_strays(&self) -> Result<(), DataError> {
        match self.files.first() {
            None => Ok(()),
            Some(path) => {
                Err(DataError::Folder { path: path.clone(), problem: FolderError::Stray })
            }
        }
    }
}

impl Wanted {
    fn takes(&self, path: &Path) -> bool {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        ending.is_some_and(|ending| self.endings.contains(&ending.as_str()))
    }
}

/// The parts that the folders of these names divide the data into, if they do.
fn parts(folder: &Folder) -> Option<Vec<&'static str>> {
    let name = |path: &PathBuf| PARTS.into_iter().find(|part| path.ends_with(part));
    let parts: Option<Vec<_>> = folder.folders.iter().map(name).collect();
    parts.filter(|parts| parts.contains(&"train"))
}

fn class_name(path: &Path) -> Result<String, DataError> {
    let name = path.file_name().and_then(|name| name.to_str()).map(String::from);
    name.ok_or_else(|| DataError::Folder { path: path.into(), problem: FolderError::NoText })
}
