//! Fills one source: lists it, follows it, and says on it and on the cluster how that goes.

mod failed;
mod turn;

use super::ask::{Answer, AskError, ask};
use super::cluster::Cluster;
use super::doubt::look_closer;
use super::gate::Pass;
use super::machine;
use super::open::Options;
use super::project::Projector;
use super::relate::sieve::Sieve;
use super::shape::Shape;
use super::wire::{Encoding, ListPiece, ListReader, MAX_OBJECT, WatchReader, WireError, protobuf};
use crate::link::{Ask, Lane};
use crate::model::source::{Feed, Source};
use crate::model::state::WatchPhase;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use turn::Turn;

/// Objects of the first page, so that the eye has something soon.
const FIRST_PAGE: u32 = 500;
/// Objects of the pages after it: a large page costs the server less in sum.
const NEXT_PAGE: u32 = 5000;
/// A round trip below which compression costs more than it saves.
const NEAR: Duration = Duration::from_millis(1);
/// A round trip from which a link counts as slow: compressed pages instead of a stream.
const FAR: Duration = Duration::from_millis(20);
/// How long a streaming list may be silent before it counts as one that never ends.
const STREAM_SILENCE: Duration = Duration::from_secs(10);
/// Events that a streaming list must bring in that time: fewer are the changes of a busy kind on a
/// server that does not know streaming lists.
const STREAM_EVENTS: u32 = 500;
/// How often a kind is listed that cannot be watched.
const POLL: Duration = Duration::from_secs(30);
/// A watch that the server ends sooner than this and without an event was not worth opening.
const TOO_SHORT: Duration = Duration::from_secs(2);

/// A selection that the server makes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selection {
    /// A label selector; empty for all.
    pub labels: String,
    /// A field selector; empty for all.
    pub fields: String,
}

/// Fills one source for as long as it runs.
#[allow(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct Watch {
    cluster: Arc<Cluster>,
    source: Arc<Source>,
    selection: Selection,
    projector: Projector,
    followers: Option<mpsc::Sender<(Arc<Source>, Vec<Feed>)>>,
    /// Ends when the first list is complete.
    once: bool,
    /// The one object that is wanted.
    name: Option<String>,
    /// Which of the clusters that answered here in turn the rows are of.
    generation: u64,
    /// The version to go on from; empty when a list is due.
    version: String,
    /// The connection on which that was told is lost.
    lost: bool,
    /// Failures of this watch alone since its last progress.
    failures: u32,
    /// Seconds that the server has asked us to wait, where this runs once.
    throttled: u32,
    /// Lists in a row that the server broke off as expired.
    expired: u32,
    /// The credentials were refused since the last progress, and have been renewed.
    renewed: bool,
    /// The server lists the kind and cannot watch it.
    unwatchable: bool,
    /// Listing is allowed and watching is not, in the server's words.
    forbidden: Option<WatchPhase>,
    /// Its rows are not all of the collection: their number says nothing about the whole.
    partly: bool,
}

/// How a request that went well ended.
enum Ended {
    /// The list is complete.
    Listed,
    /// The server closed the watch; it lasted so long, and something came.
    Closed { lasted: Duration, fruitful: bool },
}

impl Watch {
    /// A watch that fills `source`.
    pub fn new(cluster: Arc<Cluster>, source: Arc<Source>, options: &Options) -> Watch {
        let projector = Projector::new(&source.kind);
        let generation = cluster.generation();
        let partly = options.selection != Selection::default() || options.name.is_some();
        Watch {
            cluster,
            source,
            selection: options.selection.clone(),
            projector,
            followers: options.followers.clone(),
            once: options.once,
            name: options.name.clone(),
            generation,
            version: String::new(),
            lost: false,
            failures: 0,
            throttled: 0,
            expired: 0,
            renewed: false,
            unwatchable: false,
            forbidden: None,
            partly,
        }
    }

    /// The same with other rows than the kind's, of what passes the sieve.
    #[must_use]
    pub fn shaped(self, shape: Shape, sieve: Sieve) -> Watch {
        let partly = !sieve.is_open() || !matches!(shape, Shape::Kind);
        Watch { projector: self.projector.shaped(shape, sieve), partly: self.partly || partly, ..self }
    }

    fn begin(&mut self) {
        self.source.begin();
        self.projector.begin();
    }

