//! Finding recordings by their names, in a folder or an archive.

use std::path::{Path, PathBuf};

use crate::bytes::{ByteSource, open_error};
use crate::readers::tar::Archive;
use crate::{AudioError, DataError};

/// The longest file that is read: a minute at 192 kHz in two channels of 32 bits is longer, but no
/// word is.
const MOST_BYTES: u64 = 1 << 25;

/// What a name says; ordered as the rows of the data set are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Recording {
    pub(super) digit: usize,
    pub(super) speaker: String,
    pub(super) index: u64,
}

impl Recording {
    /// Reads `DIGIT_SPEAKER_INDEX.wav`; a speaker's name may hold underscores.
    fn parse(name: &str) -> Option<Self> {
        let stem = name.get(..name.len().checked_sub(4)?)?;
        let (digit, rest) = stem.split_once('_')?;
        let (speaker, index) = rest.rsplit_once('_')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let sound = digit.len() == 1 && digits(digit) && !speaker.is_empty() && digits(index);
        if !sound {
            return None;
        }
        let (digit, index) = (digit.parse().ok()?, index.parse().ok()?);
        Some(Self { digit, speaker: speaker.into(), index })
    }
}

/// Called with what the name says, the path for messages, and a way to have the bytes.
type Visit<'a> = &'a mut dyn FnMut(
    Recording,
    &Path,
    &mut dyn FnMut() -> Result<Vec<u8>, DataError>,
) -> Result<(), DataError>;

/// Goes through every wav file of a folder, by name, or of an archive, in its order. Other files
/// and hidden ones (such as the `._x.wav` that macOS adds to archives) are passed over.
pub(super) fn visit(path: &Path, each: Visit<'_>) -> Result<(), DataError> {
    let metadata = std::fs::metadata(path).map_err(|error| open_error(path, error))?;
    let found = if metadata.is_dir() { folder(path, each)? } else { archive(path, each)? };
    if found == 0 {
        let looked_for = vec!["DIGIT_SPEAKER_INDEX.wav, as 7_jackson_32.wav".into()];
        return Err(DataError::Missing { folder: path.into(), what: "recordings", looked_for });
    }
    Ok(())
}

fn folder(path: &Path, each: Visit<'_>) -> Result<usize, DataError> {
    let failed = |error| DataError::Io { path: path.into(), offset: 0, error };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if is_wav(&name.to_string_lossy()) {
            names.push(name);
        }
    }
    names.sort();
    for name in &names {
        let file = path.join(name);
        let recording = parse(&name.to_string_lossy(), &file)?;
        each(recording, &file, &mut || read(&file))?;
    }
    Ok(names.len())
}

/// The bytes of a file.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, DataError> {
    let mut source = ByteSource::open(file)?;
    match source.whole(MOST_BYTES)? {
        Some(bytes) => Ok(bytes),
        None => source.rest(MOST_BYTES),
    }
}

fn archive(path: &Path, each: Visit<'_>) -> Result<usize, DataError> {
    let mut archive = Archive::open(path)?;
    let mut found = 0;
    while let Some(entry) = archive.next_file()? {
        let name = entry.name.rsplit('/').next().unwrap_or_default();
        if !is_wav(name) {
            continue;
        }
        let file: PathBuf = path.join(entry.name.trim_start_matches('/'));
        let recording = parse(name, &file)?;
        each(recording, &file, &mut || {
            if entry.size > MOST_BYTES {
                let problem = AudioError::TooMuch { what: "bytes", limit: MOST_BYTES };
                return Err(DataError::Audio { path: file.clone(), problem });
            }
            archive.contents()
        })?;
        found += 1;
    }
    Ok(found)
}

fn is_wav(name: &str) -> bool {
    let ending = name.len().checked_sub(4).and_then(|at| name.get(at..));
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case(".wav")) && !name.starts_with('.')
}

fn parse(name: &str, file: &Path) -> Result<Recording, DataError> {
    let named = Recording::parse(name);
    named.ok_or_else(|| DataError::Audio { path: file.into(), problem: AudioError::Name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        let recording =
            |digit, speaker: &str, index| Some(Recording { digit, speaker: speaker.into(), index });
        assert_eq!(Recording::parse("7_jackson_32.wav"), recording(7, "jackson", 32));
        assert_eq!(Recording::parse("0_van_der_x_007.WAV"), recording(0, "van_der_x", 7));
        for name in [
            "jackson_7_3.wav",
            "10_a_3.wav",
            "7_jackson.wav",
            "7__3.wav",
            "7_a_.wav",
            "7_a_x.wav",
            "7_a_-1.wav",
            "7_a_99999999999999999999.wav",
            "_a_3.wav",
            ".wav",
            "é_wav",
        ] {
            assert_eq!(Recording::parse(name), None, "{name}");
        }
        assert!(is_wav("a.wav") && is_wav("a.WaV"));
        assert!(!is_wav("._0_a_1.wav") && !is_wav("wav") && !is_wav("a.mp3") && !is_wav("ééé"));
    }
}
