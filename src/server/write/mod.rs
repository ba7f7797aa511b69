//! Writes: create, update, patch and delete, as the API server does them.

mod admit;
mod body;
mod create;
mod defaults;
mod definition;
mod delete;
mod evict;
mod limits;
mod options;
mod pod;
mod policy;
mod prepare;
pub mod quota;
mod scale;
mod update;
mod validate;

pub use body::{Body, PatchKind};
pub use create::create;
pub use delete::{Deleted, delete, delete_collection, finalize, finish};
pub use evict::{bind, evict};
pub use options::{Unknown, WriteOptions};
#[cfg(test)]
pub use prepare::misfits;
pub use scale::{read as read_scale, write as write_scale};
pub use update::{patch, update};

use super::fields::managers::{Operation, Writer};
use super::resource::Resource;
use super::store::{Place, Record, Store};
use serde_json::Value;
use std::sync::Arc;

/// One write.
pub struct Write<'a> {
    /// Where to.
    pub store: &'a Store,
    /// The resource.
    pub place: &'a Place,
    /// The namespace; empty for objects without.
    pub namespace: &'a str,
    /// The object's name; empty where the body names it.
    pub name: &'a str,
    /// The part of the object that is written, such as `status`; empty for the object itself.
    pub part: &'a str,
    /// What the query says.
    pub options: &'a WriteOptions,
}

/// What came of a write.
pub struct Written {
    /// The object as it stands now.
    pub object: Arc<Record>,
    /// Whether it was created.
    pub created: bool,
    /// Sentences for the client's `Warning` headers.
    pub warnings: Vec<String>,
}

impl Write<'_> {
    fn resource(&self) -> &Resource {
        &self.place.resource
    }

    fn key(&self, name: &str) -> String {
        if self.resource().namespaced { format!("{}/{name}", self.namespace) } else { name.to_owned() }
    }

    fn writer(&self, operation: Operation) -> Writer {
        Writer {
            manager: self.options.manager.clone(),
            operation,
            api_version: self.resource().api_version(),
            subresource: self.part.to_owned(),
        }
    }
}

/// This moment.
#[cfg(not(test))]
pub fn moment() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// This moment; where a test's time stands still or leaps, so does this. All tests begin at the same time of the same
/// day, so that no cron job is due in some runs only.
#[cfg(test)]
pub fn moment() -> jiff::Timestamp {
    use std::sync::LazyLock;
    static BEGIN: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
    let then = jiff::Timestamp::from_second(BEGINNING).unwrap_or_default();
    then + tokio::time::Instant::now().into_std().saturating_duration_since(*BEGIN)
}

/// When tests begin, in seconds.
#[cfg(test)]
pub const BEGINNING: i64 = 1_795_444_800;

/// Now, as the API writes it.
pub fn now() -> String {
    stamp(moment().as_second())
}

/// A second, as the API writes it.
pub fn stamp(second: i64) -> String {
    jiff::Timestamp::from_second(second).unwrap_or_default().to_string()
}

/// A new uid.
pub fn uid() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // Each `RandomState` has keys of its own: random enough for names that only must not repeat.
    let random = || RandomState::new().build_hasher().finish();
    let (high, low) = (random(), random());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | (low >> 48 & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

/// The end of a generated name.
pub fn suffix(length: usize) -> String {
    // Without vowels, so that no words come of it.
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let uid = uid();
    let digits = uid.bytes().filter(u8::is_ascii_hexdigit).collect::<Vec<_>>();
    digits
        .chunks(2)
        .take(length)
        .map(|two| {
            let number =
                two.iter().fold(0usize, |sum, digit| sum * 16 + (*digit as char).to_digit(16).unwrap_or(0) as usize);
            LETTERS[number % LETTERS.len()] as char
        })
        .collect()
}

fn map_of(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(serde_json::Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("it was made a map"),
    }
}
