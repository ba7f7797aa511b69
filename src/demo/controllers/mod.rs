//! Controllers in miniature: what a control plane and its nodes do about the objects of clients.
//!
//! One task follows every change of a store, keeps what has to be looked at in a queue, and looks at it. What was
//! there before it started is left as it is until it changes.

mod autoscale;
mod behavior;
mod budget;
mod claims;
mod cron;
mod cron_job;
mod daemon_set;
mod debug;
mod deployment;
mod endpoints;
mod facts;
mod garbage;
mod hosts;
mod job;
mod kubelet;
mod namespace;
mod nodes;
mod object;
mod quota;
mod replica_set;
mod revisions;
mod scheduler;
mod short;
mod stateful_set;
mod tell;
#[cfg(test)]
mod tests;
mod usage;

use crate::server::registry::Registry;
use crate::server::resource::{DEPLOYMENTS, EVENTS, Id, NAMESPACES, NODES, PODS};
use crate::server::store::{Event, Record, Store};
use crate::server::{Inside, Kubelet};
use facts::{Facts, Selectors};
use hosts::Hosts;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::{Duration, Instant, sleep_until};

/// Something to look at: a part of the work, and the key of an object.
type Work = (Part, String);

/// After so much work others have their turn.
const SLICE: Duration = Duration::from_millis(2);
/// And after so many looks, where no time passes.
const MOST_LOOKS: usize = 64;

/// A part of the work.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Part {
    Namespace,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
    Schedule,
    Pod,
    Debug,
    Service,
    Budget,
    Quota,
    Autoscale,
    Node,
    Evict,
    Claim,
    Volume,
    Foreground,
}

/// Where the kinds are that controllers work with.
#[derive(Clone, Copy)]
struct Ids {
    replica_sets: Id,
    stateful_sets: Id,
    daemon_sets: Id,
    revisions: Id,
    jobs: Id,
    cron_jobs: Id,
    services: Id,
    endpoints: Id,
    slices: Id,
    claims: Id,
    budgets: Id,
    accounts: Id,
    config_maps: Id,
    quotas: Id,
    scalers: Id,
    volumes: Id,
    classes: Id,
}

impl Ids {
    fn of(registry: &Registry) -> Ids {
        let all = registry.all();
        let id = |group: &str, plural: &str| {
            all.iter().find(|(_, it)| it.group == group && it.plural == plural).map_or(usize::MAX, |(id, _)| *id)
        };
        Ids {
            replica_sets: id("apps", "replicasets"),
            stateful_sets: id("apps", "statefulsets"),
            daemon_sets: id("apps", "daemonsets"),
            revisions: id("apps", "controllerrevisions"),
            jobs: id("batch", "jobs"),
            cron_jobs: id("batch", "cronjobs"),
            services: id("", "services"),
            endpoints: id("", "endpoints"),
            slices: id("discovery.k8s.io", "endpointslices"),
            claims: id("", "persistentvolumeclaims"),
            budgets: id("policy", "poddisruptionbudgets"),
            accounts: id("", "serviceaccounts"),
            config_maps: id("", "configmaps"),
            quotas: id("", "resourcequotas"),
            scalers: id("autoscaling", "horizontalpodautoscalers"),
            volumes: id("", "persistentvolumes"),
            classes: id("storage.k8s.io", "storageclasses"),
        }
    }
}

/// All controllers of one cluster.
pub struct Controllers {
    inside: Inside,
    ids: Ids,
    facts: Facts,
    /// Up to which version changes are seen.
    seen: u64,
    work: BTreeSet<Work>,
    timers: BTreeMap<(Instant, u64), Work>,
    /// How many timers there were: two of the same moment are two.
    set: u64,
    /// Pods for which there is no node.
    waiting: BTreeSet<String>,
    /// How many pods were placed: the next goes to the next node.
    placed: usize,
    /// What has a timer, and which: it has one only.
    pending: FxHashMap<Work, (Instant, u64)>,
    /// What was told of objects, by their uids.
    told: FxHashMap<String, tell::Told>,
    /// What is known of the nodes.
    hosts: Hosts,
    /// What services and budgets select.
    selectors: Selectors,
    /// How many addresses each node gave away.
    addresses: FxHashMap<String, usize>,
    /// The uids of pods that are being stopped.
    stopping: FxHashSet<String>,
    /// What is used of quotas, by their keys.
    tallies: FxHashMap<String, quota::Tally>,
    /// Who could not create what it wants, and how long it waited last.
    short: FxHashMap<Work, Duration>,
    /// What the pods use.
    kubelet: Arc<dyn Kubelet>,
    /// What autoscalers did lately, by their keys.
    moves: FxHashMap<String, behavior::Moves>,
    /// New nodes of which nothing was heard yet.
    late: FxHashSet<String>,
    /// Whether things happen by themselves, too.
    lively: bool,
    /// The second at which they began.
    since: i64,
}

