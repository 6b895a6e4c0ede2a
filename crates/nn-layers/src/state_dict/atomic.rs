//! Writing a file completely or not at all.

use super::SaveError;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes a file so that at any moment, a crash or a full disk included, the path holds either the
/// old content or all of the new: into a temporary file in the same folder, flushed to the disk,
/// renamed over the old one, and the folder flushed. A failure leaves no temporary file.
///
/// # Errors
/// Which operation failed, on which path.
pub fn write_atomically(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), SaveError> {
    let failed = |operation| move |source| SaveError::new(path, operation, source);
    // Renaming over a device or a folder would replace it.
    if fs::metadata(path).is_ok_and(|m| !m.is_file()) {
        return Err(SaveError::NotAFile { path: path.to_owned() });
    }
    let Some(name) = path.file_name() else {
        return Err(SaveError::NotAFile { path: path.to_owned() });
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };

    static COUNT: AtomicU64 = AtomicU64::new(0);
    let unique = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}-{unique}.tmp", std::process::id()));

    let open = OpenOptions::new().write(true).create_new(true).open(folder.join(&hidden));
    let file = open.map_err(failed("create a temporary file beside"))?;
    let mut temporary = Temporary(Some(folder.join(hidden)));

    let mut out = BufWriter::with_capacity(1 << 20, file);
    fill(&mut out).and_then(|()| out.flush()).map_err(failed("write"))?;
    out.get_ref().sync_all().map_err(failed("flush to the disk"))?;
    drop(out);
    temporary.rename(path).map_err(failed("rename the temporary file to"))?;
    sync_folder(folder).map_err(failed("flush the folder of"))
}

/// Deletes its file when dropped before the rename.
struct Temporary(Option<PathBuf>);

impl Temporary {
    fn rename(&mut self, to: &Path) -> io::Result<()> {
        if let Some(from) = &self.0 {
            fs::rename(from, to)?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // The error to report is the one that led here.
            let _ = fs::remove_file(path);
        }
    }
}

/// Makes the rename itself durable.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Other systems cannot flush a folder, and their renames are durable without it.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failure_keeps_the_old_file_and_leaves_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        write_atomically(&path, |out| out.write_all(b"old")).unwrap();
        let full = write_atomically(&path, |out| {
            out.write_all(&vec![0; 3 << 20])?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        let error = full.unwrap_err();
        assert!(error.to_string().starts_with("cannot write "), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["model"]);
        write_atomically(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn folders_and_missing_folders_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let onto = write_atomically(folder.path(), |_| Ok(()));
        assert!(matches!(onto, Err(SaveError::NotAFile { .. })));
        let within = write_atomically(&folder.path().join("no/model"), |_| Ok(()));
        assert!(matches!(within, Err(SaveError::Io { .. })));
        assert!(names(folder.path()).is_empty());
    }
}
