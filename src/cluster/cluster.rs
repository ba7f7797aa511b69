//! One cluster of the fleet: its link, its gate, its kinds, and what was learned about its server.

use super::ask::{AskError, Patience, get_json_on};
use super::discovery::{self, Kinds};
use super::gate::Gate;
use super::identity;
use super::meaning::Meaning;
use super::rights::{Origin, Rights};
use super::watch::percent_encode;
use crate::base::age::Timestamp;
use crate::base::clock;
use crate::link::{Lane, Link, LinkError, Spent};
use crate::model::kind::Kind;
use crate::model::source::Bell;
use crate::model::state::{ClusterId, ClusterState, Phase};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use tokio::sync::Notify;

/// What was learned about a server, remembered for as long as we run.
#[derive(Default)]
pub struct Learned {
    /// It rejected a streaming list.
    pub no_streaming: AtomicBool,
    /// Streaming lists of these kinds never ended.
    pub endless: Mutex<Vec<String>>,
    /// The last complete count of each (kind, namespace).
    pub totals: Mutex<HashMap<(String, Option<String>), u32>>,
}

/// One cluster.
pub struct Cluster {
    /// Its place in the fleet.
    pub id: ClusterId,
    /// The context's name, sanitised.
    pub name: String,
    /// The context's namespace; `default` where it names none.
    pub namespace: String,
    /// The server's host and port.
    pub server: String,
    /// The kubeconfig's user.
    pub user: String,
    /// All requests pass it.
    pub gate: Arc<Gate>,
    /// How long requests may be silent.
    pub patience: Patience,
    /// See [`Learned`].
    pub learned: Learned,
    /// Rung to try again at once what waits for a backoff of its own.
    pub kick: Notify,
    /// What we may do there.
    pub rights: Rights,
    /// Rung when another cluster was accepted in the place of this one.
    pub accepted: Notify,
    pub(super) known_as: identity::Known,
    generation: AtomicU64,
    link: Result<Link, LinkError>,
    skew: AtomicI32,
    kinds: tokio::sync::Mutex<Option<Arc<Kinds>>>,
    known: Mutex<Option<Arc<Kinds>>>,
    bell: Bell,
}

/// What a cluster is made of.
pub struct Blueprint {
    /// The context's name.
    pub name: String,
    /// The context's namespace.
    pub namespace: Option<String>,
    /// The server's URL or address, for the reader.
    pub server: String,
    /// The kubeconfig's user.
    pub user: String,
    /// The link, or why there is none.
    pub link: Result<Link, LinkError>,
}

impl Cluster {
    /// A cluster that is idle until something is asked of it.
    pub fn new(id: ClusterId, blueprint: Blueprint, patience: Patience, bell: Bell) -> Cluster {
        let rights = Rights::default();
        if let Some(namespace) = &blueprint.namespace {
            rights.name(namespace, Origin::Context);
        }
        Cluster {
            id,
            name: crate::text::sanitize::sanitize(&blueprint.name).into_owned(),
            namespace: blueprint.namespace.unwrap_or_else(|| "default".into()),
            server: blueprint.server,
            user: blueprint.user,
            gate: Gate::new(bell.clone()),
            patience,
            learned: Learned::default(),
            kick: Notify::new(),
            rights,
            accepted: Notify::new(),
            known_as: identity::Known::default(),
            generation: AtomicU64::new(0),
            link: blueprint.link,
            skew: AtomicI32::new(0),
            kinds: tokio::sync::Mutex::default(),
            known: Mutex::default(),
            bell,
        }
    }

    /// The link, or why there is none.
    pub fn link(&self) -> Result<&Link, AskError> {
        self.link.as_ref().map_err(|error| AskError::Link(error.clone()))
    }

    /// What was spent on it so far.
    pub fn spent(&self) -> Spent {
        self.link.as_ref().map(Link::spent).unwrap_or_default()
    }

    /// How it stands.
    pub fn state(&self) -> ClusterState {
        let mut state = self.gate.state();
        state.skew = self.skew.load(Ordering::Relaxed);
        state
    }

    /// The bell of everything that shows it.
    pub fn bell(&self) -> &Bell {
        &self.bell
    }

    /// The server's clock, in seconds since the epoch.
    pub fn now(&self) -> Timestamp {
        clock::now().saturating_add_signed(self.skew.load(Ordering::Relaxed))
    }

