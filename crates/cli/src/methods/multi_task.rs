//! `run multi-task`: several labelled tasks on shared layers.

mod figures;
mod settings;
mod units;

use super::{Built, Case, Few, Method, Selection, draw};
use crate::context::Context;
use crate::report::Finished;
use crate::run::{self, Control, Session, Shared, baselines};
use crate::{args, out, report};
use clap::{ArgMatches, Args};
use settings::{Flags, Rule};
use tensor_autograd::Rng;
use transfer::fit::Observer;
use transfer::multi_task::{MultiTaskArchitecture, Weighting};
use transfer::{MultiTask, Study, Trained, Training, TransferError};
use units::Units;

const NAME: &str = "multi-task";

pub(super) const METHOD: Method = Method {
    name: NAME,
    case: Case::Both,
    help: "train all tasks at once on shared layers",
    selection: Selection::HeldOut,
    built: Built {
        flags: |command| args::training(Flags::augment_args(Shared::augment_args(command))),
        run,
        overfit: Few::Of("examples of each task"),
        tour: &[
            "--task",
            "left=multi:synthetic:digits?n=1500#left",
            "--task",
            "right=multi:synthetic:digits?n=1500#right",
            "--net",
            "lenet",
            "--weighting",
            "uncertainty",
            "--baselines",
            "all",
            "--lr",
            "0.02",
            "--epochs",
            "15",
            "--batch-size",
            "32",
        ],
        quick: &["--epochs", "1"],
    },
};

/// Every task trained alone, for as many steps on as many parameters on its way.
const SINGLE: &str = "single_task";
/// The shared layers with the plain sum of the losses.
const EQUAL: &str = "equal_weights";

fn run(matches: &ArgMatches, control: Control, context: &Context) -> anyhow::Result<Finished> {
    let (shared, flags) = run::merge::<Flags>(NAME, matches, control.config.as_deref())?;
    flags.check(&shared, NAME)?;
    let weighting = flags.weighting()?;
    let plain = (weighting == Weighting::Equal).then_some("it is the method itself");
    let chosen = baselines(NAME, shared.baselines.as_deref(), &[(SINGLE, None), (EQUAL, plain)])?;
    let units = Units::load(&shared, &flags, context)?;
    let mut architecture = MultiTaskArchitecture::of(shared.net.as_deref(), units.train());
    let net = args::architecture(shared.net.as_deref(), &architecture.input, 1)?;
    (architecture.name, architecture.description) = (net.name, net.description);
    let base = Training::default();
    let shared = shared.filled(&base, &architecture.name, &chosen);
    let flags = flags.filled(units.train().len());
    let session = Session::open(NAME, (&shared, &flags), &control, context)?;
    out::talk(context.quiet, &units.said());
    for task in units.train().iter().take(6) {
        draw::samples(&session.folder, &task.name().replace('/', "-"), task.inputs())?;
    }

    let batch_size = shared.training(&base, 0).batch_size;
    let train = |arm: &str, seed: u64, observer: &mut dyn Observer| {
        let training = session.kept(arm, shared.training(&base, seed));
        let (tasks, test) = units.split(seed, flags.proportional().then_some(batch_size))?;
        let net = architecture.build(&Rng::seed(seed).fork("init"))?;
        let (net, weighting) = match arm {
            SINGLE => (net.apart(), Weighting::Equal),
            EQUAL => (net, Weighting::Equal),
            _ => (net, weighting.clone()),
        };
        let mut method = MultiTask::new(net).training(training).weighting(weighting);
        if let Some(factor) = flags.trunk_lr {
            method = method.trunk_lr(factor);
        }
        let model = method.fit(&tasks, observer)?;
        if arm == NAME && session.keeps(seed) {
            model.save(&architecture, &session.folder.path().join("model.safetensors"))?;
        }
        let (score, figures) = figures::measure(&units, &test, &model)?;
        Ok::<Trained, TransferError>(Trained { score, figures, history: model.history })
    };
    let mut study = Study::new(NAME, units.score()?, |seed, observer| train(NAME, seed, observer));
    for arm in chosen {
        let train = &train;
        study = study.baseline(arm, move |seed, observer| train(arm, seed, observer));
    }
    let report = session.run(study)?;
    draw::curves(&session.folder, &report.outcomes)?;
    let extra = figures::extra(&units, &report, Rule::name(&flags));
    let named = Shared {
        source: Some(units.specs().join(", ")),
        target: Some(format!("{} on one trunk", units.counted())),
        ..shared
    };
    report::finish(&session, &named, report, extra)
}
