//! `run fine-tune`: source labelled, target labelled, and little of it.

use super::evaluate::Yardstick;
use super::{Built, Case, Method, draw};
use crate::context::Context;
use crate::data;
use crate::error::UsageError;
use crate::report::{Extra, Finished};
use crate::run::{self, Control, Session, Shared, baselines, within};
use crate::{args, report};
use clap::{ArgMatches, Args};
use datasets::Dataset;
use nn_layers::models::DannNet;
use serde::{Deserialize, Serialize};
use serde_json::json;
use start::Start;
use tensor_autograd::{Module, Pattern, Rng};
use transfer::{
    Architecture, Decay, FineTune, Model, Normalizer, Study, Supervised, Trained, Training,
    TransferError,
};

mod start;

const NAME: &str = "fine-tune";

pub(super) const METHOD: Method = Method {
    name: NAME,
    case: Case::Both,
    help: "a source model goes on with few labelled target examples",
    built: Some(Built {
        flags: |command| args::training(Flags::augment_args(Shared::augment_args(command))),
        run,
        tour: &[
            "--source",
            "synthetic:letters?n=3000",
            "--target",
            "synthetic:letters-textured?n=2000&seed=1",
            "--shots",
            "5",
            "--baselines",
            "all",
            "--source-epochs",
            "5",
            "--epochs",
            "20",
        ],
        quick: &[
            "--source",
            "synthetic:letters?n=520",
            "--target",
            "synthetic:letters-textured?n=400&seed=1",
            "--shots",
            "2",
            "--source-epochs",
            "1",
            "--epochs",
            "2",
        ],
    }),
};

/// The method's own settings.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Flags {
    /// A model that `transfer` saved, in place of training one on --source
    #[arg(long, value_name = "FILE.safetensors", help_heading = "Data", conflicts_with = "source")]
    init: Option<String>,
    /// Labelled target examples of each class, drawn anew for each seed; default: all. Without
    /// --test the rest of the target gives the score
    #[arg(long, value_name = "K", help_heading = "Data")]
    shots: Option<usize>,
    /// The trunk's learning rate as a multiple of the head's, in [0, 1]; default 0.1
    #[arg(long, value_name = "X", help_heading = "Fine-tuning")]
    trunk_lr: Option<f64>,
    /// Train only the parameters that this pattern names, as "label.*"; the others stay frozen
    #[arg(long, value_name = "PATTERN", help_heading = "Fine-tuning")]
    train_only: Option<String>,
    /// Passes over the source; default 10
    #[arg(long, value_name = "N", help_heading = "Fine-tuning")]
    source_epochs: Option<usize>,
    /// Learning rate on the source at the start; default 0.01
    #[arg(long, value_name = "RATE", help_heading = "Fine-tuning")]
    source_lr: Option<f64>,
}

impl Flags {
    fn check(&self) -> Result<(), UsageError> {
        let one = |n: Option<usize>| n.is_none_or(|n| n > 0);
        within("--shots", self.shots, one(self.shots), "at least 1")?;
        within("--source-epochs", self.source_epochs, one(self.source_epochs), "at least 1")?;
        let trunk = self.trunk_lr.is_none_or(|x| (0.0..=1.0).contains(&x));
        within("--trunk-lr", self.trunk_lr, trunk, "in [0, 1]")?;
        let lr = self.source_lr.is_none_or(|x| x > 0.0 && x.is_finite());
        within("--source-lr", self.source_lr, lr, "positive")
    }

    /// How the source model is trained, in a run with these shared settings.
    fn source_training(&self, shared: &Shared, seed: u64) -> Training {
        let base = Training::default();
        let given =
            Shared { steps: None, epochs: None, lr: None, batch_size: None, ..shared.clone() };
        Training {
            epochs: self.source_epochs.unwrap_or(base.epochs),
            lr: self.source_lr.unwrap_or(base.lr),
            ..given.training(&base, seed)
        }
    }
}

/// 50 passes in small batches at a steady rate, as the library has it.
fn base() -> Training {
    Training { epochs: 50, batch_size: 16, decay: Decay::Constant, ..Training::default() }
}

