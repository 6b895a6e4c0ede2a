//! `embed`: what a saved model makes of data, as numbers and as pictures.

mod files;
mod plane;

use super::asked::Asked;
use crate::args::{SPECS, Talk};
use crate::context::start_threads;
use crate::data;
use crate::error::UsageError;
use crate::models::{self, Embedder};
use crate::out;
use crate::run::Folder;
use clap::{ArgMatches, Args, FromArgMatches};
use datasets::Dataset;
use plane::{Planes, Side};
use std::fs;
use std::path::PathBuf;
use tensor_autograd::Tensor;
use transfer::TransferError;
use transfer::measures::proxy_a_distance;

/// Samples of each domain that the distance between them is measured on, as in a run.
const FOR_DISTANCE: usize = 500;

#[derive(Args)]
#[command(after_help = SPECS)]
pub(super) struct Flags {
    #[command(flatten)]
    asked: Asked,
    /// Data of another domain, beside the first
    #[arg(long, value_name = "SPEC")]
    data2: Option<String>,
    /// The folder for rows.csv, the features and the pictures; made if need be
    #[arg(long, value_name = "DIR", default_value = "embedding")]
    out: PathBuf,
    /// Write the features as features.npy, in place of features.csv
    #[arg(long)]
    npy: bool,
    /// Samples of each domain in the pictures; t-SNE's time grows with the square
    #[arg(long, value_name = "N", default_value_t = 500)]
    points: usize,
    /// About how many neighbours a sample has in the t-SNE picture
    #[arg(long, value_name = "K", default_value_t = 30.0)]
    perplexity: f64,
    #[command(flatten)]
    talk: Talk,
}

/// What the folder is given.
const FILES: [&str; 7] = [
    "rows.csv",
    "features.csv",
    "features.npy",
    "pca-domain.svg",
    "pca-class.svg",
    "tsne-domain.svg",
    "tsne-class.svg",
];

/// More points than this are slow to place and hide each other.
const MOST_POINTS: usize = 5_000;

impl Flags {
    fn check(&self) -> Result<(), UsageError> {
        let refuse = |flag, value: String, range| Err(UsageError::Range { flag, value, range });
        if !(1..=MOST_POINTS).contains(&self.points) {
            return refuse("--points", self.points.to_string(), "from 1 to 5000");
        }
        if !(self.perplexity >= 1.0 && self.perplexity.is_finite()) {
            return refuse("--perplexity", self.perplexity.to_string(), "1 or more");
        }
        Ok(())
    }
}

/// The samples of one domain with their features.
struct Domain {
    name: &'static str,
    data: Dataset,
    /// `[n, d]`.
    features: Tensor,
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let flags = Flags::from_arg_matches(matches)?;
    flags.check()?;
    // Before the model is asked, which may take long.
    Folder::is_unused(&flags.out, &FILES)?;
    start_threads(&flags.talk);
    let model = models::load(&flags.asked.model)?.embedder(&flags.asked.ask())?;
    let mut domains = vec![domain(&flags, &model, ("first", "--data", &flags.asked.data))?];
    if let Some(spec) = &flags.data2 {
        domains.push(domain(&flags, &model, ("second", "--data2", spec))?);
    }

    fs::create_dir_all(&flags.out).map_err(|source| {
        let (path, operation) = (flags.out.clone(), "make the folder");
        TransferError::Io { path, operation, source }
    })?;
    let sides: Vec<Side<'_>> = domains.iter().map(|d| Side::of(d, flags.points)).collect();
    let planes = Planes::of(&sides, flags.perplexity);
    files::rows(&flags.out, &domains, &sides, &planes)?;
    let features = match flags.npy {
        true => files::npy(&flags.out, &domains)?,
        false => files::csv(&flags.out, &domains)?,
    };
    let pictures = planes.draw(&flags.out, &sides)?;
    out::result(&said(&flags, &domains, features, &pictures))
}

fn domain(
    flags: &Flags,
    model: &Embedder,
    (name, role, spec): (&'static str, &'static str, &str),
) -> anyhow::Result<Domain> {
    let data = flags.asked.fitted(role, data::load(role, spec)?, &model.input)?;
    let features = (model.features)(&data.without_labels())?;
    Ok(Domain { name, data, features })
}

fn said(flags: &Flags, domains: &[Domain], features: &str, pictures: &[String]) -> String {
    let width = domains[0].features.shape()[1];
    let mut text = String::new();
    for domain in domains {
        let (name, n) = (domain.data.name(), domain.data.len());
        text.push_str(&format!("{}, {name}: {n} samples, {width} features each\n", domain.name));
    }
    if let [a, b] = domains
        && a.data.len() >= 2
        && b.data.len() >= 2
    {
        let some = |d: &Domain| {
            let rows = plane::sample(d.data.len(), FOR_DISTANCE);
            plane::select(&d.features, &rows)
        };
        let distance = proxy_a_distance(&some(a), &some(b), 0);
        text.push_str(&format!("proxy A-distance between them {distance:.3}, of at most 2\n"));
    }
    let files = [&["rows.csv".to_owned(), features.to_owned()], pictures].concat();
    text + &format!("{}: {}\n", flags.out.display(), files.join(", "))
}
