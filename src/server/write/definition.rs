//! What becomes of a custom resource definition: its names are accepted and it is served, or they are taken.

use super::now;
use crate::server::store::Store;
use serde_json::{Map, Value, json};

const GROUP: &str = "apiextensions.k8s.io";

/// Whether the kind of a definition is served.
pub fn is_established(definition: &Value) -> bool {
    let all = definition["status"]["conditions"].as_array().into_iter().flatten();
    all.into_iter().any(|it| it["type"] == "Established" && it["status"] == "True")
}

/// The names that other definitions of a group have.
fn taken(store: &Store, name: &str, group: &Value) -> Vec<Value> {
    let found = store.registry.find(GROUP, "v1", "customresourcedefinitions");
    let all = found.map(|(id, _)| store.under(id, "")).unwrap_or_default();
    let others = all.iter().filter(|record| *record.key != *name).map(|record| record.value());
    let others = others.filter(|it| it["spec"]["group"] == *group && is_established(it));
    others.map(|mut it| it["status"]["acceptedNames"].take()).collect()
}

/// Sets the status of a definition.
pub fn judge(store: &Store, name: &str, object: &mut Map<String, Value>) {
    let spec = object.get("spec").cloned().unwrap_or_default();
    let taken = taken(store, name, &spec["group"]);
    let resources = ["plural", "singular", "shortNames"];
    let has = |names: &Value, fields: &[&str], word: &str| {
        fields.iter().any(|field| match &names[*field] {
            Value::Array(all) => all.iter().any(|it| it == word),
            one => one == word,
        })
    };
    let mut accepted = json!({"plural": "", "kind": ""});
    let mut refused: Option<(String, String)> = None;
    for (field, among) in [
        ("plural", &resources[..]),
        ("singular", &resources),
        ("shortNames", &resources),
        ("kind", &["kind", "listKind"]),
        ("listKind", &["kind", "listKind"]),
    ] {
        let wanted = match &spec["names"][field] {
            Value::Null => continue,
            Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            one => vec![one.as_str().unwrap_or_default().to_owned()],
        };
        match wanted.iter().find(|word| taken.iter().any(|names| has(names, among, word))) {
            Some(word) => {
                let mut letters = field.chars();
                let reason: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
                refused = Some((format!("{reason}Conflict"), format!("{word:?} is already in use")));
            }
            None => accepted[field] = spec["names"][field].clone(),
        }
    }
    if let Some(categories) = spec["names"].get("categories") {
        accepted["categories"] = categories.clone();
    }
    let versions = spec["versions"].as_array().into_iter().flatten();
    let stored: Vec<&Value> = versions.filter(|it| it["storage"] == true).map(|it| &it["name"]).collect();
    let condition = |kind: &str, holds: bool, reason: &str, message: &str| {
        let status = if holds { "True" } else { "False" };
        json!({"type": kind, "status": status, "lastTransitionTime": now(), "reason": reason, "message": message})
    };
    let conditions = match &refused {
        None => [
            condition("NamesAccepted", true, "NoConflicts", "no conflicts found"),
            condition("Established", true, "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        Some((reason, message)) => [
            condition("NamesAccepted", false, reason, message),
            condition("Established", false, "NotAccepted", "not all names are accepted"),
        ],
    };
    let status = object.entry("status").or_insert_with(|| json!({}));
    status["acceptedNames"] = accepted;
    status["storedVersions"] = json!(stored);
    // What was judged once stays so: a change of names is not looked at again.
    if !status["conditions"].is_array() {
        status["conditions"] = json!(conditions);
    }
}
