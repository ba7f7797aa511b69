//! Daemon sets: a pod on each node that takes it.

use super::object::{self, is_going, is_ready, key, number, set_some, share, text};
use super::tell::About;
use super::{Controllers, Part, scheduler};
use crate::server::resource::{NODES, PODS};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const WHO: &str = "daemonset-controller";
const HASH: &str = "controller-revision-hash";

/// What daemons bear that others do not.
const BORNE: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];

/// The node for which a daemon's pod was made.
fn node_of(pod: &Value) -> &str {
    let terms = &pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    let pinned = terms["nodeSelectorTerms"][0]["matchFields"][0]["values"][0].as_str();
    pinned.unwrap_or_else(|| text(&pod["spec"], "nodeName"))
}

impl Controllers {
    pub(super) fn daemon_set(&mut self, at: &str) {
        let Some(set) = self.inside.get(self.ids.daemon_sets, at) else { return };
        if is_going(&set) {
            return;
        }
        let current = self.revision("DaemonSet", &set);
        let nodes: Vec<Value> = self.inside.list(NODES, "").iter().map(|record| record.value()).collect();
        let mut takes: BTreeSet<String> = BTreeSet::new();
        for node in &nodes {
            let name = text(&node["metadata"], "name");
            let pod = member(&set, name, &current.hash);
            let fits = scheduler::selected(&pod, node);
            if fits && scheduler::untolerated(&pod, node, &["NoSchedule", "NoExecute"]).is_none() {
                takes.insert(name.to_owned());
            }
        }
        let about = About { api_version: "apps/v1", kind: "DaemonSet", object: &set, path: "" };
        let pods = self.owned(PODS, &set);
        let has: BTreeSet<String> = pods.iter().map(|pod| node_of(pod).to_owned()).collect();
        let step = step(&set, &takes, &pods, &current.hash);
        let strays = |pod: &&Value| !takes.contains(node_of(pod)) || step.replaced.contains(&key(pod));
        for pod in pods.iter().filter(|pod| !is_going(pod)).filter(strays) {
            if self.inside.delete(PODS, &key(pod), text(&pod["metadata"], "uid")).is_ok() {
                let message = format!("Deleted pod: {}", text(&pod["metadata"], "name"));
                self.tell(WHO, &about, "SuccessfulDelete", &message);
            }
        }
        for name in &takes {
            if (has.contains(name) && !step.doubled.contains(name)) || self.waits(Part::DaemonSet, at) {
                continue;
            }
            match self.inside.try_create(PODS, &member(&set, name, &current.hash)) {
                Ok(pod) => {
                    let message = format!("Created pod: {}", text(&pod["metadata"], "name"));
                    self.tell(WHO, &about, "SuccessfulCreate", &message);
                    self.served(Part::DaemonSet, at);
                }
                Err(why) => self.refused(WHO, &about, Part::DaemonSet, at, &format!("Error creating: {why}")),
            }
        }
        let pods = self.owned(PODS, &set);
        self.daemon_status(&set, &pods, &takes, &current.hash);
    }

    fn daemon_status(&mut self, set: &Value, pods: &[Value], takes: &BTreeSet<String>, hash: &str) {
        let on = |pod: &&Value| !is_going(pod) && takes.contains(node_of(pod));
        let placed: Vec<&Value> = pods.iter().filter(on).collect();
        // Of a node with an old and a new pod each counts, but the node once.
        let nodes = |is: &dyn Fn(&Value) -> bool| {
            placed.iter().filter(|pod| is(pod)).map(|pod| node_of(pod)).collect::<BTreeSet<_>>().len() as i64
        };
        let ready = nodes(&is_ready);
        let updated = nodes(&|pod| pod["metadata"]["labels"][HASH] == hash);
        let wanted = takes.len() as i64;
        let mut status = json!({
            "currentNumberScheduled": nodes(&|_| true),
            "numberMisscheduled": 0,
            "desiredNumberScheduled": wanted,
            "numberReady": ready,
            "observedGeneration": set["metadata"]["generation"],
        });
        for (name, number) in
            [("updatedNumberScheduled", updated), ("numberAvailable", ready), ("numberUnavailable", wanted - ready)]
        {
            set_some(&mut status, name, number);
        }
        if set["status"] != status && number(&set["metadata"], "generation") > 0 {
            let mut next = set.clone();
            next["status"] = status;
            let _ = self.inside.update(self.ids.daemon_sets, "status", &next);
        }
    }
}

