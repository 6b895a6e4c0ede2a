//! `advise`: which method for these data, why, and when it may hurt.

mod line;
mod text;

use crate::args;
use crate::data::{self, Size};
use crate::error::InputError;
use crate::out;
use clap::{ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use datasets::{DataError, Dataset, Spec};
use serde_json::{Value, json};
use transfer::advise::{Case, Classes, Distance, Domain, Fit, Pair, Proposal};

#[derive(Args)]
struct Flags {
    /// Data of the source domain
    #[arg(long, value_name = "SPEC")]
    source: String,
    /// Data of the target domain
    #[arg(long, value_name = "SPEC")]
    target: String,
    /// Labelled target data for the score; goes into the command lines, is not read here
    #[arg(long, value_name = "SPEC")]
    test: Option<String>,
    /// Whose labels are not read, though it has some; the names of its classes are
    #[arg(long, value_enum)]
    unlabelled: Option<Side>,
    /// Which samples are drawn to measure the distance of the domains
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// The flags, and what a SPEC is.
pub(super) fn arguments(command: Command) -> Command {
    Flags::augment_args(command).after_help(args::SPECS)
}

/// A side, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Side {
    /// The source
    Source,
    /// The target
    Target,
    /// Source and target
    Both,
}

/// What was found, and what follows.
struct Findings<'a> {
    flags: &'a Flags,
    source: &'a Dataset,
    target: &'a Dataset,
    pair: Pair,
    /// The size that images have to be brought to, if they have to.
    resize: Option<Size>,
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let flags = Flags::from_arg_matches(matches)?;
    if let Some(test) = &flags.test {
        test.parse::<Spec>().map_err(|e| InputError::Data {
            role: "--test",
            spec: test.clone(),
            source: Box::new(DataError::from(e)),
        })?;
    }
    let source = data::load("--source", &flags.source)?;
    let target = data::load("--target", &flags.target)?;
    let findings = Findings::of(&flags, &source, &target);
    out::result(&match flags.json {
        true => findings.json().to_string(),
        false => findings.text(),
    })
}

impl<'a> Findings<'a> {
    fn of(flags: &'a Flags, source: &'a Dataset, target: &'a Dataset) -> Self {
        let hidden = |side| flags.unlabelled.is_some_and(|s| s == side || s == Side::Both);
        let sets = [
            ("--source", source.name(), source.sample_shape()),
            ("--target", target.name(), target.sample_shape()),
        ];
        let (fit, resize, distance) = match data::common_shape(&sets, None) {
            Ok(shape) => {
                let equal = source.sample_shape() == target.sample_shape();
                let fitted = |set: &Dataset| data::fit_unlabelled(set.without_labels(), &shape);
                let distance = match (fitted(source), fitted(target)) {
                    (Ok(a), Ok(b)) => Distance::of(&a, &b, flags.seed),
                    _ => Distance::Shapes, // too large in one shape
                };
                (if equal { Fit::Equal } else { Fit::Converted }, None, distance)
            }
            Err(_) => {
                // The size of the source, as errors about sizes propose it.
                let size = match *source.sample_shape() {
                    [_, height, width] => Some(Size { height, width }),
                    _ => None,
                };
                let size = size.filter(|_| data::common_shape(&sets, size).is_ok());
                let fit = if size.is_some() { Fit::Converted } else { Fit::Never };
                (fit, size, Distance::Shapes)
            }
        };
        let pair = Pair {
            source: Domain::of(source, !hidden(Side::Source)),
            target: Domain::of(target, !hidden(Side::Target)),
            distance,
            fit,
        };
        Findings { flags, source, target, pair, resize }
    }

    fn json(&self) -> Value {
        let (a_distance, rows) = match self.pair.distance {
            Distance::Of { value, source, target } => (json!(value), json!([source, target])),
            _ => (Value::Null, Value::Null),
        };
        let common = match self.pair.classes() {
            Classes::Overlap { common } => json!(common),
            _ => Value::Null,
        };
        let proposal = |p: &Proposal| {
            let line = self.line(p);
            json!({
                "method": p.method,
                "reason": p.reason,
                "command": line.text(),
                "needs": line.needs,
            })
        };
        let caution = |c: transfer::advise::Caution| json!({ "kind": c.kind, "text": c.text });
        json!({
            "schema": "transfer.advise/1",
            "source": side(&self.flags.source, self.source, &self.pair.source),
            "target": side(&self.flags.target, self.target, &self.pair.target),
            "case": case(self.pair.case()),
            "classes": relation(self.pair.classes()),
            "classes_in_common": common,
            "a_distance": a_distance,
            "a_distance_samples": rows,
            "a_distance_missing": text::why_not(self.pair.distance),
            "seed": self.flags.seed,
            "proposals": self.pair.proposals().iter().map(proposal).collect::<Vec<_>>(),
            "cautions": self.pair.cautions().into_iter().map(caution).collect::<Vec<_>>(),
        })
    }
}

fn side(spec: &str, data: &Dataset, domain: &Domain) -> Value {
    json!({
        "spec": spec,
        "samples": domain.samples,
        "shape": data.sample_shape(),
        "labels_read": domain.counts.is_some(),
        "labelled": domain.labelled(),
        "classes": domain.classes,
        "examples": domain.counts,
    })
}

fn case(case: Case) -> &'static str {
    match case {
        Case::Both => "both",
        Case::Source => "source",
        Case::Target => "target",
        Case::Neither => "neither",
    }
}

fn relation(classes: Classes) -> &'static str {
    match classes {
        Classes::Unknown => "unknown",
        Classes::Same => "same",
        Classes::Overlap { .. } => "overlap",
        Classes::Disjoint => "disjoint",
    }
}
