//! `get --watch`: every change as it comes, through outages, until a signal or a closed pipe.

use super::{Exit, Query, Stop, complain, json, open, print, table};
use crate::cluster::cluster::Cluster;
use crate::cluster::open::{Options, Resolution};
use crate::model::column::Column;
use crate::model::source::{Feed, FeedRow, Source};
use crate::model::state::{ClusterState, Phase, WatchPhase};
use crate::run::args::{Args, Get, Output};
use crate::run::fleet::Made;
use crate::text::sanitize::sanitize;
use crate::text::width::{pad, width};
use crate::view::limits;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Batches of changes that wait for the output; what fills them waits, so that the server is slowed
/// down and memory is not filled.
const BATCHES: usize = 16;

/// Runs `get --watch`.
pub async fn run(made: &Made, args: &Args, get: &Get) -> Result<Exit, Stop> {
    let (followers, mut batches) = mpsc::channel(BATCHES);
    let options = Options { followers: Some(followers), ..Options::default() };
    let groups = open(made, args, get, &options);
    drop(options);
    let mut printer = Printer::new(made, args, get, &groups);
    let mut signals = Signals::new();
    // Aborted with this run.
    let mut learners = tokio::task::JoinSet::new();
    for cluster in &made.fleet.clusters {
        learners.spawn(identify(cluster.clone()));
    }
    loop {
        tokio::select! {
            biased;
            () = signals.next() => return Ok(Exit::Complete),
            batch = batches.recv() => match batch {
                Some((source, feed)) => {
                    printer.states(&groups)?;
                    printer.batch(&source, feed)?;
                }
                None => return Ok(Exit::Other),
            },
            () = made.fleet.bell.notified() => printer.states(&groups)?,
        }
    }
}

