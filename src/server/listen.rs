//! HTTPS on an address of this machine.

use super::serve::serve;
use super::{Door, Server, Shut, Tasks};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// How long a client may take for the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long to wait when the system gives no more connections.
const PAUSE: Duration = Duration::from_millis(100);

/// A certificate of its own authority, made anew for each process.
pub struct Identity {
    /// The authority's certificate, as PEM.
    pub authority: String,
    acceptor: TlsAcceptor,
}

impl Identity {
    /// Makes one for an address.
    pub fn new(address: IpAddr) -> io::Result<Identity> {
        make(address).map_err(io::Error::other)
    }
}

fn make(address: IpAddr) -> Result<Identity, Box<dyn std::error::Error + Send + Sync>> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params.distinguished_name.push(DnType::CommonName, "skylark-embedded-ca");
    let key = KeyPair::generate()?;
    let authority = params.self_signed(&key)?.pem();
    let issuer = Issuer::new(params, key);

    let mut leaf = CertificateParams::new(vec!["localhost".to_owned(), address.to_string()])?;
    leaf.distinguished_name.push(DnType::CommonName, "skylark-embedded");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&key, &issuer)?;
    let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], secret)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Identity { authority, acceptor: TlsAcceptor::from(Arc::new(config)) })
}

/// Serves what comes to a listener, through a door, for as long as `tasks` live.
pub fn listen(tasks: &Arc<Tasks>, door: &Arc<Door>, server: &Arc<Server>, identity: &Identity, listener: TcpListener) {
    let (door, server, acceptor) = (door.clone(), server.clone(), identity.acceptor.clone());
    // Weak, or the tasks would own what owns them.
    let owner = Arc::downgrade(tasks);
    tasks.spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let Some(tasks) = owner.upgrade() else { return };
            let _ = stream.set_nodelay(true);
            let connections = match door.enter() {
                Ok(connections) => connections,
                Err(Shut::Refuses) => continue,
                Err(Shut::Hangs) => {
                    door.hold(&tasks, stream);
                    continue;
                }
            };
            let (server, acceptor, owner) = (server.clone(), acceptor.clone(), Arc::downgrade(&connections));
            connections.spawn(async move {
                let shaken = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await;
                if let (Ok(Ok(stream)), Some(connections)) = (shaken, owner.upgrade()) {
                    serve(&connections, &server, stream);
                }
            });
        }
    });
}
