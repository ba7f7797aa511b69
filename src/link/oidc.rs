//! The legacy `auth-provider: oidc`: an ID token while it is good, then a new one for the refresh token.
//!
//! kubectl writes what it got back into the kubeconfig. Skylark writes to no kubeconfig: what it got is
//! kept for as long as it runs, and it is told when that leaves an old refresh token behind.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use base64::Engine as _;
use futures::FutureExt as _;
use http::HeaderValue;
use jiff::Timestamp;
use kube::config::Cluster;
use parking_lot::Mutex;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{
    LinkError,
    auth::{self, bearer},
    console::Console,
    exec::Call,
    fetch::{Form, fetch},
    flight::Flight,
};

/// A token is replaced this long before it expires.
const EARLY: Duration = Duration::from_secs(10);

/// One user entry.
pub(super) struct Oidc {
    user: Arc<str>,
    issuer: String,
    client: String,
    secret: Option<SecretString>,
    /// The authority that the issuer's certificate is checked against.
    trust: Cluster,
    held: Mutex<Held>,
    flight: Flight<HeaderValue>,
}

struct Held {
    header: Option<HeaderValue>,
    /// `None`: good until refused.
    until: Option<Timestamp>,
    refresh: Option<SecretString>,
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oidc").field("user", &self.user).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Oidc {
    pub fn new(user: &str, config: &HashMap<String, String>) -> Result<Self, LinkError> {
        let user: Arc<str> = user.into();
        let get = |key: &str| config.get(key).map(|value| value.trim()).filter(|value| !value.is_empty());
        let must = |key: &str| {
            let missing = || auth::credentials(&user, format!("auth-provider oidc without {key}"));
            get(key).map(str::to_owned).ok_or_else(missing)
        };
        let (issuer, client) = (must("idp-issuer-url")?, must("client-id")?);
        let trust = Cluster {
            certificate_authority: get("idp-certificate-authority").map(str::to_owned),
            certificate_authority_data: get("idp-certificate-authority-data").map(str::to_owned),
            ..Cluster::default()
        };
        let token = get("id-token");
        let held = Held {
            header: token.and_then(bearer),
            until: token.and_then(expiry),
            refresh: get("refresh-token").map(SecretString::from),
        };
        let secret = get("client-secret").map(SecretString::from);
        Ok(Self { issuer, client, secret, trust, held: Mutex::new(held), flight: Flight::default(), user })
    }

    /// The token while it is good; otherwise a new one, got once for all who ask meanwhile.
    pub async fn header(self: &Arc<Self>, call: &Call<'_>) -> Result<HeaderValue, LinkError> {
        if let Some(good) = self.good() {
            return Ok(good);
        }
        let (oidc, limit, console) = (Arc::clone(self), call.limit, call.console.clone());
        self.flight.join(|| oidc.run(limit, console).boxed()).await
    }

    async fn run(self: Arc<Self>, limit: Duration, console: Console) -> Result<HeaderValue, LinkError> {
        let (header, replaced) = self.refresh(limit).await?;
        if replaced {
            console.tell(format!(
                "the identity provider replaced the refresh token of user {:?}: the new one lives as long as Skylark \
                 runs, which writes to no kubeconfig; log in again when kubectl says that the old one is used up",
                self.user
            ));
        }
        Ok(header)
    }

    /// The server refused this token.
    pub fn invalidate(&self, refused: &HeaderValue) {
        let mut held = self.held.lock();
        if held.header.as_ref() == Some(refused) {
            held.header = None;
        }
    }

    pub fn forget(&self) {
        self.held.lock().header = None;
    }

    fn good(&self) -> Option<HeaderValue> {
        let held = self.held.lock();
        let soon = Timestamp::now().saturating_add(EARLY).unwrap_or(Timestamp::MAX);
        held.header.clone().filter(|_| held.until.is_none_or(|until| soon < until))
    }