    /// Learns the server's clock from an answer. `Date` has only seconds and the answer was on its
    /// way, so that less than three seconds are no difference.
    pub fn learn_date(&self, date: Option<u32>) {
        if let Some(date) = date {
            let skew = i64::from(date) - i64::from(clock::now());
            let skew = if skew.abs() < 3 { 0 } else { skew };
            self.skew.store(skew as i32, Ordering::Relaxed);
        }
    }

    /// The kinds, if they are known already.
    pub fn known_kinds(&self) -> Option<Arc<Kinds>> {
        self.known.lock().clone()
    }

    /// The kinds; asks the server once, and again after [`Cluster::forget_kinds`].
    pub async fn kinds(&self) -> Result<Arc<Kinds>, AskError> {
        let mut slot = self.kinds.lock().await;
        if let Some(kinds) = &*slot {
            return Ok(kinds.clone());
        }
        let kinds = Arc::new(discovery::discover(self.link()?, self.patience).await?);
        *slot = Some(kinds.clone());
        *self.known.lock() = Some(kinds.clone());
        self.bell.notify_one();
        Ok(kinds)
    }

    /// Asks for the kinds anew the next time: one was not found, and may have been added since.
    pub async fn forget_kinds(&self) {
        *self.kinds.lock().await = None;
    }

    /// What `word` names: at once for the kinds that every server serves, else by discovery.
    pub async fn meaning(&self, word: &str) -> Result<Result<Meaning, String>, AskError> {
        if let Some(known) = crate::kinds::named(word) {
            return Ok(Ok(Meaning::Kind(known)));
        }
        let found = self.kinds().await?.meaning(word);
        if found.is_err() {
            self.forget_kinds().await;
        }
        Ok(found)
    }

    /// The kind that `word` names: at once for the kinds that every server serves, else by discovery.
    pub async fn resolve(&self, word: &str) -> Result<Result<Arc<Kind>, String>, AskError> {
        if let Some(known) = crate::kinds::named(word) {
            return Ok(Ok(known));
        }
        let found = self.kinds().await?.resolve(word);
        if found.is_err() {
            self.forget_kinds().await;
        }
        Ok(found)
    }

    /// One object as JSON.
    pub async fn object(&self, kind: &Kind, namespace: Option<&str>, name: &str) -> Result<Vec<u8>, AskError> {
        let path = format!("{}/{}", kind.path(namespace), percent_encode(name));
        let object: Box<serde_json::value::RawValue> =
            get_json_on(Lane::Bulk, self.link()?, &path, "application/json", self.patience).await?;
        Ok(String::from(Box::<str>::from(object)).into_bytes())
    }

    /// Asks for the server's version and notes it.
    pub async fn learn_version(&self) -> Result<(), AskError> {
        #[derive(serde::Deserialize)]
        struct Version {
            #[serde(rename = "gitVersion")]
            git: String,
        }
        let version: Version =
            get_json_on(Lane::Watch, self.link()?, "/version", "application/json", self.patience).await?;
        let text = crate::text::sanitize::sanitize(&version.git).into_owned();
        self.gate.note(|state| state.version = text);
        Ok(())
    }

    /// Grows each time another cluster is accepted in the place of this one.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// Takes the cluster that answers now for this one; all that was read and learned is void.
    fn accept_other(&self) {
        self.accept();
        self.rights.forget();
        self.learned.totals.lock().clear();
        self.learned.endless.lock().clear();
        self.learned.no_streaming.store(false, Ordering::Relaxed);
        *self.known.lock() = None;
        if let Ok(mut kinds) = self.kinds.try_lock() {
            *kinds = None;
        }
        self.gate.note(|state| state.version.clear());
        self.generation.fetch_add(1, Ordering::Relaxed);
        self.accepted.notify_waiters();
    }

    /// Tries again now what waits for a backoff.
    pub fn retry_now(&self) {
        // Whoever asks is there to log in; where nothing is wrong nobody is to be asked later.
        if let (Ok(link), true) = (&self.link, self.state().phase != Phase::Live) {
            link.allow_terminal();
        }
        if self.gate.state().phase == Phase::Replaced {
            self.accept_other();
        }
        self.rights.forget();
        self.gate.retry_now();
        self.kick.notify_waiters();
    }
}
