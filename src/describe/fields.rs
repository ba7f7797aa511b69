//! Reads the fields of an object whatever their types turn out to be.

use serde_json::Value;

static NULL: Value = Value::Null;

/// Tolerant access: what is absent, null or of another type reads as empty.
pub(super) trait Fields {
    /// The value at a path of field names with dots between them.
    fn at(&self, path: &str) -> &Value;
    /// A text; empty for anything else.
    fn text(&self, path: &str) -> &str;
    /// A whole number.
    fn int(&self, path: &str) -> Option<i64>;
    /// Whether it is `true`.
    fn flag(&self, path: &str) -> bool;
    /// Whether anything is there.
    fn has(&self, path: &str) -> bool;
    /// The items of a list.
    fn items(&self, path: &str) -> &[Value];
    /// The entries of a map, by key.
    fn entries(&self, path: &str) -> Vec<(&str, &Value)>;
    /// The texts of a list.
    fn texts(&self, path: &str) -> Vec<String>;
    /// A text, number or boolean as it reads.
    fn scalar(&self, path: &str) -> String;
}

impl Fields for Value {
    fn at(&self, path: &str) -> &Value {
        let mut here = self;
        for field in path.split('.').filter(|field| !field.is_empty()) {
            match here.get(field) {
                Some(next) => here = next,
                None => return &NULL,
            }
        }
        here
    }

    fn text(&self, path: &str) -> &str {
        self.at(path).as_str().unwrap_or_default()
    }

    fn int(&self, path: &str) -> Option<i64> {
        let value = self.at(path);
        value.as_i64().or_else(|| value.as_f64().map(|number| number as i64))
    }

    fn flag(&self, path: &str) -> bool {
        self.at(path).as_bool().unwrap_or_default()
    }

    fn has(&self, path: &str) -> bool {
        !self.at(path).is_null()
    }

    fn items(&self, path: &str) -> &[Value] {
        self.at(path).as_array().map_or(&[], Vec::as_slice)
    }

    fn entries(&self, path: &str) -> Vec<(&str, &Value)> {
        let mut entries: Vec<_> = match self.at(path).as_object() {
            Some(map) => map.iter().map(|(key, value)| (key.as_str(), value)).collect(),
            None => Vec::new(),
        };
        entries.sort_unstable_by_key(|(key, _)| *key);
        entries
    }

    fn texts(&self, path: &str) -> Vec<String> {
        self.items(path).iter().map(|item| item.scalar("")).collect()
    }

    fn scalar(&self, path: &str) -> String {
        match self.at(path) {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => String::new(),
        }
    }
}

/// A number that counts something; 0 where it is not given, as the API leaves zeros out.
pub(super) fn count(value: &Value, path: &str) -> i64 {
    value.int(path).unwrap_or_default()
}

/// The first text that is not empty.
pub(super) fn first_of<'a>(text: &'a str, instead: &'a str) -> &'a str {
    if text.is_empty() { instead } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_as_expected_reads_as_empty() {
        let value = json!({"a": {"b": "x", "n": 3.7, "list": ["p", 1, null]}, "s": "text", "nil": null});
        assert_eq!(value.text("a.b"), "x");
        assert_eq!(value.text("a.b.c"), "");
        assert_eq!(value.text("s.length"), "");
        assert_eq!(value.int("a.n"), Some(3));
        assert_eq!(value.texts("a.list"), ["p", "1", ""]);
        assert!(!value.has("nil") && value.has("a") && !value.has("a.b.c"));
        assert!(value.entries("s").is_empty() && value.items("a").is_empty());
        assert_eq!(value.entries("a").iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["b", "list", "n"]);
    }
}
