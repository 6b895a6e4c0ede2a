//! Which settings to take, where no label of the target may be asked.
//!
//! A tenth of the source is held out ([`hold_out`]); each candidate trains on the rest and is judged
//! by a [`Criterion`], each in a file of its own. The target comes as [`Unlabelled`] throughout, so
//! none of them can read its labels: there are none in the type.
//!
//! **None of them is a proof.** Source risk cannot see that the domains differ; confident
//! predictions may be wrong; the reverse classifier may undo what the first one got wrong.

mod entropy;
mod reverse_validation;
mod source_risk;

pub use entropy::negative_information;
pub use reverse_validation::reverse_risk;
pub use source_risk::source_risk;

use super::DomainAdversarial;
use crate::fit::Observer;
use crate::model::Model;
use crate::{Normalizer, TransferError};
use datasets::{Dataset, Unlabelled};
use nn_layers::models::DannNet;
use serde::{Deserialize, Serialize};

/// The share of the source that is held out where nothing else is said.
pub const HOLD_OUT: f64 = 0.1;

/// What a candidate is judged by; smaller is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// The risk on held-out source of a classifier that learns the source from the target's
    /// predicted labels: [`reverse_risk`].
    ReverseValidation,
    /// How little the predictions on the target tell: [`negative_information`].
    Entropy,
    /// The risk on held-out source: [`source_risk`].
    SourceRisk,
}

impl Criterion {
    /// The value of a useless model, which no model exceeds.
    pub fn worst(self) -> f64 {
        match self {
            Criterion::ReverseValidation | Criterion::SourceRisk => 1.0,
            Criterion::Entropy => 0.0,
        }
    }
}

/// The data that candidates are trained and judged on.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The source that they train on.
    pub source: &'a Dataset,
    /// The source that they do not.
    pub held_out: &'a Dataset,
    /// The target, without labels.
    pub target: &'a Unlabelled,
}

/// What came of the candidates.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The criterion of each candidate in their order; none for one whose training diverged.
    pub values: Vec<Option<f64>>,
    /// The one with the smallest, the first of equals.
    pub chosen: usize,
    /// Its model.
    pub model: Model<DannNet>,
}

/// Divides the source, each class in the same proportion: what is trained on, and the share `of` it
/// that is held out.
///
/// # Errors
/// If it has no labels, or one of the parts would be empty.
pub fn hold_out(source: &Dataset, of: f64, seed: u64) -> Result<(Dataset, Dataset), TransferError> {
    Ok(source.split_stratified(1.0 - of, seed)?)
}

/// Trains every candidate, and takes the one that `criterion` likes best. `observer` makes who
/// watches a training, from the candidate's place and whether it is the reverse training.
///
/// Each candidate keeps the epoch and stops as its own settings say: with
/// [`validation`](DomainAdversarial::validation) on held-out data, if wanted.
///
/// # Errors
/// Those of [`DomainAdversarial::fit`], but that a candidate which diverges is passed over unless
/// all of them do.
///
/// # Panics
/// Without a candidate.
#[track_caller]
pub fn select(
    candidates: &[DomainAdversarial],
    criterion: Criterion,
    evidence: Evidence<'_>,
    observer: &mut dyn FnMut(usize, bool) -> Box<dyn Observer>,
) -> Result<Selection, TransferError> {
    assert!(!candidates.is_empty(), "a selection needs a candidate");
    let Evidence { source, held_out, target } = evidence;
    let (mut values, mut best, mut failure) = (Vec::new(), None, None);
    for (place, candidate) in candidates.iter().enumerate() {
        let judged =
            candidate.fit(source, target, &mut *observer(place, false)).and_then(|model| {
                let value = match criterion {
                    Criterion::ReverseValidation => {
                        reverse_risk(candidate, &model, evidence, &mut *observer(place, true))?
                    }
                    Criterion::Entropy => negative_information(&model.probabilities(target)?),
                    Criterion::SourceRisk => {
                        let inputs = source.without_labels();
                        let own = Normalizer::fit(candidate.training.normalize, &inputs);
                        let on_source = candidate.alignment.on_source(&model, &inputs, &own)?;
                        source_risk(&on_source, held_out)?
                    }
                };
                Ok((value, model))
            });
        match judged {
            Ok((value, model)) => {
                values.push(Some(value));
                if best.as_ref().is_none_or(|(least, _, _)| value < *least) {
                    best = Some((value, place, model));
                }
            }
            Err(e @ (TransferError::Diverged { .. } | TransferError::Overflowed { .. })) => {
                values.push(None);
                failure = Some(e);
            }
            Err(e) => return Err(e),
        }
    }
    match (best, failure) {
        (Some((_, chosen, model)), _) => Ok(Selection { values, chosen, model }),
        (None, Some(e)) => Err(e),
        (None, None) => unreachable!("every candidate is judged or has failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Progress;
    use datasets::synthetic;
    use nn_layers::models::dann_shallow;
    use tensor_autograd::Rng;

    fn choose(rates: &[f64], criterion: Criterion) -> Result<Selection, TransferError> {
        let source = synthetic::moons(200, 3);
        let target = synthetic::moons_rotated(200, 20.0, 4).without_labels();
        let (train, held_out) = hold_out(&source, 0.2, 0).unwrap();
        assert_eq!((train.len(), held_out.len()), (160, 40));
        let net = dann_shallow(2, 15, 2, &mut Rng::seed(0));
        let candidate = |&lr: &f64| {
            DomainAdversarial::new(net.clone()).lr(lr).lambda(0.1).batch_size(8).epochs(20)
        };
        let candidates: Vec<_> = rates.iter().map(candidate).collect();
        let evidence = Evidence { source: &train, held_out: &held_out, target: &target };
        select(&candidates, criterion, evidence, &mut |_, _| Box::new(Progress::silent()))
    }

    #[test]
    fn a_candidate_that_did_not_learn_is_not_taken() {
        for criterion in [Criterion::ReverseValidation, Criterion::Entropy, Criterion::SourceRisk] {
            let chosen = choose(&[1e-9, 0.2], criterion).unwrap();
            assert_eq!(chosen.chosen, 1, "{criterion:?}: {:?}", chosen.values);
            assert!(chosen.values.iter().flatten().all(|v| *v <= criterion.worst()));
        }
    }

    #[test]
    fn a_candidate_that_diverges_is_passed_over() {
        let lr = if cfg!(real_f64) { 1e308 } else { 1e38 };
        let chosen = choose(&[lr, 0.2], Criterion::SourceRisk).unwrap();
        assert_eq!((chosen.chosen, chosen.values[0]), (1, None));
        assert!(matches!(
            choose(&[lr], Criterion::SourceRisk),
            Err(TransferError::Diverged { .. } | TransferError::Overflowed { .. })
        ));
    }

    #[test]
    fn of_equals_the_first_is_taken() {
        assert_eq!(choose(&[0.1, 0.1], Criterion::Entropy).unwrap().chosen, 0);
    }
}
