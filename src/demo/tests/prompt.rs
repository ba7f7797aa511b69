//! On a healthy node a created pod is ready, and a deleted one gone, within two seconds.
#![allow(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

use super::controllers::{APPS, DEFAULT, Followed, create, delete, is_going, is_ready, living, pods, until, workload};
use crate::demo::DemoCluster;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

const PROMPT: Duration = Duration::from_secs(2);

/// Follows the pods of an app until it is so, each of which must be ready and gone in time.
async fn follow(pods: &mut Followed, is_so: impl Fn(&BTreeMap<String, Value>) -> bool) {
    let mut since: BTreeMap<(String, bool), Instant> = BTreeMap::new();
    while !is_so(&pods.all) {
        pods.next().await;
        for (name, pod) in &pods.all {
            let going = is_going(pod);
            let since = *since.entry((name.clone(), going)).or_insert_with(Instant::now);
            let waits = going || !is_ready(pod) && pod["status"]["phase"] != "Succeeded";
            assert!(!waits || since.elapsed() < PROMPT, "{:?} and still {pod:#}", since.elapsed());
        }
        let now = Instant::now();
        since.retain(|(name, going), since| {
            let is_there = pods.all.get(name).is_some_and(|pod| is_going(pod) == *going);
            // One that is not there any more went in time, too.
            assert!(is_there || !going || now - *since < PROMPT, "{name} took {:?} to go", now - *since);
            is_there
        });
    }
}

fn ready(all: &BTreeMap<String, Value>, wanted: usize) -> bool {
    all.values().filter(|pod| is_ready(pod) && !is_going(pod)).count() == wanted
}

#[tokio::test(start_paused = true)]
async fn the_pods_of_clients() {
    let cluster = living();
    let path = format!("{DEFAULT}/pods");
    let mut seen = Followed::of(&cluster, &pods("one")).await;
    for grace in [json!(30), json!(600), Value::Null] {
        let mut pod = super::controllers::template("one", "example.com/main:1");
        pod["metadata"]["name"] = "one".into();
        if !grace.is_null() {
            pod["spec"]["terminationGracePeriodSeconds"] = grace;
        }
        create(&cluster, &path, pod).await;
        let begin = Instant::now();
        follow(&mut seen, |all| ready(all, 1)).await;
        assert!(begin.elapsed() < PROMPT);
        delete(&cluster, &format!("{path}/one"), "Background").await;
        let begin = Instant::now();
        follow(&mut seen, BTreeMap::is_empty).await;
        assert!(begin.elapsed() < PROMPT);
    }
}

/// Creates an owner of pods, waits for them, deletes one, then the owner.
async fn owned(cluster: &DemoCluster, kind: &str, more: Value, wanted: usize) {
    let mut seen = Followed::of(cluster, &pods(kind)).await;
    create(cluster, &format!("{APPS}/{kind}"), workload(kind, more)).await;
    follow(&mut seen, |all| ready(all, wanted)).await;
    let first = seen.all.keys().next().unwrap().clone();
    let uid = seen.all[&first]["metadata"]["uid"].clone();
    delete(cluster, &format!("{DEFAULT}/pods/{first}"), "Background").await;
    // Another takes its place.
    let fresh = |all: &BTreeMap<String, Value>| all.values().all(|pod| pod["metadata"]["uid"] != uid);
    follow(&mut seen, |all| ready(all, wanted) && fresh(all)).await;
    delete(cluster, &format!("{APPS}/{kind}/{kind}"), "Background").await;
    follow(&mut seen, BTreeMap::is_empty).await;
}

#[tokio::test(start_paused = true)]
async fn the_pods_of_controllers() {
    let cluster = living();
    owned(&cluster, "deployments", json!({"replicas": 5}), 5).await;
    owned(&cluster, "replicasets", json!({"replicas": 3}), 3).await;
    owned(&cluster, "statefulsets", json!({"replicas": 3, "serviceName": "db"}), 3).await;
    create(&cluster, &format!("{APPS}/daemonsets"), workload("count", json!({}))).await;
    let count = until(&cluster, &format!("{APPS}/daemonsets/count"), |it| {
        it["status"]["numberReady"].as_u64() > Some(0)
            && it["status"]["numberReady"] == it["status"]["currentNumberScheduled"]
    })
    .await;
    let wanted = count["status"]["numberReady"].as_u64().unwrap() as usize;
    assert!(wanted > 3);
    owned(&cluster, "daemonsets", json!({}), wanted).await;

    let mut seen = Followed::of(&cluster, &pods("once")).await;
    let mut job = workload("once", json!({"completions": 3, "parallelism": 3}));
    job["spec"].as_object_mut().unwrap().remove("selector");
    job["spec"]["template"]["spec"]["restartPolicy"] = "Never".into();
    create(&cluster, "/apis/batch/v1/namespaces/default/jobs", job).await;
    let done = |all: &BTreeMap<String, Value>| all.values().filter(|it| it["status"]["phase"] == "Succeeded").count();
    follow(&mut seen, |all| done(all) == 3).await;
}
