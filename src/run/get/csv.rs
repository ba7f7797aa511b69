//! `-o csv`: one kind's rows with all columns, quoted as RFC 4180 says, lines ending in a line feed.

use super::table::Grid;
use super::{Query, Stop};
use crate::text::sanitize::sanitize_block;
use std::borrow::Cow;
use std::io::Write;

/// Columns that are always there, whatever was asked for, so that scripts can count on them.
const FIXED: [&str; 2] = ["CLUSTER", "NAMESPACE"];

/// Writes the rows of one kind; without rows, the heads that are known.
pub fn write(out: &mut impl Write, groups: &[Vec<Query>]) -> Result<(), Stop> {
    let mut grid = Grid::new(&FIXED);
    for query in groups.iter().flatten() {
        for source in query.opened.sources() {
            let cluster = &query.opened.cluster;
            grid.add(&source, cluster.now(), true, |head, row| match head {
                "CLUSTER" => cluster.name.clone(),
                _ => row.namespace.clone(),
            });
        }
    }
    line(out, grid.heads())?;
    for cells in grid.lines() {
        line(out, cells)?;
    }
    Ok(())
}

fn line(out: &mut impl Write, cells: &[String]) -> Result<(), Stop> {
    let mut text = String::new();
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&quoted(&harmless(&sanitize_block(cell))));
    }
    text.push('\n');
    Ok(out.write_all(text.as_bytes())?)
}

/// Spreadsheets run what begins like a formula, and anybody who may write an event or a label could have
/// put it there: a `'` before it makes it a text. Numbers are none.
fn harmless(cell: &str) -> Cow<'_, str> {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let number = cell.parse::<f64>().is_ok_and(f64::is_finite);
    if formula && !number && cell.len() > 1 { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains([',', '"', '\n', '\r']) {
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
        let mut out = Vec::new();
        let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
        assert!(line(&mut out, &cells).is_ok());
        String::from_utf8(out).unwrap()
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
            let mut out = Vec::new();
            for row in &rows {
                prop_assert!(line(&mut out, row).is_ok());
            }
            let back = read(&String::from_utf8(out).unwrap());
            let want: Vec<Vec<String>> =
                rows.iter().map(|row| row.iter().map(|cell| harmless(&sanitize_block(cell)).into_owned()).collect()).collect();
            prop_assert_eq!(back, want);
        }
    }
}
