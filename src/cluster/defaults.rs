//! Which of several default storage classes counts: from 1.37 on servers mark only that one, so that the name
//! that a row shows depends on the other rows.

use crate::base::age::Timestamp;
use crate::model::cell::Cell;
use crate::model::draft::Draft;
use crate::model::source::Source;
use std::cmp::Reverse;

/// The first minor version whose tables mark one class only.
const SINCE: u16 = 37;

/// The classes that are annotated as the default; usually one.
#[derive(Default)]
pub struct Defaults {
    classes: Vec<Class>,
}

struct Class {
    uid: String,
    name: String,
    /// The name with its mark.
    marked: String,
    created: Timestamp,
}

impl Defaults {
    /// What keeps the rows of this kind right on a server of this minor version; 0 is the newest.
    pub fn of(group: &str, plural: &str, minor: u16) -> Option<Defaults> {
        let concerned = (group, plural) == ("storage.k8s.io", "storageclasses") && (minor == 0 || minor >= SINCE);
        concerned.then(Defaults::default)
    }

    /// Notes a class as it is now, or that it is gone.
    pub fn note(&mut self, draft: &Draft, gone: bool) {
        let uid = draft.get(draft.uid);
        self.classes.retain(|class| class.uid != uid);
        let Some(Cell::Text(shown)) = draft.cells.first() else { return };
        let (name, marked) = (draft.get(draft.name), draft.get(*shown));
        if !gone && name != marked {
            let (uid, name, marked) = (uid.to_owned(), name.to_owned(), marked.to_owned());
            self.classes.push(Class { uid, name, marked, created: draft.created });
        }
    }

    /// Marks the youngest, of those of one second the first by name, and no other.
    pub fn settle(&self, source: &Source) {
        let first = self.classes.iter().max_by_key(|class| (class.created, Reverse(&class.name)));
        for class in &self.classes {
            let counts = first.is_some_and(|first| first.uid == class.uid);
            source.amend(&class.uid, 0, if counts { &class.marked } else { &class.name });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;
    use crate::model::state::ClusterId;
    use std::sync::Arc;

    struct Table {
        source: Source,
        defaults: Defaults,
    }

    impl Table {
        fn put(&mut self, name: &str, version: u32, created: &str, default: bool) {
            let object = serde_json::json!({"metadata": {"name": name, "uid": name, "resourceVersion": version.to_string(),
                "creationTimestamp": created, "annotations": {"storageclass.kubernetes.io/is-default-class": default.to_string()}}});
            let kind = kinds::find("storage.k8s.io", "v1", "storageclasses").expect("a kind");
            let mut draft = Draft::default();
            (kind.from_json)(object.to_string().as_bytes(), &mut draft).expect("a class");
            self.source.upsert(&draft, 0);
            self.defaults.note(&draft, false);
            self.defaults.settle(&self.source);
        }

        fn drop(&mut self, name: &str) {
            let mut draft = Draft::default();
            draft.uid = draft.span(name);
            draft.name = draft.uid;
            self.source.remove(&draft, 0);
            self.defaults.note(&draft, true);
            self.defaults.settle(&self.source);
        }

        fn names(&self) -> Vec<String> {
            let rows = self.source.rows();
            let name = |slot| {
                let mut text = String::new();
                rows.write_cell(&mut text, slot, 0, 0);
                text
            };
            let mut names: Vec<String> = rows.slots().map(name).collect();
            names.sort_unstable();
            names
        }
    }

    #[test]
    fn one_class_is_marked() {
        let kind = kinds::find("storage.k8s.io", "v1", "storageclasses").expect("a kind");
        let source = Source::new(ClusterId(0), Arc::new(kind.kind.to_kind()), None, Arc::default(), false);
        source.set_columns(Arc::from(kind.columns.to_vec()));
        let mut table = Table { source, defaults: Defaults::default() };
        table.put("b", 1, "2026-01-01T00:00:00Z", true);
        table.put("n", 2, "2026-01-03T00:00:00Z", false);
        assert_eq!(table.names(), ["b (default)", "n"]);
        table.put("c", 3, "2026-01-02T00:00:00Z", true);
        assert_eq!(table.names(), ["b", "c (default)", "n"]);
        table.put("a", 4, "2026-01-02T00:00:00Z", true);
        assert_eq!(table.names(), ["a (default)", "b", "c", "n"]);
        table.drop("a");
        assert_eq!(table.names(), ["b", "c (default)", "n"]);
        table.put("c", 5, "2026-01-02T00:00:00Z", false);
        assert_eq!(table.names(), ["b (default)", "c", "n"]);
    }

    #[test]
    fn older_servers_mark_all() {
        assert!(Defaults::of("storage.k8s.io", "storageclasses", 36).is_none());
        assert!(Defaults::of("storage.k8s.io", "storageclasses", 37).is_some());
        assert!(Defaults::of("storage.k8s.io", "storageclasses", 0).is_some());
        assert!(Defaults::of("", "pods", 0).is_none());
    }
}
