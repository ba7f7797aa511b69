//! Roles and bindings.

use super::context::{Context, Need};
use super::fields::{Fields, first_of};
use super::inked::{Inked, dim, none};
use super::known;
use super::meta;
use super::page::Page;
use super::selector;
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;
use std::collections::BTreeMap;

const GROUP: &str = "rbac.authorization.k8s.io";
/// The most rows that rules are broken into.
const MOST: usize = 5000;

/// A role or cluster role.
pub(super) fn role(cx: &Context, page: &mut Page) {
    let role = cx.object;
    meta::head(cx, page);
    meta::owners(cx, page);
    let aggregates = role.items("aggregationRule.clusterRoleSelectors");
    if !aggregates.is_empty() {
        page.list("Aggregates", aggregates.iter().map(|it| selector::text(it).into()));
    }
    let rows = rows(role.items("rules"));
    if rows.is_empty() {
        page.field("PolicyRule", none());
        return;
    }
    page.section("PolicyRule", |page| page.table(&["RESOURCES", "NON-RESOURCE URLS", "RESOURCE NAMES", "VERBS"], rows));
}

/// One row for each resource with all that may be done to it, as kubectl compacts rules.
fn rows(rules: &[Value]) -> Vec<Vec<Inked>> {
    let mut compact: BTreeMap<(String, String, Vec<String>), Vec<String>> = BTreeMap::new();
    for rule in rules {
        let verbs = rule.texts("verbs");
        let names = rule.texts("resourceNames");
        let groups = rule.texts("apiGroups");
        let groups = if groups.is_empty() { vec![String::new()] } else { groups };
        for group in &groups {
            for resource in rule.texts("resources") {
                add(&mut compact, (with_group(&resource, group), String::new(), names.clone()), &verbs);
            }
        }
        for url in rule.texts("nonResourceURLs") {
            add(&mut compact, (String::new(), url, names.clone()), &verbs);
        }
    }
    let row = |((resource, url, names), verbs): ((String, String, Vec<String>), Vec<String>)| {
        let all = verbs.iter().any(|verb| verb == "*");
        vec![
            Inked::new(resource, Ink::Key),
            dim(if url.is_empty() { "[]".to_owned() } else { format!("[{url}]") }),
            dim(format!("[{}]", names.join(" "))),
            Inked::new(format!("[{}]", verbs.join(" ")), if all { Ink::Warn } else { Ink::Text }),
        ]
    };
    compact.into_iter().map(row).collect()
}

fn add(
    compact: &mut BTreeMap<(String, String, Vec<String>), Vec<String>>,
    key: (String, String, Vec<String>),
    verbs: &[String],
) {
    if compact.len() >= MOST && !compact.contains_key(&key) {
        return;
    }
    let known = compact.entry(key).or_default();
    for verb in verbs {
        if !known.contains(verb) {
            known.push(verb.clone());
        }
    }
}

/// `deployments.apps/scale`.
fn with_group(resource: &str, group: &str) -> String {
    let (head, tail) = resource.split_once('/').map_or((resource, None), |(head, tail)| (head, Some(tail)));
    let head = if group.is_empty() { head.to_owned() } else { format!("{head}.{group}") };
    tail.map_or(head.clone(), |tail| format!("{head}/{tail}"))
}

/// A role binding or cluster role binding.
pub(super) fn binding(cx: &Context, page: &mut Page) {
    let role = cx.object.at("roleRef");
    let (kind, name) = (role.text("kind"), role.text("name"));
    meta::head(cx, page);
    meta::owners(cx, page);
    let reference = known::reference(GROUP, kind, cx.namespace(), name);
    // With the role's rules: what a binding gives is why one reads it.
    let looked = known::want_of(&reference).map(|mut want| {
        want.heads = false;
        cx.ask(want)
    });
    page.section("Role", |page| {
        page.field("Kind", kind);
        let shown = match looked {
            Some(super::context::Looked::Missing) => {
                let line = Inked::new(format!("{kind} {name}: "), Ink::Plain).and(Text::AboutMissing.get(), Ink::Bad);
                page.bad(line.to(reference.clone()));
                Inked::from(name).and(format!(" {}", Text::AboutMissing), Ink::Bad)
            }
            Some(super::context::Looked::Found(..)) | None => Inked::from(name),
            Some(other) => Inked::from(name).and("  ", Ink::Plain).with(other.lack().unwrap_or_default()),
        };
        page.field("Name", shown.to(reference.clone()));
    });
    if cx.object.items("subjects").is_empty() {
        page.field("Subjects", none());
    } else {
        page.section("Subjects", |page| {
            let rows = cx.object.items("subjects").iter().map(|subject| subject_row(cx, page, subject)).collect();
            page.table(&["KIND", "NAME", "NAMESPACE"], rows);
        });
    }
    if let Some(role) = looked.and_then(|looked| looked.objects().first()) {
        let rows = rows(role.items("rules"));
        if !rows.is_empty() {
            page.section("Allows", |page| {
                page.table(&["RESOURCES", "NON-RESOURCE URLS", "RESOURCE NAMES", "VERBS"], rows);
            });
        }
    }
}

fn subject_row(cx: &Context, page: &mut Page, subject: &Value) -> Vec<Inked> {
    let (kind, name) = (subject.text("kind"), subject.text("name"));
    let namespace = subject.text("namespace");
    let shown = if kind == "ServiceAccount" {
        let of = first_of(namespace, cx.namespace());
        cx.refer(page, known::reference("", kind, of, name), name, Need::Wished)
    } else {
        name.into()
    };
    vec![Inked::new(kind, Ink::Key), shown, namespace.into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stand_before_subresources() {
        assert_eq!(with_group("deployments/scale", "apps"), "deployments.apps/scale");
        assert_eq!(with_group("pods", ""), "pods");
        assert_eq!(with_group("*", "*"), "*.*");
    }
}
