//! Conservative training: fine-tuning that must stay near the source model.
//!
//! *Source labelled, target labelled, and so little of it that a free network would learn it by
//! heart.* The new model is held back in its weights ([`L2Sp`], [`Ewc`]), in its outputs
//! ([`Distillation`]), by early stopping, by a smaller learning rate, or by any of them together.
//!
//! **When it hurts.** With plenty of target data the hold keeps the model from what it could learn:
//! compare with [`FineTune`], which is this method without any hold.

mod anchor;
mod fisher;

pub use anchor::{Distillation, Ewc, L2Sp};
pub use fisher::Fisher;

use crate::error::setting;
use crate::fit::Observer;
use crate::model::Model;
use crate::network::Network;
use crate::prefix::Prefix;
use crate::{FineTune, TransferError};
pub(crate) use anchor::Holds;
use anchor::{Anchor, Teacher};
use datasets::Dataset;

/// Trains a source model further on few labelled target examples, and holds it near its start.
///
/// Without any hold it is [`FineTune`], bit for bit.
#[derive(Clone, Debug)]
pub struct Conservative<N> {
    tuning: FineTune<N>,
    l2_sp: Option<L2Sp>,
    distillation: Option<Distillation>,
    ewc: Option<Ewc>,
}

impl<N: Network> Conservative<N> {
    /// Holds back what `tuning` does; its settings (rate, passes, validation data and patience) are
    /// kept.
    pub fn new(tuning: FineTune<N>) -> Self {
        Conservative { tuning, l2_sp: None, distillation: None, ewc: None }
    }

    /// Holds the weights near the source model's.
    pub fn l2_sp(mut self, hold: L2Sp) -> Self {
        self.l2_sp = Some(hold);
        self
    }

    /// Holds the outputs near the source model's.
    pub fn distillation(mut self, hold: Distillation) -> Self {
        self.distillation = Some(hold);
        self
    }

    /// Holds the weights that mattered to the source near the source model's.
    pub fn ewc(mut self, hold: Ewc) -> Self {
        self.ewc = Some(hold);
        self
    }

    /// Trains on `target`.
    ///
    /// # Errors
    /// As for [`FineTune::fit`]; if a hold's setting is out of range, if weight decay, which pulls to
    /// zero, stands beside [`L2Sp`], which pulls to the start, or if outputs are to be held although
    /// the source has other classes: a new head has no word of the source's to be held to.
    pub fn fit(
        &self,
        target: &Dataset,
        observer: &mut dyn Observer,
    ) -> Result<Model<N>, TransferError> {
        let (source, training) = (self.tuning.source(), self.tuning.shared_settings());
        let mut holds = Holds { anchors: Vec::new(), teacher: None };
        if let Some(L2Sp { alpha, beta, fresh }) = &self.l2_sp {
            for (name, value) in [("alpha", *alpha), ("beta", *beta)] {
                setting(name, value, value >= 0.0 && value.is_finite(), "0 or positive")?;
            }
            let alone = training.weight_decay == 0.0;
            setting(
                "weight_decay",
                training.weight_decay,
                alone,
                "0 beside L2-SP, which has beta",
            )?;
            holds.anchors.push(Anchor::l2_sp(&source.net, *alpha, *beta, fresh));
        }
        if let Some(Ewc { lambda, fisher }) = &self.ewc {
            let in_range = *lambda >= 0.0 && lambda.is_finite();
            setting("ewc_lambda", lambda, in_range, "0 or positive")?;
            holds.anchors.push(Anchor::ewc(&source.net, *lambda, fisher)?);
        }
        if let Some(Distillation { rho }) = self.distillation {
            setting("rho", rho, (0.0..=1.0).contains(&rho), "in [0, 1]")?;
            if rho > 0.0 && source.classes != target.classes() {
                return Err(TransferError::Mismatch {
                    what: "outputs can be held only where the classes are the same",
                    left: format!("the source's {}", named(&source.classes)),
                    right: format!("{}, {}", target.name(), named(target.classes())),
                    remedy: "hold the weights instead, by L2-SP or EWC",
                });
            }
            if rho > 0.0 {
                let fixed = (!training.flip).then_some(target.len());
                holds.teacher = Some(Teacher::new(&source.net, Prefix::of(fixed), rho));
            }
        }
        let words = format!("{:?} {:?} {:?}", self.l2_sp, self.distillation, self.ewc);
        self.tuning.fit_held(&words, holds, target, observer)
    }
}

/// How many classes, and the names of the first.
fn named(classes: &[String]) -> String {
    let shown = &classes[..classes.len().min(12)];
    let more = if classes.len() > shown.len() { ", ..." } else { "" };
    format!("{} classes ({}{more})", classes.len(), shown.join(", "))
}

#[cfg(test)]
mod tests;