    /// Gets a token; says whether the refresh token is another one now.
    async fn refresh(&self, limit: Duration) -> Result<(HeaderValue, bool), LinkError> {
        let fault = |cause: String| LinkError::Credentials {
            user: Arc::clone(&self.user),
            cause: format!("OIDC: {cause}"),
            hint: Some("log in again with the tool that wrote this kubeconfig".to_owned()),
        };
        let refresh = self.held.lock().refresh.clone();
        let refresh =
            refresh.ok_or_else(|| fault("the ID token is not valid and there is no refresh-token".to_owned()))?;
        let place = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let (status, body) = fetch(&place, &self.trust, None, limit).await.map_err(fault)?;
        let about = Some(body).filter(|_| status == 200).and_then(|body| serde_json::from_slice::<About>(&body).ok());
        let about = about.ok_or_else(|| fault(format!("{place} (status {status}) names no token endpoint")))?;
        let answer = self.ask(&about, &refresh, limit).await.map_err(fault)?;
        let header = bearer(&answer.id_token).ok_or_else(|| fault("a token that no header can hold".to_owned()))?;
        let mut held = self.held.lock();
        held.until = expiry(&answer.id_token);
        held.header = Some(header.clone());
        let new = answer.refresh_token.filter(|new| new != refresh.expose_secret());
        let replaced = new.is_some();
        if let Some(new) = new {
            held.refresh = Some(new.into());
        }
        Ok((header, replaced))
    }

    /// Shows the client's secret in a header or in the form, as the provider wants it; one that does not
    /// say is tried both ways, as Go's clients do.
    async fn ask(&self, about: &About, refresh: &SecretString, limit: Duration) -> Result<Answer, String> {
        let ways: &[bool] = match (&self.secret, about.methods.as_deref()) {
            (None, _) => &[false],
            (Some(_), Some(methods)) if !methods.iter().any(|method| method == "client_secret_basic") => &[false],
            (Some(_), Some(_)) => &[true],
            (Some(_), None) => &[true, false],
        };
        let mut refused = String::new();
        for &in_header in ways {
            let form = self.form(refresh, in_header)?;
            let (status, body) = fetch(&about.token_endpoint, &self.trust, Some(form), limit).await?;
            if status == 200 {
                // Serde's words may repeat what it read: they are left out.
                return serde_json::from_slice(&body).map_err(|_| {
                    "the answer holds no id_token: the provider gives none for a refresh token, or the login did not ask \
                     for the scope openid"
                        .to_owned()
                });
            }
            let said: Refusal = serde_json::from_slice(&body).unwrap_or_default();
            refused = format!("{} refuses the refresh token (status {status}{said})", about.token_endpoint);
            if status != 401 && said.error != "invalid_client" {
                break;
            }
        }
        Err(refused)
    }

    fn form(&self, refresh: &SecretString, in_header: bool) -> Result<Form, String> {
        let mut body = String::from("grant_type=refresh_token&refresh_token=");
        encode(&mut body, refresh.expose_secret());
        let secret = self.secret.as_ref().map(secrecy::ExposeSecret::expose_secret);
        let mut authorization = None;
        if let (Some(secret), true) = (secret, in_header) {
            let mut pair = String::new();
            encode(&mut pair, &self.client);
            pair.push(':');
            encode(&mut pair, secret);
            let text = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
            let mut header = HeaderValue::from_str(&text).map_err(|_| "the client secret cannot be sent".to_owned())?;
            header.set_sensitive(true);
            authorization = Some(header);
        } else {
            body.push_str("&client_id=");
            encode(&mut body, &self.client);
            if let Some(secret) = secret {
                body.push_str("&client_secret=");
                encode(&mut body, secret);
            }
        }
        Ok(Form { body, authorization })
    }
}

/// What the provider says about itself.
#[derive(Deserialize)]
struct About {
    token_endpoint: String,
    #[serde(rename = "token_endpoint_auth_methods_supported")]
    methods: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Answer {
    id_token: String,
    refresh_token: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refusal {
    error: String,
    error_description: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for text in [&self.error, &self.error_description].into_iter().filter(|text| !text.is_empty()) {
            let clean: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
            write!(f, ", {clean}")?;
        }
        Ok(())
    }
}

/// When a token says that it expires; `None` where it does not say.
pub(super) fn expiry(token: &str) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Claims {
        exp: f64,
    }
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    // More than any time there is becomes the end of time.
    Some(Timestamp::from_second(claims.exp as i64).unwrap_or(Timestamp::MAX))
}

/// Adds `text` as forms write it.
fn encode(out: &mut String, text: &str) {
    use fmt::Write as _;
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
}
