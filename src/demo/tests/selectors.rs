//! The grammar of selectors.

use super::client::{get, still};
use crate::demo::resource::{ALL, DEPLOYMENTS, PODS};
use crate::demo::select::{Fields, Labels};
use http::StatusCode;

#[test]
fn labels() {
    let have = [("app", "web"), ("tier", "2"), ("empty", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    for yes in [
        "",
        "app",
        "!gone",
        "app=web",
        "app==web",
        "app!=db",
        "gone!=x",
        "app in (web, db)",
        "app notin (db)",
        "gone notin (x)",
        "tier>1,tier<3",
        " app = web , tier ",
        "empty=",
        "empty in ()",
        "empty in (a,)",
    ] {
        assert!(Labels::parse(yes).unwrap().matches(&have), "{yes}");
    }
    for no in ["!app", "gone", "app=db", "app!=web", "app in (db)", "app notin (web)", "tier>2", "app<3", "app="] {
        assert!(!Labels::parse(no).unwrap().matches(&have), "{no}");
    }
    for bad in ["app in", "app in web", "app in (web", "=x", "app,,b", "app,", "app=a b", "a>x", "-a", "!a=b"] {
        assert!(Labels::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn fields() {
    let have = |name: &str| {
        let mut values = vec![String::new(); ALL[PODS].fields.len()];
        values[0] = name.to_owned();
        values
    };
    let parse = |text| Fields::parse(&ALL[PODS], text);
    assert!(parse("metadata.name=a,metadata.namespace!=x").unwrap().matches(&have("a")));
    assert!(!parse("metadata.name!=a").unwrap().matches(&have("a")));
    assert!(parse(r"metadata.name==a\,b").unwrap().matches(&have("a,b")));
    assert_eq!(parse("spec.color=red").unwrap_err(), "field label not supported: spec.color");
    assert!(parse("metadata.name").is_err());
    assert!(Fields::parse(&ALL[DEPLOYMENTS], "spec.replicas=1").unwrap_err().contains("not a known field selector"));
}

#[tokio::test]
async fn over_the_wire() {
    let cluster = still(0, 8);
    let count = async |path: &str| get(&cluster, path).await.json()["items"].as_array().unwrap().len();
    let pay = count("/api/v1/pods?labelSelector=team%20in%20(payments)").await;
    let rest = count("/api/v1/pods?labelSelector=team+notin+(payments)").await;
    assert!(pay > 3);
    assert_eq!(pay + rest, 140);
    let node = cluster.store.latest(crate::demo::resource::NODES).items.keys().next().unwrap().clone();
    let here = count(&format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{node}")).await;
    let there = count(&format!("/api/v1/pods?fieldSelector=spec.nodeName!%3D{node}")).await;
    assert_eq!(here + there, 140);
    assert!(count("/api/v1/pods?fieldSelector=status.phase%3DPending").await >= 4);
    assert_eq!(count("/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue").await, 1);
    assert!(count("/api/v1/events?fieldSelector=reason%3DBackOff,type%3DWarning").await == 1);
    let page = get(&cluster, "/api/v1/pods?labelSelector=team&limit=2").await.json();
    assert!(page["metadata"]["remainingItemCount"].is_null() && page["metadata"]["continue"].is_string());
    for bad in ["labelSelector=a%20in%20b", "fieldSelector=color%3Dred", "limit=x"] {
        assert_eq!(get(&cluster, &format!("/api/v1/pods?{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}
