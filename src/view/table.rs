//! A table over many sources: order, filter, cursor and marks. Pure but for the sources' locks, which
//! it holds for one refresh.

use super::filter::Filter;
use super::joint;
use super::order::{By, Entry, Keyed, Sorter};
use super::snapshot::{Head, RowId, WindowRow};
use super::spec::{ClusterId, Motion, Sort};
use super::term::{Terms, Value};
use crate::base::age::Timestamp;
use crate::model::cell::Cell;
use crate::model::draft::Tone;
use crate::model::kind::Kind;
use crate::model::rows::{Rows, Slot};
use crate::model::source::Source;
use crate::text::sanitize::sanitize;
use crate::text::width::width;
use parking_lot::MutexGuard;
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt::Write as _;
use std::sync::Arc;

/// One source of a table.
#[derive(Clone)]
pub struct Part {
    /// The rows.
    pub source: Arc<Source>,
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its cluster's name.
    pub name: String,
}

/// A column of the whole table.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Place {
    Cluster,
    Namespace,
    /// The kind, in a table of several.
    Kind,
    /// The column's place in each source.
    Cell(Vec<Option<usize>>),
    /// These columns of each source in words.
    Words(Vec<Vec<usize>>),
}

#[derive(Clone, Debug)]
struct Column {
    head: Head,
    place: Place,
    wide: bool,
}

/// A row's identity across refreshes.
type Key = (ClusterId, Box<str>);

/// See the module.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct Table {
    parts: Vec<Part>,
    /// What the columns were made of, to see when they must be made anew.
    made_of: Vec<u32>,
    columns: Vec<Column>,
    order: Vec<Keyed>,
    sorter: Sorter,
    sort: Option<Sort>,
    filter: Filter,
    /// The filter's words about columns, which are known only with the columns.
    terms: Terms,
    filter_text: String,
    filter_error: Option<String>,
    wide: bool,
    faults: bool,
    show_cluster: bool,
    show_namespace: bool,
    /// What each part's kind is called, in a table of several kinds; empty in any other.
    kinds: Vec<String>,
    /// What the filter tries before the cells of each part.
    heads: Vec<String>,
    /// Rows of all kinds have the same columns, which say the kind.
    one_shape: bool,
    /// All rows are known to be in one namespace, which is said elsewhere.
    one_namespace: bool,
    /// Without an order of its own: what wants attention first, then what was seen last.
    urgent: bool,
    /// Our clock, and what to add to it for each part's server.
    now: Timestamp,
    skews: Vec<i32>,
    /// When the filter's answer changes by itself.
    turn: Option<Timestamp>,
    /// The row that the cursor is to go to as soon as it is there.
    focus: Option<RowId>,
    cursor: usize,
    cursor_key: Option<(Entry, Key)>,
    /// The cursor follows its row; before the user moves it stays on the first row.
    moved: bool,
    offset: usize,
    height: usize,
    marks: FxHashSet<Key>,
    last_mark: Option<Key>,
    total: usize,
    rebuild: bool,
    scratch: String,
}

type Guards<'a> = Vec<MutexGuard<'a, Rows>>;

/// Rows that are looked at for the width of a column.
const SAMPLE: usize = 2000;

impl Table {
    /// Shows other sources; keeps cursor and marks where `same` says that it is the same table.
    pub fn set_parts(&mut self, parts: Vec<Part>, show_cluster: bool, same: bool) {
        let unchanged = self.parts.len() == parts.len()
            && self.parts.iter().zip(&parts).all(|(a, b)| Arc::ptr_eq(&a.source, &b.source));
        if unchanged && self.show_cluster == show_cluster {
            return;
        }
        for part in &self.parts {
            part.source.rows().track(false);
        }
        for part in &parts {
            part.source.rows().track(true);
        }
        self.kinds = if !self.one_shape && joint::is_joint(&parts) { joint::kind_names(&parts) } else { Vec::new() };
        let head = |(at, part): (usize, &Part)| {
            let cluster = if show_cluster { part.name.as_str() } else { "" };
            // Two cells: the filter tries each line by itself.
            self.kinds.get(at).map_or_else(|| cluster.to_owned(), |kind| format!("{cluster}\n{kind}"))
        };
        self.heads = parts.iter().enumerate().map(head).collect();
        self.parts = parts;
        self.show_cluster = show_cluster;
        self.made_of.clear();
        if !same {
            self.go_top();
            self.marks.clear();
            self.last_mark = None;
            self.columns.clear();
        }
        self.rebuild = true;
    }

