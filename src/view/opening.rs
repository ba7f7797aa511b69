//! What decides which watches are open for a table, and the tables that were left a moment ago.

use super::spec::{ClusterId, Namespaces, Pane, Spec, Within};
use crate::cluster::open::Opened;
use crate::model::relation::{EVENTS, How};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    pane: Pane,
    clusters: Option<Vec<ClusterId>>,
    namespaces: Namespaces,
    within: Option<Arc<Within>>,
    /// Every event by itself.
    each_event: bool,
}

impl Opening {
    /// What a table needs open.
    pub fn of(spec: &Spec) -> Opening {
        Opening {
            pane: spec.pane.clone(),
            clusters: spec.clusters.clone(),
            namespaces: spec.namespaces.clone(),
            within: spec.within.clone(),
            each_event: shows_events(spec) && spec.wide,
        }
    }
}

/// Whether a table is one of the core group's events.
pub fn shows_events(spec: &Spec) -> bool {
    if let Some(within) = &spec.within {
        return within.relation.how == How::Events;
    }
    let Pane::Kind(word) = &spec.pane else { return false };
    crate::kinds::named(word).is_some_and(|kind| kind.plural == EVENTS && kind.group.is_empty())
}

/// How long the watches of tables that were left stay open, and of how many.
const KEEP: Duration = Duration::from_mins(1);
const MOST: usize = 3;

/// What was on the screen before, so that going back is at once.
#[derive(Default)]
pub struct Left(Vec<(Opening, Vec<Opened>, Instant)>);

impl Left {
    /// Takes in what a table had open.
    pub fn add(&mut self, opening: Opening, opened: Vec<Opened>) {
        if opened.is_empty() {
            return;
        }
        self.0.push((opening, opened, Instant::now()));
        if self.0.len() > MOST {
            self.0.remove(0);
        }
    }

    /// Gives back what is still open of a table.
    pub fn take(&mut self, opening: &Opening) -> Vec<Opened> {
        let place = self.0.iter().position(|(left, ..)| left == opening);
        place.map(|at| self.0.remove(at).1).unwrap_or_default()
    }

    /// Closes what was left too long ago.
    pub fn forget(&mut self) {
        self.0.retain(|(.., since)| since.elapsed() <= KEEP);
    }
}
