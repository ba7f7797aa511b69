//! The kinds that a cluster serves: aggregated discovery, and the plain one where it is not served.

use super::ask::{AskError, Patience, get_json};
use crate::base::suggest;
use crate::link::Link;
use crate::model::kind::Kind;
use futures::{StreamExt, stream};
use serde::Deserialize;

/// What a cluster serves.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Kinds {
    /// Every kind that can be listed, in the server's order of preference, the core group first.
    pub kinds: Vec<std::sync::Arc<Kind>>,
    /// Group versions whose kinds could not be read, and why.
    pub problems: Vec<String>,
}

impl Kinds {
    /// The kind that `word` names, or a sentence with suggestions.
    pub fn resolve(&self, word: &str) -> Result<std::sync::Arc<Kind>, String> {
        let named = self.kinds.iter().filter_map(|kind| Some((kind.rank(word)?, kind)));
        // The first of the best: the core group, then the groups in the server's order.
        if let Some((_, kind)) = named.min_by_key(|(rank, _)| *rank) {
            return Ok(kind.clone());
        }
        let names = self
            .kinds
            .iter()
            .flat_map(|kind| std::iter::once(kind.plural.as_str()).chain(kind.short_names.iter().map(String::as_str)))
            .chain(self.categories());
        let near = suggest::closest(word, names);
        let mut sentence = format!("the server doesn't have a resource type \"{word}\"");
        if !near.is_empty() {
            sentence.push_str("; did you mean ");
            sentence.push_str(&near.join(", "));
            sentence.push('?');
        }
        if !self.problems.is_empty() {
            sentence.push_str(" (not all groups could be read: ");
            sentence.push_str(&self.problems.join("; "));
            sentence.push(')');
        }
        Err(sentence)
    }
}

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                          application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
const PLAIN: &str = "application/json";
/// Requests at once where every group version is its own.
const AT_ONCE: usize = 8;

/// Asks the server for its kinds.
pub async fn discover(link: &Link, patience: Patience) -> Result<Kinds, AskError> {
    let (core, groups) = futures::join!(
        get_json::<Document>(link, "/api", AGGREGATED, patience),
        get_json::<Document>(link, "/apis", AGGREGATED, patience),
    );
    let mut kinds = Kinds::default();
    let (core, groups) = match (core, groups) {
        (Err(error), Err(_)) => return Err(error),
        halves => (kinds.half("/api", halves.0)?, kinds.half("/apis", halves.1)?),
    };
    // Each of the two falls back by itself: a server or a gateway may aggregate only one of them.
    match core.versions {
        Some(versions) => {
            let versions = versions.into_iter().map(|version| (String::new(), version)).collect();
            kinds.add_plain(link, patience, versions).await?;
        }
        None => kinds.add_aggregated(core.items),
    }
    match groups.groups {
        Some(groups) => {
            let versions = groups.into_iter().flat_map(PlainGroup::versions).collect();
            kinds.add_plain(link, patience, versions).await?;
        }
        None => kinds.add_aggregated(groups.items),
    }
    Ok(kinds)
}

impl Kinds {
    fn add(&mut self, kind: Kind) {
        let known = self.kinds.iter().any(|k| k.group == kind.group && k.plural == kind.plural);
        if kind.can_list && !known {
            self.kinds.push(kind.into());
        }
    }

    /// One half of the answer; refused, it is a problem that spoils not the other.
    fn half(&mut self, path: &str, answer: Result<Document, AskError>) -> Result<Document, AskError> {
        match answer {
            Err(error) if error.trouble().is_none() => {
                self.problems.push(format!("{path}: {}", error.sentence()));
                Ok(Document::default())
            }
            other => other,
        }
    }

    /// Asks for the kinds of each group version.
    async fn add_plain(
        &mut self,
        link: &Link,
        patience: Patience,
        versions: Vec<(String, String)>,
    ) -> Result<(), AskError> {
        let lists = stream::iter(versions)
            .map(|(group, version)| async move {
                let path =
                    if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
                let list = get_json::<ResourceList>(link, &path, PLAIN, patience).await;
                (group, version, list)
            })
            .buffered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        for (group, version, list) in lists {
            match list {
                Ok(list) => list.resources.into_iter().for_each(|resource| self.add(resource.kind(&group, &version))),
                Err(error) if error.trouble().is_some() => return Err(error),
                Err(error) => self.problems.push(format!("{group}/{version}: {}", error.sentence())),
            }
        }
        Ok(())
    }

    fn add_aggregated(&mut self, items: Vec<Group>) {
        for group in items {
            for version in group.versions {
                if version.freshness == "Stale" {
                    self.problems
                        .push(format!("{}/{}: its API service does not answer", group.metadata.name, version.version));
                }
                for resource in version.resources {
                    self.add(resource.kind(&group.metadata.name, &version.version));
                }
            }
        }
    }
}

/// `/api` or `/apis`, aggregated or plain: which fields are there tells which it is.
#[derive(Deserialize, Default)]
struct Document {
    #[serde(default)]
    items: Vec<Group>,
    versions: Option<Vec<String>>,
    groups: Option<Vec<PlainGroup>>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: GroupName,
    #[serde(default)]
    versions: Vec<GroupVersion>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GroupName {
    name: String,
}

#[derive(Deserialize)]
struct GroupVersion {
    version: String,
    #[serde(default)]
    resources: Vec<Resource>,
    #[serde(default)]
    freshness: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "the names of the wire")]
