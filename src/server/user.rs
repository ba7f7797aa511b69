//! Who asks.

use serde_json::{Value, json};

/// A user, as the server knows one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// The name.
    pub name: String,
    /// The groups.
    pub groups: Vec<String>,
}

impl User {
    /// A user of these groups; every known user is authenticated.
    pub fn new(name: &str, groups: &[&str]) -> User {
        let groups = groups.iter().copied().chain(["system:authenticated"]);
        User { name: name.to_owned(), groups: groups.map(str::to_owned).collect() }
    }

    /// One who may do everything.
    pub fn admin(name: &str) -> User {
        User::new(name, &["system:masters"])
    }

    /// Whether the user may do everything.
    pub fn is_admin(&self) -> bool {
        self.groups.iter().any(|group| group == "system:masters")
    }

    /// As a `SelfSubjectReview` tells it.
    pub fn to_json(&self) -> Value {
        json!({"username": self.name, "groups": self.groups})
    }
}
