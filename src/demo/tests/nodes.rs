//! Nodes that fail, come back, are cordoned or go.
#![allow(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

use super::client::get;
use super::controllers::{
    APPS, create, delete, is_going, is_ready, items, living, merge, pods, until, within, workload,
};
use crate::demo::DemoCluster;
use serde_json::{Value, json};
use std::time::Duration;

const NODES: &str = "/api/v1/nodes";

/// Marks a node's readiness as its kubelet, or who watches it, would.
async fn mark(cluster: &DemoCluster, node: &str, status: &str) {
    let path = format!("{NODES}/{node}");
    let mut conditions = get(cluster, &path).await.json()["status"]["conditions"].clone();
    for it in conditions.as_array_mut().unwrap() {
        if it["type"] == "Ready" {
            it["status"] = status.into();
        }
    }
    merge(cluster, &format!("{path}/status"), json!({"status": {"conditions": conditions}})).await;
}

fn taints(node: &Value) -> Vec<(String, String)> {
    let all = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
    all.iter().map(|it| (it["key"].as_str().unwrap().to_owned(), it["effect"].as_str().unwrap().to_owned())).collect()
}

fn on<'a>(list: &'a Value, node: &str) -> Vec<&'a Value> {
    items(list).iter().filter(|pod| pod["spec"]["nodeName"] == node).collect()
}

