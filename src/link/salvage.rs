//! YAML into kubeconfig documents; from a damaged file, the entries that can be read.

use kube::config::Kubeconfig;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The documents of a file. What cannot be read is told to `problem`, without its values.
pub(super) fn documents(text: &str, mut problem: impl FnMut(String)) -> Vec<Kubeconfig> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let fault = match serde_saphyr::from_multiple::<Kubeconfig>(text) {
        Ok(documents) => return documents.into_iter().map(tidy).collect(),
        Err(fault) => fault,
    };
    match serde_saphyr::from_multiple::<Value>(text) {
        Ok(values) if values.iter().any(Value::is_object) => {
            let mut documents = Vec::new();
            for value in values.iter().filter(|value| value.is_object()) {
                documents.push(tidy(entries(value, &mut problem)));
            }
            documents
        }
        _ => {
            problem(format!("not a kubeconfig: {}", sentence(&fault)));
            Vec::new()
        }
    }
}

fn entries(document: &Value, problem: &mut impl FnMut(String)) -> Kubeconfig {
    Kubeconfig {
        clusters: list(document, "clusters", problem),
        auth_infos: list(document, "users", problem),
        contexts: list(document, "contexts", problem),
        current_context: document.get("current-context").and_then(Value::as_str).map(str::to_owned),
        ..Kubeconfig::default()
    }
}

fn list<T: DeserializeOwned>(document: &Value, key: &str, problem: &mut impl FnMut(String)) -> Vec<T> {
    let items = match document.get(key) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => {
            problem(format!("{key} is not a list"));
            return Vec::new();
        }
    };
    let mut read = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match T::deserialize(item) {
            Ok(entry) => read.push(entry),
            Err(fault) => {
                let name = item.get("name").and_then(Value::as_str).map_or_else(|| index.to_string(), str::to_owned);
                problem(format!("{key} entry {name:?} is left out: {}", without_values(&fault.to_string())));
            }
        }
    }
    read
}

/// Empty names mean "not set", as in kubectl.
fn tidy(mut document: Kubeconfig) -> Kubeconfig {
    document.current_context = document.current_context.filter(|name| !name.is_empty());
    for context in document.contexts.iter_mut().filter_map(|named| named.context.as_mut()) {
        context.user = context.user.take().filter(|name| !name.is_empty());
        context.namespace = context.namespace.take().filter(|name| !name.is_empty());
    }
    document
}

fn sentence(fault: &serde_saphyr::Error) -> String {
    let text = without_values(&fault.without_snippet().to_string());
    match fault.location() {
        Some(at) if !text.contains("line ") => format!("line {}: {text}", at.line()),
        _ => text,
    }
}

/// Serde quotes the value it stumbles over, and that may be a secret.
fn without_values(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match (line.find('"'), line.rfind('"')) {
        (Some(first), Some(last)) if first < last => format!("{}\"…\"{}", &line[..first], &line[last + 1..]),
        _ => line.to_owned(),
    }
}
