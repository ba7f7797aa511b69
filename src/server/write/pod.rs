//! What a pod must not be, beside its containers, and what of it may change.

use super::validate::{name_and_image, only_once};
use crate::server::status::Cause;
use serde_json::Value;

/// Checks a new pod, or one of which `part` is written, against what it was.
pub fn validate(part: &str, pod: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    match (part, old) {
        (_, None) if !ephemeral(pod).is_empty() => {
            causes.push(Cause::forbidden(FIELD, "cannot be set on create"));
        }
        (_, None) => {}
        ("ephemeralcontainers", Some(old)) => {
            containers(pod, causes);
            kept(old, pod, causes);
        }
        (_, Some(old)) => change(old, pod, causes),
    }
}

const FIELD: &str = "spec.ephemeralContainers";

fn ephemeral(pod: &Value) -> &[Value] {
    pod["spec"]["ephemeralContainers"].as_array().map_or(&[], Vec::as_slice)
}

fn containers(pod: &Value, causes: &mut Vec<Cause>) {
    let others = ["containers", "initContainers"];
    let others = others.iter().flat_map(|list| pod["spec"][list].as_array().into_iter().flatten());
    let mut seen: Vec<&str> = others.filter_map(|container| container["name"].as_str()).collect();
    for (at, container) in ephemeral(pod).iter().enumerate() {
        let at = format!("{FIELD}[{at}]");
        let name = name_and_image(container, &at, causes);
        only_once(name, &mut seen, &at, causes);
    }
}

/// Once there, an ephemeral container stays as it is.
fn kept(old: &Value, new: &Value, causes: &mut Vec<Cause>) {
    for before in ephemeral(old) {
        let name = before["name"].as_str().unwrap_or_default();
        let why = match ephemeral(new).iter().find(|container| container["name"] == name) {
            None => "removed",
            Some(after) if after != before => "changed",
            Some(_) => continue,
        };
        causes.push(Cause::forbidden(FIELD, &format!("existing ephemeral containers {name:?} may not be {why}\n")));
    }
}

fn change(old: &Value, new: &Value, causes: &mut Vec<Cause>) {
    // Only images, deadlines, tolerations and the node of a pod without one may change.
    let bare = |pod: &Value| {
        let mut spec = pod["spec"].clone();
        for list in ["containers", "initContainers"] {
            for container in spec[list].as_array_mut().into_iter().flatten() {
                container["image"] = Value::Null;
                container["resources"] = Value::Null;
            }
        }
        for name in ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName"] {
            spec[name] = Value::Null;
        }
        spec
    };
    if bare(old) != bare(new) {
        let why = "pod updates may not change fields other than `spec.containers[*].image`,\
            `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing \
            tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        causes.push(Cause::forbidden("spec", why));
    }
}
