//! One object, fetched and followed, and what its description asks for.

use super::server::{JSON, Piece, Reply, Seen as Asked, frame, status};
use super::*;
use crate::cluster::answers::Answering;
use crate::cluster::detail::{Detail, Seen, Which};
use crate::describe::{By, Got};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// A server that holds the pod `web`, or not.
struct Held {
    rig: Rig,
    pod: Arc<Mutex<Option<Value>>>,
}

fn pod(uid: &str, version: u32, phase: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "a", "uid": uid, "resourceVersion": version.to_string()},
        "spec": {"nodeName": "n1", "containers": [{"name": "web", "envFrom": [{"secretRef": {"name": "db"}}]}],
                 "volumes": [{"name": "s", "secret": {"secretName": "db"}}]},
        "status": {"phase": phase},
    })
}

fn is_get(asked: &Asked) -> bool {
    asked.path == "/api/v1/namespaces/a/pods/web"
}

fn is_watch(asked: &Asked) -> bool {
    asked.path == "/api/v1/namespaces/a/pods" && asked.is_watch()
}

fn open() -> Reply {
    Reply::body(JSON, vec![Piece::Open])
}

fn not_found() -> Reply {
    Reply::status(404, "NotFound", "pods \"web\" not found")
}

impl Held {
    fn new() -> Held {
        let rig = Rig::new();
        let pod = Arc::new(Mutex::new(Some(pod("u1", 100, "Pending"))));
        let held = pod.clone();
        rig.server.rule(move |asked| {
            is_get(asked)
                .then(|| held.lock().as_ref().map_or_else(not_found, |pod| Reply::text(200, JSON, &pod.to_string())))
        });
        rig.server.rule(|asked| is_watch(asked).then(open));
        Held { rig, pod }
    }

    fn read(&self, uid: &str) -> Detail {
        let which = Which { kind: "po".into(), namespace: "a".into(), name: "web".into(), uid: uid.into() };
        Detail::new(&self.rig.cluster, which)
    }

    fn say(&self, kind: &str, pod: &Value) {
        self.rig.server.say_held(&frame(server::Form::Json, kind, pod.to_string().as_bytes()));
    }

    fn gets(&self) -> usize {
        self.rig.server.count(is_get)
    }

    fn watches(&self) -> Vec<String> {
        self.rig.server.asked(is_watch).iter().map(|asked| asked.param("resourceVersion").to_owned()).collect()
    }
}

fn phase(seen: &Seen) -> String {
    seen.object.as_ref().map_or(String::new(), |pod| pod["status"]["phase"].as_str().unwrap().to_owned())
}

/// Waits until what is known is as it should be.
async fn seen(detail: &Detail, condition: impl Fn(&Seen) -> bool) -> Seen {
    until(|| condition(&detail.seen())).await;
    detail.seen()
}

