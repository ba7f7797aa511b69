//! One watch's rows and how it stands, shared by the task that fills it and the view that reads it.

use super::column::Column;
use super::draft::Draft;
use super::kind::Kind;
use super::rows::{Change, Rows, Slot};
use super::state::{ClusterId, WatchPhase};
use crate::base::age::Timestamp;
use crate::base::clock;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use tokio::sync::Notify;

/// See [`Bells`].
pub type Bell = Arc<Bells>;

/// Rung whenever something that a view shows may have changed; many rings are one.
#[derive(Debug, Default)]
pub struct Bells {
    any: Notify,
    turns: Notify,
}

impl Bells {
    /// Rows, or something else, changed.
    pub fn notify_one(&self) {
        self.any.notify_one();
    }

    /// A source came to another state: worth showing at once.
    pub fn turn(&self) {
        self.any.notify_one();
        self.turns.notify_one();
    }

    /// Waits for any ring.
    pub async fn notified(&self) {
        self.any.notified().await;
    }

    /// Waits until a source comes to another state.
    pub async fn turned(&self) {
        self.turns.notified().await;
    }
}

/// How a source stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Status {
    /// Its phase.
    pub phase: WatchPhase,
    /// Since when.
    pub since: Timestamp,
    /// Whether its first list was ever complete.
    pub complete: bool,
    /// When its last byte came; 0 before the first.
    pub heard: Timestamp,
    /// The list itself is refused (403), not only the watch.
    pub refused: bool,
}

/// A change for those who follow each one (`get --watch`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Feed {
    /// A row came.
    Added(FeedRow),
    /// A row's resource version changed.
    Modified(FeedRow),
    /// A row went; as it was last seen.
    Deleted(FeedRow),
    /// The list is complete and holds so many rows.
    Synced(usize),
    /// The phase changed.
    State(Status),
}

/// A row with its texts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FeedRow {
    /// Empty for cluster-scoped kinds.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// Empty where the server gives none.
    pub uid: String,
    /// The resource version.
    pub version: String,
    /// 0 when not known.
    pub created: Timestamp,
    /// One text a column.
    pub cells: Vec<String>,
}

impl FeedRow {
    /// The row at `slot`, its ages written for `now`.
    pub fn of(rows: &Rows, slot: Slot, now: Timestamp) -> FeedRow {
        let cell = |column| {
            let mut text = String::new();
            rows.write_cell(&mut text, slot, column, now);
            text
        };
        FeedRow {
            namespace: rows.namespace(slot).to_owned(),
            name: rows.name(slot).to_owned(),
            uid: rows.uid(slot).to_owned(),
            version: rows.version(slot),
            created: rows.created(slot),
            cells: (0..rows.columns().len()).map(cell).collect(),
        }
    }
}

/// One watch's rows: a kind in one cluster, in one namespace or in all.
pub struct Source {
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its kind.
    pub kind: Arc<Kind>,
    /// Its namespace; `None` for all, and for cluster-scoped kinds.
    pub namespace: Option<String>,
    rows: Mutex<Rows>,
    status: Mutex<Status>,
    bell: Bell,
    changed: Notify,
    /// Changes since the last [`Source::take_feed`], where somebody follows them.
    feed: Option<Mutex<Vec<Feed>>>,
}

impl Source {
    /// An empty source; `follow` collects every change for [`Source::take_feed`].
    pub fn new(cluster: ClusterId, kind: Arc<Kind>, namespace: Option<String>, bell: Bell, follow: bool) -> Source {
        let feed = follow.then(Mutex::default);
        Source {
            cluster,
            kind,
            namespace,
            rows: Mutex::default(),
            status: Mutex::default(),
            bell,
            changed: Notify::new(),
            feed,
        }
    }

