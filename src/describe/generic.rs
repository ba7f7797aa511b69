//! Any other kind and any custom resource: its fields as an outline, with names as kubectl humanises them.

use super::conditions;
use super::context::Context;
use super::fields::Fields;
use super::inked::{Inked, dim, grouped, none};
use super::meta;
use super::page::Page;
use super::when::{ago, stamp};
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

/// The most lines of one outline.
const MOST_LINES: usize = 5000;
/// The deepest level that is shown.
const DEEPEST: usize = 24;
/// Words that are written in capitals.
const ACRONYMS: [&str; 4] = ["API", "URL", "UID", "GUID"];
/// What stands at its own place already, or is never of interest.
const META_SHOWN: [&str; 8] =
    ["name", "namespace", "labels", "annotations", "managedFields", "ownerReferences", "finalizers", "selfLink"];

/// An object of a kind that has no description of its own.
pub(super) fn describe(cx: &Context, page: &mut Page) {
    let object = cx.object;
    meta::head(cx, page);
    meta::owners(cx, page);
    meta::finalizers(cx, page);
    let mut writer = Writer { now: cx.now, left: MOST_LINES };
    page.field("API Version", object.text("apiVersion"));
    page.field("Kind", object.text("kind"));
    page.section("Metadata", |page| {
        for (key, value) in object.entries("metadata") {
            if !META_SHOWN.contains(&key) {
                writer.field(page, key, value, 0);
            }
        }
    });
    let rest = object.entries("").into_iter().filter(|(key, _)| !matches!(*key, "metadata" | "apiVersion" | "kind"));
    for (key, value) in rest {
        if key == "status" && is_conditions(value.at("conditions")) {
            let others: Vec<_> = value.entries("").into_iter().filter(|(key, _)| *key != "conditions").collect();
            page.section("Status", |page| {
                conditions::section(cx, page);
                for (key, value) in others {
                    writer.field(page, key, value, 0);
                }
            });
        } else {
            writer.field(page, key, value, 0);
        }
    }
}

/// Whether these are conditions as the API conventions have them.
fn is_conditions(value: &Value) -> bool {
    let is_one = |it: &Value| !it.text("type").is_empty() && !it.text("status").is_empty();
    value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(is_one))
}

/// The fields of a value as an outline.
pub(super) fn outline(page: &mut Page, value: &Value) {
    let mut writer = Writer { now: 0, left: MOST_LINES };
    value.entries("").into_iter().for_each(|(key, value)| writer.field(page, key, value, 0));
}

struct Writer {
    /// 0 where ages are not shown.
    now: u32,
    left: usize,
}

impl Writer {
    fn take(&mut self, page: &mut Page) -> bool {
        match self.left {
            0 => false,
            1 => {
                self.left = 0;
                page.line(Inked::new(Text::AboutCut.get(), Ink::Comment));
                false
            }
            _ => {
                self.left -= 1;
                true
            }
        }
    }

    fn field(&mut self, page: &mut Page, key: &str, value: &Value, depth: usize) {
        if !self.take(page) {
            return;
        }
        let label = humanise(key);
        match value {
            Value::Object(map) if map.is_empty() => page.field(&label, dim("{}")),
            Value::Array(items) if items.is_empty() => page.field(&label, none()),
            Value::Object(_) | Value::Array(_) if depth >= DEEPEST => page.field(&label, dim("…")),
            Value::Object(_) => page.section(&label, |page| {
                value.entries("").into_iter().for_each(|(key, value)| self.field(page, key, value, depth + 1));
            }),
            Value::Array(items) => page.section(&label, |page| self.list(page, items, depth + 1)),
            Value::String(text) if text.contains('\n') => {
                page.section(&label, |page| {
                    for line in text.trim_end().split('\n') {
                        if self.take(page) {
                            page.line(line.replace('\t', "    "));
                        }
                    }
                });
            }
            _ => page.field(&label, self.scalar(value)),
        }
    }

