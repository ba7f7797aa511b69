//! One version of one object, serialised once.

use super::pack::{Base, Group, Packed, Packer, Telling};
use crate::server::resource::{Id, PODS, Resource};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};
use std::ops::{Index, Range};
use std::sync::Arc;

/// What those who look after an object act on, told without reading it back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pulse {
    /// It is being deleted.
    pub going: bool,
    /// Its condition `Ready` holds.
    pub ready: bool,
    /// How often what is wanted has changed.
    pub generation: i64,
}

/// One of those that own an object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Owner {
    /// Its uid.
    pub uid: Box<str>,
    /// Its kind.
    pub kind: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// Whether it is the one that looks after the object.
    pub controls: bool,
}

impl Owner {
    fn of(reference: &Value) -> Option<Owner> {
        let text = |name: &str| reference[name].as_str().map(Box::from);
        Some(Owner {
            uid: text("uid")?,
            kind: text("kind").unwrap_or_default(),
            name: text("name").unwrap_or_default(),
            controls: reference["controller"] == true,
        })
    }
}

/// Some texts in one place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Texts {
    all: Box<str>,
    ends: Box<[u32]>,
}

impl Texts {
    /// Keeps some texts.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Texts {
        let (mut all, mut ends) = (String::new(), Vec::new());
        for text in texts {
            all.push_str(text);
            ends.push(u32::try_from(all.len()).unwrap_or(u32::MAX));
        }
        Texts { all: all.into(), ends: ends.into() }
    }

    /// One of them.
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        self.all.get(start..end)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|at| &self[at])
    }
}

impl Index<usize> for Texts {
    type Output = str;

    fn index(&self, at: usize) -> &str {
        self.get(at).unwrap_or_default()
    }
}

/// One version of one object.
#[derive(Debug)]
pub struct Record {
    /// `namespace/name`, or the name of an object without namespace.
    pub key: Arc<str>,
    /// The labels, for selectors.
    pub labels: Arc<BTreeMap<String, String>>,
    /// The selectable fields, in the order of the resource.
    pub fields: Texts,
    /// Those that own it.
    pub owners: Arc<[Owner]>,
    /// How it fares.
    pub pulse: Pulse,
    /// The version.
    pub version: u64,
    /// The object without kind and apiVersion, and without the digits of its version.
    body: Packed,
    metadata: Range<u32>,
    version_at: u32,
}

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends a buffer: allocating a large one for each object costs more than filling it.
fn lend<T>(work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let mut buffer = SPARE.take();
    buffer.clear();
    let out = work(&mut buffer);
    if buffer.capacity() <= LARGE {
        SPARE.set(buffer);
    }
    out
}

/// Larger buffers are not kept.
const LARGE: usize = 256 << 10;

/// Texts that are alike: pods by their owner, others by what they are.
fn group(id: Id, owners: &[Owner]) -> Group {
    let mut hasher = rustc_hash::FxHasher::default();
    if id == PODS {
        owners.hash(&mut hasher);
    }
    (id, hasher.finish())
}

impl Record {
    /// Writes the text of an object, and gives the rest of what is kept of it.
    fn draft(resource: &Resource, mut object: Map<String, Value>, text: &mut Vec<u8>) -> Option<Record> {
        object.remove("kind");
        object.remove("apiVersion");
        let mut metadata = object.remove("metadata")?;
        metadata["resourceVersion"] = "".into();
        let name = metadata.get("name")?.as_str()?;
        let key: Arc<str> = match metadata.get("namespace").and_then(Value::as_str) {
            Some(namespace) if resource.namespaced => format!("{namespace}/{name}").into(),
            _ => name.into(),
        };
        let labels = metadata.get("labels").and_then(Value::as_object).map_or_else(BTreeMap::new, |labels| {
            labels.iter().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
        });
        let owners = metadata.get("ownerReferences").and_then(Value::as_array).into_iter().flatten();
        let owners: Arc<[Owner]> = owners.filter_map(Owner::of).collect();
        let conditions = object.get("status").and_then(|status| status["conditions"].as_array()).into_iter().flatten();
        let pulse = Pulse {
            going: metadata.get("deletionTimestamp").is_some(),
            ready: conditions.into_iter().any(|it| it["type"] == "Ready" && it["status"] == "True"),
            generation: metadata.get("generation").and_then(Value::as_i64).unwrap_or(0),
        };
        let head = b"{\"metadata\":";
        text.extend_from_slice(head);
        serde_json::to_writer(&mut *text, &metadata).ok()?;
        let metadata_at = head.len()..text.len();
        for (name, value) in &object {
            text.push(b',');
            serde_json::to_writer(&mut *text, name).ok()?;
            text.push(b':');
            serde_json::to_writer(&mut *text, value).ok()?;
        }
        text.push(b'}');
        object.insert("metadata".to_owned(), metadata);
        let fields = resource.field_values(&Value::Object(object));
        let needle = b"\"resourceVersion\":\"";
        let version_at = memchr::memmem::rfind(&text[metadata_at.clone()], needle)? + metadata_at.start + needle.len();
        let place = |at: usize| u32::try_from(at).ok();
        Some(Record {
            key,
            labels: Arc::new(labels),
            fields: Texts::new(fields.iter().map(String::as_str)),
            owners,
            pulse,
            version: 0,
            body: Packed::whole(&[]),
            metadata: place(metadata_at.start)?..place(metadata_at.end)?,
            version_at: place(version_at)?,
        })
    }
}

