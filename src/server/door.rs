//! Where connections come in: open, or shut for a while, as when a network or a load balancer fails.

use super::serve::{pipe, serve_when};
use super::{Server, Tasks};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::sync::watch;

/// How a door that is shut meets those who come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shut {
    /// What is begun ends at once.
    Refuses,
    /// Nobody answers until it is open again.
    Hangs,
}

#[derive(Clone)]
enum State {
    /// Open; with everything that its connections do.
    Open(Arc<Tasks>),
    Shut(Shut),
}

/// See the module.
pub struct Door(watch::Sender<State>);

impl Default for Door {
    fn default() -> Door {
        Door(watch::Sender::new(State::Open(Arc::default())))
    }
}

impl Door {
    /// Ends every connection and takes no more.
    pub fn shut(&self, how: Shut) {
        // The last handle to the connections' tasks goes with the state.
        drop(self.0.send_replace(State::Shut(how)));
    }

    /// Takes connections again.
    pub fn open(&self) {
        self.0.send_replace(State::Open(Arc::default()));
    }

    /// Where connections run; or how they are met.
    pub fn enter(&self) -> Result<Arc<Tasks>, Shut> {
        match &*self.0.borrow() {
            State::Open(tasks) => Ok(tasks.clone()),
            State::Shut(how) => Err(*how),
        }
    }

    /// Keeps a stream of which nobody takes notice until the door is open again.
    pub fn hold(&self, tasks: &Tasks, stream: impl AsyncRead + AsyncWrite + Send + 'static) {
        let mut state = self.0.subscribe();
        tasks.spawn(async move {
            let _ = state.wait_for(|state| matches!(state, State::Open(_))).await;
            drop(stream);
        });
    }

    /// A connection by a pipe. What waits before the door does so in `tasks`.
    pub fn connect(&self, tasks: &Tasks, server: &Arc<Server>) -> DuplexStream {
        let (client, stream) = pipe();
        self.take(tasks, server, stream);
        client
    }

    /// Serves a stream, or meets it as the door is. What waits before the door does so in `tasks`.
    pub fn take<S>(&self, tasks: &Tasks, server: &Arc<Server>, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let server = server.clone();
        self.take_when(tasks, move || std::future::ready(Some(server.clone())), stream);
    }

    /// The same with a server that may be long in coming.
    pub fn take_when<S, W>(&self, tasks: &Tasks, server: impl Fn() -> W + Send + 'static, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        W: Future<Output = Option<Arc<Server>>> + Send + 'static,
    {
        match self.enter() {
            Ok(connections) => serve_when(&connections, server, stream),
            Err(Shut::Refuses) => drop(stream),
            Err(Shut::Hangs) => self.hold(tasks, stream),
        }
    }

    /// How many tasks its connections have.
    #[cfg(test)]
    pub fn running(&self) -> usize {
        self.enter().map_or(0, |tasks| tasks.running())
    }
}
