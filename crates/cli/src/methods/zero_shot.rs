//! `run zero-shot`: classes without a single example.

use super::{Built, Case, Few, Method, Selection, draw};
use crate::context::Context;
use crate::error::UsageError;
use crate::report::{Extra, Finished};
use crate::run::{self, Control, Pretrained, Session, Shared, baselines};
use crate::{args, out, report};
use clap::{ArgMatches, Args};
use nn_layers::metrics::ConfusionMatrix;
use serde::{Deserialize, Serialize};
use serde_json::json;
use setup::Setup;
use std::collections::BTreeMap;
use tensor_autograd::Rng;
use transfer::fit::Observer;
use transfer::zero_shot::{Kind, eszsl::Coding, sae::Direction};
use transfer::{Report, Signatures, Study, Trained, Training, TransferError, ZeroShot};

mod setup;
mod table;

const NAME: &str = "zero-shot";

pub(super) const METHOD: Method = Method {
    name: NAME,
    case: Case::Source,
    help: "classes without examples, by their attributes or the vectors of their names",
    selection: Selection::Refused(
        "zero-shot has no examples of the unseen classes to choose by: leave some seen classes out as \
         --unseen, and lay such runs side by side by `transfer compare`",
    ),
    built: Built {
        flags: |command| args::training(Flags::augment_args(Shared::augment_args(command))),
        run,
        overfit: Few::Of("examples of the seen classes"),
        tour: &[
            "--source",
            "synthetic:letters?n=2080",
            "--test",
            "synthetic:letters?n=1040&seed=1",
            "--signatures",
            "synthetic",
            "--unseen",
            "E,K,P,U,Z",
            "--baselines",
            "all",
            "--epochs",
            "3",
        ],
        quick: &[
            "--source",
            "synthetic:letters?n=520",
            "--test",
            "synthetic:letters?n=260&seed=1",
            "--epochs",
            "2",
        ],
    },
};

/// The method's own settings.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Flags {
    /// What is known of the classes: a file of lines `class, numbers` with tabs between, or
    /// `synthetic`, the strokes of the generated letters
    #[arg(long, value_name = "FILE.tsv", help_heading = "Data")]
    signatures: Option<String>,
    /// The classes to be told without examples, with commas between. Their samples in --source are
    /// removed; without --test, these give the score
    #[arg(long, value_name = "NAMES", help_heading = "Data")]
    unseen: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    pretrained: Pretrained,
    /// Let the seen classes be candidates too; the score is the harmonic mean of both accuracies
    #[arg(long, help_heading = "Zero-shot learning", num_args = 0..=1,
          default_missing_value = "true")]
    generalized: Option<bool>,
    /// How a class is found; default: eszsl, which is sure where training is short
    #[arg(long, value_enum, help_heading = "Zero-shot learning")]
    model: Option<Model>,
    /// What the method stands on; default: a network for images, else the numbers as they are
    #[arg(long, value_enum, help_heading = "Zero-shot learning")]
    features: Option<Features>,
    /// Mirror half of the training images
    #[arg(long, help_heading = "Zero-shot learning", num_args = 0..=1,
          default_missing_value = "true")]
    flip: Option<bool>,
}

/// How a class is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Model {
    /// A classifier for each attribute on features learnt for the classes (Lampert 2009)
    Dap,
    /// The same as one network, trained on the attributes from end to end
    Attributes,
    /// Ridge regression of the signature, then the nearest
    Nearest,
    /// A bilinear score in closed form (Romera-Paredes and Torr 2015)
    Eszsl,
    /// The semantic autoencoder (Kodirov 2017)
    Sae,
    /// The mean of the ten likeliest seen classes' signatures (Norouzi 2014)
    Conse,
    /// A learnt product of two embeddings, under a margin
    Compatibility,
    /// A network that gives the signature itself
    Regression,
}

impl Model {
    fn kind(self) -> Kind {
        match self {
            Model::Dap => Kind::Dap { penalty: 1.0 },
            Model::Attributes => Kind::Attributes,
            Model::Nearest => Kind::Nearest,
            Model::Eszsl => Kind::Eszsl(Coding::Signs),
            Model::Sae => Kind::Sae(Direction::ToSignatures),
            Model::Conse => Kind::Conse { top: 10 },
            Model::Compatibility => Kind::Compatibility { margin: 1.0, width: 50 },
            Model::Regression => Kind::Regression,
        }
    }
}

/// What the method stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Features {
    /// The inputs as they are
    Raw,
    /// A network, trained on the seen classes
    Net,
}

/// Nets with batch norm bear a faster start.
fn base() -> Training {
    Training { lr: 0.05, ..Training::default() }
}

