//! A kind opened in one cluster: resolved by name, then one watch a namespace, for as long as
//! somebody holds it.

use super::ask::AskError;
use super::cluster::Cluster;
use super::doubt::look_closer;
use super::limited::{Limits, Scope};
use super::meaning::{Meaning, Pin};
use super::watch::Selection;
use crate::model::kind::Kind;
use crate::model::source::{Feed, Source};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

/// What became of a kind's name in one cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Resolution {
    /// Not known yet.
    #[default]
    Pending,
    /// This kind.
    Found(Arc<Kind>),
    /// A category: these kinds.
    Several(Vec<Arc<Kind>>),
    /// The cluster serves no such kind; a sentence with suggestions.
    Unknown(String),
    /// Discovery failed; a sentence.
    Failed(String),
}

/// How a kind is opened.
#[derive(Clone, Default)]
pub struct Options {
    /// What the server selects.
    pub selection: Selection,
    /// Who gets each change.
    pub followers: Option<mpsc::Sender<(Arc<Source>, Vec<Feed>)>>,
    /// List once and end.
    pub once: bool,
    /// The one object that is wanted, where it is named.
    pub name: Option<String>,
    /// What the word was found to mean elsewhere in the fleet.
    pub pin: Pin,
}

/// What is open of one kind.
pub(super) struct Group {
    kind: Arc<Kind>,
    pub sources: Vec<Arc<Source>>,
    pub limits: Option<Limits>,
}

#[derive(Default)]
pub(super) struct Inner {
    resolution: Resolution,
    pub groups: Vec<Group>,
}

/// See the module. Dropping it ends its watches.
pub struct Opened {
    /// The cluster.
    pub cluster: Arc<Cluster>,
    /// The kind's name as it was asked for.
    pub word: String,
    inner: Arc<Mutex<Inner>>,
    task: JoinHandle<()>,
}

/// The wait before an unknown kind is looked for again: a CRD may have been added.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// The wait before a server is asked again that answered and could not tell its kinds.
const TRY_AGAIN: Duration = Duration::from_secs(5);

impl Opened {
    /// Opens `word` in the namespaces (`None` is all of them). Returns at once.
    pub fn new(cluster: &Arc<Cluster>, word: &str, namespaces: Vec<Option<String>>, options: Options) -> Opened {
        let inner = Arc::<Mutex<Inner>>::default();
        let task = tokio::spawn(run(cluster.clone(), word.to_owned(), namespaces, options, inner.clone()));
        Opened { cluster: cluster.clone(), word: word.to_owned(), inner, task }
    }

    /// What became of the kind's name.
    pub fn resolution(&self) -> Resolution {
        self.inner.lock().resolution.clone()
    }

    /// The kinds that are open: one, or those of a category; none before the name is resolved.
    pub fn kinds(&self) -> Vec<Arc<Kind>> {
        self.inner.lock().groups.iter().map(|group| group.kind.clone()).collect()
    }

    /// One source a kind and namespace; none before the kind is resolved. Where a list of all
    /// namespaces is refused, it comes first, and after it those that may be read.
    pub fn sources(&self) -> Vec<Arc<Source>> {
        let inner = self.inner.lock();
        let sources = inner.groups.iter().flat_map(|group| match group.sources.as_slice() {
            // It was just allowed after all: what was read in its place repeats it.
            [whole, ..] if group.limits.is_some() && !whole.status().refused => &group.sources[..1],
            all => all,
        });
        sources.cloned().collect()
    }

    /// What a refused list of all namespaces comes to; `None` for any other source.
    pub fn limits(&self, source: &Arc<Source>) -> Option<Limits> {
        let inner = self.inner.lock();
        let group = inner.groups.iter().find(|group| group.sources.first().is_some_and(|s| Arc::ptr_eq(s, source)))?;
        let mut limits = group.limits.clone().filter(|_| source.status().refused)?;
        if !limits.by_name {
            // What was named may be refused, too; its own source says so.
            let refused = |name: &String| {
                let mut parts = group.sources.iter().skip(1);
                parts.any(|part| part.namespace.as_ref() == Some(name) && part.status().refused)
            };
            limits.read.retain(|name| !refused(name));
        }
        Some(limits)
    }

    /// Waits until every watch has ended, as those do that run once.
    pub async fn finished(&mut self) {
        let _ = (&mut self.task).await;
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(
    cluster: Arc<Cluster>,
    word: String,
    namespaces: Vec<Option<String>>,
    options: Options,
    inner: Arc<Mutex<Inner>>,
) {
    let Some(meaning) = resolve(&cluster, &word, &options, &inner).await else { return };
    let kinds = match &meaning {
        Meaning::Kind(kind) => vec![kind.clone()],
        Meaning::Category(kinds) => kinds.clone(),
    };
    {
        let mut inner = inner.lock();
        inner.groups =
            kinds.iter().map(|kind| Group { kind: kind.clone(), sources: Vec::new(), limits: None }).collect();
        inner.resolution = match meaning {
            Meaning::Kind(kind) => Resolution::Found(kind),
            Meaning::Category(kinds) => Resolution::Several(kinds),
        };
    }
    cluster.bell().notify_one();
    // Aborted with this task: a JoinSet aborts what it holds when it is dropped.
    let mut scopes = JoinSet::new();
    for (at, kind) in kinds.into_iter().enumerate() {
        let (cluster, options, shown) = (cluster.clone(), options.clone(), (inner.clone(), at));
        let scope = Scope { cluster, kind, options, shown, watches: JoinSet::new() };
        scopes.spawn(scope.run(namespaces.clone()));
    }
    while scopes.join_next().await.is_some() {}
}

async fn resolve(cluster: &Arc<Cluster>, word: &str, options: &Options, inner: &Mutex<Inner>) -> Option<Meaning> {
    if let Some(kind) = crate::kinds::named(word) {
        return Some(Meaning::Kind(kind));
    }
    loop {
        let mut pass = cluster.gate.pass().await;
        let (resolution, wait) = match settled(cluster, word, &options.pin).await {
            Ok(Ok(meaning)) => {
                pass.progress();
                return Some(meaning);
            }
            Ok(Err(sentence)) => {
                pass.progress();
                (Resolution::Unknown(sentence), Some(LOOK_AGAIN))
            }
            Err(error) => {
                let error = look_closer(cluster, error).await;
                let sentence = error.sentence();
                let wait = match error.trouble() {
                    Some(trouble) => {
                        pass.trouble(trouble);
                        None
                    }
                    None => {
                        pass.progress();
                        Some(TRY_AGAIN)
                    }
                };
                (Resolution::Failed(sentence), wait)
            }
        };
        inner.lock().resolution = resolution;
        cluster.bell().notify_one();
        if options.once {
            return None;
        }
        if let Some(wait) = wait {
            tokio::select! {
                () = tokio::time::sleep(wait) => (),
                () = cluster.kick.notified() => (),
            }
        }
    }
}

/// What the word means here, where the fleet has not settled already what it means.
async fn settled(cluster: &Cluster, word: &str, pin: &Pin) -> Result<Result<Meaning, String>, AskError> {
    let meaning = cluster.meaning(word).await?;
    let (Ok(Meaning::Kind(kind)), Some(kinds)) = (&meaning, cluster.known_kinds()) else { return Ok(meaning) };
    Ok(pin.settle(&cluster.name, &kinds, word, kind.clone()).map(Meaning::Kind))
}
