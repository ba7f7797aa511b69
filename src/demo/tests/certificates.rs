//! The certificates in secrets are true ones.

use super::client::{NOW, still};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{RootCertStore, crypto};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

fn pem(secret: &Value, name: &str) -> Vec<u8> {
    STANDARD.decode(secret["data"][name].as_str().unwrap()).unwrap()
}

fn chain(secret: &Value) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(&pem(secret, "tls.crt")).collect::<Result<_, _>>().unwrap()
}

/// Whether a certificate holds for a host at a moment.
fn holds(chain: &[CertificateDer<'static>], host: &str, at: i64) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(chain.last().unwrap().clone()).unwrap();
    let provider = Arc::new(crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(at.unsigned_abs()));
    let name = ServerName::try_from(host.to_owned()).unwrap();
    verifier.verify_server_cert(&chain[0], &chain[1..], &name, &[], now).is_ok()
}

#[test]
fn secrets_hold_what_their_certificates_say() {
    let cluster = still(0, 8);
    let store = &cluster.server().store;
    let id = |group: &str, plural: &str| store.registry.find(group, "v1", plural).unwrap().0;
    let mut soon = 0;
    let certificates = store.latest(id("cert-manager.io", "certificates")).items;
    assert!(certificates.len() > 4);
    for record in certificates.values() {
        let certificate = record.value();
        let namespace = certificate["metadata"]["namespace"].as_str().unwrap();
        let secret = format!("{namespace}/{}", certificate["spec"]["secretName"].as_str().unwrap());
        let secret = store.get(id("", "secrets"), &secret).unwrap().value();
        let chain = chain(&secret);
        let host = certificate["spec"]["dnsNames"][0].as_str().unwrap();
        let until = certificate["status"]["notAfter"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
        assert!(holds(&chain, host, NOW) && holds(&chain, host, until - 60), "{host}");
        assert!(!holds(&chain, host, until + 60), "{host} ends when its certificate says");
        assert!(!holds(&chain, "other.example.com", NOW));
        let key = PrivateKeyDer::from_pem_slice(&pem(&secret, "tls.key")).unwrap();
        let key = crypto::ring::sign::any_supported_type(&key).unwrap();
        rustls::sign::CertifiedKey::new(chain, key).keys_match().unwrap();
        soon += usize::from(until - NOW < 3 * 86_400);
    }
    assert_eq!(soon, 1, "one is about to end");
}

#[test]
fn every_namespace_knows_the_authority_of_its_server() {
    let cluster = still(0, 8);
    let store = &cluster.server().store;
    let (id, _) = store.registry.find("", "v1", "configmaps").unwrap();
    let maps = store.latest(id).items;
    let texts: Vec<String> = maps
        .values()
        .filter(|record| record.key.ends_with("/kube-root-ca.crt"))
        .map(|record| record.value()["data"]["ca.crt"].as_str().unwrap().to_owned())
        .collect();
    assert!(texts.len() > 8 && texts.iter().all(|text| *text == texts[0]));
    CertificateDer::from_pem_slice(texts[0].as_bytes()).unwrap();
}
