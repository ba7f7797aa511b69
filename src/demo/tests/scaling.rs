//! What scales by itself.
#![allow(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]

use super::client::{busy, get};
use super::controllers::{APPS, DEFAULT, create, items, living, merge, workload};
use crate::demo::DemoCluster;
use serde_json::{Value, json};
use std::time::Duration;

const SCALERS: &str = "/apis/autoscaling/v2/namespaces/payments/horizontalpodautoscalers";
const GATEWAY: &str = "/apis/apps/v1/namespaces/payments/deployments/payment-gateway";

/// Waits as long as an autoscaler may take.
async fn later(cluster: &DemoCluster, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..240 {
        let value = get(cluster, path).await.json();
        if is_so(&value) {
            return value;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("still not so: {path}: {:#}", get(cluster, path).await.json()["status"]);
}

fn condition(scaler: &Value, kind: &str) -> Value {
    let all = scaler["status"]["conditions"].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|it| it["type"] == kind).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn nothing_scales_while_nobody_asks() {
    let cluster = living();
    let all = "/apis/autoscaling/v2/horizontalpodautoscalers";
    let before = get(&cluster, all).await.json();
    assert!(items(&before).len() >= 3);
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert_eq!(get(&cluster, all).await.json()["items"], before["items"]);
}

#[tokio::test(start_paused = true)]
async fn more_room_is_used_as_far_as_it_is_needed() {
    let cluster = living();
    let path = format!("{SCALERS}/payment-gateway");
    let before = get(&cluster, GATEWAY).await.json()["spec"]["replicas"].as_i64().unwrap();
    merge(&cluster, &path, json!({"spec": {"maxReplicas": before * 4}})).await;
    let used = |it: &Value| {
        let now = &it["status"]["currentMetrics"][0]["resource"]["current"]["averageUtilization"];
        now.as_i64().unwrap_or(0)
    };
    // It grows in steps, between which it waits.
    let settled = |it: &Value| {
        let replicas = it["status"]["currentReplicas"].as_i64().unwrap_or(0);
        replicas > before
            && it["status"]["desiredReplicas"] == replicas
            && condition(it, "AbleToScale")["reason"] == "ReadyForNewScale"
            && (50..100).contains(&used(it))
    };
    let scaler = later(&cluster, &path, settled).await;
    let replicas = scaler["status"]["currentReplicas"].as_i64().unwrap();
    assert!(replicas < before * 4, "the load is shared: {scaler:#}");
    assert!(scaler["status"]["lastScaleTime"].is_string());
    assert_eq!(condition(&scaler, "ScalingActive")["reason"], "ValidMetricFound");
    assert_eq!(condition(&scaler, "ScalingLimited")["reason"], "DesiredWithinRange");
    let events =
        get(&cluster, "/api/v1/namespaces/payments/events?fieldSelector=reason%3DSuccessfulRescale").await.json();
    let told: Vec<&str> = items(&events).iter().filter_map(|it| it["message"].as_str()).collect();
    let wanted = "cpu resource utilization (percentage of request) above target";
    assert!(told.iter().any(|it| it.starts_with("New size: ") && it.ends_with(wanted)), "{told:?}");
    // It stays so.
    tokio::time::sleep(Duration::from_mins(2)).await;
    assert_eq!(get(&cluster, GATEWAY).await.json()["spec"]["replicas"], replicas);

    merge(&cluster, &path, json!({"spec": {"minReplicas": 1, "maxReplicas": 2}})).await;
    let scaler = later(&cluster, &path, |it| it["status"]["currentReplicas"] == 2).await;
    let limited = later(&cluster, &path, |it| condition(it, "ScalingLimited")["reason"] == "TooManyReplicas").await;
    assert_eq!(limited["status"]["desiredReplicas"], 2, "{scaler:#}");
}

#[tokio::test(start_paused = true)]
async fn what_clients_scale_follows_their_bounds() {
    let cluster = living();
    let mut web = workload("web", json!({"replicas": 2}));
    web["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "100m"}});
    create(&cluster, &format!("{APPS}/deployments"), web).await;
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"});
    let scaler = json!({
        "metadata": {"name": "web"}, "spec": {"scaleTargetRef": target, "minReplicas": 4, "maxReplicas": 6},
    });
    let scalers = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
    create(&cluster, scalers, scaler).await;
    let deployment = format!("{APPS}/deployments/web");
    later(&cluster, &deployment, |it| it["status"]["availableReplicas"] == 4).await;
    // Nobody uses eighty percent, but it does not shrink at once, and then its minimum holds it.
    let path = format!("{scalers}/web");
    let reason = |it: &Value, kind: &str| condition(it, kind)["reason"].clone();
    later(&cluster, &path, |it| {
        reason(it, "AbleToScale") == "ScaleDownStabilized" && it["status"]["desiredReplicas"] == 4
    })
    .await;
    later(&cluster, &path, |it| reason(it, "ScalingLimited") == "TooFewReplicas").await;
    merge(&cluster, &path, json!({"spec": {"minReplicas": 1}})).await;
    later(&cluster, &deployment, |it| it["spec"]["replicas"].as_i64().unwrap() < 4).await;

    let gone = json!({"spec": {"scaleTargetRef": {"name": "nothing"}}});
    merge(&cluster, &path, gone).await;
    let failed = later(&cluster, &path, |it| condition(it, "AbleToScale")["status"] == "False").await;
    assert_eq!(
        condition(&failed, "AbleToScale")["message"],
        "the HPA controller was unable to get the target's current scale: deployments.apps \"nothing\" not found"
    );
    let events = get(&cluster, &format!("{DEFAULT}/events?fieldSelector=reason%3DFailedGetScale")).await.json();
    assert_eq!(items(&events)[0]["type"], "Warning");
}

#[tokio::test(start_paused = true)]
async fn with_churn_the_steady_stay_as_they_are() {
    let cluster = busy(0, 1024, 5);
    let path = "/apis/autoscaling/v2/namespaces/orders/horizontalpodautoscalers/order-api";
    let before = get(&cluster, path).await.json();
    let looked =
        later(&cluster, path, |it| it["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"]).await;
    assert_eq!(condition(&looked, "ScalingActive")["status"], "True");
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_secs(15)).await;
        let now = get(&cluster, path).await.json();
        assert_eq!(now["status"]["desiredReplicas"], before["status"]["desiredReplicas"], "{now:#}");
    }
}
