//! Server-side apply: merges what a manager applies, finds conflicts, and drops what it applies no more.

use super::managers::{Managers, Writer, ownable};
use super::set::{Set, Step};
use super::walk::{changed, owned, step_to};
use crate::server::schema::{Parts, Shape};
use serde_json::{Map, Value};

/// A field that somebody else owns and that would change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// Its owner.
    pub with: Writer,
    /// Its path, as errors write it.
    pub path: String,
}

/// Applies `config` to `live`. The result holds the new managers; conflicts are returned instead, unless
/// `force` takes the fields over.
pub fn apply(
    live: &Value,
    config: &Value,
    shape: Shape<'_>,
    writer: &Writer,
    time: &str,
    force: bool,
) -> Result<Value, Vec<Conflict>> {
    let mut managers = Managers::of(live);
    let applied = ownable(owned(config, shape));
    let before = managers.owned_by(writer).cloned().unwrap_or_default();
    let mut object = merge(live, config, shape);
    let written = ownable(changed(live, &object, shape).written);
    let mut conflicts = Vec::new();
    for owner in managers.0.iter_mut().filter(|owner| owner.writer != *writer) {
        let lost = owner.set.both(&written).both(&applied);
        if lost.is_empty() {
            continue;
        }
        let with = owner.writer.clone();
        conflicts.extend(lost.paths().into_iter().map(|path| Conflict { with: with.clone(), path }));
        owner.set = owner.set.minus(&lost);
    }
    if !conflicts.is_empty() && !force {
        return Err(conflicts);
    }
    // What was applied before and is no more goes, unless somebody else wants it, too.
    let dropped = managers
        .0
        .iter()
        .filter(|owner| owner.writer != *writer)
        .fold(before.minus(&applied), |dropped, owner| dropped.minus(&owner.set));
    prune(&mut object, shape, &dropped, &applied);
    // Who applies what is there already has no time.
    let time = if same(live, &object) { "" } else { time };
    managers.give(writer, applied, time);
    managers.write(&mut object);
    Ok(object)
}

/// Whether two objects differ in nothing but who owns what.
fn same(old: &Value, new: &Value) -> bool {
    let bare = |object: &Value| {
        let mut object = object.clone();
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        object
    };
    bare(old) == bare(new)
}

/// `config` laid over `live`.
fn merge(live: &Value, config: &Value, shape: Shape<'_>) -> Value {
    let parts = shape.parts(config);
    if parts == Parts::Leaf || shape.parts(live) != parts {
        return if config.is_null() { live.clone() } else { config.clone() };
    }
    match (live, config) {
        (Value::Object(live), Value::Object(config)) => {
            let mut out = live.clone();
            for (name, value) in config {
                let merged = match live.get(name) {
                    Some(old) => merge(old, value, shape.child(name)),
                    None => value.clone(),
                };
                out.insert(name.clone(), merged);
            }
            Value::Object(out)
        }
        (Value::Array(live), Value::Array(config)) => Value::Array(merge_lists(live, config, shape.item(), &parts)),
        _ => config.clone(),
    }
}

/// Items of both in the order of the config; those that only the live list has keep their neighbours.
fn merge_lists(live: &[Value], config: &[Value], item: Shape<'_>, parts: &Parts<'_>) -> Vec<Value> {
    let step = |value: &Value| step_to(value, parts, item);
    let wanted: Vec<Step> = config.iter().map(step).collect();
    let mut out = Vec::new();
    let mut next = 0;
    for value in live {
        match wanted.iter().position(|step| *step == step_to(value, parts, item)) {
            None => out.push(value.clone()),
            Some(at) if at >= next => {
                for (place, new) in config.iter().enumerate().take(at + 1).skip(next) {
                    let old = live.iter().find(|old| step(old) == wanted[place]);
                    out.push(old.map_or_else(|| new.clone(), |old| merge(old, new, item)));
                }
                next = at + 1;
            }
            // It stood further ahead in the config and is there already.
            Some(_) => {}
        }
    }
    for (place, new) in config.iter().enumerate().skip(next) {
        let old = live.iter().find(|old| step(old) == wanted[place]);
        out.push(old.map_or_else(|| new.clone(), |old| merge(old, new, item)));
    }
    out
}

/// Removes the dropped paths; a map that is empty thereby goes with its last field where it was dropped, too.
fn prune(value: &mut Value, shape: Shape<'_>, dropped: &Set, kept: &Set) {
    let parts = shape.parts(value);
    if dropped.children.is_empty() || parts == Parts::Leaf {
        return;
    }
    match value {
        Value::Object(map) => prune_map(map, shape, dropped, kept),
        Value::Array(items) => {
            let item = shape.item();
            let none = Set::default();
            items.retain_mut(|value| {
                let step = step_to(value, &parts, item);
                let Some(below) = dropped.children.get(&step) else { return true };
                let keep = kept.children.get(&step).unwrap_or(&none);
                if below.member && keep.is_empty() && !holds_more(value, item, below, &parts) {
                    return false;
                }
                prune(value, item, below, keep);
                true
            });
        }
        _ => {}
    }
}

fn prune_map(map: &mut Map<String, Value>, shape: Shape<'_>, dropped: &Set, kept: &Set) {
    let none = Set::default();
    let names: Vec<String> = map.keys().cloned().collect();
    for name in names {
        let step = Step::Field(name.clone());
        let Some(below) = dropped.children.get(&step) else { continue };
        let keep = kept.children.get(&step).unwrap_or(&none);
        let child = shape.child(&name);
        let Some(value) = map.get_mut(&name) else { continue };
        let was_empty = is_hollow(value);
        prune(value, child, below, keep);
        let is_leaf = child.parts(value) == Parts::Leaf;
        let emptied = !was_empty && is_hollow(value);
        if (below.member && is_leaf) || (emptied && keep.is_empty()) || (below.member && is_hollow(value)) {
            map.remove(&name);
        }
    }
}

/// Whether an item holds fields beyond those that are dropped and its keys.
fn holds_more(item: &Value, shape: Shape<'_>, dropped: &Set, parts: &Parts<'_>) -> bool {
    let (Parts::Keyed(keys), Some(fields)) = (parts, item.as_object()) else { return false };
    fields.iter().any(|(name, value)| {
        let mine = dropped.children.get(&Step::Field(name.clone()));
        let all = ownable(owned(value, shape.child(name)));
        let whole = mine.is_some_and(|mine| all.minus(mine).is_empty());
        !keys.contains(&name.as_str()) && !whole
    })
}

fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
