//! Discovery documents: plain and aggregated.

use super::registry::Registry;
use super::resource::Resource;
use serde_json::{Value, json};
use std::sync::Arc;

fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn served(registry: &Registry, group: &str, version: &str) -> Vec<Arc<Resource>> {
    let all = registry.all().into_iter().map(|(_, resource)| resource);
    let mut all: Vec<_> = all.filter(|r| r.group == group && r.version == version).collect();
    all.sort_by(|a, b| a.plural.cmp(&b.plural));
    all
}

/// `/api`.
pub fn core_versions() -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "10.0.0.1:6443"}],
    })
}

fn group(name: &str, versions: &[String]) -> Value {
    let one = |version: &String| json!({"groupVersion": group_version(name, version), "version": version});
    let all: Vec<_> = versions.iter().map(one).collect();
    json!({"name": name, "versions": all, "preferredVersion": all.first()})
}

/// `/apis`.
pub fn groups(registry: &Registry) -> Value {
    let groups = registry.groups();
    let groups: Vec<_> =
        groups.iter().filter(|(name, _)| !name.is_empty()).map(|(name, versions)| group(name, versions)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/GROUP`.
pub fn one_group(registry: &Registry, name: &str) -> Option<Value> {
    let groups = registry.groups();
    let (name, versions) = groups.iter().find(|(group, _)| !group.is_empty() && *group == name)?;
    let mut document = group(name, versions);
    document["kind"] = "APIGroup".into();
    document["apiVersion"] = "v1".into();
    Some(document)
}

/// The kind that a subresource takes and gives: group, version and kind; nothing for that of its resource.
fn kind_below(resource: &Resource, part: &str) -> (&'static str, &'static str, Option<&'static str>) {
    match part {
        "scale" => ("autoscaling", "v1", Some("Scale")),
        "eviction" => ("policy", "v1", Some("Eviction")),
        "binding" => ("", "v1", Some("Binding")),
        "token" => ("authentication.k8s.io", "v1", Some("TokenRequest")),
        _ if resource.kind.is_empty() => ("", "v1", None),
        _ => ("", "", None),
    }
}

/// Those of custom resources stand in an order of their own.
fn verbs(resource: &Resource) -> &'static [&'static str] {
    match resource.custom {
        Some(_) => &["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
        None => resource.verbs.words(),
    }
}

fn verbs_below(part: &str) -> &'static [&'static str] {
    match part {
        "binding" | "eviction" | "token" => &["create"],
        "log" => &["get"],
        "finalize" => &["update"],
        _ => &["get", "patch", "update"],
    }
}

/// `/api/v1` and `/apis/GROUP/VERSION`.
pub fn resources(registry: &Registry, name: &str, version: &str) -> Option<Value> {
    let served = served(registry, name, version);
    if served.is_empty() {
        return None;
    }
    let mut resources = Vec::new();
    for resource in &served {
        let mut entry = json!({
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": verbs(resource),
        });
        if !resource.short.is_empty() {
            entry["shortNames"] = json!(resource.short);
        }
        if !resource.categories.is_empty() {
            entry["categories"] = json!(resource.categories);
        }
        resources.push(entry);
        for part in &resource.subresources {
            let (group, version, kind) = kind_below(resource, part);
            let mut entry = json!({
                "name": format!("{}/{part}", resource.plural),
                "singularName": "",
                "namespaced": resource.namespaced,
                "kind": kind.unwrap_or(&resource.kind),
                "verbs": verbs_below(part),
            });
            if kind.is_some() && !(group.is_empty() && name.is_empty()) {
                entry["group"] = group.into();
                entry["version"] = version.into();
            }
            resources.push(entry);
        }
    }
    let mut document = json!({
        "kind": "APIResourceList",
        "groupVersion": group_version(name, version),
        "resources": resources,
    });
    // The core group's document alone has no apiVersion.
    if !name.is_empty() {
        document["apiVersion"] = "v1".into();
    }
    Some(document)
}

/// `/api` (the core group) and `/apis` (all others) as one aggregated document.
pub fn aggregated(registry: &Registry, core: bool, version: &str) -> Value {
    let groups = registry.groups();
    let items: Vec<_> = groups
        .iter()
        .filter(|(name, _)| name.is_empty() == core)
        .map(|(name, versions)| {
            let one = |version: &String| {
                let served = served(registry, name, version);
                let resources: Vec<_> = served.iter().map(|resource| aggregated_resource(resource)).collect();
                json!({"version": version, "resources": resources, "freshness": "Current"})
            };
            let metadata = if core { json!({}) } else { json!({"name": name}) };
            json!({"metadata": metadata, "versions": versions.iter().map(one).collect::<Vec<_>>()})
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
        "verbs": verbs(resource),
    });
    if !resource.short.is_empty() {
        entry["shortNames"] = json!(resource.short);
    }
    if !resource.categories.is_empty() {
        entry["categories"] = json!(resource.categories);
    }
    let below = |part: &&'static str| {
        let (group, version, kind) = kind_below(resource, part);
        json!({
            "subresource": part,
            "responseKind": {"group": group, "version": version, "kind": kind.unwrap_or(&resource.kind)},
            "verbs": verbs_below(part),
        })
    };
    if !resource.subresources.is_empty() {
        entry["subresources"] = resource.subresources.iter().map(below).collect();
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
