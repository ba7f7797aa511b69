//! An object being read: what its cluster shows of it, written as YAML or as a description whenever
//! that changes.

use super::live::Tick;
use super::page::{Page, Secrets};
use super::reader::{Place, Reader, Why};
use super::snapshot::Note;
use super::spec::{Form, Motion, Object, Read};
use crate::base::age::{self, Timestamp};
use crate::cluster::answers::Answering;
use crate::cluster::cluster::Cluster;
use crate::cluster::detail::{Detail, Seen, Which};
use crate::describe::{self, Answers, Got};
use crate::model::document::Document;
use crate::model::draft::Tone;
use crate::model::kind::Kind;
use crate::model::state::{Phase, WatchPhase};
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;
use crate::yaml;
use serde_json::Value;
use std::ops::Range;
use std::sync::Arc;

/// The longest time between two looks at the ages of a description, in seconds.
const LONGEST_TICK: u32 = 30;

/// How documents are shown, whichever it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Taste {
    /// Long lines of YAML are broken.
    pub wrap: bool,
    /// Long lines of descriptions are cut: sentences stand there, which are broken else.
    pub cut: bool,
    /// `managedFields` show.
    pub managed: bool,
}

impl Taste {
    /// Whether long lines are broken in this form.
    fn wraps(self, form: Form) -> bool {
        match form {
            Form::Yaml => self.wrap,
            Form::Describe => !self.cut,
        }
    }
}

/// What a document was written from.
#[derive(Clone, Default)]
struct Made {
    versions: u64,
    turns: u64,
    options: yaml::Options,
    object: Option<Arc<Value>>,
    answers: Arc<Answers>,
    at: Timestamp,
}

/// See the module.
pub struct Reading {
    object: Object,
    detail: Detail,
    answering: Option<Answering>,
    reader: Reader,
    options: yaml::Options,
    made: Made,
    secrets: usize,
    /// Everything that a description wants was answered once: from now on what differs has changed.
    settled: bool,
    changes: u32,
    changed_at: Timestamp,
    /// In how many seconds ages are looked at again.
    tick: u32,
}

impl Reading {
    /// Begins to read an object.
    pub fn new(cluster: &Arc<Cluster>, object: Object, taste: Taste) -> Reading {
        let which = Which {
            kind: object.kind.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
            uid: object.uid.clone(),
        };
        let detail = Detail::new(cluster, which);
        let answering = (object.form == Form::Describe).then(|| Answering::new(&detail));
        let mut reader = Reader::default();
        reader.set_wrap(taste.wraps(object.form));
        Reading {
            object,
            detail,
            answering,
            reader,
            options: yaml::Options { managed: taste.managed, reveal: false },
            made: Made::default(),
            secrets: 0,
            settled: false,
            changes: 0,
            changed_at: 0,
            tick: 1,
        }
    }

    /// Which object, and how it is read.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// How much of it shows.
    pub fn set_size(&mut self, width: u16, height: u16) {
        self.reader.set_size(width, height);
    }

    /// Where the eye is.
    pub fn eye(&self) -> (Place, Place) {
        self.reader.eye()
    }

    /// Goes back to where the eye was.
    pub fn return_to(&mut self, eye: (Place, Place)) {
        self.reader.return_to(eye);
    }

    /// Moves the cursor.
    pub fn go(&mut self, motion: Motion) {
        self.reader.go(motion);
    }

    /// Searches for a pattern.
    pub fn set_search(&mut self, pattern: &str) {
        self.reader.set_search(pattern);
    }

    /// What is searched for.
    pub fn search(&self) -> &str {
        self.reader.search()
    }

    /// Why the pattern is not valid.
    pub fn search_error(&self) -> Option<&str> {
        self.reader.search_error()
    }

