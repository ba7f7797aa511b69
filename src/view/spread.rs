//! Sorting many rows at once: by chunks of eight bytes, and on two cores where there are two.

use std::cmp::Ordering;
use std::num::NonZero;
use std::sync::OnceLock;

/// Fewer than this are not worth another thread.
const MANY: usize = 16_384;
/// So few texts are compared rather than cut into chunks.
const FEW: usize = 8;
/// Texts that are the same so far are compared from there on.
const FAR: usize = 256;

/// Texts to be sorted.
pub struct Texts<'a> {
    /// The texts.
    pub of: Vec<&'a str>,
    /// The last first.
    pub descending: bool,
    /// How two compare, by their places, where their texts are equal.
    pub tie: &'a (dyn Fn(u32, u32) -> Ordering + Sync),
}

/// A text, by its place, and the bytes by which it is sorted just now.
#[derive(Clone, Copy)]
struct Item {
    chunk: u64,
    at: u32,
}

impl Texts<'_> {
    fn text(&self, at: u32) -> &str {
        self.of.get(at as usize).copied().unwrap_or("")
    }

    fn compare(&self, a: u32, b: u32) -> Ordering {
        let order = self.text(a).cmp(self.text(b));
        let order = if self.descending { order.reverse() } else { order };
        order.then_with(|| (self.tie)(a, b))
    }

    fn chunk(&self, at: u32, from: usize) -> u64 {
        let rest = self.text(at).as_bytes().get(from..).unwrap_or_default();
        let chunk = match rest.first_chunk::<8>() {
            Some(whole) => u64::from_be_bytes(*whole),
            None => {
                let mut bytes = [0; 8];
                bytes[..rest.len()].copy_from_slice(rest);
                u64::from_be_bytes(bytes)
            }
        };
        if self.descending { !chunk } else { chunk }
    }

    /// Sorts items whose texts are the same in the first `from` bytes.
    fn refine(&self, items: &mut [Item], from: usize) {
        if items.len() <= FEW || from >= FAR {
            items.sort_unstable_by(|a, b| self.compare(a.at, b.at));
            return;
        }
        for item in &mut *items {
            item.chunk = self.chunk(item.at, from);
        }
        items.sort_unstable_by_key(|item| (item.chunk, item.at));
        let next = from + 8;
        for group in items.chunk_by_mut(|a, b| a.chunk == b.chunk).filter(|group| group.len() > 1) {
            if group.iter().any(|item| self.text(item.at).len() <= next) {
                group.sort_unstable_by(|a, b| self.compare(a.at, b.at));
            } else {
                self.refine(group, next);
            }
        }
    }
}

/// The places of texts in order.
pub fn sort_texts(texts: &Texts<'_>) -> Vec<u32> {
    let mut items: Vec<Item> = (0..texts.of.len() as u32).map(|at| Item { chunk: texts.chunk(at, 0), at }).collect();
    let exact = |a: &Item, b: &Item| a.chunk.cmp(&b.chunk).then_with(|| texts.compare(a.at, b.at));
    in_halves(&mut items, exact, |half| texts.refine(half, 0));
    items.into_iter().map(|item| item.at).collect()
}

/// The places of texts in order: by their group first.
pub fn sort_grouped(groups: &[u64], texts: &Texts<'_>) -> Vec<u32> {
    let mut items: Vec<Item> = groups.iter().zip(0..).map(|(&chunk, at)| Item { chunk, at }).collect();
    let exact = |a: &Item, b: &Item| a.chunk.cmp(&b.chunk).then_with(|| texts.compare(a.at, b.at));
    in_halves(&mut items, exact, |half| {
        half.sort_unstable_by_key(|item| (item.chunk, item.at));
        half.chunk_by_mut(|a, b| a.chunk == b.chunk).for_each(|group| texts.refine(group, 0));
    });
    items.into_iter().map(|item| item.at).collect()
}

