//! The command line that runs a proposal.

use super::Findings;
use crate::out;
use transfer::advise::Proposal;

/// A command line, and what the user has to bring before it runs.
pub(super) struct Line {
    words: Vec<String>,
    pub(super) needs: Vec<String>,
}

/// Words in capitals stand for what the user has to bring.
const TEST: &str = "TEST";
const LABELLED: &str = "LABELLED";
const SIGNATURES: &str = "SIGNATURES.tsv";

impl Line {
    fn flag(&mut self, flag: &str, value: impl Into<String>) {
        self.words.extend([flag.to_owned(), value.into()]);
    }

    fn test(&mut self, given: Option<&str>) {
        if given.is_none() {
            self.needs.push(format!("labelled target data for the score, as {TEST}"));
        }
        self.flag("--test", given.unwrap_or(TEST));
    }

    /// As it is typed into a shell.
    pub(super) fn text(&self) -> String {
        out::command_line(self.words.iter().map(String::as_str))
    }
}

impl Findings<'_> {
    /// The command line of a proposal.
    pub(super) fn line(&self, proposal: &Proposal) -> Line {
        let (source, target) = (&*self.flags.source, &*self.flags.target);
        let test = self.flags.test.as_deref();
        let labelled = self.pair.target.labelled();
        let words = ["transfer", "run", proposal.method].map(str::to_owned).to_vec();
        let needs = proposal.needs.iter().map(|&need| need.to_owned()).collect();
        let mut line = Line { words, needs };
        match proposal.method {
            "multi-task" => {
                line.flag("--task", format!("source={source}"));
                line.flag("--task", format!("target={target}"));
            }
            "zero-shot" => {
                line.flag("--source", source);
                // Labels that are hidden from the training may still give its score.
                line.test(test.or(self.target.labels().map(|_| target)));
                line.flag("--signatures", SIGNATURES);
            }
            "self-taught-clustering" => {
                line.flag("--source", source);
                line.flag("--target", target);
            }
            "domain-adversarial" => {
                line.flag("--source", source);
                line.flag("--target", target);
                if let Some(test) = test {
                    line.flag("--test", test);
                }
            }
            _ => {
                line.flag("--source", source);
                line.flag("--target", if labelled { target } else { LABELLED });
                match (test, self.pair.target.shots()) {
                    (None, Some(shots)) if labelled => line.flag("--shots", shots.to_string()),
                    _ => line.test(test),
                }
            }
        }
        for (flag, value) in &proposal.settings {
            line.flag(flag, value);
        }
        if let Some(size) = self.resize.filter(|_| proposal.method != "self-taught-clustering") {
            line.flag("--resize", format!("{}x{}", size.height, size.width));
        }
        line
    }
}
