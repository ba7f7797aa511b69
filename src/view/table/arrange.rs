//! Which rows show and in which order, kept up from change to change.

use super::columns::Place;
use super::{Table, joint};
use crate::base::age::Timestamp;
use crate::model::draft::Tone;
use crate::model::rows::Rows;
use crate::view::filter::{Filter, Seen};
use crate::view::order::{By, Entry, Sorter};
use crate::view::spread;
use crate::view::term::Value;

/// Rows in order.
#[derive(Default)]
pub(super) struct Arranged {
    /// All rows in their natural order, unless they must be gathered anew.
    natural: Vec<Entry>,
    gathered: bool,
    /// Those of them that are in `natural`, and in `order`.
    known: Marks,
    shown: Marks,
    /// Those that show, in order; not kept where all show in their natural order.
    order: Vec<Entry>,
    plain: bool,
    sorter: Sorter,
}

impl Arranged {
    /// The rows that show, in order.
    pub fn order(&self) -> &[Entry] {
        if self.plain { &self.natural } else { &self.order }
    }

    /// Slots mean other rows than before.
    pub fn forget(&mut self) {
        self.gathered = false;
    }

    /// Where a row shows.
    pub fn find(&self, rows: &[&Rows], entry: Entry) -> Option<usize> {
        let shown = if self.plain { &self.known } else { &self.shown };
        if shown.has(entry) { self.sorter.find(rows, self.order(), entry) } else { None }
    }

    /// Gathers all rows.
    fn gather(&mut self, rows: &[&Rows]) {
        let all = rows.iter().zip(0..).flat_map(|(rows, source)| rows.slots().map(move |slot| Entry { source, slot }));
        self.natural = all.collect();
        self.sorter.sort_naturally(rows, &mut self.natural);
        self.known = Marks::of(&self.natural);
        self.gathered = true;
    }

    /// Takes in the rows that came and went.
    fn place(&mut self, rows: &[&Rows], dirty: &[(Entry, bool)]) {
        let placed = || dirty.iter().filter(|(_, placed)| *placed).map(|(entry, _)| *entry);
        let gone: Vec<Entry> = placed().filter(|&entry| self.known.has(entry)).collect();
        let mut new: Vec<Entry> =
            placed().filter(|entry| rows[usize::from(entry.source)].is_live(entry.slot)).collect();
        remove(&mut self.natural, &mut self.known, &gone);
        self.sorter.sort_naturally(rows, &mut new);
        self.sorter.merge_naturally(rows, &mut self.natural, &new);
        self.known.add(&new);
    }
}

/// Takes rows out of an order.
fn remove(order: &mut Vec<Entry>, marks: &mut Marks, gone: &[Entry]) {
    if gone.is_empty() {
        return;
    }
    for &entry in gone {
        marks.clear(entry);
    }
    order.retain(|&entry| marks.has(entry));
}

/// What a row must pass to show, for one thread.
struct Sieve {
    filter: Filter,
    /// The columns of each source that the filter tries.
    tried: Vec<Vec<usize>>,
    seen: Seen,
    /// When the answer changes by itself.
    turn: Option<Timestamp>,
}

impl Table {
    /// Brings the order up to date with the changed rows, each with whether it came or went.
    pub(super) fn arrange(&mut self, rows: &[&Rows], dirty: &[(Entry, bool)]) {
        if self.rebuild || !self.arranged.gathered {
            self.arranged.sorter = self.new_sorter();
        }
        if self.arranged.gathered {
            self.arranged.place(rows, dirty);
        } else {
            self.arranged.gather(rows);
            self.rebuild = true;
        }
        // Above this many, sorting all is cheaper than merging.
        let many = dirty.len() > 256 && dirty.len() * 4 > self.order().len();
        let plain = self.arranged.plain && !self.rebuild;
        if self.rebuild || (many && !plain) {
            self.choose(rows);
            self.measure(rows);
        } else if many {
            self.measure(rows);
        } else if !plain {
            self.update(rows, dirty);
        }
    }

