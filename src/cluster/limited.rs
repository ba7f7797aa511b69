//! One kind kept open in a cluster, also for users who may not list it in all namespaces at once: then
//! one watch a namespace where it is allowed, and what else there may be is said.

use super::cluster::Cluster;
use super::open::{Inner, Options};
use super::rights::{HOLDS, HOLDS_YOUNG, Origin};
use super::watch::{Selection, Watch};
use crate::kinds;
use crate::model::column::Column;
use crate::model::draft::Draft;
use crate::model::kind::Kind;
use crate::model::source::Source;
use crate::model::state::WatchPhase;
use futures::{StreamExt, stream};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{AbortHandle, JoinSet};

/// Namespaces of one kind that are asked about while their answers hold.
const MOST: usize = 200;
/// Questions at once, and how many are asked before what they found is shown.
const AT_ONCE: usize = 8;
const BATCH: usize = 24;
/// How soon it is asked again where the reviews themselves failed.
const SOON: Duration = Duration::from_secs(30);
/// How often the named namespaces are read where they cannot be listed.
const READ_AGAIN: Duration = Duration::from_mins(1);
/// How long a namespace is young, in seconds.
const YOUNG: u32 = 300;
/// The time that several new namespaces have to come together.
const TOGETHER: Duration = Duration::from_millis(300);

/// What "all namespaces" comes to for a user who may not list them all at once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// The namespaces that are read.
    pub read: Vec<String>,
    /// How many may not be listed, as the reviews say.
    pub refused: usize,
    /// How many were not asked about.
    pub unchecked: usize,
    /// Why it is not known which namespaces there are.
    pub unknown: Option<String>,
    /// Why the reviews could not be had.
    pub unasked: Option<String>,
    /// Some are still being asked about.
    pub checking: bool,
    /// It is the namespaces themselves that may not be listed: `read` are those that somebody named.
    pub by_name: bool,
}

/// A namespace that is read on its own.
struct Part {
    source: Arc<Source>,
    watch: AbortHandle,
}

impl Drop for Part {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// Keeps one kind open; dropping it ends its watches.
pub(super) struct Scope {
    pub cluster: Arc<Cluster>,
    pub kind: Arc<Kind>,
    pub options: Options,
    /// Where readers find the sources, and the place of this kind there.
    pub shown: (Arc<Mutex<Inner>>, usize),
    pub watches: JoinSet<()>,
}

impl Scope {
    /// Opens the kind in these namespaces; `None` is all of them.
    pub async fn run(mut self, namespaces: Vec<Option<String>>) {
        let all = !self.kind.namespaced || namespaces.contains(&None);
        if all {
            return self.run_whole().await;
        }
        let sources: Vec<_> = namespaces.into_iter().map(|namespace| self.source(namespace)).collect();
        self.show(sources.clone(), None);
        for source in sources {
            self.watch(source);
        }
        while self.watches.join_next().await.is_some() {}
    }

    async fn run_whole(&mut self) {
        let whole = self.source(None);
        self.show(vec![whole.clone()], None);
        let names = self.kind.group.is_empty() && self.kind.plural == "namespaces";
        if names && self.options.selection == Selection::default() {
            self.cluster.rights.set_namespaces(&whole);
        }
        self.watch(whole.clone());
        if self.options.once {
            while self.watches.join_next().await.is_some() {}
        }
        if !names && !self.kind.namespaced {
            while self.watches.join_next().await.is_some() {}
            return;
        }
        loop {
            if !self.options.once {
                until(&whole, |refused| refused).await;
            } else if !whole.status().refused {
                return;
            }
            let allowed = until(&whole, |refused| !refused);
            let mut parts = BTreeMap::new();
            tokio::select! {
                biased;
                () = allowed => (),
                () = async { if names { self.names(&whole).await } else { self.parts(&whole, &mut parts).await } } => return,
            }
            self.show(vec![whole.clone()], None);
            for part in parts.into_values() {
                self.close(part).await;
            }
        }
    }

    fn source(&self, namespace: Option<String>) -> Arc<Source> {
        let follow = self.options.followers.is_some();
        Arc::new(Source::new(self.cluster.id, self.kind.clone(), namespace, self.cluster.bell().clone(), follow))
    }

    fn watch(&mut self, source: Arc<Source>) -> AbortHandle {
        let watch = Watch::new(self.cluster.clone(), source, &self.options);
        self.watches.spawn(watch.run())
    }

    fn show(&self, sources: Vec<Arc<Source>>, limits: Option<Limits>) {
        let (inner, at) = &self.shown;
        if let Some(group) = inner.lock().groups.get_mut(*at) {
            (group.sources, group.limits) = (sources, limits);
        }
        self.cluster.bell().turn();
    }

    /// Ends a part; those who follow it are told that its rows are out of sight.
    async fn close(&self, part: Part) {
        let source = part.source.clone();
        drop(part);
        source.clear(self.cluster.now());
        if let Some(followers) = &self.options.followers {
            let feed = source.take_feed();
            let _ = followers.send((source, feed)).await;
        }
    }

