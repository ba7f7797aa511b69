//! Brings an object that a client sends into the form that the server keeps.

use super::options::Unknown;
use super::{Write, map_of};
use crate::server::resource::Resource;
use crate::server::schema::Shape;
use crate::server::status::{Cause, Failure};
use base64::Engine as _;
use serde_json::Value;
use std::fmt::Write as _;

/// Checks what the object says of itself against the path: version, kind, namespace and name.
pub fn check_identity(write: &Write<'_>, object: &mut Value) -> Result<(), Failure> {
    let resource = write.resource();
    if !object.is_object() {
        return Err(Failure::bad_request("the object provided is unrecognized (must be of type Object)"));
    }
    let said = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
    let (version, kind) = (said("apiVersion"), said("kind"));
    if (!version.is_empty() && version != resource.api_version()) || (!kind.is_empty() && kind != resource.kind) {
        let wrong_version = !version.is_empty() && version != resource.api_version();
        let mine = &resource.kind;
        let why = if resource.custom.is_some() || version.is_empty() || kind.is_empty() {
            let mine = resource.api_version();
            format!("the API version in the data ({version}) does not match the expected API version ({mine})")
        } else if wrong_version {
            format!(
                "{kind} in version {version:?} cannot be handled as a {mine}: no kind {kind:?} is registered for \
                 version {version:?} in scheme \"pkg/runtime/scheme.go:111\""
            )
        } else {
            let (package, short) = (resource.package(), &resource.version);
            format!(
                "{kind} in version {short:?} cannot be handled as a {mine}: converting ({short}.{kind}) to \
                 ({package}.{mine}): unknown conversion"
            )
        };
        return Err(Failure::bad_request(why));
    }
    let metadata = map_of(&mut object["metadata"]);
    let namespace = metadata.get("namespace").and_then(Value::as_str).unwrap_or_default().to_owned();
    if resource.namespaced {
        if !namespace.is_empty() && namespace != write.namespace {
            return Err(Failure::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        metadata.insert("namespace".to_owned(), write.namespace.into());
    } else {
        metadata.remove("namespace");
    }
    let name = metadata.get("name").and_then(Value::as_str).unwrap_or_default();
    if !write.name.is_empty() && !name.is_empty() && name != write.name {
        return Err(Failure::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            write.name
        )));
    }
    Ok(())
}

/// The fields that nobody knows.
pub fn unknown(write: &Write<'_>, object: &Value) -> Vec<String> {
    drop_unknown(write, &mut object.clone())
}

/// Drops fields that nobody knows, and values of null; says which fields those were.
fn drop_unknown(write: &Write<'_>, object: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    let shape = write.resource().shape();
    let Some(map) = object.as_object_mut() else { return Vec::new() };
    let (version, kind, metadata) = (map.remove("apiVersion"), map.remove("kind"), map.remove("metadata"));
    walk(object, shape, &mut String::new(), &mut unknown);
    if let Some(mut metadata) = metadata {
        let of = Shape::built_in("", "v1", "Pod").map_or(Shape::Any, |pod| pod.child("metadata"));
        walk(&mut metadata, of, &mut "metadata".to_owned(), &mut unknown);
        object["metadata"] = metadata;
    }
    for (name, value) in [("apiVersion", version), ("kind", kind)] {
        if let Some(value) = value {
            object[name] = value;
        }
    }
    unknown
}

/// The same, as the query wants it.
pub fn prune(write: &Write<'_>, object: &mut Value) -> Result<Vec<String>, Failure> {
    let unknown = drop_unknown(write, object);
    let words: Vec<String> = unknown.iter().map(|path| format!("unknown field {path:?}")).collect();
    match write.options.unknown {
        _ if words.is_empty() => Ok(Vec::new()),
        Unknown::Ignore => Ok(Vec::new()),
        Unknown::Warn => Ok(words),
        Unknown::Strict => {
            let resource = write.resource();
            Err(Failure::bad_request(format!(
                "{0} in version {1:?} cannot be handled as a {0}: strict decoding error: {2}",
                resource.kind,
                resource.version,
                words.join(", ")
            )))
        }
    }
}

