//! What the path of a request names.

use super::options::decode;
use super::store::{Place, Store};

/// What a path names.
pub enum Target {
    /// `/version`.
    Version,
    /// Health: what stands for the check that was asked for.
    Health,
    /// `/api`, or `/apis` where not `core`.
    Groups {
        /// Whether the core group is meant.
        core: bool,
    },
    /// `/apis/GROUP`.
    Group(String),
    /// `/api/v1` or `/apis/GROUP/VERSION`.
    Resources(String, String),
    /// `/openapi/v2`, or the part of `/openapi/v3` below that.
    OpenApi(String),
    /// A collection, in one namespace or in all.
    Collection(Place, Option<String>),
    /// An object, or a part of it such as `status`.
    Object(Place, String, String, String),
    /// Nothing that is served, below a version that is.
    NoResource,
    /// Nothing.
    Nowhere,
}

/// Reads a path.
pub fn target(store: &Store, path: &str) -> Target {
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(|part| decode(part, false)).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["version"] => Target::Version,
        ["readyz" | "livez" | "healthz", ..] => Target::Health,
        ["openapi", rest @ ..] => Target::OpenApi(rest.join("/")),
        ["api"] => Target::Groups { core: true },
        ["apis"] => Target::Groups { core: false },
        ["api", version, rest @ ..] => below(store, "", version, rest),
        ["apis", group] => Target::Group((*group).to_owned()),
        ["apis", group, version, rest @ ..] if !group.is_empty() => below(store, group, version, rest),
        _ => Target::Nowhere,
    }
}

fn below(store: &Store, group: &str, version: &str, rest: &[&str]) -> Target {
    let registry = &store.registry;
    match registry.groups().iter().find(|(name, _)| name == group) {
        Some((_, versions)) if versions.iter().any(|it| it == version) => {}
        Some(_) => return Target::NoResource,
        None => return Target::Nowhere,
    }
    let known = |plural: &str, namespaced: bool| {
        let found = registry.find(group, version, plural).filter(|(_, of)| of.namespaced == namespaced);
        found.map(|(id, resource)| Place { id, resource })
    };
    let found =
        match rest {
            [] => return Target::Resources(group.to_owned(), version.to_owned()),
            // A namespace and its parts look like collections in it.
            ["namespaces", name, part @ ("status" | "finalize")] if group.is_empty() => known("namespaces", false)
                .map(|place| Target::Object(place, String::new(), (*name).into(), (*part).into())),
            ["namespaces", namespace, plural] => {
                known(plural, true).map(|place| Target::Collection(place, Some((*namespace).to_owned())))
            }
            ["namespaces", namespace, plural, name, part @ ..] if part.len() < 2 => known(plural, true)
                .map(|place| Target::Object(place, (*namespace).into(), (*name).into(), part.concat())),
            [plural] => registry
                .find(group, version, plural)
                .map(|(id, resource)| Target::Collection(Place { id, resource }, None)),
            [plural, name, part @ ..] if part.len() < 2 => {
                known(plural, false).map(|place| Target::Object(place, String::new(), (*name).into(), part.concat()))
            }
            _ => None,
        };
    found.unwrap_or(Target::NoResource)
}
