//! The columns of kinds that neither the cockpit prints itself nor a definition describes.

use super::columns::cell;
use super::path;
use crate::server::resource::Resource;
use crate::server::select::selector_text;
use serde_json::Value;

/// How what a path leads to is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Show {
    /// A text; several are joined.
    Text,
    /// A text, or this word for none.
    Or(&'static str),
    /// A number as it stands.
    Number,
    /// How many there are.
    Count,
    /// An age.
    Age,
    /// `kind.group/name` of the controller.
    Owner,
    /// `Kind.group/name` of what is referred to.
    Reference,
    /// `version/Kind`.
    Kind,
    /// `namespace/name`, or this word for none.
    Place(&'static str),
    /// A map of labels.
    Labels,
    /// The status of the condition of this type.
    Condition(&'static str),
}

impl Show {
    /// The type that the column is said to have.
    pub fn type_name(self) -> &'static str {
        match self {
            Show::Number | Show::Count => "integer",
            Show::Age => "date",
            _ => "string",
        }
    }
}

/// A column: name, form and path.
pub type Follow = (&'static str, Show, &'static str);

/// The age of an object.
pub const AGE: Follow = ("Age", Show::Age, ".metadata.creationTimestamp");

/// The columns of a kind after its name.
pub fn follows(resource: &Resource) -> &'static [Follow] {
    use Show::{Condition, Count, Kind, Labels, Number, Or, Owner, Place, Reference, Text};
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("networking.k8s.io", "ingressclasses") => {
            &[("Controller", Text, ".spec.controller"), ("Parameters", Reference, ".spec.parameters"), AGE]
        }
        ("scheduling.k8s.io", "priorityclasses") => &[
            ("Value", Number, ".value"),
            ("Global-Default", Or("false"), ".globalDefault"),
            AGE,
            ("PreemptionPolicy", Text, ".preemptionPolicy"),
        ],
        ("node.k8s.io", "runtimeclasses") => &[("Handler", Text, ".handler"), AGE],
        ("apps", "controllerrevisions") => {
            &[("Controller", Owner, ".metadata.ownerReferences"), ("Revision", Number, ".revision"), AGE]
        }
        ("apiregistration.k8s.io", _) => {
            &[("Service", Place("Local"), ".spec.service"), ("Available", Condition("Available"), ".status"), AGE]
        }
        ("storage.k8s.io", "csidrivers") => &[
            ("AttachRequired", Or("true"), ".spec.attachRequired"),
            ("PodInfoOnMount", Or("false"), ".spec.podInfoOnMount"),
            ("StorageCapacity", Or("false"), ".spec.storageCapacity"),
            ("TokenRequests", Or("<unset>"), ".spec.tokenRequests[*].audience"),
            ("RequiresRepublish", Or("false"), ".spec.requiresRepublish"),
            ("Modes", Or("<none>"), ".spec.volumeLifecycleModes[*]"),
            AGE,
        ],
        ("storage.k8s.io", "csinodes") => &[("Drivers", Count, ".spec.drivers[*]"), AGE],
        ("storage.k8s.io", "volumeattachments") => &[
            ("Attacher", Text, ".spec.attacher"),
            ("PV", Text, ".spec.source.persistentVolumeName"),
            ("Node", Text, ".spec.nodeName"),
            ("Attached", Or("false"), ".status.attached"),
            AGE,
        ],
        ("", "podtemplates") => &[
            ("Containers", Text, ".template.spec.containers[*].name"),
            ("Images", Text, ".template.spec.containers[*].image"),
            ("Pod Labels", Labels, ".template.metadata.labels"),
        ],
        ("admissionregistration.k8s.io", "mutatingwebhookconfigurations" | "validatingwebhookconfigurations") => {
            &[("Webhooks", Count, ".webhooks[*]"), AGE]
        }
        ("admissionregistration.k8s.io", "validatingadmissionpolicies") => {
            &[("Validations", Count, ".spec.validations[*]"), ("ParamKind", Kind, ".spec.paramKind"), AGE]
        }
        ("admissionregistration.k8s.io", "validatingadmissionpolicybindings") => {
            &[("PolicyName", Text, ".spec.policyName"), ("ParamRef", Place("<unset>"), ".spec.paramRef"), AGE]
        }
        ("metrics.k8s.io", _) => &[],
        _ => &[AGE],
    }
}

/// The name in the first column.
pub fn named(resource: &Resource, object: &Value) -> Value {
    let metadata = &object["metadata"];
    let default = metadata["annotations"]["ingressclass.kubernetes.io/is-default-class"] == "true";
    match metadata["name"].as_str() {
        Some(name) if default && resource.is("networking.k8s.io", "ingressclasses") => {
            format!("{name} (default)").into()
        }
        _ => metadata["name"].clone(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The cell of a column.
pub fn follow(object: &Value, (_, show, at): &Follow) -> Value {
    let found = path::find(object, at);
    let first = found.first().copied().unwrap_or(&Value::Null);
    let word = |name: &str| first[name].as_str().filter(|word| !word.is_empty());
    let all = || found.iter().map(|value| text(value)).collect::<Vec<_>>().join(",");
    match *show {
        Show::Age => cell(object, at, "date"),
        Show::Number => first.clone(),
        Show::Count => found.len().into(),
        Show::Text => all().into(),
        Show::Or(none) if found.is_empty() => none.into(),
        Show::Or(_) => all().into(),
        Show::Owner => {
            let owner = first.as_array().into_iter().flatten().find(|it| it["controller"] == true);
            let Some(owner) = owner else { return "<none>".into() };
            let group =
                text(&owner["apiVersion"]).rsplit_once('/').map_or(String::new(), |(group, _)| group.to_owned());
            let kind = text(&owner["kind"]).to_lowercase();
            let dot = if group.is_empty() { "" } else { "." };
            format!("{kind}{dot}{group}/{}", text(&owner["name"])).into()
        }
        Show::Reference => {
            let Some(name) = word("name") else { return "<none>".into() };
            let group = word("apiGroup").map_or(String::new(), |group| format!(".{group}"));
            format!("{}{group}/{name}", word("kind").unwrap_or_default()).into()
        }
        Show::Kind => match (word("apiVersion"), word("kind")) {
            (Some(version), Some(kind)) => format!("{version}/{kind}").into(),
            _ => "<unset>".into(),
        },
        Show::Place(none) => match (word("namespace"), word("name")) {
            (Some(namespace), Some(name)) => format!("{namespace}/{name}").into(),
            (None, Some(name)) => name.into(),
            _ if first["selector"].is_object() => selector(&first["selector"]).into(),
            _ => none.into(),
        },
        Show::Labels => match selector_text(&serde_json::json!({"matchLabels": first})) {
            none if none.is_empty() => "<none>".into(),
            labels => labels.into(),
        },
        Show::Condition(kind) => {
            let all = first["conditions"].as_array().into_iter().flatten();
            all.into_iter().find(|it| it["type"] == kind).map_or_else(|| "Unknown".into(), |it| it["status"].clone())
        }
    }
}

/// A selector as Go writes the structure.
fn selector(selector: &Value) -> String {
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let labels: Vec<String> = labels.map(|(key, value)| format!("{key}: {},", text(value))).collect();
    let labels = labels.concat();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{}},}}"
    )
}
