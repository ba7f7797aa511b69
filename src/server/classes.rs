//! Default storage classes.

use serde_json::Value;
use std::cmp::Reverse;

const ANNOTATIONS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/// The name of the one that counts: the youngest, of those of one second the first by name.
pub fn default(classes: impl Iterator<Item = Value>) -> Option<String> {
    let text = |class: &Value, name: &str| class["metadata"][name].as_str().unwrap_or_default().to_owned();
    let is_default = |class: &Value| ANNOTATIONS.iter().any(|it| class["metadata"]["annotations"][it] == "true");
    let counts =
        classes.filter(is_default).max_by_key(|class| (text(class, "creationTimestamp"), Reverse(text(class, "name"))));
    counts.map(|class| text(&class, "name"))
}
