//! How daemon sets roll over, and what new nodes get of them.
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
    format!("{APPS}/daemonsets/agent")
}

async fn deploy(cluster: &DemoCluster, strategy: Value) -> usize {
    create(cluster, &format!("{APPS}/daemonsets"), workload("agent", json!({"updateStrategy": strategy}))).await;
    let all = until(cluster, &at(), |it| {
        let status = &it["status"];
        // One node is not heard of, and has none.
        status["numberReady"].as_u64() > Some(3) && status["numberReady"] == status["currentNumberScheduled"]
    })
    .await;
    all["status"]["numberReady"].as_u64().unwrap() as usize
}

fn well(all: &BTreeMap<String, Value>) -> usize {
    all.values().filter(|pod| is_ready(pod) && !is_going(pod)).count()
}

#[tokio::test(start_paused = true)]
async fn an_update_leaves_as_many_as_it_must() {
    let cluster = living();
    for most in [1, 3] {
        let total = deploy(&cluster, json!({"rollingUpdate": {"maxUnavailable": most}})).await;
        let mut seen = Followed::of(&cluster, &pods("agent")).await;
        while well(&seen.all) < total {
            seen.next().await;
        }
        merge(&cluster, &at(), json!({"spec": {"template": template("agent", TWO)}})).await;
        let mut fewest = total;
        while seen.all.values().any(|pod| image(pod) == ONE) || well(&seen.all) < total {
            seen.next().await;
            fewest = fewest.min(well(&seen.all));
        }
        assert_eq!(fewest, total - most, "of {total}");
        let done = until(&cluster, &at(), |it| it["status"]["updatedNumberScheduled"] == total).await;
        assert_eq!(done["status"]["numberReady"], total);
        delete(&cluster, &at(), "Background").await;
        while !seen.all.is_empty() {
            seen.next().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_surges_starts_the_new_pod_before_the_old_one_goes() {
    let cluster = living();
    let total = deploy(&cluster, json!({"rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}})).await;
    let mut seen = Followed::of(&cluster, &pods("agent")).await;
    while well(&seen.all) < total {
        seen.next().await;
    }
    merge(&cluster, &at(), json!({"spec": {"template": template("agent", TWO)}})).await;
    let mut largest = 0;
    while seen.all.values().any(|pod| image(pod) == ONE) || well(&seen.all) < total {
        seen.next().await;
        let mut nodes: Vec<&str> = seen
            .all
            .values()
            .filter(|pod| is_ready(pod))
            .map(|pod| pod["spec"]["nodeName"].as_str().unwrap())
            .collect();
        nodes.sort_unstable();
        nodes.dedup();
        let brief =
            |pod: &Value| (pod["spec"]["nodeName"].to_string(), image(pod).to_owned(), is_ready(pod), is_going(pod));
        let all: Vec<_> = seen.all.values().map(brief).collect();
        assert_eq!(nodes.len(), total, "each node has one that is ready: {all:#?}");
        let there = seen.all.values().filter(|pod| !is_going(pod)).count();
        largest = largest.max(there);
    }
    assert!(largest > total && largest <= total + 2, "{largest} of {total}");
}

#[tokio::test(start_paused = true)]
async fn those_that_wait_for_deletions_stay() {
    let cluster = living();
    let total = deploy(&cluster, json!({"type": "OnDelete"})).await;
    let mut seen = Followed::of(&cluster, &pods("agent")).await;
    while well(&seen.all) < total {
        seen.next().await;
    }
    merge(&cluster, &at(), json!({"spec": {"template": template("agent", TWO)}})).await;
    until(&cluster, &at(), |it| it["status"]["observedGeneration"] == 2).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(seen.all.values().all(|pod| image(pod) == ONE));
    let first = seen.all.keys().next().unwrap().clone();
    delete(&cluster, &format!("{DEFAULT}/pods/{first}"), "Background").await;
    while seen.all.values().filter(|pod| image(pod) == TWO && is_ready(pod)).count() < 1 {
        seen.next().await;
    }
    assert_eq!(seen.all.values().filter(|pod| image(pod) == ONE).count(), total - 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_node_gets_its_pod_and_a_deleted_one_takes_it_along() {
    let cluster = living();
    let total = deploy(&cluster, Value::Null).await;
    let node = json!({"metadata": {"name": "new", "labels": {"kubernetes.io/hostname": "new"}}});
    create(&cluster, "/api/v1/nodes", node).await;
    let ready = json!({"status": {
        "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
    }});
    merge(&cluster, "/api/v1/nodes/new/status", ready).await;
    let mut seen = Followed::of(&cluster, &pods("agent")).await;
    let there = |all: &BTreeMap<String, Value>| {
        all.values().filter(|it| it["spec"]["nodeName"] == "new" && is_ready(it)).count()
    };
    while there(&seen.all) < 1 {
        seen.next().await;
    }
    let grown = until(&cluster, &at(), |it| it["status"]["numberReady"] == total + 1).await;
    let wanted = grown["status"]["desiredNumberScheduled"].as_u64().unwrap();

    delete(&cluster, "/api/v1/nodes/new", "Background").await;
    while seen.all.values().any(|it| it["spec"]["nodeName"] == "new") {
        seen.next().await;
    }
    until(&cluster, &at(), |it| it["status"]["desiredNumberScheduled"] == wanted - 1).await;
}
