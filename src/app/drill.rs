//! From rows to what is related to them: down with Enter, up to the owner, aside to users and events.

use super::{App, Effect};
use crate::command::line::Open;
use crate::model::relation::{self, CONTAINERS, Relation, USED};
use crate::model::within::{Parent, Within};
use crate::text::catalog::Text;
use crate::view::snapshot::RowId;
use crate::view::spec::{Namespaces, Pane, Spec};
use std::sync::Arc;

impl App {
    /// Opens what `relation` leads to from the marked rows, else from the one under the cursor.
    pub(super) fn drill(&mut self, relation: &'static Relation, out: &mut Vec<Effect>) -> Result<(), String> {
        let kind = self.kind_of_chosen()?;
        let mut parents: Vec<Parent> = self.chosen().into_iter().map(parent).collect();
        if parents.is_empty() || kind.is_empty() {
            return Err(Text::NothingSelected.get().to_owned());
        }
        parents.dedup();
        let current = self.spec();
        let within = Within { relation: *relation, kind, parents, up: current.within.clone() };
        let spec = Spec {
            pane: Pane::Kind(relation.shows.to_owned()),
            clusters: current.clusters.clone(),
            namespaces: current.namespaces.clone(),
            wide: current.wide,
            within: Some(Arc::new(within)),
            ..Spec::default()
        };
        self.go_to(spec, out);
        Ok(())
    }

    /// The one kind of the chosen rows.
    fn kind_of_chosen(&self) -> Result<String, String> {
        let window = &self.snapshot.window;
        if !self.is_window_current() {
            return Err(Text::NothingSelected.get().to_owned());
        }
        if self.spec().pane == Pane::Clusters {
            return Err(Text::NotHere.with(&[&window.kind]));
        }
        match window.marked_kinds.as_slice() {
            _ if window.subject == CONTAINERS => Ok(window.subject.clone()),
            [] => Ok(window.subject.clone()),
            [kind] => Ok(kind.clone()),
            several => Err(Text::SeveralKinds.with(&[&several.join(", ")])),
        }
    }

    pub(super) fn used_by(&mut self, out: &mut Vec<Effect>) -> Result<(), String> {
        let kind = self.kind_of_chosen()?;
        if !USED.contains(&kind.as_str()) {
            return Err(Text::NotUsed.with(&[&kind]));
        }
        self.drill(&relation::USES, out)
    }

    /// Shows the whole kind in the namespace of the row, on its cluster and the others in scope.
    pub(super) fn warp(&mut self, out: &mut Vec<Effect>) -> Result<(), String> {
        let kind = self.kind_of_chosen()?;
        let row = self.snapshot.window.selected.as_ref().ok_or_else(|| Text::NothingSelected.get().to_owned())?;
        if row.namespace.is_empty() {
            return Err(Text::NoNamespace.get().to_owned());
        }
        let kind = if kind == CONTAINERS { "pods".to_owned() } else { kind };
        let namespaces = Some(Namespaces::Only(vec![row.namespace.clone()]));
        self.open(Open { pane: Some(Pane::Kind(kind)), namespaces, ..Open::default() }, out);
        Ok(())
    }
}

fn parent(row: &RowId) -> Parent {
    Parent { cluster: row.cluster, namespace: row.namespace.clone(), name: row.name.clone(), uid: row.uid.clone() }
}
