//! What extends the API server: webhooks, policies, services behind it, runtimes, requests for certificates.

use super::config::encoded;
use super::maker::Maker;
use super::{DAY, MINUTE, Node, stamp};
use serde_json::{Value, json};
use std::sync::Arc;

const ADMISSION: &str = "admissionregistration.k8s.io";
const CA: &str = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

/// Adds them.
pub fn add(maker: &mut Maker<'_>, nodes: &[Arc<Node>]) {
    let born = maker.born;
    maker.manager = "argocd-controller";
    let webhook = |name: &str, service: &str, namespace: &str, path: &str, rule: Value| {
        json!({
            "name": name, "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Ignore",
            "matchPolicy": "Equivalent", "timeoutSeconds": 5, "namespaceSelector": {}, "objectSelector": {},
            "rules": [rule],
            "clientConfig": {
                "service": {"name": service, "namespace": namespace, "path": path, "port": 443},
                "caBundle": encoded(CA),
            },
        })
    };
    let rule = |groups: &str, resources: &str| {
        json!({
            "apiGroups": [groups], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"],
            "resources": [resources], "scope": "*",
        })
    };
    let mut inject =
        webhook("inject.sidecar.example.com", "sidecar-injector", "kube-system", "/inject", rule("", "pods"));
    inject["reinvocationPolicy"] = "Never".into();
    let kind = (ADMISSION, "mutatingwebhookconfigurations");
    maker.put(kind, "", "sidecar-injector", born + 3 * DAY, json!({"webhooks": [inject]}));
    let check = webhook(
        "validate.ingress.example.com",
        "ingress-nginx-controller",
        "ingress",
        "/networking/v1/ingresses",
        rule("networking.k8s.io", "ingresses"),
    );
    let kind = (ADMISSION, "validatingwebhookconfigurations");
    maker.put(kind, "", "ingress-nginx-admission", born + 3 * DAY, json!({"webhooks": [check]}));

    let policy = json!({
        "metadata": {"generation": 1},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {},
                "resourceRules": [rule("apps", "deployments")],
            },
            "validations": [{
                "expression": "has(object.metadata.labels) && 'team' in object.metadata.labels",
                "message": "每个 Deployment 必须带有 team 标签",
            }],
        },
        "status": {"observedGeneration": 1, "typeChecking": {}},
    });
    maker.put((ADMISSION, "validatingadmissionpolicies"), "", "require-team", born + 90 * DAY, policy);
    let binding = json!({"spec": {"policyName": "require-team", "validationActions": ["Warn", "Audit"]}});
    maker.put((ADMISSION, "validatingadmissionpolicybindings"), "", "require-team", born + 90 * DAY, binding);

    let runtime = json!({
        "handler": "runsc", "overhead": {"podFixed": {"memory": "64Mi"}},
        "scheduling": {"nodeSelector": {"example.com/pool": "general"}},
    });
    maker.put(("node.k8s.io", "runtimeclasses"), "", "gvisor", born + 50 * DAY, runtime);
    services(maker);
    if let Some(node) = nodes.iter().rfind(|node| !node.control) {
        let at = maker.now - 6 * MINUTE;
        let spec = json!({
            "request": encoded("-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n"),
            "signerName": "kubernetes.io/kubelet-serving", "usages": ["digital signature", "server auth"],
            "username": format!("system:node:{}", node.name), "groups": ["system:nodes", "system:authenticated"],
        });
        maker.manager = "kubelet";
        let name = format!("csr-{}", maker.rng.suffix(5));
        maker.put(
            ("certificates.k8s.io", "certificatesigningrequests"),
            "",
            &name,
            at,
            json!({"spec": spec, "status": {}}),
        );
    }
}

/// What the API server serves itself, and what others serve for it.
fn services(maker: &mut Maker<'_>) {
    maker.manager = "kube-apiserver";
    let (born, groups) = (maker.born, maker.registry.groups());
    for (at, (group, versions)) in groups.into_iter().enumerate() {
        for version in versions {
            let name = format!("{version}.{group}").trim_end_matches('.').to_owned();
            let behind = group == "metrics.k8s.io";
            let reason = if behind { "Passed" } else { "Local" };
            let message = if behind { "all checks passed" } else { "Local APIServices are always available" };
            let mut spec = json!({
                "version": version, "versionPriority": 15, "groupPriorityMinimum": 18_000 - at * 10,
            });
            if !group.is_empty() {
                spec["group"] = group.as_str().into();
            }
            if behind {
                spec["service"] = json!({"name": "metrics-server", "namespace": "kube-system", "port": 443});
                spec["insecureSkipTLSVerify"] = true.into();
            }
            let name = if group.is_empty() { "v1.".to_owned() } else { name };
            let object = json!({
                "spec": spec,
                "status": {"conditions": [{
                    "type": "Available", "status": "True", "reason": reason, "message": message,
                    "lastTransitionTime": stamp(born + MINUTE),
                }]},
            });
            maker.put(("apiregistration.k8s.io", "apiservices"), "", &name, born, object);
        }
    }
}
