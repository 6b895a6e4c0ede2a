//! One run at a time in a folder.

use super::folder::io_error;
use crate::error::UsageError;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Holds a run folder for this process until it is dropped, or until the process ends, however that
/// comes: the system's lock on the file holds, not the file, so that one which was left is nobody's.
/// The file says which process it is.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the folder.
    ///
    /// # Errors
    /// If another process has it, or no file can be made in it.
    pub(super) fn take(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("lock");
        loop {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
            let mut file = file.map_err(|e| io_error(&path, "open", e))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(held(folder, &path).into()),
                // A file system that has no locks: the run is worth more than the protection.
                Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => {}
                Err(TryLockError::Error(e)) => return Err(io_error(&path, "lock", e).into()),
            }
            // Whoever had it may have removed the file since it was opened here.
            if !is_at(&file, &path) {
                continue;
            }
            let pid = format!("{}\n", std::process::id());
            let written = file.set_len(0).and_then(|()| file.write_all(pid.as_bytes()));
            written.map_err(|e| io_error(&path, "write", e))?;
            return Ok(Lock { path, _file: file });
        }
    }

    /// Whether no other process has the folder.
    ///
    /// # Errors
    /// If one has it.
    pub(super) fn is_free(folder: &Path) -> Result<(), UsageError> {
        let path = folder.join("lock");
        let Ok(file) = OpenOptions::new().write(true).open(&path) else { return Ok(()) };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(held(folder, &path)),
            _ => Ok(()),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Before the lock itself goes, with the file: after it, the file might be another's.
        let _ = fs::remove_file(&self.path);
    }
}

fn held(folder: &Path, path: &Path) -> UsageError {
    let holder = fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<u32>().ok());
    let who = holder.map_or("another process".to_owned(), |pid| format!("process {pid}"));
    let why = format!("{who} is at work in it; wait until it has ended, or choose another folder");
    UsageError::Folder { path: folder.to_owned(), why }
}

/// Whether `file` is the one at `path`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |m: &fs::Metadata| (m.dev(), m.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(a), Ok(b)) if id(&a) == id(&b))
}

/// Other systems do not remove a file that is open.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_once_and_a_file_that_was_left_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        // The number of a process that may well live, from a run that was killed.
        fs::write(&path, "1\nand more").unwrap();
        assert!(Lock::is_free(folder.path()).is_ok());
        let lock = Lock::take(folder.path()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
        let want = format!(
            "{}: process {} is at work in it; wait until it has ended, or choose another folder",
            folder.path().display(),
            std::process::id()
        );
        assert_eq!(Lock::take(folder.path()).unwrap_err().to_string(), want);
        assert_eq!(Lock::is_free(folder.path()).unwrap_err().to_string(), want);
        drop(lock);
        assert!(!path.exists());
        assert!(Lock::take(folder.path()).is_ok());
    }
}