    /// The items of a list; objects are told apart by a dash at their first field.
    fn list(&mut self, page: &mut Page, items: &[Value], depth: usize) {
        for item in items {
            match item {
                Value::Object(map) if !map.is_empty() => {
                    if !self.take(page) {
                        return;
                    }
                    page.item(|page| {
                        item.entries("").into_iter().for_each(|(key, value)| self.field(page, key, value, depth));
                    });
                }
                Value::Array(inner) if depth < DEEPEST => {
                    page.item(|page| self.list(page, inner, depth + 1));
                }
                _ => {
                    if !self.take(page) {
                        return;
                    }
                    page.line(self.scalar(item));
                }
            }
        }
    }

    fn scalar(&self, value: &Value) -> Inked {
        match value {
            Value::String(text) => {
                let then = if self.now != 0 && looks_like_time(text) { stamp(value, "") } else { 0 };
                let inked = Inked::from(text);
                if then == 0 { inked } else { inked.and(format!(" ({})", ago(then, self.now)), Ink::Dim) }
            }
            Value::Number(number) => Inked::new(number.to_string(), Ink::Number),
            Value::Bool(flag) => Inked::new(flag.to_string(), Ink::Word),
            Value::Null => Inked::new("<nil>", Ink::Dim),
            Value::Array(items) => dim(format!("[{}]", grouped(items.len()))),
            Value::Object(_) => dim("{}"),
        }
    }
}

fn looks_like_time(text: &str) -> bool {
    (20..=35).contains(&text.len()) && text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(10) == Some(&b'T')
}

/// `lastTransitionTime` → `Last Transition Time`, as kubectl's `smartLabelFor` does: names with other
/// characters than letters and dashes stay as they are.
pub(super) fn humanise(field: &str) -> String {
    if field.is_empty() || field.chars().any(|c| !c.is_alphabetic() && c != '-') {
        return field.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    for part in merged(split(field)) {
        if ACRONYMS.contains(&part.to_uppercase().as_str()) {
            words.push(part.to_uppercase());
        } else if part.to_lowercase() == part {
            let mut letters = part.chars();
            let first = letters.next().map(char::to_uppercase).into_iter().flatten();
            words.push(first.chain(letters).collect());
        } else {
            words.push(part);
        }
    }
    words.join(" ")
}

/// Cuts at the humps: runs of lower case, of upper case (whose last letter begins the next word), of
/// anything else.
fn split(field: &str) -> Vec<String> {
    let class = |c: char| match c {
        c if c.is_lowercase() => 0,
        c if c.is_uppercase() => 1,
        _ => 2,
    };
    let mut runs: Vec<(u8, String)> = Vec::new();
    for c in field.chars() {
        match runs.last_mut() {
            Some((of, run)) if *of == class(c) => run.push(c),
            _ => runs.push((class(c), c.to_string())),
        }
    }
    for at in 1..runs.len() {
        let (before, after) = runs.split_at_mut(at);
        if let (Some((1, upper)), Some((0, lower))) = (before.last_mut(), after.first_mut())
            && let Some(last) = upper.pop()
        {
            lower.insert(0, last);
        }
    }
    runs.into_iter().map(|(_, run)| run).filter(|run| !run.is_empty()).collect()
}

/// An abbreviation and what follows it are one word: `IPs`, `CIDRs`.
fn merged(parts: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut parts = parts.into_iter().peekable();
    while let Some(part) = parts.next() {
        let upper = part.chars().count() >= 2 && part.chars().all(|c| !c.is_alphabetic() || c.is_uppercase());
        match parts.next_if(|next| upper && next.starts_with(char::is_uppercase)) {
            Some(next) => out.push(part + &next),
            None => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_as_kubectl_writes_them() {
        for (field, want) in [
            ("lastTransitionTime", "Last Transition Time"),
            ("apiVersion", "API Version"),
            ("uid", "UID"),
            ("podCIDRs", "Pod CIDRs"),
            ("externalURL", "External URL"),
            ("some.key", "some.key"),
            ("x2", "x2"),
            ("app-name", "App - Name"),
            ("", ""),
        ] {
            assert_eq!(humanise(field), want, "{field}");
        }
    }
}
