//! Client certificates of the kubeconfig, in files or in line.

use std::fs;

use base64::Engine as _;
use kube::config::AuthInfo;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use secrecy::ExposeSecret;

/// Certificate and key, in PEM.
type Pair = (Vec<u8>, Vec<u8>);

/// In-line data goes before files.
pub(super) fn from_kubeconfig(user: &AuthInfo) -> Result<Option<Pair>, String> {
    let key_data = user.client_key_data.as_ref().map(ExposeSecret::expose_secret);
    let certificate =
        read("client-certificate", user.client_certificate_data.as_deref(), user.client_certificate.as_deref())?;
    let key = read("client-key", key_data, user.client_key.as_deref())?;
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        (Some(_), None) => Err("client-certificate without client-key".to_owned()),
        (None, Some(_)) => Err("client-key without client-certificate".to_owned()),
    }
}

fn read(what: &str, data: Option<&str>, file: Option<&str>) -> Result<Option<Vec<u8>>, String> {
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        let pem = base64::engine::general_purpose::STANDARD.decode(data);
        return pem.map(Some).map_err(|_| format!("{what}-data is not base64"));
    }
    let Some(file) = file else { return Ok(None) };
    fs::read(file).map(Some).map_err(|fault| format!("{what} {file}: {}", super::error::flatten(&fault)))
}

/// Are these a certificate and a key at all?
pub(super) fn check(certificate: &[u8], key: &[u8]) -> Result<(), String> {
    CertificateDer::from_pem_slice(certificate).map_err(|_| "the client certificate is not PEM".to_owned())?;
    PrivateKeyDer::from_pem_slice(key).map_err(|_| "the client key is not a PEM key".to_owned())?;
    Ok(())
}
