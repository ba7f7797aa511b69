//! The query of a write.

use crate::server::options::Query;
use crate::server::status::Failure;

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
    /// What becomes of unknown fields.
    pub unknown: Unknown,
    /// Server-side apply takes over what others own.
    pub force: bool,
}

impl WriteOptions {
    /// Reads a query; `agent` names the writer where the query does not.
    pub fn parse(query: &Query, agent: &str) -> Result<WriteOptions, Failure> {
        let dry_run = match query.get("dryRun") {
            None | Some("") => false,
            Some("All") => true,
            Some(other) => {
                let why = format!(
                    "PatchOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: {other:?}: supported values: \"All\""
                );
                return Err(Failure::bad_request(why));
            }
        };
        let unknown = match query.get("fieldValidation") {
            Some("Strict") => Unknown::Strict,
            Some("Ignore") => Unknown::Ignore,
            _ => Unknown::Warn,
        };
        let manager = query.get("fieldManager").filter(|name| !name.is_empty());
        let manager = manager.unwrap_or_else(|| agent.split('/').next().unwrap_or("")).to_owned();
        let manager = if manager.is_empty() { "unknown".to_owned() } else { manager };
        Ok(WriteOptions { dry_run, manager, unknown, force: query.get("force") == Some("true") })
    }
}
