//! From where a table was opened, in words: `deployments › web (prod/shop) › pods`.

use super::spec::Within;
use crate::model::state::ClusterId;
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;

/// How many objects are named before they are counted.
const NAMED: usize = 2;

/// The crumbs of a table of `kind`, outermost first; `cluster` names a cluster where that says something.
pub fn of(within: &Within, kind: &str, cluster: &dyn Fn(ClusterId) -> Option<String>) -> Vec<String> {
    let mut levels: Vec<&Within> = vec![within];
    while let Some(up) = levels.last().and_then(|level| level.up.as_deref()) {
        levels.push(up);
    }
    let mut crumbs: Vec<String> = Vec::new();
    for (at, level) in levels.iter().rev().enumerate() {
        crumbs.push(sanitize(level.plural()).into_owned());
        let innermost = at + 1 == levels.len();
        crumbs.push(objects(level, innermost, cluster));
    }
    crumbs.push(kind.to_owned());
    crumbs
}

/// `web (prod/shop)`, `web, api (prod)`, `web, api +3`: where they are only at the innermost level.
fn objects(within: &Within, with_place: bool, cluster: &dyn Fn(ClusterId) -> Option<String>) -> String {
    // A container is called by its own name, beside its pod's.
    let own = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let mut names: Vec<String> = within.parents.iter().map(|parent| own(&parent.name)).collect();
    names.dedup();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let mut text = names.join(", ");
    if more > 0 {
        text.push(' ');
        text.push_str(&Text::CrumbMore.with(&[&more.to_string()]));
    }
    let first = within.parents.first().filter(|_| with_place && !within.spans_clusters());
    let cluster = first.and_then(|parent| cluster(parent.cluster));
    let namespace = within.namespace().filter(|_| with_place).map(ToOwned::to_owned);
    let place: Vec<String> = cluster.into_iter().chain(namespace).collect();
    if !place.is_empty() {
        text = format!("{text} ({})", place.join("/"));
    }
    sanitize(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::relation::{OWNER, opened_by};
    use crate::model::within::Parent;
    use std::sync::Arc;

    fn within(kind: &str, parents: &[(u16, &str, &str)], up: Option<Within>) -> Within {
        let parent = |(cluster, namespace, name): &(u16, &str, &str)| Parent {
            cluster: ClusterId(*cluster),
            namespace: (*namespace).into(),
            name: (*name).into(),
            ..Parent::default()
        };
        let relation = *opened_by(kind).unwrap_or(&OWNER);
        Within { relation, kind: kind.into(), parents: parents.iter().map(parent).collect(), up: up.map(Arc::new) }
    }

    fn written(within: &Within, kind: &str) -> String {
        of(within, kind, &|id| Some(format!("c{}", id.0))).join(" › ")
    }

    #[test]
    fn levels_and_places() {
        let web = within("deployments.apps", &[(0, "shop", "web")], None);
        assert_eq!(written(&web, "pods"), "deployments › web (c0/shop) › pods");
        let pod = within("pods", &[(0, "shop", "web-1")], Some(web));
        assert_eq!(written(&pod, "containers"), "deployments › web › pods › web-1 (c0/shop) › containers");
        let app = within("containers", &[(0, "shop", "web-1/app")], Some(pod));
        assert!(written(&app, "pods").ends_with("web-1 › containers › app (c0/shop) › pods"));
        let node = within("nodes", &[(1, "", "n1")], None);
        assert_eq!(written(&node, "pods"), "nodes › n1 (c1) › pods");
    }

    #[test]
    fn several_objects() {
        let both = within("deployments.apps", &[(0, "shop", "web"), (1, "shop", "web")], None);
        assert_eq!(written(&both, "pods"), "deployments › web (shop) › pods");
        let many = [(0, "a", "w1"), (0, "b", "w2"), (0, "b", "w3"), (0, "b", "w4")];
        assert_eq!(written(&within("deployments.apps", &many, None), "pods"), "deployments › w1, w2 +2 (c0) › pods");
    }

    #[test]
    fn names_are_clean() {
        let evil = within("pods", &[(0, "shop", "a\u{1b}[31mb")], None);
        assert!(!written(&evil, "containers").contains('\u{1b}'));
    }
}
