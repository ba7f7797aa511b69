//! The reducer: keys and snapshots in, state and effects out. No I/O, no terminal, no clock.

mod copy;
mod demo;
mod drill;
mod editor;
mod enter;
mod flash;
mod help;
mod hints;
mod keys;
mod notices;
mod palette;
mod perform;
mod places;
mod read;
mod sort;
pub mod ui;

use crate::command::chord::Chord;
use crate::command::keymap::Keymap;
use crate::command::palette::Sort;
use crate::command::pane::{self, DEFAULT_KIND};
use crate::command::table::Scope;
use crate::model::draft::Tone;
use crate::model::state::Phase;
use crate::text::catalog::Text;
use crate::view::snapshot::Snapshot;
use crate::view::spec::{ClusterId, Namespaces, Pane, Spec, ViewCommand};
use crossterm::event::KeyEvent;
use editor::Editor;
use flash::Timer;
use places::Places;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;
use ui::{Demo, Incident, Mode, Ui};

/// How many namespaces have a key.
const FAVOURITES: usize = 9;

/// What the application is started with.
#[derive(Clone, Debug)]
pub struct Start {
    /// The table to open.
    pub pane: Pane,
    /// The namespaces in scope.
    pub namespaces: Namespaces,
    /// The clusters in scope; `None` means the whole fleet.
    pub clusters: Option<Vec<ClusterId>>,
    /// Nothing may be written.
    pub read_only: bool,
    /// What is wrong from the start, a sentence each, with what to do about it. When there is any, the
    /// clusters pane opens and says so.
    pub problems: Vec<String>,
    /// What the reader should know and can do later: they are said until a key is pressed, and again by
    /// `:errors`.
    pub notices: Vec<String>,
    /// Whether the wide columns show.
    pub wide: bool,
    /// The keys.
    pub keymap: Keymap,
    /// Words of the user's own, and what they stand for on the command line.
    pub aliases: BTreeMap<String, String>,
    /// What there is to find, where the fleet is the demo's.
    pub demo: Option<Vec<Incident>>,
}

impl Default for Start {
    fn default() -> Start {
        Start {
            pane: Pane::Kind(DEFAULT_KIND.to_owned()),
            namespaces: Namespaces::All,
            clusters: None,
            read_only: false,
            problems: Vec::new(),
            notices: Vec::new(),
            wide: false,
            keymap: Keymap::embedded(),
            aliases: BTreeMap::new(),
            demo: None,
        }
    }
}

/// What the application asks the world to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Tell the view.
    View(ViewCommand),
    /// Connect these idle clusters.
    Connect(Vec<ClusterId>),
    /// Try again now: these clusters, or everything that is not live.
    Retry(Option<Vec<ClusterId>>),
    /// Copy this text.
    Copy {
        /// The text.
        text: String,
        /// What it is, in words.
        what: String,
    },
    /// Save this text in a file of its own.
    Save {
        /// The text.
        text: String,
        /// What it is, in words.
        what: String,
        /// The file's name, without its ending.
        name: String,
    },
    /// Draw every cell afresh.
    Redraw,
    /// Leave.
    Quit,
}

/// The application's state.
#[derive(Debug)]
pub struct App {
    ui: Ui,
    snapshot: Arc<Snapshot>,
    places: Places,
    keymap: Keymap,
    aliases: BTreeMap<String, String>,
    /// The keys of a sequence begun.
    pending: Vec<Chord>,
    editor: Editor,
    timer: Timer,
    /// Data rows on the screen.
    rows: u16,
    /// Columns of the screen, and lines below its header.
    size: (u16, u16),
    palette: palette::State,
    /// How many texts the view was asked for, and which was taken last.
    asked: u64,
    taken: u64,
    /// Namespaces that were gone to, in the order of their keys.
    favourites: Vec<String>,
    /// The kind shown last that was no pane of its own.
    kind: String,
    /// Commands given to the view; a snapshot says how many of them it takes in.
    sent: u64,
    /// Keys that wait until the view has caught up with what was typed before them.
    waiting: VecDeque<KeyEvent>,
    /// No key was pressed yet: the application may still choose what it opens on.
    untouched: bool,
}

