//! # Lesson 8: multi-task learning
//!
//! **You will learn** how two tasks on the same images train one set of features, and how their
//! losses are put together.
//!
//! **The idea.** Two digits lie over each other, and both are to be read. What tells strokes apart
//! serves both readers, so let them share a trunk and give each a head. The trunk then hears two
//! gradients, and something must say how loud each is: weights of the losses, or rules about the
//! gradients themselves. Whether the sharing helped, only each task trained alone can tell, on as
//! many steps and with as many parameters on its way (Caruana, 1997; Sener and Koltun, 2018).
//!
//! **Run it** with `cargo run --release -p examples --example 08_multi_task`, on real images with
//! `-- --images mnist:DIR[0..10000] --test mnist:DIR#test`.
//!
//! **You should see** the shared trunk near the tasks alone on little more than half of the
//! parameters; which of the rules is ahead differs from seed to seed.

#![forbid(unsafe_code)]

use anyhow::Result;
use clap::Parser;
use datasets::{Spec, transforms::Overlay};
use tensor_autograd::{Module, Rng};
use transfer::MultiTask;
use transfer::fit::Progress;
use transfer::measures::Summary;
use transfer::multi_task::{MultiTaskArchitecture, Task, TaskScore, Weighting, delta_m};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test.
    #[arg(long)]
    quick: bool,
    /// Images of one digit each, to be laid over each other in pairs.
    #[arg(long, default_value = "synthetic:digits?n=1000")]
    images: Spec,
    /// The same to judge by.
    #[arg(long, default_value = "synthetic:digits?n=1000&seed=1")]
    test: Spec,
}

fn main() -> Result<()> {
    let Args { quick, images, test } = Args::parse();
    let (tasks, test) = (two_tasks(&images)?, two_tasks(&test)?);
    let (epochs, seeds) = if quick { (15, 1) } else { (15, 2) };
    let rules = [
        ("sum of losses", Weighting::Equal),
        ("uncertainty", Weighting::Uncertainty),
        ("GradNorm", Weighting::GRAD_NORM),
        ("PCGrad", Weighting::PcGrad),
        ("MGDA", Weighting::MGDA),
    ];
    let rules = if quick { &rules[..2] } else { &rules[..] };

    let architecture = MultiTaskArchitecture::of(Some("lenet"), &tasks);
    let mut scores = vec![Vec::new(); rules.len() + 1];
    for seed in 0..seeds {
        let net = architecture.build(&Rng::seed(seed))?;
        let train = |net, weighting: &Weighting| -> Result<[TaskScore; 2]> {
            let method = MultiTask::new(net).weighting(weighting.clone()).lr(0.02);
            let method = method.epochs(epochs).batch_size(32).seed(seed);
            let model = method.fit(&tasks, &mut Progress::silent())?;
            Ok([model.score(&test[..1])?, model.score(&test[1..])?])
        };
        // 1. Each task alone: the same layers, but nothing is shared.
        scores[0].push(train(net.apart(), &Weighting::Equal)?);
        // 2. One trunk, and a rule that says what becomes of two losses.
        for (of_rule, (_, weighting)) in scores[1..].iter_mut().zip(rules) {
            of_rule.push(train(net.clone(), weighting)?);
        }
        if seed == 0 {
            let (shared, apart) = (net.num_parameters(), net.apart().num_parameters());
            println!("{shared} parameters with a shared trunk, {apart} without\n");
        }
    }

    println!("accuracy left and right, and Delta_m against the tasks alone, {seeds} seeds");
    let names = std::iter::once("each alone").chain(rules.iter().map(|(name, _)| *name));
    let mut gains = Vec::new();
    for (name, of_rule) in names.zip(&scores) {
        let mean = |t: usize| Summary::of(of_rule.iter().map(|s| s[t].value()).collect()).mean;
        let pairs = of_rule.iter().zip(&scores[0]);
        let Summary { mean: gain, std, .. } =
            Summary::of(pairs.map(|(own, alone)| delta_m(own, alone)).collect());
        let (left, right, gain) = (mean(0), mean(1), 100.0 * gain);
        println!("{name:>14}: {left:.3} {right:.3}   {gain:+.2} % ± {:.2}", 100.0 * std);
        gains.push(gain);
    }
    examples::figure("delta_m_of_the_sum", gains[1] / 100.0);
    Ok(())
}

/// The digit on the left, and the one on the right: two tasks on the same images.
fn two_tasks(spec: &Spec) -> Result<[Task; 2]> {
    let (left, right) = Overlay::new().compose(&datasets::load(spec)?)?;
    Ok([Task::classification("left", &left)?, Task::classification("right", &right)?])
}

// Exercises
//
// 1. Make one task loud, `Task::loss_factor(1000.0)`. Which of the rules still reads both digits,
//    and what becomes of the plain sum?
// 2. Halve the images again and again with `--images "synthetic:digits?n=500"`. Does sharing help
//    more where there is less, as it should?
