//! `tour`: every method on generated data, beside its baselines.

use super::run::chosen;
use crate::args::{self, Talk};
use crate::context::{Context, Whole};
use crate::methods::{Built, METHODS};
use crate::run::{Control, Folder};
use crate::{out, report};
use clap::{ArgMatches, Args, FromArgMatches};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Args)]
pub(super) struct Flags {
    /// The folder of the tour; default: runs/tour-1, runs/tour-2, ...
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Little data and few steps: shows that everything runs, in seconds, not how well
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    talk: Talk,
}

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let flags = Flags::from_arg_matches(matches)?;
    let mut context = Context::start(&flags.talk)?;
    let begun = Instant::now();
    let folder = Folder::for_tour(flags.out.as_deref())?;
    context.whole = Some(Whole { folder: folder.path().to_owned(), resumes: false });
    let mut runs = Vec::new();
    for method in METHODS {
        let mut words = words(method.name, &method.built, folder.path(), flags.quick);
        if Folder::is_begun(&folder.path().join(method.name)) {
            words.push("--resume".to_owned());
        }
        let line = out::command_line(words.iter().map(String::as_str));
        out::talk(flags.talk.quiet, &format!("\n{}: {}\n  {line}", method.name, method.help));
        let Ok(matches) = args::parse(&words) else {
            unreachable!("the tour of {} is no command line: {line}", method.name)
        };
        let (_, run) = matches.subcommand().expect("`run` is a command");
        let (_, built, matches) = chosen(run);
        runs.push((built.run)(matches, Control::from_arg_matches(matches)?, &context)?);
    }
    let all: Vec<_> = runs.iter().collect();
    folder.write("report.html", &report::page("A tour of transfer learning", &all)?)?;

    let mut text = String::new();
    for run in &runs {
        let _ = writeln!(text, "{}", report::text(run));
    }
    let page = folder.path().join("report.html");
    let seconds = begun.elapsed().as_secs_f64();
    let _ =
        writeln!(text, "The tour took {seconds:.0} s. All of it on one page: {}", page.display());
    out::result(&text)
}

/// The method's command line, program name first.
fn words(method: &str, built: &Built, folder: &Path, quick: bool) -> Vec<String> {
    let mut flags: Vec<(&str, &str)> = built.tour.chunks_exact(2).map(|f| (f[0], f[1])).collect();
    if quick {
        let quick: Vec<_> = built.quick.chunks_exact(2).map(|f| (f[0], f[1])).collect();
        // All of a name before any of it comes: some flags are given several times.
        flags.retain(|flag| quick.iter().all(|q| q.0 != flag.0));
        flags.extend(quick);
    }
    let mut words: Vec<String> = ["transfer", "run", method].map(str::to_owned).to_vec();
    words.extend(flags.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value.to_owned()]));
    words.extend(["--out".to_owned(), folder.join(method).display().to_string()]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_on_the_tour_is_a_command_line() {
        for method in METHODS {
            for quick in [false, true] {
                let words = words(method.name, &method.built, Path::new("t"), quick);
                assert!(args::parse(&words).is_ok(), "{words:?}");
            }
        }
    }
}
