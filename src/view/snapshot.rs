//! What the view hands to the screen: immutable, sized by the screen and never by the cluster.
//! Every text in here has passed the sanitiser.

use super::page::Page;
use super::spec::{ClusterId, Sort};
use crate::base::age::Timestamp;
use crate::model::draft::Tone;
use crate::model::state::{ClusterState, Phase};

/// One cluster, as the fleet strip and the clusters pane need it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClusterLine {
    /// The context's name.
    pub name: String,
    /// How its link stands.
    pub state: ClusterState,
    /// Nodes, where they may be listed.
    pub nodes: Option<u32>,
    /// Pods, where known.
    pub pods: Option<PodCount>,
    /// Whether the fleet is scoped to it.
    pub in_scope: bool,
}

/// How many pods a cluster has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PodCount {
    /// The number.
    pub count: u32,
    /// When it was true; `None` when an open watch keeps it true.
    pub as_of: Option<Timestamp>,
}

/// A row's identity.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RowId {
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid; empty where the server gives none.
    pub uid: String,
    /// Its kind as `plural.group`; empty for a cluster.
    pub kind: String,
}

/// A column's head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// `NAME`.
    pub title: String,
    /// The widest cell known, in terminal cells, the title included.
    pub width: u16,
    /// The narrowest width at which its cells still tell something.
    pub least: u16,
    /// Flush right.
    pub numeric: bool,
    /// Part of what identifies an object (cluster, namespace, name): widths go here first, and the
    /// cursor highlights these cells.
    pub identity: bool,
    /// A repeated value gives way (namespace, cluster) before a name is cut.
    pub repeats: bool,
}

/// A visible row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WindowRow {
    /// One text a column, whole.
    pub cells: Vec<String>,
    /// How the object fares.
    pub tone: Tone,
    /// Marked.
    pub marked: bool,
    /// Its cluster or watch is not live: what it shows was true once.
    pub stale: bool,
}

/// Something that a table must say about itself, so that partial is never taken for complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// Which cluster; `None` when it is about the whole table.
    pub cluster: Option<ClusterId>,
    /// How bad.
    pub tone: Tone,
    /// A sentence: what is missing, why, and what to do next.
    pub text: String,
}

/// How complete a table is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Completeness {
    /// Nothing has arrived yet.
    #[default]
    Waiting,
    /// Rows are arriving.
    Loading,
    /// Every cluster, kind and namespace of the scope is here and followed.
    Complete,
    /// Something of the scope is missing or stale; the notes say what.
    Partial,
}

/// The visible part of a table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Window {
    /// The kind as its plural: `pods`, `clusters`.
    pub kind: String,
    /// The namespaces in words: `all namespaces`, `team-a`, empty for cluster-scoped kinds.
    pub scope: String,
    /// Heads of all columns that may show, in order; the wide ones only in a wide view.
    pub heads: Vec<Head>,
    /// The visible rows, the first of which is row `offset` of the matching ones.
    pub rows: Vec<WindowRow>,
    /// How many matching rows lie above the window.
    pub offset: usize,
    /// The cursor's row among the matching rows.
    pub cursor: Option<usize>,
    /// The row under the cursor.
    pub selected: Option<RowId>,
    /// Rows that match the filter.
    pub matched: usize,
    /// Rows there are.
    pub total: usize,
    /// Rows there will be, where that is expected or remembered and more than `total`.
    pub expected: Option<usize>,
    /// The marked rows.
    pub marked: Vec<RowId>,
    /// How complete it is.
    pub completeness: Completeness,
    /// What is missing or stale, worst first.
    pub notes: Vec<Note>,
    /// The filter in force.
    pub filter: String,
    /// Why the filter is not valid, in a sentence; the last valid one stays in force.
    pub filter_error: Option<String>,
    /// The order in force.
    pub sort: Option<Sort>,
    /// Whether wide columns show.
    pub wide: bool,
}

/// Names that the command line completes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names {
    /// Kinds of all connected clusters: plural (or `plural.group` where ambiguous) with their short
    /// names and singular.
    pub kinds: Vec<(String, Vec<String>)>,
    /// Whether these are the kinds of every connected cluster, so that another word names none.
    pub complete: bool,
    /// Namespaces of all connected clusters.
    pub namespaces: Vec<String>,
}

/// Everything that a frame shows of the fleet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Snapshot {
    /// The clusters in the fleet's order.
    pub clusters: Vec<ClusterLine>,
    /// The table; blank but for the search while a document is read.
    pub window: Window,
    /// The document that is read instead of a table.
    pub page: Option<std::sync::Arc<Page>>,
    /// What can be completed.
    pub names: std::sync::Arc<Names>,
    /// How many commands of the screen it takes in: with fewer than were given, the cursor is elsewhere.
    pub handled: u64,
    /// The moment for which ages were written, so that a frame is a function of its snapshot.
    pub now: Timestamp,
}

impl Snapshot {
    /// How many clusters are in `phase`.
    pub fn count(&self, phase: Phase) -> usize {
        self.clusters.iter().filter(|line| line.state.phase == phase).count()
    }
}
