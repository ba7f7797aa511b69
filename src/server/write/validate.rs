//! What an object must not be: the checks that people meet.

use super::pod;
use crate::server::resource::Resource;
use crate::server::select::Labels;
use crate::server::status::{Cause, Failure};
use serde_json::Value;
use std::fmt::Write as _;

/// Checks an object against what its kind asks for, and, where `part` of it is written, against what it was.
pub fn validate(resource: &Resource, part: &str, object: &Value, old: Option<&Value>) -> Result<(), Failure> {
    let mut causes = Vec::new();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    check_name(resource, name, &mut causes);
    check_labels(object, &mut causes);
    finalizers(object, old, &mut causes);
    if let Some(custom) = &resource.custom {
        required(object, &custom.schema, &mut String::new(), &mut causes);
    } else {
        match (resource.group.as_str(), resource.plural.as_str()) {
            ("", "pods") => {
                containers(&object["spec"], "spec", &mut causes);
                pod::validate(part, object, old, &mut causes);
            }
            ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets") => {
                workload(object, old, &mut causes);
            }
            ("batch", "jobs") => job(&object["spec"]["template"]["spec"], "spec.template.spec", &mut causes),
            ("", "secrets") if old.is_none() && object["type"] == "kubernetes.io/tls" => {
                for name in ["tls.crt", "tls.key"] {
                    if object["data"].get(name).is_none() {
                        causes.push(Cause::required(format!("data[{name}]"), ""));
                    }
                }
            }
            ("apiextensions.k8s.io", "customresourcedefinitions") => definition(object, &mut causes),
            ("policy", "poddisruptionbudgets") => budget(object, &mut causes),
            ("batch", "cronjobs") => cron_job(object, &mut causes),
            ("", "services") => service(object, &mut causes),
            ("", "configmaps" | "secrets")
                if old.is_some_and(|old| old["immutable"] == true && data(old) != data(object)) =>
            {
                causes.push(Cause::forbidden("data", "field is immutable when `immutable` is set"));
            }
            _ => {}
        }
    }
    if causes.is_empty() { Ok(()) } else { Err(Failure::invalid(resource, name, &causes)) }
}

fn data(object: &Value) -> (&Value, &Value) {
    (&object["data"], &object["binaryData"])
}

fn finalizers(object: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let of = |object: &Value| -> Vec<String> {
        let all = object["metadata"]["finalizers"].as_array().into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (now, before) = (of(object), old.map(of).unwrap_or_default());
    for (at, name) in now.iter().enumerate() {
        if !name.contains('/') && !matches!(name.as_str(), "orphan" | "foregroundDeletion" | "kubernetes") {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            causes.push(Cause::wrong(format!("metadata.finalizers[{at}]"), &name.as_str().into(), why));
        }
    }
    let going = old.is_some_and(|old| old["metadata"].get("deletionTimestamp").is_some());
    let new: Vec<&String> = now.iter().filter(|name| !before.contains(name)).collect();
    if going && !new.is_empty() {
        let new = new.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
        let why = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{new}}}"
        );
        causes.push(Cause::forbidden("metadata.finalizers", &why));
    }
}

fn job(spec: &Value, path: &str, causes: &mut Vec<Cause>) {
    containers(spec, path, causes);
    if spec["restartPolicy"] == "Always" {
        let why = "valid values: \"OnFailure\", \"Never\"";
        causes.push(Cause::required(format!("{path}.restartPolicy"), why));
    }
}

