//! What fine-tuning, conservative training and layer transfer share: a source model goes on with few
//! labelled target examples.

mod drawing;
mod flags;
mod forgetting;
mod setup;
mod start;

pub(super) use flags::{EPOCHS, Flags};
pub(super) use setup::Setup;
pub(super) use start::last_layer;

use super::draw;
use crate::context::Context;
use crate::data;
use crate::error::UsageError;
use crate::report;
use crate::report::{Extra, Finished};
use crate::run::{Control, Session, Shared, baselines, within};
use datasets::Dataset;
use drawing::Drawn;
use flags::base;
use nn_layers::models::DannNet;
use serde::Serialize;
use serde_json::json;
use start::Start;
use std::cell::RefCell;
use tensor_autograd::{Module, Pattern, Rng};
use transfer::fit::Observer;
use transfer::{Architecture, Conservative, FineTune, Model, Study, Supervised, TransferError};

/// The whole source model goes on.
pub(super) const FINE_TUNE: &str = "fine_tune";
/// The last layer is trained on the source model's features.
pub(super) const LINEAR_PROBE: &str = "linear_probe";

/// Trains a method from the source model of a seed; gives the net that training began with, too.
pub(super) type Fit<'a> = dyn Fn(
        &Setup<'_>,
        (u64, &Model<DannNet>),
        &Dataset,
        &mut dyn Observer,
    ) -> Result<(DannNet, Model<DannNet>), TransferError>
    + 'a;

/// Looks at a net of the source and one of the target, and at whether they have the same classes.
pub(super) type Check<'a> = dyn Fn(&DannNet, DannNet, bool) -> anyhow::Result<()> + 'a;

/// What is measured beside the method and its baselines.
pub(super) type Beside<'a> = dyn Fn(&Setup<'_>, &mut Extra) -> anyhow::Result<()> + 'a;

/// A method of this family.
pub(super) struct Job<'a, O> {
    pub(super) name: &'static str,
    /// The baselines that it has beside source_only and scratch, the most telling one first.
    pub(super) baselines: &'a [&'static str],
    /// All of the method's settings, to be recorded.
    pub(super) record: &'a dyn Fn(Flags) -> O,
    /// Refuses settings that nets of the source's and of the target's classes do not allow, before
    /// anything is made.
    pub(super) check: &'a Check<'a>,
    pub(super) fit: &'a Fit<'a>,
    pub(super) beside: &'a Beside<'a>,
}

/// Fine-tuning, held back or not.
pub(super) fn tuned<'a>(
    name: &'static str,
    hold: impl Fn(
        FineTune<DannNet>,
        &Setup<'_>,
        &Model<DannNet>,
    ) -> Result<Conservative<DannNet>, TransferError>
    + 'a,
) -> Box<Fit<'a>> {
    Box::new(move |setup, (seed, source), few, observer| {
        let tuning = setup.tuning(name, seed, source)?;
        let start = tuning.source().net.clone();
        Ok((start, hold(tuning, setup, source)?.fit(few, observer)?))
    })
}

