//! Commands of pods that end, and what becomes of the pods and their jobs.
#![allow(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

use super::client::{get, send_body};
use super::controllers::{DEFAULT, create, items, living, merge, until};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";

fn pod(name: &str, command: &[&str], restart: &str) -> Value {
    let container = json!({"name": "main", "image": "example.com/main:1", "command": command});
    json!({"metadata": {"name": name}, "spec": {"restartPolicy": restart, "containers": [container]}})
}

fn job(name: &str, command: &[&str], more: Value) -> Value {
    let mut spec = json!({"template": {"spec": pod("", command, "Never")["spec"]}});
    for (name, value) in more.as_object().unwrap() {
        spec[name] = value.clone();
    }
    json!({"metadata": {"name": name}, "spec": spec})
}

fn condition(job: &Value, kind: &str) -> Value {
    let all = job["status"]["conditions"].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|it| it["type"] == kind).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn pods_end_as_their_commands_do() {
    let cluster = living();
    let pods = format!("{DEFAULT}/pods");
    for (name, command, restart) in [
        ("good", &["echo", "hello"][..], "Never"),
        ("bad", &["sh", "-c", "echo oh no; exit 3"], "Never"),
        ("again", &["false"], "Always"),
        ("loop", &["sh", "-c", "while true; do echo tick; sleep 1; done"], "Always"),
    ] {
        create(&cluster, &pods, pod(name, command, restart)).await;
    }
    until(&cluster, &format!("{pods}/good"), |it| it["status"]["phase"] == "Succeeded").await;
    assert_eq!(get(&cluster, &format!("{pods}/good/log")).await.text, "hello\n");
    let bad = until(&cluster, &format!("{pods}/bad"), |it| it["status"]["phase"] == "Failed").await;
    assert_eq!(bad["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"], 3);
    let reason = |it: &Value| it["status"]["containerStatuses"][0]["state"]["waiting"]["reason"].clone();
    until(&cluster, &format!("{pods}/again"), |it| reason(it) == "CrashLoopBackOff").await;
    until(&cluster, &format!("{pods}/again"), |it| it["status"]["containerStatuses"][0]["restartCount"] == 1).await;
    let on = get(&cluster, &format!("{pods}/loop")).await.json();
    assert_eq!(on["status"]["phase"], "Running");
    assert!(get(&cluster, &format!("{pods}/loop/log")).await.text.starts_with("tick\n"));
}