    /// Reads the kind namespace by namespace for as long as it runs; once where it runs once.
    async fn parts(&mut self, whole: &Arc<Source>, parts: &mut BTreeMap<String, Part>) {
        let namespaces = self.namespaces().await;
        let cluster = self.cluster.clone();
        loop {
            let (renamed, changed) = (cluster.rights.renamed.notified(), namespaces.changed());
            let kicked = cluster.kick.notified();
            tokio::pin!(renamed, changed, kicked);
            renamed.as_mut().enable();
            changed.as_mut().enable();
            kicked.as_mut().enable();
            let (limits, young) = self.round(whole, &namespaces, parts).await;
            if self.options.once {
                while self.watches.join_next().await.is_some() {}
                return;
            }
            let again = match (limits.unasked.is_some(), young) {
                (true, _) => SOON,
                (false, true) => HOLDS_YOUNG,
                (false, false) => HOLDS,
            };
            tokio::select! {
                () = renamed => (),
                () = kicked => (),
                () = changed => tokio::time::sleep(TOGETHER).await,
                () = tokio::time::sleep(again) => (),
            }
        }
    }

    /// Where the cluster's namespaces are followed, or were read where this runs once.
    async fn namespaces(&mut self) -> Arc<Source> {
        if let Some(source) = self.cluster.rights.namespaces().filter(|_| !self.options.once) {
            return source;
        }
        let kind = kinds::named("namespaces").unwrap_or_default();
        let source = Arc::new(Source::new(self.cluster.id, kind, None, self.cluster.bell().clone(), false));
        let options = Options { once: self.options.once, ..Options::default() };
        let watch = Watch::new(self.cluster.clone(), source.clone(), &options);
        if self.options.once {
            watch.run().await;
        } else {
            self.cluster.rights.set_namespaces(&source);
            self.watches.spawn(watch.run());
        }
        source
    }

    /// Asks about the namespaces that there are, and opens those that may be read. Says whether young
    /// ones are among those that may not.
    async fn round(
        &mut self,
        whole: &Arc<Source>,
        namespaces: &Source,
        parts: &mut BTreeMap<String, Part>,
    ) -> (Limits, bool) {
        let is_refused = |part: &Part| matches!(part.source.status().phase, WatchPhase::Forbidden { .. });
        for (name, _) in parts.iter().filter(|(_, part)| is_refused(part)) {
            self.cluster.rights.doubt(&self.kind, name);
        }
        let status = namespaces.status();
        let mut named: BTreeSet<String> = self.cluster.rights.named().into_keys().collect();
        let mut there = BTreeSet::new();
        let mut young = BTreeSet::new();
        let mut limits = Limits::default();
        if status.complete {
            let rows = namespaces.rows();
            there.extend(rows.slots().map(|slot| rows.name(slot).to_owned()));
            let since = self.cluster.now().saturating_sub(YOUNG);
            let is_young = |slot: &u32| rows.created(*slot) > since;
            young.extend(rows.slots().filter(is_young).map(|slot| rows.name(slot).to_owned()));
            named.retain(|name| there.contains(name));
        } else {
            match &status.phase {
                WatchPhase::Waiting | WatchPhase::Loading { .. } => limits.checking = true,
                phase => {
                    limits.unknown = Some(phase.reason().to_owned());
                    there.insert(self.cluster.namespace.clone());
                }
            }
        }
        // Rows of before stay until it is known that less of them may be read now.
        let holds_rows = !whole.is_empty();
        if holds_rows {
            there.extend(std::mem::take(&mut named));
        }
        there.retain(|name| !named.contains(name));
        let known = |name: &String| self.cluster.rights.known(&self.kind, name, young.contains(name));
        let (answered, mut open): (Vec<_>, Vec<_>) = there.into_iter().partition(|name| known(name).is_some());
        let mut allowed: BTreeSet<String> = answered.iter().filter(|name| known(name) == Some(true)).cloned().collect();
        limits.refused = answered.len() - allowed.len();
        open.sort_by_key(|name| !self.cluster.rights.is_likely(name));
        limits.unchecked = open.len().saturating_sub(MOST.saturating_sub(answered.len()));
        open.truncate(open.len() - limits.unchecked);
        let still = limits.checking;
        limits.checking |= !open.is_empty();
        let mut asked = 0;
        self.apply(whole, &limits, &named, &allowed, parts).await;
        for batch in open.chunks(BATCH) {
            let (cluster, kind) = (self.cluster.clone(), self.kind.clone());
            let answers = stream::iter(batch.to_vec())
                .map(|name| ask(cluster.clone(), kind.clone(), name))
                .buffer_unordered(AT_ONCE)
                .collect::<Vec<_>>()
                .await;
            asked += batch.len();
            for (name, answer) in answers {
                match answer {
                    Ok(true) => drop(allowed.insert(name)),
                    Ok(false) => limits.refused += 1,
                    Err(sentence) => {
                        limits.unchecked += 1;
                        limits.unasked = Some(sentence);
                    }
                }
            }
            if limits.unasked.is_some() {
                limits.unchecked += open.len() - asked;
                break;
            }
            self.apply(whole, &limits, &named, &allowed, parts).await;
        }
        limits.checking = still;
        self.apply(whole, &limits, &named, &allowed, parts).await;
        (limits, young.iter().any(|name| !allowed.contains(name) && !named.contains(name)))
    }