/// A deployment that leaves a failed node after so many seconds, and the node of one of its pods.
async fn deploy(cluster: &DemoCluster, patience: u32) -> String {
    let mut web = workload("web", json!({"replicas": 4}));
    let bears =
        |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": patience});
    web["spec"]["template"]["spec"]["tolerations"] =
        json!([bears("node.kubernetes.io/not-ready"), bears("node.kubernetes.io/unreachable")]);
    create(cluster, &format!("{APPS}/deployments"), web).await;
    until(cluster, &format!("{APPS}/deployments/web"), |it| it["status"]["availableReplicas"] == 4).await;
    items(&get(cluster, &pods("web")).await.json())[0]["spec"]["nodeName"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_pods_of_a_failed_node_are_replaced_elsewhere() {
    let cluster = living();
    let service = json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}});
    create(&cluster, "/api/v1/namespaces/default/services", service).await;
    let node = deploy(&cluster, 0).await;
    mark(&cluster, &node, "Unknown").await;
    let path = format!("{NODES}/{node}");
    let unreachable = |effect: &str| ("node.kubernetes.io/unreachable".to_owned(), effect.to_owned());
    until(&cluster, &path, |it| {
        ["NoSchedule", "NoExecute"].iter().all(|effect| taints(it).contains(&unreachable(effect)))
    })
    .await;
    // Nobody there can stop them, so they stay as going; others take their places.
    let settled = |it: &Value| {
        let there = on(it, &node);
        let well = items(it).iter().filter(|pod| is_ready(pod) && pod["spec"]["nodeName"] != node.as_str()).count();
        !there.is_empty() && there.iter().all(|pod| pod["metadata"]["deletionTimestamp"].is_string()) && well == 4
    };
    let all = until(&cluster, &pods("web"), settled).await;
    assert!(on(&all, &node).iter().all(|pod| !is_ready(pod)));
    let slices =
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dweb";
    until(&cluster, slices, |it| {
        let all = items(it)[0]["endpoints"].as_array().cloned().unwrap_or_default();
        let ready: Vec<&Value> = all.iter().filter(|it| it["conditions"]["ready"] == true).collect();
        ready.len() == 4 && ready.iter().all(|it| it["nodeName"] != node.as_str())
    })
    .await;
    for (reason, namespace) in [("NodeNotReady", "default"), ("TaintManagerEviction", "default")] {
        let events =
            get(&cluster, &format!("/api/v1/namespaces/{namespace}/events?fieldSelector=reason%3D{reason}")).await;
        assert!(!items(&events.json()).is_empty(), "{reason}");
    }
    // Back again, the kubelet ends what had to go, and the rest is well.
    mark(&cluster, &node, "True").await;
    until(&cluster, &path, |it| taints(it).is_empty()).await;
    until(&cluster, &pods("web"), |it| items(it).len() == 4 && items(it).iter().all(is_ready)).await;
    let kept = format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{node}");
    until(&cluster, &kept, |it| items(it).iter().filter(|pod| is_ready(pod)).count() > 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_back_in_time_loses_nothing() {
    let cluster = living();
    let node = deploy(&cluster, 300).await;
    mark(&cluster, &node, "False").await;
    until(&cluster, &pods("web"), |it| on(it, &node).iter().all(|pod| !is_ready(pod))).await;
    let not_ready = ("node.kubernetes.io/not-ready".to_owned(), "NoExecute".to_owned());
    until(&cluster, &format!("{NODES}/{node}"), |it| taints(it).contains(&not_ready)).await;
    mark(&cluster, &node, "True").await;
    let all = until(&cluster, &pods("web"), |it| items(it).iter().all(is_ready)).await;
    assert_eq!(items(&all).len(), 4);
    assert!(items(&all).iter().all(|pod| pod["metadata"]["deletionTimestamp"].is_null()));
    let events = "/api/v1/namespaces/default/events?fieldSelector=reason%3DTaintManagerEviction";
    until(&cluster, events, |it| {
        items(it)
            .iter()
            .any(|it| it["message"].as_str().unwrap().starts_with("Cancelling deletion of Pod default/web-"))
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn cordoned_nodes_are_tainted_and_deleted_ones_take_their_pods_along() {
    let cluster = living();
    let node = deploy(&cluster, 300).await;
    let path = format!("{NODES}/{node}");
    merge(&cluster, &path, json!({"spec": {"unschedulable": true}})).await;
    let taint = ("node.kubernetes.io/unschedulable".to_owned(), "NoSchedule".to_owned());
    until(&cluster, &path, |it| taints(it) == [taint.clone()]).await;
    merge(&cluster, &path, json!({"spec": {"unschedulable": null}})).await;
    until(&cluster, &path, |it| taints(it).is_empty()).await;

    delete(&cluster, &path, "Background").await;
    let there = format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{node}");
    until(&cluster, &there, |it| items(it).is_empty()).await;
    until(&cluster, &pods("web"), |it| items(it).len() == 4 && items(it).iter().all(is_ready)).await;
    until(&cluster, &format!("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}"), |it| {
        it["code"] == 404
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_taint_that_is_not_borne_drives_pods_away() {
    let cluster = living();
    let node = deploy(&cluster, 300).await;
    let taint = json!({"key": "maintenance", "effect": "NoExecute"});
    merge(&cluster, &format!("{NODES}/{node}"), json!({"spec": {"taints": [taint]}})).await;
    until(&cluster, &pods("web"), |it| {
        items(it).len() == 4 && on(it, &node).is_empty() && items(it).iter().all(is_ready)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_pods_of_the_lost_node_are_given_up_once_another_is_emptied() {
    let cluster = living();
    let all = get(&cluster, NODES).await.json();
    let lost = items(&all).iter().find(|node| !is_ready(node)).unwrap()["metadata"]["name"].as_str().unwrap();
    let there = format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{lost}");
    let leaves = |pod: &&Value| pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet";
    let given_up = |it: &Value| items(it).iter().filter(leaves).all(is_going);
    tokio::time::sleep(Duration::from_mins(1)).await;
    let still = get(&cluster, &there).await.json();
    assert!(items(&still).iter().any(|pod| leaves(&pod)) && !given_up(&still), "nobody has asked for anything yet");
    let well = items(&all).iter().find(|node| is_ready(node) && taints(node).is_empty()).unwrap();
    let path = format!("{NODES}/{}", well["metadata"]["name"].as_str().unwrap());
    merge(&cluster, &path, json!({"spec": {"unschedulable": true}})).await;
    within(&cluster, &there, Duration::from_mins(5), given_up).await;
}
