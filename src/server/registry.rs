//! The resources of one server: the built-in ones, and those that custom resource definitions add.

use super::resource::{Custom, EVENTS, Id, Resource, built_in};
use parking_lot::RwLock;
use serde_json::Value;
use std::sync::Arc;

/// See the module. A resource keeps its place for good; one whose definition is gone serves no more.
pub struct Registry {
    inner: RwLock<Vec<Entry>>,
}

#[derive(Clone)]
struct Entry {
    resource: Arc<Resource>,
    served: bool,
    /// Where its objects are kept: every version of a custom resource is another view of the same.
    store: Id,
}

impl Default for Registry {
    fn default() -> Registry {
        Registry::of("")
    }
}

impl Registry {
    /// The built-in resources of a server of this version, such as `v1.36.3`; of the newest where it is not said.
    pub fn of(git_version: &str) -> Registry {
        let minor = git_version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(0);
        let entry = |(at, resource)| {
            let store = if super::mirror::is_mirror(&resource) { EVENTS } else { at };
            Entry { resource: Arc::new(Resource { minor, ..resource }), served: true, store }
        };
        Registry { inner: RwLock::new(built_in().into_iter().enumerate().map(entry).collect()) }
    }

    /// A resource by its path.
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<(Id, Arc<Resource>)> {
        let entries = self.inner.read();
        let is = |entry: &Entry| {
            let of = &entry.resource;
            entry.served && of.group == group && of.version == version && of.plural == plural
        };
        entries.iter().find(|entry| is(entry)).map(|entry| (entry.store, entry.resource.clone()))
    }

    /// A resource by the kind of its objects.
    pub fn of_kind(&self, group: &str, kind: &str) -> Option<(Id, Arc<Resource>)> {
        let entries = self.inner.read();
        let is = |entry: &Entry| entry.served && entry.resource.group == group && entry.resource.kind == kind;
        entries.iter().find(|entry| is(entry)).map(|entry| (entry.store, entry.resource.clone()))
    }

    /// A resource by its place.
    pub fn get(&self, id: Id) -> Option<Arc<Resource>> {
        self.inner.read().get(id).map(|entry| entry.resource.clone())
    }

    /// Everything that is served.
    pub fn all(&self) -> Vec<(Id, Arc<Resource>)> {
        let entries = self.inner.read();
        let served = entries.iter().filter(|entry| entry.served);
        served.map(|entry| (entry.store, entry.resource.clone())).collect()
    }

    /// The served groups with their versions, the core group first, in the order in which they came.
    pub fn groups(&self) -> Vec<(String, Vec<String>)> {
        let mut out: Vec<(String, Vec<String>)> = Vec::new();
        for (_, resource) in self.all() {
            let at = out.iter().position(|(group, _)| *group == resource.group).unwrap_or_else(|| {
                out.push((resource.group.clone(), Vec::new()));
                out.len() - 1
            });
            if !out[at].1.contains(&resource.version) {
                out[at].1.push(resource.version.clone());
            }
        }
        out
    }

    /// Serves what a custom resource definition defines.
    pub fn define(&self, definition: &Value) {
        let mut entries = self.inner.write();
        let mut store = None;
        for resource in resources_of(definition) {
            let same = |entry: &Entry| {
                let of = &entry.resource;
                (&of.group, &of.version, &of.plural) == (&resource.group, &resource.version, &resource.plural)
            };
            let at = entries.iter().position(same);
            let store = *store.get_or_insert(at.map_or(entries.len(), |at| entries[at].store));
            let entry = Entry { resource: resource.into(), served: true, store };
            match at {
                // What goes on as it was stays the same, so that nobody takes it for another.
                Some(at) if entries[at].served && entries[at].resource == entry.resource => {}
                Some(at) => entries[at] = entry,
                None => entries.push(entry),
            }
        }
    }

    /// Serves no more what a custom resource definition defined; returns where its objects are kept.
    pub fn undefine(&self, definition: &Value) -> Vec<Id> {
        let (group, plural) = (&definition["spec"]["group"], &definition["spec"]["names"]["plural"]);
        let mut places = Vec::new();
        for entry in self.inner.write().iter_mut() {
            if entry.resource.custom.is_some() && *group == entry.resource.group && *plural == entry.resource.plural {
                entry.served = false;
                places.push(entry.store);
            }
        }
        places.dedup();
        places
    }
}

/// The resources that a definition asks for, the storage version first.
fn resources_of(definition: &Value) -> Vec<Resource> {
    let spec = &definition["spec"];
    let names = &spec["names"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| {
        value.as_array().map_or_else(Vec::new, |all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    let mut versions: Vec<&Value> = spec["versions"].as_array().map_or_else(Vec::new, |all| all.iter().collect());
    versions.retain(|version| version["served"] != false);
    versions.sort_by_key(|version| version["storage"] != true);
    let one = |version: &Value| {
        let kind = text(&names["kind"]);
        let singular = match text(&names["singular"]) {
            none if none.is_empty() => kind.to_lowercase(),
            singular => singular,
        };
        let parts = &version["subresources"];
        let namespaced = spec["scope"] == "Namespaced";
        let mut fields = vec!["metadata.name".to_owned()];
        fields.extend(namespaced.then(|| "metadata.namespace".to_owned()));
        let selectable = version["selectableFields"].as_array().into_iter().flatten();
        fields.extend(selectable.map(|field| text(&field["jsonPath"]).trim_start_matches('.').to_owned()));
        let has = |part: &str| parts.get(part).is_some_and(|part| !part.is_null());
        Resource {
            group: text(&spec["group"]),
            version: text(&version["name"]),
            plural: text(&names["plural"]),
            singular,
            kind,
            short: texts(&names["shortNames"]),
            categories: texts(&names["categories"]),
            namespaced,
            fields,
            subresources: ["status", "scale"].into_iter().filter(|part| has(part)).collect(),
            custom: Some(Custom {
                schema: version["schema"]["openAPIV3Schema"].clone(),
                columns: version["additionalPrinterColumns"].as_array().cloned().unwrap_or_default(),
                scale: has("scale").then(|| parts["scale"].clone()),
            }),
            ..Resource::default()
        }
    };
    versions.into_iter().map(one).collect()
}
