//! The order of a table's rows. Rows are kept in their natural order, which their names never leave; any
//! other order is a stable sort of it by one criterion.

use super::spread;
use crate::base::arena::Sym;
use crate::model::cell::Cell;
use crate::model::draft::Tone;
use crate::model::rows::{Rows, Slot};
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::hash::Hash;

/// A row of one of the table's sources.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Entry {
    /// Which source.
    pub source: u16,
    /// Which of its rows.
    pub slot: Slot,
}

/// By what rows are ordered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum By {
    /// Cluster, namespace, name.
    #[default]
    Natural,
    /// Namespace, then cluster and name.
    Namespace,
    /// Kind, then cluster, namespace and name.
    Kind,
    /// A cell: its column in each source.
    Cell(Vec<Option<usize>>),
    /// What wants attention, then what was seen last: the column of that moment in each source.
    Urgent(Vec<Option<usize>>),
}

/// What orders rows: the criterion and its direction.
#[derive(Default)]
pub struct Sorter {
    by: By,
    descending: bool,
    /// The cluster of each source.
    clusters: Vec<u16>,
    /// The place of each source's kind among those of the table; empty where there is one kind.
    kinds: Vec<u8>,
}

impl Sorter {
    /// A sorter for sources of these clusters.
    pub fn new(by: By, descending: bool, clusters: Vec<u16>) -> Sorter {
        Sorter { by, descending, clusters, ..Sorter::default() }
    }

    /// The same for sources of several kinds: in the natural order the kind goes before the name.
    #[must_use]
    pub fn with_kinds(mut self, kinds: Vec<u8>) -> Sorter {
        self.kinds = kinds;
        self
    }

    /// Whether it is the natural order.
    pub fn is_natural(&self) -> bool {
        self.by == By::Natural
    }

    /// How two rows compare.
    pub fn compare(&self, sources: &[&Rows], a: Entry, b: Entry) -> Ordering {
        self.criterion(sources, a, b).then_with(|| self.natural(sources, a, b))
    }

    fn cluster(&self, entry: Entry) -> u16 {
        self.clusters.get(usize::from(entry.source)).copied().unwrap_or(0)
    }

    fn kind(&self, entry: Entry) -> u8 {
        self.kinds.get(usize::from(entry.source)).copied().unwrap_or(0)
    }

    /// How two rows compare in the natural order. No two rows are equal in it.
    pub fn natural(&self, sources: &[&Rows], a: Entry, b: Entry) -> Ordering {
        let (Some(rows_a), Some(rows_b)) = (of(sources, a), of(sources, b)) else { return Ordering::Equal };
        let same = a.source == b.source && rows_a.namespace_sym(a.slot) == rows_b.namespace_sym(b.slot);
        let by_namespace =
            || if same { Ordering::Equal } else { rows_a.namespace(a.slot).cmp(rows_b.namespace(b.slot)) };
        let by_cluster = self.cluster(a).cmp(&self.cluster(b));
        by_cluster
            .then_with(by_namespace)
            .then_with(|| self.kind(a).cmp(&self.kind(b)))
            .then_with(|| rows_a.name(a.slot).cmp(rows_b.name(b.slot)))
            .then_with(|| rows_a.key(a.slot).cmp(rows_b.key(b.slot)))
            .then_with(|| (a.source, a.slot).cmp(&(b.source, b.slot)))
    }

    /// How two rows compare by the criterion alone.
    fn criterion(&self, sources: &[&Rows], a: Entry, b: Entry) -> Ordering {
        let (Some(rows_a), Some(rows_b)) = (of(sources, a), of(sources, b)) else { return Ordering::Equal };
        let order = match &self.by {
            By::Natural => return Ordering::Equal,
            By::Urgent(columns) => return urgency(columns, rows_a, a).cmp(&urgency(columns, rows_b, b)),
            By::Namespace => rows_a.namespace(a.slot).cmp(rows_b.namespace(b.slot)),
            By::Kind => self.kind(a).cmp(&self.kind(b)),
            By::Cell(columns) => compare_cells((rows_a, cell(columns, rows_a, a)), (rows_b, cell(columns, rows_b, b))),
        };
        if self.descending { order.reverse() } else { order }
    }

