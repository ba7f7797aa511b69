//! Selectors over the wire.

use super::client::{get, still};
use http::StatusCode;

#[tokio::test]
async fn over_the_wire() {
    let cluster = still(0, 8);
    let count = async |path: &str| get(&cluster, path).await.json()["items"].as_array().unwrap().len();
    let pay = count("/api/v1/pods?labelSelector=team%20in%20(payments)").await;
    let rest = count("/api/v1/pods?labelSelector=team+notin+(payments)").await;
    assert!(pay > 3);
    assert_eq!(pay + rest, 140);
    let node = cluster.server().store.latest(crate::server::resource::NODES).items.keys().next().unwrap().clone();
    let here = count(&format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{node}")).await;
    let there = count(&format!("/api/v1/pods?fieldSelector=spec.nodeName!%3D{node}")).await;
    assert_eq!(here + there, 140);
    assert!(count("/api/v1/pods?fieldSelector=status.phase%3DPending").await >= 4);
    assert_eq!(count("/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue").await, 1);
    assert!(count("/api/v1/events?fieldSelector=reason%3DBackOff,type%3DWarning").await == 2);
    let page = get(&cluster, "/api/v1/pods?labelSelector=team&limit=2").await.json();
    assert!(page["metadata"]["remainingItemCount"].is_null() && page["metadata"]["continue"].is_string());
    for bad in ["labelSelector=a%20in%20b", "fieldSelector=color%3Dred", "limit=x"] {
        assert_eq!(get(&cluster, &format!("/api/v1/pods?{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}
