//! The `ExecCredential` object, both ways.

use std::sync::Arc;

use jiff::Timestamp;
use kube::config::ExecAuthCluster;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{
    LinkError, auth,
    exec::{Credential, Identity, Plugin},
};

pub(super) const VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    api_version: &'a str,
    kind: &'static str,
    spec: Spec<'a>,
}

#[derive(Serialize)]
struct Spec<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a ExecAuthCluster>,
    interactive: bool,
}

/// What the plugin finds in `KUBERNETES_EXEC_INFO`.
pub(super) fn request(api_version: &str, cluster: Option<&ExecAuthCluster>, interactive: bool) -> String {
    let spec = Spec { cluster, interactive };
    serde_json::to_string(&Request { api_version, kind: "ExecCredential", spec }).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Reads what the plugin printed. Its text never gets into an error: it holds the secret.
pub(super) fn response(plugin: &Plugin, output: &[u8]) -> Result<Credential, LinkError> {
    let fault = |cause: &str| auth::credentials(&plugin.user, format!("{} {cause}", plugin.command));
    if output.trim_ascii().is_empty() {
        return Err(fault("printed nothing on its standard output"));
    }
    let response: Response = serde_json::from_slice(output)
        .map_err(|error| fault(&format!("did not print an ExecCredential (JSON, line {})", error.line())))?;
    if response.kind != "ExecCredential" {
        return Err(fault("did not print an ExecCredential"));
    }
    if response.api_version != plugin.api_version {
        return Err(fault(&format!("was asked for {} and printed another apiVersion", plugin.api_version)));
    }
    let status = response.status.ok_or_else(|| fault("printed an ExecCredential without status"))?;
    let until = match status.expiration_timestamp.as_deref() {
        Some(text) => Some(text.parse::<Timestamp>().map_err(|_| fault("printed an unreadable expirationTimestamp"))?),
        None => None,
    };
    let token = status.token.as_deref().map(str::trim).filter(|token| !token.is_empty());
    let authorization = match token {
        Some(token) => Some(auth::bearer(token).ok_or_else(|| fault("printed a token that no header can hold"))?),
        None => None,
    };
    let certificate = status.client_certificate_data.filter(|pem| !pem.is_empty());
    let identity = match (certificate, status.client_key_data.filter(|pem| !pem.is_empty())) {
        (Some(certificate), Some(key)) => Some(Arc::new(Identity { certificate, key: SecretString::from(key) })),
        (None, None) => None,
        _ => return Err(fault("printed a client certificate without key, or a key without certificate")),
    };
    if authorization.is_none() && identity.is_none() {
        return Err(fault("printed neither a token nor a client certificate"));
    }
    Ok(Credential { authorization, identity, until })
}