/// What the next step of a rolling update does.
#[derive(Default)]
struct Step {
    /// The nodes that get a new pod beside the old one.
    doubled: BTreeSet<String>,
    /// The old pods that go, by their keys.
    replaced: BTreeSet<String>,
}

fn step(set: &Value, takes: &BTreeSet<String>, pods: &[Value], hash: &str) -> Step {
    let mut step = Step::default();
    let strategy = &set["spec"]["updateStrategy"];
    if strategy["type"] != "RollingUpdate" {
        return step;
    }
    let most = |name: &str| share(&strategy["rollingUpdate"][name], takes.len() as i64, true);
    let surge = most("maxSurge");
    let below = if surge == 0 { most("maxUnavailable").max(1) } else { 0 };
    let (mut short, mut under_way, mut candidates) = (0, 0, Vec::new());
    let mut on: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| !is_going(pod)) {
        on.entry(node_of(pod)).or_default().push(pod);
    }
    for name in takes {
        let here = on.remove(name.as_str()).unwrap_or_default().into_iter();
        let (new, old): (Vec<&Value>, Vec<&Value>) = here.partition(|pod| pod["metadata"]["labels"][HASH] == hash);
        match (old.first(), new.first()) {
            // What does not work holds nothing up.
            (Some(pod), None) if !is_ready(pod) && surge > 0 => drop(step.doubled.insert(name.clone())),
            (Some(pod), None) if !is_ready(pod) => drop(step.replaced.insert(key(pod))),
            (Some(pod), None) => candidates.push((name.clone(), key(pod))),
            (Some(_), Some(pod)) if surge > 0 && is_ready(pod) => step.replaced.extend(old.into_iter().map(key)),
            (Some(_), Some(_)) => under_way += 1,
            (None, Some(pod)) if is_ready(pod) => {}
            (None, _) => short += 1,
        }
    }
    if surge > 0 {
        let room = (surge - under_way - step.doubled.len() as i64).max(0) as usize;
        step.doubled.extend(candidates.into_iter().take(room).map(|(node, _)| node));
    } else {
        let room = (below - short - under_way).max(0) as usize;
        step.replaced.extend(candidates.into_iter().take(room).map(|(_, pod)| pod));
    }
    step
}

fn member(set: &Value, node: &str, hash: &str) -> Value {
    let owner = object::owner("apps/v1", "DaemonSet", set);
    let mut pod = object::pod(&set["spec"]["template"], &owner, text(&set["metadata"], "namespace"));
    pod["metadata"]["labels"][HASH] = hash.into();
    pod["metadata"]["labels"]["pod-template-generation"] =
        set["metadata"]["annotations"]["deprecated.daemonset.template.generation"].as_str().unwrap_or("1").into();
    let field = json!({"key": "metadata.name", "operator": "In", "values": [node]});
    pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] =
        json!({"nodeSelectorTerms": [{"matchFields": [field]}]});
    let mut borne = pod["spec"]["tolerations"].as_array().cloned().unwrap_or_default();
    borne.extend(BORNE.iter().map(|(key, effect)| json!({"key": key, "operator": "Exists", "effect": effect})));
    if pod["spec"]["hostNetwork"] == true {
        borne.push(
            json!({"key": "node.kubernetes.io/network-unavailable", "operator": "Exists", "effect": "NoSchedule"}),
        );
    }
    pod["spec"]["tolerations"] = borne.into();
    pod
}
