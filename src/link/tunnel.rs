//! Through a proxy to a host and port.

use std::{io, sync::Arc};

use http::Uri;
use hyper_util::{client::legacy::connect::proxy::SocksV5, rt::TokioIo};
use kube::config::Cluster;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::OnceCell,
    task::spawn_blocking,
};
use tokio_rustls::TlsConnector;
use tower::ServiceExt as _;

use super::{
    error::{flatten, tls_cause},
    paced::Paced,
    proxy::{Proxy, Speech},
    tls,
    wire::Stream,
};

/// A longer answer to `CONNECT` is none.
const LONGEST_HEAD: usize = 8 << 10;

/// A byte stream of any kind.
pub(super) type AnyStream = Box<dyn Stream>;

/// The way through one proxy.
pub(super) struct Tunnel {
    pub proxy: Proxy,
    /// How the proxy itself is verified, once it was needed.
    trust: OnceCell<Arc<ClientConfig>>,
}

impl Tunnel {
    pub fn new(proxy: Proxy) -> Self {
        Self { proxy, trust: OnceCell::new() }
    }

    /// Has the proxy at the other end of `stream` connect to `target`, a host and port.
    pub async fn dig(&self, stream: Paced, target: &str, cluster: &Cluster) -> Result<AnyStream, String> {
        match self.proxy.speech {
            Speech::Http => connect(stream, target, self.proxy.authorization()).await,
            Speech::Https => connect(self.wrap(stream, cluster).await?, target, self.proxy.authorization()).await,
            Speech::Socks => self.socks(stream, target).await,
        }
    }

    /// TLS to the proxy itself. Our client certificate is for the server and is not shown here.
    async fn wrap(&self, stream: Paced, cluster: &Cluster) -> Result<AnyStream, String> {
        let build = || async {
            let cluster = cluster.clone();
            let built = spawn_blocking(move || tls::for_proxy(&cluster)).await;
            built.unwrap_or_else(|_| Err("TLS could not be set up".to_owned())).map(Arc::new)
        };
        let config = Arc::clone(self.trust.get_or_try_init(build).await?);
        let name = ServerName::try_from(self.proxy.host.clone())
            .map_err(|_| "its name is neither a DNS name nor an address".to_owned())?;
        let stream = TlsConnector::from(config).connect(name, stream).await;
        let stream =
            stream.map_err(|error| format!("TLS: {}", tls_cause(&error).unwrap_or_else(|| flatten(&error))))?;
        Ok(Box::new(stream))
    }

    async fn socks(&self, stream: Paced, target: &str) -> Result<AnyStream, String> {
        let target: Uri = format!("tcp://{target}").parse().map_err(|_| "not a host name".to_owned())?;
        let mut stream = Some(TokioIo::new(stream));
        let ready = tower::service_fn(move |_: Uri| {
            let stream = stream.take().ok_or_else(|| io::Error::other("used twice"));
            async move { stream }
        });
        let mut socks = SocksV5::new(Uri::from_static("socks5://proxy"), ready);
        if let Some((name, password)) = self.proxy.login() {
            socks = socks.with_auth(name.to_owned(), password.to_owned());
        }
        match socks.oneshot(target).await {
            Ok(stream) => Ok(Box::new(stream.into_inner())),
            Err(error) => {
                let text = error.to_string();
                Err(match text.strip_prefix("SOCKS error: ").unwrap_or(&text) {
                    "credentials not accepted" => "the proxy does not accept the login".to_owned(),
                    "server does not support user/pass authentication" if self.proxy.login().is_none() => {
                        "the proxy asks for a login".to_owned()
                    }
                    "failed parsing server response" => "the answer is not SOCKS 5".to_owned(),
                    cause => format!("the proxy refuses to connect ({cause})"),
                })
            }
        }
    }
}

/// `CONNECT`.
async fn connect(
    mut stream: impl Stream + 'static,
    target: &str,
    authorization: Option<String>,
) -> Result<AnyStream, String> {
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some(authorization) = &authorization {
        request.extend(["Proxy-Authorization: ", authorization, "\r\n"]);
    }
    request.push_str("\r\n");
    let broken = |error: io::Error| flatten(&error);
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        // Byte by byte: what follows the head belongs to TLS.
        head.push(stream.read_u8().await.map_err(broken)?);
        if head.len() > LONGEST_HEAD {
            return Err("the answer to CONNECT is not HTTP".to_owned());
        }
    }
    let head = String::from_utf8_lossy(&head);
    match head.split_ascii_whitespace().nth(1).unwrap_or_default() {
        "200" => Ok(Box::new(stream)),
        "407" if authorization.is_some() => Err("the proxy does not accept the login".to_owned()),
        "407" => Err("the proxy asks for a login".to_owned()),
        status => {
            let digits: String = status.chars().filter(char::is_ascii_digit).take(3).collect();
            Err(format!("the proxy refuses to connect (status {digits})"))
        }
    }
}
