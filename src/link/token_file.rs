//! A bearer token in a file that something else renews.

use std::{
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use http::HeaderValue;
use parking_lot::Mutex;
use tokio::fs;

use super::{LinkError, auth};

/// The file is read again after this long, or when its time stamp moved.
const REREAD: Duration = Duration::from_mins(1);
/// Its time stamp is looked at this often.
const LOOK: Duration = Duration::from_secs(1);

/// The file and what it held last.
pub(super) struct TokenFile {
    user: Arc<str>,
    path: PathBuf,
    fallback: Option<HeaderValue>,
    last: Mutex<Option<Held>>,
}

#[derive(Clone)]
struct Held {
    header: HeaderValue,
    modified: Option<SystemTime>,
    read: Instant,
    looked: Instant,
    stale: bool,
}

impl TokenFile {
    /// `fallback` is the static token of the same user, used while the file cannot be.
    pub fn new(user: Arc<str>, path: PathBuf, fallback: Option<HeaderValue>) -> Self {
        Self { user, path, fallback, last: Mutex::new(None) }
    }

    pub async fn header(&self) -> Result<HeaderValue, LinkError> {
        let last = self.last.lock().clone();
        if let Some(held) = last.as_ref().filter(|held| !held.stale && held.looked.elapsed() < LOOK) {
            return Ok(held.header.clone());
        }
        let modified = fs::metadata(&self.path).await.and_then(|meta| meta.modified()).ok();
        if let Some(mut held) = last.clone().filter(|h| !h.stale && h.modified == modified && h.read.elapsed() < REREAD)
        {
            held.looked = Instant::now();
            let header = held.header.clone();
            *self.last.lock() = Some(held);
            return Ok(header);
        }
        match self.read().await {
            Ok(header) => {
                let now = Instant::now();
                let held = Held { header: header.clone(), modified, read: now, looked: now, stale: false };
                *self.last.lock() = Some(held);
                Ok(header)
            }
            // A file being replaced must not stop us while the old token may still be good.
            Err(error) => last.map(|held| held.header).or_else(|| self.fallback.clone()).ok_or(error),
        }
    }

    async fn read(&self) -> Result<HeaderValue, LinkError> {
        let fault = |cause: &str| auth::credentials(&self.user, format!("tokenFile {}: {cause}", self.path.display()));
        let text = fs::read_to_string(&self.path).await.map_err(|error| fault(&cause(&error)))?;
        match text.trim() {
            "" => Err(fault("it is empty")),
            token => auth::bearer(token).ok_or_else(|| fault("it holds characters no header can")),
        }
    }

    /// The server refused this token.
    pub fn invalidate(&self, refused: &HeaderValue) {
        if let Some(held) = self.last.lock().as_mut().filter(|held| held.header == *refused) {
            held.stale = true;
        }
    }

    pub fn forget(&self) {
        if let Some(held) = self.last.lock().as_mut() {
            held.stale = true;
        }
    }
}

fn cause(error: &io::Error) -> String {
    super::error::flatten(error)
}
