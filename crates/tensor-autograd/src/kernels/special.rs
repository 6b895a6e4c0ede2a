//! Functions beyond the elementary ones, without branches, so that loops over them vectorise.

use super::math;
use crate::Real;

/// `1/√(2π)`.
const INV_SQRT_TAU: Real = 0.398_942_280_401_432_7;

/// `eˣ - 1`, accurate near 0.
#[inline(always)]
pub fn expm1(x: Real) -> Real {
    // Taylor's series where the subtraction would cancel: x · (1 + x/2 · (1 + x/3 · (1 + ..))).
    let mut series = 1.0;
    let mut k: Real = if cfg!(real_f64) { 14.0 } else { 8.0 };
    while k > 1.0 {
        series = 1.0 + x / k * series;
        k -= 1.0;
    }
    if x.abs() < 0.35 { x * series } else { math::exp(x) - 1.0 }
}

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
    0.119682688,
    0.1196817432,
    0.108947781,
    0.08683051539,
    0.06186449748,
    0.01101760892,
    0.03437217478,
    -0.04890739241,
    -0.01604549726,
    0.0318847458,
    -0.009328870613,
];
#[cfg(real_f64)]
const TAIL: [Real; 23] = [
    0.119682684120429637,
    0.119682684120605614,
    0.10891124251883013,
    0.0873683615379248818,
    0.0579622460899481878,
    0.0265114490597711305,
    0.0004009748778549206,
    -0.0136211629034115401,
    -0.0161867846164183931,
    0.00735242188485562753,
    -0.0422089936828972485,
    0.173616908319486675,
    -0.401678939850847083,
    0.745584399879786889,
    -1.00560988623746464,
    0.799778391092621913,
    -0.123193886547683421,
    -0.503739074649504247,
    0.653468494414645855,
    -0.427531485639858652,
    0.167036896977516916,
    -0.0372789937588097079,
    0.00369205299261670578,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// `(x, Φ(x), eˣ - 1)` to 17 digits, computed with mpmath at 30.
    const KNOWN: [(f64, f64, f64); 8] = [
        (-6.0, 9.8658764503769814e-10, -0.99752124782333364),
        (-3.0, 0.0013498980316300945, -0.95021293163213606),
        (-1.0, 0.15865525393145705, -0.63212055882855768),
        (-0.3, 0.38208857781104737, -0.25918177931828213),
        (0.0, 0.5, 0.0),
        (0.5, 0.6914624612740131, 0.64872127070012815),
        (2.0, 0.97724986805182079, 6.3890560989306502),
        (4.0, 0.99996832875816688, 53.598150033144239),
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
