//! What a view is asked to show, and the commands that change it.

use super::snapshot::RowId;
pub use crate::model::state::ClusterId;
pub use crate::model::within::Within;
use std::sync::Arc;

/// Which table.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Pane {
    /// The clusters themselves.
    #[default]
    Clusters,
    /// Objects of a kind, as the user named it: `po`, `deployments.apps`.
    Kind(String),
}

/// Which namespaces.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Namespaces {
    /// All of them.
    #[default]
    All,
    /// Each context's own default namespace.
    OfContext,
    /// These.
    Only(Vec<String>),
}

/// By which column, which way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sort {
    /// The column's header, such as `AGE`.
    pub column: String,
    /// Largest, oldest or last first.
    pub descending: bool,
}

/// Everything that defines a table on the screen but its cursor and marks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Spec {
    /// Which table.
    pub pane: Pane,
    /// Which clusters; `None` means the whole fleet.
    pub clusters: Option<Vec<ClusterId>>,
    /// Which namespaces.
    pub namespaces: Namespaces,
    /// `regex`, `!inverse`, `-l selector`; empty shows all.
    pub filter: String,
    /// `None` is the natural order: cluster, namespace, name.
    pub sort: Option<Sort>,
    /// Whether the wide columns show.
    pub wide: bool,
    /// The objects that it was opened from, where it shows only what is related to them.
    pub within: Option<Arc<Within>>,
}

/// A cursor movement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Motion {
    /// By rows, negative is up.
    Rows(i32),
    /// By screenfuls, negative is up.
    Pages(i32),
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
    /// To the row at this line of the visible window (a mouse click).
    Line(u16),
}

/// What the screen asks of the view.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ViewCommand {
    /// Show this table. Cursor and marks are kept when pane, clusters and namespaces stay the same.
    Show(Spec),
    /// The number of data rows that fit.
    Height(u16),
    /// Move the cursor.
    Move(Motion),
    /// Mark or unmark the row under the cursor, and move down.
    ToggleMark,
    /// Mark from the last marked row to the cursor.
    MarkRange,
    /// Remove all marks.
    ClearMarks,
    /// Put the cursor on this row, as soon as it is there, unless the cursor is moved before.
    Focus(RowId),
}