    fn go_top(&mut self) {
        (self.cursor, self.offset, self.moved, self.cursor_key) = (0, 0, false, None);
    }

    /// Sets the filter; an invalid one leaves the last valid one in force.
    pub fn set_filter(&mut self, text: &str) {
        if self.filter_text == text {
            return;
        }
        text.clone_into(&mut self.filter_text);
        self.read_filter();
    }

    /// Reads the filter as it means these columns.
    fn read_filter(&mut self) {
        let titles: Vec<&str> = self.columns.iter().map(|column| column.head.title.as_str()).collect();
        let read =
            Terms::split(&self.filter_text, &titles).and_then(|(terms, rest)| Ok((terms, Filter::parse(&rest)?)));
        match read {
            Ok((terms, filter)) => {
                (self.terms, self.filter) = (terms, filter);
                self.filter_error = None;
                self.rebuild = true;
            }
            Err(error) => self.filter_error = Some(error),
        }
    }

    /// Says that all rows are in one namespace, which need not be repeated.
    pub fn set_one_namespace(&mut self, one: bool) {
        if self.one_namespace != one {
            self.one_namespace = one;
            self.columns.clear();
        }
    }

    /// Orders what wants attention first, and then by when it was seen last, as long as no other order is set.
    pub fn set_urgent(&mut self, urgent: bool) {
        if self.urgent != urgent {
            self.urgent = urgent;
            self.columns.clear();
        }
    }

    /// Sets the clock: ours, and what to add for the server of each part.
    pub fn set_clock(&mut self, now: Timestamp, skews: Vec<i32>) {
        (self.now, self.skews) = (now, skews);
        if self.turn.is_some_and(|turn| turn <= now) {
            self.rebuild = true;
        }
    }

    /// When the filter shows other rows by itself.
    pub fn turn(&self) -> Option<Timestamp> {
        self.turn
    }

    /// Puts the cursor on a row as soon as it is there, unless the cursor is moved before.
    pub fn focus(&mut self, row: RowId) {
        self.focus = Some(row);
    }

    /// Rows of all kinds have the same columns, or each its own.
    pub fn set_one_shape(&mut self, one_shape: bool) {
        self.one_shape = one_shape;
    }

    /// Waits for no row any more.
    pub fn forget_focus(&mut self) {
        self.focus = None;
    }

    /// Sets the order.
    pub fn set_sort(&mut self, sort: Option<Sort>) {
        if self.sort != sort {
            self.sort = sort;
            self.rebuild = true;
        }
    }

    /// Shows the wide columns or not.
    pub fn set_wide(&mut self, wide: bool) {
        if self.wide != wide {
            self.wide = wide;
            self.rebuild = true;
        }
    }

    /// Shows only rows that want attention, or all.
    pub fn set_faults(&mut self, faults: bool) {
        if self.faults != faults {
            self.faults = faults;
            self.rebuild = true;
        }
    }

    /// Sets how many rows show.
    pub fn set_height(&mut self, height: u16) {
        self.height = usize::from(height);
        self.keep_in_sight();
    }

    /// Moves the cursor.
    pub fn go(&mut self, motion: Motion) {
        let last = self.order.len().saturating_sub(1);
        let page = self.height.max(2) - 1;
        let by = |rows: i64| (self.cursor as i64).saturating_add(rows).clamp(0, last as i64) as usize;
        let to = match motion {
            Motion::Rows(rows) => by(rows.into()),
            Motion::Pages(pages) => by(i64::from(pages).saturating_mul(page as i64)),
            Motion::Top => 0,
            Motion::Bottom => last,
            Motion::Line(line) => (self.offset + usize::from(line)).min(last),
        };
        if let Motion::Pages(pages) = motion {
            let rows = i64::from(pages).saturating_mul(page as i64);
            self.offset = (self.offset as i64).saturating_add(rows).clamp(0, last as i64) as usize;
        }
        self.cursor = to;
        self.moved = true;
        self.focus = None;
        self.cursor_key = None;
        self.keep_in_sight();
    }

