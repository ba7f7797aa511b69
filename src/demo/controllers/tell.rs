//! Events of what controllers do.

use super::Controllers;
use super::object::text;
use crate::server::now;
use crate::server::resource::EVENTS;
use serde_json::{Value, json};

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

/// About a pod.
pub fn pod(object: &Value) -> About<'_> {
    About { api_version: "v1", kind: "Pod", object, path: "" }
}

impl Controllers {
    /// Tells of something that `component` did.
    pub(super) fn tell(&self, component: &str, about: &About<'_>, reason: &str, message: &str) {
        self.event(component, about, "Normal", reason, message);
    }

    /// Warns of something.
    pub(super) fn warn(&self, component: &str, about: &About<'_>, reason: &str, message: &str) {
        self.event(component, about, "Warning", reason, message);
    }

    fn event(&self, component: &str, about: &About<'_>, kind: &str, reason: &str, message: &str) {
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
        let _ = self.inside.named(component).create(EVENTS, &event);
    }
}
