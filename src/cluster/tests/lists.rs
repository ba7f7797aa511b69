//! Streaming lists, pages, and which of them is asked for.

use super::server::{Form, JSON, PROTOBUF, Piece, Reply, Seen};
use super::*;
use crate::model::source::Feed;

fn paged(seen: &Seen) -> bool {
    seen.is_list() && !seen.param("limit").is_empty()
}

#[tokio::test(start_paused = true)]
async fn a_streaming_list_ends_at_the_annotated_bookmark() {
    let rig = Rig::holding("pods", 300);
    let body = rig.server.world(|world| {
        // A bookmark without the annotation ends nothing, and events come in between.
        let mut body = world.initial_events("pods", Form::Protobuf);
        body.extend(world.bookmark_event(Form::Protobuf, false));
        body
    });
    rig.server
        .next(1, Seen::is_streaming, move || Reply::body(PROTOBUF, vec![Piece::Bytes(body.clone()), Piece::Open]));
    let held = rig.open("pods").await;
    until(|| held.source.len() == 300).await;
    assert_eq!(held.word(), "loading");
    assert!(!held.source.status().complete);
    rig.server.behave();
    // That one never ends; the next time the kind is opened it is not streamed any more.
    rig.settled(&held).await;
    drop(held);

    let rig = Rig::holding("pods", 300);
    let held = rig.live("pods").await;
    assert!(held.source.status().complete);
    let asked = rig.server.asked(|_| true);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].param("resourceVersionMatch"), "NotOlderThan");
    assert_eq!(asked[0].param("allowWatchBookmarks"), "true");
    assert!(asked[0].accept.starts_with("application/vnd.kubernetes.protobuf;stream=watch"), "{asked:?}");
    rig.server.world(|world| world.put("pods", "a", "later", "Pending"));
    rig.settled(&held).await;
    assert_eq!(rig.server.count(|_| true), 1, "the same request goes on as the watch");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_streaming_is_remembered() {
    for code in [400, 422] {
        let rig = Rig::holding("pods", 30);
        rig.fill("namespaces", 3);
        rig.server.rule(move |seen| seen.is_streaming().then(|| Reply::status(code, "Invalid", "not here")));
        let pods = rig.live("pods").await;
        let namespaces = rig.live("namespaces").await;
        assert_eq!(rig.server.count(Seen::is_streaming), 1, "the second kind does not try again");
        assert_eq!(rig.server.count(paged), 2);
        assert_eq!((pods.source.len(), namespaces.source.len()), (30, 3));
    }
}

