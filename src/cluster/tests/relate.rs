//! Tables of related objects: what is asked, and what is said when that which they hang on changes.

use super::super::open::Resolution;
use super::server::{Form, JSON, Piece, Reply, Seen, frame};
use super::*;
use crate::model::relation::{CONTAINERS, EVENTS_OF, OWNER, Relation, opened_by};
use crate::model::within::{Parent, Within};
use serde_json::{Value, json};

const GROUPS: &str = r#"{"kind":"APIGroupDiscoveryList","items":[
 {"metadata":{"name":"apps"},"versions":[{"version":"v1","freshness":"Current","resources":[
 {"resource":"deployments","responseKind":{"kind":"Deployment"},"scope":"Namespaced","singularResource":"deployment","verbs":["get","list","watch"]},
 {"resource":"replicasets","responseKind":{"kind":"ReplicaSet"},"scope":"Namespaced","singularResource":"replicaset","verbs":["get","list","watch"]}]}]}]}"#;
const CORE: &str = r#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":""},"versions":[{"version":"v1","freshness":"Current","resources":[
 {"resource":"services","responseKind":{"kind":"Service"},"scope":"Namespaced","singularResource":"service","verbs":["get","list","watch"]}]}]}]}"#;

fn parents(relation: &Relation, kind: &str, names: &[(&str, &str)]) -> Within {
    let parent = |(name, uid): &(&str, &str)| Parent {
        namespace: "a".into(),
        name: (*name).into(),
        uid: (*uid).into(),
        ..Parent::default()
    };
    Within { relation: *relation, kind: kind.into(), parents: names.iter().map(parent).collect(), up: None }
}

fn stream(events: &[Value]) -> Vec<u8> {
    let event = |kind: &str, object: &Value| frame(Form::Json, kind, object.to_string().as_bytes());
    let mut out: Vec<u8> = events.iter().flat_map(|object| event("ADDED", object)).collect();
    let ends = json!({"metadata": {"resourceVersion": "900", "annotations": {"k8s.io/initial-events-end": "true"}}});
    out.extend(event("BOOKMARK", &ends));
    out
}

/// A server that holds these objects of a kind, and is told what becomes of them by [`say`].
fn holding(rig: &Rig, plural: &'static str, objects: Vec<Value>) {
    rig.server.rule(move |seen: &Seen| match seen.path.as_str() {
        "/api" => Some(Reply::text(200, JSON, CORE)),
        "/apis" => Some(Reply::text(200, JSON, GROUPS)),
        _ if seen.plural() == plural && seen.is_watch() => {
            let pieces = vec![Piece::Bytes(stream(&objects)), Piece::Open];
            Some(Reply::body(JSON, pieces))
        }
        _ => None,
    });
}

fn say(rig: &Rig, kind: &str, object: &Value) {
    rig.server.say_held(&frame(Form::Json, kind, object.to_string().as_bytes()));
}

fn service(uid: &str, version: u32, selector: &Value) -> Value {
    json!({"metadata": {"name": "web", "namespace": "a", "uid": uid, "resourceVersion": version.to_string()},
           "spec": {"selector": selector, "ports": [{"port": 80}]}})
}

fn asked(rig: &Rig, plural: &'static str) -> Vec<Seen> {
    rig.server.asked(|seen| seen.plural() == plural)
}

fn remarks(opened: &Opened) -> String {
    opened.remarks().into_iter().map(|remark| remark.text).collect::<Vec<_>>().join("; ")
}

