//! Keeping house: nodes are heard of, and events are forgotten.

use super::pods::over;
use crate::server::now as moment;
use crate::server::resource::{EVENTS, Id, NODES};
use crate::server::store::{Change, Store};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use tokio::time::{Duration, Instant};

/// Each node is heard of once in so many seconds.
const BEAT: usize = 20;
/// How long events are kept after they were last told.
const KEPT: Duration = Duration::from_hours(1);

/// See the module.
#[derive(Default)]
pub struct House {
    leases: Option<Id>,
    /// The node that was heard of last, and how many were.
    last: String,
    beats: u64,
    /// When which event was last told, as far as is known.
    told: FxHashMap<Arc<str>, Instant>,
    /// Up to which version events were followed.
    seen: u64,
}

impl House {
    /// Looks at what is there.
    pub fn begin(&mut self, store: &Store, now: Instant) {
        self.leases = store.registry.find("coordination.k8s.io", "v1", "leases").map(|(id, _)| id);
        self.follow(store, now);
    }

    /// Some nodes are heard of.
    pub fn beat(&mut self, store: &Store) {
        let some = store.count(NODES, "").div_ceil(BEAT);
        let mut nodes = Vec::new();
        for from in [format!("{}\0", self.last), String::new()] {
            let _ = store.read(NODES, None, "", &from, &mut |record| {
                nodes.push(record.clone());
                nodes.len() < some
            });
            if nodes.len() >= some {
                break;
            }
        }
        let now = moment();
        let precise = now.replace('Z', ".418205Z");
        for node in nodes {
            node.key.as_ref().clone_into(&mut self.last);
            // Of one that is lost nobody hears.
            if !node.pulse.ready {
                continue;
            }
            self.beats += 1;
            if let Some(leases) = self.leases {
                let key = format!("kube-node-lease/{}", node.key);
                store.retouch(leases, &key, |text| over(text, b"\"renewTime\":\"", &precise));
            }
            if self.beats.is_multiple_of(16) {
                store.retouch(NODES, &node.key, |text| every(text, b"\"lastHeartbeatTime\":\"", &now));
            }
        }
    }

    /// Forgets events of which nobody told for long.
    pub fn tidy(&mut self, store: &Store, now: Instant) {
        self.follow(store, now);
        let old: Vec<Arc<str>> =
            self.told.iter().filter(|(_, at)| now.duration_since(**at) >= KEPT).map(|(key, _)| key.clone()).collect();
        for key in old {
            self.told.remove(&key);
            store.apply(Change::Delete(EVENTS, key));
        }
    }

    fn follow(&mut self, store: &Store, now: Instant) {
        match store.since(EVENTS, self.seen) {
            Ok((events, upto)) => {
                for event in events {
                    match (event.new, event.old) {
                        (Some(record), _) => drop(self.told.insert(record.key.clone(), now)),
                        (None, Some(record)) => drop(self.told.remove(&record.key)),
                        (None, None) => {}
                    }
                }
                self.seen = upto;
            }
            // Too much has happened, or this is the beginning: those that are new count as told now.
            Err(_) => {
                let all = store.latest(EVENTS);
                self.told.retain(|key, _| all.items.contains_key(key));
                for key in all.items.into_keys() {
                    self.told.entry(key).or_insert(now);
                }
                self.seen = all.version;
            }
        }
    }
}

/// Writes a value over all that follow a mark.
fn every(text: &mut [u8], mark: &[u8], value: &str) -> bool {
    let mut rest = text;
    let mut any = false;
    while let Some(at) = memchr::memmem::find(rest, mark) {
        any |= over(rest, mark, value);
        rest = &mut rest[at + mark.len()..];
    }
    any
}
