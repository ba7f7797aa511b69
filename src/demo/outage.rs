//! The last cluster of a fleet drops off now and then: how an outage looks, and that it ends.

use super::rng::Rng;
use crate::server::{Door, Shut};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// Clusters that a fleet has at least before one of them drops off.
pub const FLEET: usize = 3;

/// When one cluster drops off.
pub struct Outage {
    rng: Rng,
    shut: Shut,
}

impl Outage {
    /// As the seed decides.
    pub fn new(seed: u64, name: &str) -> Outage {
        Outage { rng: Rng::new(seed, &format!("{name} outage")), shut: Shut::Refuses }
    }

    fn between(&mut self, low: i64, high: i64) -> Duration {
        Duration::from_secs(self.rng.between(low, high).unsigned_abs())
    }

    /// Drops off for ever again: first after about two minutes, by turns refusing and not answering.
    pub async fn run(mut self, door: Arc<Door>) {
        let mut calm = self.between(110, 135);
        loop {
            sleep(calm).await;
            door.shut(self.shut);
            self.shut = if self.shut == Shut::Refuses { Shut::Hangs } else { Shut::Refuses };
            sleep(self.between(25, 50)).await;
            door.open();
            calm = self.between(240, 540);
        }
    }
}
