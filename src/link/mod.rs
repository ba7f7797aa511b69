//! Kubeconfig, credentials and one authenticated HTTP link to a cluster.
//!
//! A [`Link`] dials, signs and sends. It asks again, at once and on a new connection, only where the
//! one that carried a request goes away and to ask again is safe. Whoever uses it decides what an
//! error or a status means and when to ask again later.

mod auth;
mod body;
mod conn;
mod connect;
mod console;
mod contexts;
mod error;
mod exec;
mod exec_run;
mod exec_wire;
mod exposure;
mod fetch;
mod flight;
mod gunzip;
mod identity;
mod kubeconfig;
mod lanes;
mod meter;
mod no_proxy;
mod oidc;
mod paced;
mod proxy;
mod reply;
mod request;
mod salvage;
mod target;
mod tls;
mod token_file;
mod tunnel;
mod wire;

#[cfg(all(test, unix))]
mod tests;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub use self::{
    body::Body,
    connect::Dial,
    console::{Console, Lend, Loan},
    contexts::{ActAs, ContextEntry, Loaded},
    error::LinkError,
    kubeconfig::load,
    meter::Spent,
    reply::Reply,
    target::Target,
    tls::install_crypto,
};
use self::{connect::Dialer, exec::Call, lanes::Badge, lanes::Lanes};

/// An authenticated way to one cluster. Clones share the connections.
#[derive(Clone)]
pub struct Link(Arc<Inner>);

struct Inner {
    lanes: Arc<Lanes>,
    /// Counts how often certificates were refused: connections of an earlier count are not used again.
    epoch: AtomicU64,
}

/// One GET.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Path and query, beginning with `/`.
    pub path: String,
    /// The `Accept` header.
    pub accept: &'static str,
    /// May the answer be compressed?
    pub gzip: bool,
    /// Which connections carry it.
    pub lane: Lane,
    /// The longest wait for the head of the answer, from the moment a connection is there.
    pub head_timeout: Duration,
    /// The longest silence within the body; `Duration::MAX` for none.
    pub idle_timeout: Duration,
}

/// Requests of one lane share connections; those of different lanes never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Lists, gets: many bytes, soon over.
    Bulk,
    /// Watches: few bytes, never over.
    Watch,
}

/// Which HTTP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// What TLS agrees on, HTTP/2 first; HTTP/1.1 over plain TCP; HTTP/2 inside the process.
    #[default]
    Auto,
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, over plain TCP with prior knowledge.
    Http2,
}

/// How a link behaves. The defaults find a dead server within 8 seconds.
#[derive(Debug, Clone)]
pub struct LinkOptions {
    /// Where connections go.
    pub dial: Dial,
    /// Which HTTP is spoken.
    pub protocol: Protocol,
    /// The longest a dial may take: name, TCP and TLS.
    pub dial_timeout: Duration,
    /// The longest a credential plugin may run.
    pub plugin_timeout: Duration,
    /// Between two HTTP/2 pings.
    pub ping_interval: Duration,
    /// The longest wait for the answer of a ping.
    pub ping_timeout: Duration,
    /// The most requests at once on an HTTP/2 connection; servers allow about 100.
    pub streams_per_connection: usize,
    /// Who may be asked to log in.
    pub console: Console,
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self {
            dial: Dial::Tcp,
            protocol: Protocol::Auto,
            dial_timeout: Duration::from_secs(5),
            plugin_timeout: Duration::from_secs(30),
            ping_interval: Duration::from_secs(4),
            ping_timeout: Duration::from_secs(4),
            streams_per_connection: 80,
            console: Console::default(),
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("target", &self.target()).finish_non_exhaustive()
    }
}

impl Link {
    /// A link that dials with its first request. `Err` when the target cannot work at all.
    pub fn new(target: Target, options: LinkOptions) -> Result<Self, LinkError> {
        install_crypto();
        let lanes = Arc::new(Lanes::new(Dialer::new(target, options)?));
        Ok(Self(Arc::new(Inner { lanes, epoch: AtomicU64::new(0) })))
    }

    /// Sends one request and returns the head of its answer, whatever the status.
    pub async fn send(&self, ask: Ask) -> Result<Reply, LinkError> {
        self.carry(ask, bytes::Bytes::new()).await
    }

    /// The same as a POST of JSON: for questions such as access reviews, which store nothing.
    pub async fn post(&self, ask: Ask, json: Vec<u8>) -> Result<Reply, LinkError> {
        self.carry(ask, json.into()).await
    }

    async fn carry(&self, ask: Ask, json: bytes::Bytes) -> Result<Reply, LinkError> {
        let lanes = &self.0.lanes;
        let auth = &lanes.dialer.target.auth;
        let options = &lanes.dialer.options;
        let call =
            Call { limit: options.plugin_timeout, console: &options.console, cluster: &lanes.dialer.target.context };
        let grant = auth.grant(&call).await?;
        let badge = Badge { identity: grant.identity.clone(), epoch: self.0.epoch.load(Ordering::Relaxed) };
        let (response, way) = request::exchange(lanes, &ask, json, &grant, &badge).await?;
        if response.status() == http::StatusCode::UNAUTHORIZED {
            auth.refused(&grant);
            self.distrust(badge.epoch);
        }
        if response.status() == http::StatusCode::TOO_MANY_REQUESTS {
            lanes.meter.throttled();
        }
        Ok(Reply::new(response, ask.idle_timeout, way))
    }

    /// The round trip to the server, as the last dial measured it.
    pub fn rtt(&self) -> Option<Duration> {
        self.0.lanes.round_trip()
    }

    /// Whether the server is reached over a network, so that there is a round trip to measure.
    pub fn is_remote(&self) -> bool {
        matches!(self.0.lanes.dialer.options.dial, Dial::Tcp)
    }

    /// What was spent on this server so far.
    pub fn spent(&self) -> Spent {
        self.0.lanes.meter.spent()
    }

    /// Connections that were opened so far: behind each new one another server may answer.
    pub fn dials(&self) -> u64 {
        self.0.lanes.meter.dials()
    }

    /// The address that the last connection went to; `None` through a proxy and before the first.
    pub fn address(&self) -> Option<std::net::SocketAddr> {
        *self.0.lanes.dialer.address.lock()
    }

    /// A digest of the certificate authorities that the server is trusted by, as hexadecimal digits;
    /// `None` where the system's are trusted, or any. Reads a file, and therefore blocks.
    pub fn authority_digest(&self) -> Option<String> {
        target::digest(&self.target().cluster)
    }

    /// The default namespace of the context.
    pub fn namespace(&self) -> Option<&str> {
        self.target().namespace.as_deref()
    }

    /// The server's host and port.
    pub fn server(&self) -> &str {
        &self.target().server.label
    }

    /// Obtains credentials afresh for the next request. Not needed after a 401: the link has
    /// done it then, unless newer credentials were there already.
    pub fn invalidate_credentials(&self) {
        self.target().auth.invalidate();
        self.distrust(self.0.epoch.load(Ordering::Relaxed));
    }

    /// Somebody asks for the cluster again: a credential plugin may have the terminal for its next run.
    pub fn allow_terminal(&self) {
        self.target().auth.allow_terminal();
    }

    /// Client certificates from files may have been renewed: look again, on new connections.
    fn distrust(&self, epoch: u64) {
        let certificates = &self.target().certificates;
        if certificates.client_certificate.is_some() || certificates.client_key.is_some() {
            let _ = self.0.epoch.compare_exchange(epoch, epoch + 1, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    fn target(&self) -> &Target {
        &self.0.lanes.dialer.target
    }
}