impl Record {
    /// Serialises an object, as yet without version; `None` when it has no name.
    pub(super) fn new(id: Id, resource: &Resource, object: Value, packer: &Packer) -> Option<Record> {
        let Value::Object(object) = object else { return None };
        lend(|text| {
            let mut record = Record::draft(resource, object, text)?;
            record.body = packer.pack(group(id, &record.owners), text);
            Some(record)
        })
    }

    /// An object that is not kept: its version is the one that it says, or none.
    pub fn detached(resource: &Resource, object: Value) -> Option<Record> {
        let version = object["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
        let Value::Object(object) = object else { return None };
        lend(|text| {
            let mut record = Record::draft(resource, object, text)?;
            (record.body, record.version) = (Packed::whole(text), version);
            Some(record)
        })
    }

    /// The same object with some bytes of its text changed: none that labels, fields, owners or pulse follow from.
    pub(super) fn retouched(&self, id: Id, packer: &Packer, edit: impl FnOnce(&mut [u8]) -> bool) -> Option<Record> {
        lend(|text| {
            self.body.copy(0..self.body.len(), text);
            edit(text).then(|| Record {
                key: self.key.clone(),
                labels: self.labels.clone(),
                fields: self.fields.clone(),
                owners: self.owners.clone(),
                pulse: self.pulse,
                version: 0,
                body: packer.pack(group(id, &self.owners), text),
                metadata: self.metadata.clone(),
                version_at: self.version_at,
            })
        })
    }

    /// The owner that looks after the object.
    pub fn controller(&self) -> Option<&Owner> {
        self.owners.iter().find(|owner| owner.controls)
    }

    /// The object's namespace; empty where it has none.
    pub fn namespace(&self) -> &str {
        self.key.split_once('/').map_or("", |(namespace, _)| namespace)
    }

    /// The object's name.
    pub fn name(&self) -> &str {
        self.key.split_once('/').map_or(&*self.key, |(_, name)| name)
    }

    /// The object's uid.
    pub fn uid(&self) -> String {
        // Metadata stands in the order of its names, and nothing that is known follows this one.
        let last = lend(|text| {
            self.body.copy(self.version_at as usize..self.metadata.end as usize, text);
            let mark = b"\"uid\":\"";
            let at = memchr::memmem::rfind(text, mark)? + mark.len();
            let uid = text[at..].strip_suffix(b"\"}")?;
            if uid.contains(&b'"') { None } else { String::from_utf8(uid.to_vec()).ok() }
        });
        last.unwrap_or_else(|| self.value()["metadata"]["uid"].as_str().unwrap_or_default().to_owned())
    }

    /// Whether the object's text has this anywhere.
    pub fn mentions(&self, what: &str) -> bool {
        lend(|text| {
            self.write_item(text);
            memchr::memmem::find(text, what.as_bytes()).is_some()
        })
    }

    /// The parts of the object that a type asks for, read back.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        lend(|text| {
            self.write_item(text);
            serde_json::from_slice(text).ok()
        })
    }

    /// The object, read back.
    pub fn value(&self) -> Value {
        self.read().unwrap_or_default()
    }

    /// The object as it stands in a list: without kind and apiVersion.
    pub fn item(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size());
        self.write_item(&mut out);
        out
    }

    /// Writes the object as it stands in a list.
    pub fn write_item(&self, out: &mut Vec<u8>) {
        self.write_range(0..self.body.len(), self.version, out);
    }

    /// About how long the object is when it is written.
    pub fn size(&self) -> usize {
        self.body.len() + 64
    }

    /// About how many bytes are kept for it.
    pub fn weight(&self) -> usize {
        self.body.weight() + self.fields.all.len() + self.key.len() + 320
    }

    /// The object as it stands alone, under a version that may be later than its own.
    pub fn write(&self, resource: &Resource, version: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(super::type_meta(resource).as_bytes());
        self.write_range(1..self.body.len(), version, out);
    }

    /// The object's metadata as `PartialObjectMetadata` of a version of meta.k8s.io.
    pub fn write_partial(&self, meta_version: &str, version: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(super::partial_meta(meta_version).as_bytes());
        self.write_range(self.metadata.start as usize..self.metadata.end as usize, version, out);
        out.push(b'}');
    }

    fn write_range(&self, range: Range<usize>, version: u64, out: &mut Vec<u8>) {
        let at = self.version_at as usize;
        self.body.copy(range.start..at, out);
        out.extend_from_slice(version.to_string().as_bytes());
        self.body.copy(at..range.end, out);
    }
}

