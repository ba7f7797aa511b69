//! Config maps: what they hold is counted and never kept.

use super::meta::ObjectMeta;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::Draft;

static COLUMNS: [Column; 3] = [Column::shown("NAME"), Column::number("DATA"), Column::shown("AGE")];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "configmaps",
        singular: "configmap",
        kind: "ConfigMap",
        short_names: &["cm"],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<ConfigMap>,
    from_json: from_json::<ConfigMap>,
};

wire! {
    struct ConfigMap {
        metadata: one ObjectMeta = 1,
        data: keys = 2,
        binary_data: keys = 3,
    }
}

impl Object for ConfigMap {
    const KIND: &'static str = "ConfigMap";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        draft.cell_number((self.data.len() + self.binary_data.len()) as i64);
        draft.cell_age(draft.created);
    }
}
