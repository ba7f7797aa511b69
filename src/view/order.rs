//! The order of a table's rows: sorted by a prefix of what counts, looked up only where that ties.

use crate::base::arena::Sym;
use crate::model::cell::Cell;
use crate::model::rows::{Rows, Slot};
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Deref;

/// A row of one of the table's sources.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Entry {
    /// Which source.
    pub source: u16,
    /// Which of its rows.
    pub slot: Slot,
}

/// A row in order.
#[derive(Clone, Copy, Debug)]
pub struct Keyed {
    key: u128,
    /// The key of the natural order, which decides where the first ties.
    natural: u128,
    /// The row.
    pub entry: Entry,
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
}

/// What orders rows: the criterion, its direction, and the ranks of the namespaces.
#[derive(Default)]
pub struct Sorter {
    by: By,
    descending: bool,
    /// The cluster of each source.
    clusters: Vec<u16>,
    /// The place of each source's kind among those of the table; empty where there is one kind.
    kinds: Vec<u8>,
    ranks: FxHashMap<Box<str>, u16>,
}

/// Locked rows, one a source.
pub trait Sources: Deref<Target = Rows> {}
impl<T: Deref<Target = Rows>> Sources for T {}

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

    /// Ranks the namespaces of all rows anew.
    pub fn rank(&mut self, sources: &[impl Sources]) {
        let mut names = BTreeSet::new();
        for rows in sources {
            let mut last = None;
            for slot in rows.slots() {
                let sym = rows.namespace_sym(slot);
                if last != Some(sym) && !names.contains(rows.text(sym)) {
                    names.insert(rows.text(sym));
                }
                last = Some(sym);
            }
        }
        self.ranks = names.into_iter().enumerate().map(|(i, name)| (name.into(), i.min(0xffff) as u16)).collect();
    }

    /// The row with its key; `None` when its namespace has no rank yet, so that all must be ranked.
    pub fn key(&self, sources: &[impl Sources], entry: Entry) -> Option<Keyed> {
        let rows = sources.get(usize::from(entry.source))?;
        let rank = u128::from(*self.ranks.get(rows.namespace(entry.slot))?);
        let cluster = u128::from(self.clusters.get(usize::from(entry.source)).copied().unwrap_or(0));
        let name = || u128::from_be_bytes(prefix(rows.name(entry.slot))) >> 32;
        let kind = self.kinds.get(usize::from(entry.source)).copied();
        let natural = match kind {
            None => cluster << 112 | rank << 96 | name(),
            Some(kind) => cluster << 112 | rank << 96 | u128::from(kind) << 88 | name() >> 8,
        };
        let key = match &self.by {
            By::Natural => natural,
            By::Namespace => self.directed(rank << 112) | cluster << 96 | name(),
            By::Kind => self.directed(u128::from(kind.unwrap_or(0)) << 120) | natural >> 8,
            By::Cell(columns) => self.directed(cell_key(columns, rows, entry)),
        };
        Some(Keyed { key, natural, entry })
    }

    fn directed(&self, key: u128) -> u128 {
        if self.descending {
            !key & match self.by {
                By::Namespace => 0xffff << 112,
                By::Kind => 0xff << 120,
                _ => u128::MAX,
            }
        } else {
            key
        }
    }

    /// How two rows compare.
    pub fn compare(&self, sources: &[impl Sources], a: &Keyed, b: &Keyed) -> Ordering {
        a.key.cmp(&b.key).then_with(|| self.tie(sources, a, b))
    }

    fn tie(&self, sources: &[impl Sources], keyed_a: &Keyed, keyed_b: &Keyed) -> Ordering {
        let (a, b) = (keyed_a.entry, keyed_b.entry);
        let (Some(rows_a), Some(rows_b)) = (sources.get(usize::from(a.source)), sources.get(usize::from(b.source)))
        else {
            return Ordering::Equal;
        };
        let cluster = |entry: Entry| self.clusters.get(usize::from(entry.source));
        let kind = |entry: Entry| self.kinds.get(usize::from(entry.source));
        let natural = || {
            let by_name = || rows_a.name(a.slot).cmp(rows_b.name(b.slot));
            let by_namespace = || rows_a.namespace(a.slot).cmp(rows_b.namespace(b.slot));
            let by_key = || rows_a.key(a.slot).cmp(rows_b.key(b.slot));
            let by_kind = || kind(a).cmp(&kind(b));
            let by_cluster = || cluster(a).cmp(&cluster(b));
            keyed_a
                .natural
                .cmp(&keyed_b.natural)
                .then_with(by_cluster)
                .then_with(by_namespace)
                .then_with(by_kind)
                .then_with(by_name)
                .then_with(by_key)
        };
        let By::Cell(columns) = &self.by else { return natural() };
        let same_text = a.source == b.source
            && columns
                .get(usize::from(a.source))
                .copied()
                .flatten()
                .is_none_or(|c| rows_a.cell(a.slot, c) == rows_b.cell(b.slot, c));
        let primary =
            if same_text { Ordering::Equal } else { text_of(columns, rows_a, a).cmp(&text_of(columns, rows_b, b)) };
        let primary = if self.descending { primary.reverse() } else { primary };
        primary.then_with(natural)
    }

    /// Sorts rows.
    pub fn sort(&self, sources: &[impl Sources], order: &mut [Keyed]) {
        order.sort_unstable_by(|a, b| self.compare(sources, a, b));
    }

    /// Merges rows, sorted already, into an order.
    pub fn merge(&self, sources: &[impl Sources], order: &mut Vec<Keyed>, new: &[Keyed]) {
        if new.is_empty() {
            return;
        }
        let old = std::mem::replace(order, Vec::with_capacity(order.len() + new.len()));
        let mut rest = old.as_slice();
        for keyed in new {
            let before = rest.partition_point(|other| self.compare(sources, other, keyed) == Ordering::Less);
            order.extend_from_slice(&rest[..before]);
            order.push(*keyed);
            rest = &rest[before..];
        }
        order.extend_from_slice(rest);
    }
}

