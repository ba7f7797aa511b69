//! Label and field selectors, in the API server's grammar and words.

use super::resource::Resource;
use super::store::Texts;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a label must be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Want {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
    Above(i64),
    Below(i64),
}

/// A conjunction over labels; empty selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Vec<(String, Want)>);

/// A conjunction over fields: place in the resource's fields, whether equal, and the value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(usize, bool, String)>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Op(&'static str),
    End,
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Token::Word(word) => word,
            Token::Op(op) => op,
            Token::End => "",
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    const OPS: [&str; 9] = ["==", "!=", "=", "!", ",", "(", ")", ">", "<"];
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(op) = OPS.into_iter().find(|op| rest.starts_with(op)) {
            out.push(Token::Op(op));
            rest = rest[op.len()..].trim_start();
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "=!,()><".contains(c)).unwrap_or(rest.len());
            out.push(Token::Word(rest[..end].to_owned()));
            rest = rest[end..].trim_start();
        }
    }
    out.push(Token::End);
    out
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn requirement(&mut self) -> Result<(String, Want), String> {
        let negated = *self.peek() == Token::Op("!");
        if negated {
            self.take();
        }
        let key = match self.take() {
            Token::Word(key) => key,
            other => return Err(format!("found '{}', expected: identifier", other.text())),
        };
        check_key(&key)?;
        if matches!(self.peek(), Token::End | Token::Op(",")) {
            return Ok((key, if negated { Want::Missing } else { Want::Exists }));
        }
        if negated {
            return Err(format!("found '{}', expected: ',' or 'end of string'", self.peek().text()));
        }
        let op = self.take();
        let want = match op.text() {
            "in" => Want::In(self.values(&key)?),
            "notin" => Want::NotIn(self.values(&key)?),
            "=" | "==" => Want::In(vec![self.value(&key)?]),
            "!=" => Want::NotIn(vec![self.value(&key)?]),
            sign @ (">" | "<") => {
                let value = self.value(&key)?;
                let number = value.parse().map_err(|_| {
                    format!("values[0][{key}]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer")
                })?;
                if sign == ">" { Want::Above(number) } else { Want::Below(number) }
            }
            other => return Err(format!("found '{other}', expected: in, notin, =, ==, !=, gt, lt")),
        };
        Ok((key, want))
    }

    fn value(&mut self, key: &str) -> Result<String, String> {
        if matches!(self.peek(), Token::End | Token::Op(",")) {
            return Ok(String::new());
        }
        match self.take() {
            Token::Word(word) => check_value(key, word),
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    fn values(&mut self, key: &str) -> Result<Vec<String>, String> {
        match self.take() {
            Token::Op("(") => {}
            other => return Err(format!("found '{}' expected: '('", other.text())),
        }
        let mut values = Vec::new();
        let mut word = String::new();
        loop {
            match self.take() {
                Token::Word(next) if word.is_empty() => word = check_value(key, next)?,
                Token::Op(",") => values.push(std::mem::take(&mut word)),
                Token::Op(")") => {
                    values.push(word);
                    return Ok(values);
                }
                other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && edge(text.chars().next())
        && edge(text.chars().last())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn check_key(key: &str) -> Result<(), String> {
    let name = key.split_once('/').map_or(key, |(_, name)| name);
    if is_name(name) {
        return Ok(());
    }
    Err(format!(
        "<nil>: Invalid value: {key:?}: name part must consist of alphanumeric characters, '-', '_' or '.', and must \
         start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for \
         validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    ))
}

fn check_value(key: &str, value: String) -> Result<String, String> {
    if value.is_empty() || is_name(&value) {
        return Ok(value);
    }
    Err(format!(
        "values[0][{key}]: Invalid value: {value:?}: a valid label must be an empty string or consist of alphanumeric \
         characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or \
         'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    ))
}

impl Labels {
    /// Parses `a=b,c in (d,e),!f,g>1`.
    pub fn parse(text: &str) -> Result<Labels, String> {
        let mut parser = Parser { tokens: tokens(text), at: 0 };
        let mut all = Vec::new();
        loop {
            match parser.peek() {
                Token::Word(_) | Token::Op("!") => {
                    all.push(parser.requirement().map_err(|why| format!("unable to parse requirement: {why}"))?);
                }
                Token::End => return Ok(Labels(all)),
                other @ Token::Op(_) => {
                    return Err(format!("found '{}', expected: !, identifier, or 'end of string'", other.text()));
                }
            }
            match parser.take() {
                Token::End => return Ok(Labels(all)),
                Token::Op(",") => {}
                other => return Err(format!("found '{}', expected: ',' or 'end of string'", other.text())),
            }
            if !matches!(parser.peek(), Token::Word(_) | Token::Op("!")) {
                return Err(format!("found '{}', expected: identifier after ','", parser.peek().text()));
            }
        }
    }

    /// Whether everything is selected.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an object with these labels is selected.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|(key, want)| {
            let have = labels.get(key);
            let number = || have.and_then(|text| text.parse::<i64>().ok());
            match want {
                Want::In(values) => have.is_some_and(|value| values.contains(value)),
                Want::NotIn(values) => have.is_none_or(|value| !values.contains(value)),
                Want::Exists => have.is_some(),
                Want::Missing => have.is_none(),
                Want::Above(floor) => number().is_some_and(|n| n > *floor),
                Want::Below(ceiling) => number().is_some_and(|n| n < *ceiling),
            }
        })
    }
}

impl Fields {
    /// Parses `a=b,c!=d` for a resource; `\` escapes `,`, `=` and itself in values.
    pub fn parse(resource: &Resource, text: &str) -> Result<Fields, String> {
        let mut all = Vec::new();
        for term in split_terms(text) {
            if term.is_empty() {
                continue;
            }
            let Some((name, equal, value)) = split_term(term) else {
                return Err(format!("invalid selector: '{text}'; can't understand '{term}'"));
            };
            let value = unescape(value)?;
            let name = if name == "name" && resource.plural == "namespaces" { "metadata.name" } else { name };
            let Some(at) = resource.fields.iter().position(|field| field == name) else {
                return Err(if resource.group.is_empty() {
                    format!("field label not supported: {name}")
                } else {
                    format!("{name:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
                });
            };
            all.push((at, equal, value));
        }
        Ok(Fields(all))
    }

    /// Whether everything is selected.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the field at a place must be, where one value is asked for.
    pub fn equal(&self, place: usize) -> Option<&str> {
        self.0.iter().find(|(at, equal, _)| *at == place && *equal).map(|(.., want)| want.as_str())
    }

    /// Whether an object with these field values is selected.
    pub fn matches(&self, values: &Texts) -> bool {
        self.0.iter().all(|(at, equal, want)| values.get(*at).is_some_and(|have| (have == want.as_str()) == *equal))
    }
}

fn split_terms(text: &str) -> Vec<&str> {
    let (mut terms, mut start, mut escaped) = (Vec::new(), 0, false);
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn split_term(term: &str) -> Option<(&str, bool, &str)> {
    term.char_indices().find_map(|(i, _)| {
        [("!=", false), ("==", true), ("=", true)]
            .into_iter()
            .find_map(|(op, equal)| term[i..].strip_prefix(op).map(|value| (&term[..i], equal, value)))
    })
}

fn unescape(value: &str) -> Result<String, String> {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(next @ ('\\' | ',' | '=')) => out.push(next),
                Some(next) => return Err(format!("invalid field selector: invalid escape sequence: \\{next}")),
                None => return Err("invalid field selector: unfinished escape sequence: \\".to_owned()),
            },
            ',' | '=' => return Err(format!("invalid field selector: unescaped character in value: {c}")),
            c => out.push(c),
        }
    }
    Ok(out)
}

impl Labels {
    /// The labels that a `LabelSelector` selects; `None` where it selects nothing because it is not there.
    pub fn of_selector(selector: &Value) -> Option<Labels> {
        Labels::parse(&selector.as_object().map(|_| selector_text(selector))?).ok()
    }

    /// Checks a label's key and value.
    pub fn check(key: &str, value: &str) -> Result<(), String> {
        check_key(key)?;
        check_value(key, value.to_owned()).map(drop)
    }
}

/// A `LabelSelector` as text: `a=b,c in (d,e)`.
pub fn selector_text(selector: &Value) -> String {
    let mut terms: Vec<String> = Vec::new();
    for (key, value) in selector["matchLabels"].as_object().into_iter().flatten() {
        terms.push(format!("{key}={}", value.as_str().unwrap_or_default()));
    }
    for it in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = it["key"].as_str().unwrap_or_default();
        let values = it["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let values = values.collect::<Vec<_>>().join(",");
        terms.push(match it["operator"].as_str() {
            Some("In") => format!("{key} in ({values})"),
            Some("NotIn") => format!("{key} notin ({values})"),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    terms.join(",")
}

#[cfg(test)]
#[path = "select_tests.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
