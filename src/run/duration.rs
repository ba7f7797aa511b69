//! Durations as Go's tools write them.

use std::time::Duration;

const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];

/// Reads `10s`, `1m30s`, `500ms`, or plain seconds; more than nothing.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || "a duration such as 10s, 1m, 500ms or plain seconds".to_owned();
    let mut rest = text.trim();
    let mut millis: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let scale = match unit {
            "" if text.trim().bytes().all(|b| b.is_ascii_digit()) => 1000,
            unit => UNITS.iter().find(|(name, _)| *name == unit).map(|(_, scale)| *scale).ok_or_else(wrong)?,
        };
        millis = number.checked_mul(scale).and_then(|more| millis.checked_add(more)).ok_or_else(wrong)?;
        rest = tail;
    }
    if millis == 0 { Err(wrong()) } else { Ok(Duration::from_millis(millis)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in
            [("10s", 10_000), ("1m", 60_000), ("500ms", 500), ("5", 5_000), ("1m30s", 90_000), ("1h", 3_600_000)]
        {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "0", "0s", "s", "10x", "1m30", "-1s", "1.5s", "99999999999999999999", "18446744073709551615h"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
