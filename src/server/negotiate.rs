//! What an Accept header asks for, of what is served: JSON, tables, bare metadata, aggregated discovery.

use super::status::Failure;
use http::HeaderMap;
use http::header::ACCEPT;

/// The shape of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// The objects themselves.
    Object,
    /// `Table` of this version of meta.k8s.io.
    Table(&'static str),
    /// `PartialObjectMetadata` of this version of meta.k8s.io.
    Partial(&'static str),
    /// `PartialObjectMetadataList` of this version of meta.k8s.io.
    PartialList(&'static str),
    /// `APIGroupDiscoveryList` of this version of apidiscovery.k8s.io.
    Discovery(&'static str),
}

/// What an endpoint can answer with besides plain JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Endpoint {
    /// Objects and collections.
    Objects,
    /// `/api` and `/apis`.
    Groups,
    /// Everything else.
    Plain,
}

/// The first form that the client accepts and the endpoint can give.
pub fn negotiate(headers: &HeaderMap, endpoint: Endpoint) -> Result<Form, Failure> {
    let mut clauses: Vec<(f32, &str)> = Vec::new();
    for value in headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
        for clause in value.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
            clauses.push((quality(clause), clause));
        }
    }
    if clauses.is_empty() {
        return Ok(Form::Object);
    }
    clauses.sort_by(|a, b| b.0.total_cmp(&a.0));
    clauses
        .into_iter()
        .find_map(|(_, clause)| form(clause, endpoint))
        .ok_or_else(|| Failure::not_acceptable("only the following media types are accepted: application/json"))
}

fn parameters(clause: &str) -> impl Iterator<Item = (&str, &str)> {
    clause.split(';').skip(1).filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim(), value.trim().trim_matches('"')))
    })
}

fn quality(clause: &str) -> f32 {
    parameters(clause).find(|(name, _)| *name == "q").and_then(|(_, value)| value.parse().ok()).unwrap_or(1.0)
}

fn form(clause: &str, endpoint: Endpoint) -> Option<Form> {
    let media = clause.split(';').next().unwrap_or("").trim();
    if !matches!(media, "application/json" | "application/*" | "*/*") {
        return None;
    }
    let (mut kind, mut group, mut version) = ("", "", "");
    for (name, value) in parameters(clause) {
        match name {
            "as" => kind = value,
            "g" => group = value,
            "v" => version = value,
            "stream" if !matches!(value, "" | "watch") => return None,
            "sv" if !value.is_empty() => return None,
            _ => {}
        }
    }
    if kind.is_empty() && group.is_empty() && version.is_empty() {
        return Some(Form::Object);
    }
    let meta = |form: fn(&'static str) -> Form| match (group, version) {
        ("meta.k8s.io", "v1") => Some(form("v1")),
        ("meta.k8s.io", "v1beta1") => Some(form("v1beta1")),
        _ => None,
    };
    match (endpoint, kind) {
        (Endpoint::Objects, "Table") => meta(Form::Table),
        (Endpoint::Objects, "PartialObjectMetadata") => meta(Form::Partial),
        (Endpoint::Objects, "PartialObjectMetadataList") => meta(Form::PartialList),
        (Endpoint::Groups, "APIGroupDiscoveryList") => match (group, version) {
            ("apidiscovery.k8s.io", "v2") => Some(Form::Discovery("v2")),
            ("apidiscovery.k8s.io", "v2beta1") => Some(Form::Discovery("v2beta1")),
            _ => None,
        },
        _ => None,
    }
}
