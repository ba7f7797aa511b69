//! Exec credential plugins: what is cached, and when a plugin runs.

use std::{fmt, sync::Arc, time::Duration};

use futures::FutureExt as _;
use http::HeaderValue;
use jiff::Timestamp;
use kube::config::{Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use parking_lot::Mutex;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use super::{LinkError, auth, exec_run, exec_wire, flight::Flight};

/// Plugins that run at once, over all clusters: each may be a whole language runtime.
static RUNNING: Semaphore = Semaphore::const_new(4);

/// A credential is replaced this long before it expires.
const EARLY: Duration = Duration::from_secs(10);
/// A credential is used at least this long, however soon it expires.
const AT_LEAST: Duration = Duration::from_secs(1);

/// The plugin of one user entry. Clusters that share the user share this.
pub(super) struct Plugin {
    pub user: Arc<str>,
    pub command: String,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub api_version: String,
    /// The value of `KUBERNETES_EXEC_INFO`.
    pub info: String,
    pub install_hint: Option<String>,
    flight: Flight<Arc<Credential>>,
    cached: Mutex<Option<Arc<Credential>>>,
}

/// What a plugin returned.
pub(super) struct Credential {
    pub authorization: Option<HeaderValue>,
    pub identity: Option<Arc<Identity>>,
    /// `None`: good until refused.
    pub until: Option<Timestamp>,
}

/// A client certificate and its key, in PEM.
pub(super) struct Identity {
    pub certificate: String,
    pub key: SecretString,
}

impl Identity {
    fn same_as(&self, other: &Self) -> bool {
        self.certificate == other.certificate && self.key.expose_secret() == other.key.expose_secret()
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin").field("user", &self.user).field("command", &self.command).finish_non_exhaustive()
    }
}

impl Plugin {
    pub fn new(user: &str, config: Option<&ExecConfig>, cluster: &Cluster) -> Result<Self, LinkError> {
        let user: Arc<str> = user.into();
        let fault = |cause: &str| auth::credentials(&user, cause.to_owned());
        let config = config.ok_or_else(|| fault("no exec section"))?;
        let command = config.command.clone().filter(|command| !command.trim().is_empty());
        let command = command.ok_or_else(|| fault("the exec section names no command"))?;
        if config.interactive_mode == Some(ExecInteractiveMode::Always) {
            return Err(LinkError::Credentials {
                user: Arc::clone(&user),
                cause: format!("{command} needs a terminal (interactiveMode: Always)"),
                hint: Some("not in this version; log in with kubectl, or set interactiveMode: IfAvailable".to_owned()),
            });
        }
        let api_version = config.api_version.clone().unwrap_or_default();
        if !exec_wire::VERSIONS.contains(&api_version.as_str()) {
            return Err(fault(&format!("exec apiVersion {api_version:?} is not one of v1, v1beta1")));
        }
        let about = config.provide_cluster_info.then(|| ExecAuthCluster::try_from(cluster)).transpose();
        let about = about.map_err(|error| fault(&super::error::flatten(&error)))?;
        let pair = |entry: &std::collections::HashMap<String, String>| {
            Some((entry.get("name")?.clone(), entry.get("value").cloned().unwrap_or_default()))
        };
        Ok(Self {
            info: exec_wire::request(&api_version, about.as_ref()),
            command,
            args: config.args.clone().unwrap_or_default(),
            env: config.env.iter().flatten().filter_map(pair).collect(),
            api_version,
            install_hint: config.install_hint.clone().filter(|hint| !hint.trim().is_empty()),
            flight: Flight::default(),
            cached: Mutex::new(None),
            user,
        })
    }

    /// The cached credential while it is good; otherwise one run, shared by all who ask meanwhile.
    pub async fn credential(self: &Arc<Self>, limit: Duration) -> Result<Arc<Credential>, LinkError> {
        if let Some(good) = self.good() {
            return Ok(good);
        }
        let plugin = Arc::clone(self);
        let run = async move {
            let _turn = RUNNING.acquire().await.map_err(|_| auth::credentials(&plugin.user, "shut down".to_owned()))?;
            if let Some(good) = plugin.good() {
                return Ok(good); // a run ended between the look and the join
            }
            let output = exec_run::run(&plugin, limit).await?;
            let mut credential = exec_wire::response(&plugin, &output)?;
            let soonest = Timestamp::now().saturating_add(AT_LEAST).unwrap_or(Timestamp::MAX);
            credential.until =
                credential.until.map(|until| until.saturating_sub(EARLY).unwrap_or(Timestamp::MIN).max(soonest));
            Ok(plugin.keep(credential))
        };
        self.flight.join(|| run.boxed()).await
    }

    /// The server refused this credential: unless it was replaced already, the next use runs the plugin.
    pub fn invalidate(&self, refused: &Arc<Credential>) {
        let mut cached = self.cached.lock();
        if cached.as_ref().is_some_and(|held| Arc::ptr_eq(held, refused)) {
            *cached = None;
        }
    }

    pub fn forget(&self) {
        *self.cached.lock() = None;
    }

    fn good(&self) -> Option<Arc<Credential>> {
        let cached = self.cached.lock();
        cached.as_ref().filter(|held| held.until.is_none_or(|until| Timestamp::now() < until)).cloned()
    }

    /// Caches a credential. A certificate that is still the same stays the same object, and with
    /// it the connections opened under it.
    fn keep(&self, mut credential: Credential) -> Arc<Credential> {
        let mut cached = self.cached.lock();
        let before = cached.as_ref().and_then(|held| held.identity.as_ref());
        if let (Some(before), Some(now)) = (before, &credential.identity)
            && before.same_as(now)
        {
            credential.identity = Some(Arc::clone(before));
        }
        let credential = Arc::new(credential);
        *cached = Some(Arc::clone(&credential));
        credential
    }
}
