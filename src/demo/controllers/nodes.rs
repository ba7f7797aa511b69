//! Nodes that fail, come back, are cordoned or go: their taints, and what becomes of their pods.

use super::object::{self, condition, is_going, is_over, is_ready, key, text, told};
use super::tell::{self, About};
use super::{Controllers, Part, scheduler};
use crate::server::now;
use crate::server::resource::{NODES, PODS};
use crate::server::store::{Event, Record};
use serde_json::{Value, json};
use tokio::time::Duration;

const WHO: &str = "node-controller";
const EVICTS: &str = "taint-eviction-controller";
const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// The taints of what a node tells of itself: a condition, the status that is bad, and the taint.
const TROUBLES: [(&str, &str, &str); 4] = [
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
];

/// How long the pods of a node that is gone are left, in case it comes back.
const GONE: Duration = Duration::from_secs(2);
/// How long a new node may take until its kubelet has told of it.
const FIRST_WORD: Duration = Duration::from_secs(10);

/// The status of a condition; empty where there is none.
fn status<'a>(node: &'a Value, kind: &str) -> &'a str {
    condition(node, kind).map_or("", |it| text(it, "status"))
}

impl Controllers {
    /// A node came, changed or went: who waits for one, who runs on each, and the node itself.
    pub(super) fn note_node(&mut self, event: &Event) {
        // A heartbeat changes nothing.
        if let (Some(old), Some(new)) = (&event.old, &event.new)
            && old.pulse == new.pulse
            && old.fields == new.fields
            && old.labels == new.labels
        {
            let told = |value: &Value| -> Vec<(Value, Value)> {
                let all = value["status"]["conditions"].as_array().into_iter().flatten();
                all.map(|it| (it["type"].clone(), it["status"].clone())).collect()
            };
            let (old, new) = (old.value(), new.value());
            if old["spec"] == new["spec"] && told(&old) == told(&new) {
                return;
            }
        }
        let kept_from = |record: &Record| record.value()["spec"]["unschedulable"] == true;
        if let (Some(old), Some(new)) = (&event.old, &event.new)
            && kept_from(new)
            && !kept_from(old)
        {
            // Who empties a node waits for what has to leave others.
            self.begin_nodes();
        }
        for key in &self.waiting {
            self.work.insert((Part::Schedule, key.clone()));
        }
        for record in self.inside.list(self.ids.daemon_sets, "") {
            self.add(Part::DaemonSet, &record.key);
        }
        match (&event.old, &event.new) {
            (_, Some(new)) => self.add(Part::Node, &new.key),
            (Some(old), None) => {
                let gone = old.value();
                let name = text(&gone["metadata"], "name");
                let message = format!("Node {name} event: Removing Node {name} from Controller");
                self.tell(WHO, &about(&gone), "RemovingNode", &message);
                self.after(GONE, Part::Node, name);
            }
            (None, None) => {}
        }
    }

    /// Looks at the nodes that are not well: with churn, or once a node is to be emptied.
    pub(super) fn begin_nodes(&mut self) {
        for record in self.inside.list(NODES, "") {
            if !record.pulse.ready {
                self.add(Part::Node, &record.key);
            }
        }
    }

    /// The keys of the pods on a node.
    fn pods_on(&self, node: &str) -> Vec<String> {
        let mut keys = Vec::new();
        let _ = self.inside.store().read(PODS, None, "", "", &mut |pod| {
            if self.facts.node(pod) == node {
                keys.push(pod.key.to_string());
            }
            true
        });
        keys
    }

    pub(super) fn node(&mut self, name: &str) {
        let Some(node) = self.inside.get(NODES, name) else {
            self.without_node(name);
            return;
        };
        if condition(&node, "Ready").is_none() && !self.has_word(&node, name) {
            return;
        }
        let ready = is_ready(&node);
        let was = text_of_taints(&node, "NoExecute").all(|key| key != NOT_READY && key != UNREACHABLE);
        let Some(node) = self.taint(&node) else { return };
        if ready != was {
            let word = if ready { "NodeReady" } else { "NodeNotReady" };
            let who = if ready { "kubelet" } else { WHO };
            self.tell(who, &about(&node), word, &format!("Node {name} status is now: {word}"));
        }
        for at in self.pods_on(name) {
            if ready {
                self.revive(&at);
            } else {
                self.lose(&at);
            }
            self.add(Part::Evict, &at);
        }
    }

