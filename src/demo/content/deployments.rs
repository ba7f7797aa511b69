//! Deployments and their replica sets, consistent with their pods.

use super::apps::{App, Trouble};
use super::maker::managed_fields;
use super::pods::{Owner, Pod};
use super::{MINUTE, stamp};
use serde_json::{Value, json};
use std::ops::Range;
use std::sync::Arc;

/// One replica set of a deployment.
pub struct ReplicaSet {
    /// How its pods name it.
    pub owner: Owner,
    /// The hash of its template.
    pub hash: String,
    /// The revision of the deployment that it was made for.
    pub revision: u32,
    /// Replicas wanted.
    pub wanted: usize,
    /// When it was created.
    pub created: i64,
    /// What its pods are made of, without the hash.
    pub template: Arc<Value>,
}

/// One deployment.
pub struct Deployment {
    /// What it runs.
    pub app: &'static App,
    /// What goes wrong with it.
    pub trouble: Trouble,
    /// Its uid.
    pub uid: String,
    /// Its replica sets, the current one last.
    pub sets: Vec<ReplicaSet>,
    /// Replicas wanted.
    pub replicas: usize,
    /// When it was created.
    pub created: i64,
    /// When it was last rolled out.
    pub rolled: i64,
    /// The pod that its quota refused last, in the server's words.
    pub refused: Option<String>,
    /// Whether it is one of those that only a larger company has.
    pub grown: bool,
    /// Where its pods are among all.
    pub range: Range<usize>,
}

impl ReplicaSet {
    fn labels(&self) -> Value {
        let mut labels = self.template["metadata"]["labels"].clone();
        labels["pod-template-hash"] = self.hash.as_str().into();
        labels
    }

    fn pods<'a>(&self, all: &'a [Pod]) -> Vec<&'a Pod> {
        all.iter().filter(|pod| pod.owner.uid == self.owner.uid && pod.is_active()).collect()
    }

    /// The replica set as the API gives it.
    fn to_json(&self, of: &Deployment, all: &[Pod], now: i64) -> Value {
        let pods = self.pods(all);
        let ready = pods.iter().filter(|pod| pod.is_ready()).count();
        let labels = self.labels();
        let mut template = Value::clone(&self.template);
        template["metadata"]["labels"] = labels.clone();
        let mut status = json!({"replicas": pods.len(), "observedGeneration": 1});
        if !pods.is_empty() {
            status["fullyLabeledReplicas"] = pods.len().into();
        }
        if ready > 0 {
            status["readyReplicas"] = ready.into();
            status["availableReplicas"] = ready.into();
        }
        if let Some(refused) = of.refused.as_ref().filter(|_| self.wanted > pods.len()) {
            status["conditions"] = json!([{
                "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refused,
                "lastTransitionTime": stamp(of.rolled + MINUTE),
            }]);
        }
        let mut set = json!({
            "metadata": {
                "name": self.owner.name,
                "namespace": of.app.namespace,
                "uid": self.owner.uid,
                "generation": 1,
                "creationTimestamp": stamp(self.created),
                "labels": labels,
                "annotations": {
                    "deployment.kubernetes.io/desired-replicas": of.replicas.to_string(),
                    "deployment.kubernetes.io/max-replicas": (of.replicas + 1).to_string(),
                    "deployment.kubernetes.io/revision": self.revision.to_string(),
                    "example.com/contact": of.app.owner,
                },
                "ownerReferences": [{
                    "apiVersion": "apps/v1", "kind": "Deployment", "name": of.app.name, "uid": of.uid,
                    "controller": true, "blockOwnerDeletion": true,
                }],
            },
            "spec": {
                "replicas": self.wanted,
                "selector": {"matchLabels": {"app": of.app.name, "pod-template-hash": self.hash}},
                "template": template,
            },
            "status": status,
        });
        set["metadata"]["managedFields"] =
            managed_fields(&set, "kube-controller-manager", "apps/v1", self.created, now);
        set
    }
}

impl Deployment {
    /// Its current replica set.
    pub fn current(&self) -> Option<&ReplicaSet> {
        self.sets.last()
    }

