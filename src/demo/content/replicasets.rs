//! Replica sets, consistent with their pods.

use super::deployments::Deployment;
use super::pods::Pod;
use super::{managed, stamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The replica sets of the deployments that have pods.
pub fn of(deployments: &[Deployment], pods: &[Pod]) -> Vec<Value> {
    let mut sets: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| pod.owner.kind == "ReplicaSet") {
        sets.entry(&pod.owner.uid).or_default().push(pod);
    }
    sets.into_values().filter_map(|pods| one(deployments, &pods)).collect()
}

fn one(deployments: &[Deployment], pods: &[&Pod]) -> Option<Value> {
    let first = pods.first()?;
    let label = |key: &str| first.labels.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str());
    let (app, hash) = (label("app")?, label("pod-template-hash")?);
    let deployment = deployments.iter().find(|it| it.app.name == app && it.app.namespace == first.namespace)?;
    let active = pods.iter().filter(|pod| pod.is_active()).count();
    let ready = pods.iter().filter(|pod| pod.is_active() && pod.is_ready()).count();
    let labels = json!({"app": app, "pod-template-hash": hash, "team": deployment.app.team});
    let containers: Vec<Value> =
        first.containers.iter().map(|(name, image)| json!({"name": name, "image": image, "resources": {}})).collect();
    let mut status = json!({"replicas": active, "fullyLabeledReplicas": active, "observedGeneration": 1});
    if ready > 0 {
        status["readyReplicas"] = ready.into();
        status["availableReplicas"] = ready.into();
    }
    Some(json!({
        "metadata": {
            "name": first.owner.name,
            "namespace": first.namespace,
            "uid": first.owner.uid,
            "generation": 1,
            "creationTimestamp": stamp(deployment.rolled),
            "labels": labels,
            "ownerReferences": [{
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": app,
                "uid": deployment.uid,
                "controller": true,
                "blockOwnerDeletion": true,
            }],
            "managedFields": [managed("kube-controller-manager", "apps/v1", deployment.rolled, false)],
        },
        "spec": {
            "replicas": active,
            "selector": {"matchLabels": {"app": app, "pod-template-hash": hash}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
        "status": status,
    }))
}
