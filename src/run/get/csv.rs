//! `-o csv`: one kind's rows with all columns.

use super::table::Grid;
use super::{Query, Stop};
use crate::text::csv;
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
    out.write_all(csv::line(grid.heads()).as_bytes())?;
    for cells in grid.lines() {
        out.write_all(csv::line(cells).as_bytes())?;
    }
    Ok(())
}
