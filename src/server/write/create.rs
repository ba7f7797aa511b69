//! Creating an object.

use super::admit::admit;
use super::policy;
use super::prepare::{check_forms, check_identity, prune};
use super::validate::validate;
use super::{Body, Write, Written, defaults, definition, map_of, now, suffix, uid};
use crate::server::fields::managers::{Managers, Operation};
use crate::server::mirror;
use crate::server::status::{Cause, Failure};
use crate::server::store::{Expected, Record};
use serde_json::{Value, json};
use std::sync::Arc;

/// Creates the object of a body.
pub fn create(write: &Write<'_>, body: &Body) -> Result<Written, Failure> {
    let mut object = body.object()?;
    must_say_kind(write, &object)?;
    check_identity(write, &mut object)?;
    let warnings = prune(write, &mut object)?;
    check_forms(write, &object)?;
    let (object, created) = insert(write, object, Operation::Update)?;
    Ok(Written { object, created, warnings })
}

/// Custom resources must say what they are.
fn must_say_kind(write: &Write<'_>, object: &Value) -> Result<(), Failure> {
    let resource = write.resource();
    let said = object["kind"].as_str().is_some_and(|kind| !kind.is_empty());
    if resource.custom.is_none() || said || !object.is_object() {
        return Ok(());
    }
    let why =
        format!("the object provided is unrecognized (must be of type {}): Object 'Kind' is missing", resource.kind);
    Err(Failure::bad_request(why))
}

/// Creates an object that is checked already.
pub fn insert(write: &Write<'_>, mut object: Value, operation: Operation) -> Result<(Arc<Record>, bool), Failure> {
    let resource = write.resource();
    namespace_takes(write, &object)?;
    let name = named(write, &mut object)?;
    let metadata = map_of(&mut object["metadata"]);
    if metadata.get("resourceVersion").and_then(Value::as_str).is_some_and(|version| !matches!(version, "" | "0")) {
        return Err(Failure::plain("resourceVersion should not be set on objects to be created"));
    }
    for field in ["resourceVersion", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"] {
        metadata.remove(field);
    }
    metadata.insert("uid".to_owned(), uid().into());
    metadata.insert("creationTimestamp".to_owned(), now().into());
    if defaults::has_generation(resource) {
        metadata.insert("generation".to_owned(), 1.into());
    }
    if resource.has_status() {
        map_of(&mut object).remove("status");
    }
    if resource.is("apps", "daemonsets") {
        defaults::count_template(&mut object);
    }
    defaults::fill(resource, &mut object);
    // What admission and the kind's own rules add is nobody's.
    if operation == Operation::Update {
        let mut managers = Managers::of(&object);
        let mut bare = resource.blank().clone();
        bare["metadata"] = json!({});
        managers.update(&write.writer(operation), &bare, &object, resource.shape(), &now());
        managers.write(&mut object);
    }
    policy::complete(write, &mut object)?;
    admit(resource, &mut object);
    defaults::prepare(write.store, resource, &mut object);
    validate(resource, "", &object, None)?;
    let key = write.key(&name);
    if write.store.get(write.place.id, &key).is_some() {
        return Err(Failure::already_exists(resource, &name));
    }
    policy::charge(write, &object)?;
    if write.options.dry_run {
        let record = Record::detached(resource, object).ok_or_else(|| Failure::internal("the object has no name"))?;
        return Ok((Arc::new(record), true));
    }
    let object = mirror::kept(resource, object);
    let put = write.store.put(write.place.id, &key, Expected::Absent, object);
    let record = put.map_err(|_| Failure::already_exists(resource, &name))?;
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") && definition::is_established(&record.value()) {
        write.store.registry.define(&record.value());
    }
    Ok((record, true))
}

/// The namespace is there and is not going.
fn namespace_takes(write: &Write<'_>, object: &Value) -> Result<(), Failure> {
    let resource = write.resource();
    if !resource.namespaced {
        return Ok(());
    }
    let Some((id, namespaces)) = write.store.registry.find("", "v1", "namespaces") else { return Ok(()) };
    let Some(record) = write.store.get(id, write.namespace) else {
        return Err(Failure::not_found(&namespaces, write.namespace));
    };
    if record.value()["status"]["phase"] == "Terminating" {
        let name = object["metadata"]["name"].as_str().unwrap_or(write.name);
        return Err(Failure::namespace_going(resource, name, write.namespace));
    }
    Ok(())
}

fn named(write: &Write<'_>, object: &mut Value) -> Result<String, Failure> {
    let metadata = map_of(&mut object["metadata"]);
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, prefix) = (text("name"), text("generateName"));
    let name = match (name.is_empty(), prefix.is_empty()) {
        (false, _) => name,
        (true, false) => format!("{}{}", prefix.chars().take(58).collect::<String>(), suffix(5)),
        (true, true) if !write.name.is_empty() => write.name.to_owned(),
        (true, true) => {
            let cause = Cause::required("metadata.name", "name or generateName is required");
            return Err(Failure::invalid(write.resource(), "", &[cause]));
        }
    };
    metadata.insert("name".to_owned(), name.as_str().into());
    Ok(name)
}
