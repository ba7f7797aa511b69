//! Texts kept as what differs from others like them: the pods of a replica set share all but names and moments.

use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::{Arc, Weak};

/// A match shorter than this is not worth its place.
const LEAST: usize = 8;
/// Shorter texts are kept as they are.
const SHORT: usize = 400;
/// How many texts of a group others are compared with.
const BASES: usize = 3;

/// A text that others are told from.
#[derive(Debug)]
pub struct Base {
    text: Box<[u8]>,
    /// Where a block of [`LEAST`] bytes begins, by its hash; one more than the place, 0 for none.
    index: Box<[u16]>,
}

fn word(text: &[u8], at: usize) -> u64 {
    text.get(at..at + LEAST).and_then(|part| part.try_into().ok()).map_or(0, u64::from_le_bytes)
}

fn slot(word: u64, slots: usize) -> usize {
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize & (slots - 1)
}

impl Base {
    fn new(text: &[u8]) -> Base {
        let slots = (text.len() / 4).next_power_of_two().max(64);
        let mut index = vec![0u16; slots];
        for at in (0..text.len().saturating_sub(LEAST)).step_by(LEAST) {
            let slot = &mut index[slot(word(text, at), slots)];
            // The first of those that are alike: the next ones follow from where it was found.
            if *slot == 0 {
                *slot = u16::try_from(at + 1).unwrap_or(0);
            }
        }
        Base { text: text.into(), index: index.into() }
    }

    /// Where a block of the text begins that is the same as that at a place of another.
    fn find(&self, text: &[u8], at: usize) -> Option<usize> {
        let word = word(text, at);
        let found = usize::from(self.index[slot(word, self.index.len())]).checked_sub(1)?;
        (self.text.get(found..found + LEAST) == text.get(at..at + LEAST)).then_some(found)
    }
}

/// How far two texts are the same.
fn common(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 64;
    let most = a.len().min(b.len());
    let mut at = 0;
    while at + STEP <= most && a[at..at + STEP] == b[at..at + STEP] {
        at += STEP;
    }
    at + a[at..most].iter().zip(&b[at..most]).take_while(|(a, b)| a == b).count()
}

/// A text, whole or as what differs from a base.
#[derive(Debug)]
pub struct Packed {
    base: Option<Arc<Base>>,
    /// Without a base the text. Else by turns: how much is new and what, then where in the base how much is the same.
    parts: Box<[u8]>,
    length: u32,
}

