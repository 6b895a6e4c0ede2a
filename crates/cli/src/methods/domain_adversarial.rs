//! `run domain-adversarial`: source labelled, target unlabelled.

mod health;

use super::evaluate::Yardstick;
use super::{Built, Case, Method, draw};
use crate::context::Context;
use crate::data;
use crate::error::UsageError;
use crate::report::Finished;
use crate::run::{self, Control, Session, Shared, baselines, within};
use crate::{args, report};
use clap::{ArgMatches, Args};
use datasets::{Dataset, Unlabelled};
use nn_layers::models::DannNet;
use serde::{Deserialize, Serialize};
use tensor_autograd::Rng;
use transfer::fit::Observer;
use transfer::{
    Alignment, Architecture, DomainAdversarial, LambdaSchedule, Model, Normalizer, Study,
    Supervised, Training, TransferError,
};

const NAME: &str = "domain-adversarial";

pub(super) const METHOD: Method = Method {
    name: NAME,
    case: Case::Source,
    help: "features that serve the labels and hide the domain (DANN)",
    built: Built {
        flags: |command| args::training(Flags::augment_args(Shared::augment_args(command))),
        run,
        tour: &[
            "--source",
            "synthetic:digits?n=3000",
            "--target",
            "synthetic:digits-textured?n=3000&seed=1",
            "--test",
            "synthetic:digits-textured?n=1000&seed=2",
            "--oracle",
            "synthetic:digits-textured?n=3000&seed=1",
            "--baselines",
            "all",
            "--batch-size",
            "32",
            "--steps",
            "2000",
        ],
        quick: &[
            "--source",
            "synthetic:digits?n=300",
            "--target",
            "synthetic:digits-textured?n=300&seed=1",
            "--test",
            "synthetic:digits-textured?n=200&seed=2",
            "--oracle",
            "synthetic:digits-textured?n=300&seed=1",
            "--steps",
            "20",
        ],
    },
};

/// The method's own settings.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Flags {
    /// Labelled target data, read by the baseline train_on_target alone
    #[arg(long, value_name = "SPEC", help_heading = "Data")]
    oracle: Option<String>,
    /// What draws the domains together; default dann
    #[arg(long, value_enum, help_heading = "Domain-adversarial training")]
    align: Option<Align>,
    /// Weight of the domain loss in the features' gradient, or of the distance between the domains,
    /// at full value; default 0.5 for dann and cdan, 1 for coral and mmd
    #[arg(long, value_name = "X", help_heading = "Domain-adversarial training")]
    lambda: Option<f64>,
    /// How lambda comes to its full value; default ramp
    #[arg(long, value_enum, help_heading = "Domain-adversarial training")]
    lambda_schedule: Option<Ramp>,
    /// Let lambda scale the domain classifier's own gradient too, as for the paper's shallow net
    #[arg(long, help_heading = "Domain-adversarial training", num_args = 0..=1,
          default_missing_value = "true")]
    lambda_on_domain_head: Option<bool>,
}

/// How λ comes to its full value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Ramp {
    /// From 0, as 2 / (1 + exp(-10 p)) - 1 over the run's progress p
    #[default]
    Ramp,
    /// At once
    Constant,
}

/// What draws the domains together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Align {
    /// A domain classifier behind a gradient reversal
    #[default]
    Dann,
    /// The same, of features and class probabilities together
    Cdan,
    /// The distance of the covariances
    Coral,
    /// The maximum mean discrepancy over five kernels
    Mmd,
    /// Batch-norm statistics of the target's own
    Adabn,
    /// Nothing
    None,
}

impl From<Align> for Alignment {
    fn from(align: Align) -> Self {
        match align {
            Align::Dann => Alignment::Dann,
            Align::Cdan => Alignment::Cdan,
            Align::Coral => Alignment::Coral,
            Align::Mmd => Alignment::Mmd,
            Align::Adabn => Alignment::Adabn,
            Align::None => Alignment::None,
        }
    }
}

impl Flags {
    fn alignment(&self) -> Alignment {
        self.align.unwrap_or_default().into()
    }

    fn lambda(&self) -> f64 {
        self.lambda.unwrap_or_else(|| self.alignment().lambda())
    }

    fn schedule(&self) -> Ramp {
        self.lambda_schedule.unwrap_or_default()
    }
}

/// The data, brought to one shape.
struct Domains {
    source: Dataset,
    target: Unlabelled,
    test: Option<Dataset>,
    oracle: Option<Dataset>,
}

impl Domains {
    fn load(shared: &Shared, flags: &Flags) -> anyhow::Result<Self> {
        let missing = |what, remedy| UsageError::Missing { what, remedy };
        let source = shared.source.as_deref();
        let source = source.ok_or_else(|| missing("--source", "labelled data, as mnist:DIR"))?;
        let target = shared.target.as_deref();
        let target = target.ok_or_else(|| missing("--target", "data, labels are not used"))?;
        let size =
            shared.size().map_err(|_| UsageError::Conflict("--resize takes HxW, as 28x28"))?;

        let source = data::load_labelled("--source", source)?;
        // From here on the target has no labels that anything could read.
        let target = data::load("--target", target)?.without_labels();
        let load = |role, spec: &Option<String>| {
            spec.as_deref().map(|spec| data::load_labelled(role, spec)).transpose()
        };
        let (test, oracle) = (load("--test", &shared.test)?, load("--oracle", &flags.oracle)?);

        let mut all = vec![
            ("--source", source.name(), source.sample_shape()),
            ("--target", target.name(), target.sample_shape()),
        ];
        for (role, set) in [("--test", &test), ("--oracle", &oracle)] {
            if let Some(set) = set {
                all.push((role, set.name(), set.sample_shape()));
                data::check_classes(("--source", source.name(), source.classes()), role, set)?;
            }
        }
        let shape = data::common_shape(&all, size)?;
        Ok(Domains {
            source: data::fit(source, &shape)?,
            target: data::fit_unlabelled(target, &shape)?,
            test: test.map(|set| data::fit(set, &shape)).transpose()?,
            oracle: oracle.map(|set| data::fit(set, &shape)).transpose()?,
        })
    }
}

