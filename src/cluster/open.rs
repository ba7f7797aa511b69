//! A kind opened in one cluster: resolved by name, then one watch a namespace, for as long as
//! somebody holds it.

use super::cluster::Cluster;
use super::relate::Related;
use super::relate::sieve::Sieve;
use super::shape::Shape;
use super::watch::{Selection, Watch};
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
    /// What becomes of the objects.
    pub shape: Shape,
}

#[derive(Default)]
struct Inner {
    resolution: Resolution,
    sources: Vec<Arc<Source>>,
}

/// See the module. Dropping it ends its watches.
pub struct Opened {
    /// The cluster.
    pub cluster: Arc<Cluster>,
    /// The kind's name as it was asked for.
    pub word: String,
    inner: Arc<Mutex<Inner>>,
    /// Of a table of related objects, what its task has found: it is then all that counts.
    pub(super) related: Option<Arc<Mutex<Related>>>,
    task: JoinHandle<()>,
}

/// The wait before an unknown kind is looked for again: a CRD may have been added.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(30);

impl Opened {
    /// Opens `word` in the namespaces (`None` is all of them). Returns at once.
    pub fn new(cluster: &Arc<Cluster>, word: &str, namespaces: Vec<Option<String>>, options: Options) -> Opened {
        let inner = Arc::<Mutex<Inner>>::default();
        let task = tokio::spawn(run(cluster.clone(), word.to_owned(), namespaces, options, inner.clone()));
        Opened { cluster: cluster.clone(), word: word.to_owned(), inner, related: None, task }
    }

    /// Opens a table of related objects, filled by `run`.
    pub(super) fn related<F>(cluster: &Arc<Cluster>, word: &str, run: impl FnOnce(Arc<Mutex<Related>>) -> F) -> Opened
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let related = Arc::<Mutex<Related>>::default();
        let task = tokio::spawn(run(related.clone()));
        let (cluster, word) = (cluster.clone(), word.to_owned());
        Opened { cluster, word, inner: Arc::default(), related: Some(related), task }
    }

    /// What became of the kind's name.
    pub fn resolution(&self) -> Resolution {
        if let Some(related) = &self.related {
            return related.lock().resolution.clone();
        }
        self.inner.lock().resolution.clone()
    }

    /// One source a namespace; none before the kind is resolved.
    pub fn sources(&self) -> Vec<Arc<Source>> {
        if let Some(related) = &self.related {
            return related.lock().sources.clone();
        }
        self.inner.lock().sources.clone()
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
    let Some(kind) = resolve(&cluster, &word, options.once, &inner).await else { return };
    let scopes = if kind.namespaced { namespaces } else { vec![None] };
    let follow = options.followers.is_some();
    let sources: Vec<_> = scopes
        .into_iter()
        .map(|namespace| Arc::new(Source::new(cluster.id, kind.clone(), namespace, cluster.bell().clone(), follow)))
        .collect();
    {
        let mut inner = inner.lock();
        inner.resolution = Resolution::Found(kind);
        inner.sources.clone_from(&sources);
    }
    cluster.bell().notify_one();
    // Aborted with this task: a JoinSet aborts what it holds when it is dropped.
    let mut watches = JoinSet::new();
    for source in sources {
        let watch =
            Watch::new(cluster.clone(), source, options.selection.clone(), options.followers.clone(), options.once);
        watches.spawn(watch.shaped(options.shape.clone(), Sieve::default()).run());
    }
    while watches.join_next().await.is_some() {}
}

async fn resolve(cluster: &Arc<Cluster>, word: &str, once: bool, inner: &Mutex<Inner>) -> Option<Arc<Kind>> {
    if let Some(kind) = crate::kinds::named(word) {
        return Some(kind);
    }
    loop {
        let mut pass = cluster.gate.pass().await;
        let (resolution, wait) = match cluster.resolve(word).await {
            Ok(Ok(kind)) => {
                pass.progress();
                return Some(kind);
            }
            Ok(Err(sentence)) => {
                pass.progress();
                (Resolution::Unknown(sentence), Some(LOOK_AGAIN))
            }
            Err(error) => {
                let sentence = error.sentence();
                let wait = match error.trouble() {
                    Some(trouble) => {
                        pass.trouble(trouble);
                        None
                    }
                    None => {
                        pass.progress();
                        Some(LOOK_AGAIN)
                    }
                };
                (Resolution::Failed(sentence), wait)
            }
        };
        inner.lock().resolution = resolution;
        cluster.bell().notify_one();
        if once {
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
