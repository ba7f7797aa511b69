//! Who we are to a cluster: the headers of a request, and when they are stale.

use std::{fmt, fmt::Write as _, sync::Arc};

use base64::Engine as _;
use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use kube::config::AuthInfo;
use secrecy::ExposeSecret;

use super::{
    LinkError,
    exec::{Call, Credential, Identity, Plugin},
    oidc::Oidc,
    token_file::TokenFile,
};

/// How one user entry signs requests. Client certificates are the business of TLS.
pub(super) struct Auth {
    user: Arc<str>,
    source: Source,
    impersonation: HeaderMap,
}

enum Source {
    /// Nobody, or somebody known by certificate only.
    Nothing,
    Fixed(HeaderValue),
    File(TokenFile),
    Plugin(Arc<Plugin>),
    Oidc(Arc<Oidc>),
}

/// What clusters of the same user entry share.
#[derive(Default)]
pub(super) struct Shared {
    pub plugin: Option<Arc<Plugin>>,
    pub oidc: Option<Arc<Oidc>>,
}

/// What one request is signed with.
#[derive(Clone, Default)]
pub(super) struct Grant {
    pub authorization: Option<HeaderValue>,
    /// A client certificate that came from a plugin.
    pub identity: Option<Arc<Identity>>,
    credential: Option<Arc<Credential>>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Auth {
    pub fn anonymous() -> Self {
        Self { user: "".into(), source: Source::Nothing, impersonation: HeaderMap::new() }
    }

    /// The precedence is client-go's: token file, token, basic, then plugin.
    pub fn new(user: &str, info: &AuthInfo, shared: Shared) -> Result<Self, LinkError> {
        let name: Arc<str> = user.into();
        let fault = |cause: &str| credentials(&name, cause.to_owned());
        let token = match info.token.as_ref().map(|token| token.expose_secret().trim()).filter(|t| !t.is_empty()) {
            Some(token) => Some(bearer(token).ok_or_else(|| fault("the token holds characters no header can"))?),
            None => None,
        };
        let token_file = info.token_file.as_ref().filter(|file| !file.is_empty());
        let login = info.username.as_ref().filter(|name| !name.is_empty());
        let source = if let Some(file) = token_file {
            Source::File(TokenFile::new(Arc::clone(&name), file.into(), token))
        } else if let Some(token) = token {
            Source::Fixed(token)
        } else if let Some(login) = login {
            let password = info.password.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
            Source::Fixed(basic(login, password).ok_or_else(|| fault("user name or password cannot be sent"))?)
        } else if let Some(plugin) = shared.plugin {
            Source::Plugin(plugin)
        } else if let Some(oidc) = shared.oidc {
            Source::Oidc(oidc)
        } else if let Some(provider) = &info.auth_provider {
            return Err(no_provider(&name, &provider.name));
        } else {
            Source::Nothing
        };
        if !acts(info) && (info.impersonate_uid.is_some() || has_extra(info)) {
            // Going on as oneself would be more than was asked for.
            return Err(fault("as-groups, as-uid or as-user-extra without as: name the user to act as, too"));
        }
        let impersonation =
            impersonation(info).ok_or_else(|| fault("as, as-uid, as-groups or as-user-extra cannot be sent"))?;
        Ok(Self { user: name, source, impersonation })
    }

    /// What to sign the next request with. May run a plugin.
    pub async fn grant(&self, call: &Call<'_>) -> Result<Grant, LinkError> {
        let authorization = match &self.source {
            Source::Nothing => None,
            Source::Fixed(header) => Some(header.clone()),
            Source::File(file) => Some(file.header().await?),
            Source::Oidc(oidc) => Some(oidc.header(call).await?),
            Source::Plugin(plugin) => {
                let credential = plugin.credential(call).await?;
                return Ok(Grant {
                    authorization: credential.authorization.clone(),
                    identity: credential.identity.clone(),
                    credential: Some(credential),
                });
            }
        };
        Ok(Grant { authorization, ..Grant::default() })
    }

    /// The server refused this grant: the next one is obtained afresh. A grant that was replaced
    /// in the meantime changes nothing.
    pub fn refused(&self, grant: &Grant) {
        match (&self.source, &grant.credential, &grant.authorization) {
            (Source::Plugin(plugin), Some(credential), _) => plugin.invalidate(credential),
            (Source::File(file), _, Some(header)) => file.invalidate(header),
            (Source::Oidc(oidc), _, Some(header)) => oidc.invalidate(header),
            _ => {}
        }
    }

    /// Forgets whatever is cached.
    pub fn invalidate(&self) {
        match &self.source {
            Source::Plugin(plugin) => plugin.forget(),
            Source::File(file) => file.forget(),
            Source::Oidc(oidc) => oidc.forget(),
            Source::Nothing | Source::Fixed(_) => {}
        }
    }

    /// Somebody asks for the cluster again: a plugin may ask back.
    pub fn allow_terminal(&self) {
        if let Source::Plugin(plugin) = &self.source {
            plugin.allow_terminal();
        }
    }

    /// An error about this user.
    pub fn fault(&self, cause: String) -> LinkError {
        credentials(&self.user, cause)
    }

    /// Adds what the grant and the impersonation settings ask for.
    pub fn sign(&self, grant: &Grant, headers: &mut HeaderMap) {
        if let Some(header) = &grant.authorization {
            headers.insert(AUTHORIZATION, header.clone());
        }
        for (name, value) in &self.impersonation {
            headers.append(name, value.clone());
        }
    }
}

pub(super) fn credentials(user: &Arc<str>, cause: String) -> LinkError {
    LinkError::Credentials { user: Arc::clone(user), cause, hint: None }
}

fn no_provider(user: &Arc<str>, provider: &str) -> LinkError {
    let (what, hint) = match provider {
        "gcp" => (
            "was removed from Kubernetes",
            "install gke-gcloud-auth-plugin and run `gcloud container clusters get-credentials`",
        ),
        "azure" => ("was removed from Kubernetes", "install kubelogin and run `kubelogin convert-kubeconfig`"),
        _ => ("is not known", "use the exec credential plugin of the provider"),
    };
    LinkError::Credentials {
        user: Arc::clone(user),
        cause: format!("auth-provider {provider:?} {what}"),
        hint: Some(hint.to_owned()),
    }
}

fn acts(info: &AuthInfo) -> bool {
    info.impersonate.as_ref().is_some_and(|user| !user.is_empty())
}

fn has_extra(info: &AuthInfo) -> bool {
    info.impersonate_groups.as_ref().is_some_and(|groups| !groups.is_empty())
        || info.impersonate_user_extra.as_ref().is_some_and(|extra| !extra.is_empty())
}

/// `Bearer TOKEN`, if it can be a header.
pub(super) fn bearer(token: &str) -> Option<HeaderValue> {
    secret(&format!("Bearer {}", token.trim()))
}

fn basic(login: &str, password: &str) -> Option<HeaderValue> {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{login}:{password}"));
    secret(&format!("Basic {pair}"))
}

/// A header that is not shown by `Debug` and not indexed by HTTP/2.
fn secret(text: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

fn impersonation(info: &AuthInfo) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let mut add = |name: HeaderName, value: &str| {
        // Names are UTF-8, and go as they are.
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        Some(())
    };
    if let Some(user) = info.impersonate.as_ref().filter(|user| !user.is_empty()) {
        add(HeaderName::from_static("impersonate-user"), user)?;
    }
    if let Some(uid) = info.impersonate_uid.as_ref().filter(|uid| !uid.is_empty()) {
        add(HeaderName::from_static("impersonate-uid"), uid)?;
    }
    for group in info.impersonate_groups.iter().flatten() {
        add(HeaderName::from_static("impersonate-group"), group)?;
    }
    for (key, values) in info.impersonate_user_extra.iter().flatten() {
        let name = format!("impersonate-extra-{}", escaped(&key.to_lowercase()));
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        for value in values {
            add(name.clone(), value)?;
        }
    }
    Some(headers)
}

/// Percent-encodes what no header name may hold, as client-go does.
fn escaped(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'!' | b'#' | b'$' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~' => {
                out.push(char::from(byte));
            }
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}
