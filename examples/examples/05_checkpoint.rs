//! # Lesson 5: a checkpoint
//!
//! **You will learn** to save a net and its optimiser, to go on as if nothing had happened, and to
//! carry a part of a net over into another one: the first transfer of the course.
//!
//! **The idea.** What remains of a net when its program ends is a list of names with numbers:
//! `features.0.weight`. A net that has these names can take the numbers, whoever wrote them, PyTorch
//! included. If only some names fit, only these are taken, and a report says what became of the
//! rest.
//!
//! **Run it** with `cargo run --release -p examples --example 05_checkpoint`, on real images with
//! `-- --source mnist:DIR --few 'idx:IMAGES,LABELS[0..260]' --test 'idx:IMAGES,LABELS[1000..2000]'`.
//!
//! **You should see** that training which was interrupted ends at the very same bits, what a strict
//! load says to a net with another head, and how the features learnt on digits help with letters.

#![forbid(unsafe_code)]

use anyhow::{Result, ensure};
use clap::Parser;
use datasets::{Dataset, Spec, stream_batch};
use nn_layers::{Layer, LoadMode, Sequential, load, load_into, metrics, models, save};
use optim::{Adam, Optimizer};
use tensor_autograd::{Module, Rng, Var, eval, grad, module};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test.
    #[arg(long)]
    quick: bool,
    /// Labelled images for the first net.
    #[arg(long, default_value = "synthetic:digits?n=2000")]
    source: Spec,
    /// A few labelled images of the other task, which takes over a part of it.
    #[arg(long, default_value = "synthetic:letters?n=260")]
    few: Spec,
    /// The same to judge by.
    #[arg(long, default_value = "synthetic:letters?n=1000&seed=1")]
    test: Spec,
}

/// A net in two parts. `module!` names them, once: the parameters are `features.0.weight` and so on.
#[derive(Clone)]
struct Net {
    features: Sequential,
    head: Sequential,
}
module!(Net: features, head);

impl Net {
    fn new(data: &Dataset, rng: &mut Rng) -> Self {
        let pixels = data.sample_shape().iter().product();
        let features = models::mlp(&[pixels, 64, 32], rng);
        Net { features, head: models::mlp(&[32, 32, data.classes().len()], rng) }
    }

    fn logits<'t>(&self, images: Var<'t>) -> Var<'t> {
        self.head.forward(self.features.forward(images.flatten(1)).relu())
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    let steps = if args.quick { 60 } else { 300 };
    let [source, few, test] = [&args.source, &args.few, &args.test].map(datasets::load);
    let (source, few, test) = (source?, few?, test?);
    for set in [&few, &test] {
        ensure!(set.sample_shape() == source.sample_shape(), "images of one size, please");
    }
    source.require_labels()?;
    few.require_labels()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("net.safetensors");

    // One net is trained to the end. Its twin is stopped half way, saved, and dropped.
    let start = Net::new(&source, &mut Rng::seed(0));
    let (mut whole, mut optimizer) = (start.clone(), Adam::new(1e-3).bind(&start)?);
    train(&mut whole, &mut optimizer, &source, 0..steps);

    let (mut half, mut optimizer) = (start.clone(), Adam::new(1e-3).bind(&start)?);
    train(&mut half, &mut optimizer, &source, 0..steps / 2);
    save(&half, &file)?;
    let memory = optimizer.state(); // Adam's averages, by the names of the parameters
    drop((half, optimizer));

    // A new net of other numbers takes the saved ones; its optimiser remembers the averages.
    let mut resumed = Net::new(&source, &mut Rng::seed(1));
    println!("{}", load_into(&mut resumed, &load(&file)?, LoadMode::Strict)?);
    let mut optimizer = Adam::new(1e-3).bind(&resumed)?;
    optimizer.load_state(memory, &resumed)?;
    train(&mut resumed, &mut optimizer, &source, steps / 2..steps);
    ensure!(resumed.state_dict() == whole.state_dict(), "the resumed net has other bits");
    println!("Stopped and resumed, or in one go: the same bits.\n");

    // Letters have 26 classes, not 10: a strict load says what does not fit, and changes nothing.
    save(&whole, &file)?;
    let mut letters_net = Net::new(&few, &mut Rng::seed(2));
    match load_into(&mut letters_net.clone(), &load(&file)?, LoadMode::Strict) {
        Err(refused) => println!("{refused}\n"),
        Ok(_) => println!("As many classes here as there: even the head fits.\n"),
    }

    // A part that does fit can be chosen by a pattern: the features, and not the head.
    let features = load(&file)?.select("features.*");
    let report = load_into(&mut letters_net, &features, LoadMode::Partial)?;
    println!("Taken over: {}\n", report.loaded.join(", "));

    // Does it help? Few letters to learn from, frozen features, a new head on top.
    let mut accuracies = [0.0; 2];
    let unlearnt = Net::new(&few, &mut Rng::seed(2));
    for (net, accuracy) in [unlearnt, letters_net].iter_mut().zip(&mut accuracies) {
        net.freeze("features.*");
        let mut optimizer = Adam::new(3e-3).bind(net)?;
        train(net, &mut optimizer, &few, 0..3 * steps);
        let logits = eval(|tape| net.logits(tape.constant(test.inputs().to_owned())).value());
        *accuracy = metrics::accuracy(&logits, test.require_labels()?);
    }
    println!("the other task on random features: {:.1} %", 100.0 * accuracies[0]);
    println!("on features from the source:       {:.1} %", 100.0 * accuracies[1]);
    examples::figure("gain", accuracies[1] - accuracies[0]);
    Ok(())
}

/// Takes the steps of a range. What is in the batch of a step depends on the step alone, so that a
/// range can be cut anywhere.
fn train(net: &mut Net, opt: &mut Optimizer<Adam>, data: &Dataset, steps: std::ops::Range<u64>) {
    for step in steps {
        let (images, labels) = data.batch(&stream_batch(data.len(), 64, 0, step));
        // No dropout here, so the generator is never asked; a net that has it would save its state too.
        let (_, grads) = grad(&mut Rng::seed(0), |tape| {
            net.logits(tape.constant(images)).cross_entropy(&labels)
        });
        opt.step(net, &grads);
    }
}

// Exercises
//
// 1. Leave `optimizer.load_state` out. How far do the two nets come apart, and why at all?
// 2. Unfreeze the features for the last part (`net.unfreeze("features.*")`), with a tenth of the
//    learning rate for them: `.group("features.*", |g| g.lr_scale(0.1))`. Lesson 6 is about this.
