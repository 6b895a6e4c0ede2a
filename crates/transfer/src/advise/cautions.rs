//! When transfer is likely to hurt, or to add nothing.

use super::{Case, Classes, Domain, Fit, Pair};

/// Labels of each target class from which the source adds little. Fine-tuned from 2000 generated
/// digits to textured ones, two seeds, the gain over training from scratch was 20 points with 5
/// labels of a class, 8 with 20, 3 with 100 and under 1 with 200.
pub const ENOUGH: usize = 200;
/// Fewer target labels of a class than this are few.
pub const FEW: usize = 20;
/// Proxy A-distances from here on are near 2, where a linear classifier is right on 95 % of the rows.
pub const FAR: f64 = 1.8;
/// Proportions of the classes that differ by more than this, beyond chance, differ strongly.
pub const STRONG: f64 = 0.25;
/// Fewer samples than this are a tiny source.
pub const TINY: usize = 100;
/// And so is one with fewer examples of a class than this on average, where it is labelled.
pub const TINY_CLASS: usize = 10;

/// A reason for doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caution {
    /// The rule, for programs.
    pub kind: &'static str,
    /// What was found, the rule's number, and what to do.
    pub text: String,
}

/// Every rule that applies, in a fixed order.
pub(super) fn of(pair: &Pair) -> Vec<Caution> {
    let mut all = Vec::new();
    let mut say = |kind, text: Option<String>| all.extend(text.map(|text| Caution { kind, text }));
    say("shapes", shapes(pair));
    say("one_class", one_class("source", &pair.source));
    say("one_class", one_class("target", &pair.target));
    say("enough_labels", enough(pair));
    say("far_and_few", far_and_few(pair));
    say("other_classes", other_classes(pair));
    say("class_order", order(pair));
    say("proportions", proportions(pair));
    say("tiny_source", tiny(&pair.source));
    all
}

fn shapes(pair: &Pair) -> Option<String> {
    (pair.fit == Fit::Never).then(|| {
        "the samples have shapes that no network takes together, so no method can use this source: \
         describe both by the same features"
            .into()
    })
}

fn one_class(side: &str, domain: &Domain) -> Option<String> {
    (domain.present() == 1).then(|| {
        format!(
            "the labels of the {side} are of one class only, which tells nothing apart; it counts as \
             unlabelled here"
        )
    })
}

/// Whether every target class that has labels has at least [`ENOUGH`].
pub(super) fn has_enough(pair: &Pair) -> bool {
    pair.target.labelled() && pair.target.rarest().is_some_and(|n| n >= ENOUGH)
}

/// Whether the rarest target class has fewer labels than [`FEW`].
pub(super) fn has_few(pair: &Pair) -> bool {
    pair.target.labelled() && pair.target.rarest().is_some_and(|n| n < FEW)
}

/// Whether the distance was measured and is at least [`FAR`].
pub(super) fn is_far(pair: &Pair) -> bool {
    pair.distance.value().is_some_and(|value| value >= FAR)
}

fn enough(pair: &Pair) -> Option<String> {
    let rarest = pair.target.rarest()?;
    has_enough(pair).then(|| {
        format!(
            "the target has at least {rarest} labels of each class; from {ENOUGH} on a source adds \
             little, and training on the target alone is the bar to pass"
        )
    })
}

fn far_and_few(pair: &Pair) -> Option<String> {
    let (rarest, value) = (pair.target.rarest()?, pair.distance.value()?);
    (has_few(pair) && is_far(pair)).then(|| {
        format!(
            "the domains lie far apart (A-distance {value:.2}, near 2 from {FAR}) and the target has \
             only {rarest} labels of its rarest class (few below {FEW}): too few to unlearn a wrong \
             start, so compare with training on the target alone"
        )
    })
}

fn other_classes(pair: &Pair) -> Option<String> {
    (pair.case() == Case::Source && pair.classes().differ()).then(|| {
        "the classes differ: domain-adversarial training would draw the target's samples onto classes \
         that they are not of"
            .into()
    })
}

fn order(pair: &Pair) -> Option<String> {
    let (s, t) = (&pair.source.classes, &pair.target.classes);
    let another = s != t && s.iter().all(|name| t.contains(name));
    (pair.classes() == Classes::Same && another).then(|| {
        "the same classes stand in another order, and methods go by the order: bring it to one"
            .into()
    })
}

fn proportions(pair: &Pair) -> Option<String> {
    let (s, t) = (pair.source.counts.as_ref()?, pair.target.counts.as_ref()?);
    let shared = pair.classes() == Classes::Same && order(pair).is_none();
    if pair.case() != Case::Both || !shared {
        return None;
    }
    let (difference, chance) = variation(s, t);
    (difference > STRONG + chance).then(|| {
        format!(
            "the classes have other proportions in the target: {:.0} % of the samples would have to \
             change class, {:.0} % by chance alone (strong from {:.0} % more). Aligning whole domains \
             mixes classes then; weigh or draw the source like the target",
            100.0 * difference,
            100.0 * chance,
            100.0 * STRONG
        )
    })
}