/// Learns which cluster it is as soon as it answers, so that another in its place is not taken for it.
async fn identify(cluster: Arc<Cluster>) {
    loop {
        cluster.gate.opened().await;
        match cluster.learn_identity().await {
            Ok(()) => cluster.accepted.notified().await,
            Err(error) => {
                tracing::info!(cluster = %cluster.name, "identity: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// SIGINT, SIGTERM, SIGHUP.
struct Signals(Vec<tokio::signal::unix::Signal>);

impl Signals {
    fn new() -> Signals {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        Signals(kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect())
    }

    async fn next(&mut self) {
        let waits = self.0.iter_mut().map(|signal| Box::pin(signal.recv()));
        let _ = futures::future::select_all(waits).await;
    }
}

struct Printer<'a> {
    made: &'a Made,
    get: &'a Get,
    namespace: Vec<(String, bool)>,
    many: bool,
    /// Widths of the columns of each table so far, by its kind; and the heads written last.
    widths: HashMap<String, Vec<u16>>,
    heads: Option<Vec<String>>,
    phases: Vec<(Phase, String)>,
    resolutions: HashMap<(u16, String), String>,
    /// What was said about sources that are limited.
    limits: HashMap<(u16, String), String>,
}

impl<'a> Printer<'a> {
    fn new(made: &'a Made, args: &Args, get: &'a Get, groups: &[Vec<Query>]) -> Printer<'a> {
        let namespace = groups
            .iter()
            .filter_map(|group| {
                let several = !matches!(&args.namespaces, crate::view::spec::Namespaces::OfContext)
                    && !matches!(&args.namespaces, crate::view::spec::Namespaces::Only(names) if names.len() < 2);
                group.first().map(|query| (query.opened.word.clone(), several))
            })
            .collect();
        let phases = made.fleet.clusters.iter().map(|_| (Phase::Idle, String::new())).collect();
        Printer {
            made,
            get,
            namespace,
            many: made.fleet.clusters.len() > 1,
            widths: HashMap::new(),
            heads: None,
            phases,
            resolutions: HashMap::new(),
            limits: HashMap::new(),
        }
    }

    fn cluster(&self, source: &Source) -> Option<Arc<Cluster>> {
        self.made.fleet.get(source.cluster).cloned()
    }

    fn batch(&mut self, source: &Source, feed: Vec<Feed>) -> Result<(), Stop> {
        let Some(cluster) = self.cluster(source) else { return Ok(()) };
        let columns = source.rows().columns().clone();
        let mut out = String::new();
        for item in feed {
            let (what, row) = match item {
                Feed::Added(row) => ("added", row),
                Feed::Modified(row) => ("modified", row),
                Feed::Deleted(row) => ("deleted", row),
                Feed::Synced(count) => {
                    if self.get.output == Output::Json {
                        out.push_str(&json::synced(&cluster, &source.kind, source.namespace.as_deref(), count));
                    }
                    continue;
                }
                Feed::State(status) => {
                    // A link that is lost is said for the cluster; loading and live are told by rows.
                    let said = matches!(status.phase, WatchPhase::Forbidden { .. } | WatchPhase::Missing { .. })
                        || (matches!(
                            status.phase,
                            WatchPhase::Stale { .. } | WatchPhase::Failed { .. } | WatchPhase::Live
                        ));
                    if self.get.output == Output::Json && said {
                        out.push_str(&json::watch_state(
                            &cluster,
                            &source.kind.kind,
                            source.namespace.as_deref(),
                            &status,
                        ));
                    } else if matches!(status.phase, WatchPhase::Forbidden { .. } | WatchPhase::Missing { .. }) {
                        complain(&format!(
                            "{}: {} {}: {}",
                            cluster.name,
                            source.kind.plural,
                            status.phase.word(),
                            status.phase.reason()
                        ));
                    }
                    continue;
                }
            };
            match self.get.output {
                Output::Json => out.push_str(&json::change(what, &cluster, &source.kind, &columns, &row)),
                Output::Name => {
                    let _ = writeln!(out, "{}/{}", table::name_prefix(source), sanitize(&row.name));
                }
                _ => self.line(&mut out, &cluster, source, &columns, &row),
            }
        }
        if out.is_empty() { Ok(()) } else { print(&out) }
    }

    fn line(&mut self, out: &mut String, cluster: &Cluster, source: &Source, columns: &[Column], row: &FeedRow) {
        let wide = self.get.output == Output::Wide;
        let several = self.namespace.iter().any(|(_, several)| *several) && source.kind.namespaced;
        let (mut heads, mut cells) = (Vec::new(), Vec::new());
        let mut put = |head: &str, cell: String| {
            heads.push(head.to_owned());
            cells.push(cell);
        };
        if self.many {
            put("CLUSTER", cluster.name.clone());
        }
        if several {
            put("NAMESPACE", table::first_line(&row.namespace));
        }
        for (column, cell) in columns.iter().zip(&row.cells).filter(|(column, _)| wide || !column.wide) {
            put(&column.name, table::first_line(cell));
        }
        let widths = self.widths.entry(source.kind.id()).or_default();
        widths.resize(heads.len(), 0);
        for (at, width_now) in widths.iter_mut().enumerate() {
            *width_now = (*width_now).max(width(&heads[at])).max(width(&cells[at]));
        }
        let mut write = |cells: &[String]| {
            for (at, cell) in cells.iter().enumerate() {
                let last = at + 1 == cells.len();
                out.push_str(&if last { cell.clone() } else { pad(cell, widths[at] + 3) });
            }
            out.push('\n');
        };
        if self.heads.as_ref() != Some(&heads) {
            write(&heads);
            self.heads = Some(heads);
        }
        write(&cells);
    }

    /// Says which clusters changed their state since the last time.
    fn states(&mut self, groups: &[Vec<Query>]) -> Result<(), Stop> {
        let mut out = String::new();
        for (at, cluster) in self.made.fleet.clusters.iter().enumerate() {
            let state = cluster.state();
            let before = &self.phases[at];
            if state.phase == before.0 && (state.reason == before.1 || state.phase == Phase::Live) {
                continue;
            }
            self.phases[at] = (state.phase, state.reason.clone());
            self.say(&mut out, cluster, &state);
        }
        for query in groups.iter().flatten() {
            let (Resolution::Unknown(said) | Resolution::Failed(said)) = query.opened.resolution() else { continue };
            let cluster = &query.opened.cluster;
            let key = (cluster.id.0, query.opened.word.clone());
            if self.resolutions.get(&key) == Some(&said) {
                continue;
            }
            if self.get.output == Output::Json {
                let phase = WatchPhase::Missing { reason: said.clone() };
                let status = crate::model::source::Status { phase, since: cluster.now(), ..Default::default() };
                out.push_str(&json::watch_state(cluster, &query.opened.word, None, &status));
            } else {
                complain(&format!("{}: {said}", cluster.name));
            }
            self.resolutions.insert(key, said);
        }
        self.limits(groups);
        if out.is_empty() { Ok(()) } else { print(&out) }
    }

    /// Says where less is followed than was asked for.
    fn limits(&mut self, groups: &[Vec<Query>]) {
        for query in groups.iter().flatten() {
            for source in query.opened.sources() {
                let Some(limits) = query.opened.limits(&source).filter(|limits| !limits.checking) else { continue };
                let said = limits::sentence(&limits);
                let key = (source.cluster.0, source.kind.id());
                if !said.is_empty() && self.limits.insert(key, said.clone()).as_ref() != Some(&said) {
                    complain(&format!("{}: {}: {said}", query.opened.cluster.name, source.kind.plural));
                }
            }
        }
    }

    fn say(&self, out: &mut String, cluster: &Cluster, state: &ClusterState) {
        if self.get.output == Output::Json {
            out.push_str(&json::cluster_state(cluster, state));
        } else if !matches!(state.phase, Phase::Connecting) {
            let why = if state.reason.is_empty() { String::new() } else { format!(": {}", state.reason) };
            if self.many || state.phase != Phase::Live {
                complain(&format!("{}: {}{why}", cluster.name, state.phase.word()));
            }
        }
    }
}
