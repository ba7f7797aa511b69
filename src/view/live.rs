//! The view of a running fleet: opens what is to be shown, and makes snapshots of it.

use super::clusters::ClustersPane;
use super::notes;
use super::opening::{Left, Opening, shows_events};
use super::reader::Place;
use super::reading::{Reading, Taste};
use super::snapshot::{ClusterLine, Completeness, Names, Note, PodCount, Snapshot, Window, Written};
use super::spec::{ClusterId, Namespaces, Object, Pane, Spec, ViewCommand, Write};
use super::table::{Part, Table};
use crate::base::age::{self, Timestamp};
use crate::base::clock;
use crate::cluster::cluster::Cluster;
use crate::cluster::fleet::{Fleet, Home, complete};
use crate::cluster::meaning::Pin;
use crate::cluster::open::{Opened, Options, Resolution};
use crate::cluster::rights::Origin;
use crate::cluster::shape::Shape;
use crate::model::kind::Kind;
use crate::model::relation::{CONTAINERS, How};
use crate::model::source::Source;
use crate::model::state::{Phase, WatchPhase};
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// See the module.
pub struct Live {
    fleet: Arc<Fleet>,
    /// What each connected cluster keeps open.
    homes: Vec<Option<Home>>,
    spec: Spec,
    opened: Vec<Opened>,
    /// What was on the screen before, so that going back is at once.
    before: Left,
    /// A row was asked for, or pointed at, since the table was opened.
    focused: bool,
    clusters: ClustersPane,
    /// What words were found to mean.
    pins: HashMap<String, Pin>,
    /// What else the word on the screen names, and of what that was made.
    ambiguous: (Vec<usize>, Vec<Note>),
    table: Table,
    names: Arc<Names>,
    names_of: Vec<usize>,
    /// The kind and sources changed since the table was told.
    fresh: bool,
    handled: u64,
    /// What is read; the table under it stays as it is.
    reading: Option<Reading>,
    taste: Taste,
    /// Where the eye was in what was read before.
    eyes: VecDeque<(Object, (Place, Place))>,
    /// Cells and lines of a document.
    size: (u16, u16),
    /// Rows as text, until they are taken.
    written: Option<Arc<Written>>,
    /// Kinds that were refused everywhere when last asked.
    refused: Vec<(String, String)>,
}

/// Documents whose places are remembered.
const MOST_EYES: usize = 50;
/// How often the meters are read while they are on the screen, in seconds.
const METER: u32 = 5;

impl Live {
    /// A view of the fleet; connects the clusters of `connect`.
    pub fn new(fleet: Arc<Fleet>, spec: Spec, connect: &[ClusterId]) -> Live {
        let homes = fleet.clusters.iter().map(|_| None).collect();
        let mut live = Live {
            clusters: ClustersPane::default(),
            pins: HashMap::new(),
            ambiguous: (Vec::new(), Vec::new()),
            fleet,
            homes,
            spec: Spec { pane: Pane::Clusters, ..spec.clone() },
            opened: Vec::new(),
            before: Left::default(),
            focused: false,
            table: Table::default(),
            names: Arc::default(),
            names_of: Vec::new(),
            fresh: true,
            handled: 0,
            reading: None,
            taste: Taste::default(),
            eyes: VecDeque::new(),
            size: (80, 20),
            written: None,
            refused: Vec::new(),
        };
        // What is to be on the screen asks first.
        for &id in connect {
            live.connect_quietly(id);
        }
        live.name(&spec.namespaces, Origin::Option);
        live.show(spec);
        live
    }

    fn connect_quietly(&mut self, id: ClusterId) {
        if let (Some(cluster), Some(home)) = (self.fleet.get(id), self.homes.get_mut(usize::from(id.0))) {
            home.get_or_insert_with(|| Home::new(cluster));
        }
    }

    /// Connects clusters.
    pub fn connect(&mut self, ids: &[ClusterId]) {
        for &id in ids {
            self.connect_quietly(id);
        }
        self.open();
    }

