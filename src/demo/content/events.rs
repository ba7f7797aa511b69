//! Events that belong to the objects of a cluster.

use super::pods::{Pod, State};
use super::workloads::Workloads;
use super::{DAY, HOUR, MINUTE, Node, managed, stamp};
use crate::demo::rng::Rng;
use serde_json::{Value, json};
use std::sync::Arc;

/// What an event is about.
#[derive(Clone, Debug)]
pub struct About {
    /// Its kind.
    pub kind: &'static str,
    /// Its apiVersion.
    pub api_version: &'static str,
    /// Its namespace; empty for none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// The part of it.
    pub field: Option<String>,
}

/// One event.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// What it is about.
    pub about: About,
    /// `Normal` or `Warning`.
    pub kind: &'static str,
    /// Why, in one word.
    pub reason: &'static str,
    /// Why, in words.
    pub message: String,
    /// Who reports.
    pub source: &'static str,
    /// The node on which it was seen; empty for none.
    pub host: String,
    /// How often it was seen; 0 for one in the newer form, with neither count nor first and last moment.
    pub count: u32,
    /// When first.
    pub first: i64,
    /// When last.
    pub last: i64,
}

impl Report {
    fn namespace(&self) -> &str {
        if self.about.namespace.is_empty() { "default" } else { &self.about.namespace }
    }

    /// The event as the API gives it.
    pub fn to_json(&self) -> Value {
        let mut about = json!({
            "kind": self.about.kind,
            "name": self.about.name,
            "uid": self.about.uid,
            "apiVersion": self.about.api_version,
        });
        if !self.about.namespace.is_empty() {
            about["namespace"] = self.about.namespace.as_str().into();
        }
        if let Some(field) = &self.about.field {
            about["fieldPath"] = field.as_str().into();
        }
        let mut event = json!({
            "metadata": {
                "name": self.name,
                "namespace": self.namespace(),
                "uid": self.uid,
                "creationTimestamp": stamp(self.first),
                "managedFields": [managed(self.source, "v1", self.last, false)],
            },
            "involvedObject": about,
            "reason": self.reason,
            "message": self.message,
            "type": self.kind,
            "reportingComponent": self.source,
            "reportingInstance": self.host,
        });
        if self.count == 0 {
            event["source"] = json!({});
            event["firstTimestamp"] = Value::Null;
            event["lastTimestamp"] = Value::Null;
            event["eventTime"] = stamp(self.first).replace('Z', ".204817Z").into();
            event["action"] = "Scheduling".into();
        } else {
            event["source"] = json!({"component": self.source});
            if !self.host.is_empty() {
                event["source"]["host"] = self.host.as_str().into();
            }
            event["firstTimestamp"] = stamp(self.first).into();
            event["lastTimestamp"] = stamp(self.last).into();
            event["count"] = self.count.into();
            event["eventTime"] = Value::Null;
        }
        event
    }
}

/// What is told of an object that is not a pod, a node or a deployment. Ages are seconds.
pub struct Story {
    /// What it is about.
    pub about: About,
    /// `Normal` or `Warning`.
    pub kind: &'static str,
    /// Why, in one word.
    pub reason: &'static str,
    /// Why, in words.
    pub message: String,
    /// Who reports.
    pub source: &'static str,
    /// How often it was seen.
    pub count: u32,
    /// How long ago it was first seen.
    pub since: i64,
    /// And last.
    pub until: i64,
}

struct Recorder<'a> {
    rng: &'a mut Rng,
    now: i64,
    reports: Vec<Report>,
}

