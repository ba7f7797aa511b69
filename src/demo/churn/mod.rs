//! What goes on in an embedded cluster by itself: so many changes of pods a second, whoever makes them.
//!
//! Some things happen now and then whatever the rate: crash loops go on, jobs come and go, releases roll out, services
//! are scaled, probes fail, nodes are heard of. Controllers do what follows from them. What is left of the rate are
//! pods whose usage is noted anew, and at high rates containers that start again.

mod company;
mod house;
mod pods;

use super::rng::Rng;
use crate::server::Inside;
use crate::server::resource::PODS;
use crate::server::store::Store;
#[cfg(test)]
pub use house::House;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::{Duration, Instant, MissedTickBehavior, interval};

/// The rate at which things happen as often as they say.
const USUAL: f64 = 5.0;
/// Above this rate containers start again, one change in so many.
const BUSY: u32 = 50;
const AGAIN: usize = 25;

/// Something that happens now and then.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Matter {
    Crash,
    Flap,
    Recover(Arc<str>),
    Job,
    Rollout,
    Scale,
    Report,
    Heartbeats,
    Tidy,
}

/// What happens, how long after the beginning first, and how often then.
const MATTERS: [(Matter, u64, u64); 8] = [
    (Matter::Crash, 2, 9),
    (Matter::Flap, 5, 8),
    (Matter::Job, 4, 12),
    (Matter::Rollout, 20, 75),
    (Matter::Scale, 33, 45),
    (Matter::Report, 3, 5),
    (Matter::Heartbeats, 1, 1),
    (Matter::Tidy, 30, 30),
];

/// What goes on in one cluster.
pub struct Churn {
    store: Arc<Store>,
    inside: Inside,
    rng: Rng,
    rate: u32,
    /// What happens when.
    agenda: BTreeMap<(Instant, u64), Matter>,
    noted: u64,
    /// When counting began, and how many changes of pods there were then.
    since: Instant,
    before: u64,
    /// The keys of pods as they were a while ago.
    pods: Vec<Arc<str>>,
    /// Pods that crash again and again.
    crashing: Vec<Arc<str>>,
    /// Events that are told again and again.
    reports: Vec<Arc<str>>,
    /// How many replicas the services had that were scaled.
    sizes: FxHashMap<Arc<str>, i64>,
    house: house::House,
}

impl Churn {
    /// So many changes of pods a second in a store.
    pub fn new(store: Arc<Store>, rng: Rng, rate: u32) -> Churn {
        Churn {
            inside: Inside::new(store.clone(), "kubelet"),
            house: house::House::default(),
            since: Instant::now(),
            before: 0,
            agenda: BTreeMap::new(),
            noted: 0,
            pods: Vec::new(),
            crashing: Vec::new(),
            reports: Vec::new(),
            sizes: FxHashMap::default(),
            store,
            rng,
            rate,
        }
    }

    /// Goes on for ever.
    pub async fn run(mut self) {
        self.begin();
        let every = Duration::from_secs_f64((1.0 / f64::from(self.rate.max(1))).clamp(0.01, 0.5));
        let mut pace = interval(every);
        pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            pace.tick().await;
            self.step(Instant::now());
            // The controllers of this thread come first.
            tokio::task::yield_now().await;
        }
    }

    fn begin(&mut self) {
        let now = Instant::now();
        (self.since, self.before) = (now, self.store.changes(PODS));
        self.look();
        self.find();
        self.house.begin(&self.store, now);
        for (matter, first, _) in MATTERS {
            self.note(now + self.spaced(first), matter);
        }
    }

    /// Things are rarer where little is to happen.
    fn spaced(&self, seconds: u64) -> Duration {
        Duration::from_secs(seconds).mul_f64((USUAL / f64::from(self.rate.max(1))).max(1.0))
    }

    fn note(&mut self, at: Instant, matter: Matter) {
        self.noted += 1;
        self.agenda.insert((at, self.noted), matter);
    }

    /// Makes the changes that are due.
    fn step(&mut self, now: Instant) {
        while let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= now) {
            let matter = entry.remove();
            if let Some((_, _, every)) = MATTERS.iter().find(|(of, ..)| *of == matter) {
                let every =
                    if matter == Matter::Heartbeats { Duration::from_secs(*every) } else { self.spaced(*every) };
                self.note(now + every, matter.clone());
            }
            self.happen(matter, now);
        }
        let due = self.due(now);
        let mut tries = due * 2 + 8;
        let mut left = due;
        while left > 0 && tries > 0 {
            tries -= 1;
            left -= usize::from(self.touch());
        }
    }

    /// How many changes of pods are missing. What others made too many does not silence this for longer than a second,
    /// and what could not be made in time is not made up for.
    fn due(&mut self, now: Instant) -> usize {
        let wanted = now.duration_since(self.since).as_secs_f64() * f64::from(self.rate);
        let made = (self.store.changes(PODS) - self.before) as f64;
        let missing = wanted - made;
        let bound = f64::from(self.rate).max(USUAL);
        if missing.abs() > bound {
            let due = missing.clamp(0.0, bound);
            self.since = now;
            self.before = self.store.changes(PODS) + due as u64;
            return due as usize;
        }
        missing.max(0.0) as usize
    }

    fn happen(&mut self, matter: Matter, now: Instant) {
        match matter {
            Matter::Crash => self.crash(),
            Matter::Flap => self.flap(now),
            Matter::Recover(key) => self.recover(&key),
            Matter::Job => self.job(),
            Matter::Rollout => self.rollout(),
            Matter::Scale => self.scale(),
            Matter::Report => self.report(),
            Matter::Heartbeats => self.house.beat(&self.store),
            Matter::Tidy => {
                self.look();
                self.house.tidy(&self.store, now);
            }
        }
    }

    /// Which pods there are.
    fn look(&mut self) {
        self.pods.clear();
        let pods = &mut self.pods;
        let _ = self.store.read(PODS, None, "", "", &mut |record| {
            pods.push(record.key.clone());
            true
        });
    }

    fn any_pod(&mut self) -> Option<Arc<str>> {
        let at = self.rng.below(self.pods.len());
        self.pods.get(at).cloned()
    }

    /// One change of one pod, if that could be made.
    fn touch(&mut self) -> bool {
        let Some(key) = self.any_pod() else { return false };
        if self.rate > BUSY && self.rng.below(AGAIN) == 0 { self.again(&key) } else { self.advise(&key) }
    }
}