#[tokio::test(start_paused = true)]
async fn an_object_is_fetched_once_and_followed() {
    let held = Held::new();
    let detail = held.read("");
    seen(&detail, |seen| phase(seen) == "Pending" && seen.phase == WatchPhase::Live).await;
    until(|| held.watches() == ["100"]).await;
    let watch = &held.rig.server.asked(is_watch)[0];
    assert_eq!((watch.param("fieldSelector"), watch.accept.as_str()), ("metadata.name=web", JSON));
    held.say("MODIFIED", &pod("u1", 101, "Running"));
    let now = seen(&detail, |seen| phase(seen) == "Running").await;
    assert_eq!((now.versions, now.polled, now.deleted), (2, false, None));
    // The same once more is no other version.
    held.say("MODIFIED", &pod("u1", 101, "Running"));
    held.say("BOOKMARK", &json!({"kind": "Pod", "metadata": {"resourceVersion": "150"}}));
    pass(2).await;
    assert_eq!(detail.seen().versions, 2);
    assert_eq!(held.gets(), 1);
    // The server ends it: it goes on from where it was, without fetching.
    held.rig.server.cut(false);
    until(|| held.watches() == ["100", "150"]).await;
    assert_eq!(held.gets(), 1);
    let asked = held.rig.server.count(|_| true);
    drop(detail);
    pass(600).await;
    assert_eq!(held.rig.server.count(|_| true), asked, "nothing goes on when nobody reads");
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_stays_and_another_of_its_name_is_said() {
    let held = Held::new();
    let detail = held.read("u1");
    seen(&detail, |seen| phase(seen) == "Pending").await;
    until(|| held.watches().len() == 1).await;
    pass(5).await;
    held.say("DELETED", &pod("u1", 102, "Failed"));
    let gone = seen(&detail, |seen| seen.deleted.is_some()).await;
    assert_eq!((phase(&gone).as_str(), gone.another, &gone.phase), ("Pending", false, &WatchPhase::Live));
    held.say("ADDED", &pod("u2", 103, "Running"));
    let another = seen(&detail, |seen| seen.another).await;
    assert_eq!((phase(&another).as_str(), another.deleted), ("Pending", gone.deleted), "the old one stays");
    held.say("MODIFIED", &pod("u2", 104, "Failed"));
    held.say("DELETED", &pod("u2", 105, "Failed"));
    let gone = seen(&detail, |seen| !seen.another).await;
    assert_eq!((phase(&gone).as_str(), gone.versions), ("Pending", 1));
}

#[tokio::test(start_paused = true)]
async fn another_of_the_name_is_never_taken_for_the_one_that_was_meant() {
    let held = Held::new();
    let detail = held.read("u0");
    let now = seen(&detail, |seen| seen.another).await;
    assert!(now.object.is_none() && now.deleted.is_some());
}

#[tokio::test(start_paused = true)]
async fn who_may_only_get_reads_all_the_same() {
    for code in [403, 405] {
        let held = Held::new();
        held.rig.server.rule(move |asked| is_watch(asked).then(|| Reply::status(code, "No", "no watching")));
        let detail = held.read("");
        seen(&detail, |seen| seen.polled && seen.phase == WatchPhase::Live).await;
        *held.pod.lock() = Some(pod("u1", 120, "Running"));
        let before = held.gets();
        pass(61).await;
        assert_eq!(phase(&detail.seen()), "Running");
        assert!((5..=7).contains(&(held.gets() - before)), "slowly: {}", held.gets() - before);
        assert_eq!(held.watches().len(), 1, "it is not tried again and again");
        *held.pod.lock() = None;
        let gone = seen(&detail, |seen| seen.deleted.is_some()).await;
        assert_eq!((phase(&gone).as_str(), held.rig.phase()), ("Running", Phase::Live));
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_version_is_fetched_anew() {
    let held = Held::new();
    held.rig.server.next(1, is_watch, || Reply::status(410, "Expired", "too old resource version"));
    held.rig.server.next(1, is_watch, || {
        let event = format!("{{\"type\":\"ERROR\",\"object\":{}}}\n", status(410, "Expired", "too old"));
        Reply::text(200, JSON, &event)
    });
    let detail = held.read("");
    seen(&detail, |seen| phase(seen) == "Pending").await;
    *held.pod.lock() = Some(pod("u1", 200, "Running"));
    seen(&detail, |seen| phase(seen) == "Running" && seen.phase == WatchPhase::Live).await;
    until(|| held.watches() == ["100", "200", "200"]).await;
    assert_eq!(held.gets(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_or_not_there_is_said_and_tried_again() {
    let held = Held::new();
    let words = "pods \"web\" is forbidden: User \"v\" cannot get resource";
    held.rig.server.next(2, is_get, move || Reply::status(403, "Forbidden", words));
    let detail = held.read("");
    let now = seen(&detail, |seen| matches!(seen.phase, WatchPhase::Forbidden { .. })).await;
    assert_eq!(now.phase.reason(), format!("{words} (HTTP 403)"));
    assert_eq!(held.rig.phase(), Phase::Live, "the cluster is well");
    seen(&detail, |seen| phase(seen) == "Pending" && seen.phase == WatchPhase::Live).await;
    let held = Held::new();
    *held.pod.lock() = None;
    let detail = held.read("");
    seen(&detail, |seen| matches!(&seen.phase, WatchPhase::Missing { reason } if reason.contains("not found"))).await;
    *held.pod.lock() = Some(pod("u1", 5, "Running"));
    let now = seen(&detail, |seen| phase(seen) == "Running").await;
    assert_eq!((now.deleted, now.phase), (None, WatchPhase::Live));
}

#[tokio::test(start_paused = true)]
async fn an_outage_leaves_what_was_seen() {
    let held = Held::new();
    let detail = held.read("");
    seen(&detail, |seen| phase(seen) == "Pending").await;
    until(|| held.watches().len() == 1).await;
    held.rig.server.cut(true);
    let now = seen(&detail, |seen| matches!(seen.phase, WatchPhase::Stale { .. })).await;
    assert_eq!(phase(&now), "Pending");
    assert!(!now.phase.reason().is_empty());
    held.rig.server.revive();
    seen(&detail, |seen| seen.phase == WatchPhase::Live).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_not_taken() {
    let held = Held::new();
    let mut huge = pod("u1", 100, "Running");
    huge["metadata"]["annotations"] = json!({"a": "x".repeat(crate::cluster::tail::MOST)});
    *held.pod.lock() = Some(huge);
    let detail = held.read("");
    let now = seen(&detail, |seen| matches!(seen.phase, WatchPhase::Failed { .. })).await;
    assert!(now.phase.reason().contains("larger than 8 MiB"), "{}", now.phase.reason());
    assert!(now.object.is_none() && held.watches().is_empty());
}

fn event(uid: &str, reason: &str) -> Value {
    json!({"metadata": {"name": uid, "uid": uid, "resourceVersion": "7"}, "reason": reason, "type": "Normal"})
}

fn is_events(asked: &Asked) -> bool {
    asked.plural() == "events"
}

#[tokio::test(start_paused = true)]
async fn a_description_gets_what_it_wants() {
    let held = Held::new();
    let server = &held.rig.server;
    server.rule(|asked| {
        (is_events(asked) && !asked.is_watch()).then(|| {
            let list = json!({"metadata": {"resourceVersion": "6"}, "items": [event("e1", "Scheduled")]});
            Reply::text(200, JSON, &list.to_string())
        })
    });
    server.rule(|asked| (is_events(asked) && asked.is_watch()).then(open));
    server.rule(|asked| {
        asked.path.ends_with("/nodes/n1").then(|| Reply::status(403, "Forbidden", "nodes \"n1\" is forbidden"))
    });
    server.rule(|asked| {
        asked.path.ends_with("/secrets/db").then(|| {
            let head = json!({"kind": "PartialObjectMetadata", "metadata": {"name": "db"}});
            Reply::text(200, "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", &head.to_string())
        })
    });
    let detail = held.read("");
    let answering = Answering::new(&detail);
    let events = || {
        let (answers, _) = answering.known();
        let found = answers.iter().find(|(want, _)| want.plural == "events");
        found.map(|(want, got)| (want.by.clone(), got.clone()))
    };
    until(|| matches!(events(), Some((_, Got::Objects(all))) if all.len() == 1)).await;
    assert_eq!(events().unwrap().0, By::Fields("involvedObject.uid=u1".into()));
    let listed = &server.asked(|asked| is_events(asked) && !asked.is_watch())[0];
    assert_eq!((listed.param("limit"), listed.param("fieldSelector")), ("500", "involvedObject.uid=u1"));
    until(|| server.count(|asked| is_events(asked) && asked.is_watch()) == 1).await;
    held.say("ADDED", &event("e2", "Started"));
    until(|| matches!(events(), Some((_, Got::Objects(all))) if all.len() == 2)).await;
    held.say("DELETED", &event("e1", "Scheduled"));
    until(|| matches!(events(), Some((_, Got::Objects(all))) if all.len() == 1)).await;
    let of = |plural: &str| {
        let (answers, _) = answering.known();
        answers.iter().find(|(want, _)| want.plural == plural).map(|(_, got)| got.clone())
    };
    until(|| of("nodes").is_none_or(|got| got == Got::Refused("nodes \"n1\" is forbidden".into()))).await;
    until(|| matches!(of("secrets"), Some(Got::Objects(_)))).await;
    for asked in server.asked(|asked| asked.path.contains("/secrets")) {
        assert_eq!(asked.accept, "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", "never the data");
    }
    // Events are watched, the rest is asked again now and then.
    let (events_before, secrets_before) = (server.count(is_events), server.count(|a| a.path.contains("/secrets")));
    pass(60).await;
    assert_eq!(server.count(is_events), events_before);
    let again = server.count(|a| a.path.contains("/secrets")) - secrets_before;
    assert!((2..=4).contains(&again), "{again}");
    // A changed object is looked at again soon.
    held.say("MODIFIED", &pod("u1", 300, "Running"));
    let before = server.count(|a| a.path.contains("/secrets"));
    pass(4).await;
    assert_eq!(server.count(|a| a.path.contains("/secrets")), before + 1);
    drop((detail, answering));
    let all = server.count(|_| true);
    pass(100).await;
    assert_eq!(server.count(|_| true), all);
}

#[tokio::test(start_paused = true)]
async fn events_that_are_refused_are_said() {
    let held = Held::new();
    held.rig.server.rule(|asked| is_events(asked).then(|| Reply::status(403, "Forbidden", "events is forbidden")));
    let detail = held.read("");
    let answering = Answering::new(&detail);
    let refused = || {
        let (answers, _) = answering.known();
        answers.iter().any(|(want, got)| want.plural == "events" && *got == Got::Refused("events is forbidden".into()))
    };
    until(refused).await;
    held.rig.server.behave();
}
