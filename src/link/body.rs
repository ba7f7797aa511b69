//! The body of an answer, piece by piece.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::{
    Lane, LinkError,
    conn::{Trouble, within},
    gunzip::Gunzip,
    lanes::{Lanes, Slot},
    meter::OpenWatch,
};

/// A body being received. Dropping it cancels the request.
pub struct Body {
    incoming: Incoming,
    gunzip: Option<Gunzip>,
    idle_timeout: Duration,
    lanes: Arc<Lanes>,
    lane: Lane,
    trouble: Trouble,
    slot: Option<Slot>,
    _watch: Option<OpenWatch>,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("lane", &self.lane).field("open", &self.slot.is_some()).finish_non_exhaustive()
    }
}

impl Body {
    pub(super) fn new(incoming: Incoming, gzip: bool, idle_timeout: Duration, way: Way) -> Self {
        let Way { lanes, lane, trouble, slot, watch } = way;
        let gunzip = gzip.then(Gunzip::new);
        let mut body = Self { incoming, gunzip, idle_timeout, lanes, lane, trouble, slot: Some(slot), _watch: watch };
        if body.incoming.is_end_stream() {
            body.release();
        }
        body
    }

    /// The next piece of the (decoded) body; `None` at its proper end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, LinkError> {
        loop {
            let Some(frame) = within(self.idle_timeout, self.incoming.frame()).await else {
                self.slot = None;
                return Err(LinkError::Stalled { host: self.host(), after: self.idle_timeout });
            };
            let piece = match frame {
                None => {
                    self.release();
                    let rest = self.gunzip.as_mut().map_or_else(|| Ok(Vec::new()), Gunzip::finish);
                    let rest = rest.map_err(|cause| self.unusable(cause))?;
                    return Ok((!rest.is_empty()).then(|| rest.into()));
                }
                Some(Err(error)) => {
                    self.slot = None;
                    return Err(self.trouble.explain(&error));
                }
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
            let piece = match &mut self.gunzip {
                Some(gunzip) => Bytes::from(gunzip.feed(&piece).map_err(|cause| self.unusable(cause))?),
                None => piece,
            };
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
    }

    /// The whole body, unless it is larger than `limit` bytes.
    pub async fn collect(mut self, limit: usize) -> Result<Vec<u8>, LinkError> {
        let mut whole = Vec::new();
        while let Some(piece) = self.chunk().await? {
            if whole.len() + piece.len() > limit {
                return Err(self.unusable(format!("it is larger than {limit} bytes")));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }

    /// Frees the connection for the next request.
    fn release(&mut self) {
        if let Some(Slot::One(own)) = self.slot.take() {
            self.lanes.give_back(self.lane, own);
        }
    }

    fn unusable(&self, cause: String) -> LinkError {
        LinkError::Answer { host: self.host(), cause }
    }

    fn host(&self) -> Arc<str> {
        Arc::clone(&self.lanes.dialer.target.server.label)
    }
}

/// How a body comes to us.
pub(super) struct Way {
    pub lanes: Arc<Lanes>,
    pub lane: Lane,
    pub trouble: Trouble,
    pub slot: Slot,
    pub watch: Option<OpenWatch>,
}

impl Body {
    /// Changes the longest silence from here on.
    pub fn set_idle_timeout(&mut self, idle_timeout: Duration) {
        self.idle_timeout = idle_timeout;
    }
}
