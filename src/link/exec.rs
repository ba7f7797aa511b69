//! Exec credential plugins: what is cached, and when a plugin runs.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::FutureExt as _;
use http::HeaderValue;
use jiff::Timestamp;
use kube::config::{Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use parking_lot::Mutex;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use super::{
    LinkError, auth,
    console::{Console, Lend},
    exec_run, exec_wire,
    flight::Flight,
};

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
    /// What it is told of the cluster.
    pub about: Option<ExecAuthCluster>,
    pub install_hint: Option<String>,
    mode: ExecInteractiveMode,
    /// It may take the terminal from whoever draws on it: once by itself where it always needs it, and
    /// each time that somebody asks for the cluster again.
    may_ask: AtomicBool,
    flight: Flight<Arc<Credential>>,
    cached: Mutex<Option<Arc<Credential>>>,
}

/// Who needs a credential, and what may be done to get it.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// The longest that a plugin without the terminal may run.
    pub limit: Duration,
    pub console: &'a Console,
    /// The context that asks.
    pub cluster: &'a str,
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
        let api_version = config.api_version.clone().unwrap_or_default();
        if !exec_wire::VERSIONS.contains(&api_version.as_str()) {
            return Err(fault(&format!("exec apiVersion {api_version:?} is not one of v1, v1beta1")));
        }
        let about = config.provide_cluster_info.then(|| ExecAuthCluster::try_from(cluster)).transpose();
        let about = about.map_err(|error| fault(&super::error::flatten(&error)))?;
        let pair = |entry: &std::collections::HashMap<String, String>| {
            Some((entry.get("name")?.clone(), entry.get("value").cloned().unwrap_or_default()))
        };
        let mode = config.interactive_mode.clone().unwrap_or(ExecInteractiveMode::IfAvailable);
        Ok(Self {
            about,
            may_ask: AtomicBool::new(mode == ExecInteractiveMode::Always),
            mode,
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
    pub async fn credential(self: &Arc<Self>, call: &Call<'_>) -> Result<Arc<Credential>, LinkError> {
        if let Some(good) = self.good() {
            return Ok(good);
        }
        let plugin = Arc::clone(self);
        let (limit, console, cluster) = (call.limit, call.console.clone(), call.cluster.to_owned());
        // The run is made where it is boxed: requests that need none have no room for it.
        let run = || plugin.run(limit, console, cluster).boxed();
        self.flight.join(run).await
    }

    async fn run(
        self: Arc<Self>,
        limit: Duration,
        console: Console,
        cluster: String,
    ) -> Result<Arc<Credential>, LinkError> {
        let Some(output) = self.output(limit, &console, &cluster).await? else {
            // A run ended between the look and the join.
            return self.good().ok_or_else(|| auth::credentials(&self.user, "they have expired".to_owned()));
        };
        let mut credential = exec_wire::response(&self, &output)?;
        let soonest = Timestamp::now().saturating_add(AT_LEAST).unwrap_or(Timestamp::MAX);
        credential.until =
            credential.until.map(|until| until.saturating_sub(EARLY).unwrap_or(Timestamp::MIN).max(soonest));
        Ok(self.keep(credential))
    }

    /// Runs it, with the terminal where it needs it and may have it. `None` when that is no longer needed.
    async fn output(&self, limit: Duration, console: &Console, cluster: &str) -> Result<Option<Vec<u8>>, LinkError> {
        match (&self.mode, &console.lend) {
            (ExecInteractiveMode::Always, Lend::Never) => Err(self.needs_terminal(None)),
            (ExecInteractiveMode::Always, Lend::Ask(_)) if !self.may_ask.swap(false, Ordering::Relaxed) => {
                Err(self.needs_terminal(Some(":retry lends it the terminal")))
            }
            (ExecInteractiveMode::Always, _) | (ExecInteractiveMode::IfAvailable, Lend::Shared) => {
                self.with_terminal(console, cluster).await
            }
            // It may do without, and mostly does: the screen is left only when somebody has asked for it.
            (ExecInteractiveMode::IfAvailable, Lend::Ask(_)) => {
                let asked = self.may_ask.swap(false, Ordering::Relaxed);
                match self.quietly(limit).await {
                    Err(error) if asked && could_log_in(&error) => self.with_terminal(console, cluster).await,
                    Err(error) if could_log_in(&error) => {
                        Err(error.advised(":retry runs it with the terminal, where it can ask you"))
                    }
                    done => done,
                }
            }
            (ExecInteractiveMode::Never, _) | (ExecInteractiveMode::IfAvailable, Lend::Never) => {
                self.quietly(limit).await
            }
        }
    }

    async fn quietly(&self, limit: Duration) -> Result<Option<Vec<u8>>, LinkError> {
        let _turn = RUNNING.acquire().await.map_err(|_| auth::credentials(&self.user, "shut down".to_owned()))?;
        if self.good().is_some() {
            return Ok(None);
        }
        exec_run::run(self, limit).await.map(Some)
    }

    async fn with_terminal(&self, console: &Console, cluster: &str) -> Result<Option<Vec<u8>>, LinkError> {
        let Some(held) = console.borrow(cluster, &self.user, &self.command).await else {
            return Err(self.needs_terminal(None));
        };
        if self.good().is_some() {
            return Ok(None);
        }
        exec_run::run_with_terminal(self, &held.stop).await.map(Some)
    }

    fn needs_terminal(&self, hint: Option<&str>) -> LinkError {
        let hint = hint.unwrap_or("run this in a terminal, or log in with the plugin by hand first");
        LinkError::Credentials {
            user: Arc::clone(&self.user),
            cause: format!("{} needs a terminal to log in (interactiveMode: Always)", self.command),
            hint: Some(hint.to_owned()),
        }
    }

    /// Somebody asks for the cluster again, and is there to log in.
    pub fn allow_terminal(&self) {
        self.may_ask.store(self.mode != ExecInteractiveMode::Never, Ordering::Relaxed);
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

/// Whether a terminal might help: not where there is no such plugin.
fn could_log_in(error: &LinkError) -> bool {
    !error.to_string().contains("is not installed")
}