fn run(matches: &ArgMatches, control: Control, context: &Context) -> anyhow::Result<Finished> {
    let (shared, flags) = run::merge::<Flags>(NAME, matches, control.config.as_deref())?;
    let lambda = flags.lambda();
    let in_range = lambda >= 0.0 && lambda.is_finite();
    within("--lambda", Some(lambda), in_range, "0 or positive")?;
    let weighs = flags.alignment().has_loss() || lambda == 0.0;
    within("--lambda", Some(lambda), weighs, "left out: this --align has no loss to weigh")?;
    let no_oracle = flags.oracle.is_none().then_some("it needs labelled target data in --oracle");
    let known = [("source_only", None), ("train_on_target", no_oracle)];
    let chosen = baselines(NAME, shared.baselines.as_deref(), &known)?;

    let domains = Domains::load(&shared, &flags)?;
    let classes = domains.source.classes().len();
    let architecture =
        args::architecture(shared.net.as_deref(), domains.source.sample_shape(), classes)?;
    let shared = shared.filled(&base(), &architecture.name, &chosen);
    let flags = Flags {
        align: Some(flags.align.unwrap_or_default()),
        lambda: Some(lambda),
        lambda_schedule: Some(flags.schedule()),
        lambda_on_domain_head: Some(flags.lambda_on_domain_head.unwrap_or(false)),
        oracle: flags.oracle,
    };
    let session = Session::open(NAME, (&shared, &flags), &control, context)?;
    draw::samples(&session.folder, "source", &domains.source.without_labels())?;
    draw::samples(&session.folder, "target", &domains.target)?;

    let setup = Setup::new(&session, &shared, flags.alignment(), &domains, architecture);
    let mut study = Study::new(NAME, setup.yardstick.score(), |seed, observer| {
        let lambda_schedule = match flags.schedule() {
            Ramp::Ramp => LambdaSchedule::Ramp,
            Ramp::Constant => LambdaSchedule::Constant,
        };
        let model = DomainAdversarial::new(setup.net(seed)?)
            .training(setup.training(NAME, seed))
            .align(flags.alignment())
            .lambda(lambda)
            .lambda_schedule(lambda_schedule)
            .lambda_on_domain_head(flags.lambda_on_domain_head == Some(true))
            .fit(&domains.source, &domains.target, observer)?;
        if session.keeps(seed) {
            let path = session.folder.path().join("model.safetensors");
            model.save(&setup.architecture, &path)?;
        }
        setup.yardstick.measure(&session, NAME, seed, &model)
    });
    for arm in chosen {
        let data = match (arm, &domains.oracle) {
            ("train_on_target", Some(oracle)) => oracle,
            _ => &domains.source,
        };
        let run = |seed: u64, observer: &mut dyn Observer| {
            let supervised = Supervised::new(setup.net(seed)?).training(setup.training(arm, seed));
            let model = supervised.fit(data, observer)?;
            setup.measure_on_target(arm, seed, &model)
        };
        study = match arm {
            "train_on_target" => study.oracle(arm, run),
            _ => study.baseline(arm, run),
        };
    }
    let report = session.run(study)?;
    draw::curves(&session.folder, &report.outcomes)?;
    let extra = health::extra(&report, &setup);
    report::finish(&session, &shared, report, extra)
}

/// The settings where nothing else is said.
fn base() -> Training {
    Training { epochs: DomainAdversarial::EPOCHS, ..Training::default() }
}

/// What all arms of the study have in common.
struct Setup<'a> {
    session: &'a Session,
    training: Training,
    alignment: Alignment,
    architecture: Architecture,
    yardstick: Yardstick,
    normalizer: Normalizer,
}

impl<'a> Setup<'a> {
    fn new(
        session: &'a Session,
        shared: &Shared,
        alignment: Alignment,
        domains: &Domains,
        architecture: Architecture,
    ) -> Self {
        let mut training = shared.training(&base(), 0);
        // Every arm gets as many steps as the method, whatever the size of its data.
        let a_pass = domains.source.len().div_ceil(training.batch_size);
        training.steps.get_or_insert(training.epochs.saturating_mul(a_pass));
        let own = |data: &Unlabelled| Normalizer::fit(training.normalize, data);
        let normalizer = own(&domains.target);
        let source_normalizer = own(&domains.source.without_labels());
        Setup {
            session,
            alignment,
            architecture,
            yardstick: Yardstick {
                source: Some((domains.source.clone(), source_normalizer)),
                target: domains.target.clone(),
                test: domains.test.clone(),
            },
            normalizer,
            training,
        }
    }

    /// The same initial values for every arm of a seed.
    fn net(&self, seed: u64) -> Result<DannNet, TransferError> {
        self.architecture.build(&mut Rng::seed(seed).fork("init"))
    }

    fn training(&self, arm: &str, seed: u64) -> Training {
        self.session.kept(arm, Training { seed, ..self.training.clone() })
    }

    /// Baselines too are used on the target as the target is normalised.
    fn measure_on_target(
        &self,
        arm: &str,
        seed: u64,
        model: &Model<DannNet>,
    ) -> Result<transfer::Trained, TransferError> {
        let model = model.with_normalizer(self.normalizer.clone());
        self.yardstick.measure(self.session, arm, seed, &model)
    }
}
