//! The store of one (cluster, kind, scope): compact rows over one arena of strings.
//!
//! A row costs its head, 12 bytes a cell and its text once; an event costs nothing that outlives it.
//! A relist marks what it sees and sweeps the rest when it is complete, so that rows are swapped and
//! the table is never empty in between.

use super::cell::Cell;
use super::column::Column;
use super::draft::{Draft, Span, Tone};
use crate::base::age::Timestamp;
use crate::base::arena::{self, Arena, Sym};
use hashbrown::HashTable;
use std::sync::Arc;

/// A row's place; it stays while the row lives and may be given to another row afterwards.
pub type Slot = u32;

/// What an upsert did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// The object was not there.
    Added,
    /// It was there with another resource version.
    Modified,
    /// It was there just so.
    Unchanged,
}

/// A resource version: a number where it is one, else a symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Version {
    Number(u64),
    Text(Sym),
}

#[derive(Clone, Copy, Debug)]
struct Head {
    /// The uid, or `namespace/name` where the server gives none.
    key: Sym,
    namespace: Sym,
    name: Sym,
    labels: Sym,
    version: Version,
    created: Timestamp,
    /// The relist that saw it last.
    seen: u32,
    tone: Tone,
    live: bool,
    dirty: Dirt,
}

/// What happened to a slot since its changes were last taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Dirt {
    None,
    Changed,
    Placed,
}

/// A slot that changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dirty {
    /// The slot.
    pub slot: Slot,
    /// A row came to it, or went: what lives there may be another object than before.
    pub placed: bool,
}

/// The rows of one table.
#[derive(Default)]
pub struct Rows {
    columns: Arc<[Column]>,
    columns_version: u32,
    arena: Arena,
    heads: Vec<Head>,
    cells: Vec<Cell<Sym>>,
    free: Vec<Slot>,
    index: HashTable<Slot>,
    generation: u32,
    tracked: bool,
    dirty: Vec<Slot>,
    /// Bytes of text that rows have let go since the last compaction, shared text counted as well.
    garbage: usize,
}

const COMPACT_FROM: usize = 256 << 10;

impl Rows {
    /// The columns of every row.
    pub fn columns(&self) -> &Arc<[Column]> {
        &self.columns
    }

    /// Grows with every change of the columns.
    pub fn columns_version(&self) -> u32 {
        self.columns_version
    }

    /// Sets the columns; if they differ from those in force all rows are dropped, for their cells
    /// would stand under the wrong heads.
    pub fn set_columns(&mut self, columns: Arc<[Column]>) {
        if self.columns == columns && self.columns_version > 0 {
            return;
        }
        let (columns_version, generation, tracked) = (self.columns_version + 1, self.generation, self.tracked);
        *self = Rows { columns, columns_version, generation, tracked, ..Rows::default() };
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Bytes of text held in the arena.
    pub fn text_bytes(&self) -> usize {
        self.arena.bytes()
    }

    /// The slots of all rows.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        (0..self.heads.len() as Slot).filter(|&slot| self.heads[slot as usize].live)
    }

    /// Whether a row lives at `slot`.
    pub fn is_live(&self, slot: Slot) -> bool {
        self.heads.get(slot as usize).is_some_and(|head| head.live)
    }

    fn head(&self, slot: Slot) -> Option<&Head> {
        self.heads.get(slot as usize)
    }

    fn head_text(&self, slot: Slot, part: impl FnOnce(&Head) -> Sym) -> &str {
        self.head(slot).map_or("", |head| self.arena.get(part(head)))
    }

    /// The row's identity in its cluster: the uid, or `namespace/name` where there is none.
    pub fn key(&self, slot: Slot) -> &str {
        self.head_text(slot, |head| head.key)
    }

    /// The uid; empty where the server gives none.
    pub fn uid(&self, slot: Slot) -> &str {
        let key = self.key(slot);
        if key.contains('/') { "" } else { key }
    }

    /// The namespace; empty for cluster-scoped kinds.
    pub fn namespace(&self, slot: Slot) -> &str {
        self.head_text(slot, |head| head.namespace)
    }

    /// The namespace's symbol; it holds until the next change of the rows.
    pub fn namespace_sym(&self, slot: Slot) -> Sym {
        self.head(slot).map_or(Sym::EMPTY, |head| head.namespace)
    }

    /// The name's symbol; it holds until the next change of the rows.
    pub fn name_sym(&self, slot: Slot) -> Sym {
        self.head(slot).map_or(Sym::EMPTY, |head| head.name)
    }

    /// The name.
    pub fn name(&self, slot: Slot) -> &str {
        self.head_text(slot, |head| head.name)
    }

    /// Labels as `k=v,k=v`, sorted.
    pub fn labels(&self, slot: Slot) -> &str {
        self.head_text(slot, |head| head.labels)
    }

    /// The resource version as the server wrote it.
    pub fn version(&self, slot: Slot) -> String {
        match self.head(slot).map(|head| head.version) {
            Some(Version::Number(number)) => number.to_string(),
            Some(Version::Text(text)) => self.arena.get(text).to_owned(),
            None => String::new(),
        }
    }

