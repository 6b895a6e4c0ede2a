//! `run layer-transfer`: some layers of a source model are copied, the others start anew.

use super::adaptation::{self, FINE_TUNE, Job, LINEAR_PROBE, Setup};
use super::{Built, Case, Few, Method, Selection};
use crate::choice::{Choices, choice};
use crate::context::Context;
use crate::error::UsageError;
use crate::report::{Extra, Finished};
use crate::run::{self, Control, Shared, within};
use crate::{args, out};
use clap::{ArgMatches, Args};
use nn_layers::models::DannNet;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tensor_autograd::{Kind, Module, Pattern};
use transfer::layer_transfer::{CopyFrom, LayerStudy, copy_layers};
use transfer::{Copied, LayerTransfer};

const NAME: &str = "layer-transfer";

pub(super) const METHOD: Method = Method {
    name: NAME,
    case: Case::Both,
    help: "copy some layers of a source model, train the others",
    selection: Selection::Validation,
    built: Built {
        flags: |command| args::training(Flags::augment_args(Shared::augment_args(command))),
        run,
        overfit: Few::Of(
            "examples of the target, and of the source first where a model is trained on it",
        ),
        tour: &[
            "--source",
            "synthetic:letters?n=3000",
            "--target",
            "synthetic:digits-textured?n=1500&seed=1",
            "--shots",
            "5",
            "--baselines",
            "all",
            "--source-epochs",
            "5",
            "--epochs",
            "20",
            "--study",
            "true",
        ],
        quick: &[
            "--source",
            "synthetic:letters?n=260",
            "--target",
            "synthetic:digits-textured?n=200&seed=1",
            "--shots",
            "2",
            "--source-epochs",
            "1",
            "--epochs",
            "2",
        ],
    },
};

/// The settings of fine-tuning, and what is copied.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Flags {
    #[command(flatten)]
    #[serde(flatten)]
    tuning: adaptation::Flags,
    /// The layers to copy, by their names: "features.0.*, features.3.*", "label.*"; default
    /// "features.*". The output layer is never copied if the source has other classes
    #[arg(long, value_name = "PATTERN", help_heading = "Layer transfer")]
    copy: Option<String>,
    /// Train the copied layers too, in place of keeping them frozen
    #[arg(long, help_heading = "Layer transfer", num_args = 0..=1, default_missing_value = "true",
          conflicts_with = "unfreeze_after")]
    train_copied: Option<bool>,
    /// Train the copied layers too, after N epochs of the others alone
    #[arg(long, value_name = "N", help_heading = "Layer transfer")]
    unfreeze_after: Option<usize>,
    /// Measure where to cut: copy 0, 1, .. layers from the source or from the target itself, frozen
    /// or trained; draws layers.svg
    #[arg(long, help_heading = "Layer transfer", num_args = 0..=1, default_missing_value = "true")]
    study: Option<bool>,
    /// From which end --study copies; default first
    #[arg(long, value_parser = choice(ENDS), help_heading = "Layer transfer", requires = "study")]
    from: Option<CopyFrom>,
}

/// From which end a study copies layers.
const ENDS: Choices<CopyFrom> = &[
    (CopyFrom::First, "The first layers, as for images"),
    (CopyFrom::Last, "The last layers, as for speech"),
];

impl Flags {
    fn check(&self, shared: &Shared) -> Result<(), UsageError> {
        if self.tuning.train_only.is_some() {
            return Err(UsageError::Unused { flag: "--train-only", method: NAME });
        }
        if self.train_copied == Some(true) && self.unfreeze_after.is_some() {
            return Err(UsageError::Conflict("give `train-copied` or `unfreeze-after`, not both"));
        }
        let after = self.unfreeze_after;
        within("--unfreeze-after", after, after != Some(0), "at least 1")?;
        let epochs = shared.epochs.unwrap_or(adaptation::EPOCHS);
        let fewer = shared.steps.is_some() || after.is_none_or(|after| after < epochs);
        within("--unfreeze-after", after, fewer, "fewer epochs than the run has")
    }

    /// The settings with nothing left open.
    fn filled(self) -> Self {
        let study = self.study.unwrap_or(false);
        Flags {
            copy: Some(self.pattern().to_owned()),
            train_copied: match self.unfreeze_after {
                None => Some(self.train_copied.unwrap_or(false)),
                Some(_) => None,
            },
            study: Some(study),
            from: study.then(|| self.from.unwrap_or_default()),
            ..self
        }
    }

