//! A small selection of objects followed in JSON, each handed over whole.

use super::ask::{Answer, AskError, ask};
use super::cluster::Cluster;
use super::gate::Pass;
use super::machine::{self, Trouble};
use super::watch::percent_encode;
use super::wire::{EventType, WatchReader, WireError, json};
use crate::link::{Ask, Lane};
use crate::model::kind::Kind;
use crate::model::state::Phase;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// The largest object that is taken whole: some times what etcd holds of one.
pub const MOST: usize = 8 << 20;
/// The one way in which whole objects are read here.
pub const JSON: &str = "application/json";
/// A watch that the server ends sooner than this and without an event was not worth opening.
const TOO_SHORT: Duration = Duration::from_secs(2);

/// What came.
pub enum Turn {
    /// The server has agreed to the watch.
    Open,
    /// An object came, changed or went.
    Object(EventType, Value),
}

/// How a watch ended that the server closed as it should.
pub struct Closed {
    /// It lasted for a while, or brought something.
    pub fruitful: bool,
}

/// What is followed.
pub struct Tail<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The path of the collection.
    pub path: String,
    /// A field selector.
    pub fields: &'a str,
}

impl Tail<'_> {
    /// Follows from `version` on, which moves along; returns when the server closes the watch.
    pub async fn follow(
        &self,
        pass: &mut Pass,
        version: &mut String,
        mut turn: impl FnMut(Turn),
    ) -> Result<Closed, AskError> {
        let seconds = (300.0 + 300.0 * machine::jitter()) as u32;
        let path = format!(
            "{}?watch=true&allowWatchBookmarks=true&timeoutSeconds={seconds}&resourceVersion={}&fieldSelector={}",
            self.path,
            percent_encode(version),
            percent_encode(self.fields),
        );
        let request = Ask {
            path,
            accept: JSON,
            gzip: false,
            lane: Lane::Watch,
            head_timeout: self.cluster.patience.silence,
            idle_timeout: Duration::from_secs(u64::from(seconds) + 15),
        };
        let begun = Instant::now();
        let Answer { encoding, date, mut body } = ask(self.cluster.link()?, request).await?;
        self.cluster.learn_date(date);
        pass.progress();
        turn(Turn::Open);
        let mut reader = WatchReader::new(encoding);
        let mut events = 0_u32;
        while let Some(bytes) = body.chunk().await? {
            self.cluster.gate.heard();
            reader.push(&bytes, |kind, object| {
                events = events.saturating_add(1);
                match kind {
                    EventType::Error => Err(AskError::Refused { status: json::status(object)?, retry_after: None }),
                    EventType::Bookmark => {
                        let next = json::bookmark(object)?.resource_version;
                        if !next.is_empty() {
                            *version = next;
                        }
                        Ok(())
                    }
                    kind => {
                        let object = read(object)?;
                        version_of(&object).clone_into(version);
                        turn(Turn::Object(kind, object));
                        Ok(())
                    }
                }
            })?;
            pass.progress();
        }
        Ok(Closed { fruitful: events > 0 || begun.elapsed() >= TOO_SHORT })
    }
}

/// An object of at most [`MOST`] bytes.
pub fn read(bytes: &[u8]) -> Result<Value, WireError> {
    if bytes.len() > MOST {
        return Err(WireError::Object(format!("this object is larger than {} MiB", MOST >> 20)));
    }
    serde_json::from_slice(bytes).map_err(|error| WireError::Object(error.to_string()))
}

/// One object.
pub async fn get(cluster: &Cluster, pass: &mut Pass, path: String, accept: &'static str) -> Result<Value, AskError> {
    let link = cluster.link()?;
    let request = Ask {
        path,
        accept,
        gzip: is_far(cluster),
        lane: Lane::Bulk,
        head_timeout: cluster.patience.silence,
        idle_timeout: cluster.patience.silence,
    };
    let answer = ask(link, request).await?;
    cluster.learn_date(answer.date);
    let mut body = answer.body;
    let mut bytes = Vec::new();
    while let Some(chunk) = body.chunk().await? {
        cluster.gate.heard();
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST {
            break;
        }
    }
    pass.progress();
    Ok(read(&bytes)?)
}

/// Whether compression is worth its cost.
pub fn is_far(cluster: &Cluster) -> bool {
    cluster.link().ok().and_then(crate::link::Link::rtt).is_some_and(|rtt| rtt >= Duration::from_millis(1))
}

/// Tells the gate what a failure says of the cluster; whether it says anything.
pub fn tell(cluster: &Cluster, mut pass: Pass, error: &AskError) -> bool {
    let connecting = cluster.gate.state().phase == Phase::Connecting;
    if let Some(trouble) = error.trouble() {
        pass.trouble(trouble);
        return true;
    }
    if connecting && matches!(error, AskError::Foreign(_)) {
        pass.trouble(Trouble::Link(error.sentence()));
        return true;
    }
    if matches!(error, AskError::Refused { .. } | AskError::Wire(_)) {
        // The server answered: the link and the credentials work.
        pass.progress();
    }
    false
}

/// The path of one object.
pub fn path_of(kind: &Kind, namespace: &str, name: &str) -> String {
    let namespace = (!namespace.is_empty()).then_some(namespace);
    format!("{}/{}", kind.path(namespace), percent_encode(name))
}

/// The resource version of an object.
pub fn version_of(object: &Value) -> &str {
    object["metadata"]["resourceVersion"].as_str().unwrap_or_default()
}

/// The uid of an object.
pub fn uid_of(object: &Value) -> &str {
    object["metadata"]["uid"].as_str().unwrap_or_default()
}
