//! Jobs.

use super::meta::{Condition, ObjectMeta, Time};
use super::selector::LabelSelector;
use super::template::{Template, fill_selector};
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 8] = [
    Column::shown("NAME"),
    Column::shown("STATUS"),
    Column::shown("COMPLETIONS"),
    Column::shown("DURATION"),
    Column::shown("AGE"),
    Column::wide("CONTAINERS"),
    Column::wide("IMAGES"),
    Column::wide("SELECTOR"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "batch",
        version: "v1",
        plural: "jobs",
        singular: "job",
        kind: "Job",
        short_names: &[],
        categories: &["all"],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Job>,
    from_json: from_json::<Job>,
};

wire! {
    struct Job {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        parallelism: maybe int = 1,
        completions: maybe int = 2,
        selector: maybe LabelSelector = 4,
        template: one Template = 6,
    }

    struct Status {
        conditions: many Condition = 1,
        start_time: maybe Time = 2,
        completion_time: maybe Time = 3,
        succeeded: int = 5,
        failed: int = 6,
    }
}

impl Job {
    /// Whether the first condition of a type holds.
    fn has(&self, kind: &str) -> bool {
        self.status.conditions.iter().find(|it| it.r#type == kind).is_some_and(|it| it.status == "True")
    }

    /// The server's words, in its order. Servers before 1.34 know no `SuccessCriteriaMet`.
    fn state(&self, draft: &Draft) -> (&'static str, Tone) {
        if self.has("Complete") {
            ("Complete", Tone::Quiet)
        } else if self.has("Failed") {
            ("Failed", Tone::Bad)
        } else if self.metadata.deletion_timestamp.is_some() {
            ("Terminating", Tone::Warn)
        } else if self.has("Suspended") {
            ("Suspended", Tone::Quiet)
        } else if self.has("FailureTarget") {
            ("FailureTarget", Tone::Bad)
        } else if self.has("SuccessCriteriaMet") && !draft.is_before(34) {
            ("SuccessCriteriaMet", Tone::Quiet)
        } else {
            ("Running", if self.status.failed > 0 { Tone::Warn } else { Tone::Good })
        }
    }
}

impl Object for Job {
    const KIND: &'static str = "Job";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let (spec, status) = (&self.spec, &self.status);
        let (state, tone) = self.state(draft);
        draft.cell_span(draft.name);
        draft.cell(state);
        match (spec.completions, spec.parallelism) {
            (Some(wanted), _) => draft.cell_fmt(format_args!("{}/{wanted}", status.succeeded)),
            (None, Some(at_once @ 2..)) => draft.cell_fmt(format_args!("{}/1 of {at_once}", status.succeeded)),
            (None, _) => draft.cell_fmt(format_args!("{}/1", status.succeeded)),
        }
        match (status.start_time, status.completion_time) {
            (None, _) => draft.cell(""),
            (Some(start), None) => draft.cell_age(start.stamp()),
            (Some(start), Some(end)) => draft.cell_duration(end.seconds - start.seconds),
        }
        draft.cell_age(draft.created);
        spec.template.fill(draft);
        fill_selector(spec.selector.as_ref(), draft);
        draft.tone = tone;
    }
}
