//! Events of what controllers do.

use super::Controllers;
use super::object::{key, text};
use crate::server::now;
use crate::server::resource::EVENTS;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};

/// How many events of one object and reason stand alone.
const SIMILAR: usize = 9;

/// What an event is about.
pub struct About<'a> {
    /// API version of the object's kind.
    pub api_version: &'a str,
    /// The object's kind.
    pub kind: &'a str,
    /// The object.
    pub object: &'a Value,
    /// A part of it, such as a container.
    pub path: &'a str,
}

/// What was told of one object.
#[derive(Default)]
pub struct Told {
    /// The messages, by what else the events have in common.
    similar: FxHashMap<String, FxHashSet<String>>,
    /// The events that were written: their keys, and how often they came.
    counted: FxHashMap<String, (String, u64)>,
}

/// About a pod.
pub fn pod(object: &Value) -> About<'_> {
    About { api_version: "v1", kind: "Pod", object, path: "" }
}

impl Controllers {
    /// Tells of something that `component` did.
    pub(super) fn tell(&mut self, component: &str, about: &About<'_>, reason: &str, message: &str) {
        self.event(component, about, "Normal", reason, message);
    }

    /// Warns of something.
    pub(super) fn warn(&mut self, component: &str, about: &About<'_>, reason: &str, message: &str) {
        self.event(component, about, "Warning", reason, message);
    }

    fn event(&mut self, component: &str, about: &About<'_>, kind: &str, reason: &str, message: &str) {
        let uid = text(&about.object["metadata"], "uid").to_owned();
        let told = self.told.entry(uid.clone()).or_default();
        let about_all = format!("{component} {} {kind} {reason}", about.path);
        let similar = told.similar.entry(about_all.clone()).or_default();
        if similar.len() <= SIMILAR {
            similar.insert(message.to_owned());
        }
        let combined = format!("(combined from similar events): {message}");
        let many = similar.len() > SIMILAR;
        // Of many that are alike only one more is kept, with the latest message.
        let (same, message) =
            if many { (about_all, combined.as_str()) } else { (format!("{about_all} {message}"), message) };
        if let Some((at, count)) = told.counted.get_mut(&same) {
            *count += 1;
            let change = json!({"count": *count, "lastTimestamp": now(), "message": message});
            let at = at.clone();
            if self.inside.named(component).merge(EVENTS, &at, "", &change).is_ok() {
                return;
            }
        }
        let metadata = &about.object["metadata"];
        let namespace = match text(metadata, "namespace") {
            "" => "default",
            namespace => namespace,
        };
        let name = text(metadata, "name");
        let nanos = jiff::Timestamp::now().as_nanosecond();
        let mut involved = json!({
            "apiVersion": about.api_version,
            "kind": about.kind,
            "name": name,
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        });
        if !text(metadata, "namespace").is_empty() {
            involved["namespace"] = namespace.into();
        }
        if !about.path.is_empty() {
            involved["fieldPath"] = about.path.into();
        }
        let mut source = json!({"component": component});
        if component == "kubelet" {
            source["host"] = about.object["spec"]["nodeName"].clone();
        }
        let instance = source["host"].as_str().unwrap_or_default().to_owned();
        let event = json!({
            "metadata": {"name": format!("{name}.{nanos:x}"), "namespace": namespace},
            "involvedObject": involved,
            "reason": reason,
            "message": message,
            "type": kind,
            "source": source,
            "reportingComponent": component,
            "reportingInstance": instance,
            "count": 1,
            "firstTimestamp": now(),
            "lastTimestamp": now(),
            "eventTime": null,
        });
        // A namespace that is going takes none; that is as it should be.
        if let Ok(event) = self.inside.named(component).create(EVENTS, &event) {
            self.told.entry(uid).or_default().counted.insert(same, (key(&event), 1));
        }
    }
}
