//! `train`: plain supervised training, where every transfer of a labelled source begins.

use super::evaluate::Yardstick;
use super::{Built, Few, draw};
use crate::context::Context;
use crate::error::UsageError;
use crate::report::{self, Extra, Finished};
use crate::run::{self, Control, Session, Shared, within};
use crate::{args, data};
use clap::{ArgMatches, Args};
use datasets::Dataset;
use serde::{Deserialize, Serialize};
use tensor_autograd::Rng;
use transfer::{Study, Supervised, Training};

const NAME: &str = "train";

/// It is no method of transfer, and so in no table of them.
pub(crate) const TRAIN: Built = Built {
    flags: |command| args::training(Flags::augment_args(Shared::augment_args(command))),
    run,
    overfit: Few::Of("examples of the source"),
    tour: &[],
    quick: &[],
};

/// The settings beside the shared ones.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[group(skip)]
#[serde(rename_all = "kebab-case", default)]
struct Flags {
    /// Without --test: the share of the source that is held out for the score, drawn by the seed;
    /// default 0.1
    #[arg(long, value_name = "SHARE", help_heading = "Data")]
    hold_out: Option<f64>,
    /// Mirror half of the images left to right, others at each step
    #[arg(long, help_heading = "Training", num_args = 0, default_missing_value = "true")]
    flip: Option<bool>,
}

fn run(matches: &ArgMatches, control: Control, context: &Context) -> anyhow::Result<Finished> {
    let (shared, flags) = run::merge::<Flags>(NAME, matches, control.config.as_deref())?;
    let share = flags.hold_out.unwrap_or(0.1);
    within("--hold-out", flags.hold_out, share > 0.0 && share < 1.0, "between 0 and 1")?;
    if shared.test.is_some() && flags.hold_out.is_some() {
        return Err(UsageError::Conflict("give --test or --hold-out, not both").into());
    }
    for (flag, given) in [("--target", &shared.target), ("--baselines", &shared.baselines)] {
        if given.is_some() {
            return Err(UsageError::Unused { flag, method: NAME }.into());
        }
    }
    let source = shared.source.as_deref();
    let remedy = "labelled data, as images:DIR or mnist:DIR";
    let source = source.ok_or(UsageError::Missing { what: "--source", remedy })?;
    if shared.test.as_ref().is_some_and(|test| data::same_spec(test, source)) {
        let why = "--test names what --source names: the score would be of what was learnt by heart; \
                   leave it out, and a share of the source is held out for the score";
        return Err(UsageError::Conflict(why).into());
    }
    let (source, test) = load(&shared, source, context)?;
    if flags.flip == Some(true) && source.sample_shape().len() != 3 {
        let why = "--flip mirrors images, and the samples of --source are none; leave it out";
        return Err(UsageError::Conflict(why).into());
    }
    let classes = source.classes().len();
    let architecture = args::architecture(shared.net.as_deref(), source.sample_shape(), classes)?;
    let shared = shared.filled(&Training::default(), &architecture.name, &[]);
    let recorded =
        Flags { hold_out: test.is_none().then_some(share), flip: Some(flags.flip == Some(true)) };
    let session = Session::open(NAME, (&shared, &recorded), &control, context)?;
    draw::samples(&session.folder, "source", &source.without_labels())?;

    let study = Study::new(NAME, "accuracy", |seed, observer| {
        let (train, test) = match &test {
            Some(test) => (source.clone(), test.clone()),
            None => source.split_stratified(1.0 - share, seed)?,
        };
        let flip = recorded.flip == Some(true);
        let training = Training { flip, ..shared.training(&Training::default(), seed) };
        let net = architecture.build(&mut Rng::seed(seed).fork("init"))?;
        let supervised = Supervised::new(net).training(session.kept(NAME, training));
        let model = supervised.fit(&train, observer)?;
        if session.keeps(seed) {
            model.save(&architecture, &session.folder.path().join("model.safetensors"))?;
        }
        let target = test.without_labels();
        let yardstick = Yardstick { source: None, target, test: Some(test) };
        yardstick.measure(&session, NAME, seed, &model)
    });
    let report = session.run(study)?;
    draw::curves(&session.folder, &report.outcomes)?;
    let tested = match &shared.test {
        Some(test) => format!("tested on {test}\n"),
        None => {
            format!("tested on {:.0} % of the source, held out of the training\n", 100.0 * share)
        }
    };
    let start = format!(
        "start from it by --init {}\n",
        session.folder.path().join("model.safetensors").display()
    );
    report::finish(&session, &shared, report, Extra { fields: vec![], text: tested + &start })
}

/// Training and test data of one shape and the same classes.
fn load(
    shared: &Shared,
    source: &str,
    context: &Context,
) -> anyhow::Result<(Dataset, Option<Dataset>)> {
    let source = context.load_labelled("--source", source)?;
    let test = shared.test.as_deref().map(|spec| context.load_labelled("--test", spec));
    let test = test.transpose()?;
    let size = shared.size().expect("checked");
    let mut all = vec![("--source", source.name(), source.sample_shape())];
    if let Some(test) = &test {
        data::check_classes(("--source", source.name(), source.classes()), "--test", test)?;
        all.push(("--test", test.name(), test.sample_shape()));
    }
    let shape = data::common_shape(&all, size)?;
    let test = test.map(|test| data::fit(test, &shape)).transpose()?;
    Ok((data::fit(source, &shape)?, test))
}
