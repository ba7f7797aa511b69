//! Who may do what: accounts, roles and bindings of the company.

use super::maker::Maker;
use super::workloads::Workloads;
use super::{DAY, TEAMS};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const RBAC: &str = "rbac.authorization.k8s.io";
const READ: [&str; 3] = ["get", "list", "watch"];

fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Value {
    json!({"apiGroups": groups, "resources": resources, "verbs": verbs})
}

fn subject(kind: &str, name: &str) -> Value {
    json!({"apiGroup": RBAC, "kind": kind, "name": name})
}

fn account(namespace: &str, name: &str) -> Value {
    json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
}

fn role_ref(kind: &str, name: &str) -> Value {
    json!({"apiGroup": RBAC, "kind": kind, "name": name})
}

/// Adds everything of access.
pub fn add(maker: &mut Maker<'_>, workloads: &Workloads) {
    accounts(maker, workloads);
    cluster(maker);
    let profile = maker.profile;
    for team in TEAMS.iter().filter(|team| profile.has(team.namespace)) {
        let (at, namespace) = (maker.born + 32 * DAY, team.namespace);
        let members = json!({"metadata": {"labels": {"team": team.name}}});
        let mut admins = members.clone();
        admins["roleRef"] = role_ref("ClusterRole", "admin");
        admins["subjects"] = team.members.iter().take(1).map(|name| subject("User", name)).collect();
        maker.put((RBAC, "rolebindings"), namespace, "team-admins", at, admins);
        let mut all = members.clone();
        all["roleRef"] = role_ref("ClusterRole", "edit");
        all["subjects"] = json!([subject("Group", &format!("oidc:{}", team.name))]);
        all["metadata"]["annotations"] =
            json!({"example.com/title": team.title, "example.com/members": team.members.join(",")});
        maker.put((RBAC, "rolebindings"), namespace, "team-members", at, all);
        let debugger = json!({"rules": [
            rule(&[""], &["pods", "pods/log", "events"], &READ),
            rule(&[""], &["pods/exec", "pods/portforward"], &["create"]),
        ]});
        maker.put((RBAC, "roles"), namespace, "debugger", at, debugger);
        let bound = json!({
            "roleRef": role_ref("Role", "debugger"),
            "subjects": [subject("Group", "oidc:oncall"), account("monitoring", "grafana")],
        });
        maker.put((RBAC, "rolebindings"), namespace, "oncall-debugger", at, bound);
    }
}

/// An account for every application.
fn accounts(maker: &mut Maker<'_>, workloads: &Workloads) {
    let mut seen = BTreeSet::new();
    let daemons = workloads.sets.iter().filter(|set| set.owner.kind == "DaemonSet");
    let daemons = daemons.map(|set| (set.namespace, set.owner.name.as_str(), set.created));
    let apps = workloads.deployments.iter().map(|it| (it.app.namespace, it.app.name, it.created));
    let born = maker.born;
    let own = maker.profile.namespaces().map(|(name, _)| (*name, "default", born));
    for (namespace, name, created) in own.chain(daemons).chain(apps) {
        if seen.insert((namespace, name)) {
            let mut object = json!({});
            if super::APPS_OURS.contains(&namespace) {
                object["imagePullSecrets"] = json!([{"name": "harbor-pull"}]);
            }
            maker.put(("", "serviceaccounts"), namespace, name, created, object);
        }
    }
}

fn cluster(maker: &mut Maker<'_>) {
    let at = maker.born + DAY;
    let roles = [
        (
            "platform-readers",
            vec![rule(&["*"], &["*"], &READ), json!({"nonResourceURLs": ["/metrics", "/healthz"], "verbs": ["get"]})],
        ),
        (
            "ingress-nginx",
            vec![
                rule(&[""], &["services", "endpoints", "secrets", "configmaps"], &READ),
                rule(&["networking.k8s.io"], &["ingresses", "ingressclasses"], &READ),
                rule(&["networking.k8s.io"], &["ingresses/status"], &["update"]),
            ],
        ),
        ("argocd-application-controller", vec![rule(&["*"], &["*"], &["*"])]),
        (
            "cert-manager-controller",
            vec![
                rule(&["cert-manager.io"], &["certificates", "issuers", "clusterissuers"], &["*"]),
                rule(&[""], &["secrets"], &["get", "list", "watch", "create", "update"]),
            ],
        ),
    ];
    for (name, rules) in roles {
        let labels = json!({"labels": {"app.kubernetes.io/managed-by": "argocd"}});
        maker.put((RBAC, "clusterroles"), "", name, at, json!({"metadata": labels, "rules": rules}));
    }
    let bindings = [
        ("platform-admins", "cluster-admin", vec![subject("Group", "oidc:sre"), subject("User", "xu.ming")]),
        ("auditors-view", "view", vec![subject("Group", "oidc:audit")]),
        (
            "platform-readers",
            "platform-readers",
            vec![subject("Group", "oidc:developers"), account("monitoring", "kube-state-metrics")],
        ),
        ("ingress-nginx", "ingress-nginx", vec![account("ingress", "ingress-nginx-controller")]),
        ("argocd-application-controller", "argocd-application-controller", vec![account("argocd", "argocd-server")]),
        ("cert-manager-controller", "cert-manager-controller", vec![account("cert-manager", "cert-manager")]),
    ];
    for (name, role, subjects) in bindings {
        let object = json!({"roleRef": role_ref("ClusterRole", role), "subjects": subjects});
        maker.put((RBAC, "clusterrolebindings"), "", name, at, object);
    }
}