    /// Tries again now; `None` means every cluster.
    pub fn retry(&mut self, ids: Option<&[ClusterId]>) {
        for cluster in &self.fleet.clusters {
            if ids.is_none_or(|ids| ids.contains(&cluster.id)) {
                cluster.retry_now();
            }
        }
    }

    /// Carries out a command.
    pub fn command(&mut self, command: ViewCommand) {
        self.handled += 1;
        match command {
            ViewCommand::Show(spec) => self.show(spec),
            ViewCommand::Height(rows) => {
                self.table.set_height(rows);
                self.set_size(self.size.0, rows);
            }
            ViewCommand::Width(cells) => self.set_size(cells, self.size.1),
            ViewCommand::Move(motion) => match &mut self.reading {
                Some(reading) => reading.go(motion),
                None => self.table.go(motion),
            },
            ViewCommand::Read(what) => {
                if let Some(reading) = &mut self.reading {
                    reading.read(what, &mut self.taste);
                }
            }
            ViewCommand::ToggleMark => self.table.toggle_mark(),
            ViewCommand::MarkRange => self.table.mark_range(),
            ViewCommand::ClearMarks => self.table.clear_marks(),
            ViewCommand::Focus(row) => {
                self.focused = true;
                self.table.focus(self.clusters.rows_id(row, &self.spec.pane));
            }
            ViewCommand::Write(of) => self.write(&of),
            ViewCommand::Written => self.written = None,
        }
    }

    fn set_size(&mut self, width: u16, height: u16) {
        self.size = (width, height);
        if let Some(reading) = &mut self.reading {
            reading.set_size(width, height);
        }
    }

    /// Reads an object. The table stays open under it, so that going back is at once.
    fn read(&mut self, object: &Object, search: &str) {
        if self.reading.as_ref().is_none_or(|reading| reading.object() != object) {
            self.put_down();
            let Some(cluster) = self.fleet.get(object.cluster) else { return };
            let mut reading = Reading::new(cluster, object.clone(), self.taste);
            reading.set_size(self.size.0, self.size.1);
            if let Some((_, eye)) = self.eyes.iter().find(|(other, _)| other == object) {
                reading.return_to(*eye);
            }
            self.reading = Some(reading);
        }
        if let Some(reading) = &mut self.reading {
            reading.set_search(search);
        }
    }

    /// Reads no more: what was revealed is masked the next time.
    fn put_down(&mut self) {
        if let Some(reading) = self.reading.take() {
            self.eyes.retain(|(object, _)| object != reading.object());
            self.eyes.push_back((reading.object().clone(), reading.eye()));
            if self.eyes.len() > MOST_EYES {
                self.eyes.pop_front();
            }
        }
    }

    /// Notes namespaces that the user named: they may be readable where others are not.
    fn name(&self, namespaces: &Namespaces, origin: Origin) {
        let Namespaces::Only(names) = namespaces else { return };
        for cluster in self.fleet.clusters.iter().filter(|cluster| self.in_scope(cluster.id)) {
            for name in names {
                cluster.rights.name(name, origin);
            }
        }
    }

    fn show(&mut self, spec: Spec) {
        if let Pane::Object(object) = &spec.pane {
            return self.read(object, &spec.filter);
        }
        self.put_down();
        self.table.set_filter(&spec.filter);
        self.table.set_sort(spec.sort.clone());
        self.table.set_wide(spec.wide);
        self.table.set_faults(spec.faults);
        self.table.set_urgent(shows_events(&spec));
        let same = Opening::of(&spec) == Opening::of(&self.spec);
        let old = std::mem::replace(&mut self.spec, spec);
        self.name(&self.spec.namespaces, Origin::Typed);
        if same {
            return;
        }
        self.fresh = true;
        self.focused = false;
        self.table.forget_focus();
        let closing = std::mem::take(&mut self.opened);
        self.opened = self.before.take(&Opening::of(&self.spec));
        self.before.add(Opening::of(&old), closing);
        self.open();
    }

    fn in_scope(&self, id: ClusterId) -> bool {
        self.spec.clusters.as_ref().is_none_or(|ids| ids.contains(&id))
    }

