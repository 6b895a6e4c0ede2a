//! The log-mel picture of a word: how loud it is in each band of pitch, at each time.

use ndarray::Array2;
use realfft::RealFftPlanner;

use crate::portable::{ln, sin_cos};
use crate::transforms;

/// Samples a second.
pub const RATE: u32 = 8000;
/// Bands of pitch.
pub const BANDS: usize = 24;
/// Stretches of time.
pub const FRAMES: usize = 32;

/// 25 ms and 10 ms.
const WINDOW: usize = 200;
const HOP: usize = 80;
const FFT: usize = 256;
const BINS: usize = FFT / 2 + 1;

/// The lowest band begins here, above the hum of the mains.
const LOWEST: f64 = 60.0;

/// Quieter than the loudest hop by 40 dB is before or after the word.
const SILENCE: f64 = 1e-4;

/// A band's power is not taken for less than this part of the mean power of all, 60 dB down:
/// the logarithm would make much of what cannot be heard.
const FLOOR: f64 = 1e-6;

/// The picture `[24, 32]` of a word of samples at 8000 a second, row by row, lowest band first.
///
/// 1. The mean is taken off, and silence before and after: hops of 10 ms with less than 10⁻⁴ of
///    the power of the loudest.
/// 2. Pre-emphasis, `y[t] = x[t] - 0.97·x[t-1]`, which evens out that voices are louder below.
/// 3. Frames of 25 ms (200 samples) every 10 ms under a Hann window, and the power of their
///    spectrum (FFT of 256).
/// 4. 24 triangular bands between 60 and 4000 Hz, evenly spaced in mel by the formula of HTK,
///    `mel = 2595·log₁₀(1 + f/700)` (O'Shaughnessy 1987), peaks of height 1.
/// 5. The natural logarithm, of at least 10⁻⁶ times the mean power.
/// 6. However many frames there are, they become 32: interpolated if they are fewer, averaged over
///    equal stretches if they are more, so that words spoken fast and slowly line up.
/// 7. Each band's mean over time is taken off, and with it the loudness and what a microphone or a
///    voice adds at all times (cepstral mean normalisation, Atal 1974). All values are divided by
///    their standard deviation, so that networks can take them as they are.
///
/// Samples that are all equal give zeros.
///
/// # Panics
/// If there are no samples.
#[track_caller]
pub fn log_mel(samples: &[f32]) -> Vec<f32> {
    assert!(!samples.is_empty(), "log_mel: there are no samples");
    let word = Word::of(samples);
    let power = mel_power(word.samples.len(), |t| word.emphasised(t));
    let mean = power.mean().expect("there is at least one frame");
    // Normal and positive, as the logarithm wants it, even for silence.
    let floor = (FLOOR * mean).max(1e-30);
    let logs = power.mapv(|power| ln(power.max(floor)) as f32);
    drop(power);
    let (_, frames) = logs.dim();
    let image = logs.into_shape_with_order((1, 1, BANDS, frames)).expect("the same values");
    let image = transforms::resize(image.view().into_dyn(), BANDS, FRAMES);
    normalised(image.into_iter().map(f64::from).collect())
}

/// Steps 1 and 2, worked out where they are asked for: a recording is not in memory twice.
struct Word<'a> {
    samples: &'a [f32],
    mean: f64,
}

impl<'a> Word<'a> {
    /// The part of the samples that is not silent.
    fn of(samples: &'a [f32]) -> Self {
        let mean = samples.iter().map(|&x| f64::from(x)).sum::<f64>() / samples.len() as f64;
        let power = |hop: &[f32]| hop.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>();
        let powers: Vec<f64> = samples.chunks(HOP).map(power).collect();
        let loudest = powers.iter().copied().fold(0.0, f64::max);
        let heard = |power: &f64| *power > SILENCE * loudest;
        let first = powers.iter().position(heard).unwrap_or(0);
        let last = powers.iter().rposition(heard).unwrap_or(powers.len() - 1);
        Self { samples: &samples[first * HOP..samples.len().min((last + 1) * HOP)], mean }
    }

    fn emphasised(&self, t: usize) -> f64 {
        let centred = |t: usize| f64::from(self.samples[t]) - self.mean;
        let before = if t == 0 { 0.0 } else { centred(t - 1) };
        centred(t) - 0.97 * before
    }
}

/// Steps 3 and 4 of so many samples: `[bands, frames]`.
fn mel_power(len: usize, sample: impl Fn(usize) -> f64) -> Array2<f64> {
    let frames = 1 + len.saturating_sub(WINDOW).div_ceil(HOP);
    let filters = filters();
    let window: Vec<f64> = (0..WINDOW)
        .map(|i| {
            0.5 - 0.5 * sin_cos(2.0 * std::f64::consts::PI * (i as f64 + 0.5) / WINDOW as f64).1
        })
        .collect();
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(FFT);
    let (mut input, mut spectrum) = (fft.make_input_vec(), fft.make_output_vec());
    let mut power = Array2::zeros((BANDS, frames));
    for (frame, mut column) in power.columns_mut().into_iter().enumerate() {
        input.fill(0.0);
        for ((out, w), t) in input.iter_mut().zip(&window).zip(frame * HOP..len) {
            *out = sample(t) * w;
        }
        fft.process(&mut input, &mut spectrum).expect("both buffers are of the plan's length");
        for (band, out) in filters.iter().zip(&mut column) {
            *out = band.iter().map(|&(bin, weight)| weight * spectrum[bin].norm_sqr()).sum();
        }
    }
    power
}

