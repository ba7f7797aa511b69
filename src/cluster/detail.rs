//! One object, whole: fetched, then followed for as long as somebody reads it. The last version stays
//! when the object is deleted, and when another takes its name.

use super::ask::AskError;
use super::cluster::Cluster;
use super::gate::Pass;
use super::machine;
use super::tail::{self, JSON, Tail, Turn, path_of, uid_of, version_of};
use super::wire::EventType;
use crate::base::age::Timestamp;
use crate::base::clock;
use crate::model::kind::Kind;
use crate::model::state::WatchPhase;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How often an object is fetched that cannot be watched, or that was not there.
pub const POLL: Duration = Duration::from_secs(10);
/// The wait before an unknown kind is looked for again: a CRD may have been added.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// A watch that lasted so long and is cut was one that works.
pub(super) const WORKED: Duration = Duration::from_secs(2);

/// Which object.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Which {
    /// The kind, as the user or a reference names it.
    pub kind: String,
    /// Empty for cluster-scoped kinds.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid: another object of this name is not meant. Empty where that is not known.
    pub uid: String,
}

/// What is known of the object.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Its kind, once that is known.
    pub kind: Option<Arc<Kind>>,
    /// Its last version.
    pub object: Option<Arc<Value>>,
    /// How many versions there were.
    pub versions: u64,
    /// How it is followed.
    pub phase: WatchPhase,
    /// Since when.
    pub since: Timestamp,
    /// It is not watched but fetched now and then.
    pub polled: bool,
    /// When it was last known to be as it is shown, by our clock.
    pub as_of: Timestamp,
    /// When it was found to be gone, by our clock.
    pub deleted: Option<Timestamp>,
    /// Another object has its name now.
    pub another: bool,
}

/// See the module. Dropping it ends the watch.
pub struct Detail {
    /// Its cluster.
    pub cluster: Arc<Cluster>,
    seen: watch::Receiver<Seen>,
    task: JoinHandle<()>,
}

impl Detail {
    /// Fetches and follows an object. Returns at once.
    pub fn new(cluster: &Arc<Cluster>, which: Which) -> Detail {
        let (sender, seen) = watch::channel(Seen::default());
        let follower = Follower {
            cluster: cluster.clone(),
            which,
            seen: sender,
            version: String::new(),
            poll: false,
            renewed: false,
            failures: 0,
        };
        Detail { cluster: cluster.clone(), seen, task: tokio::spawn(follower.run()) }
    }

    /// What is known now.
    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// For those who wait for changes.
    pub fn subscribe(&self) -> watch::Receiver<Seen> {
        self.seen.clone()
    }
}

impl Drop for Detail {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Follower {
    cluster: Arc<Cluster>,
    which: Which,
    seen: watch::Sender<Seen>,
    /// The version to go on from; empty when the object is to be fetched.
    version: String,
    /// It may not, or cannot, be watched.
    poll: bool,
    /// The credentials were refused since the last progress, and have been renewed.
    renewed: bool,
    failures: u32,
}

impl Follower {
    async fn run(mut self) {
        let kind = self.resolve().await;
        self.change(|seen| seen.kind = Some(kind.clone()));
        loop {
            let pass = self.cluster.gate.pass().await;
            let wait = self.attempt(&kind, pass).await;
            if let Some(wait) = wait {
                self.pause(wait).await;
            }
        }
    }

    async fn pause(&self, wait: Duration) {
        tokio::select! {
            () = tokio::time::sleep(wait) => (),
            () = self.cluster.kick.notified() => (),
        }
    }

    async fn resolve(&mut self) -> Arc<Kind> {
        loop {
            let mut pass = self.cluster.gate.pass().await;
            let (phase, wait) = match self.cluster.resolve(&self.which.kind).await {
                Ok(Ok(kind)) => {
                    if self.cluster.known_kinds().is_some() {
                        pass.progress();
                    }
                    return kind;
                }
                Ok(Err(reason)) => {
                    pass.progress();
                    (WatchPhase::Missing { reason }, Some(LOOK_AGAIN))
                }
                Err(error) => {
                    let reason = error.sentence();
                    let told = tail::tell(&self.cluster, pass, &error);
                    (WatchPhase::Failed { reason }, (!told).then_some(LOOK_AGAIN))
                }
            };
            self.set_phase(phase);
            if let Some(wait) = wait {
                self.pause(wait).await;
            }
        }
    }

    /// One request; how long to wait before the next, `None` where nothing or the gate decides it.
    async fn attempt(&mut self, kind: &Kind, mut pass: Pass) -> Option<Duration> {
        let begun = Instant::now();
        let watching = !self.version.is_empty();
        let result = if watching {
            self.watch(kind, &mut pass).await
        } else {
            self.fetch(kind, &mut pass).await.map(|()| self.must_poll(kind).then_some(POLL))
        };
        match result {
            Ok(wait) => wait,
            // A watch that worked was cut, as load balancers do it: it is resumed at once.
            Err(AskError::Link(error)) if watching && error.is_cut() && begun.elapsed() >= WORKED => None,
            Err(error) if error.code() == Some(401) && !self.renewed => {
                self.renewed = true;
                None
            }
            Err(error) => {
                let told = tail::tell(&self.cluster, pass, &error);
                self.failed(&error, told)
            }
        }
    }

