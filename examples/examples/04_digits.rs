//! # Lesson 4: digits
//!
//! **You will learn** to train a convolutional net on images, to judge it on images that it has not
//! seen, and to look at its mistakes.
//!
//! **The idea.** A convolution looks for the same small pattern at every place of an image, so that a
//! stroke is learnt once and not once for every pixel. Pooling keeps the strongest answer of a
//! neighbourhood and forgets where exactly it was. A few of both turn 784 pixels into features that
//! one linear layer can tell apart.
//!
//! **Run it** with `cargo run --release -p examples --example 04_digits`, on real digits with
//! `-- --data mnist:DIR --test mnist:DIR#test`.
//!
//! **You should see** the loss fall and the accuracy on the test set pass 95 % within a few epochs,
//! then which digits are taken for which, and one of the mistakes.

#![forbid(unsafe_code)]

use anyhow::{Result, ensure};
use clap::Parser;
use datasets::{Batches, Dataset, Spec};
use nn_layers::metrics::ConfusionMatrix;
use nn_layers::{Conv2d, Layer, Linear, MaxPool2d, Sequential, flatten, relu, seq, summary};
use optim::Adam;
use tensor_autograd::{Rng, Tensor, eval, grad};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test.
    #[arg(long)]
    quick: bool,
    /// Images to learn from: 28×28, grey.
    #[arg(long, default_value = "synthetic:digits?n=4000")]
    data: Spec,
    /// Images to judge by.
    #[arg(long, default_value = "synthetic:digits?n=1000&seed=1")]
    test: Spec,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let (mut train_set, test_set) = (datasets::load(&args.data)?, datasets::load(&args.test)?);
    if args.quick {
        train_set = train_set.limit(1500);
    }
    for set in [&train_set, &test_set] {
        ensure!(set.sample_shape() == [1, 28, 28], "{}: not 1×28×28 images", set.name());
        println!("{}", datasets::describe(set));
    }

    let rng = &mut Rng::seed(0);
    let mut net = seq![
        Conv2d::new(1, 8, 5, rng),
        relu,
        MaxPool2d::new(2),
        Conv2d::new(8, 16, 5, rng),
        relu,
        MaxPool2d::new(2),
        flatten,
        Linear::new(16 * 4 * 4, train_set.classes().len(), rng),
    ];
    println!("{}", summary(&net, [1, 1, 28, 28]));

    let mut optimizer = Adam::new(2e-3).bind(&net)?;
    for epoch in 0..if args.quick { 3 } else { 5 } {
        let (mut sum, mut batches) = (0.0, 0);
        for rows in Batches::new(train_set.len(), 64, 0, epoch) {
            let (images, labels) = train_set.batch(&rows);
            let (loss, grads) =
                grad(rng, |tape| net.forward(tape.constant(images)).cross_entropy(&labels));
            optimizer.step(&mut net, &grads);
            (sum, batches) = (sum + loss, batches + 1);
        }
        let (seen, new) = (judge(&net, &train_set)?, judge(&net, &test_set)?);
        println!(
            "epoch {}: loss {:.3}, accuracy {:.1} % on the images it learnt from, {:.1} % on new ones",
            epoch + 1,
            sum / batches as tensor_autograd::Real,
            100.0 * seen.accuracy(),
            100.0 * new.accuracy(),
        );
    }

    let confusion = judge(&net, &test_set)?;
    println!("\nWhat (row) was taken for what (column):\n{confusion}");
    show_a_mistake(&net, &test_set)?;
    examples::figure("accuracy", confusion.accuracy());
    Ok(())
}

/// Predictions for all rows, 250 at a time.
fn predict(net: &Sequential, data: &Dataset) -> Vec<usize> {
    let rows: Vec<usize> = (0..data.len()).collect();
    let logits = |rows: &[usize]| -> Tensor {
        let images = data.without_labels().batch(rows);
        eval(|tape| net.forward(tape.constant(images)).value())
    };
    rows.chunks(250).flat_map(|rows| nn_layers::metrics::predictions(&logits(rows))).collect()
}

/// Counts for every pair of a class and a prediction.
fn judge(net: &Sequential, data: &Dataset) -> Result<ConfusionMatrix> {
    let mut confusion = ConfusionMatrix::new(data.classes().len());
    confusion.record(data.require_labels()?, &predict(net, data));
    Ok(confusion)
}

/// Draws the first image that is taken for another digit.
fn show_a_mistake(net: &Sequential, data: &Dataset) -> Result<()> {
    let (predicted, labels) = (predict(net, data), data.require_labels()?);
    let Some(row) = (0..labels.len()).find(|&i| predicted[i] != labels[i]) else {
        println!("No mistake at all.");
        return Ok(());
    };
    let name = |class: usize| &data.classes()[class];
    println!("A {} that was taken for a {}:", name(labels[row]), name(predicted[row]));
    let (image, _) = data.batch(&[row]);
    for line in image.rows() {
        let shade = |&ink: &f32| [' ', '░', '▒', '▓', '█'][(ink.clamp(0.0, 1.0) * 4.0) as usize];
        println!("  {}", line.iter().map(shade).collect::<String>());
    }
    Ok(())
}

// Exercises
//
// 1. Take the second convolution and its pooling out (the linear layer then has 8·12·12 inputs).
//    Compare accuracy *and* the number of parameters in the summary.
// 2. Shift every test image by three pixels (`datasets::transforms::Augment`) and judge again. Then
//    shift the training images too. Which of the two nets would you send into the world?
