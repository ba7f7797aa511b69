//! Cron jobs over the minutes.
#![allow(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

use super::client::{busy, get};
use super::controllers::{DEFAULT, create, items, living, merge, within};
use crate::demo::DemoCluster;
use crate::server::moment;
use serde_json::{Value, json};
use std::time::Duration;

const BATCH: &str = "/apis/batch/v1/namespaces/default";

fn cron(command: &str, more: Value) -> Value {
    let container = json!({"name": "main", "image": "i", "command": ["sh", "-c", command]});
    let job = json!({"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}});
    let mut spec = json!({"schedule": "* * * * *", "jobTemplate": {"spec": job}});
    for (name, value) in more.as_object().unwrap() {
        spec[name] = value.clone();
    }
    json!({"metadata": {"name": "tick"}, "spec": spec})
}

/// Sleeps until this second of a minute.
async fn second(wanted: i64) {
    let left = (wanted - moment().as_second()).rem_euclid(60);
    tokio::time::sleep(Duration::from_secs(left.try_into().unwrap())).await;
}

async fn jobs(cluster: &DemoCluster) -> Vec<Value> {
    items(&get(cluster, &format!("{BATCH}/jobs")).await.json()).to_vec()
}

fn ended(job: &Value, how: &str) -> bool {
    let all = job["status"]["conditions"].as_array().into_iter().flatten();
    all.into_iter().any(|it| it["type"] == how && it["status"] == "True")
}

fn active(jobs: &[Value]) -> usize {
    jobs.iter().filter(|job| !ended(job, "Complete") && !ended(job, "Failed")).count()
}

async fn told(cluster: &DemoCluster, reason: &str) -> u64 {
    let path = format!("{DEFAULT}/events?fieldSelector=involvedObject.name%3Dtick,reason%3D{reason}");
    let events = get(cluster, &path).await.json();
    items(&events).iter().filter_map(|it| it["count"].as_u64()).sum()
}

/// Looks at the jobs each second for so many minutes.
async fn over(cluster: &DemoCluster, minutes: u32, mut look: impl FnMut(&[Value])) {
    for _ in 0..minutes * 60 {
        look(&jobs(cluster).await);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_still_runs_is_waited_for_replaced_or_joined() {
    for (policy, most) in [("Forbid", 1), ("Replace", 1), ("Allow", 2)] {
        let cluster = living();
        second(30).await;
        create(&cluster, &format!("{BATCH}/cronjobs"), cron("sleep 95", json!({"concurrencyPolicy": policy}))).await;
        let (mut together, mut names) = (0, std::collections::BTreeSet::new());
        over(&cluster, 6, |jobs| {
            together = together.max(active(jobs));
            names.extend(jobs.iter().map(|job| job["metadata"]["name"].as_str().unwrap().to_owned()));
        })
        .await;
        assert_eq!(together, most, "{policy}");
        let complete = jobs(&cluster).await.iter().filter(|job| ended(job, "Complete")).count();
        let said = (told(&cluster, "JobAlreadyActive").await, told(&cluster, "SuccessfulDelete").await);
        match policy {
            // One that was due while another ran starts when that has ended: each takes nearly two minutes.
            "Forbid" => assert!(names.len() == 4 && complete == 3 && said.0 >= 3 && said.1 == 0, "{names:?} {said:?}"),
            "Replace" => assert!(names.len() == 6 && complete == 0 && said == (0, 5), "{names:?} {said:?}"),
            _ => assert!(names.len() == 6 && complete > 2 && said.0 == 0, "{names:?} {said:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_suspended_one_starts_nothing_and_makes_up_for_the_last_only() {
    for (limit, at_once) in [(Value::Null, 1), (json!(120), 1), (json!(10), 0)] {
        let cluster = living();
        second(30).await;
        let more = json!({"suspend": true, "startingDeadlineSeconds": limit});
        create(&cluster, &format!("{BATCH}/cronjobs"), cron("sleep 1", more)).await;
        over(&cluster, 5, |jobs| assert!(jobs.is_empty())).await;
        second(30).await;
        merge(&cluster, &format!("{BATCH}/cronjobs/tick"), json!({"spec": {"suspend": false}})).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(jobs(&cluster).await.len(), at_once, "{limit}");
        // Then each minute has its own.
        second(30).await;
        assert_eq!(jobs(&cluster).await.len(), at_once + 1, "{limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_schedule_counts_from_now_on() {
    let cluster = living();
    second(10).await;
    create(&cluster, &format!("{BATCH}/cronjobs"), cron("sleep 1", json!({"schedule": "0 0 29 2 *"}))).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    merge(&cluster, &format!("{BATCH}/cronjobs/tick"), json!({"spec": {"schedule": "* * * * *"}})).await;
    second(5).await;
    assert_eq!(jobs(&cluster).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn as_many_old_jobs_are_kept_as_it_says() {
    let cluster = living();
    let limits = json!({"successfulJobsHistoryLimit": 2, "failedJobsHistoryLimit": 1});
    create(&cluster, &format!("{BATCH}/cronjobs"), cron("sleep 1", limits)).await;
    let complete = |jobs: &[Value]| jobs.iter().filter(|job| ended(job, "Complete")).count();
    over(&cluster, 6, |jobs| assert!(complete(jobs) <= 3, "one more until it is looked at")).await;
    second(30).await;
    let kept = jobs(&cluster).await;
    assert_eq!((kept.len(), complete(&kept)), (2, 2));
    let tick = get(&cluster, &format!("{BATCH}/cronjobs/tick")).await.json();
    assert!(tick["status"]["lastSuccessfulTime"].is_string() && tick["status"]["active"].is_null(), "{tick:#}");
    assert!(told(&cluster, "SawCompletedJob").await >= 5);
    // The latest are kept, with the minute that they are of in their names.
    let minute = moment().as_second() / 60;
    let mut names: Vec<&str> = kept.iter().map(|job| job["metadata"]["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, [format!("tick-{}", minute - 1), format!("tick-{minute}")]);

    let fails = cron("exit 3", json!({}));
    merge(&cluster, &format!("{BATCH}/cronjobs/tick"), json!({"spec": {"jobTemplate": fails["spec"]["jobTemplate"]}}))
        .await;
    let failed = |jobs: &[Value]| jobs.iter().filter(|job| ended(job, "Failed")).count();
    over(&cluster, 4, |_| {}).await;
    second(30).await;
    let kept = jobs(&cluster).await;
    assert_eq!((complete(&kept), failed(&kept)), (2, 1), "{kept:#?}");
}

#[tokio::test(start_paused = true)]
async fn the_companys_own_start_at_their_times_only() {
    let cluster = busy(0, 1024, 1);
    let all = "/apis/batch/v1/jobs";
    let path = "/apis/batch/v1/namespaces/orders/cronjobs/coupon-expiry";
    let before = items(&get(&cluster, all).await.json()).len();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let last = get(&cluster, path).await.json()["status"]["lastScheduleTime"].clone();
    let now = items(&get(&cluster, all).await.json()).len();
    assert!(now <= before + 3, "{before} jobs, and five seconds later {now}");
    // Each half hour one starts.
    within(&cluster, path, Duration::from_secs(1900), |it| it["status"]["lastScheduleTime"] != last).await;
}

#[tokio::test(start_paused = true)]
async fn where_only_clients_change_anything_the_companys_own_rest() {
    let cluster = living();
    let path = "/apis/batch/v1/namespaces/orders/cronjobs/coupon-expiry";
    let all = "/apis/batch/v1/jobs";
    let before = (items(&get(&cluster, all).await.json()).len(), get(&cluster, path).await.json());
    // It would start each half hour.
    tokio::time::sleep(Duration::from_secs(4000)).await;
    assert_eq!((items(&get(&cluster, all).await.json()).len(), get(&cluster, path).await.json()), before);
    // Once a client has a hand in it, it is looked after.
    merge(&cluster, path, json!({"spec": {"schedule": "* * * * *"}})).await;
    let last = before.1["status"]["lastScheduleTime"].clone();
    within(&cluster, path, Duration::from_secs(70), |it| it["status"]["lastScheduleTime"] != last).await;
}
