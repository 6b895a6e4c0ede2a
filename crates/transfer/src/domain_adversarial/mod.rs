//! Domain-adversarial training of neural networks (DANN; Ganin et al., JMLR 2016).
//!
//! *Source labelled, target unlabelled.* The features must serve the labels and hide the domain,
//! so that a label predictor trained on the source works on the target.
//!
//! * [`parts`]: the objective; [`schedules`]: λ and the learning rate over the run.
//! * [`DomainAdversarial`]: the estimator.
//!
//! **When it hurts.** Features that hide the domain also hide a difference in label proportions:
//! where the classes are mixed otherwise in the target, error on source plus error on target has a
//! lower bound above zero (Zhao et al., 2019), and training on the source alone may do better.

mod objective;
pub mod parts;
pub mod schedules;

use crate::batches::{Labelled, Stream};
use crate::error::setting;
use crate::fit::{Observer, fit};
use crate::input::Normalizer;
use crate::model::Model;
use crate::supervised::same_classes;
use crate::training::training_methods;
use crate::{Training, TransferError};
use datasets::{Dataset, Unlabelled};
use nn_layers::models::DannNet;
use objective::Adversarial;

/// Trains a [`DannNet`] on labelled source and unlabelled target data.
///
/// The settings are the paper's: half-and-half batches of 64 + 64, SGD with momentum 0.9, a
/// learning rate from 0.01 on the paper's schedules. Two are not: λ goes up to ½, and of each domain
/// not only the mean is subtracted but the deviation divided out. The objective sums the mean over
/// the source and the mean over the target, so that λ = ½ weighs a sample of the domain loss as the
/// average over a whole batch does. Both were chosen on generated digits, where λ = 1 makes short
/// runs collapse. The network of the last step is kept: no target label, and no other criterion,
/// chooses.
///
/// ```no_run
/// # use transfer::{DomainAdversarial, fit::Progress};
/// # use tensor_autograd::Rng;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let source = datasets::load(&"synthetic:digits".parse()?)?.grey_to_rgb()?;
/// let target = datasets::load(&"synthetic:digits-textured".parse()?)?;
/// let net = nn_layers::models::dann_mnist([3, 28, 28], 10, &mut Rng::seed(0));
/// let dann = DomainAdversarial::new(net).epochs(20).seed(0);
/// let model = dann.fit(&source, &target.without_labels(), &mut Progress::bar())?;
/// println!("{:.1} %", 100.0 * model.accuracy(&target)?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DomainAdversarial {
    net: DannNet,
    training: Training,
    lambda: f64,
    lambda_schedule: LambdaSchedule,
    lambda_on_domain_head: bool,
}

/// How λ comes to its full value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LambdaSchedule {
    /// From 0, as [`schedules::lambda`] has it.
    #[default]
    Ramp,
    /// At once.
    Constant,
}

impl DomainAdversarial {
    /// λ at full value, where nothing else is said.
    pub const LAMBDA: f64 = 0.5;

    /// Trains `net`, from the values it has.
    pub fn new(net: DannNet) -> Self {
        DomainAdversarial {
            net,
            training: Training::default(),
            lambda: Self::LAMBDA,
            lambda_schedule: LambdaSchedule::Ramp,
            lambda_on_domain_head: false,
        }
    }

    training_methods!();

    /// λ at full value; 0 or positive. At 0 the weights of features and label predictor come out bit
    /// for bit as from [`Supervised`](crate::Supervised) training on the source; running statistics
    /// of a normalisation do not, for both domains move them.
    pub fn lambda(mut self, lambda: f64) -> Self {
        self.lambda = lambda;
        self
    }

    /// How λ comes to its full value.
    pub fn lambda_schedule(mut self, schedule: LambdaSchedule) -> Self {
        self.lambda_schedule = schedule;
        self
    }

    /// Whether λ scales the domain classifier's own gradient too, as in Algorithm 1 of the paper,
    /// the shallow network. Otherwise it learns with factor 1.
    pub fn lambda_on_domain_head(mut self, on: bool) -> Self {
        self.lambda_on_domain_head = on;
        self
    }

    /// Trains on `source` with its labels and `target` without any. The model it gives serves the
    /// target; [`Model::with_normalizer`] with the source's [`Normalizer`] makes it serve the
    /// source.
    ///
    /// Its history has, beside `loss` and the source's `accuracy`: `label_loss`, `domain_loss`,
    /// `domain_accuracy`, `domain_grad_norm` and `lambda`.
    ///
    /// # Errors
    /// If a setting is out of range, the source has no labels, the domains' shapes differ, training
    /// diverges, or the observer interrupts it.
    pub fn fit(
        &self,
        source: &Dataset,
        target: &Unlabelled,
        observer: &mut dyn Observer,
    ) -> Result<Model<DannNet>, TransferError> {
        let in_range = self.lambda >= 0.0 && self.lambda.is_finite();
        setting("lambda", self.lambda, in_range, "0 or positive")?;
        if source.sample_shape() != target.sample_shape() {
            return Err(TransferError::Mismatch {
                what: "source and target samples have different shapes",
                left: format!("{} {:?}", source.name(), source.sample_shape()),
                right: format!("{} {:?}", target.name(), target.sample_shape()),
                remedy: "resize one of them, or repeat grey over the channels",
            });
        }
        let own = (self.lambda, self.lambda_schedule, self.lambda_on_domain_head);
        let plan = self.training.plan(&format!("domain-adversarial {own:?}"), source.len())?;
        let patience = plan.patience.unwrap_or(0);
        setting("patience", patience, plan.patience.is_none(), "left out: there is no criterion")?;
        let kind = self.training.normalize;
        let source_normalizer = Normalizer::fit(kind, &source.without_labels());
        let normalizer = Normalizer::fit(kind, target);
        // Shuffled by the source's seed, a target of equal size would be walked in the same order,
        // and each sample always meet the same one of the other domain.
        let seed = !self.training.seed;
        let mut objective = Adversarial {
            source: Labelled::new(source, &source_normalizer, &self.training)?,
            target: Stream::new(target, &normalizer, self.training.batch_size, seed)?,
            settings: self,
        };
        same_classes(&self.net, &source_normalizer, source, source.classes())?;
        let sgd = self.training.sgd(&plan).bind(&self.net)?;
        let fitted = fit(&mut objective, self.net.clone(), sgd, &plan, observer)?;
        let (net, history) = (fitted.net, fitted.history);
        Ok(Model { net, normalizer, classes: source.classes().to_vec(), history })
    }
}
