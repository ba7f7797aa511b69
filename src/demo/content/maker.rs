//! Adds objects of any kind to a cluster, with the metadata that every object has.

use super::{Profile, fields_of, stamp};
use crate::demo::rng::Rng;
use crate::server::registry::Registry;
use crate::server::resource::{Id, Resource};
use crate::server::store::Seeds;
use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use std::sync::Arc;

/// See the module.
pub struct Maker<'a> {
    /// The cluster.
    pub profile: &'a Profile,
    /// What it serves.
    pub registry: &'a Registry,
    /// The same by place.
    pub kinds: Vec<(Id, Arc<Resource>)>,
    /// Decides what is left to chance.
    pub rng: Rng,
    /// The moment as of which it is built.
    pub now: i64,
    /// When it was set up.
    pub born: i64,
    /// Who writes what is added.
    pub manager: &'static str,
    /// What was added.
    pub seeds: Seeds,
    /// How many claims of volumes there are, by namespace.
    pub claims: FxHashMap<String, usize>,
    /// How many addresses of services are given away.
    pub addresses: usize,
}

impl Maker<'_> {
    /// Adds an object as of a moment and returns its uid. A kind that is not served is left out.
    pub fn add(&mut self, group: &str, plural: &str, created: i64, mut object: Value) -> String {
        let mut kinds = self.kinds.iter();
        let Some((id, resource)) = kinds.find(|(_, it)| it.plural == plural && it.group == group) else {
            return String::new();
        };
        let (id, resource, version) = (*id, resource.clone(), resource.api_version());
        let uid = object["metadata"]["uid"].as_str().map_or_else(|| self.rng.uid(), str::to_owned);
        let written = object["metadata"].get("managedFields").is_some();
        let metadata = &mut object["metadata"];
        metadata["uid"] = uid.as_str().into();
        metadata["creationTimestamp"] = stamp(created).into();
        if !written {
            object["metadata"]["managedFields"] = managed_fields(&object, self.manager, &version, created, self.now);
        }
        if plural == "persistentvolumeclaims" {
            let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
            *self.claims.entry(namespace.to_owned()).or_default() += 1;
        }
        self.seeds.add(id, &resource, object);
        uid
    }

    /// Adds an object of a namespace under a name.
    pub fn put(&mut self, kind: (&str, &str), namespace: &str, name: &str, created: i64, mut object: Value) -> String {
        if object.get("metadata").is_none() {
            object["metadata"] = json!({});
        }
        object["metadata"]["name"] = name.into();
        if !namespace.is_empty() {
            object["metadata"]["namespace"] = namespace.into();
        }
        self.add(kind.0, kind.1, created, object)
    }

    /// Whether the cluster has a namespace.
    pub fn has(&self, namespace: &str) -> bool {
        self.profile.namespaces().any(|(name, _)| *name == namespace)
    }

    /// The namespaces of the company's teams.
    pub fn teams(&self) -> Vec<&'static str> {
        let of = |name: &&'static str| super::TEAMS.iter().any(|team| team.namespace == *name);
        self.profile.namespaces().map(|(name, _)| *name).filter(of).collect()
    }
}

/// Who wrote which fields of an object: one wrote everything, and a controller its status.
pub fn managed_fields(object: &Value, manager: &str, version: &str, written: i64, now: i64) -> Value {
    let entry = |manager: &str, at: i64, fields: Value| {
        json!({
            "manager": manager, "operation": "Update", "apiVersion": version, "time": stamp(at),
            "fieldsType": "FieldsV1", "fieldsV1": fields,
        })
    };
    let mut body = object.clone();
    let status = body.as_object_mut().and_then(|body| body.remove("status"));
    if let Some(body) = body.as_object_mut() {
        let mut metadata = json!({});
        for part in ["annotations", "labels", "ownerReferences"] {
            if let Some(value) = body["metadata"].get(part) {
                metadata[part] = value.clone();
            }
        }
        body.insert("metadata".to_owned(), metadata);
        for name in ["kind", "apiVersion"] {
            body.remove(name);
        }
    }
    let mut entries = vec![entry(manager, written, fields_of(&body))];
    if let Some(status) = status {
        let at = if now - written > super::DAY { now - 7 * super::MINUTE } else { written + 8.min(now - written) };
        let mut entry = entry("kube-controller-manager", at, json!({"f:status": fields_of(&status)}));
        entry["subresource"] = "status".into();
        entries.push(entry);
    }
    entries.into()
}