    /// Whether the kubelet of a node has told of it. Where it has not for too long, its state is not known.
    fn has_word(&mut self, node: &Value, name: &str) -> bool {
        let born = node["metadata"]["creationTimestamp"].as_str().and_then(|it| it.parse::<jiff::Timestamp>().ok());
        let age = born.map_or(0, |born| crate::server::moment().as_second() - born.as_second());
        let _ = self.taint(node);
        if (age.max(0) as u64) < FIRST_WORD.as_secs() && self.late.insert(name.to_owned()) {
            self.after(FIRST_WORD, Part::Node, name);
            return false;
        }
        if self.pending.contains_key(&(Part::Node, name.to_owned())) {
            return false;
        }
        self.late.remove(name);
        let kinds = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"];
        let unknown = kinds.map(|kind| {
            json!({
                "type": kind, "status": "Unknown", "reason": "NodeStatusNeverUpdated",
                "message": "Kubelet never posted node status.",
                "lastHeartbeatTime": node["metadata"]["creationTimestamp"], "lastTransitionTime": now(),
            })
        });
        let change = json!({"status": {"conditions": unknown}});
        let _ = self.inside.named("kube-controller-manager").merge(NODES, name, "status", &change);
        false
    }

    /// Gives a node the taints that it should have, and gives it back.
    fn taint(&mut self, node: &Value) -> Option<Value> {
        let mut wanted: Vec<(&str, &str)> = Vec::new();
        if node["spec"]["unschedulable"] == true {
            wanted.push((UNSCHEDULABLE, "NoSchedule"));
        }
        let bad = TROUBLES.iter().filter(|(kind, bad, _)| status(node, kind) == *bad);
        wanted.extend(bad.map(|(_, _, taint)| (*taint, "NoSchedule")));
        match status(node, "Ready") {
            "True" => {}
            "False" => wanted.extend([(NOT_READY, "NoSchedule"), (NOT_READY, "NoExecute")]),
            "" => wanted.push((NOT_READY, "NoSchedule")),
            _ => wanted.extend([(UNREACHABLE, "NoSchedule"), (UNREACHABLE, "NoExecute")]),
        }
        let ours = |key: &str| {
            [NOT_READY, UNREACHABLE, UNSCHEDULABLE].contains(&key) || TROUBLES.iter().any(|(_, _, taint)| *taint == key)
        };
        let has = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
        let is = |it: &Value, key: &str, effect: &str| it["key"] == key && it["effect"] == effect;
        let mut taints = has.clone();
        taints.retain(|it| {
            let key = text(it, "key");
            !ours(key) || wanted.iter().any(|(key, effect)| is(it, key, effect))
        });
        for (key, effect) in wanted {
            if !taints.iter().any(|it| is(it, key, effect)) {
                taints.push(json!({"key": key, "effect": effect, "timeAdded": now()}));
            }
        }
        if taints == has {
            return Some(node.clone());
        }
        let taints = if taints.is_empty() { Value::Null } else { taints.into() };
        let change = json!({"spec": {"taints": taints}});
        let client = self.inside.named("kube-controller-manager");
        client.merge(NODES, text(&node["metadata"], "name"), "", &change).ok()
    }

    /// A pod of a node that is not heard of is not ready.
    fn lose(&mut self, at: &str) {
        let Some(pod) = self.inside.get(PODS, at).filter(is_ready) else { return };
        if self.set_ready(&pod, false) {
            self.warn(WHO, &tell::pod(&pod), "NodeNotReady", "Node is not ready");
        }
    }

    /// The kubelet is back: what still runs is ready again, and what had to wait goes on.
    fn revive(&mut self, at: &str) {
        let Some(pod) = self.inside.get(PODS, at) else { return };
        let statuses = pod["status"]["containerStatuses"].as_array();
        let runs = statuses.is_some_and(|all| !all.is_empty() && all.iter().all(|it| it["ready"] == true));
        if runs && !is_ready(&pod) && !is_over(&pod) && !is_going(&pod) {
            self.set_ready(&pod, true);
        }
        self.add(Part::Pod, at);
    }

    fn set_ready(&mut self, pod: &Value, ready: bool) -> bool {
        let mut next = pod.clone();
        let mut it = told(pod, "Ready", ready, "", "", false);
        it["lastProbeTime"] = Value::Null;
        for old in next["status"]["conditions"].as_array_mut().into_iter().flatten() {
            if old["type"] == "Ready" {
                if let Some(generation) = old.get("observedGeneration") {
                    it["observedGeneration"] = generation.clone();
                }
                old.clone_from(&it);
            }
        }
        let who = if ready { "kubelet" } else { "kube-controller-manager" };
        self.inside.named(who).update(PODS, "status", &next).is_ok()
    }

