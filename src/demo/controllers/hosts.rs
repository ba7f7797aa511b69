//! What is known of the nodes: what of a node decides whether it takes a pod, read once for each of its versions.

use super::scheduler::quantity;
use crate::server::resource::NODES;
use crate::server::store::{Record, Store};
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::sync::Arc;

/// One node.
pub struct Host {
    /// Its record.
    pub record: Arc<Record>,
    /// Its taints.
    pub taints: Vec<Value>,
    /// Whether it is cordoned.
    pub unschedulable: bool,
    /// The cores that it has for pods.
    pub cpu: f64,
    /// The bytes that it has for pods.
    pub memory: f64,
}

impl Host {
    fn of(record: Arc<Record>) -> Host {
        let node = record.value();
        let room = &node["status"]["allocatable"];
        Host {
            taints: node["spec"]["taints"].as_array().cloned().unwrap_or_default(),
            unschedulable: node["spec"]["unschedulable"] == true,
            cpu: quantity(&room["cpu"]),
            memory: quantity(&room["memory"]),
            record,
        }
    }
}

/// All nodes, in the order of their names.
#[derive(Default)]
pub struct Hosts {
    all: Arc<Vec<Arc<Host>>>,
    /// As of which change of nodes.
    changes: Option<u64>,
}

impl Hosts {
    /// The nodes as they are.
    pub fn now(&mut self, store: &Store) -> Arc<Vec<Arc<Host>>> {
        let changes = store.changes(NODES);
        if self.changes != Some(changes) {
            let known: FxHashMap<&str, &Arc<Host>> = self.all.iter().map(|it| (&*it.record.key, it)).collect();
            let host = |record: Arc<Record>| match known.get(&*record.key) {
                Some(same) if same.record.version == record.version => (*same).clone(),
                _ => Arc::new(Host::of(record)),
            };
            let all = store.under(NODES, "").into_iter().map(host).collect();
            (self.all, self.changes) = (Arc::new(all), Some(changes));
        }
        self.all.clone()
    }
}
