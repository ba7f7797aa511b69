//! Persistent volumes.

use super::annotated::{AnnotatedMeta, BETA_CLASS};
use super::meta::ObjectMeta;
use super::quantity::amount_of;
use super::volume::fill_modes;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 11] = [
    Column::shown("NAME"),
    Column::shown("CAPACITY"),
    Column::shown("ACCESS MODES"),
    Column::shown("RECLAIM POLICY"),
    Column::shown("STATUS"),
    Column::shown("CLAIM"),
    Column::shown("STORAGECLASS"),
    Column::shown("VOLUMEATTRIBUTESCLASS"),
    Column::shown("REASON"),
    Column::shown("AGE"),
    Column::wide("VOLUMEMODE"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "persistentvolumes",
        singular: "persistentvolume",
        kind: "PersistentVolume",
        short_names: &["pv"],
        categories: &[],
        namespaced: false,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<PersistentVolume>,
    from_json: from_json::<PersistentVolume>,
};

wire! {
    struct PersistentVolume {
        metadata: one AnnotatedMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        capacity: amounts = 1,
        access_modes: texts = 3,
        claim_ref: maybe Claim = 4,
        persistent_volume_reclaim_policy: text = 5,
        storage_class_name: text = 6,
        volume_mode: maybe text = 8,
        volume_attributes_class_name: maybe text = 10,
    }

    struct Claim {
        namespace: text = 2,
        name: text = 3,
    }

    struct Status {
        phase: text = 1,
        reason: text = 3,
    }
}

impl Object for PersistentVolume {
    const KIND: &'static str = "PersistentVolume";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata.meta
    }

    fn fill(&self, draft: &mut Draft) {
        let (meta, spec, status) = (&self.metadata, &self.spec, &self.status);
        let phase = if meta.meta.deletion_timestamp.is_some() { "Terminating" } else { &status.phase };
        draft.cell_span(draft.name);
        draft.cell(amount_of(&spec.capacity, "storage"));
        fill_modes(&spec.access_modes, draft);
        draft.cell(&spec.persistent_volume_reclaim_policy);
        draft.cell(phase);
        match &spec.claim_ref {
            Some(claim) => draft.cell_fmt(format_args!("{}/{}", claim.namespace, claim.name)),
            None => draft.cell(""),
        }
        draft.cell(meta.annotation(BETA_CLASS).unwrap_or(&spec.storage_class_name));
        draft.cell(spec.volume_attributes_class_name.as_deref().unwrap_or("<unset>"));
        draft.cell(&status.reason);
        draft.cell_age(draft.created);
        draft.cell(spec.volume_mode.as_deref().unwrap_or("<unset>"));
        draft.tone = match phase {
            "Bound" | "Available" => Tone::Good,
            "Failed" => Tone::Bad,
            _ => Tone::Warn,
        };
    }
}
