//! Replica sets: as many pods as are wanted.

use super::object::{self, is_active, is_going, is_ready, key, number, set_some, text};
use super::tell::About;
use super::{Controllers, Labels};
use crate::server::resource::PODS;
use serde_json::{Value, json};

const WHO: &str = "replicaset-controller";

impl Controllers {
    pub(super) fn replica_set(&mut self, at: &str) {
        let Some(set) = self.inside.get(self.ids.replica_sets, at) else { return };
        let namespace = text(&set["metadata"], "namespace").to_owned();
        if !is_going(&set) {
            self.adopt(&set, &namespace);
        }
        let mut pods = self.owned(PODS, &set);
        let going = pods.iter().filter(|pod| is_going(pod)).count();
        pods.retain(is_active);
        let wanted = number(&set["spec"], "replicas");
        let has = pods.len() as i64;
        let about = About { api_version: "apps/v1", kind: "ReplicaSet", object: &set, path: "" };
        if !is_going(&set) {
            for _ in has..wanted {
                let owner = object::owner("apps/v1", "ReplicaSet", &set);
                let pod = object::pod(&set["spec"]["template"], &owner, &namespace);
                match self.inside.create(PODS, &pod) {
                    Ok(pod) => {
                        let message = format!("Created pod: {}", text(&pod["metadata"], "name"));
                        self.tell(WHO, &about, "SuccessfulCreate", &message);
                        pods.push(pod);
                    }
                    Err(_) => break,
                }
            }
            if has > wanted {
                // Those that work least go first, of equal ones the youngest.
                let rank = |pod: &Value| {
                    let placed = !text(&pod["spec"], "nodeName").is_empty();
                    let born = text(&pod["metadata"], "creationTimestamp").to_owned();
                    (placed, is_ready(pod), std::cmp::Reverse(born))
                };
                pods.sort_by_cached_key(rank);
                for pod in pods.drain(..(has - wanted) as usize) {
                    if self.inside.delete(PODS, &key(&pod), text(&pod["metadata"], "uid")).is_ok() {
                        let message = format!("Deleted pod: {}", text(&pod["metadata"], "name"));
                        self.tell(WHO, &about, "SuccessfulDelete", &message);
                    }
                }
            }
        }
        self.replica_status(&set, &pods, going);
    }

    fn replica_status(&mut self, set: &Value, pods: &[Value], going: usize) {
        let ready = pods.iter().filter(|pod| is_ready(pod)).count() as i64;
        let mut next = set.clone();
        let mut status = json!({
            "replicas": pods.len(),
            "terminatingReplicas": going,
            "observedGeneration": set["metadata"]["generation"],
        });
        for (name, number) in
            [("fullyLabeledReplicas", pods.len() as i64), ("readyReplicas", ready), ("availableReplicas", ready)]
        {
            set_some(&mut status, name, number);
        }
        if set["status"] != status {
            next["status"] = status;
            let _ = self.inside.update(self.ids.replica_sets, "status", &next);
        }
    }

    /// Takes pods that nobody controls and that the selector names.
    fn adopt(&mut self, set: &Value, namespace: &str) {
        let Some(labels) = Labels::of_selector(&set["spec"]["selector"]) else { return };
        let prefix = format!("{namespace}/");
        for record in self.inside.store().owned(PODS, "") {
            if record.key.starts_with(&prefix) && !labels.is_empty() && labels.matches(&record.labels) {
                let pod = record.value();
                if is_active(&pod) {
                    let owner = object::owner("apps/v1", "ReplicaSet", set);
                    let change = json!({"metadata": {"ownerReferences": [owner], "uid": pod["metadata"]["uid"]}});
                    let _ = self.inside.merge(PODS, &record.key, "", &change);
                }
            }
        }
    }
}