/// For each band its bins of the spectrum and their weights.
fn filters() -> Vec<Vec<(usize, f64)>> {
    let (lowest, highest) = (mel(LOWEST), mel(f64::from(RATE) / 2.0));
    let step = (highest - lowest) / (BANDS + 1) as f64;
    let in_mel: Vec<f64> =
        (0..BINS).map(|bin| mel(bin as f64 * f64::from(RATE) / FFT as f64)).collect();
    (0..BANDS)
        .map(|band| {
            let peak = lowest + (band + 1) as f64 * step;
            let weight = |bin: usize| 1.0 - (in_mel[bin] - peak).abs() / step;
            (0..BINS).map(|bin| (bin, weight(bin))).filter(|&(_, weight)| weight > 0.0).collect()
        })
        .collect()
}

/// Pitch as HTK has it: 1000 Hz are 1000 mel.
fn mel(hertz: f64) -> f64 {
    2595.0 / std::f64::consts::LN_10 * ln(1.0 + hertz / 700.0)
}

/// Step 7.
fn normalised(mut values: Vec<f64>) -> Vec<f32> {
    for band in values.chunks_exact_mut(FRAMES) {
        let mean = band.iter().sum::<f64>() / FRAMES as f64;
        band.iter_mut().for_each(|value| *value -= mean);
    }
    let variance = values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
    let scale = if variance > 1e-6 { variance.sqrt().recip() } else { 0.0 };
    values.into_iter().map(|value| (value * scale) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    /// A tone that swells and fades, `frequency` being told the second.
    fn chirp(len: usize, frequency: impl Fn(f64) -> f64) -> Vec<f32> {
        let mut phase = 0.0;
        let sample = |t: usize| {
            phase += 2.0 * PI * frequency(t as f64 / 8000.0) / 8000.0;
            ((0.2 + (PI * t as f64 / len as f64).sin()) * phase.sin()) as f32
        };
        (0..len).map(sample).collect()
    }

    #[test]
    fn the_scale_and_the_bands() {
        // HTK's table: 1000 Hz are 1000 mel, 4000 Hz are 2146.
        assert!((mel(1000.0) - 999.99).abs() < 0.01, "{}", mel(1000.0));
        assert!((mel(4000.0) - 2146.06).abs() < 0.01, "{}", mel(4000.0));
        let filters = filters();
        assert_eq!(filters.len(), BANDS);
        assert!(filters.iter().all(|band| !band.is_empty()), "a band hears nothing");
        // Neighbours add up to 1 between the first peak and the last.
        for bin in 8..110 {
            let all = filters.iter().flatten().filter(|(b, _)| *b == bin);
            assert!((all.map(|(_, weight)| weight).sum::<f64>() - 1.0).abs() < 1e-9, "{bin}");
        }
    }

    #[test]
    fn a_tone_is_in_its_band() {
        let tone = chirp(4000, |_| 1000.0);
        let power = mel_power(tone.len(), |t| tone[t].into());
        let step = (mel(4000.0) - mel(LOWEST)) / 25.0;
        let expected = ((mel(1000.0) - mel(LOWEST)) / step).round() as usize - 1;
        for frame in power.columns() {
            let loudest = (0..BANDS).max_by(|&a, &b| frame[a].total_cmp(&frame[b])).unwrap();
            assert_eq!(loudest, expected);
        }
    }

    #[test]
    fn loudness_silence_around_and_a_constant_do_not_matter() {
        let word = chirp(4000, |t| 300.0 + 3000.0 * t);
        let plain = log_mel(&word);
        assert_eq!(plain.len(), BANDS * FRAMES);
        let quiet: Vec<f32> = word.iter().map(|x| 0.25 * x).collect();
        let silence = vec![0.0; 10 * HOP];
        let framed = [&silence[..], &word, &silence[..]].concat();
        for (what, other) in [("quiet", quiet), ("framed", framed)] {
            let found = log_mel(&other);
            let worst = plain.iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 0.1, "{what}: {worst}");
        }
        let mean = plain.iter().sum::<f32>() / plain.len() as f32;
        let square = plain.iter().map(|x| x * x).sum::<f32>() / plain.len() as f32;
        assert!(mean.abs() < 1e-5 && (square - 1.0).abs() < 1e-4, "{mean} {square}");
    }

    #[test]
    fn slow_and_fast_line_up_and_different_words_do_not() {
        let like = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>() / 768.0;
        let fast = log_mel(&chirp(3000, |t| 300.0 + 3000.0 * t * 8000.0 / 3000.0));
        let slow = log_mel(&chirp(6000, |t| 300.0 + 3000.0 * t * 8000.0 / 6000.0));
        let falling = log_mel(&chirp(3000, |t| 3300.0 - 3000.0 * t * 8000.0 / 3000.0));
        assert!(like(&fast, &slow) > 0.9, "{}", like(&fast, &slow));
        assert!(like(&fast, &falling) < 0.5, "{}", like(&fast, &falling));
    }

    #[test]
    fn any_length_has_a_picture() {
        for len in [1, 2, 79, 80, 81, 199, 200, 201, 281, 100_000] {
            let picture = log_mel(&chirp(len, |_| 700.0));
            assert!(picture.len() == 768 && picture.iter().all(|x| x.is_finite()), "{len}");
        }
        assert!(log_mel(&[0.5; 500]).iter().all(|&x| x == 0.0));
    }
}