    /// Whether a cluster is to have rows in the table.
    fn is_asked(&self, id: ClusterId) -> bool {
        self.in_scope(id) && self.spec.within.as_ref().is_none_or(|within| within.is_in(id))
    }

    /// Opens what the spec asks for and is not open yet.
    fn open(&mut self) {
        let Pane::Kind(word) = &self.spec.pane else { return };
        let pin = self.pins.entry(word.to_ascii_lowercase()).or_default().clone();
        for cluster in &self.fleet.clusters {
            let connected = self.homes.get(usize::from(cluster.id.0)).is_some_and(Option::is_some);
            let open = self.opened.iter().any(|opened| opened.cluster.id == cluster.id);
            if connected && !open && self.is_asked(cluster.id) && self.always_open(cluster.id).is_none() {
                if let Some(within) = &self.spec.within {
                    self.opened.push(Opened::within(cluster, within, self.spec.wide));
                    continue;
                }
                let namespaces = match &self.spec.namespaces {
                    Namespaces::All => vec![None],
                    Namespaces::OfContext => vec![Some(cluster.namespace.clone())],
                    Namespaces::Only(names) => names.iter().cloned().map(Some).collect(),
                };
                let folds = shows_events(&self.spec) && !self.spec.wide;
                let shape = if folds { Shape::Events { of_one: false } } else { Shape::Kind };
                let options = Options { pin: pin.clone(), shape, ..Options::default() };
                self.opened.push(Opened::new(cluster, word, namespaces, options));
            }
        }
    }

    /// What is open of this cluster anyhow, where that is what the spec asks for.
    fn always_open(&self, id: ClusterId) -> Option<&Opened> {
        let Pane::Kind(word) = &self.spec.pane else { return None };
        if self.spec.within.is_some() {
            return None;
        }
        let home = self.homes.get(usize::from(id.0))?.as_ref()?;
        let kind = crate::kinds::named(word)?;
        [&home.nodes, &home.namespaces].into_iter().find(|opened| opened.word == kind.plural && kind.group.is_empty())
    }

    /// What fills the table, one a cluster in scope.
    fn openings(&self) -> Vec<&Opened> {
        let open =
            |id: ClusterId| self.always_open(id).or_else(|| self.opened.iter().find(|opened| opened.cluster.id == id));
        self.fleet.clusters.iter().filter(|cluster| self.is_asked(cluster.id)).filter_map(|c| open(c.id)).collect()
    }

    fn parts(&self) -> Vec<Part> {
        if self.spec.pane == Pane::Clusters {
            return vec![self.clusters.part()];
        }
        let parts = self.openings().into_iter().flat_map(|opened| {
            let part =
                |source: Arc<Source>| Part { source, cluster: opened.cluster.id, name: opened.cluster.name.clone() };
            opened.sources().into_iter().map(part).collect::<Vec<_>>()
        });
        parts.collect()
    }

    /// What the screen shows now, and in how many seconds that changes by itself.
    pub fn snapshot(&mut self) -> (Snapshot, Option<u32>) {
        self.before.forget();
        let now = clock::now();
        let mut tick = Tick::default();
        let lines = self.lines(now, &mut tick);
        if self.spec.pane == Pane::Clusters {
            self.clusters.update(&self.fleet, &lines, now);
            // What was spent changes without a word: it is looked at now and then.
            tick.at(self.spec.wide.then_some(METER));
        }
        self.update_ambiguous();
        let (window, page) = match &mut self.reading {
            Some(reading) => {
                let page = reading.page(now, &mut tick);
                let window = Window {
                    completeness: if page.is_empty() { Completeness::Loading } else { Completeness::Complete },
                    filter: reading.search().to_owned(),
                    filter_error: reading.search_error().map(str::to_owned),
                    ..Window::default()
                };
                (window, Some(Arc::new(page)))
            }
            None => {
                self.refresh(now);
                (self.window(now, &mut tick), None)
            }
        };
        self.remember_refusal(&window.kind);
        self.update_names();
        let snapshot = Snapshot {
            clusters: lines,
            window,
            page,
            names: self.names.clone(),
            handled: self.handled,
            now,
            written: self.written.clone(),
        };
        (snapshot, tick.0)
    }

