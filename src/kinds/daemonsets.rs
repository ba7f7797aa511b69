//! Daemon sets.

use super::meta::{ObjectMeta, labels};
use super::selector::LabelSelector;
use super::template::{Template, fill_selector};
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 11] = [
    Column::shown("NAME"),
    Column::number("DESIRED"),
    Column::number("CURRENT"),
    Column::number("READY"),
    Column::number("UP-TO-DATE"),
    Column::number("AVAILABLE"),
    Column::shown("NODE SELECTOR"),
    Column::shown("AGE"),
    Column::wide("CONTAINERS"),
    Column::wide("IMAGES"),
    Column::wide("SELECTOR"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "apps",
        version: "v1",
        plural: "daemonsets",
        singular: "daemonset",
        kind: "DaemonSet",
        short_names: &["ds"],
        categories: &["all"],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<DaemonSet>,
    from_json: from_json::<DaemonSet>,
};

wire! {
    struct DaemonSet {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        selector: maybe LabelSelector = 1,
        template: one Template = 2,
    }

    struct Status {
        current_number_scheduled: int = 1,
        number_misscheduled: int = 2,
        desired_number_scheduled: int = 3,
        number_ready: int = 4,
        updated_number_scheduled: int = 6,
        number_available: int = 7,
    }
}

impl Status {
    fn tone(&self) -> Tone {
        let desired = self.desired_number_scheduled;
        let counts =
            [self.current_number_scheduled, self.number_ready, self.updated_number_scheduled, self.number_available];
        if counts.iter().any(|&count| count != desired) || self.number_misscheduled > 0 {
            Tone::Warn
        } else if desired == 0 {
            Tone::Quiet
        } else {
            Tone::Good
        }
    }
}

impl Object for DaemonSet {
    const KIND: &'static str = "DaemonSet";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let (template, status) = (&self.spec.template, &self.status);
        draft.cell_span(draft.name);
        draft.cell_number(status.desired_number_scheduled.into());
        draft.cell_number(status.current_number_scheduled.into());
        draft.cell_number(status.number_ready.into());
        draft.cell_number(status.updated_number_scheduled.into());
        draft.cell_number(status.number_available.into());
        draft.cell_fmt(format_args!("{}", labels(&template.spec.node_selector)));
        draft.cell_age(draft.created);
        template.fill(draft);
        fill_selector(self.spec.selector.as_ref(), draft);
        draft.tone = status.tone();
    }
}
