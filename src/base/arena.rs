//! An append-only arena of strings, named by 4-byte symbols and dropped whole.

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// A string in an [`Arena`]; [`Sym::EMPTY`] is the empty string of every arena.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Sym(u32);

impl Sym {
    /// The empty string.
    pub const EMPTY: Sym = Sym(0);

    /// The symbol as a number, for callers that pack it.
    pub fn to_bits(self) -> u32 {
        self.0
    }

    /// The inverse of [`Sym::to_bits`].
    pub fn from_bits(bits: u32) -> Sym {
        Sym(bits)
    }
}

const CHUNK: usize = 1 << 16;
/// A length byte that announces three more bytes of seven bits each.
const LONG: u8 = 0x7f;
/// The longest string kept; longer ones are cut at a character boundary.
pub const MAX_LEN: usize = (1 << 21) - 1;

/// Strings of one table. At most 4 GiB; beyond that new strings read as empty.
#[derive(Default)]
pub struct Arena {
    chunks: Vec<String>,
    known: HashTable<Sym>,
    bytes: usize,
}

/// The hash under which tables of symbols are kept.
pub fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

impl Arena {
    /// Adds `text` without looking whether it is there already: for what is unique anyhow.
    pub fn push(&mut self, text: &str) -> Sym {
        if text.is_empty() {
            return Sym::EMPTY;
        }
        let text = &text[..text.floor_char_boundary(MAX_LEN)];
        let need = text.len() + 4;
        // Symbol 0 is the empty string, so nothing is ever placed there.
        if self.chunks.is_empty() {
            let mut first = String::with_capacity(1 << 10);
            first.push('\0');
            self.chunks.push(first);
        }
        let last = self.chunks.len() - 1;
        let room = CHUNK.saturating_sub(self.chunks[last].len());
        if room < need {
            if self.chunks.len() == CHUNK {
                return Sym::EMPTY;
            }
            self.chunks.push(String::with_capacity(need.max(CHUNK)));
        }
        let index = self.chunks.len() - 1;
        let chunk = &mut self.chunks[index];
        let at = chunk.len();
        let len = text.len();
        if len < usize::from(LONG) {
            chunk.push(char::from(len as u8));
        } else {
            chunk.push(char::from(LONG));
            for shift in [0, 7, 14] {
                chunk.push(char::from((len >> shift) as u8 & 0x7f));
            }
        }
        chunk.push_str(text);
        self.bytes += need;
        Sym(((index as u32) << 16) | at as u32)
    }

    /// The symbol of `text`, adding it when it is new.
    pub fn intern(&mut self, text: &str) -> Sym {
        if text.is_empty() {
            return Sym::EMPTY;
        }
        let key = hash(text);
        if let Some(sym) = self.find(text, key) {
            return sym;
        }
        let sym = self.push(text);
        let chunks = &self.chunks;
        self.known.insert_unique(key, sym, |&s| hash(get(chunks, s)));
        sym
    }

    /// The symbol of `text` if it was interned.
    pub fn lookup(&self, text: &str) -> Option<Sym> {
        if text.is_empty() {
            return Some(Sym::EMPTY);
        }
        self.find(text, hash(text))
    }

    fn find(&self, text: &str, key: u64) -> Option<Sym> {
        self.known.find(key, |&s| get(&self.chunks, s) == text).copied()
    }

    /// The text of a symbol of this arena; empty for a symbol that is not.
    pub fn get(&self, sym: Sym) -> &str {
        get(&self.chunks, sym)
    }

    /// Bytes of text held, live or not.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

fn get(chunks: &[String], sym: Sym) -> &str {
    if sym == Sym::EMPTY {
        return "";
    }
    let Some(chunk) = chunks.get((sym.0 >> 16) as usize) else {
        return "";
    };
    let at = (sym.0 & 0xffff) as usize;
    let bytes = chunk.as_bytes();
    let (start, len) = match bytes.get(at) {
        Some(&LONG) => {
            let part = |i: usize| bytes.get(at + 1 + i).map_or(0, |&b| usize::from(b) << (7 * i));
            (at + 4, part(0) | part(1) | part(2))
        }
        Some(&len) => (at + 1, usize::from(len)),
        None => return "",
    };
    chunk.get(start..start + len).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn interned_once() {
        let mut arena = Arena::default();
        let a = arena.intern("default");
        let bytes = arena.bytes();
        assert_eq!(arena.intern("default"), a);
        assert_eq!(arena.bytes(), bytes);
        assert_eq!(arena.get(Sym::EMPTY), "");
        assert_eq!(arena.intern(""), Sym::EMPTY);
    }

    #[test]
    fn too_long_is_cut_at_a_character() {
        let mut arena = Arena::default();
        let sym = arena.push(&"界".repeat(MAX_LEN / 2));
        assert!(arena.get(sym).len() <= MAX_LEN);
        assert!(arena.get(sym).chars().all(|c| c == '界'));
    }

    proptest! {
        #[test]
        fn gives_back_what_it_got(texts in proptest::collection::vec(".{0,200}", 1..40)) {
            let mut arena = Arena::default();
            let syms: Vec<_> = texts.iter().enumerate()
                .map(|(i, t)| if i % 2 == 0 { arena.push(t) } else { arena.intern(t) })
                .collect();
            for (text, sym) in texts.iter().zip(syms) {
                prop_assert_eq!(arena.get(sym), text);
            }
        }
    }
}
