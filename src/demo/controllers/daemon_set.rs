//! Daemon sets: a pod on each node that takes it.

use super::object::{self, is_going, number, set_some, share, text};
use super::tell::About;
use super::{Controllers, Part, scheduler};
use crate::server::resource::PODS;
use crate::server::store::Record;
use rustc_hash::FxHashSet;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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

/// Which node a daemon's pod that has none yet was made for.
fn pinned(pod: &Record) -> String {
    let pod = pod.value();
    let terms = &pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    let pinned = terms["nodeSelectorTerms"][0]["matchFields"][0]["values"][0].as_str();
    pinned.unwrap_or_default().to_owned()
}

/// A daemon's pod.
struct Daemon {
    pod: Arc<Record>,
    /// The node for which it was made.
    node: String,
}

impl Daemon {
    fn is_going(&self) -> bool {
        self.pod.pulse.going
    }

    fn is_ready(&self) -> bool {
        self.pod.pulse.ready
    }

    /// Whether it was made for the revision of this hash.
    fn is_of(&self, hash: &str) -> bool {
        self.pod.labels.get(HASH).is_some_and(|it| it == hash)
    }
}

impl Controllers {
    pub(super) fn daemon_set(&mut self, at: &str) {
        let Some(set) = self.inside.get(self.ids.daemon_sets, at) else { return };
        if is_going(&set) {
            return;
        }
        let current = self.revision("DaemonSet", &set);
        let nodes = self.hosts.now(self.inside.store());
        let mut takes: BTreeSet<&str> = BTreeSet::new();
        // Its pods differ in their node only.
        let mut pod = member(&set, "", &current.hash);
        for node in nodes.iter() {
            pin(&mut pod, &node.record.key);
            let fits = scheduler::selected(&pod, node);
            if fits && scheduler::untolerated(&pod, node, &["NoSchedule", "NoExecute"]).is_none() {
                takes.insert(&node.record.key);
            }
        }
        let about = About { api_version: "apps/v1", kind: "DaemonSet", object: &set, path: "" };
        let pods = self.daemons(&set);
        let has: FxHashSet<&str> = pods.iter().map(|it| it.node.as_str()).collect();
        let step = step(&set, &takes, &pods, &current.hash);
        let strays = |it: &&Daemon| !takes.contains(it.node.as_str()) || step.replaced.contains(&*it.pod.key);
        for it in pods.iter().filter(|it| !it.is_going()).filter(strays) {
            if self.inside.delete(PODS, &it.pod.key, &it.pod.uid()).is_ok() {
                let message = format!("Deleted pod: {}", it.pod.name());
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
        let pods = self.daemons(&set);
        self.daemon_status(&set, &pods, &takes, &current.hash);
    }

    fn daemons(&self, set: &Value) -> Vec<Daemon> {
        let node = |pod: &Record| match self.facts.node(pod) {
            "" => pinned(pod),
            node => node.to_owned(),
        };
        self.controlled(PODS, set).into_iter().map(|pod| Daemon { node: node(&pod), pod }).collect()
    }

    fn daemon_status(&mut self, set: &Value, pods: &[Daemon], takes: &BTreeSet<&str>, hash: &str) {
        let on = |it: &&Daemon| !it.is_going() && takes.contains(it.node.as_str());
        let placed: Vec<&Daemon> = pods.iter().filter(on).collect();
        // Of a node with an old and a new pod each counts, but the node once.
        let nodes = |is: &dyn Fn(&Daemon) -> bool| {
            placed.iter().filter(|it| is(it)).map(|it| it.node.as_str()).collect::<BTreeSet<_>>().len() as i64
        };
        let ready = nodes(&Daemon::is_ready);
        let updated = nodes(&|it| it.is_of(hash));
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
struct Step<'a> {
    /// The nodes that get a new pod beside the old one.
    doubled: BTreeSet<&'a str>,
    /// The old pods that go, by their keys.
    replaced: BTreeSet<&'a str>,
}

fn step<'a>(set: &Value, takes: &BTreeSet<&'a str>, pods: &'a [Daemon], hash: &str) -> Step<'a> {
    let mut step = Step::default();
    let strategy = &set["spec"]["updateStrategy"];
    if strategy["type"] != "RollingUpdate" {
        return step;
    }
    let most = |name: &str| share(&strategy["rollingUpdate"][name], takes.len() as i64, true);
    let surge = most("maxSurge");
    let below = if surge == 0 { most("maxUnavailable").max(1) } else { 0 };
    let (mut short, mut under_way, mut candidates) = (0, 0, Vec::new());
    let mut on: BTreeMap<&str, Vec<&Daemon>> = BTreeMap::new();
    for it in pods.iter().filter(|it| !it.is_going()) {
        on.entry(&it.node).or_default().push(it);
    }
    for &name in takes {
        let here = on.remove(name).unwrap_or_default().into_iter();
        let (new, old): (Vec<&Daemon>, Vec<&Daemon>) = here.partition(|it| it.is_of(hash));
        match (old.first(), new.first()) {
            // What does not work holds nothing up.
            (Some(it), None) if !it.is_ready() && surge > 0 => drop(step.doubled.insert(name)),
            (Some(it), None) if !it.is_ready() => drop(step.replaced.insert(&*it.pod.key)),
            (Some(it), None) => candidates.push((name, &*it.pod.key)),
            (Some(_), Some(it)) if surge > 0 && it.is_ready() => {
                step.replaced.extend(old.into_iter().map(|it| &*it.pod.key));
            }
            (Some(_), Some(_)) => under_way += 1,
            (None, Some(it)) if it.is_ready() => {}
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

/// Makes a pod one for a node.
fn pin(pod: &mut Value, node: &str) {
    let field = json!({"key": "metadata.name", "operator": "In", "values": [node]});
    pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] =
        json!({"nodeSelectorTerms": [{"matchFields": [field]}]});
}

fn member(set: &Value, node: &str, hash: &str) -> Value {
    let owner = object::owner("apps/v1", "DaemonSet", set);
    let mut pod = object::pod(&set["spec"]["template"], &owner, text(&set["metadata"], "namespace"));
    pod["metadata"]["labels"][HASH] = hash.into();
    pod["metadata"]["labels"]["pod-template-generation"] =
        set["metadata"]["annotations"]["deprecated.daemonset.template.generation"].as_str().unwrap_or("1").into();
    pin(&mut pod, node);
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
