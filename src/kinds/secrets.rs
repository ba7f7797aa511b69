//! Secrets: what they hold is counted and never kept.

use super::meta::ObjectMeta;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::Draft;

static COLUMNS: [Column; 4] =
    [Column::shown("NAME"), Column::shown("TYPE"), Column::number("DATA"), Column::shown("AGE")];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "secrets",
        singular: "secret",
        kind: "Secret",
        short_names: &[],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Secret>,
    from_json: from_json::<Secret>,
};

wire! {
    struct Secret {
        metadata: one ObjectMeta = 1,
        data: keys = 2,
        r#type: text = 3,
    }
}

impl Object for Secret {
    const KIND: &'static str = "Secret";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        draft.cell(&self.r#type);
        draft.cell_number(self.data.len() as i64);
        draft.cell_age(draft.created);
    }
}