    /// When the object was created; 0 when not known.
    pub fn created(&self, slot: Slot) -> Timestamp {
        self.head(slot).map_or(0, |head| head.created)
    }

    /// How the object fares.
    pub fn tone(&self, slot: Slot) -> Tone {
        self.head(slot).map_or(Tone::Plain, |head| head.tone)
    }

    /// A cell; empty text where there is none.
    pub fn cell(&self, slot: Slot, column: usize) -> Cell<Sym> {
        let stride = self.columns.len();
        if column >= stride {
            return Cell::Text(Sym::EMPTY);
        }
        self.cells.get(slot as usize * stride + column).copied().unwrap_or(Cell::Text(Sym::EMPTY))
    }

    /// The text of a symbol of this table.
    pub fn text(&self, sym: Sym) -> &str {
        self.arena.get(sym)
    }

    /// Appends a cell's text.
    pub fn write_cell(&self, out: &mut String, slot: Slot, column: usize, now: Timestamp) {
        self.cell(slot, column).write(out, now, |sym| self.arena.get(sym));
    }

    /// The row with this key.
    pub fn find(&self, key: &str) -> Option<Slot> {
        let found = self.index.find(arena::hash(key), |&slot| self.key(slot) == key);
        found.copied()
    }

    /// Begins a relist: what it does not upsert is removed by [`Rows::commit`].
    pub fn begin(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// Ends a relist: removes every row it did not see, showing each to `gone` first.
    pub fn commit(&mut self, mut gone: impl FnMut(&Rows, Slot)) {
        for slot in 0..self.heads.len() as Slot {
            let head = self.heads[slot as usize];
            if head.live && head.seen != self.generation {
                gone(self, slot);
                self.remove_slot(slot);
            }
        }
        self.dirty.shrink_to(1024);
    }

    /// Adds or replaces the draft's row.
    pub fn upsert(&mut self, draft: &Draft) -> (Slot, Change) {
        let stride = self.columns.len();
        let key = Key::of(draft);
        let (slot, change) = match key.find(self) {
            Some(slot) => {
                let same = self.same_version(slot, draft.get(draft.version));
                self.heads[slot as usize].seen = self.generation;
                if same {
                    return (slot, Change::Unchanged);
                }
                self.replace_head(slot, draft);
                (slot, Change::Modified)
            }
            None => (self.insert_head(&key, draft), Change::Added),
        };
        let base = slot as usize * stride;
        for column in 0..stride {
            let new = draft.cells.get(column).copied().unwrap_or(Cell::Text(Span::default()));
            let old = if change == Change::Added { Cell::Text(Sym::EMPTY) } else { self.cells[base + column] };
            self.cells[base + column] = self.keep_cell(slot, old, new, draft);
        }
        self.touch(slot, if change == Change::Added { Dirt::Placed } else { Dirt::Changed });
        self.compact_if_due();
        (slot, change)
    }

    /// Writes a text into one cell; false when it stands there already, or there is no such row.
    pub fn amend(&mut self, key: &str, column: usize, text: &str) -> bool {
        let Some(slot) = self.find(key).filter(|_| column < self.columns.len()) else { return false };
        let at = slot as usize * self.columns.len() + column;
        let Cell::Text(old) = self.cells[at] else { return false };
        if self.arena.get(old) == text {
            return false;
        }
        self.cells[at] = Cell::Text(self.keep_text(old, text));
        self.touch(slot, Dirt::Changed);
        self.compact_if_due();
        true
    }

    /// Removes the draft's row, showing it to `gone` first; false when it was not there.
    pub fn remove(&mut self, draft: &Draft, gone: impl FnOnce(&Rows, Slot)) -> bool {
        let Some(slot) = Key::of(draft).find(self) else {
            return false;
        };
        gone(self, slot);
        self.remove_slot(slot);
        self.compact_if_due();
        true
    }

    /// Starts or stops to collect which slots change.
    pub fn track(&mut self, on: bool) {
        self.tracked = on;
        self.take_dirty(&mut Vec::new());
    }

    /// Appends the slots that changed since the last call, each once; slots of removed rows too.
    pub fn take_dirty(&mut self, out: &mut Vec<Dirty>) {
        for &slot in &self.dirty {
            if let Some(head) = self.heads.get_mut(slot as usize) {
                out.push(Dirty { slot, placed: head.dirty == Dirt::Placed });
                head.dirty = Dirt::None;
            }
        }
        self.dirty.clear();
    }

    fn same_version(&self, slot: Slot, version: &str) -> bool {
        match self.heads[slot as usize].version {
            Version::Number(number) => parse_number(version) == Some(number),
            Version::Text(text) => !version.is_empty() && self.arena.get(text) == version,
        }
    }

    fn keep_version(&mut self, version: &str) -> Version {
        match parse_number(version) {
            Some(number) => Version::Number(number),
            None => Version::Text(self.arena.intern(version)),
        }
    }

    fn insert_head(&mut self, key: &Key<'_>, draft: &Draft) -> Slot {
        let name = self.arena.push(draft.get(draft.name));
        let namespace = self.arena.intern(draft.get(draft.namespace));
        let sym = match key {
            Key::Uid(uid) => self.arena.push(uid),
            Key::Name(full) => self.arena.push(full),
        };
        let head = Head {
            key: sym,
            namespace,
            name,
            labels: self.arena.intern(draft.get(draft.labels)),
            version: self.keep_version(draft.get(draft.version)),
            created: draft.created,
            seen: self.generation,
            tone: draft.tone,
            live: true,
            dirty: Dirt::None,
        };
        let stride = self.columns.len();
        let slot = if let Some(slot) = self.free.pop() {
            let dirty = self.heads[slot as usize].dirty;
            self.heads[slot as usize] = Head { dirty, ..head };
            slot
        } else {
            self.heads.push(head);
            self.cells.resize(self.heads.len() * stride, Cell::Text(Sym::EMPTY));
            self.heads.len() as Slot - 1
        };
        let (heads, arena) = (&self.heads, &self.arena);
        self.index
            .insert_unique(arena::hash(arena.get(sym)), slot, |&slot| arena::hash(arena.get(heads[slot as usize].key)));
        slot
    }

    fn replace_head(&mut self, slot: Slot, draft: &Draft) {
        let old = self.heads[slot as usize];
        let labels = self.keep_text(old.labels, draft.get(draft.labels));
        if let Version::Text(text) = old.version {
            self.garbage += self.arena.get(text).len();
        }
        let version = self.keep_version(draft.get(draft.version));
        let head = &mut self.heads[slot as usize];
        head.labels = labels;
        head.version = version;
        head.created = draft.created;
        head.tone = draft.tone;
    }

    fn keep_text(&mut self, old: Sym, new: &str) -> Sym {
        let text = self.arena.get(old);
        if text == new {
            return old;
        }
        self.garbage += text.len();
        self.arena.intern(new)
    }

    fn keep_cell(&mut self, slot: Slot, old: Cell<Sym>, new: Cell<Span>, draft: &Draft) -> Cell<Sym> {
        new.map(|span| {
            if span == draft.name {
                return self.heads[slot as usize].name;
            }
            let old = if let Cell::Text(sym) = old { sym } else { Sym::EMPTY };
            self.keep_text(old, draft.get(span))
        })
    }

    fn remove_slot(&mut self, slot: Slot) {
        let hash = arena::hash(self.key(slot));
        if let Ok(entry) = self.index.find_entry(hash, |&other| other == slot) {
            entry.remove();
        }
        self.garbage += self.key(slot).len() + self.name(slot).len() + 8 * self.columns.len();
        self.heads[slot as usize].live = false;
        self.free.push(slot);
        self.touch(slot, Dirt::Placed);
    }

    fn touch(&mut self, slot: Slot, dirt: Dirt) {
        if !self.tracked {
            return;
        }
        let dirty = &mut self.heads[slot as usize].dirty;
        if *dirty == Dirt::None {
            self.dirty.push(slot);
        }
        *dirty = dirt.max(*dirty);
    }

    /// Once half of the arena may be text that no row names any more, copies what is named.
    fn compact_if_due(&mut self) {
        if self.garbage < COMPACT_FROM || self.garbage < self.arena.bytes() / 2 {
            return;
        }
        let old = std::mem::take(&mut self.arena);
        let stride = self.columns.len();
        for slot in 0..self.heads.len() {
            let head = &mut self.heads[slot];
            if !head.live {
                continue;
            }
            let old_name = head.name;
            head.key = self.arena.push(old.get(head.key));
            head.name = self.arena.push(old.get(old_name));
            head.namespace = self.arena.intern(old.get(head.namespace));
            head.labels = self.arena.intern(old.get(head.labels));
            if let Version::Text(text) = head.version {
                head.version = Version::Text(self.arena.intern(old.get(text)));
            }
            for cell in &mut self.cells[slot * stride..(slot + 1) * stride] {
                let name = head.name;
                let arena = &mut self.arena;
                *cell = cell.map(|sym| if sym == old_name { name } else { arena.intern(old.get(sym)) });
            }
        }
        self.garbage = 0;
    }
}

fn parse_number(version: &str) -> Option<u64> {
    // Only what reads back as it was written: no sign, no leading zero.
    let plain = version == "0" || (!version.starts_with('0') && version.bytes().all(|b| b.is_ascii_digit()));
    if plain { version.parse().ok() } else { None }
}

enum Key<'a> {
    Uid(&'a str),
    Name(String),
}

impl<'a> Key<'a> {
    fn of(draft: &'a Draft) -> Key<'a> {
        match draft.get(draft.uid) {
            "" => Key::Name(format!("{}/{}", draft.get(draft.namespace), draft.get(draft.name))),
            uid => Key::Uid(uid),
        }
    }

    fn find(&self, rows: &Rows) -> Option<Slot> {
        match self {
            Key::Uid(uid) => rows.find(uid),
            Key::Name(full) => rows.find(full),
        }
    }
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
