//! What one object says about the objects that it leads to.

use crate::model::reference::Reference;
use crate::model::relation::{CONTAINERS, How};
use crate::model::within::Parent;
use crate::text::catalog::Text;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which objects of the collection that a lead names are meant.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Keep {
    /// All of them.
    #[default]
    All,
    /// Those that one of these uids controls.
    Owned(Vec<String>),
    /// Those of these names.
    Named(Vec<String>),
    /// Pods with a volume of one of these claims.
    Mounts(Vec<String>),
    /// Events about one of these uids.
    About(Vec<String>),
}

/// Where an object leads: a collection, and what of it is meant.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Lead {
    /// The kind, as the command line takes it.
    pub word: String,
    /// The namespace; `None` for all, and for cluster-scoped kinds.
    pub namespace: Option<String>,
    /// A label selector; empty for all.
    pub labels: String,
    /// A field selector, which no other lead overlaps; empty for all.
    pub fields: String,
    /// What of that is meant.
    pub keep: Keep,
    /// The uid of the one object to point at.
    pub focus: Option<String>,
}

/// Whether a lead needs more of the object than its metadata.
pub fn needs_body(how: How) -> bool {
    match how {
        How::OwnedThrough(_)
        | How::Owned
        | How::Selected
        | How::BoundTo
        | How::Scales
        | How::Instances
        | How::Backends
        | How::Addresses
        | How::Grants => true,
        How::OnNode | How::Mounts | How::Containers | How::Owner | How::Events | How::Uses => false,
    }
}

/// The lead of an object, or a sentence that says why there is none.
pub fn of(how: How, kind: &str, shows: &str, parent: &Parent, object: &Value) -> Result<Lead, String> {
    let name = parent.name.as_str();
    let here = (!parent.namespace.is_empty()).then(|| parent.namespace.clone());
    let lead = Lead { word: shows.to_owned(), namespace: here.clone(), ..Lead::default() };
    let uid = text(object, "/metadata/uid");
    match how {
        How::OwnedThrough(_) | How::Owned => {
            let labels = selector(object).unwrap_or_default();
            Ok(Lead { labels, keep: Keep::Owned(vec![uid.to_owned()]), ..lead })
        }
        How::Selected => match selector(object) {
            Some(labels) => Ok(Lead { labels, ..lead }),
            None => Err(Text::LeadNoSelector.with(&[name, name])),
        },
        How::OnNode => Ok(Lead { namespace: None, fields: equals("spec.nodeName", name), ..lead }),
        How::Mounts => Ok(Lead { keep: Keep::Mounts(vec![name.to_owned()]), ..lead }),
        How::BoundTo => match (text(object, "/spec/claimRef/namespace"), text(object, "/spec/claimRef/name")) {
            (_, "") => Err(Text::LeadUnbound.with(&[name])),
            (namespace, claim) => {
                Ok(Lead { namespace: Some(namespace.to_owned()), keep: Keep::Named(vec![claim.to_owned()]), ..lead })
            }
        },
        How::Scales => {
            let target = object.pointer("/spec/scaleTargetRef").unwrap_or(&Value::Null);
            named(target, "apiVersion", lead).ok_or_else(|| Text::LeadNoTarget.with(&[name]))
        }
        How::Grants => {
            let role = object.pointer("/roleRef").unwrap_or(&Value::Null);
            let word = format!("{}.{}", text(role, "/kind"), text(role, "/apiGroup"));
            Ok(Lead { word, keep: Keep::Named(vec![text(role, "/name").to_owned()]), ..lead })
        }
        How::Instances => {
            let word = format!("{}.{}", text(object, "/spec/names/plural"), text(object, "/spec/group"));
            Ok(Lead { word, namespace: None, ..lead })
        }
        How::Backends => some(backends(object), lead).ok_or_else(|| Text::LeadNoBackend.with(&[name])),
        How::Addresses => some(addressed(object), lead).ok_or_else(|| Text::LeadNoPods.with(&[name])),
        How::Containers => {
            let pod = name.split('/').next().unwrap_or(name);
            Ok(Lead { keep: Keep::Named(vec![pod.to_owned()]), ..lead })
        }
        // What a container belongs to is its pod.
        How::Owner if kind == CONTAINERS => Ok(Lead { word: "pods".to_owned(), focus: Some(uid.to_owned()), ..lead }),
        How::Owner => {
            let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
            let owners = owners.map(Vec::as_slice).unwrap_or_default();
            let controls = |owner: &&Value| owner["controller"] == Value::Bool(true);
            let owner = owners.iter().find(controls).or(owners.first());
            let owner = owner.ok_or_else(|| Text::LeadNoOwner.with(&[name]))?;
            let focus = Some(text(owner, "/uid").to_owned());
            named(owner, "apiVersion", Lead { focus, ..lead })
                .map(|lead| Lead { keep: Keep::All, ..lead })
                .ok_or_else(|| Text::LeadNoOwner.with(&[name]))
        }
        How::Events => Ok(events(kind, parent, lead)),
        How::Uses => Ok(lead),
    }
}

