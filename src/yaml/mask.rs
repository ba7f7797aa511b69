//! What belongs to a Secret, wherever it stands: in the Secret itself, in a manifest of one within
//! another object, and in annotations that keep such a manifest as text.

use super::MASK;
use regex::Regex;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// A manifest within a manifest within…: as deep as anybody goes.
const DEEPEST: u8 = 8;

/// A Secret's manifest that is no JSON.
static MANIFEST: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"kind["'\\]*\s*:\s*["'\\]*Secret"#).ok());

/// Whether this is a manifest of a Secret.
pub fn is_secret(map: &Map<String, Value>) -> bool {
    map.get("kind").and_then(Value::as_str) == Some("Secret")
}

/// The text of an annotation with the values of Secrets masked; `None` when it holds none. `of_secret`
/// says that it is the manifest of a Secret, whatever it says of itself.
pub fn annotation(text: &str, of_secret: bool) -> Option<String> {
    masked(text, of_secret, 0)
}

fn masked(text: &str, of_secret: bool, depth: u8) -> Option<String> {
    let whole = || Some(MASK.to_owned());
    let trimmed = text.trim_start();
    if trimmed.starts_with(['{', '['])
        && let Ok(mut value) = serde_json::from_str::<Value>(trimmed)
    {
        if depth >= DEEPEST {
            return text.contains("Secret").then(whole).flatten();
        }
        if !tree(&mut value, of_secret, depth) {
            return None;
        }
        let end = if text.ends_with('\n') { "\n" } else { "" };
        return Some(format!("{value}{end}"));
    }
    // What cannot be taken apart is masked whole.
    let looks = MANIFEST.as_ref().is_none_or(|manifest| manifest.is_match(text));
    if of_secret || looks { whole() } else { None }
}

/// Masks what belongs to Secrets; whether there was anything.
fn tree(value: &mut Value, of_secret: bool, depth: u8) -> bool {
    let mut any = false;
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| any |= tree(item, false, depth)),
        Value::Object(map) => {
            let secret = of_secret || is_secret(map);
            for (key, value) in map.iter_mut() {
                any |= match value {
                    Value::Null => false,
                    _ if secret && (key == "data" || key == "stringData") => blank(value),
                    Value::Object(all) if key == "annotations" => annotations(all, depth),
                    other => tree(other, false, depth),
                };
            }
        }
        _ => {}
    }
    any
}

fn annotations(map: &mut Map<String, Value>, depth: u8) -> bool {
    let mut any = false;
    for value in map.values_mut() {
        if let Value::String(text) = value
            && let Some(hidden) = masked(text, false, depth + 1)
        {
            *text = hidden;
            any = true;
        }
    }
    any
}

fn blank(value: &mut Value) -> bool {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(|value| *value = Value::String(MASK.into()));
            !map.is_empty()
        }
        other => {
            *other = Value::String(MASK.into());
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "",
            "true",
            "{\"kind\":\"ConfigMap\",\"data\":{\"a\":\"b\"}}",
            "[1,2]",
            "{",
            "Secret",
            "{\"kind\":\"Pod\",\"spec\":{\"volumes\":[{\"secret\":{\"secretName\":\"x\"}}]}}",
            "{\"involvedObject\":{\"kind\":\"Secret\",\"name\":\"x\"}}",
        ] {
            assert_eq!(annotation(text, false), None, "{text}");
        }
    }

    #[test]
    fn manifests_of_secrets_lose_their_values_alone() {
        let secret = r#"{"apiVersion":"v1","data":{"p":"Y2FuYXJ5"},"kind":"Secret","stringData":{"q":"canary"}}"#;
        let said = annotation(secret, false).unwrap_or_default();
        assert_eq!(
            said,
            r#"{"apiVersion":"v1","data":{"p":"********"},"kind":"Secret","stringData":{"q":"********"}}"#
        );
        let list =
            format!("{{\"kind\":\"List\",\"items\":[{{\"kind\":\"ConfigMap\",\"data\":{{\"a\":\"b\"}}}},{secret}]}}\n");
        let said = annotation(&list, false).unwrap_or_default();
        assert!(said.contains(r#""a":"b""#) && !said.contains("canary") && !said.contains("Y2Fu"), "{said}");
        assert!(said.ends_with("}\n"));
    }

    #[test]
    fn manifests_in_manifests_and_in_other_words() {
        let secret = r#"{"kind":"Secret","data":{"p":"Y2FuYXJ5"}}"#;
        let mut text = secret.to_owned();
        for _ in 0..4 {
            text = serde_json::json!({"kind": "Pod", "metadata": {"annotations": {"last": text}}}).to_string();
            assert!(!annotation(&text, false).unwrap_or_default().contains("Y2Fu"));
        }
        for text in [
            "apiVersion: v1\nkind: Secret\ndata:\n  p: Y2FuYXJ5\n",
            "kind: 'Secret'\nstringData: {p: Y2FuYXJ5}",
            "{\"kind\": \"Secret\", \"data\": {\"p\": \"Y2FuYXJ5\"}, broken",
            "- \"kind\":  \"Secret\"",
        ] {
            assert_eq!(annotation(text, false).as_deref(), Some(MASK), "{text}");
        }
        // Of a Secret nothing is shown that cannot be understood.
        assert_eq!(annotation("Y2FuYXJ5", true).as_deref(), Some(MASK));
        assert_eq!(annotation(r#"{"data":{"p":"Y2FuYXJ5"}}"#, true).as_deref(), Some(r#"{"data":{"p":"********"}}"#));
    }
}
