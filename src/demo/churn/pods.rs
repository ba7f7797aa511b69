//! What happens to pods.

use super::{Churn, Matter};
use crate::demo::content::{ADVISOR, USAGE, usage};
use crate::server::resource::{EVENTS, PODS};
use crate::server::store::Expected;
use crate::server::{now as moment, suffix};
use memchr::memmem;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::{Duration, Instant};

/// The most crash loops and events that go on.
const MOST: usize = 6;
/// How long a probe fails.
const FAILS: Duration = Duration::from_secs(9);

/// Writes a value over the one that follows a mark.
pub fn over(text: &mut [u8], mark: &[u8], value: &str) -> bool {
    let Some(at) = memmem::find(text, mark).map(|at| at + mark.len()) else { return false };
    match text.get_mut(at..at + value.len()) {
        Some(place) if memchr::memchr(b'"', place).is_none() => {
            place.copy_from_slice(value.as_bytes());
            true
        }
        _ => false,
    }
}

fn condition<'a>(pod: &'a mut Value, kind: &str) -> Option<&'a mut Value> {
    pod["status"]["conditions"].as_array_mut()?.iter_mut().find(|it| it["type"] == kind)
}

fn is_settled(pod: &Value) -> bool {
    pod["metadata"].get("deletionTimestamp").is_none() && pod["status"]["phase"] == "Running"
}

impl Churn {
    /// Finds what goes on: crash loops, and events that are told again.
    pub(super) fn find(&mut self) {
        let mut crashing = Vec::new();
        let _ = self.store.read(PODS, None, "", "", &mut |record| {
            let waits = || record.value()["status"]["containerStatuses"][0]["state"]["waiting"]["reason"].clone();
            if !record.pulse.ready && waits() == "CrashLoopBackOff" {
                crashing.push(record.key.clone());
            }
            crashing.len() < MOST
        });
        self.crashing = crashing;
        let mut reports = Vec::new();
        let _ = self.store.read(EVENTS, None, "", "", &mut |record| {
            let event = record.value();
            if matches!(event["reason"].as_str(), Some("BackOff" | "Unhealthy")) && event["count"].as_i64() > Some(5) {
                reports.push(record.key.clone());
            }
            reports.len() < MOST
        });
        self.reports = reports;
    }

    /// Changes a pod's status as its kubelet does; says whether it did.
    fn status(&mut self, key: &str, edit: impl FnOnce(&mut Value) -> bool) -> bool {
        let Some(mut pod) = self.inside.get(PODS, key) else { return false };
        edit(&mut pod) && self.inside.update(PODS, "status", &pod).is_ok()
    }

    /// A pod's usage is noted anew.
    pub(super) fn advise(&mut self, key: &str) -> bool {
        let (found, now) = (usage(self.rng.next() >> 8), moment());
        let value = format!("\"{USAGE}\":\"");
        let time = format!("\"manager\":\"{ADVISOR}\",\"operation\":\"Update\",\"time\":\"");
        let again = |text: &mut [u8]| over(text, value.as_bytes(), &found) && over(text, time.as_bytes(), &now);
        if self.store.retouch(PODS, key, again).is_some() {
            return true;
        }
        // The first time it has to be added.
        let Some(record) = self.store.get(PODS, key).filter(|record| record.pulse.ready) else { return false };
        if record.value()["metadata"]["annotations"].get(USAGE).is_some() {
            return false;
        }
        let change = json!({"metadata": {"annotations": {USAGE: found}}});
        self.inside.named(ADVISOR).merge(PODS, key, "", &change).is_ok()
    }

    /// A container ended and was started again.
    pub(super) fn again(&mut self, key: &str) -> bool {
        let Some(record) = self.store.get(PODS, key).filter(|record| record.pulse.ready) else { return false };
        let mut pod = record.value();
        if !is_settled(&pod) {
            return false;
        }
        let now = moment();
        let container = &mut pod["status"]["containerStatuses"][0];
        if !container["state"]["running"].is_object() {
            return false;
        }
        let ended = json!({
            "exitCode": 1, "reason": "Error", "startedAt": container["state"]["running"]["startedAt"],
            "finishedAt": now, "containerID": container["containerID"],
        });
        container["lastState"] = json!({"terminated": ended});
        container["state"] = json!({"running": {"startedAt": now}});
        container["restartCount"] = (container["restartCount"].as_i64().unwrap_or(0) + 1).into();
        for entry in pod["metadata"]["managedFields"].as_array_mut().into_iter().flatten() {
            if entry["manager"] == "kubelet" {
                entry["time"] = now.as_str().into();
            }
        }
        self.store.put(PODS, key, Expected::Version(record.version), pod).is_ok()
    }

