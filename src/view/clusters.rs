//! The clusters pane: the fleet's own state as a table like any other.

use super::snapshot::{ClusterLine, RowId};
use super::spec::ClusterId;
use super::table::Part;
use crate::base::age::Timestamp;
use crate::cluster::cluster::Cluster;
use crate::cluster::fleet::Fleet;
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};
use crate::model::kind::Kind;
use crate::model::source::Source;
use crate::model::state::Phase;
use crate::text::sanitize::sanitize;
use std::sync::Arc;

const COLUMNS: [Column; 17] = [
    Column::shown("NAME"),
    Column::shown("STATE"),
    Column::shown("SINCE"),
    Column { name: std::borrow::Cow::Borrowed("NODES"), wide: false, numeric: true },
    Column { name: std::borrow::Cow::Borrowed("PODS"), wide: false, numeric: true },
    Column::shown("VERSION"),
    Column::shown("HEARD"),
    Column::shown("RETRY"),
    Column::shown("WHY"),
    Column { name: std::borrow::Cow::Borrowed("REQS"), wide: true, numeric: true },
    Column { name: std::borrow::Cow::Borrowed("BYTES"), wide: true, numeric: true },
    Column { name: std::borrow::Cow::Borrowed("WATCHES"), wide: true, numeric: true },
    Column { name: std::borrow::Cow::Borrowed("429S"), wide: true, numeric: true },
    Column::wide("IDENTITY"),
    Column::wide("SERVER"),
    Column::wide("USER"),
    Column::wide("NAMESPACE"),
];

/// See the module.
pub struct ClustersPane {
    source: Arc<Source>,
}

impl Default for ClustersPane {
    fn default() -> ClustersPane {
        let kind = Kind { plural: "clusters".into(), singular: "cluster".into(), ..Kind::default() };
        // Its own bell: it is filled while a snapshot is made, and must not ask for another.
        let source = Source::new(ClusterId(u16::MAX), Arc::new(kind), None, Arc::default(), false);
        source.set_columns(Arc::from(COLUMNS.to_vec()));
        ClustersPane { source: Arc::new(source) }
    }
}

impl ClustersPane {
    /// The pane as the part of a table.
    pub fn part(&self) -> Part {
        Part { source: self.source.clone(), cluster: ClusterId(u16::MAX), name: String::new() }
    }

    /// A row of this pane names its cluster by place: `cluster/3` is its uid.
    pub fn resolve(&self, mut id: RowId) -> RowId {
        if id.cluster == ClusterId(u16::MAX) {
            let place = id.uid.strip_prefix("cluster-").and_then(|place| place.parse().ok());
            id.cluster = ClusterId(place.unwrap_or(u16::MAX));
        }
        id
    }

    /// Takes in how the clusters stand.
    pub fn update(&self, fleet: &Fleet, lines: &[ClusterLine], now: Timestamp) {
        let mut draft = Draft::default();
        self.source.begin();
        for (cluster, line) in fleet.clusters.iter().zip(lines) {
            draft.clear();
            draft.name = draft.span(&cluster.name);
            draft.uid = draft.span_fmt(format_args!("cluster-{}", cluster.id.0));
            draft.tone = match line.state.phase {
                Phase::Live => Tone::Good,
                Phase::Idle | Phase::Connecting => Tone::Quiet,
                Phase::Throttled | Phase::Stale => Tone::Warn,
                Phase::Unreachable | Phase::Denied | Phase::Expired | Phase::Replaced => Tone::Bad,
            };
            draft.cell_span(draft.name);
            draft.cell(line.state.phase.word());
            if line.state.since == 0 {
                draft.cell("");
            } else {
                draft.cell_age(line.state.since);
            }
            match line.nodes {
                Some(nodes) => draft.cell_number(nodes.into()),
                None => draft.cell(""),
            }
            match line.pods {
                Some(pods) => draft.cell_number(pods.count.into()),
                None => draft.cell(""),
            }
            draft.cell(&line.state.version);
            match cluster.gate.state().heard {
                0 => draft.cell(""),
                heard => draft.cell_age(heard),
            }
            match line.state.retry_at.saturating_sub(now) {
                _ if line.state.retry_at == 0 => draft.cell(""),
                0 => draft.cell("now"),
                seconds => draft.cell_fmt(format_args!("in {seconds}s (#{})", line.state.attempts)),
            }
            match cluster.rotation() {
                Some(rotation) if line.state.reason.is_empty() => draft.cell(&sanitize(&rotation.what)),
                _ => draft.cell(&line.state.reason),
            }
            let spent = cluster.spent();
            draft.cell_number(spent.requests.cast_signed());
            draft.cell_size(spent.bytes);
            draft.cell_number(spent.watches.cast_signed());
            draft.cell_number(spent.throttled.cast_signed());
            draft.cell(&identity(cluster, fleet));
            draft.cell(&sanitize(&cluster.server));
            draft.cell(&sanitize(&cluster.user));
            draft.cell(&sanitize(&cluster.namespace));
            // Its cells are its version: what did not change is not touched.
            let cells =
                format!("{:?}", draft.cells.iter().map(|cell| cell.map(|span| draft.get(span))).collect::<Vec<_>>());
            draft.version = draft.span(&cells);
            self.source.upsert(&draft, now);
        }
        self.source.commit(now);
    }
}

/// What tells the cluster from others, and which others it is, too: one cluster may have many contexts.
fn identity(cluster: &Cluster, fleet: &Fleet) -> String {
    let Some(known) = cluster.identity() else { return String::new() };
    let Some(uid) = &known.uid else {
        return known.authority.map_or_else(String::new, |digest| format!("CA {digest}"));
    };
    let same = |other: &&Arc<Cluster>| {
        other.id != cluster.id && other.identity().is_some_and(|known| known.uid.as_ref() == Some(uid))
    };
    let also: Vec<_> = fleet.clusters.iter().filter(same).map(|other| other.name.as_str()).collect();
    if also.is_empty() { uid.clone() } else { format!("{uid} = {}", also.join(", ")) }
}
