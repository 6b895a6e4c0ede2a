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
    let (from, to) = (u64::from(from), u64::from(to));
    let len = (samples.len() as u64 * to).div_ceil(from);
    // In old samples: the distance between zeros, and how far the window reaches.
    let zero = (from as f64 / to as f64).max(1.0);
    let reach = (ZEROS * zero).ceil() as usize;
    let weights = |phase: u64| -> Vec<f64> {
        let after = phase as f64 / to as f64;
        (0..=2 * reach).map(|i| kernel((i as f64 - reach as f64 - after) / zero)).collect()
    };
    let at = |n: u64, weights: &[f64]| {
        let before = (n * from / to) as usize;
        let (mut sum, mut total) = (0.0, 0.0);
        // The window's first sample is `reach` before; the sound may begin or end inside it.
        let skipped = reach.saturating_sub(before);
        let first = before.saturating_sub(reach);
        for (weight, &sample) in weights[skipped..].iter().zip(&samples[first..]) {
            sum += weight * f64::from(sample);
            total += weight;
        }
        (sum / total) as f32
    };
    // New samples lie at few different places between two old ones, which come again and again: the
    // weights of one place are made once, and forgotten before those of the next.
    let period = to / gcd(from, to);
    let mut out = vec![0.0; len as usize];
    for first in 0..period.min(len) {
        let weights = weights(first * from % to);
        for n in (first..len).step_by(period as usize) {
            out[n as usize] = at(n, &weights);
        }
    }
    out
}

/// The greatest common divisor.
fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A Hann-windowed sinc with zeros at the whole numbers, nothing beyond the window.
fn kernel(x: f64) -> f64 {
    if x.abs() < 1e-9 {
        return 1.0;
    }
    if x.abs() >= ZEROS {
        return 0.0;
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