    /// The pods of crash loops start, or end once more.
    pub(super) fn crash(&mut self) {
        for key in std::mem::take(&mut self.crashing) {
            let now = moment();
            let done = self.status(&key, |pod| {
                let name = format!(
                    "{}_{}({})",
                    pod["metadata"]["name"].as_str().unwrap_or_default(),
                    pod["metadata"]["namespace"].as_str().unwrap_or_default(),
                    pod["metadata"]["uid"].as_str().unwrap_or_default()
                );
                let settled = is_settled(pod);
                let container = &mut pod["status"]["containerStatuses"][0];
                if container["state"]["waiting"].is_object() {
                    container["state"] = json!({"running": {"startedAt": now}});
                    container["started"] = true.into();
                    container["restartCount"] = (container["restartCount"].as_i64().unwrap_or(0) + 1).into();
                } else if container["state"]["running"].is_object() {
                    let message = format!(
                        "back-off 5m0s restarting failed container={} pod={name}",
                        container["name"].as_str().unwrap_or_default()
                    );
                    let ended = json!({
                        "exitCode": 1, "reason": "Error", "startedAt": container["state"]["running"]["startedAt"],
                        "finishedAt": now, "containerID": container["containerID"],
                    });
                    container["lastState"] = json!({"terminated": ended});
                    container["state"] = json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}});
                    container["started"] = false.into();
                }
                settled
            });
            if done || self.store.get(PODS, &key).is_some_and(|record| !record.pulse.going) {
                self.crashing.push(key);
            }
        }
    }

    /// The probe of a pod fails for a while.
    pub(super) fn flap(&mut self, now: Instant) {
        for _ in 0..8 {
            let Some(key) = self.any_pod() else { return };
            if !self.store.get(PODS, &key).is_some_and(|record| record.pulse.ready) {
                continue;
            }
            if self.ready(&key, false) {
                self.unhealthy(&key);
                self.note(now + FAILS, Matter::Recover(key));
                return;
            }
        }
    }

    /// And is as it should be again.
    pub(super) fn recover(&mut self, key: &Arc<str>) {
        self.ready(key, true);
    }

    fn ready(&mut self, key: &str, ready: bool) -> bool {
        let now = moment();
        self.status(key, |pod| {
            let of_set = pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet";
            let container = &pod["status"]["containerStatuses"][0];
            if !of_set || !is_settled(pod) || container["ready"] == ready || !container["state"]["running"].is_object()
            {
                return false;
            }
            let name = container["name"].as_str().unwrap_or_default().to_owned();
            pod["status"]["containerStatuses"][0]["ready"] = ready.into();
            for kind in ["Ready", "ContainersReady"] {
                let Some(condition) = condition(pod, kind) else { continue };
                condition["status"] = if ready { "True" } else { "False" }.into();
                condition["lastTransitionTime"] = now.as_str().into();
                if ready {
                    condition.as_object_mut().map(|map| (map.remove("reason"), map.remove("message")));
                } else {
                    condition["reason"] = "ContainersNotReady".into();
                    condition["message"] = format!("containers with unready status: [{name}]").into();
                }
            }
            true
        })
    }

    fn unhealthy(&mut self, key: &str) {
        let Some(pod) = self.inside.get(PODS, key) else { return };
        let metadata = &pod["metadata"];
        let container = pod["spec"]["containers"][0]["name"].as_str().unwrap_or_default();
        let (name, now) = (metadata["name"].as_str().unwrap_or_default(), moment());
        let event = json!({
            "metadata": {"name": format!("{name}.18{}", suffix(14)), "namespace": metadata["namespace"]},
            "involvedObject": {
                "apiVersion": "v1", "kind": "Pod", "name": name, "namespace": metadata["namespace"],
                "uid": metadata["uid"], "fieldPath": format!("spec.containers{{{container}}}"),
            },
            "reason": "Unhealthy", "type": "Warning", "count": 1, "firstTimestamp": now, "lastTimestamp": now,
            "message": "Readiness probe failed: HTTP probe failed with statuscode: 503", "eventTime": null,
            "source": {"component": "kubelet", "host": pod["spec"]["nodeName"]},
            "reportingComponent": "kubelet", "reportingInstance": pod["spec"]["nodeName"],
        });
        let _ = self.inside.create(EVENTS, &event);
    }

    /// An event is told once more.
    pub(super) fn report(&mut self) {
        if self.reports.is_empty() {
            return;
        }
        let at = self.rng.below(self.reports.len());
        let key = self.reports[at].clone();
        let Some(event) = self.inside.get(EVENTS, &key) else {
            self.reports.swap_remove(at);
            return;
        };
        let count = event["count"].as_i64().unwrap_or(0) + 1;
        let _ = self.inside.merge(EVENTS, &key, "", &json!({"count": count, "lastTimestamp": moment()}));
    }
}
