//! Objects as tables.

use super::client::{accepting, send_body, still, watch};
use crate::server::resource::PODS;
use crate::server::store::Change;
use http::{Method, StatusCode};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

#[tokio::test]
async fn lists() {
    let cluster = still(0, 64);
    for (path, columns) in [
        ("/api/v1/pods", 9),
        ("/api/v1/nodes", 10),
        ("/api/v1/namespaces", 3),
        ("/api/v1/events", 10),
        ("/apis/apps/v1/deployments", 8),
    ] {
        let answer = accepting(&cluster, path, TABLE).await;
        assert_eq!(
            (answer.status, &answer.headers["content-type"]),
            (StatusCode::OK, &"application/json".parse().unwrap())
        );
        let table = answer.json();
        assert_eq!((table["kind"].as_str(), table["apiVersion"].as_str()), (Some("Table"), Some("meta.k8s.io/v1")));
        assert_eq!(table["columnDefinitions"].as_array().unwrap().len(), columns, "{path}");
        for row in table["rows"].as_array().unwrap() {
            assert_eq!(row["cells"].as_array().unwrap().len(), columns, "{path}");
            assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
        }
    }
    let table = accepting(&cluster, "/apis/apps/v1/deployments?limit=1&includeObject=Object", TABLE).await.json();
    assert_eq!(table["rows"][0]["object"]["kind"], "Deployment");
    assert!(table["rows"][0]["cells"][2].is_number());
    assert!(table["metadata"]["continue"].is_string());
    let table = accepting(&cluster, "/api/v1/namespaces/default?includeObject=None", TABLE).await.json();
    assert_eq!((&table["rows"][0]["cells"][0], table["rows"][0]["object"].is_null()), (&"default".into(), true));
    let answer = accepting(&cluster, "/api/v1/pods?includeObject=Some", TABLE).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn shows_what_is_wrong() {
    for profile in [0] {
        let cluster = still(profile, 64);
        let table = accepting(&cluster, "/api/v1/pods", TABLE).await.json();
        let words: Vec<_> =
            table["rows"].as_array().unwrap().iter().map(|row| row["cells"][2].as_str().unwrap()).collect();
        for want in [
            "Running",
            "Pending",
            "Completed",
            "Error",
            "CrashLoopBackOff",
            "ImagePullBackOff",
            "Init:0/2",
            "Evicted",
            "Terminating",
        ] {
            assert!(words.contains(&want), "{want}: {words:?}");
        }
        let restarts = table["rows"].as_array().unwrap().iter().map(|row| row["cells"][3].as_str().unwrap());
        assert!(restarts.into_iter().any(|text| text.starts_with("5 (") && text.ends_with(" ago)")));
        let nodes = accepting(&cluster, "/api/v1/nodes", TABLE).await.json();
        let words: Vec<_> =
            nodes["rows"].as_array().unwrap().iter().map(|row| row["cells"][1].as_str().unwrap()).collect();
        for want in ["Ready", "NotReady", "Ready,SchedulingDisabled"] {
            assert!(words.contains(&want), "{want}: {words:?}");
        }
    }
}

#[tokio::test]
async fn watches_carry_columns_once() {
    let cluster = still(1, 64);
    for resource in ["api/v1/pods", "api/v1/nodes", "api/v1/namespaces", "api/v1/events", "apis/apps/v1/deployments"] {
        let query = "watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
        let mut lines = watch(&cluster, &format!("/{resource}?{query}&includeObject=None"), TABLE, false).await;
        let first = lines.next().await.unwrap();
        assert!(first["object"]["columnDefinitions"].is_array());
        assert!(first["object"]["rows"][0]["object"].is_null());
        let bookmark = loop {
            let event = lines.next().await.unwrap();
            assert!(event["object"]["columnDefinitions"].is_null(), "{event}");
            assert_eq!(event["object"]["rows"].as_array().map(Vec::len), Some(1), "{event}");
            if event["type"] != "ADDED" {
                break event;
            }
        };
        assert_eq!(bookmark["type"], "BOOKMARK", "{bookmark}");
        let metadata = &bookmark["object"]["rows"][0]["object"]["metadata"];
        assert_eq!(metadata["annotations"]["k8s.io/initial-events-end"], "true");
    }
    let query = format!("watch=true&resourceVersion={}", cluster.server().store.version());
    let mut lines = watch(&cluster, &format!("/api/v1/pods?{query}"), TABLE, false).await;
    let key = cluster.server().store.latest(PODS).items.keys().next().unwrap().clone();
    let version = cluster.server().store.apply(Change::Delete(PODS, key)).unwrap();
    let event = lines.next().await.unwrap();
    assert_eq!(event["type"], "DELETED");
    assert_eq!(event["object"]["metadata"]["resourceVersion"], version.to_string());
    assert_eq!(event["object"]["rows"][0]["object"]["metadata"]["resourceVersion"], version.to_string());
}

#[tokio::test]
async fn of_several_default_classes_a_list_marks_as_its_version_does() {
    // 1.36, and 1.37 that marks the one that counts only, and in lists only.
    for (profile, marked) in [(0, vec!["fast-ssd (default)", "newer (default)"]), (3, vec!["newer (default)"])] {
        let cluster = still(profile, 64);
        let classes = "/apis/storage.k8s.io/v1/storageclasses";
        let newer = serde_json::json!({
            "metadata": {"name": "newer", "annotations": {"storageclass.beta.kubernetes.io/is-default-class": "true"}},
            "provisioner": "csi.block.example.com",
        });
        let json = "application/json";
        assert_eq!(send_body(&cluster, Method::POST, classes, json, &newer.to_string()).await.status, 201);
        let names = async |path: &str| -> Vec<String> {
            let table = accepting(&cluster, path, TABLE).await.json();
            let rows = table["rows"].as_array().unwrap().iter();
            let names = rows.map(|row| row["cells"][0].as_str().unwrap().to_owned());
            names.filter(|name| name.ends_with("(default)")).collect()
        };
        assert_eq!(names(classes).await, marked);
        let alone = names(&format!("{classes}/newer")).await;
        assert_eq!(alone.len(), usize::from(profile == 0));
        let claim = serde_json::json!({"metadata": {"name": "c"}, "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
        }});
        let claims = "/api/v1/namespaces/default/persistentvolumeclaims";
        let made = send_body(&cluster, Method::POST, claims, json, &claim.to_string()).await.json();
        assert_eq!(made["spec"]["storageClassName"], "newer");
    }
}