    /// Takes in what the sources hold now.
    fn refresh(&mut self, now: Timestamp) {
        let one = self.fleet.clusters.len() < 2;
        let within = self.spec.within.as_deref();
        // What the crumbs say of all rows is no column.
        let one = one || within.is_some_and(|within| !within.spans_clusters());
        self.table.set_one_namespace(within.is_some_and(|within| within.namespace().is_some()));
        self.table.set_one_shape(within.is_some());
        let parts = self.parts();
        self.table.set_parts(parts, !one && self.spec.pane != Pane::Clusters, !self.fresh);
        self.fresh = false;
        self.point();
        let skews = self.skews();
        self.table.set_clock(now, skews);
        self.table.refresh();
    }

    /// Puts the cursor on the row that the table was opened for.
    fn point(&mut self) {
        if self.focused || self.spec.within.is_none() {
            return;
        }
        let pointed = self.openings().into_iter().find_map(|opened| Some((opened.cluster.id, opened.focus()?)));
        if let Some((cluster, uid)) = pointed {
            self.focused = true;
            self.table.focus(super::snapshot::RowId { cluster, uid, ..Default::default() });
        }
    }

    /// What to add to our clock for the server of each part.
    fn skews(&self) -> Vec<i32> {
        let skew = |part: &Part| self.fleet.get(part.cluster).map_or(0, |cluster| cluster.state().skew);
        self.table.parts().iter().map(skew).collect()
    }

    fn lines(&self, now: Timestamp, tick: &mut Tick) -> Vec<ClusterLine> {
        let shows_pods = self.shows_all_pods();
        let line = |(cluster, home): (&Arc<crate::cluster::cluster::Cluster>, &Option<Home>)| {
            let mut state = cluster.state();
            // When it was heard changes with every byte and shows only in the clusters pane.
            state.heard = 0;
            state.reason = sanitize(&state.reason).into_owned();
            let watched =
                shows_pods.then(|| self.opened.iter().find(|opened| opened.cluster.id == cluster.id)).flatten();
            let watched = watched.and_then(complete).filter(|source| source.status().phase == WatchPhase::Live);
            let counted = || home.as_ref().and_then(Home::pods);
            let pods = match watched {
                Some(source) => Some(PodCount { count: source.len() as u32, as_of: None }),
                None => counted().map(|(count, as_of)| {
                    tick.at(age::next_change(as_of, now));
                    PodCount { count, as_of: Some(as_of) }
                }),
            };
            if state.phase != Phase::Live && state.phase != Phase::Idle {
                tick.at(age::next_change(state.since, now));
            }
            ClusterLine {
                name: cluster.name.clone(),
                state,
                nodes: home.as_ref().and_then(Home::node_count),
                pods,
                in_scope: self.in_scope(cluster.id),
            }
        };
        self.fleet.clusters.iter().zip(&self.homes).map(line).collect()
    }

    fn shows_all_pods(&self) -> bool {
        let Pane::Kind(word) = &self.spec.pane else { return false };
        let pods = crate::kinds::named(word).is_some_and(|kind| kind.plural == "pods" && kind.group.is_empty());
        pods && self.spec.namespaces == Namespaces::All && self.spec.within.is_none()
    }

