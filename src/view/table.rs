//! A table over many sources: order, filter, cursor and marks. Pure but for the sources' locks, which
//! it holds for one refresh.

use super::filter::Filter;
use super::joint;
use super::order::Entry;
use super::snapshot::{Head, RowId, WindowRow};
use super::spec::{ClusterId, Motion, Sort};
use super::term::Terms;
use crate::base::age::Timestamp;
use crate::model::kind::Kind;
use crate::model::rows::{Dirty, Rows, Slot};
use crate::model::source::Source;
use crate::text::sanitize::sanitize;
use crate::text::width::width;
use parking_lot::MutexGuard;
use rustc_hash::FxHashSet;
use std::sync::Arc;

mod arrange;
mod columns;

use arrange::Arranged;
use columns::{Column, Place};

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
    arranged: Arranged,
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
}

type Guards<'a> = Vec<MutexGuard<'a, Rows>>;

/// The rows of locked sources.
fn rows_of<'a>(guards: &'a Guards<'_>) -> Vec<&'a Rows> {
    guards.iter().map(|rows| &**rows).collect()
}

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
        self.arranged.forget();
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
        let last = self.order().len().saturating_sub(1);
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
        let last_offset = self.order().len().saturating_sub(self.height.max(1));
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
        let from = last.and_then(|key| (0..self.order().len()).find(|&row| self.key_at(row).as_ref() == Some(&key)));
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
        let entry = *self.order().get(row)?;
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
            let changed = |Dirty { slot, placed }| (Entry { source: source as u16, slot }, placed);
            dirty.extend(slots.drain(..).map(changed));
        }
        let rows = rows_of(&guards);
        self.total = rows.iter().map(|rows| rows.len()).sum();
        let made_of: Vec<_> = rows.iter().map(|rows| rows.columns_version()).collect();
        if made_of != self.made_of || self.columns.is_empty() {
            self.made_of = made_of;
            self.make_columns(&rows);
            if !self.terms.is_empty() || self.filter_text.contains(':') {
                self.read_filter();
            }
            // Slots mean other rows than before.
            self.arranged.forget();
            self.rebuild = true;
        }
        self.arrange(&rows, &dirty);
        self.rebuild = false;
        self.find_focus(&rows);
        self.follow_cursor(&rows);
    }

    /// The rows that show, in order.
    fn order(&self) -> &[Entry] {
        self.arranged.order()
    }

    /// Goes to the row that was asked for, where it is there by now.
    fn find_focus(&mut self, rows: &[&Rows]) {
        let Some(row) = &self.focus else { return };
        let by_uid = Some(row.uid.as_str()).filter(|uid| !uid.is_empty());
        let found = by_uid.and_then(|uid| self.find(rows, row.cluster, uid)).or_else(|| self.named(rows, row));
        let at = found.and_then(|entry| self.arranged.find(rows, entry));
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

    fn named(&self, all: &[&Rows], row: &RowId) -> Option<Entry> {
        let parts =
            self.parts.iter().enumerate().filter(|(_, part)| part.cluster == row.cluster && !row.name.is_empty());
        let mut slots = parts.flat_map(|(source, _)| all[source].slots().map(move |slot| (source, slot)));
        slots
            .find(|(source, slot)| {
                let rows = all[*source];
                rows.name(*slot) == row.name && rows.namespace(*slot) == row.namespace
            })
            .map(|(source, slot)| Entry { source: source as u16, slot })
    }

    /// Puts the cursor where its row is now; where the row is gone it stays in its place.
    fn follow_cursor(&mut self, rows: &[&Rows]) {
        let last = self.order().len().saturating_sub(1);
        if let Some((entry, (cluster, key))) = self.cursor_key.take().filter(|_| self.moved) {
            let is_it = |entry: Entry| {
                rows.get(usize::from(entry.source)).is_some_and(|r| r.is_live(entry.slot) && r.key(entry.slot) == &*key)
            };
            let entry = if is_it(entry) { Some(entry) } else { self.find(rows, cluster, &key) };
            let unmoved = entry.filter(|entry| self.order().get(self.cursor) == Some(entry)).map(|_| self.cursor);
            if let Some(row) = unmoved.or_else(|| self.arranged.find(rows, entry?)) {
                // The row keeps its line on the screen, too.
                let line = self.cursor.saturating_sub(self.offset);
                self.cursor = row;
                self.offset = row.saturating_sub(line);
            }
        }
        self.cursor = self.cursor.min(last);
        self.keep_in_sight();
        self.cursor_key = self.order().get(self.cursor).map(|&entry| {
            let source = usize::from(entry.source);
            (entry, (self.parts[source].cluster, rows[source].key(entry.slot).into()))
        });
    }

    fn find(&self, rows: &[&Rows], cluster: ClusterId, key: &str) -> Option<Entry> {
        let mut parts = self.parts.iter().enumerate().filter(|(_, part)| part.cluster == cluster);
        parts.find_map(|(source, _)| Some(Entry { source: source as u16, slot: rows[source].find(key)? }))
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
        let all = rows_of(&guards);
        let shown: Vec<usize> = (0..self.columns.len()).filter(|&c| self.wide || !self.columns[c].wide).collect();
        let mut next: Option<u32> = None;
        let mut rows = Vec::with_capacity(self.height);
        for at in self.offset..self.order().len().min(self.offset + self.height) {
            let Some(&entry) = self.order().get(at) else { break };
            let source = usize::from(entry.source);
            let there = now.saturating_add_signed(skews.get(source).copied().unwrap_or(0));
            let mut cells = Vec::with_capacity(shown.len());
            for &column in &shown {
                let mut text = String::new();
                self.write(&all, entry, column, there, &mut text);
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
            _ => (0..self.order().len())
                .filter(|&row| self.key_at(row).is_some_and(|key| self.marks.contains(&key)))
                .collect(),
        };
        if marked.is_empty() { self.cursor().into_iter().collect() } else { marked }
    }

    /// The cells of a row under the heads that show, sanitised.
    pub(super) fn texts(&self, row: usize, now: Timestamp, skews: &[i32]) -> Vec<String> {
        let Some(&entry) = self.order().get(row) else { return Vec::new() };
        let guards: Guards<'_> = self.parts.iter().map(|part| part.source.rows()).collect();
        let there = now.saturating_add_signed(skews.get(usize::from(entry.source)).copied().unwrap_or(0));
        let shown = (0..self.columns.len()).filter(|&column| self.wide || !self.columns[column].wide);
        let text = |column| {
            let mut text = String::new();
            self.write(&rows_of(&guards), entry, column, there, &mut text);
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
        let entry = *self.order().get(self.cursor)?;
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
        self.id(*self.order().get(self.cursor)?)
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
        self.order().len()
    }

    /// Rows there are.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The cursor's row; `None` in an empty table.
    pub fn cursor(&self) -> Option<usize> {
        (!self.order().is_empty()).then_some(self.cursor)
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
