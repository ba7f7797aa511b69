//! The states of a cluster and of one watch, as every view names them.

use crate::base::age::Timestamp;

/// A cluster of the fleet: its place in the fleet's list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ClusterId(pub u16);

/// How the link to a cluster stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum Phase {
    /// Not connected, and nobody asked for it.
    #[default]
    Idle,
    /// Being connected for the first time.
    Connecting,
    /// Answers.
    Live,
    /// Had rows, then the link was lost: rows stay, with their as-of.
    Stale,
    /// Never answered.
    Unreachable,
    /// Refuses our credentials and always did (401).
    Denied,
    /// Refuses credentials that worked before (401).
    Expired,
    /// Asks us to slow down (429).
    Throttled,
    /// Another cluster answers at the same address: nothing is read of it until the user accepts it.
    Replaced,
}

impl Phase {
    /// Every phase, in the order in which a fleet strip names them.
    pub const ALL: [Phase; 9] = [
        Phase::Live,
        Phase::Connecting,
        Phase::Throttled,
        Phase::Stale,
        Phase::Expired,
        Phase::Denied,
        Phase::Unreachable,
        Phase::Replaced,
        Phase::Idle,
    ];

    /// The word that names it, on the screen and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Idle => "idle",
            Phase::Connecting => "connecting",
            Phase::Live => "live",
            Phase::Stale => "stale",
            Phase::Unreachable => "unreachable",
            Phase::Denied => "denied",
            Phase::Expired => "expired",
            Phase::Throttled => "throttled",
            Phase::Replaced => "replaced",
        }
    }
}

/// How one watch stands: what it shows may be less than its cluster's link promises.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum WatchPhase {
    /// Not begun: waits for the link, or for discovery.
    #[default]
    Waiting,
    /// The first list is arriving.
    Loading {
        /// The total that the server or an earlier list told.
        expected: Option<u32>,
    },
    /// Complete and followed.
    Live,
    /// Was complete once; not followed at the moment.
    Stale {
        /// Why, in one sentence.
        reason: String,
    },
    /// Refused (403), in the server's words.
    Forbidden {
        /// The server's words.
        reason: String,
    },
    /// The kind is not served here (404), or not known by discovery.
    Missing {
        /// What was asked for, and suggestions.
        reason: String,
    },
    /// Failed otherwise; tried again.
    Failed {
        /// What was tried and what came back.
        reason: String,
    },
}

impl WatchPhase {
    /// The word that names it, on the screen and in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            WatchPhase::Waiting => "waiting",
            WatchPhase::Loading { .. } => "loading",
            WatchPhase::Live => "live",
            WatchPhase::Stale { .. } => "stale",
            WatchPhase::Forbidden { .. } => "forbidden",
            WatchPhase::Missing { .. } => "missing",
            WatchPhase::Failed { .. } => "failed",
        }
    }

    /// Why it is not live, where there is more to say than the word.
    pub fn reason(&self) -> &str {
        match self {
            WatchPhase::Stale { reason }
            | WatchPhase::Forbidden { reason }
            | WatchPhase::Missing { reason }
            | WatchPhase::Failed { reason } => reason,
            WatchPhase::Waiting | WatchPhase::Loading { .. } | WatchPhase::Live => "",
        }
    }
}

/// What is known about one cluster at one moment; texts are already sanitised.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClusterState {
    /// The link.
    pub phase: Phase,
    /// Since when it is in this phase.
    pub since: Timestamp,
    /// What was tried and failed, and what to do next; empty when live.
    pub reason: String,
    /// When the next attempt is made; 0 when none is planned.
    pub retry_at: Timestamp,
    /// Failed attempts since the last progress.
    pub attempts: u32,
    /// When the last byte came; 0 before the first.
    pub heard: Timestamp,
    /// The server's version, such as `v1.37.2`, once known.
    pub version: String,
    /// The server's clock minus ours, in seconds.
    pub skew: i32,
}

impl ClusterState {
    /// The server's minor version: 33 of `v1.33.13`; 0 when not known, or newer than this scheme.
    pub fn minor(&self) -> u16 {
        let minor = || {
            let rest = self.version.strip_prefix("v1.")?;
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..digits].parse().ok()
        };
        minor().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_versions() {
        for (version, minor) in [
            ("v1.33.13", 33),
            ("v1.30.2-eks-036c24b", 30),
            ("v1.33.1+k3s1", 33),
            ("v1.37", 37),
            ("", 0),
            ("v2.0.0", 0),
            ("v1.", 0),
            ("v1.x", 0),
            ("1.33.0", 0),
        ] {
            assert_eq!(ClusterState { version: version.into(), ..ClusterState::default() }.minor(), minor, "{version}");
        }
    }
}
