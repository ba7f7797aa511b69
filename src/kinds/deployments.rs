//! Deployments.

use super::meta::{ObjectMeta, list, nullable};
use super::selector::LabelSelector;
use super::{ClientKind, KnownKind, Object, commas, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};
use std::borrow::Cow;

static COLUMNS: [Column; 8] = [
    Column::shown("NAME"),
    Column::shown("READY"),
    Column { name: Cow::Borrowed("UP-TO-DATE"), wide: false, numeric: true },
    Column { name: Cow::Borrowed("AVAILABLE"), wide: false, numeric: true },
    Column::shown("AGE"),
    Column::wide("CONTAINERS"),
    Column::wide("IMAGES"),
    Column::wide("SELECTOR"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "apps",
        version: "v1",
        plural: "deployments",
        singular: "deployment",
        kind: "Deployment",
        short_names: &["deploy"],
        categories: &["all"],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Deployment>,
    from_json: from_json::<Deployment>,
};

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Deployment {
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
    #[prost(int32, optional, tag = "1")]
    replicas: Option<i32>,
    #[prost(message, optional, tag = "2")]
    selector: Option<LabelSelector>,
    #[prost(message, required, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    template: Template,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Template {
    #[prost(message, required, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    spec: PodSpec,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct PodSpec {
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "list")]
    containers: Vec<Container>,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Container {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    image: String,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    replicas: i32,
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    updated_replicas: i32,
    #[prost(int32, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    available_replicas: i32,
    #[prost(message, repeated, tag = "6")]
    #[serde(deserialize_with = "list")]
    conditions: Vec<Condition>,
    #[prost(int32, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    ready_replicas: i32,
}

/// As of pods, but with its reason under another number.
#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Condition {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    r#type: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    status: String,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    reason: String,
}

impl Deployment {
    /// How many pods are wanted; the server's default is one.
    fn desired(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }

    fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|it| it.r#type == kind)
    }

    fn tone(&self) -> Tone {
        let (status, desired) = (&self.status, self.desired());
        let progressing = self.condition("Progressing");
        let refused = self.condition("ReplicaFailure").is_some_and(|it| it.status == "True");
        let stuck = progressing.is_some_and(|it| it.status == "False");
        let rolled_out = progressing.is_some_and(|it| it.reason == "NewReplicaSetAvailable");
        let complete = [status.replicas, status.updated_replicas, status.ready_replicas, status.available_replicas]
            .iter()
            .all(|&count| count == desired);
        if refused || stuck || (rolled_out && desired > 0 && status.available_replicas <= 0) {
            Tone::Bad
        } else if !complete {
            Tone::Warn
        } else if desired == 0 {
            Tone::Quiet
        } else {
            Tone::Good
        }
    }
}

impl Object for Deployment {
    const KIND: &'static str = "Deployment";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let containers = self.spec.template.spec.containers.iter();
        draft.cell_span(draft.name);
        draft.cell_fmt(format_args!("{}/{}", self.status.ready_replicas, self.desired()));
        draft.cell_number(self.status.updated_replicas.into());
        draft.cell_number(self.status.available_replicas.into());
        draft.cell_age(draft.created);
        draft.cell_fmt(format_args!("{}", commas(containers.clone().map(|it| &it.name))));
        draft.cell_fmt(format_args!("{}", commas(containers.map(|it| &it.image))));
        match &self.spec.selector {
            Some(selector) => draft.cell_fmt(format_args!("{}", selector.text())),
            None => draft.cell(""),
        }
        draft.tone = self.tone();
    }
}
