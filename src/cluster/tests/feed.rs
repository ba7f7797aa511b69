//! What followers are told: replayed it is always the server's set.

use super::server::Seen;
use super::*;
use crate::model::source::Feed;
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// Replays a feed as a script would.
#[derive(Default)]
struct Replay {
    /// By uid: the row as `namespace/name uid version`, and its cells.
    rows: BTreeMap<String, (String, Vec<String>)>,
    synced: Vec<usize>,
    deleted: Vec<String>,
    states: Vec<&'static str>,
}

impl Replay {
    fn take(&mut self, feed: Feed) {
        match feed {
            Feed::Added(row) => {
                let said = format!("{}/{} {} {}", row.namespace, row.name, row.uid, row.version);
                assert!(self.rows.insert(row.uid, (said, row.cells)).is_none(), "added twice: {}", row.name);
            }
            Feed::Modified(row) => {
                let said = format!("{}/{} {} {}", row.namespace, row.name, row.uid, row.version);
                assert!(self.rows.insert(row.uid, (said, row.cells)).is_some(), "modified before added: {}", row.name);
            }
            Feed::Deleted(row) => {
                assert!(self.rows.remove(&row.uid).is_some(), "deleted before added: {}", row.name);
                self.deleted.push(row.name);
            }
            Feed::Synced(count) => {
                assert_eq!(count, self.rows.len());
                self.synced.push(count);
            }
            Feed::State(status) => self.states.push(status.phase.word()),
        }
    }

    fn rows(&self) -> Vec<String> {
        let mut rows: Vec<_> = self.rows.values().map(|(said, _)| said.clone()).collect();
        rows.sort();
        rows
    }
}

async fn followed(rig: &Rig, word: &str) -> (Held, Arc<Mutex<Replay>>) {
    let (to, mut from) = tokio::sync::mpsc::channel::<(Arc<Source>, Vec<Feed>)>(4);
    let replay = Arc::<Mutex<Replay>>::default();
    let keep = replay.clone();
    let held = rig.open_with(word, Options { followers: Some(to), ..Options::default() }).await;
    tokio::spawn(async move {
        while let Some((_, feed)) = from.recv().await {
            for change in feed {
                keep.lock().take(change);
            }
        }
    });
    (held, replay)
}

async fn agrees(rig: &Rig, held: &Held, replay: &Mutex<Replay>) {
    rig.settled(held).await;
    let plural = held.source.kind.plural.clone();
    until(|| replay.lock().rows() == rig.server.world(|world| world.rows(&plural))).await;
}

#[tokio::test(start_paused = true)]
async fn replaying_the_feed_gives_the_servers_set() {
    for (kind, streaming) in [("pods", true), ("pods", false), ("widgets", true), ("widgets", false)] {
        let rig = Rig::holding(kind, 50);
        rig.server.world(|world| world.streaming = streaming);
        let (held, replay) = followed(&rig, kind).await;
        agrees(&rig, &held, &replay).await;
        assert_eq!(replay.lock().synced, [50]);
        rig.server.world(|world| {
            world.put(kind, "a", "new", "Running");
            world.put(kind, "a", "n00001", "Failed");
            world.delete(kind, "a", "n00002");
        });
        agrees(&rig, &held, &replay).await;
        assert_eq!(replay.lock().deleted, ["n00002"]);
        pass(3).await;
        rig.server.world(|world| {
            world.deafen(kind);
            world.delete(kind, "a", "n00003");
            world.delete(kind, "a", "n00004");
            world.put(kind, "a", "n00004", "Running");
            world.put(kind, "a", "n00005", "Failed");
            world.compact();
            world.end(kind, true);
        });
        agrees(&rig, &held, &replay).await;
        assert_eq!(replay.lock().deleted, ["n00002", "n00003", "n00004"], "a relist says what went");
        assert_eq!(replay.lock().synced, [50, 49]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_and_a_retry_is_not() {
    let rig = Rig::holding("pods", 5);
    let (held, replay) = followed(&rig, "pods").await;
    agrees(&rig, &held, &replay).await;
    pass(3).await;
    rig.server.cut(true);
    pass(60).await;
    rig.server.revive();
    rig.settled(&held).await;
    until(|| replay.lock().states.last() == Some(&"live")).await;
    let mut states = replay.lock().states.clone();
    states.dedup();
    assert_eq!(states, ["loading", "live", "stale", "live"]);
    assert!(replay.lock().deleted.is_empty());
}

#[tokio::test(start_paused = true)]
async fn forbidden_is_told_once() {
    let rig = Rig::holding("pods", 5);
    rig.server.rule(|seen| (seen.plural() == "pods").then(|| super::server::Reply::status(403, "Forbidden", "no")));
    let (held, replay) = followed(&rig, "pods").await;
    until(|| held.word() == "forbidden").await;
    pass(120).await;
    assert_eq!(replay.lock().states, ["loading", "forbidden"]);
}

#[tokio::test(start_paused = true)]
async fn rows_with_old_columns_are_told_as_gone() {
    for streaming in [true, false] {
        let rig = Rig::holding("widgets", 20);
        rig.server.world(|world| world.streaming = streaming);
        let (held, replay) = followed(&rig, "widgets").await;
        agrees(&rig, &held, &replay).await;
        pass(3).await;
        // The CRD gets a column; its watches end and expire.
        rig.server.world(|world| {
            world.columns = vec!["Phase", "Size", "Age"];
            world.delete("widgets", "a", "n00001");
            world.deafen("widgets");
            world.compact();
            world.end("widgets", false);
        });
        until(|| held.heads() == ["NAME", "PHASE", "SIZE", "AGE"]).await;
        agrees(&rig, &held, &replay).await;
        assert!(replay.lock().rows.values().all(|(_, cells)| cells.len() == 4), "told with the new columns");
        assert_eq!(replay.lock().deleted.len(), 20);
    }
}

/// A CRD that gets a column while its watch goes on: only the rows that change have the new cells,
/// so that everything is listed anew.
#[tokio::test(start_paused = true)]
async fn columns_that_change_under_a_resumed_watch_cost_a_list() {
    let rig = Rig::holding("widgets", 20);
    let (held, replay) = followed(&rig, "widgets").await;
    agrees(&rig, &held, &replay).await;
    pass(3).await;
    rig.server.forget();
    rig.server.world(|world| {
        world.columns = vec!["Phase", "Size", "Age"];
        world.end("widgets", false);
        world.put("widgets", "a", "n00001", "Failed");
    });
    agrees(&rig, &held, &replay).await;
    assert_eq!(held.source.len(), 20);
    assert!(replay.lock().rows.values().all(|(_, cells)| cells.len() == 4));
    assert_eq!(rig.server.count(Seen::is_streaming), 1);
}
