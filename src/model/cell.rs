//! One cell of a table, in 12 bytes; ages stay numbers so that they tick without new data.

use crate::base::age::{self, Timestamp};
use std::fmt::Write as _;

/// A cell whose text is named by `T`: a span of a [`Draft`](super::draft::Draft) while an object is
/// parsed, a symbol of an arena once it is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cell<T> {
    /// Plain text.
    Text(T),
    /// A number, written in decimal.
    Number(i32),
    /// The age of a moment, as kubectl writes it.
    Age(Timestamp),
    /// A length of time in seconds that does not tick, as kubectl writes ages.
    Duration(i32),
    /// A moment, written as such: `2026-11-25T14:33:52Z`.
    Moment(Timestamp),
    /// An amount of data in KiB, written as `1.2M`.
    Size(u32),
    /// A count and when it last grew: `5 (3m ago)`; without a moment only the count.
    Restarts {
        /// How often.
        count: u32,
        /// When last; 0 when not known.
        last: Timestamp,
    },
}

impl<T: Copy> Cell<T> {
    /// Appends the cell's text at the moment `now`.
    pub fn write<'a>(self, out: &mut String, now: Timestamp, resolve: impl FnOnce(T) -> &'a str) {
        match self {
            Cell::Text(text) => out.push_str(resolve(text)),
            Cell::Number(number) => {
                let _ = write!(out, "{number}");
            }
            Cell::Age(then) => age::write_age(out, then, now),
            Cell::Duration(seconds) => age::write_duration(out, seconds.into()),
            Cell::Moment(then) => age::write_moment(out, then),
            Cell::Size(kib) => write_size(out, kib),
            Cell::Restarts { count, last } => {
                let _ = write!(out, "{count}");
                if last != 0 {
                    out.push_str(" (");
                    age::write_age(out, last, now);
                    out.push_str(" ago)");
                }
            }
        }
    }

    /// Seconds until the text may change by itself; `None` when it does not tick.
    pub fn next_change(self, now: Timestamp) -> Option<u32> {
        match self {
            Cell::Age(then) | Cell::Restarts { last: then, .. } => age::next_change(then, now),
            Cell::Text(_) | Cell::Number(_) | Cell::Duration(_) | Cell::Moment(_) | Cell::Size(_) => None,
        }
    }

    /// The same cell with its text named otherwise.
    pub fn map<U>(self, name: impl FnOnce(T) -> U) -> Cell<U> {
        match self {
            Cell::Text(text) => Cell::Text(name(text)),
            Cell::Number(number) => Cell::Number(number),
            Cell::Age(then) => Cell::Age(then),
            Cell::Duration(seconds) => Cell::Duration(seconds),
            Cell::Moment(then) => Cell::Moment(then),
            Cell::Size(kib) => Cell::Size(kib),
            Cell::Restarts { count, last } => Cell::Restarts { count, last },
        }
    }
}

/// `12K`, `1.5M`, `210M`, `3.2G`: at most four signs up to a terabyte.
fn write_size(out: &mut String, kib: u32) {
    let (unit, scaled) = match kib {
        0..1024 => ('K', f64::from(kib)),
        1024..1_048_576 => ('M', f64::from(kib) / 1024.0),
        _ => ('G', f64::from(kib) / 1_048_576.0),
    };
    let _ =
        if unit == 'K' || scaled >= 9.95 { write!(out, "{scaled:.0}{unit}") } else { write!(out, "{scaled:.1}{unit}") };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let text = |kib| {
            let mut out = String::new();
            Cell::<()>::Size(kib).write(&mut out, 0, |()| "");
            out
        };
        let written: Vec<_> =
            [0, 7, 1023, 1024, 1536, 9 << 10, 12 << 10, 1023 << 10, 3 << 20, 700 << 20].map(text).into();
        assert_eq!(written, ["0K", "7K", "1023K", "1.0M", "1.5M", "9.0M", "12M", "1023M", "3.0G", "700G"]);
    }
}
