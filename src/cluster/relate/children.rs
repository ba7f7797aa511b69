//! The watches of a table of related objects, brought in line with what is wanted.

use super::plan::Query;
use super::sieve::Sieve;
use crate::cluster::cluster::Cluster;
use crate::cluster::open::Options;
use crate::cluster::shape::Shape;
use crate::cluster::watch::{Selection, Watch};
use crate::model::kind::Kind;
use crate::model::source::{Bell, Source};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// A watch that is wanted.
pub struct Wanted {
    /// Of what.
    pub query: Query,
    /// The kind that the query's word names.
    pub kind: Arc<Kind>,
    /// What becomes of the objects.
    pub shape: Shape,
}

struct Child {
    wanted: Wanted,
    source: Arc<Source>,
    task: JoinHandle<()>,
}

impl Drop for Child {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// See the module. Dropping it ends the watches.
pub struct Children {
    cluster: Arc<Cluster>,
    /// Rung by their rows.
    bell: Bell,
    all: Vec<Child>,
}

impl Children {
    /// None yet.
    pub fn new(cluster: Arc<Cluster>, bell: Bell) -> Children {
        Children { cluster, bell, all: Vec::new() }
    }

    /// Their sources.
    pub fn sources(&self) -> Vec<Arc<Source>> {
        self.all.iter().map(|child| child.source.clone()).collect()
    }

    /// Keeps what is as wanted, asks anew on the same rows where only the selection differs, opens what
    /// is missing and ends the rest.
    pub fn reconcile(&mut self, wanted: Vec<Wanted>) {
        let mut before = std::mem::take(&mut self.all);
        for wanted in wanted {
            let place = before.iter().position(|child| child.wanted.is_same_place(&wanted));
            let child = match place.map(|at| before.swap_remove(at)) {
                Some(child) if child.wanted.query == wanted.query => child,
                // The rows stay until the list of the other selection is complete.
                Some(child) => self.start(wanted, child.source.clone()),
                None => {
                    let namespace = wanted.query.namespace.clone().filter(|_| wanted.kind.namespaced);
                    let source = Source::new(self.cluster.id, wanted.kind.clone(), namespace, self.bell.clone(), false);
                    self.start(wanted, Arc::new(source))
                }
            };
            self.all.push(child);
        }
    }

    fn start(&self, wanted: Wanted, source: Arc<Source>) -> Child {
        let query = &wanted.query;
        let selection = Selection { labels: query.labels.clone(), fields: query.fields.clone() };
        let options = Options { selection, ..Options::default() };
        let watch = Watch::new(self.cluster.clone(), source.clone(), &options)
            .shaped(wanted.shape.clone(), Sieve::new(&query.tests));
        Child { wanted, source, task: tokio::spawn(watch.run()) }
    }
}

impl Wanted {
    /// Whether the rows of the other would be of the same collection.
    fn is_same_place(&self, other: &Wanted) -> bool {
        self.kind == other.kind
            && self.query.namespace == other.query.namespace
            && self.query.fields == other.query.fields
    }
}