    fn keep_in_sight(&mut self) {
        let last_offset = self.order.len().saturating_sub(self.height.max(1));
        let lowest = self.cursor.saturating_sub(self.height.saturating_sub(1));
        self.offset = self.offset.clamp(lowest.min(self.cursor), self.cursor).min(last_offset);
    }

    /// Marks or unmarks the row under the cursor and moves down.
    pub fn toggle_mark(&mut self) {
        if let Some(key) = self.key_at(self.cursor) {
            self.last_mark = Some(key.clone());
            if !self.marks.remove(&key) {
                self.marks.insert(key);
            }
            self.go(Motion::Rows(1));
        }
    }

    /// Marks all rows from the last marked one to the cursor.
    pub fn mark_range(&mut self) {
        let last = self.last_mark.take();
        let from = last.and_then(|key| (0..self.order.len()).find(|&row| self.key_at(row).as_ref() == Some(&key)));
        let from = from.unwrap_or(self.cursor);
        for row in from.min(self.cursor)..=from.max(self.cursor) {
            self.marks.extend(self.key_at(row));
        }
        self.last_mark = self.key_at(self.cursor);
    }

    /// Removes all marks.
    pub fn clear_marks(&mut self) {
        self.marks.clear();
        self.last_mark = None;
    }

    fn key_at(&self, row: usize) -> Option<Key> {
        let entry = self.order.get(row)?.entry;
        let part = self.parts.get(usize::from(entry.source))?;
        Some((part.cluster, part.source.rows().key(entry.slot).into()))
    }

    /// Takes in what changed since the last call.
    pub fn refresh(&mut self) {
        let parts = self.parts.clone();
        let mut guards: Guards<'_> = parts.iter().map(|part| part.source.rows()).collect();
        let mut dirty = Vec::new();
        let mut slots = Vec::new();
        for (source, rows) in guards.iter_mut().enumerate() {
            rows.take_dirty(&mut slots);
            dirty.extend(slots.drain(..).map(|slot| Entry { source: source as u16, slot }));
        }
        self.total = guards.iter().map(|rows| rows.len()).sum();
        let made_of: Vec<_> = guards.iter().map(|rows| rows.columns_version()).collect();
        if made_of != self.made_of || self.columns.is_empty() {
            self.made_of = made_of;
            self.make_columns(&guards);
            if !self.terms.is_empty() || self.filter_text.contains(':') {
                self.read_filter();
            }
            self.rebuild = true;
        }
        // Above this many, sorting all is cheaper than merging.
        let many = dirty.len() > 256 && dirty.len() * 4 > self.order.len();
        if self.rebuild || many || !self.merge(&guards, &dirty) {
            self.build(&guards);
        }
        self.rebuild = false;
        self.find_focus(&guards);
        self.follow_cursor(&guards);
    }

    /// Goes to the row that was asked for, where it is there by now.
    fn find_focus(&mut self, guards: &Guards<'_>) {
        let Some(row) = &self.focus else { return };
        let by_uid = Some(row.uid.as_str()).filter(|uid| !uid.is_empty());
        let found = by_uid.and_then(|uid| self.find(guards, row.cluster, uid)).or_else(|| self.named(guards, row));
        let at = found.and_then(|entry| self.order.iter().position(|keyed| keyed.entry == entry));
        let whole = !self.parts.is_empty() && self.parts.iter().all(|part| part.source.status().complete);
        if let Some(at) = at {
            // On top of a whole table is where a cursor stands that nobody has moved; a row that is pointed
            // at, which has no name here, is kept wherever it is.
            let moved = at > 0 || !whole || row.name.is_empty();
            (self.cursor, self.moved, self.cursor_key) = (at, moved, None);
            self.focus = None;
        } else if whole {
            // It is not there, or the filter hides it.
            self.focus = None;
        }
    }

    fn named(&self, guards: &Guards<'_>, row: &RowId) -> Option<Entry> {
        let parts =
            self.parts.iter().enumerate().filter(|(_, part)| part.cluster == row.cluster && !row.name.is_empty());
        let mut slots = parts.flat_map(|(source, _)| guards[source].slots().map(move |slot| (source, slot)));
        slots
            .find(|(source, slot)| {
                let rows = &guards[*source];
                rows.name(*slot) == row.name && rows.namespace(*slot) == row.namespace
            })
            .map(|(source, slot)| Entry { source: source as u16, slot })
    }

