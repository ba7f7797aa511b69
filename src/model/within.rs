//! The objects that a table was opened from, and how its rows are related to them.

use super::relation::Relation;
use super::state::ClusterId;
use std::sync::Arc;

/// An object that a table was opened from.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Parent {
    /// Its cluster.
    pub cluster: ClusterId,
    /// Empty for cluster-scoped kinds.
    pub namespace: String,
    /// Its name; of a container, `pod/container`.
    pub name: String,
    /// Its uid; empty where the server gives none.
    pub uid: String,
}

/// What a table is inside of.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Within {
    /// How the rows are found.
    pub relation: Relation,
    /// The kind of the objects, as `plural` or `plural.group`.
    pub kind: String,
    /// The objects, all of that kind; they may be of several clusters.
    pub parents: Vec<Parent>,
    /// What the table was inside of from which this one was opened.
    pub up: Option<Arc<Within>>,
}

impl Within {
    /// The kind without its group.
    pub fn plural(&self) -> &str {
        self.kind.split('.').next().unwrap_or(&self.kind)
    }

    /// Whether it has objects of this cluster.
    pub fn is_in(&self, cluster: ClusterId) -> bool {
        self.parents.iter().any(|parent| parent.cluster == cluster)
    }

    /// Whether its objects are of several clusters.
    pub fn spans_clusters(&self) -> bool {
        self.parents.iter().any(|parent| Some(parent.cluster) != self.parents.first().map(|first| first.cluster))
    }

    /// The one namespace that all rows are in, where there is one.
    pub fn namespace(&self) -> Option<&str> {
        let first = self.parents.first()?.namespace.as_str();
        let same = self.parents.iter().all(|parent| parent.namespace == first);
        (same && !first.is_empty()).then_some(first)
    }
}