    /// Does what is asked of the document.
    pub fn read(&mut self, what: Read, taste: &mut Taste) {
        match what {
            Read::Next => self.reader.to_found(true),
            Read::Previous => self.reader.to_found(false),
            Read::Settle => self.reader.settle(),
            Read::NextChange => self.reader.to_change(true),
            Read::PreviousChange => self.reader.to_change(false),
            Read::Acknowledge => {
                self.reader.acknowledge();
                self.changes = 0;
            }
            Read::Wrap => {
                match self.object.form {
                    Form::Yaml => taste.wrap = !taste.wrap,
                    Form::Describe => taste.cut = !taste.cut,
                }
                self.reader.set_wrap(taste.wraps(self.object.form));
            }
            Read::Sideways(halves) => self.reader.sideways(halves),
            Read::Managed if self.object.form == Form::Yaml => {
                taste.managed = !taste.managed;
                self.options.managed = taste.managed;
            }
            Read::Reveal if self.secrets > 0 => self.options.reveal = !self.options.reveal,
            Read::Managed | Read::Reveal => {}
        }
    }

    /// Writes the document anew where what it is made of has changed.
    fn write(&mut self, seen: &Seen, now: Timestamp) {
        let (Some(kind), Some(object)) = (&seen.kind, &seen.object) else { return };
        let (answers, turns) = self.answering.as_ref().map_or_else(Default::default, Answering::known);
        let same = self.made.versions == seen.versions && self.made.turns == turns;
        let due = now.saturating_sub(self.made.at) >= self.tick || self.made.at > now;
        if same && self.made.options == self.options && (self.object.form == Form::Yaml || !due) {
            return;
        }
        let made = Made {
            versions: seen.versions,
            turns,
            options: self.options,
            object: Some(object.clone()),
            answers,
            at: now,
        };
        let first = self.made.object.is_none();
        let shown = match self.object.form {
            Form::Yaml => self.write_yaml(kind, object, first || same),
            Form::Describe => self.describe(kind, &made, same),
        };
        self.made = made;
        if shown {
            self.changes += 1;
            self.changed_at = now;
        }
    }

    fn write_yaml(&mut self, kind: &Kind, object: &Value, rewritten: bool) -> bool {
        let written = yaml::write(object, kind.kind == "Secret", self.options);
        self.secrets = written.secrets;
        self.show(written.document, written.noise, rewritten)
    }

    fn describe(&mut self, kind: &Kind, made: &Made, same: bool) -> bool {
        let now = self.detail.cluster.now();
        let Some(object) = &made.object else { return false };
        let document = describe::describe(kind, object, &made.answers, now);
        if same {
            // Only the clock has moved: as long as it changes nothing, it is looked at less often.
            let before = self.reader.document().clone();
            self.show(document, Vec::new(), true);
            let still = Arc::ptr_eq(&before, self.reader.document());
            self.tick = if still { (self.tick * 2).min(LONGEST_TICK) } else { 1 };
            return false;
        }
        self.tick = 1;
        if self.settled
            && let Some(old) = &self.made.object
        {
            // What was known before, at this moment: so the clock counts for no change.
            let before = describe::describe(kind, old, &self.made.answers, now);
            self.show(before, Vec::new(), true);
        }
        let shown = self.show(document, Vec::new(), !self.settled);
        let wanted = describe::wants(kind, object, &made.answers);
        let answered = |got: Option<&Got>| got.is_some_and(|got| *got != Got::Pending);
        self.settled |= wanted.iter().all(|want| answered(made.answers.get(want)));
        shown
    }

    fn show(&mut self, document: Document, noise: Vec<Range<usize>>, rewritten: bool) -> bool {
        let why = if rewritten { Why::Rewritten } else { Why::Changed(crate::base::clock::now()) };
        self.reader.show(document, noise, why) && !rewritten
    }

    /// What shows now.
    pub fn page(&mut self, now: Timestamp, tick: &mut Tick) -> Page {
        let seen = self.detail.seen();
        self.write(&seen, now);
        if self.object.form == Form::Describe && seen.object.is_some() {
            tick.at(Some(self.tick));
        }
        let (state, notes) = self.state(&seen, now, tick);
        let changes = if self.changes > 0 {
            tick.at(age::next_change(self.changed_at, now));
            tick.at(self.reader.next_change(now));
            Text::PageChanged.with(&[&self.changes.to_string(), &ago(self.changed_at, now)])
        } else {
            String::new()
        };
        let (rows, cursor_row) = self.reader.rows(now);
        let document = self.reader.document().clone();
        let cursor = self.reader.cursor().line;
        Page {
            kind: seen.kind.map_or_else(|| sanitize(&self.object.kind).into_owned(), |kind| kind.plural.clone()),
            state,
            changes,
            notes,
            rows,
            cursor_row,
            cursor,
            lines: document.lines.len(),
            link: document.lines.get(cursor).and_then(|line| line.link.clone()),
            found: self.reader.found(),
            wrap: self.reader.wrap,
            managed: self.options.managed && self.object.form == Form::Yaml,
            secrets: match (self.secrets, self.options.reveal) {
                (0, _) => Secrets::None,
                (_, false) => Secrets::Masked,
                (_, true) => Secrets::Revealed,
            },
            document,
            object: self.object.clone(),
        }
    }

