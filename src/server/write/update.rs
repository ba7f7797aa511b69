//! Replacing and patching an object.

use super::create::insert;
use super::prepare::{check_forms, check_identity, prune, unknown};
use super::validate::validate;
use super::{Body, PatchKind, Write, Written, defaults, definition, delete, map_of, now, quota};
use crate::server::fields::apply::apply;
use crate::server::fields::managers::{Managers, Operation};
use crate::server::status::{Cause, Failure};
use crate::server::store::{Expected, Record};
use crate::server::{mirror, patch};
use serde_json::{Value, json};
use std::sync::Arc;

/// How often a write that others overtake is tried again.
const TRIES: usize = 16;

/// Replaces an object by that of a body.
pub fn update(write: &Write<'_>, body: &Body) -> Result<Written, Failure> {
    let mut object = body.object()?;
    check_identity(write, &mut object)?;
    let warnings = prune(write, &mut object)?;
    check_forms(write, &object)?;
    let live = live(write)?;
    let resource = write.resource();
    if resource.wants_version() && object["metadata"]["resourceVersion"].as_str().is_none_or(str::is_empty) {
        let cause = Cause::wrong("metadata.resourceVersion", &0.into(), "must be specified for an update");
        return Err(Failure::invalid_kind(&resource.group, &resource.plural, write.name, &[cause]));
    }
    let object = replace(write, &live, object, Operation::Update)?;
    Ok(Written { object, created: false, warnings })
}

/// Patches an object with a body.
pub fn patch(write: &Write<'_>, body: &Body) -> Result<Written, Failure> {
    let (kind, change) = body.patch()?;
    if kind == PatchKind::Apply && !write.options.named {
        let cause = Cause::required("fieldManager", "is required for apply patch");
        return Err(Failure::invalid_kind("meta.k8s.io", "PatchOptions", "", &[cause]));
    }
    let mut last = None;
    for _ in 0..TRIES {
        match attempt(write, kind, &change) {
            Err(failure) if failure.code == 409 && failure.is_race() => last = Some(failure),
            other => return other,
        }
    }
    Err(last.unwrap_or_else(|| Failure::modified(write.resource(), write.name)))
}

fn attempt(write: &Write<'_>, kind: PatchKind, change: &Value) -> Result<Written, Failure> {
    let resource = write.resource();
    let found = write.store.get(write.place.id, &write.key(write.name));
    let live = match found {
        Some(live) => live,
        None if kind == PatchKind::Apply && write.part.is_empty() => return apply_new(write, change),
        None => return Err(Failure::not_found(resource, write.name)),
    };
    let old = whole(write, &live);
    let bad = |why: String| Failure::bad_request(why);
    let mut object = match kind {
        PatchKind::Json if !change.is_array() => {
            let why =
                "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp";
            return Err(Failure::bad_request(why));
        }
        PatchKind::Json => patch::json(&old, change).map_err(|_| Failure::unprocessable())?,
        PatchKind::Merge => patch::merge(&old, change),
        PatchKind::Strategic if resource.custom.is_some() => {
            return Err(Failure::unsupported_media(
                "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
            ));
        }
        PatchKind::Strategic => patch::strategic(&old, change, resource.shape()).map_err(bad)?,
        PatchKind::Apply => {
            let mut config = change.clone();
            check_applied(write, &mut config)?;
            let warnings = prune_applied(write, &mut config, change)?;
            check_forms(write, &config)?;
            let writer = write.writer(Operation::Apply);
            let merged = apply(&old, &config, resource.shape(), &writer, &now(), write.options.force)
                .map_err(|conflicts| Failure::apply_conflict(&conflicts))?;
            let merged = with_last_applied(write, merged, &config);
            let object = replace(write, &live, merged, Operation::Apply)?;
            return Ok(Written { object, created: false, warnings });
        }
    };
    check_identity(write, &mut object)?;
    // What a patch makes wrong is told of the patch, not of the object.
    let patched = object.clone();
    let of_patch = |failure: Failure| Failure::patch_failed(&patched, &failure);
    let warnings = prune(write, &mut object).map_err(of_patch)?;
    if resource.custom.is_some() {
        check_forms(write, &object)?;
    } else {
        check_forms(write, &object).map_err(of_patch)?;
    }
    let object = replace(write, &live, object, Operation::Update)?;
    Ok(Written { object, created: false, warnings })
}