impl App {
    /// The application before its first event.
    pub fn new(start: Start) -> App {
        let demo = start.demo.map(|incidents| Demo { incidents, hidden: false });
        let mut app = App {
            ui: Ui { read_only: start.read_only, problems: start.problems, demo, ..Ui::default() },
            snapshot: Arc::default(),
            places: Places::new(Spec {
                pane: start.pane,
                clusters: start.clusters,
                namespaces: start.namespaces,
                wide: start.wide,
                ..Spec::default()
            }),
            keymap: start.keymap,
            aliases: start.aliases,
            pending: Vec::new(),
            editor: Editor::default(),
            timer: Timer::default(),
            rows: 0,
            size: (80, 23),
            palette: palette::State::default(),
            asked: 0,
            taken: 0,
            favourites: Vec::new(),
            kind: DEFAULT_KIND.to_owned(),
            sent: 0,
            waiting: VecDeque::new(),
            untouched: true,
        };
        let spec = app.places.current_mut();
        if let Pane::Kind(word) = &spec.pane {
            spec.pane = pane::for_kind(word);
        }
        let first = spec.pane.clone();
        app.remember_kind(&first);
        if !app.ui.problems.is_empty() {
            app.places.current_mut().pane = Pane::Clusters;
            let text = app.ui.problems.join(" · ");
            app.say_until_left(Tone::Bad, text);
        }
        app.heed(start.notices);
        app.refresh();
        app
    }

    /// What to do before the first event.
    pub fn opening(&mut self) -> Vec<Effect> {
        self.counted(vec![Effect::View(ViewCommand::Show(self.spec().clone()))])
    }

    /// Counts what is given to the view.
    fn counted(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        self.sent += effects.iter().filter(|effect| matches!(effect, Effect::View(_))).count() as u64;
        effects
    }

    /// Whether the view has yet to take in what was asked of it, so that its cursor and marks are not
    /// where the keys have put them.
    fn is_behind(&self) -> bool {
        self.snapshot.handled < self.sent
    }

    /// The application's part of a frame.
    pub fn ui(&self) -> &Ui {
        &self.ui
    }

    /// The fleet's part of a frame.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The table on the screen.
    pub fn spec(&self) -> &Spec {
        self.places.current()
    }

    /// The number of data rows that fit has changed; the drawing knows it.
    pub fn on_resize(&mut self, rows: u16) -> Vec<Effect> {
        self.rows = rows;
        self.counted(vec![Effect::View(ViewCommand::Height(rows))])
    }

    /// The number of cells of a document's line has changed; the drawing knows it.
    pub fn on_width(&mut self, cells: u16) -> Vec<Effect> {
        self.counted(vec![Effect::View(ViewCommand::Width(cells))])
    }

    /// The screen has so many columns, and so many lines below its header.
    pub fn on_size(&mut self, columns: u16, lines: u16) {
        if self.size != (columns, lines) {
            self.size = (columns, lines);
            self.lay_out_help();
        }
    }

    /// The world has something to say about what it was asked to do.
    pub fn tell(&mut self, tone: Tone, text: String) {
        self.say(tone, text);
    }

    /// The view has something new to show.
    pub fn on_snapshot(&mut self, snapshot: Arc<Snapshot>) -> Vec<Effect> {
        let before = std::mem::replace(&mut self.snapshot, snapshot);
        let mut out = Vec::new();
        let error = self.snapshot.window.filter_error.clone();
        match &mut self.ui.mode {
            Mode::Filter(prompt) => prompt.error = error,
            Mode::Command(prompt) => {
                // While a candidate stands in the text, the others stay as they were offered.
                if prompt.chosen.is_none() && !Arc::ptr_eq(&before.names, &self.snapshot.names) {
                    self.offer_again();
                }
            }
            Mode::Palette(_) => {
                if !Arc::ptr_eq(&before.names, &self.snapshot.names) {
                    self.search_palette_again();
                }
            }
            Mode::Table | Mode::Help(_) => {
                if let Some(error) = error.filter(|_| before.window.filter_error != self.snapshot.window.filter_error) {
                    self.say(Tone::Bad, error);
                }
            }
        }
        if self.untouched && self.spec().pane != Pane::Clusters && self.is_dead() {
            self.untouched = false;
            let clusters = Spec { pane: Pane::Clusters, filter: String::new(), sort: None, ..self.spec().clone() };
            self.go_to(clusters, &mut out);
            self.say_until_left(Tone::Bad, Text::FleetDead.get().to_owned());
        }
        if let Some(written) = self.snapshot.written.clone() {
            self.take_written(&written, &mut out);
        }
        self.refresh();
        let mut out = self.counted(out);
        out.extend(self.press_waiting());
        out
    }

    /// Time has passed: to be called after every event and at [`App::next_wake`], so that messages of
    /// the moment go away.
    pub fn on_tick(&mut self, now: Instant) {
        if self.timer.is_over(now) {
            self.ui.flash = None;
        }
    }

    /// When [`App::on_tick`] has something to do; `None` when time changes nothing.
    pub fn next_wake(&self) -> Option<Instant> {
        self.timer.wake()
    }

