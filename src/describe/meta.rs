//! What all objects share: names, labels, annotations, owners, finalizers, deletion.

use super::context::{Context, Looked, Need};
use super::fields::Fields;
use super::inked::{Inked, more, none};
use super::known;
use super::page::Page;
use super::when::{ago, moment, stamp};
use crate::model::document::Ink;
use crate::model::reference::Reference;
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;
use crate::text::width::truncate;
use serde_json::Value;

/// Longer annotations get lines of their own, cut at this.
const LONG: usize = 140;
/// The most lines of one annotation.
const MOST_LINES: usize = 40;
/// How far up owners are followed.
const GENERATIONS: usize = 4;
/// A whole object in an annotation: as kubectl does, it is left out.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Name and namespace.
pub(super) fn names(cx: &Context, page: &mut Page) {
    page.field("Name", cx.object.text("metadata.name"));
    if cx.kind.namespaced || !cx.namespace().is_empty() {
        let namespace = cx.namespace();
        page.field("Namespace", Inked::from(namespace).to(known::reference("", "Namespace", "", namespace)));
    }
}

/// Labels and annotations.
pub(super) fn labels(cx: &Context, page: &mut Page) {
    label_list(page, "Labels", cx.object.at("metadata.labels"));
    annotations(page, cx.object.at("metadata.annotations"));
}

/// A map of labels, one a line.
pub(super) fn label_list(page: &mut Page, key: &str, map: &Value) {
    page.list(key, map.entries("").into_iter().map(|(key, value)| label(key, "=", &value.scalar(""))));
}

fn label(key: &str, between: &str, value: &str) -> Inked {
    Inked::new(key, Ink::Plain).and(between, Ink::Punctuation).and(value, Ink::Text)
}

/// Annotations, long ones over lines of their own.
pub(super) fn annotations(page: &mut Page, map: &Value) {
    let mut lines = Vec::new();
    for (key, value) in map.entries("").into_iter().filter(|(key, _)| *key != LAST_APPLIED) {
        let value = value.scalar("");
        let value = value.trim_end_matches('\n');
        if value.len() + key.len() + 2 <= LONG && !value.contains('\n') {
            lines.push(label(key, ": ", value));
            continue;
        }
        lines.push(label(key, ":", ""));
        lines.extend(value.split('\n').take(MOST_LINES).map(|line| {
            let start = line.get(..line.floor_char_boundary(4 * LONG)).unwrap_or(line);
            format!("  {}", truncate(&sanitize(start), LONG as u16)).into()
        }));
        let rest = value.split('\n').count().saturating_sub(MOST_LINES);
        if rest > 0 {
            lines.push(more(rest));
        }
    }
    page.list("Annotations", lines);
}

/// The start of most descriptions: names, labels, annotations.
pub(super) fn head(cx: &Context, page: &mut Page) {
    names(cx, page);
    labels(cx, page);
}

/// When it was made, under the name that kubectl gives that for most kinds.
pub(super) fn created(cx: &Context, page: &mut Page) {
    page.field("CreationTimestamp", moment(cx.object, "metadata.creationTimestamp", cx.now));
}

/// The owners: the controller and its own further up, then others.
pub(super) fn owners(cx: &Context, page: &mut Page) {
    let owners = cx.object.items("metadata.ownerReferences");
    if let Some(controller) = owners.iter().find(|owner| owner.flag("controller")) {
        let chain = chain(cx, page, controller);
        page.list("Controlled By", chain);
    }
    let others: Vec<_> = owners.iter().filter(|owner| !owner.flag("controller")).collect();
    if !others.is_empty() {
        let lines: Vec<_> = others.into_iter().map(|owner| owner_line(cx, page, owner, "").0).collect();
        page.list("Owned By", lines);
    }
}

/// `ReplicaSet/web-5d9`, `of Deployment/web`, …
fn chain(cx: &Context, page: &mut Page, controller: &Value) -> Vec<Inked> {
    let mut lines = Vec::new();
    let mut owner = controller.clone();
    for generation in 0..GENERATIONS {
        let (line, found) = owner_line(cx, page, &owner, if generation == 0 { "" } else { "of " });
        lines.push(line);
        let above = found.and_then(|it| it.items("metadata.ownerReferences").iter().find(|it| it.flag("controller")));
        match above {
            Some(above) => owner = above.clone(),
            None => break,
        }
    }
    lines
}

/// One owner, and the object where it is there.
fn owner_line<'a>(cx: &Context<'a>, page: &mut Page, owner: &Value, before: &str) -> (Inked, Option<&'a Value>) {
    let reference = owner_reference(cx, owner);
    let shown = format!("{before}{}/{}", reference.kind, reference.name);
    let found = match cx.look(&reference) {
        Some(Looked::Found([found, ..], _)) => Some(found),
        _ => None,
    };
    let inked = cx.refer(page, reference.clone(), shown, Need::Required);
    match found.map(|it| it.text("metadata.uid")) {
        Some(uid) if !uid.is_empty() && !reference.uid.is_empty() && uid != reference.uid => {
            (inked.and(format!(" {}", Text::AboutReplaced), Ink::Warn), None)
        }
        _ => (inked, found),
    }
}

fn owner_reference(cx: &Context, owner: &Value) -> Reference {
    let group = owner.text("apiVersion").split_once('/').map_or("", |(group, _)| group);
    let mut reference = known::reference(group, owner.text("kind"), cx.namespace(), owner.text("name"));
    reference.uid = sanitize(owner.text("uid")).into_owned();
    reference
}

/// Finalizers, where there are any.
pub(super) fn finalizers(cx: &Context, page: &mut Page) {
    let finalizers = cx.object.texts("metadata.finalizers");
    if !finalizers.is_empty() {
        page.list("Finalizers", finalizers.into_iter().map(Inked::from));
    }
}

/// Says at the top that an object is being deleted, and what it waits for.
pub(super) fn deletion(cx: &Context, page: &mut Page) {
    let deleted = stamp(cx.object, "metadata.deletionTimestamp");
    if deleted == 0 {
        return;
    }
    let since = ago(deleted, cx.now);
    let waits = cx.object.texts("metadata.finalizers").join(", ");
    if waits.is_empty() {
        page.warn(Inked::new(Text::AboutDeleted.with(&[&since]), Ink::Warn));
    } else {
        page.warn(Inked::new(Text::AboutDeletedWaits.with(&[&since, &waits]), Ink::Warn));
    }
}

/// Names with commas, or `<none>`.
pub(super) fn commas(texts: &[String]) -> Inked {
    if texts.is_empty() { none() } else { texts.join(", ").into() }
}
