//! Writes as a client makes them, and what the server says of them.
#![allow(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

use super::client::{Answer, get, send_body, still};
use crate::demo::DemoCluster;
use http::{Method, StatusCode};
use serde_json::{Value, json};

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const PATCH: &str = "application/json-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const APPS: &str = "/apis/apps/v1/namespaces/default/deployments";

async fn post(cluster: &DemoCluster, path: &str, body: Value) -> Answer {
    send_body(cluster, Method::POST, path, JSON, &body.to_string()).await
}

async fn put(cluster: &DemoCluster, path: &str, body: &Value) -> Answer {
    send_body(cluster, Method::PUT, path, JSON, &body.to_string()).await
}

async fn patch(cluster: &DemoCluster, path: &str, kind: &str, body: Value) -> Answer {
    send_body(cluster, Method::PATCH, path, kind, &body.to_string()).await
}

async fn delete(cluster: &DemoCluster, path: &str, body: Value) -> Answer {
    send_body(cluster, Method::DELETE, path, JSON, &body.to_string()).await
}

fn map(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

fn app(name: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": "example.com/main:1"}]},
            },
        },
    })
}

#[track_caller]
fn says(answer: &Answer, code: u16, reason: &str, message: &str) {
    let status = answer.json();
    let said =
        (answer.status.as_u16(), status["reason"].as_str().unwrap_or(""), status["message"].as_str().unwrap_or(""));
    assert_eq!(said, (code, reason, message));
}

