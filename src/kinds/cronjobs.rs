//! Cron jobs.

use super::meta::{ObjectMeta, Present, Time};
use super::selector::LabelSelector;
use super::template::{Template, fill_selector};
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};

static COLUMNS: [Column; 10] = [
    Column::shown("NAME"),
    Column::shown("SCHEDULE"),
    Column::shown("TIMEZONE"),
    Column::shown("SUSPEND"),
    Column::number("ACTIVE"),
    Column::shown("LAST SCHEDULE"),
    Column::shown("AGE"),
    Column::wide("CONTAINERS"),
    Column::wide("IMAGES"),
    Column::wide("SELECTOR"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "batch",
        version: "v1",
        plural: "cronjobs",
        singular: "cronjob",
        kind: "CronJob",
        short_names: &["cj"],
        categories: &["all"],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<CronJob>,
    from_json: from_json::<CronJob>,
};

wire! {
    struct CronJob {
        metadata: one ObjectMeta = 1,
        spec: one Spec = 2,
        status: one Status = 3,
    }

    struct Spec {
        schedule: text = 1,
        suspend: maybe flag = 4,
        job_template: one JobTemplate = 5,
        time_zone: maybe text = 8,
    }

    struct JobTemplate {
        spec: one JobSpec = 2,
    }

    struct JobSpec {
        selector: maybe LabelSelector = 4,
        template: one Template = 6,
    }

    struct Status {
        /// Only counted.
        active: many Present = 1,
        last_schedule_time: maybe Time = 4,
        last_successful_time: maybe Time = 5,
    }
}

impl CronJob {
    fn tone(&self) -> Tone {
        let Status { active, last_schedule_time, last_successful_time } = &self.status;
        let moment = |time: &Option<Time>| time.map_or(0, Time::stamp);
        if self.spec.suspend == Some(true) {
            Tone::Quiet
        } else if active.is_empty() && moment(last_schedule_time) > moment(last_successful_time) {
            // The last run is over and did not succeed.
            Tone::Warn
        } else {
            Tone::Good
        }
    }
}

impl Object for CronJob {
    const KIND: &'static str = "CronJob";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let (spec, status) = (&self.spec, &self.status);
        draft.cell_span(draft.name);
        draft.cell(&spec.schedule);
        draft.cell(spec.time_zone.as_deref().unwrap_or("<none>"));
        draft.cell(match spec.suspend {
            Some(true) => "True",
            Some(false) => "False",
            None => "<unset>",
        });
        draft.cell_number(status.active.len() as i64);
        match status.last_schedule_time {
            Some(last) => draft.cell_age(last.stamp()),
            None => draft.cell("<none>"),
        }
        draft.cell_age(draft.created);
        spec.job_template.spec.template.fill(draft);
        fill_selector(spec.job_template.spec.selector.as_ref(), draft);
        draft.tone = self.tone();
    }
}
