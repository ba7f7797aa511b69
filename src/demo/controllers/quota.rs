//! Resource quotas: what the objects of a namespace use of them.

use super::object::is_going;
use super::{Controllers, Part};
use crate::server::quantity;
use crate::server::quota::{Amounts, concerns, takes, usage};
use crate::server::resource::{Id, PODS};
use crate::server::store::{Event, Record};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::Duration;

/// From a change to the count that tells of it.
const RECOUNT: Duration = Duration::from_millis(100);

/// What is used of one quota.
pub(super) struct Tally {
    /// The version up to which changes are in it.
    upto: u64,
    used: Amounts,
}

impl Controllers {
    /// Takes the quotas as they stand: what is there at the beginning is counted right.
    pub(super) fn take_quotas(&mut self, begin: u64) {
        for record in self.inside.list(self.ids.quotas, "") {
            let used = record.value()["status"]["used"].as_object().cloned().unwrap_or_default();
            let used = used.into_iter().filter_map(|(name, value)| Some((name, quantity::read(&value)?)));
            self.tallies.insert(record.key.to_string(), Tally { upto: begin, used: used.collect() });
        }
    }

    /// A change of any object may change what is used of the quotas of its namespace.
    pub(super) fn note_quotas(&mut self, id: Id, event: &Event) {
        let Some(record) = event.new.as_ref().or(event.old.as_ref()) else { return };
        if id == self.ids.quotas && changes_spec(event) {
            self.tallies.remove(&*record.key);
            self.after(RECOUNT, Part::Quota, &record.key);
        }
        if !self.uses_other(id, event) {
            return;
        }
        let Some((namespace, _)) = record.key.split_once('/') else { return };
        let Some(resource) = self.inside.store().registry.get(id) else { return };
        for quota in self.inside.list(self.ids.quotas, namespace) {
            if let Some(tally) = self.tallies.get_mut(&*quota.key).filter(|tally| event.version > tally.upto) {
                let quota = quota.value();
                let sides = [(&event.old, -1), (&event.new, 1)];
                for (record, sign) in sides.into_iter().filter_map(|(side, sign)| Some((side.as_ref()?, sign))) {
                    let object = record.value();
                    if takes(&quota, &resource, &object) {
                        for (name, amount) in usage(&resource, &object) {
                            *tally.used.entry(name).or_default() += sign * amount;
                        }
                    }
                }
            }
            self.after(RECOUNT, Part::Quota, &quota.key);
        }
    }

    /// Whether an object uses something else than before.
    fn uses_other(&self, id: Id, event: &Event) -> bool {
        let (Some(old), Some(new)) = (&event.old, &event.new) else { return true };
        match id {
            // Its phase is one of its fields.
            PODS => old.fields != new.fields || old.pulse.generation != new.pulse.generation,
            _ if id == self.ids.claims || id == self.ids.services => changes_spec(event),
            _ => false,
        }
    }

    pub(super) fn quota(&mut self, at: &str) {
        let Some(mut quota) = self.inside.get(self.ids.quotas, at) else {
            self.tallies.remove(at);
            self.wake_short(at.split('/').next().unwrap_or_default());
            return;
        };
        if is_going(&quota) {
            return;
        }
        let hard = quota["spec"]["hard"].as_object().cloned().unwrap_or_default();
        if !self.tallies.contains_key(at) {
            let tally = self.count(&quota, at);
            self.tallies.insert(at.to_owned(), tally);
        }
        let Some(tally) = self.tallies.get(at) else { return };
        let mut used = json!({});
        for name in hard.keys() {
            used[name] = quantity::write(tally.used.get(name).copied().unwrap_or(0), name).into();
        }
        let status = json!({"hard": hard, "used": used});
        let amount = |side: &Value, name: &str| quantity::read(&side[name]).unwrap_or(0);
        let before = quota["status"].clone();
        let room = before["hard"] != status["hard"]
            || hard.keys().any(|name| amount(&before["used"], name) > amount(&status["used"], name));
        if before != status {
            quota["status"] = status;
            if self.inside.named("kube-controller-manager").update(self.ids.quotas, "status", &quota).is_err() {
                self.after(RECOUNT, Part::Quota, at);
                return;
            }
        }
        if room {
            self.wake_short(at.split('/').next().unwrap_or_default());
        }
    }

    /// Counts from scratch.
    fn count(&self, quota: &Value, at: &str) -> Tally {
        let namespace = at.split('/').next().unwrap_or_default();
        let hard: Vec<&String> =
            quota["spec"]["hard"].as_object().into_iter().flatten().map(|(name, _)| name).collect();
        let store = self.inside.store();
        let mut tally = Tally { upto: 0, used: Amounts::new() };
        // What is read must be of one version: changes up to it are in, later ones are not.
        loop {
            tally.upto = store.version();
            let mut found: Vec<(Id, Arc<Record>)> = Vec::new();
            let mut ids = store.registry.all();
            ids.retain(|(_, resource)| resource.namespaced && hard.iter().any(|name| concerns(resource, name)));
            for (id, _) in &ids {
                found.extend(self.inside.list(*id, namespace).into_iter().map(|record| (*id, record)));
            }
            if store.version() != tally.upto {
                continue;
            }
            for (id, record) in found {
                let Some((_, resource)) = ids.iter().find(|(of, _)| *of == id) else { continue };
                let object = record.value();
                if takes(quota, resource, &object) {
                    for (name, amount) in usage(resource, &object) {
                        *tally.used.entry(name).or_default() += amount;
                    }
                }
            }
            return tally;
        }
    }
}

fn changes_spec(event: &Event) -> bool {
    let spec = |record: &Option<Arc<Record>>| record.as_ref().map(|record| record.value()["spec"].clone());
    spec(&event.old) != spec(&event.new)
}
