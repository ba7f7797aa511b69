//! Limit ranges.

use super::meta::ObjectMeta;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::Draft;

static COLUMNS: [Column; 2] = [Column::shown("NAME"), Column::shown("CREATED AT")];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "limitranges",
        singular: "limitrange",
        kind: "LimitRange",
        short_names: &["limits"],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<LimitRange>,
    from_json: from_json::<LimitRange>,
};

wire! {
    struct LimitRange {
        metadata: one ObjectMeta = 1,
    }
}

impl Object for LimitRange {
    const KIND: &'static str = "LimitRange";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        draft.cell_moment(draft.created);
    }
}