/// Keeps the note of what kubectl applied last where there is one, for those who still apply on their side.
fn with_last_applied(write: &Write<'_>, mut object: Value, config: &Value) -> Value {
    const LAST: &str = "kubectl.kubernetes.io/last-applied-configuration";
    let noted = object["metadata"]["annotations"].get(LAST).is_some();
    if noted && write.options.manager == "kubectl" && write.part.is_empty() {
        object["metadata"]["annotations"][LAST] = format!("{config}\n").into();
    }
    object
}

/// What is applied must say what it is, and who owns what is not for it to say.
fn check_applied(write: &Write<'_>, config: &mut Value) -> Result<(), Failure> {
    let text = |name: &str| config[name].as_str().unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    if version.is_empty() || kind.is_empty() {
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        return Err(Failure::bad_request(format!("invalid object type: {group}/{version}, Kind={kind}")));
    }
    if config["metadata"].get("managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(Failure::bad_request("metadata.managedFields must be nil"));
    }
    check_identity(write, config)
}

/// What is applied may only hold fields that there are.
fn prune_applied(write: &Write<'_>, config: &mut Value, sent: &Value) -> Result<Vec<String>, Failure> {
    let said = |path: &String| format!(".{path}: field not declared in schema");
    let (namespace, name) = (sent["metadata"]["namespace"].as_str().unwrap_or_default(), write.name);
    let unknown = unknown(write, config);
    let why = match unknown.as_slice() {
        [] => return prune(write, config),
        [one] => said(one),
        many => format!("errors:\n  {}", many.iter().map(said).collect::<Vec<_>>().join("\n  ")),
    };
    let resource = write.resource();
    let of = format!("({namespace}/{name}; {}/{}, Kind={})", resource.group, resource.version, resource.kind);
    Err(Failure::plain(format!("failed to create typed patch object {of}: {why}")))
}

fn apply_new(write: &Write<'_>, change: &Value) -> Result<Written, Failure> {
    let resource = write.resource();
    let mut config = change.clone();
    check_applied(write, &mut config)?;
    let warnings = prune_applied(write, &mut config, change)?;
    check_forms(write, &config)?;
    let writer = write.writer(Operation::Apply);
    let bare = json!({"metadata": {"name": write.name}});
    let merged = apply(&bare, &config, resource.shape(), &writer, &now(), true).unwrap_or(config);
    let (object, created) = insert(write, merged, Operation::Apply)?;
    Ok(Written { object, created, warnings })
}

fn live(write: &Write<'_>) -> Result<Arc<Record>, Failure> {
    let found = write.store.get(write.place.id, &write.key(write.name));
    found.ok_or_else(|| Failure::not_found(write.resource(), write.name))
}

/// An object with its kind and version.
fn whole(write: &Write<'_>, record: &Record) -> Value {
    let mut object = mirror::shown(write.resource(), record.value());
    object["apiVersion"] = write.resource().api_version().into();
    object["kind"] = write.resource().kind.as_str().into();
    object["metadata"]["resourceVersion"] = record.version.to_string().into();
    object
}

