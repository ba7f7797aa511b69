//! What becomes of the objects of a watch: rows of their kind, or something else.

use super::relate::lead::{self, Lead};
use crate::kinds::uses::Wanted;
use crate::model::column::Column;
use crate::model::relation::How;
use crate::model::within::Parent;
use serde_json::Value;
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug, Default)]
pub enum Shape {
    /// A row an object, under the columns of its kind.
    #[default]
    Kind,
    /// A row for all events that say the same.
    Events {
        /// Whether they are all of one object, which need not be repeated.
        of_one: bool,
    },
    /// A row a container of a pod, with the pod's name where there are several.
    Containers {
        /// Whether they are of several pods.
        several: bool,
    },
    /// Where each of these objects leads, as text in a cell of its own.
    Leads(Arc<Lookup>),
    /// A row an object that uses something.
    Uses(Arc<Wanted>),
}

/// The objects whose leads are wanted.
#[derive(Debug)]
pub struct Lookup {
    /// How they lead.
    pub how: How,
    /// Their kind.
    pub kind: String,
    /// What they lead to.
    pub shows: String,
    /// They themselves.
    pub parents: Vec<Parent>,
}

impl Lookup {
    /// The lead of an object as the text of a cell; `None` when it is none of ours.
    pub fn text(&self, namespace: &str, name: &str, object: &Value) -> Option<String> {
        let parent =
            self.parents.iter().find(|parent| parent.namespace == namespace && pod_of(&parent.name) == name)?;
        // An object that was created anew under the same name has another uid.
        let uid = object.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
        let parent = Parent { uid: uid.to_owned(), ..parent.clone() };
        let lead = lead::of(self.how, &self.kind, &self.shows, &parent, object);
        serde_json::to_string(&lead).ok()
    }
}

/// The pod of a container, which is called `pod/container`; any other name as it is.
pub fn pod_of(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

/// Reads what [`Lookup::text`] wrote.
pub fn lead_of(text: &str) -> Option<Result<Lead, String>> {
    serde_json::from_str(text).ok()
}

/// The column of leads.
pub const LEADS: [Column; 1] = [Column::shown("LEAD")];

impl Shape {
    /// Whether only JSON will do.
    pub fn is_json(&self) -> bool {
        matches!(self, Shape::Containers { .. } | Shape::Leads(_) | Shape::Uses(_))
    }

    /// Whether the objects' metadata is all that is needed.
    pub fn is_metadata(&self) -> bool {
        matches!(self, Shape::Leads(lookup) if !lead::needs_body(lookup.how))
    }
}
