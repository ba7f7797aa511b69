//! Strategic merge patches: merge patches that know by which field the items of a list are the same, with
//! the directives `$patch`, `$retainKeys`, `$deleteFromPrimitiveList/…` and `$setElementOrder/…`.

use crate::server::schema::{Merge, Shape};
use serde_json::{Map, Value};

const PATCH: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const DELETE: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";

/// Applies a patch to an object of a shape.
pub fn strategic(object: &Value, patch: &Value, shape: Shape<'_>) -> Result<Value, String> {
    match (object, patch) {
        (Value::Object(object), Value::Object(patch)) => Ok(Value::Object(map(object.clone(), patch, shape)?)),
        _ => Err("expected a map".to_owned()),
    }
}

fn directive(patch: &Map<String, Value>) -> Result<Option<&str>, String> {
    match patch.get(PATCH) {
        None => Ok(None),
        Some(Value::String(word)) if matches!(word.as_str(), "replace" | "delete" | "merge") => Ok(Some(word)),
        Some(other) => Err(format!("unknown patch type: {other}")),
    }
}

fn without_directives(patch: &Map<String, Value>) -> Map<String, Value> {
    patch.iter().filter(|(name, _)| !name.starts_with('$')).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn map(
    mut object: Map<String, Value>,
    patch: &Map<String, Value>,
    shape: Shape<'_>,
) -> Result<Map<String, Value>, String> {
    match directive(patch)? {
        Some("replace") => return Ok(without_directives(patch)),
        Some("delete") => return Ok(Map::new()),
        _ => {}
    }
    if let Some(retain) = patch.get(RETAIN) {
        let keys = retain.as_array().ok_or_else(|| format!("{RETAIN} is not a list"))?;
        let kept = |name: &str| keys.iter().any(|key| key == name);
        if let Some(name) = patch.keys().find(|name| !name.starts_with('$') && !kept(name)) {
            return Err(format!(
                "the live object's {RETAIN} list must hold every key of the patch, and {name} is not in it"
            ));
        }
        object.retain(|name, _| kept(name));
    }
    let ordered = patch.iter().filter_map(|(name, order)| Some((name.strip_prefix(ORDER)?, order)));
    let ordered: Vec<(&str, &Value, Value)> =
        ordered.map(|(field, order)| (field, order, object.get(field).cloned().unwrap_or_default())).collect();
    for (name, values) in patch {
        let Some(field) = name.strip_prefix(DELETE) else { continue };
        let gone = values.as_array().ok_or_else(|| format!("{name} is not a list"))?;
        if let Some(Value::Array(items)) = object.get_mut(field) {
            items.retain(|item| !gone.contains(item));
        }
    }
    for (name, value) in patch.iter().filter(|(name, _)| !name.starts_with('$')) {
        let child = shape.child(name);
        let new = match (object.remove(name), value) {
            (_, Value::Null) => continue,
            (Some(Value::Object(old)), Value::Object(new)) => Value::Object(map(old, new, child)?),
            (None, Value::Object(new)) => {
                if directive(new)? == Some("delete") {
                    continue;
                }
                Value::Object(map(Map::new(), new, child)?)
            }
            (Some(Value::Array(old)), Value::Array(new)) => Value::Array(list(old, new, child)?),
            (None, Value::Array(new)) => Value::Array(list(Vec::new(), new, child)?),
            (_, new) => new.clone(),
        };
        object.insert(name.clone(), new);
    }
    for (field, order, before) in ordered {
        let order = order.as_array().ok_or_else(|| format!("{ORDER}{field} is not a list"))?;
        if let Some(Value::Array(items)) = object.get_mut(field) {
            let before = before.as_array().map_or(&[][..], Vec::as_slice);
            *items = arrange(std::mem::take(items), order, before, strategy(shape.child(field)));
        }
    }
    Ok(object)
}

fn strategy(shape: Shape<'_>) -> Merge {
    shape.field().map_or(Merge::Replace, |field| field.merge)
}

fn list(mut old: Vec<Value>, patch: &[Value], shape: Shape<'_>) -> Result<Vec<Value>, String> {
    let merge = strategy(shape);
    if merge == Merge::Replace {
        return Ok(patch.to_vec());
    }
    let before = old.clone();
    let Merge::By(key) = merge else {
        for item in patch {
            if !old.contains(item) {
                old.push(item.clone());
            }
        }
        return Ok(arrange(old, patch, &before, merge));
    };
    let maps: Vec<&Map<String, Value>> = patch.iter().filter_map(Value::as_object).collect();
    if maps.len() != patch.len() {
        return Err(format!("an item of a list that is merged by {key} is not a map"));
    }
    if maps.iter().any(|item| item.get(PATCH).is_some_and(|word| word == "replace")) {
        let items = maps.into_iter().map(without_directives).filter(|item| !item.is_empty());
        return Ok(items.map(Value::Object).collect());
    }
    let item_shape = shape.item();
    for item in maps {
        let Some(value) = item.get(key) else {
            return Err(format!("map: {} does not contain declared merge key: {key}", Value::Object(item.clone())));
        };
        let found = old.iter().position(|it| it.get(key) == Some(value));
        match (directive(item)?, found) {
            (Some("delete"), _) => old.retain(|it| it.get(key) != Some(value)),
            (_, Some(at)) => {
                if let Value::Object(before) = old[at].take() {
                    old[at] = Value::Object(map(before, item, item_shape)?);
                }
            }
            (_, None) => old.push(Value::Object(map(Map::new(), item, item_shape)?)),
        }
    }
    Ok(arrange(old, patch, &before, merge))
}

/// Puts the items that `order` names in that order, and each of the others before the first of them that stood
/// behind it `before` the patch.
fn arrange(items: Vec<Value>, order: &[Value], before: &[Value], merge: Merge) -> Vec<Value> {
    let same = |item: &Value, other: &Value| match merge {
        Merge::By(key) => item.get(key).is_some() && item.get(key) == other.get(key),
        _ => item == other,
    };
    let place = |among: &[Value], item: &Value| among.iter().position(|other| same(item, other));
    let (mut named, mut others): (Vec<Value>, Vec<Value>) =
        items.into_iter().partition(|item| place(order, item).is_some());
    named.sort_by_key(|item| place(order, item));
    others.sort_by_key(|item| place(before, item).unwrap_or(usize::MAX));
    let mut out = Vec::with_capacity(named.len() + others.len());
    let mut others = others.into_iter().peekable();
    for item in named {
        let here = place(before, &item);
        while let Some(other) = others.next_if(|other| here.is_some() && place(before, other) < here) {
            out.push(other);
        }
        out.push(item);
    }
    out.extend(others);
    out
}
