//! Events of the core group.

use super::meta::{ObjectMeta, Time, nullable, text_bytes};
use super::{ClientKind, KnownKind, Object, first_of, from_json, from_protobuf};
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};
use std::borrow::Cow;
use std::fmt;

pub(super) static COLUMNS: [Column; 10] = [
    Column::shown("LAST SEEN"),
    Column::shown("TYPE"),
    Column::shown("REASON"),
    Column::shown("OBJECT"),
    Column::wide("SUBOBJECT"),
    Column::wide("SOURCE"),
    Column::shown("MESSAGE"),
    Column::wide("FIRST SEEN"),
    Column { name: Cow::Borrowed("COUNT"), wide: true, numeric: true },
    Column::wide("NAME"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "events",
        singular: "event",
        kind: "Event",
        short_names: &["ev"],
        categories: &[],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Event>,
    from_json: from_json::<Event>,
};

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    #[prost(message, required, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    metadata: ObjectMeta,
    #[prost(message, required, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    involved_object: Target,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    reason: String,
    /// Bytes, because reporters cut messages anywhere and servers do not look inside.
    #[prost(bytes = "vec", tag = "4")]
    #[serde(deserialize_with = "text_bytes")]
    message: Vec<u8>,
    #[prost(message, required, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    source: Source,
    #[prost(message, required, tag = "6")]
    first_timestamp: Time,
    #[prost(message, required, tag = "7")]
    last_timestamp: Time,
    #[prost(int32, tag = "8")]
    #[serde(deserialize_with = "nullable")]
    count: i32,
    #[prost(string, tag = "9")]
    #[serde(deserialize_with = "nullable")]
    r#type: String,
    #[prost(message, required, tag = "10")]
    #[serde(rename = "eventTime")]
    time: Time,
    #[prost(message, optional, tag = "11")]
    series: Option<Series>,
    #[prost(string, tag = "14")]
    #[serde(deserialize_with = "nullable")]
    reporting_component: String,
    #[prost(string, tag = "15")]
    #[serde(deserialize_with = "nullable")]
    reporting_instance: String,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Target {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    kind: String,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[prost(string, tag = "7")]
    #[serde(deserialize_with = "nullable")]
    field_path: String,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
pub(super) struct Source {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    component: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    host: String,
}

#[derive(prost::Message, serde::Deserialize, Clone, Copy, PartialEq)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Series {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    count: i32,
    #[prost(message, required, tag = "2")]
    last_observed_time: Time,
}

impl Object for Event {
    const KIND: &'static str = "Event";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let shown = Shown {
            first: self.first_timestamp,
            last: self.last_timestamp,
            time: self.time,
            count: self.count,
            series: self.series,
            r#type: &self.r#type,
            reason: &self.reason,
            target: &self.involved_object,
            source: &self.source,
            reporter: (&self.reporting_component, &self.reporting_instance),
            message: &self.message,
        };
        shown.fill(draft);
    }
}

/// What is shown of an event, in whichever group it came.
pub(super) struct Shown<'a> {
    pub first: Time,
    pub last: Time,
    pub time: Time,
    pub count: i32,
    pub series: Option<Series>,
    pub r#type: &'a str,
    pub reason: &'a str,
    pub target: &'a Target,
    pub source: &'a Source,
    /// Component and instance.
    pub reporter: (&'a str, &'a str),
    pub message: &'a [u8],
}

impl Shown<'_> {
    /// The cells and the tone.
    pub(super) fn fill(&self, draft: &mut Draft) {
        let first = or(self.first, self.time);
        let (last, count) = match self.series {
            Some(series) => (series.last_observed_time, series.count),
            None => (or(self.last, first), if self.count == 0 { 1 } else { self.count }),
        };
        draft.cell_age(last.stamp());
        draft.cell(self.r#type);
        draft.cell(self.reason);
        let kind = lower(&self.target.kind);
        if self.target.name.is_empty() {
            draft.cell_fmt(format_args!("{kind}"));
        } else {
            draft.cell_fmt(format_args!("{kind}/{}", self.target.name));
        }
        draft.cell(&self.target.field_path);
        let component = first_of(&self.source.component, self.reporter.0);
        let instance = first_of(&self.source.host, self.reporter.1);
        if instance.is_empty() {
            draft.cell(component);
        } else {
            draft.cell_fmt(format_args!("{component}, {instance}"));
        }
        draft.cell(String::from_utf8_lossy(self.message).trim());
        draft.cell_age(first.stamp());
        draft.cell_number(count.into());
        draft.cell_span(draft.name);
        draft.tone = if self.r#type == "Warning" { Tone::Warn } else { Tone::Plain };
    }
}

/// The moment, or another one when it is not known.
fn or(moment: Time, instead: Time) -> Time {
    if moment.stamp() == 0 { instead } else { moment }
}

fn lower(text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| text.chars().flat_map(char::to_lowercase).try_for_each(|c| fmt::Write::write_char(f, c)))
}
