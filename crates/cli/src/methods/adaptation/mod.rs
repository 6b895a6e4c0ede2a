//! What fine-tuning and conservative training share: a source model goes on with few labelled
//! target examples.

mod flags;
mod start;

pub(super) use flags::Flags;

use super::draw;
use super::evaluate::Yardstick;
use crate::context::Context;
use crate::data;
use crate::error::UsageError;
use crate::report::{Extra, Finished};
use crate::run::{Control, Session, Shared, baselines, within};
use crate::{args, report};
use datasets::Dataset;
use flags::base;
use nn_layers::models::DannNet;
use serde::Serialize;
use serde_json::json;
use start::Start;
use tensor_autograd::{Module, Pattern, Rng};
use transfer::{
    Architecture, Conservative, FineTune, Model, Normalizer, Study, Supervised, Trained, Training,
    TransferError,
};

/// The baseline of a method that holds the model back: the same without the hold.
const PLAIN: &str = "fine_tune";

/// Holds fine-tuning back, or does not.
type Hold<'a> = dyn Fn(
        FineTune<DannNet>,
        &Setup<'_>,
        &Model<DannNet>,
    ) -> Result<Conservative<DannNet>, TransferError>
    + 'a;

/// A method of this family.
pub(super) struct Job<'a, O> {
    pub(super) name: &'static str,
    /// Whether it holds back, so that plain fine-tuning is a baseline of it.
    pub(super) holds: bool,
    /// All of the method's settings, to be recorded.
    pub(super) record: &'a dyn Fn(Flags) -> O,
    pub(super) hold: &'a Hold<'a>,
}

/// Trains the method and its baselines on every seed, and leaves a run folder.
pub(super) fn run<O: Serialize>(
    job: &Job<'_, O>,
    (shared, flags): (Shared, Flags),
    control: &Control,
    context: &Context,
) -> anyhow::Result<Finished> {
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
    let mut known = vec![("source_only", differ), ("scratch", None)];
    if job.holds {
        known.insert(0, (PLAIN, None));
    }
    let chosen = baselines(job.name, shared.baselines.as_deref(), &known)?;
    let net = start.net_name(shared.net.as_deref())?;
    let architecture =
        args::architecture(Some(&net), target.sample_shape(), target.classes().len())?;
    let shared = shared.filled(&base(), &architecture.name, &chosen);
    let flags = flags.filled(&shared);
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

    let session =
        Session::open(job.name, (&shared, &(job.record)(flags.clone())), control, context)?;
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

    let mut study = Study::new(job.name, "target_accuracy", |seed, observer| {
        let drawn = setup.draw(seed)?;
        let source = setup.start.model(&setup, seed)?;
        let source_normalizer = source.normalizer.clone();
        let method = (job.hold)(setup.tuning(job.name, seed, &source)?, &setup, &source)?;
        let model = method.fit(&drawn.few, observer)?;
        if session.keeps(seed) {
            model.save(&setup.architecture, &session.folder.path().join("model.safetensors"))?;
        }
        setup.measure(job.name, seed, drawn, Some(source_normalizer), &model)
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
            if arm == PLAIN {
                let source = setup.start.model(setup, seed)?;
                let normalizer = source.normalizer.clone();
                let model = setup.tuning(arm, seed, &source)?.fit(&drawn.few, observer)?;
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

/// What all arms of the study have in common.
pub(super) struct Setup<'a> {
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

    /// Fine-tuning from the source model, as the settings have it.
    fn tuning(
        &self,
        arm: &str,
        seed: u64,
        source: &Model<DannNet>,
    ) -> Result<FineTune<DannNet>, TransferError> {
        let start = self.start.adapted(source.clone(), self, seed)?;
        let tuning = FineTune::new(start)
            .training(self.kept(arm, seed))
            .trunk_lr(self.flags.trunk_lr.unwrap_or(0.1));
        Ok(match &self.flags.train_only {
            Some(pattern) => tuning.train_only(pattern),
            None => tuning,
        })
    }

    /// A pattern of the weights that are fresh because the source has other classes; empty for none.
    pub(super) fn fresh(&self, source: &Model<DannNet>) -> String {
        let other = source.classes != self.target.classes();
        let head = start::last_layer(&source.net).filter(|_| other);
        head.map_or(String::new(), |layer| format!("{layer}*"))
    }

    /// The source's data, where there is any.
    pub(super) fn source(&self) -> Option<&Dataset> {
        self.start.data()
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
