//! What becomes of the objects of clients. Time stands still but for what is waited for.
#![allow(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

use super::client::{Lines, get, send_body, small, watch};
use crate::demo::DemoCluster;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

pub(super) const DEFAULT: &str = "/api/v1/namespaces/default";
pub(super) const APPS: &str = "/apis/apps/v1/namespaces/default";

/// A cluster in which only controllers answer.
pub(super) fn living() -> DemoCluster {
    small(0, 1024)
}

pub(super) async fn create(cluster: &DemoCluster, path: &str, body: Value) -> Value {
    send_body(cluster, Method::POST, path, "application/json", &body.to_string()).await.json()
}

pub(super) async fn merge(cluster: &DemoCluster, path: &str, body: Value) -> Value {
    send_body(cluster, Method::PATCH, path, "application/merge-patch+json", &body.to_string()).await.json()
}

pub(super) async fn delete(cluster: &DemoCluster, path: &str, propagation: &str) {
    let body = json!({"propagationPolicy": propagation}).to_string();
    send_body(cluster, Method::DELETE, path, "application/json", &body).await;
}

/// Waits until what a path gives is so.
pub(super) async fn until(cluster: &DemoCluster, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    within(cluster, path, Duration::from_secs(30), is_so).await
}

/// Waits until what a path gives is so, but no longer than this.
pub(super) async fn within(
    cluster: &DemoCluster,
    path: &str,
    limit: Duration,
    is_so: impl Fn(&Value) -> bool,
) -> Value {
    let begin = Instant::now();
    loop {
        let value = get(cluster, path).await.json();
        if is_so(&value) {
            return value;
        }
        assert!(begin.elapsed() < limit, "still not so: {path}: {value:#}");
        tokio::time::sleep((limit / 600).max(Duration::from_millis(10))).await;
    }
}

/// The objects of a path, as each change leaves them.
pub(super) struct Followed {
    lines: Lines,
    pub all: BTreeMap<String, Value>,
}

impl Followed {
    pub(super) async fn of(cluster: &DemoCluster, path: &str) -> Followed {
        let more = if path.contains('?') { '&' } else { '?' };
        let lines = watch(cluster, &format!("{path}{more}watch=true"), "", false).await;
        Followed { lines, all: BTreeMap::new() }
    }

    /// Takes in the next change, and gives it.
    pub(super) async fn next(&mut self) -> Value {
        let change = self.lines.next().await.unwrap();
        let object = change["object"].clone();
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        if change["type"] == "DELETED" {
            self.all.remove(&name);
        } else {
            self.all.insert(name, object);
        }
        change
    }
}

pub(super) fn is_ready(object: &Value) -> bool {
    let all = object["status"]["conditions"].as_array().into_iter().flatten();
    all.into_iter().any(|it| it["type"] == "Ready" && it["status"] == "True")
}

