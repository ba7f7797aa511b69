//! Label selectors of workloads, written as the server's tables write them.

use super::commas;
use super::meta::{Pair, list, nullable, pairs};
use std::fmt;

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct LabelSelector {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "pairs")]
    match_labels: Vec<Pair>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "list")]
    match_expressions: Vec<Expression>,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Expression {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    key: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    operator: String,
    #[prost(string, repeated, tag = "3")]
    #[serde(deserialize_with = "list")]
    values: Vec<String>,
}

/// What a selector asks of the label `key`.
struct Requirement<'a> {
    key: &'a str,
    test: Test<'a>,
}

enum Test<'a> {
    Equals(&'a str),
    In(Vec<&'a str>),
    NotIn(Vec<&'a str>),
    Exists,
    DoesNotExist,
}

impl LabelSelector {
    /// `a=b,c in (d,e),!f`, sorted by key; `<invalid>` when the server would not understand it.
    pub(super) fn text(&self) -> impl fmt::Display {
        let requirements = self.requirements();
        fmt::from_fn(move |f| match &requirements {
            Some(all) => write!(f, "{}", commas(all.iter())),
            None => f.write_str("<invalid>"),
        })
    }

    /// The same with `<none>` for an empty one and `<error>` for one that is not understood.
    pub(super) fn or_words(&self) -> impl fmt::Display {
        let requirements = self.requirements();
        fmt::from_fn(move |f| match requirements.as_deref() {
            Some([]) => f.write_str("<none>"),
            Some(all) => write!(f, "{}", commas(all.iter())),
            None => f.write_str("<error>"),
        })
    }

    fn requirements(&self) -> Option<Vec<Requirement<'_>>> {
        let labels = self.match_labels.iter().map(|label| {
            let valid = is_label_key(&label.key) && is_label_value(&label.value);
            valid.then_some(Requirement { key: &label.key, test: Test::Equals(&label.value) })
        });
        let expressions = self.match_expressions.iter().map(Expression::requirement);
        let mut all = labels.chain(expressions).collect::<Option<Vec<_>>>()?;
        all.sort_by_key(|requirement| requirement.key);
        Some(all)
    }
}

impl Expression {
    fn requirement(&self) -> Option<Requirement<'_>> {
        let mut values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        values.sort_unstable();
        let test = match (self.operator.as_str(), values.is_empty()) {
            ("In", false) => Test::In(values),
            ("NotIn", false) => Test::NotIn(values),
            ("Exists", true) => Test::Exists,
            ("DoesNotExist", true) => Test::DoesNotExist,
            _ => return None,
        };
        let valid = is_label_key(&self.key) && self.values.iter().all(|value| is_label_value(value));
        valid.then_some(Requirement { key: &self.key, test })
    }
}

impl fmt::Display for Requirement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key;
        match &self.test {
            Test::Equals(value) => write!(f, "{key}={value}"),
            Test::In(values) => write!(f, "{key} in ({})", commas(values.iter())),
            Test::NotIn(values) => write!(f, "{key} notin ({})", commas(values.iter())),
            Test::Exists => f.write_str(key),
            Test::DoesNotExist => write!(f, "!{key}"),
        }
    }
}

/// Whether `key` is a qualified name: `name` or `sub.domain/name`.
fn is_label_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((domain, name)) => is_subdomain(domain) && is_name(name),
        None => is_name(key),
    }
}

fn is_label_value(value: &str) -> bool {
    value.is_empty() || is_name(value)
}

fn is_name(name: &str) -> bool {
    name.len() <= 63 && is_framed(name, u8::is_ascii_alphanumeric, b"-_.")
}

fn is_subdomain(domain: &str) -> bool {
    domain.len() <= 253
        && domain.split('.').all(|part| is_framed(part, |c| c.is_ascii_lowercase() || c.is_ascii_digit(), b"-"))
}

/// Whether `text` begins and ends with `outer` characters and has only those and `inner` between.
fn is_framed(text: &str, outer: impl Fn(&u8) -> bool, inner: &[u8]) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(&outer)
        && bytes.last().is_some_and(&outer)
        && bytes.iter().all(|c| outer(c) || inner.contains(c))
}
