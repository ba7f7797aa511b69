//! The objects of one resource: as they are, and as they were a while ago.

use super::record::Record;
use super::{Event, Miss};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use tokio::time::{Duration, Instant};

/// How much of what was is kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// So many changes at least.
    pub least: usize,
    /// Beyond those, those of this time.
    pub age: Duration,
    /// Beyond those no more than weigh this much together.
    pub bytes: usize,
}

impl Keep {
    /// As a control plane keeps it: longer than its clients need to come back.
    pub const USUAL: Keep = Keep { least: 1024, age: Duration::from_mins(3), bytes: 256 << 20 };
}

/// What was before a change, and the version of that change.
type Before = (u64, Option<Arc<Record>>);

#[derive(Default)]
pub(super) struct History {
    pub live: BTreeMap<Arc<str>, Arc<Record>>,
    /// The oldest version from which changes can be told.
    pub floor: u64,
    /// How many changes there were.
    pub changes: u64,
    /// The keys of what an object owns, by its uid; under no uid those without owner.
    owned: FxHashMap<Box<str>, BTreeSet<Arc<str>>>,
    ring: VecDeque<(Event, Instant)>,
    /// What the changes in the ring replaced, by key.
    past: BTreeMap<Arc<str>, VecDeque<Before>>,
    /// About how much the ring keeps alive.
    bytes: usize,
}

fn weight(event: &Event) -> usize {
    event.old.as_ref().map_or(0, |old| old.weight()) + 160
}

impl History {
    /// Nothing so far, as of a version.
    pub fn new(floor: u64) -> History {
        History { floor, ..History::default() }
    }

    /// Puts an object there, and returns what it replaced.
    pub fn insert(&mut self, mut record: Record) -> (Arc<Record>, Option<Arc<Record>>) {
        let old = self.live.get(&record.key).cloned();
        if let Some(old) = &old {
            record.key = old.key.clone();
            // What stays the same is kept once.
            if old.labels == record.labels {
                record.labels = old.labels.clone();
            }
            if old.owners == record.owners {
                record.owners = old.owners.clone();
            } else {
                self.disown(old);
            }
        }
        if old.as_ref().is_none_or(|old| !Arc::ptr_eq(&old.owners, &record.owners)) {
            for owner in owners(&record) {
                if let Some(keys) = self.owned.get_mut(owner) {
                    keys.insert(record.key.clone());
                } else {
                    self.owned.insert(owner.into(), BTreeSet::from([record.key.clone()]));
                }
            }
        }
        let record = Arc::new(record);
        self.live.insert(record.key.clone(), record.clone());
        (record, old)
    }

    /// Takes an object away.
    pub fn remove(&mut self, key: &str) -> Option<Arc<Record>> {
        let old = self.live.remove(key)?;
        self.disown(&old);
        Some(old)
    }

    fn disown(&mut self, record: &Record) {
        for owner in owners(record) {
            if let Some(keys) = self.owned.get_mut(owner) {
                keys.remove(&record.key);
                if keys.is_empty() {
                    self.owned.remove(owner);
                }
            }
        }
    }

    /// What an object owns; under no uid what has no owner.
    pub fn owned(&self, uid: &str) -> Vec<Arc<Record>> {
        let keys = self.owned.get(uid).into_iter().flatten();
        keys.filter_map(|key| self.live.get(key).cloned()).collect()
    }

    /// Notes a change that has been made.
    pub fn note(&mut self, event: Event, keep: Keep) {
        let now = Instant::now();
        if let Some(record) = event.old.as_ref().or(event.new.as_ref()) {
            self.past.entry(record.key.clone()).or_default().push_back((event.version, event.old.clone()));
        }
        self.changes += 1;
        self.bytes += weight(&event);
        self.ring.push_back((event, now));
        while self.ring.len() > keep.least
            && let Some((_, at)) = self.ring.front()
            && (self.bytes > keep.bytes || now.duration_since(*at) > keep.age)
        {
            self.forget();
        }
    }

    /// Forgets the oldest change.
    fn forget(&mut self) {
        let Some((event, _)) = self.ring.pop_front() else { return };
        self.floor = event.version;
        self.bytes -= weight(&event).min(self.bytes);
        let Some(record) = event.old.as_ref().or(event.new.as_ref()) else { return };
        if let Some(before) = self.past.get_mut(&record.key) {
            before.pop_front();
            if before.is_empty() {
                self.past.remove(&record.key);
            }
        }
    }

    /// Forgets all changes up to a version.
    pub fn compact(&mut self, version: u64) {
        self.ring.clear();
        self.past.clear();
        self.bytes = 0;
        self.floor = version;
    }

    /// Whether something changed after a version, or it cannot be told any more.
    pub fn is_newer(&self, version: u64) -> bool {
        version < self.floor || self.ring.back().is_some_and(|(event, _)| event.version > version)
    }

    /// At most so many of the changes after a version.
    pub fn since(&self, version: u64, most: usize) -> Result<Vec<Event>, Miss> {
        if version < self.floor {
            return Err(Miss::TooOld(self.floor));
        }
        let start = self.ring.partition_point(|(event, _)| event.version <= version);
        Ok(self.ring.range(start..).take(most).map(|(event, _)| event.clone()).collect())
    }

    /// Goes through the objects whose keys begin with a prefix, from a key on, in order, until `visit` says no.
    pub fn read(&self, prefix: &str, from: &str, visit: &mut dyn FnMut(&Arc<Record>) -> bool) {
        // Where it is known what comes after the prefix, keys need not be looked at one by one.
        let end = after(prefix);
        if end.as_deref().is_some_and(|end| from >= end) {
            return;
        }
        let bound = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        for (key, record) in self.live.range::<str, _>((Bound::Included(prefix.max(from)), bound)) {
            if end.is_none() && !key.starts_with(prefix) || !visit(record) {
                return;
            }
        }
    }

    /// As [`History::read`], as it was at a version, which must not be below the floor.
    pub fn read_at(&self, version: u64, prefix: &str, from: &str, visit: &mut dyn FnMut(&Arc<Record>) -> bool) {
        let range = (Bound::Included(prefix.max(from)), Bound::Unbounded);
        let mut live = self.live.range::<str, _>(range).peekable();
        let mut past = self.past.range::<str, _>(range).peekable();
        loop {
            let (now, before) = match (live.peek(), past.peek()) {
                (Some((key, _)), Some((old, _))) if key < old => (live.next(), None),
                (Some((key, _)), Some((old, _))) if old < key => (None, past.next()),
                (None, None) => return,
                _ => (live.next(), past.next()),
            };
            let Some(key) = now.map(|(key, _)| key).or(before.map(|(key, _)| key)) else { return };
            if !key.starts_with(prefix) {
                return;
            }
            // The first change after the version tells what was there then.
            let then = before.and_then(|(_, all)| all.get(all.partition_point(|(at, _)| *at <= version)));
            let record = match then {
                Some((_, old)) => old.as_ref(),
                None => now.map(|(_, record)| record),
            };
            if record.is_some_and(|record| !visit(record)) {
                return;
            }
        }
    }
}

/// The first text after all that begin with a prefix.
fn after(prefix: &str) -> Option<String> {
    let last = prefix.bytes().next_back().filter(|last| *last < 0x7f)?;
    Some(format!("{}{}", &prefix[..prefix.len() - 1], char::from(last + 1)))
}

fn owners(record: &Record) -> impl Iterator<Item = &str> {
    let none = record.owners.is_empty().then_some("");
    record.owners.iter().map(|owner| &*owner.uid).chain(none)
}
