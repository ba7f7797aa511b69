//! The wall clock.

use super::age::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since the epoch, now; 0 on a clock that stands before it.
pub fn now() -> Timestamp {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as Timestamp)
}

/// How long until the clock's next full second.
pub fn until_next_second() -> std::time::Duration {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    std::time::Duration::from_nanos(u64::from(1_000_000_000 - nanos.min(999_999_999)))
}