    /// The rows, locked: hold it for one batch, never across an await.
    pub fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock()
    }

    /// How it stands.
    pub fn status(&self) -> Status {
        self.status.lock().clone()
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows.lock().len()
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rung when rows came or went, and at another phase: for who follows this source alone.
    pub fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }

    /// Drops every row: they are another cluster's, or shown elsewhere.
    pub fn clear(&self, now: Timestamp) {
        let mut rows = self.rows.lock();
        rows.begin();
        let feed = self.feed.as_ref();
        rows.commit(|rows, slot| {
            if let Some(feed) = feed {
                feed.lock().push(Feed::Deleted(FeedRow::of(rows, slot, now)));
            }
        });
        drop(rows);
        self.status.lock().complete = false;
        self.bell.turn();
    }

    /// Notes whether the list itself is refused; to be called before the phase is set.
    pub fn set_refused(&self, refused: bool) {
        self.status.lock().refused = refused;
    }

    /// Sets the columns of the rows to come; rows under other columns are gone.
    pub fn set_columns(&self, columns: Arc<[Column]>) {
        let mut rows = self.rows.lock();
        if let Some(feed) = &self.feed
            && *rows.columns() != columns
        {
            let now = clock::now();
            feed.lock().extend(rows.slots().map(|slot| Feed::Deleted(FeedRow::of(&rows, slot, now))));
        }
        rows.set_columns(columns);
    }

    /// Begins a list.
    pub fn begin(&self) {
        self.rows.lock().begin();
    }

    /// Adds or replaces a row.
    pub fn upsert(&self, draft: &Draft, now: Timestamp) {
        let mut rows = self.rows.lock();
        let (slot, change) = rows.upsert(draft);
        if change == Change::Unchanged {
            return;
        }
        if let Some(feed) = &self.feed {
            let row = FeedRow::of(&rows, slot, now);
            feed.lock().push(if change == Change::Added { Feed::Added(row) } else { Feed::Modified(row) });
        }
        drop(rows);
        if change == Change::Added {
            self.changed.notify_waiters();
        }
        self.bell.notify_one();
    }

    /// Writes one cell of a row anew, which has come to read otherwise because of other rows.
    pub fn amend(&self, key: &str, column: usize, text: &str) {
        if self.rows.lock().amend(key, column, text) {
            self.bell.notify_one();
        }
    }

    /// Removes a row.
    pub fn remove(&self, draft: &Draft, now: Timestamp) {
        let feed = self.feed.as_ref();
        let removed = self.rows.lock().remove(draft, |rows, slot| {
            if let Some(feed) = feed {
                feed.lock().push(Feed::Deleted(FeedRow::of(rows, slot, now)));
            }
        });
        if removed {
            self.changed.notify_waiters();
            self.bell.notify_one();
        }
    }

    /// Ends a list: what it did not hold is gone, and the source is live.
    pub fn commit(&self, now: Timestamp) {
        self.commit_as(WatchPhase::Live, now);
    }

    /// Ends a list that leaves the source in this phase.
    pub fn commit_as(&self, phase: WatchPhase, now: Timestamp) {
        let mut rows = self.rows.lock();
        let feed = self.feed.as_ref();
        rows.commit(|rows, slot| {
            if let Some(feed) = feed {
                feed.lock().push(Feed::Deleted(FeedRow::of(rows, slot, now)));
            }
        });
        let count = rows.len();
        drop(rows);
        {
            let mut status = self.status.lock();
            (status.complete, status.refused) = (true, false);
        }
        self.changed.notify_waiters();
        if let Some(feed) = &self.feed {
            feed.lock().push(Feed::Synced(count));
        }
        self.set_phase(phase, now);
    }

    /// Notes that a byte came.
    pub fn heard(&self, now: Timestamp) {
        self.status.lock().heard = now;
    }

    /// Moves to another phase; `since` stays while only the reason changes.
    pub fn set_phase(&self, phase: WatchPhase, now: Timestamp) {
        let mut status = self.status.lock();
        if status.phase == phase {
            return;
        }
        if status.phase.word() != phase.word() {
            status.since = now;
        }
        status.phase = phase;
        let copy = status.clone();
        drop(status);
        if let Some(feed) = &self.feed {
            feed.lock().push(Feed::State(copy));
        }
        self.changed.notify_waiters();
        self.bell.turn();
    }

    /// Takes the changes since the last call; always empty where nobody asked to follow.
    pub fn take_feed(&self) -> Vec<Feed> {
        self.feed.as_ref().map(|feed| std::mem::take(&mut *feed.lock())).unwrap_or_default()
    }
}
