//! The schedules of cron jobs.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The minutes at which something is due.
pub struct Schedule {
    minutes: Vec<bool>,
    hours: Vec<bool>,
    days: Vec<bool>,
    months: Vec<bool>,
    weekdays: Vec<bool>,
    /// Whether either of days and weekdays is enough: it is where both are restricted.
    either: bool,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Schedule {
    /// Reads five fields, or a name such as `@hourly`.
    pub fn parse(text: &str) -> Option<Schedule> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            text => text,
        };
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = parts.as_slice() else { return None };
        let mut week = field(weekdays, 0, 7, &WEEKDAYS)?;
        week[0] |= week[7];
        let any = |text: &str| text.starts_with('*') || text.starts_with('?');
        Some(Schedule {
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days: field(days, 1, 31, &[])?,
            months: field(months, 1, 12, &MONTHS)?,
            weekdays: week,
            either: !any(days) && !any(weekdays),
        })
    }

    fn is_day(&self, at: DateTime) -> bool {
        let day = self.days[at.day() as usize];
        let weekday = self.weekdays[at.weekday().to_sunday_zero_offset() as usize];
        self.months[at.month() as usize] && if self.either { day || weekday } else { day && weekday }
    }

    /// The last moment after `from`, and not after `now`, at which it was due.
    pub fn last(&self, from: i64, now: i64, zone: &TimeZone) -> Option<i64> {
        let is_past = |due: &i64| *due <= now;
        let mut due = self.next(from, zone).filter(is_past)?;
        // What comes next after a moment only grows with it.
        let (mut low, mut high) = (due, now);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.next(middle, zone).filter(is_past) {
                Some(later) => (due, low) = (later, later),
                None => high = middle,
            }
        }
        Some(due)
    }

    /// The first second after `from` at which it is due; none within four years means never.
    pub fn next(&self, from: i64, zone: &TimeZone) -> Option<i64> {
        let mut at = (from / 60 + 1) * 60;
        let end = from + 4 * 366 * 86_400;
        while at < end {
            let civil = zone.to_datetime(Timestamp::from_second(at).ok()?);
            if !self.is_day(civil) {
                // To the next midnight, or near it where the clocks change.
                at += (24 - i64::from(civil.hour())).max(1) * 3600 - i64::from(civil.minute()) * 60;
            } else if !self.hours[civil.hour() as usize] {
                at += 3600 - i64::from(civil.minute()) * 60;
            } else if !self.minutes[civil.minute() as usize] {
                at += 60;
            } else {
                return Some(at);
            }
        }
        None
    }
}

/// Which numbers a field takes: lists of ranges with steps.
fn field(text: &str, low: usize, high: usize, names: &[&str]) -> Option<Vec<bool>> {
    let mut out = vec![false; high + 1];
    let number = |text: &str| {
        let named = names.iter().position(|name| *name == text.to_lowercase());
        named.map(|at| at + low).or_else(|| text.parse().ok()).filter(|it| (low..=high).contains(it))
    };
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (low, high),
            Some((from, to)) => (number(from)?, number(to)?),
            None if part.contains('/') => (number(range)?, high),
            None => (number(range)?, number(range)?),
        };
        (from..=to).step_by(step).for_each(|at| out[at] = true);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn next(schedule: &str, from: &str) -> String {
        let from: Timestamp = from.parse().unwrap();
        let at = Schedule::parse(schedule).unwrap().next(from.as_second(), &TimeZone::UTC);
        at.map_or_else(|| "never".to_owned(), |at| Timestamp::from_second(at).unwrap().to_string())
    }

    #[test]
    fn the_next_time() {
        for (schedule, from, expected) in [
            ("* * * * *", "2026-11-25T10:00:00Z", "2026-11-25T10:01:00Z"),
            ("*/15 * * * *", "2026-11-25T10:01:30Z", "2026-11-25T10:15:00Z"),
            ("30 2 * * mon-fri", "2026-11-27T03:00:00Z", "2026-11-30T02:30:00Z"),
            ("0 0 29 2 *", "2026-11-25T10:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 31 2 *", "2026-11-25T10:00:00Z", "never"),
            ("5,10 8-9 1 jan,dec *", "2026-11-25T10:00:00Z", "2026-12-01T08:05:00Z"),
            // Both restricted: either is enough.
            ("0 0 13 * 5", "2026-11-25T10:00:00Z", "2026-11-27T00:00:00Z"),
            ("0 0 * * 7", "2026-11-25T10:00:00Z", "2026-11-29T00:00:00Z"),
            ("@hourly", "2026-11-25T10:00:00Z", "2026-11-25T11:00:00Z"),
        ] {
            assert_eq!(next(schedule, from), expected, "{schedule}");
        }
    }

    #[test]
    fn what_is_no_schedule() {
        for text in ["", "* * * *", "60 * * * *", "* 24 * * *", "*/0 * * * *", "x * * * *", "@never"] {
            assert!(Schedule::parse(text).is_none(), "{text}");
        }
    }
}
