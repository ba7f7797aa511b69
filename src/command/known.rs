//! The names that a line may use, as far as they are known.

use crate::view::snapshot::{ClusterLine, Names, Snapshot};
use crate::view::spec::ClusterId;

/// What is known.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Kinds and namespaces.
    pub names: &'a Names,
    /// The clusters.
    pub clusters: &'a [ClusterLine],
    /// Titles of the table's columns.
    pub columns: &'a [String],
}

/// Which cluster a word means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// This one.
    One(ClusterId),
    /// One of these.
    Several(Vec<String>),
    /// None.
    None,
}

impl<'a> Known<'a> {
    /// What a snapshot knows.
    pub fn of(snapshot: &'a Snapshot, columns: &'a [String]) -> Known<'a> {
        Known { names: &snapshot.names, clusters: &snapshot.clusters, columns }
    }

    /// Whether every cluster that could serve a kind has said which it serves: only then is a kind that
    /// is not known here unknown.
    pub fn knows_all_kinds(&self) -> bool {
        self.names.complete
    }

    /// Whether a kind has this name: plural, singular, short name, and each with its group.
    pub fn is_kind(&self, word: &str) -> bool {
        let word = word.to_ascii_lowercase();
        let head = word.split_once('.').map_or(word.as_str(), |(head, _)| head);
        self.names.kinds.iter().any(|(plural, short)| {
            let base = plural.split_once('.').map_or(plural.as_str(), |(base, _)| base);
            *plural == word
                || base == head
                || is_singular(head, base)
                || short.iter().any(|short| short.eq_ignore_ascii_case(head))
        })
    }

    /// The cluster that `word` names: exactly, else by the only name that begins with it, else by the
    /// only one that contains it.
    pub fn cluster(&self, word: &str) -> Found {
        let id = |at: usize| ClusterId(at as u16);
        if let Some(at) = self.clusters.iter().position(|line| line.name == word) {
            return Found::One(id(at));
        }
        let lower = word.to_lowercase();
        let begins = |name: &str| name.starts_with(&lower);
        let contains = |name: &str| name.contains(&lower);
        for test in [&begins as &dyn Fn(&str) -> bool, &contains] {
            let hits: Vec<_> =
                self.clusters.iter().enumerate().filter(|(_, line)| test(&line.name.to_lowercase())).collect();
            match hits.as_slice() {
                [] => {}
                [(at, _)] => return Found::One(id(*at)),
                several => return Found::Several(several.iter().map(|(_, line)| line.name.clone()).collect()),
            }
        }
        Found::None
    }
}

/// Whether `word` is `plural` in the singular, as English forms it.
fn is_singular(word: &str, plural: &str) -> bool {
    let Some(stem) = plural.strip_suffix('s') else { return false };
    !word.is_empty()
        && (word == stem
            || stem.strip_suffix('e') == Some(word)
            || stem.strip_suffix("ie").is_some_and(|stem| word.strip_suffix('y') == Some(stem)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::state::Phase;

    fn line(name: &str, phase: Phase) -> ClusterLine {
        let mut line = ClusterLine { name: name.into(), ..ClusterLine::default() };
        line.state.phase = phase;
        line
    }

    #[test]
    fn kinds_by_all_their_names() {
        let names = Names {
            ambiguous: Vec::new(),
            complete: true,
            kinds: vec![
                ("pods".into(), vec!["po".into()]),
                ("networkpolicies".into(), vec!["netpol".into()]),
                ("ingresses".into(), vec!["ing".into()]),
                ("events.events.k8s.io".into(), vec![]),
            ],
            namespaces: vec![],
            refused: vec![],
        };
        let known = Known { names: &names, clusters: &[], columns: &[] };
        for word in ["pods", "pod", "Pod", "po", "networkpolicy", "ingress", "pods.v1", "events.events.k8s.io", "event"]
        {
            assert!(known.is_kind(word), "{word}");
        }
        for word in ["pdos", "", "p", "ingres", "policy"] {
            assert!(!known.is_kind(word), "{word}");
        }
    }

    #[test]
    fn clusters_by_exact_name_then_by_what_is_unique() {
        let clusters: Vec<_> = ["prod-eu", "prod-us", "prod", "admin@kind"].map(|name| line(name, Phase::Live)).into();
        let known = Known { names: &Names::default(), clusters: &clusters, columns: &[] };
        assert_eq!(known.cluster("prod"), Found::One(ClusterId(2)));
        assert_eq!(known.cluster("PROD-E"), Found::One(ClusterId(0)));
        assert_eq!(known.cluster("kind"), Found::One(ClusterId(3)));
        assert_eq!(known.cluster("prod-"), Found::Several(vec!["prod-eu".into(), "prod-us".into()]));
        assert_eq!(known.cluster("nowhere"), Found::None);
    }
}