fn events(kind: &str, parent: &Parent, lead: Lead) -> Lead {
    let name = equals("involvedObject.name", &parent.name);
    match kind {
        // Kubelets write a node's name where its uid belongs.
        "nodes" => Lead { fields: format!("involvedObject.kind=Node,{name}"), ..lead },
        _ if parent.uid.is_empty() => Lead { fields: name, ..lead },
        _ => Lead { keep: Keep::About(vec![parent.uid.clone()]), ..lead },
    }
}

/// `field=value`, the value escaped as field selectors want it.
pub fn equals(field: &str, value: &str) -> String {
    let mut out = format!("{field}=");
    for c in value.chars() {
        if matches!(c, '\\' | ',' | '=') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The lead to one object of a kind that a reference names.
fn named(reference: &Value, version: &str, lead: Lead) -> Option<Lead> {
    let (kind, name) = (text(reference, "/kind"), text(reference, "/name"));
    let version = reference.get(version).and_then(Value::as_str).unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let reference = Reference { group: group.to_owned(), kind: kind.to_owned(), ..Reference::default() };
    let found = !kind.is_empty() && !name.is_empty();
    found.then(|| Lead { word: reference.word(), keep: Keep::Named(vec![name.to_owned()]), ..lead })
}

fn some(mut names: Vec<String>, lead: Lead) -> Option<Lead> {
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then_some(Lead { keep: Keep::Named(names), ..lead })
}

/// The services of an ingress.
fn backends(object: &Value) -> Vec<String> {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let rules = list(object.pointer("/spec/rules"));
    let paths = rules.iter().flat_map(|rule| list(rule.pointer("/http/paths")));
    let services = paths.map(|path| text(&path, "/backend/service/name").to_owned());
    let default = text(object, "/spec/defaultBackend/service/name").to_owned();
    services.chain([default]).filter(|name| !name.is_empty()).collect()
}

/// The pods of endpoints or of an endpoint slice.
fn addressed(object: &Value) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |addresses: Option<&Value>| {
        for address in addresses.and_then(Value::as_array).into_iter().flatten() {
            if text(address, "/targetRef/kind") == "Pod" {
                names.push(text(address, "/targetRef/name").to_owned());
            }
        }
    };
    add(object.get("endpoints"));
    for subset in object.get("subsets").and_then(Value::as_array).into_iter().flatten() {
        add(subset.get("addresses"));
        add(subset.get("notReadyAddresses"));
    }
    names
}

/// The selector of an object in the server's grammar; `None` when it has none.
fn selector(object: &Value) -> Option<String> {
    let at = |pointer| object.pointer(pointer).filter(|value| value.is_object());
    let selector = at("/spec/selector").or_else(|| at("/spec/podSelector"))?;
    let is_plain = selector.get("matchLabels").is_none() && selector.get("matchExpressions").is_none();
    let is_empty = selector.as_object().is_some_and(serde_json::Map::is_empty);
    // An empty map selects nothing for a service and everything for those that have a LabelSelector.
    if is_plain && is_empty {
        return is_label_selector(object).then(String::new);
    }
    let labels = if is_plain { Some(selector) } else { selector.get("matchLabels") };
    let labels = labels.and_then(Value::as_object).into_iter().flatten();
    let mut parts: Vec<String> =
        labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    for expression in selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
        let key = text(expression, "/key");
        let values = expression.get("values").and_then(Value::as_array).into_iter().flatten();
        let values = values.filter_map(Value::as_str).collect::<Vec<_>>().join(",");
        parts.push(match text(expression, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    Some(parts.join(","))
}

/// Services and replication controllers have a plain map, which says the kind: none else has ports or a
/// template beside it without `matchLabels`.
fn is_label_selector(object: &Value) -> bool {
    object.pointer("/spec/ports").is_none() && object.pointer("/spec/template").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parent(namespace: &str, name: &str) -> Parent {
        Parent { namespace: namespace.into(), name: name.into(), uid: "u".into(), ..Parent::default() }
    }

    fn lead(how: How, object: &Value) -> Result<Lead, String> {
        of(how, "", "pods", &parent("shop", "web"), object)
    }

    #[test]
    fn selectors_in_the_servers_grammar() {
        let object = json!({"metadata": {"uid": "u"}, "spec": {"selector": {
            "matchLabels": {"app": "web", "tier": ""},
            "matchExpressions": [
                {"key": "zone", "operator": "In", "values": ["a", "b"]},
                {"key": "old", "operator": "NotIn", "values": ["yes"]},
                {"key": "named", "operator": "Exists"},
                {"key": "dead", "operator": "DoesNotExist"},
            ],
        }}});
        let found = lead(How::Owned, &object).unwrap();
        assert_eq!(found.labels, "app=web,tier=,zone in (a,b),old notin (yes),named,!dead");
        assert_eq!((found.namespace.as_deref(), found.keep), (Some("shop"), Keep::Owned(vec!["u".into()])));
        let service = json!({"spec": {"selector": {"app": "web"}, "ports": []}});
        assert_eq!(lead(How::Selected, &service).unwrap().labels, "app=web");
        for without in [json!({"spec": {"selector": {}, "ports": []}}), json!({"spec": {"ports": []}}), json!({})] {
            assert!(lead(How::Selected, &without).unwrap_err().contains("endpointslices"), "{without}");
        }
        let all = json!({"spec": {"selector": {}, "minAvailable": 1}});
        assert_eq!(lead(How::Selected, &all).unwrap().labels, "", "a budget of all pods");
    }

    #[test]
    fn references_become_kinds_and_names() {
        let named = |names: &[&str]| Keep::Named(names.iter().map(ToString::to_string).collect());
        let target =
            json!({"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}}});
        let found = lead(How::Scales, &target).unwrap();
        assert_eq!((found.word.as_str(), found.keep), ("Deployment.apps", named(&["api"])));
        let owned = json!({"metadata": {"ownerReferences": [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "1"},
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "2", "controller": true},
        ]}});
        let found = lead(How::Owner, &owned).unwrap();
        assert_eq!(
            (found.word.as_str(), found.focus.as_deref(), &found.keep),
            ("ReplicaSet.apps", Some("2"), &Keep::All)
        );
        assert!(lead(How::Owner, &json!({"metadata": {}})).unwrap_err().contains("web"));
        let volume = json!({"spec": {"claimRef": {"namespace": "db", "name": "data"}}});
        let found = lead(How::BoundTo, &volume).unwrap();
        assert_eq!((found.namespace.as_deref(), found.keep), (Some("db"), named(&["data"])));
        let ingress = json!({"spec": {"defaultBackend": {"service": {"name": "web"}}, "rules": [
            {"http": {"paths": [{"backend": {"service": {"name": "api"}}}, {"backend": {"service": {"name": "web"}}}]}},
            {"host": "no.paths"},
        ]}});
        assert_eq!(lead(How::Backends, &ingress).unwrap().keep, named(&["api", "web"]));
        let slice = json!({"endpoints": [{"targetRef": {"kind": "Pod", "name": "web-1"}}, {"addresses": ["1.2.3.4"]}]});
        assert_eq!(lead(How::Addresses, &slice).unwrap().keep, named(&["web-1"]));
        let crd = json!({"spec": {"group": "example.com", "names": {"plural": "widgets"}}});
        let found = lead(How::Instances, &crd).unwrap();
        assert_eq!((found.word.as_str(), found.namespace), ("widgets.example.com", None));
        let binding = json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}});
        assert_eq!(lead(How::Grants, &binding).unwrap().word, "Role.rbac.authorization.k8s.io");
    }

    #[test]
    fn values_of_fields_are_escaped() {
        assert_eq!(equals("a", r"b,c=d\"), r"a=b\,c\=d\\");
    }

    #[test]
    fn a_lead_survives_being_written() {
        let lead = Lead { word: "pods".into(), keep: Keep::Owned(vec!["u".into()]), ..Lead::default() };
        let text = serde_json::to_string(&lead).unwrap();
        assert_eq!(serde_json::from_str::<Lead>(&text).unwrap(), lead);
    }
}
