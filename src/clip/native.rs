//! The clipboard of the display, on a thread that may hang.

use super::Failure;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// How long a display may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Puts a text into a clipboard.
type Put = Box<dyn FnMut(String) -> Result<(), String> + Send>;

/// What is copied lives as long as this does, where no clipboard manager takes it over.
pub(super) struct Native {
    open: fn() -> Result<Put, String>,
    patience: Duration,
    thread: Option<Thread>,
}

struct Thread {
    texts: Option<SyncSender<String>>,
    answers: Receiver<Result<(), String>>,
    handle: Option<std::thread::JoinHandle<()>>,
}

impl Native {
    /// The display that the environment names.
    pub fn display() -> Native {
        Native::by(open, PATIENCE)
    }

    pub fn by(open: fn() -> Result<Put, String>, patience: Duration) -> Native {
        Native { open, patience, thread: None }
    }

    /// Copies a text; one that hangs is left behind, and the next copy asks the display afresh.
    pub fn copy(&mut self, text: &str) -> Result<(), Failure> {
        if self.thread.is_none() {
            self.thread = Some(Thread::start(self.open).map_err(|error| Failure::Native(error.to_string()))?);
        }
        let Some(thread) = &self.thread else { return Err(Failure::Silent) };
        let sent = thread.texts.as_ref().is_some_and(|texts| texts.try_send(text.to_owned()).is_ok());
        let answer =
            if sent { thread.answers.recv_timeout(self.patience) } else { Err(RecvTimeoutError::Disconnected) };
        match answer {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                self.thread = None;
                Err(Failure::Native(error))
            }
            Err(_) => {
                // It is not waited for.
                if let Some(mut thread) = self.thread.take() {
                    drop(thread.handle.take());
                }
                Err(Failure::Silent)
            }
        }
    }
}

impl Thread {
    fn start(open: fn() -> Result<Put, String>) -> std::io::Result<Thread> {
        let (texts, theirs) = sync_channel::<String>(1);
        let (answer, answers) = sync_channel(1);
        let handle = std::thread::Builder::new().name("display".into()).spawn(move || {
            let mut put = open();
            for text in theirs {
                let result = match &mut put {
                    Ok(put) => put(text),
                    Err(error) => Err(error.clone()),
                };
                if answer.send(result).is_err() {
                    return;
                }
            }
        })?;
        Ok(Thread { texts: Some(texts), answers, handle: Some(handle) })
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.texts = None;
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}

fn open() -> Result<Put, String> {
    let mut clipboard = arboard::Clipboard::new().map_err(|error| error.to_string())?;
    Ok(Box::new(move |text| clipboard.set_text(text).map_err(|error| error.to_string())))
}
