//! Replication controllers.

use super::meta::{ObjectMeta, labels};
use super::template::Template;
use super::wire::wire;
use super::workload::{REPLICA_COLUMNS, ReplicaStatus, fill_replicas};
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::draft::Draft;

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "replicationcontrollers",
        singular: "replicationcontroller",
        kind: "ReplicationController",
        short_names: &["rc"],
        categories: &["all"],
        namespaced: true,
    },
    columns: &REPLICA_COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<ReplicationController>,
    from_json: from_json::<ReplicationController>,
};

wire! {
    struct ReplicationController {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one ReplicaStatus = 3,
    }

    struct Spec {
        replicas: maybe int = 1,
        selector: pairs = 2,
        template: one Template = 3,
    }
}

impl Object for ReplicationController {
    const KIND: &'static str = "ReplicationController";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        fill_replicas(self.spec.replicas.unwrap_or(1), &self.status, draft);
        self.spec.template.fill(draft);
        draft.cell_fmt(format_args!("{}", labels(&self.spec.selector)));
    }
}
