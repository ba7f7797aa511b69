//! Events of two groups are the same objects in two shapes: kept as those of the core group.

use super::resource::Resource;
use super::store::{Place, Record};
use serde_json::{Map, Value};

/// What is called what: in the core group, and in `events.k8s.io`.
const NAMES: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
];

/// Whether a resource shows what another keeps.
pub fn is_mirror(resource: &Resource) -> bool {
    resource.is("events.k8s.io", "events")
}

fn rename(object: &mut Map<String, Value>, names: impl Iterator<Item = (&'static str, &'static str)>) {
    for (from, to) in names {
        if let Some(value) = object.remove(from) {
            object.insert(to.to_owned(), value);
        }
    }
}

/// A kept object as a resource shows it.
pub fn shown(resource: &Resource, mut object: Value) -> Value {
    if let Some(map) = object.as_object_mut().filter(|_| is_mirror(resource)) {
        rename(map, NAMES.into_iter());
    }
    object
}

/// An object that a resource shows as it is kept.
pub fn kept(resource: &Resource, mut object: Value) -> Value {
    if let Some(map) = object.as_object_mut().filter(|_| is_mirror(resource)) {
        rename(map, NAMES.into_iter().map(|(core, other)| (other, core)));
    }
    object
}

impl Place {
    /// A kept object as it is shown here, where that differs.
    pub fn mirrored(&self, record: &Record) -> Option<Record> {
        if !is_mirror(&self.resource) {
            return None;
        }
        let mut object = shown(&self.resource, record.value());
        object["metadata"]["resourceVersion"] = record.version.to_string().into();
        Record::detached(&self.resource, object)
    }
}
