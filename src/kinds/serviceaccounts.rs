//! Service accounts.

use super::meta::{ObjectMeta, Present};
use super::wire::wire;
use super::{Before, ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::Draft;

static COLUMNS: [Column; 2] = [Column::shown("NAME"), Column::shown("AGE")];

/// Servers before 1.35 count secrets.
const SINCE: u16 = 35;
static OLD_COLUMNS: [Column; 3] = [Column::shown("NAME"), Column::number("SECRETS"), Column::shown("AGE")];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "serviceaccounts",
        singular: "serviceaccount",
        kind: "ServiceAccount",
        short_names: &["sa"],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: Some(Before { minor: SINCE, columns: &OLD_COLUMNS }),
    from_protobuf: from_protobuf::<ServiceAccount>,
    from_json: from_json::<ServiceAccount>,
};

wire! {
    struct ServiceAccount {
        metadata: one ObjectMeta = 1,
        /// Only counted.
        secrets: many Present = 2,
    }
}

impl Object for ServiceAccount {
    const KIND: &'static str = "ServiceAccount";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        if draft.is_before(SINCE) {
            draft.cell_number(self.secrets.len() as i64);
        }
        draft.cell_age(draft.created);
    }
}
