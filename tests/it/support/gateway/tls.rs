//! TLS on both sides.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// The certificate beside the authority's for those who come, the authority for where they are led.
pub(super) fn both(ca: &Path, http1: bool) -> (TlsAcceptor, TlsConnector) {
    let read = |name: &str| ca.with_file_name(name);
    let must = |error: rustls::pki_types::pem::Error| -> ! { panic!("the rig's certificates: {error}") };
    let chain = CertificateDer::from_pem_file(read("server.crt")).unwrap_or_else(|error| must(error));
    let key = PrivateKeyDer::from_pem_file(read("server.key")).unwrap_or_else(|error| must(error));
    let authority = CertificateDer::from_pem_file(ca).unwrap_or_else(|error| must(error));
    let mut server = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap_or_else(|error| panic!("the rig's certificate: {error}"));
    server.alpn_protocols = if http1 { vec![b"http/1.1".to_vec()] } else { vec![b"h2".to_vec(), b"http/1.1".to_vec()] };
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority).unwrap_or_else(|error| panic!("the rig's authority: {error}"));
    let client = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    (TlsAcceptor::from(Arc::new(server)), TlsConnector::from(Arc::new(client)))
}
