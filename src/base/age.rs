//! Ages as `kubectl` writes them (`HumanDuration` of apimachinery), and when they change next.

use std::fmt::Write as _;

/// Seconds since the Unix epoch; 0 means "not known". Good until 2106.
pub type Timestamp = u32;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// Seconds of Go's zero time, which means "not known".
pub const YEAR_ONE: i64 = -62_135_596_800;

/// Appends the age of `then` at `now` as kubectl's tables write it: `<unknown>` for 0,
/// `<invalid>` when it lies more than a second in the future.
pub fn write_age(out: &mut String, then: Timestamp, now: Timestamp) {
    if then == 0 {
        out.push_str("<unknown>");
    } else {
        write_duration(out, i64::from(now) - i64::from(then));
    }
}

/// Appends a duration in seconds as kubectl's `HumanDuration` writes it.
pub fn write_duration(out: &mut String, seconds: i64) {
    let (big, unit, small, small_unit) = match seconds {
        i64::MIN..-1 => {
            out.push_str("<invalid>");
            return;
        }
        -1..0 => (0, 's', 0, 's'),
        s if s < 2 * MINUTE => (s, 's', 0, 's'),
        s if s < 10 * MINUTE => (s / MINUTE, 'm', s % MINUTE, 's'),
        s if s < 3 * HOUR => (s / MINUTE, 'm', 0, 's'),
        s if s < 8 * HOUR => (s / HOUR, 'h', s % HOUR / MINUTE, 'm'),
        s if s < 2 * DAY => (s / HOUR, 'h', 0, 'm'),
        s if s < 8 * DAY => (s / DAY, 'd', s % DAY / HOUR, 'h'),
        s if s < 2 * YEAR => (s / DAY, 'd', 0, 'h'),
        s if s < 8 * YEAR => (s / YEAR, 'y', s % YEAR / DAY, 'd'),
        s => (s / YEAR, 'y', 0, 'd'),
    };
    let _ = write!(out, "{big}{unit}");
    if small != 0 {
        let _ = write!(out, "{small}{small_unit}");
    }
}

/// Appends a moment as the server's tables write it; the year 1 for 0, as Go's zero time.
pub fn write_moment(out: &mut String, then: Timestamp) {
    let seconds = if then == 0 { YEAR_ONE } else { i64::from(then) };
    if let Ok(moment) = jiff::Timestamp::from_second(seconds) {
        let _ = write!(out, "{moment}");
    }
}

/// Seconds from `now` until the text of [`write_age`] may change (at least 1); `None` when it never does.
pub fn next_change(then: Timestamp, now: Timestamp) -> Option<u32> {
    if then == 0 {
        return None;
    }
    let age = i64::from(now) - i64::from(then);
    let step = match age {
        a if a < 10 * MINUTE => 1,
        a if a < 8 * HOUR => MINUTE,
        a if a < 8 * DAY => HOUR,
        _ => DAY,
    };
    Some((step - age.rem_euclid(step)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(seconds: i64) -> String {
        let mut out = String::new();
        write_duration(&mut out, seconds);
        out
    }

    #[test]
    fn reads_as_kubectl() {
        for (seconds, want) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (599, "9m59s"),
            (600, "10m"),
            (3 * HOUR - 1, "179m"),
            (3 * HOUR, "3h"),
            (3 * HOUR + 61, "3h1m"),
            (8 * HOUR, "8h"),
            (48 * HOUR - 1, "47h"),
            (48 * HOUR, "2d"),
            (51 * HOUR, "2d3h"),
            (8 * DAY, "8d"),
            (2 * YEAR - 1, "729d"),
            (2 * YEAR, "2y"),
            (3 * YEAR + DAY, "3y1d"),
            (9 * YEAR + DAY, "9y"),
        ] {
            assert_eq!(text(seconds), want, "{seconds} s");
        }
    }

    #[test]
    fn moments() {
        for (then, want) in [(0, "0001-01-01T00:00:00Z"), (1_646_370_367, "2022-03-04T05:06:07Z")] {
            let mut out = String::new();
            write_moment(&mut out, then);
            assert_eq!(out, want);
        }
    }

    #[test]
    fn text_holds_until_next_change() {
        let born = 1_000_000_000;
        for age in (0..4000).chain((4000..4_000_000).step_by(997)) {
            let now = born + age;
            let wait = next_change(born, now).expect("a known time ticks");
            let (mut a, mut b) = (String::new(), String::new());
            write_age(&mut a, born, now);
            write_age(&mut b, born, now + wait - 1);
            assert_eq!(a, b, "age {age}, wait {wait}");
        }
    }
}