    /// Its pods.
    pub fn pods<'a>(&self, all: &'a [Pod]) -> &'a [Pod] {
        all.get(self.range.clone()).unwrap_or_default()
    }

    /// Its replica sets as the API gives them.
    pub fn sets_json(&self, all: &[Pod], now: i64) -> Vec<Value> {
        let pods = self.pods(all);
        self.sets.iter().map(|set| set.to_json(self, pods, now)).collect()
    }

    /// The deployment as the API gives it.
    pub fn to_json(&self, all: &[Pod], now: i64) -> Value {
        let app = self.app;
        let pods = self.pods(all);
        let active = pods.iter().filter(|pod| pod.is_active()).count();
        let ready = pods.iter().filter(|pod| pod.is_ready()).count();
        let Some(current) = self.current() else { return Value::Null };
        let updated = current.pods(pods).len();
        let image = current.template["spec"]["containers"][0]["image"].as_str().unwrap_or(app.image);
        let mut status = json!({
            "observedGeneration": current.revision,
            "replicas": active,
            "updatedReplicas": updated,
            "conditions": self.conditions(ready, updated < active),
        });
        if ready > 0 {
            status["readyReplicas"] = ready.into();
            status["availableReplicas"] = ready.into();
        }
        let missing = self.replicas.max(active) - ready.min(active);
        if missing > 0 {
            status["unavailableReplicas"] = missing.into();
        }
        let mut deployment = json!({
            "metadata": {
                "name": app.name,
                "namespace": app.namespace,
                "uid": self.uid,
                "generation": current.revision,
                "creationTimestamp": stamp(self.created),
                "labels": current.template["metadata"]["labels"],
                "annotations": {
                    "deployment.kubernetes.io/revision": current.revision.to_string(),
                    "kubernetes.io/change-cause": format!("发布单 #{}：升级到 {image}", self.rolled % 100_000),
                    "example.com/contact": app.owner,
                    "argocd.argoproj.io/tracking-id":
                        format!("{0}:apps/Deployment:{0}/{1}", app.namespace, app.name),
                },
            },
            "spec": {
                "replicas": self.replicas,
                "selector": {"matchLabels": {"app": app.name}},
                "template": *current.template,
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 1}},
                "revisionHistoryLimit": 10,
                "progressDeadlineSeconds": 600,
            },
            "status": status,
        });
        deployment["metadata"]["managedFields"] =
            managed_fields(&deployment, "argocd-controller", "apps/v1", self.rolled, now);
        deployment
    }

    fn conditions(&self, ready: usize, standing: bool) -> Value {
        let enough = ready >= self.replicas - self.replicas / 4;
        let condition = |kind: &str, good: bool, reason: &str, message: String, at: i64| {
            json!({
                "type": kind,
                "status": if good { "True" } else { "False" },
                "reason": reason,
                "message": message,
                "lastUpdateTime": stamp(at),
                "lastTransitionTime": stamp(at),
            })
        };
        let available = if enough {
            let message = "Deployment has minimum availability.".to_owned();
            condition("Available", true, "MinimumReplicasAvailable", message, self.rolled + 40)
        } else {
            let message = "Deployment does not have minimum availability.".to_owned();
            condition("Available", false, "MinimumReplicasUnavailable", message, self.rolled + 40)
        };
        let set = self.current().map_or("", |set| set.owner.name.as_str());
        let late = standing || self.trouble == Trouble::Quota;
        let progressing = if late {
            let message = format!("ReplicaSet \"{set}\" has timed out progressing.");
            condition("Progressing", false, "ProgressDeadlineExceeded", message, self.rolled + 600)
        } else {
            let message = format!("ReplicaSet \"{set}\" has successfully progressed.");
            condition("Progressing", true, "NewReplicaSetAvailable", message, self.rolled + 55)
        };
        let mut all = vec![available, progressing];
        if let Some(refused) = &self.refused {
            all.push(condition("ReplicaFailure", true, "FailedCreate", refused.clone(), self.rolled + MINUTE));
        }
        all.into()
    }
}
