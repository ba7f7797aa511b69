//! Daemon sets: a pod on each node that takes it.

use super::object::{self, is_active, is_going, is_ready, key, number, set_some, share, text};
use super::tell::About;
use super::{Controllers, Part, scheduler};
use crate::server::resource::{NODES, PODS};
use serde_json::{Value, json};

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
        let mut takes: Vec<String> = Vec::new();
        for node in &nodes {
            let name = text(&node["metadata"], "name");
            let pod = member(&set, name, &current.hash);
            let fits = scheduler::selected(&pod, node);
            if fits && scheduler::untolerated(&pod, node, &["NoSchedule", "NoExecute"]).is_none() {
                takes.push(name.to_owned());
            }
        }
        let about = About { api_version: "apps/v1", kind: "DaemonSet", object: &set, path: "" };
        let mut pods = self.owned(PODS, &set);
        for name in &takes {
            if pods.iter().any(|pod| node_of(pod) == name) || self.waits(Part::DaemonSet, at) {
                continue;
            }
            match self.inside.try_create(PODS, &member(&set, name, &current.hash)) {
                Ok(pod) => {
                    let message = format!("Created pod: {}", text(&pod["metadata"], "name"));
                    self.tell(WHO, &about, "SuccessfulCreate", &message);
                    pods.push(pod);
                    self.served(Part::DaemonSet, at);
                }
                Err(why) => self.refused(WHO, &about, Part::DaemonSet, at, &format!("Error creating: {why}")),
            }
        }
        let mut gone: Vec<&Value> =
            pods.iter().filter(|pod| !is_going(pod) && !takes.iter().any(|name| node_of(pod) == name)).collect();
        if set["spec"]["updateStrategy"]["type"] == "RollingUpdate" {
            let rolling = &set["spec"]["updateStrategy"]["rollingUpdate"];
            let mut room = share(&rolling["maxUnavailable"], takes.len() as i64, true).max(1);
            room -= takes.len() as i64 - pods.iter().filter(|pod| is_active(pod) && is_ready(pod)).count() as i64;
            let old = pods.iter().filter(|pod| !is_going(pod) && pod["metadata"]["labels"][HASH] != current.hash);
            let (ready, broken): (Vec<&Value>, Vec<&Value>) = old.partition(|pod| is_ready(pod));
            gone.extend(broken);
            gone.extend(ready.into_iter().take(room.max(0) as usize));
        }
        for pod in gone {
            if self.inside.delete(PODS, &key(pod), text(&pod["metadata"], "uid")).is_ok() {
                let message = format!("Deleted pod: {}", text(&pod["metadata"], "name"));
                self.tell(WHO, &about, "SuccessfulDelete", &message);
            }
        }
        let pods = self.owned(PODS, &set);
        self.daemon_status(&set, &pods, &takes, &current.hash);
    }

    fn daemon_status(&mut self, set: &Value, pods: &[Value], takes: &[String], hash: &str) {
        let on = |pod: &&Value| !is_going(pod) && takes.iter().any(|name| node_of(pod) == name);
        let placed: Vec<&Value> = pods.iter().filter(on).collect();
        let ready = placed.iter().filter(|pod| is_ready(pod)).count() as i64;
        let updated = placed.iter().filter(|pod| pod["metadata"]["labels"][HASH] == hash).count() as i64;
        let wanted = takes.len() as i64;
        let mut status = json!({
            "currentNumberScheduled": placed.len(),
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
