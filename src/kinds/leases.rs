//! Leases.

use super::meta::ObjectMeta;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::Draft;

static COLUMNS: [Column; 3] = [Column::shown("NAME"), Column::shown("HOLDER"), Column::shown("AGE")];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "coordination.k8s.io",
        version: "v1",
        plural: "leases",
        singular: "lease",
        kind: "Lease",
        short_names: &[],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Lease>,
    from_json: from_json::<Lease>,
};

wire! {
    struct Lease {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
    }

    struct Spec {
        holder_identity: text = 1,
    }
}

impl Object for Lease {
    const KIND: &'static str = "Lease";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        draft.cell(&self.spec.holder_identity);
        draft.cell_age(draft.created);
    }
}
