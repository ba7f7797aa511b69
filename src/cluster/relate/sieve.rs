//! What the server cannot select is tried here, object by object, while they are parsed.

use super::lead::Keep;
use crate::cluster::wire::{Encoding, WireError};
use crate::kinds::links::{self, Shell};
use crate::model::draft::Draft;
use crate::model::selector::Selector;
use rustc_hash::FxHashSet;

/// A condition on an object.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Test {
    /// Its labels match; empty matches all.
    pub labels: String,
    /// And it is one of these.
    pub keep: Keep,
}

enum Among {
    Any,
    Owned(FxHashSet<String>),
    Named(FxHashSet<String>),
    Mounts(FxHashSet<String>),
    About(FxHashSet<String>),
}

/// Conditions of which one must hold.
#[derive(Default)]
pub struct Sieve(Vec<(Selector, Among)>);

impl Sieve {
    /// A sieve of these conditions; without any, all passes.
    pub fn new(tests: &[Test]) -> Sieve {
        let set = |items: &[String]| items.iter().cloned().collect();
        let test = |test: &Test| {
            let among = match &test.keep {
                Keep::All => Among::Any,
                Keep::Owned(uids) => Among::Owned(set(uids)),
                Keep::Named(names) => Among::Named(set(names)),
                Keep::Mounts(claims) => Among::Mounts(set(claims)),
                Keep::About(uids) => Among::About(set(uids)),
            };
            // A selector that cannot be read matches nothing rather than all.
            Selector::parse(&test.labels).ok().map(|labels| (labels, among))
        };
        if tests.is_empty() { Sieve::default() } else { Sieve(tests.iter().filter_map(test).collect()).never_all() }
    }

    /// With no condition that can be read, nothing passes.
    fn never_all(mut self) -> Sieve {
        if self.0.is_empty() {
            self.0.push((Selector::default(), Among::Named(FxHashSet::default())));
        }
        self
    }

    /// Whether everything passes.
    pub fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an object passes: its draft, and its bytes as they came.
    pub fn passes(&self, draft: &Draft, encoding: Encoding, bytes: &[u8], shell: Shell) -> Result<bool, WireError> {
        for (labels, among) in &self.0 {
            if !labels.matches(draft.get(draft.labels)) {
                continue;
            }
            let read = |found: Result<Vec<String>, _>| {
                found.map_err(|error: crate::kinds::DecodeError| WireError::Object(error.to_string()))
            };
            let json = encoding == Encoding::Json;
            let (set, values) = match among {
                Among::Any => return Ok(true),
                Among::Named(names) => (names, vec![draft.get(draft.name).to_owned()]),
                Among::Owned(uids) => (uids, read(links::controllers(bytes, json, shell))?),
                Among::Mounts(claims) => (claims, read(links::claims(bytes, json))?),
                Among::About(uids) => (uids, read(links::about(bytes, json))?),
            };
            if values.iter().any(|value| set.contains(value)) {
                return Ok(true);
            }
        }
        Ok(self.is_open())
    }
}
