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

/// The lines of a table: columns that we add, then those of the kind.
pub struct Grid {
    heads: Vec<String>,
    /// How many of the columns are ours. A kind may have columns of the same name.
    fixed: usize,
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
        let fixed: Vec<&str> = [(many, "CLUSTER"), (namespace, "NAMESPACE")]
            .into_iter()
            .filter_map(|(shown, head)| shown.then_some(head))
            .collect();
        let mut grid = Grid::new(&fixed);
        for query in group {
            let cluster = &query.opened.cluster;
            for source in query.opened.sources().into_iter().filter(|source| source.kind.id() == kind.id()) {
                let first = grid.lines.len();
                grid.add(&source, cluster.now(), wide, |head, row| match head {
                    "CLUSTER" => cluster.name.clone(),
                    _ => row.namespace.clone(),
                });
                if prefixed {
                    grid.prefix_names(first, &name_prefix(&source));
                }
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
    /// A table that begins with these columns.
    pub fn new(fixed: &[&str]) -> Grid {
        Grid { heads: fixed.iter().map(ToString::to_string).collect(), fixed: fixed.len(), lines: Vec::new() }
    }

    /// The heads of its columns.
    pub fn heads(&self) -> &[String] {
        &self.heads
    }

    /// Its lines, whole.
    pub fn lines(&self) -> impl Iterator<Item = &[String]> {
        self.lines.iter().map(Vec::as_slice)
    }

    /// Adds the rows of a source; `ours` gives the cells of our own columns.
    pub fn add(&mut self, source: &Source, now: u32, wide: bool, ours: impl Fn(&str, &FeedRow) -> String) {
        let rows = source.rows();
        let shown: Vec<_> = (0..rows.columns().len()).filter(|&c| wide || !rows.columns()[c].wide).collect();
        // Servers of other versions may have other columns: they are put under their own heads.
        for (at, &column) in shown.iter().enumerate() {
            let head = &rows.columns()[column].name;
            if self.place(head).is_none() {
                let at = (self.fixed + at).min(self.heads.len());
                self.heads.insert(at, head.to_string());
                for line in &mut self.lines {
                    line.insert(at, String::new());
                }
            }
        }
        let places: Vec<_> = shown.iter().map(|&column| self.place(&rows.columns()[column].name)).collect();
        for slot in sorted(&rows) {
            let row = FeedRow::of(&rows, slot, now);
            let mut line = vec![String::new(); self.heads.len()];
            for (cell, head) in line.iter_mut().zip(&self.heads).take(self.fixed) {
                *cell = ours(head, &row);
            }
            for (&column, place) in shown.iter().zip(&places) {
                if let Some(place) = *place {
                    line[place].clone_from(&row.cells[column]);
                }
            }
            self.lines.push(line);
        }
    }

    /// Where a column of the kind stands.
    fn place(&self, head: &str) -> Option<usize> {
        self.heads.iter().skip(self.fixed).position(|known| known == head).map(|at| at + self.fixed)
    }

    /// Writes `pod/` before the names from this line on.
    fn prefix_names(&mut self, first: usize, prefix: &str) {
        if let Some(place) = self.place("NAME") {
            for line in self.lines.iter_mut().skip(first) {
                line[place] = format!("{prefix}/{}", line[place]);
            }
        }
    }

    fn write(&self, out: &mut impl Write) -> Result<(), Stop> {
        let lines: Vec<Vec<String>> =
            self.lines.iter().map(|line| line.iter().map(|cell| first_line(cell)).collect()).collect();
        let widths: Vec<u16> = (0..self.heads.len())
            .map(|at| lines.iter().map(|line| width(&line[at])).chain([width(&self.heads[at])]).max().unwrap_or(0))
            .collect();
        for line in std::iter::once(&self.heads).chain(&lines) {
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
