//! Amounts of resources, counted in thousandths: read and written as the API server does.

use serde_json::Value;

const DECIMAL: [(&str, i128); 7] = [
    ("", 1),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
];
const BINARY: [(&str, i128); 7] =
    [("", 1), ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("Pi", 1 << 50), ("Ei", 1 << 60)];

/// The thousandths of `250m`, `1.5Gi`, `2` or `1e3`, rounded up; `None` for what is no amount.
pub fn read(value: &Value) -> Option<i128> {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Number(number) => return number.as_f64().map(thousandths),
        _ => return None,
    };
    let end = text.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c)).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let units = DECIMAL.iter().chain(&BINARY);
    let factor = units.filter(|(name, _)| *name == unit).map(|(_, factor)| *factor).next();
    match (factor, unit) {
        // Whole numbers stay exact, however large.
        (Some(factor), _) => number
            .parse::<i64>()
            .ok()
            .map(|whole| i128::from(whole) * factor * 1000)
            .or_else(|| number.parse::<f64>().ok().map(|number| thousandths(number * factor as f64))),
        (None, "m") => number.parse::<f64>().ok().map(|number| number.ceil() as i128),
        (None, "u") => number.parse::<f64>().ok().map(|number| (number / 1e3).ceil() as i128),
        (None, "n") => number.parse::<f64>().ok().map(|number| (number / 1e6).ceil() as i128),
        _ => text.parse::<f64>().ok().map(thousandths),
    }
}

fn thousandths(number: f64) -> i128 {
    (number * 1000.0).ceil() as i128
}

/// Thousandths in the shortest exact form, as the resource of this name is written.
pub fn write(thousandths: i128, name: &str) -> String {
    if thousandths % 1000 != 0 {
        return format!("{thousandths}m");
    }
    let whole = thousandths / 1000;
    let units = if ["memory", "storage"].iter().any(|it| name.ends_with(it)) { &BINARY } else { &DECIMAL };
    let fits = units.iter().rev().find(|(_, factor)| whole != 0 && whole % factor == 0);
    fits.map_or_else(|| whole.to_string(), |(unit, factor)| format!("{}{unit}", whole / factor))
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use serde_json::json;

    #[test]
    fn amounts_are_read_and_written() {
        for (text, thousandths) in [
            ("250m", 250),
            ("2", 2_000),
            ("1.5", 1_500),
            ("1e3", 1_000_000),
            ("1.5Gi", 1_610_612_736_000),
            ("500M", 500_000_000_000),
            ("100n", 1),
            ("0", 0),
        ] {
            assert_eq!(read(&json!(text)), Some(thousandths), "{text}");
        }
        assert_eq!(read(&json!(3)), Some(3_000));
        assert_eq!(read(&json!("much")), None);
        for (thousandths, name, text) in [
            (7_900, "requests.cpu", "7900m"),
            (8_000, "requests.cpu", "8"),
            (12_884_901_888_000, "requests.memory", "12Gi"),
            (6_710_886_400_000, "limits.memory", "6400Mi"),
            (1_000_000, "pods", "1k"),
            (0, "pods", "0"),
        ] {
            assert_eq!(write(thousandths, name), text);
        }
    }
}
