//! Domain-adversarial training of neural networks (DANN; Ganin et al., JMLR 2016).
//!
//! *Source labelled, target unlabelled.* The features must serve the labels and hide the domain,
//! so that a label predictor trained on the source works on the target.
//!
//! * [`parts`]: the objective; [`schedules`]: λ and the learning rate over the run.
//! * [`alignment`]: what draws the domains together in the adversary's place, for comparison.
//! * [`DomainAdversarial`]: the estimator; [`selection`]: its settings chosen without a target label.
//!
//! **When it hurts.** Features that hide the domain also hide a difference in label proportions:
//! where the classes are mixed otherwise in the target, error on source plus error on target has a
//! lower bound above zero (Zhao et al., 2019), and training on the source alone may do better.

pub mod alignment;
mod objective;
pub mod parts;
pub mod schedules;
pub mod selection;

use crate::batches::{Labelled, Stream};
use crate::error::setting;
use crate::fit::{Observer, fit};
use crate::input::Normalizer;
use crate::model::Model;
use crate::supervised::same_classes;
use crate::training::training_methods;
use crate::validation::Validation;
use crate::{Training, TransferError};
use alignment::{Alignment, Conditioning};
use datasets::{Dataset, Unlabelled};
use nn_layers::Layer;
use nn_layers::models::DannNet;
use objective::Aligned;
use serde::{Deserialize, Serialize};
use tensor_autograd::{Rng, eval};

/// Trains a [`DannNet`] on labelled source and unlabelled target data.
///
/// The settings are the paper's: half-and-half batches of 64 + 64, SGD with momentum 0.9, a
/// learning rate from 0.01 on the paper's schedules. Two are not: λ goes up to ½, and of each domain
/// not only the mean is subtracted but the deviation divided out. The objective sums the mean over
/// the source and the mean over the target, so that λ = ½ weighs a sample of the domain loss as the
/// average over a whole batch does. Both were chosen on generated digits, where λ = 1 makes short
/// runs collapse. The network of the last step is kept, unless source data held out of the training
/// chooses the epoch ([`validation`](Self::validation)); a target label never does. [`selection`]
/// chooses between settings.
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
    validation: Option<Dataset>,
    alignment: Alignment,
    lambda: Option<f64>,
    lambda_schedule: LambdaSchedule,
    lambda_on_domain_head: bool,
}

/// How λ comes to its full value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LambdaSchedule {
    /// From 0, as [`schedules::lambda`] has it.
    #[default]
    Ramp,
    /// At once.
    Constant,
}

impl DomainAdversarial {
    /// Passes over the source, where nothing else is said: more than other methods take, because
    /// seeds lie nearer to each other in longer runs.
    pub const EPOCHS: usize = 15;

    /// Trains `net`, from the values it has.
    pub fn new(net: DannNet) -> Self {
        DomainAdversarial {
            net,
            training: Training { epochs: Self::EPOCHS, ..Training::default() },
            validation: None,
            alignment: Alignment::default(),
            lambda: None,
            lambda_schedule: LambdaSchedule::Ramp,
            lambda_on_domain_head: false,
        }
    }

    training_methods!();

    /// Keeps the epoch with the smallest loss on `data` instead of the last one: source data that
    /// the training does not see (Ganin et al. hold out a tenth).
    pub fn validation(mut self, data: Dataset) -> Self {
        self.validation = Some(data);
        self
    }

    /// Stops after this many epochs without a smaller validation loss.
    pub fn patience(mut self, epochs: usize) -> Self {
        self.training.patience = Some(epochs);
        self
    }

    /// What draws the domains together; the adversary, where nothing else is said.
    pub fn align(mut self, alignment: Alignment) -> Self {
        self.alignment = alignment;
        self
    }

