//! The embedded clusters as a client sees them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod certificates;
mod churn;
mod claims;
pub(super) mod client;
mod company;
mod controllers;
mod cron;
mod daemons;
mod events;
mod incidents;
mod lists;
mod logs;
mod nodes;
mod objects;
mod outages;
mod programs;
mod prompt;
mod quotas;
mod rollouts;
mod scaling;
mod selectors;
mod sizes;
mod stateful;
mod tables;
mod watches;
mod writes;

use super::fleet;
use client::{accepting, get, get_h2, method, still};
use http::{Method, StatusCode};

const V2: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

#[tokio::test]
async fn discovery_both_ways() {
    let cluster = still(0, 64);
    assert_eq!(get(&cluster, "/readyz").await.text, "ok");
    let version = get(&cluster, "/version").await.json();
    assert_eq!(version["gitVersion"], "v1.36.3");
    assert_eq!(version["minor"], "36");

    assert_eq!(get(&cluster, "/api").await.json()["versions"][0], "v1");
    let groups = get(&cluster, "/apis").await.json();
    assert_eq!(groups["kind"], "APIGroupList");
    assert_eq!(groups["groups"][0]["preferredVersion"]["groupVersion"], "apps/v1");
    assert_eq!(get(&cluster, "/apis/apps").await.json()["kind"], "APIGroup");

    let mut paths = vec!["/api/v1".to_owned()];
    for group in groups["groups"].as_array().unwrap() {
        paths.push(format!("/apis/{}", group["preferredVersion"]["groupVersion"].as_str().unwrap()));
    }
    let mut plain = Vec::new();
    for path in paths {
        let list = get(&cluster, &path).await.json();
        assert_eq!(list["kind"], "APIResourceList");
        let resources = list["resources"].as_array().unwrap();
        for resource in resources.iter().filter(|it| !it["name"].as_str().unwrap().contains('/')) {
            plain.push((resource["name"].clone(), resource["kind"].clone(), resource["namespaced"] == true));
        }
    }
    let mut aggregated = Vec::new();
    for path in ["/api", "/apis"] {
        let answer = accepting(&cluster, path, &format!("{V2},application/json")).await;
        assert_eq!(answer.headers["content-type"], V2);
        for item in answer.json()["items"].as_array().unwrap() {
            for resource in item["versions"][0]["resources"].as_array().unwrap() {
                let kind = resource["responseKind"]["kind"].clone();
                aggregated.push((resource["resource"].clone(), kind, resource["scope"] == "Namespaced"));
            }
        }
    }
    assert_eq!(plain, aggregated);
    assert!(plain.len() > 50);
}

#[tokio::test]
async fn failures_are_statuses() {
    let cluster = still(0, 64);
    let answer = get(&cluster, "/api/v1/widgets").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.headers["content-type"], "application/json");
    let status = answer.json();
    assert_eq!(status["kind"], "Status");
    assert_eq!(status["message"], "the server could not find the requested resource");
    assert_eq!(status["reason"], "NotFound");

    let status = get(&cluster, "/api/v1/namespaces/default/pods/x").await.json();
    assert_eq!(status["message"], "pods \"x\" not found");
    assert_eq!(status["details"]["kind"], "pods");
    let status = get(&cluster, "/apis/apps/v1/namespaces/default/deployments/x").await.json();
    assert_eq!(status["message"], "deployments.apps \"x\" not found");

    // Below a group that is not served the server has nothing to say but this.
    let answer = get(&cluster, "/apis/example.com/v1/widgets").await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, "404 page not found\n"));

    let answer = method(&cluster, Method::PUT, "/api/v1/pods").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.json()["reason"], "MethodNotAllowed");

    let protobuf = "application/vnd.kubernetes.protobuf";
    let answer = accepting(&cluster, "/api/v1/pods", protobuf).await;
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (StatusCode::NOT_ACCEPTABLE, Some("NotAcceptable")));
    let answer = accepting(&cluster, "/api/v1/nodes", &format!("{protobuf},application/json")).await;
    assert_eq!(answer.headers["content-type"], "application/json");
}

#[tokio::test]
async fn speaks_http2_with_prior_knowledge() {
    let cluster = still(1, 64);
    assert_eq!(get_h2(&cluster, "/version").await.json()["gitVersion"], "v1.35.4");
    assert_eq!(get_h2(&cluster, "/api/v1/pods").await.json()["items"].as_array().unwrap().len(), 70);
}

#[tokio::test]
async fn connections_end_with_their_client() {
    let cluster = still(0, 64);
    for h2 in [false, true] {
        let mut lines = client::watch(&cluster, "/api/v1/nodes?watch=true", "", h2).await;
        lines.next().await.unwrap();
        assert!(cluster.door.running() > 0);
        drop(lines);
        for _ in 0..200 {
            if cluster.door.running() == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(cluster.door.running(), 0, "h2: {h2}");
    }
}

#[tokio::test]
async fn dropping_a_cluster_ends_its_connections() {
    let cluster = still(0, 64);
    let mut lines = client::watch(&cluster, "/api/v1/namespaces?watch=true", "", false).await;
    lines.next().await.unwrap();
    drop(cluster);
    while lines.next_or_cut().await.is_some() {}
}

#[tokio::test]
async fn the_seed_decides() {
    let names = |seed| {
        let fleet = fleet(&super::Wanted { seed, nodes: 8, pods: 150, churn: 0, ..super::Wanted::default() }).unwrap();
        assert_eq!(
            fleet.iter().map(super::DemoCluster::name).collect::<Vec<_>>(),
            ["prod-shanghai", "staging-frankfurt", "dr-beijing", "data-singapore"]
        );
        let pods = fleet[0].server().store.latest(crate::server::resource::PODS);
        pods.items.values().map(|pod| pod.fields.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(1), names(1));
    assert_ne!(names(1), names(2));
    let (one, two) = (still(0, 1), still(0, 1));
    for (id, _) in one.server().store.registry.all() {
        let text = |cluster: &super::DemoCluster| {
            let items = cluster.server().store.latest(id).items;
            items.values().map(|record| record.item()).collect::<Vec<_>>()
        };
        assert_eq!(text(&one), text(&two));
    }
}
