//! The view of a running fleet: opens what is to be shown, and makes snapshots of it.

use super::clusters::ClustersPane;
use super::notes;
use super::reader::Place;
use super::reading::{Reading, Taste};
use super::snapshot::{ClusterLine, Completeness, Names, Note, PodCount, Snapshot, Window};
use super::spec::{ClusterId, Namespaces, Object, Pane, Spec, ViewCommand};
use super::table::{Part, Table};
use crate::base::age::{self, Timestamp};
use crate::base::clock;
use crate::cluster::cluster::Cluster;
use crate::cluster::fleet::{Fleet, Home, complete};
use crate::cluster::meaning::Pin;
use crate::cluster::open::{Opened, Options, Resolution};
use crate::cluster::rights::Origin;
use crate::model::source::Source;
use crate::model::state::{Phase, WatchPhase};
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// See the module.
pub struct Live {
    fleet: Arc<Fleet>,
    /// What each connected cluster keeps open.
    homes: Vec<Option<Home>>,
    spec: Spec,
    opened: Vec<Opened>,
    /// What was on the screen before, so that going back is at once.
    before: Option<(Opening, Vec<Opened>, Instant)>,
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
}

/// Documents whose places are remembered.
const MOST_EYES: usize = 50;

/// What decides which watches are open.
type Opening = (Pane, Option<Vec<ClusterId>>, Namespaces);

/// How often the meters are read while they are on the screen, in seconds.
const METER: u32 = 5;
/// How long the watches of the previous table stay open.
const KEEP: Duration = Duration::from_mins(1);

fn opening(spec: &Spec) -> Opening {
    (spec.pane.clone(), spec.clusters.clone(), spec.namespaces.clone())
}

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
            before: None,
            table: Table::default(),
            names: Arc::default(),
            names_of: Vec::new(),
            fresh: true,
            handled: 0,
            reading: None,
            taste: Taste::default(),
            eyes: VecDeque::new(),
            size: (80, 20),
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
        let same = opening(&spec) == opening(&self.spec);
        let old = std::mem::replace(&mut self.spec, spec);
        self.name(&self.spec.namespaces, Origin::Typed);
        if same {
            return;
        }
        self.fresh = true;
        let closing = std::mem::take(&mut self.opened);
        let kept = self.before.take().filter(|(kept, ..)| *kept == opening(&self.spec));
        if let Some((_, opened, _)) = kept {
            self.opened = opened;
        }
        if !closing.is_empty() {
            self.before = Some((opening(&old), closing, Instant::now()));
        }
        self.open();
    }

    fn in_scope(&self, id: ClusterId) -> bool {
        self.spec.clusters.as_ref().is_none_or(|ids| ids.contains(&id))
    }

    /// Opens what the spec asks for and is not open yet.
    fn open(&mut self) {
        let Pane::Kind(word) = &self.spec.pane else { return };
        let pin = self.pins.entry(word.to_ascii_lowercase()).or_default().clone();
        for cluster in &self.fleet.clusters {
            let connected = self.homes.get(usize::from(cluster.id.0)).is_some_and(Option::is_some);
            let open = self.opened.iter().any(|opened| opened.cluster.id == cluster.id);
            if connected && !open && self.in_scope(cluster.id) && self.always_open(cluster.id).is_none() {
                let namespaces = match &self.spec.namespaces {
                    Namespaces::All => vec![None],
                    Namespaces::OfContext => vec![Some(cluster.namespace.clone())],
                    Namespaces::Only(names) => names.iter().cloned().map(Some).collect(),
                };
                self.opened.push(Opened::new(
                    cluster,
                    word,
                    namespaces,
                    Options { pin: pin.clone(), ..Options::default() },
                ));
            }
        }
    }

    /// What is open of this cluster anyhow, where that is what the spec asks for.
    fn always_open(&self, id: ClusterId) -> Option<&Opened> {
        let Pane::Kind(word) = &self.spec.pane else { return None };
        let home = self.homes.get(usize::from(id.0))?.as_ref()?;
        let kind = crate::kinds::named(word)?;
        [&home.nodes, &home.namespaces].into_iter().find(|opened| opened.word == kind.plural && kind.group.is_empty())
    }

    /// What fills the table, one a cluster in scope.
    fn openings(&self) -> Vec<&Opened> {
        let open =
            |id: ClusterId| self.always_open(id).or_else(|| self.opened.iter().find(|opened| opened.cluster.id == id));
        self.fleet.clusters.iter().filter(|cluster| self.in_scope(cluster.id)).filter_map(|c| open(c.id)).collect()
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
        if self.before.as_ref().is_some_and(|(.., since)| since.elapsed() > KEEP) {
            self.before = None;
        }
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
                let one = self.fleet.clusters.len() < 2;
                let parts = self.parts();
                self.table.set_parts(parts, !one && self.spec.pane != Pane::Clusters, !self.fresh);
                self.fresh = false;
                self.table.refresh();
                (self.window(now, &mut tick), None)
            }
        };
        self.update_names();
        (Snapshot { clusters: lines, window, page, names: self.names.clone(), handled: self.handled, now }, tick.0)
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
        pods && self.spec.namespaces == Namespaces::All
    }

    fn window(&mut self, now: Timestamp, tick: &mut Tick) -> Window {
        let skews: Vec<_> = self
            .table
            .parts()
            .iter()
            .map(|part| self.fleet.get(part.cluster).map_or(0, |cluster| cluster.state().skew))
            .collect();
        let stale: Vec<_> = self.table.parts().iter().map(|part| self.is_stale(part)).collect();
        let (rows, next) = self.table.window(&stale, now, &skews);
        tick.at(next);
        let openings = self.openings();
        let (notes, completeness) = match self.spec.pane {
            Pane::Clusters | Pane::Object(_) => (Vec::new(), Completeness::Complete),
            Pane::Kind(_) => {
                let in_scope = self.fleet.clusters.iter().filter(|cluster| self.in_scope(cluster.id));
                let all: Vec<_> =
                    in_scope.map(|c| (c, openings.iter().find(|o| o.cluster.id == c.id).copied())).collect();
                let (mut notes, completeness) = notes::of(&all, now, tick);
                notes.extend(self.ambiguous.1.iter().cloned());
                (notes, completeness)
            }
        };
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
        }
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

    fn scope_words(&self, openings: &[&Opened]) -> String {
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
            .collect();
        if made_of == self.names_of {
            return;
        }
        self.names_of = made_of;
        // A cluster that does not answer serves nothing for now; one that is on its way may.
        let silent = |phase| !matches!(phase, Phase::Live | Phase::Throttled | Phase::Connecting);
        let complete =
            !kinds.is_empty() && connected.iter().all(|c| c.known_kinds().is_some() || silent(c.gate.state().phase));
        let mut names = Names { complete, ..Names::default() };
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
            // A name that several groups have stands for the first of them, and each has its full one.
            if !taken {
                names.kinds.push((kind.plural.clone(), others.clone()));
            }
            if taken || (shared && !kind.group.is_empty()) {
                names.kinds.push((kind.id(), others));
            }
        }
        let categories: BTreeSet<&str> = kinds.iter().flat_map(|kinds| kinds.categories()).collect();
        names.kinds.extend(categories.into_iter().map(|category| (category.to_owned(), Vec::new())));
        self.names = Arc::new(names);
    }
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
