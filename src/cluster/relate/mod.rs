//! A table of objects that are related to others: one task a cluster watches the others, learns from
//! them what to watch, and says so when they change or go.

pub mod lead;
pub mod plan;
pub mod sieve;

mod children;
mod parents;
mod task;

use super::cluster::Cluster;
use super::open::{Opened, Resolution};
use crate::model::source::Source;
use crate::model::within::Within;
use std::sync::Arc;

/// Something that a table must say about what it was opened from; not yet sanitised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    /// Whether what the table is inside of is gone, which is worse than that it has changed.
    pub bad: bool,
    /// A sentence.
    pub text: String,
}

/// What the task of a table of related objects has found.
#[derive(Default)]
pub(super) struct Related {
    pub resolution: Resolution,
    pub sources: Vec<Arc<Source>>,
    /// Of what the rows depend on.
    pub behind: Vec<Arc<Source>>,
    pub remarks: Vec<Remark>,
    /// The uid of the row to point at.
    pub focus: Option<String>,
}

impl Opened {
    /// Sources of what the rows depend on: their phases matter, their rows do not show.
    pub fn behind(&self) -> Vec<Arc<Source>> {
        self.of_related(|related| related.behind.clone())
    }

    /// What is to be said of the objects that it was opened from.
    pub fn remarks(&self) -> Vec<Remark> {
        self.of_related(|related| related.remarks.clone())
    }

    /// The uid of the row to point at, where there is one.
    pub fn focus(&self) -> Option<String> {
        self.of_related(|related| related.focus.clone())
    }

    fn of_related<T: Default>(&self, get: impl FnOnce(&Related) -> T) -> T {
        self.related.as_ref().map(|related| get(&related.lock())).unwrap_or_default()
    }

    /// Opens what is related to the objects of this cluster. `each_event` shows every event by itself.
    /// Returns at once.
    pub fn within(cluster: &Arc<Cluster>, within: &Within, each_event: bool) -> Opened {
        let parents = within.parents.iter().filter(|parent| parent.cluster == cluster.id).cloned().collect();
        let is_one = within.parents.len() == 1;
        let own = Within { parents, up: None, ..within.clone() };
        Opened::related(cluster, within.relation.shows, |found| {
            task::run(cluster.clone(), own, each_event, is_one, found)
        })
    }
}
