//! A table over many sources: order, filter, cursor and marks. Pure but for the sources' locks, which
//! it holds for one refresh.

use super::filter::Filter;
use super::joint;
use super::order::{By, Entry, Keyed, Sorter};
use super::snapshot::{Head, RowId, WindowRow};
use super::spec::{ClusterId, Motion, Sort};
use crate::base::age::Timestamp;
use crate::model::cell::Cell;
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
    filter_text: String,
    filter_error: Option<String>,
    wide: bool,
    show_cluster: bool,
    show_namespace: bool,
    /// What each part's kind is called, in a table of several kinds; empty in any other.
    kinds: Vec<String>,
    /// What the filter tries before the cells of each part.
    heads: Vec<String>,
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
        self.kinds = if joint::is_joint(&parts) { joint::kind_names(&parts) } else { Vec::new() };
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
        match Filter::parse(text) {
            Ok(filter) => {
                self.filter = filter;
                self.filter_error = None;
                self.rebuild = true;
            }
            Err(error) => self.filter_error = Some(error),
        }
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
            self.rebuild = true;
        }
        // Above this many, sorting all is cheaper than merging.
        let many = dirty.len() > 256 && dirty.len() * 4 > self.order.len();
        if self.rebuild || many || !self.merge(&guards, &dirty) {
            self.build(&guards);
        }
        self.rebuild = false;
        self.follow_cursor(&guards);
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
        self.show_namespace = self.parts.iter().any(|part| part.source.kind.namespaced);
        self.columns.clear();
        // What kind it is must be told whole.
        let widest_kind = self.kinds.iter().map(|kind| width(kind)).max().unwrap_or(0).clamp(4, 32);
        let mut add = |title: &str, place: Place, wide: bool, numeric: bool| {
            let title: String = sanitize(title).into_owned();
            let least = if place == Place::Kind { widest_kind } else { width(&title) };
            let repeats = matches!(place, Place::Cluster | Place::Namespace);
            let identity = repeats || title == "NAME";
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
        let Some(sort) = &self.sort else { return Sorter::new(By::Natural, false, clusters).with_kinds(kinds) };
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
        if matches!(self.filter, Filter::All) {
            return true;
        }
        let head = self.heads.get(usize::from(entry.source)).map_or("", String::as_str);
        self.filter.matches(rows, entry.slot, [head, rows.namespace(entry.slot)], tried, &mut self.scratch)
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
