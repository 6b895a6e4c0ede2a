//! Judging: accuracy by class, and what happens when seen classes are candidates too.
//!
//! A model that was trained on the seen classes prefers them. *Calibrated stacking* (Chao,
//! Changpinyo, Gong and Sha, ECCV 2016) subtracts γ from their scores; the curve over all γ and the
//! area under it (AUSUC) say how well seen and unseen can be served together.

use super::matrix::Mat;

/// The mean over the classes that occur of each one's accuracy; 0 without samples. A class with many
/// samples counts no more than one with few.
///
/// # Panics
/// If there are not as many predictions as labels.
#[track_caller]
pub fn class_accuracy(labels: &[usize], predicted: &[usize]) -> f64 {
    assert_eq!(labels.len(), predicted.len(), "class_accuracy: labels and predictions");
    let classes = labels.iter().max().map_or(0, |m| m + 1);
    let mut counts = vec![(0_usize, 0_usize); classes];
    for (&label, &found) in labels.iter().zip(predicted) {
        counts[label].0 += usize::from(label == found);
        counts[label].1 += 1;
    }
    let shares: Vec<f64> =
        counts.iter().filter(|c| c.1 > 0).map(|c| c.0 as f64 / c.1 as f64).collect();
    shares.iter().sum::<f64>() / shares.len().max(1) as f64
}

/// **H = 2 S U / (S + U)**; 0 if both are.
pub fn harmonic_mean(seen: f64, unseen: f64) -> f64 {
    if seen + unseen > 0.0 { 2.0 * seen * unseen / (seen + unseen) } else { 0.0 }
}

/// One point of the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// What is subtracted from the scores of seen classes.
    pub gamma: f64,
    /// Accuracy by class on samples of seen classes.
    pub seen: f64,
    /// Accuracy by class on samples of unseen classes.
    pub unseen: f64,
}

impl Point {
    /// The harmonic mean of the two.
    pub fn harmonic(&self) -> f64 {
        harmonic_mean(self.seen, self.unseen)
    }
}

/// Every point that some γ reaches, from γ = -∞, where each sample is given to a seen class, to
/// +∞, where each is given to an unseen one.
///
/// # Shapes
/// `scores` are `[n, classes]`, `is_seen` says which of the classes are seen; a label is a column.
///
/// # Panics
/// If the sizes do not fit, or no class is seen or none unseen.
#[track_caller]
pub fn curve(scores: &Mat<f64>, labels: &[usize], is_seen: &[bool]) -> Vec<Point> {
    assert_eq!(scores.nrows(), labels.len(), "curve: scores and labels");
    assert_eq!(scores.ncols(), is_seen.len(), "curve: scores and classes");
    let best = |i: usize, seen: bool| {
        let candidates = (0..is_seen.len()).filter(|&c| is_seen[c] == seen);
        let better = |a: usize, b: usize| if scores[(i, b)] > scores[(i, a)] { b } else { a };
        candidates.reduce(better).expect("a seen and an unseen class")
    };
    let mut counts = vec![0_usize; is_seen.len()];
    labels.iter().for_each(|&label| counts[label] += 1);
    let present = |seen| (0..counts.len()).filter(|&c| is_seen[c] == seen && counts[c] > 0).count();
    let (seen_classes, unseen_classes) = (present(true), present(false));
    // What one right sample adds to the accuracy by class.
    let share = |label: usize| {
        let classes = if is_seen[label] { seen_classes } else { unseen_classes };
        1.0 / (counts[label] * classes) as f64
    };
    let mut point = Point { gamma: f64::NEG_INFINITY, seen: 0.0, unseen: 0.0 };
    // A sample goes over to its best unseen class at the γ that makes up for its lead.
    let mut turns: Vec<(f64, f64, f64)> = Vec::with_capacity(labels.len());
    for (i, &label) in labels.iter().enumerate() {
        let (seen, unseen) = (best(i, true), best(i, false));
        let lost = if seen == label { share(label) } else { 0.0 };
        let won = if unseen == label { share(label) } else { 0.0 };
        point.seen += lost;
        turns.push((scores[(i, seen)] - scores[(i, unseen)], lost, won));
    }
    turns.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut points = vec![point];
    for (i, &(lead, lost, won)) in turns.iter().enumerate() {
        point.seen -= lost;
        point.unseen += won;
        match turns.get(i + 1) {
            Some(next) if next.0 == lead => continue,
            // Halfway to the next turn, so that rounding cannot change who has turned.
            Some(next) => point.gamma = 0.5 * (lead + next.0),
            None => point.gamma = f64::INFINITY,
        }
        points.push(Point { seen: point.seen.max(0.0), ..point });
    }
    points
}

