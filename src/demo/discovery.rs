//! Discovery documents: plain and aggregated.

use super::resource::{ALL, GROUPS, Resource};
use serde_json::{Value, json};

const VERBS: [&str; 3] = ["get", "list", "watch"];

fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn served(group: &str, version: &str) -> impl Iterator<Item = &'static Resource> {
    let mut all: Vec<_> = ALL.iter().filter(|r| r.group == group && r.version == version).collect();
    all.sort_by_key(|resource| resource.plural);
    all.into_iter()
}

/// `/api`.
pub fn core_versions() -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "10.0.0.1:6443"}],
    })
}

fn group(name: &str, version: &str) -> Value {
    let version = json!({"groupVersion": group_version(name, version), "version": version});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

/// `/apis`.
pub fn groups() -> Value {
    let groups: Vec<_> =
        GROUPS.iter().filter(|(name, _)| !name.is_empty()).map(|(name, version)| group(name, version)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/GROUP`.
pub fn one_group(name: &str) -> Option<Value> {
    let (name, version) = GROUPS.iter().find(|(group, _)| !group.is_empty() && *group == name)?;
    let mut document = group(name, version);
    document["kind"] = "APIGroup".into();
    document["apiVersion"] = "v1".into();
    Some(document)
}

/// `/api/v1` and `/apis/GROUP/VERSION`.
pub fn resources(name: &str, version: &str) -> Option<Value> {
    GROUPS.contains(&(name, version)).then(|| {
        let resources: Vec<_> = served(name, version)
            .map(|resource| {
                let mut entry = json!({
                    "name": resource.plural,
                    "singularName": resource.singular,
                    "namespaced": resource.namespaced,
                    "kind": resource.kind,
                    "verbs": VERBS,
                });
                if !resource.short.is_empty() {
                    entry["shortNames"] = json!(resource.short);
                }
                if !resource.categories.is_empty() {
                    entry["categories"] = json!(resource.categories);
                }
                entry
            })
            .collect();
        let mut document = json!({
            "kind": "APIResourceList",
            "groupVersion": group_version(name, version),
            "resources": resources,
        });
        // The core group's document alone has no apiVersion.
        if !name.is_empty() {
            document["apiVersion"] = "v1".into();
        }
        document
    })
}

/// `/api` (the core group) and `/apis` (all others) as one aggregated document.
pub fn aggregated(core: bool, version: &str) -> Value {
    let items: Vec<_> = GROUPS
        .iter()
        .filter(|(name, _)| name.is_empty() == core)
        .map(|(name, version)| {
            let resources: Vec<_> = served(name, version).map(aggregated_resource).collect();
            let metadata = if core { json!({}) } else { json!({"name": name}) };
            json!({
                "metadata": metadata,
                "versions": [{"version": version, "resources": resources, "freshness": "Current"}],
            })
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": format!("apidiscovery.k8s.io/{version}"),
        "metadata": {},
        "items": items,
    })
}

fn aggregated_resource(resource: &Resource) -> Value {
    // Empty group and version: those of the document.
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": {"group": "", "version": "", "kind": resource.kind},
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": VERBS,
    });
    if !resource.short.is_empty() {
        entry["shortNames"] = json!(resource.short);
    }
    if !resource.categories.is_empty() {
        entry["categories"] = json!(resource.categories);
    }
    entry
}

/// `/version`.
pub fn version(git_version: &str) -> Value {
    let mut parts = git_version.trim_start_matches('v').split('.');
    let major = parts.next().unwrap_or("1");
    let minor = parts.next().unwrap_or("0");
    let before = minor.parse::<u32>().map_or(0, |minor| minor.saturating_sub(1)).to_string();
    json!({
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": before,
        "gitVersion": git_version,
        "gitCommit": "5e1a7c0de0ddba11c0ffee0000000000deadbeef",
        "gitTreeState": "clean",
        "buildDate": "2026-10-14T08:12:31Z",
        "goVersion": "go1.25.4",
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}
