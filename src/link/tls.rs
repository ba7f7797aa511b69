//! The TLS settings of one cluster, rebuilt when certificates may have changed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::Engine as _;
use kube::{
    Config,
    client::ConfigExt as _,
    config::{AuthInfo, Cluster},
};
use parking_lot::Mutex;
use rustls::{
    ClientConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::task::spawn_blocking;

use super::{
    LinkError,
    error::flatten,
    exec::Identity,
    identity,
    lanes::Badge,
    target::{Target, authority},
};

/// Certificate files are read again for a connection dialled later than this.
const REREAD: Duration = Duration::from_mins(1);

/// Makes ring the crypto provider of this process, unless one was chosen already.
pub fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Builds and keeps the settings.
#[derive(Default)]
pub(super) struct Tls(Mutex<Option<Built>>);

struct Built {
    config: Arc<ClientConfig>,
    badge: Badge,
    at: Instant,
}

impl Tls {
    /// The settings for a new connection under `badge`.
    pub async fn config(&self, target: &Target, badge: &Badge, alpn: &[&[u8]]) -> Result<Arc<ClientConfig>, LinkError> {
        if let Some(built) = self.0.lock().as_ref().filter(|built| built.badge == *badge && built.at.elapsed() < REREAD)
        {
            return Ok(Arc::clone(&built.config));
        }
        let (cluster, certificates, url) =
            (target.cluster.clone(), target.certificates.clone(), target.server.to_string());
        let identity = badge.identity.clone();
        let work = move || build(&cluster, &certificates, &url, identity.as_deref());
        let built = spawn_blocking(work).await.unwrap_or_else(|_| Err(Fault::Server("could not be set up".to_owned())));
        let mut config = built.map_err(|fault| match fault {
            Fault::User(cause) => target.auth.fault(cause),
            Fault::Server(cause) => LinkError::Tls { host: Arc::clone(&target.server.label), cause },
        })?;
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        let config = Arc::new(config);
        *self.0.lock() = Some(Built { config: Arc::clone(&config), badge: badge.clone(), at: Instant::now() });
        Ok(config)
    }
}

/// The name the server's certificate must be for.
pub(super) fn server_name(target: &Target) -> Result<ServerName<'static>, LinkError> {
    let wanted = target.cluster.tls_server_name.as_ref().filter(|name| !name.is_empty());
    let name = wanted.unwrap_or(&target.server.host).clone();
    ServerName::try_from(name).map_err(|_| LinkError::Tls {
        host: Arc::clone(&target.server.label),
        cause: "the server's name is neither a DNS name nor an address".to_owned(),
    })
}

enum Fault {
    /// The client certificate is at fault.
    User(String),
    Server(String),
}

fn build(cluster: &Cluster, user: &AuthInfo, url: &str, identity: Option<&Identity>) -> Result<ClientConfig, Fault> {
    install_crypto();
    let mut config = Config::new(url.parse().map_err(|_| Fault::Server("not a URL".to_owned()))?);
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify == Some(true);
    config.root_cert = match authority(cluster).map_err(Fault::Server)? {
        _ if config.accept_invalid_certs => Some(Vec::new()),
        Some(pem) => Some(roots(&pem).map_err(Fault::Server)?),
        None => None,
    };
    let pair = match identity {
        Some(identity) => Some((identity.certificate.clone().into_bytes(), identity.key.expose_secret().into())),
        None => identity::from_kubeconfig(user).map_err(Fault::User)?,
    };
    if let Some((certificate, key)) = pair {
        identity::check(&certificate, &key).map_err(Fault::User)?;
        let base64 = |pem: &[u8]| base64::engine::general_purpose::STANDARD.encode(pem);
        config.auth_info.client_certificate_data = Some(base64(&certificate));
        config.auth_info.client_key_data = Some(SecretString::from(base64(&key)));
    }
    config.rustls_client_config().map_err(|fault| Fault::Server(flatten(&fault)))
}

/// How a proxy that is reached over TLS is verified: by the cluster's authority, as kubectl does, or by
/// the system's. Who skips the verification of the server skips this one, too.
pub(super) fn for_proxy(cluster: &Cluster) -> Result<ClientConfig, String> {
    install_crypto();
    let authority = authority(cluster)?;
    let mut config = if cluster.insecure_skip_tls_verify == Some(true) {
        let mut careless = Config::new("https://proxy".parse().map_err(|_| "not a URL".to_owned())?);
        careless.accept_invalid_certs = true;
        careless.root_cert = Some(Vec::new());
        careless.rustls_client_config().map_err(|fault| flatten(&fault))?
    } else {
        let extra = authority.map(|pem| roots(&pem)).transpose()?.unwrap_or_default();
        let provider = CryptoProvider::get_default().ok_or_else(|| "TLS could not be set up".to_owned())?;
        let extra = extra.into_iter().map(CertificateDer::from);
        let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(provider)).map_err(|fault| flatten(&fault))?;
        let builder = ClientConfig::builder().dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        builder.with_no_client_auth()
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn roots(pem: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|_| "the certificate authority is not PEM".to_owned())?;
    if certificates.is_empty() {
        return Err("the certificate authority holds no certificate".to_owned());
    }
    Ok(certificates.iter().map(|certificate| certificate.to_vec()).collect())
}
