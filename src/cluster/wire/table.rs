//! Rows of the server's own Tables, for every kind whose columns are not computed here.

use super::WireError;
use crate::base::age::{self, Timestamp};
use crate::kinds::fill_meta;
use crate::kinds::meta::PartialObject;
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// The columns of a Table: what they are called, and which of them the row itself knows better.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// The columns.
    pub columns: Arc<[Column]>,
    age: Option<usize>,
    status: Option<usize>,
}

#[derive(Deserialize)]
struct Definition {
    name: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    priority: i32,
}

impl Layout {
    /// Reads `columnDefinitions`.
    pub fn parse(json: &[u8]) -> Result<Layout, WireError> {
        let definitions: Vec<Definition> =
            serde_json::from_slice(json).map_err(|error| WireError::Object(format!("column definitions: {error}")))?;
        let find = |name: &str| definitions.iter().position(|d| d.name.eq_ignore_ascii_case(name));
        // The first of these says how an object fares, in kinds of whatever group.
        let status = ["Status", "Phase", "State", "Ready", "Available"].into_iter().find_map(find);
        let age = find("Age");
        let columns = definitions
            .iter()
            .map(|d| Column {
                name: Cow::Owned(d.name.to_uppercase()),
                wide: d.priority > 0,
                numeric: matches!(d.kind.as_str(), "integer" | "number"),
            })
            .collect();
        Ok(Layout { columns, age, status })
    }

    /// Reads one row of a Table into a draft. `server_now` is the server's clock: an age that the
    /// server wrote from the creation time ticks on, any other stays as it was written.
    pub fn read(&self, json: &[u8], draft: &mut Draft, server_now: Timestamp) -> Result<(), WireError> {
        #[derive(Deserialize)]
        struct Row {
            #[serde(default)]
            cells: Vec<Value>,
            object: Option<PartialObject>,
        }
        let row: Row = serde_json::from_slice(json).map_err(|error| WireError::Object(format!("a row: {error}")))?;
        draft.clear();
        let Some(object) = row.object else {
            return Err(WireError::Object("a row without its object's metadata".into()));
        };
        fill_meta(&object.metadata, draft);
        for column in 0..self.columns.len() {
            match row.cells.get(column) {
                None | Some(Value::Null) => draft.cell(""),
                Some(Value::String(text)) => self.text(column, text, draft, server_now),
                Some(Value::Number(number)) => match number.as_i64() {
                    Some(number) => draft.cell_number(number),
                    None => draft.cell_fmt(format_args!("{number}")),
                },
                Some(other) => draft.cell_fmt(format_args!("{other}")),
            }
        }
        Ok(())
    }

    fn text(&self, column: usize, text: &str, draft: &mut Draft, server_now: Timestamp) {
        if self.status == Some(column) {
            draft.tone = tone(text);
        }
        if self.age == Some(column) && is_age_of(text, draft.created, server_now) {
            draft.cell_age(draft.created);
        } else if text == draft.get(draft.name) {
            draft.cell_span(draft.name);
        } else {
            draft.cell(text);
        }
    }
}

/// Whether `text` is how the age of `created` read at about `now`.
fn is_age_of(text: &str, created: Timestamp, now: Timestamp) -> bool {
    if created == 0 {
        return text == "<unknown>";
    }
    // The answer may have been written a little earlier, and Date has only seconds.
    (0..=12).any(|off| {
        let mut age = String::new();
        age::write_age(&mut age, created, now.saturating_add(2).saturating_sub(off));
        age == text
    })
}

/// How an object fares by the words that most kinds use.
fn tone(status: &str) -> Tone {
    // `False (MissingEndpoints)` is no less false.
    match status.split(" (").next().unwrap_or(status) {
        "Active" | "Running" | "Ready" | "Bound" | "Available" | "Healthy" | "Approved,Issued" | "Issued" | "True" => {
            Tone::Good
        }
        "Complete" | "Completed" | "Succeeded" => Tone::Quiet,
        "Pending" | "Terminating" | "Released" | "Suspended" | "Unknown" | "Progressing" | "Unschedulable" => {
            Tone::Warn
        }
        "Failed" | "Lost" | "Error" | "False" | "Degraded" | "NotReady" | "Denied" | "Unhealthy" => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// The parts of a Table that came as one watch event.
#[derive(Deserialize)]
pub struct EventTable<'a> {
    /// Only in the first event of a watch.
    #[serde(borrow, default, rename = "columnDefinitions")]
    pub columns: Option<&'a serde_json::value::RawValue>,
    /// One row.
    #[serde(borrow, default)]
    pub rows: Option<Vec<&'a serde_json::value::RawValue>>,
}

impl<'a> EventTable<'a> {
    /// Reads the object of an event.
    pub fn parse(json: &'a [u8]) -> Result<EventTable<'a>, WireError> {
        serde_json::from_slice(json).map_err(|error| WireError::Object(format!("a watch event's table: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_that_tells_health_gives_the_tone() {
        let tone_of = |column: &str, text: &str| {
            let definitions =
                format!(r#"[{{"name": "Name", "type": "string"}}, {{"name": "{column}", "type": "string"}}]"#);
            let layout = Layout::parse(definitions.as_bytes()).expect("columns");
            let row = format!(r#"{{"cells": ["a", "{text}"], "object": {{"metadata": {{"name": "a"}}}}}}"#);
            let mut draft = Draft::default();
            layout.read(row.as_bytes(), &mut draft, 0).expect("a row");
            draft.tone
        };
        for (column, text, tone) in [
            ("Available", "False (MissingEndpoints)", Tone::Bad),
            ("Available", "True", Tone::Good),
            ("Ready", "Unknown", Tone::Warn),
            ("Status", "Unhealthy", Tone::Bad),
            ("State", "Denied", Tone::Bad),
            ("Phase", "Succeeded", Tone::Quiet),
            ("Ready", "2/3", Tone::Plain),
            ("Colour", "False", Tone::Plain),
        ] {
            assert_eq!(tone_of(column, text), tone, "{column} {text}");
        }
    }
}
