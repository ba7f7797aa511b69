//! What all objects share, in both encodings.

use crate::base::age::{Timestamp, YEAR_ONE};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// The part of an object's metadata that rows need.
#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectMeta {
    /// The object's name.
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    /// Empty for cluster-scoped kinds.
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    pub namespace: String,
    /// The object's uid.
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub uid: String,
    /// The resource version, as the server wrote it.
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    pub resource_version: String,
    /// When the object was created.
    #[prost(message, required, tag = "8")]
    pub creation_timestamp: Time,
    /// When the object is to be gone; set once it is deleted.
    #[prost(message, optional, tag = "9")]
    pub deletion_timestamp: Option<Time>,
    /// The labels, in any order.
    #[prost(message, repeated, tag = "11")]
    #[serde(deserialize_with = "pairs")]
    pub labels: Vec<Pair>,
}

/// An object of which only the metadata is read (`PartialObjectMetadata`).
#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
pub struct PartialObject {
    /// The object's metadata.
    #[prost(message, required, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
}

/// An entry of a map of strings.
#[derive(prost::Message, Clone, PartialEq)]
pub struct Pair {
    /// The key.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// A moment, whether the API calls it `Time` or `MicroTime`; to the second.
#[derive(prost::Message, Clone, Copy, PartialEq)]
pub struct Time {
    /// Seconds since the Unix epoch; 0 when not known.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
}

impl Time {
    /// The moment as a timestamp; moments before 1970 read as its first second.
    pub fn stamp(self) -> Timestamp {
        match self.seconds {
            0 | YEAR_ONE => 0,
            seconds => seconds.clamp(1, i64::from(Timestamp::MAX)) as Timestamp,
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Time;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time of RFC 3339")
            }

            // A time that cannot be read is one that is not known: the rest of the object still counts.
            fn visit_str<E>(self, text: &str) -> Result<Time, E> {
                let seconds = text.parse().map_or(0, jiff::Timestamp::as_second);
                Ok(Time { seconds })
            }

            fn visit_unit<E>(self) -> Result<Time, E> {
                Ok(Time::default())
            }
        }

        deserializer.deserialize_any(Text)
    }
}

/// A condition of a pod, a node, a job or a claim.
#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
pub(super) struct Condition {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    pub r#type: String,
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    pub status: String,
    #[prost(string, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    pub reason: String,
}

/// A message of which only the presence counts.
#[derive(prost::Message, serde::Deserialize, Clone, Copy, PartialEq)]
#[serde(default)]
pub(super) struct Present {}

/// Reads `null` as the default.
pub(super) fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a list; `null`, as the list or as an item of it, is the default.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    struct Items<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Items<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut all = Vec::new();
            while let Some(item) = items.next_element::<Option<T>>()? {
                all.push(item.unwrap_or_default());
            }
            Ok(all)
        }

        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
    }

    deserializer.deserialize_any(Items(PhantomData))
}

/// Reads a map of strings.
pub(super) fn pairs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Pair>, D::Error> {
    struct Pairs;

    impl<'de> Visitor<'de> for Pairs {
        type Value = Vec<Pair>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map of strings")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Pair>, A::Error> {
            let mut pairs = Vec::new();
            while let Some((key, value)) = map.next_entry::<String, Option<String>>()? {
                pairs.push(Pair { key, value: value.unwrap_or_default() });
            }
            Ok(pairs)
        }

        fn visit_unit<E>(self) -> Result<Vec<Pair>, E> {
            Ok(Vec::new())
        }
    }

    deserializer.deserialize_any(Pairs)
}

/// Reads a map of which only the number of entries counts: neither keys nor values are kept.
pub(super) fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Present>, D::Error> {
    struct Keys;

    impl<'de> Visitor<'de> for Keys {
        type Value = Vec<Present>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Present>, A::Error> {
            let mut keys = Vec::new();
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                keys.push(Present {});
            }
            Ok(keys)
        }

        fn visit_unit<E>(self) -> Result<Vec<Present>, E> {
            Ok(Vec::new())
        }
    }

    deserializer.deserialize_any(Keys)
}

/// Writes a map as the server's tables do: `a=b,c=d`, sorted by the entries so written, or `<none>`.
pub(super) fn labels(pairs: &[Pair]) -> impl fmt::Display + '_ {
    fn written(it: &Pair) -> impl Iterator<Item = u8> + '_ {
        it.key.bytes().chain([b'=']).chain(it.value.bytes())
    }
    let mut sorted: Vec<&Pair> = pairs.iter().collect();
    sorted.sort_by(|a, b| written(a).cmp(written(b)));
    fmt::from_fn(move |f| {
        if sorted.is_empty() {
            return f.write_str("<none>");
        }
        for (i, it) in sorted.iter().enumerate() {
            write!(f, "{}{}={}", if i > 0 { "," } else { "" }, it.key, it.value)?;
        }
        Ok(())
    })
}

/// Reads a text into bytes, for the fields that may hold bytes that are not UTF-8 in protobuf.
pub(super) fn text_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    nullable(deserializer).map(String::into_bytes)
}