fn run(matches: &ArgMatches, control: Control, context: &Context) -> anyhow::Result<Finished> {
    let (shared, flags) = run::merge::<Flags>(NAME, matches, control.config.as_deref())?;
    if shared.target.is_some() {
        return Err(
            UsageError::Conflict("zero-shot has no --target: give --unseen and --test").into()
        );
    }
    flags.pretrained.given(&shared)?;
    let shared = flags.pretrained.prepared(shared)?;
    let setup = Setup::load(&shared, &flags, context)?;
    let model = flags.model.unwrap_or(Model::Eszsl);
    let same = |other: Model| (model == other).then_some("it is the method itself");
    let known = [
        ("random_signatures", None),
        ("nearest", same(Model::Nearest)),
        ("eszsl", same(Model::Eszsl)),
        ("conse", same(Model::Conse)),
    ];
    let chosen = baselines(NAME, shared.baselines.as_deref(), &known)?;
    let shared = shared.filled(&base(), &setup.architecture.name, &chosen);
    let flags = Flags {
        generalized: Some(setup.generalized),
        model: Some(model),
        features: Some(setup.features),
        flip: Some(flags.flip.unwrap_or(false)),
        ..flags
    };
    let session = Session::open(NAME, (&shared, &flags), &control, context)?;
    out::talk(context.quiet, &setup.said());
    draw::samples(&session.folder, "source", &setup.source.without_labels())?;
    draw::samples(&session.folder, "unseen", &setup.test.without_labels())?;

    let arm =
        |name: &str, model: Model, signatures: &Signatures, seed, observer: &mut dyn Observer| {
            let training =
                Training { flip: flags.flip == Some(true), ..shared.training(&base(), seed) };
            let training = Training { cache: flags.pretrained.cache(), ..training };
            let mut method = ZeroShot::new(model.kind(), signatures.clone())
                .training(session.kept(name, training))
                .calibrate(setup.generalized);
            if setup.features == Features::Net {
                let features = match &setup.backbone {
                    Some(features) => features.clone(),
                    None => setup.architecture.build(&mut Rng::seed(seed).fork("init"))?.features,
                };
                method = method.network(features);
            }
            let model = method.fit(&setup.source, observer)?;
            let trained = setup.measure(&model)?;
            if session.keeps(seed) {
                let rows = setup.unseen_rows();
                let predicted = model.predict(&rows.without_labels(), &setup.unseen)?;
                let mut matrix = ConfusionMatrix::new(setup.unseen.len());
                matrix.record(&setup.unseen_labels(&rows)?, &predicted);
                draw::confusion(&session.folder, name, &matrix, &setup.unseen)?;
                if name == NAME {
                    let network = (setup.features == Features::Net).then_some(&setup.architecture);
                    model.save(network, &session.folder.path().join("model.safetensors"))?;
                }
            }
            Ok::<Trained, TransferError>(trained)
        };
    let mut study = Study::new(NAME, setup.score(), |seed, observer| {
        arm(NAME, model, &setup.signatures, seed, observer)
    });
    for name in chosen {
        let arm = &arm;
        let setup = &setup;
        study = study.baseline(name, move |seed, observer| {
            let exchanged = || setup.signatures.permuted(&mut Rng::seed(seed).fork(name));
            match name {
                "random_signatures" => arm(name, model, &exchanged(), seed, observer),
                "nearest" => arm(name, Model::Nearest, &setup.signatures, seed, observer),
                "eszsl" => arm(name, Model::Eszsl, &setup.signatures, seed, observer),
                _ => arm(name, Model::Conse, &setup.signatures, seed, observer),
            }
        });
    }
    let report = session.run(study)?;
    draw::curves(&session.folder, &report.outcomes)?;
    let extra = Extra {
        fields: vec![
            ("model", json!(model)),
            ("seen", json!(setup.seen)),
            ("unseen", json!(setup.unseen)),
            ("removed", json!(setup.removed)),
        ],
        text: format!("{}\n\n{}", setup.said(), figures(&report)),
    };
    // The report says from where to where.
    let named = Shared { target: Some(format!("unseen {}", setup.unseen.join(", "))), ..shared };
    report::finish(&session, &named, report, extra)
}

/// The figures of every arm beside each other, the mean over the seeds.
fn figures(report: &Report) -> String {
    let arms: Vec<&str> = std::iter::once(report.method.as_str())
        .chain(report.baselines.keys().map(String::as_str))
        .collect();
    let mut sums: BTreeMap<(&str, &str), (f64, usize)> = BTreeMap::new();
    for outcome in &report.outcomes {
        for (figure, value) in &outcome.figures {
            let sum = sums.entry((figure, &outcome.arm)).or_default();
            *sum = (sum.0 + value, sum.1 + 1);
        }
    }
    let heading = std::iter::once(String::new()).chain(arms.iter().map(|arm| (*arm).to_owned()));
    let mut rows: Vec<Vec<String>> = vec![heading.collect()];
    let mut names: Vec<&str> = sums.keys().map(|(figure, _)| *figure).collect();
    names.dedup();
    for name in names {
        let cell = |arm: &&str| {
            let sum = sums.get(&(name, *arm));
            sum.map_or("-".to_owned(), |(sum, n)| format!("{:.3}", sum / *n as f64))
        };
        let cells = std::iter::once(name.replace('_', " ")).chain(arms.iter().map(cell));
        rows.push(cells.collect());
    }
    out::table(&rows, 1)
}
