//! Nodes.

use super::meta::{Condition, ObjectMeta, list, nullable};
use super::{ClientKind, KnownKind, Object, commas, first_of, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 10] = [
    Column::shown("NAME"),
    Column::shown("STATUS"),
    Column::shown("ROLES"),
    Column::shown("AGE"),
    Column::shown("VERSION"),
    Column::wide("INTERNAL-IP"),
    Column::wide("EXTERNAL-IP"),
    Column::wide("OS-IMAGE"),
    Column::wide("KERNEL-VERSION"),
    Column::wide("CONTAINER-RUNTIME"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "nodes",
        singular: "node",
        kind: "Node",
        short_names: &["no"],
        categories: &[],
        namespaced: false,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Node>,
    from_json: from_json::<Node>,
};

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Node {
    #[prost(message, required, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    metadata: ObjectMeta,
    #[prost(message, required, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    spec: Spec,
    #[prost(message, required, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    status: Status,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Spec {
    #[prost(bool, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    unschedulable: bool,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    #[prost(message, repeated, tag = "4")]
    #[serde(deserialize_with = "list")]
    conditions: Vec<Condition>,
    #[prost(message, repeated, tag = "5")]
    #[serde(deserialize_with = "list")]
    addresses: Vec<Address>,
    #[prost(message, required, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    node_info: Info,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Address {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    r#type: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    address: String,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Info {
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    kernel_version: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    os_image: String,
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    container_runtime_version: String,
    #[prost(string, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    kubelet_version: String,
    #[prost(string, tag = "10")]
    #[serde(deserialize_with = "nullable")]
    architecture: String,
}

impl Node {
    /// Whether the condition `Ready` holds; `None` when there is none.
    fn ready(&self) -> Option<bool> {
        // With two conditions of a type the server's printer takes the last.
        let ready = self.status.conditions.iter().rev().find(|it| it.r#type == "Ready")?;
        Some(ready.status == "True")
    }

    fn roles(&self) -> Vec<&str> {
        let mut roles: Vec<&str> = self
            .metadata
            .labels
            .iter()
            .filter_map(|label| match label.key.as_str() {
                "kubernetes.io/role" => Some(label.value.as_str()),
                key => key.strip_prefix("node-role.kubernetes.io/"),
            })
            .filter(|role| !role.is_empty())
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    fn address(&self, kind: &str) -> &str {
        self.status.addresses.iter().find(|it| it.r#type == kind).map_or("<none>", |it| &it.address)
    }

    /// Whether a condition that should not hold does: pressure, or no network.
    fn is_strained(&self) -> bool {
        self.status
            .conditions
            .iter()
            .any(|it| (it.r#type.ends_with("Pressure") || it.r#type == "NetworkUnavailable") && it.status == "True")
    }
}

impl Object for Node {
    const KIND: &'static str = "Node";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let ready = self.ready();
        let cordoned = self.spec.unschedulable;
        draft.cell_span(draft.name);
        draft.cell(match (ready, cordoned) {
            (Some(true), false) => "Ready",
            (Some(true), true) => "Ready,SchedulingDisabled",
            (Some(false), false) => "NotReady",
            (Some(false), true) => "NotReady,SchedulingDisabled",
            (None, false) => "Unknown",
            (None, true) => "Unknown,SchedulingDisabled",
        });
        match &self.roles()[..] {
            [] => draft.cell("<none>"),
            roles => draft.cell_fmt(format_args!("{}", commas(roles.iter()))),
        }
        draft.cell_age(draft.created);
        let info = &self.status.node_info;
        draft.cell(&info.kubelet_version);
        draft.cell(self.address("InternalIP"));
        draft.cell(self.address("ExternalIP"));
        draft.cell(first_of(&info.os_image, "<unknown>"));
        let kernel = first_of(&info.kernel_version, "<unknown>");
        if info.architecture.is_empty() || draft.is_before(36) {
            draft.cell(kernel);
        } else {
            draft.cell_fmt(format_args!("{kernel} ({})", info.architecture));
        }
        draft.cell(first_of(&info.container_runtime_version, "<unknown>"));
        draft.tone = if ready != Some(true) {
            Tone::Bad
        } else if cordoned || self.is_strained() {
            Tone::Warn
        } else {
            Tone::Good
        };
    }
}