/// A pattern of objects that differ in a few texts only.
pub struct Mould {
    record: Record,
    base: Arc<Base>,
    length: usize,
    namespace: String,
    /// Where which text stands, without its quotes.
    holes: Vec<(Range<usize>, usize)>,
    /// The fields, and which of the texts they are.
    fields: Vec<(String, Option<usize>)>,
}

impl Mould {
    /// A mould of an object: wherever one of its `texts` stands as a whole JSON string, others will. The first is its name.
    pub fn new(id: Id, resource: &Resource, object: Value, texts: &[String], packer: &Packer) -> Option<Mould> {
        let Value::Object(object) = object else { return None };
        let mut text = Vec::new();
        let record = Record::draft(resource, object, &mut text)?;
        let mut holes: Vec<(Range<usize>, usize)> = Vec::new();
        for (at, mark) in texts.iter().enumerate() {
            let mark = format!("\"{mark}\"");
            holes.extend(
                memchr::memmem::find_iter(&text, mark.as_bytes()).map(|from| (from + 1..from + mark.len() - 1, at)),
            );
        }
        holes.sort_by_key(|(range, at)| (range.start, *at));
        holes.dedup_by_key(|(range, _)| range.start);
        let of = |field: &str| texts.iter().position(|text| text == field);
        let fields = record.fields.iter().map(|field| (field.to_owned(), of(field))).collect();
        let namespace = record.key.rsplit_once('/').map_or_else(String::new, |(namespace, _)| format!("{namespace}/"));
        let base = packer.base(group(id, &record.owners), &text);
        Some(Mould { record, base, length: text.len(), namespace, holes, fields })
    }

    /// The object with other texts.
    pub fn cast(&self, texts: &[&str]) -> Record {
        let mut telling = Telling::new();
        let (mut done, mut new) = (0, "");
        let (mut metadata_end, mut version_at) =
            (i64::from(self.record.metadata.end), i64::from(self.record.version_at));
        for (range, at) in &self.holes {
            telling.add(new.as_bytes(), done..range.start);
            (done, new) = (range.end, texts.get(*at).copied().unwrap_or_default());
            let longer = new.len() as i64 - range.len() as i64;
            if range.start < self.record.metadata.end as usize {
                metadata_end += longer;
            }
            if range.start < self.record.version_at as usize {
                version_at += longer;
            }
        }
        telling.add(new.as_bytes(), done..self.length);
        let fields = self.fields.iter().map(|(field, at)| at.and_then(|at| texts.get(at).copied()).unwrap_or(field));
        let name = texts.first().copied().unwrap_or_default();
        Record {
            key: format!("{}{name}", self.namespace).into(),
            labels: self.record.labels.clone(),
            fields: Texts::new(fields),
            owners: self.record.owners.clone(),
            pulse: self.record.pulse,
            version: 0,
            body: telling.done(self.base.clone()),
            metadata: self.record.metadata.start..metadata_end as u32,
            version_at: version_at as u32,
        }
    }
}
