//! `audio:DIR`: spoken words, one recording a file, named as in the Free Spoken Digit Dataset
//! (Jackson et al. 2018): `DIGIT_SPEAKER_INDEX.wav`, such as `7_jackson_32.wav`.
//!
//! The classes are the digits that occur in the names. Rows are sorted by digit, then speaker (by
//! bytes), then index (as a number). Inputs are `[n, 1, 24, 32]`: the log-mel pictures of
//! [`log_mel`], 24 bands by 32 stretches of time.
//!
//! A fragment chooses among the recordings, several terms joined by commas: `#speaker=jackson`
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

use crate::spec::{Fragments, Grammar, Loader, Scheme, Spec};
use crate::{AudioError, DataError, Dataset};
use choice::Choice;
use names::Recording;
use wav::Wave;

pub(super) const SCHEME: Scheme = Scheme {
    name: "audio",
    usage: "audio:DIR[#speaker=NAME|#speaker!=NAME|#train|#test]",
    help: "a folder or .tar.gz of recordings DIGIT_SPEAKER_INDEX.wav, as log-mel pictures of 24 \
           bands by 32 frames; terms after # are joined by commas",
    grammar: |spec| {
        Choice::of(spec)?;
        Ok(Grammar { parts: 1..=1, options: &[], fragments: Fragments::Any })
    },
    load: Loader::Dense(load),
};

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
    let choice = Choice::of(spec)?;
    let path = Path::new(&spec.parts()[0]);
    let (mut digits, mut speakers) = (BTreeSet::new(), BTreeSet::new());
    let mut pictures: BTreeMap<Recording, Vec<f32>> = BTreeMap::new();
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
        pictures.insert(recording, picture(wave));
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
    let values = pictures.into_values().flatten().collect();
    let inputs = ArrayD::from_shape_vec(shape, values).expect("every picture is of one size");
    let classes = digits.iter().map(usize::to_string).collect();
    Ok(Dataset::new(spec.to_string(), inputs, Some(labels), classes)?.with_notes(notes.said()))
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