    fn must_poll(&mut self, kind: &Kind) -> bool {
        let poll = self.poll || !kind.can_watch || self.version.is_empty();
        if poll {
            self.version.clear();
        }
        poll
    }

    async fn fetch(&mut self, kind: &Kind, pass: &mut Pass) -> Result<(), AskError> {
        if self.seen.borrow().phase == WatchPhase::Waiting {
            self.set_phase(WatchPhase::Loading { expected: None });
        }
        let path = path_of(kind, &self.which.namespace, &self.which.name);
        let object = tail::get(&self.cluster, pass, path, JSON).await?;
        self.failures = 0;
        self.renewed = false;
        version_of(&object).clone_into(&mut self.version);
        let polled = self.poll || !kind.can_watch;
        self.take(object);
        self.change(|seen| seen.polled = polled);
        self.set_phase(WatchPhase::Live);
        Ok(())
    }

    /// Takes a version that the server has just shown.
    fn take(&mut self, object: Value) {
        let uid = uid_of(&object);
        if self.which.uid.is_empty() {
            uid.clone_into(&mut self.which.uid);
        }
        let ours = uid == self.which.uid;
        self.change(|seen| {
            seen.as_of = clock::now();
            if !ours {
                seen.deleted = seen.deleted.or(Some(clock::now()));
                seen.another = true;
            } else if seen.object.as_deref() != Some(&object) {
                seen.object = Some(Arc::new(object));
                seen.versions += 1;
            }
        });
    }

    async fn watch(&mut self, kind: &Kind, pass: &mut Pass) -> Result<Option<Duration>, AskError> {
        let namespace = (!self.which.namespace.is_empty()).then_some(self.which.namespace.as_str());
        let cluster = self.cluster.clone();
        let fields = format!("metadata.name={}", self.which.name);
        let tail = Tail { cluster: &cluster, path: kind.path(namespace), fields: &fields };
        let mut version = self.version.clone();
        let closed = tail.follow(pass, &mut version, |turn| match turn {
            Turn::Open => {
                self.renewed = false;
                self.set_phase(WatchPhase::Live);
            }
            Turn::Object(EventType::Deleted, object) => {
                let ours = uid_of(&object) == self.which.uid;
                self.change(|seen| {
                    seen.deleted = seen.deleted.or(Some(clock::now()));
                    seen.another &= ours;
                });
            }
            Turn::Object(_, object) => self.take(object),
        });
        let closed = closed.await;
        // What was read counts also where the watch broke off.
        self.version = version;
        if closed?.fruitful {
            self.failures = 0;
            return Ok(None);
        }
        Ok(Some(self.backoff()))
    }

    fn backoff(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        machine::backoff(self.failures, machine::jitter())
    }

    /// Says what failed; how long to wait.
    fn failed(&mut self, error: &AskError, told: bool) -> Option<Duration> {
        let reason = error.sentence();
        let had = self.seen.borrow().object.is_some();
        let lost = |reason| if had { WatchPhase::Stale { reason } } else { WatchPhase::Failed { reason } };
        let watching = !self.version.is_empty();
        if told {
            self.set_phase(lost(reason));
            return None;
        }
        // Anything else begins anew with fetching it.
        self.version.clear();
        match error.code() {
            Some(403 | 405) if watching => {
                self.poll = true;
                self.change(|seen| seen.polled = true);
                return Some(Duration::ZERO);
            }
            Some(410 | 504) if watching => return Some(self.backoff()),
            Some(404) if had => {
                self.change(|seen| {
                    seen.deleted = seen.deleted.or(Some(clock::now()));
                    seen.another = false;
                });
                self.set_phase(WatchPhase::Live);
                return Some(POLL);
            }
            Some(404) => self.set_phase(WatchPhase::Missing { reason }),
            Some(403) => self.set_phase(WatchPhase::Forbidden { reason }),
            _ => self.set_phase(lost(reason)),
        }
        Some(self.backoff().max(if matches!(error.code(), Some(403 | 404)) { POLL } else { Duration::ZERO }))
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        self.seen.send_modify(change);
        self.cluster.bell().notify_one();
    }

    fn set_phase(&self, phase: WatchPhase) {
        let changed = self.seen.send_if_modified(|seen| {
            let same = seen.phase == phase;
            if seen.phase.word() != phase.word() {
                seen.since = clock::now();
            }
            if phase == WatchPhase::Live {
                seen.as_of = clock::now();
            }
            seen.phase = phase;
            !same
        });
        if changed {
            self.cluster.bell().turn();
        }
    }
}
