//! Quantities (`100m`, `1.5Gi`, `2e3`): read, added and written as the API machinery does.

use super::fields::Fields;
use serde_json::Value;
use std::fmt;

/// Which suffixes a quantity is written with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Form {
    #[default]
    Decimal,
    Binary,
}

/// A quantity, exact to a billionth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Quantity {
    nanos: i128,
    form: Form,
}

const NANO: i128 = 1_000_000_000;
const DECIMAL: [(&str, i128); 10] = [
    ("E", NANO * 1_000_000_000_000_000_000),
    ("P", NANO * 1_000_000_000_000_000),
    ("T", NANO * 1_000_000_000_000),
    ("G", NANO * 1_000_000_000),
    ("M", NANO * 1_000_000),
    ("k", NANO * 1000),
    ("", NANO),
    ("m", NANO / 1000),
    ("u", NANO / 1_000_000),
    ("n", 1),
];
const BINARY: [(&str, i128); 6] = [
    ("Ei", NANO << 60),
    ("Pi", NANO << 50),
    ("Ti", NANO << 40),
    ("Gi", NANO << 30),
    ("Mi", NANO << 20),
    ("Ki", NANO << 10),
];

impl Quantity {
    /// Reads one; `None` for what is none.
    pub fn parse(text: &str) -> Option<Quantity> {
        let text = text.trim();
        let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
        let (digits, suffix) = text.split_at_checked(end)?;
        let (unit, form) = unit(suffix)?;
        let (negative, digits) = match digits.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, digits.strip_prefix('+').unwrap_or(digits)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.len() + part.len() == 0 || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut nanos = read(whole)?.saturating_mul(unit);
        // Digits beyond the twelfth are less than a billionth of the unit.
        let part = part.get(..12.min(part.len())).unwrap_or_default();
        if !part.is_empty() {
            nanos = nanos.saturating_add(read(part)?.saturating_mul(unit) / 10i128.pow(part.len() as u32));
        }
        Some(Quantity { nanos: if negative { -nanos } else { nanos }, form })
    }

    /// Reads one of an object, where it is a text or a number.
    pub fn of(value: &Value, path: &str) -> Option<Quantity> {
        Quantity::parse(&value.scalar(path))
    }

    /// The sum, written as the first that is not zero.
    pub fn plus(self, other: Quantity) -> Quantity {
        let form = if self.nanos == 0 { other.form } else { self.form };
        Quantity { nanos: self.nanos.saturating_add(other.nanos), form }
    }

    /// The larger one.
    pub fn max(self, other: Quantity) -> Quantity {
        if other.nanos > self.nanos { other } else { self }
    }

    /// How much of `whole` it is, in percent; 0 of nothing.
    pub fn percent_of(self, whole: Quantity) -> i64 {
        if whole.nanos == 0 { 0 } else { (self.nanos.saturating_mul(100) / whole.nanos) as i64 }
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }
}

fn read(digits: &str) -> Option<i128> {
    match digits.trim_start_matches('0') {
        "" => Some(0),
        digits if digits.len() > 20 => None,
        digits => digits.parse().ok(),
    }
}

fn unit(suffix: &str) -> Option<(i128, Form)> {
    if let Some((_, unit)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        return Some((*unit, Form::Decimal));
    }
    if let Some((_, unit)) = BINARY.iter().find(|(known, _)| *known == suffix) {
        return Some((*unit, Form::Binary));
    }
    let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let power = u32::try_from(power + 9).ok().filter(|power| *power <= 27)?;
    Some((10i128.pow(power), Form::Decimal))
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let fits = |(_, unit): &&(&str, i128)| self.nanos % unit == 0;
        let binary = BINARY.iter().find(fits).filter(|_| self.form == Form::Binary);
        let (suffix, unit) = binary.or_else(|| DECIMAL.iter().find(fits)).unwrap_or(&("n", 1));
        write!(f, "{}{suffix}", self.nanos / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_adds_and_writes_as_the_api_does() {
        let read = |text: &str| Quantity::parse(text).map(|it| it.to_string());
        for (text, want) in [
            ("100m", "100m"),
            ("0.5", "500m"),
            ("1500m", "1500m"),
            ("2000m", "2"),
            ("1.5Gi", "1536Mi"),
            ("1024Ki", "1Mi"),
            ("1024", "1024"),
            ("128974848", "128974848"),
            ("129M", "129M"),
            ("2e3", "2k"),
            ("0", "0"),
            ("-1", "-1"),
            ("1E", "1E"),
            ("0.1Gi", "107374182400m"),
        ] {
            assert_eq!(read(text).as_deref(), Some(want), "{text}");
        }
        for text in ["", "Gi", "1x", "1.2.3", "--1", "1e99", "9999999999999999999999999", "NaN"] {
            assert_eq!(read(text), None, "{text}");
        }
        let sum = |a: &str, b: &str| Quantity::parse(a).unwrap().plus(Quantity::parse(b).unwrap());
        assert_eq!(sum("0", "64Mi").to_string(), "64Mi");
        assert_eq!(sum("250m", "1").to_string(), "1250m");
        assert_eq!(sum("1", "0").percent_of(Quantity::parse("3").unwrap()), 33);
        assert_eq!(sum("1", "0").percent_of(Quantity::default()), 0);
    }
}
