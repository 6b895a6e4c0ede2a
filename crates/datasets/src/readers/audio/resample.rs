//! Another sampling rate, by a windowed sinc.

use std::f64::consts::PI;

use crate::portable::sin_cos;

/// Zeros of the sinc to each side; 16 leave about 1 part in 10⁴ of what the new rate cannot hold.
const ZEROS: f64 = 16.0;

/// The same sound at `to` samples a second instead of `from`.
///
/// Sample `n` of the result is the sound at time `n/to`: the sum over old samples `k` of
/// `x[k]·h(n/to - k/from)`, with `h` a sinc that passes what both rates hold, under a Hann window
/// of 16 zeros to each side. `h` is even, so that no frequency is delayed (linear phase). The
/// weights of each sum are divided by their total, so that a constant stays.
pub(super) fn resample(samples: &[f32], from: u32, to: u32) -> Vec<f32> {
    let len = (samples.len() as u64 * u64::from(to)).div_ceil(u64::from(from));
    // In old samples: the distance between zeros, and how far the window reaches.
    let zero = (f64::from(from) / f64::from(to)).max(1.0);
    let reach = ZEROS * zero;
    let at = |n: u64| {
        let centre = n as f64 * f64::from(from) / f64::from(to);
        let first = (centre - reach).ceil().max(0.0) as usize;
        let last = ((centre + reach).floor() as usize).min(samples.len() - 1);
        let (mut sum, mut total) = (0.0, 0.0);
        for (k, &sample) in samples.iter().enumerate().take(last + 1).skip(first) {
            let weight = kernel((k as f64 - centre) / zero);
            sum += weight * f64::from(sample);
            total += weight;
        }
        (sum / total) as f32
    };
    (0..len).map(at).collect()
}

/// A Hann-windowed sinc with zeros at the whole numbers.
fn kernel(x: f64) -> f64 {
    if x.abs() < 1e-9 {
        return 1.0;
    }
    let window = 0.5 + 0.5 * sin_cos(PI * x / ZEROS).1;
    window * sin_cos(PI * x).0 / (PI * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(frequency: f64, rate: u32, len: usize) -> Vec<f32> {
        (0..len).map(|n| (2.0 * PI * frequency * n as f64 / f64::from(rate)).sin() as f32).collect()
    }

    #[test]
    fn a_tone_stays_where_both_rates_hold_it() {
        for (from, to) in [(16_000, 8000), (44_100, 8000), (4000, 8000), (11_025, 8000)] {
            let found = resample(&tone(440.0, from, from as usize / 2), from, to);
            let expected = tone(440.0, to, to as usize / 2);
            assert!(found.len().abs_diff(expected.len()) <= 1);
            // Away from the ends, where the sinc has neighbours to both sides.
            let worst = (100..3900).map(|n| (found[n] - expected[n]).abs()).fold(0.0, f32::max);
            assert!(worst < 2e-3, "{from} -> {to}: {worst}");
        }
    }

    #[test]
    fn what_the_new_rate_cannot_hold_is_gone() {
        // 5500 Hz would come back as 2500 Hz.
        let found = resample(&tone(5500.0, 16_000, 8000), 16_000, 8000);
        let worst = found[100..3900].iter().map(|x| x.abs()).fold(0.0, f32::max);
        assert!(worst < 2e-3, "{worst}");
        assert!(resample(&[0.5; 999], 44_100, 8000).iter().all(|x| (x - 0.5).abs() < 1e-6));
        assert_eq!(resample(&[0.5, -0.5], 44_100, 8000).len(), 1);
    }
}
