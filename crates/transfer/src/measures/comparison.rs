//! Whether a method helped: its score against a baseline's on the same seeds.

use super::Summary;
use serde::{Deserialize, Serialize};
use tensor_autograd::Rng;

/// Resamples of a bootstrap: its interval no longer moves in the third digit.
const RESAMPLES: usize = 10_000;
/// The risk at which a difference is believed.
const LEVEL: f64 = 0.05;

/// What the differences, seed by seed, allow to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The method is better.
    Helped,
    /// The method is worse.
    Hurt,
    /// The seeds differ too much, or are too few, to tell.
    Inconclusive,
}

/// A method's score less a baseline's, seed by seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The differences.
    pub gain: Summary,
    /// Where 95 % of the means of resampled differences lie (percentile bootstrap); none for a
    /// single seed.
    pub interval: Option<[f64; 2]>,
    /// The two-sided p-value of the paired t-test; none for a single seed.
    pub p_value: Option<f64>,
    /// Both together: a difference is believed if the test and the interval agree.
    pub verdict: Verdict,
}

impl Comparison {
    // ANCHOR: of
    /// Compares a method with a baseline on the same seeds. Larger scores are better.
    ///
    /// # Panics
    /// If the numbers of seeds differ.
    #[track_caller]
    pub fn of(method: &Summary, baseline: &Summary) -> Self {
        let gain = method.minus(baseline);
        let interval = bootstrap_interval(&gain.per_seed);
        let p_value = paired_t_test(&gain);
        let believed = p_value.is_some_and(|p| p < LEVEL);
        let verdict = match interval {
            Some([low, _]) if believed && low > 0.0 => Verdict::Helped,
            Some([_, high]) if believed && high < 0.0 => Verdict::Hurt,
            _ => Verdict::Inconclusive,
        };
        Comparison { gain, interval, p_value, verdict }
    }
    // ANCHOR_END: of
}

/// The 95 % percentile interval of the mean under resampling (Efron, 1979). The same values always
/// give the same interval.
pub fn bootstrap_interval(values: &[f64]) -> Option<[f64; 2]> {
    let n = values.len();
    if n < 2 {
        return None;
    }
    let mut rng = Rng::seed(0).fork("bootstrap");
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| (0..n).map(|_| values[rng.below(n)]).sum::<f64>() / n as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[(share * (RESAMPLES - 1) as f64).round() as usize];
    Some([at(LEVEL / 2.0), at(1.0 - LEVEL / 2.0)])
}

/// The two-sided p-value of the hypothesis that the differences have mean 0 (Student, 1908).
fn paired_t_test(differences: &Summary) -> Option<f64> {
    let n = differences.per_seed.len();
    if n < 2 {
        return None;
    }
    if differences.std == 0.0 {
        return Some(if differences.mean == 0.0 { 1.0 } else { 0.0 });
    }
    let t = differences.mean / (differences.std / (n as f64).sqrt());
    let freedom = (n - 1) as f64;
    Some(incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t)))
}

/// The regularised incomplete beta function I_x(a, b), by Lentz's continued fraction.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast on this side alone.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let scale = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln();
    let away_from_zero = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut c, mut d) = (1.0, 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..300 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = fraction;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            fraction *= c * d;
        }
        if (fraction - before).abs() < 1e-15 * fraction.abs() {
            break;
        }
    }
    scale.exp() * fraction / a
}

/// ln Γ(x) for x > 0 (Lanczos, 1964, with g = 7 and nine terms).
fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        let pi = std::f64::consts::PI;
        return (pi / (pi * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let base = x + 7.5;
    let sum = TERMS[1..].iter().zip(1..).fold(TERMS[0], |s, (t, i)| s + t / (x + f64::from(i)));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(values: &[f64]) -> Summary {
        Summary::of(values.to_vec())
    }

    #[test]
    fn the_test_agrees_with_tables_of_students_t() {
        // Critical values at 5 %, two-sided: 12.706 (1), 4.303 (2), 2.776 (4), 2.262 (9), 2.093 (19).
        for (freedom, t) in [(1.0, 12.706), (2.0, 4.303), (4.0, 2.776), (9.0, 2.262), (19.0, 2.093)]
        {
            let p = incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t));
            assert!((p - 0.05).abs() < 5e-5, "{freedom} degrees of freedom: {p}");
        }
        // Of 1, 2, 3, t is 2 √3; scipy.stats.ttest_rel gives 0.0741799.
        let p = paired_t_test(&summary(&[1.0, 2.0, 3.0])).unwrap();
        assert!((p - 0.074_179_9).abs() < 1e-6, "{p}");
    }

    #[test]
    fn the_interval_covers_the_mean_and_shrinks_with_the_spread() {
        let [low, high] = bootstrap_interval(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert!(low < 3.0 && 3.0 < high && low >= 1.0 && high <= 5.0, "{low} {high}");
        // The standard error of the resampled mean is √2 / √5 = 0.632: about ± 1.24.
        assert!((high - low - 2.0 * 1.24).abs() < 0.2, "{low} {high}");
        assert_eq!(bootstrap_interval(&[2.0, 2.0]), Some([2.0, 2.0]));
        assert_eq!(bootstrap_interval(&[2.0]), None);
    }

    #[test]
    fn verdicts() {
        let base = summary(&[0.5, 0.6, 0.55, 0.58, 0.52]);
        let shifted = |by: &[f64]| {
            summary(&base.per_seed.iter().zip(by).map(|(b, d)| b + d).collect::<Vec<_>>())
        };
        let verdict = |by: &[f64]| Comparison::of(&shifted(by), &base).verdict;
        assert_eq!(verdict(&[0.1, 0.12, 0.09, 0.11, 0.1]), Verdict::Helped);
        assert_eq!(verdict(&[-0.1, -0.12, -0.09, -0.11, -0.1]), Verdict::Hurt);
        assert_eq!(verdict(&[0.1, -0.12, 0.09, -0.11, 0.05]), Verdict::Inconclusive);
        // Without any spread the difference is certain; without any difference there is none.
        assert_eq!(verdict(&[0.0; 5]), Verdict::Inconclusive);
        let one = Comparison::of(&summary(&[0.9]), &summary(&[0.1]));
        assert_eq!((one.verdict, one.p_value, one.interval), (Verdict::Inconclusive, None, None));
    }
}
