//! Reads objects that clients write in protobuf. What the server answers is JSON, which they all read.

use base64::Engine as _;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

const TABLE: &str = include_str!("numbers.txt");
/// What every message begins with.
const MAGIC: &[u8] = b"k8s\0";
/// Messages in messages: no kind is deeper.
const DEEPEST: usize = 64;

struct Field {
    name: &'static str,
    form: &'static str,
}

type Types = FxHashMap<&'static str, FxHashMap<u64, Field>>;

fn types() -> &'static Types {
    static TYPES: OnceLock<Types> = OnceLock::new();
    TYPES.get_or_init(|| {
        let mut all = Types::default();
        let mut current = "";
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let Some(field) = line.strip_prefix(' ') else {
                current = line;
                all.insert(line, FxHashMap::default());
                continue;
            };
            let mut words = field.split(' ');
            if let (Some(number), Some(name), Some(form)) = (words.next(), words.next(), words.next())
                && let (Ok(number), Some(fields)) = (number.parse(), all.get_mut(current))
            {
                fields.insert(number, Field { name, form });
            }
        }
        all
    })
}

/// One field on the wire.
enum Item<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message; `None` in place of what is broken.
struct Message<'a>(&'a [u8]);

impl<'a> Message<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn field(&mut self) -> Option<(u64, Item<'a>)> {
        let tag = self.varint()?;
        let item = match tag & 7 {
            0 => Item::Number(self.varint()?),
            1 => Item::Number(u64::from_le_bytes(self.take(8)?.try_into().ok()?)),
            2 => {
                let count = usize::try_from(self.varint()?).ok()?;
                Item::Bytes(self.take(count)?)
            }
            5 => Item::Number(u32::from_le_bytes(self.take(4)?.try_into().ok()?).into()),
            _ => return None,
        };
        Some((tag >> 3, item))
    }
}

impl<'a> Iterator for Message<'a> {
    type Item = Option<(u64, Item<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            None
        } else {
            Some(self.field().or_else(|| {
                self.0 = &[];
                None
            }))
        }
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Reads an object of one of the types of the table; `None` when it is broken or of no known kind.
pub fn read(bytes: &[u8]) -> Option<Value> {
    let (mut version, mut kind, mut raw) = ("", "", &[][..]);
    for field in Message(bytes.strip_prefix(MAGIC)?) {
        match field? {
            (1, Item::Bytes(meta)) => {
                for field in Message(meta) {
                    match field? {
                        (1, Item::Bytes(it)) => version = text(it)?,
                        (2, Item::Bytes(it)) => kind = text(it)?,
                        _ => {}
                    }
                }
            }
            (2, Item::Bytes(it)) => raw = it,
            _ => {}
        }
    }
    let (group, number) = version.split_once('/').unwrap_or(("core", version));
    let group = group.split('.').next().unwrap_or_default();
    let name = format!("{group}.{number}.{kind}");
    // Options of a group are those of all.
    let name = if types().contains_key(name.as_str()) { name } else { format!("meta.v1.{kind}") };
    let mut object = Map::new();
    object.insert("apiVersion".to_owned(), version.into());
    object.insert("kind".to_owned(), kind.into());
    fill(&mut object, &name, raw, 0)?;
    Some(Value::Object(object))
}

fn fill(object: &mut Map<String, Value>, name: &str, bytes: &[u8], depth: usize) -> Option<()> {
    let of = types().get(name)?;
    if depth > DEEPEST {
        return None;
    }
    for field in Message(bytes) {
        let (number, item) = field?;
        // Of a version that is newer than the table.
        let Some(Field { name, form }) = of.get(&number) else { continue };
        if let Some(inner) = form.strip_prefix("<@") {
            let Item::Bytes(bytes) = item else { return None };
            fill(object, inner, bytes, depth + 1)?;
        } else if let Some(form) = form.strip_prefix('[') {
            let value = one(form, &item, depth)?;
            if let Value::Array(list) = object.entry(*name).or_insert_with(|| json!([])) {
                list.push(value);
            }
        } else if let Some(form) = form.strip_prefix('{') {
            let Item::Bytes(bytes) = item else { return None };
            let (mut key, mut value) = (String::new(), None);
            for field in Message(bytes) {
                match field? {
                    (1, Item::Bytes(it)) => text(it)?.clone_into(&mut key),
                    (2, item) => value = Some(one(form, &item, depth)?),
                    _ => {}
                }
            }
            // A value that is not there is the empty one of its form.
            let value = match value {
                Some(value) => value,
                None => one(form, &Item::Bytes(&[]), depth)?,
            };
            if let Value::Object(map) = object.entry(*name).or_insert_with(|| json!({})) {
                map.insert(key, value);
            }
        } else if let Some(form) = form.strip_prefix('*') {
            object.insert((*name).to_owned(), one(form, &item, depth)?);
        } else {
            let value = one(form, &item, depth)?;
            if !is_empty(&value) {
                object.insert((*name).to_owned(), value);
            }
        }
    }
    Some(())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Bool(true) => false,
    }
}

