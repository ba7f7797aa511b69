//! Persistent volume claims.

use super::annotated::{AnnotatedMeta, BETA_CLASS};
use super::meta::{Condition, ObjectMeta};
use super::quantity::amount_of;
use super::volume::fill_modes;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 9] = [
    Column::shown("NAME"),
    Column::shown("STATUS"),
    Column::shown("VOLUME"),
    Column::shown("CAPACITY"),
    Column::shown("ACCESS MODES"),
    Column::shown("STORAGECLASS"),
    Column::shown("VOLUMEATTRIBUTESCLASS"),
    Column::shown("AGE"),
    Column::wide("VOLUMEMODE"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "persistentvolumeclaims",
        singular: "persistentvolumeclaim",
        kind: "PersistentVolumeClaim",
        short_names: &["pvc"],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<PersistentVolumeClaim>,
    from_json: from_json::<PersistentVolumeClaim>,
};

wire! {
    struct PersistentVolumeClaim {
        metadata: one AnnotatedMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        volume_name: text = 3,
        storage_class_name: maybe text = 5,
        volume_mode: maybe text = 6,
        volume_attributes_class_name: maybe text = 9,
    }

    struct Status {
        phase: text = 1,
        access_modes: texts = 2,
        capacity: amounts = 3,
        conditions: many Condition = 4,
    }
}

impl PersistentVolumeClaim {
    fn phase(&self) -> &str {
        if self.metadata.meta.deletion_timestamp.is_some() { "Terminating" } else { &self.status.phase }
    }

    /// Whether a change of its size or class goes wrong, or waits for the node.
    fn is_troubled(&self) -> bool {
        let bad = |kind: &str| kind.ends_with("Error") || kind == "FileSystemResizePending";
        self.status.conditions.iter().any(|it| it.status == "True" && bad(&it.r#type))
    }

    fn tone(&self) -> Tone {
        match self.phase() {
            "Lost" => Tone::Bad,
            "Bound" if !self.is_troubled() => Tone::Good,
            _ => Tone::Warn,
        }
    }
}

impl Object for PersistentVolumeClaim {
    const KIND: &'static str = "PersistentVolumeClaim";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata.meta
    }

    fn fill(&self, draft: &mut Draft) {
        let (spec, status) = (&self.spec, &self.status);
        draft.cell_span(draft.name);
        draft.cell(self.phase());
        draft.cell(&spec.volume_name);
        if spec.volume_name.is_empty() {
            draft.cell("");
            draft.cell("");
        } else {
            draft.cell(amount_of(&status.capacity, "storage"));
            fill_modes(&status.access_modes, draft);
        }
        let class = self.metadata.annotation(BETA_CLASS).or(spec.storage_class_name.as_deref());
        draft.cell(class.unwrap_or_default());
        draft.cell(spec.volume_attributes_class_name.as_deref().unwrap_or("<unset>"));
        draft.cell_age(draft.created);
        draft.cell(spec.volume_mode.as_deref().unwrap_or("<unset>"));
        draft.tone = self.tone();
    }
}
