//! What a link needs to know of one cluster: address, trust, credentials.

use std::{fmt, fs, path::Path, sync::Arc};

use base64::Engine as _;
use http::{Uri, uri::Scheme};
use kube::config::{AuthInfo, Cluster};

use super::auth::Auth;

/// One cluster as one user sees it. Made by [`Loaded::target`](super::Loaded::target), or for a
/// server without credentials by [`Target::plain`].
#[derive(Clone)]
pub struct Target {
    pub(super) context: Arc<str>,
    pub(super) server: Server,
    pub(super) cluster: Cluster,
    pub(super) certificates: AuthInfo,
    pub(super) auth: Arc<Auth>,
    pub(super) namespace: Option<String>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("context", &self.context).field("server", &self.server).finish_non_exhaustive()
    }
}

impl Target {
    pub(super) fn new(
        context: &str,
        server: Server,
        cluster: Cluster,
        user: &AuthInfo,
        auth: Auth,
        namespace: Option<String>,
    ) -> Self {
        let certificates = AuthInfo {
            client_certificate: filled(user.client_certificate.as_ref()),
            client_certificate_data: filled(user.client_certificate_data.as_ref()),
            client_key: filled(user.client_key.as_ref()),
            client_key_data: user.client_key_data.clone(),
            ..AuthInfo::default()
        };
        Self { context: context.into(), server, cluster, certificates, auth: Arc::new(auth), namespace }
    }

    /// A server that asks for no credentials, such as an embedded one.
    pub fn plain(context: &str, server: &str) -> Result<Self, super::LinkError> {
        let cluster = Cluster { server: Some(server.to_owned()), ..Cluster::default() };
        let server = Server::parse(server, &cluster)
            .map_err(|problem| super::LinkError::Config(format!("context {context:?}: {problem}")))?;
        Ok(Self::new(context, server, cluster, &AuthInfo::default(), Auth::anonymous(), None))
    }

    /// The name of the context.
    pub fn context(&self) -> &str {
        &self.context
    }
}

fn filled(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

/// A server URL taken apart. Displayed in one canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    pub tls: bool,
    /// Without the brackets of an IPv6 address.
    pub host: String,
    pub port: u16,
    /// The path before `/api`: empty, or `/like/this`.
    pub prefix: String,
    /// `host:port` for messages.
    pub label: Arc<str>,
}

impl Server {
    /// Parses as client-go does: the scheme may be missing, then TLS settings decide.
    pub fn parse(url: &str, cluster: &Cluster) -> Result<Self, String> {
        let bad = |why: &str| format!("server {url:?} is not usable: {why}");
        let url = url.trim();
        let with_tls = cluster.insecure_skip_tls_verify == Some(true)
            || cluster.certificate_authority.is_some()
            || cluster.certificate_authority_data.is_some();
        let whole = match (url.contains("://"), with_tls) {
            (true, _) => url.to_owned(),
            (false, true) => format!("https://{url}"),
            (false, false) => format!("http://{url}"),
        };
        let uri: Uri = whole.parse().map_err(|_| bad("not a URL"))?;
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(bad("the scheme is neither https nor http")),
        };
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("server URL is not usable: it holds user information".to_owned());
        }
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_lowercase();
        if host.is_empty() {
            return Err(bad("no host"));
        }
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let prefix = uri.path().trim_end_matches('/').to_owned();
        let label = authority_text(&host, port).into();
        Ok(Self { tls, host, port, prefix, label })
    }

    /// The `Host` of a request: without the port that goes without saying.
    pub fn authority(&self) -> String {
        if self.port == if self.tls { 443 } else { 80 } {
            let text = authority_text(&self.host, self.port);
            let end = text.rfind(':').unwrap_or(text.len());
            return text[..end].to_owned();
        }
        self.label.to_string()
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", if self.tls { "https" } else { "http" }, self.authority(), self.prefix)
    }
}

fn authority_text(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The certificate authorities of a cluster, in PEM.
pub(super) fn authority(cluster: &Cluster) -> Result<Option<Vec<u8>>, String> {
    if let Some(data) = cluster.certificate_authority_data.as_ref().filter(|data| !data.is_empty()) {
        let pem = base64::engine::general_purpose::STANDARD.decode(data);
        return pem.map(Some).map_err(|_| "certificate-authority-data is not base64".to_owned());
    }
    match cluster.certificate_authority.as_ref().filter(|file| !file.is_empty()) {
        Some(file) => fs::read(Path::new(file))
            .map(Some)
            .map_err(|fault| format!("certificate-authority {file}: {}", super::error::flatten(&fault))),
        None => Ok(None),
    }
}

/// A digest (SHA-256, the first 16 bytes in hexadecimal digits) of the certificate authorities of a cluster.
pub(super) fn digest(cluster: &Cluster) -> Option<String> {
    use std::fmt::Write as _;
    let pem = authority(cluster).ok().flatten()?;
    let suite = rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256.tls13()?;
    let hash = suite.common.hash_provider.hash(pem.trim_ascii());
    let mut digits = String::new();
    for byte in hash.as_ref().iter().take(16) {
        let _ = write!(digits, "{byte:02x}");
    }
    Some(digits)
}
