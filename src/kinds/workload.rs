//! How workloads fare by their counts of pods.

use super::wire::wire;
use crate::model::draft::Tone;

wire! {
    /// As of pods, but with its reason under another number.
    struct ConditionAt4 {
        r#type: text = 1,
        status: text = 2,
        reason: text = 4,
    }
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
