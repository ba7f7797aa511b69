//! Events of their own group: the same objects as those of the core group, under other names.

use super::events::{self, COLUMNS, Series, Shown, Source, Target};
use super::meta::ObjectMeta;
use super::wire::wire;
use super::{ClientKind, KnownKind, Object, from_json, from_protobuf};
use crate::model::draft::Draft;

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind { group: "events.k8s.io", ..events::KIND.kind },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Event>,
    from_json: from_json::<Event>,
};

wire! {
    struct Event {
        metadata: one ObjectMeta = 1,
        #[serde(rename = "eventTime")]
        time: time = 2,
        series: maybe Series = 3,
        reporting_controller: text = 4,
        reporting_instance: text = 5,
        reason: text = 7,
        regarding: one Target = 8,
        note: bytes = 10,
        r#type: text = 11,
        deprecated_source: one Source = 12,
        deprecated_first_timestamp: time = 13,
        deprecated_last_timestamp: time = 14,
        deprecated_count: int = 15,
    }
}

impl Object for Event {
    const KIND: &'static str = "Event";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let shown = Shown {
            first: self.deprecated_first_timestamp,
            last: self.deprecated_last_timestamp,
            time: self.time,
            count: self.deprecated_count,
            series: self.series,
            r#type: &self.r#type,
            reason: &self.reason,
            target: &self.regarding,
            source: &self.deprecated_source,
            reporter: (&self.reporting_controller, &self.reporting_instance),
            message: &self.note,
        };
        shown.fill(draft);
    }
}
