//! Cluster role bindings.

use super::meta::ObjectMeta;
use super::subjects::{COLUMNS, RoleRef, Subject, fill_binding};
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::draft::Draft;

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
        fill_binding(&self.role_ref, &self.subjects, draft);
    }
}