    fn make_columns(&mut self, guards: &Guards<'_>) {
        let mut names: Vec<(String, bool, bool)> = Vec::new();
        for rows in guards {
            let mut at = 0;
            for column in rows.columns().iter() {
                match names.iter().position(|(name, ..)| *name == column.name) {
                    Some(found) => at = found + 1,
                    None => {
                        names.insert(at, (column.name.to_string(), column.wide, column.numeric));
                        at += 1;
                    }
                }
            }
        }
        self.show_namespace = !self.one_namespace && self.parts.iter().any(|part| part.source.kind.namespaced);
        self.columns.clear();
        // What kind it is must be told whole.
        let widest_kind = self.kinds.iter().map(|kind| width(kind)).max().unwrap_or(0).clamp(4, 32);
        let mut add = |title: &str, place: Place, wide: bool, numeric: bool| {
            let title: String = sanitize(title).into_owned();
            let least = if place == Place::Kind { widest_kind } else { width(&title) };
            let repeats = matches!(place, Place::Cluster | Place::Namespace);
            // An event's own name says nothing: what it is about stands in other columns.
            let identity = repeats || (title == "NAME" && !self.urgent);
            let head = Head { width: least, least, title, numeric, identity, repeats };
            self.columns.push(Column { head, place, wide });
        };
        if self.show_cluster {
            add("CLUSTER", Place::Cluster, false, false);
        }
        if self.show_namespace {
            add("NAMESPACE", Place::Namespace, false, false);
        }
        if !self.kinds.is_empty() {
            let shared = joint::shared(guards);
            let rest = joint::rest(guards, &shared);
            add("KIND", Place::Kind, false, false);
            for column in shared {
                add(column.title, Place::Cell(column.places), false, false);
            }
            add("INFO", Place::Words(rest), false, false);
            return;
        }
        for (name, wide, numeric) in names {
            let places =
                guards.iter().map(|rows| rows.columns().iter().position(|column| column.name == name)).collect();
            add(&name, Place::Cell(places), wide, numeric);
        }
    }

    fn new_sorter(&self) -> Sorter {
        let clusters = self.parts.iter().map(|part| part.cluster.0).collect();
        let kinds = joint::ranks(&self.kinds);
        let cells = |title: &str| {
            self.columns.iter().find(|column| column.head.title == title).and_then(|column| match &column.place {
                Place::Cell(places) => Some(places.clone()),
                Place::Cluster | Place::Namespace | Place::Kind | Place::Words(_) => None,
            })
        };
        let Some(sort) = &self.sort else {
            let seen = if self.urgent { cells("LAST SEEN") } else { None };
            return Sorter::new(seen.map_or(By::Natural, By::Urgent), false, clusters).with_kinds(kinds);
        };
        let by =
            self.columns.iter().find(|column| column.head.title == sort.column).map(|column| match &column.place {
                Place::Cluster => By::Natural,
                Place::Namespace => By::Namespace,
                Place::Kind => By::Kind,
                Place::Words(_) => By::Natural,
                Place::Cell(places) => By::Cell(places.clone()),
            });
        Sorter::new(by.unwrap_or_default(), sort.descending, clusters).with_kinds(kinds)
    }

    fn build(&mut self, guards: &Guards<'_>) {
        let mut sorter = self.new_sorter();
        sorter.rank(guards);
        self.order.clear();
        self.turn = None;
        for (source, rows) in guards.iter().enumerate() {
            let tried = self.tried_columns(source);
            for slot in rows.slots() {
                let entry = Entry { source: source as u16, slot };
                if self.shows(rows, entry, &tried) {
                    self.order.extend(sorter.key(guards, entry));
                }
            }
        }
        sorter.sort(guards, &mut self.order);
        self.sorter = sorter;
        self.measure(guards);
    }

    fn shows(&mut self, rows: &Rows, entry: Entry, tried: &[usize]) -> bool {
        if (self.faults && rows.tone(entry.slot) < Tone::Warn) || !self.passes_terms(rows, entry) {
            return false;
        }
        if matches!(self.filter, Filter::All) {
            return true;
        }
        let head = self.heads.get(usize::from(entry.source)).map_or("", String::as_str);
        self.filter.matches(rows, entry.slot, [head, rows.namespace(entry.slot)], tried, &mut self.scratch)
    }

