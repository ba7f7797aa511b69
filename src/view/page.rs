//! The visible part of a document, and what is to be said of it.

use super::snapshot::Note;
use super::spec::Object;
use crate::model::document::{Document, Piece};
use crate::model::draft::Tone;
use crate::model::reference::Reference;
use std::ops::Range;
use std::sync::Arc;

/// What has become of a line since the changes were last acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mark {
    /// Nothing.
    #[default]
    None,
    /// It changed, or is new.
    Changed,
    /// Lines before it went.
    Removed,
}

/// What is cut of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cut {
    /// Something to the left.
    pub left: bool,
    /// Something to the right.
    pub right: bool,
}

/// A row of the screen: a line, or a part of one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PageRow {
    /// Which line, from 0.
    pub line: usize,
    /// It goes on with the line above.
    pub continued: bool,
    /// What shows of it.
    pub pieces: Vec<Piece>,
    /// What is cut.
    pub cut: Cut,
    /// The cells that were searched for, and whether this is the place where the search stands.
    pub found: Vec<(Range<u16>, bool)>,
    /// What has become of it.
    pub mark: Mark,
    /// That was a moment ago.
    pub fresh: bool,
    /// It names an object that can be gone to.
    pub linked: bool,
}

/// What was found of what is searched for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// The place where the search stands, from 1; 0 when it stands at none.
    pub at: usize,
    /// How many there are.
    pub of: usize,
    /// There are more, which nobody counted.
    pub more: bool,
}

/// What belongs to a Secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Secrets {
    /// There is nothing of that kind.
    #[default]
    None,
    /// It is masked.
    Masked,
    /// It shows.
    Revealed,
}

/// The visible part of a document.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// Of which object, and how it is read.
    pub object: Object,
    /// The kind's name in the title: `pods`.
    pub kind: String,
    /// How fresh it is, in a word or two, and how good that is.
    pub state: (Tone, String),
    /// How often it changed and when last; empty when it did not.
    pub changes: String,
    /// What must be said of it, worst first: why it is not live, that it is gone.
    pub notes: Vec<Note>,
    /// The rows that show.
    pub rows: Vec<PageRow>,
    /// The row of the cursor among them.
    pub cursor_row: Option<usize>,
    /// The cursor's line, from 0.
    pub cursor: usize,
    /// How many lines there are.
    pub lines: usize,
    /// What the cursor's line names.
    pub link: Option<Reference>,
    /// What was found; `None` when nothing is searched for.
    pub found: Option<Found>,
    /// Long lines are broken.
    pub wrap: bool,
    /// `managedFields` show.
    pub managed: bool,
    /// What belongs to a Secret.
    pub secrets: Secrets,
    /// The whole text; what is masked is not in it.
    pub document: Arc<Document>,
}

impl Page {
    /// Whether there is anything to read.
    pub fn is_empty(&self) -> bool {
        self.document.lines.is_empty()
    }

    /// The text of the cursor's line.
    pub fn line(&self) -> String {
        self.document.lines.get(self.cursor).map_or(String::new(), crate::model::document::Line::text)
    }
}
