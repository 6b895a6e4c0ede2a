//! A wav file's samples as one channel of numbers in -1..=1.

use std::io::{Cursor, ErrorKind};

use hound::{Error, SampleFormat, WavReader};

use crate::AudioError;

const CHANNELS: (u64, u64) = (1, 16);
const RATES: (u64, u64) = (4_000, 192_000);

/// A word takes a second; a minute is a recording of something else.
const MOST_SECONDS: u64 = 60;

/// So many samples in a row at the end of the scale are no accident.
const CLIPPED: usize = 4;

/// What was recorded.
#[derive(Debug)]
pub(super) struct Wave {
    /// The mean of the channels.
    pub(super) samples: Vec<f32>,
    /// Samples a second.
    pub(super) rate: u32,
    pub(super) channels: u16,
    /// Whether the microphone was louder than the recorder could say.
    pub(super) clipped: bool,
}

/// Reads the bytes of a wav file: whole numbers of 8, 16, 24 or 32 bits, or floats of 32.
pub(super) fn decode(bytes: &[u8]) -> Result<Wave, AudioError> {
    let mut reader = WavReader::new(Cursor::new(bytes)).map_err(no_wav)?;
    let spec = reader.spec();
    check("channels", spec.channels.into(), CHANNELS)?;
    check("samples a second", spec.sample_rate.into(), RATES)?;
    let claimed = u64::from(reader.len());
    if u64::from(reader.duration()) > MOST_SECONDS * u64::from(spec.sample_rate) {
        return Err(AudioError::TooMuch { what: "seconds", limit: MOST_SECONDS });
    }
    let scale = match spec.sample_format {
        SampleFormat::Int => 1.0 / 2f32.powi(i32::from(spec.bits_per_sample) - 1),
        SampleFormat::Float => 1.0,
    };
    // Whole numbers go up to 1 less than the scale, floats to 1.
    let full = if spec.sample_format == SampleFormat::Int { 1.0 - scale } else { 1.0 };
    let channels = usize::from(spec.channels);
    // A sample has a byte at least, whatever the header claims.
    let room = (claimed as usize).min(bytes.len()) / channels;
    let mut mix = Mix::new(channels, full, room);
    match spec.sample_format {
        SampleFormat::Int => {
            collect(reader.samples::<i32>(), claimed, |x| x as f32 * scale, &mut mix)
        }
        SampleFormat::Float => collect(reader.samples::<f32>(), claimed, |x| x, &mut mix),
    }?;
    if let Some((at, value)) = mix.not_finite {
        return Err(AudioError::NotFinite { at, value });
    }
    let Mix { samples, clipped, .. } = mix;
    let Some(&first) = samples.first() else { return Err(AudioError::Empty) };
    if samples.iter().all(|&sample| sample == first) {
        return Err(AudioError::Silent);
    }
    Ok(Wave { samples, rate: spec.sample_rate, channels: spec.channels, clipped })
}

/// The mean of channels whose samples come in turns.
struct Mix {
    samples: Vec<f32>,
    /// Samples of all channels so far, and the sum of those of the latest frame.
    taken: u64,
    sum: f32,
    /// What is as loud as can be, and how often each channel was in a row.
    full: f32,
    runs: Vec<usize>,
    clipped: bool,
    /// The first that is no number.
    not_finite: Option<(u64, f32)>,
}

impl Mix {
    fn new(channels: usize, full: f32, room: usize) -> Self {
        let (samples, runs) = (Vec::with_capacity(room), vec![0; channels]);
        Self { samples, taken: 0, sum: 0.0, full, runs, clipped: false, not_finite: None }
    }

    fn take(&mut self, sample: f32) {
        let channels = self.runs.len();
        let channel = (self.taken % channels as u64) as usize;
        if !sample.is_finite() && self.not_finite.is_none() {
            self.not_finite = Some((self.taken, sample));
        }
        self.taken += 1;
        let run = &mut self.runs[channel];
        *run = if sample.abs() >= self.full { *run + 1 } else { 0 };
        self.clipped |= *run == CLIPPED;
        self.sum = if channel == 0 { sample } else { self.sum + sample };
        if channel + 1 == channels {
            self.samples.push(self.sum / channels as f32);
        }
    }
}

