//! Successive halving: many settings for a short time, the better ones for longer.

use crate::error::UsageError;
use clap::ArgMatches;

/// A stage: how long each of its trials is, and how many settings go on to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rung {
    pub(super) epochs: usize,
    pub(super) survivors: usize,
}

/// The stages for `n` settings, of which one in `factor` survives each; the last stage is `epochs`
/// long, each one before it `factor` times shorter (Jamieson and Talwalkar, 2016). A training never
/// goes on from a shorter one, whose learning rate has come to its end: it begins anew.
pub(super) fn rungs(n: usize, epochs: usize, factor: usize) -> Vec<Rung> {
    let mut counts = vec![n];
    let mut length = epochs;
    while *counts.last().expect("it began with one") > 1 && length > 1 {
        counts.push(counts[counts.len() - 1].div_ceil(factor));
        length = length.div_ceil(factor);
    }
    let stages = counts.len();
    let epochs_of =
        |stage: usize| (stage + 1..stages).fold(epochs, |length, _| length.div_ceil(factor)).max(1);
    let survivors = |stage: usize| counts.get(stage + 1).copied().unwrap_or(1);
    (0..stages).map(|i| Rung { epochs: epochs_of(i), survivors: survivors(i) }).collect()
}

/// How long the last stage is: the epochs of the command line, or of what the file of --config says.
pub(super) fn full_epochs(matches: &ArgMatches, config: Option<&str>) -> Result<usize, UsageError> {
    let typed = matches.try_get_one::<usize>("epochs").ok().flatten().copied();
    // That it is TOML was seen when it was read; a value of another kind is the trials' to refuse.
    let table = config.and_then(|text| text.parse::<toml::Table>().ok()).unwrap_or_default();
    let in_file = table.get("epochs").and_then(|n| usize::try_from(n.as_integer()?).ok());
    typed.or(in_file).filter(|n| *n > 0).ok_or(UsageError::Missing {
        what: "--epochs",
        remedy: "with --halving, how long the best settings are trained at last; as a flag or, as \
                 `epochs`, in the file of --config",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_is_longer_and_has_fewer_trials() {
        let of = |n, epochs, factor| {
            let rungs = rungs(n, epochs, factor).into_iter();
            rungs.map(|r| (r.epochs, r.survivors)).collect::<Vec<_>>()
        };
        assert_eq!(of(9, 27, 3), [(3, 3), (9, 1), (27, 1)]);
        assert_eq!(of(8, 8, 2), [(1, 4), (2, 2), (4, 1), (8, 1)]);
        assert_eq!(of(1, 10, 3), [(10, 1)]);
        // No stage is shorter than an epoch.
        assert_eq!(of(100, 3, 3), [(1, 34), (3, 1)]);
    }
}