    fn passes_terms(&mut self, rows: &Rows, entry: Entry) -> bool {
        if self.terms.is_empty() {
            return true;
        }
        let source = usize::from(entry.source);
        let skew = self.skews.get(source).copied().unwrap_or(0);
        let name = self.parts.get(source).map_or("", |part| part.name.as_str());
        let value = |column: usize| match self.columns.get(column).map(|column| &column.place) {
            Some(Place::Cluster) => Value::Text(name),
            Some(Place::Namespace) => Value::Text(rows.namespace(entry.slot)),
            Some(Place::Cell(places)) => match places.get(source).copied().flatten() {
                Some(cell) => Value::Cell(rows, entry.slot, cell),
                None => Value::Text(""),
            },
            Some(Place::Kind) => Value::Text(self.kinds.get(source).map_or("", String::as_str)),
            // Words of several columns: each is a column of its own in the table of one kind.
            Some(Place::Words(_)) | None => Value::Text(""),
        };
        let mut turn = None;
        let passes = self.terms.pass(self.now.saturating_add_signed(skew), value, &mut turn);
        if let Some(turn) = turn {
            let turn = turn.saturating_add_signed(skew.saturating_neg());
            self.turn = Some(self.turn.map_or(turn, |first| first.min(turn)));
        }
        passes
    }

    /// The columns of a source that the filter tries: those that show.
    fn tried_columns(&self, source: usize) -> Vec<usize> {
        let shown = self.columns.iter().filter(|column| self.wide || !column.wide);
        shown
            .flat_map(|column| match &column.place {
                Place::Cell(places) => places.get(source).copied().flatten().into_iter().collect(),
                Place::Words(columns) => columns.get(source).cloned().unwrap_or_default(),
                Place::Cluster | Place::Namespace | Place::Kind => Vec::new(),
            })
            .collect()
    }

    /// Takes the changed rows out of the order and puts them where they belong; false when a new
    /// namespace asks for a new ranking.
    fn merge(&mut self, guards: &Guards<'_>, dirty: &[Entry]) -> bool {
        if dirty.is_empty() {
            return true;
        }
        let changed: FxHashSet<Entry> = dirty.iter().copied().collect();
        let mut tried: FxHashMap<u16, Vec<usize>> = FxHashMap::default();
        let mut new = Vec::with_capacity(dirty.len());
        for &entry in &changed {
            let rows = &guards[usize::from(entry.source)];
            if !rows.is_live(entry.slot) {
                continue;
            }
            let columns = tried.entry(entry.source).or_insert_with(|| self.tried_columns(entry.source.into())).clone();
            if self.shows(rows, entry, &columns) {
                match self.sorter.key(guards, entry) {
                    Some(keyed) => new.push(keyed),
                    None => return false,
                }
            }
        }
        self.order.retain(|keyed| !changed.contains(&keyed.entry));
        self.sorter.sort(guards, &mut new);
        self.sorter.merge(guards, &mut self.order, &new);
        true
    }

    /// Puts the cursor where its row is now; where the row is gone it stays in its place.
    fn follow_cursor(&mut self, guards: &Guards<'_>) {
        let last = self.order.len().saturating_sub(1);
        if let Some((entry, (cluster, key))) = self.cursor_key.take().filter(|_| self.moved) {
            let same = |other: Entry| guards[usize::from(other.source)].key(other.slot) == &*key;
            let entry = if guards.get(usize::from(entry.source)).is_some_and(|rows| rows.key(entry.slot) == &*key) {
                Some(entry)
            } else {
                self.find(guards, cluster, &key)
            };
            let row = entry.and_then(|entry| self.order.iter().position(|keyed| keyed.entry == entry && same(entry)));
            if let Some(row) = row {
                // The row keeps its line on the screen, too.
                let line = self.cursor.saturating_sub(self.offset);
                self.cursor = row;
                self.offset = row.saturating_sub(line);
            }
        }
        self.cursor = self.cursor.min(last);
        self.keep_in_sight();
        self.cursor_key = self.order.get(self.cursor).map(|keyed| {
            let source = usize::from(keyed.entry.source);
            (keyed.entry, (self.parts[source].cluster, guards[source].key(keyed.entry.slot).into()))
        });
    }

