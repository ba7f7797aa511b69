//! Storage classes.

use super::annotated::{AnnotatedMeta, BETA_DEFAULT_CLASS, DEFAULT_CLASS};
use super::meta::ObjectMeta;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::Draft;

static COLUMNS: [Column; 6] = [
    Column::shown("NAME"),
    Column::shown("PROVISIONER"),
    Column::shown("RECLAIMPOLICY"),
    Column::shown("VOLUMEBINDINGMODE"),
    Column::shown("ALLOWVOLUMEEXPANSION"),
    Column::shown("AGE"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "storage.k8s.io",
        version: "v1",
        plural: "storageclasses",
        singular: "storageclass",
        kind: "StorageClass",
        short_names: &["sc"],
        categories: &[],
        namespaced: false,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<StorageClass>,
    from_json: from_json::<StorageClass>,
};

wire! {
    struct StorageClass {
        metadata: one AnnotatedMeta = 1,
        provisioner: text = 2,
        reclaim_policy: maybe text = 4,
        allow_volume_expansion: maybe flag = 6,
        volume_binding_mode: maybe text = 7,
    }
}

impl StorageClass {
    fn is_default(&self) -> bool {
        [DEFAULT_CLASS, BETA_DEFAULT_CLASS].iter().any(|key| self.metadata.annotation(key) == Some("true"))
    }
}

impl Object for StorageClass {
    const KIND: &'static str = "StorageClass";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata.meta
    }

    fn fill(&self, draft: &mut Draft) {
        if self.is_default() {
            draft.cell_fmt(format_args!("{} (default)", self.meta().name));
        } else {
            draft.cell_span(draft.name);
        }
        draft.cell(&self.provisioner);
        draft.cell(self.reclaim_policy.as_deref().unwrap_or("Delete"));
        draft.cell(self.volume_binding_mode.as_deref().unwrap_or("Immediate"));
        draft.cell(if self.allow_volume_expansion == Some(true) { "true" } else { "false" });
        draft.cell_age(draft.created);
    }
}
