//! Pages, versions, forms.

use super::client::{accepting, get, still, watch};
use crate::server::resource::PODS;
use crate::server::store::Change;
use http::StatusCode;
use std::collections::BTreeSet;

#[tokio::test]
async fn pages_cover_everything_once_at_one_version() {
    let cluster = still(0, 64);
    let (mut seen, mut resume, mut version) = (Vec::new(), String::new(), String::new());
    loop {
        let page = get(&cluster, &format!("/api/v1/pods?limit=33&continue={resume}")).await.json();
        assert_eq!(page["kind"], "PodList");
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|pod| pod["metadata"]["uid"].as_str().unwrap().to_owned()));
        assert!(items.iter().all(|pod| pod["kind"].is_null()));
        if version.is_empty() {
            version = page["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
        }
        assert_eq!(page["metadata"]["resourceVersion"], version);
        let Some(token) = page["metadata"]["continue"].as_str() else {
            assert!(page["metadata"]["remainingItemCount"].is_null());
            break;
        };
        assert_eq!(page["metadata"]["remainingItemCount"], 140 - seen.len());
        resume = token.to_owned();
        // What happens meanwhile is not part of this list.
        let gone = cluster.server().store.latest(PODS).items.keys().last().unwrap().clone();
        cluster.server().store.apply(Change::Delete(PODS, gone)).unwrap();
    }
    assert_eq!(seen.len(), 140);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 140);
}