fn collect<S>(
    samples: impl Iterator<Item = Result<S, Error>>,
    claimed: u64,
    value: impl Fn(S) -> f32,
    mix: &mut Mix,
) -> Result<(), AudioError> {
    for sample in samples {
        let sample = sample.map_err(|error| match &error {
            Error::IoError(io) if is_end(io.kind()) => {
                AudioError::Truncated { claimed, found: mix.taken }
            }
            _ => no_wav(error),
        })?;
        mix.take(value(sample));
    }
    Ok(())
}

fn check(what: &'static str, found: u64, (least, most): (u64, u64)) -> Result<(), AudioError> {
    match (least..=most).contains(&found) {
        true => Ok(()),
        false => Err(AudioError::Setting { what, found, least, most }),
    }
}

/// The kinds of error that the decoder makes of a file's end.
fn is_end(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnexpectedEof | ErrorKind::Other)
}

fn no_wav(error: Error) -> AudioError {
    let detail = match error {
        Error::FormatError(detail) => detail.to_string(),
        Error::IoError(io) if is_end(io.kind()) => "it ends inside its header".into(),
        Error::Unsupported => "its encoding is not read here".into(),
        error => error.to_string(),
    };
    AudioError::Wav { detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hound::{WavSpec, WavWriter};

    fn write<S: hound::Sample + Copy>(
        bits: u16,
        format: SampleFormat,
        channels: u16,
        samples: &[S],
    ) -> Vec<u8> {
        let spec =
            WavSpec { channels, sample_rate: 8000, bits_per_sample: bits, sample_format: format };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
        samples.iter().for_each(|&sample| writer.write_sample(sample).unwrap());
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_width_says_the_same() {
        let expected = [0.0, 0.5, -1.0, 0.25];
        for bits in [8u16, 16, 24, 32] {
            let samples = expected.map(|x: f64| (x * 2f64.powi(i32::from(bits) - 1)) as i32);
            let wave = decode(&write(bits, SampleFormat::Int, 1, &samples)).unwrap();
            assert_eq!(wave.samples, expected.map(|x| x as f32), "{bits} bits");
            assert!(!wave.clipped);
        }
        let samples = expected.map(|x| x as f32);
        assert_eq!(decode(&write(32, SampleFormat::Float, 1, &samples)).unwrap().samples, samples);
    }

    #[test]
    fn channels_are_averaged() {
        let wave =
            decode(&write(16, SampleFormat::Int, 2, &[16384i16, 0, -16384, -16384])).unwrap();
        assert_eq!((wave.samples, wave.channels), (vec![0.25, -0.5], 2));
    }

    #[test]
    fn a_run_at_the_end_of_the_scale_is_noted() {
        let clipped =
            |samples: &[i16]| decode(&write(16, SampleFormat::Int, 1, samples)).unwrap().clipped;
        assert!(clipped(&[0, i16::MAX, i16::MAX, i16::MAX, i16::MAX, 3]));
        assert!(clipped(&[0, i16::MIN, i16::MIN, i16::MIN, i16::MIN]));
        assert!(!clipped(&[0, i16::MAX, i16::MAX, i16::MAX, 0, i16::MAX]));
    }

    #[test]
    fn what_is_no_recording() {
        assert_eq!(
            decode(&write(16, SampleFormat::Int, 1, &[] as &[i16])).unwrap_err(),
            AudioError::Empty
        );
        assert_eq!(
            decode(&write(16, SampleFormat::Int, 1, &[5i16; 90])).unwrap_err(),
            AudioError::Silent
        );
        let nan = write(32, SampleFormat::Float, 1, &[0.0, f32::INFINITY]);
        assert_eq!(
            decode(&nan).unwrap_err(),
            AudioError::NotFinite { at: 1, value: f32::INFINITY }
        );
        let whole = write(16, SampleFormat::Int, 1, &[1i16, 2, 3, 4]);
        for cut in 1..=8 {
            let found = decode(&whole[..whole.len() - cut]).unwrap_err();
            let expected = AudioError::Truncated { claimed: 4, found: (8 - cut as u64) / 2 };
            assert_eq!(found, expected);
        }
    }
}
