//! From leads to queries: as few watches as there can be, each of which the server narrows as far as its
//! API can; no object is in two of them.

use super::lead::{Keep, Lead, equals};
use super::sieve::Test;
use std::collections::BTreeMap;

/// A collection to be watched, and what of it is meant.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    /// The kind, as the command line takes it.
    pub word: String,
    /// The namespace; `None` for all.
    pub namespace: Option<String>,
    /// What the server selects by labels.
    pub labels: String,
    /// What the server selects by fields.
    pub fields: String,
    /// What is left to us: one of these must hold; none means all.
    pub tests: Vec<Test>,
}

/// Up to so many objects of a collection are watched one by one; more are picked out of a watch of all.
const ONE_BY_ONE: usize = 8;

/// The queries that show what these leads name.
pub fn queries(leads: &[Lead]) -> Vec<Query> {
    let mut out: Vec<Query> = Vec::new();
    let mut groups: BTreeMap<(&str, Option<&str>), Vec<&Lead>> = BTreeMap::new();
    for lead in leads {
        if lead.fields.is_empty() {
            groups.entry((&lead.word, lead.namespace.as_deref())).or_default().push(lead);
        } else {
            let fields = lead.fields.clone();
            let query =
                Query { word: lead.word.clone(), namespace: lead.namespace.clone(), fields, ..Query::default() };
            if !out.contains(&query) {
                out.push(query);
            }
        }
    }
    for ((word, namespace), group) in groups {
        let base = Query { word: word.to_owned(), namespace: namespace.map(ToOwned::to_owned), ..Query::default() };
        out.extend(grouped(&base, &group));
    }
    out
}

fn grouped(base: &Query, group: &[&Lead]) -> Vec<Query> {
    if group.iter().any(|lead| lead.labels.is_empty() && lead.keep == Keep::All) {
        return vec![base.clone()];
    }
    if let Some(fields) = one_by_one(group) {
        return fields.into_iter().map(|fields| Query { fields, ..base.clone() }).collect();
    }
    // What all share the server selects; a selector that only some have is tried here.
    let first = group.first().map_or("", |lead| lead.labels.as_str());
    let shared = group.iter().all(|lead| lead.labels == first);
    let mut tests: Vec<Test> = Vec::new();
    for lead in group {
        let labels = if shared { String::new() } else { lead.labels.clone() };
        let test = Test { labels, keep: lead.keep.clone() };
        if !tests.contains(&test) {
            tests.push(test);
        }
    }
    if shared && tests.iter().any(|test| test.keep == Keep::All) {
        tests.clear();
    }
    vec![Query { labels: if shared { first.to_owned() } else { String::new() }, tests, ..base.clone() }]
}

/// The field selectors of the objects, where there are few and each can be named.
fn one_by_one(group: &[&Lead]) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    for lead in group {
        let (field, values) = match &lead.keep {
            Keep::Named(names) => ("metadata.name", names),
            Keep::About(uids) => ("involvedObject.uid", uids),
            Keep::All | Keep::Owned(_) | Keep::Mounts(_) => return None,
        };
        if !lead.labels.is_empty() {
            return None;
        }
        fields.extend(values.iter().map(|value| equals(field, value)));
    }
    fields.sort_unstable();
    fields.dedup();
    (fields.len() <= ONE_BY_ONE).then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(namespace: &str, labels: &str, keep: Keep) -> Lead {
        Lead { word: "pods".into(), namespace: Some(namespace.into()), labels: labels.into(), keep, ..Lead::default() }
    }

    fn owned(uid: &str) -> Keep {
        Keep::Owned(vec![uid.into()])
    }

    #[test]
    fn one_object_is_left_to_the_server() {
        let found = queries(&[lead("a", "app=web", owned("1"))]);
        assert_eq!((found.len(), found[0].labels.as_str()), (1, "app=web"));
        assert_eq!(found[0].tests, [Test { labels: String::new(), keep: owned("1") }]);
        let found = queries(&[lead("a", "app=web", Keep::All)]);
        assert_eq!((found[0].labels.as_str(), found[0].tests.len()), ("app=web", 0));
        let found = queries(&[lead("a", "", Keep::Named(vec!["x".into()]))]);
        assert_eq!((found[0].fields.as_str(), found[0].tests.len()), ("metadata.name=x", 0));
    }

    #[test]
    fn several_of_a_namespace_share_a_watch_and_no_object_comes_twice() {
        let found = queries(&[
            lead("a", "app=web", owned("1")),
            lead("a", "app=api", owned("2")),
            lead("b", "app=api", owned("3")),
        ]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].labels.as_str(), found[0].tests.len()), ("", 2));
        assert_eq!(found[0].tests[1], Test { labels: "app=api".into(), keep: owned("2") });
        assert_eq!((found[1].namespace.as_deref(), found[1].labels.as_str()), (Some("b"), "app=api"));
        let same = queries(&[lead("a", "app=web", Keep::All), lead("a", "app=web", owned("1"))]);
        assert_eq!((same.len(), same[0].labels.as_str(), same[0].tests.len()), (1, "app=web", 0));
        assert_eq!(queries(&[lead("a", "", Keep::All), lead("a", "app=x", Keep::All)])[0].tests.len(), 0);
    }

    #[test]
    fn few_names_are_watched_one_by_one_and_many_together() {
        let names = |count: usize| Keep::Named((0..count).map(|i| format!("n{i}")).collect());
        assert_eq!(queries(&[lead("a", "", names(3)), lead("a", "", names(5))]).len(), 5);
        let many = queries(&[lead("a", "", names(9))]);
        assert_eq!((many.len(), many[0].fields.as_str(), many[0].tests.len()), (1, "", 1));
        let nodes =
            |name: &str| Lead { fields: format!("spec.nodeName={name}"), namespace: None, ..lead("", "", Keep::All) };
        assert_eq!(queries(&[nodes("x"), nodes("y"), nodes("x")]).len(), 2);
    }
}
