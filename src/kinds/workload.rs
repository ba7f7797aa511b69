//! How workloads fare by their counts of pods.

use super::wire::wire;
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

wire! {
    /// As of pods, but with its reason under another number.
    struct ConditionAt4 {
        r#type: text = 1,
        status: text = 2,
        reason: text = 4,
    }

    /// Of replica sets and replication controllers.
    struct ReplicaStatus {
        replicas: int = 1,
        ready_replicas: int = 4,
        available_replicas: int = 5,
        conditions: many ConditionAt4 = 6,
    }
}

/// Their columns.
pub(super) static REPLICA_COLUMNS: [Column; 8] = [
    Column::shown("NAME"),
    Column::number("DESIRED"),
    Column::number("CURRENT"),
    Column::number("READY"),
    Column::shown("AGE"),
    Column::wide("CONTAINERS"),
    Column::wide("IMAGES"),
    Column::wide("SELECTOR"),
];

/// Their cells up to AGE, and the tone.
pub(super) fn fill_replicas(desired: i32, status: &ReplicaStatus, draft: &mut Draft) {
    draft.cell_span(draft.name);
    draft.cell_number(desired.into());
    draft.cell_number(status.replicas.into());
    draft.cell_number(status.ready_replicas.into());
    draft.cell_age(draft.created);
    let counts = [status.replicas, status.ready_replicas, status.available_replicas];
    draft.tone = tone_of_replicas(desired, &counts, &status.conditions);
}

/// As wanted when all `counts` are what is `desired`; broken when pods are refused.
pub(super) fn tone_of_replicas(desired: i32, counts: &[i32], conditions: &[ConditionAt4]) -> Tone {
    let refused = conditions.iter().any(|it| it.r#type == "ReplicaFailure" && it.status == "True");
    if refused {
        Tone::Bad
    } else if counts.iter().any(|&count| count != desired) {
        Tone::Warn
    } else if desired == 0 {
        Tone::Quiet
    } else {
        Tone::Good
    }
}
