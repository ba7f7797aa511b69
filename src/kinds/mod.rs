//! Kinds whose columns are computed here instead of by the server's table printer: slim structs that
//! are read from protobuf and from JSON alike, and their cells written once on top.
//!
//! The texts are those of `pkg/printers/internalversion/printers.go` of Kubernetes 1.37, compared with
//! the printers themselves in `tests/fixtures/kinds`.

pub mod containers;
pub mod links;
pub mod meta;
pub mod uses;

mod deployments;
mod events;
mod namespaces;
mod nodes;
mod pods;
mod selector;
#[cfg(test)]
mod tests;

use crate::model::column::Column;
use crate::model::draft::Draft;
use crate::model::kind::Kind;
use meta::ObjectMeta;
use serde::de::DeserializeOwned;
use std::fmt::{self, Write as _};

/// A kind that is read whole and whose columns are computed here.
pub struct ClientKind {
    /// Its names.
    pub kind: KnownKind,
    /// kubectl's `-o wide` columns without NAMESPACE, in the server's order.
    pub columns: &'static [Column],
    /// Reads one object (without the `k8s\0` envelope) into a draft: clears it, fills its header and
    /// one cell a column. After an error the draft is empty.
    pub from_protobuf: fn(&[u8], &mut Draft) -> Result<(), DecodeError>,
    /// The same from JSON.
    pub from_json: fn(&[u8], &mut Draft) -> Result<(), DecodeError>,
}

/// What discovery would say about a [`ClientKind`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KnownKind {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Version, such as `v1`.
    pub version: &'static str,
    /// Plural in lower case: the resource of its URLs.
    pub plural: &'static str,
    /// Singular in lower case.
    pub singular: &'static str,
    /// `Pod`.
    pub kind: &'static str,
    /// `po`.
    pub short_names: &'static [&'static str],
    /// `all`.
    pub categories: &'static [&'static str],
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

impl KnownKind {
    /// The kind as discovery would name it.
    pub fn to_kind(&self) -> Kind {
        let mut kind = Kind::built_in(
            self.group,
            self.version,
            self.plural,
            self.singular,
            self.kind,
            self.short_names,
            self.namespaced,
        );
        kind.categories = self.categories.iter().map(ToString::to_string).collect();
        kind
    }
}

/// Bytes that are not an object of the kind.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not the kind's protobuf.
    #[error("{kind}: protobuf not understood: {source}")]
    Protobuf {
        /// The kind that was expected.
        kind: &'static str,
        /// What failed.
        source: prost::DecodeError,
    },
    /// Not the kind's JSON.
    #[error("{kind}: JSON not understood: {source}")]
    Json {
        /// The kind that was expected.
        kind: &'static str,
        /// What failed.
        source: serde_json::Error,
    },
}

static CLIENT_KINDS: [ClientKind; 5] = [pods::KIND, nodes::KIND, namespaces::KIND, events::KIND, deployments::KIND];

/// All kinds whose columns are computed here.
pub fn client_kinds() -> &'static [ClientKind] {
    &CLIENT_KINDS
}

/// The kind of this group, version and plural, when its columns are computed here.
pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static ClientKind> {
    CLIENT_KINDS.iter().find(|it| it.kind.plural == plural && it.kind.group == group && it.kind.version == version)
}

/// The kind that `word` names, where every server serves it: known without asking.
pub fn named(word: &str) -> Option<std::sync::Arc<Kind>> {
    CLIENT_KINDS.iter().map(|client| client.kind.to_kind()).find(|kind| kind.is_named(word)).map(std::sync::Arc::new)
}

/// Fills the header of a draft (namespace, name, uid, version, labels, created) and nothing else; the
/// draft is not cleared.
pub fn fill_meta(meta: &ObjectMeta, draft: &mut Draft) {
    draft.namespace = draft.span(&meta.namespace);
    draft.name = draft.span(&meta.name);
    draft.uid = draft.span(&meta.uid);
    draft.version = draft.span(&meta.resource_version);
    draft.set_labels(meta.labels.iter().map(|label| (label.key.as_str(), label.value.as_str())));
    draft.created = meta.creation_timestamp.stamp();
}

/// An object of a client kind, decoded.
trait Object: prost::Message + DeserializeOwned + Default {
    /// Its kind, for errors.
    const KIND: &'static str;

    fn meta(&self) -> &ObjectMeta;

    /// Adds the cells and sets the tone; the header is filled.
    fn fill(&self, draft: &mut Draft);
}

fn from_protobuf<T: Object>(bytes: &[u8], draft: &mut Draft) -> Result<(), DecodeError> {
    draft.clear();
    let object = T::decode(bytes).map_err(|source| DecodeError::Protobuf { kind: T::KIND, source })?;
    fill(&object, draft);
    Ok(())
}

fn from_json<T: Object>(bytes: &[u8], draft: &mut Draft) -> Result<(), DecodeError> {
    draft.clear();
    let object: T = serde_json::from_slice(bytes).map_err(|source| DecodeError::Json { kind: T::KIND, source })?;
    fill(&object, draft);
    Ok(())
}

fn fill<T: Object>(object: &T, draft: &mut Draft) {
    fill_meta(object.meta(), draft);
    object.fill(draft);
}

/// The items with commas between them.
fn commas<T: fmt::Display>(items: impl Iterator<Item = T> + Clone) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        for (i, item) in items.clone().enumerate() {
            if i > 0 {
                f.write_char(',')?;
            }
            write!(f, "{item}")?;
        }
        Ok(())
    })
}

/// The first text that is not empty.
fn first_of<'a>(text: &'a str, instead: &'a str) -> &'a str {
    if text.is_empty() { instead } else { text }
}
