//! Replica sets.

use super::meta::ObjectMeta;
use super::selector::LabelSelector;
use super::template::{Template, fill_selector};
use super::wire::wire;
use super::workload::{REPLICA_COLUMNS, ReplicaStatus, fill_replicas};
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::draft::Draft;

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "apps",
        version: "v1",
        plural: "replicasets",
        singular: "replicaset",
        kind: "ReplicaSet",
        short_names: &["rs"],
        categories: &["all"],
        namespaced: true,
    },
    columns: &REPLICA_COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<ReplicaSet>,
    from_json: from_json::<ReplicaSet>,
};

wire! {
    struct ReplicaSet {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one ReplicaStatus = 3,
    }

    struct Spec {
        replicas: maybe int = 1,
        selector: maybe LabelSelector = 2,
        template: one Template = 3,
    }
}

impl Object for ReplicaSet {
    const KIND: &'static str = "ReplicaSet";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        fill_replicas(self.spec.replicas.unwrap_or(1), &self.status, draft);
        self.spec.template.fill(draft);
        fill_selector(self.spec.selector.as_ref(), draft);
    }
}
