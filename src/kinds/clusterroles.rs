//! Cluster roles.

use super::meta::ObjectMeta;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::Draft;

static COLUMNS: [Column; 2] = [Column::shown("NAME"), Column::shown("CREATED AT")];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "rbac.authorization.k8s.io",
        version: "v1",
        plural: "clusterroles",
        singular: "clusterrole",
        kind: "ClusterRole",
        short_names: &[],
        categories: &[],
        namespaced: false,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<ClusterRole>,
    from_json: from_json::<ClusterRole>,
};

wire! {
    struct ClusterRole {
        metadata: one ObjectMeta = 1,
    }
}

impl Object for ClusterRole {
    const KIND: &'static str = "ClusterRole";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        draft.cell_moment(draft.created);
    }
}