    fn window(&mut self, now: Timestamp, tick: &mut Tick) -> Window {
        let skews = self.skews();
        tick.at(self.table.turn().map(|turn| turn.saturating_sub(now).max(1)));
        let stale: Vec<_> = self.table.parts().iter().map(|part| self.is_stale(part)).collect();
        let (rows, next) = self.table.window(&stale, now, &skews);
        tick.at(next);
        let openings = self.openings();
        let (mut notes, completeness) = match self.spec.pane {
            Pane::Clusters | Pane::Object(_) => (Vec::new(), Completeness::Complete),
            Pane::Kind(_) => {
                let in_scope = self.fleet.clusters.iter().filter(|cluster| self.is_asked(cluster.id));
                let all: Vec<_> =
                    in_scope.map(|c| (c, openings.iter().find(|o| o.cluster.id == c.id).copied())).collect();
                let (mut notes, completeness) = notes::of(&all, now, tick);
                notes.extend(self.ambiguous.1.iter().cloned());
                (notes, completeness)
            }
        };
        notes::add_remarks(&mut notes, &openings);
        let expected = openings.iter().flat_map(|opened| opened.sources()).map(|source| {
            let len = source.len();
            match source.status().phase {
                WatchPhase::Loading { expected } => {
                    let expected = expected.or_else(|| self.counted(&source)).unwrap_or(0);
                    (len.max(expected as usize), true)
                }
                _ => (len, false),
            }
        });
        let (sum, any) = expected.fold((0, false), |(sum, any), (len, more)| (sum + len, any | more));
        let total = self.table.total();
        Window {
            kind: self.kind_name(&openings),
            scope: self.scope_words(&openings),
            crumbs: self.crumbs(&openings),
            subject: self.subject(&openings),
            marked_kinds: self.table.marked_kinds(),
            heads: self.table.heads(),
            rows,
            offset: self.table.offset(),
            cursor: self.table.cursor(),
            selected: self.selected(),
            matched: self.table.matched(),
            total,
            expected: (any && sum > total).then_some(sum),
            marked: self.table.marked().into_iter().map(|id| self.clusters.resolve(id)).collect(),
            completeness,
            notes,
            filter: self.spec.filter.clone(),
            filter_error: self.table.filter_error().map(str::to_owned),
            sort: self.spec.sort.clone(),
            wide: self.spec.wide,
            faults: self.spec.faults,
            refused: self.refusals().len(),
        }
    }

    /// What the server said of the watches of this table that it refuses.
    fn refusals(&self) -> Vec<String> {
        let sources = self.openings().into_iter().flat_map(Opened::sources);
        let refusal = |source: Arc<Source>| match source.status().phase {
            WatchPhase::Forbidden { reason } => Some(sanitize(&reason).into_owned()),
            _ => None,
        };
        sources.filter_map(refusal).collect()
    }

    /// Remembers that a kind was refused wherever it was asked for, or forgets it.
    fn remember_refusal(&mut self, kind: &str) {
        let asked = self.openings().into_iter().map(|opened| opened.sources().len()).sum::<usize>();
        let words = self.refusals();
        let words = words.first().filter(|_| words.len() == asked).cloned();
        let known = self.refused.iter().position(|(other, _)| other == kind);
        match (words, known) {
            (Some(words), None) => self.refused.push((kind.to_owned(), words)),
            (None, Some(at)) if asked > 0 => drop(self.refused.remove(at)),
            _ => {}
        }
    }

    /// Writes rows as text.
    fn write(&mut self, of: &Write) {
        self.table.refresh();
        let skews = self.skews();
        self.written = Some(Arc::new(super::write::write(of, &self.table, clock::now(), &skews)));
    }

    /// How many objects a source will have, where they were counted.
    fn counted(&self, source: &Source) -> Option<u32> {
        let is_pods = source.kind.plural == "pods" && source.kind.group.is_empty() && source.namespace.is_none();
        let home = self.homes.get(usize::from(source.cluster.0))?.as_ref()?;
        is_pods.then(|| home.pods()).flatten().map(|(count, _)| count)
    }

    fn selected(&self) -> Option<super::snapshot::RowId> {
        self.table.selected().map(|id| self.clusters.resolve(id))
    }

    fn is_stale(&self, part: &Part) -> bool {
        if self.spec.pane == Pane::Clusters {
            return false;
        }
        let status = part.source.status();
        let phase = self.fleet.get(part.cluster).map_or(Phase::Live, |cluster| cluster.gate.state().phase);
        let lost =
            matches!(phase, Phase::Stale | Phase::Expired | Phase::Denied | Phase::Unreachable | Phase::Replaced);
        lost || !matches!(status.phase, WatchPhase::Live | WatchPhase::Loading { .. })
    }

