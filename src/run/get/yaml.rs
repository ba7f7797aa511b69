//! `-o yaml`: whole objects, page by page, as kubectl writes them; each cluster a document of its own.

use super::{Exit, Findings, Stop, namespaces};
use crate::cluster::ask::{AskError, ask};
use crate::cluster::cluster::Cluster;
use crate::cluster::watch::percent_encode;
use crate::cluster::wire::{ListPiece, ListReader, WireError};
use crate::link::{Ask, Lane};
use crate::model::kind::Kind;
use crate::run::args::{Args, Get};
use crate::run::fleet::Made;
use crate::text::sanitize::sanitize_block;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

const PAGE: u32 = 250;

/// Runs `get -o yaml`.
pub async fn run(made: &Made, args: &Args, get: &Get) -> Result<Exit, Stop> {
    let mut findings = Findings { missing: Vec::new(), not_found: Vec::new() };
    let many = made.fleet.clusters.len() > 1;
    // All clusters at once, written in the order of the fleet.
    let fetches = made.fleet.clusters.iter().map(|cluster| objects(cluster, args, get));
    let fetched = futures::future::join_all(fetches).await;
    let mut first = true;
    for (cluster, fetched) in made.fleet.clusters.iter().zip(fetched) {
        findings.missing.extend(fetched.missing);
        findings.not_found.extend(fetched.not_found);
        let single = fetched.single && fetched.objects.len() == 1;
        if fetched.objects.is_empty() && (many || fetched.single) {
            continue;
        }
        let mut text = String::new();
        if !first {
            text.push_str("---\n");
        }
        first = false;
        if many {
            let _ = writeln!(text, "# cluster: {}", cluster.name);
        }
        if single {
            text.push_str(&to_yaml(&fetched.objects[0]));
        } else {
            text.push_str("apiVersion: v1\nitems:");
            text.push_str(if fetched.objects.is_empty() { " []\n" } else { "\n" });
            for object in &fetched.objects {
                for (at, line) in to_yaml(object).lines().enumerate() {
                    text.push_str(if at == 0 { "- " } else { "  " });
                    text.push_str(line);
                    text.push('\n');
                }
            }
            text.push_str("kind: List\nmetadata:\n  resourceVersion: \"\"\n");
        }
        let mut out = io::stdout().lock();
        let shown = if out.is_terminal() { sanitize_block(&text) } else { text };
        out.write_all(shown.as_bytes())?;
        out.flush()?;
    }
    Ok(findings.report())
}

fn to_yaml(object: &Value) -> String {
    serde_saphyr::to_string(object).unwrap_or_else(|error| format!("# cannot be written as YAML: {error}\n"))
}

#[derive(Default)]
struct Fetched {
    objects: Vec<Value>,
    /// One object was asked for by its name.
    single: bool,
    missing: Vec<String>,
    not_found: Vec<String>,
}

async fn objects(cluster: &Arc<Cluster>, args: &Args, get: &Get) -> Fetched {
    let mut fetched = Fetched::default();
    for target in &get.targets {
        let kind = match cluster.resolve(&target.kind).await {
            Ok(Ok(kind)) => kind,
            Ok(Err(said)) => {
                fetched.missing.push(format!("{}: {said}", cluster.name));
                continue;
            }
            Err(error) => {
                fetched.missing.push(format!("{}: {}: {}", cluster.name, target.kind, error.sentence()));
                continue;
            }
        };
        let spaces = if kind.namespaced { namespaces(args, cluster) } else { vec![None] };
        let names: Vec<_> = target.names.as_ref().map_or(vec![None], |names| names.iter().map(Some).collect());
        fetched.single = get.targets.len() == 1 && matches!(names.as_slice(), [Some(_)]) && spaces.len() == 1;
        for name in names {
            let before = fetched.objects.len();
            let fields = name.map_or_else(|| get.fields.clone(), |name| format!("metadata.name={name}"));
            let mut asked = true;
            for space in &spaces {
                if let Err(error) =
                    list(cluster, &kind, space.as_deref(), (&get.labels, &fields), &mut fetched.objects).await
                {
                    asked = false;
                    let scope = space.as_ref().map_or(String::new(), |space| format!(" in namespace {space}"));
                    fetched.missing.push(format!("{}: {}{scope}: {}", cluster.name, kind.plural, error.sentence()));
                }
            }
            if let Some(name) = name.filter(|_| asked && fetched.objects.len() == before) {
                fetched.not_found.push(format!("{} \"{name}\" not found on {}", kind.id(), cluster.name));
            }
        }
    }
    fetched
}

async fn list(
    cluster: &Cluster,
    kind: &Kind,
    namespace: Option<&str>,
    (labels, fields): (&str, &str),
    objects: &mut Vec<Value>,
) -> Result<(), AskError> {
    let mut next = String::new();
    loop {
        let mut path = format!("{}?limit={PAGE}", kind.path(namespace));
        for (key, value) in [("labelSelector", labels), ("fieldSelector", fields), ("continue", &next)] {
            if !value.is_empty() {
                let _ = write!(path, "&{key}={}", percent_encode(value));
            }
        }
        let request = Ask {
            path,
            accept: "application/json",
            gzip: cluster.link()?.rtt().is_some_and(|rtt| rtt.as_millis() >= 1),
            lane: Lane::Bulk,
            head_timeout: cluster.patience.silence,
            idle_timeout: cluster.patience.silence,
        };
        let mut answer = ask(cluster.link()?, request).await?;
        let mut reader = ListReader::new(answer.encoding);
        next.clear();
        while let Some(bytes) = answer.body.chunk().await? {
            reader.push(&bytes, |piece| {
                match piece {
                    ListPiece::Meta(meta) => next = meta.next,
                    ListPiece::Columns(_) => (),
                    ListPiece::Item(json) => objects.push(named(kind, json)?),
                }
                Ok::<(), WireError>(())
            })?;
        }
        reader.finish()?;
        if next.is_empty() {
            return Ok(());
        }
    }
}

/// The object with its kind and version, which lists of built-in kinds leave out.
fn named(kind: &Kind, json: &[u8]) -> Result<Value, WireError> {
    let mut object: Value = serde_json::from_slice(json).map_err(|error| WireError::Object(error.to_string()))?;
    if let Some(map) = object.as_object_mut() {
        let version =
            if kind.group.is_empty() { kind.version.clone() } else { format!("{}/{}", kind.group, kind.version) };
        map.entry("apiVersion").or_insert(Value::String(version));
        map.entry("kind").or_insert_with(|| Value::String(kind.kind.clone()));
    }
    Ok(object)
}