fn run(matches: &ArgMatches, control: Control, context: &Context) -> anyhow::Result<Finished> {
    let (shared, flags) = run::merge::<Flags>(NAME, matches, control.config.as_deref())?;
    flags.check()?;
    let missing = |what, remedy| UsageError::Missing { what, remedy };
    let target = shared.target.as_deref();
    let target = target.ok_or_else(|| missing("--target", "labelled data, as mnist:DIR"))?;
    if shared.test.is_none() && flags.shots.is_none() {
        let remedy = "labelled target data for the score; or --shots K, the rest then gives it";
        return Err(missing("--test", remedy).into());
    }
    let target = data::load_labelled("--target", target)?;
    let test =
        shared.test.as_deref().map(|spec| data::load_labelled("--test", spec)).transpose()?;
    let (start, target, test) = Start::load(&shared, &flags, target, test)?;
    if let Some(test) = &test {
        data::check_classes(("--target", target.name(), target.classes()), "--test", test)?;
    }

    let same = start.classes() == target.classes();
    let differ = (!same).then_some("the source has other classes than the target");
    let known = [("source_only", differ), ("scratch", None)];
    let chosen = baselines(NAME, shared.baselines.as_deref(), &known)?;
    let net = start.net_name(shared.net.as_deref())?;
    let architecture =
        args::architecture(Some(&net), target.sample_shape(), target.classes().len())?;
    let shared = shared.filled(&base(), &architecture.name, &chosen);
    let flags = filled(&flags, &shared);
    // What would fail after the source is trained is said before.
    if let Some(pattern) = &flags.train_only {
        let net = architecture.build(&mut Rng::seed(0))?;
        let chosen = Pattern::new(pattern);
        let any = net.named_params().iter().any(|(name, _)| chosen.matches(name));
        within("--train-only", Some(pattern), any, "a pattern that names a parameter, as label.*")?;
    }
    if let Some(k) = flags.shots {
        let drawn = target.shot_rows(k, 0)?.len();
        if test.is_none() && drawn == target.len() {
            return Err(nothing_left(k, &target).into());
        }
    }

    let session = Session::open(NAME, (&shared, &flags), &control, context)?;
    if let Some(source) = start.data() {
        draw::samples(&session.folder, "source", &source.without_labels())?;
    }
    draw::samples(&session.folder, "target", &target.without_labels())?;
    let setup = Setup {
        session: &session,
        shared: &shared,
        flags: &flags,
        architecture,
        target,
        test,
        start,
    };

    let mut study = Study::new(NAME, "target_accuracy", |seed, observer| {
        let drawn = setup.draw(seed)?;
        let source = setup.start.model(&setup, seed)?;
        let source_normalizer = source.normalizer.clone();
        let mut method = FineTune::new(setup.start.adapted(source, &setup, seed)?)
            .training(setup.kept(NAME, seed))
            .trunk_lr(flags.trunk_lr.unwrap_or(0.1));
        if let Some(pattern) = &flags.train_only {
            method = method.train_only(pattern);
        }
        let model = method.fit(&drawn.few, observer)?;
        if session.keeps(seed) {
            model.save(&setup.architecture, &session.folder.path().join("model.safetensors"))?;
        }
        setup.measure(NAME, seed, drawn, Some(source_normalizer), &model)
    });
    for arm in chosen {
        let setup = &setup;
        study = study.baseline(arm, move |seed, observer| {
            let drawn = setup.draw(seed)?;
            if arm == "source_only" {
                let model = setup.start.model(setup, seed)?;
                let normalizer = model.normalizer.clone();
                return setup.measure(arm, seed, drawn, Some(normalizer), &model);
            }
            let scratch = Supervised::new(setup.net(seed)?).training(setup.kept(arm, seed));
            let model = scratch.fit(&drawn.few, observer)?;
            setup.measure(arm, seed, drawn, None, &model)
        });
    }
    let report = session.run(study)?;
    draw::curves(&session.folder, &report.outcomes)?;
    let few = flags.shots.map_or("all".to_owned(), |k| k.to_string());
    let extra = Extra {
        fields: vec![("shots", json!(flags.shots)), ("same_classes", json!(same))],
        text: format!("{few} labelled target examples a class\n"),
    };
    report::finish(&session, &shared, report, extra)
}

fn nothing_left(shots: usize, target: &Dataset) -> TransferError {
    TransferError::Mismatch {
        what: "the shots leave nothing of the target to test on",
        left: format!("{shots} shots of each class"),
        right: format!("{} of {} examples", target.name(), target.len()),
        remedy: "give --test, or fewer shots",
    }
}

/// The settings with nothing left open.
fn filled(flags: &Flags, shared: &Shared) -> Flags {
    let source = flags.source_training(shared, 0);
    let trains = flags.init.is_none();
    Flags {
        trunk_lr: Some(flags.trunk_lr.unwrap_or(0.1)),
        train_only: Some(flags.train_only.clone().unwrap_or_else(|| "*".into())),
        source_epochs: trains.then_some(source.epochs),
        source_lr: trains.then_some(source.lr),
        ..flags.clone()
    }
}

/// What all arms of the study have in common.
struct Setup<'a> {
    session: &'a Session,
    shared: &'a Shared,
    flags: &'a Flags,
    architecture: Architecture,
    target: Dataset,
    test: Option<Dataset>,
    start: Start,
}

/// The target as one seed sees it.
struct Drawn {
    few: Dataset,
    test: Dataset,
}

impl Setup<'_> {
    /// The examples to learn from, and those that give the score.
    fn draw(&self, seed: u64) -> Result<Drawn, TransferError> {
        let Some(k) = self.flags.shots else {
            let test = self.test.clone().unwrap_or_else(|| self.target.clone());
            return Ok(Drawn { few: self.target.clone(), test });
        };
        let rows = self.target.shot_rows(k, seed)?;
        let few = self.target.select(&rows);
        let test = match &self.test {
            Some(test) => test.clone(),
            None => {
                let mut rest = vec![true; self.target.len()];
                rows.iter().for_each(|&row| rest[row] = false);
                let rest: Vec<usize> = (0..rest.len()).filter(|&row| rest[row]).collect();
                if rest.is_empty() {
                    return Err(nothing_left(k, &self.target));
                }
                self.target.select(&rest)
            }
        };
        Ok(Drawn { few, test })
    }

    /// The same initial values for every arm of a seed.
    fn net(&self, seed: u64) -> Result<DannNet, TransferError> {
        self.architecture.build(&mut Rng::seed(seed).fork("init"))
    }

    fn kept(&self, arm: &str, seed: u64) -> Training {
        self.session.kept(arm, self.shared.training(&base(), seed))
    }

    fn measure(
        &self,
        arm: &str,
        seed: u64,
        drawn: Drawn,
        source_normalizer: Option<Normalizer>,
        model: &Model<DannNet>,
    ) -> Result<Trained, TransferError> {
        let source = source_normalizer.and_then(|n| Some((self.start.data()?.clone(), n)));
        let target = drawn.test.without_labels();
        let yardstick = Yardstick { source, target, test: Some(drawn.test) };
        yardstick.measure(self.session, arm, seed, model)
    }
}
