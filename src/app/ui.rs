//! What drawing needs of the application's state, beside the snapshot.

use crate::model::draft::Tone;
use crate::text::catalog::Text;

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
    /// The header is hidden.
    pub no_header: bool,
    /// The fleet is the demo's.
    pub demo: Option<Demo>,
}

/// What a newcomer is told of the demo.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Demo {
    /// What there is to find, best first.
    pub incidents: Vec<Incident>,
    /// It was read: the line that tells of it does not show any more.
    pub hidden: bool,
}

/// Something to be found in the demo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Incident {
    /// What to filter the pods for.
    pub name: &'static str,
    /// What to look at.
    pub what: Text,
    /// How it is found, key by key.
    pub how: Text,
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
    /// The palette.
    Palette(Palette),
}

/// The palette: a line being typed, and what fits it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Palette {
    /// The line.
    pub prompt: Prompt,
    /// What fits, best first; as many as may be looked through.
    pub items: Vec<PaletteItem>,
    /// The one that Enter takes.
    pub chosen: usize,
    /// How many fit in all.
    pub total: usize,
}

/// What may be gone to or done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PaletteItem {
    /// Its name.
    pub text: String,
    /// The characters of the name that were asked for.
    pub marks: Vec<usize>,
    /// `command`, `kind`, `cluster`, `namespace`, `place`.
    pub about: String,
    /// What it does, in a line.
    pub doc: String,
    /// The keys that do it.
    pub keys: String,
    /// Why it is not to be had here and now.
    pub why_not: Option<String>,
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
    /// What is searched for.
    pub search: Prompt,
    /// It is being typed.
    pub typing: bool,
    /// The lines of each column, and how wide they are.
    pub columns: Vec<Vec<HelpLine>>,
    /// The width of a column.
    pub cells: u16,
    /// Lines scrolled past, and how many can be.
    pub scroll: u16,
    /// The most that can be scrolled past.
    pub most: u16,
}

/// A line of the help: a title, keys, what they do, or nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HelpLine {
    /// A section's title.
    pub title: String,
    /// Keys.
    pub keys: String,
    /// Where the text begins.
    pub indent: u16,
    /// What they do, or a part of it.
    pub text: String,
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
