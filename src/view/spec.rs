//! What a view is asked to show, and the commands that change it.

pub use crate::model::state::ClusterId;

/// Which table.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Pane {
    /// The clusters themselves.
    #[default]
    Clusters,
    /// Objects of a kind, as the user named it: `po`, `deployments.apps`.
    Kind(String),
    /// One object, to be read.
    Object(Box<Object>),
}

/// How an object is read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Form {
    /// What the server holds of it.
    #[default]
    Yaml,
    /// What there is to say of it.
    Describe,
}

/// One object of one cluster, and how it is read.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Object {
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its kind, as the user or a reference names it: `po`, `Deployment.apps`.
    pub kind: String,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid: another object of this name is not meant. Empty where that is not known.
    pub uid: String,
    /// As what.
    pub form: Form,
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
    /// The number of cells that a line of a document has.
    Width(u16),
    /// Do something in the document on the screen.
    Read(Read),
}

/// What is done in a document, beside moving and searching.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Read {
    /// To the next place that was searched for.
    Next,
    /// To the one before.
    Previous,
    /// The search is kept: giving it up later does not lead back.
    Settle,
    /// To the next changed line.
    NextChange,
    /// To the one before.
    PreviousChange,
    /// The changes were seen: their marks go.
    Acknowledge,
    /// Break long lines, or cut them.
    Wrap,
    /// Sideways by so many half screens, negative is left.
    Sideways(i16),
    /// Show or hide `managedFields`.
    Managed,
    /// Show what is masked, or mask it again.
    Reveal,
}
