//! What drawing needs of the application's state, beside the snapshot.

use crate::model::draft::Tone;

/// The application's own part of a frame.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ui {
    /// What the keys go to.
    pub mode: Mode,
    /// A message of the moment, in the status line.
    pub flash: Option<Flash>,
    /// Keys and what they do here, most useful first; the status line shows as many as fit.
    pub hints: Vec<Hint>,
    /// Nothing may be written.
    pub read_only: bool,
    /// The column that `Shift-←` and `Shift-→` have picked and `Shift-O` sorts by: its head's title.
    pub picked: Option<String>,
    /// The keys of a sequence begun, such as `g`; the hints are then the keys that go on with it.
    pub pending: String,
    /// What was wrong when Skylark was started, a sentence each, with what to do about it. The clusters
    /// pane says them where there are no rows to show.
    pub problems: Vec<String>,
    /// What else went wrong since, a sentence each; `:errors` shows them.
    pub notices: Vec<String>,
}

/// What the keys go to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// The table.
    #[default]
    Table,
    /// The command line, opened with `:`.
    Command(Prompt),
    /// The filter, opened with `/`; it is applied while it is typed.
    Filter(Prompt),
    /// The help overlay.
    Help(Help),
}

/// A line being typed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prompt {
    /// The text.
    pub text: String,
    /// The cursor's place in it, in bytes, on a character boundary.
    pub cursor: usize,
    /// What could stand here, best first.
    pub candidates: Vec<Candidate>,
    /// The candidate that Tab has put into the text.
    pub chosen: Option<usize>,
    /// What is wrong with the text, in a sentence.
    pub error: Option<String>,
}

/// A completion.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Candidate {
    /// The word.
    pub text: String,
    /// What it is: `kind po`, `cluster live`, `command quit`.
    pub about: String,
}

/// The help overlay.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Help {
    /// What it is called.
    pub title: String,
    /// Sections of keys, in order.
    pub sections: Vec<HelpSection>,
    /// The entries are sentences, which are shown whole, below each other.
    pub prose: bool,
    /// Lines scrolled past.
    pub scroll: u16,
}

/// Keys of one context.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HelpSection {
    /// `Table`, `Clusters`, `Command line`.
    pub title: String,
    /// Keys and what they do.
    pub entries: Vec<Hint>,
}

/// A key and what it does.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hint {
    /// The key as printed on it: `/`, `Ctrl-F`, `g`; several joined by a space.
    pub keys: String,
    /// What it does, in a word or three.
    pub label: String,
}

/// A message of the moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flash {
    /// How bad.
    pub tone: Tone,
    /// A sentence.
    pub text: String,
}
