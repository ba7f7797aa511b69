//! Pods in the states in which a company's pods are.

use super::nodes::Node;
use super::template::INIT_IMAGE;
use super::{DAY, MINUTE, fields_of, managed_as, stamp};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Who notes what pods use, and as what.
pub const ADVISOR: &str = "usage-advisor";
/// See [`ADVISOR`].
pub const USAGE: &str = "advisor.example.com/usage";

/// What a pod uses, as the advisor writes it: always as long.
pub fn usage(dice: u64) -> String {
    format!("cpu={:04}m,memory={:05}Mi", 3 + dice % 900, 40 + dice / 1000 % 1900)
}

/// How a pod fares. Moments are seconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Runs; `last` is when and how it ended before: reason, exit code, moment.
    Running { ready: bool, restarts: u32, last: Option<(&'static str, i64, i64)> },
    /// Runs, and is not ready since this moment.
    Unready { since: i64 },
    /// Waits before it is started again after an end at this moment.
    CrashLoop { restarts: u32, last: i64 },
    /// Waits for an image that cannot be pulled.
    ImagePull,
    /// Found no node, in the scheduler's words.
    Unschedulable(String),
    /// Waits for its two init containers.
    Init,
    /// Ended with this exit code.
    Failed { exit: i64, at: i64 },
    /// Ended well.
    Completed { at: i64 },
    /// Was evicted, in the kubelet's words.
    Evicted(String),
    /// Is being deleted since this moment.
    Terminating(i64),
}

/// What owns a pod.
#[derive(Clone, Debug)]
pub struct Owner {
    /// `apps/v1`.
    pub api_version: &'static str,
    /// `ReplicaSet`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

/// One pod.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// What owns it.
    pub owner: Arc<Owner>,
    /// Its labels.
    pub labels: Arc<Vec<(&'static str, String)>>,
    /// What it is made of.
    pub template: Arc<Value>,
    /// Names and images of its containers.
    pub containers: Arc<Vec<(String, String)>>,
    /// Where it runs.
    pub node: Option<Arc<Node>>,
    /// Its address.
    pub ip: String,
    /// When it was created.
    pub created: i64,
    /// How it fares.
    pub state: State,
}

impl Pod {
    /// `namespace/name`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Whether it counts as ready for its deployment.
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Running { ready: true, .. })
            && self.node.as_ref().is_some_and(|node| node.lost.is_none())
    }

    /// Whether it has an address and is neither over nor going.
    pub fn is_placed(&self) -> bool {
        self.is_active() && !matches!(self.state, State::Unschedulable(_) | State::ImagePull)
    }

    /// Whether a quota counts it.
    pub fn counts(&self) -> bool {
        !matches!(self.state, State::Failed { .. } | State::Completed { .. } | State::Evicted(_))
    }

    /// Whether its deployment counts it at all.
    pub fn is_active(&self) -> bool {
        !matches!(
            self.state,
            State::Failed { .. } | State::Completed { .. } | State::Evicted(_) | State::Terminating(_)
        )
    }

    fn phase(&self) -> &'static str {
        match self.state {
            State::Running { .. } | State::Unready { .. } | State::CrashLoop { .. } | State::Terminating(_) => {
                "Running"
            }
            State::ImagePull | State::Unschedulable(_) | State::Init => "Pending",
            State::Failed { .. } | State::Evicted(_) => "Failed",
            State::Completed { .. } => "Succeeded",
        }
    }

    fn container_id(&self, name: &str) -> String {
        let digits = self.uid.replace('-', "");
        format!("containerd://{digits}{}{:02x}", &digits[..30.min(digits.len())], name.len())
    }

    fn ended(&self, name: &str, reason: &str, exit: i64, at: i64) -> Value {
        let started = (at - 47).max(self.created + 5).min(at);
        json!({
            "exitCode": exit,
            "reason": reason,
            "startedAt": stamp(started),
            "finishedAt": stamp(at),
            "containerID": self.container_id(name),
        })
    }

    fn container_status(&self, at: usize, name: &str, image: &str) -> Value {
        let main = at == 0;
        let started = self.created + 6;
        let running = |since: i64| json!({"running": {"startedAt": stamp(since)}});
        let (state, last, restarts, ready) = match &self.state {
            State::Running { ready, restarts, last } if main => {
                let previous = last.map(|(reason, exit, at)| json!({"terminated": self.ended(name, reason, exit, at)}));
                (running(last.map_or(started, |(_, _, at)| at + 1)), previous, *restarts, *ready)
            }
            State::CrashLoop { restarts, last } if main => {
                let message = format!(
                    "back-off 5m0s restarting failed container={name} pod={}_{}({})",
                    self.name, self.namespace, self.uid
                );
                let waiting = json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}});
                (waiting, Some(json!({"terminated": self.ended(name, "Error", 1, *last)})), *restarts, false)
            }
            State::Unready { .. } => (running(started), None, 0, !main),
            State::Running { .. } | State::Terminating(_) | State::CrashLoop { .. } => {
                (running(started), None, 0, true)
            }
            State::ImagePull if main => {
                let message = format!("Back-off pulling image \"{image}\": ErrImagePull: not found");
                (json!({"waiting": {"reason": "ImagePullBackOff", "message": message}}), None, 0, false)
            }
            State::Init => (json!({"waiting": {"reason": "PodInitializing"}}), None, 0, false),
            State::Failed { exit, at } => {
                (json!({"terminated": self.ended(name, "Error", *exit, *at)}), None, 0, false)
            }
            State::Completed { at } => (json!({"terminated": self.ended(name, "Completed", 0, *at)}), None, 0, false),
            _ => (json!({"waiting": {"reason": "ContainerCreating"}}), None, 0, false),
        };
        let started = state.get("running").is_some();
        let waiting_first = state.get("waiting").is_some() && last.is_none();
        let mut status = json!({
            "name": name,
            "image": image,
            "imageID": if waiting_first { String::new() } else { image_id(image) },
            "ready": ready,
            "started": started,
            "restartCount": restarts,
            "state": state,
            "lastState": last.unwrap_or_else(|| json!({})),
        });
        if !waiting_first {
            status["containerID"] = self.container_id(name).into();
        }
        status
    }

    fn conditions(&self) -> Vec<Value> {
        let placed = self.created + 1;
        let condition = |kind: &str, good: bool, at: i64, why: Option<(&str, &str)>| {
            let mut condition = json!({
                "type": kind,
                "status": if good { "True" } else { "False" },
                "lastProbeTime": null,
                "lastTransitionTime": stamp(at),
            });
            if let Some((reason, message)) = why {
                condition["reason"] = reason.into();
                condition["message"] = message.into();
            }
            condition
        };
        if let State::Unschedulable(message) = &self.state {
            return vec![condition("PodScheduled", false, placed, Some(("Unschedulable", message)))];
        }
        let names: Vec<&str> = self.containers.iter().map(|(name, _)| name.as_str()).collect();
        let unready = format!("containers with unready status: [{}]", names.join(" "));
        let done = matches!(self.state, State::Completed { .. });
        let ready = matches!(self.state, State::Running { ready: true, .. } | State::Terminating(_));
        let why = match self.state {
            _ if ready => None,
            State::Completed { .. } => Some(("PodCompleted", "")),
            State::Failed { .. } | State::Evicted(_) => Some(("PodFailed", "")),
            _ => Some(("ContainersNotReady", unready.as_str())),
        };
        let since = match self.state {
            State::CrashLoop { last, .. } => last,
            State::Unready { since } => since,
            State::Failed { at, .. } | State::Completed { at } => at,
            State::Running { last: Some((_, _, at)), .. } => at + 8,
            _ => self.created + 12,
        };
        let initialized = !matches!(self.state, State::Init);
        let init_why = Some(("ContainersNotInitialized", "containers with incomplete status: [wait-for-db migrate]"));
        let mut all = vec![
            condition("PodReadyToStartContainers", !done, placed + 2, None),
            condition("Initialized", initialized, placed, init_why.filter(|_| !initialized)),
        ];
        match self.node.as_ref().and_then(|node| node.lost) {
            Some(lost) if ready => all.push(condition("Ready", false, lost, None)),
            _ => all.push(condition("Ready", ready, since, why)),
        }
        all.push(condition("ContainersReady", ready, since, why));
        all.push(condition("PodScheduled", true, placed, None));
        all
    }

    fn status(&self) -> Value {
        let mut status = json!({
            "phase": self.phase(),
            "conditions": self.conditions(),
            "qosClass": "Burstable",
        });
        if let State::Evicted(message) = &self.state {
            return json!({
                "phase": "Failed", "reason": "Evicted", "message": message,
                "startTime": stamp(self.created + 1), "qosClass": "BestEffort",
            });
        }
        let Some(node) = &self.node else { return status };
        status["startTime"] = stamp(self.created + 1).into();
        status["hostIP"] = node.ip.as_str().into();
        status["hostIPs"] = json!([{"ip": node.ip}]);
        status["podIP"] = self.ip.as_str().into();
        status["podIPs"] = json!([{"ip": self.ip}]);
        let containers = self.containers.iter().enumerate();
        status["containerStatuses"] =
            containers.map(|(i, (name, image))| self.container_status(i, name, image)).collect();
        if self.state == State::Init {
            let since = stamp(self.created + 9);
            let init = |name: &str, state: Value| {
                json!({
                    "name": name, "image": INIT_IMAGE, "imageID": "", "ready": false, "started": false,
                    "restartCount": 0, "state": state, "lastState": {},
                })
            };
            status["initContainerStatuses"] = json!([
                init("wait-for-db", json!({"running": {"startedAt": since}})),
                init("migrate", json!({"waiting": {"reason": "PodInitializing"}})),
            ]);
        } else if let Some(all) = self.template["spec"]["initContainers"].as_array() {
            let done = |it: &Value| {
                let name = it["name"].as_str().unwrap_or_default();
                let ended = self.ended(name, "Completed", 0, self.created + 5);
                json!({
                    "name": name, "image": INIT_IMAGE, "imageID": image_id(INIT_IMAGE), "ready": true, "started": false,
                    "restartCount": 0, "state": {"terminated": ended}, "lastState": {},
                    "containerID": self.container_id(name),
                })
            };
            status["initContainerStatuses"] = all.iter().map(done).collect();
        }
        status
    }

    fn spec(&self) -> Value {
        let mut spec = self.template["spec"].clone();
        let mount = "kube-api-access";
        for list in ["initContainers", "containers"] {
            for container in spec[list].as_array_mut().into_iter().flatten() {
                let token = json!({
                    "name": mount, "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
                });
                match container["volumeMounts"].as_array_mut() {
                    Some(mounts) => mounts.push(token),
                    None => container["volumeMounts"] = json!([token]),
                }
            }
        }
        let downward =
            json!([{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]);
        let mut volumes = vec![json!({
            "name": mount,
            "projected": {"defaultMode": 420, "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {"downwardAPI": {"items": downward}},
            ]},
        })];
        volumes.extend(spec["volumes"].as_array().cloned().unwrap_or_default());
        if self.owner.kind == "StatefulSet" {
            let claim = json!({"claimName": format!("data-{}", self.name)});
            volumes.push(json!({"name": "data", "persistentVolumeClaim": claim}));
            spec["hostname"] = self.name.as_str().into();
            spec["subdomain"] = format!("{}-headless", self.owner.name).into();
        }
        spec["volumes"] = volumes.into();
        spec["enableServiceLinks"] = true.into();
        spec["priority"] = 0.into();
        spec["preemptionPolicy"] = "PreemptLowerPriority".into();
        let tolerate =
            |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
        if spec["tolerations"].is_null() {
            spec["tolerations"] =
                json!([tolerate("node.kubernetes.io/not-ready"), tolerate("node.kubernetes.io/unreachable")]);
        }
        if let Some(node) = &self.node {
            spec["nodeName"] = node.name.as_str().into();
        }
        spec
    }

    /// What the advisor found it to use, and when.
    fn advice(&self, now: i64) -> [String; 2] {
        let dice = self.uid.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let at = (now - 40 - (dice % 300).cast_signed()).max(self.created + 20);
        [usage(dice), stamp(at)]
    }

    /// What is alike in the pods of one owner but for [`Pod::texts`]; `None` for one that has something of its own.
    pub fn kin(&self, now: i64) -> Option<(&str, bool)> {
        let node = self.node.as_ref()?;
        let well = self.state == State::Running { ready: true, restarts: 0, last: None } && node.lost.is_none();
        let alike = matches!(self.owner.kind, "ReplicaSet" | "DaemonSet");
        (well && alike && self.created < now - DAY).then_some((self.owner.uid.as_str(), self.owner.kind == "DaemonSet"))
    }

    /// The texts by which the pods of one owner differ, its name first.
    pub fn texts(&self, now: i64) -> Vec<String> {
        let [usage, at] = self.advice(now);
        let node = self.node.as_ref();
        let (host, ip) = node.map_or(("", ""), |node| (node.name.as_str(), node.ip.as_str()));
        let mut texts =
            vec![self.name.clone(), self.uid.clone(), host.to_owned(), ip.to_owned(), self.ip.clone(), usage, at];
        texts.extend(self.containers.iter().map(|(name, _)| self.container_id(name)));
        let first = self.template["spec"]["initContainers"].as_array().into_iter().flatten();
        texts.extend(first.map(|it| self.container_id(it["name"].as_str().unwrap_or_default())));
        texts.extend([0, 1, 3, 5, 6, 12].map(|after| stamp(self.created + after)));
        texts
    }

    /// The pod as the API gives it.
    pub fn to_json(&self, now: i64) -> Value {
        let labels: Map<String, Value> =
            self.labels.iter().map(|(key, value)| ((*key).to_owned(), value.as_str().into())).collect();
        let writer = match self.owner.kind {
            "StatefulSet" | "DaemonSet" | "Job" | "ReplicaSet" => "kube-controller-manager",
            _ => "kubectl-create",
        };
        let heard = if self.created < now - DAY { now - 7 * MINUTE } else { self.created + 8 };
        let mut metadata = json!({
            "name": self.name,
            "generateName": format!("{}-", self.owner.name),
            "namespace": self.namespace,
            "uid": self.uid,
            "creationTimestamp": stamp(self.created),
            "labels": labels,
            "annotations": self.template["metadata"]["annotations"],
            "ownerReferences": [{
                "apiVersion": self.owner.api_version,
                "kind": self.owner.kind,
                "name": self.owner.name,
                "uid": self.owner.uid,
                "controller": true,
                "blockOwnerDeletion": true,
            }],
        });
        let (spec, status) = (self.spec(), self.status());
        let written = json!({
            "metadata": {
                "annotations": metadata["annotations"], "generateName": "", "labels": metadata["labels"],
                "ownerReferences": metadata["ownerReferences"],
            },
            "spec": self.template["spec"],
        });
        let mut managers = vec![
            managed_as(writer, "v1", self.created, &fields_of(&written), false),
            managed_as("kubelet", "v1", heard, &json!({"f:status": fields_of(&status)}), true),
        ];
        if self.is_active() && self.node.is_some() {
            let [usage, at] = self.advice(now);
            metadata["annotations"][USAGE] = usage.into();
            let fields = json!({"f:metadata": {"f:annotations": {format!("f:{USAGE}"): {}}}});
            let mut entry = managed_as(ADVISOR, "v1", 0, &fields, false);
            entry["time"] = at.into();
            managers.push(entry);
        }
        metadata["managedFields"] = managers.into();
        if let State::Terminating(since) = self.state {
            // The moment at which the grace period is over.
            metadata["deletionTimestamp"] = stamp(since + 30).into();
            metadata["deletionGracePeriodSeconds"] = 30.into();
        }
        json!({"metadata": metadata, "spec": spec, "status": status})
    }
}

/// What the runtime calls an image: by what it holds.
fn image_id(image: &str) -> String {
    format!("{}@sha256:{}", image.split(':').next().unwrap_or(image), "3f".repeat(32))
}
