//! Comma-separated values, quoted as RFC 4180 says, lines ending in a line feed.

use super::sanitize::sanitize_block;
use std::borrow::Cow;

/// A line.
pub fn line(cells: &[impl AsRef<str>]) -> String {
    let mut text = String::new();
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&quoted(&harmless(&sanitize_block(cell.as_ref()))));
    }
    text.push('\n');
    text
}

/// Spreadsheets run what begins like a formula, and anybody who may write an event or a label could have
/// put it there: a `'` before it makes it a text. Numbers are none.
fn harmless(cell: &str) -> Cow<'_, str> {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let number = cell.parse::<f64>().is_ok_and(f64::is_finite);
    if formula && !number && cell.len() > 1 { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// In quotes where it must be, and where a blank at an end would be lost.
fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains([',', '"', '\n', '\r']) || cell.starts_with(' ') || cell.ends_with(' ') {
        Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(cells: &[&str]) -> String {
        line(cells)
    }

    /// Reads lines as RFC 4180 says.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut lines, mut cells, mut cell, mut inside) = (Vec::new(), Vec::new(), String::new(), false);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if inside && chars.peek() == Some(&'"') => cell.push(chars.next().unwrap()),
                '"' => inside = !inside,
                ',' if !inside => cells.push(std::mem::take(&mut cell)),
                '\n' if !inside => {
                    cells.push(std::mem::take(&mut cell));
                    lines.push(std::mem::take(&mut cells));
                }
                c => cell.push(c),
            }
        }
        lines
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(written(&["a", "b c", "", "d,e", "say \"hi\""]), "a,b c,,\"d,e\",\"say \"\"hi\"\"\"\n");
        assert_eq!(written(&["two\nlines", "\u{1b}[31mred"]), "\"two\nlines\",red\n");
    }

    #[test]
    fn formulas_become_texts_and_numbers_stay() {
        for (cell, want) in [
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("+1+1", "'+1+1"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-1", "-1"),
            ("+3.5", "+3.5"),
            ("-", "-"),
            ("1/1", "1/1"),
            ("-inf", "'-inf"),
        ] {
            assert_eq!(harmless(cell), want);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(rows in proptest::collection::vec(proptest::collection::vec("[a-c,\"\n =+-]{0,6}", 3), 0..5)) {
            let back = read(&rows.iter().map(|row| line(row)).collect::<String>());
            let want: Vec<Vec<String>> =
                rows.iter().map(|row| row.iter().map(|cell| harmless(&sanitize_block(cell)).into_owned()).collect()).collect();
            prop_assert_eq!(back, want);
        }
    }
}
