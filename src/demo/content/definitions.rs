//! The kinds that the company's platform adds: their definitions, no larger than what their objects say.

use super::maker::Maker;
use super::{DAY, stamp};
use serde_json::{Value, json};

/// A column: name, type, path.
type Column = (&'static str, &'static str, &'static str);

const AGE: Column = ("Age", "date", ".metadata.creationTimestamp");

/// One definition.
struct Definition {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
    namespaced: bool,
    columns: &'static [Column],
}

const READY: &str = r#".status.conditions[?(@.type=="Ready")].status"#;
const WHY: &str = r#".status.conditions[?(@.type=="Ready")].message"#;

static ALL: [Definition; 8] = [
    Definition {
        group: "app.k8s.io",
        version: "v1beta1",
        kind: "Application",
        plural: "applications",
        short: &["app"],
        namespaced: true,
        columns: &[
            ("Type", "string", ".spec.descriptor.type"),
            ("Version", "string", ".spec.descriptor.version"),
            ("Owner", "boolean", ".spec.addOwnerRef"),
            ("Ready", "string", ".status.componentsReady"),
            AGE,
        ],
    },
    Definition {
        group: "argoproj.io",
        version: "v1alpha1",
        kind: "Application",
        plural: "applications",
        short: &["app", "apps"],
        namespaced: true,
        columns: &[
            ("Sync Status", "string", ".status.sync.status"),
            ("Health Status", "string", ".status.health.status"),
            ("Project", "string", ".spec.project"),
            AGE,
        ],
    },
    Definition {
        group: "argoproj.io",
        version: "v1alpha1",
        kind: "AppProject",
        plural: "appprojects",
        short: &["appproj"],
        namespaced: true,
        columns: &[AGE],
    },
    Definition {
        group: "cert-manager.io",
        version: "v1",
        kind: "Certificate",
        plural: "certificates",
        short: &["cert", "certs"],
        namespaced: true,
        columns: &[
            ("Ready", "string", READY),
            ("Secret", "string", ".spec.secretName"),
            ("Status", "string", WHY),
            AGE,
        ],
    },
    Definition {
        group: "cert-manager.io",
        version: "v1",
        kind: "Issuer",
        plural: "issuers",
        short: &[],
        namespaced: true,
        columns: &[("Ready", "string", READY), AGE],
    },
    Definition {
        group: "cert-manager.io",
        version: "v1",
        kind: "ClusterIssuer",
        plural: "clusterissuers",
        short: &[],
        namespaced: false,
        columns: &[("Ready", "string", READY), AGE],
    },
    Definition {
        group: "monitoring.coreos.com",
        version: "v1",
        kind: "PrometheusRule",
        plural: "prometheusrules",
        short: &["promrule"],
        namespaced: true,
        columns: &[AGE],
    },
    Definition {
        group: "monitoring.coreos.com",
        version: "v1",
        kind: "ServiceMonitor",
        plural: "servicemonitors",
        short: &["smon"],
        namespaced: true,
        columns: &[AGE],
    },
];

/// What a definition says of its objects: a spec and a status of any content, and for Argo CD what it is doing.
fn schema() -> Value {
    let any = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    json!({
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
            "spec": any, "status": any, "operation": any,
        },
    })
}

/// Serves every kind and adds its definition.
pub fn add(maker: &mut Maker<'_>) {
    let at = maker.born + 2 * DAY;
    for of in &ALL {
        let columns = of.columns.iter().map(|(name, kind, path)| json!({"name": name, "type": kind, "jsonPath": path}));
        let columns: Vec<Value> = columns.collect();
        let mut names = json!({
            "plural": of.plural, "kind": of.kind, "singular": of.kind.to_lowercase(), "listKind": format!("{}List", of.kind),
        });
        if !of.short.is_empty() {
            names["shortNames"] = json!(of.short);
        }
        let condition = |kind: &str, reason: &str, message: &str| {
            json!({
                "type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": stamp(at),
            })
        };
        let definition = json!({
            "metadata": {"generation": 1, "labels": {"app.kubernetes.io/managed-by": "argocd"}},
            "spec": {
                "group": of.group,
                "scope": if of.namespaced { "Namespaced" } else { "Cluster" },
                "names": names,
                "conversion": {"strategy": "None"},
                "versions": [{
                    "name": of.version, "served": true, "storage": true, "schema": {"openAPIV3Schema": schema()},
                    "additionalPrinterColumns": columns, "subresources": {"status": {}},
                }],
            },
            "status": {
                "acceptedNames": names, "storedVersions": [of.version],
                "conditions": [
                    condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                    condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
                ],
            },
        });
        maker.registry.define(&definition);
        let name = format!("{}.{}", of.plural, of.group);
        maker.put(("apiextensions.k8s.io", "customresourcedefinitions"), "", &name, at, definition);
    }
    maker.kinds = maker.registry.all();
}
