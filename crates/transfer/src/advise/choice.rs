//! The method to try first, and the second choice.

use super::cautions::{ENOUGH, FEW, has_enough, has_few, is_far};
use super::{Case, Classes, Fit, Pair};

/// A method for two domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The method, as the table of cases names it.
    pub method: &'static str,
    /// Settings that belong to the proposal, each a flag and its value.
    pub settings: Vec<(&'static str, String)>,
    /// Why, in a sentence.
    pub reason: String,
    /// What the user has to bring first.
    pub needs: Vec<&'static str>,
}

const SOME_LABELS: &str = "a few labelled examples of the target";

fn proposal(method: &'static str, reason: impl Into<String>) -> Proposal {
    Proposal { method, settings: Vec::new(), reason: reason.into(), needs: Vec::new() }
}

impl Proposal {
    fn set(mut self, flag: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((flag, value.into()));
        self
    }

    fn need(mut self, what: &'static str) -> Self {
        self.needs.push(what);
        self
    }
}

/// The first and the second choice; none where no network takes both domains.
pub(super) fn of(pair: &Pair) -> Vec<Proposal> {
    if pair.fit == Fit::Never {
        return Vec::new();
    }
    // ANCHOR: of
    let (first, second) = match pair.case() {
        Case::Both => both(pair),
        Case::Source => source(pair),
        Case::Target => target(pair),
        Case::Neither => neither(pair),
    };
    // ANCHOR_END: of
    vec![first, second]
}

fn both(pair: &Pair) -> (Proposal, Proposal) {
    let multi_task = proposal(
        "multi-task",
        "one trunk is trained on both at once, so that neither domain is unlearnt for the other",
    );
    // A task of its own shape has no part in a common trunk.
    let together = pair.fit == Fit::Equal;
    let layers = proposal(
        "layer-transfer",
        "early layers serve other classes and domains too, and copied ones need no labels",
    );
    if has_enough(pair) {
        let first = proposal(
            "fine-tune",
            format!(
                "with {ENOUGH} labels or more of each class the target teaches itself; the baseline \
                 `scratch` of this run is that training, and the method shows what the source adds"
            ),
        );
        return (first.set("--baselines", "scratch"), if together { multi_task } else { layers });
    }
    let tune = proposal(
        "fine-tune",
        "a source model starts nearer to the target's task than random weights, and all of it may move",
    );
    if pair.classes() != Classes::Same {
        return (layers, tune);
    }
    match (has_few(pair), is_far(pair)) {
        (true, false) => {
            let first = proposal(
                "conservative",
                format!(
                    "the classes are the same and the domains near, but fewer than {FEW} labels of a \
                     class overfit a whole network unless it is held near the source's"
                ),
            );
            (first, tune)
        }
        _ => (tune, if together { multi_task } else { layers }),
    }
}

fn source(pair: &Pair) -> (Proposal, Proposal) {
    let few_labels = proposal(
        "self-taught",
        "features learnt from the source's inputs serve other classes, once some target examples have \
         labels",
    )
    .need(SOME_LABELS);
    let unseen = pair.unseen();
    let adversary = |reason: &str| proposal("domain-adversarial", reason);
    match pair.classes() {
        Classes::Same | Classes::Unknown => (
            adversary(
                "source labels train the classifier, and unlabelled target inputs draw the features \
                 of both domains together",
            ),
            adversary(
                "aligning the covariances of the features has no adversary that could collapse",
            )
            .set("--align", "coral"),
        ),
        Classes::Overlap { .. } if unseen.is_empty() => (
            adversary(
                "every class of the target is one of the source's; first leave out the source's \
                 other classes, or the target is drawn onto them too",
            )
            .need("a source without the classes that the target lacks"),
            few_labels,
        ),
        Classes::Overlap { .. } | Classes::Disjoint => (
            proposal(
                "zero-shot",
                "the target has classes without a labelled example: what is known of them, attributes \
                 or word vectors, has to stand in for it",
            )
            .set("--unseen", unseen.join(","))
            .need("signatures of the source's and the target's classes"),
            few_labels,
        ),
    }
}

