//! The fleet: every cluster of this run, and what is kept open of each that is connected.

use super::ask::{Patience, get_json};
use super::cluster::{Blueprint, Cluster};
use super::open::{Opened, Options};
use super::wire::ListMeta;
use crate::base::age::Timestamp;
use crate::base::clock;
use crate::model::source::{Bell, Source};
use crate::model::state::ClusterId;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// See the module.
pub struct Fleet {
    /// The clusters, in the order of the kubeconfig.
    pub clusters: Vec<Arc<Cluster>>,
    /// Rung whenever something of them may have changed.
    pub bell: Bell,
}

impl Fleet {
    /// A fleet of idle clusters.
    pub fn new(blueprints: Vec<Blueprint>, patience: Patience) -> Fleet {
        let bell = Bell::default();
        let clusters = blueprints
            .into_iter()
            .take(usize::from(u16::MAX))
            .enumerate()
            .map(|(id, blueprint)| Arc::new(Cluster::new(ClusterId(id as u16), blueprint, patience, bell.clone())))
            .collect();
        Fleet { clusters, bell }
    }

    /// A cluster of the fleet.
    pub fn get(&self, id: ClusterId) -> Option<&Arc<Cluster>> {
        self.clusters.get(usize::from(id.0))
    }
}

/// What is kept open of a connected cluster, whatever is on the screen: nodes, namespaces, its
/// version, its kinds, and now and then the number of its pods. Dropping it ends all of that.
pub struct Home {
    /// The nodes.
    pub nodes: Opened,
    /// The namespaces.
    pub namespaces: Opened,
    pods: Arc<Mutex<Option<(u32, Timestamp)>>>,
    facts: JoinHandle<()>,
}

/// How often pods are counted where no watch does it.
const COUNT_EVERY: Duration = Duration::from_mins(5);

impl Home {
    /// Connects a cluster.
    pub fn new(cluster: &Arc<Cluster>) -> Home {
        let pods = Arc::default();
        Home {
            nodes: Opened::new(cluster, "nodes", vec![None], Options::default()),
            namespaces: Opened::new(cluster, "namespaces", vec![None], Options::default()),
            facts: tokio::spawn(facts(cluster.clone(), Arc::clone(&pods))),
            pods,
        }
    }

    /// How many pods there were, and when.
    pub fn pods(&self) -> Option<(u32, Timestamp)> {
        *self.pods.lock()
    }

    /// How many nodes there are, where they may be listed.
    pub fn node_count(&self) -> Option<u32> {
        complete(&self.nodes).map(|source| source.len() as u32)
    }
}

/// The one source of a kind that is opened in all namespaces, once its first list was complete.
pub fn complete(opened: &Opened) -> Option<Arc<Source>> {
    opened.sources().into_iter().next().filter(|source| source.status().complete)
}

impl Drop for Home {
    fn drop(&mut self) {
        self.facts.abort();
    }
}

async fn facts(cluster: Arc<Cluster>, pods: Arc<Mutex<Option<(u32, Timestamp)>>>) {
    // Whoever may not count them is not asked again until the user asks.
    let mut refused = false;
    loop {
        // What the user waits for goes first, and finds out whether the cluster answers.
        cluster.gate.opened().await;
        // Until it is known who answers, nobody can say that somebody else does.
        if let Err(error) = cluster.learn_identity().await {
            tracing::info!(cluster = %cluster.name, "identity: {error}");
        }
        if !refused {
            let counted = count_pods(&cluster).await;
            refused = matches!(counted, Counted::Refused);
            if let Counted::So(count) = counted {
                *pods.lock() = Some((count, clock::now()));
                cluster.bell().notify_one();
            }
        }
        // Neither of these says anything about the rows on the screen: what fails is tried again later.
        if cluster.state().version.is_empty()
            && let Err(error) = cluster.learn_version().await
        {
            tracing::info!(cluster = %cluster.name, "version: {error}");
        }
        if let Err(error) = cluster.kinds().await {
            tracing::info!(cluster = %cluster.name, "discovery: {error}");
        }
        tokio::select! {
            () = tokio::time::sleep(COUNT_EVERY) => (),
            () = cluster.kick.notified() => refused = false,
        }
    }
}

enum Counted {
    So(u32),
    Unknown,
    Refused,
}

async fn count_pods(cluster: &Cluster) -> Counted {
    #[derive(serde::Deserialize)]
    struct List {
        #[serde(default)]
        metadata: ListMeta,
        items: Option<Vec<serde::de::IgnoredAny>>,
    }
    let accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
    let Ok(link) = cluster.link() else { return Counted::Unknown };
    let answer = get_json::<List>(link, "/api/v1/pods?limit=1", accept, cluster.patience).await;
    match answer {
        Ok(list) => {
            let first = list.items.map_or(0, |items| items.len() as u32);
            // A server that does not say how many follow says nothing about their number.
            match list.metadata.remaining_item_count {
                Some(rest) => Counted::So(first.saturating_add(rest.clamp(0, i64::from(u32::MAX)) as u32)),
                None if list.metadata.next.is_empty() => Counted::So(first),
                None => Counted::Unknown,
            }
        }
        Err(error) => {
            tracing::info!(cluster = %cluster.name, "counting pods: {error}");
            if error.is_about_rights() { Counted::Refused } else { Counted::Unknown }
        }
    }
}
