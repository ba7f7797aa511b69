//! The one table of panes: what is called how, and what Enter does in it.

use super::table::{Command, Id, Scope};
use crate::text::catalog::Text;
use crate::view::spec::Pane;

/// What Enter does on a pane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Enter {
    /// Connects the clusters where they are idle, and scopes the fleet to them.
    ScopeClusters,
    /// Shows the pods of the namespaces.
    ScopeNamespaces,
    /// Describes the object that the line under the cursor names.
    Follow,
    /// Nothing yet.
    Nothing,
}

/// An entry of the table.
#[derive(Debug)]
pub struct PaneSpec {
    /// The kind it shows, as its plural; `None` for any kind, and where there is no table.
    pub kind: Option<&'static str>,
    /// The command that opens it; `None` where the kind's name does.
    pub command: Option<Id>,
    /// What it is, for the help.
    pub doc: Text,
    /// Where its keys are looked up first.
    pub scope: Scope,
    /// What Enter does.
    pub enter: Enter,
    /// The same, for the hints.
    pub enter_hint: Option<Text>,
}

/// The kind of the namespaces' table.
pub const NAMESPACES: &str = "namespaces";
/// What a fleet and a namespace open on when no kind was shown yet.
pub const DEFAULT_KIND: &str = "pods";

static CLUSTERS_PANE: PaneSpec = PaneSpec {
    kind: Some("clusters"),
    command: Some(Id::Context),
    doc: Text::PaneClusters,
    scope: Scope::Clusters,
    enter: Enter::ScopeClusters,
    enter_hint: Some(Text::HintScopeClusters),
};
static NAMESPACES_PANE: PaneSpec = PaneSpec {
    kind: Some(NAMESPACES),
    command: Some(Id::Namespace),
    doc: Text::PaneNamespaces,
    scope: Scope::Table,
    enter: Enter::ScopeNamespaces,
    enter_hint: Some(Text::HintScopeNamespaces),
};
static OBJECTS_PANE: PaneSpec = PaneSpec {
    kind: None,
    command: None,
    doc: Text::PaneObjects,
    scope: Scope::Table,
    enter: Enter::Nothing,
    enter_hint: None,
};
static DOCUMENT_PANE: PaneSpec = PaneSpec {
    kind: None,
    command: Some(Id::Yaml),
    doc: Text::PaneDocument,
    scope: Scope::Document,
    enter: Enter::Follow,
    enter_hint: Some(Text::HintFollow),
};
static HELP_PANE: PaneSpec = PaneSpec {
    kind: None,
    command: Some(Id::Help),
    doc: Text::PaneHelp,
    scope: Scope::Help,
    enter: Enter::Nothing,
    enter_hint: None,
};

/// Every pane.
pub static PANES: [&PaneSpec; 5] = [&CLUSTERS_PANE, &NAMESPACES_PANE, &OBJECTS_PANE, &DOCUMENT_PANE, &HELP_PANE];

impl PaneSpec {
    /// The words that open it on the command line.
    pub fn words(&self) -> &'static [&'static str] {
        self.command.map(Id::command).map_or(&[], |command: &Command| command.names)
    }
}

/// The entry of a table.
pub fn of(pane: &Pane) -> &'static PaneSpec {
    match pane {
        Pane::Clusters => &CLUSTERS_PANE,
        Pane::Object(_) => &DOCUMENT_PANE,
        Pane::Kind(kind) if NAMESPACES_PANE.words().contains(&kind.to_ascii_lowercase().as_str()) => &NAMESPACES_PANE,
        Pane::Kind(_) => &OBJECTS_PANE,
    }
}

/// The table for a kind as a user names it: the same for every name of the namespaces.
pub fn for_kind(word: &str) -> Pane {
    let pane = Pane::Kind(word.to_owned());
    match of(&pane).kind {
        Some(kind) => Pane::Kind(kind.to_owned()),
        None => pane,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_have_their_words() {
        assert!(CLUSTERS_PANE.words().contains(&"clusters") && CLUSTERS_PANE.words().contains(&"ctx"));
        assert_eq!(for_kind("ns"), Pane::Kind("namespaces".into()));
        assert_eq!(for_kind("Po"), Pane::Kind("Po".into()));
        assert_eq!(of(&Pane::Kind("namespaces".into())).enter, Enter::ScopeNamespaces);
        for pane in PANES {
            assert!(!pane.doc.get().is_empty());
            assert!(pane.enter == Enter::Nothing || pane.enter_hint.is_some());
        }
    }
}
