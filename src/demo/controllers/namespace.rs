//! Namespaces: what each has from its beginning, and how one is emptied.

use super::Controllers;
use super::object::{is_going, key, text};
use crate::server::resource::NAMESPACES;
use serde_json::{Value, json};

impl Controllers {
    pub(super) fn namespace(&mut self, name: &str) {
        let Some(namespace) = self.inside.get(NAMESPACES, name) else { return };
        if is_going(&namespace) {
            self.empty(name);
            return;
        }
        let at = |what: &str| format!("{name}/{what}");
        if self.inside.get(self.ids.accounts, &at("default")).is_none() {
            let account = json!({"metadata": {"name": "default", "namespace": name}});
            let _ = self.inside.create(self.ids.accounts, &account);
        }
        if self.inside.get(self.ids.config_maps, &at("kube-root-ca.crt")).is_none() {
            let other = self.inside.get(self.ids.config_maps, "kube-system/kube-root-ca.crt").unwrap_or_default();
            let mut map = crate::demo::bootstrap::root_ca(text(&other["data"], "ca.crt"));
            map["metadata"]["name"] = "kube-root-ca.crt".into();
            map["metadata"]["namespace"] = name.into();
            let _ = self.inside.create(self.ids.config_maps, &map);
        }
    }

    /// Deletes what is in a namespace; ends it when nothing is left.
    fn empty(&mut self, name: &str) {
        let mut left = false;
        for (id, resource) in self.inside.store().registry.all() {
            if !resource.namespaced {
                continue;
            }
            for record in self.inside.list(id, name) {
                let object: Value = record.value();
                if !is_going(&object) {
                    let _ = self.inside.delete(id, &key(&object), text(&object["metadata"], "uid"));
                }
                left |= self.inside.get(id, &record.key).is_some();
            }
        }
        if !left {
            let _ = self.inside.finalize(NAMESPACES, name);
        }
    }
}