    /// Puts rows into their natural order.
    pub fn sort_naturally(&self, sources: &[&Rows], rows: &mut Vec<Entry>) {
        // A server lists in this order already.
        if rows.is_sorted_by(|&a, &b| self.natural(sources, a, b) != Ordering::Greater) {
            return;
        }
        let namespace =
            |entry: Entry| (entry.source, of(sources, entry).map_or(Sym::EMPTY, |r| r.namespace_sym(entry.slot)));
        let text = |(source, sym): (u16, Sym)| sources.get(usize::from(source)).map_or("", |rows| rows.text(sym));
        let Some(ranks) = ranks(rows, namespace, usize::MAX, |a, b| text(a).cmp(text(b))) else { return };
        let group = |(entry, rank): (&Entry, u32)| {
            u64::from(self.cluster(*entry)) << 48 | u64::from(rank) << 8 | u64::from(self.kind(*entry))
        };
        let groups: Vec<u64> = rows.iter().zip(ranks).map(group).collect();
        let names: Vec<&str> =
            rows.iter().map(|&entry| of(sources, entry).map_or("", |rows| rows.name(entry.slot))).collect();
        let tie = |a: u32, b: u32| match (rows.get(a as usize), rows.get(b as usize)) {
            (Some(&a), Some(&b)) => self.natural(sources, a, b),
            _ => Ordering::Equal,
        };
        let order = spread::sort_grouped(&groups, &spread::Texts { of: names, descending: false, tie: &tie });
        *rows = order.into_iter().filter_map(|at| rows.get(at as usize).copied()).collect();
    }

    /// Rows that stand in their natural order, in this order.
    pub fn sorted(&self, sources: &[&Rows], rows: &[Entry]) -> Vec<Entry> {
        let all = usize::MAX;
        let ranks = match &self.by {
            By::Natural => return rows.to_vec(),
            By::Kind => Some(rows.iter().map(|&entry| self.kind(entry).into()).collect()),
            By::Namespace => {
                let value = |entry: Entry| of(sources, entry).map_or("", |rows| rows.namespace(entry.slot));
                ranks(rows, value, all, str::cmp)
            }
            By::Urgent(columns) => {
                let value = |entry: Entry| of(sources, entry).map_or(0, |rows| urgency(columns, rows, entry));
                ranks(rows, value, all, |a, b| a.cmp(&b))
            }
            By::Cell(columns) => {
                let value =
                    |entry: Entry| (entry.source, of(sources, entry).and_then(|rows| cell(columns, rows, entry)));
                let compare = |a: (u16, Option<Cell<Sym>>), b: (u16, Option<Cell<Sym>>)| match (
                    sources.get(usize::from(a.0)),
                    sources.get(usize::from(b.0)),
                ) {
                    (Some(rows_a), Some(rows_b)) => compare_cells((rows_a, a.1), (rows_b, b.1)),
                    _ => Ordering::Equal,
                };
                // Few values are ranked; many are sorted.
                ranks(rows, value, rows.len() / 4 + 64, compare)
            }
        };
        match (ranks, &self.by) {
            (Some(ranks), _) => by_rank(rows, &ranks, self.descending && !matches!(self.by, By::Urgent(_))),
            (None, By::Cell(columns)) => self.sorted_cells(sources, rows, columns),
            (None, _) => rows.to_vec(),
        }
    }

