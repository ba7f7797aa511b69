//! Deployments, consistent with their pods.

use super::apps::App;
use super::pods::Pod;
use super::{managed, stamp};
use serde_json::{Value, json};

/// One deployment.
pub struct Deployment {
    /// What it runs.
    pub app: &'static App,
    /// Its uid.
    pub uid: String,
    /// The hash of its current template.
    pub hash: String,
    /// Its current replica set.
    pub set: String,
    /// Replicas wanted.
    pub replicas: usize,
    /// When it was created.
    pub created: i64,
    /// When it was last rolled out.
    pub rolled: i64,
    /// Its revision.
    pub revision: u32,
}

impl Deployment {
    fn owns(&self, pod: &Pod) -> bool {
        pod.namespace == self.app.namespace && pod.owner.kind == "ReplicaSet" && {
            pod.labels.iter().any(|(key, value)| *key == "app" && value == self.app.name)
        }
    }

    /// The deployment as the API gives it.
    pub fn to_json(&self, all: &[Pod], now: i64) -> Value {
        let app = self.app;
        let pods: Vec<&Pod> = all.iter().filter(|pod| self.owns(pod) && pod.is_active()).collect();
        let current =
            |pod: &&&Pod| pod.labels.iter().any(|(key, value)| *key == "pod-template-hash" && *value == self.hash);
        let updated = pods.iter().filter(current).count();
        let ready = pods.iter().filter(|pod| pod.is_ready()).count();
        let image =
            pods.iter().find(|pod| current(pod)).and_then(|pod| pod.containers.first()).map_or(app.image, |it| &it.1);
        let mut containers =
            vec![json!({"name": app.name, "image": image, "imagePullPolicy": "IfNotPresent", "resources": {
                "requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"},
            }})];
        containers.extend(app.sidecar.map(|(name, image)| json!({"name": name, "image": image, "resources": {}})));
        let labels = json!({"app": app.name, "team": app.team});
        let mut status = json!({
            "observedGeneration": self.revision,
            "replicas": pods.len(),
            "updatedReplicas": updated,
            "conditions": self.conditions(ready, pods.len(), updated),
        });
        if ready > 0 {
            status["readyReplicas"] = ready.into();
            status["availableReplicas"] = ready.into();
        }
        if pods.len() > ready {
            status["unavailableReplicas"] = (pods.len() - ready).into();
        }
        json!({
            "metadata": {
                "name": app.name,
                "namespace": app.namespace,
                "uid": self.uid,
                "generation": self.revision,
                "creationTimestamp": stamp(self.created),
                "labels": labels,
                "annotations": {
                    "deployment.kubernetes.io/revision": self.revision.to_string(),
                    "kubernetes.io/change-cause": format!("发布单 #{}：升级到 {image}", self.rolled % 100_000),
                    "example.com/contact": app.owner,
                },
                "managedFields": [
                    managed("argocd-controller", "apps/v1", self.rolled, false),
                    managed("kube-controller-manager", "apps/v1", now - 60, true),
                ],
            },
            "spec": {
                "replicas": self.replicas,
                "selector": {"matchLabels": {"app": app.name}},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {
                        "containers": containers,
                        "restartPolicy": "Always",
                        "terminationGracePeriodSeconds": 30,
                        "dnsPolicy": "ClusterFirst",
                        "securityContext": {},
                        "schedulerName": "default-scheduler",
                    },
                },
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 1}},
                "revisionHistoryLimit": 10,
                "progressDeadlineSeconds": 600,
            },
            "status": status,
        })
    }

    fn conditions(&self, ready: usize, total: usize, updated: usize) -> Value {
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
        let progressing = if updated < total {
            let message = format!("ReplicaSet \"{}\" has timed out progressing.", self.set);
            condition("Progressing", false, "ProgressDeadlineExceeded", message, self.rolled + 600)
        } else {
            let message = format!("ReplicaSet \"{}\" has successfully progressed.", self.set);
            condition("Progressing", true, "NewReplicaSetAvailable", message, self.rolled + 55)
        };
        json!([available, progressing])
    }
}