/// Puts a new version in the place of the live one.
fn replace(
    write: &Write<'_>,
    live: &Arc<Record>,
    mut object: Value,
    operation: Operation,
) -> Result<Arc<Record>, Failure> {
    let resource = write.resource();
    let old = whole(write, live);
    let metadata = map_of(&mut object["metadata"]);
    let said = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, uid) = (said("resourceVersion"), said("uid"));
    if !version.is_empty() && version != live.version.to_string() {
        return Err(Failure::modified(resource, write.name));
    }
    if !uid.is_empty() && old["metadata"]["uid"] != uid {
        let why = format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            old["metadata"]["uid"].as_str().unwrap_or_default()
        );
        return Err(Failure::conflict(resource, write.name, &why));
    }
    for name in [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "generateName",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "resourceVersion",
    ] {
        match old["metadata"].get(name) {
            Some(value) => drop(metadata.insert(name.to_owned(), value.clone())),
            None => drop(metadata.remove(name)),
        }
    }
    if operation == Operation::Update && !metadata.contains_key("managedFields") {
        metadata.insert("managedFields".to_owned(), old["metadata"]["managedFields"].clone());
    }
    keep_parts(write, &old, &mut object);
    defaults::fill(resource, &mut object);
    defaults::keep(resource, &old, &mut object);
    defaults::prepare(write.store, resource, &mut object);
    if write.part != "status" {
        validate(resource, write.part, &object, Some(&old))?;
    }
    let differs = |name: &str| old.get(name) != object.get(name);
    let names = || object.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let spec_changed =
        names().any(|name| !matches!(name, "metadata" | "status" | "apiVersion" | "kind") && differs(name));
    let is_deployment = resource.is("apps", "deployments") && write.part.is_empty();
    let noted = is_deployment && old["metadata"]["annotations"] != object["metadata"]["annotations"];
    if resource.is("apps", "daemonsets") && old["spec"]["template"] != object["spec"]["template"] {
        defaults::count_template(&mut object);
    }
    if (spec_changed || noted) && defaults::has_generation(resource) {
        let generation = old["metadata"]["generation"].as_i64().unwrap_or(0) + 1;
        object["metadata"]["generation"] = generation.into();
    }
    if operation == Operation::Update {
        let mut managers = Managers::of(&object);
        // A scale is written without a time.
        let time = if write.part == "scale" { String::new() } else { now() };
        managers.update(&write.writer(operation), &old, &object, resource.shape(), &time);
        managers.write(&mut object);
    }
    if same(&old, &object) {
        return Ok(live.clone());
    }
    quota::charge(write, &object, Some(&old))?;
    if write.options.dry_run {
        let record = Record::detached(resource, serde_json::from_value(object).unwrap_or_default());
        return record.map(Arc::new).ok_or_else(|| Failure::internal("the object has no name"));
    }
    let going = old["metadata"].get("deletionTimestamp").is_some();
    let kept = object["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty());
    if going && !kept && delete::is_done(resource, &object) {
        return delete::remove_after(write, live, object);
    }
    let key = write.key(write.name);
    let object = mirror::kept(resource, object);
    let put = write.store.put(write.place.id, &key, Expected::Version(live.version), object);
    let record = put.map_err(|_| Failure::race(resource, write.name))?;
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") && definition::is_established(&record.value()) {
        write.store.registry.define(&record.value());
    }
    Ok(record)
}

/// A write of the object leaves its status, and a write of the status leaves all else.
fn keep_parts(write: &Write<'_>, old: &Value, object: &mut Value) {
    let take = |object: &mut Value, name: &str| match old.get(name) {
        Some(value) => object[name] = value.clone(),
        None => drop(map_of(object).remove(name)),
    };
    match write.part {
        "" if write.resource().has_status() => take(object, "status"),
        "status" => {
            let status = object.get("status").cloned();
            let managers = object["metadata"].get("managedFields").cloned();
            let mut kept = old.clone();
            // The revision is written together with the status.
            if write.resource().is("apps", "deployments") {
                kept["metadata"]["annotations"] = object["metadata"]["annotations"].clone();
            }
            match status {
                Some(status) => kept["status"] = status,
                None => drop(map_of(&mut kept).remove("status")),
            }
            if let Some(managers) = managers {
                kept["metadata"]["managedFields"] = managers;
            }
            *object = kept;
        }
        "ephemeralcontainers" => {
            let (containers, managers) =
                (object["spec"]["ephemeralContainers"].clone(), object["metadata"]["managedFields"].clone());
            *object = old.clone();
            object["metadata"]["managedFields"] = managers;
            match containers {
                Value::Null => drop(map_of(&mut object["spec"]).remove("ephemeralContainers")),
                containers => object["spec"]["ephemeralContainers"] = containers,
            }
        }
        _ => {}
    }
}

/// Whether nothing changed but the times in `managedFields`.
fn same(old: &Value, new: &Value) -> bool {
    let bare = |object: &Value| {
        let mut object = object.clone();
        for entry in object["metadata"]["managedFields"].as_array_mut().into_iter().flatten() {
            map_of(entry).remove("time");
        }
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.retain(|_, value| !value.is_null());
        }
        object
    };
    bare(old) == bare(new)
}
