//! Stateful sets.

use super::meta::ObjectMeta;
use super::template::Template;
use super::wire::wire;
use super::workload::tone_of_replicas;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::Draft;

static COLUMNS: [Column; 5] = [
    Column::shown("NAME"),
    Column::shown("READY"),
    Column::shown("AGE"),
    Column::wide("CONTAINERS"),
    Column::wide("IMAGES"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "apps",
        version: "v1",
        plural: "statefulsets",
        singular: "statefulset",
        kind: "StatefulSet",
        short_names: &["sts"],
        categories: &["all"],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<StatefulSet>,
    from_json: from_json::<StatefulSet>,
};

wire! {
    struct StatefulSet {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        replicas: maybe int = 1,
        template: one Template = 3,
    }

    struct Status {
        replicas: int = 2,
        ready_replicas: int = 3,
        updated_replicas: int = 5,
        current_revision: text = 6,
        update_revision: text = 7,
        available_replicas: int = 11,
    }
}

impl Status {
    /// How many pods are of the revision that is wanted. The count is taken back to nothing where a rollout
    /// is over.
    fn updated(&self) -> i32 {
        if self.current_revision == self.update_revision { self.replicas } else { self.updated_replicas }
    }
}

impl Object for StatefulSet {
    const KIND: &'static str = "StatefulSet";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let (desired, status) = (self.spec.replicas.unwrap_or(1), &self.status);
        draft.cell_span(draft.name);
        draft.cell_fmt(format_args!("{}/{desired}", status.ready_replicas));
        draft.cell_age(draft.created);
        self.spec.template.fill(draft);
        let counts = [status.replicas, status.ready_replicas, status.available_replicas, status.updated()];
        draft.tone = tone_of_replicas(desired, &counts, &[]);
    }
}
