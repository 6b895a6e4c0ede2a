//! What holds a model near another one: terms of the loss.

use super::Fisher;
use crate::TransferError;
use crate::network::Network;
use crate::prefix::Prefix;
use std::collections::BTreeMap;
use tensor_autograd::{Module, Pattern, Real, Tape, Targets, Tensor, Var, eval};

/// **½ α ‖w - w₀‖² over the weights that the source model had + ½ β ‖w‖² over fresh ones**, sums
/// over the weights, never means: a wider layer does not change what α means (Li et al., *Explicit
/// Inductive Bias for Transfer Learning*, 2018). It takes the place of weight decay.
#[derive(Clone, Debug, PartialEq)]
pub struct L2Sp {
    /// The pull to the start; 0 or positive. The paper tries 1, 0.1, 0.01 and 0.001.
    pub alpha: f64,
    /// The pull of fresh weights to zero; 0 or positive.
    pub beta: f64,
    /// A pattern of the weights that are fresh, such as a new head; empty for none.
    pub fresh: String,
}

impl Default for L2Sp {
    fn default() -> Self {
        L2Sp { alpha: 0.1, beta: 0.01, fresh: String::new() }
    }
}

/// **(1 - ρ) CE(labels) + ρ CE(the source model's probabilities)** on the target's inputs, which is
/// the cross-entropy against the mixed target (Yu et al., *KL-divergence regularized deep neural
/// network adaptation*, 2013). It takes a source of the target's own classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distillation {
    /// The share of the source model's word, in [0, 1].
    pub rho: f64,
}

/// **½ λ Σ F (w - w₀)²**: each weight is held as firmly as the source's Fisher information says it
/// mattered there (Kirkpatrick et al., *Overcoming catastrophic forgetting*, 2017).
#[derive(Clone, Debug, PartialEq)]
pub struct Ewc {
    /// The firmness; 0 or positive.
    pub lambda: f64,
    /// What mattered to the source.
    pub fisher: Fisher,
}

/// Every hold of a run.
pub(crate) struct Holds<N> {
    pub(super) anchors: Vec<Anchor>,
    pub(super) teacher: Option<Teacher<N>>,
}

/// The source model, whose word is mixed with the labels.
pub(crate) struct Teacher<N> {
    net: N,
    prefix: Prefix,
    /// The share of its word.
    rho: f64,
}

impl<N: Network> Teacher<N> {
    /// `net` as it is now; `prefix` is of the examples that it is asked about.
    pub(super) fn new(net: &N, prefix: Prefix, rho: f64) -> Self {
        let mut net = net.clone();
        net.freeze("*");
        Teacher { net, prefix, rho }
    }
}

/// A quadratic pull of named weights.
pub(crate) struct Anchor(BTreeMap<String, Pull>);

/// **½ strength Σ importance (w - centre)²**; an importance of 1 and a centre of 0 where none is
/// given.
struct Pull {
    strength: Real,
    centre: Option<Tensor>,
    importance: Option<Tensor>,
}

impl Anchor {
    /// L2-SP about the values that `start` has now; they are copied.
    pub(super) fn l2_sp(start: &impl Module, alpha: f64, beta: f64, fresh: &str) -> Self {
        let fresh = Pattern::new(fresh);
        let params = start.named_params().into_iter().filter(|(_, p)| p.trainable());
        let pulls = params.map(|(name, param)| {
            let (strength, centre) = match fresh.matches(&name) {
                true => (beta, None),
                false => (alpha, Some(param.value.clone())),
            };
            (name, Pull { strength: strength as Real, centre, importance: None })
        });
        Anchor(pulls.filter(|(_, pull)| pull.strength > 0.0).collect())
    }

    /// EWC about the values that `start` has now.
    pub(super) fn ewc(
        start: &impl Module,
        lambda: f64,
        fisher: &Fisher,
    ) -> Result<Self, TransferError> {
        let mut pulls = BTreeMap::new();
        for (name, param) in start.named_params() {
            let Some(importance) = fisher.of(&name) else { continue };
            if importance.shape() != param.shape() {
                return Err(TransferError::Mismatch {
                    what: "the Fisher information is that of another network",
                    left: format!("`{name}` {}", param.shape()),
                    right: importance.shape().to_string(),
                    remedy: "measure it on the model that training starts from",
                });
            }
            if lambda > 0.0 {
                let (strength, centre) = (lambda as Real, Some(param.value.clone()));
                let importance = Some(importance.clone());
                pulls.insert(name, Pull { strength, centre, importance });
            }
        }
        Ok(Anchor(pulls))
    }

    // ANCHOR: penalty
    /// The pull on the weights of `net`; nothing where no weight is held.
    pub(super) fn penalty<'t>(&self, tape: &'t Tape, net: &impl Module) -> Option<Var<'t>> {
        let params = net.named_params();
        let held = params.iter().filter(|(_, p)| p.trainable());
        let terms = held.filter_map(|(name, param)| {
            let Pull { strength, centre, importance } = self.0.get(name)?;
            let w = tape.param(param);
            let away = centre.as_ref().map_or(w, |c| w - tape.constant(c));
            let square = away * away;
            let weighed = importance.as_ref().map_or(square, |f| square * tape.constant(f));
            Some(weighed.sum(..) * (0.5 * strength))
        });
        terms.reduce(|a, b| a + b)
    }
    // ANCHOR_END: penalty
}

impl<N: Network> Holds<N> {
    /// Whether they look at the inputs of every example.
    pub(crate) fn see_inputs(&self) -> bool {
        self.teacher.is_some()
    }

    /// What the teacher says of the examples `rows`: probabilities `[rows, classes]`.
    pub(crate) fn word(
        &mut self,
        rows: &[usize],
        inputs: impl Fn(&[usize]) -> Tensor,
    ) -> Option<Tensor> {
        let Teacher { net, prefix, .. } = self.teacher.as_mut()?;
        let x = prefix.run(net, rows, inputs);
        Some(eval(|t| prefix.rest(net, t.constant(x)).softmax(1).value()))
    }

    /// The loss on a batch: that of the labels, mixed with the teacher's `word`, and every pull.
    pub(crate) fn loss<'t>(
        &self,
        tape: &'t Tape,
        net: &N,
        logits: Var<'t>,
        labels: &[usize],
        word: Option<Tensor>,
    ) -> Var<'t> {
        let of_labels = logits.cross_entropy(labels);
        // ANCHOR: loss
        let task = match self.teacher.as_ref().zip(word) {
            None => of_labels,
            Some((Teacher { rho, .. }, word)) => {
                let word = Targets::Probabilities(tape.constant(word));
                let of_word = logits.cross_entropy_with(word, Default::default());
                of_labels * (1.0 - rho) as Real + of_word * *rho as Real
            }
        };
        let pulls = self.anchors.iter().filter_map(|anchor| anchor.penalty(tape, net));
        pulls.fold(task, |loss, pull| loss + pull)
        // ANCHOR_END: loss
    }
}
