//! `-o json`: rows with their columns, and with `--watch` a line an event.

use super::{Query, Stop, sorted};
use crate::base::age::Timestamp;
use crate::cluster::cluster::Cluster;
use crate::model::column::Column;
use crate::model::kind::Kind;
use crate::model::source::{FeedRow, Status};
use crate::model::state::ClusterState;
use serde::Serialize;
use serde::ser::SerializeMap;
use std::io::Write;

/// The columns of a row: header to text, in kubectl's order.
struct Columns<'a>(&'a [Column], &'a [String]);

impl Serialize for Columns<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, cell) in self.0.iter().zip(self.1) {
            map.serialize_entry(&column.name, cell)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    cluster: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    uid: &'a str,
    resource_version: &'a str,
    created: Option<String>,
    columns: Columns<'a>,
}

/// RFC 3339, as the API writes it; nothing for a moment that is not known.
pub fn moment(at: Timestamp) -> Option<String> {
    let moment = jiff::Timestamp::from_second(i64::from(at)).ok().filter(|_| at != 0)?;
    Some(moment.to_string())
}

fn row<'a>(cluster: &'a str, kind: &'a Kind, columns: &'a [Column], row: &'a FeedRow) -> Row<'a> {
    Row {
        cluster,
        kind: &kind.kind,
        namespace: &row.namespace,
        name: &row.name,
        uid: &row.uid,
        resource_version: &row.version,
        created: moment(row.created),
        columns: Columns(columns, &row.cells),
    }
}

/// Writes all rows as one array, a row a line.
pub fn array(out: &mut impl Write, groups: &[Vec<Query>]) -> Result<(), Stop> {
    out.write_all(b"[")?;
    let mut separator = "\n";
    for query in groups.iter().flatten() {
        let cluster = &query.opened.cluster;
        let now = cluster.now();
        for source in query.opened.sources() {
            let rows = source.rows();
            for slot in sorted(&rows) {
                out.write_all(separator.as_bytes())?;
                separator = ",\n";
                let texts = FeedRow::of(&rows, slot, now);
                let line = row(&cluster.name, &source.kind, rows.columns(), &texts);
                serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from)?;
            }
        }
    }
    Ok(out.write_all(if separator == "\n" { b"]\n" } else { b"\n]\n" })?)
}

#[derive(Serialize)]
struct Change<'a> {
    r#type: &'a str,
    row: Row<'a>,
}

/// The line of a row that came, changed or went.
pub fn change(what: &str, cluster: &Cluster, kind: &Kind, columns: &[Column], texts: &FeedRow) -> String {
    line(&Change { r#type: what, row: row(&cluster.name, kind, columns, texts) })
}

/// The line of a list that is complete.
pub fn synced(cluster: &Cluster, kind: &Kind, namespace: Option<&str>, count: usize) -> String {
    #[derive(Serialize)]
    struct Synced<'a> {
        r#type: &'a str,
        cluster: &'a str,
        kind: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<&'a str>,
        count: usize,
    }
    line(&Synced { r#type: "synced", cluster: &cluster.name, kind: &kind.kind, namespace, count })
}

#[derive(Serialize)]
#[allow(clippy::struct_field_names, reason = "the names of the contract")]
struct State<'a> {
    r#type: &'a str,
    cluster: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    state: &'a str,
    since: Option<String>,
    reason: &'a str,
}

/// The line of a cluster that changed its state.
pub fn cluster_state(cluster: &Cluster, state: &ClusterState) -> String {
    line(&State {
        r#type: "state",
        cluster: &cluster.name,
        kind: None,
        namespace: None,
        state: state.phase.word(),
        since: moment(state.since),
        reason: &state.reason,
    })
}

/// The line of one watch that changed its state.
pub fn watch_state(cluster: &Cluster, kind: &str, namespace: Option<&str>, status: &Status) -> String {
    line(&State {
        r#type: "state",
        cluster: &cluster.name,
        kind: Some(kind),
        namespace,
        state: status.phase.word(),
        since: moment(status.since),
        reason: status.phase.reason(),
    })
}

fn line(value: &impl Serialize) -> String {
    // These types always serialize.
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}
