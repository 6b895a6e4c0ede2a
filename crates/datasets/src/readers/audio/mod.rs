//! `audio:DIR`: short recordings, one a file.
//!
//! Inputs are `[n, 1, 24, 32]`: the log-mel pictures of [`log_mel`], 24 bands by 32 stretches of
//! time. Whole numbers of 8 to 32 bits and floats of 32 are read; several channels are averaged,
//! other rates brought to 8000 Hz, and the data set's notes say where.
//!
//! Two layouts are read. A folder for each class, as of pictures: `DIR/yes/*.wav`, `DIR/no/*.wav`,
//! with `#train` and `#test` by `?test=` and `?seed=`, or folders `train`, `test` and `val` of such
//! folders. Or files named as in the Free Spoken Digit Dataset (Jackson et al. 2018):
//! `DIGIT_SPEAKER_INDEX.wav`, such as `7_jackson_32.wav`. Then the classes are the digits that occur
//! in the names, and rows are sorted by digit, speaker (by bytes) and index (as a number).
//!
//! Among files named so a fragment chooses, several terms joined by commas: `#speaker=jackson`
//! (named twice: either), `#speaker!=jackson`, and the official split `#test` (index 0 to 4) or
//! `#train` (the others). The classes stay those of the whole folder.

mod choice;
mod mel;
mod names;
mod resample;
mod wav;

pub use mel::{BANDS, FRAMES, RATE, log_mel};

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ndarray::ArrayD;

use super::folders::{self, Listing, Wanted};
use crate::spec::{Fragments, Grammar, Loader, Scheme, Spec, chosen};
use crate::{AudioError, DataError, Dataset};
use choice::Choice;
use names::Recording;
use wav::Wave;

pub(super) const SCHEME: Scheme = Scheme {
    name: "audio",
    usage: "audio:DIR[#speaker=NAME|#speaker!=NAME|#train|#test]",
    help: "recordings as log-mel pictures of 24 bands by 32 frames: a folder for each class, or a \
           folder or .tar.gz of files DIGIT_SPEAKER_INDEX.wav; terms after # are joined by commas",
    grammar: |spec| {
        folders::check(spec)?;
        if spec.fragment() != Some("val") {
            Choice::of(spec)?;
        }
        Ok(Grammar { parts: 1..=1, options: &folders::OPTIONS, fragments: Fragments::Any })
    },
    load: Loader::Chosen(load),
};

const WANTED: Wanted = Wanted { what: "recordings", endings: &["wav"], alone: false };

/// More recordings than this are not read: their pictures would fill more than a gigabyte.
const MOST_RECORDINGS: usize = 300_000;

/// The speakers of a folder or archive of recordings, each once, by bytes.
///
/// ```no_run
/// for speaker in datasets::readers::audio::speakers("data/recordings".as_ref())? {
///     println!("hold out: audio:data/recordings#speaker={speaker}");
/// }
/// # Ok::<(), datasets::DataError>(())
/// ```
///
/// # Errors
/// [`DataError::Audio`] with [`AudioError::Name`] for a wav file of another name,
/// [`DataError::Missing`] if there are none; [`DataError::NotFound`], [`DataError::Kind`],
/// [`DataError::Io`]; [`DataError::Format`] for a damaged archive.
pub fn speakers(path: &Path) -> Result<Vec<String>, DataError> {
    let mut all = BTreeSet::new();
    names::visit(path, &mut |recording, _, _| {
        all.insert(recording.speaker);
        Ok(())
    })?;
    Ok(all.into_iter().collect())
}

fn load(spec: &Spec) -> Result<Dataset, DataError> {
    let path = Path::new(&spec.parts()[0]);
    match folders::is_of_folders(path, &WANTED)? {
        true => load_classes(spec, path),
        false => chosen(load_named(spec, path)?, spec),
    }
}

/// A folder for each class.
fn load_classes(spec: &Spec, path: &Path) -> Result<Dataset, DataError> {
    let listing = Listing::of(spec, &WANTED)?;
    let n = listing.files.len();
    if n > MOST_RECORDINGS {
        let problem = AudioError::TooMuch { what: "recordings", limit: MOST_RECORDINGS as u64 };
        return Err(DataError::Audio { path: path.into(), problem });
    }
    let mut notes = Notes::default();
    let mut values = Vec::with_capacity(n * BANDS * FRAMES);
    for file in &listing.files {
        let fail = |problem| DataError::Audio { path: file.path.clone(), problem };
        let wave = wav::decode(&names::read(&file.path)?).map_err(fail)?;
        notes.take(&wave, &file.path);
        values.extend(picture(wave));
    }
    let said = listing.note(&WANTED).into_iter().chain(notes.said()).collect();
    let shape = vec![n, 1, BANDS, FRAMES];
    let inputs = ArrayD::from_shape_vec(shape, values).expect("every picture is of one size");
    let labels = listing.files.iter().map(|file| file.label).collect();
    let names = listing.files.into_iter().map(|file| file.name).collect();
    let data = Dataset::new(spec.to_string(), inputs, labels, listing.classes)?;
    Ok(data.with_notes(said).with_sample_names(names))
}