fn walk(value: &mut Value, shape: Shape<'_>, path: &mut String, unknown: &mut Vec<String>) {
    let length = path.len();
    match value {
        Value::Object(map) => {
            map.retain(|name, value| {
                if !shape.knows(name) {
                    let dot = if path.is_empty() { "" } else { "." };
                    unknown.push(format!("{path}{dot}{name}"));
                    return false;
                }
                !value.is_null() || matches!(shape, Shape::Any)
            });
            for (name, value) in map {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
                walk(value, shape.child(name), path, unknown);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter_mut().enumerate() {
                let _ = write!(path, "[{at}]");
                walk(value, shape.item(), path, unknown);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// Refuses values of another form than the field's: a text where a number must stand.
pub fn check_forms(write: &Write<'_>, object: &Value) -> Result<(), Failure> {
    let mut wrong = None;
    forms(object, write.resource().shape(), &mut String::new(), &mut wrong);
    let resource = write.resource();
    let Some((path, found, wanted)) = wrong else {
        let Some(why) = unreadable(resource, object) else { return Ok(()) };
        let (kind, version) = (&resource.kind, &resource.version);
        return Err(Failure::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {why}"
        )));
    };
    if resource.custom.is_some() {
        let why = format!("{} in body must be of type {wanted}: {found:?}", path.trim_start_matches('.'));
        let field = path.trim_start_matches('.').to_owned();
        let cause = Cause::mistyped(field, &Value::from(found), &why);
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        return Err(Failure::invalid(resource, name, &[cause]));
    }
    Err(Failure::bad_request(format!(
        "{0} in version {1:?} cannot be handled as a {0}: json: cannot unmarshal {found} into Go struct field {0}{path} of type {wanted}",
        resource.kind, resource.version
    )))
}

/// Texts that stand for something else and cannot be read as that.
fn unreadable(resource: &Resource, object: &Value) -> Option<String> {
    if resource.is("", "secrets") {
        let base64 = &base64::engine::general_purpose::STANDARD;
        for text in object["data"].as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str()) {
            if base64.decode(text).is_err() {
                let odd = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '=');
                let at = text.find(odd).unwrap_or(text.len());
                return Some(format!("illegal base64 data at input byte {at}"));
            }
        }
    }
    let spec = match resource.plural.as_str() {
        _ if resource.custom.is_some() => return None,
        "pods" => &object["spec"],
        "cronjobs" => &object["spec"]["jobTemplate"]["spec"]["template"]["spec"],
        _ => &object["spec"]["template"]["spec"],
    };
    let lists = ["initContainers", "containers"].iter().filter_map(|list| spec[*list].as_array()).flatten();
    let amounts = lists.flat_map(|it| ["requests", "limits"].map(|part| &it["resources"][part]));
    let mut texts = amounts.filter_map(Value::as_object).flatten().filter_map(|(_, value)| value.as_str());
    texts.any(|text| !is_quantity(text)).then(|| {
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'".to_owned()
    })
}

fn is_quantity(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if unit.len() == rest.len() {
        return false;
    }
    let power = unit.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let power = power.strip_prefix(['+', '-']).unwrap_or(power);
    power.chars().all(|c| c.is_ascii_digit())
}

fn forms(value: &Value, shape: Shape<'_>, path: &mut String, wrong: &mut Option<(String, &'static str, &'static str)>) {
    if wrong.is_some() {
        return;
    }
    let found = match value {
        Value::Null => return,
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if let Some(wanted) = shape.wants(value) {
        *wrong = Some((path.clone(), found, wanted));
        return;
    }
    let length = path.len();
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                path.push('.');
                path.push_str(name);
                forms(value, shape.child(name), path, wrong);
                path.truncate(length);
            }
        }
        Value::Array(items) => items.iter().for_each(|value| forms(value, shape.item(), path, wrong)),
        _ => {}
    }
}

/// The fields of an object that nobody knows, and the first value of a wrong form.
#[cfg(test)]
pub fn misfits(resource: &crate::server::resource::Resource, object: &Value) -> Vec<String> {
    let (mut unknown, mut wrong, mut rest) = (Vec::new(), None, object.clone());
    let metadata = map_of(&mut rest).remove("metadata");
    walk(&mut rest, resource.shape(), &mut String::new(), &mut unknown);
    if let Some(mut metadata) = metadata {
        let of = Shape::built_in("", "v1", "Pod").map_or(Shape::Any, |pod| pod.child("metadata"));
        walk(&mut metadata, of, &mut "metadata".to_owned(), &mut unknown);
    }
    forms(object, resource.shape(), &mut String::new(), &mut wrong);
    unknown.extend(wrong.map(|(path, found, wanted)| format!("{path}: {found}, not {wanted}")));
    unknown
}
