//! A set of paths into an object: what one manager owns of it, in memory and as `fieldsV1`.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// One step of a path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// A field, or a key of a map.
    Field(String),
    /// An item by its keys, as JSON.
    Key(String),
    /// An item by its value, as JSON.
    Value(String),
}

impl Step {
    /// A step to the item with these keys.
    pub fn key(keys: &BTreeMap<&str, Value>) -> Step {
        Step::Key(serde_json::to_string(keys).unwrap_or_default())
    }

    fn write(&self) -> String {
        match self {
            Step::Field(name) => format!("f:{name}"),
            Step::Key(keys) => format!("k:{keys}"),
            Step::Value(value) => format!("v:{value}"),
        }
    }

    fn read(text: &str) -> Option<Step> {
        let (sort, rest) = text.split_once(':')?;
        Some(match sort {
            "f" => Step::Field(rest.to_owned()),
            // Written anew, so that the order of keys does not matter.
            "k" => Step::Key(
                serde_json::from_str::<BTreeMap<String, Value>>(rest)
                    .ok()
                    .map(|keys| serde_json::to_string(&keys).unwrap_or_default())?,
            ),
            "v" => Step::Value(rest.to_owned()),
            _ => return None,
        })
    }
}

/// The paths of a set that begin with one step more.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Set {
    /// Whether the path that leads here is in the set.
    pub member: bool,
    /// What lies below.
    pub children: BTreeMap<Step, Set>,
}

impl Set {
    /// Whether no path is in it.
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.values().all(Set::is_empty)
    }

    /// Paths of either.
    pub fn union(mut self, other: &Set) -> Set {
        self.member |= other.member;
        for (step, set) in &other.children {
            let mine = self.children.remove(step).unwrap_or_default();
            self.children.insert(step.clone(), mine.union(set));
        }
        self
    }

    /// Paths of this one that are not of the other.
    pub fn minus(&self, other: &Set) -> Set {
        let below = |(step, set): (&Step, &Set)| match other.children.get(step) {
            Some(theirs) => (step.clone(), set.minus(theirs)),
            None => (step.clone(), set.clone()),
        };
        let children = self.children.iter().map(below).filter(|(_, set)| !set.is_empty()).collect();
        Set { member: self.member && !other.member, children }
    }

    /// Paths of both.
    pub fn both(&self, other: &Set) -> Set {
        let below = |(step, set): (&Step, &Set)| {
            let set = set.both(other.children.get(step)?);
            (!set.is_empty()).then(|| (step.clone(), set))
        };
        Set { member: self.member && other.member, children: self.children.iter().filter_map(below).collect() }
    }

    /// Without the path and everything below it.
    pub fn without(mut self, path: &[&str]) -> Set {
        self.cut(path);
        self
    }

    fn cut(&mut self, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else { return };
        let step = Step::Field((*first).to_owned());
        if rest.is_empty() {
            self.children.remove(&step);
        } else if let Some(set) = self.children.get_mut(&step) {
            set.cut(rest);
            if set.is_empty() {
                self.children.remove(&step);
            }
        }
    }

    /// Every path, written as errors write it: `.spec.replicas`, `.spec.containers[name="web"].image`.
    pub fn paths(&self) -> Vec<String> {
        let mut out = Vec::new();
        self.walk(&mut String::new(), &mut out);
        out
    }

    fn walk(&self, prefix: &mut String, out: &mut Vec<String>) {
        if self.member {
            out.push(prefix.clone());
        }
        for (step, set) in &self.children {
            let length = prefix.len();
            match step {
                Step::Field(name) => {
                    prefix.push('.');
                    prefix.push_str(name);
                }
                Step::Key(keys) => {
                    let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                    let words: Vec<_> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
                    let _ = write!(prefix, "[{}]", words.join(","));
                }
                Step::Value(value) => {
                    let _ = write!(prefix, "[={value}]");
                }
            }
            set.walk(prefix, out);
            prefix.truncate(length);
        }
    }

    /// As `fieldsV1`.
    pub fn to_json(&self) -> Value {
        let mut out = Map::new();
        if self.member && !self.children.is_empty() {
            out.insert(".".to_owned(), Value::Object(Map::new()));
        }
        for (step, set) in &self.children {
            out.insert(step.write(), set.to_json());
        }
        Value::Object(out)
    }

    /// From `fieldsV1`; what is not understood is left out.
    pub fn from_json(json: &Value) -> Set {
        let mut set = Set::default();
        let Some(map) = json.as_object() else { return set };
        for (name, below) in map {
            if name == "." {
                set.member = true;
            } else if let Some(step) = Step::read(name) {
                let mut child = Set::from_json(below);
                child.member |= child.children.is_empty();
                set.children.insert(step, child);
            }
        }
        set
    }
}