    /// Lists and follows. Ends by itself only after the first list of a watch that runs once, or
    /// when such a watch fails.
    pub async fn run(mut self) {
        loop {
            let pass = self.cluster.gate.pass().await;
            let ended = self.attempt(pass).await;
            self.flush().await;
            let wait = match ended {
                Ok(Ended::Listed) if self.once => return,
                Ok(Ended::Listed) if self.must_poll() => {
                    self.version.clear();
                    Some(POLL)
                }
                Ok(Ended::Listed) => None,
                Ok(Ended::Closed { lasted, fruitful }) if fruitful || lasted >= TOO_SHORT => {
                    self.failures = 0;
                    None
                }
                Ok(Ended::Closed { .. }) => Some(self.own_backoff()),
                Err(error) => self.failed(&error),
            };
            self.flush().await;
            if self.once && wait.is_some() {
                return;
            }
            if let Some(wait) = wait {
                tokio::select! {
                    () = tokio::time::sleep(wait) => (),
                    () = self.cluster.kick.notified() => (),
                }
            }
        }
    }

    async fn attempt(&mut self, mut pass: Pass) -> Result<Ended, AskError> {
        self.begin_anew();
        let begun = Instant::now();
        let watching = !self.version.is_empty();
        let result = match self.request(&mut pass).await {
            Err(error) => Err(look_closer(&self.cluster, error).await),
            done => done,
        };
        if let Err(error) = &result {
            self.lost |= matches!(error, AskError::Link(_));
            if watching && self.is_only_cut(error, begun) {
                return Ok(Ended::Closed { lasted: begun.elapsed(), fruitful: true });
            }
            if error.code() == Some(401) && !self.renewed {
                // The link has dropped the refused credentials: with new ones this may work at once.
                self.renewed = true;
                return Ok(Ended::Closed { lasted: begun.elapsed(), fruitful: true });
            }
            if let Some(trouble) = error.trouble() {
                pass.trouble(trouble);
            } else if matches!(error, AskError::Refused { .. } | AskError::Wire(_) | AskError::Foreign(_)) {
                // The server answered: the link and the credentials work.
                pass.progress();
            }
        }
        result
    }

    /// Drops what was read of another cluster than the one that is accepted now.
    fn begin_anew(&mut self) {
        let generation = self.cluster.generation();
        if std::mem::replace(&mut self.generation, generation) == generation {
            return;
        }
        self.projector.begin_anew();
        (self.failures, self.expired, self.unwatchable, self.forbidden) = (0, 0, false, None);
        self.version.clear();
        self.source.clear(self.cluster.now());
        self.source.set_refused(false);
        self.source.set_phase(WatchPhase::Waiting, self.cluster.now());
    }

    /// Whether a watch that worked was cut, as proxies and load balancers do it: then it is resumed at
    /// once, and only if that fails, too, the cluster is lost.
    fn is_only_cut(&self, error: &AskError, begun: Instant) -> bool {
        let cut = matches!(error, AskError::Link(error) if error.is_cut());
        cut && begun.elapsed() >= TOO_SHORT && self.source.status().phase == WatchPhase::Live
    }

    async fn request(&mut self, pass: &mut Pass) -> Result<Ended, AskError> {
        if !self.version.is_empty() {
            return self.watch(pass, false).await;
        }
        if self.source.status().phase == WatchPhase::Waiting {
            self.loading(self.remembered());
        }
        let link = self.cluster.link()?;
        let remote = link.is_remote();
        if remote && (link.rtt().is_none() || self.cluster.state().version.is_empty()) {
            // How far the server is decides how it is asked, its version what it prints: a small question
            // finds out.
            if let Err(error) = self.cluster.learn_version().await
                && error.trouble().is_some()
            {
                return Err(error);
            }
        }
        // The embedded clusters print as the newest servers, whatever they are called.
        let minor = if remote { self.cluster.state().minor() } else { 0 };
        self.projector.set_minor(minor, &self.source);
        let mut refused = false;
        if self.may_stream() && !(self.once && self.is_gettable()) {
            match self.watch(pass, true).await {
                Err(error) if self.is_about_streaming(&error) => refused = matches!(error.code(), Some(400 | 422)),
                other => return other,
            }
        }
        let gettable = self.is_gettable();
        let first = if gettable && self.once { self.get(pass).await } else { self.list(pass).await };
        if let Err(refused) = first {
            if !gettable || refused.code() != Some(403) {
                return Err(refused);
            }
            // One object may be read where a list may not, and seldom the other way round.
            let second = if self.once { self.list(pass).await } else { self.get(pass).await };
            return match second {
                Err(error) if error.code() == Some(403) => Err(refused),
                other => other.map(|()| Ended::Listed),
            };
        }
        if refused {
            // The list worked, so it was the streaming that the server did not like.
            self.cluster.learned.no_streaming.store(true, Ordering::Relaxed);
        }
        Ok(Ended::Listed)
    }

