//! Whoever sits in front of a link: who may be asked to log in, and told what is worth knowing.

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore, mpsc, oneshot};

/// What a link may ask and tell. The default asks nobody and tells the log.
#[derive(Debug, Clone, Default)]
pub struct Console {
    /// Whether a credential plugin can have the terminal.
    pub lend: Lend,
    /// Where sentences go that a reader should see and no error carries; they are in the log, too.
    pub notices: Option<mpsc::Sender<String>>,
}

/// How a credential plugin gets the terminal.
#[derive(Debug, Clone, Default)]
pub enum Lend {
    /// Not at all: there is none.
    #[default]
    Never,
    /// It has it already: nothing is drawn on it.
    Shared,
    /// It asks whoever draws on it.
    Ask(mpsc::Sender<Loan>),
}

/// A plugin asks for the terminal.
#[derive(Debug)]
pub struct Loan {
    /// The context whose credentials it gets.
    pub cluster: String,
    /// The user entry of the kubeconfig.
    pub user: String,
    /// The plugin's command.
    pub command: String,
    /// To be sent when the terminal is free; the plugin starts then.
    pub granted: oneshot::Sender<()>,
    /// Ends when the plugin needs the terminal no more.
    pub over: oneshot::Receiver<()>,
    /// Ends the plugin, should it not end by itself.
    pub stop: Arc<Notify>,
}

/// Holds the terminal; dropping it gives it back.
pub(super) struct Held {
    pub stop: Arc<Notify>,
    _over: Option<oneshot::Sender<()>>,
    _turn: Option<tokio::sync::SemaphorePermit<'static>>,
}

/// Where nothing is drawn, plugins take turns by themselves.
static TURN: Semaphore = Semaphore::const_new(1);

impl Console {
    /// Waits for the terminal. `None` when there is none, or it is given no more.
    pub(super) async fn borrow(&self, cluster: &str, user: &str, command: &str) -> Option<Held> {
        let stop = Arc::<Notify>::default();
        match &self.lend {
            Lend::Never => None,
            Lend::Shared => {
                let turn = TURN.acquire().await.ok()?;
                Some(Held { stop, _over: None, _turn: Some(turn) })
            }
            Lend::Ask(asked) => {
                let ((granted, grant), (ended, over)) = (oneshot::channel(), oneshot::channel());
                let loan = Loan {
                    cluster: cluster.to_owned(),
                    user: user.to_owned(),
                    command: command.to_owned(),
                    granted,
                    over,
                    stop: Arc::clone(&stop),
                };
                asked.send(loan).await.ok()?;
                grant.await.ok()?;
                Some(Held { stop, _over: Some(ended), _turn: None })
            }
        }
    }

    /// Tells a sentence.
    pub(super) fn tell(&self, sentence: String) {
        tracing::warn!("{sentence}");
        if let Some(notices) = &self.notices {
            // Who does not read them has enough of them.
            let _ = notices.try_send(sentence);
        }
    }
}
