//! A client without a network: how controllers in this process read and write.

use super::options::Query;
use super::resource::Id;
use super::status::Failure;
use super::store::{Place, Record, Store};
use super::write::{self, Body, Unknown, Write, WriteOptions};
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;

/// A client that writes as one manager.
#[derive(Clone)]
pub struct Inside {
    store: Arc<Store>,
    options: WriteOptions,
}

/// Why a write was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The object, or where it would go, is not there.
    Missing,
    /// Others were quicker, or it is there already.
    Conflict,
    /// Anything else.
    Other,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Refused {
        match failure.code {
            404 => Refused::Missing,
            409 => Refused::Conflict,
            _ => Refused::Other,
        }
    }
}

impl Inside {
    /// A client of a store that writes as `manager`.
    pub fn new(store: Arc<Store>, manager: &str) -> Inside {
        let options = WriteOptions {
            dry_run: false,
            manager: manager.to_owned(),
            named: true,
            unknown: Unknown::Ignore,
            force: true,
        };
        Inside { store, options }
    }

    /// The same client under another name.
    #[must_use]
    pub fn named(&self, manager: &str) -> Inside {
        Inside::new(self.store.clone(), manager)
    }

    /// The store.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    fn place(&self, id: Id) -> Option<Place> {
        Some(Place { id, resource: self.store.registry.get(id)? })
    }

    /// Where the objects of a resource are.
    pub fn id(&self, group: &str, plural: &str) -> Option<Id> {
        let all = self.store.registry.all();
        all.into_iter().find(|(_, it)| it.group == group && it.plural == plural).map(|(id, _)| id)
    }

    /// An object.
    pub fn get(&self, id: Id, key: &str) -> Option<Value> {
        Some(self.store.get(id, key)?.value())
    }

    /// The objects of a namespace, or all.
    pub fn list(&self, id: Id, namespace: &str) -> Vec<Arc<Record>> {
        let prefix = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        self.store.under(id, &prefix)
    }

    fn write<T>(
        &self,
        id: Id,
        key: &str,
        part: &str,
        make: impl FnOnce(&Write<'_>) -> Result<T, Failure>,
    ) -> Result<T, Refused> {
        let place = self.place(id).ok_or(Refused::Missing)?;
        let (namespace, name) =
            if place.resource.namespaced { key.split_once('/').unwrap_or((key, "")) } else { ("", key) };
        let write = Write { store: &self.store, place: &place, namespace, name, part, options: &self.options };
        Ok(make(&write)
            .inspect_err(|failure| tracing::debug!(key, part, message = %failure.to_json()["message"], "refused"))?)
    }

    /// Creates an object; its namespace is in its metadata.
    pub fn create(&self, id: Id, object: &Value) -> Result<Value, Refused> {
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        let key = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        self.write(id, &key, "", |write| write::create(write, &body(object))).map(|written| written.object.value())
    }

    /// Creates an object, or says in the server's words why it may not be.
    pub fn try_create(&self, id: Id, object: &Value) -> Result<Value, String> {
        let place = self.place(id).ok_or_else(String::new)?;
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        let write = Write { store: &self.store, place: &place, namespace, name: "", part: "", options: &self.options };
        let written = write::create(&write, &body(object));
        let why = |failure: Failure| failure.to_json()["message"].as_str().unwrap_or_default().to_owned();
        written.map(|written| written.object.value()).map_err(why)
    }

    /// Replaces an object, or its `part` such as `status`, as long as nobody was quicker.
    pub fn update(&self, id: Id, part: &str, object: &Value) -> Result<Value, Refused> {
        let metadata = &object["metadata"];
        let name = metadata["name"].as_str().unwrap_or_default();
        let key =
            metadata["namespace"].as_str().map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
        self.write(id, &key, part, |write| write::update(write, &body(object))).map(|written| written.object.value())
    }

    /// Merges a change into an object, or into its `part`, and tries again where others were quicker.
    pub fn merge(&self, id: Id, key: &str, part: &str, change: &Value) -> Result<Value, Refused> {
        let patch = Body { media: "application/merge-patch+json".to_owned(), bytes: Bytes::from(change.to_string()) };
        self.write(id, key, part, |write| write::patch(write, &patch)).map(|written| written.object.value())
    }

    /// Gives a pod its node.
    pub fn bind(&self, id: Id, key: &str, node: &str) -> Result<(), Refused> {
        self.write(id, key, "binding", |write| {
            write::bind(write, &body(&json!({"metadata": {"name": write.name}, "target": {"name": node}})))
        })
    }

    /// The scale of an object.
    pub fn scale(&self, id: Id, key: &str) -> Option<Value> {
        Some(write::read_scale(&self.place(id)?.resource, &*self.store.get(id, key)?))
    }

    /// Sets how many replicas an object wants.
    pub fn set_scale(&self, id: Id, key: &str, replicas: i64) -> Result<(), Refused> {
        let media = "application/merge-patch+json".to_owned();
        let patch = Body { media, bytes: Bytes::from(json!({"spec": {"replicas": replicas}}).to_string()) };
        self.write(id, key, "scale", |write| write::write_scale(write, &patch, true).map(drop))
    }

    /// Deletes an object in the background, if it is still that of this uid.
    pub fn delete(&self, id: Id, key: &str, uid: &str) -> Result<(), Refused> {
        let options = body(&json!({"preconditions": {"uid": uid}, "propagationPolicy": "Background"}));
        self.write(id, key, "", |write| write::delete(write, &Query::parse(""), &options).map(drop))
    }

    /// Deletes an object whose dependents go before it.
    pub fn delete_foreground(&self, id: Id, key: &str, uid: &str) -> Result<(), Refused> {
        let options = body(&json!({"preconditions": {"uid": uid}, "propagationPolicy": "Foreground"}));
        self.write(id, key, "", |write| write::delete(write, &Query::parse(""), &options).map(drop))
    }

    /// Ends the grace of a pod whose containers are gone.
    pub fn finish(&self, id: Id, key: &str) -> Result<(), Refused> {
        self.write(id, key, "", write::finish)
    }

    /// Ends a namespace that is empty.
    pub fn finalize(&self, id: Id, name: &str) -> Result<(), Refused> {
        let place = self.place(id).ok_or(Refused::Missing)?;
        Ok(write::finalize(&self.store, &place, name, &json!([])).map(drop)?)
    }
}

fn body(object: &Value) -> Body {
    Body { media: "application/json".to_owned(), bytes: Bytes::from(object.to_string()) }
}