    fn find(&self, guards: &Guards<'_>, cluster: ClusterId, key: &str) -> Option<Entry> {
        let mut parts = self.parts.iter().enumerate().filter(|(_, part)| part.cluster == cluster);
        parts.find_map(|(source, _)| Some(Entry { source: source as u16, slot: guards[source].find(key)? }))
    }

    /// Widths of the columns, from a sample of the rows.
    fn measure(&mut self, guards: &Guards<'_>) {
        let step = (self.order.len() / SAMPLE).max(1);
        let mut text = String::new();
        for column in 0..self.columns.len() {
            let mut widest = width(&self.columns[column].head.title);
            for keyed in self.order.iter().step_by(step) {
                text.clear();
                self.write(guards, keyed.entry, column, 0, &mut text);
                widest = widest.max(if text.is_ascii() { text.len().min(400) as u16 } else { width(&sanitize(&text)) });
            }
            self.columns[column].head.width = widest.min(400);
        }
    }

    fn write(&self, guards: &Guards<'_>, entry: Entry, column: usize, now: Timestamp, out: &mut String) {
        let source = usize::from(entry.source);
        let rows = &guards[source];
        match &self.columns[column].place {
            Place::Cluster => out.push_str(&self.parts[source].name),
            Place::Namespace => out.push_str(rows.namespace(entry.slot)),
            Place::Kind => out.push_str(self.kinds.get(source).map_or("", String::as_str)),
            Place::Words(columns) => {
                let start = out.len();
                let mut text = String::new();
                for &column in columns.get(source).into_iter().flatten() {
                    text.clear();
                    rows.write_cell(&mut text, entry.slot, column, now);
                    if let Some(known) = rows.columns().get(column) {
                        joint::write_word(out, start, &known.name, &text);
                    }
                }
            }
            Place::Cell(places) => {
                if let Some(Some(cell)) = places.get(source) {
                    // An age is measured as wide as ages get.
                    if now == 0 && rows.cell(entry.slot, *cell).next_change(1).is_some() {
                        if let Cell::Restarts { count, .. } = rows.cell(entry.slot, *cell) {
                            let _ = write!(out, "{count} (7d23h ago)");
                        } else {
                            out.push_str("7d23h");
                        }
                    } else {
                        rows.write_cell(out, entry.slot, *cell, now);
                    }
                }
            }
        }
    }

    /// The heads of the columns that may show.
    pub fn heads(&self) -> Vec<Head> {
        self.columns.iter().filter(|column| self.wide || !column.wide).map(|column| column.head.clone()).collect()
    }

    /// The visible rows, and when the first text among them changes by itself. `stale` says which
    /// parts are not live, `now` is our clock and `skews` what to add for each part's server.
    pub fn window(&mut self, stale: &[bool], now: Timestamp, skews: &[i32]) -> (Vec<WindowRow>, Option<u32>) {
        let parts = self.parts.clone();
        let guards: Guards<'_> = parts.iter().map(|part| part.source.rows()).collect();
        let shown: Vec<usize> = (0..self.columns.len()).filter(|&c| self.wide || !self.columns[c].wide).collect();
        let mut next: Option<u32> = None;
        let mut rows = Vec::with_capacity(self.height);
        for at in self.offset..self.order.len().min(self.offset + self.height) {
            let entry = self.order[at].entry;
            let source = usize::from(entry.source);
            let there = now.saturating_add_signed(skews.get(source).copied().unwrap_or(0));
            let mut cells = Vec::with_capacity(shown.len());
            for &column in &shown {
                let mut text = String::new();
                self.write(&guards, entry, column, there, &mut text);
                let text = match sanitize(&text) {
                    std::borrow::Cow::Borrowed(_) => text,
                    std::borrow::Cow::Owned(clean) => clean,
                };
                let cells_of = match &self.columns[column].place {
                    Place::Cell(places) => places.get(source).map(Option::as_slice),
                    Place::Words(columns) => columns.get(source).map(Vec::as_slice),
                    Place::Cluster | Place::Namespace | Place::Kind => None,
                };
                for &cell in cells_of.unwrap_or_default() {
                    let wait = guards[source].cell(entry.slot, cell).next_change(there);
                    next = next.into_iter().chain(wait).min();
                }
                let wide = width(&text).min(400);
                let head = &mut self.columns[column].head;
                head.width = head.width.max(wide);
                cells.push(text);
            }
            let key = (self.parts[source].cluster, guards[source].key(entry.slot).into());
            rows.push(WindowRow {
                cells,
                tone: guards[source].tone(entry.slot),
                marked: self.marks.contains(&key),
                stale: stale.get(source).copied().unwrap_or(false),
            });
        }
        (rows, next)
    }

