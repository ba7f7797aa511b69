//! What a watch that failed says, and how long it waits.

use super::{POLL, Watch};
use crate::cluster::ask::AskError;
use crate::cluster::machine::{self, Trouble};
use crate::cluster::wire::Status;
use crate::model::state::WatchPhase;
use std::time::Duration;

/// The longest wait between attempts of one watch that fails by itself.
const OWN_LONGEST: Duration = Duration::from_secs(30);
/// Refusals after which it is asked only half as often: rights change seldom.
const OFTEN_REFUSED: u32 = 8;

impl Watch {
    /// How long to wait when this watch alone fails.
    pub(super) fn own_backoff(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let factor = OWN_LONGEST.as_secs_f64() / machine::LONGEST.as_secs_f64();
        let wait = machine::backoff(self.failures, machine::jitter());
        if self.failures > 5 { wait.mul_f64(factor) } else { wait }
    }

    /// Whether a run that lists once waits as the server asks it to: where that takes no longer in all
    /// than it would wait for an answer.
    fn may_wait(&mut self, error: &AskError) -> bool {
        let Some(Trouble::Throttled { retry_after, .. }) = error.trouble() else { return false };
        self.throttled = self.throttled.saturating_add(retry_after.unwrap_or(1).max(1));
        Duration::from_secs(self.throttled.into()) <= self.cluster.patience.silence
    }

    /// Says on the source what failed; gives how long to wait before the next attempt, `None` where
    /// the gate decides it.
    pub(super) fn failed(&mut self, error: &AskError) -> Option<Duration> {
        let now = self.cluster.now();
        let reason = error.sentence();
        let complete = self.source.status().complete;
        let gone = error.code() == Some(410) || matches!(error, AskError::Refused { status, .. } if too_new(status));
        let (phase, wait) = if gone {
            self.version.clear();
            self.expired += 1;
            // Expired once is the way of the world; again and again is a failure.
            if self.expired < 3 {
                return None;
            }
            (lost(complete, reason), Some(self.own_backoff()))
        } else if error.trouble().is_some() {
            let gives_up = self.once && !self.may_wait(error);
            (lost(complete, reason), gives_up.then_some(Duration::ZERO))
        } else if !self.version.is_empty() && error.code() == Some(405) {
            self.unwatchable = true;
            self.version.clear();
            return Some(POLL);
        } else if !self.version.is_empty() && error.code() == Some(403) {
            // What may be listed is listed again, and then tried again.
            self.version.clear();
            let phase = WatchPhase::Forbidden { reason };
            self.forbidden = Some(phase.clone());
            (phase, Some(POLL))
        } else {
            let wait = Some(self.own_backoff());
            match error.code() {
                Some(403) => {
                    let often = self.failures > OFTEN_REFUSED;
                    self.source.set_refused(true);
                    (WatchPhase::Forbidden { reason }, wait.map(|wait| if often { wait * 2 } else { wait }))
                }
                Some(404) => (WatchPhase::Missing { reason }, wait),
                _ => (lost(complete, reason), wait),
            }
        };
        if matches!(error, AskError::Wire(_)) {
            // What was read may be wrong or cut: begin anew.
            self.version.clear();
        }
        tracing::info!(cluster = %self.cluster.name, kind = %self.source.kind, phase = phase.word(), "{}", phase.reason());
        self.source.set_phase(phase, now);
        wait
    }
}

fn lost(complete: bool, reason: String) -> WatchPhase {
    if complete { WatchPhase::Stale { reason } } else { WatchPhase::Failed { reason } }
}

/// Another replica of the server is behind: only a fresh list helps.
fn too_new(status: &Status) -> bool {
    status.code == 504 && status.message.contains("resource version")
}
