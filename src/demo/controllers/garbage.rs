//! Garbage collection: what becomes of those whose owner goes.

use super::object::{is_going, key, text};
use super::{Controllers, Part};
use crate::server::resource::{EVENTS, Id};
use crate::server::store::Record;
use serde_json::{Value, json};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

fn has(object: &Value, finalizer: &str) -> bool {
    object["metadata"]["finalizers"].as_array().is_some_and(|all| all.iter().any(|it| it == finalizer))
}

impl Controllers {
    /// Everything that an object owns, whatever its kind. Owners stand in the same namespace, or in none.
    fn dependents(&self, namespace: &str, uid: &str) -> Vec<(Id, Value)> {
        let mut found = Vec::new();
        let mut ids: Vec<(Id, bool)> =
            self.inside.store().registry.all().into_iter().map(|(id, it)| (id, it.namespaced)).collect();
        ids.sort_unstable();
        ids.dedup();
        for (id, namespaced) in ids {
            if id == EVENTS || (!namespaced && !namespace.is_empty()) {
                continue;
            }
            let prefix = if namespaced && !namespace.is_empty() { format!("{namespace}/") } else { String::new() };
            let owned = self.inside.store().owned(id, uid).into_iter().filter(|it| it.key.starts_with(&prefix));
            found.extend(owned.map(|record| (id, record.value())));
        }
        found
    }

    /// An object is gone: what only it owned goes, too, and who waited for it is looked at.
    pub(super) fn collect(&mut self, id: Id, record: &Record) {
        if id == EVENTS {
            return;
        }
        let (namespace, uid) = (record.namespace(), record.uid());
        self.told.remove(&uid);
        for (id, dependent) in self.dependents(namespace, &uid) {
            self.loses(id, &dependent, &uid);
        }
        if record.owners.is_empty() {
            return;
        }
        for owner in record.value()["metadata"]["ownerReferences"].as_array().into_iter().flatten() {
            if owner["blockOwnerDeletion"] == true {
                self.wakes(owner, namespace);
            }
        }
    }

    /// Looks after an owner that may wait for those that it owns.
    fn wakes(&mut self, owner: &Value, namespace: &str) {
        let (group, _) = text(owner, "apiVersion").split_once('/').unwrap_or(("", ""));
        let Some((id, resource)) = self.inside.store().registry.of_kind(group, text(owner, "kind")) else { return };
        let name = text(owner, "name");
        let at = if resource.namespaced { format!("{namespace}/{name}") } else { name.to_owned() };
        if self.inside.get(id, &at).is_some_and(|it| is_going(&it) && has(&it, FOREGROUND)) {
            self.add(Part::Foreground, &format!("{id} {at}"));
        }
    }

    /// A dependent lost one owner: it goes when that was the last.
    fn loses(&mut self, id: Id, dependent: &Value, uid: &str) {
        let metadata = &dependent["metadata"];
        let mut owners = metadata["ownerReferences"].as_array().cloned().unwrap_or_default();
        owners.retain(|owner| owner["uid"] != uid);
        if owners.is_empty() {
            if !is_going(dependent) {
                let _ = self.inside.named("garbage-collector").delete(id, &key(dependent), text(metadata, "uid"));
            }
        } else {
            let change = json!({"metadata": {"uid": metadata["uid"], "ownerReferences": owners}});
            let _ = self.inside.named("garbage-collector").merge(id, &key(dependent), "", &change);
        }
    }

    /// An object that is going may want its dependents to stay, or to go before it.
    pub(super) fn note_orphans(&mut self, id: Id, record: &Record) {
        if id == EVENTS {
            return;
        }
        if !record.pulse.going {
            return;
        }
        let object = record.value();
        if !has(&object, FOREGROUND) && !has(&object, ORPHAN) {
            return;
        }
        self.add(Part::Foreground, &format!("{id} {}", record.key));
    }

    pub(super) fn foreground(&mut self, at: &str) {
        let Some((id, at)) = at.split_once(' ') else { return };
        let Ok(id) = id.parse::<Id>() else { return };
        let Some(object) = self.inside.get(id, at) else { return };
        if !is_going(&object) {
            return;
        }
        let metadata = &object["metadata"];
        let (uid, namespace) = (text(metadata, "uid").to_owned(), text(metadata, "namespace").to_owned());
        let dependents = self.dependents(&namespace, &uid);
        let client = self.inside.named("garbage-collector");
        let done = if has(&object, ORPHAN) {
            for (id, dependent) in &dependents {
                let mut owners = dependent["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default();
                owners.retain(|owner| owner["uid"] != *uid);
                let owners = if owners.is_empty() { Value::Null } else { owners.into() };
                let change = json!({"metadata": {"uid": dependent["metadata"]["uid"], "ownerReferences": owners}});
                let _ = client.merge(*id, &key(dependent), "", &change);
            }
            ORPHAN
        } else if has(&object, FOREGROUND) {
            let mut blocked = false;
            for (id, dependent) in &dependents {
                let owners = dependent["metadata"]["ownerReferences"].as_array().into_iter().flatten();
                let blocks = owners.clone().any(|it| it["uid"] == *uid && it["blockOwnerDeletion"] == true);
                blocked |= blocks;
                if !is_going(dependent) {
                    let of = text(&dependent["metadata"], "uid");
                    let _ = if *id == crate::server::resource::PODS {
                        client.delete(*id, &key(dependent), of)
                    } else {
                        client.delete_foreground(*id, &key(dependent), of)
                    };
                }
            }
            let rest = self.dependents(&namespace, &uid);
            if blocked && !rest.is_empty() {
                return;
            }
            FOREGROUND
        } else {
            return;
        };
        let mut next = object.clone();
        if let Some(all) = next["metadata"]["finalizers"].as_array_mut() {
            all.retain(|it| it != done);
        }
        let _ = client.update(id, "", &next);
    }
}
