//! The events of the object, at the end of each description: newest last.

use super::context::{Context, Looked};
use super::fields::Fields;
use super::inked::{Inked, none};
use super::known;
use super::page::Page;
use super::want::By;
use super::when::{age, stamp};
use crate::base::age::Timestamp;
use crate::model::document::Ink;
use serde_json::Value;

/// The uid that a static pod's events name instead of its own.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// Asks for the events; nothing is looked up before them, so that they are never one too many.
pub(super) fn ask<'a>(cx: &Context<'a>) -> Looked<'a> {
    let namespace = (!cx.namespace().is_empty()).then(|| cx.namespace());
    cx.ask(known::list("", "v1", "events", namespace, By::Fields(selector(cx))))
}

fn selector(cx: &Context) -> String {
    let name = cx.object.text("metadata.name");
    if cx.kind.group.is_empty() && cx.kind.kind == "Node" {
        // Kubelets put the node's name where its uid belongs; controllers do not.
        return format!("involvedObject.kind=Node,involvedObject.name={name}");
    }
    let mirror = cx.object.at("metadata.annotations").get(MIRROR).and_then(Value::as_str);
    match mirror.unwrap_or(cx.uid()) {
        "" => format!("involvedObject.kind={},involvedObject.name={name}", cx.kind.kind),
        uid => format!("involvedObject.uid={uid}"),
    }
}

/// The section.
pub(super) fn section(cx: &Context, page: &mut Page) {
    let looked = ask(cx);
    let mut events: Vec<_> = looked.objects().iter().collect();
    if let (Some(lack), true) = (looked.lack(), events.is_empty()) {
        page.field("Events", lack);
        return;
    }
    if events.is_empty() {
        page.field("Events", none());
        return;
    }
    events.sort_by_key(|event| last_seen(event));
    page.section("Events", |page| {
        if let Some(lack) = looked.lack() {
            page.line(lack);
        }
        let rows = events.into_iter().map(|event| row(event, cx.now)).collect();
        page.table(&["TYPE", "REASON", "AGE", "FROM", "MESSAGE"], rows);
    });
}

fn row(event: &Value, now: Timestamp) -> Vec<Inked> {
    let warning = event.text("type") == "Warning";
    let ink = if warning { Ink::Warn } else { Ink::Text };
    let message = event.text("message").trim();
    let message = match event.text("involvedObject.fieldPath") {
        "" => message.to_owned(),
        path => format!("{path}: {message}"),
    };
    vec![
        Inked::new(event.text("type"), if warning { Ink::Warn } else { Ink::Dim }),
        Inked::new(event.text("reason"), ink),
        Inked::new(when(event, now), Ink::Number),
        Inked::new(from(event), Ink::Dim),
        Inked::new(message, ink),
    ]
}

/// `5m`, `2s (x12 over 3h)`.
pub(super) fn when(event: &Value, now: Timestamp) -> String {
    let first = age(first_seen(event), now);
    let (count, last) = match event.int("series.count") {
        Some(count) => (count, stamp(event, "series.lastObservedTime")),
        None => (event.int("count").unwrap_or_default(), stamp(event, "lastTimestamp")),
    };
    if event.has("series") || count > 1 { format!("{} (x{count} over {first})", age(last, now)) } else { first }
}

fn first_seen(event: &Value) -> Timestamp {
    [stamp(event, "eventTime"), stamp(event, "firstTimestamp"), stamp(event, "deprecatedFirstTimestamp")]
        .into_iter()
        .find(|it| *it != 0)
        .unwrap_or_default()
}

fn last_seen(event: &Value) -> Timestamp {
    [stamp(event, "series.lastObservedTime"), stamp(event, "lastTimestamp"), first_seen(event)]
        .into_iter()
        .find(|it| *it != 0)
        .unwrap_or_else(|| stamp(event, "metadata.creationTimestamp"))
}

/// Who reported it: `kubelet, node-1`.
fn from(event: &Value) -> String {
    let component = match event.text("source.component") {
        "" => event.text("reportingComponent"),
        component => component,
    };
    match event.text("source.host") {
        "" => component.to_owned(),
        host => format!("{component}, {host}"),
    }
}
