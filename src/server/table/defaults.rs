//! Which of several default storage classes is marked: from 1.37 on it is the one that counts, which only a list knows.

use crate::server::classes;
use crate::server::resource::Resource;
use crate::server::store::Record;
use serde_json::Value;
use std::sync::Arc;

/// The first minor version that marks one class only.
const SINCE: u16 = 37;
const MARK: &str = " (default)";

/// The name that keeps its mark; none where each does.
pub struct Defaults(Option<String>);

impl Defaults {
    /// Of the objects of a list; of an object alone none is known to count.
    pub fn of(resource: &Resource, items: &[Arc<Record>]) -> Defaults {
        let concerned =
            resource.is("storage.k8s.io", "storageclasses") && (resource.minor == 0 || resource.minor >= SINCE);
        if !concerned {
            return Defaults(None);
        }
        Defaults(Some(classes::default(items.iter().map(|record| record.value())).unwrap_or_default()))
    }

    /// Takes the mark off the name in the first cell, unless it is the one that counts.
    pub fn settle(&self, cells: &mut [Value]) {
        let (Some(counts), Some(Value::String(name))) = (&self.0, cells.first_mut()) else { return };
        if let Some(plain) = name.strip_suffix(MARK).filter(|plain| plain != counts) {
            *name = plain.to_owned();
        }
    }
}