    /// The marked rows that match, in the order of the table, else the one under the cursor.
    pub(super) fn chosen_rows(&self) -> Vec<usize> {
        let marked: Vec<usize> = match self.marks.len() {
            0 => Vec::new(),
            _ => (0..self.order.len())
                .filter(|&row| self.key_at(row).is_some_and(|key| self.marks.contains(&key)))
                .collect(),
        };
        if marked.is_empty() { self.cursor().into_iter().collect() } else { marked }
    }

    /// The cells of a row under the heads that show, sanitised.
    pub(super) fn texts(&self, row: usize, now: Timestamp, skews: &[i32]) -> Vec<String> {
        let Some(keyed) = self.order.get(row) else { return Vec::new() };
        let guards: Guards<'_> = self.parts.iter().map(|part| part.source.rows()).collect();
        let there = now.saturating_add_signed(skews.get(usize::from(keyed.entry.source)).copied().unwrap_or(0));
        let shown = (0..self.columns.len()).filter(|&column| self.wide || !self.columns[column].wide);
        let text = |column| {
            let mut text = String::new();
            self.write(&guards, keyed.entry, column, there, &mut text);
            sanitize(&text).into_owned()
        };
        shown.map(text).collect()
    }

    fn id(&self, entry: Entry) -> Option<RowId> {
        let part = self.parts.get(usize::from(entry.source))?;
        let rows = part.source.rows();
        let text = |text: &str| sanitize(text).into_owned();
        Some(RowId {
            cluster: part.cluster,
            namespace: text(rows.namespace(entry.slot)),
            name: text(rows.name(entry.slot)),
            uid: text(rows.uid(entry.slot)),
            kind: part.source.kind.id(),
        })
    }

    /// The kind of the row under the cursor.
    pub fn subject(&self) -> Option<&Arc<Kind>> {
        let entry = self.order.get(self.cursor)?.entry;
        Some(&self.parts.get(usize::from(entry.source))?.source.kind)
    }

    /// The kinds of the marked rows that are still there.
    pub fn marked_kinds(&self) -> Vec<String> {
        let kind = |(cluster, key): &Key| {
            let mut parts = self.parts.iter().filter(|part| part.cluster == *cluster);
            parts.find(|part| part.source.rows().find(key).is_some()).map(|part| part.source.kind.id())
        };
        let mut kinds: Vec<String> = self.marks.iter().filter_map(kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<RowId> {
        self.id(self.order.get(self.cursor)?.entry)
    }

    /// The marked rows that are still there.
    pub fn marked(&self) -> Vec<RowId> {
        let find = |(cluster, key): &Key| {
            self.parts.iter().enumerate().filter(|(_, part)| part.cluster == *cluster).find_map(|(source, part)| {
                let slot: Slot = part.source.rows().find(key)?;
                self.id(Entry { source: source as u16, slot })
            })
        };
        let mut marked: Vec<_> = self.marks.iter().filter_map(find).collect();
        marked.sort_by(|a, b| (a.cluster, &a.namespace, &a.name).cmp(&(b.cluster, &b.namespace, &b.name)));
        marked
    }

    /// Rows that match the filter.
    pub fn matched(&self) -> usize {
        self.order.len()
    }

    /// Rows there are.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The cursor's row; `None` in an empty table.
    pub fn cursor(&self) -> Option<usize> {
        (!self.order.is_empty()).then_some(self.cursor)
    }

    /// How many matching rows lie above the window.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Why the filter is not valid.
    pub fn filter_error(&self) -> Option<&str> {
        self.filter_error.as_deref()
    }

    /// The parts.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        for part in &self.parts {
            part.source.rows().track(false);
        }
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
