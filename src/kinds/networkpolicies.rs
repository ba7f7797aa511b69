//! Network policies.

use super::meta::ObjectMeta;
use super::selector::LabelSelector;
use super::template::fill_selector;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::Draft;

static COLUMNS: [Column; 3] = [Column::shown("NAME"), Column::shown("POD-SELECTOR"), Column::shown("AGE")];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "networking.k8s.io",
        version: "v1",
        plural: "networkpolicies",
        singular: "networkpolicy",
        kind: "NetworkPolicy",
        short_names: &["netpol"],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<NetworkPolicy>,
    from_json: from_json::<NetworkPolicy>,
};

wire! {
    struct NetworkPolicy {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
    }

    struct Spec {
        pod_selector: one LabelSelector = 1,
    }
}

impl Object for NetworkPolicy {
    const KIND: &'static str = "NetworkPolicy";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        fill_selector(Some(&self.spec.pod_selector), draft);
        draft.cell_age(draft.created);
    }
}
