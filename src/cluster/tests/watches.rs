//! Watches that end, are cut, expire, and go on.

use super::server::{Form, Seen, error_event};
use super::*;

const KINDS: [&str; 2] = ["pods", "widgets"];

/// The requests for one kind.
fn of(kind: &'static str) -> impl Fn(&Seen) -> bool {
    move |seen| seen.plural() == kind
}

/// Keeps the smallest number of rows that was ever there.
fn lowest(held: &Held) -> Arc<std::sync::atomic::AtomicUsize> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let low = Arc::new(AtomicUsize::new(usize::MAX));
    let (source, keep) = (held.source.clone(), low.clone());
    tokio::spawn(async move {
        loop {
            keep.fetch_min(source.len(), Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    low
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_goes_on_from_its_last_event() {
    for kind in KINDS {
        for cut in [false, true] {
            let rig = Rig::holding(kind, 50);
            let held = rig.live(kind).await;
            pass(3).await;
            rig.server.world(|world| world.put(kind, "a", "last", "Running"));
            rig.settled(&held).await;
            rig.server.forget();
            rig.server.world(|world| {
                world.end(kind, cut);
                world.delete(kind, "a", "n00001");
                world.put(kind, "a", "missed", "Running");
            });
            rig.settled(&held).await;
            let asked = rig.server.asked(of(kind));
            assert_eq!(asked.len(), 1, "{kind} {cut} {asked:?}");
            assert!(asked[0].is_resumed());
            assert_eq!(asked[0].param("resourceVersion"), "151");
            assert_eq!(rig.phase(), Phase::Live);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_watch_goes_on_from_its_last_bookmark() {
    for kind in KINDS {
        let rig = Rig::holding(kind, 5);
        let held = rig.live(kind).await;
        pass(120).await;
        rig.server.world(|world| world.put("namespaces", "", "elsewhere", "Active"));
        rig.server.world(|world| (0..7).for_each(|_| world.bookmark()));
        pass(1).await;
        let version = rig.server.world(|world| world.version).to_string();
        // Everything before is forgotten, so that only the bookmark can be resumed from.
        rig.server.world(|world| world.oldest = world.version);
        rig.server.forget();
        rig.server.world(|world| world.end(kind, false));
        rig.settled(&held).await;
        let asked = rig.server.asked(of(kind));
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!(asked[0].param("resourceVersion"), version);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_connection_is_dialled_again_without_a_list() {
    let rig = Rig::holding("pods", 50);
    rig.fill("namespaces", 5);
    let (pods, namespaces) = (rig.live("pods").await, rig.live("namespaces").await);
    let low = lowest(&pods);
    pass(5).await;
    rig.server.forget();
    rig.server.cut(false);
    rig.server.world(|world| {
        world.delete("pods", "a", "n00001");
        world.put("namespaces", "", "new", "Active");
    });
    rig.settled(&pods).await;
    rig.settled(&namespaces).await;
    assert_eq!(rig.server.count(|seen| !seen.is_resumed()), 0, "{:?}", rig.server.asked(|_| true));
    pass(1).await;
    assert_eq!(low.load(std::sync::atomic::Ordering::Relaxed), 49);
}

#[tokio::test(start_paused = true)]
async fn an_expired_version_costs_exactly_one_list() {
    for kind in KINDS {
        for (by_status, streaming) in [(true, true), (true, false), (false, true), (false, false)] {
            let rig = Rig::holding(kind, 200);
            rig.server.world(|world| (world.expired_by_status, world.streaming) = (by_status, streaming));
            let held = rig.live(kind).await;
            let low = lowest(&held);
            pass(3).await;
            rig.server.forget();
            rig.server.world(|world| {
                // The watches hear none of it.
                world.deafen(kind);
                world.delete(kind, "a", "n00001");
                world.delete(kind, "a", "n00002");
                world.put(kind, "a", "n00002", "Pending");
                world.put(kind, "a", "new", "Pending");
                world.put(kind, "a", "n00003", "Failed");
                world.compact();
                world.end(kind, false);
            });
            rig.settled(&held).await;
            let lists = rig.server.asked(|seen| seen.plural() == kind && !seen.is_resumed());
            assert_eq!(lists.len(), 1, "{kind} {by_status} {streaming} {lists:?}");
            assert_eq!(lists[0].is_streaming(), streaming);
            pass(30).await;
            assert_eq!(low.load(std::sync::atomic::Ordering::Relaxed), 200, "rows are swapped, never emptied");
            assert_eq!(rig.phase(), Phase::Live);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_in_the_stream_is_not_the_clusters() {
    let rig = Rig::holding("pods", 5);
    let held = rig.live("pods").await;
    rig.server.forget();
    rig.server.world(|world| {
        world.say("pods", &error_event(Form::Protobuf, 500, "InternalError", "etcdserver: leader changed"));
    });
    until(|| held.word() == "stale").await;
    assert!(held.reason().contains("leader changed"), "{}", held.reason());
    assert_eq!(rig.phase(), Phase::Live);
    rig.settled(&held).await;
    assert_eq!(rig.server.count(Seen::begins_anew), 0);
}

/// A replica that is behind the one we spoke with before.
#[tokio::test(start_paused = true)]
async fn a_version_from_the_future_is_given_up_for_a_list() {
    let rig = Rig::holding("pods", 5);
    let held = rig.live("pods").await;
    pass(3).await;
    rig.server.forget();
    rig.server.next(1, Seen::is_resumed, || {
        super::server::Reply::status(504, "Timeout", "Too large resource version: 105, current: 90")
    });
    rig.server.world(|world| world.end("pods", false));
    until(|| rig.server.count(Seen::is_streaming) == 1).await;
    rig.settled(&held).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_watches_at_once_is_not_hammered() {
    let rig = Rig::holding("pods", 5);
    let held = rig.live("pods").await;
    rig.server.forget();
    rig.server.rule(|seen| seen.is_resumed().then(|| super::server::Reply::body(super::server::PROTOBUF, vec![])));
    rig.server.world(|world| world.end("pods", false));
    pass(60).await;
    let asked = rig.server.count(|_| true);
    assert!((4..=16).contains(&asked), "{asked} requests in a minute");
    rig.server.behave();
    rig.settled(&held).await;
}

/// Long sequences of changes and faults; whenever it is quiet the rows are the server's.
#[tokio::test(start_paused = true)]
async fn storms_end_with_the_servers_rows() {
    for seed in 1..=12_u64 {
        let rig = Rig::holding("pods", 30);
        rig.fill("widgets", 30);
        rig.server.world(|world| (world.streaming, world.expired_by_status) = (seed % 2 == 0, seed % 3 == 0));
        let held = [rig.open("pods").await, rig.open("widgets").await];
        let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut roll = |sides: u64| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            dice % sides
        };
        for _ in 0..120 {
            let kind = KINDS[roll(2) as usize];
            let name = format!("n{:05}", roll(40));
            let there =
                rig.server.world(|world| world.rows(kind).iter().any(|row| row.starts_with(&format!("a/{name} "))));
            match roll(24) {
                0 => rig.server.world(|world| world.end(kind, false)),
                1 => rig.server.world(|world| world.end(kind, true)),
                2 => rig.server.cut(false),
                3 => rig.server.world(|world| {
                    world.deafen(kind);
                    world.compact();
                }),
                4 => pass(roll(20)).await,
                5 => rig.server.world(server::World::bookmark),
                6..=9 if there => rig.server.world(|world| world.delete(kind, "a", &name)),
                _ => rig.server.world(|world| world.put(kind, "a", &name, "Running")),
            }
            if roll(3) == 0 {
                tokio::time::sleep(Duration::from_millis(roll(50))).await;
            }
        }
        // Deaf watches hear nothing any more: they end, as all watches do.
        rig.server.world(|world| KINDS.iter().for_each(|kind| world.end(kind, false)));
        for held in &held {
            rig.settled(held).await;
        }
    }
}
