//! `-o yaml`: whole objects, page by page, as kubectl writes them; each cluster a document of its own.

use super::{Exit, Findings, Stop, namespaces};
use crate::cluster::ask::{AskError, ask};
use crate::cluster::cluster::Cluster;
use crate::cluster::limited::Limits;
use crate::cluster::meaning::Meaning;
use crate::cluster::open::{Opened, Options};
use crate::cluster::watch::percent_encode;
use crate::cluster::wire::{ListPiece, ListReader, WireError};
use crate::link::{Ask, Lane};
use crate::model::kind::Kind;
use crate::run::args::{Args, Get};
use crate::run::fleet::Made;
use crate::text::sanitize::sanitize_block;
use crate::view::limits;
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
        let meaning = match cluster.meaning(&target.kind).await {
            Ok(Ok(meaning)) => meaning,
            Ok(Err(said)) => {
                fetched.missing.push(format!("{}: {said}", cluster.name));
                continue;
            }
            Err(error) => {
                fetched.missing.push(format!("{}: {}: {}", cluster.name, target.kind, error.sentence()));
                continue;
            }
        };
        let kinds = match meaning {
            Meaning::Kind(kind) => vec![kind],
            Meaning::Category(kinds) => kinds,
        };
        for kind in kinds {
            let spaces = if kind.namespaced { namespaces(args, cluster) } else { vec![None] };
            let one = matches!(target.names.as_deref(), Some([_]));
            fetched.single = get.targets.len() == 1 && one && spaces.len() == 1;
            match &target.names {
                None => fetched.all(cluster, &kind, &spaces, get).await,
                Some(names) => {
                    for name in names {
                        fetched.named(cluster, &kind, &spaces, get, name).await;
                    }
                }
            }
        }
    }
    fetched
}

impl Fetched {
    /// Fetches all objects of a kind, or what may be read of them.
    async fn all(&mut self, cluster: &Arc<Cluster>, kind: &Arc<Kind>, spaces: &[Option<String>], get: &Get) {
        for space in spaces {
            let select = (get.labels.as_str(), get.fields.as_str());
            let Err(error) = list(cluster, kind, space.as_deref(), select, &mut self.objects).await else { continue };
            let said = limits::after(
                &error.sentence(),
                self.narrow(cluster, kind, space.as_deref(), get, &error).await.as_ref(),
            );
            self.miss(cluster, kind, space.as_deref(), &said);
        }
    }

    /// Where all namespaces at once are refused, those that may be read.
    async fn narrow(
        &mut self,
        cluster: &Arc<Cluster>,
        kind: &Arc<Kind>,
        space: Option<&str>,
        get: &Get,
        error: &AskError,
    ) -> Option<Limits> {
        if error.code() != Some(403) || !kind.namespaced || space.is_some() {
            return None;
        }
        let options = Options { once: true, ..Options::default() };
        let mut opened = Opened::new(cluster, &kind.id(), vec![None], options);
        opened.finished().await;
        let sources = opened.sources();
        for source in &sources {
            let Some(space) = &source.namespace else { continue };
            let select = (get.labels.as_str(), get.fields.as_str());
            if let Err(error) = list(cluster, kind, Some(space), select, &mut self.objects).await {
                self.miss(cluster, kind, Some(space), &error.sentence());
            }
        }
        opened.limits(sources.first()?)
    }

    /// Fetches one object: as itself, and only where that is refused as a list of one.
    async fn named(
        &mut self,
        cluster: &Arc<Cluster>,
        kind: &Arc<Kind>,
        spaces: &[Option<String>],
        get: &Get,
        name: &str,
    ) {
        let (before, mut asked) = (self.objects.len(), true);
        for space in spaces {
            let by_itself = get.labels.is_empty() && (space.is_some() || !kind.namespaced);
            let first = if by_itself { Some(cluster.object(kind, space.as_deref(), name).await) } else { None };
            let refused = match first {
                Some(Ok(json)) => match self::named(kind, &json) {
                    Ok(object) => {
                        self.objects.push(object);
                        continue;
                    }
                    Err(error) => Some(error.to_string()),
                },
                Some(Err(error)) if error.code() == Some(404) => continue,
                Some(Err(error)) => Some(error.sentence()),
                None => None,
            };
            let fields = format!("metadata.name={name}");
            let select = (get.labels.as_str(), fields.as_str());
            if let Err(error) = list(cluster, kind, space.as_deref(), select, &mut self.objects).await {
                asked = false;
                self.miss(cluster, kind, space.as_deref(), &refused.unwrap_or_else(|| error.sentence()));
            }
        }
        if asked && self.objects.len() == before {
            self.not_found.push(format!("{} \"{name}\" not found on {}", kind.id(), cluster.name));
        }
    }

    fn miss(&mut self, cluster: &Cluster, kind: &Kind, space: Option<&str>, said: &str) {
        let scope = space.map_or_else(String::new, |space| format!(" in namespace {space}"));
        self.missing.push(format!("{}: {}{scope}: {said}", cluster.name, kind.plural));
    }
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