pub(super) fn is_going(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

pub(super) fn image(pod: &Value) -> &str {
    pod["spec"]["containers"][0]["image"].as_str().unwrap()
}

pub(super) fn template(app: &str, image: &str) -> Value {
    json!({"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "main", "image": image}]}})
}

pub(super) fn workload(app: &str, more: Value) -> Value {
    let mut spec = json!({"selector": {"matchLabels": {"app": app}}, "template": template(app, "example.com/main:1")});
    for (name, value) in more.as_object().unwrap() {
        spec[name] = value.clone();
    }
    json!({"metadata": {"name": app}, "spec": spec})
}

pub(super) fn items(list: &Value) -> &[Value] {
    list["items"].as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn pods(app: &str) -> String {
    format!("{DEFAULT}/pods?labelSelector=app%3D{app}")
}

#[tokio::test(start_paused = true)]
async fn a_rollout_never_goes_below_its_bounds() {
    let cluster = living();
    let strategy = json!({"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}});
    create(&cluster, &format!("{APPS}/deployments"), workload("web", json!({"replicas": 3, "strategy": strategy})))
        .await;
    let path = format!("{APPS}/deployments/web");
    until(&cluster, &path, |it| it["status"]["availableReplicas"] == 3).await;
    merge(&cluster, &path, json!({"spec": {"template": template("web", "example.com/main:2")}})).await;
    let (mut done, mut steps) = (false, 0);
    while !done {
        let status = get(&cluster, &path).await.json()["status"].clone();
        assert!(status["availableReplicas"].as_i64().unwrap_or(0) >= 3, "{status:#}");
        assert!(status["replicas"].as_i64().unwrap_or(0) <= 4, "{status:#}");
        done = status["observedGeneration"] == 2 && status["updatedReplicas"] == 3 && status["replicas"] == 3;
        steps += 1;
        assert!(steps < 600, "{status:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let images = until(&cluster, &pods("web"), |it| items(it).len() == 3).await;
    assert!(items(&images).iter().all(|pod| pod["spec"]["containers"][0]["image"] == "example.com/main:2"));
    let sets = get(&cluster, &format!("{APPS}/replicasets")).await.json();
    let ours = |set: &&Value| set["metadata"]["ownerReferences"][0]["name"] == "web";
    let mut sizes: Vec<i64> =
        items(&sets).iter().filter(ours).map(|set| set["spec"]["replicas"].as_i64().unwrap()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [0, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_rollout_to_an_image_that_is_nowhere_stands_still() {
    let cluster = living();
    let path = format!("{APPS}/deployments/web");
    let wanted = workload("web", json!({"replicas": 2}));
    create(&cluster, &format!("{APPS}/deployments"), wanted).await;
    until(&cluster, &path, |it| it["status"]["availableReplicas"] == 2).await;
    merge(&cluster, &path, json!({"spec": {"template": template("web", "example.com/main:does-not-exist")}})).await;
    let reason = |it: &Value| it["status"]["containerStatuses"][0]["state"]["waiting"]["reason"].clone();
    until(&cluster, &pods("web"), |it| items(it).iter().any(|pod| reason(pod) == "ImagePullBackOff")).await;
    let status = get(&cluster, &path).await.json()["status"].clone();
    assert_eq!((&status["availableReplicas"], &status["unavailableReplicas"]), (&json!(2), &json!(1)), "{status:#}");
}

#[tokio::test(start_paused = true)]
async fn pods_without_a_node_wait_for_one() {
    let cluster = living();
    let spec = json!({"nodeSelector": {"disk": "fast"}, "containers": [{"name": "main", "image": "i"}]});
    create(&cluster, &format!("{DEFAULT}/pods"), json!({"metadata": {"name": "p"}, "spec": spec})).await;
    let path = format!("{DEFAULT}/pods/p");
    let waiting = until(&cluster, &path, |it| it["status"]["conditions"][0]["reason"] == "Unschedulable").await;
    let message = waiting["status"]["conditions"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("0/9 nodes are available: "), "{message}");
    assert!(message.contains("didn't match Pod's node affinity/selector"), "{message}");
    let ready = |node: &&Value| {
        node["spec"]["taints"].is_null()
            && node["status"]["conditions"]
                .as_array()
                .unwrap()
                .iter()
                .any(|it| it["type"] == "Ready" && it["status"] == "True")
    };
    let nodes = get(&cluster, "/api/v1/nodes").await.json();
    let name = items(&nodes).iter().find(ready).unwrap()["metadata"]["name"].as_str().unwrap().to_owned();
    merge(&cluster, &format!("/api/v1/nodes/{name}"), json!({"metadata": {"labels": {"disk": "fast"}}})).await;
    let pod = until(&cluster, &path, |it| it["status"]["phase"] == "Running").await;
    assert_eq!(pod["spec"]["nodeName"], name.as_str());
    // What is deleted is gone soon, whatever its grace.
    delete(&cluster, &path, "Background").await;
    until(&cluster, &path, |it| it["reason"] == "NotFound").await;
}

#[tokio::test(start_paused = true)]
async fn jobs_end_well_or_not() {
    let cluster = living();
    let jobs = "/apis/batch/v1/namespaces/default/jobs";
    let job = |name: &str, command: &str, more: Value| {
        let container = json!({"name": "main", "image": "i", "command": ["sh", "-c", command]});
        let spec = json!({"restartPolicy": "Never", "containers": [container]});
        let mut job = json!({"metadata": {"name": name}, "spec": {"template": {"spec": spec}}});
        for (name, value) in more.as_object().unwrap() {
            job["spec"][name] = value.clone();
        }
        job
    };
    create(&cluster, jobs, job("good", "work", json!({"completions": 3, "parallelism": 2}))).await;
    create(&cluster, jobs, job("bad", "work; exit 3", json!({"backoffLimit": 1}))).await;
    let has = |kind: &'static str| {
        move |it: &Value| {
            it["status"]["conditions"].as_array().is_some_and(|all| all.iter().any(|it| it["type"] == kind))
        }
    };
    let good = until(&cluster, &format!("{jobs}/good"), has("Complete")).await;
    assert_eq!(good["status"]["succeeded"], 3);
    let bad = until(&cluster, &format!("{jobs}/bad"), has("Failed")).await;
    assert_eq!(bad["status"]["failed"], 2);
}

#[tokio::test(start_paused = true)]
async fn sets_are_filled_in_order_and_on_each_node() {
    let cluster = living();
    create(&cluster, &format!("{APPS}/statefulsets"), workload("db", json!({"replicas": 2, "serviceName": "db"})))
        .await;
    until(&cluster, &format!("{APPS}/statefulsets/db"), |it| it["status"]["readyReplicas"] == 2).await;
    let names = get(&cluster, &pods("db")).await.json();
    let names: Vec<&Value> = items(&names).iter().map(|pod| &pod["metadata"]["name"]).collect();
    assert_eq!(names, ["db-0", "db-1"]);
    create(&cluster, &format!("{APPS}/daemonsets"), workload("agent", json!({}))).await;
    let status = until(&cluster, &format!("{APPS}/daemonsets/agent"), |it| {
        it["status"]["numberReady"]
            .as_i64()
            .is_some_and(|ready| ready > 0 && it["status"]["numberReady"] == it["status"]["updatedNumberScheduled"])
    })
    .await;
    assert!(status["status"]["desiredNumberScheduled"].as_i64().unwrap() >= 4, "{status:#}");
}

#[tokio::test(start_paused = true)]
async fn owners_take_their_own_along_or_leave_it() {
    let cluster = living();
    let deployments = format!("{APPS}/deployments");
    for app in ["one", "two", "three"] {
        create(&cluster, &deployments, workload(app, json!({"replicas": 2}))).await;
        until(&cluster, &format!("{deployments}/{app}"), |it| it["status"]["availableReplicas"] == 2).await;
    }
    delete(&cluster, &format!("{deployments}/one"), "Background").await;
    until(&cluster, &pods("one"), |it| items(it).is_empty()).await;

    delete(&cluster, &format!("{deployments}/two"), "Foreground").await;
    let going = get(&cluster, &format!("{deployments}/two")).await.json();
    assert_eq!(going["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    until(&cluster, &format!("{deployments}/two"), |it| it["reason"] == "NotFound").await;
    assert!(items(&get(&cluster, &pods("two")).await.json()).is_empty(), "its pods went before it");

    delete(&cluster, &format!("{deployments}/three"), "Orphan").await;
    until(&cluster, &format!("{deployments}/three"), |it| it["reason"] == "NotFound").await;
    let sets = get(&cluster, &format!("{APPS}/replicasets?labelSelector=app%3Dthree")).await.json();
    assert_eq!(items(&sets)[0]["metadata"].get("ownerReferences"), None);
    assert_eq!(items(&get(&cluster, &pods("three")).await.json()).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_namespace_begins_with_an_account_and_ends_empty() {
    let cluster = living();
    create(&cluster, "/api/v1/namespaces", json!({"metadata": {"name": "shop"}})).await;
    until(&cluster, "/api/v1/namespaces/shop/serviceaccounts/default", |it| it["kind"] == "ServiceAccount").await;
    until(&cluster, "/api/v1/namespaces/shop/configmaps/kube-root-ca.crt", |it| it["kind"] == "ConfigMap").await;
    create(&cluster, "/apis/apps/v1/namespaces/shop/deployments", workload("web", json!({"replicas": 2}))).await;
    let path = "/apis/apps/v1/namespaces/shop/deployments/web";
    until(&cluster, path, |it| it["status"]["availableReplicas"] == 2).await;
    delete(&cluster, "/api/v1/namespaces/shop", "Background").await;
    let refused = create(&cluster, "/api/v1/namespaces/shop/configmaps", json!({"metadata": {"name": "late"}})).await;
    assert_eq!(refused["reason"], "Forbidden");
    until(&cluster, "/api/v1/namespaces/shop", |it| it["reason"] == "NotFound").await;
    assert!(items(&get(&cluster, "/api/v1/namespaces/shop/pods").await.json()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn services_and_budgets_know_their_pods() {
    let cluster = living();
    create(&cluster, &format!("{APPS}/deployments"), workload("web", json!({"replicas": 2}))).await;
    let ports = json!([{"port": 80, "targetPort": 8080}]);
    create(
        &cluster,
        &format!("{DEFAULT}/services"),
        json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": ports}}),
    )
    .await;
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    create(&cluster, budgets, json!({"metadata": {"name": "web"}, "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}})).await;
    until(&cluster, &format!("{budgets}/web"), |it| it["status"]["disruptionsAllowed"] == 1).await;
    let slices =
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dweb";
    let slices = until(&cluster, slices, |it| {
        let endpoints = it["items"][0]["endpoints"].as_array();
        endpoints.is_some_and(|all| all.len() == 2 && all.iter().all(|it| it["conditions"]["ready"] == true))
    })
    .await;
    assert_eq!(slices["items"][0]["ports"][0]["port"], 8080);
}
