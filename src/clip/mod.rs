//! What leaves Skylark by the user's wish: text to the clipboard of where the user sits, or to a file.
//! A thread of its own does it, for displays, tmux and disks may all keep one waiting.

mod files;
mod native;
pub mod osc52;
mod tmux;
pub mod ways;

use native::Native;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;
pub use ways::Way;

/// Jobs that may wait; more are refused.
const JOBS: usize = 4;
/// How long leaving waits for a display's clipboard manager to take over what was copied.
const FAREWELL: Duration = Duration::from_millis(200);

/// What is to be done with a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Job {
    /// To the clipboard.
    Copy {
        /// The text.
        text: String,
        /// What it is, in words.
        what: String,
    },
    /// To a file of its own.
    Save {
        /// The text.
        text: String,
        /// What it is, in words.
        what: String,
        /// The file's name without its ending, and its ending.
        name: (String, &'static str),
    },
}

/// What became of a job.
#[derive(Debug)]
pub struct Done {
    /// What it was, in words.
    pub what: String,
    /// How many bytes of text.
    pub bytes: usize,
    /// It was to be saved, not copied.
    pub saved: bool,
    /// Where it went.
    pub went: Result<Went, Failure>,
}

/// Where a text went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Went {
    /// Into the clipboard of the display.
    Native,
    /// To tmux, which hands it on to its terminal.
    Tmux,
    /// To be written to the terminal: these bytes.
    Terminal(Vec<u8>),
    /// Into this file; why not into a clipboard, where one was tried.
    File(PathBuf, Option<Failure>),
}

/// Why a text went nowhere, or not where it should.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure {
    /// More than terminals take.
    #[error("it is more than the {0} bytes that terminals take")]
    TooLarge(usize),
    /// The display.
    #[error("the display's clipboard: {0}")]
    Native(String),
    /// The display does not answer.
    #[error("the display's clipboard does not answer")]
    Silent,
    /// tmux.
    #[error("tmux: {0}")]
    Tmux(String),
    /// The terminal has no clipboard.
    #[error("this terminal has no clipboard")]
    NoClipboard,
    /// The file.
    #[error("cannot write {0}: {1}")]
    File(PathBuf, String),
    /// There is no directory for it.
    #[error("there is no directory to write to: set XDG_STATE_HOME or HOME")]
    NoDirectory,
}

/// The way out.
pub struct Clipboard {
    jobs: Option<SyncSender<Job>>,
    gone: Receiver<()>,
}

impl Clipboard {
    /// A clipboard by the environment that `var` reads; files go below `state`. What became of each job
    /// is told to `done`, on another thread.
    pub fn new(
        var: impl Fn(&str) -> Option<String>,
        state: Option<PathBuf>,
        done: impl Fn(Done) + Send + 'static,
    ) -> std::io::Result<Clipboard> {
        let worker = Worker { ways: ways::of(&var), wrap: osc52::Wrap::of(&var), state, native: Native::display() };
        Clipboard::with(worker, done)
    }

    fn with(mut worker: Worker, done: impl Fn(Done) + Send + 'static) -> std::io::Result<Clipboard> {
        let (jobs, theirs) = sync_channel(JOBS);
        let (leaving, gone) = sync_channel::<()>(0);
        std::thread::Builder::new().name("clipboard".into()).spawn(move || {
            for job in theirs {
                done(worker.work(job));
            }
            drop(worker);
            drop(leaving);
        })?;
        Ok(Clipboard { jobs: Some(jobs), gone })
    }

    /// Takes a job; `false` when those before it are not done yet.
    pub fn take(&self, job: Job) -> bool {
        self.jobs.as_ref().is_some_and(|jobs| !matches!(jobs.try_send(job), Err(TrySendError::Full(_))))
    }
}

impl Drop for Clipboard {
    fn drop(&mut self) {
        self.jobs = None;
        let _ = self.gone.recv_timeout(FAREWELL);
    }
}

struct Worker {
    ways: Vec<Way>,
    wrap: osc52::Wrap,
    state: Option<PathBuf>,
    native: Native,
}

impl Worker {
    fn work(&mut self, job: Job) -> Done {
        match job {
            Job::Copy { text, what } => Done { what, bytes: text.len(), saved: false, went: self.copy(&text) },
            Job::Save { text, what, name: (name, ending) } => {
                let went = files::save(self.state.as_deref(), &name, ending, &text);
                Done { what, bytes: text.len(), saved: true, went: went.map(|path| Went::File(path, None)) }
            }
        }
    }

    /// Tries one way after the other.
    fn copy(&mut self, text: &str) -> Result<Went, Failure> {
        let mut why = None;
        for way in self.ways.clone() {
            let went = match way {
                Way::Native => self.native.copy(text).map(|()| Went::Native),
                Way::Tmux | Way::Osc52 if text.len() > osc52::MOST => Err(Failure::TooLarge(osc52::MOST)),
                Way::Tmux => tmux::copy(text).map(|()| Went::Tmux),
                Way::Osc52 => Ok(Went::Terminal(self.wrap.copy(text))),
                Way::None => Err(Failure::NoClipboard),
                Way::File => files::clipboard(self.state.as_deref(), text).map(|path| Went::File(path, why.clone())),
            };
            match went {
                Ok(went) => return Ok(went),
                Err(failure) => {
                    tracing::info!("copying: {failure}");
                    why = Some(failure);
                }
            }
        }
        Err(why.unwrap_or(Failure::NoClipboard))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
