//! Replica sets: as many pods as are wanted.

use super::object::{self, is_going, number, set_some, text};
use super::tell::About;
use super::{Controllers, Part};
use crate::server::Labels;
use crate::server::resource::PODS;
use crate::server::store::Record;
use serde_json::{Value, json};
use std::sync::Arc;

const WHO: &str = "replicaset-controller";

impl Controllers {
    pub(super) fn replica_set(&mut self, at: &str) {
        let Some(set) = self.inside.get(self.ids.replica_sets, at) else { return };
        let namespace = text(&set["metadata"], "namespace").to_owned();
        if !is_going(&set) {
            self.adopt(&set, &namespace);
        }
        let mut pods = self.controlled(PODS, &set);
        let going = pods.iter().filter(|pod| pod.pulse.going).count();
        pods.retain(|pod| self.facts.is_active(pod));
        let wanted = number(&set["spec"], "replicas");
        let has = pods.len() as i64;
        let mut born = 0;
        let about = About { api_version: "apps/v1", kind: "ReplicaSet", object: &set, path: "" };
        let mut failure = object::condition(&set, "ReplicaFailure").cloned();
        if !is_going(&set) {
            if has >= wanted {
                failure = None;
                self.served(Part::ReplicaSet, at);
            } else if !self.waits(Part::ReplicaSet, at) {
                failure = None;
                for _ in has..wanted {
                    let owner = object::owner("apps/v1", "ReplicaSet", &set);
                    let pod = object::pod(&set["spec"]["template"], &owner, &namespace);
                    match self.inside.try_create(PODS, &pod) {
                        Ok(pod) => {
                            let message = format!("Created pod: {}", text(&pod["metadata"], "name"));
                            self.tell(WHO, &about, "SuccessfulCreate", &message);
                            born += 1;
                        }
                        Err(why) => {
                            failure = Some(object::told(&set, "ReplicaFailure", true, "FailedCreate", &why, false));
                            let message = format!("Error creating: {why}");
                            self.refused(WHO, &about, Part::ReplicaSet, at, &message);
                            break;
                        }
                    }
                }
            }
            if has > wanted {
                // Those that work least go first, of equal ones the youngest.
                let rank = |pod: &Arc<Record>| {
                    let placed = !self.facts.node(pod).is_empty();
                    let born = text(&pod.value()["metadata"], "creationTimestamp").to_owned();
                    (placed, pod.pulse.ready, std::cmp::Reverse(born))
                };
                pods.sort_by_cached_key(rank);
                for pod in pods.drain(..(has - wanted) as usize) {
                    if self.inside.delete(PODS, &pod.key, &pod.uid()).is_ok() {
                        let message = format!("Deleted pod: {}", pod.name());
                        self.tell(WHO, &about, "SuccessfulDelete", &message);
                    }
                }
            }
        }
        let ready = pods.iter().filter(|pod| pod.pulse.ready).count();
        self.replica_status(&set, pods.len() + born, ready, going, failure);
    }

    fn replica_status(&mut self, set: &Value, all: usize, ready: usize, going: usize, failure: Option<Value>) {
        let mut status = json!({
            "replicas": all,
            "terminatingReplicas": going,
            "observedGeneration": set["metadata"]["generation"],
        });
        for (name, number) in [("fullyLabeledReplicas", all), ("readyReplicas", ready), ("availableReplicas", ready)] {
            set_some(&mut status, name, number as i64);
        }
        if let Some(failure) = failure {
            status["conditions"] = json!([failure]);
        }
        if set["status"] != status {
            let mut next = set.clone();
            next["status"] = status;
            let _ = self.inside.update(self.ids.replica_sets, "status", &next);
        }
    }

    /// Takes pods that nobody controls and that the selector names.
    fn adopt(&mut self, set: &Value, namespace: &str) {
        let Some(labels) = Labels::of_selector(&set["spec"]["selector"]) else { return };
        for record in self.inside.store().owned(PODS, "") {
            let fits = record.namespace() == namespace && !labels.is_empty() && labels.matches(&record.labels);
            if fits && self.facts.is_active(&record) {
                let owner = object::owner("apps/v1", "ReplicaSet", set);
                let change = json!({"metadata": {"ownerReferences": [owner], "uid": record.uid()}});
                let _ = self.inside.merge(PODS, &record.key, "", &change);
            }
        }
    }
}
