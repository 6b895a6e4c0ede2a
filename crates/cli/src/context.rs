//! What every command is given: how much to say, and whether to stop.

use crate::args::Talk;
use crate::out;
use crate::run::{Inputs, Small};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tensor_autograd::kernels::parallel;

/// The process as a command sees it.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) quiet: bool,
    pub(crate) stop: Stop,
    /// What the run is a part of, if it is.
    pub(crate) whole: Option<Whole>,
    /// Notes on data that were given already.
    pub(crate) told: Rc<RefCell<BTreeSet<String>>>,
    /// What the data that were read for the next run are known again by.
    pub(crate) inputs: Rc<RefCell<Inputs>>,
    /// Who watches a run in small, if it is one.
    pub(crate) small: Option<Rc<dyn Small>>,
}

/// A command that makes several runs.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    /// Where all of them are.
    pub(crate) folder: PathBuf,
    /// Whether it goes on only if asked by --resume.
    pub(crate) resumes: bool,
}

impl Context {
    /// Starts the threads of the arithmetic and listens for Ctrl-C. Called once, by the command.
    pub(crate) fn start(talk: &Talk) -> anyhow::Result<Self> {
        start_threads(talk);
        Ok(Context {
            quiet: talk.quiet,
            stop: Stop::listen(talk.quiet)?,
            whole: None,
            told: Rc::default(),
            inputs: Rc::default(),
            small: None,
        })
    }
}

/// Starts the threads of the arithmetic. Enough for a command that Ctrl-C may simply end.
pub(crate) fn start_threads(talk: &Talk) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let wanted = talk.threads.map_or(cores, usize::from);
    if !parallel::set_num_threads(wanted) {
        parallel::set_num_threads(1); // needs no thread but this one
        let line = format!(
            "{} threads are at work, not {wanted}: no more could be started",
            parallel::num_threads()
        );
        out::talk(talk.quiet, &line);
    }
}

/// Whether the user has asked to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Hears the first Ctrl-C (or SIGTERM) and says so; the second one ends the process on the spot.
    fn listen(quiet: bool) -> anyhow::Result<Self> {
        let stop = Stop::default();
        let asked = Arc::clone(&stop.0);
        ctrlc::set_handler(move || {
            if asked.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
            let line =
                "stopping: the state is saved first; Ctrl-C again ends at once, without that";
            out::talk(quiet, line);
        })?;
        Ok(stop)
    }

    pub(crate) fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
