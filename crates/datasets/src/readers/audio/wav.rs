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
    let mut all = Vec::new();
    match spec.sample_format {
        SampleFormat::Int => {
            collect(reader.samples::<i32>(), claimed, |x| x as f32 * scale, &mut all)?;
        }
        SampleFormat::Float => collect(reader.samples::<f32>(), claimed, |x| x, &mut all)?,
    }
    if let Some(at) = all.iter().position(|value| !value.is_finite()) {
        return Err(AudioError::NotFinite { at: at as u64, value: all[at] });
    }
    let channels = usize::from(spec.channels);
    let frames = all.chunks_exact(channels);
    let clipped = (0..channels).any(|c| clips(all.iter().skip(c).step_by(channels), full));
    let samples: Vec<f32> =
        frames.map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
    let Some(&first) = samples.first() else { return Err(AudioError::Empty) };
    if samples.iter().all(|&sample| sample == first) {
        return Err(AudioError::Silent);
    }
    Ok(Wave { samples, rate: spec.sample_rate, channels: spec.channels, clipped })
}

fn collect<S>(
    samples: impl Iterator<Item = Result<S, Error>>,
    claimed: u64,
    value: impl Fn(S) -> f32,
    all: &mut Vec<f32>,
) -> Result<(), AudioError> {
    for sample in samples {
        let sample = sample.map_err(|error| match &error {
            Error::IoError(io) if is_end(io.kind()) => {
                AudioError::Truncated { claimed, found: all.len() as u64 }
            }
            _ => no_wav(error),
        })?;
        all.push(value(sample));
    }
    Ok(())
}

fn check(what: &'static str, found: u64, (least, most): (u64, u64)) -> Result<(), AudioError> {
    match (least..=most).contains(&found) {
        true => Ok(()),
        false => Err(AudioError::Setting { what, found, least, most }),
    }
}

fn clips<'a>(samples: impl Iterator<Item = &'a f32>, full: f32) -> bool {
    let mut run = 0;
    for &sample in samples {
        run = if sample.abs() >= full { run + 1 } else { 0 };
        if run == CLIPPED {
            return true;
        }
    }
    false
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