fn put(mut number: usize, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(parts: &mut &[u8]) -> usize {
    let (mut number, mut shift) = (0, 0);
    while let Some((byte, rest)) = parts.split_first() {
        *parts = rest;
        number |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

/// Writes what differs from a base, part by part.
pub struct Telling {
    parts: Vec<u8>,
    length: usize,
}

impl Telling {
    /// Nothing so far.
    pub fn new() -> Telling {
        Telling { parts: Vec::with_capacity(512), length: 0 }
    }

    /// Something new, then a part of the base.
    pub fn add(&mut self, new: &[u8], same: Range<usize>) {
        put(new.len(), &mut self.parts);
        self.parts.extend_from_slice(new);
        put(same.start, &mut self.parts);
        put(same.len(), &mut self.parts);
        self.length += new.len() + same.len();
    }

    /// The text.
    pub fn done(self, base: Arc<Base>) -> Packed {
        Packed { base: Some(base), parts: self.parts.into(), length: u32::try_from(self.length).unwrap_or(u32::MAX) }
    }
}

fn tell(base: &Base, text: &[u8]) -> Telling {
    let mut out = Telling::new();
    let (mut done, mut at, mut expected) = (0usize, 0usize, Some(0usize));
    while at + LEAST <= text.len() {
        // What follows a hole most often goes on as far behind it as before.
        let straight = expected.map(|from| from + at - done);
        let straight = straight.filter(|from| base.text.get(*from..from + LEAST) == Some(&text[at..at + LEAST]));
        let Some(mut from) = straight.or_else(|| base.find(text, at)) else {
            at += 1;
            continue;
        };
        while at > done && from > 0 && base.text[from - 1] == text[at - 1] {
            (at, from) = (at - 1, from - 1);
        }
        let length = common(&base.text[from..], &text[at..]);
        out.add(&text[done..at], from..from + length);
        at += length;
        (done, expected) = (at, Some(from + length));
    }
    if done < text.len() {
        out.add(&text[done..], 0..0);
    }
    out
}

impl Packed {
    /// A text as it stands.
    pub fn whole(text: &[u8]) -> Packed {
        Packed { base: None, parts: text.into(), length: u32::try_from(text.len()).unwrap_or(u32::MAX) }
    }

    /// How long the text is.
    pub fn len(&self) -> usize {
        self.length as usize
    }

    /// How many bytes are kept for it alone.
    pub fn weight(&self) -> usize {
        self.parts.len()
    }

    /// Appends a part of the text.
    pub fn copy(&self, range: Range<usize>, out: &mut Vec<u8>) {
        let Some(base) = &self.base else {
            out.extend_from_slice(self.parts.get(range).unwrap_or_default());
            return;
        };
        let (mut parts, mut at) = (&*self.parts, 0usize);
        let mut piece = |piece: &[u8]| {
            let (start, end) = (range.start.max(at) - at, range.end.max(at) - at);
            if start < piece.len() {
                out.extend_from_slice(&piece[start..end.min(piece.len())]);
            }
            at += piece.len();
            at < range.end
        };
        while !parts.is_empty() {
            let new = take(&mut parts);
            let (literal, rest) = parts.split_at(new.min(parts.len()));
            parts = rest;
            let (from, length) = (take(&mut parts), take(&mut parts));
            if !piece(literal) || !piece(base.text.get(from..from + length).unwrap_or_default()) {
                break;
            }
        }
    }
}

/// Which texts are alike: a resource, and whose parts they are, as a number.
pub type Group = (usize, u64);

/// The bases of the groups. One that nothing is told from any more is gone.
#[derive(Default)]
pub struct Packer {
    groups: Mutex<Groups>,
}

#[derive(Default)]
struct Groups {
    all: FxHashMap<Group, Vec<Weak<Base>>>,
    /// At this many groups those without bases are removed.
    tidy_at: usize,
}

impl Packer {
    /// Packs a text of a group.
    pub fn pack(&self, group: Group, text: &[u8]) -> Packed {
        if text.len() < SHORT || text.len() > usize::from(u16::MAX) {
            return Packed::whole(text);
        }
        let bases: Vec<Arc<Base>> =
            self.groups.lock().all.get(&group).into_iter().flatten().filter_map(Weak::upgrade).collect();
        let mut best: Option<(Telling, &Arc<Base>)> = None;
        for base in &bases {
            let telling = tell(base, text);
            if best.as_ref().is_none_or(|(best, _)| telling.parts.len() < best.parts.len()) {
                best = Some((telling, base));
            }
            if best.as_ref().is_some_and(|(best, _)| best.parts.len() < text.len() / 5) {
                break;
            }
        }
        match best {
            Some((telling, base)) if telling.parts.len() < text.len() / 2 => telling.done(base.clone()),
            _ if bases.len() < BASES => {
                let base = self.base(group, text);
                let mut all = Telling::new();
                all.add(&[], 0..text.len());
                all.done(base)
            }
            Some((telling, base)) if telling.parts.len() < text.len() * 9 / 10 => telling.done(base.clone()),
            _ => Packed::whole(text),
        }
    }

    /// A new base of a group.
    pub fn base(&self, group: Group, text: &[u8]) -> Arc<Base> {
        let base = Arc::new(Base::new(text));
        let mut groups = self.groups.lock();
        let bases = groups.all.entry(group).or_default();
        bases.retain(|base| base.strong_count() > 0);
        bases.push(Arc::downgrade(&base));
        if groups.all.len() > groups.tidy_at {
            groups.all.retain(|_, bases| bases.iter().any(|base| base.strong_count() > 0));
            groups.tidy_at = (groups.all.len() * 2).max(1024);
        }
        base
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn text(packed: &Packed) -> Vec<u8> {
        let mut out = Vec::new();
        packed.copy(0..packed.len(), &mut out);
        out
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out(words in proptest::collection::vec("[a-c]{1,12}", 40..200), edits in proptest::collection::vec((any::<prop::sample::Index>(), "[a-z]{0,20}"), 0..12), cut in any::<prop::sample::Index>()) {
            let packer = Packer::default();
            let first = words.concat().repeat(4);
            let mut other: Vec<String> = words.clone();
            for (at, word) in edits {
                let at = at.index(other.len());
                other[at] = word;
            }
            let other = other.concat().repeat(4);
            let one = packer.pack((1, 1), first.as_bytes());
            let two = packer.pack((1, 1), other.as_bytes());
            prop_assert_eq!(text(&one), first.as_bytes());
            prop_assert_eq!(text(&two), other.as_bytes());
            let (start, end) = (cut.index(other.len()) / 2, cut.index(other.len()));
            let mut part = Vec::new();
            two.copy(start..end, &mut part);
            prop_assert_eq!(part.as_slice(), &other.as_bytes()[start..end]);
        }
    }

    #[test]
    fn what_is_alike_is_kept_once() {
        let packer = Packer::default();
        let pod = |i: usize| {
            let name = format!("web-6d5f-{i:05}");
            format!(
                "{{\"name\":\"{name}\",\"rest\":\"{}\",\"ip\":\"10.0.{}.{}\"}}",
                "spec and status ".repeat(400),
                i / 250,
                i % 250
            )
        };
        let all: Vec<Packed> = (0..100).map(|i| packer.pack((1, 7), pod(i).as_bytes())).collect();
        assert!(all.iter().skip(1).all(|it| it.weight() < 64), "{:?}", all.iter().map(Packed::weight).max());
        assert_eq!(packer.groups.lock().all.len(), 1);
        drop(all);
        packer.base((2, 2), b"another");
        assert_eq!(packer.groups.lock().all[&(1, 7)].iter().filter(|base| base.strong_count() > 0).count(), 0);
    }
}
