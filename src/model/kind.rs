//! Kinds of objects, as discovery names them.

use std::fmt;

/// One served kind.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: String,
    /// Version, such as `v1`.
    pub version: String,
    /// Plural in lower case: the resource of its URLs.
    pub plural: String,
    /// Singular in lower case.
    pub singular: String,
    /// `Pod`.
    pub kind: String,
    /// `po`.
    pub short_names: Vec<String>,
    /// `all`.
    pub categories: Vec<String>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Whether it can be listed.
    pub can_list: bool,
    /// Whether it can be watched.
    pub can_watch: bool,
}

impl Kind {
    /// A built-in kind known without discovery.
    pub fn built_in(
        group: &str,
        version: &str,
        plural: &str,
        singular: &str,
        kind: &str,
        short: &[&str],
        namespaced: bool,
    ) -> Kind {
        Kind {
            group: group.into(),
            version: version.into(),
            plural: plural.into(),
            singular: singular.into(),
            kind: kind.into(),
            short_names: short.iter().map(ToString::to_string).collect(),
            categories: Vec::new(),
            namespaced,
            can_list: true,
            can_watch: true,
        }
    }

    /// `plural` or `plural.group`: unique in a cluster but for the version.
    pub fn id(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Whether `word` names this kind: plural, singular, short name, kind, `plural.group` or
    /// `plural.version.group`, in any case.
    pub fn is_named(&self, word: &str) -> bool {
        self.rank(word).is_some()
    }

    /// How `word` names this kind, the best first: by its plural, a short name, or in the singular.
    pub fn rank(&self, word: &str) -> Option<u8> {
        let word = word.to_ascii_lowercase();
        let Some((head, tail)) = word.split_once('.') else {
            return self.rank_word(&word);
        };
        let group_matches = tail == self.group
            || tail
                .strip_prefix(&self.version)
                .is_some_and(|rest| rest.strip_prefix('.').unwrap_or(rest) == self.group);
        if !tail.is_empty() && group_matches { self.rank_word(head) } else { None }
    }

    fn rank_word(&self, word: &str) -> Option<u8> {
        if word == self.plural {
            Some(0)
        } else if self.short_names.iter().any(|short| short == word) {
            Some(1)
        } else {
            (word == self.singular || word.eq_ignore_ascii_case(&self.kind)).then_some(2)
        }
    }

    /// The path of its collection, in all namespaces or in one.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let base = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        match namespace {
            Some(ns) if self.namespaced => format!("{base}/namespaces/{ns}/{}", self.plural),
            _ => format!("{base}/{}", self.plural),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths() {
        let kind = Kind::built_in("apps", "v1", "deployments", "deployment", "Deployment", &["deploy"], true);
        for word in [
            "deployments",
            "deployment",
            "Deployment",
            "deploy",
            "deployments.apps",
            "deploy.v1.apps",
            "deployment.apps",
        ] {
            assert!(kind.is_named(word), "{word}");
        }
        for word in ["deploymen", "deployments.", "deployments.extensions", "v1", "deploy.v2.apps"] {
            assert!(!kind.is_named(word), "{word}");
        }
        assert_eq!(kind.path(None), "/apis/apps/v1/deployments");
        assert_eq!(kind.path(Some("a")), "/apis/apps/v1/namespaces/a/deployments");
    }
}
