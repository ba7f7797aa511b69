//! Label selectors in kubectl's grammar, matched against the labels of a row.

use thiserror::Error;

/// A selector: all of its requirements must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selector(Vec<Requirement>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Requirement {
    key: String,
    rule: Rule,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Rule {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
    Greater(i64),
    Less(i64),
}

/// Why a selector cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum SelectorError {
    /// A requirement is none of the known forms.
    #[error(
        "\"{0}\" is not a label requirement: write key=value, key!=value, key in (a,b), key notin (a,b), key or !key"
    )]
    Form(String),
    /// A value list is not closed.
    #[error("a \"(\" is not closed")]
    Open,
}

impl Selector {
    /// Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`.
    pub fn parse(text: &str) -> Result<Selector, SelectorError> {
        let mut requirements = Vec::new();
        for part in split(text)? {
            let part = part.trim();
            if !part.is_empty() {
                requirements.push(requirement(part).ok_or_else(|| SelectorError::Form(part.to_owned()))?);
            }
        }
        Ok(Selector(requirements))
    }

    /// Whether labels written as `k=v,k=v` match.
    pub fn matches(&self, labels: &str) -> bool {
        self.0.iter().all(|requirement| requirement.matches(value(labels, &requirement.key)))
    }
}

fn value<'a>(labels: &'a str, key: &str) -> Option<&'a str> {
    labels.split(',').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
}

/// Splits at commas outside of parentheses.
fn split(text: &str) -> Result<Vec<&str>, SelectorError> {
    let (mut parts, mut start, mut open) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '(' => open = true,
            ')' => open = false,
            ',' if !open => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => (),
        }
    }
    if open {
        return Err(SelectorError::Open);
    }
    parts.push(&text[start..]);
    Ok(parts)
}

fn requirement(part: &str) -> Option<Requirement> {
    let made = |key: &str, rule| {
        let key = key.trim();
        let word = !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || "=!<>(),".contains(c));
        word.then(|| Requirement { key: key.to_owned(), rule })
    };
    if let Some(key) = part.strip_prefix('!') {
        return made(key, Rule::Missing);
    }
    if let Some(list) = part.strip_suffix(')') {
        let (head, values) = list.split_once('(')?;
        let (key, word) = head.trim().rsplit_once(char::is_whitespace)?;
        let values = values.split(',').map(|v| v.trim().to_owned()).collect();
        return match word {
            "in" => made(key, Rule::In(values)),
            "notin" => made(key, Rule::NotIn(values)),
            _ => None,
        };
    }
    for (operator, negative) in [("!=", true), ("==", false), ("=", false)] {
        if let Some((key, value)) = part.split_once(operator) {
            let values = vec![value.trim().to_owned()];
            return made(key, if negative { Rule::NotIn(values) } else { Rule::In(values) });
        }
    }
    if let Some((key, bound)) = part.split_once('>') {
        return made(key, Rule::Greater(bound.trim().parse().ok()?));
    }
    if let Some((key, bound)) = part.split_once('<') {
        return made(key, Rule::Less(bound.trim().parse().ok()?));
    }
    made(part, Rule::Exists)
}

impl Requirement {
    fn matches(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|v| v.parse::<i64>().ok());
        match &self.rule {
            Rule::In(values) => value.is_some_and(|v| values.iter().any(|want| want == v)),
            // As on the server: an object without the label matches, too.
            Rule::NotIn(values) => value.is_none_or(|v| values.iter().all(|want| want != v)),
            Rule::Exists => value.is_some(),
            Rule::Missing => value.is_none(),
            Rule::Greater(bound) => number().is_some_and(|n| n > *bound),
            Rule::Less(bound) => number().is_some_and(|n| n < *bound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn matches_as_the_server_does() {
        let labels = "app=web,tier=front,version=3";
        for (text, want) in [
            ("", true),
            ("app=web", true),
            ("app==web", true),
            ("app=db", false),
            ("app!=db", true),
            ("none!=db", true),
            ("app in (db, web)", true),
            ("app notin (db,web),tier", false),
            ("tier", true),
            ("!tier", false),
            ("!none", true),
            ("version>2,version<4", true),
            ("version>3", false),
            ("ap=web", false),
            ("App=web", false),
        ] {
            assert_eq!(Selector::parse(text).map(|s| s.matches(labels)), Ok(want), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(Selector::parse("a in (b"), Err(SelectorError::Open));
        for text in ["a b", "=x", "a within (b)", "a>b", "! ", "(a)"] {
            assert!(matches!(Selector::parse(text), Err(SelectorError::Form(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,60}", labels in ".{0,60}") {
            if let Ok(selector) = Selector::parse(&text) {
                selector.matches(&labels);
            }
        }
    }
}