/// The places of keys in order; `tie` says how those of equal keys compare.
pub fn sort_keys(keys: &[u128], tie: &(dyn Fn(u32, u32) -> Ordering + Sync)) -> Vec<u32> {
    let mut items: Vec<(u128, u32)> = keys.iter().copied().zip(0..).collect();
    let exact = |a: &(u128, u32), b: &(u128, u32)| a.0.cmp(&b.0).then_with(|| tie(a.1, b.1));
    in_halves(&mut items, exact, |half| half.sort_unstable_by(exact));
    items.into_iter().map(|(_, at)| at).collect()
}

/// Divides what is to be sorted at its middle, so that each core can `sort` one half.
fn in_halves<T: Send>(items: &mut [T], exact: impl Fn(&T, &T) -> Ordering, sort: impl Fn(&mut [T]) + Sync) {
    if items.len() < MANY || !is_parallel() {
        return sort(items);
    }
    let middle = items.len() / 2;
    items.select_nth_unstable_by(middle, exact);
    let (low, high) = items.split_at_mut(middle);
    both(|| sort(low), || sort(high));
}

/// What `work` makes of each part of `items`, in their order: of halves where they are many.
pub fn map_halves<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    if items.len() < MANY || !is_parallel() {
        return vec![work(items)];
    }
    let (low, high) = items.split_at(items.len() / 2);
    let (low, high) = both(|| work(low), || work(high));
    vec![low, high]
}

/// Does both at the same time.
fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        match one.join() {
            Ok(one) => (one, other),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn is_parallel() -> bool {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, NonZero::get)) > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(texts: &[String], descending: bool) -> Vec<u32> {
        let mut order: Vec<u32> = (0..texts.len() as u32).collect();
        order.sort_by(|&a, &b| {
            let order = texts[a as usize].cmp(&texts[b as usize]);
            if descending { order.reverse() } else { order }
        });
        order
    }

    fn sorted(texts: &[String], descending: bool) -> Vec<u32> {
        let of = texts.iter().map(String::as_str).collect();
        sort_texts(&Texts { of, descending, tie: &|a, b| a.cmp(&b) })
    }

    /// Long common prefixes, ends in chunks and at their borders, and NULs.
    fn text() -> impl Strategy<Value = String> {
        ("(checkout-|payments-api-){0,3}", "[a-c\u{0}ä]{0,9}").prop_map(|(prefix, rest)| prefix + &rest)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn texts_stand_as_a_stable_sort_leaves_them(texts in proptest::collection::vec(text(), 0..200), descending: bool) {
            prop_assert_eq!(sorted(&texts, descending), naive(&texts, descending));
        }

        #[test]
        fn groups_go_before_texts(rows in proptest::collection::vec((0..3_u64, text()), 0..200)) {
            let (groups, texts): (Vec<_>, Vec<_>) = rows.iter().cloned().unzip();
            let of = texts.iter().map(String::as_str).collect();
            let found = sort_grouped(&groups, &Texts { of, descending: false, tie: &|a, b| a.cmp(&b) });
            let mut wanted: Vec<u32> = (0..rows.len() as u32).collect();
            wanted.sort_by_key(|&at| &rows[at as usize]);
            prop_assert_eq!(found, wanted);
        }
    }

    #[test]
    fn many_are_sorted_on_two_cores_as_on_one() {
        let text = |i: usize| format!("payments-api-{:x}-{}", i.wrapping_mul(0x9e37_79b9) % 5_000, i % 3);
        let texts: Vec<String> = (0..MANY * 2).map(text).collect();
        for descending in [false, true] {
            assert_eq!(sorted(&texts, descending), naive(&texts, descending));
        }
        let keys: Vec<u128> = (0..MANY * 2).map(|i| (i.wrapping_mul(0x9e37_79b9) % 977) as u128).collect();
        let mut wanted: Vec<u32> = (0..keys.len() as u32).collect();
        wanted.sort_by_key(|&at| keys[at as usize]);
        assert_eq!(sort_keys(&keys, &|a, b| a.cmp(&b)), wanted);
        let halves = map_halves(&keys, <[u128]>::to_vec);
        assert_eq!(halves.concat(), keys);
    }

    #[test]
    fn texts_of_any_length_are_sorted() {
        let texts: Vec<String> = (0..40).map(|i| "x".repeat(10_000) + &(i % 7).to_string()).collect();
        assert_eq!(sorted(&texts, false), naive(&texts, false));
    }
}