/// The area under the curve of the seen accuracy over the unseen one.
pub fn ausuc(curve: &[Point]) -> f64 {
    let strip = |p: &[Point]| (p[1].unseen - p[0].unseen) * 0.5 * (p[0].seen + p[1].seen);
    curve.windows(2).map(strip).sum()
}

/// The point with the largest harmonic mean, the first of equals.
///
/// # Panics
/// If the curve is empty.
#[track_caller]
pub fn best(curve: &[Point]) -> Point {
    let better = |a: Point, b: Point| if b.harmonic() > a.harmonic() { b } else { a };
    curve.iter().copied().reduce(better).expect("a curve has points")
}

/// The scores with γ subtracted from those of seen classes.
pub fn calibrated(scores: &Mat<f64>, is_seen: &[bool], gamma: f64) -> Mat<f64> {
    Mat::from_fn(scores.nrows(), scores.ncols(), |i, c| {
        scores[(i, c)] - if is_seen[c] { gamma } else { 0.0 }
    })
}

#[cfg(test)]
mod tests {
    use super::super::matrix::{argmax_rows, normal};
    use super::*;
    use tensor_autograd::Rng;

    #[test]
    fn harmonic_means_known_by_heart() {
        assert_eq!(harmonic_mean(0.5, 0.5), 0.5);
        assert_eq!(harmonic_mean(0.9, 0.0), 0.0);
        assert_eq!(harmonic_mean(0.0, 0.0), 0.0);
        // ESZSL on AWA1 in Xian et al. 2018: u 6.6, s 75.6, H 12.1.
        assert!((harmonic_mean(75.6, 6.6) - 12.1).abs() < 0.05);
    }

    #[test]
    fn a_large_class_counts_no_more_than_a_small_one() {
        let labels = [0, 0, 0, 0, 0, 0, 0, 0, 2, 2];
        assert_eq!(class_accuracy(&labels, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 0.5);
        assert_eq!(class_accuracy(&[], &[]), 0.0);
    }

    fn random() -> (Mat<f64>, Vec<usize>, [bool; 5]) {
        let scores = normal(60, 5, &mut Rng::seed(8));
        let labels: Vec<usize> = (0..60).map(|i| (i * 7) % 5).collect();
        (scores, labels, [true, false, true, true, false])
    }

    fn measured(scores: &Mat<f64>, labels: &[usize], is_seen: &[bool], gamma: f64) -> (f64, f64) {
        let found = argmax_rows(&calibrated(scores, is_seen, gamma));
        let of = |seen: bool| {
            let rows: Vec<usize> =
                (0..labels.len()).filter(|&i| is_seen[labels[i]] == seen).collect();
            let pick = |all: &[usize]| rows.iter().map(|&i| all[i]).collect::<Vec<_>>();
            class_accuracy(&pick(labels), &pick(&found))
        };
        (of(true), of(false))
    }

    #[test]
    fn the_curve_is_what_each_gamma_gives() {
        let (scores, labels, is_seen) = random();
        let points = curve(&scores, &labels, &is_seen);
        for p in &points[1..points.len() - 1] {
            let (seen, unseen) = measured(&scores, &labels, &is_seen, p.gamma);
            assert!((p.seen - seen).abs() < 1e-12 && (p.unseen - unseen).abs() < 1e-12);
        }
        assert!(points.iter().all(|p| p.harmonic() <= best(&points).harmonic()));
    }

    #[test]
    fn at_the_ends_the_other_half_is_lost() {
        let (scores, labels, is_seen) = random();
        let points = curve(&scores, &labels, &is_seen);
        let (first, last) = (points[0], points[points.len() - 1]);
        let (seen, none) = measured(&scores, &labels, &is_seen, -1e9);
        assert!(none == 0.0 && first.unseen == 0.0 && (first.seen - seen).abs() < 1e-12);
        let (none, unseen) = measured(&scores, &labels, &is_seen, 1e9);
        assert!(none == 0.0 && last.seen < 1e-12 && (last.unseen - unseen).abs() < 1e-12);
    }

    #[test]
    fn the_area_is_one_for_a_model_that_is_never_wrong() {
        let labels = [0, 1, 0, 1];
        let right = Mat::from_fn(4, 2, |i, c| f64::from(u8::from(labels[i] == c)));
        assert!((ausuc(&curve(&right, &labels, &[true, false])) - 1.0).abs() < 1e-12);
        // One that knows nothing of seen against unseen: the triangle.
        let same = Mat::from_fn(4, 2, |_, _| 0.0);
        assert!((ausuc(&curve(&same, &labels, &[true, false])) - 0.5).abs() < 1e-12);
    }
}
