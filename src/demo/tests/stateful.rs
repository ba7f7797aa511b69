//! How stateful sets roll over, grow and shrink: in order.
#![allow(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

use super::controllers::{
    APPS, DEFAULT, Followed, create, delete, image, is_going, is_ready, living, merge, pods, template, until, workload,
};
use crate::demo::DemoCluster;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const ONE: &str = "example.com/main:1";
const TWO: &str = "example.com/main:2";

fn at() -> String {
    format!("{APPS}/statefulsets/db")
}

async fn deploy(cluster: &DemoCluster, replicas: usize, more: Value) {
    let mut spec = json!({"replicas": replicas, "serviceName": "db"});
    for (name, value) in more.as_object().unwrap() {
        spec[name] = value.clone();
    }
    create(cluster, &format!("{APPS}/statefulsets"), workload("db", spec)).await;
    until(cluster, &at(), |it| it["status"]["readyReplicas"] == replicas).await;
}

async fn set_image(cluster: &DemoCluster, image: &str) {
    merge(cluster, &at(), json!({"spec": {"template": template("db", image)}})).await;
}

fn images(all: &BTreeMap<String, Value>) -> Vec<&str> {
    all.values().map(image).collect()
}

fn well(all: &BTreeMap<String, Value>) -> usize {
    all.values().filter(|pod| is_ready(pod) && !is_going(pod)).count()
}

#[tokio::test(start_paused = true)]
async fn an_update_goes_from_the_last_to_the_first_one_at_a_time() {
    let cluster = living();
    deploy(&cluster, 3, json!({})).await;
    let before = until(&cluster, &at(), |it| it["status"]["currentRevision"] == it["status"]["updateRevision"]).await;
    let mut seen = Followed::of(&cluster, &pods("db")).await;
    while seen.all.len() < 3 {
        seen.next().await;
    }
    set_image(&cluster, TWO).await;
    let mut born = Vec::new();
    while images(&seen.all) != [TWO; 3] || well(&seen.all) < 3 {
        let change = seen.next().await;
        if change["type"] == "ADDED" {
            born.push(change["object"]["metadata"]["name"].as_str().unwrap().to_owned());
        }
        assert!(well(&seen.all) >= 2, "{:#?}", seen.all);
    }
    assert_eq!(born, ["db-2", "db-1", "db-0"]);
    let after = until(&cluster, &at(), |it| {
        it["status"]["currentRevision"] == it["status"]["updateRevision"] && it["status"]["updatedReplicas"] == 3
    })
    .await;
    assert_ne!(after["status"]["currentRevision"], before["status"]["currentRevision"]);
    assert_eq!(after["status"]["currentReplicas"], 3);
}

#[tokio::test(start_paused = true)]
async fn those_below_the_partition_stay_as_they_were() {
    let cluster = living();
    deploy(&cluster, 3, json!({"updateStrategy": {"rollingUpdate": {"partition": 2}}})).await;
    set_image(&cluster, TWO).await;
    let mut seen = Followed::of(&cluster, &pods("db")).await;
    while images(&seen.all) != [ONE, ONE, TWO] || well(&seen.all) < 3 {
        seen.next().await;
    }
    // One that is lost below it comes back as it was.
    delete(&cluster, &format!("{DEFAULT}/pods/db-0"), "Background").await;
    while well(&seen.all) == 3 {
        seen.next().await;
    }
    while well(&seen.all) < 3 {
        seen.next().await;
        assert!(!seen.all.contains_key("db-0") || image(&seen.all["db-0"]) == ONE);
    }
    let held = until(&cluster, &at(), |it| it["status"]["readyReplicas"] == 3).await;
    let status = &held["status"];
    assert_eq!((&status["currentReplicas"], &status["updatedReplicas"]), (&json!(2), &json!(1)), "{status:#}");
    assert_ne!(status["currentRevision"], status["updateRevision"]);

    merge(&cluster, &at(), json!({"spec": {"updateStrategy": {"rollingUpdate": {"partition": 0}}}})).await;
    while images(&seen.all) != [TWO; 3] || well(&seen.all) < 3 {
        seen.next().await;
    }
}

#[tokio::test(start_paused = true)]
async fn it_shrinks_from_the_end_and_waits_for_deletions_where_it_is_told_to() {
    let cluster = living();
    deploy(&cluster, 3, json!({"updateStrategy": {"type": "OnDelete"}})).await;
    let mut seen = Followed::of(&cluster, &pods("db")).await;
    while seen.all.len() < 3 {
        seen.next().await;
    }
    merge(&cluster, &at(), json!({"spec": {"replicas": 1}})).await;
    let mut gone = Vec::new();
    while seen.all.len() > 1 {
        let change = seen.next().await;
        if change["type"] == "DELETED" {
            gone.push(change["object"]["metadata"]["name"].as_str().unwrap().to_owned());
        }
        assert!(seen.all.values().filter(|pod| is_going(pod)).count() <= 1);
    }
    assert_eq!(gone, ["db-2", "db-1"]);

    set_image(&cluster, TWO).await;
    until(&cluster, &at(), |it| it["status"]["currentRevision"] != it["status"]["updateRevision"]).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(images(&seen.all), [ONE]);
    delete(&cluster, &format!("{DEFAULT}/pods/db-0"), "Background").await;
    while images(&seen.all) != [TWO] || well(&seen.all) < 1 {
        seen.next().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_is_created_when_the_one_before_is_ready_or_all_at_once() {
    let cluster = living();
    let mut seen = Followed::of(&cluster, &pods("db")).await;
    for (policy, most) in [("OrderedReady", 1), ("Parallel", 3)] {
        let spec = json!({"replicas": 3, "serviceName": "db", "podManagementPolicy": policy});
        create(&cluster, &format!("{APPS}/statefulsets"), workload("db", spec)).await;
        let mut together = 0;
        while well(&seen.all) < 3 {
            seen.next().await;
            together = together.max(seen.all.values().filter(|pod| !is_ready(pod)).count());
        }
        assert_eq!(together, most, "{policy}");
        delete(&cluster, &at(), "Background").await;
        while !seen.all.is_empty() {
            seen.next().await;
        }
    }
}
