//! One connection: HTTP/1.1 or HTTP/2 with prior knowledge over an in-process pipe.

use super::Server;
use super::handle;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use parking_lot::Mutex;
use std::io;
use std::sync::{Arc, Weak};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::task::JoinSet;

/// Bytes that a pipe holds each way.
const PIPE: usize = 256 * 1024;

/// The tasks of one cluster; dropping it ends them.
#[derive(Default)]
pub struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl Tasks {
    /// Runs a task until it ends or its owner is dropped.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut set = self.0.lock();
        while set.try_join_next().is_some() {}
        set.spawn(task);
    }

    /// How many tasks run.
    #[cfg(test)]
    pub fn running(&self) -> usize {
        let mut set = self.0.lock();
        while set.try_join_next().is_some() {}
        set.len()
    }

    /// A handle that does not keep the tasks alive.
    fn handle(&self) -> Spawner {
        Spawner(Arc::downgrade(&self.0))
    }
}

/// Lets the HTTP/2 server spawn into [`Tasks`].
#[derive(Clone)]
struct Spawner(Weak<Mutex<JoinSet<()>>>);

impl<F> Executor<F> for Spawner
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        if let Some(tasks) = self.0.upgrade() {
            Tasks(tasks).spawn(async move {
                future.await;
            });
        }
    }
}

/// A pipe in this process.
pub fn pipe() -> (DuplexStream, DuplexStream) {
    tokio::io::duplex(PIPE)
}

/// Serves a connection in `tasks`.
pub fn serve<S>(tasks: &Tasks, server: &Arc<Server>, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let server = server.clone();
    serve_when(tasks, move || std::future::ready(Some(server.clone())), stream);
}

/// Serves a connection in `tasks` whose requests wait for their server. That somebody is there, it tells at once.
pub fn serve_when<S, W>(tasks: &Tasks, server: impl Fn() -> W + Send + 'static, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    W: Future<Output = Option<Arc<Server>>> + Send + 'static,
{
    let mut builder = Builder::new(tasks.handle());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    tasks.spawn(async move {
        let service = service_fn(move |request| {
            let server = server();
            async move {
                let server = server.await.ok_or_else(|| io::Error::other("there is no server"))?;
                Ok::<_, io::Error>(handle::answer(&server, request).await)
            }
        });
        // An error here is the client going away in the middle of something.
        let _ = builder.serve_connection(TokioIo::new(stream), service).await;
    });
}
