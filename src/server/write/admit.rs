//! What admission adds to a new object.

use super::{map_of, suffix};
use crate::server::resource::Resource;
use serde_json::{Value, json};

const ACCESS: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// How long pods stay on a node that is not heard of, in seconds.
const PATIENCE: i64 = 300;

/// Adds to a new object what admission adds.
pub fn admit(resource: &Resource, object: &mut Value) {
    if resource.is("", "pods") {
        let spec = map_of(&mut object["spec"]);
        for (name, value) in [("priority", Value::from(0)), ("preemptionPolicy", "PreemptLowerPriority".into())] {
            spec.entry(name).or_insert(value);
        }
        patience(spec);
        access(spec);
    }
}

fn patience(spec: &mut serde_json::Map<String, Value>) {
    let Value::Array(all) = spec.entry("tolerations").or_insert_with(|| json!([])) else { return };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let bears = |it: &Value| {
            (it["key"] == key || it["key"].as_str().unwrap_or_default().is_empty())
                && (it["effect"] == "NoExecute" || it["effect"].as_str().unwrap_or_default().is_empty())
        };
        if !all.iter().any(bears) {
            all.push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": PATIENCE}));
        }
    }
}

/// The token of the pod's account, in each container.
fn access(spec: &mut serde_json::Map<String, Value>) {
    if spec.get("automountServiceAccountToken") == Some(&Value::Bool(false)) {
        return;
    }
    let name = format!("kube-api-access-{}", suffix(5));
    let mut used = false;
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let Value::Array(mounts) = map_of(container).entry("volumeMounts").or_insert_with(|| json!([])) else {
                continue;
            };
            if !mounts.iter().any(|it| it["mountPath"] == ACCESS) {
                mounts.push(json!({"name": name, "readOnly": true, "mountPath": ACCESS}));
                used = true;
            }
        }
    }
    let Value::Array(volumes) = spec.entry("volumes").or_insert_with(|| json!([])) else { return };
    if used {
        let field = json!({"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}});
        let sources = json!([
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [field]}},
        ]);
        volumes.push(json!({"name": name, "projected": {"sources": sources, "defaultMode": 420}}));
    }
}