fn cell_key(columns: &[Option<usize>], rows: &Rows, entry: Entry) -> u128 {
    let Some(Some(column)) = columns.get(usize::from(entry.source)).copied() else { return u128::MAX };
    number_key(rows.cell(entry.slot, column), |sym| rows.text(sym))
        .unwrap_or_else(|sym| 1 << 127 | u128::from_be_bytes(prefix(rows.text(sym))) >> 1)
}

/// The text of a row's cell; none for a number, whose key says all.
fn text_of<'a>(columns: &[Option<usize>], rows: &'a Rows, entry: Entry) -> Option<&'a str> {
    let column = (*columns.get(usize::from(entry.source))?)?;
    match rows.cell(entry.slot, column) {
        Cell::Text(sym) => Some(rows.text(sym)),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells in the order in which a column of them stands.
    fn sorted(cells: &[Cell<Sym>]) -> Vec<Cell<Sym>> {
        let mut cells = cells.to_vec();
        cells.sort_by_key(|&cell| number_key(cell, |_| "").unwrap_or(u128::MAX));
        cells
    }

    #[test]
    fn time_is_sorted_by_how_long_and_moments_by_when() {
        let nothing = Cell::Text(Sym::EMPTY);
        // Jobs: one not begun, two that are over, two that run, the second for longer.
        let durations = [nothing, Cell::Duration(300), Cell::Age(1000), Cell::Duration(-5), Cell::Age(2000)];
        let wanted = [Cell::Age(2000), Cell::Age(1000), Cell::Duration(-5), Cell::Duration(300), nothing];
        assert_eq!(sorted(&durations), wanted);
        let moments = [Cell::Moment(3), Cell::Moment(1), Cell::Moment(0), Cell::Moment(2)];
        assert_eq!(sorted(&moments), [Cell::Moment(0), Cell::Moment(1), Cell::Moment(2), Cell::Moment(3)]);
    }
}