#[tokio::test]
async fn create_and_what_is_refused() {
    let cluster = still(0, 64);
    let answer = post(&cluster, MAPS, map("one", json!({"a": "b"}))).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let made = answer.json();
    assert_eq!(made["metadata"]["namespace"], "default");
    assert!(made["metadata"]["uid"].as_str().is_some_and(|uid| uid.len() == 36));
    assert_eq!(get(&cluster, &format!("{MAPS}/one")).await.json(), made);

    let again = post(&cluster, MAPS, map("one", json!({}))).await;
    says(&again, 409, "AlreadyExists", "configmaps \"one\" already exists");
    let elsewhere = post(&cluster, "/api/v1/namespaces/nowhere/configmaps", map("one", json!({}))).await;
    says(&elsewhere, 404, "NotFound", "namespaces \"nowhere\" not found");
    let unnamed = post(&cluster, MAPS, json!({"metadata": {}})).await;
    let why = "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required";
    says(&unnamed, 422, "Invalid", why);
    let strict = format!("{MAPS}?fieldValidation=Strict");
    let unknown = post(&cluster, &strict, json!({"metadata": {"name": "two"}, "dta": {}})).await;
    let why =
        "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field \"dta\"";
    says(&unknown, 400, "BadRequest", why);
    let kind = send_body(&cluster, Method::POST, MAPS, "text/plain", "x").await;
    assert_eq!(kind.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);

    let named = post(&cluster, MAPS, json!({"metadata": {"generateName": "gen-"}})).await.json();
    assert!(named["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("gen-") && name.len() == 9));
}

#[tokio::test]
async fn odd_bodies_are_refused() {
    let cluster = still(0, 64);
    for path in [
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        "/api/v1/namespaces/default/serviceaccounts/default/token",
        MAPS,
    ] {
        for body in [json!([]), json!("text"), json!(7)] {
            let answer = post(&cluster, path, body).await;
            let said = answer.json();
            assert_eq!((answer.status.as_u16(), &said["reason"]), (400, &json!("BadRequest")), "{path}: {said}");
        }
    }
    // A generated name is cut at letters, not within one, and is then no name.
    let long = post(&cluster, MAPS, json!({"metadata": {"generateName": "配置".repeat(40)}})).await;
    assert_eq!((long.status.as_u16(), &long.json()["reason"]), (422, &json!("Invalid")), "{}", long.text);
}

#[tokio::test]
async fn enormous_numbers_are_taken_for_what_they_are() {
    let cluster = still(0, 64);
    let pods = get(&cluster, "/api/v1/namespaces/payments/pods?fieldSelector=status.phase%3DRunning").await.json();
    let name = pods["items"][0]["metadata"]["name"].as_str().unwrap();
    let path = format!("/api/v1/namespaces/payments/pods/{name}");
    let container = pods["items"][0]["spec"]["containers"][0]["name"].as_str().unwrap();
    for since in [i64::MAX, 1_000_000_000_000] {
        let log = format!("{path}/log?container={container}&tailLines=1&sinceSeconds={since}");
        assert_eq!(get(&cluster, &log).await.status, StatusCode::OK, "{since}");
    }
    let going = delete(&cluster, &path, json!({"gracePeriodSeconds": i64::MAX})).await;
    assert_eq!(going.status, StatusCode::OK, "{}", going.text);
    assert_eq!(going.json()["metadata"]["deletionGracePeriodSeconds"], i64::MAX);
}

#[tokio::test]
async fn nothing_is_kept_of_a_dry_run() {
    let cluster = still(0, 64);
    let before = cluster.server().store.version();
    let answer = post(&cluster, &format!("{MAPS}?dryRun=All"), map("one", json!({}))).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(get(&cluster, &format!("{MAPS}/one")).await.status, StatusCode::NOT_FOUND);
    let path = "/api/v1/namespaces/default";
    let answer =
        patch(&cluster, &format!("{path}?dryRun=All"), MERGE, json!({"metadata": {"labels": {"a": "b"}}})).await;
    assert_eq!(answer.json()["metadata"]["labels"]["a"], "b");
    assert_eq!(delete(&cluster, &format!("{path}?dryRun=All"), json!({})).await.status, StatusCode::OK);
    assert_eq!(get(&cluster, path).await.json()["status"]["phase"], "Active");
    assert_eq!(cluster.server().store.version(), before);
}

#[tokio::test]
async fn who_comes_second_is_told() {
    let cluster = still(0, 64);
    let mut made = post(&cluster, MAPS, map("one", json!({"a": "b"}))).await.json();
    let path = format!("{MAPS}/one");
    let first = patch(&cluster, &path, MERGE, json!({"data": {"a": "c"}})).await.json();
    made["data"]["a"] = "d".into();
    let why = "Operation cannot be fulfilled on configmaps \"one\": the object has been modified; please apply your \
               changes to the latest version and try again";
    says(&put(&cluster, &path, &made).await, 409, "Conflict", why);
    made["metadata"]["resourceVersion"] = first["metadata"]["resourceVersion"].clone();
    assert_eq!(put(&cluster, &path, &made).await.json()["data"]["a"], "d");
    let wrong = delete(&cluster, &path, json!({"preconditions": {"uid": "another"}})).await;
    assert_eq!(wrong.json()["reason"], "Conflict");
    let gone = delete(&cluster, &path, json!({"preconditions": {"uid": made["metadata"]["uid"]}})).await.json();
    assert_eq!((&gone["kind"], &gone["status"]), (&json!("Status"), &json!("Success")));
}

#[tokio::test]
async fn four_ways_to_patch() {
    let cluster = still(0, 64);
    post(&cluster, APPS, app("web", 1)).await;
    let path = format!("{APPS}/web");
    let merged = patch(&cluster, &path, MERGE, json!({"spec": {"replicas": 3}})).await.json();
    assert_eq!((&merged["spec"]["replicas"], &merged["metadata"]["generation"]), (&json!(3), &json!(2)));
    let side =
        json!({"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "example.com/side:1"}]}}}});
    let strategic = patch(&cluster, &path, STRATEGIC, side).await.json();
    assert_eq!(strategic["spec"]["template"]["spec"]["containers"].as_array().map(Vec::len), Some(2));
    let steps = json!([{"op": "test", "path": "/spec/replicas", "value": 3}, {"op": "replace", "path": "/spec/replicas", "value": 2}]);
    assert_eq!(patch(&cluster, &path, PATCH, steps).await.json()["spec"]["replicas"], 2);
    let wrong = patch(&cluster, &path, PATCH, json!([{"op": "remove", "path": "/spec/nope"}])).await;
    says(&wrong, 422, "Invalid", "the server rejected our request due to an error in our request");

    let config = |replicas: u32| json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": replicas}});
    let first = patch(&cluster, &format!("{path}?fieldManager=one&force=true"), APPLY, config(5)).await;
    assert_eq!(first.json()["spec"]["replicas"], 5);
    let second = patch(&cluster, &format!("{path}?fieldManager=two"), APPLY, config(6)).await;
    let why = "Apply failed with 1 conflict: conflict with \"one\": .spec.replicas";
    says(&second, 409, "Conflict", why);
    let shared = patch(&cluster, &format!("{path}?fieldManager=two"), APPLY, config(5)).await.json();
    let owners = shared["metadata"]["managedFields"].as_array().unwrap();
    assert!(owners.iter().any(|owner| owner["manager"] == "two" && owner["operation"] == "Apply"));
}

#[tokio::test]
async fn the_parts_of_an_object() {
    let cluster = still(0, 64);
    let made = post(&cluster, APPS, app("web", 1)).await.json();
    assert_eq!(made["spec"]["strategy"]["rollingUpdate"]["maxSurge"], "25%");
    let path = format!("{APPS}/web");
    // Each part leaves the other alone.
    let both = json!({"spec": {"replicas": 9}, "status": {"replicas": 4}});
    let status = patch(&cluster, &format!("{path}/status"), MERGE, both.clone()).await.json();
    assert_eq!((&status["spec"]["replicas"], &status["status"]["replicas"]), (&json!(1), &json!(4)));
    let whole = patch(&cluster, &path, MERGE, both).await.json();
    assert_eq!((&whole["spec"]["replicas"], &whole["status"]["replicas"]), (&json!(9), &json!(4)));
    let scale = get(&cluster, &format!("{path}/scale")).await.json();
    assert_eq!((&scale["kind"], &scale["status"]["selector"]), (&json!("Scale"), &json!("app=web")));
    let scaled = patch(&cluster, &format!("{path}/scale"), MERGE, json!({"spec": {"replicas": 2}})).await.json();
    assert_eq!((&scaled["spec"]["replicas"], &scaled["status"]["replicas"]), (&json!(2), &json!(4)));
    let wrong = patch(&cluster, &path, MERGE, json!({"spec": {"replicas": -1}})).await;
    let why =
        "Deployment.apps \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0";
    says(&wrong, 422, "Invalid", why);
    assert_eq!(get(&cluster, &format!("{path}/nope")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn evictions_ask_the_budget() {
    let cluster = still(0, 64);
    let pod = json!({"metadata": {"name": "p", "labels": {"app": "p"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let pods = "/api/v1/namespaces/default/pods";
    post(&cluster, pods, pod).await;
    let running = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
    patch(&cluster, &format!("{pods}/p/status"), MERGE, running).await;
    let budget =
        json!({"metadata": {"name": "b"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "p"}}}});
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    post(&cluster, budgets, budget).await;
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}});
    let refused = post(&cluster, &format!("{pods}/p/eviction"), eviction.clone()).await;
    let why = "Cannot evict pod as it would violate the pod's disruption budget.";
    says(&refused, 429, "TooManyRequests", why);
    // One that is not ready goes where its budget says that it always may.
    let sick = json!({"metadata": {"name": "sick", "labels": {"app": "p"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    post(&cluster, pods, sick).await;
    let running = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}});
    patch(&cluster, &format!("{pods}/sick/status"), MERGE, running).await;
    let of_sick = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "sick"}});
    says(&post(&cluster, &format!("{pods}/sick/eviction"), of_sick.clone()).await, 429, "TooManyRequests", why);
    let always = json!({"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}});
    patch(&cluster, &format!("{budgets}/b"), MERGE, always).await;
    assert_eq!(post(&cluster, &format!("{pods}/sick/eviction"), of_sick).await.status, StatusCode::CREATED);
    says(&post(&cluster, &format!("{pods}/p/eviction"), eviction.clone()).await, 429, "TooManyRequests", why);
    let room = json!({"status": {"disruptionsAllowed": 1}});
    patch(&cluster, &format!("{budgets}/b/status"), MERGE, room).await;
    assert_eq!(post(&cluster, &format!("{pods}/p/eviction"), eviction).await.status, StatusCode::CREATED);
    assert_eq!(get(&cluster, &format!("{pods}/p")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn definitions_come_and_go() {
    let cluster = still(0, 64);
    let definition = json!({
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": {"type": "object", "required": ["size"],
                    "properties": {"size": {"type": "integer"}, "colour": {"type": "string", "default": "red"}}}},
            }}}],
        },
    });
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert_eq!(post(&cluster, definitions, definition).await.status, StatusCode::CREATED);
    let widgets = "/apis/example.com/v1/namespaces/default/widgets";
    let widget = |size: Value| json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": size});
    assert_eq!(post(&cluster, widgets, widget(json!({"size": 1}))).await.json()["spec"]["colour"], "red");
    let missing = post(&cluster, widgets, widget(json!({}))).await;
    says(&missing, 422, "Invalid", "Widget.example.com \"w\" is invalid: spec.size: Required value");
    delete(&cluster, &format!("{definitions}/widgets.example.com"), json!({})).await;
    assert_eq!(get(&cluster, widgets).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn reviews_and_logs() {
    let cluster = still(0, 64);
    let review = json!({"spec": {"resourceAttributes": {"verb": "list", "resource": "pods"}}});
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    assert_eq!(post(&cluster, path, review).await.json()["status"]["allowed"], true);
    let others = json!({"spec": {"user": "viewer", "resourceAttributes": {"verb": "delete", "resource": "pods"}}});
    let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    assert_eq!(post(&cluster, path, others).await.json()["status"]["allowed"], false);
    let whoami = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    assert_eq!(post(&cluster, whoami, json!({})).await.json()["status"]["userInfo"]["username"], "demo");

    let pods = get(&cluster, "/api/v1/namespaces/payments/pods?labelSelector=app%3Dledger-api").await.json();
    let name = pods["items"][0]["metadata"]["name"].as_str().unwrap();
    let log = format!("/api/v1/namespaces/payments/pods/{name}/log");
    let unnamed = get(&cluster, &log).await;
    let why = format!("a container name must be specified for pod {name}, choose one of: [ledger-api envoy]");
    says(&unnamed, 400, "BadRequest", &why);
    let lines = get(&cluster, &format!("{log}?container=envoy&tailLines=3&timestamps=true")).await.text;
    assert_eq!(lines.lines().count(), 3);
    assert!(lines.lines().all(|line| line.split(' ').next().unwrap().parse::<jiff::Timestamp>().is_ok()), "{lines}");
}
