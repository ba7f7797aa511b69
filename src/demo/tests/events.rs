//! Events of two groups are the same.

use super::client::{self, get, send_body};
use super::controllers::{create, items, living};
use http::Method;
use serde_json::json;

const CORE: &str = "/api/v1/namespaces/default/events";
const OTHER: &str = "/apis/events.k8s.io/v1/namespaces/default/events";

#[tokio::test]
async fn what_one_group_takes_the_other_shows() {
    let cluster = living();
    let all = |path: &'static str| async { items(&get(&living(), path).await.json()).len() };
    assert_eq!(all("/api/v1/events").await, all("/apis/events.k8s.io/v1/events").await);

    let mut watched =
        client::watch(&cluster, &format!("{OTHER}?watch=true&fieldSelector=metadata.name%3Da"), "", false).await;
    let involved = json!({"kind": "Pod", "name": "web-1", "namespace": "default"});
    let event = json!({
        "metadata": {"name": "a"}, "involvedObject": involved, "reason": "Seen", "message": "it was seen",
        "type": "Normal", "source": {"component": "test"}, "count": 3, "firstTimestamp": "2026-11-01T00:00:00Z",
    });
    create(&cluster, CORE, event).await;
    let seen = watched.next().await.unwrap();
    assert_eq!((&seen["type"], &seen["object"]["note"]), (&json!("ADDED"), &json!("it was seen")));
    assert_eq!(seen["object"]["apiVersion"], "events.k8s.io/v1");
    let other = get(&cluster, &format!("{OTHER}/a")).await.json();
    assert_eq!(other["regarding"], involved);
    assert_eq!((&other["deprecatedCount"], &other["deprecatedSource"]["component"]), (&json!(3), &json!("test")));
    assert!(other.get("message").is_none() && other.get("involvedObject").is_none(), "{other:#}");
    let core = get(&cluster, &format!("{CORE}/a")).await.json();
    assert_eq!(core["metadata"]["resourceVersion"], other["metadata"]["resourceVersion"]);

    let patch = json!({"note": "it was seen again"}).to_string();
    let path = format!("{OTHER}/a");
    let patched = send_body(&cluster, Method::PATCH, &path, "application/merge-patch+json", &patch).await.json();
    assert_eq!(patched["note"], "it was seen again");
    assert_eq!(get(&cluster, &format!("{CORE}/a")).await.json()["message"], "it was seen again");
    assert_eq!(watched.next().await.unwrap()["object"]["note"], "it was seen again");

    let event = json!({
        "metadata": {"name": "b"}, "regarding": involved, "reason": "Seen", "note": "by the other", "type": "Warning",
        "eventTime": "2026-11-01T00:00:00.000000Z", "reportingController": "test", "reportingInstance": "one",
        "action": "Look",
    });
    assert_eq!(create(&cluster, OTHER, event).await["note"], "by the other");
    let core = get(&cluster, &format!("{CORE}/b")).await.json();
    assert_eq!((&core["message"], &core["reportingComponent"]), (&json!("by the other"), &json!("test")));
    for (path, selector) in [(CORE, "involvedObject.name%3Dweb-1"), (OTHER, "regarding.name%3Dweb-1,reason%3DSeen")] {
        assert_eq!(items(&get(&cluster, &format!("{path}?fieldSelector={selector}")).await.json()).len(), 2, "{path}");
    }
    let warnings = get(&cluster, &format!("{OTHER}?fieldSelector=type%3DWarning,regarding.name%3Dweb-1")).await.json();
    assert_eq!(items(&warnings)[0]["metadata"]["name"], "b");
}
