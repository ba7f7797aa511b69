//! Small questions about objects.

use crate::server::now;
use serde_json::{Map, Value, json};

/// A text below a value; empty where there is none.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// A number below a value; 0 where there is none.
pub fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or(0)
}

/// Seconds that are none below zero.
pub fn seconds(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// `namespace/name`.
pub fn key(object: &Value) -> String {
    let metadata = &object["metadata"];
    match metadata["namespace"].as_str() {
        Some(namespace) => format!("{namespace}/{}", text(metadata, "name")),
        None => text(metadata, "name").to_owned(),
    }
}

/// The one owner that controls an object.
pub fn controller(object: &Value) -> Option<&Value> {
    object["metadata"]["ownerReferences"].as_array()?.iter().find(|owner| owner["controller"] == true)
}

/// Whether an object is being deleted.
pub fn is_going(object: &Value) -> bool {
    object["metadata"].get("deletionTimestamp").is_some()
}

/// Whether a pod is neither over nor going.
pub fn is_active(pod: &Value) -> bool {
    !is_going(pod) && !is_over(pod)
}

/// Whether a pod is over.
pub fn is_over(pod: &Value) -> bool {
    matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

/// A condition of an object.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object["status"]["conditions"].as_array()?.iter().find(|it| it["type"] == kind)
}

/// Whether a pod or a node is ready.
pub fn is_ready(object: &Value) -> bool {
    condition(object, "Ready").is_some_and(|it| it["status"] == "True")
}

/// The reference of what an object controls to it.
pub fn owner(api_version: &str, kind: &str, of: &Value) -> Value {
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "name": of["metadata"]["name"],
        "uid": of["metadata"]["uid"],
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// A pod from a template, of an owner.
pub fn pod(template: &Value, owner: &Value, namespace: &str) -> Value {
    let mut metadata = Map::new();
    for name in ["labels", "annotations", "finalizers"] {
        if let Some(value) = template["metadata"].get(name) {
            metadata.insert(name.to_owned(), value.clone());
        }
    }
    let base = text(owner, "name").to_owned();
    metadata.insert("generateName".to_owned(), format!("{base}-").into());
    metadata.insert("namespace".to_owned(), namespace.into());
    metadata.insert("ownerReferences".to_owned(), json!([owner]));
    json!({"metadata": metadata, "spec": template["spec"]})
}

/// A condition that keeps its moment for as long as its status stays the same.
pub fn told(old: &Value, kind: &str, status: bool, reason: &str, message: &str, updates: bool) -> Value {
    let before = condition(old, kind);
    let word = if status { "True" } else { "False" };
    let same = before.filter(|it| it["status"] == word);
    let now = now();
    let mut out = json!({
        "type": kind,
        "status": word,
        "lastTransitionTime": same.map_or_else(|| now.clone().into(), |it| it["lastTransitionTime"].clone()),
    });
    if !reason.is_empty() {
        out["reason"] = reason.into();
    }
    if !message.is_empty() {
        out["message"] = message.into();
    }
    if updates {
        let steady = same.filter(|it| it["reason"] == reason && it["message"] == message);
        out["lastUpdateTime"] = steady.map_or_else(|| now.into(), |it| it["lastUpdateTime"].clone());
    }
    out
}

/// `25%` or `3` of a number.
pub fn share(value: &Value, of: i64, up: bool) -> i64 {
    match value {
        Value::Number(number) => number.as_i64().unwrap_or(0),
        Value::String(text) => match text.strip_suffix('%').and_then(|text| text.parse::<i64>().ok()) {
            Some(percent) if up => (percent * of + 99) / 100,
            Some(percent) => percent * of / 100,
            None => text.parse().unwrap_or(0),
        },
        _ => 0,
    }
}

/// A short word that follows from a value: the same template gives the same one.
pub fn hash(value: &Value, length: usize) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut state = 0xcbf2_9ce4_8422_2325u64;
    for byte in value.to_string().bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut out = String::new();
    for _ in 0..length {
        out.push(char::from(LETTERS[(state % LETTERS.len() as u64) as usize]));
        state = (state / LETTERS.len() as u64) ^ state.rotate_left(23);
    }
    out
}

/// Sets a member where there is something to say, else removes it.
pub fn set_some(status: &mut Value, name: &str, number: i64) {
    if number != 0 {
        status[name] = number.into();
    } else if let Some(map) = status.as_object_mut() {
        map.remove(name);
    }
}
