//! # Lesson 7: layer transfer
//!
//! **You will learn** how to copy some layers of a network and not others, and how to find out which.
//!
//! **The idea.** A network that reads letters sees strokes, and digits are made of strokes too. So copy
//! its first n layers, start the others anew, and look at every n: frozen, the copies cannot learn
//! the few examples by heart; trained, they can fit the task. The control copies from a network of
//! the target itself: what is lost there is lost by the cut, not by the task (Yosinski et al., 2014).
//!
//! **Run it** with `cargo run --release -p examples --example 07_layer_transfer`, on real images with
//! `-- --source idx:IMAGES,LABELS --target mnist:DIR --shots 5 --svg layers.svg`.
//!
//! **You should see** `AnB`, the frozen copies, rise above n = 0, which is a network from scratch, and
//! be best with three or four layers copied. `AnB+` gains too, but no more than that: five examples a
//! class are few for so many weights. `BnB` has nothing to copy but what the same examples taught, and
//! falls. Seeds differ by several points, so do not compare neighbours.

#![forbid(unsafe_code)]

use anyhow::{Result, ensure};
use clap::Parser;
use datasets::{Dataset, Spec};
use nn_layers::models::{DannNet, dann_mnist};
use std::path::PathBuf;
use tensor_autograd::Rng;
use transfer::fit::{Observer, Progress};
use transfer::layer_transfer::{CopyFrom, LayerTask};
use transfer::{FineTune, LayerStudy, LayerTransfer, Model, Supervised, TransferError, Watch};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test.
    #[arg(long)]
    quick: bool,
    /// Labelled images to copy layers from.
    #[arg(long, default_value = "synthetic:letters?n=4000")]
    source: Spec,
    /// Labelled images of the task: a few to learn from, the others to judge by.
    #[arg(long, default_value = "synthetic:digits?n=1500&seed=1")]
    target: Spec,
    /// Labelled target examples of each class.
    #[arg(long, default_value_t = 5)]
    shots: usize,
    /// Where to draw the curves.
    #[arg(long)]
    svg: Option<PathBuf>,
}

/// Letters to digits, or what the flags say.
struct Task {
    /// A model of the source for each seed.
    sources: Vec<Model<DannNet>>,
    target: Dataset,
    shots: usize,
    passes: usize,
}

impl LayerTask<DannNet> for Task {
    fn source_classes(&self) -> &[String] {
        &self.sources[0].classes
    }
    fn source(&self, seed: u64) -> Result<Model<DannNet>, TransferError> {
        Ok(self.sources[seed as usize].clone())
    }
    fn net(&self, rng: &mut Rng) -> Result<DannNet, TransferError> {
        Ok(network(&self.target, rng))
    }
    fn draw(&self, seed: u64) -> Result<(Dataset, Dataset), TransferError> {
        let rows = self.target.shot_rows(self.shots, seed)?;
        let rest: Vec<usize> = (0..self.target.len()).filter(|row| !rows.contains(row)).collect();
        Ok((self.target.select(&rows), self.target.select(&rest)))
    }
    fn tuning(
        &self,
        _arm: &str,
        seed: u64,
        start: Model<DannNet>,
    ) -> Result<FineTune<DannNet>, TransferError> {
        Ok(FineTune::new(start).epochs(self.passes).seed(seed))
    }
}

struct Quiet;

impl Watch for Quiet {
    fn observer(&mut self, _arm: &str, _seed: u64) -> Box<dyn Observer> {
        Box::new(Progress::silent())
    }
}

fn main() -> Result<()> {
    let Args { quick, source, target, shots, svg } = Args::parse();
    let (source, target) = (datasets::load(&source)?, datasets::load(&target)?);
    ensure!(source.sample_shape().len() == 3, "images, please");
    ensure!(source.sample_shape() == target.sample_shape(), "images of one size, please");
    let (source, epochs, passes, seeds) =
        if quick { (source.limit(3000), 6, 20, 2) } else { (source, 8, 40, 3) };

    // 1. Where layers come from: a model of the source for each seed.
    let pretrained = (0..seeds).map(|seed| {
        let fresh = network(&source, &mut Rng::seed(seed));
        Supervised::new(fresh).epochs(epochs).seed(seed).fit(&source, &mut Progress::silent())
    });
    let sources = pretrained.collect::<Result<Vec<_>, _>>()?;
    let task = Task { sources, target, shots, passes };

    // 2. One transfer by hand: layers go by their names. What cannot be copied is told.
    let (few, test) = task.draw(0)?;
    let tuning = task.tuning("", 0, task.source(0)?)?;
    let transfer = LayerTransfer::new(tuning, task.net(&mut Rng::seed(0))?);
    let transfer = transfer.copy("features.*, label.4.*");
    println!("{}", transfer.start(&few)?.1);
    let model = transfer.fit(&few, &mut Progress::silent())?;
    println!("the trunk copied and frozen: accuracy {:.3}\n", model.accuracy(&test)?);

    // 3. Every cut, from the source (A) and from the target itself (B), frozen and trained (+).
    let study = LayerStudy::new(&task, CopyFrom::First)?;
    let seeds: Vec<u64> = (0..seeds).collect();
    let curves = study.run(&seeds, &mut Quiet)?;
    println!("accuracy in %, {shots} labelled examples a class, {} seeds", seeds.len());
    for row in curves.rows() {
        let cells: String = row[2..].iter().map(|cell| format!("{cell:>20}")).collect();
        println!("{:>2} {:12}{cells}", row[0], row[1]);
    }
    if let Some(path) = svg {
        std::fs::write(path, curves.picture("where to cut"))?;
    }
    let frozen = &curves.curves[0].points;
    let (scratch, most) = (&frozen[0].accuracy, &frozen[curves.layers.len()].accuracy);
    examples::figure("gain", most.mean - scratch.mean);
    Ok(())
}

/// The net of lesson 6: two convolutions in the trunk, three linear layers on top.
fn network(data: &Dataset, rng: &mut Rng) -> DannNet {
    let [channels, height, width] = *data.sample_shape() else { unreachable!("images") };
    dann_mnist([channels, height, width], data.classes().len(), rng)
}

// Exercises
//
// 1. Give it `--shots 50`. What is left of the gain, and what do frozen layers cost now?
// 2. Copy from the other end, `CopyFrom::Last`. What would two tasks have to share for that to help?
