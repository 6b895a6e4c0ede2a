//! Functions beyond the elementary ones, without branches of their own, so that loops over them
//! vectorise where no exponential, which is a call of the system's library, takes part.

use super::math;
use crate::Real;
#[cfg(not(real_f64))]
use std::f32::consts;
#[cfg(real_f64)]
use std::f64::consts;

/// `1/√(2π)`.
pub const INV_SQRT_TAU: Real = 0.5 * consts::FRAC_2_SQRT_PI * consts::FRAC_1_SQRT_2;

/// `eˣ - 1`, accurate near 0.
#[inline(always)]
pub fn expm1(x: Real) -> Real {
    // Taylor's series where the subtraction would cancel: x · (1 + x/2 · (1 + x/3 · (1 + ..))).
    let series = INVERSES.iter().rev().fold(1.0, |series, inverse| 1.0 + x * inverse * series);
    if x.abs() < 0.35 { x * series } else { math::exp(x) - 1.0 }
}

const TERMS: usize = if cfg!(real_f64) { 13 } else { 7 };

/// `1/2`, `1/3`, .. as far as [`expm1`] needs them.
const INVERSES: [Real; TERMS] = {
    let mut table = [0.0; TERMS];
    let mut i = 0;
    while i < table.len() {
        table[i] = 1.0 / (i as Real + 2.0);
        i += 1;
    }
    table
};

/// The normal distribution's function `Φ(x)` and density `φ(x)`.
///
/// The tail is `φ(z) · R(z)` for `z = |x|`, where `R` is close to `1/z` far out: it is a polynomial
/// in `t = 1 / (1 + 0.3 z)`, interpolated at Chebyshev's nodes with a relative error of 3e-8
/// (1.4e-15 at 64 bits).
#[inline(always)]
pub fn normal(x: Real) -> (Real, Real) {
    let z = x.abs();
    let bell = math::exp(-0.5 * x * x);
    let t = 1.0 / (1.0 + 0.3 * z);
    let tail = bell * t * TAIL.iter().rev().fold(0.0, |sum, c| sum * t + c);
    (if x < 0.0 { tail } else { 1.0 - tail }, INV_SQRT_TAU * bell)
}

#[cfg(not(real_f64))]
const TAIL: [Real; 11] = [
    0.119682685,
    0.119681746,
    0.10894778,
    0.08683051,
    0.0618645,
    0.011017608,
    0.034372173,
    -0.04890739,
    -0.016045498,
    0.031884745,
    -0.009328871,
];
#[cfg(real_f64)]
const TAIL: [Real; 23] = [
    0.11968268412042964,
    0.11968268412060562,
    0.10891124251883012,
    0.08736836153792488,
    0.05796224608994819,
    0.026511449059771132,
    0.0004009748778549206,
    -0.013621162903411541,
    -0.016186784616418395,
    0.007352421884855628,
    -0.042208993682897246,
    0.17361690831948667,
    -0.40167893985084707,
    0.7455843998797869,
    -1.0056098862374647,
    0.7997783910926219,
    -0.12319388654768341,
    -0.5037390746495043,
    0.6534684944146458,
    -0.42753148563985865,
    0.16703689697751692,
    -0.037278993758809706,
    0.0036920529926167058,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// `(x, Φ(x), eˣ - 1)` computed with mpmath at 30 digits.
    const KNOWN: [(f64, f64, f64); 8] = [
        (-6.0, 9.86587645037698e-10, -0.9975212478233336),
        (-3.0, 0.0013498980316300946, -0.950212931632136),
        (-1.0, 0.15865525393145705, -0.6321205588285577),
        (-0.3, 0.3820885778110474, -0.2591817793182821),
        (0.0, 0.5, 0.0),
        (0.5, 0.6914624612740131, 0.6487212707001282),
        (2.0, 0.9772498680518208, 6.38905609893065),
        (4.0, 0.9999683287581669, 53.598150033144236),
    ];

    #[test]
    fn known_values_are_met() {
        let tolerance = if cfg!(real_f64) { 2e-14 } else { 2e-6 };
        for (x, cdf, expm) in KNOWN {
            let close = |got: Real, want: f64| {
                let error = (f64::from(got) - want).abs();
                assert!(error <= tolerance * want.abs(), "at {x}: {got}, not {want}");
            };
            close(normal(x as Real).0, cdf);
            close(expm1(x as Real), expm);
        }
    }

    #[test]
    fn expm1_keeps_its_digits_near_zero_and_across_the_seam() {
        for x in [-0.3501, -0.3499, -1e-3, -1e-6, 1e-6, 1e-3, 0.3499, 0.3501] {
            let (got, want) = (expm1(x), x.exp_m1());
            let error = (got / want - 1.0).abs() / Real::EPSILON;
            assert!(error <= 4.0, "at {x}: {error} ulp");
        }
    }

    #[test]
    fn tails_end_at_zero_and_one() {
        assert_eq!(normal(Real::INFINITY), (1.0, 0.0));
        assert_eq!(normal(Real::NEG_INFINITY), (0.0, 0.0));
        assert!(normal(Real::NAN).0.is_nan());
    }
}
