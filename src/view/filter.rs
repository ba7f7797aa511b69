//! The filter of a table: a regular expression tried on each cell, its inverse, or a label selector.

use crate::base::age::Timestamp;
use crate::model::cell::Cell;
use crate::model::rows::{Rows, Slot};
use crate::model::selector::Selector;
use crate::text::catalog::Text;
use regex::{Regex, RegexBuilder};
use std::fmt::Write as _;

/// Which rows show.
#[derive(Clone, Debug, Default)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// Those of which one cell matches, or none does.
    Text {
        /// Tried on each cell; case does not matter.
        regex: Regex,
        /// Whether those show of which no cell matches.
        inverse: bool,
    },
    /// Those whose labels match.
    Labels(Selector),
}

impl Filter {
    /// Reads `regex`, `!regex` or `-l selector`; the error is a sentence.
    pub fn parse(text: &str) -> Result<Filter, String> {
        let text = text.trim();
        if let Some(selector) = text.strip_prefix("-l") {
            return Selector::parse(selector.trim()).map(Filter::Labels).map_err(|error| error.to_string());
        }
        let (pattern, inverse) = match text.strip_prefix('!') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        if pattern.is_empty() {
            return Ok(Filter::All);
        }
        // Multi-line, for cells are tried all at once, one a line.
        let built = RegexBuilder::new(pattern).case_insensitive(true).multi_line(true).size_limit(1 << 20).build();
        match built {
            Ok(regex) => Ok(Filter::Text { regex, inverse }),
            Err(regex::Error::CompiledTooBig(_)) => Err(Text::PatternTooLarge.to_string()),
            Err(error) => Err(explain(pattern, &error)),
        }
    }

    /// Whether a row shows. `head` are the texts before its cells (cluster, namespace), `columns` the
    /// cells that are tried; `scratch` is only there to be reused.
    pub fn matches(&self, rows: &Rows, slot: Slot, head: [&str; 2], columns: &[usize], scratch: &mut String) -> bool {
        match self {
            Filter::All => true,
            Filter::Labels(selector) => selector.matches(rows.labels(slot)),
            Filter::Text { regex, inverse } => {
                scratch.clear();
                for text in head {
                    scratch.push_str(text);
                    scratch.push('\n');
                }
                for &column in columns {
                    write_steady(rows, rows.cell(slot, column), scratch);
                    scratch.push('\n');
                }
                scratch.pop();
                let found = match regex.find(scratch) {
                    None => false,
                    // A match that runs over the end of a cell is none of that cell.
                    Some(found) if found.as_str().contains('\n') => {
                        scratch.split('\n').any(|cell| regex.is_match(cell))
                    }
                    Some(_) => true,
                };
                found != *inverse
            }
        }
    }
}

/// Appends the part of a cell's text that does not change with time: a row must not come and go
/// because a clock ticks.
fn write_steady(rows: &Rows, cell: Cell<crate::base::arena::Sym>, out: &mut String) {
    match cell {
        Cell::Text(sym) => {
            let text = rows.text(sym);
            if memchr::memchr(b'\n', text.as_bytes()).is_none() {
                out.push_str(text);
            } else {
                out.extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }));
            }
        }
        Cell::Age(_) => (),
        Cell::Restarts { count, .. } => {
            let _ = write!(out, "{count}");
        }
        Cell::Number(_) | Cell::Duration(_) | Cell::Moment(_) | Cell::Size(_) => {
            cell.write(out, Timestamp::MIN, |_| "");
        }
    }
}

pub(super) fn explain(pattern: &str, error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("it cannot be read");
    format!("\"{pattern}\" is not a regular expression: {last}; write \\ before a character that is meant as it stands")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::column::Column;
    use crate::model::draft::Draft;

    fn shows(filter: &str, cells: &[&str]) -> Result<bool, String> {
        let mut rows = Rows::default();
        rows.set_columns(cells.iter().map(|_| Column::shown("C")).collect());
        let mut draft = Draft::default();
        draft.name = draft.span("name");
        draft.set_labels([("app", "db")]);
        for cell in cells {
            draft.cell(cell);
        }
        let slot = rows.upsert(&draft).0;
        let columns: Vec<_> = (0..cells.len()).collect();
        Ok(Filter::parse(filter)?.matches(&rows, slot, ["prod", "default"], &columns, &mut String::new()))
    }

    #[test]
    fn tried_on_each_cell() {
        let cells = ["db-0", "Running", "10.0.0.7", "two\nlines"];
        for (filter, want) in [
            ("", true),
            ("^db", true),
            ("0$", true),
            ("^prod$", true),
            ("^default$", true),
            ("RUNNING", true),
            ("^0", false),
            ("!^db", false),
            ("!^web", true),
            ("db-0\\sRunning", false),
            ("0[^x]+Run", false),
            ("^two lines$", true),
            ("-l app=db", true),
            ("-l app=web", false),
            ("-lapp", true),
            ("!", true),
        ] {
            assert_eq!(shows(filter, &cells), Ok(want), "{filter}");
        }
    }

    #[test]
    fn explained_when_invalid() {
        for (filter, part) in
            [("(", "unclosed group"), ("a{99999}{99999}", "too large"), ("-l a b", "label requirement")]
        {
            let said = shows(filter, &[]).expect_err("invalid");
            assert!(said.contains(part), "{said}");
        }
    }
}
