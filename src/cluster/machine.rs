//! The state machine of one cluster: what its answers and failures make of it, and when to try again.

use crate::base::age::Timestamp;
use crate::model::state::{ClusterState, Phase};
use std::time::Duration;

/// A failure that says something about the cluster, not about one watch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Dial, TLS, ping, time-out or a cut connection.
    Link(String),
    /// 401, or no credentials to be had.
    Credentials(String),
    /// Another cluster answers there, as this sentence says.
    Replaced(String),
    /// 429: the server asks to wait, where it says how long.
    Throttled {
        /// The server's words.
        reason: String,
        /// Seconds to wait.
        retry_after: Option<u32>,
    },
}

/// The longest wait between attempts, so that a cluster is live again soon after it answers.
pub const LONGEST: Duration = Duration::from_secs(10);
/// How long nothing is tried where only the user can go on.
const FOREVER: Duration = Duration::from_hours(24 * 365);
/// The longest wait that a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_mins(1);

/// The state of one cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Machine {
    state: ClusterState,
    worked: bool,
}

impl Machine {
    /// What it has come to.
    pub fn state(&self) -> &ClusterState {
        &self.state
    }

    /// The state, for facts that do not move it: version, clock, when it was heard.
    pub fn state_mut(&mut self) -> &mut ClusterState {
        &mut self.state
    }

    /// Somebody wants it.
    pub fn wanted(&mut self, now: Timestamp) {
        if self.state.phase == Phase::Idle {
            self.enter(Phase::Connecting, now);
        }
    }

    /// The server answered as it should: only this resets the backoff.
    pub fn progress(&mut self, now: Timestamp) {
        self.worked = true;
        self.enter(Phase::Live, now);
        self.state.reason.clear();
        self.state.attempts = 0;
        self.state.retry_at = 0;
        self.state.heard = now;
    }

    /// It failed; gives how long to wait. `jitter` is between 0 and 1.
    pub fn trouble(&mut self, trouble: Trouble, now: Timestamp, jitter: f64) -> Duration {
        self.state.attempts = self.state.attempts.saturating_add(1);
        let mut wait = backoff(self.state.attempts, jitter);
        let (phase, reason) = match trouble {
            Trouble::Link(reason) => (if self.worked { Phase::Stale } else { Phase::Unreachable }, reason),
            Trouble::Credentials(reason) => {
                // A plugin may open a browser each time, and some servers lock out who fails often.
                wait *= 3;
                (if self.worked { Phase::Expired } else { Phase::Denied }, reason)
            }
            // Only the user can say whether that is meant.
            Trouble::Replaced(reason) => {
                self.enter(Phase::Replaced, now);
                (self.state.reason, self.state.retry_at) = (reason, 0);
                return FOREVER;
            }
            Trouble::Throttled { reason, retry_after } => {
                let asked = Duration::from_secs(u64::from(retry_after.unwrap_or(0))).min(LONGEST_ASKED);
                wait = wait.max(asked);
                (Phase::Throttled, reason)
            }
        };
        self.enter(phase, now);
        self.state.reason = reason;
        self.state.retry_at = now.saturating_add(wait.as_secs_f64().ceil() as u32);
        wait
    }

    fn enter(&mut self, phase: Phase, now: Timestamp) {
        if self.state.phase != phase {
            self.state.phase = phase;
            self.state.since = now;
        }
    }
}

/// How long to wait after so many failures in a row: 0.5 s doubled each time, at most [`LONGEST`],
/// less up to a half of it.
pub fn backoff(attempts: u32, jitter: f64) -> Duration {
    let doubled = Duration::from_millis(500 << attempts.saturating_sub(1).min(6)).min(LONGEST);
    doubled.mul_f64(1.0 - 0.5 * jitter.clamp(0.0, 1.0))
}

/// A number between 0 and 1 that differs from process to process and from call to call.
pub fn jitter() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let bits = std::collections::hash_map::RandomState::new().build_hasher().finish();
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Trouble {
        Trouble::Link("dial 10.0.0.1:6443: connection refused".into())
    }

    #[test]
    fn phases_tell_what_worked_before() {
        let mut machine = Machine::default();
        machine.wanted(5);
        assert_eq!(machine.state().phase, Phase::Connecting);
        machine.trouble(link(), 6, 0.0);
        assert_eq!((machine.state().phase, machine.state().since), (Phase::Unreachable, 6));
        machine.trouble(Trouble::Credentials("401".into()), 7, 0.0);
        assert_eq!(machine.state().phase, Phase::Denied);
        machine.progress(8);
        assert_eq!((machine.state().phase, machine.state().since), (Phase::Live, 8));
        assert_eq!(machine.state().reason, "");
        machine.trouble(link(), 9, 0.0);
        assert_eq!(machine.state().phase, Phase::Stale);
        machine.trouble(link(), 11, 0.0);
        assert_eq!(machine.state().since, 9, "since the link was lost, not since the last attempt");
        machine.trouble(Trouble::Credentials("401".into()), 12, 0.0);
        assert_eq!(machine.state().phase, Phase::Expired);
    }

    #[test]
    fn backoff_grows_to_ten_seconds_and_only_progress_resets_it() {
        let mut machine = Machine::default();
        let waits: Vec<_> = (0..8).map(|_| machine.trouble(link(), 1, 0.0).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
        machine.wanted(2);
        assert_eq!(machine.trouble(link(), 2, 1.0).as_millis(), 5000, "jitter takes at most a half");
        machine.progress(3);
        assert_eq!(machine.trouble(link(), 3, 0.0).as_millis(), 500);
        assert_eq!(backoff(u32::MAX, 0.0), LONGEST);
    }

    #[test]
    fn a_replaced_cluster_is_not_tried_again() {
        let mut machine = Machine::default();
        machine.progress(1);
        assert_eq!(machine.trouble(Trouble::Replaced("another cluster".into()), 2, 0.0), FOREVER);
        assert_eq!((machine.state().phase, machine.state().retry_at), (Phase::Replaced, 0));
        machine.progress(3);
        assert_eq!((machine.state().phase, machine.state().reason.as_str()), (Phase::Live, ""));
    }

    #[test]
    fn a_throttled_server_is_obeyed() {
        let mut machine = Machine::default();
        let asked = |seconds| Trouble::Throttled { reason: "too many requests".into(), retry_after: seconds };
        assert_eq!(machine.trouble(asked(Some(17)), 1, 0.0).as_secs(), 17);
        assert_eq!(machine.state().retry_at, 18);
        assert_eq!(machine.trouble(asked(Some(86_400)), 1, 0.0), LONGEST_ASKED);
        assert_eq!(machine.trouble(asked(None), 1, 0.0).as_secs(), 2);
    }
}