fn budget(object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    if spec.get("minAvailable").is_some() && spec.get("maxUnavailable").is_some() {
        causes.push(Cause::wrong("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
    }
}

fn definition(object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = text(&object["metadata"]["name"]);
    if name != format!("{}.{}", text(&spec["names"]["plural"]), text(&spec["group"])) {
        let why = "must be spec.names.plural+\".\"+spec.group";
        causes.push(Cause::wrong("metadata.name", &name.into(), why));
    }
    for (at, version) in spec["versions"].as_array().into_iter().flatten().enumerate() {
        if !version["schema"]["openAPIV3Schema"].is_object() {
            causes.push(Cause::required(format!("spec.versions[{at}].schema.openAPIV3Schema"), ""));
        }
    }
}

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
    start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
    '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

fn is_label(text: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    ends(text.chars().next())
        && ends(text.chars().last())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn check_name(resource: &Resource, name: &str, causes: &mut Vec<Cause>) {
    let field = "metadata.name";
    match (resource.group.as_str(), resource.plural.as_str()) {
        // Their names are free, but for what a path cannot hold.
        ("rbac.authorization.k8s.io", _) => {}
        ("", "namespaces" | "services") => {
            if !is_label(name) || name.len() > 63 {
                causes.push(Cause::wrong(field, &name.into(), LABEL));
            }
        }
        _ => {
            if name.is_empty() || !name.split('.').all(is_label) {
                causes.push(Cause::wrong(field, &name.into(), SUBDOMAIN));
            } else if name.len() > 253 {
                causes.push(Cause::wrong(field, &name.into(), "must be no more than 253 characters"));
            }
        }
    }
}

fn check_labels(object: &Value, causes: &mut Vec<Cause>) {
    for (key, value) in object["metadata"]["labels"].as_object().into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        if let Err(why) = Labels::check(key, text) {
            // The selector's words name the place and the value first, which stand here already.
            let why = why.rsplit_once("\": ").map_or(why.clone(), |(_, why)| why.to_owned());
            let value = if Labels::check(key, "").is_err() { key } else { text };
            causes.push(Cause::wrong("metadata.labels", &Value::from(value), &why));
        }
    }
}

fn containers(spec: &Value, path: &str, causes: &mut Vec<Cause>) {
    let list = spec["containers"].as_array();
    let Some(list) = list.filter(|list| !list.is_empty()) else {
        causes.push(Cause::required(format!("{path}.containers"), ""));
        return;
    };
    let mut seen: Vec<&str> = Vec::new();
    for (at, container) in list.iter().enumerate() {
        let at = format!("{path}.containers[{at}]");
        let name = name_and_image(container, &at, causes);
        for (number, port) in container["ports"].as_array().into_iter().flatten().enumerate() {
            port_number(&port["containerPort"], format!("{at}.ports[{number}].containerPort"), causes);
        }
        only_once(name, &mut seen, &at, causes);
    }
    let policy = spec["restartPolicy"].as_str().unwrap_or("Always");
    let known = ["Always", "OnFailure", "Never"];
    if !known.contains(&policy) {
        causes.push(Cause::unsupported(format!("{path}.restartPolicy"), policy, &known));
    }
}

/// Checks what every container needs; gives its name.
pub(super) fn name_and_image<'a>(container: &'a Value, at: &str, causes: &mut Vec<Cause>) -> &'a str {
    let name = container["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        causes.push(Cause::required(format!("{at}.name"), ""));
    } else if !is_label(name) {
        causes.push(Cause::wrong(format!("{at}.name"), &name.into(), LABEL));
    }
    if container["image"].as_str().unwrap_or_default().is_empty() {
        causes.push(Cause::required(format!("{at}.image"), ""));
    }
    name
}

/// Checks that a container's name is not one of those seen.
pub(super) fn only_once<'a>(name: &'a str, seen: &mut Vec<&'a str>, at: &str, causes: &mut Vec<Cause>) {
    if !name.is_empty() && seen.contains(&name) {
        let message = format!("Duplicate value: {name:?}");
        causes.push(Cause { field: format!("{at}.name"), reason: "FieldValueDuplicate", message });
    }
    seen.push(name);
}

fn port_number(value: &Value, field: String, causes: &mut Vec<Cause>) {
    if value.as_i64().is_some_and(|number| !(1..=65_535).contains(&number)) {
        causes.push(Cause::wrong(field, value, "must be between 1 and 65535, inclusive"));
    }
}