    /// Chooses the rows that show, and sorts them.
    fn choose(&mut self, rows: &[&Rows]) {
        let natural = std::mem::take(&mut self.arranged.natural);
        self.turn = None;
        let open = !self.faults && self.terms.is_empty() && matches!(self.filter, Filter::All);
        self.arranged.plain = open && self.arranged.sorter.is_natural();
        self.arranged.order = if open {
            Vec::new()
        } else {
            let passed = spread::map_halves(&natural, |part| {
                let mut sieve = self.sieve();
                let shows = |entry: &&Entry| self.shows(rows[usize::from(entry.source)], **entry, &mut sieve);
                let passed: Vec<Entry> = part.iter().filter(shows).copied().collect();
                (passed, sieve.turn)
            });
            self.turn = passed.iter().filter_map(|(_, turn)| *turn).min();
            passed.into_iter().map(|(passed, _)| passed).reduce(|all, more| [all, more].concat()).unwrap_or_default()
        };
        let arranged = &mut self.arranged;
        if !arranged.sorter.is_natural() {
            arranged.order = arranged.sorter.sorted(rows, if open { &natural } else { &arranged.order });
        }
        arranged.shown = if arranged.plain { Marks::default() } else { Marks::of(&arranged.order) };
        arranged.natural = natural;
    }

    /// Takes the changed rows out of the order and puts them where they belong.
    fn update(&mut self, rows: &[&Rows], dirty: &[(Entry, bool)]) {
        if dirty.is_empty() {
            return;
        }
        let mut sieve = self.sieve();
        let (mut gone, mut new) = (Vec::new(), Vec::new());
        for &(entry, placed) in dirty {
            let in_source = rows[usize::from(entry.source)];
            let shows = in_source.is_live(entry.slot) && self.shows(in_source, entry, &mut sieve);
            // Only what comes or goes moves in the natural order.
            let moves = placed || !self.arranged.sorter.is_natural();
            let shown = self.arranged.shown.has(entry);
            if shown && (moves || !shows) {
                gone.push(entry);
            }
            if shows && (moves || !shown) {
                new.push(entry);
            }
        }
        self.turn = self.turn.into_iter().chain(sieve.turn).min();
        let arranged = &mut self.arranged;
        remove(&mut arranged.order, &mut arranged.shown, &gone);
        new.sort_unstable_by(|&a, &b| arranged.sorter.compare(rows, a, b));
        arranged.sorter.merge(rows, &mut arranged.order, &new);
        arranged.shown.add(&new);
    }

    fn sieve(&self) -> Sieve {
        let tried = (0..self.parts.len()).map(|source| self.tried_columns(source)).collect();
        Sieve { filter: self.filter.clone(), tried, seen: Seen::default(), turn: None }
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

    /// Whether a row shows.
    fn shows(&self, rows: &Rows, entry: Entry, sieve: &mut Sieve) -> bool {
        if (self.faults && rows.tone(entry.slot) < Tone::Warn) || !self.passes_terms(rows, entry, &mut sieve.turn) {
            return false;
        }
        let Some(tried) = sieve.tried.get(usize::from(entry.source)) else { return false };
        let head = self.heads.get(usize::from(entry.source)).map_or("", String::as_str);
        sieve.filter.matches(&mut sieve.seen, rows, (entry.source, entry.slot), head, tried)
    }

    fn passes_terms(&self, rows: &Rows, entry: Entry, turn: &mut Option<Timestamp>) -> bool {
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
        let mut there = None;
        let passes = self.terms.pass(self.now.saturating_add_signed(skew), value, &mut there);
        let here = there.map(|there| there.saturating_add_signed(skew.saturating_neg()));
        *turn = (*turn).into_iter().chain(here).min();
        passes
    }
}

/// A set of rows.
#[derive(Default)]
struct Marks(Vec<Vec<u64>>);

impl Marks {
    fn of(entries: &[Entry]) -> Marks {
        let mut marks = Marks::default();
        marks.add(entries);
        marks
    }

    fn add(&mut self, entries: &[Entry]) {
        for entry in entries {
            let (source, word) = (usize::from(entry.source), entry.slot as usize / 64);
            if self.0.len() <= source {
                self.0.resize_with(source + 1, Vec::new);
            }
            let words = &mut self.0[source];
            if words.len() <= word {
                words.resize(word + 1, 0);
            }
            words[word] |= 1 << (entry.slot % 64);
        }
    }

    fn clear(&mut self, entry: Entry) {
        let words = self.0.get_mut(usize::from(entry.source));
        if let Some(word) = words.and_then(|words| words.get_mut(entry.slot as usize / 64)) {
            *word &= !(1 << (entry.slot % 64));
        }
    }

    fn has(&self, entry: Entry) -> bool {
        let words = self.0.get(usize::from(entry.source));
        words
            .and_then(|words| words.get(entry.slot as usize / 64))
            .is_some_and(|word| word >> (entry.slot % 64) & 1 == 1)
    }
}
