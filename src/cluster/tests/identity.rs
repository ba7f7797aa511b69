//! Which cluster answers, and what is done when it is another one.

use super::server::{JSON, Reply, Seen};
use super::*;
use parking_lot::Mutex;
use serde_json::json;

/// Has the server say which uid its `kube-system` has.
fn identified(rig: &Rig, uid: &str) -> Arc<Mutex<String>> {
    let uid = Arc::new(Mutex::new(uid.to_owned()));
    let told = uid.clone();
    rig.server.rule(move |seen| {
        let object = json!({"metadata": {"name": "kube-system", "uid": *told.lock()}});
        is_identity(seen).then(|| Reply::text(200, JSON, &object.to_string()))
    });
    uid
}

fn is_identity(seen: &Seen) -> bool {
    seen.path == "/api/v1/namespaces/kube-system"
}

#[tokio::test(start_paused = true)]
async fn a_reconnect_asks_who_answers_before_it_reads() {
    let rig = Rig::holding("pods", 5);
    identified(&rig, "one");
    let pods = rig.live("pods").await;
    rig.cluster.learn_identity().await.expect("known");
    assert_eq!(rig.cluster.identity().and_then(|known| known.uid).as_deref(), Some("one"));
    pass(3).await;
    rig.server.forget();
    rig.server.cut(false);
    until(|| rig.server.count(Seen::is_watch) > 0).await;
    rig.settled(&pods).await;
    assert_eq!(rig.server.count(is_identity), 1, "asked once for the new connection");
    assert!(rig.cluster.rotation().is_none());
    // No new connection, no question.
    rig.server.forget();
    rig.server.world(|world| world.end("pods", false));
    rig.settled(&pods).await;
    assert_eq!(rig.server.count(is_identity), 0);
}

#[tokio::test(start_paused = true)]
async fn another_cluster_at_the_same_address_is_not_mixed_in() {
    let rig = Rig::holding("pods", 5);
    let uid = identified(&rig, "one");
    let pods = rig.live("pods").await;
    let before = pods.rows();
    rig.cluster.learn_identity().await.expect("known");
    pass(3).await;
    // The cluster is rebuilt: other objects, another uid.
    "two".clone_into(&mut uid.lock());
    rig.server.world(|world| {
        (0..5).for_each(|i| world.delete("pods", "a", &format!("n{i:05}")));
        world.put("pods", "a", "fresh", "Running");
    });
    let rows = pods.rows();
    rig.server.cut(false);
    until(|| rig.phase() == Phase::Replaced).await;
    let state = rig.cluster.state();
    assert!(state.reason.contains(":retry") && state.reason.contains("uid two"), "{}", state.reason);
    assert_eq!(pods.word(), "stale");
    assert!(pods.rows() == rows || pods.rows() == before, "what was read stays as it was");
    rig.server.forget();
    pass(600).await;
    assert_eq!((rig.phase(), rig.server.count(|_| true)), (Phase::Replaced, 0), "nothing is tried by itself");
    // The user accepts it.
    rig.cluster.retry_now();
    rig.settled(&pods).await;
    assert_eq!((rig.phase(), pods.source.len()), (Phase::Live, 1));
    rig.cluster.learn_identity().await.expect("known");
    assert_eq!(rig.cluster.identity().and_then(|known| known.uid).as_deref(), Some("two"));
}

#[tokio::test(start_paused = true)]
async fn rows_of_who_was_never_known_are_read_anew_behind_a_new_connection() {
    let rig = Rig::holding("pods", 5);
    let pods = rig.live("pods").await;
    rig.server.next(1, is_identity, || Reply::status(500, "InternalError", "later"));
    rig.cluster.learn_identity().await.expect_err("not yet");
    pass(3).await;
    // Another cluster answers before it is known who the first was, and takes its version for one of its own.
    rig.server.world(|world| (0..5).for_each(|i| world.delete("pods", "a", &format!("n{i:05}"))));
    rig.server.world(|world| world.put("pods", "a", "fresh", "Running"));
    rig.server.forget();
    rig.server.cut(false);
    until(|| rig.server.count(|seen| seen.path == "/api/v1/pods" && !Seen::is_resumed(seen)) > 0).await;
    rig.settled(&pods).await;
    assert_eq!((rig.phase(), pods.source.len()), (Phase::Live, 1));
    // Once it is known, a new connection reads nothing anew.
    identified(&rig, "one");
    rig.cluster.learn_identity().await.expect("known");
    rig.server.forget();
    pass(3).await;
    rig.server.cut(false);
    until(|| rig.server.count(Seen::is_resumed) > 0).await;
    rig.settled(&pods).await;
    assert_eq!(rig.server.count(|seen| seen.path == "/api/v1/pods" && !Seen::is_resumed(seen)), 0);
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_the_uid_is_not_kept_out() {
    let rig = Rig::holding("pods", 5);
    rig.server.rule(|seen| is_identity(seen).then(|| Reply::status(403, "Forbidden", "no")));
    let pods = rig.live("pods").await;
    rig.cluster.learn_identity().await.expect("known");
    assert_eq!(rig.cluster.identity().map(|known| known.uid), Some(None));
    pass(3).await;
    rig.server.cut(false);
    rig.settled(&pods).await;
    assert_eq!(rig.phase(), Phase::Live);
}

#[tokio::test(start_paused = true)]
async fn everything_is_charged() {
    let rig = Rig::holding("pods", 50);
    let pods = rig.live("pods").await;
    let spent = rig.cluster.spent();
    assert_eq!((spent.requests, spent.watches, spent.throttled), (1, 1, 0));
    assert!(spent.bytes > 50 * 20, "{spent:?}");
    let namespaces = rig.live("namespaces").await;
    assert_eq!(rig.cluster.spent().watches, 2);
    drop(namespaces);
    until(|| rig.cluster.spent().watches == 1).await;
    rig.server.next(1, Seen::is_resumed, || Reply::status(429, "TooManyRequests", "later").header("retry-after", "1"));
    rig.server.world(|world| world.end("pods", false));
    until(|| rig.cluster.spent().throttled == 1).await;
    rig.settled(&pods).await;
}
