//! Roles.

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
        plural: "roles",
        singular: "role",
        kind: "Role",
        short_names: &[],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Role>,
    from_json: from_json::<Role>,
};

wire! {
    struct Role {
        metadata: one ObjectMeta = 1,
    }
}

impl Object for Role {
    const KIND: &'static str = "Role";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        draft.cell_moment(draft.created);
    }
}
