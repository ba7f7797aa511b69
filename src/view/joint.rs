//! The columns of a table over several kinds: what most kinds have in common, the kind itself, and the
//! rest of each row in words.

use super::table::Part;
use crate::model::column::Column;
use crate::model::rows::Rows;
use std::collections::BTreeSet;

/// A column of such a table, and its place in each source.
pub struct Shared {
    /// Its head.
    pub title: &'static str,
    /// Its place in each source.
    pub places: Vec<Option<usize>>,
}

/// The heads of what is shared, each with the names that kinds give it.
const SHARED: [(&str, &[&str]); 4] =
    [("NAME", &["NAME"]), ("READY", &["READY"]), ("STATUS", &["STATUS", "PHASE", "STATE"]), ("AGE", &["AGE"])];

/// Whether these parts are of several kinds.
pub fn is_joint(parts: &[Part]) -> bool {
    let first = parts.first().map(|part| &part.source.kind);
    parts.iter().any(|part| {
        first.is_some_and(|first| first.plural != part.source.kind.plural || first.group != part.source.kind.group)
    })
}

/// What each part's kind is called in the table: with its group where another has the same name.
pub fn kind_names(parts: &[Part]) -> Vec<String> {
    let name = |part: &Part| {
        let kind = &part.source.kind;
        let twin = |other: &Part| other.source.kind.kind == kind.kind && other.source.kind.group != kind.group;
        if parts.iter().any(twin) && !kind.group.is_empty() {
            format!("{}.{}", kind.kind, kind.group)
        } else {
            kind.kind.clone()
        }
    };
    parts.iter().map(name).collect()
}

/// The place of each name among all of them.
pub fn ranks(names: &[String]) -> Vec<u8> {
    let all: BTreeSet<&String> = names.iter().collect();
    names.iter().map(|name| all.range::<String, _>(..name).count().min(255) as u8).collect()
}

/// What the sources share.
pub fn shared(sources: &[&Rows]) -> Vec<Shared> {
    let place = |rows: &Rows, names: &[&str]| {
        names.iter().find_map(|name| rows.columns().iter().position(|column| column.name == *name))
    };
    let column = |(title, names): (&'static str, &[&str])| Shared {
        title,
        places: sources.iter().map(|rows| place(rows, names)).collect(),
    };
    let any = |shared: &Shared| shared.title == "NAME" || shared.places.iter().any(Option::is_some);
    SHARED.into_iter().map(|(title, names)| column((title, names))).filter(any).collect()
}

/// The columns of each source that are not shared: what is written in words.
pub fn rest(sources: &[&Rows], shared: &[Shared]) -> Vec<Vec<usize>> {
    let of = |(at, rows): (usize, &&Rows)| {
        let taken = |column: usize| shared.iter().any(|shared| shared.places.get(at) == Some(&Some(column)));
        let columns: &[Column] = rows.columns();
        (0..columns.len()).filter(|&column| !taken(column) && !columns[column].wide).collect()
    };
    sources.iter().enumerate().map(of).collect()
}

/// Appends ` name=text` of a cell, where that says something.
pub fn write_word(out: &mut String, start: usize, name: &str, text: &str) {
    // A count of nothing says nothing.
    if matches!(text, "" | "0" | "<none>") {
        return;
    }
    if out.len() > start {
        out.push(' ');
    }
    out.extend(name.chars().map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }));
    out.push('=');
    out.push_str(text);
}