#[tokio::test]
async fn an_old_token_expires_with_a_way_on() {
    let cluster = still(0, 4);
    let first = get(&cluster, "/api/v1/pods?limit=100").await.json();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let key = cluster.server().store.latest(PODS).items.keys().next().unwrap().clone();
    for _ in 0..6 {
        cluster.server().store.update(PODS, &key, |_| {}).unwrap();
    }
    let answer = get(&cluster, &format!("/api/v1/pods?limit=100&continue={token}")).await;
    assert_eq!(answer.status, StatusCode::GONE);
    let status = answer.json();
    assert_eq!(status["reason"], "Expired");
    let on = status["metadata"]["continue"].as_str().unwrap();
    let rest = get(&cluster, &format!("/api/v1/pods?limit=100&continue={on}")).await.json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 40);
    let answer = get(&cluster, "/api/v1/pods?continue=nonsense!").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn versions() {
    let cluster = still(1, 64);
    let before = cluster.server().store.version();
    let key = cluster.server().store.latest(PODS).items.keys().next().unwrap().clone();
    cluster.server().store.apply(Change::Delete(PODS, key)).unwrap();
    let exact =
        get(&cluster, &format!("/api/v1/pods?resourceVersion={before}&resourceVersionMatch=Exact")).await.json();
    assert_eq!(exact["items"].as_array().unwrap().len(), 70);
    assert_eq!(exact["metadata"]["resourceVersion"], before.to_string());
    let newer =
        get(&cluster, &format!("/api/v1/pods?resourceVersion={before}&resourceVersionMatch=NotOlderThan")).await;
    assert_eq!(newer.json()["items"].as_array().unwrap().len(), 69);
    // From the cache, so not in pages.
    let any = get(&cluster, "/api/v1/pods?resourceVersion=0&limit=5").await.json();
    assert_eq!(any["items"].as_array().unwrap().len(), 69);

    let answer = get(&cluster, "/api/v1/pods?resourceVersion=1&resourceVersionMatch=Exact").await;
    assert_eq!(answer.status, StatusCode::GONE);
    let answer = get(&cluster, "/api/v1/pods?resourceVersion=99999999999&limit=5").await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(answer.json()["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
    let answer = get(&cluster, "/api/v1/pods?resourceVersionMatch=Exact").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = get(&cluster, "/api/v1/pods?resourceVersion=abc").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn scopes_and_single_objects() {
    let cluster = still(0, 64);
    let list = get(&cluster, "/api/v1/namespaces/payments/pods").await.json();
    let pods = list["items"].as_array().unwrap();
    assert!(!pods.is_empty() && pods.len() < 140);
    assert!(pods.iter().all(|pod| pod["metadata"]["namespace"] == "payments"));
    let name = pods[0]["metadata"]["name"].as_str().unwrap();
    let pod = get(&cluster, &format!("/api/v1/namespaces/payments/pods/{name}")).await.json();
    assert_eq!((pod["kind"].as_str(), pod["apiVersion"].as_str()), (Some("Pod"), Some("v1")));
    assert_eq!(pod["metadata"], pods[0]["metadata"]);
    assert_eq!(get(&cluster, "/api/v1/namespaces/payments").await.json()["kind"], "Namespace");
    let empty = get(&cluster, "/api/v1/namespaces/nowhere/pods").await.json();
    assert_eq!(empty["items"].as_array().unwrap().len(), 0);
    for path in ["/api/v1/namespaces/payments/nodes", "/api/v1/pods/x", "/apis/apps/v1/pods"] {
        assert_eq!(get(&cluster, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn bare_metadata() {
    let cluster = still(0, 64);
    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let list = accepting(&cluster, "/apis/apps/v1/deployments?limit=1", accept).await.json();
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert_eq!(list["items"][0]["kind"], "PartialObjectMetadata");
    assert!(list["items"][0]["spec"].is_null());
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    assert_eq!(accepting(&cluster, "/api/v1/nodes", accept).await.status, StatusCode::NOT_ACCEPTABLE);
    let one = accepting(&cluster, "/api/v1/namespaces/default", accept).await.json();
    assert_eq!(
        (one["kind"].as_str(), one["metadata"]["name"].as_str()),
        (Some("PartialObjectMetadata"), Some("default"))
    );
}

/// A cluster whose pods are more than is sent at once.
fn large() -> crate::demo::DemoCluster {
    let wanted = crate::demo::Wanted { clusters: 1, nodes: 30, pods: 900, churn: 0, seed: 1 };
    let cluster = crate::demo::fleet(&wanted).unwrap().remove(0);
    cluster.calm();
    cluster
}

#[tokio::test]
async fn a_long_list_is_of_one_version_however_slowly_it_is_read() {
    let cluster = large();
    let store = cluster.server().store.clone();
    let then = store.version();
    for path in ["/api/v1/pods", "/api/v1/pods?resourceVersion=0&limit=7"] {
        let mut lines = watch(&cluster, path, "", false).await;
        let mut text = lines.frame().await.unwrap().to_vec();
        let keys: Vec<_> = store.latest(PODS).items.into_keys().step_by(9).take(20).collect();
        let last = store.version();
        for key in keys {
            store.apply(Change::Delete(PODS, key)).unwrap();
        }
        let mut frames = 1;
        while let Some(frame) = lines.frame().await {
            text.extend_from_slice(&frame);
            frames += 1;
        }
        assert!(frames > 20, "{frames}");
        let list: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(list["metadata"]["resourceVersion"], last.to_string());
        let gone = ((last - then) as usize, 900);
        assert_eq!(list["items"].as_array().unwrap().len(), gone.1 - gone.0);
    }
}

#[tokio::test]
async fn what_changes_while_a_streaming_list_is_read_comes_after_it() {
    let cluster = large();
    let store = cluster.server().store.clone();
    let query = "watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
    let mut lines = watch(&cluster, &format!("/api/v1/pods?{query}"), "", true).await;
    let begin = store.version();
    assert_eq!(lines.next().await.unwrap()["type"], "ADDED");
    let keys: Vec<_> = store.latest(PODS).items.into_keys().collect();
    // More than are looked at in one go, of the last ones first.
    for key in keys.iter().rev().take(200) {
        store.update(PODS, key, |pod| pod["metadata"]["labels"]["new"] = "yes".into()).unwrap();
    }
    for _ in 1..900 {
        let event = lines.next().await.unwrap();
        assert_eq!(event["type"], "ADDED");
        assert!(event["object"]["metadata"]["labels"]["new"].is_null());
    }
    let mark = lines.next().await.unwrap();
    assert_eq!(mark["type"], "BOOKMARK");
    assert_eq!(mark["object"]["metadata"]["resourceVersion"], begin.to_string());
    for key in keys.iter().rev().take(200) {
        let event = lines.next().await.unwrap();
        assert_eq!(
            (event["type"].as_str(), event["object"]["metadata"]["labels"]["new"].as_str()),
            (Some("MODIFIED"), Some("yes"))
        );
        assert!(key.ends_with(event["object"]["metadata"]["name"].as_str().unwrap()));
    }
}

#[tokio::test]
async fn fields_say_where_to_look() {
    let cluster = still(0, 64);
    let list = get(&cluster, "/api/v1/namespaces/payments/pods?fieldSelector=metadata.name%3Dledger-db-0").await.json();
    assert_eq!(list["items"][0]["metadata"]["name"], "ledger-db-0");
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let list = get(&cluster, "/api/v1/pods?fieldSelector=metadata.name%3Dledger-db-0&limit=1").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let all = get(&cluster, "/api/v1/namespaces/orders/pods").await.json();
    let same = get(&cluster, "/api/v1/pods?fieldSelector=metadata.namespace%3Dorders").await.json();
    assert_eq!(all["items"], same["items"]);
    assert!(!all["items"].as_array().unwrap().is_empty());
}
