//! `lr-find`: a learning rate to begin with, from one short training.

use crate::args::{self, Talk};
use crate::context::start_threads;
use crate::data::{self, Size};
use crate::error::UsageError;
use crate::{out, run};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use serde_json::json;
use std::path::PathBuf;
use tensor_autograd::Rng;
use transfer::fit::Progress;
use transfer::pictures::{Curve, curves};
use transfer::{LrCurve, LrRange, Model, Training};

#[derive(Args)]
pub(super) struct Flags {
    /// The labelled data to train on: the source, or the target's labelled examples
    #[arg(long, value_name = "SPEC")]
    data: String,
    /// The network; default: one that fits the data
    #[arg(long, value_name = "NAME", conflicts_with = "init")]
    net: Option<String>,
    /// Start from a model of these classes that `transfer` saved
    #[arg(long, value_name = "FILE.safetensors")]
    init: Option<PathBuf>,
    /// Bring all images to this size, as 28x28
    #[arg(long, value_name = "HxW")]
    resize: Option<Size>,
    /// Samples a step
    #[arg(long, value_name = "N", default_value_t = 64)]
    batch_size: usize,
    /// SGD's momentum, in [0, 1)
    #[arg(long, value_name = "M", default_value_t = 0.9)]
    momentum: f64,
    /// SGD's weight decay
    #[arg(long, value_name = "W", default_value_t = 0.0)]
    weight_decay: f64,
    /// The first rate
    #[arg(long, value_name = "RATE", default_value_t = 1e-5)]
    low: f64,
    /// The last rate
    #[arg(long, value_name = "RATE", default_value_t = 10.0)]
    high: f64,
    /// Steps from the one to the other, 20 to 100000
    #[arg(long, value_name = "N", default_value_t = 150)]
    steps: usize,
    /// The seed of initial values and batches
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Draw the loss over the rate, as an SVG file
    #[arg(long, value_name = "FILE.svg")]
    picture: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    talk: Talk,
}

pub(super) fn arguments(command: Command) -> Command {
    // `--low -1` is to hear what the range is, not that there is no flag `-1`.
    Flags::augment_args(command).allow_negative_numbers(true)
}

impl Flags {
    /// Checks every number against its range, under the name of its flag.
    fn check(&self) -> Result<(), UsageError> {
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let (low, high) = (self.low, self.high);
        run::within("--low", Some(low), positive(low), "positive and finite")?;
        run::within("--high", Some(high), high > low && high.is_finite(), "larger than --low")?;
        let batch = (1..=65_536).contains(&self.batch_size);
        run::within("--batch-size", Some(self.batch_size), batch, "from 1 to 65536")?;
        let steps = (20..=100_000).contains(&self.steps);
        run::within("--steps", Some(self.steps), steps, "from 20 to 100000")?;
        let momentum = (0.0..1.0).contains(&self.momentum);
        run::within("--momentum", Some(self.momentum), momentum, "in [0, 1)")?;
        let decay = self.weight_decay >= 0.0 && self.weight_decay.is_finite();
        run::within("--weight-decay", Some(self.weight_decay), decay, "0 or positive")?;
        out::check_svg(self.picture.as_deref())
    }
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let flags = Flags::from_arg_matches(matches)?;
    flags.check()?;
    start_threads(&flags.talk);
    let set = data::load_labelled("--data", &flags.data)?;
    let shape = data::common_shape(&[("--data", set.name(), set.sample_shape())], flags.resize)?;
    let set = data::fit(set, &shape)?;
    let (net, name) = match &flags.init {
        Some(path) => {
            let (model, architecture) = Model::load(path)?;
            let found = ("--data", set.name(), set.sample_shape());
            let file = path.display().to_string();
            data::check_fits_model(found, &file, &architecture.input, None, "--resize")?;
            (model.net, architecture.name)
        }
        None => {
            let name = flags.net.as_deref();
            let architecture = args::architecture(name, set.sample_shape(), set.classes().len())?;
            let net = architecture.build(&mut Rng::seed(flags.seed).fork("init"))?;
            (net, architecture.name)
        }
    };
    let training = Training {
        batch_size: flags.batch_size,
        momentum: flags.momentum,
        weight_decay: flags.weight_decay,
        seed: flags.seed,
        ..Training::default()
    };
    let test =
        LrRange::default().training(training).low(flags.low).high(flags.high).steps(flags.steps);
    let mut progress = if flags.talk.quiet { Progress::silent() } else { Progress::bar() };
    let curve = test.run(&net, &set, &mut progress)?;
    if let Some(path) = &flags.picture {
        let svg = picture(&curve);
        nn_layers::write_atomically(path, |file| file.write_all(svg.as_bytes()))?;
    }
    out::result(&match flags.json {
        true => json!({
            "schema": "transfer.lr-find/1",
            "net": name,
            "suggestion": curve.suggestion,
            "lowest": curve.lowest,
            "points": curve.points,
        })
        .to_string(),
        false => text(&curve, &name),
    })
}

fn picture(curve: &LrCurve) -> String {
    let line = |name: &str, y: fn(&transfer::LrPoint) -> f64| Curve {
        name: name.into(),
        points: curve.points.iter().map(|p| (p.lr.log10(), y(p))).collect(),
    };
    let lines = [line("a batch", |p| p.loss), line("smooth", |p| p.smooth)];
    curves("Loss while the learning rate grows", ("log10 of the rate", "loss"), &lines)
}

/// Every tenth step, and what they say.
fn text(curve: &LrCurve, net: &str) -> String {
    let mut rows = vec![["lr", "loss", "smooth"].map(str::to_owned).to_vec()];
    for p in curve.points.iter().step_by(10) {
        rows.push(vec![
            format!("{:.1e}", p.lr),
            format!("{:.4}", p.loss),
            format!("{:.4}", p.smooth),
        ]);
    }
    let said = match curve.suggestion {
        Some(lr) => format!(
            "--lr {lr:.1e}: there the loss of `{net}` falls fastest. It is lowest at {:.1e}; rates \
             from there on are too high.",
            curve.lowest
        ),
        None if curve.points.iter().any(|p| p.smooth < 0.95 * curve.points[0].smooth) => {
            "The loss was lowest too near the start for its slope to be taken: give a lower --low, or \
             more --steps."
                .to_owned()
        }
        None => {
            "No rate made the loss fall. More --steps, another --net, or a look at the data and \
                 its labels may help."
                .to_owned()
        }
    };
    format!("{}\n{said}\n", out::table(&rows, 0))
}
