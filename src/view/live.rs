//! The view of a running fleet: opens what is to be shown, and makes snapshots of it.

use super::clusters::ClustersPane;
use super::notes;
use super::opening::{Left, Opening, shows_events};
use super::snapshot::{ClusterLine, Completeness, Names, PodCount, Snapshot, Window};
use super::spec::{ClusterId, Namespaces, Pane, Spec, ViewCommand};
use super::table::{Part, Table};
use crate::base::age::{self, Timestamp};
use crate::base::clock;
use crate::cluster::fleet::{Fleet, Home, complete};
use crate::cluster::open::{Opened, Options, Resolution};
use crate::cluster::shape::Shape;
use crate::model::relation::{CONTAINERS, How};
use crate::model::source::Source;
use crate::model::state::{Phase, WatchPhase};
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;
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
    table: Table,
    names: Arc<Names>,
    names_of: Vec<usize>,
    /// The kind and sources changed since the table was told.
    fresh: bool,
    handled: u64,
}

impl Live {
    /// A view of the fleet; connects the clusters of `connect`.
    pub fn new(fleet: Arc<Fleet>, spec: Spec, connect: &[ClusterId]) -> Live {
        let homes = fleet.clusters.iter().map(|_| None).collect();
        let mut live = Live {
            clusters: ClustersPane::default(),
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
        };
        // What is to be on the screen asks first.
        for &id in connect {
            live.connect_quietly(id);
        }
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
            ViewCommand::Height(rows) => self.table.set_height(rows),
            ViewCommand::Move(motion) => self.table.go(motion),
            ViewCommand::ToggleMark => self.table.toggle_mark(),
            ViewCommand::MarkRange => self.table.mark_range(),
            ViewCommand::ClearMarks => self.table.clear_marks(),
            ViewCommand::Focus(row) => {
                self.focused = true;
                self.table.focus(self.clusters.rows_id(row, &self.spec.pane));
            }
        }
    }

    fn show(&mut self, spec: Spec) {
        self.table.set_filter(&spec.filter);
        self.table.set_sort(spec.sort.clone());
        self.table.set_wide(spec.wide);
        self.table.set_urgent(shows_events(&spec));
        let same = Opening::of(&spec) == Opening::of(&self.spec);
        let old = std::mem::replace(&mut self.spec, spec);
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
                self.opened.push(Opened::new(cluster, word, namespaces, Options { shape, ..Options::default() }));
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
        self.clusters.update(&self.fleet, &lines, now);
        let one = self.fleet.clusters.len() < 2;
        let within = self.spec.within.as_deref();
        // What the crumbs say of all rows is no column.
        let one = one || within.is_some_and(|within| !within.spans_clusters());
        self.table.set_one_namespace(within.is_some_and(|within| within.namespace().is_some()));
        let parts = self.parts();
        self.table.set_parts(parts, !one && self.spec.pane != Pane::Clusters, !self.fresh);
        self.fresh = false;
        self.point();
        let skews = self.skews();
        self.table.set_clock(now, skews);
        self.table.refresh();
        let window = self.window(now, &mut tick);
        self.update_names();
        (Snapshot { clusters: lines, window, names: self.names.clone(), handled: self.handled, now }, tick.0)
    }

    /// Puts the cursor on the row that the table was opened for.
    fn point(&mut self) {
        if self.focused || self.spec.within.is_none() {
            return;
        }
        let pointed = self.openings().into_iter().find_map(|opened| Some((opened.cluster.id, opened.focus()?)));
        if let Some((cluster, uid)) = pointed {
            self.focused = true;
            self.table.focus(super::snapshot::RowId { cluster, namespace: String::new(), name: String::new(), uid });
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
            Pane::Clusters => (Vec::new(), Completeness::Complete),
            Pane::Kind(_) => {
                let in_scope = self.fleet.clusters.iter().filter(|cluster| self.is_asked(cluster.id));
                let all: Vec<_> =
                    in_scope.map(|c| (c, openings.iter().find(|o| o.cluster.id == c.id).copied())).collect();
                notes::of(&all, now, tick)
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
        let lost = matches!(phase, Phase::Stale | Phase::Expired | Phase::Denied | Phase::Unreachable);
        lost || !matches!(status.phase, WatchPhase::Live | WatchPhase::Loading { .. })
    }

    fn kind_name(&self, openings: &[&Opened]) -> String {
        match &self.spec.pane {
            Pane::Clusters => "clusters".into(),
            Pane::Kind(_) if self.shows_containers() => CONTAINERS.into(),
            Pane::Kind(word) if self.spec.within.as_ref().is_some_and(|within| within.relation.how == How::Uses) => {
                word.clone()
            }
            Pane::Kind(word) => {
                let found = openings.iter().find_map(|opened| match opened.resolution() {
                    Resolution::Found(kind) => Some(kind.plural.clone()),
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

    /// Gathers what the command line completes, when there may be more of it.
    fn update_names(&mut self) {
        let homes = self.homes.iter().flatten();
        let sources: Vec<_> = homes.filter_map(|home| home.namespaces.sources().into_iter().next()).collect();
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
            let name = if taken { kind.id() } else { kind.plural.clone() };
            let mut others = kind.short_names.clone();
            if kind.singular != kind.plural {
                others.push(kind.singular.clone());
            }
            names.kinds.push((name, others));
        }
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

#[cfg(all(test, feature = "embedded-fleet"))]
#[path = "live_tests.rs"]
mod tests;