    /// What keys go to.
    fn scope(&self) -> Scope {
        match &self.ui.mode {
            Mode::Table => self.table_scope(),
            Mode::Command(_) | Mode::Filter(_) | Mode::Palette(_) => Scope::Prompt,
            Mode::Help(help) if help.typing => Scope::Prompt,
            Mode::Help(_) => Scope::Help,
        }
    }

    /// What keys go to where nothing lies over the table.
    fn table_scope(&self) -> Scope {
        pane::of(&self.spec().pane).scope
    }

    /// Whether the snapshot's table is the one that was asked for, as far as that can be told.
    fn is_window_current(&self) -> bool {
        if self.snapshot.page.is_some() {
            return self.page().is_some();
        }
        let shown = self.snapshot.window.kind.as_str();
        match pane::of(&self.spec().pane).kind {
            Some(kind) => shown == kind,
            None => pane::PANES.iter().all(|pane| pane.kind != Some(shown)),
        }
    }

    /// Whether every cluster in scope that was asked to connect has failed.
    fn is_dead(&self) -> bool {
        let mut asked = self.in_scope().filter(|(_, phase)| *phase != Phase::Idle).peekable();
        asked.peek().is_some()
            && asked.all(|(_, phase)| {
                matches!(phase, Phase::Unreachable | Phase::Denied | Phase::Expired | Phase::Replaced)
            })
    }

    /// The clusters in scope.
    fn in_scope(&self) -> impl Iterator<Item = (ClusterId, Phase)> {
        let scope = self.spec().clusters.as_deref();
        self.snapshot
            .clusters
            .iter()
            .enumerate()
            .map(|(at, line)| (ClusterId(at as u16), line.state.phase))
            .filter(move |(id, _)| scope.is_none_or(|ids| ids.contains(id)))
    }

    /// The names of clusters.
    fn names_of(&self, ids: &[ClusterId]) -> String {
        let name = |id: &ClusterId| self.snapshot.clusters.get(usize::from(id.0)).map(|line| line.name.as_str());
        ids.iter().filter_map(name).collect::<Vec<_>>().join(", ")
    }

    /// Shows another place, from which there is a way back.
    fn go_to(&mut self, spec: Spec, out: &mut Vec<Effect>) {
        if spec.within.is_none() {
            self.remember_kind(&spec.pane);
        }
        self.remember_use(&spec);
        self.leave();
        if self.places.go_to(spec) {
            self.arrived();
        }
        self.show(out);
    }

    /// Remembers what was gone to: for the palette, and namespaces for the keys 1 to 9.
    fn remember_use(&mut self, spec: &Spec) {
        if let Namespaces::Only(names) = &spec.namespaces {
            for name in names {
                self.palette.used(Sort::Namespace, name);
                if self.favourites.len() < FAVOURITES && !self.favourites.contains(name) {
                    self.favourites.push(name.clone());
                }
            }
        }
        for id in spec.clusters.iter().flatten() {
            if let Some(line) = self.snapshot.clusters.get(usize::from(id.0)) {
                self.palette.used(Sort::Cluster, &line.name);
            }
        }
        if let Pane::Kind(word) = &spec.pane {
            let is_named = |(kind, others): &&(String, Vec<String>)| kind == word || others.contains(word);
            let known = self.snapshot.names.kinds.iter().find(is_named).map(|(kind, _)| kind.clone());
            self.palette.used(Sort::Kind, known.as_ref().unwrap_or(word));
        }
    }

    /// Notes which row the cursor is on before the place is left.
    fn leave(&mut self) {
        let known = self.is_window_current() && !self.is_behind();
        let row = if known { self.snapshot.window.selected.clone() } else { self.places.row().cloned() };
        self.places.leave(row);
    }

    fn arrived(&mut self) {
        self.ui.picked = None;
        self.timer.left(&mut self.ui.flash);
    }

    fn show(&self, out: &mut Vec<Effect>) {
        out.push(Effect::View(ViewCommand::Show(self.spec().clone())));
    }

    fn remember_kind(&mut self, pane: &Pane) {
        if let Pane::Kind(kind) = pane
            && pane::of(pane).kind.is_none()
        {
            self.kind.clone_from(kind);
        }
    }

    /// Columns that may be sorted by: those on the screen, when they are of the table asked for.
    fn columns(&self) -> Vec<String> {
        let heads = if self.is_window_current() { self.snapshot.window.heads.as_slice() } else { &[] };
        heads.iter().map(|head| head.title.clone()).collect()
    }
}

#[cfg(test)]
mod tests;
