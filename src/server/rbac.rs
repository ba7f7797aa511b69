//! What a user may do: roles and bindings, as they stand in the store.

use super::registry::Registry;
use super::store::Store;
use super::user::User;
use serde_json::Value;

const GROUP: &str = "rbac.authorization.k8s.io";

/// What somebody wants to do.
#[derive(Clone, Debug, Default)]
pub struct Want<'a> {
    /// `get`, `list`…
    pub verb: &'a str,
    /// API group.
    pub group: &'a str,
    /// The resource, such as `pods` or `pods/log`.
    pub resource: &'a str,
    /// The namespace; empty at the scope of the cluster.
    pub namespace: &'a str,
    /// The object's name; empty for a collection.
    pub name: &'a str,
    /// A path that is no resource, such as `/version`; empty for a resource.
    pub path: &'a str,
}

/// A rule with the binding that gives it.
struct Granted {
    rule: Value,
    why: String,
}

/// Why a user may do something; `None` when not.
pub fn allows(store: &Store, user: &User, want: &Want<'_>) -> Option<String> {
    if user.is_admin() {
        return Some(String::new());
    }
    // Everyone may ask what they may do themselves.
    if want.verb == "create" && want.resource.starts_with("selfsubject") {
        return Some(String::new());
    }
    granted(store, user, want.namespace).into_iter().find(|it| covers(&it.rule, want)).map(|it| it.why)
}

/// The rules that a user has in a namespace, or at the scope of the cluster.
pub fn rules(store: &Store, user: &User, namespace: &str) -> Vec<Value> {
    granted(store, user, namespace).into_iter().map(|it| it.rule).collect()
}

fn granted(store: &Store, user: &User, namespace: &str) -> Vec<Granted> {
    let mut out = Vec::new();
    let mut add = |binding: &Value, scope: &str| {
        let Some(subject) = subjects(binding).find(|subject| is(subject, user, scope)) else { return };
        let (kind, name) = (&binding["roleRef"]["kind"], binding["roleRef"]["name"].as_str().unwrap_or_default());
        let role = if kind == "ClusterRole" {
            object(store, "clusterroles", name)
        } else {
            object(store, "roles", &format!("{scope}/{name}"))
        };
        let Some(role) = role else { return };
        let at = binding["metadata"]["name"].as_str().unwrap_or_default();
        let sort = if scope.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" };
        let named = if scope.is_empty() { at.to_owned() } else { format!("{at}/{scope}") };
        let kind = kind.as_str().unwrap_or_default();
        let whom = subject["kind"].as_str().unwrap_or_default();
        let of = subject["name"].as_str().unwrap_or_default();
        let of = match subject["namespace"].as_str() {
            Some(namespace) if whom == "ServiceAccount" => format!("{of}/{namespace}"),
            _ => of.to_owned(),
        };
        let why = format!("RBAC: allowed by {sort} {named:?} of {kind} {name:?} to {whom} {of:?}");
        for rule in role["rules"].as_array().into_iter().flatten() {
            out.push(Granted { rule: rule.clone(), why: why.clone() });
        }
    };
    for binding in objects(store, "clusterrolebindings", "") {
        add(&binding, "");
    }
    if !namespace.is_empty() {
        for binding in objects(store, "rolebindings", &format!("{namespace}/")) {
            add(&binding, namespace);
        }
    }
    out
}

fn place(registry: &Registry, plural: &str) -> Option<usize> {
    registry.find(GROUP, "v1", plural).map(|(id, _)| id)
}

fn object(store: &Store, plural: &str, key: &str) -> Option<Value> {
    store.get(place(&store.registry, plural)?, key).map(|record| record.value())
}

fn objects(store: &Store, plural: &str, prefix: &str) -> Vec<Value> {
    let found = place(&store.registry, plural).map(|id| store.under(id, prefix)).unwrap_or_default();
    found.into_iter().map(|record| record.value()).collect()
}

fn subjects(binding: &Value) -> impl Iterator<Item = &Value> {
    binding["subjects"].as_array().into_iter().flatten()
}

fn is(subject: &Value, user: &User, scope: &str) -> bool {
    let name = subject["name"].as_str().unwrap_or_default();
    match subject["kind"].as_str() {
        Some("User") => name == user.name,
        Some("Group") => user.groups.iter().any(|group| group == name),
        Some("ServiceAccount") => {
            let namespace = subject["namespace"].as_str().unwrap_or(scope);
            user.name == format!("system:serviceaccount:{namespace}:{name}")
        }
        _ => false,
    }
}

fn covers(rule: &Value, want: &Want<'_>) -> bool {
    let has =
        |list: &str, word: &str| rule[list].as_array().is_some_and(|all| all.iter().any(|it| it == "*" || it == word));
    if !has("verbs", want.verb) {
        return false;
    }
    if !want.path.is_empty() {
        return rule["nonResourceURLs"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .any(|url| url == want.path || url.strip_suffix('*').is_some_and(|prefix| want.path.starts_with(prefix)));
    }
    let below = want.resource.split_once('/').map(|(_, part)| format!("*/{part}"));
    let resource = has("resources", want.resource) || below.is_some_and(|part| has("resources", &part));
    let names = rule["resourceNames"].as_array().filter(|names| !names.is_empty());
    let named = names.is_none_or(|names| names.iter().any(|name| name == want.name && !want.name.is_empty()));
    has("apiGroups", want.group) && resource && named
}
