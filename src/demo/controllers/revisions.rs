//! The revisions of stateful sets and daemon sets: what `rollout history` and `rollout undo` read.

use super::Controllers;
use super::object::{self, hash, key, number, text};
use serde_json::{Value, json};

/// The latest revision of an object, and the one before its pods began to be rolled over.
pub struct Revision {
    /// Its hash, as the label of pods has it.
    pub hash: String,
    /// Its name.
    pub name: String,
}

impl Controllers {
    /// Writes the revision of an object's template, unless there is one; gives it the latest number.
    pub(super) fn revision(&mut self, kind: &str, of: &Value) -> Revision {
        let metadata = &of["metadata"];
        let mut template = of["spec"]["template"].clone();
        let word = hash(&template, 10);
        template["$patch"] = "replace".into();
        let data = json!({"spec": {"template": template}});
        let name = format!("{}-{word}", text(metadata, "name"));
        let mut all = self.owned(self.ids.revisions, of);
        all.sort_by_key(|it| number(it, "revision"));
        let latest = all.last().map_or(0, |it| number(it, "revision"));
        match all.iter().find(|it| it["metadata"]["name"] == name) {
            Some(it) if number(it, "revision") < latest => {
                let mut next = it.clone();
                next["revision"] = (latest + 1).into();
                let _ = self.inside.update(self.ids.revisions, "", &next);
            }
            Some(_) => {}
            None => {
                let mut labels = of["spec"]["template"]["metadata"]["labels"].clone();
                labels["controller-revision-hash"] = word.as_str().into();
                let revision = json!({
                    "metadata": {
                        "name": name,
                        "namespace": metadata["namespace"],
                        "labels": labels,
                        "annotations": metadata["annotations"],
                        "ownerReferences": [object::owner("apps/v1", kind, of)],
                    },
                    "data": data,
                    "revision": latest + 1,
                });
                let _ = self.inside.create(self.ids.revisions, &revision);
                let kept = of["spec"]["revisionHistoryLimit"].as_i64().unwrap_or(10).max(0) as usize;
                for old in all.iter().take(all.len().saturating_sub(kept)) {
                    let _ = self.inside.delete(self.ids.revisions, &key(old), text(&old["metadata"], "uid"));
                }
            }
        }
        Revision { hash: word, name }
    }
}
