//! How deployments roll over, are held, and go back.
#![allow(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

use super::client::get;
use super::controllers::{
    APPS, Followed, create, image, is_going, is_ready, items, living, merge, pods, template, until, workload,
};
use crate::demo::DemoCluster;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const ONE: &str = "example.com/main:1";
const TWO: &str = "example.com/main:2";

fn at(name: &str) -> String {
    format!("{APPS}/deployments/{name}")
}

/// Creates one and waits until all its pods are there.
async fn deploy(cluster: &DemoCluster, name: &str, replicas: usize, strategy: Value) {
    let spec = json!({"replicas": replicas, "strategy": strategy});
    create(cluster, &format!("{APPS}/deployments"), workload(name, spec)).await;
    until(cluster, &at(name), |it| it["status"]["availableReplicas"] == replicas).await;
}

async fn set_image(cluster: &DemoCluster, name: &str, image: &str) {
    merge(cluster, &at(name), json!({"spec": {"template": template(name, image)}})).await;
}

fn all_run(all: &BTreeMap<String, Value>, replicas: usize, of: &str) -> bool {
    all.len() == replicas && all.values().all(|pod| is_ready(pod) && !is_going(pod) && image(pod) == of)
}

/// The replica sets of a deployment, by their images.
async fn sets(cluster: &DemoCluster, name: &str) -> Vec<Value> {
    let all = get(cluster, &format!("{APPS}/replicasets?labelSelector=app%3D{name}")).await.json();
    let mut all = items(&all).to_vec();
    all.sort_by_key(|set| set["spec"]["template"]["spec"]["containers"][0]["image"].to_string());
    all
}

fn note(object: &Value, name: &str) -> Value {
    object["metadata"]["annotations"][format!("deployment.kubernetes.io/{name}")].clone()
}

fn progress(deployment: &Value) -> String {
    let all = deployment["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let found = all.iter().find(|it| it["type"] == "Progressing").cloned().unwrap_or_default();
    found["reason"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn old_and_new_pods_never_stand_side_by_side_where_they_are_recreated() {
    let cluster = living();
    deploy(&cluster, "web", 3, json!({"type": "Recreate"})).await;
    let mut seen = Followed::of(&cluster, &pods("web")).await;
    for wanted in [TWO, ONE] {
        set_image(&cluster, "web", wanted).await;
        while !all_run(&seen.all, 3, wanted) {
            seen.next().await;
            let images: BTreeSet<&str> = seen.all.values().map(image).collect();
            assert!(images.len() <= 1, "{images:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rolling_update_keeps_within_its_bounds() {
    let cluster = living();
    for (name, surge, below, most, least) in [
        ("a", json!(1), json!(0), 5, 4),
        ("b", json!(0), json!(1), 4, 3),
        ("c", json!("25%"), json!("25%"), 5, 3),
        ("d", json!(0), json!("50%"), 4, 2),
        ("e", json!("100%"), json!(0), 8, 4),
    ] {
        let bounds = json!({"rollingUpdate": {"maxSurge": surge, "maxUnavailable": below}});
        deploy(&cluster, name, 4, bounds).await;
        let mut seen = Followed::of(&cluster, &pods(name)).await;
        while seen.all.len() < 4 {
            seen.next().await;
        }
        set_image(&cluster, name, TWO).await;
        let mut both = false;
        while !all_run(&seen.all, 4, TWO) {
            seen.next().await;
            let there: Vec<&Value> = seen.all.values().filter(|pod| !is_going(pod)).collect();
            let ready = there.iter().filter(|pod| is_ready(pod)).count();
            assert!(there.len() <= most && ready >= least, "{name}: {} pods, {ready} ready", there.len());
            both |= there.iter().map(|pod| image(pod)).collect::<BTreeSet<_>>().len() == 2;
        }
        assert!(both || least == 0, "{name} did not roll");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_paused_scales_but_rolls_over_when_it_goes_on_only() {
    let cluster = living();
    deploy(&cluster, "web", 2, Value::Null).await;
    merge(&cluster, &at("web"), json!({"spec": {"paused": true}})).await;
    until(&cluster, &at("web"), |it| progress(it) == "DeploymentPaused").await;
    set_image(&cluster, "web", TWO).await;
    merge(&cluster, &at("web"), json!({"spec": {"replicas": 3}})).await;
    let scaled = |it: &Value| it["status"]["availableReplicas"] == 3 && it["status"]["observedGeneration"] == 4;
    let held = until(&cluster, &at("web"), scaled).await;
    assert_eq!((progress(&held), note(&held, "revision")), ("DeploymentPaused".to_owned(), json!("1")));
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(sets(&cluster, "web").await.len(), 1);
    let running = get(&cluster, &pods("web")).await.json();
    assert!(items(&running).len() == 3 && items(&running).iter().all(|pod| image(pod) == ONE));

    merge(&cluster, &at("web"), json!({"spec": {"paused": null}})).await;
    let done = until(&cluster, &at("web"), |it| {
        it["status"]["updatedReplicas"] == 3 && it["status"]["replicas"] == 3 && it["status"]["availableReplicas"] == 3
    })
    .await;
    assert_eq!(note(&done, "revision"), "2");
    until(&cluster, &at("web"), |it| progress(it) == "NewReplicaSetAvailable").await;
    until(&cluster, &pods("web"), |it| items(it).len() == 3 && items(it).iter().all(|pod| image(pod) == TWO)).await;
}

#[tokio::test(start_paused = true)]
async fn a_way_back_takes_up_the_old_replica_set() {
    let cluster = living();
    deploy(&cluster, "web", 2, Value::Null).await;
    let rolled = async |image: &str, revision: &str| {
        set_image(&cluster, "web", image).await;
        until(&cluster, &at("web"), |it| {
            note(it, "revision") == revision && it["status"]["replicas"] == 2 && it["status"]["updatedReplicas"] == 2
        })
        .await;
        sets(&cluster, "web").await
    };
    let there = rolled(TWO, "2").await;
    let [first, second] = there.as_slice() else { panic!("{there:#?}") };
    assert_eq!((note(first, "revision"), note(second, "revision")), (json!("1"), json!("2")));
    // As `kubectl rollout undo` does it, and then once more.
    let back = rolled(ONE, "3").await;
    let [again, other] = back.as_slice() else { panic!("{back:#?}") };
    assert_eq!(again["metadata"]["uid"], first["metadata"]["uid"]);
    assert_eq!((note(again, "revision"), note(again, "revision-history")), (json!("3"), json!("1")));
    assert_eq!((&again["spec"]["replicas"], &other["spec"]["replicas"]), (&json!(2), &json!(0)));
    let forth = rolled(TWO, "4").await;
    assert_eq!(note(&forth[1], "revision-history"), "2");
    assert_eq!(forth.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_rollout_that_does_not_get_on_says_so_and_goes_on_when_it_is_mended() {
    let cluster = living();
    deploy(&cluster, "web", 2, Value::Null).await;
    merge(&cluster, &at("web"), json!({"spec": {"progressDeadlineSeconds": 15}})).await;
    set_image(&cluster, "web", "example.com/main:does-not-exist").await;
    let stuck = until(&cluster, &at("web"), |it| progress(it) == "ProgressDeadlineExceeded").await;
    assert_eq!(stuck["status"]["availableReplicas"], 2, "{stuck:#}");
    set_image(&cluster, "web", TWO).await;
    until(&cluster, &at("web"), |it| {
        progress(it) == "NewReplicaSetAvailable"
            && it["status"]["updatedReplicas"] == 2
            && it["status"]["replicas"] == 2
    })
    .await;
}
