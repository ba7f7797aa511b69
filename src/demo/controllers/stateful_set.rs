//! Stateful sets: pods by number, one after the other.

use super::object::{self, is_going, key, number, set_some, text};
use super::tell::About;
use super::{Controllers, Part};
use crate::server::resource::PODS;
use crate::server::store::Record;
use serde_json::{Value, json};
use std::sync::Arc;

const WHO: &str = "statefulset-controller";
const HASH: &str = "controller-revision-hash";

fn ordinal(pod: &Record) -> i64 {
    pod.name().rsplit('-').next().and_then(|text| text.parse().ok()).unwrap_or(-1)
}

/// Whether a pod was made for the revision of this hash.
fn is_of(pod: &Record, hash: &str) -> bool {
    pod.labels.get(HASH).is_some_and(|it| it == hash)
}

fn partition(set: &Value) -> i64 {
    set["spec"]["updateStrategy"]["rollingUpdate"]["partition"].as_i64().unwrap_or(0)
}

impl Controllers {
    pub(super) fn stateful_set(&mut self, at: &str) {
        let Some(set) = self.inside.get(self.ids.stateful_sets, at) else { return };
        if is_going(&set) {
            return;
        }
        let mut pods = self.controlled(PODS, &set);
        pods.sort_by_key(|pod| ordinal(pod));
        let current = self.revision("StatefulSet", &set);
        let hash = current.name.clone();
        self.step(&set, &pods, &hash);
        let mut pods = self.controlled(PODS, &set);
        pods.retain(|pod| !self.facts.is_over(pod));
        self.stateful_status(&set, &pods, &current.name, &hash);
    }

    /// The next step towards what is wanted: in order, each waits for the one before it.
    fn step(&mut self, set: &Value, pods: &[Arc<Record>], hash: &str) {
        let wanted = number(&set["spec"], "replicas");
        let start = number(&set["spec"]["ordinals"], "start");
        let ordered = set["spec"]["podManagementPolicy"] != "Parallel";
        let about = About { api_version: "apps/v1", kind: "StatefulSet", object: set, path: "" };
        let name = text(&set["metadata"], "name").to_owned();
        let at = key(set);
        for number in start..start + wanted {
            match pods.iter().find(|pod| ordinal(pod) == number) {
                Some(pod) if self.facts.is_over(pod) && !pod.pulse.going => {
                    let _ = self.inside.delete(PODS, &pod.key, &pod.uid());
                    return;
                }
                Some(pod) if ordered && (pod.pulse.going || !pod.pulse.ready) => return,
                Some(_) => {}
                None if self.waits(Part::StatefulSet, &at) => return,
                None => {
                    self.claims(set, number);
                    let pod = self.versioned(set, number, hash);
                    let what = format!("create Pod {name}-{number} in StatefulSet {name}");
                    match self.inside.try_create(PODS, &pod) {
                        Ok(_) => {
                            let message = format!("{} successful", what.replacen('c', "C", 1));
                            self.tell(WHO, &about, "SuccessfulCreate", &message);
                            self.served(Part::StatefulSet, &at);
                        }
                        Err(why) => {
                            let message = format!("{what} failed error: {why}");
                            self.refused(WHO, &about, Part::StatefulSet, &at, &message);
                            return;
                        }
                    }
                    if ordered {
                        return;
                    }
                }
            }
        }
        let beyond = pods.iter().rev().filter(|pod| ordinal(pod) >= start + wanted);
        for pod in beyond {
            if !pod.pulse.going {
                self.remove(&about, pod, &name);
            }
            if ordered {
                return;
            }
        }
        if set["spec"]["updateStrategy"]["type"] != "RollingUpdate" {
            return;
        }
        for pod in pods.iter().rev().filter(|pod| ordinal(pod) >= start + partition(set)) {
            if !is_of(pod, hash) {
                if !pod.pulse.going {
                    self.remove(&about, pod, &name);
                }
                return;
            }
            if pod.pulse.going || !pod.pulse.ready {
                return;
            }
        }
    }

