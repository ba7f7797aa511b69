//! What a description needs beside its object, and what came of asking for it.

use rustc_hash::FxHashMap;
use serde_json::Value;

/// The most that one description asks for.
pub const MOST_WANTS: usize = 20;
/// The most objects that are to be taken of one list.
pub const LIST_LIMIT: u32 = 500;

/// Something to ask the object's cluster for.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Want {
    /// API group; empty for the core group.
    pub group: String,
    /// Version, such as `v1`.
    pub version: String,
    /// The resource of its URLs.
    pub plural: String,
    /// `None` for cluster-scoped kinds, and for lists of all namespaces.
    pub namespace: Option<String>,
    /// Which of them.
    pub by: By,
    /// Only their metadata is read: `PartialObjectMetadata` is enough. Of secrets nothing else is to be asked for.
    pub heads: bool,
}

/// Which objects are wanted. Lists take [`LIST_LIMIT`] objects at most.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum By {
    /// The one of this name.
    Name(String),
    /// A list by label selector.
    Labels(String),
    /// A list by field selector.
    Fields(String),
    /// Those of the list that name this uid among their owners.
    Owner(String),
    /// All of them.
    All,
}

/// What came of a want.
#[derive(Clone, PartialEq, Debug)]
pub enum Got {
    /// No answer yet.
    Pending,
    /// What was asked for: the object by name, or the whole list.
    Objects(Vec<Value>),
    /// The start of a list that goes on behind its limit.
    Part(Vec<Value>),
    /// 401 or 403, in the server's words.
    Refused(String),
    /// 404: of a name, that object is not there; of a list, the server does not serve the kind.
    Missing,
    /// Anything else, such as a cluster that is not reached.
    Failed(String),
}

/// What has come of the wants until now; what is not in here counts as pending.
pub type Answers = FxHashMap<Want, Got>;