/// Files whose names say what is in them.
fn load_named(spec: &Spec, path: &Path) -> Result<Dataset, DataError> {
    let choice = Choice::of(spec)?;
    if ["test", "seed"].iter().any(|option| spec.option(option).is_some()) {
        let problem = "recordings named DIGIT_SPEAKER_INDEX.wav are divided by their index; leave \
                       out test= and seed=";
        return Err(spec.unsuitable(problem).into());
    }
    let (mut digits, mut speakers) = (BTreeSet::new(), BTreeSet::new());
    let mut pictures: BTreeMap<Recording, (String, Vec<f32>)> = BTreeMap::new();
    let mut notes = Notes::default();
    names::visit(path, &mut |recording, file, read| {
        digits.insert(recording.digit);
        speakers.insert(recording.speaker.clone());
        if !choice.takes(&recording) {
            return Ok(());
        }
        let fail = |problem| DataError::Audio { path: file.to_path_buf(), problem };
        if pictures.contains_key(&recording) {
            let Recording { digit, speaker, index } = recording;
            return Err(fail(AudioError::Twice { digit, speaker, index }));
        }
        if pictures.len() == MOST_RECORDINGS {
            let (what, limit) = ("recordings", MOST_RECORDINGS as u64);
            return Err(fail(AudioError::TooMuch { what, limit }));
        }
        let wave = wav::decode(&read()?).map_err(fail)?;
        notes.take(&wave, file);
        let name = file.strip_prefix(path).unwrap_or(file).display().to_string();
        pictures.insert(recording, (name, picture(wave)));
        Ok(())
    })?;
    choice.check(spec, &speakers)?;
    if pictures.is_empty() {
        let problem = "no recording is of all these terms at once; take some away";
        return Err(spec.unsuitable(problem).into());
    }
    let digits: Vec<usize> = digits.into_iter().collect();
    let label = |recording: &Recording| digits.binary_search(&recording.digit);
    let labels = pictures.keys().map(|r| label(r).expect("every digit was noted")).collect();
    let shape = vec![pictures.len(), 1, BANDS, FRAMES];
    let (names, values): (Vec<String>, Vec<Vec<f32>>) = pictures.into_values().unzip();
    let values = values.concat();
    let inputs = ArrayD::from_shape_vec(shape, values).expect("every picture is of one size");
    let classes = digits.iter().map(usize::to_string).collect();
    let data = Dataset::new(spec.to_string(), inputs, Some(labels), classes)?;
    Ok(data.with_notes(notes.said()).with_sample_names(names))
}

/// The features of a recording at any rate.
fn picture(wave: Wave) -> Vec<f32> {
    match wave.rate == RATE {
        true => log_mel(&wave.samples),
        false => log_mel(&resample::resample(&wave.samples, wave.rate, RATE)),
    }
}

/// What a user should know of the recordings although they could be read.
#[derive(Default)]
struct Notes {
    resampled: Vec<(PathBuf, u32)>,
    mixed: Vec<PathBuf>,
    clipped: Vec<PathBuf>,
}

impl Notes {
    fn take(&mut self, wave: &Wave, file: &Path) {
        if wave.rate != RATE {
            self.resampled.push((file.into(), wave.rate));
        }
        if wave.channels > 1 {
            self.mixed.push(file.into());
        }
        if wave.clipped {
            self.clipped.push(file.into());
        }
    }

    fn said(&self) -> Vec<String> {
        let mut said = Vec::new();
        if let Some((file, rate)) = self.resampled.first() {
            let (n, file) = (self.resampled.len(), file.display());
            said.push(format!(
                "{n} recordings brought to {RATE} Hz, the first {file} from {rate} Hz"
            ));
        }
        if let Some(file) = self.mixed.first() {
            let (n, file) = (self.mixed.len(), file.display());
            said.push(format!("{n} recordings of several channels averaged, the first {file}"));
        }
        if let Some(file) = self.clipped.first() {
            let (n, file) = (self.clipped.len(), file.display());
            said.push(format!(
                "{n} recordings clip, too loud for their recorder, the first {file}"
            ));
        }
        said
    }
}
