//! Conditions: a table, each inked by whether its state is the good one.

use super::context::Context;
use super::fields::Fields;
use super::inked::{Inked, dim};
use super::page::Page;
use super::when::{age, ago, stamp};
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

/// Words of condition types that say that something is wrong while they are true.
const WRONG: [&str; 20] = [
    "Pressure",
    "Fail",
    "Degraded",
    "Stalled",
    "Unavailable",
    "Error",
    "Terminating",
    "Problem",
    "Deadlock",
    "Corrupt",
    "Conflict",
    "Denied",
    "Dangling",
    "Violat",
    "Invalid",
    "Misconfigured",
    "Exceeded",
    "Lost",
    "Unhealthy",
    "Overcommit",
];
/// True or not, they are no news.
const NEUTRAL: [&str; 13] = [
    "ScalingLimited",
    "Progressing",
    "Suspended",
    "Reconciling",
    "Upgradeable",
    "DisruptionTarget",
    "Resizing",
    "FileSystemResizePending",
    "PodResizePending",
    "PodResizeInProgress",
    "SuccessCriteriaMet",
    "Approved",
    "Unused",
];
/// Of which `False` is worth a line at the top.
const VITAL: [&str; 11] = [
    "Ready",
    "Available",
    "Healthy",
    "Synced",
    "Established",
    "NamesAccepted",
    "AbleToScale",
    "ScalingActive",
    "Accepted",
    "Programmed",
    "Initialized",
];

/// How a condition fares.
pub(super) fn ink(condition: &Value) -> Ink {
    let kind = condition.text("type");
    let wrong = WRONG.iter().any(|word| kind.contains(word)) || kind == "NetworkUnavailable";
    match condition.text("status") {
        "Unknown" => Ink::Warn,
        "False" if kind == "Progressing" && condition.text("reason") == "ProgressDeadlineExceeded" => Ink::Bad,
        _ if NEUTRAL.contains(&kind) => Ink::Word,
        "True" if wrong => Ink::Bad,
        "False" if wrong => Ink::Good,
        "True" => Ink::Good,
        "False" => Ink::Warn,
        _ => Ink::Word,
    }
}

/// The conditions in `status.conditions`: their table, and what is wrong of them at the top.
pub(super) fn section(cx: &Context, page: &mut Page) {
    table(cx, page, cx.object.items("status.conditions"), false);
    trouble(cx, page);
}

/// The table; with heartbeats, when the object's conditions have them.
pub(super) fn table(cx: &Context, page: &mut Page, conditions: &[Value], heartbeats: bool) {
    if conditions.is_empty() {
        return;
    }
    page.section("Conditions", |page| {
        let rows = conditions.iter().map(|condition| row(cx, condition, heartbeats)).collect();
        if heartbeats {
            page.table(&["TYPE", "STATUS", "AGE", "HEARD", "REASON", "MESSAGE"], rows);
        } else {
            page.table(&["TYPE", "STATUS", "AGE", "REASON", "MESSAGE"], rows);
        }
    });
}

fn row(cx: &Context, condition: &Value, heartbeats: bool) -> Vec<Inked> {
    let ink = ink(condition);
    let since = |path: &str| match stamp(condition, path) {
        0 => dim("-"),
        then => Inked::new(age(then, cx.now), Ink::Number),
    };
    let changed = if condition.has("lastTransitionTime") { "lastTransitionTime" } else { "lastUpdateTime" };
    let mut row =
        vec![Inked::new(condition.text("type"), Ink::Key), Inked::new(condition.text("status"), ink), since(changed)];
    if heartbeats {
        row.push(since("lastHeartbeatTime"));
    }
    row.push(Inked::new(condition.text("reason"), Ink::Text));
    row.push(Inked::new(condition.text("message"), Ink::Plain));
    row
}

/// Puts at the top what is wrong by the conditions.
fn trouble(cx: &Context, page: &mut Page) {
    for condition in cx.object.items("status.conditions") {
        let (kind, status) = (condition.text("type"), condition.text("status"));
        let ink = ink(condition);
        if ink == Ink::Bad || (VITAL.contains(&kind) && status != "True" && !status.is_empty()) {
            say(cx, page, condition, ink);
        }
    }
}

/// One condition at the top: `Ready is False (5m ago): Reason: message`.
pub(super) fn say(cx: &Context, page: &mut Page, condition: &Value, ink: Ink) {
    let head = Text::AboutIs.with(&[condition.text("type"), condition.text("status")]);
    let line = line(cx, Inked::new(head, ink), condition);
    if ink == Ink::Bad { page.bad(line) } else { page.warn(line) }
}

/// What a condition comes to, with since when and why.
pub(super) fn line(cx: &Context, head: Inked, condition: &Value) -> Inked {
    let since = match stamp(condition, "lastTransitionTime") {
        0 => String::new(),
        then => format!(" ({})", ago(then, cx.now)),
    };
    let line = head.and(since, Ink::Dim);
    let why: Vec<_> =
        [condition.text("reason"), condition.text("message")].into_iter().filter(|it| !it.is_empty()).collect();
    if why.is_empty() { line } else { line.and(format!(": {}", why.join(": ")), Ink::Plain) }
}
