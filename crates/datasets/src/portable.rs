//! The three elementary functions that the generators need, with the same bits everywhere.
//!
//! `f64::sin` and `f64::ln` call the platform's mathematics library, whose last bit is its own
//! affair. These use IEEE basic operations only, and are good to about 1e-15.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, LN_2};

/// Natural logarithm of a positive, normal number: `ln(m·2ᵉ) = e·ln 2 + 2·artanh((m-1)/(m+1))`.
pub(crate) fn ln(x: f64) -> f64 {
    debug_assert!(x.is_normal() && x > 0.0, "ln({x})");
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i32 - 1023;
    let mut mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let series = (0..12).rev().fold(0.0, |sum, k| sum * (t * t) + 1.0 / f64::from(2 * k + 1));
    f64::from(exponent) * LN_2 + 2.0 * t * series
}

/// Sine and cosine of an angle in radians of moderate size, by Taylor's series about the nearest
/// quarter turn.
pub(crate) fn sin_cos(x: f64) -> (f64, f64) {
    debug_assert!(x.abs() < 1e6, "sin_cos({x})");
    let quarter = (x * FRAC_2_PI).round();
    let r = x - quarter * FRAC_PI_2;
    let r2 = r * r;
    let series =
        |first: i32| (0..9).rev().fold(0.0, |sum, k| 1.0 - sum * r2 / f64::from(step(first, k)));
    let (sin, cos) = (r * series(2), series(1));
    match (quarter as i64).rem_euclid(4) {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

/// The factor between two terms of a sine (`first = 2`) or cosine (`first = 1`) series.
fn step(first: i32, k: i32) -> i32 {
    (first + 2 * k) * (first + 2 * k + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agree_with_the_platform() {
        for i in -4000..4000 {
            let x = f64::from(i) * 0.013;
            let (sin, cos) = sin_cos(x);
            assert!((sin - x.sin()).abs() < 2e-14, "sin({x}): {sin}");
            assert!((cos - x.cos()).abs() < 2e-14, "cos({x}): {cos}");
        }
        for i in 1..5000 {
            let x = f64::from(i) * 0.0017;
            assert!((ln(x) - x.ln()).abs() < 1e-14 * x.ln().abs().max(1.0), "ln({x}): {}", ln(x));
        }
        assert!((ln(1e-300) - 1e-300f64.ln()).abs() < 1e-12);
    }
}
