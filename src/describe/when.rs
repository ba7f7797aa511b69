//! Moments and how long ago they were.

use super::fields::Fields;
use super::inked::{Inked, dim};
use crate::base::age::{Timestamp, write_age, write_duration};
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

/// The moment of a text of RFC 3339; 0 where there is none.
pub(super) fn stamp(value: &Value, path: &str) -> Timestamp {
    match value.text(path) {
        "" => 0,
        text => text
            .parse()
            .map_or(0, |moment: jiff::Timestamp| moment.as_second().clamp(0, i64::from(Timestamp::MAX)) as Timestamp),
    }
}

/// How long ago it was: `3h5m`.
pub(super) fn age(then: Timestamp, now: Timestamp) -> String {
    let mut out = String::new();
    write_age(&mut out, then, now);
    out
}

/// The duration between two moments.
pub(super) fn duration(seconds: i64) -> String {
    let mut out = String::new();
    write_duration(&mut out, seconds);
    out
}

/// `3h5m ago`, `in 5m`.
pub(super) fn ago(then: Timestamp, now: Timestamp) -> String {
    if then > now.saturating_add(1) {
        Text::AboutIn.with(&[&duration(i64::from(then) - i64::from(now))])
    } else {
        Text::Ago.with(&[&age(then, now)])
    }
}

/// The moment and how long ago it was; what is no moment as it stands there; empty for nothing.
pub(super) fn moment(value: &Value, path: &str, now: Timestamp) -> Inked {
    match stamp(value, path) {
        0 => dim(value.scalar(path)),
        then => {
            let text = jiff::Timestamp::from_second(i64::from(then))
                .map(|moment| moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
                .unwrap_or_default();
            Inked::new(text, Ink::Number).and(format!(" ({})", ago(then, now)), Ink::Dim)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn moments_say_how_long_ago() {
        let value = json!({"t": "2026-03-01T10:00:00Z", "micro": "2026-03-01T10:00:00.123456Z", "no": "soon", "n": 7});
        let now = stamp(&value, "t") + 3725;
        let text = |path| moment(&value, path, now).pieces.iter().map(|it| it.text.clone()).collect::<String>();
        assert_eq!(text("t"), "2026-03-01 10:00:00Z (62m ago)");
        assert_eq!(text("micro"), text("t"));
        assert_eq!(text("no"), "soon");
        assert_eq!(text("absent"), "");
        assert_eq!(ago(now + 300, now), "in 5m");
    }
}
