//! Pod disruption budgets.

use super::meta::ObjectMeta;
use super::quantity::IntOrText;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 5] = [
    Column::shown("NAME"),
    Column::shown("MIN AVAILABLE"),
    Column::shown("MAX UNAVAILABLE"),
    Column::number("ALLOWED DISRUPTIONS"),
    Column::shown("AGE"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "policy",
        version: "v1",
        plural: "poddisruptionbudgets",
        singular: "poddisruptionbudget",
        kind: "PodDisruptionBudget",
        short_names: &["pdb"],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<PodDisruptionBudget>,
    from_json: from_json::<PodDisruptionBudget>,
};

wire! {
    struct PodDisruptionBudget {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        min_available: maybe IntOrText = 1,
        max_unavailable: maybe IntOrText = 3,
    }

    struct Status {
        disruptions_allowed: int = 3,
        current_healthy: int = 4,
        desired_healthy: int = 5,
        expected_pods: int = 6,
    }
}

impl Status {
    fn tone(&self) -> Tone {
        if self.current_healthy < self.desired_healthy {
            Tone::Bad
        } else if self.disruptions_allowed > 0 {
            Tone::Good
        } else if self.expected_pods == 0 {
            // It is about no pods.
            Tone::Quiet
        } else {
            Tone::Warn
        }
    }
}

impl Object for PodDisruptionBudget {
    const KIND: &'static str = "PodDisruptionBudget";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        draft.cell_span(draft.name);
        for bound in [&self.spec.min_available, &self.spec.max_unavailable] {
            match bound {
                Some(bound) => draft.cell_fmt(format_args!("{bound}")),
                None => draft.cell("N/A"),
            }
        }
        draft.cell_number(self.status.disruptions_allowed.into());
        draft.cell_age(draft.created);
        draft.tone = self.status.tone();
    }
}
