//! `skylark get`: the same rows as the cockpit's, for scripts.

mod csv;
mod json;
mod table;
mod watch;
mod yaml;

use super::args::{Args, Get, Output, Target};
use super::fleet::{self, Made, Request};
use crate::cluster::cluster::Cluster;
use crate::cluster::meaning::Pin;
use crate::cluster::open::{Opened, Options, Resolution};
use crate::cluster::watch::Selection;
use crate::link::{Console, Lend};
use crate::model::kind::Kind;
use crate::model::source::Source;
use crate::model::state::WatchPhase;
use crate::text::sanitize::sanitize;
use crate::view::limits;
use crate::view::notes;
use crate::view::spec::Namespaces;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Notices that may wait; more are in nobody's way.
const NOTICES: usize = 32;

/// How `get` ended, as exit codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Everything that was asked for was written.
    Complete = 0,
    /// An object that was named is not there, or the output failed.
    Other = 1,
    /// What was asked for cannot be.
    Usage = 2,
    /// Clusters, kinds or namespaces are missing; stderr names them.
    Partial = 3,
}

/// Why writing stopped.
pub enum Stop {
    /// The reader has gone: `get … | head`.
    Closed,
    /// Writing failed.
    Failed(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        if error.kind() == io::ErrorKind::BrokenPipe { Stop::Closed } else { Stop::Failed(error) }
    }
}

/// One kind in one cluster, under one selection.
struct Query {
    opened: Opened,
    /// The object that was asked for by name.
    name: Option<String>,
}

/// What `get` has found out so far.
struct Findings {
    /// Sentences for stderr: what is missing and why.
    missing: Vec<String>,
    /// Objects that were named and are not there.
    not_found: Vec<String>,
}

/// Runs `get`.
pub async fn run(args: &Args, get: &Get) -> Exit {
    let (notices, mut told) = mpsc::channel(NOTICES);
    // The terminal is the plugin's as much as ours: nothing is drawn on it.
    let lend = if io::stdin().is_terminal() { Lend::Shared } else { Lend::Never };
    let request = Request {
        kubeconfig: args.kubeconfig.as_deref(),
        contexts: &args.contexts,
        act_as: args.act_as.as_ref(),
        console: Console { lend, notices: Some(notices) },
    };
    let made = match fleet::exact(&request, get.timeout) {
        Ok(made) => made,
        Err(error) => {
            complain(&format!("error: {error}"));
            return Exit::Other;
        }
    };
    for problem in made.problems.iter().chain(&made.warnings) {
        complain(&format!("warning: {problem}"));
    }
    let written = if get.output == Output::Yaml {
        yaml::run(&made, args, get).await
    } else if get.watch {
        watch::run(&made, args, get).await
    } else {
        once(&made, args, get).await
    };
    while let Ok(notice) = told.try_recv() {
        complain(&format!("warning: {notice}"));
    }
    match written {
        Ok(exit) => exit,
        Err(Stop::Closed) => Exit::Complete,
        Err(Stop::Failed(error)) => {
            complain(&format!("error: writing the output: {error}"));
            Exit::Other
        }
    }
}

/// Says a sentence on stderr; foreign text in it is cleaned.
pub fn complain(sentence: &str) {
    let _ = writeln!(io::stderr(), "{}", sanitize(sentence));
}

/// Writes a text to stdout in one piece.
fn print(text: &str) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn namespaces(args: &Args, cluster: &Cluster) -> Vec<Option<String>> {
    match &args.namespaces {
        Namespaces::All => vec![None],
        Namespaces::OfContext => vec![Some(cluster.namespace.clone())],
        Namespaces::Only(names) => names.iter().cloned().map(Some).collect(),
    }
}

/// Opens everything that was asked for: kinds first, so that the output is grouped by kind.
fn open(made: &Made, args: &Args, get: &Get, options: &Options) -> Vec<Vec<Query>> {
    let open = |target: &Target| {
        let mut queries = Vec::new();
        let pin = Pin::default();
        for cluster in &made.fleet.clusters {
            let names = target.names.as_ref().map_or(vec![None], |names| names.iter().cloned().map(Some).collect());
            for name in names {
                let fields = name.as_ref().map_or_else(|| get.fields.clone(), |name| format!("metadata.name={name}"));
                let selection = Selection { labels: get.labels.clone(), fields };
                let options = Options { selection, name: name.clone(), pin: pin.clone(), ..options.clone() };
                let opened = Opened::new(cluster, &target.kind, namespaces(args, cluster), options);
                queries.push(Query { opened, name });
            }
        }
        queries
    };
    // `pods,po` are the same kind, and are written once.
    let same = |a: &Target, b: &Target| a.names == b.names && known(&a.kind) == known(&b.kind);
    let targets = get.targets.iter().enumerate();
    targets.filter(|(i, target)| !get.targets[..*i].iter().any(|t| same(t, target))).map(|(_, t)| open(t)).collect()
}

/// What a word names, as far as that is known without asking a server.
fn known(word: &str) -> String {
    crate::kinds::named(word).map_or_else(|| word.to_lowercase(), |kind| kind.id())
}