    /// Says that the first list is arriving.
    fn loading(&self, expected: Option<u32>) {
        if !self.source.status().complete {
            self.source.set_phase(WatchPhase::Loading { expected }, self.cluster.now());
        }
    }

    /// Whether the only way to see changes is to list again.
    fn must_poll(&self) -> bool {
        self.unwatchable || !self.source.kind.can_watch || self.version.is_empty()
    }

    fn may_stream(&self) -> bool {
        let round_trip = self.cluster.link().ok().and_then(crate::link::Link::rtt);
        is_near(round_trip)
            && self.source.kind.can_watch
            && !self.unwatchable
            && self.forbidden.is_none()
            && !self.source.status().refused
            && !self.cluster.learned.no_streaming.load(Ordering::Relaxed)
            && !self.cluster.learned.endless.lock().contains(&self.source.kind.id())
    }

    /// Whether a streaming list failed in a way that a list in pages may not.
    fn is_about_streaming(&self, error: &AskError) -> bool {
        match error {
            // A watch may be forbidden, or not served, where a list is not.
            AskError::Refused { status, .. } => matches!(status.code, 400 | 403 | 405 | 422),
            AskError::Wire(WireError::Object(what)) if what == ENDLESS => {
                self.cluster.learned.endless.lock().push(self.source.kind.id());
                true
            }
            _ => false,
        }
    }

    fn path(&self, query: &[(&str, &str)]) -> String {
        let mut path = self.source.kind.path(self.source.namespace.as_deref());
        let selection = [("labelSelector", self.selection.labels.as_str()), ("fieldSelector", &self.selection.fields)];
        let table = if self.projector.is_table() { [("includeObject", "Metadata")] } else { [("", "")] };
        let all =
            query.iter().chain(&selection).chain(&table).filter(|(key, value)| !key.is_empty() && !value.is_empty());
        for (i, (key, value)) in all.enumerate() {
            path.push(if i == 0 { '?' } else { '&' });
            path.push_str(key);
            path.push('=');
            path.push_str(&percent_encode(value));
        }
        path
    }

    /// Reads the whole collection in pages.
    async fn list(&mut self, pass: &mut Pass) -> Result<(), AskError> {
        self.begin();
        let (mut next, mut version, mut read) = (String::new(), String::new(), 0_u32);
        loop {
            // A server that keeps expiring our pages is asked for everything at once.
            let limit = match (self.expired, next.is_empty()) {
                (2.., _) => String::new(),
                (_, true) => FIRST_PAGE.to_string(),
                (_, false) => NEXT_PAGE.to_string(),
            };
            let request = Ask {
                path: self.path(&[("limit", &limit), ("continue", &next)]),
                accept: self.projector.accept_list(),
                gzip: is_worth_gzip(self.cluster.link()?.rtt()),
                lane: Lane::Bulk,
                head_timeout: self.cluster.patience.silence,
                idle_timeout: self.cluster.patience.silence,
            };
            let answer = ask(self.cluster.link()?, request).await?;
            self.cluster.trusted().await?;
            self.cluster.learn_date(answer.date);
            if next.is_empty() {
                self.loading(self.remembered());
            }
            let meta = self.read_list(answer, pass, &mut read).await?;
            if let Some(remaining) = meta.remaining_item_count {
                self.loading(Some(read.saturating_add(remaining.clamp(0, i64::from(u32::MAX)) as u32)));
            }
            if version.is_empty() {
                version = meta.resource_version;
            }
            next = meta.next;
            if next.is_empty() {
                break;
            }
        }
        self.complete(version);
        Ok(())
    }

    /// Whether one object is wanted that has an address of its own.
    fn is_gettable(&self) -> bool {
        let placed = self.source.namespace.is_some() || !self.source.kind.namespaced;
        self.name.is_some() && placed && self.selection.labels.is_empty()
    }