    fn pattern(&self) -> &str {
        self.copy.as_deref().unwrap_or("features.*")
    }

    fn copied(&self) -> Copied {
        match (self.unfreeze_after, self.train_copied) {
            (Some(epochs), _) => Copied::FrozenFor(epochs),
            (None, Some(true)) => Copied::Trained,
            (None, _) => Copied::Frozen,
        }
    }
}

fn run(matches: &ArgMatches, control: Control, context: &Context) -> anyhow::Result<Finished> {
    let (shared, flags) = run::merge::<Flags>(NAME, matches, control.config.as_deref())?;
    flags.check(&shared)?;
    let flags = flags.filled();
    let transfer = |setup: &Setup<'_>, seed, source| {
        let tuning = setup.tuning_from(NAME, seed, source)?;
        let transfer = LayerTransfer::new(tuning, setup.net(seed)?);
        Ok::<_, transfer::TransferError>(transfer.copy(flags.pattern()).copied(flags.copied()))
    };
    let job = Job {
        name: NAME,
        baselines: &[FINE_TUNE, LINEAR_PROBE],
        record: &|mut tuning| {
            tuning.train_only = None;
            Flags { tuning, ..flags.clone() }
        },
        check: &|source, target, same| leaves_something(&flags, source, target, same),
        fit: &|setup, (seed, source), few, observer| {
            let transfer = transfer(setup, seed, source.clone())?;
            Ok((transfer.start(few)?.0.net, transfer.fit(few, observer)?))
        },
        beside: &|setup, extra| {
            let seed = setup.session().first_seed();
            let (_, copying) =
                transfer(setup, seed, setup.source_model(seed)?)?.start(&setup.few(seed)?)?;
            extra.text.push_str(&format!("{copying}\n"));
            extra.fields.push(("copying", json!(copying)));
            match flags.study {
                Some(true) => study(setup, flags.from.unwrap_or_default(), extra),
                _ => Ok(()),
            }
        },
    };
    adaptation::run(&job, (shared, flags.tuning.clone()), &control, context)
}

/// Refuses a pattern that copies nothing, or leaves nothing to train.
fn leaves_something(
    flags: &Flags,
    source: &DannNet,
    mut target: DannNet,
    same: bool,
) -> anyhow::Result<()> {
    let output = adaptation::last_layer(&target).filter(|_| !same);
    let output = Pattern::new(&output.map_or(String::new(), |layer| format!("{layer}*")));
    let copied = copy_layers(source, &mut target, flags.pattern(), &output)?.copied;
    let fresh = target.named_params().into_iter().any(|(name, param)| {
        param.kind == Kind::Weight && !name.starts_with("domain.") && !copied.contains(&name)
    });
    let trains = fresh || flags.copied() != Copied::Frozen;
    let range = "a pattern that leaves a layer to train, or go with --train-copied";
    Ok(within("--copy", Some(flags.pattern()), trains, range)?)
}

/// Trains the curves, draws them and adds them to the report.
fn study(setup: &Setup<'_>, from: CopyFrom, extra: &mut Extra) -> anyhow::Result<()> {
    let study = LayerStudy::new(setup, from)?;
    let session = setup.session();
    let curves = study.curves(&session.run_also(study.study())?);
    session.folder.write("layers.svg", &curves.picture("where to cut"))?;
    let end = if from == CopyFrom::First { "first" } else { "last" };
    let output = match curves.output_copied {
        true => "",
        false => "; the output layer is for other classes and never copied",
    };
    extra.text.push_str(&format!(
        "\nthe {end} n layers copied from the source (A) or the target itself (B), frozen or trained \
         (+); target accuracy, %{output}\n{}",
        out::table(&curves.rows(), 2)
    ));
    let scores = study.scores(session.seeds())?;
    extra.text.push_str(&format!("\nforetold without training: LEEP {:.3}", scores.leep));
    if !scores.cuts.is_empty() {
        let rows = out::table(&scores.rows(&curves.layers), 2);
        extra.text.push_str(&format!("; features of the source's first n layers\n{rows}"));
    }
    extra.text.push('\n');
    extra.fields.push(("layers", json!(curves)));
    extra.fields.push(("scores", json!(scores)));
    Ok(())
}
