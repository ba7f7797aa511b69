//! From a target to a byte stream that speaks HTTP: names, TCP, TLS, or a pipe in this process.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use http::Uri;
use hyper_util::client::legacy::connect::{HttpConnector, dns::Name};
use tokio::{
    io::DuplexStream,
    net::{TcpStream, lookup_host},
    time::{Instant as Deadline, timeout_at},
};
use tokio_rustls::TlsConnector;
use tower::ServiceExt as _;

use super::{
    LinkError, LinkOptions, Protocol,
    error::{NO_HANDSHAKE, flatten, seconds, tls_cause},
    lanes::Badge,
    paced::Paced,
    proxy::Proxy,
    target::Target,
    tls::{self, Tls},
    tunnel::{AnyStream, Tunnel},
    wire::{Pulse, Wire},
};

/// Where a connection goes.
#[derive(Clone, Default)]
pub enum Dial {
    /// To the server's address.
    #[default]
    Tcp,
    /// To a server in this process, without TLS. The function opens one connection.
    InProcess(Arc<dyn Fn() -> DuplexStream + Send + Sync>),
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "Tcp",
            Self::InProcess(_) => "InProcess",
        })
    }
}

/// A byte stream ready for HTTP.
pub(super) struct Dialed {
    pub wire: Wire,
    pub pulse: Arc<Pulse>,
    pub http2: bool,
    /// How long TCP took to connect: one round trip.
    pub round_trip: Option<Duration>,
}

/// Opens connections to one target.
pub(super) struct Dialer {
    pub target: Target,
    pub options: LinkOptions,
    tls: Tls,
    tunnel: Option<Tunnel>,
    /// Where the last connection went, where no proxy hides it.
    pub address: parking_lot::Mutex<Option<SocketAddr>>,
}

impl Dialer {
    pub fn new(target: Target, options: LinkOptions) -> Result<Self, LinkError> {
        let proxy = Proxy::choose(target.cluster.proxy_url.as_deref(), &target.server);
        let proxy = proxy.map_err(|cause| LinkError::Config(format!("{}: {cause}", target.server.label)))?;
        let tunnel = proxy.map(Tunnel::new);
        Ok(Self { target, options, tls: Tls::default(), tunnel, address: parking_lot::Mutex::default() })
    }

    pub async fn dial(&self, badge: &Badge) -> Result<Dialed, LinkError> {
        let wanted = self.options.protocol;
        if let Dial::InProcess(open) = &self.options.dial {
            let (wire, pulse) = Wire::new(open());
            return Ok(Dialed { wire, pulse, http2: wanted != Protocol::Http1, round_trip: None });
        }
        let deadline = Deadline::now() + self.options.dial_timeout;
        let late = || seconds(&self.options.dial_timeout);
        let tcp = timeout_at(deadline, self.tcp()).await;
        let (tcp, round_trip) = tcp.unwrap_or_else(|_| Err(self.fault(format!("no connection within {}", late()))))?;
        if !self.target.server.tls {
            let (wire, pulse) = Wire::new(tcp);
            return Ok(Dialed { wire, pulse, http2: wanted == Protocol::Http2, round_trip: Some(round_trip) });
        }
        let fault = |cause| LinkError::Tls { host: Arc::clone(&self.target.server.label), cause };
        let alpn: &[&[u8]] = match wanted {
            Protocol::Auto => &[b"h2", b"http/1.1"],
            Protocol::Http1 => &[b"http/1.1"],
            Protocol::Http2 => &[b"h2"],
        };
        let config = self.tls.config(&self.target, badge, alpn).await?;
        let name = tls::server_name(&self.target)?;
        let stream = timeout_at(deadline, TlsConnector::from(config).connect(name, tcp)).await;
        let stream = stream
            .map_err(|_| fault(format!("{NO_HANDSHAKE} {}", late())))?
            .map_err(|error| fault(tls_cause(&error).unwrap_or_else(|| flatten(&error))))?;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let (wire, pulse) = Wire::new(stream);
        Ok(Dialed { wire, pulse, http2, round_trip: Some(round_trip) })
    }

    /// A connection to the server's port, and how long one round trip over it took.
    async fn tcp(&self) -> Result<(AnyStream, Duration), LinkError> {
        let server = &self.target.server;
        let Some(tunnel) = &self.tunnel else {
            let (stream, round_trip) =
                self.connect(&server.host, server.port).await.map_err(|cause| self.fault(cause))?;
            *self.address.lock() = stream.peer_addr().ok();
            return Ok((Box::new(Paced::new(stream)), round_trip));
        };
        let proxy = &tunnel.proxy;
        let through = |cause| self.fault(format!("proxy {}: {cause}", proxy.label()));
        let (stream, _) = self.connect(&proxy.host, proxy.port).await.map_err(through)?;
        let started = Instant::now();
        // In a box: every request would carry its room, and few go through a proxy.
        let digging = Box::pin(tunnel.dig(Paced::new(stream), &server.label, &self.target.cluster));
        let stream = digging.await.map_err(through)?;
        Ok((stream, started.elapsed()))
    }

    async fn connect(&self, host: &str, port: u16) -> Result<(TcpStream, Duration), String> {
        let addresses: Vec<SocketAddr> = lookup_host((host, port)).await.map_err(|error| flatten(&error))?.collect();
        let Some(first) = addresses.first() else { return Err("the name has no address".to_owned()) };
        let literal = if first.is_ipv6() && host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let uri = format!("http://{literal}:{port}").parse().map_err(|_| "not a host name".to_owned())?;
        let started = Instant::now();
        let stream = connect(addresses, self.options.dial_timeout, uri).await?;
        Ok((stream, started.elapsed()))
    }

    fn fault(&self, cause: String) -> LinkError {
        LinkError::Dial { host: Arc::clone(&self.target.server.label), cause }
    }
}

/// Tries the addresses as "happy eyeballs" does, and has the kernel find dead peers.
async fn connect(addresses: Vec<SocketAddr>, limit: Duration, uri: Uri) -> Result<TcpStream, String> {
    let resolver = tower::service_fn(move |_: Name| {
        let addresses = addresses.clone();
        async move { Ok::<_, io::Error>(addresses.into_iter()) }
    });
    let mut connector = HttpConnector::new_with_resolver(resolver);
    connector.set_connect_timeout(Some(limit));
    connector.set_nodelay(true);
    connector.set_keepalive(Some(Duration::from_secs(4)));
    connector.set_keepalive_interval(Some(Duration::from_secs(2)));
    connector.set_keepalive_retries(Some(2));
    #[cfg(target_os = "linux")]
    connector.set_tcp_user_timeout(Some(Duration::from_secs(8)));
    let stream = connector.oneshot(uri).await.map_err(|error| flatten(&error))?;
    Ok(stream.into_inner())
}
