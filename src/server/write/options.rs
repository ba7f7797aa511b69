//! The query of a write.

use crate::server::options::Query;
use crate::server::status::{Cause, Failure};

/// What becomes of fields that nobody knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unknown {
    /// They are dropped.
    Ignore,
    /// They are dropped with a warning.
    Warn,
    /// They are refused.
    Strict,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// Nothing is kept.
    pub dry_run: bool,
    /// Who writes.
    pub manager: String,
    /// Whether the query says who writes.
    pub named: bool,
    /// What becomes of unknown fields.
    pub unknown: Unknown,
    /// Server-side apply takes over what others own.
    pub force: bool,
}

impl WriteOptions {
    /// Reads a query; `agent` names the writer where the query does not.
    /// `of` is the kind of the options, such as `PatchOptions`.
    pub fn parse(query: &Query, agent: &str, of: &str) -> Result<WriteOptions, Failure> {
        let mut causes = Vec::new();
        let dry_run = match query.get("dryRun") {
            None | Some("") => false,
            Some("All") => true,
            Some(other) => {
                let message = format!("Unsupported value: [{other:?}]: supported values: \"All\"");
                causes.push(Cause { field: "dryRun".to_owned(), reason: "FieldValueNotSupported", message });
                true
            }
        };
        let unknown = match query.get("fieldValidation") {
            Some("Strict") => Unknown::Strict,
            Some("Ignore") => Unknown::Ignore,
            Some("Warn" | "") | None => Unknown::Warn,
            Some(other) => {
                causes.push(Cause::unsupported("fieldValidation", other, &["", "Ignore", "Strict", "Warn"]));
                Unknown::Warn
            }
        };
        if !causes.is_empty() {
            return Err(Failure::invalid_kind("meta.k8s.io", of, "", &causes));
        }
        let manager = query.get("fieldManager").filter(|name| !name.is_empty());
        let named = manager.is_some();
        let manager = manager.unwrap_or_else(|| agent.split('/').next().unwrap_or("")).to_owned();
        let manager = if manager.is_empty() { "unknown".to_owned() } else { manager };
        Ok(WriteOptions { dry_run, manager, named, unknown, force: query.get("force") == Some("true") })
    }
}
