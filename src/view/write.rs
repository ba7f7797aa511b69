//! Rows of a table as text: to be copied, or saved as comma-separated values.

use super::snapshot::Written;
use super::spec::{What, Write};
use super::table::Table;
use crate::base::age::Timestamp;
use crate::text::csv;

/// No text grows beyond this; the rows that do not fit are counted.
const MOST: usize = 32 << 20;

/// Writes what was asked for.
pub fn write(of: &Write, table: &Table, now: Timestamp, skews: &[i32]) -> Written {
    let titles: Vec<String> = table.heads().into_iter().map(|head| head.title).collect();
    let rows: Vec<usize> = match of.what {
        What::Column(_) | What::Rows => table.chosen_rows(),
        What::Table | What::Csv => (0..table.matched()).collect(),
    };
    let mut text = match of.what {
        What::Table => titles.join("\t") + "\n",
        What::Csv => csv::line(&titles),
        What::Column(_) | What::Rows => String::new(),
    };
    let mut written = 0;
    for &row in &rows {
        let cells = table.texts(row, now, skews);
        let line = match &of.what {
            What::Column(title) => {
                titles.iter().position(|other| other == title).and_then(|at| cells.get(at)).cloned().unwrap_or_default()
                    + "\n"
            }
            What::Rows | What::Table => cells.join("\t") + "\n",
            What::Csv => csv::line(&cells),
        };
        if text.len() + line.len() > MOST {
            break;
        }
        text.push_str(&line);
        written += 1;
    }
    // What is copied of one place is a value, not a line.
    if matches!(of.what, What::Column(_) | What::Rows) {
        text.truncate(text.trim_end_matches('\n').len());
    }
    Written { of: of.clone(), text, rows: written, left: rows.len() - written }
}