    /// λ at full value; 0 or positive, [`Alignment::lambda`] where nothing is said. At 0 the weights
    /// of features and label predictor come out bit for bit as from
    /// [`Supervised`](crate::Supervised) training on the source; running statistics of a
    /// normalisation do not, for both domains move them.
    pub fn lambda(mut self, lambda: f64) -> Self {
        self.lambda = Some(lambda);
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
    /// target; [`Alignment::on_source`] makes it serve the source.
    ///
    /// Batch normalisation sees the domains in turn, each batch by its own mean and variance; what the
    /// model is used with are the running statistics of both, but of the source alone where nothing of
    /// the target passes through the network ([`Alignment::None`]), and of the target alone with
    /// [`Alignment::Adabn`]. On such a network the fair comparison is the same alignment with λ = 0.
    ///
    /// Its history has, beside `loss` and the source's `accuracy`: `label_loss` and `lambda`; with a
    /// domain classifier `domain_loss`, `domain_accuracy` and `domain_grad_norm`; with another
    /// alignment `alignment_loss`.
    ///
    /// # Errors
    /// If a setting is out of range, the source has no labels, the domains' shapes differ, the
    /// network has not what the alignment needs, training diverges, or the observer interrupts it.
    ///
    /// # Panics
    /// If a layer of the network does not take samples of this shape.
    pub fn fit(
        &self,
        source: &Dataset,
        target: &Unlabelled,
        observer: &mut dyn Observer,
    ) -> Result<Model<DannNet>, TransferError> {
        let lambda = self.lambda.unwrap_or_else(|| self.alignment.lambda());
        let in_range = lambda >= 0.0 && lambda.is_finite();
        setting("lambda", lambda, in_range, "0 or positive")?;
        let weighs = self.alignment.has_loss() || lambda == 0.0;
        setting("lambda", lambda, weighs, "left out: this alignment has no loss to weigh")?;
        if source.sample_shape() != target.sample_shape() {
            return Err(TransferError::Mismatch {
                what: "source and target samples have different shapes",
                left: format!("{} {:?}", source.name(), source.sample_shape()),
                right: format!("{} {:?}", target.name(), target.sample_shape()),
                remedy: "resize one of them, or repeat grey over the channels",
            });
        }
        let own = (self.alignment, lambda, self.lambda_schedule, self.lambda_on_domain_head);
        let plan = self.training.plan(&format!("domain-adversarial {own:?}"), source.len())?;
        let enough = plan.rows >= self.alignment.least_batch();
        setting("batch_size", plan.rows, enough, "at least 2: a covariance takes two samples")?;
        let kind = self.training.normalize;
        let source_normalizer = Normalizer::fit(kind, &source.without_labels());
        let normalizer = Normalizer::fit(kind, target);
        // Shuffled by the source's seed, a target of equal size would be walked in the same order,
        // and each sample always meet the same one of the other domain.
        let seed = !self.training.seed;
        let (held_out, served) = (self.validation.as_ref(), (&self.net, &source_normalizer));
        let mut objective = Aligned {
            source: Labelled::new(source, &source_normalizer, &self.training)?,
            target: Stream::new(target, &normalizer, &self.training, seed)?,
            conditioning: None,
            validation: Validation::new(held_out, served, source, plan.patience)?,
            lambda,
            settings: self,
        };
        same_classes(&self.net, &source_normalizer, source, source.classes())?;
        if self.alignment == Alignment::Cdan {
            objective.conditioning = Some(self.conditioning(source));
        }
        if self.alignment == Alignment::Adabn {
            // Refused before the training, not after it.
            alignment::check(&self.net, target, &normalizer)?;
        }
        let sgd = self.training.sgd(&plan).bind(&self.net)?;
        let fitted = fit(&mut objective, self.net.clone(), sgd, &plan, observer)?;
        let (mut net, history) = (fitted.net, fitted.history);
        if self.alignment == Alignment::Adabn {
            alignment::recalibrate(&mut net, target, &normalizer)?;
        }
        Ok(Model { net, normalizer, classes: source.classes().to_vec(), history })
    }
    /// The random map of the conditional adversary, for as many features as the network makes.
    fn conditioning(&self, source: &Dataset) -> Conditioning {
        let mut sample = vec![1];
        sample.extend_from_slice(source.sample_shape());
        let zeros = tensor_autograd::Tensor::zeros(sample.as_slice());
        let d = eval(|t| self.net.features.forward(t.constant(zeros)).shape()[1]);
        let rng = &mut Rng::seed(self.training.seed).fork("conditioning");
        Conditioning::new(d, source.classes().len(), rng)
    }
}
