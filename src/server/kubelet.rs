//! What an API server asks the machines of its pods for: logs, and what they use.

use serde_json::Value;
use std::time::Duration;

/// One line of a container's log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    /// When it was written, in seconds since the epoch.
    pub second: i64,
    /// And nanoseconds.
    pub nanos: u32,
    /// Its text.
    pub text: String,
}

/// Which lines of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogWanted {
    /// The container.
    pub container: String,
    /// Those of the instance before.
    pub previous: bool,
    /// Lines after this second.
    pub after: Option<i64>,
}

/// See the module.
pub trait Kubelet: Send + Sync {
    /// The lines of a log up to `now`, oldest first.
    fn log(&self, pod: &Value, wanted: &LogWanted, now: i64) -> Vec<LogLine>;

    /// How often a log that is followed is looked at.
    fn pace(&self) -> Duration {
        Duration::from_millis(250)
    }

    /// What the containers of a pod use: name, millicores, bytes.
    fn usage(&self, pod: &Value, now: i64) -> Vec<(String, u64, u64)>;
}

/// Machines that write nothing and use nothing.
pub struct Idle;

impl Kubelet for Idle {
    fn log(&self, _: &Value, _: &LogWanted, _: i64) -> Vec<LogLine> {
        Vec::new()
    }

    fn usage(&self, _: &Value, _: i64) -> Vec<(String, u64, u64)> {
        Vec::new()
    }
}
