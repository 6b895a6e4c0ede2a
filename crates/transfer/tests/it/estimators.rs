//! All estimators behind one signature: what is checked of one is checked of every one.

use crate::common::{shallow, small_conv};
use datasets::{Dataset, Unlabelled};
use nn_layers::Layer;
use nn_layers::models::DannNet;
use transfer::conservative::{Distillation, Ewc, Fisher, L2Sp};
use transfer::fit::Observer;
use transfer::{
    Alignment, Conservative, DomainAdversarial, FineTune, History, LayerTransfer, Model, Normalize,
    Normalizer, Supervised, Training, TransferError,
};

/// What an estimator is given; each takes what it needs.
pub(crate) struct Task {
    pub(crate) net: DannNet,
    pub(crate) labelled: Dataset,
    pub(crate) unlabelled: Unlabelled,
    /// Where the estimator knows what to do with it.
    pub(crate) validation: Option<Dataset>,
}

impl Task {
    /// Sixty points of two moons; 15 batches of 4 an epoch.
    pub(crate) fn moons() -> Self {
        let (source, target) = crate::common::two_moons(60, 3);
        let unlabelled = target.without_labels();
        Task { net: shallow(0), labelled: source, unlabelled, validation: None }
    }

    /// Digits in grey and in negative.
    pub(crate) fn digits() -> Self {
        let (source, target) = crate::common::two_papers(96);
        let unlabelled = target.without_labels();
        Task { net: small_conv(0), labelled: source, unlabelled, validation: None }
    }
}

/// A short run: three epochs of the moons.
pub(crate) fn short() -> Training {
    Training { epochs: 3, batch_size: 4, seed: 7, ..Training::default() }
}

type Fitted = Result<Model<DannNet>, TransferError>;

/// An estimator with its own settings at their defaults.
pub(crate) struct Estimator {
    pub(crate) name: &'static str,
    pub(crate) validates: bool,
    pub(crate) fit: fn(Training, &Task, &mut dyn Observer) -> Fitted,
}

impl Estimator {
    /// Whether it goes on with a source model, whose normaliser it keeps.
    pub(crate) fn tunes(&self) -> bool {
        ["fine-tune", "layer-transfer"].contains(&self.name)
            || self.name.starts_with("conservative")
    }
}

/// To check a new estimator, add it here.
pub(crate) const ESTIMATORS: [Estimator; 11] = [
    Estimator {
        name: "supervised",
        validates: true,
        fit: |training, task, observer| {
            let estimator = Supervised::new(task.net.clone()).training(training);
            match &task.validation {
                Some(data) => estimator.validation(data.clone()),
                None => estimator,
            }
            .fit(&task.labelled, observer)
        },
    },
    Estimator {
        name: "fine-tune",
        validates: true,
        fit: |training, task, observer| {
            let estimator = FineTune::new(source_model(task.net.clone())).training(training);
            match &task.validation {
                Some(data) => estimator.validation(data.clone()),
                None => estimator,
            }
            .fit(&task.labelled, observer)
        },
    },
    Estimator {
        name: "layer-transfer",
        validates: true,
        fit: |training, task, observer| {
            let tuning = FineTune::new(source_model(task.net.clone())).training(training);
            let tuning = match &task.validation {
                Some(data) => tuning.validation(data.clone()),
                None => tuning,
            };
            LayerTransfer::new(tuning, task.net.clone()).fit(&task.labelled, observer)
        },
    },
    Estimator {
        name: "conservative, l2-sp",
        validates: true,
        fit: |training, task, observer| {
            let hold = L2Sp { alpha: 0.1, beta: 0.01, fresh: "label.*".into() };
            held(training, task).l2_sp(hold).fit(&task.labelled, observer)
        },
    },
    Estimator {
        name: "conservative, distillation",
        validates: true,
        fit: |training, task, observer| {
            let hold = Distillation { rho: 0.5 };
            held(training, task).distillation(hold).fit(&task.labelled, observer)
        },
    },
    Estimator {
        name: "conservative, ewc",
        validates: true,
        fit: |training, task, observer| {
            let source = source_model(task.net.clone());
            let fisher = Fisher::of_model(&source, &task.unlabelled)?;
            let hold = Ewc { lambda: 1.0, fisher };
            held(training, task).ewc(hold).fit(&task.labelled, observer)
        },
    },
    Estimator {
        name: "domain-adversarial",
        validates: true,
        fit: |training, task, observer| aligned(Alignment::Dann, training, task, observer),
    },
    Estimator {
        name: "conditional adversary",
        validates: true,
        fit: |training, task, observer| aligned(Alignment::Cdan, training, task, observer),
    },
    Estimator {
        name: "coral",
        validates: true,
        fit: |training, task, observer| aligned(Alignment::Coral, training, task, observer),
    },
    Estimator {
        name: "mmd",
        validates: true,
        fit: |training, task, observer| aligned(Alignment::Mmd, training, task, observer),
    },
    Estimator {
        name: "no alignment",
        validates: true,
        fit: |training, task, observer| aligned(Alignment::None, training, task, observer),
    },
];

/// Fine-tuning that is to be held.
fn held(training: Training, task: &Task) -> Conservative<DannNet> {
    let tuning = FineTune::new(source_model(task.net.clone())).training(training);
    Conservative::new(match &task.validation {
        Some(data) => tuning.validation(data.clone()),
        None => tuning,
    })
}

fn aligned(
    alignment: Alignment,
    training: Training,
    task: &Task,
    observer: &mut dyn Observer,
) -> Fitted {
    let estimator = DomainAdversarial::new(task.net.clone()).align(alignment).training(training);
    match &task.validation {
        Some(data) => estimator.validation(data.clone()),
        None => estimator,
    }
    .fit(&task.labelled, &task.unlabelled, observer)
}

/// A net as if trained on the data that its first layer fits.
pub(crate) fn source_model(net: DannNet) -> Model<DannNet> {
    let convolution = net.features.describe().contains("Conv2d");
    let task = if convolution { Task::digits() } else { Task::moons() };
    Model {
        net,
        normalizer: Normalizer::fit(Normalize::Mean, &task.labelled.without_labels()),
        classes: task.labelled.classes().to_vec(),
        history: History::default(),
    }
}
