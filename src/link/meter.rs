//! What a link has cost its server: everything that passes it is charged here.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// What was spent so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spent {
    /// Requests that were sent.
    pub requests: u64,
    /// Bytes received after TLS and before they are decompressed.
    pub bytes: u64,
    /// Watches that are open now.
    pub watches: u64,
    /// Answers with status 429.
    pub throttled: u64,
}

/// Counts; read at leisure, for it wakes nobody.
#[derive(Debug, Default)]
pub(super) struct Meter {
    requests: AtomicU64,
    bytes: AtomicU64,
    watches: AtomicU64,
    throttled: AtomicU64,
    dials: AtomicU64,
}

impl Meter {
    pub fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub fn received(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub fn throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    pub fn dialled(&self) {
        self.dials.fetch_add(1, Ordering::Relaxed);
    }

    /// Connections that were opened so far.
    pub fn dials(&self) -> u64 {
        self.dials.load(Ordering::Relaxed)
    }

    pub fn spent(&self) -> Spent {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Spent {
            requests: read(&self.requests),
            bytes: read(&self.bytes),
            watches: read(&self.watches),
            throttled: read(&self.throttled),
        }
    }
}

/// A watch that counts as open until this is dropped.
#[derive(Debug)]
pub(super) struct OpenWatch(Arc<Meter>);

impl OpenWatch {
    pub fn new(meter: &Arc<Meter>) -> OpenWatch {
        meter.watches.fetch_add(1, Ordering::Relaxed);
        OpenWatch(Arc::clone(meter))
    }
}

impl Drop for OpenWatch {
    fn drop(&mut self) {
        self.0.watches.fetch_sub(1, Ordering::Relaxed);
    }
}