#[tokio::test(start_paused = true)]
async fn a_selector_that_the_server_does_not_understand_says_nothing_about_streaming() {
    let rig = Rig::holding("pods", 3);
    rig.server.rule(|seen| {
        (!seen.param("labelSelector").is_empty()).then(|| Reply::status(400, "BadRequest", "unable to parse"))
    });
    let selection = super::super::watch::Selection { labels: "a in (".into(), fields: String::new() };
    let bad = rig.open_with("pods", Options { selection, ..Options::default() }).await;
    until(|| bad.word() == "failed").await;
    assert!(bad.reason().contains("unable to parse"), "{}", bad.reason());
    assert_eq!(rig.server.asked(|_| true)[0].param("labelSelector"), "a in (");
    rig.server.forget();
    let _good = rig.live("pods").await;
    assert_eq!(rig.server.count(|seen| seen.is_streaming() && seen.param("labelSelector").is_empty()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bookmark_that_never_comes_degrades_only_its_kind() {
    let rig = Rig::holding("widgets", 20);
    rig.fill("pods", 5);
    let body = rig.server.world(|world| world.initial_events("widgets", Form::Table));
    rig.server.rule(move |seen| {
        let mine = seen.is_streaming() && seen.plural() == "widgets";
        mine.then(|| Reply::body(JSON, vec![Piece::Bytes(body.clone()), Piece::Open]))
    });
    let begun = tokio::time::Instant::now();
    let widgets = rig.live("widgets").await;
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    assert_eq!(rig.phase(), Phase::Live);
    let streamed = |plural: &'static str| rig.server.count(move |seen| seen.is_streaming() && seen.plural() == plural);
    let again = rig.live("widgets").await;
    assert_eq!(streamed("widgets"), 1, "it is remembered");
    let pods = rig.live("pods").await;
    assert_eq!(streamed("pods"), 1, "other kinds stream as before");
    assert_eq!((widgets.source.len(), again.source.len(), pods.source.len()), (20, 20, 5));
}

/// An old server takes `sendInitialEvents` for noise: a busy kind is never silent then.
#[tokio::test(start_paused = true)]
async fn a_busy_kind_whose_bookmark_never_comes_is_listed_too() {
    let rig = Rig::holding("pods", 20);
    let server = rig.server.clone();
    tokio::spawn(async move {
        for i in 0.. {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let event = server.world(|world| {
                world.put("pods", "a", "busy", &i.to_string());
                world.initial_events("pods", Form::Protobuf)
            });
            server.say_held(&event);
        }
    });
    rig.server.rule(|seen| seen.is_streaming().then(|| Reply::body(PROTOBUF, vec![Piece::Open])));
    let held = rig.open("pods").await;
    let begun = tokio::time::Instant::now();
    until(|| held.source.status().complete).await;
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    rig.settled(&held).await;
}

#[tokio::test(start_paused = true)]
async fn a_streaming_list_cut_half_way_leaves_no_ghosts() {
    for kind in ["pods", "widgets"] {
        for cut in [true, false] {
            let rig = Rig::holding(kind, 100);
            let server = rig.server.clone();
            rig.server.next(1, Seen::is_streaming, move || {
                server.world(|world| {
                    let form = if kind == "pods" { Form::Protobuf } else { Form::Table };
                    let body = world.initial_events(kind, form);
                    let half = body[..=body.len() / 2].to_vec();
                    // What was sent already is gone, and made anew under its old name, before the second attempt.
                    for gone in ["n00000", "n00003", "n00099"] {
                        world.delete(kind, "a", gone);
                    }
                    world.put(kind, "a", "n00003", "Pending");
                    let end = if cut { vec![Piece::Bytes(half), Piece::Cut] } else { vec![Piece::Bytes(half)] };
                    Reply::body(form_type(form), end)
                })
            });
            let held = rig.live(kind).await;
            assert_eq!(held.source.len(), 98);
            assert_eq!(rig.server.count(Seen::is_streaming), 2, "a cut says nothing about streaming");
        }
    }
}

fn form_type(form: Form) -> &'static str {
    if form == Form::Protobuf { PROTOBUF } else { JSON }
}

#[tokio::test(start_paused = true)]
async fn pages_begin_small_and_grow() {
    let rig = Rig::holding("pods", 6000);
    rig.server.world(|world| world.streaming = false);
    let (followers, mut feed) = tokio::sync::mpsc::channel(10_000);
    let held = rig.open_with("pods", Options { followers: Some(followers), ..Options::default() }).await;
    rig.settled(&held).await;
    let pages = rig.server.asked(paged);
    let limits: Vec<_> = pages.iter().map(|page| page.param("limit")).collect();
    assert_eq!(limits, ["500", "5000", "5000"]);
    assert_eq!(pages[0].param("continue"), "");
    assert!(pages[1].param("continue").contains("&0=/"), "encoded on the way: {:?}", pages[1]);
    assert!(pages.iter().all(|page| page.accept == "application/vnd.kubernetes.protobuf,application/json"));
    let mut told = vec![];
    while let Ok((_, changes)) = feed.try_recv() {
        told.extend(changes.into_iter().filter_map(|change| match change {
            Feed::State(status) => Some(status.phase),
            _ => None,
        }));
    }
    let loading = |expected| WatchPhase::Loading { expected };
    assert_eq!(told, [loading(None), loading(Some(6000)), WatchPhase::Live]);
    let watch = rig.server.asked(Seen::is_resumed);
    assert_eq!(watch[0].param("resourceVersion"), "6100", "from the list's version on");
}

#[tokio::test(start_paused = true)]
async fn pages_that_keep_expiring_are_given_up_for_one_whole_list() {
    let rig = Rig::holding("pods", 900);
    rig.server.world(|world| world.streaming = false);
    rig.server.rule(|seen| {
        (!seen.param("continue").is_empty())
            .then(|| Reply::status(410, "Expired", "the provided continue parameter is too old"))
    });
    let held = rig.live("pods").await;
    let limits: Vec<_> = rig.server.asked(Seen::is_list).iter().map(|list| list.param("limit").to_owned()).collect();
    assert_eq!(limits, ["500", "5000", "500", "5000", ""]);
    assert_eq!(held.source.len(), 900);
    drop(held);
    // Once the server is well again pages are asked for again.
    rig.server.behave();
    rig.server.forget();
    let _held = rig.live("pods").await;
    assert_eq!(rig.server.count(paged), 2);
}

#[tokio::test(start_paused = true)]
async fn json_only_gateways_work() {
    for streaming in [true, false] {
        let rig = Rig::holding("pods", 700);
        rig.server.world(|world| (world.protobuf, world.streaming) = (false, streaming));
        let held = rig.live("pods").await;
        rig.server.world(|world| {
            world.put("pods", "a", "n00001", "Failed");
            world.put("pods", "b", "new", "Pending");
            world.delete("pods", "a", "n00002");
        });
        rig.settled(&held).await;
        let states = held.column(2);
        assert!(states.contains(&"Failed".to_owned()) && states.contains(&"Pending".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn tables_are_listed_and_watched() {
    for streaming in [true, false] {
        let rig = Rig::holding("widgets", 40);
        rig.server.world(|world| world.streaming = streaming);
        let held = rig.live("widgets").await;
        assert_eq!(held.heads(), ["NAME", "PHASE", "AGE"]);
        // Only the first event of a watch names the columns.
        for i in 0..3 {
            rig.server.world(|world| world.put("widgets", "a", &format!("new{i}"), "Odd"));
            rig.settled(&held).await;
        }
        rig.server.world(|world| world.delete("widgets", "a", "n00000"));
        rig.settled(&held).await;
        assert_eq!(held.column(1).iter().filter(|text| *text == "Odd").count(), 3);
        let asked = rig.server.asked(|seen| seen.plural() == "widgets");
        assert!(asked.iter().all(|seen| seen.param("includeObject") == "Metadata" && seen.accept.contains("as=Table")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_gateway_without_tables_leaves_name_and_age() {
    for streaming in [true, false] {
        let rig = Rig::holding("widgets", 40);
        rig.server.world(|world| (world.tables, world.streaming) = (false, streaming));
        let held = rig.live("widgets").await;
        assert_eq!(held.heads(), ["NAME", "AGE"]);
        assert_eq!((held.column(0)[7].as_str(), held.column(1)[7].as_str()), ("n00007", "5d"));
        rig.server.world(|world| {
            world.put("widgets", "a", "new", "Odd");
            world.delete("widgets", "a", "n00000");
        });
        rig.settled(&held).await;
        assert_eq!(held.source.len(), 40);
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_cannot_be_watched_is_listed_now_and_then() {
    let rig = Rig::holding("gauges", 4);
    let held = rig.open("gauges").await;
    let is_gauges = |seen: &Seen| seen.plural() == "gauges";
    until(|| held.word() == "live").await;
    pass(25).await;
    let early = rig.server.count(is_gauges);
    assert!((1..=3).contains(&early), "{early} requests in 25 s");
    rig.server.world(|world| world.put("gauges", "a", "new", "Odd"));
    until(|| rig.server.world(|world| world.rows("gauges")) == held.rows()).await;
    assert_eq!(held.word(), "live");
    assert_eq!(rig.server.count(Seen::is_watch), 0);
}

/// Metrics and other computed lists have no version to watch from.
#[tokio::test(start_paused = true)]
async fn a_list_without_a_version_is_no_hot_loop() {
    let rig = Rig::new();
    rig.server.rule(|seen| {
        seen.is_list()
            .then(|| Reply::text(200, JSON, r#"{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":"x"}}]}"#))
    });
    rig.server.world(|world| world.streaming = false);
    let held = rig.open("pods").await;
    until(|| held.word() == "live").await;
    pass(60).await;
    let asked = rig.server.count(Seen::is_list);
    assert!((2..=8).contains(&asked), "{asked} lists in a minute");
    assert_eq!(held.source.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn once_is_once() {
    for streaming in [true, false] {
        let rig = Rig::holding("pods", 700);
        rig.server.world(|world| world.streaming = streaming);
        let mut opened = Opened::new(&rig.cluster, "pods", vec![None], Options { once: true, ..Options::default() });
        opened.finished().await;
        assert_eq!(opened.sources()[0].len(), 700);
        assert!(opened.sources()[0].status().complete);
        assert_eq!(rig.server.count(Seen::is_resumed), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn namespaces_have_watches_of_their_own() {
    let rig = Rig::holding("pods", 3);
    rig.server.world(|world| world.put("pods", "b", "other", "Running"));
    rig.server.world(|world| world.put("pods", "c", "unseen", "Running"));
    let scopes = vec![Some("a".to_owned()), Some("b".to_owned())];
    let opened = Opened::new(&rig.cluster, "pods", scopes, Options::default());
    until(|| opened.sources().iter().filter(|source| source.status().complete).count() == 2).await;
    let counts: Vec<_> = opened.sources().iter().map(|source| source.len()).collect();
    assert_eq!(counts, [3, 1]);
    rig.server.world(|world| {
        world.put("pods", "b", "more", "Running");
        world.put("pods", "c", "more", "Running");
    });
    until(|| opened.sources()[1].len() == 2).await;
    assert_eq!(opened.sources()[0].len(), 3);
    drop(opened);
    until(|| rig.server.world(|world| world.watched("pods") == 0)).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_compressed_on_a_near_link_and_watches_never_are() {
    let rig = Rig::holding("pods", 600);
    rig.server.world(|world| world.streaming = false);
    let _held = rig.live("pods").await;
    assert!(rig.server.asked(|_| true).iter().all(|seen| seen.coding == "identity"));
}
