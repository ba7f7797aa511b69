//! The scale of an object: how many replicas it wants and has.

use super::{Body, Write, Written, map_of, update};
use crate::server::patch;
use crate::server::resource::Resource;
use crate::server::schema::Shape;
use crate::server::select::selector_text;
use crate::server::status::{Cause, Failure};
use crate::server::store::Record;
use bytes::Bytes;
use serde_json::{Value, json};

/// Where an object keeps its numbers.
struct Paths<'a> {
    wanted: &'a str,
    has: &'a str,
    selector: Option<&'a str>,
}

fn paths(resource: &Resource) -> Paths<'_> {
    let Some(scale) = resource.custom.as_ref().and_then(|custom| custom.scale.as_ref()) else {
        return Paths { wanted: ".spec.replicas", has: ".status.replicas", selector: None };
    };
    let text = |name: &str| scale[name].as_str();
    Paths {
        wanted: text("specReplicasPath").unwrap_or(".spec.replicas"),
        has: text("statusReplicasPath").unwrap_or(".status.replicas"),
        selector: text("labelSelectorPath"),
    }
}

fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').filter(|part| !part.is_empty()).try_fold(object, |value, part| value.get(part))
}

/// The scale of an object.
pub fn read(resource: &Resource, record: &Record) -> Value {
    let object = record.value();
    let paths = paths(resource);
    let number = |path: &str| at(&object, path).and_then(Value::as_i64);
    let default = i64::from(resource.custom.is_none());
    let selector = match paths.selector {
        Some(path) => at(&object, path).and_then(Value::as_str).unwrap_or_default().to_owned(),
        None if resource.is("", "replicationcontrollers") => {
            selector_text(&json!({"matchLabels": object["spec"]["selector"]}))
        }
        None => selector_text(&object["spec"]["selector"]),
    };
    let mut metadata = json!({});
    for name in ["name", "namespace", "uid", "creationTimestamp"] {
        if let Some(value) = object["metadata"].get(name) {
            metadata[name] = value.clone();
        }
    }
    metadata["resourceVersion"] = record.version.to_string().into();
    let wanted = number(paths.wanted).unwrap_or(default);
    let mut spec = json!({});
    if wanted != 0 {
        spec["replicas"] = wanted.into();
    }
    let mut status = json!({"replicas": number(paths.has).unwrap_or(0)});
    if !selector.is_empty() {
        status["selector"] = selector.into();
    }
    json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status})
}

/// Sets the scale of an object by the body of an update or, where `patching`, of a patch.
pub fn write(write: &Write<'_>, body: &Body, patching: bool) -> Result<Written, Failure> {
    let resource = write.resource();
    let key = write.key(write.name);
    let live = write.store.get(write.place.id, &key).ok_or_else(|| Failure::not_found(resource, write.name))?;
    let before = read(resource, &live);
    let scale = if patching {
        match body.patch()? {
            (super::PatchKind::Json, change) => patch::json(&before, &change).map_err(Failure::bad_request)?,
            (super::PatchKind::Strategic, change) => {
                let shape = Shape::built_in("autoscaling", "v1", "Scale").unwrap_or(Shape::Any);
                patch::strategic(&before, &change, shape).map_err(Failure::bad_request)?
            }
            (_, change) => patch::merge(&before, &change),
        }
    } else {
        body.object()?
    };
    let version = scale["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !version.is_empty() && version != live.version.to_string() {
        return Err(Failure::modified(resource, write.name));
    }
    if let Some(wanted) = scale["spec"]["replicas"].as_i64().filter(|wanted| *wanted < 0) {
        let cause = Cause::wrong("spec.replicas", &wanted.into(), "must be greater than or equal to 0");
        return Err(Failure::invalid_kind("autoscaling", "Scale", write.name, &[cause]));
    }
    let mut object = live.value();
    set(&mut object, paths(resource).wanted, scale["spec"]["replicas"].as_i64().unwrap_or(0));
    object["metadata"]["resourceVersion"] = live.version.to_string().into();
    let whole = Body { media: "application/json".to_owned(), bytes: Bytes::from(object.to_string()) };
    update(write, &whole)
}

fn set(object: &mut Value, path: &str, number: i64) {
    let mut here = object;
    for part in path.split('.').filter(|part| !part.is_empty()) {
        here = map_of(here).entry(part).or_insert(Value::Null);
    }
    *here = number.into();
}