async fn once(made: &Made, args: &Args, get: &Get) -> Result<Exit, Stop> {
    let options = Options { once: true, ..Options::default() };
    let mut groups = open(made, args, get, &options);
    for query in groups.iter_mut().flatten() {
        query.opened.finished().await;
    }
    let mut seen = Vec::new();
    groups.retain(|group| {
        let kind =
            kind_of(group).map(|kind| (kind.id(), group.iter().map(|query| query.name.clone()).collect::<Vec<_>>()));
        let again = kind.as_ref().is_some_and(|kind| seen.contains(kind));
        seen.extend(kind);
        !again
    });
    let many = made.fleet.clusters.len() > 1;
    for group in &groups {
        also_names(group);
    }
    let findings = findings(&groups, many);
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match get.output {
        Output::Json => json::array(&mut out, &groups)?,
        Output::Name => table::names(&mut out, &groups)?,
        Output::Csv => csv::write(&mut out, &groups)?,
        _ => table::write(&mut out, &groups, args, get.output == Output::Wide, many)?,
    }
    out.flush()?;
    drop(out);
    let nothing = groups.iter().flatten().flat_map(|query| query.opened.sources()).all(|source| source.is_empty());
    if nothing && findings.missing.is_empty() && findings.not_found.is_empty() && get.output != Output::Json {
        complain(&table::nothing_found(&groups, args));
    }
    Ok(findings.report())
}

impl Findings {
    fn report(&self) -> Exit {
        for sentence in &self.not_found {
            complain(&format!("Error from server (NotFound): {sentence}"));
        }
        for sentence in &self.missing {
            complain(&format!("missing: {sentence}"));
        }
        match (self.missing.is_empty(), self.not_found.is_empty()) {
            (false, _) => Exit::Partial,
            (true, false) => Exit::Other,
            (true, true) => Exit::Complete,
        }
    }
}

/// What of the answer is missing, cluster by cluster.
fn findings(groups: &[Vec<Query>], many: bool) -> Findings {
    let mut findings = Findings { missing: Vec::new(), not_found: Vec::new() };
    for query in groups.iter().flatten() {
        let cluster = &query.opened.cluster.name;
        let word = &query.opened.word;
        let mut missing = |sentence: String| {
            if !findings.missing.contains(&sentence) {
                findings.missing.push(sentence);
            }
        };
        match query.opened.resolution() {
            Resolution::Found(_) | Resolution::Several(_) => (),
            Resolution::Unknown(said) => missing(format!("{cluster}: {said}")),
            Resolution::Failed(said) => missing(format!("{cluster}: {word}: {said}")),
            Resolution::Pending => {
                missing(format!("{cluster}: {word}: not asked for, since the cluster does not answer"));
            }
        }
        let sources = query.opened.sources();
        for source in &sources {
            let status = source.status();
            if status.phase != WatchPhase::Live {
                let reason = match status.phase.reason() {
                    "" => query.opened.cluster.state().reason,
                    reason => reason.to_owned(),
                };
                let reason = limits::after(&reason, query.opened.limits(source).as_ref());
                missing(format!("{cluster}: {}: {reason}", scope_of(source)));
            }
        }
        if let Some(name) = &query.name {
            let asked = sources.iter().any(|source| source.status().phase == WatchPhase::Live);
            if asked && sources.iter().all(|source| source.is_empty()) {
                let kind = match query.opened.resolution() {
                    Resolution::Found(kind) => kind.id(),
                    _ => word.clone(),
                };
                findings.not_found.push(format!("{kind} \"{name}\" not found{}", on_cluster(many, cluster)));
            }
        }
    }
    findings
}

/// Which cluster, where there are several.
fn on_cluster(many: bool, cluster: &str) -> String {
    if many { format!(" on {cluster}") } else { String::new() }
}

fn scope_of(source: &Source) -> String {
    match &source.namespace {
        Some(namespace) => format!("{} in namespace {namespace}", source.kind.plural),
        None => source.kind.plural.clone(),
    }
}

/// Says what else the word of a group names.
fn also_names(group: &[Query]) {
    let Some(word) = group.first().map(|query| query.opened.word.as_str()) else { return };
    let all: Vec<_> = group.iter().map(|query| (&query.opened.cluster, Some(&query.opened))).collect();
    for note in notes::ambiguous(word, &all) {
        complain(&format!("note: {}", note.text));
    }
}

/// The kinds of a group of queries, each once: one, or those of a category.
fn kinds_of(group: &[Query]) -> Vec<Arc<Kind>> {
    let mut kinds: Vec<Arc<Kind>> = Vec::new();
    for kind in group.iter().flat_map(|query| query.opened.kinds()) {
        if !kinds.iter().any(|known| known.id() == kind.id()) {
            kinds.push(kind);
        }
    }
    kinds
}

/// The kind of a group of queries, where one cluster knows it.
fn kind_of(group: &[Query]) -> Option<Arc<Kind>> {
    group.iter().find_map(|query| match query.opened.resolution() {
        Resolution::Found(kind) => Some(kind),
        _ => None,
    })
}

/// The names of the objects that were opened.
pub fn names_in(opened: &Opened) -> Vec<String> {
    let sources = opened.sources();
    let names = |source: &Arc<Source>| {
        let rows = source.rows();
        sorted(&rows).into_iter().map(|slot| rows.name(slot).to_owned()).collect::<Vec<_>>()
    };
    sources.iter().flat_map(names).collect()
}

/// The row slots of a source in the server's order: by `namespace/name`, so that `a-1` comes before `a`.
fn sorted(rows: &crate::model::rows::Rows) -> Vec<u32> {
    let key = |slot: u32| rows.namespace(slot).bytes().chain(*b"/").chain(rows.name(slot).bytes());
    let mut slots: Vec<_> = rows.slots().collect();
    slots.sort_unstable_by(|&a, &b| key(a).cmp(key(b)));
    slots
}
