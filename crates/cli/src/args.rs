//! Everything that can be written after `transfer`, in one place.

use crate::commands;
use crate::error::{self, UsageError};
use crate::methods::METHODS;
use crate::run::Control;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Args, Command, value_parser};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use tensor_autograd::Rng;
use transfer::{Architecture, Description};

/// Flags of every command that trains.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Talk {
    /// Say nothing but the result and errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Threads of the arithmetic; default: one a core. The result is the same with any number
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

/// The whole command line.
pub(crate) fn command() -> Command {
    Command::new("transfer")
        .about("Transfer learning: use data that is not the task's own")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help("Begin with `transfer tour`.\n\n".to_owned() + EXIT_CODES)
        // The line comes last: the flags that a command shares bring one of their own.
        .subcommands(commands::all().map(|c| (c.arguments)(Command::new(c.name)).about(c.help)))
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 usage, 3 bad input (data, spec, file), \
                          4 training diverged,\n            5 interrupted, state saved";

/// `run`: a subcommand for each method, with that method's own flags.
pub(crate) fn run(command: Command) -> Command {
    command
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand_value_name("METHOD")
        .subcommand_help_heading("Methods")
        .disable_help_subcommand(true)
        .after_help("`transfer cases` says which method is for which case.")
        .subcommands(METHODS.iter().map(|method| {
            (method.built.flags)(Command::new(method.name)).about(method.help).after_help(SPECS)
        }))
}

/// What a SPEC is, for the help of commands that take one.
pub(crate) const SPECS: &str = "SPEC names a data set:\n  \
    synthetic:NAME     generated: digits, digits-textured, letters, letters-textured, moons, moons-rotated,\n  \
    \x20                  documents, documents-auxiliary\n  \
    mnist:DIR          MNIST's four files; #test is the other split\n  \
    idx:IMAGES,LABELS  idx files, gzipped or not\n  \
    cifar10:FILE       CIFAR-10's binary records; cifar100:FILE of 100 classes, or of 20 with #coarse\n  \
    images:DIR         PNG and JPEG pictures, a folder for each class; ?size=64 resizes and cuts; #train, #test\n  \
    csv:FILE#label=COL a table of numbers and words, .csv or .tsv, gzipped or not; COL holds the classes;\n  \
    \x20                  ?missing=mean|zero|NUMBER|drop, ?ignore=A,B, ?words=A,B, ?like=TRAIN.csv\n  \
    arff:FILE          Weka's tables, full or sparse; the class is the last attribute, or #label=NAME\n  \
    npy:X[,Y]          arrays of NumPy; npz:FILE?x=NAME&y=NAME and safetensors:FILE?x=NAME&y=NAME\n  \
    \x20                  take them from one file\n  \
    svmlight:FILE      sparse rows LABEL INDEX:VALUE ...; ?features=N fixes the width, ?base=0 counts from 0\n  \
    multi:SPEC         images of SPEC laid over each other in pairs; #left or #right says whose labels\n  \
    audio:DIR          recordings, a folder for each class; or DIGIT_SPEAKER_INDEX.wav, a folder or .tar.gz,\n  \
    \x20                  with #speaker=NAME, #speaker!=NAME\n\
    Each takes a range of rows, [0..1000], and ?only=A,B or ?without=A,B (classes), ?limit=N. Examples:\n  \
    mnist:data/mnist[0..5000]   synthetic:digits?n=2000&seed=1#test";

/// A command line that was not understood, or asks for help.
pub(crate) enum Refusal {
    Clap(clap::Error),
    Usage(UsageError),
}

impl Refusal {
    /// As an error of a command that makes command lines itself.
    pub(crate) fn into_error(self) -> anyhow::Error {
        match self {
            Refusal::Clap(e) => UsageError::Trial(e.render().to_string().trim().to_owned()).into(),
            Refusal::Usage(e) => e.into(),
        }
    }

    /// Says what is wrong; help goes to standard output and is no failure.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Refusal::Clap(e) => {
                // A closed pipe is the reader's choice.
                let _ = e.print();
                ExitCode::from(e.exit_code() as u8)
            }
            Refusal::Usage(e) => error::report(&e.into()),
        }
    }
}

/// Parses a command line, program name first.
pub(crate) fn parse<I, T>(words: I) -> Result<ArgMatches, Refusal>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
    let after_run = words.get(1).is_some_and(|word| word == "run");
    command().try_get_matches_from(words).map_err(|e| match unknown_method(&e) {
        Some(usage) if after_run => Refusal::Usage(usage),
        _ => Refusal::Clap(e),
    })
}

/// The method's name that clap did not know, with the nearest that it does.
fn unknown_method(e: &clap::Error) -> Option<UsageError> {
    if e.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(found)) = e.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let names = || METHODS.iter().map(|m| m.name);
    let (nearest, known) = (error::nearest(found, names()), names().collect::<Vec<_>>().join(", "));
    Some(UsageError::UnknownMethod { found: found.clone(), nearest, known })
}

/// Adds the flags of every training command.
pub(crate) fn training(command: Command) -> Command {
    // `--lr -1` is to hear what the range is, not that there is no flag `-1`.
    Talk::augment_args(Control::augment_args(command)).allow_negative_numbers(true)
}

/// The network that was named or whose description was, or the one for such samples.
///
/// # Errors
/// [`UsageError::UnknownNet`] if there is no such network, [`transfer::TransferError`] if it does
/// not take such samples or its description is none.
pub(crate) fn architecture(
    name: Option<&str>,
    input: &[usize],
    classes: usize,
) -> anyhow::Result<Architecture> {
    let mut architecture = Architecture::default_for(input, classes);
    if let Some(name) = name.filter(|name| is_description(name)) {
        architecture.description = Some(Description::read(Path::new(name))?);
        architecture.name = name.to_owned();
    } else if let Some(name) = name {
        let known = || Architecture::kinds().map(|(kind, _)| kind);
        let wanted = name.split_once(':').map_or(name, |(kind, _)| kind);
        if !known().any(|kind| kind == wanted) {
            let (found, nearest) = (name.to_owned(), error::nearest(wanted, known()));
            let known = known().chain(["or FILE.toml, which describes one"]);
            let known = known.collect::<Vec<_>>().join(", ");
            return Err(UsageError::UnknownNet { found, nearest, known }.into());
        }
        architecture.name = name.to_owned();
    }
    // Made once, so that a network that does not fit is refused before a run folder is made.
    architecture.build(&mut Rng::seed(0))?;
    Ok(architecture)
}

/// Whether a network's name is the file of its description.
pub(crate) fn is_description(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"))
}