    /// The same for a column of many values.
    fn sorted_cells(&self, sources: &[&Rows], rows: &[Entry], columns: &[Option<usize>]) -> Vec<Entry> {
        let plain = |&entry: &Entry| {
            let in_source = of(sources, entry)?;
            match cell(columns, in_source, entry)? {
                Cell::Text(sym) => Some(in_source.text(sym)).filter(|text| text.parse::<i64>().is_err()),
                _ => None,
            }
        };
        let texts: Option<Vec<&str>> = rows.iter().map(plain).collect();
        let order = match texts {
            Some(of) => spread::sort_texts(&spread::Texts { of, descending: self.descending, tie: &|a, b| a.cmp(&b) }),
            None => {
                let direct = |key: u128| if self.descending { !key } else { key };
                let key = |&entry: &Entry| {
                    direct(of(sources, entry).map_or(u128::MAX, |rows| key_of(rows, cell(columns, rows, entry))))
                };
                let keys: Vec<u128> = rows.iter().map(key).collect();
                spread::sort_keys(&keys, &|a, b| match (rows.get(a as usize), rows.get(b as usize)) {
                    (Some(&entry_a), Some(&entry_b)) => self.criterion(sources, entry_a, entry_b).then(a.cmp(&b)),
                    _ => Ordering::Equal,
                })
            }
        };
        order.into_iter().filter_map(|at| rows.get(at as usize).copied()).collect()
    }

    /// Merges rows, sorted already, into an order.
    pub fn merge(&self, sources: &[&Rows], order: &mut Vec<Entry>, new: &[Entry]) {
        merge(order, new, |a, b| self.compare(sources, a, b));
    }

    /// The same in the natural order.
    pub fn merge_naturally(&self, sources: &[&Rows], order: &mut Vec<Entry>, new: &[Entry]) {
        merge(order, new, |a, b| self.natural(sources, a, b));
    }

    /// Where a row stands in this order.
    pub fn find(&self, sources: &[&Rows], order: &[Entry], entry: Entry) -> Option<usize> {
        order.binary_search_by(|&other| self.compare(sources, other, entry)).ok()
    }
}

fn of<'a>(sources: &[&'a Rows], entry: Entry) -> Option<&'a Rows> {
    sources.get(usize::from(entry.source)).copied()
}

fn cell(columns: &[Option<usize>], rows: &Rows, entry: Entry) -> Option<Cell<Sym>> {
    let column = (*columns.get(usize::from(entry.source))?)?;
    Some(rows.cell(entry.slot, column))
}

/// What wants attention comes first. To the second: ages take 32 bits, and what is not known comes last.
fn urgency(columns: &[Option<usize>], rows: &Rows, entry: Entry) -> u128 {
    let calm = !matches!(rows.tone(entry.slot), Tone::Warn | Tone::Bad);
    u128::from(calm) << 64 | key_of(rows, cell(columns, rows, entry)).min(u128::from(u64::MAX))
}

fn compare_cells(a: (&Rows, Option<Cell<Sym>>), b: (&Rows, Option<Cell<Sym>>)) -> Ordering {
    if std::ptr::eq(a.0, b.0) && a.1 == b.1 {
        return Ordering::Equal;
    }
    key_of(a.0, a.1).cmp(&key_of(b.0, b.1)).then_with(|| text_of(a.0, a.1).cmp(&text_of(b.0, b.1)))
}

/// What decides where the first bytes of texts tie; of a number the key says all.
fn text_of(rows: &Rows, cell: Option<Cell<Sym>>) -> Option<&str> {
    match cell {
        Some(Cell::Text(sym)) => Some(rows.text(sym)),
        _ => None,
    }
}

/// A prefix of what orders a cell; what is not there comes last.
fn key_of(rows: &Rows, cell: Option<Cell<Sym>>) -> u128 {
    let Some(cell) = cell else { return u128::MAX };
    number_key(cell, |sym| rows.text(sym))
        .unwrap_or_else(|sym| 1 << 127 | u128::from_be_bytes(prefix(rows.text(sym))) >> 1)
}

