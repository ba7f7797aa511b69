//! Volume claims of clients, and the company's that fills.
#![allow(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

use super::client::get;
use super::controllers::{APPS, DEFAULT, create, delete, items, living, merge, until, workload};
use serde_json::{Value, json};

const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";

fn claim(name: &str, more: Value) -> Value {
    let mut spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}});
    for (name, value) in more.as_object().unwrap() {
        spec[name] = value.clone();
    }
    json!({"metadata": {"name": name}, "spec": spec})
}

fn pod(name: &str, claim: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {
        "containers": [{"name": "main", "image": "example.com/main:1"}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}],
    }})
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_bound_when_it_may_be_and_goes_when_nobody_uses_it() {
    let cluster = living();
    create(&cluster, &format!("{DEFAULT}/pods"), pod("a", "data")).await;
    let waits =
        until(&cluster, &format!("{DEFAULT}/pods/a"), |it| it["status"]["conditions"][0]["status"] == "False").await;
    let why = waits["status"]["conditions"][0]["message"].as_str().unwrap();
    assert!(why.contains("persistentvolumeclaim \"data\" not found"), "{why}");

    // The default class waits for the first pod, which is there already.
    let made = create(&cluster, CLAIMS, claim("data", json!({}))).await;
    assert_eq!(made["spec"]["storageClassName"], "fast-ssd");
    let path = format!("{CLAIMS}/data");
    let bound = until(&cluster, &path, |it| it["status"]["phase"] == "Bound").await;
    assert_eq!(bound["status"]["capacity"]["storage"], "5Gi");
    let volume = format!("/api/v1/persistentvolumes/{}", bound["spec"]["volumeName"].as_str().unwrap());
    assert_eq!(get(&cluster, &volume).await.json()["status"]["phase"], "Bound");
    until(&cluster, &format!("{DEFAULT}/pods/a"), |it| it["status"]["phase"] == "Running").await;

    delete(&cluster, &path, "Background").await;
    let going = get(&cluster, &path).await.json();
    assert!(going["metadata"]["deletionTimestamp"].is_string(), "a pod uses it: {going:#}");
    delete(&cluster, &format!("{DEFAULT}/pods/a"), "Background").await;
    for gone in [&path, &volume] {
        until(&cluster, gone, |it| it["code"] == 404).await;
    }
}

#[tokio::test(start_paused = true)]
async fn claims_wait_are_refused_or_take_what_is_there() {
    let cluster = living();
    create(&cluster, CLAIMS, claim("waits", json!({}))).await;
    create(&cluster, CLAIMS, claim("nowhere", json!({"storageClassName": "other"}))).await;
    let class = json!({"metadata": {"name": "now"}, "provisioner": "csi.block.example.com"});
    create(&cluster, "/apis/storage.k8s.io/v1/storageclasses", class).await;
    create(&cluster, CLAIMS, claim("at-once", json!({"storageClassName": "now"}))).await;
    let volume = json!({"metadata": {"name": "by-hand"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "8Gi"}, "storageClassName": "",
        "hostPath": {"path": "/data"},
    }});
    create(&cluster, "/api/v1/persistentvolumes", volume).await;
    create(&cluster, CLAIMS, claim("static", json!({"storageClassName": ""}))).await;
    let taken = until(&cluster, &format!("{CLAIMS}/static"), |it| it["status"]["phase"] == "Bound").await;
    assert_eq!(
        (&taken["spec"]["volumeName"], &taken["status"]["capacity"]["storage"]),
        (&json!("by-hand"), &json!("8Gi"))
    );
    until(&cluster, &format!("{CLAIMS}/at-once"), |it| it["status"]["phase"] == "Bound").await;
    for (name, reason) in [("waits", "WaitForFirstConsumer"), ("nowhere", "ProvisioningFailed")] {
        let events = format!("{DEFAULT}/events?fieldSelector=involvedObject.name%3D{name},reason%3D{reason}");
        until(&cluster, &events, |it| items(it).len() == 1).await;
        assert_eq!(get(&cluster, &format!("{CLAIMS}/{name}")).await.json()["status"]["phase"], "Pending");
    }
}

#[tokio::test(start_paused = true)]
async fn the_volume_that_fills_can_be_grown() {
    let cluster = living();
    let path = "/api/v1/namespaces/payments/persistentvolumeclaims/data-ledger-db-0";
    let percent = |it: &Value| it["metadata"]["annotations"]["example.com/volume-usage-percent"].clone();
    assert_eq!(percent(&get(&cluster, path).await.json()), "96");
    merge(&cluster, path, json!({"spec": {"resources": {"requests": {"storage": "300Gi"}}}})).await;
    until(&cluster, path, |it| it["status"]["conditions"][0]["type"] == "FileSystemResizePending").await;
    let grown = until(&cluster, path, |it| it["status"]["capacity"]["storage"] == "300Gi" && percent(it) == "32").await;
    assert!(grown["status"]["conditions"].is_null());
}

#[tokio::test(start_paused = true)]
async fn the_claims_of_a_stateful_set_are_bound() {
    let cluster = living();
    let template = json!({"metadata": {"name": "data"}, "spec": claim("data", json!({}))["spec"]});
    let set = workload("db", json!({"replicas": 2, "serviceName": "db", "volumeClaimTemplates": [template]}));
    create(&cluster, &format!("{APPS}/statefulsets"), set).await;
    until(&cluster, &format!("{APPS}/statefulsets/db"), |it| it["status"]["readyReplicas"] == 2).await;
    for name in ["data-db-0", "data-db-1"] {
        until(&cluster, &format!("{CLAIMS}/{name}"), |it| it["status"]["phase"] == "Bound").await;
    }
}
