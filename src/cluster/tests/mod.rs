//! The engine against a scripted API server in this process. Once it is quiet, a source equals what
//! the server would list.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod details;
mod discovery;
mod faults;
mod feed;
mod identity;
mod lists;
mod rights;
mod server;
mod watches;

use super::ask::Patience;
use super::cluster::{Blueprint, Cluster};
use super::open::{Opened, Options};
use crate::link::Protocol;
use crate::model::source::{Bell, Source};
use crate::model::state::{ClusterId, Phase, WatchPhase};
use server::Server;
use std::sync::Arc;
use std::time::Duration;

/// A server and the cluster that is linked to it.
struct Rig {
    server: Arc<Server>,
    cluster: Arc<Cluster>,
}

impl Rig {
    fn new() -> Rig {
        Rig::speaking(Protocol::Auto)
    }

    fn speaking(protocol: Protocol) -> Rig {
        Rig::with_namespace(protocol, None)
    }

    /// A context that names a namespace.
    fn with_namespace(protocol: Protocol, namespace: Option<&str>) -> Rig {
        let server = Server::new();
        let blueprint = Blueprint {
            name: "test".into(),
            namespace: namespace.map(str::to_owned),
            server: "embedded".into(),
            user: String::new(),
            link: Ok(server.link(protocol)),
        };
        let cluster = Cluster::new(ClusterId(0), blueprint, Patience::default(), Bell::default());
        Rig { server, cluster: Arc::new(cluster) }
    }

    /// With so many objects.
    fn holding(plural: &str, count: usize) -> Rig {
        let rig = Rig::new();
        rig.fill(plural, count);
        rig
    }

    fn fill(&self, plural: &str, count: usize) {
        let namespace = if plural == "namespaces" { "" } else { "a" };
        self.server
            .world(|world| (0..count).for_each(|i| world.put(plural, namespace, &format!("n{i:05}"), "Running")));
    }

    async fn open(&self, word: &str) -> Held {
        self.open_with(word, Options::default()).await
    }

    async fn open_with(&self, word: &str, options: Options) -> Held {
        let opened = Opened::new(&self.cluster, word, vec![None], options);
        until(|| !opened.sources().is_empty()).await;
        let source = opened.sources().remove(0);
        Held { source, _opened: opened }
    }

    /// Opens a kind and waits until it is live and followed.
    async fn live(&self, word: &str) -> Held {
        let held = self.open(word).await;
        self.settled(&held).await;
        held
    }

    /// Waits until the source is live, followed, and equal to the server.
    async fn settled(&self, held: &Held) {
        let plural = held.source.kind.plural.as_str();
        until(|| {
            held.phase() == WatchPhase::Live
                && self.server.world(|world| world.watched(plural) > 0 && world.rows(plural) == held.rows())
        })
        .await;
        assert_eq!(self.phase(), Phase::Live);
    }

    fn phase(&self) -> Phase {
        self.cluster.state().phase
    }
}

/// An open kind.
struct Held {
    source: Arc<Source>,
    _opened: Opened,
}

impl Held {
    /// `namespace/name uid version` of each row.
    fn rows(&self) -> Vec<String> {
        let rows = self.source.rows();
        let said =
            |slot| format!("{}/{} {} {}", rows.namespace(slot), rows.name(slot), rows.uid(slot), rows.version(slot));
        let mut all: Vec<_> = rows.slots().map(said).collect();
        all.sort();
        all
    }

    fn phase(&self) -> WatchPhase {
        self.source.status().phase
    }

    fn word(&self) -> &'static str {
        self.phase().word()
    }

    fn reason(&self) -> String {
        self.phase().reason().to_owned()
    }

    /// The texts of one column, sorted.
    fn column(&self, column: usize) -> Vec<String> {
        let rows = self.source.rows();
        let text = |slot| {
            let mut text = String::new();
            rows.write_cell(&mut text, slot, column, 1_700_000_000 + 5 * 86_400);
            text
        };
        let mut all: Vec<_> = rows.slots().map(text).collect();
        all.sort();
        all
    }

    fn heads(&self) -> Vec<String> {
        self.source.rows().columns().iter().map(|column| column.name.to_string()).collect()
    }
}

/// Waits until `condition` holds, within reason; the clock is a paused one.
#[track_caller]
fn until(condition: impl Fn() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let waiting = async {
            while !condition() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_mins(15), waiting).await;
        assert!(waited.is_ok(), "it takes too long at {caller}");
    }
}

/// Lets time pass.
async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