    fn kind_name(&self, openings: &[&Opened]) -> String {
        match &self.spec.pane {
            Pane::Clusters => "clusters".into(),
            Pane::Object(object) => object.kind.clone(),
            Pane::Kind(_) if self.shows_containers() => CONTAINERS.into(),
            Pane::Kind(word) if self.spec.within.as_ref().is_some_and(|within| within.relation.how == How::Uses) => {
                word.clone()
            }
            Pane::Kind(word) => {
                let found = openings.iter().find_map(|opened| match opened.resolution() {
                    Resolution::Found(kind) if self.ambiguous.1.is_empty() => Some(kind.plural.clone()),
                    Resolution::Found(kind) => Some(kind.id()),
                    _ => None,
                });
                found
                    .or_else(|| crate::kinds::named(word).map(|kind| kind.plural.clone()))
                    .unwrap_or_else(|| sanitize(word).into_owned())
            }
        }
    }

    fn crumbs(&self, openings: &[&Opened]) -> Vec<String> {
        let Some(within) = &self.spec.within else { return Vec::new() };
        let several = self.fleet.clusters.len() > 1;
        let name = |id: ClusterId| self.fleet.get(id).filter(|_| several).map(|cluster| cluster.name.clone());
        super::crumbs::of(within, &self.kind_name(openings), &name)
    }

    /// The kind of the row under the cursor, else of the table.
    fn subject(&self, openings: &[&Opened]) -> String {
        if self.spec.pane == Pane::Clusters {
            return String::new();
        }
        if self.shows_containers() {
            return CONTAINERS.to_owned();
        }
        let found = || {
            openings.iter().find_map(|opened| match opened.resolution() {
                Resolution::Found(kind) => Some(kind.id()),
                _ => None,
            })
        };
        self.table.subject().map(|kind| kind.id()).or_else(found).unwrap_or_default()
    }

    fn shows_containers(&self) -> bool {
        self.spec.within.as_ref().is_some_and(|within| within.relation.how == How::Containers)
    }

    fn scope_words(&self, openings: &[&Opened]) -> String {
        if self.spec.within.is_some() {
            return String::new();
        }
        let found = openings.iter().find_map(|opened| match opened.resolution() {
            Resolution::Found(kind) => Some(kind.namespaced),
            Resolution::Several(kinds) => Some(kinds.iter().any(|kind| kind.namespaced)),
            _ => None,
        });
        if self.spec.pane == Pane::Clusters || found == Some(false) {
            return String::new();
        }
        match &self.spec.namespaces {
            Namespaces::All => Text::AllNamespaces.get().into(),
            Namespaces::OfContext => {
                let mut names: Vec<_> = openings.iter().map(|opened| opened.cluster.namespace.clone()).collect();
                names.dedup();
                sanitize(&names.join(", ")).into_owned()
            }
            Namespaces::Only(names) => sanitize(&names.join(", ")).into_owned(),
        }
    }

    /// Finds out what else the word on the screen names, when that may have changed.
    fn update_ambiguous(&mut self) {
        let Pane::Kind(word) = &self.spec.pane else { return self.ambiguous = (Vec::new(), Vec::new()) };
        let openings = self.openings();
        let all: Vec<_> = openings.iter().map(|opened| (&opened.cluster, Some(*opened))).collect();
        let made_of = |(cluster, opened): &(&Arc<Cluster>, Option<&Opened>)| {
            let kinds = cluster.known_kinds().map_or(0, |kinds| Arc::as_ptr(&kinds) as usize);
            kinds ^ opened.map_or(0, |opened| opened.kinds().len())
        };
        // The word itself is a part of what it was made of.
        let made_of: Vec<_> = word.bytes().map(usize::from).chain(all.iter().map(made_of)).collect();
        if made_of != self.ambiguous.0 {
            let notes = notes::ambiguous(word, &all);
            self.ambiguous = (made_of, notes);
        }
    }