impl Recorder<'_> {
    fn report(&mut self, about: About, kind: &'static str, reason: &'static str, message: String) -> &mut Report {
        let source = if about.kind == "Pod" { "kubelet" } else { "deployment-controller" };
        let name = format!("{}.18{}", about.name, self.rng.hex(14));
        let (first, last) = (self.now - 10 * MINUTE, self.now - 10 * MINUTE);
        let (uid, host) = (self.rng.uid(), String::new());
        self.reports.push(Report { name, uid, about, kind, reason, message, source, host, count: 1, first, last });
        let at = self.reports.len() - 1;
        &mut self.reports[at]
    }

    fn pod(&mut self, pod: &Pod, kind: &'static str, reason: &'static str, message: String, age: i64) -> &mut Report {
        let now = self.now;
        let host = pod.node.as_ref().map(|node| node.name.clone()).unwrap_or_default();
        let container = pod.containers.first().map_or("", |(name, _)| name.as_str());
        let mut about = about_pod(pod);
        about.field = Some(format!("spec.containers{{{container}}}"));
        let report = self.report(about, kind, reason, message);
        (report.host, report.first, report.last) = (host, now - age, now - age);
        report
    }

    /// Placed, pulled, created, started.
    fn start(&mut self, pod: &Pod, until: usize) {
        let Some(node) = &pod.node else { return };
        let (container, image) = pod.containers.first().cloned().unwrap_or_default();
        let age = self.now - pod.created;
        let scheduled = format!("Successfully assigned {} to {}", pod.key(), node.name);
        let report = self.pod(pod, "Normal", "Scheduled", scheduled, age);
        (report.source, report.host, report.count) = ("default-scheduler", String::new(), 0);
        report.about.field = None;
        let steps = [
            ("Pulling", format!("Pulling image \"{image}\"")),
            (
                "Pulled",
                format!(
                    "Successfully pulled image \"{image}\" in 3.417s (3.417s including waiting). Image size: 184213504 bytes."
                ),
            ),
            ("Created", format!("Container created: {container}")),
            ("Started", "Container started".to_owned()),
        ];
        for (i, (reason, message)) in steps.into_iter().enumerate().take(until) {
            self.pod(pod, "Normal", reason, message, (age - 2 - i as i64).max(0));
        }
    }

    fn trouble(&mut self, pod: &Pod) {
        let now = self.now;
        let (container, image) = pod.containers.first().cloned().unwrap_or_default();
        match &pod.state {
            State::CrashLoop { restarts, last } => {
                let message = format!(
                    "Back-off restarting failed container {container} in pod {}_{}({})",
                    pod.name, pod.namespace, pod.uid
                );
                let report = self.pod(pod, "Warning", "BackOff", message, 20);
                (report.count, report.first) = (restarts * 23, pod.created + 60);
                let message =
                    format!("Container image \"{image}\" already present on machine and can be accessed by the pod");
                let report = self.pod(pod, "Normal", "Pulled", message, now - last + 40);
                (report.count, report.first) = (restarts + 1, pod.created + 4);
            }
            State::ImagePull => {
                self.start(pod, 1);
                let message = format!(
                    "Failed to pull image \"{image}\": rpc error: code = NotFound desc = failed to pull and unpack image \
                     \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
                );
                self.pod(pod, "Warning", "Failed", message, 4 * MINUTE).count = 9;
                self.pod(pod, "Warning", "Failed", "Error: ImagePullBackOff".to_owned(), 30).count = 101;
                self.pod(pod, "Normal", "BackOff", format!("Back-off pulling image \"{image}\""), 15).count = 102;
            }
            State::Unschedulable(message) => {
                let report = self.pod(pod, "Warning", "FailedScheduling", message.clone(), now - pod.created);
                (report.source, report.host, report.count) = ("default-scheduler", String::new(), 0);
                report.about.field = None;
            }
            State::Init => self.start(pod, 2),
            State::Unready { since } => {
                let message = "Readiness probe failed: HTTP probe failed with statuscode: 503".to_owned();
                let report = self.pod(pod, "Warning", "Unhealthy", message, 4);
                (report.first, report.count) = (*since, ((now - since) / 10) as u32);
            }
            State::Evicted(message) => {
                let report = self.pod(pod, "Warning", "Evicted", message.clone(), 52 * MINUTE);
                report.about.field = None;
            }
            State::Terminating(since) => {
                self.pod(pod, "Normal", "Killing", format!("Stopping container {container}"), now - since);
            }
            State::Running { last: Some(("OOMKilled", _, at)), .. } if now - at < HOUR => {
                let message =
                    format!("Liveness probe failed: Get \"http://{}:8080/healthz\": context deadline exceeded", pod.ip);
                self.pod(pod, "Warning", "Unhealthy", message, now - at + 3).count = 3;
            }
            _ if now - pod.created < HOUR => self.start(pod, 4),
            _ => {}
        }
    }

    fn node(
        &mut self,
        node: &Node,
        kind: &'static str,
        reason: &'static str,
        source: &'static str,
        message: String,
    ) -> &mut Report {
        // The uid of a node's events is its name where the kubelet writes them.
        let uid = node.name.clone();
        let name = node.name.clone();
        let about = About { kind: "Node", api_version: "", namespace: String::new(), name, uid, field: None };
        let report = self.report(about, kind, reason, message);
        report.source = source;
        report
    }
}