    /// Opens what is to be read and is not yet, closes what is not to be read any more, and shows it.
    async fn apply(
        &mut self,
        whole: &Arc<Source>,
        limits: &Limits,
        named: &BTreeSet<String>,
        allowed: &BTreeSet<String>,
        parts: &mut BTreeMap<String, Part>,
    ) {
        let gone: Vec<_> =
            parts.keys().filter(|name| !named.contains(*name) && !allowed.contains(*name)).cloned().collect();
        let mut closed: Vec<_> = gone.iter().filter_map(|name| parts.remove(name)).collect();
        if !allowed.is_empty() && !whole.is_empty() {
            whole.clear(self.cluster.now());
        }
        for name in named.union(allowed) {
            if !parts.contains_key(name) {
                let source = self.source(Some(name.clone()));
                let watch = self.watch(source.clone());
                parts.insert(name.clone(), Part { source, watch });
            }
        }
        let limits = Limits { read: parts.keys().cloned().collect(), ..limits.clone() };
        let sources = std::iter::once(whole).chain(parts.values().map(|part| &part.source)).cloned();
        self.show(sources.collect(), Some(limits));
        for part in closed.drain(..) {
            self.close(part).await;
        }
    }

    /// The namespaces that somebody named, read one by one, where they may not be listed.
    async fn names(&mut self, whole: &Arc<Source>) {
        let cluster = self.cluster.clone();
        let source = self.source(None);
        let Some(client) = kinds::find("", &self.kind.version, "namespaces") else { return };
        let columns = client.columns.iter().cloned().chain([Column::shown("FROM")]);
        source.set_columns(columns.collect());
        loop {
            let (renamed, kicked) = (cluster.rights.renamed.notified(), cluster.kick.notified());
            tokio::pin!(renamed, kicked);
            renamed.as_mut().enable();
            kicked.as_mut().enable();
            source.begin();
            let mut read = Vec::new();
            for (name, origin) in self.named() {
                let mut draft = Draft::default();
                if self.read_name(&name, origin, client.from_json, &mut draft).await {
                    source.upsert(&draft, cluster.now());
                    read.push(name);
                }
            }
            source.commit(cluster.now());
            let limits = Limits { read, by_name: true, ..Limits::default() };
            self.show(vec![whole.clone(), source.clone()], Some(limits));
            if self.options.once {
                return;
            }
            tokio::select! {
                () = renamed => (),
                () = kicked => (),
                () = tokio::time::sleep(READ_AGAIN) => (),
            }
        }
    }

    /// What is named, with the namespace that a context without one means.
    fn named(&self) -> BTreeMap<String, Origin> {
        let mut named = self.cluster.rights.named();
        named.entry(self.cluster.namespace.clone()).or_insert(Origin::Context);
        named
    }

    /// Drafts the row of a named namespace; false where there is none to show.
    async fn read_name(
        &self,
        name: &str,
        origin: Origin,
        from_json: fn(&[u8], &mut Draft) -> Result<(), kinds::DecodeError>,
        draft: &mut Draft,
    ) -> bool {
        match self.cluster.object(&self.kind, None, name).await {
            Ok(bytes) if from_json(&bytes, draft).is_ok() => (),
            // It is not there: a slip of the fingers, or gone.
            Err(error) if error.code() == Some(404) => return false,
            // A script gets objects, not hearsay.
            _ if self.options.once => return false,
            _ => {
                draft.clear();
                draft.name = draft.span(name);
                draft.cell_span(draft.name);
                draft.cell("");
                draft.cell("");
            }
        }
        draft.cell(origin.word());
        true
    }
}

/// Waits until a source's list is refused, or is not.
async fn until(source: &Source, wanted: impl Fn(bool) -> bool) {
    loop {
        let changed = source.changed();
        tokio::pin!(changed);
        changed.as_mut().enable();
        if wanted(source.status().refused) {
            return;
        }
        changed.await;
    }
}

async fn ask(cluster: Arc<Cluster>, kind: Arc<Kind>, namespace: String) -> (String, Result<bool, String>) {
    let mut pass = cluster.gate.pass().await;
    let answer = cluster.may_list(&kind, &namespace).await;
    let answer = answer.map_err(|error| {
        let sentence = error.sentence();
        match error.trouble() {
            Some(trouble) => pass.trouble(trouble),
            None => pass.progress(),
        }
        sentence
    });
    (namespace, answer)
}