    /// Gathers what the command line completes, when there may be more of it.
    fn update_names(&mut self) {
        let homes = self.homes.iter().flatten();
        let sources: Vec<_> = homes.flat_map(|home| home.namespaces.sources()).collect();
        let connected: Vec<_> =
            self.fleet.clusters.iter().zip(&self.homes).filter(|(_, home)| home.is_some()).map(|(c, _)| c).collect();
        let kinds: Vec<_> = connected.iter().filter_map(|cluster| cluster.known_kinds()).collect();
        let made_of: Vec<usize> = sources
            .iter()
            .map(|source| source.len())
            .chain(kinds.iter().map(|k| k.kinds.len()))
            .chain(connected.iter().map(|c| c.gate.state().phase as usize))
            .chain([self.refused.len()])
            .collect();
        if made_of == self.names_of {
            return;
        }
        self.names_of = made_of;
        // A cluster that does not answer serves nothing for now; one that is on its way may.
        let silent = |phase| !matches!(phase, Phase::Live | Phase::Throttled | Phase::Connecting);
        let complete =
            !kinds.is_empty() && connected.iter().all(|c| c.known_kinds().is_some() || silent(c.gate.state().phase));
        let mut names = Names { complete, refused: self.refused.clone(), ..Names::default() };
        for source in sources {
            let rows = source.rows();
            names.namespaces.extend(rows.slots().map(|slot| sanitize(rows.name(slot)).into_owned()));
        }
        names.namespaces.sort_unstable();
        names.namespaces.dedup();
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for kind in kinds.iter().flat_map(|kinds| &kinds.kinds) {
            if seen.contains(&(&kind.plural, &kind.group)) {
                continue;
            }
            let taken = seen.iter().any(|(plural, _)| *plural == kind.plural);
            seen.push((&kind.plural, &kind.group));
            let shared =
                kinds.iter().flat_map(|kinds| &kinds.kinds).any(|k| k.plural == kind.plural && k.group != kind.group);
            let mut others = kind.short_names.clone();
            if kind.singular != kind.plural {
                others.push(kind.singular.clone());
            }
            others.extend(kind.customary().map(str::to_owned));
            // A name that several groups have stands for the first of them, and each has its full one.
            if !taken {
                names.kinds.push((kind.plural.clone(), others.clone()));
            }
            if taken || (shared && !kind.group.is_empty()) {
                names.kinds.push((kind.id(), others));
            }
        }
        let categories: BTreeSet<&str> = kinds.iter().flat_map(|kinds| kinds.categories()).collect();
        names.ambiguous = ambiguous(kinds.iter().flat_map(|kinds| &kinds.kinds).map(Arc::as_ref), &categories);
        names.kinds.extend(categories.into_iter().map(|category| (category.to_owned(), Vec::new())));
        self.names = Arc::new(names);
    }
}

/// Words that name kinds of several groups, none of them the core group; a category goes before kinds.
fn ambiguous<'a>(kinds: impl Iterator<Item = &'a Kind>, categories: &BTreeSet<&str>) -> Vec<(String, Vec<String>)> {
    let mut words: BTreeMap<String, BTreeSet<(&str, String)>> = BTreeMap::new();
    // What was once there under this group is the same as elsewhere.
    for kind in kinds.filter(|kind| kind.group != "extensions") {
        let named = [&kind.plural, &kind.singular, &kind.kind].into_iter().chain(&kind.short_names);
        for word in named.map(|word| word.to_ascii_lowercase()).filter(|word| !word.is_empty()) {
            words.entry(word).or_default().insert((&kind.group, kind.id()));
        }
    }
    let several = |(word, kinds): (String, BTreeSet<(&str, String)>)| {
        let core = kinds.iter().any(|(group, _)| group.is_empty());
        let chosen = core || kinds.len() < 2 || categories.contains(word.as_str());
        (!chosen).then(|| (word, kinds.into_iter().map(|(_, id)| id).collect()))
    };
    words.into_iter().filter_map(several).collect()
}

/// The number of seconds until the first of some texts changes.
#[derive(Default)]
pub struct Tick(Option<u32>);

impl Tick {
    /// Another text that changes then.
    pub fn at(&mut self, seconds: Option<u32>) {
        self.0 = match (self.0, seconds) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

#[cfg(all(test, feature = "embedded-fleet"))]
#[path = "live_tests.rs"]
mod tests;