    /// How fresh it is, and what must be said of that.
    fn state(&self, seen: &Seen, now: Timestamp, tick: &mut Tick) -> ((Tone, String), Vec<Note>) {
        let mut notes = Vec::new();
        let mut note = |tone: Tone, text: String| {
            notes.push(Note { cluster: Some(self.object.cluster), tone, text: sanitize(&text).into_owned() });
        };
        let mut since = |then: Timestamp| {
            tick.at(age::next_change(then, now));
            ago(then, now)
        };
        let kind = seen.kind.as_ref().map_or(self.object.kind.as_str(), |kind| kind.kind.as_str());
        let what = format!("{kind} {}", self.object.name);
        let link = self.detail.cluster.state();
        let lost = matches!(link.phase, Phase::Stale | Phase::Expired | Phase::Denied | Phase::Unreachable);
        let has = seen.object.is_some();
        let state = if let Some(at) = seen.deleted {
            let age = since(at);
            match (has, seen.another) {
                (true, false) => note(Tone::Bad, Text::NoteDeleted.with(&[&what, &age])),
                (true, true) => note(Tone::Bad, Text::NoteAnother.with(&[&what, &age])),
                (false, _) => note(Tone::Bad, Text::NoteGone.with(&[&what])),
            }
            (Tone::Bad, Text::PageDeleted.with(&[&age]))
        } else if lost && has {
            let age = since(link.since);
            note(Tone::Warn, Text::NoteStale.with(&[&age, &link.reason]));
            (Tone::Warn, Text::PageAsOf.with(&[&age]))
        } else if lost {
            note(Tone::Bad, format!("{} {}: {}", self.detail.cluster.name, link.phase.word(), link.reason));
            (Tone::Bad, link.phase.word().to_owned())
        } else {
            match &seen.phase {
                WatchPhase::Waiting => (Tone::Quiet, Text::PageWaiting.to_string()),
                WatchPhase::Loading { .. } => (Tone::Quiet, Text::PageLoading.to_string()),
                WatchPhase::Live if seen.polled => (Tone::Good, Text::PageFetched.with(&[&since(seen.as_of)])),
                WatchPhase::Live => (Tone::Good, Text::PageLive.to_string()),
                WatchPhase::Stale { reason } => {
                    let age = since(seen.since);
                    note(Tone::Warn, Text::NoteStale.with(&[&age, reason]));
                    (Tone::Warn, Text::PageAsOf.with(&[&age]))
                }
                WatchPhase::Forbidden { reason } => {
                    note(
                        Tone::Bad,
                        Text::NoteForbidden
                            .with(&[reason, seen.kind.as_ref().map_or(kind, |kind| kind.plural.as_str())]),
                    );
                    (Tone::Bad, Text::PageForbidden.to_string())
                }
                WatchPhase::Missing { reason } => {
                    let said = if seen.kind.is_some() { Text::NoteMissing } else { Text::NoteNoKind };
                    note(Tone::Bad, said.with(&[reason]));
                    (Tone::Bad, Text::PageMissing.to_string())
                }
                WatchPhase::Failed { reason } => {
                    note(Tone::Bad, Text::NoteFailed.with(&[reason]));
                    (Tone::Bad, Text::PageFailed.to_string())
                }
            }
        };
        (state, notes)
    }
}

fn ago(then: Timestamp, now: Timestamp) -> String {
    let mut out = String::new();
    age::write_age(&mut out, then, now);
    out
}
