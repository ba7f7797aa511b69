//! What records tell of objects without being read back: controllers count many pods for each that they change.

use super::endpoints::selector as of_service;
use super::object::text;
use super::{Controllers, Part};
use crate::server::Labels;
use crate::server::registry::Registry;
use crate::server::resource::{Id, PODS};
use crate::server::store::{Owner, Record};
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where the facts of a pod stand among its selectable fields.
#[derive(Clone, Copy)]
pub struct Facts {
    node: usize,
    phase: usize,
    address: usize,
}

impl Facts {
    /// As a server has them.
    pub fn of(registry: &Registry) -> Facts {
        let pods = registry.get(PODS);
        let at = |name: &str| pods.as_ref().and_then(|it| it.fields.iter().position(|field| field == name));
        let place = |name: &str| at(name).unwrap_or(usize::MAX);
        Facts { node: place("spec.nodeName"), phase: place("status.phase"), address: place("status.podIP") }
    }

    /// The name of a pod's node; empty where it has none.
    pub fn node(self, pod: &Record) -> &str {
        pod.fields.get(self.node).unwrap_or_default()
    }

    /// A pod's phase.
    pub fn phase(self, pod: &Record) -> &str {
        pod.fields.get(self.phase).unwrap_or_default()
    }

    /// A pod's address; empty where it has none.
    pub fn address(self, pod: &Record) -> &str {
        pod.fields.get(self.address).unwrap_or_default()
    }

    /// Whether a pod is over.
    pub fn is_over(self, pod: &Record) -> bool {
        matches!(self.phase(pod), "Succeeded" | "Failed")
    }

    /// What those who look after a service's endpoints see of a pod: address, node, whether it is ready and going.
    pub fn behind(self, pod: Option<&Record>) -> Option<(&str, &str, bool, bool)> {
        let pod = pod.filter(|pod| !self.is_over(pod) && !self.address(pod).is_empty())?;
        Some((self.address(pod), self.node(pod), pod.pulse.ready, pod.pulse.going))
    }

    /// What those who look after disruption budgets see of a pod: whether it is ready, and whose it is.
    pub fn counted(self, pod: Option<&Record>) -> Option<(bool, Option<&Owner>)> {
        pod.filter(|pod| self.is_active(pod)).map(|pod| (pod.pulse.ready, pod.controller()))
    }

    /// Whether a pod is neither over nor going.
    pub fn is_active(self, pod: &Record) -> bool {
        !pod.pulse.going && !self.is_over(pod)
    }
}

/// What services and disruption budgets select, as of a version of each.
#[derive(Default)]
pub struct Selectors(FxHashMap<(Part, Arc<str>), (u64, Option<Labels>)>);

impl Selectors {
    /// Whether a service or a budget selects pods with these labels.
    pub fn covers(&mut self, part: Part, of: &Record, labels: &BTreeMap<String, String>) -> bool {
        let kept = self.0.entry((part, of.key.clone())).or_insert((0, None));
        if kept.0 != of.version {
            let selector = &of.value()["spec"]["selector"];
            let read = if part == Part::Service { of_service(selector) } else { Labels::of_selector(selector) };
            *kept = (of.version, read);
        }
        kept.1.as_ref().is_some_and(|it| it.matches(labels))
    }

    /// One of them is gone.
    pub fn forget(&mut self, part: Part, key: &Arc<str>) {
        self.0.remove(&(part, key.clone()));
    }
}

impl Controllers {
    /// The pods of a namespace with labels that are wanted.
    pub(super) fn pods_with(
        &self,
        namespace: &str,
        wanted: impl Fn(&BTreeMap<String, String>) -> bool,
    ) -> Vec<Arc<Record>> {
        let mut found = Vec::new();
        // Pods that were made alike share their labels, which stay where they are while the store is read.
        let mut last: Option<(*const BTreeMap<String, String>, bool)> = None;
        let _ = self.inside.store().read(PODS, None, &format!("{namespace}/"), "", &mut |record| {
            let labels = Arc::as_ptr(&record.labels);
            let fits = match last {
                Some((same, fits)) if same == labels => fits,
                _ => wanted(&record.labels),
            };
            last = Some((labels, fits));
            if fits {
                found.push(record.clone());
            }
            true
        });
        found
    }

    /// The objects of a kind that an object controls.
    pub(super) fn controlled(&self, id: Id, owner: &Value) -> Vec<Arc<Record>> {
        let metadata = &owner["metadata"];
        let (namespace, uid) = (text(metadata, "namespace"), text(metadata, "uid"));
        let mut all = self.inside.store().owned(id, uid);
        all.retain(|record| namespace.is_empty() || record.namespace() == namespace);
        all.retain(|record| record.controller().is_some_and(|it| &*it.uid == uid));
        all
    }

    /// The same, read back.
    pub(super) fn owned(&self, id: Id, owner: &Value) -> Vec<Value> {
        self.controlled(id, owner).iter().map(|record| record.value()).collect()
    }
}
