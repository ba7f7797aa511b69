//! Kinds whose columns are computed here instead of by the server's table printer: slim structs that
//! are read from protobuf and from JSON alike, and their cells written once on top.
//!
//! The texts are those of `pkg/printers/internalversion/printers.go` of Kubernetes, of the minor version of
//! the server at hand: compared with the printers themselves in `tests/fixtures/kinds`, and with servers of
//! two versions in `tests/it/columns.rs`.

pub mod meta;

mod annotated;
mod balancer;
mod certificatesigningrequests;
mod clusterrolebindings;
mod clusterroles;
mod configmaps;
mod cronjobs;
mod customresourcedefinitions;
mod daemonsets;
mod deployments;
mod endpoints;
mod endpointslices;
mod events;
mod events_v1;
mod horizontalpodautoscalers;
mod ingresses;
mod jobs;
mod leases;
mod limitranges;
mod metrics;
mod namespaces;
mod networkpolicies;
mod nodes;
mod persistentvolumeclaims;
mod persistentvolumes;
mod poddisruptionbudgets;
mod pods;
mod quantity;
mod replicasets;
mod replicationcontrollers;
mod resourcequotas;
mod rolebindings;
mod roles;
mod secrets;
mod selector;
mod serviceaccounts;
mod services;
mod statefulsets;
mod storageclasses;
mod subjects;
mod template;
mod volume;
mod workload;
#[cfg(test)]
mod zoo_tests;
#[cfg(test)]
mod tests;
mod wire;

use crate::model::column::Column;
use crate::model::draft::Draft;
use crate::model::kind::Kind;
use meta::ObjectMeta;
use serde::de::DeserializeOwned;
use std::fmt::{self, Write as _};
use std::sync::{Arc, LazyLock};

/// A kind that is read whole and whose columns are computed here.
pub struct ClientKind {
    /// Its names.
    pub kind: KnownKind,
    /// kubectl's `-o wide` columns without NAMESPACE, in the server's order, as the newest servers have them.
    pub columns: &'static [Column],
    /// What older servers have instead.
    pub before: Option<Before>,
    /// Reads one object (without the `k8s\0` envelope) into a draft: clears it, fills its header and
    /// one cell a column. After an error the draft is empty.
    pub from_protobuf: fn(&[u8], &mut Draft) -> Result<(), DecodeError>,
    /// The same from JSON.
    pub from_json: fn(&[u8], &mut Draft) -> Result<(), DecodeError>,
}

/// The columns of servers before some minor version.
pub struct Before {
    /// The first that has the new ones: 35 of 1.35.
    pub minor: u16,
    /// The old ones.
    pub columns: &'static [Column],
}

impl ClientKind {
    /// The columns of a server of this minor version; 0, not known, is the newest.
    pub fn columns_of(&self, minor: u16) -> &'static [Column] {
        match &self.before {
            Some(before) if minor != 0 && minor < before.minor => before.columns,
            _ => self.columns,
        }
    }
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

/// Those of the core group before others of the same name. Every server of 1.33 to 1.37 serves them all, in
/// this version.
static CLIENT_KINDS: [ClientKind; 34] = [
    pods::KIND,
    nodes::KIND,
    namespaces::KIND,
    events::KIND,
    deployments::KIND,
    replicasets::KIND,
    statefulsets::KIND,
    daemonsets::KIND,
    jobs::KIND,
    cronjobs::KIND,
    replicationcontrollers::KIND,
    services::KIND,
    endpoints::KIND,
    endpointslices::KIND,
    ingresses::KIND,
    networkpolicies::KIND,
    configmaps::KIND,
    secrets::KIND,
    serviceaccounts::KIND,
    persistentvolumes::KIND,
    persistentvolumeclaims::KIND,
    storageclasses::KIND,
    horizontalpodautoscalers::KIND,
    poddisruptionbudgets::KIND,
    resourcequotas::KIND,
    limitranges::KIND,
    leases::KIND,
    customresourcedefinitions::KIND,
    roles::KIND,
    clusterroles::KIND,
    rolebindings::KIND,
    clusterrolebindings::KIND,
    certificatesigningrequests::KIND,
    events_v1::KIND,
];

/// All kinds whose columns are computed here.
pub fn client_kinds() -> &'static [ClientKind] {
    &CLIENT_KINDS
}

/// The kind of this group, version and plural, when its columns are computed here.
pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static ClientKind> {
    CLIENT_KINDS.iter().find(|it| it.kind.plural == plural && it.kind.group == group && it.kind.version == version)
}

/// The kind that `word` names, where every server serves it: known without asking.
pub fn named(word: &str) -> Option<Arc<Kind>> {
    static KINDS: LazyLock<Vec<Arc<Kind>>> =
        LazyLock::new(|| CLIENT_KINDS.iter().map(|client| Arc::new(client.kind.to_kind())).collect());
    KINDS.iter().find(|kind| kind.is_named(word)).cloned()
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

/// The first three with commas between them, and how many more there are.
fn few<T: fmt::Display>(items: impl Iterator<Item = T> + Clone) -> impl fmt::Display {
    const SHOWN: usize = 3;
    fmt::from_fn(move |f| {
        write!(f, "{}", commas(items.clone().take(SHOWN)))?;
        match items.clone().skip(SHOWN).count() {
            0 => Ok(()),
            more => write!(f, " + {more} more..."),
        }
    })
}

/// The first text that is not empty.
fn first_of<'a>(text: &'a str, instead: &'a str) -> &'a str {
    if text.is_empty() { instead } else { text }
}
