//! Who owns what of an object: `metadata.managedFields`.

use super::set::Set;
use super::walk::changed;
use crate::server::schema::Shape;
use serde_json::{Value, json};

/// How a manager writes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// By anything else.
    Update,
}

impl Operation {
    fn word(self) -> &'static str {
        match self {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        }
    }
}

/// Who writes, and how: one entry of `managedFields` each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Writer {
    /// The manager's name.
    pub manager: String,
    /// How it writes.
    pub operation: Operation,
    /// The version that it writes in, such as `apps/v1`.
    pub api_version: String,
    /// `status`, `scale`, or nothing.
    pub subresource: String,
}

/// What one writer owns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The writer.
    pub writer: Writer,
    /// When it last changed something, as the API writes it.
    pub time: String,
    /// What it owns.
    pub set: Set,
}

/// Every owner of an object.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Managers(pub Vec<Owner>);

/// Paths of metadata that nobody owns.
const NOBODYS: [&[&str]; 12] = [
    &["apiVersion"],
    &["kind"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
    &["metadata", "deletionTimestamp"],
    &["metadata", "deletionGracePeriodSeconds"],
];

/// A set without the paths that nobody owns.
pub fn ownable(mut set: Set) -> Set {
    for path in NOBODYS {
        set = set.without(path);
    }
    // The metadata itself is nobody's, whatever is in it.
    if let Some(metadata) = set.children.get_mut(&super::set::Step::Field("metadata".to_owned())) {
        metadata.member = false;
    }
    set.children.retain(|_, set| !set.is_empty());
    set
}

impl Managers {
    /// Reads an object's.
    pub fn of(object: &Value) -> Managers {
        let entries = object["metadata"]["managedFields"].as_array();
        let read = |entry: &Value| {
            let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            let operation = if entry["operation"] == "Apply" { Operation::Apply } else { Operation::Update };
            Owner {
                writer: Writer {
                    manager: text("manager"),
                    operation,
                    api_version: text("apiVersion"),
                    subresource: text("subresource"),
                },
                time: text("time"),
                set: Set::from_json(&entry["fieldsV1"]),
            }
        };
        Managers(entries.map_or_else(Vec::new, |entries| entries.iter().map(read).collect()))
    }

    /// Writes them into an object, in the server's order.
    pub fn write(mut self, object: &mut Value) {
        self.0.retain(|owner| !owner.set.is_empty());
        let order = |owner: &Owner| {
            let Writer { manager, operation, api_version, subresource } = owner.writer.clone();
            (operation, owner.time.clone(), manager, api_version, subresource)
        };
        self.0.sort_by_key(order);
        let entry = |owner: &Owner| {
            let mut entry = json!({
                "manager": owner.writer.manager,
                "operation": owner.writer.operation.word(),
                "apiVersion": owner.writer.api_version,
                "fieldsType": "FieldsV1",
                "fieldsV1": owner.set.to_json(),
            });
            if !owner.time.is_empty() {
                entry["time"] = owner.time.as_str().into();
            }
            if !owner.writer.subresource.is_empty() {
                entry["subresource"] = owner.writer.subresource.as_str().into();
            }
            entry
        };
        let entries: Vec<Value> = self.0.iter().map(entry).collect();
        if entries.is_empty() {
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.remove("managedFields");
            }
        } else {
            object["metadata"]["managedFields"] = entries.into();
        }
    }

    /// What a writer owns.
    pub fn owned_by(&self, writer: &Writer) -> Option<&Set> {
        self.0.iter().find(|owner| owner.writer == *writer).map(|owner| &owner.set)
    }

    /// Gives a writer another set; its time moves only when that changes it.
    pub fn give(&mut self, writer: &Writer, set: Set, time: &str) {
        match self.0.iter_mut().find(|owner| owner.writer == *writer) {
            Some(owner) if owner.set == set => {}
            Some(owner) => {
                owner.set = set;
                if !time.is_empty() {
                    time.clone_into(&mut owner.time);
                }
            }
            None => self.0.push(Owner { writer: writer.clone(), time: time.to_owned(), set }),
        }
    }

    /// Takes in what a writer changed by other means than apply: what it wrote is its own, and what it
    /// removed is nobody's.
    pub fn update(&mut self, writer: &Writer, old: &Value, new: &Value, shape: Shape<'_>, time: &str) {
        let change = changed(old, new, shape);
        let (written, removed) = (ownable(change.written), ownable(change.removed));
        if written.is_empty() && removed.is_empty() {
            return;
        }
        for owner in self.0.iter_mut().filter(|owner| owner.writer != *writer) {
            owner.set = owner.set.minus(&written).minus(&removed);
        }
        let mine = self.owned_by(writer).cloned().unwrap_or_default();
        let set = mine.union(&written).minus(&removed);
        if let Some(owner) = self.0.iter_mut().find(|owner| owner.writer == *writer) {
            // Another value of the same fields is a change, too.
            owner.set = set;
            time.clone_into(&mut owner.time);
        } else {
            self.give(writer, set, time);
        }
    }
}
