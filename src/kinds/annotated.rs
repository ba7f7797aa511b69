//! The metadata of the few kinds of which an annotation is shown: of all annotations only those are kept.

use super::meta::ObjectMeta;
use prost::bytes::{Buf, BufMut};
use prost::encoding::{self, DecodeContext, WireType};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// Names a volume's storage class since before there was a field for it, and still wins over the field.
pub(super) const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";
/// Makes a storage class the one of claims that name none.
pub(super) const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";
/// The same, from before.
pub(super) const BETA_DEFAULT_CLASS: &str = "storageclass.beta.kubernetes.io/is-default-class";

const KEPT: [&str; 3] = [BETA_CLASS, DEFAULT_CLASS, BETA_DEFAULT_CLASS];
const LONGEST: usize = 48;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub(super) struct AnnotatedMeta {
    #[serde(flatten)]
    pub meta: ObjectMeta,
    annotations: Kept,
}

/// The annotations that are shown.
#[derive(Clone, Debug, Default, PartialEq)]
struct Kept {
    found: Vec<(&'static str, String)>,
    /// The key that was read last, of an entry whose value comes next.
    key: Option<&'static str>,
}

impl AnnotatedMeta {
    /// The annotation of this key.
    pub(super) fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.found.iter().rfind(|(found, _)| *found == key).map(|(_, value)| value.as_str())
    }
}

impl Kept {
    fn keep(&mut self, key: &'static str, value: String) {
        self.found.push((key, value));
    }
}

fn known(key: &[u8]) -> Option<&'static str> {
    KEPT.into_iter().find(|kept| kept.as_bytes() == key)
}

/// The number of the annotations in metadata; the rest is read as ever.
const ANNOTATIONS: u32 = 12;

impl prost::Message for AnnotatedMeta {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        self.meta.encode_raw(buf);
    }

    fn encoded_len(&self) -> usize {
        self.meta.encoded_len()
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        if tag == ANNOTATIONS {
            self.annotations.key = None;
            encoding::message::merge(wire, &mut self.annotations, buf, context)
        } else {
            self.meta.merge_field(tag, wire, buf, context)
        }
    }

    fn clear(&mut self) {
        *self = AnnotatedMeta::default();
    }
}

/// One entry after the other is merged into it.
impl prost::Message for Kept {
    fn encode_raw(&self, _: &mut impl BufMut) {}

    fn encoded_len(&self) -> usize {
        0
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        match (tag, wire, self.key) {
            (1, WireType::LengthDelimited, _) => {
                let mut key = Vec::with_capacity(LONGEST);
                encoding::bytes::merge(wire, &mut key, buf, context)?;
                self.key = known(&key);
                Ok(())
            }
            (2, WireType::LengthDelimited, Some(key)) => {
                let mut value = String::new();
                encoding::string::merge(wire, &mut value, buf, context)?;
                self.keep(key, value);
                Ok(())
            }
            _ => encoding::skip_field(wire, tag, buf, context),
        }
    }

    fn clear(&mut self) {
        *self = Kept::default();
    }
}

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Kept, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Kept;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kept, A::Error> {
                let mut kept = Kept::default();
                while let Some(key) = map.next_key::<String>()? {
                    if let Some(key) = known(key.as_bytes()) {
                        kept.keep(key, map.next_value::<Option<String>>()?.unwrap_or_default());
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(kept)
            }

            fn visit_unit<E>(self) -> Result<Kept, E> {
                Ok(Kept::default())
            }
        }

        deserializer.deserialize_any(Entries)
    }
}