    /// A pod leaves a node whose taints it does not bear, or not for so long.
    pub(super) fn evict(&mut self, at: &str) {
        let Some(pod) = self.inside.store().get(PODS, at) else { return };
        let Some(node) = self.inside.store().get(NODES, self.facts.node(&pod)) else { return };
        if !self.facts.is_active(&pod) {
            return;
        }
        // Mostly nothing is wrong, and nothing was.
        if !node.mentions("\"NoExecute\"") && !self.pending.contains_key(&(Part::Evict, at.to_owned())) {
            return;
        }
        let (pod, node) = (pod.value(), node.value());
        let Some(left) = patience(&pod, &node) else {
            self.stays(&pod, at);
            return;
        };
        let work = (Part::Evict, at.to_owned());
        if left > 0 {
            self.after(Duration::from_secs(left), Part::Evict, at);
            return;
        }
        self.forget_timer(&work);
        let name = key(&pod);
        self.tell(EVICTS, &tell::pod(&pod), "TaintManagerEviction", &format!("Marking for deletion Pod {name}"));
        let why = "Taint manager: deleting due to NoExecute taint";
        self.disrupt(&pod, "DeletionByTaintManager", why, false);
        let _ = self.inside.named("kube-controller-manager").delete(PODS, at, text(&pod["metadata"], "uid"));
    }

    /// What was to leave later may stay.
    fn stays(&mut self, pod: &Value, at: &str) {
        let work = (Part::Evict, at.to_owned());
        if self.forget_timer(&work) {
            let message = format!("Cancelling deletion of Pod {}", key(pod));
            self.tell(EVICTS, &tell::pod(pod), "TaintManagerEviction", &message);
        }
    }

    /// Tells on a pod that it is taken away.
    fn disrupt(&mut self, pod: &Value, reason: &str, why: &str, fails: bool) {
        let mut next = pod.clone();
        let mut it = told(pod, "DisruptionTarget", true, reason, why, false);
        it["lastProbeTime"] = Value::Null;
        if let Some(all) = next["status"]["conditions"].as_array_mut() {
            all.retain(|it| it["type"] != "DisruptionTarget");
            all.push(it);
        }
        if fails && !is_over(pod) {
            next["status"]["phase"] = "Failed".into();
        }
        let _ = self.inside.named("kube-controller-manager").update(PODS, "status", &next);
    }

    /// The pods of a node that is gone are gone, too.
    fn without_node(&mut self, name: &str) {
        for at in self.pods_on(name) {
            let Some(pod) = self.inside.get(PODS, &at) else { continue };
            self.disrupt(&pod, "DeletionByPodGC", "PodGC: node no longer exists", true);
            let uid = text(&pod["metadata"], "uid").to_owned();
            self.stopping.remove(&uid);
            let _ = self.inside.named("kube-controller-manager").delete(PODS, &at, &uid);
        }
    }

    /// A pod on a node that is not there.
    pub(super) fn is_lost(&mut self, node: &str) {
        self.after(GONE, Part::Node, node);
    }
}

fn about(node: &Value) -> About<'_> {
    About { api_version: "v1", kind: "Node", object: node, path: "" }
}

fn text_of_taints<'a>(node: &'a Value, effect: &'a str) -> impl Iterator<Item = &'a str> {
    let taints = node["spec"]["taints"].as_array().into_iter().flatten();
    taints.filter(move |it| it["effect"] == effect).map(|it| text(it, "key"))
}

/// How many seconds a pod still bears the taints of its node; `None` for ever.
fn patience(pod: &Value, node: &Value) -> Option<u64> {
    let taints = node["spec"]["taints"].as_array().into_iter().flatten();
    let mut least: Option<i64> = None;
    for taint in taints.filter(|it| it["effect"] == "NoExecute") {
        let borne: Vec<&Value> = scheduler::tolerations(pod, taint).collect();
        if borne.is_empty() {
            return Some(0);
        }
        let Some(seconds) = borne.iter().filter_map(|it| it["tolerationSeconds"].as_i64()).min() else { continue };
        let added = taint["timeAdded"].as_str().and_then(|it| it.parse::<jiff::Timestamp>().ok());
        let since = added.map_or(0, |added| crate::server::moment().as_second() - added.as_second());
        let left = (seconds - since).max(0);
        least = Some(least.map_or(left, |least| least.min(left)));
    }
    least.map(object::seconds)
}
