//! Deleting objects: preconditions, grace, finalizers and propagation.

use super::{Body, Write, map_of, moment, now, stamp};
use crate::server::options::Query;
use crate::server::resource::Resource;
use crate::server::status::{Cause, Failure};
use crate::server::store::{Expected, Place, Record, Store};
use serde_json::{Value, json};
use std::sync::Arc;

/// What a deletion asks for.
#[derive(Debug, Default)]
struct Options {
    grace: Option<i64>,
    propagation: String,
    uid: String,
    version: String,
}

impl Options {
    fn read(query: &Query, body: &Value) -> Result<Options, Failure> {
        let text = |name: &str| {
            let said = body[name].as_str().map(str::to_owned);
            said.or_else(|| query.get(name).map(str::to_owned)).unwrap_or_default()
        };
        let grace = body["gracePeriodSeconds"].as_i64();
        let said = text("propagationPolicy");
        let cause = match said.as_str() {
            said if !said.is_empty() && !body["orphanDependents"].is_null() => {
                let why = "orphanDependents and deletionPropagation cannot be both set";
                Some(Cause::wrong("propagationPolicy", &said.into(), why))
            }
            "" | "Foreground" | "Background" | "Orphan" => None,
            other => {
                let known = ["Foreground", "Background", "Orphan", "nil"];
                Some(Cause::unsupported("propagationPolicy", other, &known))
            }
        };
        if let Some(cause) = cause {
            return Err(Failure::invalid_kind("meta.k8s.io", "DeleteOptions", "", &[cause]));
        }
        let propagation = match (said, body["orphanDependents"].as_bool()) {
            (said, None) => said,
            (_, Some(true)) => "Orphan".to_owned(),
            (_, Some(false)) => "Background".to_owned(),
        };
        let wanted = |name: &str| body["preconditions"][name].as_str().unwrap_or_default().to_owned();
        Ok(Options {
            grace: grace.or_else(|| query.get("gracePeriodSeconds").and_then(|text| text.parse().ok())),
            propagation,
            uid: wanted("uid"),
            version: wanted("resourceVersion"),
        })
    }
}

/// What came of a deletion.
pub enum Deleted {
    /// The object is gone; as it was.
    Gone(Arc<Record>),
    /// It is going; as it stands now.
    Going(Arc<Record>),
}

/// Deletes one object.
pub fn delete(write: &Write<'_>, query: &Query, body: &Body) -> Result<Deleted, Failure> {
    let options = Options::read(query, &body.optional()?)?;
    loop {
        match attempt(write, &options) {
            Err(failure) if failure.is_race() => {}
            other => return other,
        }
    }
}

/// Deletes what a selection names; gives the objects as they were.
pub fn delete_collection(
    write: &Write<'_>,
    query: &Query,
    body: &Body,
    items: &[Arc<Record>],
) -> Result<Vec<Arc<Record>>, Failure> {
    for record in items {
        let object = record.value();
        let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
        let (namespace, name) = (text("namespace"), text("name"));
        let one = Write { namespace: &namespace, name: &name, ..*write };
        match delete(&one, query, body) {
            Err(failure) if failure.code == 404 => {}
            other => drop(other?),
        }
    }
    Ok(items.to_vec())
}

