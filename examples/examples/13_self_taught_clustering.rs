//! # Lesson 13: self-taught clustering
//!
//! **You will learn** how data about other things help to group few examples that nobody labelled.
//!
//! **The idea.** Few short documents share too few words to be compared word by word. Group the
//! words first, and they can be compared by groups; but which words go together, so few documents
//! do not show. Many documents about *anything* that uses the same words do: cluster both at once,
//! with one grouping of words for the two of them (Dai et al., 2008).
//!
//! **Run it** with `cargo run --release -p examples --example 13_self_taught_clustering`, on counts
//! of your own with `-- --target SPEC --source SPEC --clusters 2`.
//!
//! **You should see** the entropy of the clusters, in bits, fall from nearly 1, which is chance for
//! two classes, to a third of that and less as λ grows, and the λ that was chosen without labels
//! among the best.

#![forbid(unsafe_code)]

use anyhow::{Result, ensure};
use clap::Parser;
use datasets::{Dataset, Spec};
use transfer::fit::Progress;
use transfer::measures::{Summary, cluster_entropy};
use transfer::self_taught_clustering::{LAMBDAS, Partition, parts};
use transfer::{Counts, KMeans, SelfTaughtClustering};

#[derive(Parser)]
struct Args {
    /// Makes the lesson small enough for a test.
    #[arg(long)]
    quick: bool,
    /// Counts to cluster; labels are read for the score alone.
    #[arg(long, default_value = "synthetic:documents")]
    target: Spec,
    /// Counts of the same words in other documents; labels are not read.
    #[arg(long, default_value = "synthetic:documents-auxiliary")]
    source: Spec,
    /// Clusters of the target.
    #[arg(long, default_value_t = 2)]
    clusters: usize,
    /// Clusters of the source.
    #[arg(long, default_value_t = 8)]
    source_clusters: usize,
    /// Clusters of words.
    #[arg(long, default_value_t = 8)]
    feature_clusters: usize,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let draws = if args.quick { 3 } else { 12 };

    // Entropies of all draws: k-means, then each λ, then the λ that is chosen without labels.
    let mut entropies = vec![Vec::new(); LAMBDAS.len() + 2];
    for draw in 0..draws {
        let (target, source) = (load(&args.target, draw)?, load(&args.source, draw)?);
        let labels = target.require_labels()?;
        let (x, y) = (counts(&target)?, counts(&source)?);
        let entropy = |clusters: &[usize]| cluster_entropy(clusters, labels);

        let k_means = KMeans::new(args.clusters).seed(draw).fit_sparse(&x.tf_idf())?;
        entropies[0].push(entropy(k_means.assignments()));

        let method =
            SelfTaughtClustering::new(args.clusters, args.source_clusters, args.feature_clusters)
                .seed(draw);
        for (i, &lambda) in LAMBDAS.iter().enumerate() {
            let model = method.clone().lambda(lambda).fit(&x, &y, &mut Progress::silent())?;
            entropies[1 + i].push(entropy(&model.target().of));
        }
        let chosen = method.automatic_lambda(&LAMBDAS);
        let model = chosen.fit(&x, &y, &mut Progress::silent())?;
        entropies[1 + LAMBDAS.len()].push(entropy(&model.target().of));

        if draw == 0 {
            println!("objective {:.3?}", model.objective());
            check(&x, model.target(), model.features())?;
        }
    }

    println!("entropy of the target's clusters in bits, {draws} draws");
    let names = ["k-means on the target".to_owned()]
        .into_iter()
        .chain(LAMBDAS.iter().map(|lambda| format!("λ = {lambda}")))
        .chain(["λ chosen without labels".to_owned()]);
    let all: Vec<Summary> = entropies.into_iter().map(Summary::of).collect();
    for (name, Summary { mean, std, .. }) in names.zip(&all) {
        println!("{name:>24}: {mean:.3} ± {std:.3}");
    }
    // λ = 0 is clustering of the target alone.
    examples::figure("gain", all[1].mean - all[all.len() - 1].mean);
    Ok(())
}

/// Another draw of generated data; files have one alone.
fn load(spec: &Spec, draw: u64) -> Result<Dataset> {
    let seed = spec.integer("seed").unwrap_or(0) + draw;
    let drawn = if spec.takes("seed") { spec.with_option("seed", seed)? } else { spec.clone() };
    Ok(datasets::load(&drawn)?)
}

/// Without labels from here on.
fn counts(data: &Dataset) -> Result<Counts> {
    Ok(Counts::from_dense(&data.without_labels())?)
}

/// Lemma 1: the information that clusters lose is the distance of p from what they know of it.
fn check(counts: &Counts, target: &Partition, words: &Partition) -> Result<()> {
    let p = parts::Joint::new(counts);
    let lost = parts::information_loss(&p, target, words);
    let distance = parts::divergence(&p, target, words);
    println!("the target loses {lost:.6} nats of {:.6}; D(p‖p~) is {distance:.6}", p.information());
    ensure!((lost - distance).abs() < 1e-12, "the two forms of the objective disagree");
    Ok(())
}

// Exercises
//
// 1. Give the target 10 words a document (`--target 'synthetic:documents?words=10'`), then 40. Where
//    is there nothing to gain, and why at both ends?
// 2. Update examples and words from the same clusters (`Update::Simultaneous`) and print the
//    objective of many draws. Which step breaks the proof that it never rises?
