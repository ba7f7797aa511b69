//! TLS: who is trusted, what is spoken, and what a plugin's certificate changes.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{
    server::{ask, handler, serve, text},
    soon,
};
use crate::link::{Link, LinkError, LinkOptions, install_crypto, kubeconfig::load_from};

const CA: &str = include_str!("pem/ca.pem");
const CERTIFICATE: &str = include_str!("pem/server.pem");
const KEY: &str = include_str!("pem/server.key");
const OTHER_CA: &str = include_str!("pem/other-ca.pem");

/// A TLS server for `api.test`; asks for client certificates without insisting.
async fn listen(alpn: &[&str]) -> (SocketAddr, Arc<AtomicUsize>) {
    install_crypto();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(CA.as_bytes()).unwrap()).unwrap();
    let clients = WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated().build().unwrap();
    let mut config = ServerConfig::builder()
        .with_client_cert_verifier(clients)
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let known = stream.get_ref().1.peer_certificates().is_some();
                serve(stream, handler(move |request| text(format!("{:?} known={known}", request.version())))).await;
            });
        }
    });
    (address, count)
}

fn link(address: SocketAddr, cluster: &str, user: &str) -> Result<(Link, tempfile::TempDir), LinkError> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("ca.pem"), CA).unwrap();
    fs::write(dir.path().join("client.pem"), CERTIFICATE).unwrap();
    fs::write(dir.path().join("client.key"), KEY).unwrap();
    let script = format!(
        "#!/bin/sh\ncat <<'X'\n{}\nX\n",
        serde_json::json!({
            "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
            "status": {"clientCertificateData": CERTIFICATE, "clientKeyData": KEY},
        })
    );
    let plugin = dir.path().join("plugin");
    fs::write(&plugin, script).unwrap();
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    let text = format!(
        "clusters: [{{name: c, cluster: {{server: 'https://{address}', {cluster}}}}}]\n\
         users: [{{name: u, user: {user}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
    );
    fs::write(dir.path().join("config"), text).unwrap();
    let target = load_from(Some(&dir.path().join("config")), None, None).target("c")?;
    Ok((Link::new(target, LinkOptions::default())?, dir))
}

async fn answer(link: &Link) -> Result<String, LinkError> {
    let reply = soon(link.send(ask("/"))).await?;
    Ok(String::from_utf8(soon(reply.body.collect(999)).await?).unwrap())
}

const TRUSTED: &str = "certificate-authority: ca.pem, tls-server-name: api.test";

#[tokio::test]
async fn the_protocol_is_what_both_speak() {
    for (alpn, want) in [
        (["h2", "http/1.1"].as_slice(), "HTTP/2.0 known=false"),
        (&["http/1.1"], "HTTP/1.1 known=false"),
        (&[], "HTTP/1.1 known=false"),
    ] {
        let (address, _) = listen(alpn).await;
        let (link, _dir) = link(address, TRUSTED, "{}").unwrap();
        assert_eq!(answer(&link).await.unwrap(), want);
        assert!(link.rtt().is_some());
    }
}

#[tokio::test]
async fn distrust_is_explained() {
    let (address, _) = listen(&["h2"]).await;
    let (stranger, _dir) = link(address, "tls-server-name: api.test", "{}").unwrap();
    let error = answer(&stranger).await.unwrap_err();
    assert!(matches!(error, LinkError::Tls { .. }) && error.is_link(), "{error}");
    let (misnamed, _dir) = link(address, "certificate-authority: ca.pem", "{}").unwrap();
    let text = answer(&misnamed).await.unwrap_err().to_string();
    assert!(text.contains("TLS: the server's certificate is not for 127.0.0.1 but for"), "{text}");
    let (careless, _dir) = link(address, "insecure-skip-tls-verify: true", "{}").unwrap();
    assert_eq!(answer(&careless).await.unwrap(), "HTTP/2.0 known=false");
    let (lost, _dir) = link(address, "certificate-authority: gone.pem", "{}").unwrap();
    let text = answer(&lost).await.unwrap_err().to_string();
    assert!(text.contains("gone.pem: No such file"), "{text}");
    let (other, dir) = link(address, TRUSTED, "{}").unwrap();
    fs::write(dir.path().join("ca.pem"), OTHER_CA).unwrap();
    let text = answer(&other).await.unwrap_err().to_string();
    assert_eq!(text, format!("{address}: TLS: certificate signed by unknown authority (x509: unknown issuer)"));
}

#[tokio::test]
async fn client_certificates_from_files_data_and_plugins() {
    use base64::Engine as _;
    let base64 = |pem: &str| base64::engine::general_purpose::STANDARD.encode(pem);
    let data = format!("{{client-certificate-data: {}, client-key-data: {}}}", base64(CERTIFICATE), base64(KEY));
    let (address, connections) = listen(&["h2"]).await;
    for user in [
        "{client-certificate: client.pem, client-key: client.key}",
        &data,
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}}",
    ] {
        let (link, _dir) = link(address, TRUSTED, user).unwrap();
        let before = connections.load(Ordering::SeqCst);
        assert_eq!(answer(&link).await.unwrap(), "HTTP/2.0 known=true", "{user}");
        assert_eq!(answer(&link).await.unwrap(), "HTTP/2.0 known=true", "{user}");
        assert_eq!(connections.load(Ordering::SeqCst), before + 1, "{user}");
        link.invalidate_credentials();
        assert_eq!(answer(&link).await.unwrap(), "HTTP/2.0 known=true", "{user}");
        let fresh = usize::from(user != data);
        assert_eq!(connections.load(Ordering::SeqCst), before + 1 + fresh, "new credentials, new connection: {user}");
    }
    let (half, _dir) = link(address, TRUSTED, "{client-certificate: client.pem}").unwrap();
    let error = answer(&half).await.unwrap_err();
    assert!(error.is_credentials());
    assert_eq!(error.to_string(), "credentials of user \"u\": client-certificate without client-key");
    let (gone, _dir) = link(address, TRUSTED, "{client-certificate: client.pem, client-key: gone.key}").unwrap();
    let error = answer(&gone).await.unwrap_err();
    assert!(error.is_credentials() && error.to_string().contains("gone.key: No such file"), "{error}");
    let (wrong, _dir) = link(address, TRUSTED, "{client-certificate: client.pem, client-key: ca.pem}").unwrap();
    assert!(answer(&wrong).await.unwrap_err().to_string().contains("the client key is not a PEM key"));
}