#[tokio::test(start_paused = true)]
async fn the_server_selects_and_a_changed_selector_is_followed_and_told() {
    let rig = Rig::holding("pods", 3);
    holding(&rig, "services", vec![service("s1", 500, &json!({"app": "web"}))]);
    let within = parents(opened_by("services").unwrap(), "services", &[("web", "s1")]);
    let opened = Opened::within(&rig.cluster, &within, false);
    until(|| opened.sources().len() == 1 && opened.sources()[0].status().phase == WatchPhase::Live).await;
    let first = asked(&rig, "pods");
    assert_eq!((first.len(), first[0].param("labelSelector")), (1, "app=web"));
    assert_eq!(first[0].path, "/api/v1/namespaces/a/pods");
    let services = asked(&rig, "services");
    assert_eq!((services.len(), services[0].param("fieldSelector")), (1, "metadata.name=web"));
    assert_eq!(remarks(&opened), "");

    let source = opened.sources()[0].clone();
    say(&rig, "MODIFIED", &service("s1", 501, &json!({"app": "api"})));
    until(|| asked(&rig, "pods").len() == 2 && !opened.remarks().is_empty()).await;
    assert_eq!(asked(&rig, "pods")[1].param("labelSelector"), "app=api");
    assert!(Arc::ptr_eq(&source, &opened.sources()[0]), "the rows stay until the other list is complete");
    assert_eq!(remarks(&opened), "the selector of service web has changed from app=web to app=api");
    say(&rig, "MODIFIED", &service("s1", 502, &json!({"app": "web"})));
    until(|| opened.remarks().is_empty()).await;

    say(&rig, "DELETED", &service("s1", 503, &json!({"app": "web"})));
    until(|| !opened.remarks().is_empty()).await;
    assert!(remarks(&opened).starts_with("service web is not there any more"), "{}", remarks(&opened));
    assert_eq!(opened.sources().len(), 1, "what it led to is still shown");
    say(&rig, "ADDED", &service("s2", 504, &json!({"app": "web"})));
    until(|| remarks(&opened).contains("created anew")).await;
}

#[tokio::test(start_paused = true)]
async fn what_leads_nowhere_says_why() {
    let rig = Rig::holding("pods", 3);
    holding(&rig, "services", vec![service("s1", 500, &Value::Null)]);
    let within = parents(opened_by("services").unwrap(), "services", &[("web", "s1")]);
    let opened = Opened::within(&rig.cluster, &within, false);
    until(|| matches!(opened.resolution(), Resolution::Found(_))).await;
    assert!(remarks(&opened).contains(":endpointslices kubernetes.io/service-name=web"), "{}", remarks(&opened));
    assert!(opened.sources().is_empty() && asked(&rig, "pods").is_empty());
    say(&rig, "MODIFIED", &service("s1", 501, &json!({"app": "web"})));
    until(|| opened.sources().len() == 1 && opened.remarks().is_empty()).await;
}

