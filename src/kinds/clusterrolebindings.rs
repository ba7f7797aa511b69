//! Cluster role bindings.

use super::meta::ObjectMeta;
use super::subjects::{RoleRef, Subject, fill_subjects};
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::Draft;

static COLUMNS: [Column; 6] = [
    Column::shown("NAME"),
    Column::shown("ROLE"),
    Column::shown("AGE"),
    Column::wide("USERS"),
    Column::wide("GROUPS"),
    Column::wide("SERVICEACCOUNTS"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "rbac.authorization.k8s.io",
        version: "v1",
        plural: "clusterrolebindings",
        singular: "clusterrolebinding",
        kind: "ClusterRoleBinding",
        short_names: &[],
        categories: &[],
        namespaced: false,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<ClusterRoleBinding>,
    from_json: from_json::<ClusterRoleBinding>,
};

wire! {
    struct ClusterRoleBinding {
        metadata: one ObjectMeta = 1,
        subjects: many Subject = 2,
        role_ref: one RoleRef = 3,
    }
}

impl Object for ClusterRoleBinding {
    const KIND: &'static str = "ClusterRoleBinding";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        draft.cell_fmt(format_args!("{}", self.role_ref));
        draft.cell_age(draft.created);
        fill_subjects(&self.subjects, draft);
    }
}