fn attempt(write: &Write<'_>, options: &Options) -> Result<Deleted, Failure> {
    let resource = write.resource();
    let key = write.key(write.name);
    let live = write.store.get(write.place.id, &key).ok_or_else(|| Failure::not_found(resource, write.name))?;
    let mut object = live.value();
    let uid = object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    if !options.uid.is_empty() && options.uid != uid {
        let why = format!(
            "the UID in the precondition ({}) does not match the UID in record ({uid}). The object might have been \
             deleted and then recreated",
            options.uid
        );
        return Err(Failure::precondition(resource, write.name, &why));
    }
    if !options.version.is_empty() && options.version != live.version.to_string() {
        let why = format!(
            "the ResourceVersion in the precondition ({}) does not match the ResourceVersion in record ({}). The \
             object might have been modified",
            options.version, live.version
        );
        return Err(Failure::precondition(resource, write.name, &why));
    }
    let mut finalizers: Vec<String> = object["metadata"]["finalizers"]
        .as_array()
        .map_or_else(Vec::new, |all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let going = object["metadata"].get("deletionTimestamp").is_some();
    if !going {
        finalizers.retain(|name| name != "orphan" && name != "foregroundDeletion");
        match options.propagation.as_str() {
            "Orphan" => finalizers.push("orphan".to_owned()),
            "Foreground" => finalizers.push("foregroundDeletion".to_owned()),
            _ => {}
        }
    }
    let grace = grace_of(resource, &object, options);
    let is_namespace = resource.is("", "namespaces");
    if finalizers.is_empty() && grace == 0 && !is_namespace {
        if !write.options.dry_run {
            remove(write, &key, &live, &object)?;
        }
        if resource.is("", "pods") {
            let metadata = map_of(&mut object["metadata"]);
            let generation = metadata.get("generation").and_then(Value::as_i64).unwrap_or(0) + 1;
            metadata.insert("generation".to_owned(), generation.into());
            metadata.insert("deletionTimestamp".to_owned(), now().into());
            metadata.insert("deletionGracePeriodSeconds".to_owned(), 0.into());
            let gone = Record::detached(resource, object);
            return Ok(Deleted::Gone(gone.map_or(live, Arc::new)));
        }
        return Ok(Deleted::Gone(live));
    }
    let shorter = object["metadata"]["deletionGracePeriodSeconds"].as_i64().is_none_or(|old| grace < old);
    if going && !shorter {
        return Ok(Deleted::Going(live));
    }
    let metadata = map_of(&mut object["metadata"]);
    metadata.insert("deletionTimestamp".to_owned(), stamp(moment().as_second().saturating_add(grace)).into());
    if !is_namespace {
        metadata.insert("deletionGracePeriodSeconds".to_owned(), grace.into());
    }
    if !finalizers.is_empty() {
        metadata.insert("finalizers".to_owned(), json!(finalizers));
    }
    if super::defaults::has_generation(resource) {
        let generation = metadata.get("generation").and_then(Value::as_i64).unwrap_or(0) + 1;
        metadata.insert("generation".to_owned(), generation.into());
    }
    if is_namespace {
        object["status"]["phase"] = "Terminating".into();
    }
    if write.options.dry_run {
        return Ok(Deleted::Going(live));
    }
    let put = write.store.put(write.place.id, &key, Expected::Version(live.version), object);
    put.map(Deleted::Going).map_err(|_| Failure::race(resource, write.name))
}

/// Seconds until an object may go: only pods that run somewhere have any.
fn grace_of(resource: &Resource, object: &Value, options: &Options) -> i64 {
    if !resource.is("", "pods") {
        return 0;
    }
    let placed = object["spec"]["nodeName"].as_str().is_some_and(|node| !node.is_empty());
    let over = matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    if !placed || over {
        return 0;
    }
    options.grace.or_else(|| object["spec"]["terminationGracePeriodSeconds"].as_i64()).unwrap_or(30).max(0)
}

/// Whether nothing but its finalizers holds an object that is going.
pub(super) fn is_done(resource: &Resource, object: &Value) -> bool {
    let metadata = &object["metadata"];
    let graceful = metadata["deletionGracePeriodSeconds"].as_i64().unwrap_or(0) > 0;
    let finalizers = object["spec"]["finalizers"].as_array().is_some_and(|all| !all.is_empty());
    !(graceful || resource.is("", "namespaces") && finalizers)
}

/// Removes an object whose last finalizer is gone; gives it as it stood then.
pub(super) fn remove_after(write: &Write<'_>, live: &Arc<Record>, object: Value) -> Result<Arc<Record>, Failure> {
    let resource = write.resource();
    remove(write, &write.key(write.name), live, &object)?;
    Record::detached(resource, object).map(Arc::new).ok_or_else(|| Failure::internal("the object has no name"))
}

fn remove(write: &Write<'_>, key: &str, live: &Arc<Record>, object: &Value) -> Result<(), Failure> {
    let resource = write.resource();
    let gone = write.store.delete(write.place.id, key, live.version);
    gone.map_err(|now| match now {
        Some(_) => Failure::race(resource, write.name),
        None => Failure::not_found(resource, write.name),
    })?;
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        for id in write.store.registry.undefine(object) {
            for record in write.store.under(id, "") {
                let _ = write.store.delete(id, &record.key, record.version);
            }
        }
    }
    Ok(())
}

/// Ends the grace of a pod: what its kubelet does when the containers are gone. With finalizers left it stays.
pub fn finish(write: &Write<'_>) -> Result<(), Failure> {
    let resource = write.resource();
    let key = write.key(write.name);
    let live = write.store.get(write.place.id, &key).ok_or_else(|| Failure::not_found(resource, write.name))?;
    let mut object = live.value();
    let kept = object["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty());
    if !kept {
        return remove(write, &key, &live, &object);
    }
    let metadata = map_of(&mut object["metadata"]);
    metadata.insert("deletionGracePeriodSeconds".to_owned(), 0.into());
    metadata.insert("deletionTimestamp".to_owned(), now().into());
    let put = write.store.put(write.place.id, &key, Expected::Version(live.version), object);
    put.map(drop).map_err(|_| Failure::race(resource, write.name))
}

/// Sets the finalizers of a namespace's spec; one that is going and has none left is gone.
pub fn finalize(store: &Store, place: &Place, name: &str, finalizers: &Value) -> Result<Arc<Record>, Failure> {
    let resource = &place.resource;
    let live = store.get(place.id, name).ok_or_else(|| Failure::not_found(resource, name))?;
    let mut object = live.value();
    map_of(&mut object["spec"]).insert("finalizers".to_owned(), finalizers.clone());
    let none = finalizers.as_array().is_none_or(Vec::is_empty);
    if none && object["metadata"].get("deletionTimestamp").is_some() {
        store.delete(place.id, name, live.version).map_err(|_| Failure::race(resource, name))?;
        return Record::detached(resource, object).map(Arc::new).ok_or_else(|| Failure::internal("no name"));
    }
    let put = store.put(place.id, name, Expected::Version(live.version), object);
    put.map_err(|_| Failure::race(resource, name))
}