    /// Reads the one object that is wanted.
    async fn get(&mut self, pass: &mut Pass) -> Result<(), AskError> {
        let name = self.name.clone().unwrap_or_default();
        let path = format!("{}/{}", self.source.kind.path(self.source.namespace.as_deref()), percent_encode(&name));
        let request = Ask {
            path: if self.projector.is_table() { format!("{path}?includeObject=Metadata") } else { path },
            accept: self.projector.accept_list(),
            gzip: false,
            lane: Lane::Bulk,
            head_timeout: self.cluster.patience.silence,
            idle_timeout: self.cluster.patience.silence,
        };
        let link = self.cluster.link()?;
        let answer = ask(link, request).await;
        self.cluster.trusted().await?;
        self.source.begin();
        match answer {
            // It is not there, which is an answer, too.
            Err(AskError::Refused { status, .. }) if status.code == 404 && status.message.contains(&name) => {}
            Err(error) => return Err(error),
            Ok(answer) => {
                let (encoding, now) = (answer.encoding, self.heard());
                let body = answer.body.collect(MAX_OBJECT).await?;
                self.take_object(encoding, &body, now)?;
            }
        }
        pass.progress();
        self.complete(String::new());
        Ok(())
    }

    /// Takes an object that came by itself, or as a Table of one row.
    fn take_object(&mut self, encoding: Encoding, body: &[u8], now: u32) -> Result<(), WireError> {
        let (projector, source) = (&mut self.projector, &self.source);
        if encoding == Encoding::Json && projector.is_table() {
            return projector.event(encoding, body, source, now, |draft| source.upsert(draft, now));
        }
        let object = if encoding == Encoding::Protobuf { protobuf::open(body)? } else { body };
        projector.item(encoding, object, source, now, |draft| source.upsert(draft, now))
    }

    async fn read_list(
        &mut self,
        answer: Answer,
        pass: &mut Pass,
        read: &mut u32,
    ) -> Result<super::wire::ListMeta, AskError> {
        let Answer { encoding, mut body, .. } = answer;
        let mut reader = ListReader::new(encoding);
        let mut meta = super::wire::ListMeta::default();
        while let Some(bytes) = body.chunk().await? {
            let now = self.heard();
            let (projector, source) = (&mut self.projector, &self.source);
            reader.push(&bytes, |piece| {
                match piece {
                    ListPiece::Meta(found) => meta = found,
                    ListPiece::Columns(json) => source.set_columns(projector.set_layout(json)?),
                    ListPiece::Item(item) => {
                        projector.item(encoding, item, source, now, |draft| source.upsert(draft, now))?;
                        *read += 1;
                    }
                }
                Ok::<(), WireError>(())
            })?;
            pass.progress();
            self.flush().await;
        }
        reader.finish()?;
        pass.progress();
        self.source.set_columns(self.projector.columns());
        Ok(meta)
    }