fn about_pod(pod: &Pod) -> About {
    About {
        kind: "Pod",
        api_version: "v1",
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
        uid: pod.uid.clone(),
        field: None,
    }
}

/// The events of the last hour.
pub fn reports(
    rng: &mut Rng,
    nodes: &[Arc<Node>],
    workloads: &Workloads,
    stories: Vec<Story>,
    now: i64,
) -> Vec<Report> {
    let mut recorder = Recorder { rng, now, reports: Vec::new() };
    for pod in &workloads.pods {
        recorder.trouble(pod);
    }
    let lost = |pod: &&Pod| pod.node.as_ref().is_some_and(|node| node.lost.is_some()) && pod.is_active();
    for pod in workloads.pods.iter().filter(lost) {
        let at = pod.node.as_ref().and_then(|node| node.lost).unwrap_or(now);
        let report = recorder.pod(pod, "Warning", "NodeNotReady", "Node is not ready".to_owned(), now - at);
        report.source = "node-controller";
        report.about.field = None;
    }
    for node in nodes {
        if let Some(lost) = node.lost {
            let message = format!("Node {} status is now: NodeNotReady", node.name);
            let report = recorder.node(node, "Normal", "NodeNotReady", "node-controller", message);
            (report.first, report.last) = (lost, lost);
        }
        if node.cordoned {
            let message = format!("Node {} status is now: NodeNotSchedulable", node.name);
            recorder.node(node, "Normal", "NodeNotSchedulable", "kubelet", message);
        }
    }
    if let Some(node) = nodes.iter().find(|node| node.takes_pods()) {
        let message = "Memory cgroup out of memory: Killed process 31337 (risk-engine) total-vm:2841204kB, \
            anon-rss:1048102kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:2412kB oom_score_adj:968";
        let report = recorder.node(node, "Warning", "OOMKilling", "kernel-monitor", message.to_owned());
        (report.first, report.last, report.count) = (now - 5 * HOUR, now - 3 * MINUTE, 7);
    }
    for deployment in &workloads.deployments {
        let app = deployment.app;
        let about = About {
            kind: "Deployment",
            api_version: "apps/v1",
            namespace: app.namespace.to_owned(),
            name: app.name.to_owned(),
            uid: deployment.uid.clone(),
            field: None,
        };
        if now - deployment.rolled < DAY
            && let Some(set) = deployment.current()
        {
            let message = format!("Scaled up replica set {} from 0 to {}", set.owner.name, set.wanted);
            let report = recorder.report(about.clone(), "Normal", "ScalingReplicaSet", message);
            (report.first, report.last) = (deployment.rolled, deployment.rolled);
        }
        if let (Some(refused), Some(set)) = (&deployment.refused, deployment.current()) {
            let about =
                About { kind: "ReplicaSet", name: set.owner.name.clone(), uid: set.owner.uid.clone(), ..about.clone() };
            let report = recorder.report(about, "Warning", "FailedCreate", format!("Error creating: {refused}"));
            (report.source, report.count) = ("replicaset-controller", 17);
            (report.first, report.last) = (deployment.rolled, now - 2 * MINUTE);
        }
        if app.name == "payment-gateway" {
            let message = "灰度发布已暂停：过去 5 分钟错误率 3.2% 超过阈值 1%，请支付平台组确认后继续";
            let report = recorder.report(about, "Warning", "CanaryPaused", message.to_owned());
            (report.source, report.count) = ("release-bot", 2);
            (report.first, report.last) = (now - 18 * MINUTE, now - 6 * MINUTE);
        }
    }
    for story in stories {
        let report = recorder.report(story.about, story.kind, story.reason, story.message);
        (report.source, report.count, report.first, report.last) =
            (story.source, story.count, now - story.since, now - story.until);
    }
    recorder.reports
}
