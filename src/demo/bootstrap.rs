//! What every API server makes by itself: roles and bindings, accounts, its own service, priority classes.

use super::content::pki::Authority;
use super::content::{DAY, stamp};
use super::rng::Rng;
use crate::server::User;
use crate::server::registry::Registry;
use crate::server::resource::Id;
use rustc_hash::FxHashMap;
use serde_json::{Value, json};

const RBAC: &str = "rbac.authorization.k8s.io";
const READ: [&str; 3] = ["get", "list", "watch"];
const WRITE: [&str; 5] = ["create", "delete", "deletecollection", "patch", "update"];

/// Users who may not do everything: their names, and what they are for.
pub const LIMITED: [&str; 3] = ["viewer", "payments", "nobody"];

/// The limited users under tokens of their own.
pub fn users() -> FxHashMap<String, User> {
    LIMITED.iter().map(|name| (token(), User::new(name, &[]))).collect()
}

/// A token that nobody can guess.
pub fn token() -> String {
    format!("{}{}", crate::server::uid(), crate::server::uid()).replace('-', "")
}

struct Maker<'a> {
    registry: &'a Registry,
    rng: Rng,
    born: i64,
    objects: Vec<(Id, Value)>,
}

impl Maker<'_> {
    fn add(&mut self, group: &str, plural: &str, namespace: &str, name: &str, mut object: Value) {
        let Some((id, _)) = self.registry.all().into_iter().find(|(_, it)| it.group == group && it.plural == plural)
        else {
            return;
        };
        let metadata = &mut object["metadata"];
        metadata["name"] = name.into();
        metadata["uid"] = self.rng.uid().into();
        metadata["creationTimestamp"] = stamp(self.born).into();
        if !namespace.is_empty() {
            metadata["namespace"] = namespace.into();
        }
        self.objects.push((id, object));
    }

    fn role(&mut self, name: &str, rules: &[Value]) {
        let metadata = json!({"labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}});
        self.add(RBAC, "clusterroles", "", name, json!({"metadata": metadata, "rules": rules}));
    }

    fn binding(&mut self, namespace: &str, name: &str, role: &str, kind: &str, subject: &str) {
        let plural = if namespace.is_empty() { "clusterrolebindings" } else { "rolebindings" };
        let binding = json!({
            "metadata": {},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": RBAC, "kind": kind, "name": subject}],
        });
        self.add(RBAC, plural, namespace, name, binding);
    }
}

fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Value {
    json!({"apiGroups": groups, "resources": resources, "verbs": verbs})
}

/// The kinds of a namespace that people work with, without its secrets and rights.
fn common() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        (
            "",
            vec![
                "configmaps",
                "endpoints",
                "events",
                "limitranges",
                "persistentvolumeclaims",
                "pods",
                "pods/log",
                "pods/status",
                "replicationcontrollers",
                "replicationcontrollers/scale",
                "resourcequotas",
                "serviceaccounts",
                "services",
            ],
        ),
        (
            "apps",
            vec![
                "controllerrevisions",
                "daemonsets",
                "deployments",
                "deployments/scale",
                "replicasets",
                "replicasets/scale",
                "statefulsets",
                "statefulsets/scale",
            ],
        ),
        ("autoscaling", vec!["horizontalpodautoscalers"]),
        ("batch", vec!["cronjobs", "jobs"]),
        ("discovery.k8s.io", vec!["endpointslices"]),
        ("networking.k8s.io", vec!["ingresses", "networkpolicies"]),
        ("policy", vec!["poddisruptionbudgets"]),
    ]
}

/// The objects that a server makes, for the namespaces that there are.
pub fn objects(registry: &Registry, rng: Rng, born: i64, namespaces: &[String]) -> Vec<(Id, Value)> {
    let mut maker = Maker { registry, rng, born, objects: Vec::new() };
    rights(&mut maker);
    let authority = Authority::new(&mut maker.rng, "kubernetes", born, born + 3650 * DAY);
    let authority = authority.map(|it| it.pair.certificate).unwrap_or_default();
    for namespace in namespaces {
        maker.add("", "serviceaccounts", namespace, "default", json!({"metadata": {}}));
        maker.add("", "configmaps", namespace, "kube-root-ca.crt", root_ca(&authority));
    }
    for (name, value) in [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)] {
        let class = json!({
            "metadata": {"generation": 1},
            "value": value,
            "description": "Used for system critical pods that must not be moved.",
            "preemptionPolicy": "PreemptLowerPriority",
        });
        maker.add("scheduling.k8s.io", "priorityclasses", "", name, class);
    }
    maker.objects
}

/// The config map that tells pods the authority of their server.
pub fn root_ca(certificate: &str) -> Value {
    json!({
        "metadata": {"annotations": {
            "kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver when using \
                internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is \
                guaranteed across distributions of Kubernetes clusters.",
        }},
        "data": {"ca.crt": certificate},
    })
}

fn rights(maker: &mut Maker<'_>) {
    let every = [rule(&["*"], &["*"], &["*"]), json!({"nonResourceURLs": ["*"], "verbs": ["*"]})];
    maker.role("cluster-admin", &every);
    let mut view: Vec<Value> = common().into_iter().map(|(group, kinds)| rule(&[group], &kinds, &READ)).collect();
    view.push(rule(&[""], &["namespaces"], &READ));
    maker.role("view", &view);
    let mut edit = view;
    edit.push(rule(&[""], &["secrets"], &READ));
    edit.push(rule(&[""], &["secrets", "pods/eviction"], &WRITE));
    edit.extend(common().into_iter().map(|(group, kinds)| rule(&[group], &kinds, &WRITE)));
    maker.role("edit", &edit);
    let mut admin = edit;
    let verbs: Vec<&str> = READ.iter().chain(&WRITE).copied().collect();
    admin.push(rule(&[RBAC], &["rolebindings", "roles"], &verbs));
    maker.role("admin", &admin);
    let reviews = [
        rule(&["authorization.k8s.io"], &["selfsubjectaccessreviews", "selfsubjectrulesreviews"], &["create"]),
        rule(&["authentication.k8s.io"], &["selfsubjectreviews"], &["create"]),
    ];
    maker.role("system:basic-user", &reviews);
    let paths = [
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
        "/version/",
    ];
    maker.role("system:discovery", &[json!({"nonResourceURLs": paths, "verbs": ["get"]})]);
    let public = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
    maker.role("system:public-info-viewer", &[json!({"nonResourceURLs": public, "verbs": ["get"]})]);
    let keys = [
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration/",
        "/openid/v1/jwks",
        "/openid/v1/jwks/",
    ];
    let issuer = "system:service-account-issuer-discovery";
    maker.role(issuer, &[json!({"nonResourceURLs": keys, "verbs": ["get"]})]);
    maker.binding("", issuer, issuer, "Group", "system:serviceaccounts");
    let bundles = "system:cluster-trust-bundle-discovery";
    maker.role(bundles, &[rule(&["certificates.k8s.io"], &["clustertrustbundles"], &READ)]);
    maker.binding("", bundles, bundles, "Group", "system:serviceaccounts");
    maker.binding("", "cluster-admin", "cluster-admin", "Group", "system:masters");
    for role in ["system:basic-user", "system:discovery", "system:public-info-viewer"] {
        maker.binding("", role, role, "Group", "system:authenticated");
    }
    maker.binding("", "viewers", "view", "User", LIMITED[0]);
    maker.binding("payments", "payments-team", "edit", "User", LIMITED[1]);
}