    /// A new pod: below the partition as those of the current revision are, else as the set says now.
    fn versioned(&self, set: &Value, number: i64, hash: &str) -> Value {
        let start = object::number(&set["spec"]["ordinals"], "start");
        let rolls = set["spec"]["updateStrategy"]["type"] == "RollingUpdate";
        let current = text(&set["status"], "currentRevision");
        if rolls && number < start + partition(set) && !current.is_empty() && current != hash {
            let at = format!("{}/{current}", text(&set["metadata"], "namespace"));
            if let Some(revision) = self.inside.get(self.ids.revisions, &at) {
                let mut before = set.clone();
                before["spec"]["template"] = revision["data"]["spec"]["template"].clone();
                return member(&before, number, current);
            }
        }
        member(set, number, hash)
    }

    fn remove(&mut self, about: &About<'_>, pod: &Record, name: &str) {
        if self.inside.delete(PODS, &pod.key, &pod.uid()).is_ok() {
            let message = format!("Delete Pod {} in StatefulSet {name} successful", pod.name());
            self.tell(WHO, about, "SuccessfulDelete", &message);
        }
    }

    fn claims(&mut self, set: &Value, number: i64) {
        for template in set["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
            let (base, of) = (text(&template["metadata"], "name"), text(&set["metadata"], "name"));
            let namespace = text(&set["metadata"], "namespace");
            let name = format!("{base}-{of}-{number}");
            if self.inside.get(self.ids.claims, &format!("{namespace}/{name}")).is_some() {
                continue;
            }
            let labels = &set["spec"]["selector"]["matchLabels"];
            let claim = json!({
                "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": template["spec"],
            });
            let _ = self.inside.create(self.ids.claims, &claim);
        }
    }

    fn stateful_status(&mut self, set: &Value, pods: &[Arc<Record>], name: &str, hash: &str) {
        let old = &set["status"];
        let live = || pods.iter().filter(|pod| !pod.pulse.going);
        let ready = live().filter(|pod| pod.pulse.ready).count() as i64;
        let updated = live().filter(|pod| is_of(pod, hash)).count() as i64;
        let wanted = number(&set["spec"], "replicas");
        let before = text(old, "currentRevision");
        let done = updated == wanted && ready == wanted && pods.len() as i64 == wanted;
        let current = if before.is_empty() || done { name } else { before };
        let mut status = json!({
            "observedGeneration": set["metadata"]["generation"],
            "replicas": pods.len(),
            "currentRevision": current,
            "updateRevision": name,
            "collisionCount": 0,
            "availableReplicas": ready,
        });
        let still = if current == name { updated } else { pods.len() as i64 - updated };
        for (name, number) in [("readyReplicas", ready), ("updatedReplicas", updated), ("currentReplicas", still)] {
            set_some(&mut status, name, number);
        }
        if *old != status {
            let mut next = set.clone();
            next["status"] = status;
            let _ = self.inside.update(self.ids.stateful_sets, "status", &next);
        }
    }
}

fn member(set: &Value, number: i64, hash: &str) -> Value {
    let metadata = &set["metadata"];
    let owner = object::owner("apps/v1", "StatefulSet", set);
    let mut pod = object::pod(&set["spec"]["template"], &owner, text(metadata, "namespace"));
    let name = format!("{}-{number}", text(metadata, "name"));
    pod["metadata"]["name"] = name.as_str().into();
    let labels = &mut pod["metadata"]["labels"];
    labels[HASH] = hash.into();
    labels["statefulset.kubernetes.io/pod-name"] = name.as_str().into();
    labels["apps.kubernetes.io/pod-index"] = number.to_string().into();
    pod["spec"]["hostname"] = name.into();
    if let Some(service) = set["spec"].get("serviceName") {
        pod["spec"]["subdomain"] = service.clone();
    }
    let mut volumes: Vec<Value> = pod["spec"]["volumes"].as_array().cloned().unwrap_or_default();
    for template in set["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
        let base = text(&template["metadata"], "name");
        let claim = format!("{base}-{}-{number}", text(metadata, "name"));
        volumes.push(json!({"name": base, "persistentVolumeClaim": {"claimName": claim}}));
    }
    if !volumes.is_empty() {
        pod["spec"]["volumes"] = volumes.into();
    }
    pod
}
