//! `run domain-adversarial`: source labelled, target unlabelled.

mod flags;
mod health;
mod selection;

use super::by_layer::moved;
use super::evaluate::Yardstick;
use super::{Built, Case, Few, Method, Selection, draw};
use crate::context::Context;
use crate::data;
use crate::error::UsageError;
use crate::report::Finished;
use crate::run::{self, Control, Session, Shared, baselines, within};
use crate::{args, report};
use clap::{ArgMatches, Args};
use datasets::{Dataset, Unlabelled};
use flags::Flags;
use nn_layers::Sequential;
use nn_layers::models::DannNet;
use selection::Grid;
use tensor_autograd::Rng;
use transfer::fit::Observer;
use transfer::{
    Alignment, Architecture, DomainAdversarial, Model, Normalizer, Study, Supervised, Training,
    TransferError, normalises_by_batch,
};

const NAME: &str = "domain-adversarial";
/// The method's own passes with nothing of the target in the loss.
const LAMBDA_0: &str = "lambda_0";

pub(super) const METHOD: Method = Method {
    name: NAME,
    case: Case::Source,
    help: "features that serve the labels and hide the domain (DANN)",
    selection: Selection::Unsupervised,
    built: Built {
        flags: |command| args::training(Flags::augment_args(Shared::augment_args(command))),
        run,
        overfit: Few::Of("examples of the source, and as many of the target without their labels"),
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
            "1200",
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

/// The data, brought to one shape.
struct Domains {
    source: Dataset,
    target: Unlabelled,
    test: Option<Dataset>,
    oracle: Option<Dataset>,
}

impl Domains {
    fn load(shared: &Shared, flags: &Flags, context: &Context) -> anyhow::Result<Self> {
        let missing = |what, remedy| UsageError::Missing { what, remedy };
        let source = shared.source.as_deref();
        let source = source.ok_or_else(|| missing("--source", "labelled data, as mnist:DIR"))?;
        let target = shared.target.as_deref();
        let target = target.ok_or_else(|| missing("--target", "data, labels are not used"))?;
        let size =
            shared.size().map_err(|_| UsageError::Conflict("--resize takes HxW, as 28x28"))?;

        let source = context.load_labelled("--source", source)?;
        // From here on the target has no labels that anything could read.
        let target = context.load("--target", target)?.without_labels();
        let load = |role, spec: &Option<String>| {
            spec.as_deref().map(|spec| context.load_labelled(role, spec)).transpose()
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
        let shape = flags.pretrained.shape(data::common_shape(&all, size)?)?;
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
    flags.check()?;
    let enough = shared.batch_size.is_none_or(|rows| rows >= flags.alignment().least_batch());
    let range = "at least 2 with this --align: a covariance takes two samples";
    within("--batch-size", shared.batch_size, enough, range)?;
    flags.pretrained.given(&shared)?;
    let shared = flags.pretrained.prepared(shared)?;
    let no_oracle = flags.oracle.is_none().then_some("it needs labelled target data in --oracle");
    let no_loss = !flags.alignment().has_loss();
    let no_lambda = no_loss.then_some("this alignment has no loss that lambda could weigh");
    let known = [("source_only", None), (LAMBDA_0, no_lambda), ("train_on_target", no_oracle)];
    let mut chosen = baselines(NAME, shared.baselines.as_deref(), &known)?;

    let domains = Domains::load(&shared, &flags, context)?;
    let classes = domains.source.classes().len();
    let shape = domains.source.sample_shape();
    let architecture = args::architecture(flags.pretrained.net(&shared), shape, classes)?;
    let backbone = flags.pretrained.load(shape)?.map(|(model, _)| model.net.features);
    if shared.baselines.as_deref().is_some_and(|names| names.trim() == "all") {
        let by_batch = match &backbone {
            Some(features) => normalises_by_batch(features),
            None => normalises_by_batch(&architecture.build(&mut Rng::seed(0))?.features),
        };
        if !by_batch {
            // It would be `source_only` over again, bit for bit.
            chosen.retain(|arm| *arm != LAMBDA_0);
        }
    }
    let shared = shared.filled(&base(), &architecture.name, &chosen);
    let flags = flags.filled(shared.lr.unwrap_or(base().lr));
    let session = Session::open(NAME, (&shared, &flags), &control, context)?;
    draw::samples(&session.folder, "source", &domains.source.without_labels())?;
    draw::samples(&session.folder, "target", &domains.target)?;

    let network = (architecture, backbone);
    let setup = Setup::new(&session, &shared, &flags, &domains, network);
    let mut study = Study::new(NAME, setup.yardstick.score(), |seed, observer| {
        let (model, chosen) = setup.adapt(seed, observer)?;
        if session.keeps(seed) {
            let path = session.folder.path().join("model.safetensors");
            model.save(&setup.architecture, &path)?;
        }
        let mut trained = setup.measure(NAME, seed, &model)?;
        trained.figures.extend(chosen);
        Ok(trained)
    });
    for arm in chosen {
        let (setup, oracle) = (&setup, &domains.oracle);
        let run = move |seed: u64, observer: &mut dyn Observer| match (arm, oracle) {
            ("train_on_target", Some(oracle)) => {
                let training = setup.training(arm, seed);
                let supervised = Supervised::new(setup.net(seed)?).training(training);
                setup.measure_on_target(arm, seed, &supervised.fit(oracle, observer)?)
            }
            _ => {
                let (model, chosen) = match arm {
                    LAMBDA_0 => setup.at_zero(arm, seed, observer)?,
                    _ => setup.without(arm, seed, observer)?,
                };
                let mut trained = setup.measure_on_target(arm, seed, &model)?;
                trained.figures.extend(chosen);
                Ok(trained)
            }
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
    flags: &'a Flags,
    grid: Option<Grid>,
    domains: &'a Domains,
    architecture: Architecture,
    /// The features of a pretrained network.
    backbone: Option<Sequential>,
    yardstick: Yardstick,
    normalizer: Normalizer,
}

impl<'a> Setup<'a> {
    fn new(
        session: &'a Session,
        shared: &Shared,
        flags: &'a Flags,
        domains: &'a Domains,
        (architecture, backbone): (Architecture, Option<Sequential>),
    ) -> Self {
        let mut training = shared.training(&base(), 0);
        let grid = flags.grid(training.lr);
        // Every arm gets as many steps as the method, whatever the size of its data.
        let trained_on = (1.0 - flags.share().unwrap_or(0.0)) * domains.source.len() as f64;
        let a_pass = (trained_on.round() as usize).div_ceil(training.batch_size);
        training.steps.get_or_insert(training.epochs.saturating_mul(a_pass));
        let own = |data: &Unlabelled| Normalizer::fit(training.normalize, data);
        let normalizer = own(&domains.target);
        let source_normalizer = own(&domains.source.without_labels());
        Setup {
            session,
            flags,
            grid,
            domains,
            architecture,
            backbone,
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
        let mut net = self.architecture.build(&mut Rng::seed(seed).fork("init"))?;
        if let Some(features) = &self.backbone {
            net.features = features.clone();
        }
        Ok(net)
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
        self.measure(arm, seed, &model.with_normalizer(self.normalizer.clone()))
    }

    fn measure(
        &self,
        arm: &str,
        seed: u64,
        model: &Model<DannNet>,
    ) -> Result<transfer::Trained, TransferError> {
        // A baseline is used as it was trained: nothing in it was aligned.
        let alignment = if arm == NAME { self.flags.alignment() } else { Alignment::None };
        let (source, own) = self.yardstick.source.as_ref().expect("there is one");
        let on_source = alignment.on_source(model, &source.without_labels(), own)?;
        let mut trained =
            self.yardstick.measure_both(self.session, (arm, seed), model, Some(on_source))?;
        let domain = alignment.is_adversarial();
        moved((&self.net(seed)?, &model.net), domain, &mut trained.figures);
        Ok(trained)
    }
}
