//! What a failure moves: the cluster, or one watch.

use super::server::{Form, JSON, PROTOBUF, Piece, Reply, Seen, delimited, envelope, frame};
use super::*;
use std::sync::atomic::Ordering;

fn forbidden() -> Reply {
    Reply::status(403, "Forbidden", "pods is forbidden: User \"eve\" cannot list resource \"pods\"")
}

#[tokio::test(start_paused = true)]
async fn forbidden_is_said_and_recovers() {
    let rig = Rig::holding("pods", 5);
    rig.server.rule(|seen| (seen.plural() == "pods").then(forbidden));
    let namespaces = rig.live("namespaces").await;
    let pods = rig.open("pods").await;
    until(|| pods.word() == "forbidden").await;
    assert!(pods.reason().contains("User \"eve\" cannot list"), "{}", pods.reason());
    assert_eq!((rig.phase(), namespaces.word()), (Phase::Live, "live"));
    // It stays forbidden while it is tried again: no flicker, and the time since when stays.
    let mut words = vec![];
    for _ in 0..6000 {
        words.push(pods.word());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(words.iter().all(|word| *word == "forbidden"));
    let asked = rig.server.count(|seen| seen.plural() == "pods");
    assert!((4..=40).contains(&asked), "{asked} requests in a minute");
    rig.server.behave();
    rig.settled(&pods).await;
}

#[tokio::test(start_paused = true)]
async fn forbidden_under_way_keeps_the_rows() {
    let rig = Rig::holding("pods", 5);
    let pods = rig.live("pods").await;
    pass(3).await;
    rig.server.rule(|seen| (seen.plural() == "pods").then(forbidden));
    rig.server.world(|world| world.end("pods", false));
    until(|| pods.word() == "forbidden").await;
    assert_eq!((pods.source.len(), rig.phase()), (5, Phase::Live));
    pass(100).await;
    assert_eq!((pods.source.len(), pods.word()), (5, "forbidden"));
    rig.server.world(|world| world.delete("pods", "a", "n00001"));
    rig.server.behave();
    rig.settled(&pods).await;
    assert_eq!(pods.source.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_may_be_listed_and_not_watched_is_listed_now_and_then() {
    let rig = Rig::holding("pods", 5);
    rig.server.rule(|seen| seen.is_watch().then(forbidden));
    let pods = rig.open("pods").await;
    until(|| pods.word() == "forbidden").await;
    assert_eq!(pods.source.len(), 5, "what could be listed is there");
    rig.server.forget();
    rig.server.world(|world| world.put("pods", "a", "new", "Running"));
    until(|| pods.source.len() == 6).await;
    assert_eq!(pods.word(), "forbidden", "what is not followed is not called live");
    pass(100).await;
    let asked = rig.server.count(Seen::is_list);
    assert!((2..=6).contains(&asked), "{asked} lists");
    rig.server.behave();
    rig.settled(&pods).await;
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_gone_is_missing() {
    let rig = Rig::holding("widgets", 5);
    let widgets = rig.live("widgets").await;
    pass(3).await;
    rig.server
        .rule(|seen| (seen.plural() == "widgets").then(|| Reply::text(404, "text/plain", "404 page not found\n")));
    rig.server.world(|world| world.end("widgets", false));
    until(|| widgets.word() == "missing").await;
    assert_eq!((widgets.reason().as_str(), rig.phase()), ("404 page not found (HTTP 404)", Phase::Live));
    rig.server.behave();
    rig.settled(&widgets).await;
}

#[tokio::test(start_paused = true)]
async fn a_failing_kind_is_not_a_failing_cluster() {
    for code in [500, 503] {
        let rig = Rig::holding("pods", 5);
        let namespaces = rig.live("namespaces").await;
        rig.server.rule(move |seen| {
            (seen.plural() == "pods").then(|| Reply::status(code, "InternalError", "etcdserver: no leader"))
        });
        let pods = rig.open("pods").await;
        until(|| pods.word() == "failed").await;
        assert!(pods.reason().contains("no leader"), "{}", pods.reason());
        pass(60).await;
        assert_eq!((rig.phase(), namespaces.word()), (Phase::Live, "live"));
        let asked = rig.server.count(|seen| seen.plural() == "pods");
        assert!((4..=30).contains(&asked), "{asked} requests in a minute");
        rig.server.behave();
        rig.settled(&pods).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttling_server_is_left_alone_as_long_as_it_asks() {
    let rig = Rig::holding("pods", 5);
    let pods = rig.live("pods").await;
    pass(3).await;
    rig.server.forget();
    rig.server.next(1, Seen::is_resumed, || {
        Reply::status(429, "TooManyRequests", "the server has received too many requests").header("retry-after", "17")
    });
    rig.server.world(|world| world.end("pods", false));
    until(|| rig.phase() == Phase::Throttled).await;
    let at = tokio::time::Instant::now();
    assert_eq!((pods.word(), pods.source.len()), ("stale", 5));
    let (namespaces, nodes) = (rig.open("namespaces").await, rig.open("nodes").await);
    rig.settled(&pods).await;
    rig.settled(&namespaces).await;
    rig.settled(&nodes).await;
    let asked = rig.server.asked(|_| true);
    assert!(asked[1..].iter().all(|seen| seen.at >= at + Duration::from_millis(16_900)), "{asked:?}");
    let pods: Vec<_> = asked.iter().filter(|seen| seen.plural() == "pods").collect();
    assert!(pods.len() == 2 && pods[1].is_resumed(), "no list after a 429: {pods:?}");
}

fn unauthorized() -> Reply {
    Reply::status(401, "Unauthorized", "Unauthorized")
}

#[tokio::test(start_paused = true)]
async fn credentials_refused_once_are_renewed_without_a_word() {
    let rig = Rig::holding("pods", 5);
    rig.server.next(1, |_| true, unauthorized);
    let pods = rig.open("pods").await;
    let mut phases = vec![];
    until(|| pods.word() == "live").await;
    rig.settled(&pods).await;
    pass(3).await;
    rig.server.next(1, |_| true, unauthorized);
    rig.server.world(|world| world.end("pods", false));
    for _ in 0..2000 {
        phases.push(rig.phase());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(phases.iter().all(|phase| *phase == Phase::Live));
    rig.settled(&pods).await;
}

#[tokio::test(start_paused = true)]
async fn credentials_that_never_worked_are_denied_and_others_expired() {
    let rig = Rig::holding("pods", 5);
    rig.server.rule(|_| Some(unauthorized()));
    let pods = rig.open("pods").await;
    until(|| rig.phase() == Phase::Denied).await;
    assert!(rig.cluster.state().reason.contains("log in again"), "{}", rig.cluster.state().reason);
    pass(60).await;
    assert_eq!(rig.phase(), Phase::Denied);
    rig.server.behave();
    rig.settled(&pods).await;
    pass(3).await;
    rig.server.rule(|_| Some(unauthorized()));
    rig.server.world(|world| world.end("pods", false));
    until(|| rig.phase() == Phase::Expired).await;
    assert_eq!((pods.word(), pods.source.len()), ("stale", 5));
    rig.server.behave();
    rig.settled(&pods).await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_cannot_be_read_fails_its_watch_alone() {
    let object = envelope(&delimited(1, b"\x0a\xff\xff"));
    let bodies = [
        (PROTOBUF, frame(Form::Protobuf, "ADDED", &object)),
        (PROTOBUF, b"\0\0\0\x04what".to_vec()),
        // Longer than any object may be.
        (PROTOBUF, b"\x7f\xff\xff\xff\x0a".to_vec()),
        (JSON, b"{\"type\":\"ADDED\",\"object\":{\"metadata\":7}}\n".to_vec()),
        (JSON, b"{\"type\":\"ADD\n".to_vec()),
        (JSON, b"\xff\xfe\n".to_vec()),
    ];
    for (content_type, body) in bodies {
        for first in [true, false] {
            let rig = Rig::holding("pods", 5);
            let (namespaces, held, reason);
            let reply = {
                let body = body.clone();
                move || Reply::body(content_type, vec![Piece::Bytes(body.clone()), Piece::Open])
            };
            if first {
                rig.server.next(2, Seen::is_streaming, reply);
                held = rig.open("pods").await;
                until(|| held.word() == "failed").await;
                reason = held.reason();
                assert_eq!(rig.phase(), Phase::Live, "the server answers");
                namespaces = rig.live("namespaces").await;
            } else {
                namespaces = rig.live("namespaces").await;
                held = rig.live("pods").await;
                pass(3).await;
                rig.server.next(1, Seen::is_resumed, reply);
                rig.server.world(|world| world.end("pods", false));
                until(|| held.word() == "stale").await;
                reason = held.reason();
                assert_eq!(held.source.len(), 5);
            }
            assert!(reason.contains("cannot be read"), "{reason}");
            assert_eq!((rig.phase(), namespaces.word()), (Phase::Live, "live"));
            rig.settled(&held).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_read_fails_its_watch_alone() {
    let bodies = [
        (PROTOBUF, b"k8s\0\x12\x0a\x12\x03\x0a\xff\xff".to_vec()),
        // An item of 2 GiB.
        (PROTOBUF, b"k8s\0\x12\xff\xff\xff\xff\x0f\x12\xf0\xff\xff\xff\x07".to_vec()),
        (PROTOBUF, b"k8s".to_vec()),
        (JSON, b"{\"items\":[{\"metadata\":7}]}".to_vec()),
        (JSON, b"{\"items\":[{\"metadata\":{}".to_vec()),
        (JSON, b"".to_vec()),
    ];
    for (content_type, body) in bodies {
        let rig = Rig::holding("pods", 5);
        rig.server.world(|world| world.streaming = false);
        rig.server.next(
            1,
            |seen| !seen.param("limit").is_empty(),
            move || Reply::body(content_type, vec![Piece::Bytes(body.clone())]),
        );
        let held = rig.open("pods").await;
        until(|| held.word() == "failed").await;
        assert!(held.reason().contains("cannot be read"), "{}", held.reason());
        assert_eq!(rig.phase(), Phase::Live);
        rig.settled(&held).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_chunk_that_breaks_off_is_no_end() {
    let rig = Rig::speaking(Protocol::Http1);
    rig.fill("pods", 40);
    rig.server.world(|world| world.streaming = false);
    let whole = br#"{"kind":"PodList","metadata":{"resourceVersion":"7"},"items":[]}"#;
    rig.server.next(
        1,
        |seen| !seen.param("limit").is_empty(),
        || Reply::body(JSON, vec![Piece::Bytes(whole.to_vec()), Piece::Cut]),
    );
    let held = rig.live("pods").await;
    assert_eq!(held.source.len(), 40);
    pass(3).await;
    rig.server.forget();
    rig.server.world(|world| world.end("pods", true));
    rig.server.world(|world| world.put("pods", "a", "new", "Running"));
    rig.settled(&held).await;
    assert_eq!(rig.server.count(|seen| !seen.is_resumed()), 0);
}

#[tokio::test(start_paused = true)]
async fn html_where_an_api_should_be_is_said() {
    let rig = Rig::holding("pods", 5);
    let held = rig.live("pods").await;
    pass(3).await;
    rig.server.forget();
    rig.server.next(3, |_| true, || Reply::text(200, "text/html; charset=utf-8", "<html>Please log in</html>"));
    rig.server.world(|world| world.end("pods", false));
    until(|| held.word() == "stale").await;
    assert!(held.reason().contains("a proxy or login page may be in the way"), "{}", held.reason());
    assert_eq!(held.source.len(), 5);
    rig.settled(&held).await;
    assert_eq!(rig.server.count(Seen::begins_anew), 0, "what was read before still holds");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_lists_once_waits_as_it_is_asked_to_within_its_patience() {
    for (asked, waits) in [("3", true), ("60", false)] {
        let rig = Rig::holding("pods", 5);
        rig.server.next(
            2,
            |seen| seen.plural() == "pods",
            move || Reply::status(429, "TooManyRequests", "slow down").header("retry-after", asked),
        );
        let begun = tokio::time::Instant::now();
        let options = Options { once: true, ..Options::default() };
        let mut opened = Opened::new(&rig.cluster, "pods", vec![None], options);
        opened.finished().await;
        let status = opened.sources()[0].status();
        assert_eq!((status.complete, opened.sources()[0].len()), (waits, if waits { 5 } else { 0 }), "{asked}");
        let waited = begun.elapsed();
        assert!(if waits { waited >= Duration::from_secs(6) } else { waited < Duration::from_secs(1) }, "{waited:?}");
        assert!(waits || status.phase.reason().contains("slow down"), "{:?}", status.phase);
    }
}

fn login_page() -> Reply {
    Reply::text(200, "text/html; charset=utf-8", "<html>Please log in</html>")
}

#[tokio::test(start_paused = true)]
async fn a_page_in_the_place_of_everything_is_no_server() {
    for word in ["pods", "widgets"] {
        let replies: [fn() -> Reply; 4] = [
            login_page,
            || Reply::text(302, "text/plain", "").header("location", "https://login.example.com/"),
            || Reply::text(502, "text/html", "<html>Bad Gateway</html>"),
            || Reply::text(503, "text/plain", "no healthy upstream"),
        ];
        for reply in replies {
            let rig = Rig::holding("pods", 5);
            rig.server.rule(move |_| Some(reply()));
            let _opened = Opened::new(&rig.cluster, word, vec![None], Options::default());
            until(|| rig.phase() == Phase::Unreachable).await;
            pass(60).await;
            assert_eq!(rig.phase(), Phase::Unreachable, "{word}: never live in between");
            assert!(!rig.cluster.state().reason.is_empty());
            rig.server.behave();
            until(|| rig.phase() == Phase::Live).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_in_the_place_of_one_kind_is_that_kinds() {
    let rig = Rig::holding("pods", 5);
    rig.fill("namespaces", 2);
    rig.server.rule(|seen| (seen.plural() == "pods").then(login_page));
    let held = rig.open("pods").await;
    until(|| rig.phase() == Phase::Live).await;
    let other = rig.live("namespaces").await;
    pass(60).await;
    assert_eq!((rig.phase(), other.word(), held.word()), (Phase::Live, "live", "failed"));
    assert!(held.reason().contains("login page"), "{}", held.reason());
    rig.server.behave();
    rig.settled(&held).await;
}

#[tokio::test(start_paused = true)]
async fn a_page_in_mid_session_is_an_outage() {
    let rig = Rig::holding("pods", 5);
    let held = rig.live("pods").await;
    pass(3).await;
    rig.server.rule(|_| Some(login_page()));
    rig.server.world(|world| world.end("pods", false));
    until(|| rig.phase() == Phase::Stale).await;
    pass(60).await;
    assert_eq!((rig.phase(), held.word(), held.source.len()), (Phase::Stale, "stale", 5));
    let begun = tokio::time::Instant::now();
    rig.server.behave();
    rig.settled(&held).await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_is_dialled_once_a_backoff_by_however_many_watches() {
    let rig = Rig::holding("pods", 5);
    rig.fill("namespaces", 5);
    rig.server.cut(true);
    let words = ["pods", "namespaces", "nodes", "events", "po", "ns", "no", "ev"];
    let mut held = vec![];
    for word in words {
        held.push(rig.open(word).await);
    }
    until(|| rig.phase() == Phase::Unreachable).await;
    pass(120).await;
    let state = rig.cluster.state();
    let dials = rig.server.dials.load(Ordering::SeqCst);
    // 0.5, 1, 2, 4, 8, 10, 10… seconds, each less up to a half.
    assert!((12..=32).contains(&dials), "{dials} dials in two minutes");
    assert!((12..=32).contains(&state.attempts), "{} attempts", state.attempts);
    assert!(!state.reason.is_empty() && state.retry_at > 0);

    let (before, begun) = (rig.server.dials.load(Ordering::SeqCst), tokio::time::Instant::now());
    rig.cluster.retry_now();
    until(|| rig.server.dials.load(Ordering::SeqCst) > before).await;
    assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());

    pass(3).await;
    rig.server.revive();
    let begun = tokio::time::Instant::now();
    for held in &held {
        rig.settled(held).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(11), "{:?}", begun.elapsed());
    assert_eq!(rig.cluster.state().attempts, 0);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_dies_leaves_stale_rows_and_recovers() {
    let rig = Rig::holding("pods", 50);
    rig.fill("widgets", 5);
    let held = [rig.live("pods").await, rig.live("widgets").await, rig.live("namespaces").await];
    pass(30).await;
    rig.server.forget();
    rig.server.cut(true);
    let begun = tokio::time::Instant::now();
    until(|| rig.phase() == Phase::Stale && held.iter().all(|held| held.word() == "stale")).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    pass(300).await;
    assert_eq!((held[0].source.len(), held[1].source.len()), (50, 5));
    rig.server.world(|world| {
        world.delete("pods", "a", "n00001");
        world.put("widgets", "a", "new", "Running");
    });
    rig.server.revive();
    let begun = tokio::time::Instant::now();
    for held in &held {
        rig.settled(held).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(11), "{:?}", begun.elapsed());
    assert_eq!(rig.server.count(|seen| !seen.is_resumed()), 0, "no lists");
}

/// The server takes requests and says nothing.
#[tokio::test(start_paused = true)]
async fn a_silent_server_is_found_within_ten_seconds() {
    let rig = Rig::holding("pods", 5);
    rig.server.rule(|_| Some(Reply::Silence));
    let pods = rig.open("pods").await;
    let begun = tokio::time::Instant::now();
    until(|| rig.phase() == Phase::Unreachable).await;
    assert!(begun.elapsed() <= Duration::from_millis(10_100), "{:?}", begun.elapsed());
    assert!(pods.reason().contains("no answer within 10 s"), "{}", pods.reason());
    rig.server.behave();
    rig.settled(&pods).await;
}

#[tokio::test(start_paused = true)]
async fn a_list_that_stalls_is_begun_anew() {
    let rig = Rig::holding("pods", 5);
    rig.server.world(|world| world.streaming = false);
    rig.server.next(
        1,
        |seen| !seen.param("limit").is_empty(),
        || Reply::body(JSON, vec![Piece::Bytes(b"{\"items\":[".to_vec()), Piece::Open]),
    );
    let pods = rig.open("pods").await;
    until(|| pods.word() == "failed").await;
    assert!(pods.reason().contains("stalled"), "{}", pods.reason());
    rig.settled(&pods).await;
}
