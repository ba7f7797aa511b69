//! The order of a table, by its columns on the screen.

use super::{App, Effect};
use crate::text::catalog::Text;
use crate::view::spec::Sort;

impl App {
    /// Sorts by the column that `argument` names by its header or number, or else by the picked one.
    pub(super) fn sort(&mut self, argument: &str, out: &mut Vec<Effect>) -> Result<(), String> {
        let descending = match argument.as_bytes() {
            [b'-', ..] => Some(true),
            [b'+', ..] => Some(false),
            _ => None,
        };
        let word = if descending.is_some() { argument.get(1..).unwrap_or_default().trim() } else { argument };
        let column = if word.is_empty() {
            let picked = self.ui.picked.clone();
            picked.ok_or_else(|| Text::NoColumnPicked.with(&[&self.columns().join(", ")]))?
        } else {
            self.column(word).ok_or_else(|| Text::NoColumn.with(&[word]))?
        };
        self.sort_by(column, descending, out);
        Ok(())
    }

    /// Sorts by the next column, or by the one before.
    pub(super) fn sort_step(&mut self, step: isize, out: &mut Vec<Effect>) {
        let from = self.spec().sort.as_ref().map(|sort| sort.column.clone());
        if let Some(column) = self.neighbour(from.as_deref(), step) {
            self.sort_by(column, None, out);
        }
    }

    /// Picks the next column, or the one before, of that picked, else of that in order.
    pub(super) fn pick(&mut self, step: isize) {
        let sorted = self.spec().sort.as_ref().map(|sort| &sort.column);
        let from = self.ui.picked.as_ref().or(sorted).cloned();
        self.ui.picked = self.neighbour(from.as_deref(), step).or_else(|| self.ui.picked.take());
    }

    /// Turns the order round.
    pub(super) fn reverse(&mut self, out: &mut Vec<Effect>) {
        let first = self.columns().into_iter().next();
        match &mut self.places.current_mut().sort {
            Some(sort) => sort.descending = !sort.descending,
            none => *none = first.map(|column| Sort { column, descending: true }),
        }
        self.show(out);
    }

    /// The same column again turns the order round. The first time, what most want to see comes first:
    /// the largest number, the youngest, the first name.
    fn sort_by(&mut self, column: String, descending: Option<bool>, out: &mut Vec<Effect>) {
        let before = self.spec().sort.as_ref().filter(|sort| sort.column == column);
        let is_numeric = self.snapshot.window.heads.iter().any(|head| head.numeric && head.title == column);
        // An age is small when what it is of is young.
        let is_age = column == "AGE" || column.ends_with(" SEEN");
        let first = column == "RESTARTS" || (is_numeric && !is_age);
        let descending = descending.unwrap_or(before.map_or(first, |sort| !sort.descending));
        self.places.current_mut().sort = Some(Sort { column, descending });
        self.show(out);
    }

    /// The column of this number or header; as long as the table's columns are not known, any.
    fn column(&self, word: &str) -> Option<String> {
        let columns = self.columns();
        if columns.is_empty() && word.parse::<usize>().is_err() {
            return Some(word.to_uppercase());
        }
        let numbered = word.parse::<usize>().ok().and_then(|number| columns.get(number.checked_sub(1)?));
        let upper = word.to_uppercase();
        let titled = columns.iter().find(|title| title.to_uppercase() == upper);
        let begun = || columns.iter().find(|title| title.to_uppercase().starts_with(&upper));
        titled.or(numbered).or_else(begun).cloned()
    }

    fn neighbour(&self, from: Option<&str>, step: isize) -> Option<String> {
        let columns = self.columns();
        let count = isize::try_from(columns.len()).ok().filter(|count| *count > 0)?;
        let at = from.and_then(|from| columns.iter().position(|title| title == from));
        let next = match at {
            Some(at) => (at as isize + step).rem_euclid(count),
            None if step > 0 => 0,
            None => count - 1,
        };
        columns.into_iter().nth(next.unsigned_abs())
    }
}
