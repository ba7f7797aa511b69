//! Opening tables: from a line, and with Enter.

use super::{App, Effect};
use crate::command::line::{Clusters, Open};
use crate::command::pane::{self, DEFAULT_KIND, Enter};
use crate::text::catalog::Text;
use crate::view::snapshot::RowId;
use crate::view::spec::{ClusterId, Namespaces, Pane, Spec};

impl App {
    /// Opens a table: what is not said of its scope stays as it is, the filter does not.
    pub(super) fn open(&mut self, open: Open, out: &mut Vec<Effect>) {
        let scoped = open.namespaces.is_some() || open.clusters != Clusters::Same;
        let current = self.spec();
        let pane = open.pane.unwrap_or_else(|| match (pane::of(&current.pane).kind, &current.pane) {
            // A scope is chosen to see what is in it.
            (Some(_), _) if scoped => Pane::Kind(self.kind.clone()),
            (_, Pane::Object(_)) => Pane::Kind(self.kind.clone()),
            _ => current.pane.clone(),
        });
        let connect = match &open.clusters {
            Clusters::Only(ids) => ids.clone(),
            Clusters::Same | Clusters::All => Vec::new(),
        };
        let spec = Spec {
            clusters: match open.clusters {
                Clusters::Same => current.clusters.clone(),
                Clusters::All => None,
                Clusters::Only(ids) => self.scope_of(ids),
            },
            namespaces: open.namespaces.unwrap_or_else(|| current.namespaces.clone()),
            filter: open.filter,
            sort: current.sort.clone().filter(|_| current.pane == pane),
            wide: current.wide,
            pane,
        };
        self.go_to(spec, out);
        self.connect_idle(&connect, out);
    }

    /// What Enter does here.
    pub(super) fn enter(&mut self, out: &mut Vec<Effect>) -> Result<(), String> {
        let what = pane::of(&self.spec().pane).enter;
        if what == Enter::Follow {
            return self.follow(out);
        }
        if what == Enter::Nothing {
            let kind = &self.snapshot.window.kind;
            let kind = if kind.is_empty() { &self.kind } else { kind };
            return Err(Text::NotOpenable.with(&[kind]));
        }
        // Before the table asked for is there, the rows on the screen are those of another.
        let rows = if self.is_window_current() { self.chosen() } else { Vec::new() };
        if rows.is_empty() {
            return Err(Text::NothingSelected.get().to_owned());
        }
        let open = if what == Enter::ScopeClusters {
            let mut ids: Vec<ClusterId> = rows.into_iter().map(|row| row.cluster).collect();
            ids.sort_unstable();
            ids.dedup();
            Open { pane: Some(Pane::Kind(self.kind.clone())), clusters: Clusters::Only(ids), ..Open::default() }
        } else {
            let mut names: Vec<String> = rows.into_iter().map(|row| row.name.clone()).collect();
            names.sort_unstable();
            names.dedup();
            let pane = Some(Pane::Kind(DEFAULT_KIND.to_owned()));
            Open { pane, namespaces: Some(Namespaces::Only(names)), ..Open::default() }
        };
        self.open(open, out);
        Ok(())
    }

    /// The marked rows, else the one under the cursor.
    pub(super) fn chosen(&self) -> Vec<&RowId> {
        let window = &self.snapshot.window;
        if window.marked.is_empty() { window.selected.iter().collect() } else { window.marked.iter().collect() }
    }

    /// These clusters as a scope: several that are all there are, are the whole fleet.
    fn scope_of(&self, ids: Vec<ClusterId>) -> Option<Vec<ClusterId>> {
        let all = self.snapshot.clusters.len();
        (ids.len() < 2 || ids.len() < all).then_some(ids)
    }
}
