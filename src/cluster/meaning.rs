//! What a word means among the kinds of a cluster, and in a whole fleet.

use super::discovery::Kinds;
use crate::model::kind::Kind;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a word names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// A kind.
    Kind(Arc<Kind>),
    /// A category, such as `all`: these kinds.
    Category(Vec<Arc<Kind>>),
}

/// Groups whose kinds repeat those of the core group under the same name; nobody takes one for the other.
const TWINS: [&str; 3] = ["events.k8s.io", "metrics.k8s.io", "extensions"];

impl Kinds {
    /// What `word` names: a category goes first, as kubectl has it.
    pub fn meaning(&self, word: &str) -> Result<Meaning, String> {
        let category = self.category(word);
        if category.is_empty() { self.resolve(word).map(Meaning::Kind) } else { Ok(Meaning::Category(category)) }
    }

    /// The kinds of a category, in the order of discovery.
    pub fn category(&self, word: &str) -> Vec<Arc<Kind>> {
        self.kinds.iter().filter(|kind| kind.categories.iter().any(|known| known == word)).cloned().collect()
    }

    /// Every category.
    pub fn categories(&self) -> BTreeSet<&str> {
        self.kinds.iter().flat_map(|kind| &kind.categories).map(String::as_str).collect()
    }

    /// The other kinds that `word` names beside the one that was taken.
    pub fn others(&self, word: &str, taken: &Kind) -> Vec<Arc<Kind>> {
        let other = |kind: &&Arc<Kind>| {
            let same =
                kind.plural == taken.plural && (kind.group == taken.group || TWINS.contains(&kind.group.as_str()));
            !same && kind.is_named(word)
        };
        self.kinds.iter().filter(other).cloned().collect()
    }
}

/// The kind that a word was found to name on the first cluster of a fleet: the same word must not mean
/// another one in the same table.
#[derive(Clone, Default)]
pub struct Pin(Arc<Mutex<Option<Pinned>>>);

struct Pinned {
    cluster: String,
    kind: Arc<Kind>,
}

impl Pin {
    /// The kind that `word` means on this cluster, which by itself would take `kind`.
    pub fn settle(&self, cluster: &str, kinds: &Kinds, word: &str, kind: Arc<Kind>) -> Result<Arc<Kind>, String> {
        let mut pinned = self.0.lock();
        let first = pinned.get_or_insert_with(|| Pinned { cluster: cluster.to_owned(), kind: kind.clone() });
        let same = |other: &Arc<Kind>| other.group == first.kind.group && other.plural == first.kind.plural;
        if same(&kind) {
            return Ok(kind);
        }
        kinds.kinds.iter().find(|other| same(other)).cloned().ok_or_else(|| {
            let (there, first, here) = (&first.cluster, first.kind.id(), kind.id());
            format!(
                "{word} is {first} on {there}, which is not served here; here it names {here}: type that to see them"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(group: &str, plural: &str, short: &str, category: &str) -> Arc<Kind> {
        let mut kind = Kind::built_in(group, "v1", plural, plural.trim_end_matches('s'), "", &[short], true);
        kind.categories = vec![category.to_owned()];
        Arc::new(kind)
    }

    fn kinds(kinds: &[(&str, &str, &str, &str)]) -> Kinds {
        let kinds = kinds.iter().map(|(group, plural, short, category)| kind(group, plural, short, category));
        Kinds { kinds: kinds.collect(), problems: Vec::new() }
    }

    #[test]
    fn the_first_group_is_taken_and_the_others_are_named() {
        let kinds = kinds(&[
            ("", "events", "ev", ""),
            ("events.k8s.io", "events", "ev", ""),
            ("app.k8s.io", "applications", "app", ""),
            ("argoproj.io", "applications", "apps", "argo"),
            ("example.com", "apps", "x", ""),
        ]);
        let taken = kinds.resolve("applications").expect("known");
        assert_eq!(taken.group, "app.k8s.io");
        let others: Vec<_> = kinds.others("applications", &taken).iter().map(|kind| kind.id()).collect();
        assert_eq!(others, ["applications.argoproj.io"]);
        let full = kinds.resolve("applications.argoproj.io").expect("known");
        assert!(kinds.others("applications.argoproj.io", &full).is_empty());
        assert_eq!(kinds.resolve("apps").expect("known").id(), "apps.example.com", "a plural goes before a short name");
        let events = kinds.resolve("events").expect("known");
        assert!(events.group.is_empty() && kinds.others("events", &events).is_empty(), "they are the same objects");
    }

    #[test]
    fn categories() {
        let kinds =
            kinds(&[("", "pods", "po", "all"), ("apps", "deployments", "deploy", "all"), ("", "nodes", "no", "")]);
        let Ok(Meaning::Category(all)) = kinds.meaning("all") else { panic!("no category") };
        assert_eq!(all.iter().map(|kind| kind.id()).collect::<Vec<_>>(), ["pods", "deployments.apps"]);
        assert!(matches!(kinds.meaning("no"), Ok(Meaning::Kind(kind)) if kind.plural == "nodes"));
        assert!(kinds.meaning("al").expect_err("unknown").contains("did you mean all"));
    }

    #[test]
    fn one_word_means_one_kind_in_a_fleet() {
        let argo = kinds(&[("argoproj.io", "applications", "app", "")]);
        let both = kinds(&[("app.k8s.io", "applications", "app", ""), ("argoproj.io", "applications", "app", "")]);
        let other = kinds(&[("app.k8s.io", "applications", "app", "")]);
        let pin = Pin::default();
        let settle = |name: &str, kinds: &Kinds| {
            pin.settle(name, kinds, "app", kinds.resolve("app").expect("known")).map(|kind| kind.id())
        };
        assert_eq!(settle("one", &argo).as_deref(), Ok("applications.argoproj.io"));
        assert_eq!(settle("two", &both).as_deref(), Ok("applications.argoproj.io"));
        let said = settle("three", &other).expect_err("another kind");
        assert!(said.contains("on one") && said.contains("applications.app.k8s.io"), "{said}");
    }
}
