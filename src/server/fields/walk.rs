//! The paths of an object, and the paths in which two objects differ.

use super::set::{Set, Step};
use crate::server::schema::{Parts, Shape};
use serde_json::Value;
use std::collections::BTreeMap;

/// The keys by which an item of a list is told apart; a default stands for an absent one.
pub fn keys_of<'a>(item: &Value, keys: &[&'a str], shape: Shape<'_>) -> BTreeMap<&'a str, Value> {
    let of = |name: &&'a str| {
        let value = item.get(*name).filter(|value| !value.is_null()).cloned();
        value.or_else(|| shape.default_of(name)).map(|value| (*name, value))
    };
    keys.iter().filter_map(of).collect()
}

/// The step to an item of a list.
pub fn step_to(item: &Value, parts: &Parts<'_>, shape: Shape<'_>) -> Step {
    match parts {
        Parts::Keyed(keys) => Step::key(&keys_of(item, keys, shape)),
        _ => Step::Value(item.to_string()),
    }
}

/// The parts of a value with the step to each.
fn parts_of<'a>(value: &'a Value, shape: Shape<'a>, parts: &Parts<'_>) -> Vec<(Step, &'a Value, Shape<'a>)> {
    match value {
        Value::Object(map) => {
            map.iter().map(|(name, value)| (Step::Field(name.clone()), value, shape.child(name))).collect()
        }
        Value::Array(items) => {
            let item = shape.item();
            items.iter().map(|value| (step_to(value, parts, item), value, item)).collect()
        }
        _ => Vec::new(),
    }
}

/// The paths that somebody owns who applies this value.
pub fn owned(value: &Value, shape: Shape<'_>) -> Set {
    let parts = shape.parts(value);
    if parts == Parts::Leaf {
        return Set { member: true, ..Set::default() };
    }
    let free = parts == Parts::Fields { declared: false };
    let is_list = value.is_array();
    let mut set = Set::default();
    for (step, value, shape) in parts_of(value, shape, &parts) {
        let mut below = owned(value, shape);
        let is_empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
        below.member |= free || is_list || is_empty;
        set.children.insert(step, below);
    }
    set
}

/// What a change did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Paths that were not there, and paths with another value.
    pub written: Set,
    /// Paths that are gone.
    pub removed: Set,
}

/// The paths in which `new` differs from `old`.
pub fn changed(old: &Value, new: &Value, shape: Shape<'_>) -> Change {
    let mut change = Change::default();
    differ(Some(old), Some(new), shape, &mut change.written, &mut change.removed);
    change
}

fn differ(old: Option<&Value>, new: Option<&Value>, shape: Shape<'_>, written: &mut Set, removed: &mut Set) {
    // What was there as null is not new: only what is put into it.
    let was_null = old.is_some_and(Value::is_null);
    let old = old.filter(|value| !value.is_null());
    if old == new {
        return;
    }
    let parts = |value: Option<&Value>| value.map_or(Parts::Leaf, |value| shape.parts(value));
    let (were, are) = (parts(old), parts(new));
    let both_hold = were != Parts::Leaf && are != Parts::Leaf;
    if !both_hold {
        removed.member |= old.is_some() && new.is_none();
        written.member |= new.is_some() && !(was_null && are != Parts::Leaf);
    }
    let before = old.filter(|_| were != Parts::Leaf).map_or_else(Vec::new, |old| parts_of(old, shape, &were));
    let after = new.filter(|_| are != Parts::Leaf).map_or_else(Vec::new, |new| parts_of(new, shape, &are));
    let mut all: BTreeMap<Step, (Option<&Value>, Option<&Value>, Shape<'_>)> = BTreeMap::new();
    for (step, value, shape) in before {
        all.insert(step, (Some(value), None, shape));
    }
    for (step, value, shape) in after {
        all.entry(step).or_insert((None, None, shape)).1 = Some(value);
    }
    for (step, (old, new, shape)) in all {
        let (mut w, mut r) = (Set::default(), Set::default());
        differ(old, new, shape, &mut w, &mut r);
        if !w.is_empty() {
            written.children.insert(step.clone(), w);
        }
        if !r.is_empty() {
            removed.children.insert(step, r);
        }
    }
}
