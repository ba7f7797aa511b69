//! A gateway in front of an API server: a reverse proxy that ends TLS, speaks HTTP/1.1 and HTTP/2, counts what it is
//! asked, and misbehaves on demand. [`FaultProxy`](super::proxy::FaultProxy) is for what goes wrong below HTTP.
//!
//! It shows a certificate that the server's kubeconfig trusts, so that this leads through it with another address; a
//! client's certificate does not pass it, a token does.

#![allow(dead_code, reason = "not every helper is in use at all times")]
#![allow(clippy::panic, reason = "a failing gateway is a failing test")]

mod answers;
mod asked;
mod body;
mod fault;
mod manners;
mod serve;
mod tls;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio_rustls::TlsConnector;

pub use self::asked::Asked;
pub use self::fault::{End, Fault};
pub use self::manners::{Manners, Streaming};

use self::fault::Rule;
use super::proxy::rewrite_kubeconfig_to;
use super::server::Place;

#[derive(Default)]
struct State {
    manners: Manners,
    rules: Vec<Rule>,
    asked: Vec<Asked>,
    open: HashMap<usize, watch::Sender<Option<End>>>,
}

struct Shared {
    state: Mutex<State>,
    target: SocketAddr,
    connector: TlsConnector,
}

/// See the module. It runs on a thread of its own, so its methods may be called from anywhere.
pub struct Gateway {
    addr: SocketAddr,
    shared: Arc<Shared>,
    quit: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
    kubeconfig: PathBuf,
    _dir: tempfile::TempDir,
}

impl Gateway {
    /// Listens on a free port of 127.0.0.1 in front of a server.
    pub fn start(place: &Place, manners: Manners) -> Gateway {
        Self::start_as(place, place.context(), manners)
    }

    /// The same, with a kubeconfig of another of the server's contexts.
    pub fn start_as(place: &Place, context: &str, manners: Manners) -> Gateway {
        skylark::link::install_crypto();
        let (acceptor, connector) = tls::both(place.ca(), manners.http1);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.unwrap_or_else(|error| panic!("{error}"));
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.unwrap_or_else(|error| panic!("no port: {error}"));
        let addr = listener.local_addr().unwrap_or_else(|error| panic!("{error}"));
        let server = format!("https://{addr}{}", manners.prefix);
        let state = Mutex::new(State { manners, ..State::default() });
        let shared = Arc::new(Shared { state, target: place.addr(), connector });
        let (quit, quitting) = oneshot::channel();
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                runtime.block_on(async move {
                    tokio::select! {
                        () = serve::serve(listener, acceptor, &shared) => {}
                        _ = quitting => {}
                    }
                });
            }
        });
        let dir = tempfile::tempdir().unwrap_or_else(|error| panic!("no directory: {error}"));
        let kubeconfig = dir.path().join("kubeconfig");
        std::fs::write(&kubeconfig, rewrite_kubeconfig_to(place.kubeconfig(), context, &server, context))
            .unwrap_or_else(|error| panic!("{}: {error}", kubeconfig.display()));
        Gateway { addr, shared, quit: Some(quit), thread: Some(thread), kubeconfig, _dir: dir }
    }

    /// A kubeconfig whose one context leads here.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Does this to every request that matches, until [`Gateway::heal`].
    pub fn when(&self, matches: impl Fn(&Asked) -> bool + Send + Sync + 'static, fault: Fault) {
        self.times(usize::MAX, matches, fault);
    }

    /// Does this to the next requests that match.
    pub fn times(&self, left: usize, matches: impl Fn(&Asked) -> bool + Send + Sync + 'static, fault: Fault) {
        lock(&self.shared.state).rules.push(Rule { matches: Arc::new(matches), fault, left });
    }

    /// Passes everything on again.
    pub fn heal(&self) {
        lock(&self.shared.state).rules.clear();
    }

    /// Ends the answers that are still coming of the requests that match.
    pub fn end(&self, end: End, matches: impl Fn(&Asked) -> bool) {
        let state = lock(&self.shared.state);
        for (number, order) in &state.open {
            if matches(&state.asked[*number]) {
                order.send_replace(Some(end));
            }
        }
    }

    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.state).asked.clone()
    }

    /// How many requests match.
    pub fn count(&self, matches: impl Fn(&Asked) -> bool) -> usize {
        lock(&self.shared.state).asked.iter().filter(|asked| matches(asked)).count()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.quit.take().map(|quit| quit.send(()));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
