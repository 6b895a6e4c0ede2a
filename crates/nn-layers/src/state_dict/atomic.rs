//! Writing a file completely or not at all.

use super::SaveError;
use std::ffi::{OsStr, OsString};
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
    write_on(&System, path, fill)
}

/// What a write asks of the file system, each by one call, so that the tests can let each fail.
trait Disk {
    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(path)
    }
    fn write(&self, mut file: &File, bytes: &[u8]) -> io::Result<usize> {
        file.write(bytes)
    }
    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        sync_folder(folder)
    }
}

/// The file system itself.
struct System;

impl Disk for System {}

fn write_on<D: Disk>(
    disk: &D,
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
    let created = create_beside(disk, folder, name);
    let (file, hidden) = created.map_err(failed("create a temporary file beside"))?;
    let mut temporary = Temporary(Some(hidden));

    let mut out = BufWriter::with_capacity(1 << 20, Open { disk, file });
    fill(&mut out).and_then(|()| out.flush()).map_err(failed("write"))?;
    disk.sync(&out.get_ref().file).map_err(failed("flush to the disk"))?;
    drop(out);
    temporary.rename(disk, path).map_err(failed("rename the temporary file to"))?;
    disk.sync_folder(folder).map_err(failed("flush the folder of"))
}

/// A new hidden file in `folder`, and where it is. A process that was killed may have had this
/// one's number and left a file of the same name: then the next name is tried.
fn create_beside<D: Disk>(disk: &D, folder: &Path, name: &OsStr) -> io::Result<(File, PathBuf)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let unique = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{unique}.tmp", std::process::id()));
        let path = folder.join(hidden);
        match disk.create(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            created => return Ok((created?, path)),
        }
    }
}

/// The temporary file while it is written.
struct Open<'a, D> {
    disk: &'a D,
    file: File,
}

impl<D: Disk> Write for Open<'_, D> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.write(&self.file, bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Deletes its file when dropped before the rename.
struct Temporary(Option<PathBuf>);

impl Temporary {
    fn rename(&mut self, disk: &impl Disk, to: &Path) -> io::Result<()> {
        if let Some(from) = &self.0 {
            disk.rename(from, to)?;
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
    use std::cell::Cell;

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

    /// Lets the call with this number fail, counted from 0 over all operations.
    struct Failing {
        at: usize,
        calls: Cell<usize>,
        failed: Cell<&'static str>,
    }

    impl Failing {
        fn call(&self, operation: &'static str) -> io::Result<()> {
            let call = self.calls.replace(self.calls.get() + 1);
            if call != self.at {
                return Ok(());
            }
            self.failed.set(operation);
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
    }

    impl Disk for Failing {
        fn create(&self, path: &Path) -> io::Result<File> {
            self.call("create a temporary file beside")?;
            System.create(path)
        }
        fn write(&self, file: &File, bytes: &[u8]) -> io::Result<usize> {
            self.call("write")?;
            System.write(file, bytes)
        }
        fn sync(&self, file: &File) -> io::Result<()> {
            self.call("flush to the disk")?;
            System.sync(file)
        }
        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.call("rename the temporary file to")?;
            System.rename(from, to)
        }
        fn sync_folder(&self, folder: &Path) -> io::Result<()> {
            self.call("flush the folder of")?;
            System.sync_folder(folder)
        }
    }

    #[test]
    fn every_call_that_fails_is_named_and_leaves_a_whole_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        // Three writes through the buffer, the last of them when it is flushed.
        let new = vec![1; (2 << 20) + 5];
        let mut tried = Vec::new();
        for at in 0.. {
            fs::write(&path, b"old").unwrap();
            let disk = Failing { at, calls: Cell::new(0), failed: Cell::new("") };
            let fill = |out: &mut dyn Write| new.chunks(1000).try_for_each(|c| out.write_all(c));
            let result = write_on(&disk, &path, fill);
            assert_eq!(names(folder.path()), ["model"], "call {at}");
            let Err(error) = result else {
                assert_eq!((fs::read(&path).unwrap(), disk.failed.get()), (new, ""));
                break;
            };
            let operation = disk.failed.get();
            let want = format!("cannot {operation} {}: ", path.display());
            assert!(error.to_string().starts_with(&want), "{error}");
            // Once it is renamed, the new file is whole, and only its name may not survive a crash.
            let renamed = operation == "flush the folder of";
            assert!(fs::read(&path).unwrap() == if renamed { &new[..] } else { b"old" });
            tried.push(operation);
        }
        let ends = ["flush to the disk", "rename the temporary file to", "flush the folder of"];
        assert_eq!(tried[0], "create a temporary file beside");
        assert_eq!(tried[tried.len() - 3..], ends);
        assert!(tried[1..tried.len() - 3].iter().all(|o| *o == "write") && tried.len() >= 7);
    }

    #[test]
    fn a_name_that_a_killed_process_left_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let disk = Taken(Cell::new(3));
        write_on(&disk, &path, |out| out.write_all(b"new")).unwrap();
        assert_eq!((fs::read(&path).unwrap(), disk.0.get()), (b"new".to_vec(), 0));
    }

    /// A disk on which so many names are taken.
    struct Taken(Cell<usize>);

    impl Disk for Taken {
        fn create(&self, path: &Path) -> io::Result<File> {
            match self.0.get() {
                0 => System.create(path),
                left => {
                    self.0.set(left - 1);
                    Err(io::Error::from(io::ErrorKind::AlreadyExists))
                }
            }
        }
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