impl Controllers {
    /// Controllers that follow what changes in a store from now on.
    pub fn new(store: Arc<Store>, kubelet: Arc<dyn Kubelet>) -> Controllers {
        Controllers {
            ids: Ids::of(&store.registry),
            facts: Facts::of(&store.registry),
            inside: Inside::new(store, "kube-controller-manager"),
            seen: 0,
            work: BTreeSet::new(),
            timers: BTreeMap::new(),
            set: 0,
            waiting: BTreeSet::new(),
            placed: 0,
            pending: FxHashMap::default(),
            told: FxHashMap::default(),
            hosts: Hosts::default(),
            selectors: Selectors::default(),
            addresses: FxHashMap::default(),
            stopping: FxHashSet::default(),
            tallies: FxHashMap::default(),
            short: FxHashMap::default(),
            kubelet,
            moves: FxHashMap::default(),
            late: FxHashSet::default(),
            lively: false,
            since: 0,
        }
    }

    /// Works for ever on what changes from now on; where it is `lively`, also on what no client has touched.
    pub fn run(mut self, lively: bool) -> impl Future<Output = ()> + Send + 'static {
        self.lively = lively;
        self.since = crate::server::moment().as_second();
        let store = self.inside.store().clone();
        let changes = store.subscribe();
        let begin = store.version();
        self.seen = begin;
        self.take_quotas(begin);
        if lively {
            self.begin_nodes();
            self.begin_short();
            self.begin_autoscaling();
            for record in self.inside.list(self.ids.cron_jobs, "") {
                self.add(Part::CronJob, &record.key);
            }
        }
        self.follow(store, changes)
    }

    async fn follow(mut self, store: Arc<Store>, mut changes: watch::Receiver<u64>) {
        loop {
            changes.mark_unchanged();
            self.see(&store);
            self.turn(Instant::now);
            if !self.work.is_empty() {
                tokio::task::yield_now().await;
                continue;
            }
            let next = self.timers.first_key_value().map(|((at, _), _)| *at);
            let far = Instant::now() + Duration::from_hours(1);
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                () = sleep_until(next.unwrap_or(far)) => {}
            }
        }
    }

    /// Looks at some of what is to be looked at: in slices, so that connections on the same thread go on.
    fn turn(&mut self, now: impl Fn() -> Instant) {
        let begun = now();
        self.ring(begun);
        for _ in 0..MOST_LOOKS {
            let Some((part, key)) = self.work.pop_first() else { break };
            self.look(part, &key);
            if now().duration_since(begun) >= SLICE {
                break;
            }
        }
    }

    /// Takes in what has changed.
    fn see(&mut self, store: &Store) {
        let (all, upto) = store.all_since(self.seen, |id| id != EVENTS);
        self.seen = upto;
        for (id, changes) in all {
            match changes {
                Ok(events) => {
                    for event in events {
                        self.note(id, &event);
                    }
                }
                // Too much has happened: everything may have changed.
                Err(_) => {
                    self.tallies.clear();
                    for record in self.inside.list(id, "") {
                        self.note(id, &Event { version: record.version, old: None, new: Some(record) });
                    }
                }
            }
        }
    }

    /// Moves what is due to the work.
    fn ring(&mut self, now: Instant) {
        while let Some(entry) = self.timers.first_entry().filter(|entry| entry.key().0 <= now) {
            let work = entry.remove();
            self.pending.remove(&work);
            self.work.insert(work);
        }
    }

    fn add(&mut self, part: Part, key: &str) {
        self.work.insert((part, key.to_owned()));
    }

    /// Looks at something after a while, unless that is to be done already.
    fn after(&mut self, delay: Duration, part: Part, key: &str) {
        let work = (part, key.to_owned());
        if !self.pending.contains_key(&work) {
            self.set += 1;
            let timer = (Instant::now() + delay, self.set);
            self.pending.insert(work.clone(), timer);
            self.timers.insert(timer, work);
        }
    }

    /// The same, but no later than after this while.
    fn by(&mut self, delay: Duration, part: Part, key: &str) {
        let work = (part, key.to_owned());
        if self.pending.get(&work).is_some_and(|(at, _)| *at > Instant::now() + delay) {
            self.forget_timer(&work);
        }
        self.after(delay, part, key);
    }

    /// Takes a timer away; gives whether there was one.
    fn forget_timer(&mut self, work: &Work) -> bool {
        let timer = self.pending.remove(work);
        timer.is_some_and(|at| self.timers.remove(&at).is_some())
    }

    fn look(&mut self, part: Part, key: &str) {
        match part {
            Part::Namespace => self.namespace(key),
            Part::Deployment => self.deployment(key),
            Part::ReplicaSet => self.replica_set(key),
            Part::StatefulSet => self.stateful_set(key),
            Part::DaemonSet => self.daemon_set(key),
            Part::Job => self.job(key),
            Part::CronJob => self.cron_job(key),
            Part::Schedule => self.schedule(key),
            Part::Pod => self.pod(key),
            Part::Debug => self.debug(key),
            Part::Service => self.service(key),
            Part::Budget => self.budget(key),
            Part::Quota => self.quota(key),
            Part::Autoscale => self.autoscale(key),
            Part::Node => self.node(key),
            Part::Evict => self.evict(key),
            Part::Claim => self.claim(key),
            Part::Volume => self.volume(key),
            Part::Foreground => self.foreground(key),
        }
    }

    /// Who has to look at something because of a change.
    fn note(&mut self, id: Id, event: &Event) {
        let Some(record) = event.new.as_ref().or(event.old.as_ref()) else { return };
        let ids = self.ids;
        let part = match id {
            NAMESPACES => Some(Part::Namespace),
            DEPLOYMENTS => Some(Part::Deployment),
            _ if id == ids.replica_sets => Some(Part::ReplicaSet),
            _ if id == ids.stateful_sets => Some(Part::StatefulSet),
            _ if id == ids.daemon_sets => Some(Part::DaemonSet),
            _ if id == ids.jobs => Some(Part::Job),
            _ if id == ids.cron_jobs => Some(Part::CronJob),
            _ if id == ids.services => Some(Part::Service),
            _ if id == ids.budgets => Some(Part::Budget),
            _ if id == ids.volumes => Some(Part::Volume),
            _ => None,
        };
        if let Some(part) = part {
            self.add(part, &record.key);
        }
        let namespace = record.key.split_once('/').map(|(namespace, _)| namespace);
        self.note_quotas(id, event);
        self.note_scaled(id, event);
        match id {
            PODS => self.note_pod(event, record),
            NODES => self.note_node(event),
            _ if id == ids.claims => self.note_claim(&record.key),
            _ if id == ids.replica_sets || id == ids.jobs => self.note_owner(record),
            _ => {}
        }
        if event.new.is_none() {
            if let Some(part) = part {
                self.selectors.forget(part, &record.key);
            }
            self.collect(id, record);
            if let Some(namespace) = namespace.filter(|namespace| self.is_going(namespace)) {
                self.add(Part::Namespace, namespace);
            }
        } else {
            self.note_orphans(id, record);
        }
    }

    fn note_pod(&mut self, event: &Event, record: &Arc<Record>) {
        // Most changes of a pod are nobody's business: what it has restarted, when it was last heard of.
        if let (Some(old), Some(new)) = (&event.old, &event.new) {
            let same = old.pulse == new.pulse && old.fields == new.fields && old.labels == new.labels;
            if same && old.owners == new.owners {
                return;
            }
        }
        if event.new.is_some() {
            self.add(Part::Pod, &record.key);
        } else {
            self.waiting.remove(&*record.key);
        }
        self.note_owner(record);
        self.note_claims(record);
        let before = event.old.as_ref().is_some_and(|old| old.labels != record.labels);
        let (old, new) = (event.old.as_deref(), event.new.as_deref());
        let stands = self.facts.behind(old) != self.facts.behind(new);
        let counts = self.facts.counted(old) != self.facts.counted(new);
        for (id, part, other) in [(self.ids.services, Part::Service, stands), (self.ids.budgets, Part::Budget, counts)]
        {
            // Most of what becomes of a pod concerns neither.
            if !before && !other {
                continue;
            }
            for other in self.inside.list(id, record.namespace()) {
                if before || self.selectors.covers(part, &other, &record.labels) {
                    self.add(part, &other.key);
                }
            }
        }
    }

    /// The controller of an object looks after it.
    fn note_owner(&mut self, record: &Record) {
        let Some(owner) = record.controller() else { return };
        let part = match &*owner.kind {
            "Deployment" => Part::Deployment,
            "ReplicaSet" => Part::ReplicaSet,
            "StatefulSet" => Part::StatefulSet,
            "DaemonSet" => Part::DaemonSet,
            "Job" => Part::Job,
            "CronJob" => Part::CronJob,
            _ => return,
        };
        self.add(part, &format!("{}/{}", record.namespace(), owner.name));
    }

    fn is_going(&self, namespace: &str) -> bool {
        self.inside.store().get(NAMESPACES, namespace).is_some_and(|it| it.pulse.going)
    }
}