fn workload(object: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    if let Some(replicas) = spec["replicas"].as_i64().filter(|replicas| *replicas < 0) {
        causes.push(Cause::wrong("spec.replicas", &replicas.into(), "must be greater than or equal to 0"));
    }
    let selector = &spec["selector"];
    if selector.as_object().is_none_or(serde_json::Map::is_empty) {
        causes.push(Cause::required("spec.selector", ""));
        let labels = spec["template"]["metadata"]["labels"].clone();
        let why = "`selector` does not match template `labels`";
        causes.push(Cause::wrong("spec.template.metadata.labels", &labels, why));
    } else if let Some(labels) = Labels::of_selector(selector) {
        let template = spec["template"]["metadata"]["labels"].as_object();
        let pairs = template.into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned())));
        if !labels.matches(&pairs.collect()) {
            let value = template.map_or(Value::Null, |labels| Value::Object(labels.clone()));
            let why = "`selector` does not match template `labels`";
            causes.push(Cause::wrong("spec.template.metadata.labels", &value, why));
        }
    }
    if old.is_some_and(|old| old["spec"]["selector"] != *selector) {
        causes.push(Cause::wrong("spec.selector", selector, "field is immutable"));
    }
    containers(&spec["template"]["spec"], "spec.template.spec", causes);
}

fn cron_job(object: &Value, causes: &mut Vec<Cause>) {
    let schedule = object["spec"]["schedule"].as_str().unwrap_or_default();
    if schedule.is_empty() {
        causes.push(Cause::required("spec.schedule", ""));
    } else if !schedule.starts_with('@') && schedule.split_whitespace().count() != 5 {
        let count = schedule.split_whitespace().count();
        let why = format!("expected exactly 5 fields, found {count}: [{schedule}]");
        causes.push(Cause::wrong("spec.schedule", &schedule.into(), &why));
    }
    let template = &object["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    containers(template, "spec.jobTemplate.spec.template.spec", causes);
}

fn service(object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    let kind = spec["type"].as_str().unwrap_or("ClusterIP");
    let ports = spec["ports"].as_array().map_or(&[][..], Vec::as_slice);
    for (at, port) in ports.iter().enumerate() {
        let at = format!("spec.ports[{at}]");
        if ports.len() > 1 && port["name"].as_str().is_none_or(str::is_empty) {
            causes.push(Cause::required(format!("{at}.name"), ""));
        }
        port_number(&port["port"], format!("{at}.port"), causes);
        port_number(&port["targetPort"], format!("{at}.targetPort"), causes);
    }
    let none = ports.is_empty();
    if none && kind != "ExternalName" && spec["clusterIP"] != "None" {
        causes.push(Cause::required("spec.ports", ""));
    }
}

/// Fields that the schema of a custom resource requires.
fn required(value: &Value, schema: &Value, path: &mut String, causes: &mut Vec<Cause>) {
    let length = path.len();
    match value {
        Value::Object(map) => {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !map.contains_key(name) {
                    let dot = if path.is_empty() { "" } else { "." };
                    causes.push(Cause::required(format!("{path}{dot}{name}"), ""));
                }
            }
            for (name, value) in map {
                let below = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
                let Some(below) = below else { continue };
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
                required(value, below, path, causes);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let _ = write!(path, "[{at}]");
                required(item, &schema["items"], path, causes);
                path.truncate(length);
            }
        }
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            for (name, word) in [("minimum", "greater"), ("maximum", "less")] {
                let Some(bound) = schema[name].as_f64() else { continue };
                if (name == "minimum" && number < bound) || (name == "maximum" && number > bound) {
                    let bound = &schema[name];
                    let why = format!("{path} in body should be {word} than or equal to {bound}");
                    causes.push(Cause::wrong(path.clone(), value, &why));
                }
            }
        }
        Value::String(text) => {
            if let Some(known) = schema["enum"].as_array()
                && !known.contains(value)
            {
                let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
                causes.push(Cause::unsupported(path.clone(), text, &known));
            }
        }
        _ => {}
    }
}