#[tokio::test(start_paused = true)]
async fn first_containers_and_probes_hold_a_pod_back() {
    let cluster = living();
    let pods = format!("{DEFAULT}/pods");
    let mut held = pod("held", &["sleep", "infinity"], "Always");
    held["spec"]["initContainers"] = json!([{"name": "first", "image": "example.com/first:1", "command": ["false"]}]);
    create(&cluster, &pods, held).await;
    let mut unready = pod("unready", &["sleep", "infinity"], "Always");
    unready["spec"]["containers"][0]["readinessProbe"] = json!({"exec": {"command": ["false"]}});
    create(&cluster, &pods, unready).await;
    until(&cluster, &format!("{pods}/held"), |it| {
        it["status"]["initContainerStatuses"][0]["state"]["waiting"]["reason"] == "CrashLoopBackOff"
            && it["status"]["phase"] == "Pending"
    })
    .await;
    let there = until(&cluster, &format!("{pods}/unready"), |it| it["status"]["phase"] == "Running").await;
    assert_eq!(condition(&there, "Ready")["status"], "False", "{there:#}");
    let events = format!("{DEFAULT}/events?fieldSelector=involvedObject.name%3Dunready,reason%3DUnhealthy");
    until(&cluster, &events, |it| items(it).len() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn jobs_are_counted_held_and_ended() {
    let cluster = living();
    let path = |name: &str| format!("{JOBS}/{name}");
    create(
        &cluster,
        JOBS,
        job("many", &["true"], json!({"completions": 5, "parallelism": 2, "completionMode": "Indexed"})),
    )
    .await;
    let held = json!({"suspend": true, "parallelism": 1});
    create(&cluster, JOBS, job("held", &["true"], held)).await;
    create(&cluster, JOBS, job("late", &["sleep", "600"], json!({"activeDeadlineSeconds": 0}))).await;
    create(&cluster, JOBS, job("broken", &["false"], json!({"backoffLimit": 1}))).await;
    create(&cluster, JOBS, job("brief", &["true"], json!({"ttlSecondsAfterFinished": 0}))).await;

    let many = until(&cluster, &path("many"), |it| condition(it, "Complete")["status"] == "True").await;
    assert_eq!((&many["status"]["succeeded"], &many["status"]["completedIndexes"]), (&json!(5), &json!("0-4")));
    let pods = get(&cluster, &format!("{DEFAULT}/pods?labelSelector=job-name%3Dmany")).await.json();
    assert!(items(&pods).iter().any(|pod| pod["metadata"]["name"].as_str().unwrap().starts_with("many-4-")));

    let waits = until(&cluster, &path("held"), |it| condition(it, "Suspended")["status"] == "True").await;
    assert!(waits["status"]["startTime"].is_null() && waits["status"]["active"].is_null(), "{waits:#}");
    tokio::time::sleep(Duration::from_secs(5)).await;
    merge(&cluster, &path("held"), json!({"spec": {"suspend": false}})).await;
    let done = until(&cluster, &path("held"), |it| condition(it, "Complete")["status"] == "True").await;
    assert_eq!(condition(&done, "Suspended")["reason"], "JobResumed");

    let late = until(&cluster, &path("late"), |it| condition(it, "Failed")["status"] == "True").await;
    assert_eq!(condition(&late, "Failed")["reason"], "DeadlineExceeded");
    let broken = until(&cluster, &path("broken"), |it| condition(it, "Failed")["status"] == "True").await;
    assert_eq!(
        (&condition(&broken, "Failed")["reason"], &broken["status"]["failed"]),
        (&json!("BackoffLimitExceeded"), &json!(2))
    );
    until(&cluster, &path("brief"), |it| it["code"] == 404).await;
}

#[tokio::test(start_paused = true)]
async fn a_container_that_is_added_runs_and_ends() {
    let cluster = living();
    let pods = format!("{DEFAULT}/pods");
    create(&cluster, &pods, pod("a", &["sleep", "infinity"], "Always")).await;
    let path = format!("{pods}/a");
    until(&cluster, &path, |it| it["status"]["phase"] == "Running").await;
    for (name, command) in
        [("stays", &["sleep", "infinity"][..]), ("ends", &["sh", "-c", "echo seen; sleep 3; exit 4"])]
    {
        let container = json!({"name": name, "image": "example.com/debug:1", "command": command});
        // What else is sent there is not taken.
        let change = json!({"metadata": {"labels": {"more": "no"}}, "spec": {"ephemeralContainers": [container]}});
        let change = change.to_string();
        let media = "application/strategic-merge-patch+json";
        let added = send_body(&cluster, Method::PATCH, &format!("{path}/ephemeralcontainers"), media, &change).await;
        assert_eq!(added.status, 200, "{}", added.text);
    }
    let state = |it: &Value, name: &str| {
        let all = it["status"]["ephemeralContainerStatuses"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|it| it["name"] == name).unwrap_or_default()["state"].clone()
    };
    let both = |it: &Value| ["stays", "ends"].iter().all(|name| state(it, name)["running"].is_object());
    until(&cluster, &path, both).await;
    let ended = until(&cluster, &path, |it| state(it, "ends")["terminated"]["exitCode"] == 4).await;
    assert!(ended["metadata"]["labels"].get("more").is_none(), "{ended}");
    assert!(state(&ended, "stays")["running"].is_object() && super::controllers::is_ready(&ended));
    assert_eq!(get(&cluster, &format!("{path}/log?container=ends")).await.text, "seen\n");
}
