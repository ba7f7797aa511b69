//! Limit ranges: what containers get that say nothing, and the refusal of what is too little or too much.

use super::{Write, map_of};
use crate::server::quantity::read;
use crate::server::resource::Resource;
use crate::server::status::Failure;
use serde_json::{Map, Value};

/// The limits of a namespace: every item of every limit range, in order of their names.
fn items(write: &Write<'_>) -> Vec<Value> {
    let Some((id, _)) = write.store.registry.find("", "v1", "limitranges") else { return Vec::new() };
    let ranges = write.store.under(id, &format!("{}/", write.namespace));
    let of = |range: Value| range["spec"]["limits"].as_array().cloned().unwrap_or_default();
    ranges.iter().flat_map(|record| of(record.value())).collect()
}

/// Completes a new limit range: a maximum is the default limit, and that the default request.
pub fn complete(range: &mut Value) {
    for item in range["spec"]["limits"].as_array_mut().into_iter().flatten() {
        if item["type"] != "Container" {
            continue;
        }
        for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
            let all = item[from].as_object().cloned().unwrap_or_default();
            for (name, value) in all {
                map_of(&mut item[to]).entry(name).or_insert(value);
            }
        }
    }
}

/// Gives the containers of a new pod what they do not say.
pub fn defaults(write: &Write<'_>, pod: &mut Value) {
    let (mut limits, mut requests) = (Map::new(), Map::new());
    for item in items(write).iter().filter(|item| item["type"] == "Container") {
        for (from, to) in [("default", &mut limits), ("defaultRequest", &mut requests)] {
            to.extend(item[from].as_object().cloned().unwrap_or_default());
        }
    }
    if limits.is_empty() && requests.is_empty() {
        return;
    }
    let mut notes = Vec::new();
    for (list, what) in [("containers", "container"), ("initContainers", "init container")] {
        for container in pod["spec"][list].as_array_mut().into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default().to_owned();
            let resources = map_of(&mut container["resources"]);
            // What is limited is requested up to its limit, before anything is added.
            if let Some(Value::Object(own)) = resources.get("limits").cloned() {
                fill(resources, "requests", &own);
            }
            for (part, word, values) in [("requests", "request", &requests), ("limits", "limit", &limits)] {
                let set = fill(resources, part, values);
                if !set.is_empty() {
                    notes.push(format!("{} {word} for {what} {name}", set.join(", ")));
                }
            }
        }
    }
    if !notes.is_empty() {
        let note = format!("LimitRanger plugin set: {}", notes.join("; "));
        map_of(&mut pod["metadata"]["annotations"]).insert("kubernetes.io/limit-ranger".to_owned(), note.into());
    }
}

/// Adds what is not there; says what it added.
fn fill(resources: &mut Map<String, Value>, part: &str, values: &Map<String, Value>) -> Vec<String> {
    if values.is_empty() {
        return Vec::new();
    }
    let has = map_of(resources.entry(part).or_insert(Value::Null));
    let missing: Vec<String> = values.keys().filter(|name| !has.contains_key(*name)).cloned().collect();
    for name in &missing {
        has.insert(name.clone(), values[name].clone());
    }
    missing
}

/// Refuses a new pod or claim that is beyond the limits of its namespace.
pub fn check(write: &Write<'_>, object: &Value) -> Result<(), Failure> {
    let resource = write.resource();
    let mut wrong = Vec::new();
    for item in items(write) {
        for (kind, of) in measured(resource, object).into_iter().filter(|(kind, _)| item["type"] == *kind) {
            each(&item, kind, &of, &mut wrong);
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let why = if wrong.len() == 1 { wrong.remove(0) } else { format!("[{}]", wrong.join(", ")) };
    Err(Failure::forbidden(resource, object["metadata"]["name"].as_str().unwrap_or_default(), &why))
}

/// What limits apply to, with its `resources`.
fn measured(resource: &Resource, object: &Value) -> Vec<(&'static str, Value)> {
    let spec = &object["spec"];
    if resource.is("", "persistentvolumeclaims") {
        return vec![("PersistentVolumeClaim", spec["resources"].clone())];
    }
    if !resource.is("", "pods") {
        return Vec::new();
    }
    let lists = ["containers", "initContainers"];
    let containers = lists.iter().filter_map(|list| spec[*list].as_array()).flatten();
    let mut out: Vec<(&str, Value)> = containers.map(|it| ("Container", it["resources"].clone())).collect();
    let mut whole = Value::Null;
    for part in ["requests", "limits"] {
        for (name, amount) in super::quota::asked(object, part) {
            whole[part][&name] = crate::server::quantity::write(amount, &name).into();
        }
    }
    out.push(("Pod", whole));
    out
}

fn each(item: &Value, kind: &str, of: &Value, wrong: &mut Vec<String>) {
    let map = |name: &str| item[name].as_object().cloned().unwrap_or_default();
    let said = |part: &str, name: &str| of[part].get(name).filter(|value| !value.is_null());
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    // A claim has no limits.
    let limited = kind != "PersistentVolumeClaim";
    for (name, least) in map("min") {
        let about = format!("minimum {name} usage per {kind} is {}", shown(&least));
        let is_less = |value: &&Value| read(value) < read(&least);
        match (said("requests", &name), said("limits", &name)) {
            (None, _) => wrong.push(format!("{about}.  No request is specified")),
            (Some(it), _) if is_less(&it) => wrong.push(format!("{about}, but request is {}", shown(it))),
            (_, Some(it)) if is_less(&it) => wrong.push(format!("{about}, but limit is {}", shown(it))),
            _ => {}
        }
    }
    for (name, most) in map("max") {
        let about = format!("maximum {name} usage per {kind} is {}", shown(&most));
        let is_more = |value: &&Value| read(value) > read(&most);
        match (said("requests", &name), said("limits", &name)) {
            (_, None) if limited => wrong.push(format!("{about}.  No limit is specified")),
            (None, _) if !limited => wrong.push(format!("{about}.  No request is specified")),
            (_, Some(it)) if is_more(&it) => wrong.push(format!("{about}, but limit is {}", shown(it))),
            (Some(it), _) if is_more(&it) => wrong.push(format!("{about}, but request is {}", shown(it))),
            _ => {}
        }
    }
    for (name, ratio) in map("maxLimitRequestRatio") {
        let about = format!("{name} max limit to request ratio per {kind} is {}", shown(&ratio));
        let amount = |part: &str| said(part, &name).and_then(read).filter(|amount| *amount != 0);
        match (amount("requests"), amount("limits")) {
            (None, _) => wrong.push(format!("{about}, but no request is specified or request is 0")),
            (_, None) => wrong.push(format!("{about}, but no limit is specified or limit is 0")),
            (Some(request), Some(limit)) => {
                let has = limit as f64 / request as f64;
                if has * 1000.0 > read(&ratio).unwrap_or(0) as f64 {
                    wrong.push(format!("{about}, but provided ratio is {has:.6}"));
                }
            }
        }
    }
}
