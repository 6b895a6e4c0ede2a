//! # Lesson 11: zero-shot learning
//!
//! **You will learn** how a model tells classes that it has never seen an example of.
//!
//! **The idea.** A class can be described: an `E` has an upright bar at the left and three level
//! ones. A model that learns on other letters what such bars look like finds them in an `E` too. So
//! learn a map from pictures to descriptions on the seen classes, and give a new picture to the
//! unseen class whose description fits best.
//!
//! **Run it** with `cargo run --release -p examples --example 11_zero_shot`; `-- --unseen A,B,C`
//! hides other letters. On real images with `-- --source cifar10:FILE --test cifar10:FILE
//! --signatures FILE.tsv --unseen cat,truck`.
//!
//! **You should see** accuracies far above chance, and chance or less once no class has its own
//! description. With all classes as candidates many unseen ones are taken for seen ones, until the
//! scores of the seen ones are lowered.

#![forbid(unsafe_code)]

use anyhow::{Result, ensure};
use clap::Parser;
use datasets::{Dataset, Spec, readers, synthetic};
use std::path::PathBuf;
use tensor_autograd::Rng;
use transfer::fit::Progress;
use transfer::zero_shot::generalized::{best, class_accuracy, curve};
use transfer::zero_shot::{Kind, Mat, Scaler, Scaling, eszsl, sae};
use transfer::{Signatures, ZeroShot};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test.
    #[arg(long)]
    quick: bool,
    /// Labelled images to learn from; those of the unseen classes are left out.
    #[arg(long, default_value = "synthetic:letters?n=5200")]
    source: Spec,
    /// Labelled images to judge by.
    #[arg(long, default_value = "synthetic:letters?n=1040&seed=1")]
    test: Spec,
    /// Lines of a class and its numbers, parted by tabs; default: the strokes of letters.
    #[arg(long, value_name = "FILE.tsv")]
    signatures: Option<PathBuf>,
    /// The classes without an example.
    #[arg(long, default_value = "E,K,P,U,Z", value_delimiter = ',')]
    unseen: Vec<String>,
}

fn main() -> Result<()> {
    let Args { quick, source, test, signatures, unseen } = Args::parse();
    let (source, test) = (datasets::load(&source)?, datasets::load(&test)?);
    ensure!(source.sample_shape() == test.sample_shape(), "images of one size, please");
    let source = if quick { source.limit(1040) } else { source };
    let train = only(&source, |class| !unseen.contains(class))?;
    let new = only(&test, |class| unseen.contains(class))?;
    // What each class is made of; of a letter, how much of an upright bar at the left, and so on.
    let signatures: Signatures = match signatures {
        Some(file) => readers::signatures::read(&file)?.try_into()?,
        None => synthetic::letter_signatures().try_into()?,
    };
    signatures.check_unseen(&unseen, &present(&train))?;

    println!("{} unseen classes, chance {:.2}", unseen.len(), 1.0 / unseen.len() as f64);
    let kinds = [
        ("attribute by attribute (DAP)", Kind::Dap { penalty: 1.0 }),
        ("nearest signature", Kind::Nearest),
        ("bilinear score (ESZSL)", Kind::Eszsl(eszsl::Coding::Signs)),
        ("semantic autoencoder", Kind::Sae(sae::Direction::ToSignatures)),
        ("mixed seen classes (ConSE)", Kind::Conse { top: 10 }),
    ];
    let accuracy = |kind, signatures: &Signatures| -> Result<f64> {
        let zero_shot = ZeroShot::new(kind, signatures.clone()).epochs(if quick { 3 } else { 10 });
        let model = zero_shot.fit(&train, &mut Progress::silent())?;
        Ok(model.evaluate(&new, &unseen)?.unseen)
    };
    for (name, kind) in kinds {
        println!("{name:<30} {:.3}", accuracy(kind, &signatures)?);
    }
    let own = accuracy(Kind::Nearest, &signatures)?;
    let exchanged = signatures.permuted(&mut Rng::seed(0));
    let control = accuracy(Kind::Nearest, &exchanged)?;
    println!("{:<30} {control:.3}", "nearest, signatures exchanged");

    by_hand(&train, &test, &signatures, &unseen)?;
    examples::figure("gain", own - control);
    Ok(())
}

/// ESZSL from its parts, and what happens when all classes are candidates.
fn by_hand(
    train: &Dataset,
    test: &Dataset,
    signatures: &Signatures,
    unseen: &[String],
) -> Result<()> {
    let seen = present(train);
    let candidates: Vec<String> = seen.iter().chain(unseen).cloned().collect();
    let place = |data: &Dataset| -> Result<Vec<usize>> {
        let label = |&l: &usize| candidates.iter().position(|c| *c == data.classes()[l]);
        Ok(data.require_labels()?.iter().filter_map(label).collect())
    };
    // V = (XᵀX + γI)⁻¹ XᵀYS (SᵀS + λI)⁻¹, the score of x and s is xᵀVs. The seen classes come first
    // among the candidates, so that their labels are the rows of S.
    let scaler = Scaler::fit(Scaling::CentredUnit, &signatures.of(&seen)?);
    let s = scaler.apply(&signatures.of(&seen)?);
    let mean = train.inputs().mean().unwrap_or_default();
    let x = pixels(train, mean);
    let prepared = eszsl::Prepared::new(&x, &place(train)?, &s, eszsl::Coding::default());
    let v = prepared.solve(1000.0, 1.0);
    let scores = pixels(test, mean) * v * scaler.apply(&signatures.of(&candidates)?).transpose();

    let is_seen: Vec<bool> = candidates.iter().map(|class| seen.contains(class)).collect();
    let points = curve(&scores, &place(test)?, &is_seen);
    println!("\nall classes are candidates; accuracy on seen and unseen ones");
    let raw = points.iter().rfind(|p| p.gamma <= 0.0).unwrap_or(&points[0]);
    for (name, p) in [("scores as they are", raw), ("seen ones lowered, at best", &best(&points))] {
        println!("{name:<30} {:.3} {:.3}  H {:.3}", p.seen, p.unseen, p.harmonic());
    }
    let always = vec![0; test.len()];
    println!("{:<30} {:.3}", "always the same class", class_accuracy(&place(test)?, &always));
    Ok(())
}

/// Pixels of each image in a row, around 0.
fn pixels(data: &Dataset, mean: f32) -> Mat<f64> {
    let flat: Vec<f32> = data.inputs().iter().copied().collect();
    let d = flat.len() / data.len();
    Mat::from_fn(data.len(), d, |i, j| f64::from(flat[i * d + j] - mean))
}

/// The samples of some classes.
fn only(data: &Dataset, keep: impl Fn(&String) -> bool) -> Result<Dataset> {
    let labels = data.require_labels()?;
    let rows: Vec<usize> =
        (0..labels.len()).filter(|&row| keep(&data.classes()[labels[row]])).collect();
    ensure!(!rows.is_empty(), "{}: seen and unseen classes, please", data.name());
    Ok(data.select(&rows))
}

/// The classes that have samples.
fn present(data: &Dataset) -> Vec<String> {
    let counts = data.class_counts().into_iter().zip(data.classes());
    counts.filter(|(count, _)| *count > 0).map(|(_, class)| class.clone()).collect()
}

// Exercises
//
// 1. Leave out the attributes that begin with "bend". Which letters are now confused?
// 2. Choose γ and λ in `by_hand` by holding out some of the seen letters, as the estimator does.