    /// Follows the collection from `self.version`, or, when `streaming`, from a list that the server
    /// sends as the first part of the watch.
    async fn watch(&mut self, pass: &mut Pass, streaming: bool) -> Result<Ended, AskError> {
        let seconds = (300.0 + 300.0 * machine::jitter()) as u32;
        let timeout = seconds.to_string();
        let mut query = vec![("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", timeout.as_str())];
        if streaming {
            query.extend([("sendInitialEvents", "true"), ("resourceVersionMatch", "NotOlderThan")]);
            self.begin();
        } else {
            query.push(("resourceVersion", &self.version));
        }
        let request = Ask {
            path: self.path(&query),
            accept: self.projector.accept_watch(),
            gzip: false,
            lane: Lane::Watch,
            head_timeout: self.cluster.patience.silence,
            // A watch may be silent for as long as it lasts; whether the server lives the link's pings tell.
            idle_timeout: if streaming { STREAM_SILENCE } else { Duration::from_secs(u64::from(seconds) + 15) },
        };
        let begun = Instant::now();
        let Answer { encoding, date, mut body } = ask(self.cluster.link()?, request).await?;
        self.cluster.trusted().await?;
        if !streaming && std::mem::take(&mut self.lost) && self.cluster.is_unknown() {
            // Nobody can say whether who answers now is who told the version: the rows are read anew.
            self.version.clear();
            return Ok(Ended::Closed { lasted: begun.elapsed(), fruitful: true });
        }
        self.cluster.learn_date(date);
        if streaming {
            self.loading(self.remembered());
        } else {
            pass.progress();
            self.renewed = false;
            self.forbidden = None;
            self.source.set_refused(false);
            self.source.set_phase(WatchPhase::Live, self.cluster.now());
        }
        self.projector.listing = streaming;
        // The next event may be long in coming.
        self.flush().await;
        let mut reader = WatchReader::new(encoding);
        let mut turn = Turn { listing: streaming, ..Turn::default() };
        let (mut deadline, mut due) = (Instant::now() + STREAM_SILENCE, STREAM_EVENTS);
        loop {
            let accepted = self.cluster.accepted.notified();
            let next =
                async { if turn.listing { timeout_at(deadline, body.chunk()).await } else { Ok(body.chunk().await) } };
            let next = tokio::select! {
                biased;
                next = next => next,
                // What comes on this connection is still the other cluster's.
                () = accepted => break,
            };
            if self.generation != self.cluster.generation() {
                break;
            }
            let Ok(next) = next else {
                if turn.events < due {
                    return Err(WireError::Object(ENDLESS.into()).into());
                }
                (deadline, due) = (Instant::now() + STREAM_SILENCE, turn.events.saturating_add(STREAM_EVENTS));
                continue;
            };
            let chunk = match next {
                Err(error) if turn.listing && matches!(error, crate::link::LinkError::Stalled { .. }) => {
                    return Err(WireError::Object(ENDLESS.into()).into());
                }
                other => other?,
            };
            let Some(bytes) = chunk else { break };
            let now = self.heard();
            let mut version = std::mem::take(&mut self.version);
            let read = reader.push(&bytes, |kind, object| {
                turn.event(&mut self.projector, &self.source, encoding, (kind, object), &mut version, now)
            });
            self.version = if turn.listing { String::new() } else { version };
            read?;
            pass.progress();
            if let Some(version) = turn.listed.take() {
                self.complete(version);
                self.flush().await;
                if self.once {
                    return Ok(Ended::Listed);
                }
                body.set_idle_timeout(Duration::from_secs(u64::from(seconds) + 15));
            }
            self.flush().await;
            if turn.reshaped {
                self.version.clear();
                break;
            }
        }
        if turn.listing && self.generation == self.cluster.generation() {
            return Err(WireError::Truncated.into());
        }
        Ok(Ended::Closed { lasted: begun.elapsed(), fruitful: turn.events > 0 })
    }

    fn complete(&mut self, version: String) {
        self.version = version;
        self.failures = 0;
        self.expired = 0;
        self.renewed = false;
        let total = self.source.len() as u32;
        if !self.partly {
            self.cluster.learned.totals.lock().insert(self.key(), total);
        }
        let phase = self.forbidden.clone().unwrap_or(WatchPhase::Live);
        self.projector.settle(&self.source);
        self.source.commit_as(phase, self.cluster.now());
    }

    fn key(&self) -> (String, Option<String>) {
        (self.source.kind.id(), self.source.namespace.clone())
    }

    fn remembered(&self) -> Option<u32> {
        if self.partly {
            return None;
        }
        self.cluster.learned.totals.lock().get(&self.key()).copied()
    }

    /// Notes that bytes came; the server's clock.
    fn heard(&self) -> u32 {
        self.cluster.gate.heard();
        self.source.heard(crate::base::clock::now());
        self.cluster.now()
    }

    async fn flush(&self) {
        if let Some(followers) = &self.followers {
            let feed = self.source.take_feed();
            if !feed.is_empty() {
                // Nobody follows any more: the run is about to end.
                let _ = followers.send((self.source.clone(), feed)).await;
            }
        }
    }
}

/// Whether a stream of objects is worth more than pages of compressed ones.
fn is_near(round_trip: Option<Duration>) -> bool {
    round_trip.is_none_or(|time| time < FAR)
}

fn is_worth_gzip(round_trip: Option<Duration>) -> bool {
    round_trip.is_some_and(|time| time >= NEAR)
}

const ENDLESS: &str = "the streaming list did not end";

/// Encodes everything that is not unreserved in a URL.
pub fn percent_encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_decides_what_is_asked() {
        let millis = |n| Some(Duration::from_micros(n));
        assert!(!is_worth_gzip(None) && !is_worth_gzip(millis(999)) && is_worth_gzip(millis(1000)));
        assert!(is_near(None) && is_near(millis(19_999)) && !is_near(millis(20_000)));
    }

    #[test]
    fn values_are_encoded() {
        assert_eq!(percent_encode("a in (b,c)&x=y/ü~-._"), "a%20in%20%28b%2Cc%29%26x%3Dy%2F%C3%BC~-._");
    }
}