fn deployment() -> Value {
    json!({"metadata": {"name": "web", "namespace": "a", "uid": "d1", "resourceVersion": "500"},
           "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {}}})
}

#[tokio::test(start_paused = true)]
async fn without_replica_sets_labels_decide_and_that_is_told() {
    let rig = Rig::holding("pods", 3);
    holding(&rig, "deployments", vec![deployment()]);
    rig.server.rule(|seen: &Seen| {
        (seen.plural() == "replicasets").then(|| Reply::status(403, "Forbidden", "replicasets is forbidden: no"))
    });
    let within = parents(opened_by("deployments.apps").unwrap(), "deployments.apps", &[("web", "d1")]);
    let opened = Opened::within(&rig.cluster, &within, false);
    until(|| opened.sources().len() == 1 && opened.sources()[0].len() == 3).await;
    assert_eq!(asked(&rig, "pods")[0].param("labelSelector"), "app=web");
    assert!(remarks(&opened).contains("by labels alone, for replicasets cannot be read"), "{}", remarks(&opened));
}

#[tokio::test(start_paused = true)]
async fn only_what_its_replica_sets_own_is_its() {
    let rig = Rig::holding("pods", 3);
    holding(&rig, "deployments", vec![deployment()]);
    // Replica sets come as JSON where a Table is asked for; one of the two is another deployment's.
    rig.server.rule(|seen: &Seen| {
        let set = |name: &str, uid: &str, owner: &str| {
            json!({"metadata": {"name": name, "namespace": "a", "uid": uid, "resourceVersion": "7",
                   "ownerReferences": [{"uid": owner, "controller": true}]}, "spec": {}, "status": {}})
        };
        let sets = [set("web-1", "r1", "d1"), set("other-1", "r2", "d2")];
        (seen.plural() == "replicasets").then(|| Reply::body(JSON, vec![Piece::Bytes(stream(&sets)), Piece::Open]))
    });
    rig.server.rule(|seen: &Seen| {
        let pod = |name: &str, owner: &str| {
            json!({"metadata": {"name": name, "namespace": "a", "uid": name, "resourceVersion": "7",
                   "ownerReferences": [{"uid": owner, "controller": true}, {"uid": "r1"}]}})
        };
        let pods = [pod("mine", "r1"), pod("theirs", "r2"), pod("nobodys", "")];
        (seen.plural() == "pods").then(|| Reply::body(JSON, vec![Piece::Bytes(stream(&pods)), Piece::Open]))
    });
    let within = parents(opened_by("deployments.apps").unwrap(), "deployments.apps", &[("web", "d1")]);
    let opened = Opened::within(&rig.cluster, &within, false);
    until(|| opened.sources().len() == 1 && opened.sources()[0].status().complete).await;
    let held = Held { source: opened.sources().remove(0), _opened: opened };
    assert_eq!(held.column(0), ["mine"]);
}

#[tokio::test(start_paused = true)]
async fn containers_are_those_of_the_pod() {
    let rig = Rig::new();
    let pod = |version: u32, state: &Value| {
        json!({"metadata": {"name": "p", "namespace": "a", "uid": "u", "resourceVersion": version.to_string()},
               "spec": {"containers": [{"name": "app"}, {"name": "proxy"}]},
               "status": {"containerStatuses": [{"name": "app", "state": state}]}})
    };
    holding(&rig, "pods", vec![pod(5, &json!({"running": {}}))]);
    let within = parents(opened_by("pods").unwrap(), "pods", &[("p", "u")]);
    assert_eq!(within.relation.shows, CONTAINERS);
    let opened = Opened::within(&rig.cluster, &within, false);
    until(|| opened.sources().len() == 1 && opened.sources()[0].len() == 2).await;
    assert!(asked(&rig, "pods").iter().all(|seen| seen.param("fieldSelector") == "metadata.name=p"));
    let source = opened.sources().remove(0);
    let held = Held { source, _opened: opened };
    assert_eq!(held.column(3), ["", "Running"]);
    say(&rig, "MODIFIED", &pod(6, &json!({"waiting": {"reason": "CrashLoopBackOff"}})));
    until(|| held.column(3) == ["", "CrashLoopBackOff"]).await;
    say(&rig, "DELETED", &pod(7, &json!({})));
    until(|| held.source.is_empty()).await;
}

#[tokio::test(start_paused = true)]
async fn the_owner_is_pointed_at_among_its_kind() {
    let rig = Rig::new();
    let owners = json!([{"apiVersion": "v1", "kind": "Pod", "name": "n00001", "uid": "uid-2", "controller": true}]);
    let service = json!({"metadata": {"name": "web", "namespace": "a", "uid": "s1", "resourceVersion": "5",
                         "ownerReferences": owners}});
    holding(&rig, "services", vec![service]);
    rig.fill("pods", 3);
    let opened = Opened::within(&rig.cluster, &parents(&OWNER, "services", &[("web", "s1")]), false);
    until(|| opened.focus().is_some() && opened.sources().first().is_some_and(|source| source.len() == 3)).await;
    assert_eq!(opened.focus().as_deref(), Some("uid-2"));
    let services = asked(&rig, "services");
    assert!(services[0].accept.contains("as=PartialObjectMetadata"), "its metadata is enough: {services:?}");
}

#[tokio::test(start_paused = true)]
async fn events_are_selected_by_the_server() {
    let rig = Rig::new();
    let few = parents(&EVENTS_OF, "pods", &[("p", "u1"), ("q", "u2")]);
    let opened = Opened::within(&rig.cluster, &few, false);
    until(|| opened.sources().len() == 2).await;
    until(|| asked(&rig, "events").len() == 2).await;
    let fields: Vec<String> = asked(&rig, "events").iter().map(|seen| seen.param("fieldSelector").to_owned()).collect();
    assert_eq!(fields, ["involvedObject.uid=u1", "involvedObject.uid=u2"]);
    assert!(asked(&rig, "pods").is_empty(), "the pods themselves are not looked at");
}
