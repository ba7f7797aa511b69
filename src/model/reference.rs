//! How one object names another.

/// An object, by name: what an owner reference, a volume or an event says of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Reference {
    /// API group; empty for the core group.
    pub group: String,
    /// `Pod`, as manifests write it.
    pub kind: String,
    /// Empty for cluster-scoped kinds.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid, where that is known: another object of the same name is not meant.
    pub uid: String,
}

impl Reference {
    /// The kind as the command line takes it: `Pod`, `Deployment.apps`.
    pub fn word(&self) -> String {
        if self.group.is_empty() { self.kind.clone() } else { format!("{}.{}", self.kind, self.group) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_part_of_the_word() {
        let of = |group: &str, kind: &str| Reference { group: group.into(), kind: kind.into(), ..Reference::default() };
        assert_eq!(of("", "Pod").word(), "Pod");
        assert_eq!(of("apps", "Deployment").word(), "Deployment.apps");
    }
}
