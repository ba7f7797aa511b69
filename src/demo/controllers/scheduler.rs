//! The scheduler: a node for each pod, or why there is none.

use super::hosts::Host;
use super::object::{condition, is_going, text, told};
use super::{Controllers, tell};
use crate::server::resource::{NODES, PODS};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const WHO: &str = "default-scheduler";

impl Controllers {
    pub(super) fn schedule(&mut self, at: &str) {
        let Some(pod) = self.inside.get(PODS, at) else {
            self.waiting.remove(at);
            return;
        };
        let gated = pod["spec"]["schedulingGates"].as_array().is_some_and(|all| !all.is_empty());
        if is_going(&pod) || !text(&pod["spec"], "nodeName").is_empty() || pod["spec"]["schedulerName"] != WHO || gated
        {
            self.waiting.remove(at);
            return;
        }
        if let Some(why) = self.unclaimed(&pod) {
            let nodes = self.inside.list(NODES, "").len();
            self.unschedulable(&pod, nodes, &BTreeMap::from([(why, 0)]));
            return;
        }
        let nodes = self.hosts.now(self.inside.store());
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        let mut fit: Vec<&Host> = Vec::new();
        let wants = ["cpu", "memory"].map(|name| wants(&pod, name));
        for node in nodes.iter() {
            match obstacle(&pod, wants, node) {
                Some(reason) => *reasons.entry(reason.to_owned()).or_default() += 1,
                None => fit.push(node),
            }
        }
        if fit.is_empty() {
            self.unschedulable(&pod, nodes.len(), &reasons);
            return;
        }
        self.placed += 1;
        let node = &*fit[self.placed % fit.len()].record.key;
        if self.inside.named("kube-scheduler").bind(PODS, at, node).is_err() {
            return;
        }
        self.waiting.remove(at);
        let metadata = &pod["metadata"];
        let name = format!("{}/{}", text(metadata, "namespace"), text(metadata, "name"));
        self.tell(WHO, &tell::pod(&pod), "Scheduled", &format!("Successfully assigned {name} to {node}"));
    }

    fn unschedulable(&mut self, pod: &Value, nodes: usize, reasons: &BTreeMap<String, usize>) {
        let mut told_of: Vec<String> = reasons
            .iter()
            // What no node can help with has no count.
            .map(|(reason, count)| if *count == 0 { reason.clone() } else { format!("{count} {reason}") })
            .collect();
        told_of.sort();
        let message = if nodes == 0 {
            "no nodes available to schedule pods".to_owned()
        } else {
            format!(
                "0/{nodes} nodes are available: {}. no new claims to deallocate, preemption: 0/{nodes} nodes are \
                 available: {nodes} Preemption is not helpful for scheduling.",
                told_of.join(", ")
            )
        };
        if condition(pod, "PodScheduled").is_some_and(|it| it["message"] == message) {
            return;
        }
        let mut change = pod.clone();
        let mut it = told(pod, "PodScheduled", false, "Unschedulable", &message, false);
        it["lastProbeTime"] = Value::Null;
        it["observedGeneration"] = pod["metadata"]["generation"].clone();
        change["status"]["conditions"] = json!([it]);
        if self.inside.named("kube-scheduler").update(PODS, "status", &change).is_ok() {
            self.warn(WHO, &tell::pod(pod), "FailedScheduling", &message);
        }
    }
}

/// Why a pod that wants so many cores and bytes cannot be on a node.
fn obstacle(pod: &Value, [cpu, memory]: [f64; 2], node: &Host) -> Option<&'static str> {
    if node.unschedulable
        && !tolerates(pod, &json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}))
    {
        return Some("node(s) were unschedulable");
    }
    if untolerated(pod, node, &["NoSchedule", "NoExecute"]).is_some() {
        return Some("node(s) had untolerated taint(s)");
    }
    if !selected(pod, node) {
        return Some("node(s) didn't match Pod's node affinity/selector");
    }
    if !node.record.pulse.ready {
        return Some("node(s) were not ready");
    }
    match () {
        () if cpu > node.cpu => Some("Insufficient cpu"),
        () if memory > node.memory => Some("Insufficient memory"),
        () => None,
    }
}

/// A taint with one of these effects that a pod does not bear.
pub fn untolerated<'a>(pod: &Value, node: &'a Host, effects: &[&str]) -> Option<&'a Value> {
    let mut taints = node.taints.iter().filter(|taint| effects.contains(&text(taint, "effect")));
    taints.find(|taint| !tolerates(pod, taint))
}

fn tolerates(pod: &Value, taint: &Value) -> bool {
    tolerations(pod, taint).next().is_some()
}

/// What makes a pod bear a taint.
pub fn tolerations<'a>(pod: &'a Value, taint: &'a Value) -> impl Iterator<Item = &'a Value> {
    pod["spec"]["tolerations"].as_array().into_iter().flatten().filter(|it| {
        let effect = text(it, "effect").is_empty() || it["effect"] == taint["effect"];
        let exists = it["operator"] == "Exists";
        let key = (exists && text(it, "key").is_empty()) || it["key"] == taint["key"];
        effect && key && (exists || text(it, "value") == text(taint, "value"))
    })
}

/// Whether the pod's node selector and required affinity take a node.
pub fn selected(pod: &Value, node: &Host) -> bool {
    let labels = &node.record.labels;
    let mut pairs = pod["spec"]["nodeSelector"].as_object().into_iter().flatten();
    if !pairs.all(|(name, value)| labels.get(name).is_some_and(|has| value == has)) {
        return false;
    }
    let required = &pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    let Some(terms) = required["nodeSelectorTerms"].as_array() else { return true };
    let all = |term: &Value, list: &str, has: &dyn Fn(&Value) -> bool| {
        term[list].as_array().is_none_or(|terms| terms.iter().all(has))
    };
    terms.iter().any(|term| {
        all(term, "matchExpressions", &|it| matches(it, labels.get(text(it, "key")).map(String::as_str)))
            && all(term, "matchFields", &|it| matches(it, Some(&node.record.key)))
    })
}

fn matches(term: &Value, has: Option<&str>) -> bool {
    let among = || term["values"].as_array().is_some_and(|all| all.iter().any(|it| it.as_str() == has));
    let numbers = || Some((has?.parse::<i64>().ok()?, term["values"][0].as_str()?.parse::<i64>().ok()?));
    match text(term, "operator") {
        "In" => has.is_some() && among(),
        "NotIn" => !among(),
        "Exists" => has.is_some(),
        "DoesNotExist" => has.is_none(),
        "Gt" => numbers().is_some_and(|(has, than)| has > than),
        "Lt" => numbers().is_some_and(|(has, than)| has < than),
        _ => false,
    }
}

fn wants(pod: &Value, name: &str) -> f64 {
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    containers.map(|it| quantity(&it["resources"]["requests"][name])).sum()
}

/// `250m`, `1.5Gi` or `2` as a number.
pub fn quantity(value: &Value) -> f64 {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Number(number) => return number.as_f64().unwrap_or(0.0),
        _ => return 0.0,
    };
    let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit {
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        _ => 1.0,
    };
    number.parse::<f64>().unwrap_or(0.0) * factor
}
