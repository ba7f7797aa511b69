//! Replica sets.

use super::meta::ObjectMeta;
use super::selector::LabelSelector;
use super::template::{Template, fill_selector};
use super::wire::wire;
use super::workload::{ConditionAt4, tone_of_replicas};
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::Draft;

static COLUMNS: [Column; 8] = [
    Column::shown("NAME"),
    Column::number("DESIRED"),
    Column::number("CURRENT"),
    Column::number("READY"),
    Column::shown("AGE"),
    Column::wide("CONTAINERS"),
    Column::wide("IMAGES"),
    Column::wide("SELECTOR"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "apps",
        version: "v1",
        plural: "replicasets",
        singular: "replicaset",
        kind: "ReplicaSet",
        short_names: &["rs"],
        categories: &["all"],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<ReplicaSet>,
    from_json: from_json::<ReplicaSet>,
};

wire! {
    struct ReplicaSet {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        replicas: maybe int = 1,
        selector: maybe LabelSelector = 2,
        template: one Template = 3,
    }

    struct Status {
        replicas: int = 1,
        ready_replicas: int = 4,
        available_replicas: int = 5,
        conditions: many ConditionAt4 = 6,
    }
}

impl Object for ReplicaSet {
    const KIND: &'static str = "ReplicaSet";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let (desired, status) = (self.spec.replicas.unwrap_or(1), &self.status);
        draft.cell_span(draft.name);
        draft.cell_number(desired.into());
        draft.cell_number(status.replicas.into());
        draft.cell_number(status.ready_replicas.into());
        draft.cell_age(draft.created);
        self.spec.template.fill(draft);
        fill_selector(self.spec.selector.as_ref(), draft);
        let counts = [status.replicas, status.ready_replicas, status.available_replicas];
        draft.tone = tone_of_replicas(desired, &counts, &status.conditions);
    }
}
