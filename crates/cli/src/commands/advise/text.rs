//! The advice as it is read.

use super::Findings;
use crate::out;
use datasets::Dataset;
use std::fmt::Write;
use transfer::advise::{Case, Classes, Distance, Domain};

impl Findings<'_> {
    /// The findings, the proposals and the cautions.
    pub(super) fn text(&self) -> String {
        let pair = &self.pair;
        let rows = [
            ("source", side(self.source, &pair.source)),
            ("target", side(self.target, &pair.target)),
            ("classes", classes(pair.classes(), &pair.target)),
            ("distance", distance(pair.distance)),
            ("case", case(pair.case()).to_owned()),
        ];
        let rows: Vec<Vec<String>> =
            rows.into_iter().map(|(name, found)| vec![name.to_owned(), found]).collect();
        let mut text = out::table(&rows, 2);
        for (i, proposal) in pair.proposals().iter().enumerate() {
            let line = self.line(proposal);
            let choice = if i == 0 { "first" } else { "second" };
            let _ = writeln!(
                text,
                "\n{choice} choice: {}: {}\n  {}",
                proposal.method,
                proposal.reason,
                line.text()
            );
            for need in &line.needs {
                let _ = writeln!(text, "  needs {need}");
            }
        }
        let cautions = pair.cautions();
        if !cautions.is_empty() {
            text.push_str("\ntransfer may hurt here, or add nothing:\n");
        }
        for caution in cautions {
            let _ = writeln!(text, "  {}: {}", caution.kind.replace('_', " "), caution.text);
        }
        text
    }
}

fn side(data: &Dataset, domain: &Domain) -> String {
    let labels = match &domain.counts {
        None if data.labels().is_some() => "its labels are not read".to_owned(),
        None => "no labels".to_owned(),
        Some(counts) => {
            let (least, most) = (counts.iter().min(), counts.iter().max());
            let (least, most) = (least.copied().unwrap_or(0), most.copied().unwrap_or(0));
            let each = match least == most {
                true => format!("{least} examples of each"),
                false => format!("{least} to {most} examples of each"),
            };
            format!("labelled, {} classes, {each}", counts.len())
        }
    };
    format!("{}: {} samples of shape {:?}; {labels}", data.name(), data.len(), data.sample_shape())
}

fn classes(classes: Classes, target: &Domain) -> String {
    match classes {
        Classes::Unknown => "not known of both; taken for the same".to_owned(),
        Classes::Same => "the same".to_owned(),
        Classes::Overlap { common } => {
            format!(
                "they overlap: {common} of the target's {} are the source's",
                target.classes.len()
            )
        }
        Classes::Disjoint => "disjoint: none of the target's is one of the source's".to_owned(),
    }
}

fn distance(distance: Distance) -> String {
    match (distance, why_not(distance)) {
        (Distance::Of { value, source, target }, _) => format!(
            "proxy A-distance of the inputs {value:.2} (0 alike, 2 apart), on {source} and {target} \
             samples"
        ),
        (_, why) => format!("not measured: {}", why.unwrap_or_default()),
    }
}

/// Why there is no distance.
pub(super) fn why_not(distance: Distance) -> Option<&'static str> {
    match distance {
        Distance::Of { .. } => None,
        Distance::Shapes => Some("the samples have different shapes"),
        Distance::TooFew => Some("a domain has fewer than two samples"),
        Distance::NotFinite => Some("an input is not a finite number"),
    }
}

fn case(case: Case) -> &'static str {
    match case {
        Case::Both => "source labelled, target labelled",
        Case::Source => "source labelled, target unlabelled",
        Case::Target => "source unlabelled, target labelled",
        Case::Neither => "source unlabelled, target unlabelled",
    }
}