struct Resource {
    resource: String,
    response_kind: Option<ResponseKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    singular_resource: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseKind {
    #[serde(default)]
    kind: String,
}

impl Resource {
    fn kind(self, group: &str, version: &str) -> Kind {
        let kind = self.response_kind.map(|kind| kind.kind).unwrap_or_default();
        Kind {
            group: group.into(),
            version: version.into(),
            singular: named(self.singular_resource, &kind),
            plural: self.resource,
            kind,
            short_names: self.short_names,
            categories: self.categories,
            namespaced: self.scope == "Namespaced",
            can_list: self.verbs.iter().any(|verb| verb == "list"),
            can_watch: self.verbs.iter().any(|verb| verb == "watch"),
        }
    }
}

fn named(singular: String, kind: &str) -> String {
    if singular.is_empty() { kind.to_lowercase() } else { singular }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlainGroup {
    name: String,
    #[serde(default)]
    versions: Vec<PlainVersion>,
    preferred_version: Option<PlainVersion>,
}

#[derive(Deserialize, PartialEq)]
struct PlainVersion {
    version: String,
}

impl PlainGroup {
    /// All versions, the preferred one first.
    fn versions(self) -> Vec<(String, String)> {
        let preferred = self.preferred_version;
        let rest = self.versions.into_iter().filter(|version| Some(version) != preferred.as_ref());
        let all: Vec<_> = rest.map(|version| version.version).collect();
        preferred.iter().map(|p| p.version.clone()).chain(all).map(|version| (self.name.clone(), version)).collect()
    }
}

#[derive(Deserialize)]
struct ResourceList {
    #[serde(default)]
    resources: Vec<PlainResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlainResource {
    name: String,
    #[serde(default)]
    singular_name: String,
    #[serde(default)]
    namespaced: bool,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
}

impl PlainResource {
    fn kind(self, group: &str, version: &str) -> Kind {
        let has = |wanted: &str| self.verbs.iter().any(|verb| verb == wanted);
        // `pods/log` is a subresource: it cannot be listed, whatever its verbs say.
        let whole = !self.name.contains('/');
        Kind {
            group: group.into(),
            version: version.into(),
            can_list: whole && has("list"),
            can_watch: whole && has("watch"),
            singular: named(self.singular_name, &self.kind),
            plural: self.name,
            kind: self.kind,
            short_names: self.short_names,
            categories: self.categories,
            namespaced: self.namespaced,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds() -> Kinds {
        let document: Document = serde_json::from_str(
            r#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":""},"versions":[{"version":"v1","freshness":"Current","resources":[
              {"resource":"pods","responseKind":{"group":"","version":"","kind":"Pod"},"scope":"Namespaced","singularResource":"pod","verbs":["list","watch"],"shortNames":["po"],"categories":["all"]},
              {"resource":"events","responseKind":{"kind":"Event"},"scope":"Namespaced","singularResource":"event","verbs":["list"]},
              {"resource":"bindings","responseKind":{"kind":"Binding"},"scope":"Namespaced","verbs":["create"]}]}]},
             {"metadata":{"name":"events.k8s.io"},"versions":[{"version":"v1","resources":[
              {"resource":"events","responseKind":{"kind":"Event"},"scope":"Namespaced","verbs":["list","watch"]}]},
              {"version":"v1beta1","resources":[{"resource":"events","responseKind":{"kind":"Event"},"scope":"Namespaced","verbs":["list","watch"]}]}]},
             {"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1","freshness":"Stale","resources":[]}]}]}"#,
        )
        .expect("parses");
        assert!(document.versions.is_none() && document.groups.is_none());
        let mut kinds = Kinds::default();
        kinds.add_aggregated(document.items);
        kinds
    }

    #[test]
    fn aggregated() {
        let kinds = kinds();
        let found: Vec<_> = kinds.kinds.iter().map(|kind| format!("{}/{}", kind.id(), kind.version)).collect();
        assert_eq!(found, ["pods/v1", "events/v1", "events.events.k8s.io/v1"]);
        assert_eq!(kinds.problems.len(), 1);
    }

    #[test]
    fn the_core_group_wins_and_the_group_can_be_named() {
        let kinds = kinds();
        assert_eq!(kinds.resolve("events").map(|kind| kind.group.clone()), Ok(String::new()));
        assert!(kinds.resolve("ev.events.k8s.io").is_err());
        assert_eq!(kinds.resolve("events.events.k8s.io").map(|kind| kind.group.clone()), Ok("events.k8s.io".into()));
        assert_eq!(kinds.resolve("Pod").map(|kind| kind.plural.clone()), Ok("pods".into()));
    }

    #[test]
    fn unknown_is_said_with_suggestions() {
        let said = kinds().resolve("pdos").expect_err("unknown");
        assert!(said.starts_with("the server doesn't have a resource type \"pdos\"; did you mean pods"), "{said}");
        assert!(said.contains("metrics.k8s.io/v1"), "{said}");
    }
}
