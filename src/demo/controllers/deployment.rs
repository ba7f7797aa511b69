//! Deployments: replica sets, rolled over as the strategy says.

use super::Controllers;
use super::object::{self, condition, hash, is_going, key, number, set_some, share, text, told};
use super::tell::About;
use crate::server::resource::DEPLOYMENTS;
use serde_json::{Map, Value, json};
use tokio::time::Duration;

const WHO: &str = "deployment-controller";
const REVISION: &str = "deployment.kubernetes.io/revision";
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MOST: &str = "deployment.kubernetes.io/max-replicas";
const HASH: &str = "pod-template-hash";

/// Annotations that are not handed on to replica sets.
const OWN: [&str; 5] = ["kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MOST];

fn revision(object: &Value) -> i64 {
    object["metadata"]["annotations"][REVISION].as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// A template without the label that its replica set adds.
fn bare(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
        labels.remove(HASH);
    }
    template
}

fn replicas(set: &Value) -> i64 {
    number(&set["spec"], "replicas")
}

fn available(set: &Value) -> i64 {
    number(&set["status"], "availableReplicas")
}

/// How far a rollout may go beyond and below what is wanted.
fn bounds(deployment: &Value) -> (i64, i64) {
    let strategy = &deployment["spec"]["strategy"];
    if strategy["type"] != "RollingUpdate" {
        return (0, 0);
    }
    let wanted = replicas(deployment);
    let surge = share(&strategy["rollingUpdate"]["maxSurge"], wanted, true);
    let below = share(&strategy["rollingUpdate"]["maxUnavailable"], wanted, false);
    if surge == 0 && below == 0 { (0, 1) } else { (surge, below) }
}

impl Controllers {
    pub(super) fn deployment(&mut self, at: &str) {
        let Some(deployment) = self.inside.get(DEPLOYMENTS, at) else { return };
        let mut sets = self.owned(self.ids.replica_sets, &deployment);
        // One whose replica sets were never written is scenery.
        if sets.is_empty() && number(&deployment["status"], "replicas") > 0 {
            return;
        }
        if is_going(&deployment) {
            self.deployment_status(&deployment, &sets, None, "");
            return;
        }
        sets.sort_by_key(revision);
        let template = bare(&deployment["spec"]["template"]);
        let current = sets.iter().position(|set| bare(&set["spec"]["template"]) == template);
        let paused = deployment["spec"]["paused"] == true;
        let last = sets.iter().enumerate().filter(|(at, _)| Some(*at) != current).map(|(_, set)| revision(set)).max();
        let next = last.unwrap_or(0) + 1;
        let (current, found) = match current {
            Some(at) => {
                let mut set = sets.remove(at);
                if !paused {
                    set = self.recount(&deployment, set, next);
                }
                (Some(set), "FoundNewReplicaSet")
            }
            None if paused => (None, ""),
            None if deployment["spec"]["strategy"]["type"] == "Recreate" && self.still_runs(&deployment, &mut sets) => {
                self.deployment_status(&deployment, &sets, None, "");
                return;
            }
            None => (self.new_set(&deployment, next), "NewReplicaSetCreated"),
        };
        let deployment = match &current {
            Some(set) if !paused => self.mark(&deployment, revision(set)),
            _ => deployment,
        };
        let mut current = current;
        if let Some(set) = &mut current {
            if is_scaling(&deployment, set, &sets) || paused {
                self.resize(&deployment, set, &mut sets);
            } else if deployment["spec"]["strategy"]["type"] == "Recreate" {
                if !self.still_runs(&deployment, &mut sets) {
                    self.size(&deployment, set, replicas(&deployment));
                }
            } else {
                self.roll(&deployment, set, &mut sets);
            }
        } else if paused && let Some(mut newest) = sets.pop() {
            self.resize(&deployment, &mut newest, &mut sets);
            sets.push(newest);
        }
        self.deployment_status(&deployment, &sets, current.as_ref(), found);
        if current.is_some() {
            self.forget(&deployment, &sets);
        }
    }

    /// Whether pods of old replica sets are left; takes them away.
    fn still_runs(&mut self, deployment: &Value, old: &mut [Value]) -> bool {
        for set in old.iter_mut() {
            self.size(deployment, set, 0);
        }
        old.iter().any(|set| !self.controlled(crate::server::resource::PODS, set).is_empty())
    }

    fn new_set(&mut self, deployment: &Value, revision: i64) -> Option<Value> {
        let metadata = &deployment["metadata"];
        let mut template = deployment["spec"]["template"].clone();
        let word = hash(&template, 10);
        template["metadata"]["labels"][HASH] = word.as_str().into();
        let mut selector = deployment["spec"]["selector"].clone();
        selector["matchLabels"][HASH] = word.as_str().into();
        let mut set = json!({
            "metadata": {
                "name": format!("{}-{word}", text(metadata, "name")),
                "namespace": metadata["namespace"],
                "labels": template["metadata"]["labels"],
                "annotations": annotations(deployment, revision),
                "ownerReferences": [object::owner("apps/v1", "Deployment", deployment)],
            },
            "spec": {"replicas": 0, "selector": selector, "template": template},
        });
        if let Some(seconds) = deployment["spec"].get("minReadySeconds") {
            set["spec"]["minReadySeconds"] = seconds.clone();
        }
        self.inside.create(self.ids.replica_sets, &set).ok()
    }

    /// Gives the replica set that is wanted (again) the latest revision.
    fn recount(&mut self, deployment: &Value, set: Value, latest: i64) -> Value {
        let before = revision(&set);
        let mut wanted = annotations(deployment, latest.max(before));
        if before < latest && before > 0 {
            let history = set["metadata"]["annotations"][HISTORY].as_str().unwrap_or_default();
            let history = if history.is_empty() { before.to_string() } else { format!("{history},{before}") };
            wanted.insert(HISTORY.to_owned(), history.into());
        }
        // What a scaling has still to find is left as it was.
        wanted.remove(DESIRED);
        wanted.remove(MOST);
        let has = &set["metadata"]["annotations"];
        if wanted.iter().all(|(name, value)| has[name] == *value) {
            return set;
        }
        let change = json!({"metadata": {"annotations": wanted}});
        self.inside.merge(self.ids.replica_sets, &key(&set), "", &change).unwrap_or(set)
    }

    fn mark(&mut self, deployment: &Value, revision: i64) -> Value {
        let said = revision.to_string();
        if deployment["metadata"]["annotations"][REVISION] == said {
            return deployment.clone();
        }
        let change = json!({"metadata": {"annotations": {REVISION: said}}});
        self.inside.merge(DEPLOYMENTS, &key(deployment), "status", &change).unwrap_or_else(|_| deployment.clone())
    }

    /// Sets the size of a replica set.
    fn size(&mut self, deployment: &Value, set: &mut Value, wanted: i64) {
        let has = replicas(set);
        let (surge, _) = bounds(deployment);
        let total = replicas(deployment);
        let notes = json!({DESIRED: total.to_string(), MOST: (total + surge).to_string()});
        let noted = [DESIRED, MOST].iter().all(|name| set["metadata"]["annotations"][*name] == notes[*name]);
        if has == wanted && noted {
            return;
        }
        let change = json!({"metadata": {"annotations": notes}, "spec": {"replicas": wanted}});
        let Ok(written) = self.inside.merge(self.ids.replica_sets, &key(set), "", &change) else { return };
        *set = written;
        if has != wanted {
            let way = if wanted > has { "up" } else { "down" };
            let message = format!("Scaled {way} replica set {} from {has} to {wanted}", text(&set["metadata"], "name"));
            let about = About { api_version: "apps/v1", kind: "Deployment", object: deployment, path: "" };
            self.tell(WHO, &about, "ScalingReplicaSet", &message);
        }
    }

    /// Follows a change of the number of replicas.
    fn resize(&mut self, deployment: &Value, newest: &mut Value, old: &mut [Value]) {
        let wanted = replicas(deployment);
        let active: Vec<usize> = (0..old.len()).filter(|at| replicas(&old[*at]) > 0).collect();
        match active.as_slice() {
            [] => self.size(deployment, newest, wanted),
            [only] if replicas(newest) == 0 => self.size(deployment, &mut old[*only], wanted),
            _ => {
                // In the middle of a rollout each set gets its share; the newest what is left.
                let (surge, _) = bounds(deployment);
                let total: i64 = old.iter().map(replicas).sum::<i64>() + replicas(newest);
                let room = if wanted > 0 { wanted + surge } else { 0 };
                let mut left = room;
                for at in active {
                    let part = if total > 0 { replicas(&old[at]) * room / total } else { 0 };
                    left -= part;
                    self.size(deployment, &mut old[at], part);
                }
                self.size(deployment, newest, left.max(0));
            }
        }
    }

    /// The next step of a rolling update.
    fn roll(&mut self, deployment: &Value, newest: &mut Value, old: &mut [Value]) {
        let wanted = replicas(deployment);
        let (surge, below) = bounds(deployment);
        let total: i64 = old.iter().map(replicas).sum::<i64>() + replicas(newest);
        let has = replicas(newest);
        if has > wanted {
            self.size(deployment, newest, wanted);
            return;
        }
        if has < wanted {
            // What is to go is there until it has gone.
            let there = |set: &Value| replicas(set).max(number(&set["status"], "replicas"));
            let room = (wanted + surge - old.iter().map(there).sum::<i64>() - there(newest)).max(0);
            self.size(deployment, newest, has + room.min(wanted - has));
            if room > 0 {
                return;
            }
        } else {
            self.size(deployment, newest, wanted);
        }
        let least = wanted - below;
        let unready = replicas(newest) - available(newest);
        let mut may_go = total - least - unready.max(0);
        // Those that do not work hold nothing up.
        for set in old.iter_mut() {
            let broken = (replicas(set) - available(set)).min(may_go).max(0);
            if broken > 0 {
                may_go -= broken;
                let rest = replicas(set) - broken;
                self.size(deployment, set, rest);
            }
        }
        let works: i64 = old.iter().map(|set| available(set).min(replicas(set))).sum::<i64>() + available(newest);
        let mut may_go = works - least;
        for set in old.iter_mut() {
            let fewer = replicas(set).min(may_go).max(0);
            if fewer > 0 {
                may_go -= fewer;
                let rest = replicas(set) - fewer;
                self.size(deployment, set, rest);
            }
        }
    }

    /// Takes away old replica sets beyond those that are kept.
    fn forget(&mut self, deployment: &Value, old: &[Value]) {
        let kept = deployment["spec"]["revisionHistoryLimit"].as_i64().unwrap_or(10).max(0) as usize;
        let idle = |set: &&Value| replicas(set) == 0 && number(&set["status"], "replicas") == 0 && !is_going(set);
        let idle: Vec<&Value> = old.iter().filter(idle).collect();
        for set in idle.iter().take(idle.len().saturating_sub(kept)) {
            let _ = self.inside.delete(self.ids.replica_sets, &key(set), text(&set["metadata"], "uid"));
        }
    }

    fn deployment_status(&mut self, deployment: &Value, old: &[Value], newest: Option<&Value>, found: &str) {
        let sets = || old.iter().chain(newest);
        let sum = |name: &str| sets().map(|set| number(&set["status"], name)).sum::<i64>();
        let wanted = replicas(deployment);
        let (total, ready, works) = (sum("replicas"), sum("readyReplicas"), sum("availableReplicas"));
        let updated = newest.map_or(0, |set| number(&set["status"], "replicas"));
        let (_, below) = bounds(deployment);
        let mut status = json!({"observedGeneration": deployment["metadata"]["generation"]});
        for (name, number) in [
            ("replicas", total),
            ("updatedReplicas", updated),
            ("readyReplicas", ready),
            ("availableReplicas", works),
            ("unavailableReplicas", (sets().map(replicas).sum::<i64>() - works).max(0)),
        ] {
            set_some(&mut status, name, number);
        }
        let enough = works >= wanted - below;
        let (reason, message) = if enough {
            ("MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        };
        status["terminatingReplicas"] = sum("terminatingReplicas").into();
        // One that changes goes to the end.
        let mut conditions = deployment["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let available = told(deployment, "Available", enough, reason, message, true);
        let failing = sets().find_map(|set| condition(set, "ReplicaFailure"));
        let failure =
            failing.map(|it| told(deployment, "ReplicaFailure", true, text(it, "reason"), text(it, "message"), true));
        if failure.is_none() {
            conditions.retain(|it| it["type"] != "ReplicaFailure");
        }
        let progress = self.progress(deployment, newest, found, &status);
        for it in [Some(available), progress, failure].into_iter().flatten() {
            if !conditions.contains(&it) {
                conditions.retain(|old| old["type"] != it["type"]);
                conditions.push(it);
            }
        }
        status["conditions"] = conditions.into();
        if let Some(count) = deployment["status"].get("collisionCount") {
            status["collisionCount"] = count.clone();
        }
        if deployment["status"] != status {
            let mut next = deployment.clone();
            next["status"] = status;
            let _ = self.inside.update(DEPLOYMENTS, "status", &next);
        }
    }

    /// How a rollout gets on.
    fn progress(&mut self, deployment: &Value, newest: Option<&Value>, found: &str, status: &Value) -> Option<Value> {
        let before = condition(deployment, "Progressing");
        let said = |status: bool, reason: &str, message: &str| {
            Some(told(deployment, "Progressing", status, reason, message, true))
        };
        if deployment["spec"]["paused"] == true {
            return match before {
                Some(it) if it["reason"] == "DeploymentPaused" => Some(it.clone()),
                _ => {
                    let mut paused = said(true, "DeploymentPaused", "Deployment is paused")?;
                    paused["status"] = "Unknown".into();
                    Some(paused)
                }
            };
        }
        let Some(set) = newest else { return before.cloned() };
        let name = text(&set["metadata"], "name");
        let wanted = replicas(deployment);
        let is = |name: &str| number(status, name) == wanted;
        let complete = is("updatedReplicas") && is("replicas") && is("availableReplicas");
        if complete {
            let message = format!("ReplicaSet {name:?} has successfully progressed.");
            return said(true, "NewReplicaSetAvailable", &message);
        }
        // A replica that dies later does not make a finished rollout unfinished.
        if let Some(it) = before.filter(|it| it["reason"] == "NewReplicaSetAvailable")
            && it["message"].as_str().is_some_and(|text| text.contains(name))
            && is("updatedReplicas")
            && is("replicas")
        {
            return Some(it.clone());
        }
        let count = |of: &Value| ["updatedReplicas", "readyReplicas", "availableReplicas"].map(|name| number(of, name));
        let old = &deployment["status"];
        let went = count(status).iter().zip(count(old)).any(|(new, old)| *new > old)
            || number(status, "replicas") - number(status, "updatedReplicas")
                < number(old, "replicas") - number(old, "updatedReplicas");
        if went {
            let mut it = said(true, "ReplicaSetUpdated", &format!("ReplicaSet {name:?} is progressing."))?;
            it["lastUpdateTime"] = crate::server::now().into();
            return Some(it);
        }
        let Some(before) = before else {
            let message = if found == "NewReplicaSetCreated" {
                format!("Created new replica set {name:?}")
            } else {
                format!("Found new replica set {name:?}")
            };
            return said(true, found, &message);
        };
        if found == "NewReplicaSetCreated" {
            return said(true, found, &format!("Created new replica set {name:?}"));
        }
        let limit = deployment["spec"]["progressDeadlineSeconds"].as_i64().unwrap_or(600);
        let since = before["lastUpdateTime"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let spent = since.map_or(0, |since| crate::server::moment().as_second() - since.as_second());
        if before["reason"] == "ProgressDeadlineExceeded" {
            return Some(before.clone());
        }
        if spent >= limit {
            return said(false, "ProgressDeadlineExceeded", &format!("ReplicaSet {name:?} has timed out progressing."));
        }
        let rest = Duration::from_secs((limit - spent).max(1) as u64);
        self.by(rest, super::Part::Deployment, &key(deployment));
        match text(before, "reason") {
            "NewReplicaSetAvailable" | "DeploymentPaused" => {
                said(true, "ReplicaSetUpdated", &format!("ReplicaSet {name:?} is progressing."))
            }
            _ => Some(before.clone()),
        }
    }
}

/// Whether the number of replicas was changed since the sets last heard of it.
fn is_scaling(deployment: &Value, newest: &Value, old: &[Value]) -> bool {
    let wanted = replicas(deployment).to_string();
    old.iter().chain([newest]).filter(|set| replicas(set) > 0).any(|set| {
        let noted = set["metadata"]["annotations"][DESIRED].as_str();
        noted.is_some_and(|noted| noted != wanted)
    })
}

fn annotations(deployment: &Value, revision: i64) -> Map<String, Value> {
    let (surge, _) = bounds(deployment);
    let wanted = replicas(deployment);
    let all = deployment["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
    let mut out: Map<String, Value> = all.into_iter().filter(|(name, _)| !OWN.contains(&name.as_str())).collect();
    out.insert(REVISION.to_owned(), revision.to_string().into());
    out.insert(DESIRED.to_owned(), wanted.to_string().into());
    out.insert(MOST.to_owned(), (wanted + surge).to_string().into());
    out
}