fn target(pair: &Pair) -> (Proposal, Proposal) {
    let first = match has_enough(pair) {
        true => proposal(
            "self-taught",
            format!(
                "with {ENOUGH} labels or more of each class the target teaches itself; the baseline \
                 `raw` of this run is a classifier on the inputs as they are, and the method shows \
                 what the source adds"
            ),
        )
        .set("--baselines", "raw"),
        false => proposal(
            "self-taught",
            "the source has no labels to learn from, but features of its inputs leave less for the \
             target's labels to teach",
        ),
    };
    let second = proposal(
        "self-taught",
        "an autoencoder learns features of whole inputs, where the first choice's do not fit the data",
    );
    (first, second.set("--features", "denoising"))
}

fn neither(pair: &Pair) -> (Proposal, Proposal) {
    let groups = match pair.target.classes.len() {
        n if n > 1 => n,
        _ => 2,
    };
    let clusters = proposal(
        "self-taught-clustering",
        "without labels only groups can be found, and features that cluster the source as well make \
         those of the target surer",
    )
    .set("--clusters", groups.to_string());
    let few_labels = proposal(
        "self-taught",
        "a few target labels do more than any clustering: features are learnt from the source, a \
         classifier from the labels",
    )
    .need(SOME_LABELS);
    let counts = pair.source.countable && pair.target.countable && pair.fit == Fit::Equal;
    match counts {
        true => (clusters, few_labels),
        false => (
            few_labels,
            clusters
                .need("both domains as counts over one vocabulary, none negative, no empty row"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{domain, pair};
    use super::super::{Domain, FAR};
    use super::*;

    fn methods(pair: &Pair) -> Vec<&'static str> {
        pair.proposals().into_iter().map(|p| p.method).collect()
    }

    fn source_with(counts: &[usize]) -> Domain {
        domain("a b", Some(counts))
    }

    #[test]
    fn with_both_labelled_it_goes_by_labels_classes_and_distance() {
        let at = |target: &str, n, value| {
            methods(&pair(source_with(&[500, 500]), domain(target, Some(&[n, n])), value))
        };
        assert_eq!(at("a b", FEW - 1, 1.0), ["conservative", "fine-tune"]);
        assert_eq!(at("a b", FEW - 1, FAR), ["fine-tune", "multi-task"]);
        assert_eq!(at("a b", FEW, 1.0), ["fine-tune", "multi-task"]);
        assert_eq!(at("c d", FEW, 1.0), ["layer-transfer", "fine-tune"]);
        assert_eq!(at("c d", ENOUGH, 1.0), ["fine-tune", "multi-task"]);
        let converted = pair(source_with(&[500, 500]), domain("a b", Some(&[50, 50])), 1.0);
        let converted = Pair { fit: Fit::Converted, ..converted };
        assert_eq!(methods(&converted), ["fine-tune", "layer-transfer"]);
    }

    #[test]
    fn with_the_source_labelled_it_goes_by_the_classes() {
        let to = |target| pair(source_with(&[500, 500]), domain(target, None), 1.0);
        for target in ["a b", ""] {
            assert_eq!(methods(&to(target)), ["domain-adversarial", "domain-adversarial"]);
        }
        for (target, unseen) in [("b c", "c"), ("c d", "c,d")] {
            let [first, second] = &to(target).proposals()[..] else { panic!("two choices") };
            assert_eq!((first.method, second.method), ("zero-shot", "self-taught"));
            assert_eq!(first.settings, [("--unseen", unseen.to_owned())]);
            assert!(!first.needs.is_empty() && !second.needs.is_empty());
        }
        let three = pair(domain("a b c", Some(&[9, 9, 9])), domain("a b", None), 1.0);
        assert_eq!(methods(&three), ["domain-adversarial", "self-taught"]);
        assert!(three.proposals()[0].needs[0].contains("without the classes"));
    }

    #[test]
    fn without_source_labels_features_are_learnt_or_counts_clustered() {
        let target = pair(domain("", None), source_with(&[9, 9]), 1.0);
        assert_eq!(methods(&target), ["self-taught", "self-taught"]);
        let numbers = pair(domain("", None), domain("x y z", None), 1.0);
        assert_eq!(methods(&numbers), ["self-taught", "self-taught-clustering"]);
        let count = |d: &Domain| Domain { countable: true, ..d.clone() };
        let counts = pair(count(&numbers.source), count(&numbers.target), 1.0);
        assert_eq!(methods(&counts), ["self-taught-clustering", "self-taught"]);
        assert_eq!(counts.proposals()[0].settings, [("--clusters", "3".to_owned())]);
        assert!(methods(&Pair { fit: Fit::Never, ..counts }).is_empty());
    }
}