/// Numbers before texts; ages by how old, the youngest first, the unknown last. What still runs stands
/// before what has ended: its duration is an age.
fn number_key<'a>(cell: Cell<Sym>, text: impl Fn(Sym) -> &'a str) -> Result<u128, Sym> {
    let biased = |number: i64| u128::from(number as u64 ^ (1 << 63));
    match cell {
        Cell::Number(number) => Ok(biased(number.into()) << 32),
        Cell::Size(kib) => Ok(biased(kib.into()) << 32),
        Cell::Restarts { count, last } => Ok(biased(count.into()) << 32 | u128::from(last)),
        Cell::Duration(seconds) => Ok(biased(seconds.into()) << 32),
        Cell::Moment(then) => Ok(biased(then.into()) << 32),
        Cell::Age(0) => Ok(u128::MAX >> 1),
        Cell::Age(then) => Ok(u128::from(u32::MAX - then)),
        Cell::Text(sym) => text(sym).parse::<i64>().map(|number| biased(number) << 32).map_err(|_| sym),
    }
}

fn prefix(text: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    let len = text.len().min(16);
    bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
    bytes
}

/// The place of each row's value among all values, equal ones at the same place; `None` when there are
/// more than `most` values.
fn ranks<V: Copy + Eq + Hash>(
    rows: &[Entry],
    value: impl Fn(Entry) -> V,
    most: usize,
    compare: impl Fn(V, V) -> Ordering,
) -> Option<Vec<u32>> {
    let mut known: FxHashMap<V, u32> = FxHashMap::default();
    let mut values: Vec<V> = Vec::new();
    let mut ids = Vec::with_capacity(rows.len());
    let mut last: Option<(V, u32)> = None;
    for &entry in rows {
        let value = value(entry);
        let id = match last {
            Some((same, id)) if same == value => id,
            _ => *known.entry(value).or_insert_with(|| {
                values.push(value);
                values.len() as u32 - 1
            }),
        };
        if values.len() > most {
            return None;
        }
        last = Some((value, id));
        ids.push(id);
    }
    let at = |id: u32| values[id as usize];
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_by(|&a, &b| compare(at(a), at(b)));
    let mut rank = vec![0; values.len()];
    let mut next = 0;
    for pair in order.windows(2) {
        next += u32::from(compare(at(pair[0]), at(pair[1])) != Ordering::Equal);
        rank[pair[1] as usize] = next;
    }
    for id in &mut ids {
        *id = rank[*id as usize];
    }
    Some(ids)
}

/// Sorts by rank; rows of one rank stay as they stand.
fn by_rank(rows: &[Entry], ranks: &[u32], descending: bool) -> Vec<Entry> {
    let highest = ranks.iter().copied().max().unwrap_or(0);
    let place = |rank: u32| (if descending { highest - rank } else { rank }) as usize;
    let mut ends = vec![0_usize; highest as usize + 1];
    for &rank in ranks {
        ends[place(rank)] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        (*end, sum) = (sum, sum + *end);
    }
    let mut sorted = rows.to_vec();
    for (&entry, &rank) in rows.iter().zip(ranks) {
        let next = &mut ends[place(rank)];
        sorted[*next] = entry;
        *next += 1;
    }
    sorted
}

/// Merges `new` into `order`, both sorted: each is looked for near the one before it.
fn merge(order: &mut Vec<Entry>, new: &[Entry], compare: impl Fn(Entry, Entry) -> Ordering) {
    let Some(&first) = new.first() else { return };
    // What comes behind all others, as rows do that arrive in order, moves nothing.
    if order.last().is_none_or(|&last| compare(last, first) == Ordering::Less) {
        order.extend_from_slice(new);
        return;
    }
    let old = std::mem::replace(order, Vec::with_capacity(order.len() + new.len()));
    let mut rest = old.as_slice();
    for &entry in new {
        let less = |other: &Entry| compare(*other, entry) == Ordering::Less;
        let mut bound = 1;
        while rest.get(bound - 1).is_some_and(less) {
            bound *= 2;
        }
        let (from, to) = (bound / 2, rest.len().min(bound));
        let before = from.min(to) + rest[from.min(to)..to].partition_point(less);
        order.extend_from_slice(&rest[..before]);
        order.push(entry);
        rest = &rest[before..];
    }
    order.extend_from_slice(rest);
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
