//! What a watch tells.

use super::client::{get, still, watch};
use crate::server::resource::{NAMESPACES, NODES, PODS};
use crate::server::store::Change;
use http::StatusCode;
use serde_json::{Value, json};

fn label(value: &str) -> impl FnOnce(&mut Value) {
    move |object| object["metadata"]["labels"]["team"] = value.into()
}

#[tokio::test]
async fn goes_on_where_a_list_ended() {
    let cluster = still(1, 64);
    let from = get(&cluster, "/api/v1/nodes").await.json()["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let key = cluster.server().store.latest(NODES).items.keys().next().unwrap().clone();
    let first = cluster.server().store.update(NODES, &key, label("a")).unwrap();
    let path = format!("/api/v1/nodes?watch=1&resourceVersion={from}");
    let mut lines = watch(&cluster, &path, "", false).await;
    let event = lines.next().await.unwrap();
    assert_eq!((event["type"].as_str(), event["object"]["kind"].as_str()), (Some("MODIFIED"), Some("Node")));
    assert_eq!(event["object"]["metadata"]["resourceVersion"], first.to_string());
    let gone = cluster.server().store.apply(Change::Delete(NODES, key.clone())).unwrap();
    let event = lines.next().await.unwrap();
    assert_eq!(event["type"], "DELETED");
    assert_eq!(event["object"]["metadata"]["resourceVersion"], gone.to_string());
    drop(lines);
    // A second watch from the first event tells only the second.
    let path = format!("/api/v1/nodes?watch=1&resourceVersion={first}&timeoutSeconds=1");
    let rest = get(&cluster, &path).await.lines();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["type"], "DELETED");
}

#[tokio::test]
async fn a_streaming_list_ends_with_the_annotated_bookmark() {
    let cluster = still(1, 64);
    let query = "watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
    let path = format!("/api/v1/pods?{query}");
    for h2 in [false, true] {
        let mut lines = watch(&cluster, &path, "", h2).await;
        for _ in 0..70 {
            assert_eq!(lines.next().await.unwrap()["type"], "ADDED");
        }
        let end = lines.next().await.unwrap();
        assert_eq!(end["type"], "BOOKMARK");
        assert_eq!(end["object"]["kind"], "Pod");
        assert_eq!(end["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
        assert_eq!(end["object"]["metadata"]["resourceVersion"], cluster.server().store.version().to_string());
        let key = cluster.server().store.latest(PODS).items.keys().next().unwrap().clone();
        cluster.server().store.update(PODS, &key, label("later")).unwrap();
        assert_eq!(lines.next().await.unwrap()["type"], "MODIFIED");
    }
    let answer = get(&cluster, "/api/v1/pods?watch=true&sendInitialEvents=true").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let status = answer.json();
    assert_eq!(
        status["message"],
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting \
         resourceVersionMatch to NotOlderThan"
    );
    assert_eq!(get(&cluster, "/api/v1/pods?sendInitialEvents=true").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn too_old_is_told_in_the_stream() {
    let cluster = still(1, 3);
    let start = cluster.server().store.version();
    let answer = get(&cluster, "/api/v1/pods?watch=true&resourceVersion=5").await;
    assert_eq!(answer.status, StatusCode::OK);
    let lines = answer.lines();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["type"], "ERROR");
    assert_eq!(lines[0]["object"]["code"], 410);
    assert_eq!(lines[0]["object"]["reason"], "Expired");
    assert_eq!(lines[0]["object"]["message"], format!("too old resource version: 5 ({start})"));
    let key = cluster.server().store.latest(PODS).items.keys().next().unwrap().clone();
    for i in 0..5 {
        cluster.server().store.update(PODS, &key, label(&i.to_string())).unwrap();
    }
    let lines =
        get(&cluster, &format!("/api/v1/pods?watch=true&resourceVersion={start}&timeoutSeconds=1")).await.lines();
    assert_eq!(lines[0]["object"]["reason"], "Expired");
    let path = format!("/api/v1/pods?watch=true&resourceVersion={}&timeoutSeconds=1", start + 2);
    assert_eq!(get(&cluster, &path).await.lines().len(), 3);
}

#[tokio::test]
async fn objects_move_in_and_out_of_a_selection() {
    let cluster = still(1, 64);
    let key = cluster.server().store.latest(PODS).items.keys().next().unwrap().clone();
    let path = format!(
        "/api/v1/pods?watch=true&labelSelector=team%3Dnew&resourceVersion={}",
        cluster.server().store.version()
    );
    let mut lines = watch(&cluster, &path, "", false).await;
    let mut told = Vec::new();
    for team in ["other", "new", "new", "other", "other"] {
        cluster.server().store.update(PODS, &key, label(team)).unwrap();
    }
    let last = cluster.server().store.version() - 1;
    for _ in 0..3 {
        let event = lines.next().await.unwrap();
        told.push((event["type"].clone(), event["object"]["metadata"]["labels"]["team"].clone()));
        if told.len() == 3 {
            assert_eq!(event["object"]["metadata"]["resourceVersion"], last.to_string());
        }
    }
    let want = [("ADDED", "new"), ("MODIFIED", "new"), ("DELETED", "new")].map(|(a, b)| (json!(a), json!(b)));
    assert_eq!(told, want);
}

#[tokio::test]
async fn bookmarks_and_timeout() {
    let cluster = still(1, 64);
    let from = cluster.server().store.version();
    let query = format!("watch=true&allowWatchBookmarks=true&resourceVersion={from}&timeoutSeconds=1");
    let lines = get(&cluster, &format!("/api/v1/namespaces?{query}")).await.lines();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["type"], "BOOKMARK");
    assert_eq!(lines[0]["object"]["metadata"], json!({"resourceVersion": from.to_string()}));
    let query = "watch=true&resourceVersion=0&timeoutSeconds=1";
    let lines = get(&cluster, &format!("/api/v1/namespaces?{query}")).await.lines();
    assert_eq!(lines.len(), 12);
    assert!(lines.iter().all(|line| line["type"] == "ADDED"));
    let name = cluster.server().store.latest(NAMESPACES).items.keys().next().unwrap().clone();
    let query = format!("watch=true&fieldSelector=metadata.name%3D{name}&timeoutSeconds=1");
    assert_eq!(get(&cluster, &format!("/api/v1/namespaces?{query}")).await.lines().len(), 1);
}
