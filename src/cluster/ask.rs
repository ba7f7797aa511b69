//! One request and its answer, sorted by what a failure says: about the cluster, or about this
//! request alone.

use super::machine::Trouble;
use super::wire::{Encoding, Status, WireError};
use crate::link::{Ask, Body, Lane, Link, LinkError, Reply};
use std::time::Duration;

/// Why a request has no usable answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AskError {
    /// The link failed, or there are no credentials.
    #[error("{0}")]
    Link(#[from] LinkError),
    /// The server refuses, in its own words.
    #[error("{status}")]
    Refused {
        /// The words.
        status: Status,
        /// Seconds to wait, where the server asks for it.
        retry_after: Option<u32>,
    },
    /// The answer is not an API server's: what it is instead.
    #[error("an answer {0}; a proxy or login page may be in the way")]
    Foreign(String),
    /// Whoever answers at this address is no API server, or none that works: how that shows.
    #[error("{0}")]
    NoServer(String),
    /// Another cluster answers at this address than did before: how that shows.
    #[error("another cluster answers at this address")]
    Replaced(String),
    /// The body cannot be read.
    #[error("{0}")]
    Wire(#[from] WireError),
}

impl AskError {
    /// The HTTP status of a refusal.
    pub fn code(&self) -> Option<i32> {
        match self {
            AskError::Refused { status, .. } => Some(status.code),
            _ => None,
        }
    }

    /// Whether the server does not tell this to us, or has no such thing.
    pub fn is_about_rights(&self) -> bool {
        matches!(self.code(), Some(403..=405))
    }

    /// What it says about the cluster; `None` when it is about this request alone.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            // A cluster that the kubeconfig does not describe cannot be reached either.
            AskError::Link(error) if error.is_link() || matches!(error, LinkError::Config(_)) => {
                Some(Trouble::Link(advised(error)))
            }
            AskError::Link(error) if error.is_credentials() => Some(Trouble::Credentials(advised(error))),
            AskError::NoServer(how) => Some(Trouble::Link(how.clone())),
            AskError::Replaced(_) => Some(Trouble::Replaced(self.sentence())),
            AskError::Refused { status, .. } if status.code == 401 => Some(Trouble::Credentials(format!(
                "the server refuses these credentials (401: {}); log in again or renew them, then retry",
                status.message
            ))),
            AskError::Refused { status, retry_after } if status.code == 429 => {
                Some(Trouble::Throttled { reason: status.message.clone(), retry_after: *retry_after })
            }
            _ => None,
        }
    }

    /// A sentence for the reader: what was tried, what came back, what to do next.
    pub fn sentence(&self) -> String {
        match self {
            AskError::Link(error) => advised(error),
            AskError::Refused { status, .. } => format!("{} (HTTP {})", status.message, status.code),
            AskError::NoServer(how) => how.clone(),
            AskError::Replaced(how) => format!(
                "another cluster answers at this address ({how}); r or :retry accepts it and reads everything anew"
            ),
            AskError::Wire(_) | AskError::Foreign(_) => format!("the answer cannot be read: {self}"),
        }
    }
}

fn advised(error: &LinkError) -> String {
    match error.advice() {
        Some(advice) => format!("{error}; {advice}"),
        None => error.to_string(),
    }
}

/// An answer with status 200.
pub struct Answer {
    /// How its body is written.
    pub encoding: Encoding,
    /// The server's clock, in seconds since the epoch.
    pub date: Option<u32>,
    /// The body.
    pub body: Body,
}

/// Time-outs of the requests of one run.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The longest wait for the head of an answer, and the longest silence within a list.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience { silence: Duration::from_secs(10) }
    }
}

const SMALL: usize = 64 << 20;

/// Sends one request; anything but a readable 200 is an error.
pub async fn ask(link: &Link, ask: Ask) -> Result<Answer, AskError> {
    answer(link.send(ask).await?, 200).await
}

async fn answer(reply: Reply, wanted: u16) -> Result<Answer, AskError> {
    let encoding = Encoding::of(&reply.content_type);
    if is_a_page(&reply) {
        return Err(AskError::Foreign(format!("of type {:?} with HTTP {}", reply.content_type, reply.status)));
    }
    if reply.status != wanted {
        return Err(refusal(reply, encoding).await);
    }
    match encoding {
        Some(encoding) => Ok(Answer { encoding, date: reply.date, body: reply.body }),
        None => Err(AskError::Foreign(format!("of type {:?}", reply.content_type))),
    }
}

/// Whether it is made for a browser: a page, or the way to one. What it says of credentials, or of
/// too many requests, holds all the same.
fn is_a_page(reply: &Reply) -> bool {
    let page = reply.content_type.starts_with("text/html") && !matches!(reply.status, 200 | 401 | 429);
    page || (300..400).contains(&reply.status)
}

async fn refusal(reply: Reply, encoding: Option<Encoding>) -> AskError {
    let (code, retry_after) = (reply.status, reply.retry_after);
    // The status counts even where its body is cut or too long to be a Status.
    let body = reply.body.collect(1 << 20).await.unwrap_or_default();
    AskError::Refused { status: Status::of(code, encoding, &body), retry_after }
}

/// Asks a question in JSON, as access reviews are asked, and reads the answer whole.
pub async fn post_json<T: serde::de::DeserializeOwned>(
    link: &Link,
    path: &str,
    question: String,
    patience: Patience,
) -> Result<T, AskError> {
    let request = Ask {
        path: path.to_owned(),
        accept: "application/json",
        gzip: false,
        lane: Lane::Bulk,
        head_timeout: patience.silence,
        idle_timeout: patience.silence,
    };
    let answer = answer(link.post(request, question.into_bytes()).await?, 201).await?;
    let body = answer.body.collect(SMALL).await?;
    serde_json::from_slice(&body).map_err(|error| WireError::Object(format!("{path}: {error}")).into())
}

/// Sends one request for JSON and reads its answer whole.
pub async fn get_json<T: serde::de::DeserializeOwned>(
    link: &Link,
    path: &str,
    accept: &'static str,
    patience: Patience,
) -> Result<T, AskError> {
    get_json_on(Lane::Bulk, link, path, accept, patience).await
}

/// The same on the connections of a lane.
pub async fn get_json_on<T: serde::de::DeserializeOwned>(
    lane: Lane,
    link: &Link,
    path: &str,
    accept: &'static str,
    patience: Patience,
) -> Result<T, AskError> {
    let request = Ask {
        path: path.to_owned(),
        accept,
        gzip: link.rtt().is_some_and(|rtt| rtt >= Duration::from_millis(1)),
        lane,
        head_timeout: patience.silence,
        idle_timeout: patience.silence,
    };
    let answer = ask(link, request).await?;
    let body = answer.body.collect(SMALL).await?;
    serde_json::from_slice(&body).map_err(|error| WireError::Object(format!("{path}: {error}")).into())
}
