//! Namespaces.

use super::meta::{ObjectMeta, nullable};
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 3] = [Column::shown("NAME"), Column::shown("STATUS"), Column::shown("AGE")];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "namespaces",
        singular: "namespace",
        kind: "Namespace",
        short_names: &["ns"],
        categories: &[],
        namespaced: false,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Namespace>,
    from_json: from_json::<Namespace>,
};

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Namespace {
    #[prost(message, required, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    metadata: ObjectMeta,
    #[prost(message, required, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    status: Status,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Status {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    phase: String,
}

impl Object for Namespace {
    const KIND: &'static str = "Namespace";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        draft.cell(&self.status.phase);
        draft.cell_age(draft.created);
        draft.tone = match self.status.phase.as_str() {
            "Active" => Tone::Good,
            "Terminating" => Tone::Warn,
            _ => Tone::Plain,
        };
    }
}