/// Trains the method and its baselines on every seed, and leaves a run folder.
pub(super) fn run<O: Serialize>(
    job: &Job<'_, O>,
    (shared, flags): (Shared, Flags),
    control: &Control,
    context: &Context,
) -> anyhow::Result<Finished> {
    flags.check()?;
    let shared = shared.tested_apart(flags.shots.is_some())?;
    let shared = flags.pretrained.prepared(shared)?;
    let missing = |what, remedy| UsageError::Missing { what, remedy };
    let target = shared.target.as_deref();
    let target = target.ok_or_else(|| missing("--target", "labelled data, as mnist:DIR"))?;
    if shared.test.is_none() && flags.shots.is_none() {
        let remedy = "labelled target data for the score; or --shots K, the rest then gives it";
        return Err(missing("--test", remedy).into());
    }
    // Without test data the target's are needed for the score in any case.
    let cache = flags.pretrained.cache().filter(|_| shared.test.is_some());
    let load = |role, spec| context.load_known(role, spec, cache.as_deref());
    let target = load("--target", target)?;
    let test = shared.test.as_deref().map(|spec| load("--test", spec)).transpose()?;
    let (start, target, test) = Start::load(&shared, &flags, (target, test), context)?;
    if let Some(test) = &test {
        data::check_classes(("--target", target.name(), target.classes()), "--test", test)?;
    }

    let same = start.classes() == target.classes();
    let differ = (!same).then_some("the source has other classes than the target");
    let mut known: Vec<_> = job.baselines.iter().map(|name| (*name, None)).collect();
    known.extend([("source_only", differ), ("scratch", None)]);
    let chosen = baselines(job.name, shared.baselines.as_deref(), &known)?;
    let classes = target.classes().len();
    let architecture = start.architecture(shared.net.as_deref(), target.sample_shape(), classes)?;
    let shared = shared.filled(&base(), &architecture.name, &chosen);
    let flags = flags.filled(&shared);
    // What would fail after the source is trained is said before.
    let net = architecture.build(&mut Rng::seed(0))?;
    if let Some(pattern) = &flags.train_only {
        let chosen = Pattern::new(pattern);
        let any = net.named_params().iter().any(|(name, _)| chosen.matches(name));
        within("--train-only", Some(pattern), any, "a pattern that names a parameter, as label.*")?;
    }
    let classes = start.classes().len();
    let of_source = Architecture { classes, ..architecture.clone() }.build(&mut Rng::seed(0))?;
    (job.check)(&of_source, net, same)?;
    if flags.shots.is_some() || flags.hold_out.is_some() {
        Drawn::of(&target, test.as_ref(), &flags, 0)?;
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
        latest: RefCell::default(),
    };

    let mut study = Study::new(job.name, "target_accuracy", |seed, observer| {
        let drawn = setup.draw(seed)?;
        let source = setup.start.model(&setup, seed)?;
        let (start, model) = (job.fit)(&setup, (seed, &source), &drawn.few, observer)?;
        if session.keeps(seed) {
            model.save(&setup.architecture, &session.folder.path().join("model.safetensors"))?;
        }
        setup.measure(job.name, seed, drawn, Some(&start), &model)
    });
    for arm in chosen {
        let setup = &setup;
        study = study.baseline(arm, move |seed, observer| {
            let drawn = setup.draw(seed)?;
            if arm == "scratch" {
                let scratch = Supervised::new(setup.net(seed)?).training(setup.kept(arm, seed));
                let scratch = match &drawn.held_out {
                    Some(held_out) => scratch.validation(held_out.clone()),
                    None => scratch,
                };
                let model = scratch.fit(&drawn.few, observer)?;
                return setup.measure(arm, seed, drawn, None, &model);
            }
            let source = setup.start.model(setup, seed)?;
            let tuning = match arm {
                FINE_TUNE => setup.tuning(arm, seed, &source)?,
                LINEAR_PROBE => setup.probe(arm, seed, &source)?,
                _ => return setup.measure(arm, seed, drawn, Some(&source.net), &source),
            };
            let start = tuning.source().net.clone();
            let model = tuning.fit(&drawn.few, observer)?;
            setup.measure(arm, seed, drawn, Some(&start), &model)
        });
    }
    let report = session.run(study)?;
    draw::curves(&session.folder, &report.outcomes)?;
    let few = flags.shots.map_or("all".to_owned(), |k| k.to_string());
    let held_out = flags.hold_out.map_or(String::new(), |share| {
        format!(", {:.0} % of them held out to choose the epoch", 100.0 * share)
    });
    let mut extra = Extra {
        fields: vec![
            ("shots", json!(flags.shots)),
            ("held_out", json!(flags.hold_out)),
            ("same_classes", json!(same)),
        ],
        text: format!("{few} labelled target examples a class{held_out}\n"),
    };
    forgetting::tell(&report, same, &mut extra);
    (job.beside)(&setup, &mut extra)?;
    report::finish(&session, &shared, report, extra)
}
