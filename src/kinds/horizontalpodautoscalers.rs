//! Horizontal pod autoscalers.

use super::meta::ObjectMeta;
use super::metrics::{MetricSpec, MetricStatus, fill_targets};
use super::wire::wire;
use super::workload::ConditionAt4;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 7] = [
    Column::shown("NAME"),
    Column::shown("REFERENCE"),
    Column::shown("TARGETS"),
    Column::number("MINPODS"),
    Column::number("MAXPODS"),
    Column::number("REPLICAS"),
    Column::shown("AGE"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "autoscaling",
        version: "v2",
        plural: "horizontalpodautoscalers",
        singular: "horizontalpodautoscaler",
        kind: "HorizontalPodAutoscaler",
        short_names: &["hpa"],
        categories: &["all"],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<HorizontalPodAutoscaler>,
    from_json: from_json::<HorizontalPodAutoscaler>,
};

wire! {
    struct HorizontalPodAutoscaler {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        scale_target_ref: one Target = 1,
        min_replicas: maybe int = 2,
        max_replicas: int = 3,
        metrics: many MetricSpec = 4,
    }

    struct Target {
        kind: text = 1,
        name: text = 2,
    }

    struct Status {
        current_replicas: int = 3,
        current_metrics: many MetricStatus = 5,
        conditions: many ConditionAt4 = 6,
    }
}

impl HorizontalPodAutoscaler {
    fn tone(&self) -> Tone {
        let condition = |kind: &str| self.status.conditions.iter().find(|it| it.r#type == kind);
        let fails = |kind: &str| condition(kind).is_some_and(|it| it.status == "False");
        let held_back =
            condition("ScalingLimited").is_some_and(|it| it.status == "True" && it.reason == "TooManyReplicas");
        if condition("ScalingActive").is_some_and(|it| it.status == "False" && it.reason == "ScalingDisabled") {
            // Its target is scaled to nothing.
            Tone::Quiet
        } else if fails("AbleToScale") || fails("ScalingActive") {
            Tone::Bad
        } else if held_back || self.status.current_replicas >= self.spec.max_replicas {
            Tone::Warn
        } else if condition("ScalingActive").is_some() {
            Tone::Good
        } else {
            Tone::Plain
        }
    }
}

impl Object for HorizontalPodAutoscaler {
    const KIND: &'static str = "HorizontalPodAutoscaler";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let (spec, status) = (&self.spec, &self.status);
        draft.cell_span(draft.name);
        draft.cell_fmt(format_args!("{}/{}", spec.scale_target_ref.kind, spec.scale_target_ref.name));
        fill_targets(&spec.metrics, &status.current_metrics, draft);
        match spec.min_replicas {
            Some(least) => draft.cell_number(least.into()),
            None => draft.cell("<unset>"),
        }
        draft.cell_number(spec.max_replicas.into());
        draft.cell_number(status.current_replicas.into());
        draft.cell_age(draft.created);
        draft.tone = self.tone();
    }
}
