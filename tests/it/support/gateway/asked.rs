//! A request as it came, and what kind of request it is.

use std::time::Instant;

use http::Version;

/// A request that came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The path, without the gateway's prefix.
    pub path: String,
    /// What is behind the `?`.
    pub query: String,
    /// The `Accept` header as it came.
    pub accept: String,
    /// The HTTP that the client speaks.
    pub http: Version,
    /// The status it was answered with; 0 before that.
    pub status: u16,
    /// The type that the answer had.
    pub content_type: String,
    /// Whether the answer was compressed.
    pub gzip: bool,
    /// When it came.
    pub at: Instant,
}

impl Asked {
    /// Whether it is a watch of this kind (plural), a streaming list too.
    pub fn watches(&self, plural: &str) -> bool {
        self.is_of(plural) && self.query.contains("watch=true")
    }

    /// Whether it is a streaming list of this kind.
    pub fn streams(&self, plural: &str) -> bool {
        self.watches(plural) && self.query.contains("sendInitialEvents=true")
    }

    /// Whether it is a page of a list of this kind.
    pub fn lists(&self, plural: &str) -> bool {
        self.is_of(plural) && !self.query.contains("watch=true")
    }

    /// Whether it is the first page of a list of this kind, or a streaming list.
    pub fn begins(&self, plural: &str) -> bool {
        self.streams(plural) || self.lists(plural) && !self.query.contains("continue=")
    }

    fn is_of(&self, plural: &str) -> bool {
        self.path.rsplit('/').next() == Some(plural)
    }
}