/// One value of a form.
fn one(form: &str, item: &Item<'_>, depth: usize) -> Option<Value> {
    match (form, item) {
        ("i", Item::Number(number)) => Some(number.cast_signed().into()),
        ("b", Item::Number(number)) => Some((*number != 0).into()),
        ("d", Item::Number(number)) => Some(f64::from_bits(*number).into()),
        ("s", Item::Bytes(bytes)) => Some(text(bytes)?.into()),
        ("y", Item::Bytes(bytes)) => Some(base64::engine::general_purpose::STANDARD.encode(bytes).into()),
        ("q", Item::Bytes(bytes)) => Some(text(part(bytes, 1)?)?.into()),
        ("r", Item::Bytes(bytes)) => match part(bytes, 1)? {
            [] => Some(Value::Null),
            raw => serde_json::from_slice(raw).ok(),
        },
        ("p", Item::Bytes(bytes)) => port(bytes),
        ("t" | "u", Item::Bytes(bytes)) => time(bytes, form == "u"),
        ("z", Item::Bytes(bytes)) => {
            let nanos = numbers(bytes)?.get(&1).copied().unwrap_or(0).cast_signed();
            Some(format!("{}s", nanos as f64 / 1e9).into())
        }
        ("l", Item::Bytes(bytes)) => {
            let mut all = Vec::new();
            for field in Message(bytes) {
                if let (1, Item::Bytes(it)) = field? {
                    all.push(Value::from(text(it)?));
                }
            }
            Some(all.into())
        }
        (form, Item::Bytes(bytes)) => {
            let mut object = Map::new();
            fill(&mut object, form.strip_prefix('@')?, bytes, depth + 1)?;
            Some(Value::Object(object))
        }
        _ => None,
    }
}

/// A member of a message that is bytes; empty where it is not there.
fn part(bytes: &[u8], wanted: u64) -> Option<&[u8]> {
    let mut found = &[][..];
    for field in Message(bytes) {
        match field? {
            (number, Item::Bytes(it)) if number == wanted => found = it,
            _ => {}
        }
    }
    Some(found)
}

/// The members of a message that are numbers.
fn numbers(bytes: &[u8]) -> Option<FxHashMap<u64, u64>> {
    let mut found = FxHashMap::default();
    for field in Message(bytes) {
        if let (number, Item::Number(it)) = field? {
            found.insert(number, it);
        }
    }
    Some(found)
}

fn port(bytes: &[u8]) -> Option<Value> {
    let found = numbers(bytes)?;
    if found.get(&1).copied().unwrap_or(0) == 1 {
        return Some(text(part(bytes, 3)?)?.into());
    }
    Some(found.get(&2).copied().unwrap_or(0).cast_signed().into())
}

fn time(bytes: &[u8], exact: bool) -> Option<Value> {
    let found = numbers(bytes)?;
    if found.is_empty() {
        return Some(Value::Null);
    }
    let second = found.get(&1).copied().unwrap_or(0).cast_signed();
    let nanos = if exact { found.get(&2).copied().unwrap_or(0) as i32 } else { 0 };
    let stamp = jiff::Timestamp::new(second, nanos).ok()?;
    Some(if exact { format!("{stamp:.6}") } else { stamp.to_string() }.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn bytes(number: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2, body.len() as u8];
        out.extend_from_slice(body);
        out
    }

    fn whole(version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let meta = [bytes(1, version.as_bytes()), bytes(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), bytes(1, &meta), bytes(2, raw)].concat()
    }

    #[test]
    fn an_object_as_clients_write_it() {
        let label = bytes(11, &[bytes(1, b"app"), bytes(2, b"web")].concat());
        // Text that was not said is on the wire as an empty one.
        let metadata = [bytes(1, b"web"), bytes(2, b""), label].concat();
        // Replicas of zero were meant; a pause was not.
        let spec = [vec![1 << 3, 0], vec![7 << 3, 0]].concat();
        let raw = [bytes(1, &metadata), bytes(2, &spec), bytes(3, b"")].concat();
        assert_eq!(
            read(&whole("apps/v1", "Deployment", &raw)).unwrap(),
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "web", "labels": {"app": "web"}},
                "spec": {"replicas": 0},
            })
        );
    }

    #[test]
    fn fields_that_stand_in_their_parent() {
        let volume = [bytes(1, b"tmp"), bytes(2, &bytes(2, b""))].concat();
        let raw = bytes(2, &bytes(1, &volume));
        let pod = read(&whole("v1", "Pod", &raw)).unwrap();
        assert_eq!(pod["spec"]["volumes"], json!([{"name": "tmp", "emptyDir": {}}]));
    }

    proptest! {
        #[test]
        fn broken_bytes_are_refused_or_read(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&raw);
            let _ = read(&whole("v1", "Pod", &raw[..raw.len().min(120)]));
        }
    }
}