/// The total variation **½ Σ |p - q|** of the proportions, and what two draws of these sizes from
/// the pooled proportions r are expected to have, about **½ Σ √(2 r (1 - r) (1/n + 1/m) / π)**.
fn variation(source: &[usize], target: &[usize]) -> (f64, f64) {
    let total = |counts: &[usize]| counts.iter().sum::<usize>() as f64;
    let (n, m) = (total(source), total(target));
    let (mut difference, mut chance) = (0.0, 0.0);
    for (&s, &t) in source.iter().zip(target) {
        let r = (s + t) as f64 / (n + m);
        difference += 0.5 * (s as f64 / n - t as f64 / m).abs();
        let variance = r * (1.0 - r) * (1.0 / n + 1.0 / m);
        chance += 0.5 * (2.0 * variance / std::f64::consts::PI).sqrt();
    }
    (difference, chance)
}

fn tiny(source: &Domain) -> Option<String> {
    let classes = source.present();
    if source.samples < TINY {
        return Some(format!(
            "the source is tiny: {} samples, less than {TINY}; what it teaches is mostly chance",
            source.samples
        ));
    }
    (classes > 1 && source.samples < TINY_CLASS * classes).then(|| {
        format!(
            "the source is tiny: {} samples of {classes} classes, less than {TINY_CLASS} of each; what \
             it teaches is mostly chance",
            source.samples
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{domain, pair};
    use super::*;

    fn kinds(pair: &Pair) -> Vec<&'static str> {
        pair.cautions().into_iter().map(|c| c.kind).collect()
    }

    #[test]
    fn many_labels_make_the_source_needless_and_few_far_ones_make_it_risky() {
        let at = |n, value| {
            let source = domain("a b", Some(&[500, 500]));
            kinds(&pair(source, domain("a b", Some(&[n, n])), value))
        };
        assert_eq!(at(ENOUGH, 1.0), ["enough_labels"]);
        assert_eq!(at(ENOUGH - 1, 1.0), [""; 0]);
        assert_eq!(at(FEW - 1, FAR), ["far_and_few"]);
        assert_eq!(at(FEW, FAR), [""; 0]);
        assert_eq!(at(FEW - 1, 1.79), [""; 0]);
    }

    #[test]
    fn other_classes_matter_where_the_target_has_no_labels() {
        let source = domain("a b", Some(&[500, 500]));
        let to = |target| kinds(&pair(source.clone(), target, 1.0));
        assert_eq!(to(domain("b c", None)), ["other_classes"]);
        assert_eq!(to(domain("b c", Some(&[50, 50]))), [""; 0]);
        assert_eq!(to(domain("b a", None)), ["class_order"]);
        assert_eq!(to(domain("", None)), [""; 0]);
    }

    #[test]
    fn proportions_differ_strongly_only_beyond_chance() {
        // 0.9 and 0.1 against a half: 0.4 would have to change class.
        let (difference, chance) = variation(&[900, 100], &[500, 500]);
        assert!((difference - 0.4).abs() < 1e-12);
        // r = 0.7: sqrt(2 * 0.21 * 0.002 / pi) for both classes, halved and added.
        assert!((chance - 0.016_352).abs() < 1e-6, "{chance}");
        let to = |counts: &[usize]| {
            let source = domain("a b", Some(&[900, 100]));
            kinds(&pair(source, domain("a b", Some(counts)), 1.0))
        };
        assert_eq!(to(&[50, 50]), ["proportions"]);
        assert_eq!(to(&[70, 30]), [""; 0]);
        // Two samples: 0.4 again, but chance has 0.17 of it.
        assert_eq!(to(&[1, 1]), [""; 0]);
    }

    #[test]
    fn a_tiny_source_one_class_and_shapes_are_said() {
        let target = || domain("a b", Some(&[50, 50]));
        let tiny = pair(domain("a b", Some(&[49, 50])), target(), 1.0);
        assert_eq!(kinds(&tiny), ["tiny_source"]);
        let enough = pair(domain("a b", Some(&[50, 50])), target(), 1.0);
        assert_eq!(kinds(&enough), [""; 0]);
        let one = pair(domain("a b", Some(&[500, 0])), target(), 1.0);
        assert_eq!(kinds(&one), ["one_class"]);
        assert_eq!(kinds(&Pair { fit: Fit::Never, ..enough }), ["shapes"]);
    }
}
