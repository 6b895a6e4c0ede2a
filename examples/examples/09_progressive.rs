//! # Lesson 9: progressive networks
//!
//! **You will learn** how a network learns one task after another and forgets none of them.
//!
//! **The idea.** A network that goes on with another task overwrites what it knew. So give every
//! task a column of its own, freeze the older columns, and let each layer of the new one read what
//! the older ones made of the sample one layer before. What they know can be used, and nothing that
//! they know can be lost.
//!
//! **Run it** with `cargo run --release -p examples --example 09_progressive`, on real images with
//! `-- --first mnist:DIR[0..3000] --second idx:IMAGES,LABELS[0..1000]`.
//!
//! **You should see** that fine-tuning a single column on the second task all but ruins the first,
//! while the two columns keep it to the bit, and are as good on the second.

#![forbid(unsafe_code)]

use anyhow::{Result, ensure};
use clap::Parser;
use datasets::{Dataset, Spec};
use transfer::fit::Progress;
use transfer::measures::Summary;
use transfer::progressive::{Continue, Plan, Progressive, Sensitivity};
use transfer::{ProgressiveModel, Training};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test.
    #[arg(long)]
    quick: bool,
    /// Labelled images of the first task.
    #[arg(long, default_value = "synthetic:digits?n=2000")]
    first: Spec,
    /// Labelled images of the second task; other classes are welcome.
    #[arg(long, default_value = "synthetic:letters-textured?n=1500&seed=1")]
    second: Spec,
}

fn main() -> Result<()> {
    let Args { quick, first, second } = Args::parse();
    let (first, second) = (images(&first)?, images(&second)?);
    ensure!(first.sample_shape() == second.sample_shape(), "images of one size, please");
    let (first, second, passes, seeds) = match quick {
        true => (first.limit(700), second.limit(700), 5, 1),
        false => (first, second, 10, 3),
    };

    let (mut kept, mut forgotten) = (vec![], vec![]);
    let (mut progressive, mut tuned, mut scratch) = (vec![], vec![], vec![]);
    for seed in 0..seeds {
        let (a, test_a) = first.split(0.8, seed)?;
        let (b, test_b) = second.split(0.6, seed)?;
        let quiet = &mut Progress::silent();
        let training = Training { epochs: passes, seed, ..Progressive::defaults() };
        let empty = || ProgressiveModel::new(Plan::conv(first.sample_shape()));

        // 1. A column learns the first task.
        let one = Progressive::new(empty()?).training(training.clone()).fit("a", &a, quiet)?;
        let before = one.digest(0, &test_a.without_labels())?;

        // 2. A second column learns the second task beside it.
        let two = Progressive::new(one.clone()).training(training.clone()).fit("b", &b, quiet)?;
        let after = two.digest(0, &test_a.without_labels())?;
        ensure!(before == after, "the first task's outputs are not what they were");
        kept.push(two.score(0, &test_a)?);
        progressive.push(two.score(1, &test_b)?);

        // 3. The controls: the first column goes on with the second task, and one from scratch.
        let moved = Continue::new(one.clone()).training(training.clone()).fit("b", &b, quiet)?;
        forgotten.push(moved.accuracy_under_the_head_of(&one, &test_a)?);
        tuned.push(moved.score(0, &test_b)?);
        let alone = Progressive::new(empty()?).training(training).fit("b", &b, quiet)?;
        scratch.push(alone.score(0, &test_b)?);

        if seed == 0 {
            println!(
                "SHA-256 of the first task's outputs, before and after:\n  {before}\n  {after}"
            );
            let measured = Sensitivity::measure(&two, 1, &test_b.limit(200), seed)?;
            println!("share of each column in what the second task's column makes use of:");
            for (column, shares) in ["first", "second"].iter().zip(&measured.fisher) {
                let shares: Vec<String> = shares.iter().map(|s| format!("{s:.2}")).collect();
                println!("{column:>8}: {}", shares.join("  "));
            }
        }
    }

    println!("accuracy, {seeds} seeds        first task       second task");
    let show = |name: &str, first: Option<&[f64]>, second: &[f64]| {
        let cell = |values: &[f64]| {
            let Summary { mean, std, .. } = Summary::of(values.to_vec());
            format!("{mean:.3} ± {std:.3}")
        };
        println!("{name:>22}: {:>15} {:>17}", first.map_or("-".into(), cell), cell(second));
    };
    show("progressive", Some(&kept), &progressive);
    show("fine-tuned", Some(&forgotten), &tuned);
    show("from scratch", None, &scratch);
    examples::figure("kept", Summary::of(kept).minus(&Summary::of(forgotten)).mean);
    Ok(())
}

/// Labelled images in colour.
fn images(spec: &Spec) -> Result<Dataset> {
    let data = datasets::load(spec)?;
    data.require_labels()?;
    ensure!(data.sample_shape().len() == 3, "{}: these are no images", data.name());
    Ok(data.grey_to_rgb()?)
}

// Exercises
//
// 1. Replace the first column by `Progressive::untrained`. How much of the gain on the second task
//    was knowledge, and how much just more features?
// 2. Give the columns `Laterals::Linear`, and compare parameters and accuracy.
