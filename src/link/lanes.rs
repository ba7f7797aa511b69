//! The connections of one link: how many there are, which one carries the next request.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::FutureExt as _;
use parking_lot::Mutex;
use tokio::time::timeout;

use super::{
    Lane, LinkError,
    conn::{self, Http1, Http2, Lease},
    connect::Dialer,
    exec::Identity,
    flight::Flight,
    meter::Meter,
};

/// Idle HTTP/1.1 connections kept per lane.
const IDLE: usize = 8;

/// What a connection was opened with: another certificate means another connection.
#[derive(Clone)]
pub(super) struct Badge {
    pub identity: Option<Arc<Identity>>,
    pub epoch: u64,
}

impl PartialEq for Badge {
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.identity, &other.identity) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        same && self.epoch == other.epoch
    }
}

/// All connections of a link.
pub(super) struct Lanes {
    pub dialer: Dialer,
    pub meter: Arc<Meter>,
    by_lane: [LaneState; 2],
    round_trip: AtomicU64,
}

#[derive(Default)]
struct LaneState {
    open: Mutex<Open>,
    dialling: Flight<()>,
}

#[derive(Default)]
struct Open {
    shared: Vec<Arc<Http2>>,
    idle: Vec<Http1>,
    /// The server was last seen to speak HTTP/1.1, so connections cannot be shared.
    one_each: bool,
}

/// A connection with room for one request.
pub(super) enum Slot {
    One(Http1),
    Two(Lease),
}

impl Lanes {
    pub fn new(dialer: Dialer) -> Self {
        Self { dialer, meter: Arc::default(), by_lane: Default::default(), round_trip: AtomicU64::new(0) }
    }

    /// How long the last dial took to connect.
    pub fn round_trip(&self) -> Option<Duration> {
        match self.round_trip.load(Ordering::Relaxed) {
            0 => None,
            micros => Some(Duration::from_micros(micros)),
        }
    }

    /// A connection of this lane with room, dialled if need be. Callers that need a new one at
    /// the same time share the dial and its failure.
    pub async fn slot(self: &Arc<Self>, lane: Lane, badge: &Badge) -> Result<Slot, LinkError> {
        loop {
            if let Some(slot) = self.free(lane, badge).await {
                return Ok(slot);
            }
            let state = &self.by_lane[lane as usize];
            if state.open.lock().one_each {
                if let Slot::One(own) = self.dial(lane, badge).await? {
                    return Ok(Slot::One(own));
                }
                continue;
            }
            let (lanes, badge) = (Arc::clone(self), badge.clone());
            let run = async move {
                if let Slot::One(first) = lanes.dial(lane, &badge).await? {
                    lanes.give_back(lane, first);
                }
                Ok(())
            };
            state.dialling.join(|| run.boxed()).await?;
        }
    }

    /// Takes back an HTTP/1.1 connection whose answer was read to its end.
    pub fn give_back(&self, lane: Lane, connection: Http1) {
        let mut open = self.by_lane[lane as usize].open.lock();
        if open.idle.len() < IDLE && connection.is_alive() {
            open.idle.push(connection);
        }
    }

    async fn free(&self, lane: Lane, badge: &Badge) -> Option<Slot> {
        loop {
            let mut idle = {
                let mut open = self.by_lane[lane as usize].open.lock();
                open.shared.retain(|shared| shared.is_alive() && shared.badge == *badge);
                if let Some(lease) = open.shared.iter().find_map(Lease::take) {
                    return Some(Slot::Two(lease));
                }
                open.idle.retain(|idle| idle.is_alive() && idle.badge == *badge);
                open.idle.pop()?
            };
            // The connection task may not have seen yet that the last answer is over.
            if matches!(timeout(Duration::from_millis(100), idle.sender.ready()).await, Ok(Ok(()))) {
                return Some(Slot::One(idle));
            }
        }
    }

    /// Dials and shakes hands. A shared connection is entered into the lane.
    async fn dial(&self, lane: Lane, badge: &Badge) -> Result<Slot, LinkError> {
        let mut dialed = self.dialer.dial(badge).await?;
        self.meter.dialled();
        dialed.wire.charge(Arc::clone(&self.meter));
        if let Some(time) = dialed.round_trip {
            let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            self.round_trip.store(micros.max(1), Ordering::Relaxed);
        }
        let host = &self.dialer.target.server.label;
        let http2 = dialed.http2;
        let slot = if http2 {
            let shared = Arc::new(conn::http2(dialed, &self.dialer.options, lane, badge.clone(), host).await?);
            let lease = Lease::take(&shared);
            let mut open = self.by_lane[lane as usize].open.lock();
            open.shared.push(shared);
            open.one_each = false;
            lease.map(Slot::Two)
        } else {
            let own = conn::http1(dialed, badge.clone(), host).await?;
            self.by_lane[lane as usize].open.lock().one_each = true;
            Some(Slot::One(own))
        };
        slot.ok_or_else(|| LinkError::Lost { host: Arc::clone(host), cause: "no room on a new connection".to_owned() })
    }
}

/// Counts what is open on a shared connection.
#[derive(Default)]
pub(super) struct Load(AtomicUsize);

impl Load {
    /// Takes one place of `limit`.
    pub fn take(&self, limit: usize) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| (open < limit).then_some(open + 1)).is_ok()
    }

    pub fn give(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
