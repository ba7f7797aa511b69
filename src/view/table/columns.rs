//! The columns of a table: made of those of its sources, and what stands under them.

use super::{Table, joint};
use crate::base::age::Timestamp;
use crate::model::cell::Cell;
use crate::model::rows::Rows;
use crate::text::sanitize::sanitize;
use crate::text::width::width;
use crate::view::order::Entry;
use crate::view::snapshot::Head;
use std::fmt::Write as _;

/// Rows that are looked at for the width of a column.
const SAMPLE: usize = 2000;

/// A column of the whole table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Cluster,
    Namespace,
    /// The kind, in a table of several.
    Kind,
    /// The column's place in each source.
    Cell(Vec<Option<usize>>),
    /// These columns of each source in words.
    Words(Vec<Vec<usize>>),
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub head: Head,
    pub place: Place,
    pub wide: bool,
}

impl Table {
    pub(super) fn make_columns(&mut self, all: &[&Rows]) {
        let mut names: Vec<(String, bool, bool)> = Vec::new();
        for rows in all {
            let mut at = 0;
            for column in rows.columns().iter() {
                match names.iter().position(|(name, ..)| *name == column.name) {
                    Some(found) => at = found + 1,
                    None => {
                        names.insert(at, (column.name.to_string(), column.wide, column.numeric));
                        at += 1;
                    }
                }
            }
        }
        self.show_namespace = !self.one_namespace && self.parts.iter().any(|part| part.source.kind.namespaced);
        self.columns.clear();
        // What kind it is must be told whole.
        let widest_kind = self.kinds.iter().map(|kind| width(kind)).max().unwrap_or(0).clamp(4, 32);
        let mut add = |title: &str, place: Place, wide: bool, numeric: bool| {
            let title: String = sanitize(title).into_owned();
            let least = if place == Place::Kind { widest_kind } else { width(&title) };
            let repeats = matches!(place, Place::Cluster | Place::Namespace);
            // An event's own name says nothing: what it is about stands in other columns.
            let identity = repeats || (title == "NAME" && !self.urgent);
            let head = Head { width: least, least, title, numeric, identity, repeats };
            self.columns.push(Column { head, place, wide });
        };
        if self.show_cluster {
            add("CLUSTER", Place::Cluster, false, false);
        }
        if self.show_namespace {
            add("NAMESPACE", Place::Namespace, false, false);
        }
        if !self.kinds.is_empty() {
            let shared = joint::shared(all);
            let rest = joint::rest(all, &shared);
            add("KIND", Place::Kind, false, false);
            for column in shared {
                add(column.title, Place::Cell(column.places), false, false);
            }
            add("INFO", Place::Words(rest), false, false);
            return;
        }
        for (name, wide, numeric) in names {
            let places = all.iter().map(|rows| rows.columns().iter().position(|column| column.name == name)).collect();
            add(&name, Place::Cell(places), wide, numeric);
        }
    }

    /// The columns of a source that the filter tries: those that show.
    pub(super) fn tried_columns(&self, source: usize) -> Vec<usize> {
        let shown = self.columns.iter().filter(|column| self.wide || !column.wide);
        shown
            .flat_map(|column| match &column.place {
                Place::Cell(places) => places.get(source).copied().flatten().into_iter().collect(),
                Place::Words(columns) => columns.get(source).cloned().unwrap_or_default(),
                Place::Cluster | Place::Namespace | Place::Kind => Vec::new(),
            })
            .collect()
    }

    /// Widths of the columns, from a sample of the rows.
    pub(super) fn measure(&mut self, all: &[&Rows]) {
        let step = (self.order().len() / SAMPLE).max(1);
        let mut text = String::new();
        for column in 0..self.columns.len() {
            let mut widest = width(&self.columns[column].head.title);
            for &entry in self.order().iter().step_by(step) {
                text.clear();
                self.write(all, entry, column, 0, &mut text);
                widest = widest.max(if text.is_ascii() { text.len().min(400) as u16 } else { width(&sanitize(&text)) });
            }
            self.columns[column].head.width = widest.min(400);
        }
    }

    /// Appends a cell's text; with 0 as the moment, ages as wide as they get.
    pub(super) fn write(&self, all: &[&Rows], entry: Entry, column: usize, now: Timestamp, out: &mut String) {
        let source = usize::from(entry.source);
        let rows = all[source];
        match &self.columns[column].place {
            Place::Cluster => out.push_str(&self.parts[source].name),
            Place::Namespace => out.push_str(rows.namespace(entry.slot)),
            Place::Kind => out.push_str(self.kinds.get(source).map_or("", String::as_str)),
            Place::Words(columns) => {
                let start = out.len();
                let mut text = String::new();
                for &column in columns.get(source).into_iter().flatten() {
                    text.clear();
                    rows.write_cell(&mut text, entry.slot, column, now);
                    if let Some(known) = rows.columns().get(column) {
                        joint::write_word(out, start, &known.name, &text);
                    }
                }
            }
            Place::Cell(places) => {
                if let Some(Some(cell)) = places.get(source) {
                    // An age is measured as wide as ages get.
                    if now == 0 && rows.cell(entry.slot, *cell).next_change(1).is_some() {
                        if let Cell::Restarts { count, .. } = rows.cell(entry.slot, *cell) {
                            let _ = write!(out, "{count} (7d23h ago)");
                        } else {
                            out.push_str("7d23h");
                        }
                    } else {
                        rows.write_cell(out, entry.slot, *cell, now);
                    }
                }
            }
        }
    }
}
