//! `-o table`, `wide` and `name`: as kubectl writes them, a cluster column first where there are several.

use super::{Query, Stop, kinds_of, sorted};
use crate::model::source::{FeedRow, Source};
use crate::run::args::Args;
use crate::text::sanitize::sanitize;
use crate::text::width::{pad, width};
use crate::view::spec::Namespaces;
use std::io::Write;

/// Between two columns.
const GAP: u16 = 3;

/// A line of the table, and the columns of one kind.
struct Grid {
    heads: Vec<String>,
    lines: Vec<Vec<String>>,
}

/// Writes every kind's rows as a table.
pub fn write(out: &mut impl Write, groups: &[Vec<Query>], args: &Args, wide: bool, many: bool) -> Result<(), Stop> {
    let kinds = groups.iter().flat_map(|group| kinds_of(group).into_iter().map(move |kind| (group, kind)));
    let kinds: Vec<_> = kinds.collect();
    let prefixed = groups.len() > 1 || kinds.len() > 1;
    let mut first = true;
    for (group, kind) in kinds {
        let namespace = kind.namespaced && shows_namespace(args);
        let mut grid = Grid { heads: Vec::new(), lines: Vec::new() };
        for query in group {
            for source in query.opened.sources().into_iter().filter(|source| source.kind.id() == kind.id()) {
                grid.add(
                    &query.opened.cluster.name,
                    &source,
                    query.opened.cluster.now(),
                    (many, namespace, wide, prefixed),
                );
            }
        }
        if grid.lines.is_empty() {
            continue;
        }
        if !first {
            out.write_all(b"\n")?;
        }
        first = false;
        grid.write(out)?;
    }
    Ok(())
}

/// Whether rows need to say their namespace: kubectl says it with `-A`; with several namespaces, too.
fn shows_namespace(args: &Args) -> bool {
    match &args.namespaces {
        Namespaces::All => true,
        Namespaces::OfContext => false,
        Namespaces::Only(names) => names.len() > 1,
    }
}

/// kubectl cuts a cell at its first line break and says so.
pub fn first_line(text: &str) -> String {
    match text.find(['\n', '\r', '\x0c']) {
        Some(end) => format!("{}...", sanitize(&text[..end])),
        None => sanitize(text).into_owned(),
    }
}

impl Grid {
    fn add(
        &mut self,
        cluster: &str,
        source: &Source,
        now: u32,
        (many, namespace, wide, prefixed): (bool, bool, bool, bool),
    ) {
        let rows = source.rows();
        let mut fixed = Vec::new();
        if many {
            fixed.push("CLUSTER");
        }
        if namespace {
            fixed.push("NAMESPACE");
        }
        let shown: Vec<_> = (0..rows.columns().len()).filter(|&c| wide || !rows.columns()[c].wide).collect();
        let heads: Vec<_> = fixed
            .iter()
            .map(ToString::to_string)
            .chain(shown.iter().map(|&column| rows.columns()[column].name.to_string()))
            .collect();
        // Servers of other versions may have other columns: they are put under their own heads.
        for (at, head) in heads.iter().enumerate() {
            if !self.heads.contains(head) {
                let at = at.min(self.heads.len());
                self.heads.insert(at, head.clone());
                for line in &mut self.lines {
                    line.insert(at, String::new());
                }
            }
        }
        for slot in sorted(&rows) {
            let row = FeedRow::of(&rows, slot, now);
            let mut line = vec![String::new(); self.heads.len()];
            let mut put = |head: &str, text: String| {
                if let Some(at) = self.heads.iter().position(|known| known == head) {
                    line[at] = text;
                }
            };
            if many {
                put("CLUSTER", cluster.to_owned());
            }
            if namespace {
                put("NAMESPACE", first_line(&row.namespace));
            }
            for &column in &shown {
                let name = &rows.columns()[column].name;
                let text = first_line(&row.cells[column]);
                put(name, if prefixed && name == "NAME" { format!("{}/{text}", name_prefix(source)) } else { text });
            }
            self.lines.push(line);
        }
    }

    fn write(&self, out: &mut impl Write) -> Result<(), Stop> {
        let widths: Vec<u16> = (0..self.heads.len())
            .map(|at| self.lines.iter().map(|line| width(&line[at])).chain([width(&self.heads[at])]).max().unwrap_or(0))
            .collect();
        for line in std::iter::once(&self.heads).chain(&self.lines) {
            let mut text = String::new();
            for (at, cell) in line.iter().enumerate() {
                if at + 1 == line.len() {
                    text.push_str(cell);
                } else {
                    text.push_str(&pad(cell, widths[at] + GAP));
                }
            }
            text.push('\n');
            out.write_all(text.as_bytes())?;
        }
        Ok(())
    }
}

/// `pod` or `deployment.apps`.
pub fn name_prefix(source: &Source) -> String {
    let kind = &source.kind;
    if kind.group.is_empty() { kind.singular.clone() } else { format!("{}.{}", kind.singular, kind.group) }
}

/// Writes `kind/name` for every row.
pub fn names(out: &mut impl Write, groups: &[Vec<Query>]) -> Result<(), Stop> {
    for query in groups.iter().flatten() {
        for source in query.opened.sources() {
            let prefix = name_prefix(&source);
            let rows = source.rows();
            for slot in sorted(&rows) {
                writeln!(out, "{prefix}/{}", sanitize(rows.name(slot)))?;
            }
        }
    }
    Ok(())
}

/// kubectl's words for an empty answer.
pub fn nothing_found(groups: &[Vec<Query>], args: &Args) -> String {
    let namespaced = groups.iter().any(|group| kinds_of(group).iter().any(|kind| kind.namespaced));
    let mut spaces: Vec<String> = match &args.namespaces {
        Namespaces::All => Vec::new(),
        Namespaces::OfContext => groups.iter().flatten().map(|query| query.opened.cluster.namespace.clone()).collect(),
        Namespaces::Only(names) => names.clone(),
    };
    spaces.sort_unstable();
    spaces.dedup();
    match spaces.as_slice() {
        [] => "No resources found".into(),
        _ if !namespaced => "No resources found".into(),
        names => {
            format!("No resources found in {} namespace{}.", names.join(", "), if names.len() > 1 { "s" } else { "" })
        }
    }
}
