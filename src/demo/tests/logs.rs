//! What containers write and use.

use super::client::{NOW, get, still};
use crate::demo::machines::Machines;
use crate::server::resource::PODS;
use crate::server::{Kubelet as _, LogLine, LogWanted};
use serde_json::Value;

fn pods(profile: usize) -> Vec<Value> {
    still(profile, 8).server().store.latest(PODS).items.values().map(|record| record.value()).collect()
}

fn pod<'a>(pods: &'a [Value], app: &str, wanted: impl Fn(&Value) -> bool) -> &'a Value {
    pods.iter().find(|pod| pod["metadata"]["labels"]["app"] == app && wanted(pod)).unwrap()
}

fn log(pod: &Value, previous: bool, after: Option<i64>, now: i64) -> Vec<LogLine> {
    let container = pod["spec"]["containers"][0]["name"].as_str().unwrap().to_owned();
    Machines.log(pod, &LogWanted { container, previous, after }, now)
}

#[test]
fn a_log_is_the_same_whenever_and_however_it_is_read() {
    let all = pods(0);
    for app in ["payment-gateway", "redis", "coredns", "cilium", "ingress-nginx-controller"] {
        let pod = pod(&all, app, |_| true);
        let whole = log(pod, false, None, NOW);
        assert!(whole.len() > 100, "{app}");
        assert_eq!(whole, log(pod, false, None, NOW));
        assert!(whole.is_sorted_by_key(|line| (line.second, line.nanos)), "{app}");
        // In two pieces, as a follower reads it.
        let (middle, later) = (NOW - 60, NOW + 30);
        let first = log(pod, false, Some(NOW - 120), middle);
        let second = log(pod, false, Some(middle), later);
        assert_eq!([first, second.clone()].concat(), log(pod, false, Some(NOW - 120), later), "{app}");
        assert!(second.iter().all(|line| line.second > middle));
    }
}

#[test]
fn a_crash_says_why() {
    let all = pods(0);
    let crashing =
        |pod: &Value| pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "CrashLoopBackOff";
    for (app, words) in [("settlement-worker", "连接数已满"), ("cart-service", "coupon_id")] {
        let pod = pod(&all, app, crashing);
        for previous in [true, false] {
            let lines = log(pod, previous, None, NOW);
            assert!(lines.iter().any(|line| line.text.contains(words)), "{app}: {lines:?}");
        }
        let finished = pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["finishedAt"].as_str().unwrap();
        let finished = finished.parse::<jiff::Timestamp>().unwrap().as_second();
        assert_eq!(log(pod, true, None, NOW).last().unwrap().second, finished);
    }
    let killed =
        |pod: &Value| pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["reason"] == "OOMKilled";
    let pod = pod(&all, "risk-engine", killed);
    assert!(log(pod, true, None, NOW).iter().any(|line| line.text.contains("heap is nearly full")));
    assert!(!log(pod, false, None, NOW).iter().any(|line| line.text.contains("heap is nearly full")));
}

#[test]
fn errors_begin_ten_minutes_after_the_change() {
    let cluster = still(0, 8);
    let all = pods(0);
    let pod = pod(&all, "order-consumer", |_| true);
    let lines = log(pod, false, None, NOW);
    let first = lines.iter().find(|line| line.text.contains("UNKNOWN_TOPIC_OR_PARTITION")).unwrap();
    let (id, _) = cluster.server().store.registry.find("", "v1", "configmaps").unwrap();
    let map = cluster.server().store.get(id, "orders/order-consumer-config").unwrap().value();
    let edit = map["metadata"]["managedFields"].as_array().unwrap().iter().find(|it| it["manager"] == "kubectl-edit");
    let changed = edit.unwrap()["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
    let minutes = (first.second - changed) / 60;
    assert!((10..12).contains(&minutes), "{minutes}");
    assert!(map["data"]["application.yaml"].as_str().unwrap().contains("orders.v3"));
}

#[test]
fn lines_have_the_form_of_their_program() {
    let all = pods(0);
    for line in log(pod(&all, "order-api", |_| true), false, None, NOW) {
        serde_json::from_str::<Value>(&line.text).unwrap();
    }
    let klog = log(pod(&all, "coredns", |_| true), false, None, NOW);
    assert!(klog.iter().all(|line| line.text.starts_with(['I', 'W', 'E']) && line.text.contains("controller.go:")));
    let some = log(pod(&all, "payment-gateway", |_| true), false, None, NOW);
    assert!(some.iter().any(|line| line.text.contains("支付失败")) && some.iter().any(|line| line.text.is_ascii()));
}

#[test]
fn what_runs_uses_something_within_its_limits() {
    for pod in pods(3) {
        let used = Machines.usage(&pod, NOW);
        assert_eq!(used.len(), pod["spec"]["containers"].as_array().unwrap().len());
        for (name, cpu, memory) in &used {
            assert!(*cpu > 0 && *memory > 1 << 20 && *memory <= 8 << 30, "{name}");
        }
        assert_eq!(used, Machines.usage(&pod, NOW), "the same moment, the same use");
    }
}

#[tokio::test]
async fn over_the_wire() {
    let cluster = still(0, 8);
    let all = pods(0);
    let name = pod(&all, "redis", |_| true)["metadata"]["name"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/namespaces/payments/pods/{name}/log?container=redis&tailLines=5");
    let text = get(&cluster, &path).await.text;
    assert_eq!(text.lines().count(), 5, "{text}");
    let usage = get(&cluster, "/apis/metrics.k8s.io/v1beta1/namespaces/payments/pods").await.json();
    assert!(!usage["items"].as_array().unwrap().is_empty());
}
