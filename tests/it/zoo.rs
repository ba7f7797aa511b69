//! Puts the zoo of `tests/fixtures/zoo` on a server, where no controller changes it.

use crate::api::{Api, Request};
use crate::cli::{PATIENCE, eventually};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[path = "../fixtures/zoo/exhibits.rs"]
mod exhibits;
pub use exhibits::{Exhibit, zoo};

/// A kind as a server names it.
#[derive(Clone, Debug)]
pub struct Served {
    pub group: String,
    pub version: String,
    pub plural: String,
    pub singular: String,
    pub kind: String,
    pub namespaced: bool,
    pub short_names: Vec<String>,
    pub categories: Vec<String>,
    /// Its subresources, `status` among them.
    pub parts: BTreeSet<String>,
    pub verbs: BTreeSet<String>,
}

impl Served {
    /// The path of its collection.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let base = match self.group.as_str() {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{base}/namespaces/{namespace}/{}", self.plural),
            None => format!("{base}/{}", self.plural),
        }
    }

    /// A word that names it and nothing else.
    pub fn word(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }
}

/// Every kind that a server serves, in the version that it prefers.
pub fn served(api: &Api) -> Vec<Served> {
    let mut versions = vec![(String::new(), "v1".to_owned())];
    let word = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let words = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|it| Some(it.as_str()?.to_owned())).collect()
    };
    for group in api.get("/apis")["groups"].as_array().into_iter().flatten() {
        versions.push((word(group, "name"), word(&group["preferredVersion"], "version")));
    }
    let mut all = Vec::new();
    for (group, version) in versions {
        let path = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let Ok(list) = api.ask("GET", &path, ("accept", "application/json"), &Value::Null) else { continue };
        let mut parts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let resources = list["resources"].as_array().cloned().unwrap_or_default();
        for resource in &resources {
            if let Some((whole, part)) = word(resource, "name").split_once('/') {
                parts.entry(whole.to_owned()).or_default().insert(part.to_owned());
            }
        }
        all.extend(resources.iter().filter(|it| !word(it, "name").contains('/')).map(|it| Served {
            group: group.clone(),
            version: version.clone(),
            plural: word(it, "name"),
            singular: word(it, "singularName"),
            kind: word(it, "kind"),
            namespaced: it["namespaced"] == true,
            short_names: words(&it["shortNames"]),
            categories: words(&it["categories"]),
            parts: parts.remove(&word(it, "name")).unwrap_or_default(),
            verbs: words(&it["verbs"]).into_iter().collect(),
        }));
    }
    all
}

/// Puts the zoo on a server, in full; gives how many objects there are. What the server does not serve is left out.
pub fn settle(api: &Api) -> usize {
    let now = jiff::Timestamp::now().as_second();
    for name in ["zoo", "zoo-limits"] {
        api.create("/api/v1/namespaces", &json!({"metadata": {"name": name}}));
    }
    let (definitions, rest): (Vec<_>, Vec<_>) =
        zoo(now).into_iter().partition(|it| it.kind == "CustomResourceDefinition");
    // One after the other: of two that want the same names the first gets them.
    let mut settled = 0;
    for definition in &definitions {
        settled += settle_all(api, std::slice::from_ref(definition));
        let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}", definition.name);
        eventually(PATIENCE, || match &api.get(&path)["status"]["conditions"] {
            Value::Array(judged) if !judged.is_empty() => Ok(()),
            _ => Err(format!("{path} is not looked at yet")),
        });
    }
    // Their kinds are served a moment later.
    eventually(PATIENCE, || {
        let kinds = served(api);
        let is_served = |it: &&Exhibit| kinds.iter().any(|kind| is_of(it, kind));
        let custom = |it: &&Exhibit| it.api_version.starts_with("zoo.");
        let missing = rest.iter().filter(custom).filter(|it| !is_served(it)).count();
        if missing == 0 { Ok(()) } else { Err(format!("{missing} objects of kinds that are not served yet")) }
    });
    settled + settle_all(api, &rest)
}

fn is_of(exhibit: &Exhibit, kind: &Served) -> bool {
    let (group, version) = exhibit.api_version.rsplit_once('/').unwrap_or(("", &exhibit.api_version));
    kind.kind == exhibit.kind && kind.group == group && kind.version == version
}

fn settle_all(api: &Api, exhibits: &[Exhibit]) -> usize {
    let kinds = served(api);
    let jobs: Vec<Vec<Request>> = exhibits
        .iter()
        .filter_map(|exhibit| Some(requests(exhibit, kinds.iter().find(|kind| is_of(exhibit, kind))?)))
        .collect();
    let failed: Vec<String> = api.each(&jobs);
    assert!(failed.is_empty(), "{} requests of the zoo failed:\n{}", failed.len(), failed.join("\n"));
    jobs.len()
}

/// What brings an object into its state.
fn requests(exhibit: &Exhibit, kind: &Served) -> Vec<Request> {
    let collection = kind.path(Some(&exhibit.namespace));
    let path = format!("{collection}/{}", exhibit.name);
    let has = |part: &str| kind.parts.contains(part);
    let mut all = vec![Request::new("POST", &collection, exhibit.object.clone())];
    let patch = |part: &str, status: Value| Request::new("PATCH", &format!("{path}/{part}"), json!({"status": status}));
    if let Some(conditions) = exhibit.approval.as_ref().filter(|_| has("approval")) {
        all.push(patch("approval", json!({"conditions": conditions})));
    }
    if let Some(status) = exhibit.status.as_ref().filter(|it| has("status") && **it != json!({})) {
        all.push(patch("status", status.clone()));
    }
    if exhibit.going {
        all.push(Request::new("DELETE", &path, Value::Null));
    }
    all
}
