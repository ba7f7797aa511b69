//! Counts the program's requests in the API server's audit log.

use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// The audit log of a running API server.
#[derive(Debug)]
pub struct Audit {
    /// The file.
    pub path: PathBuf,
}

/// The moment as the audit log writes it: texts of one length, which compare as the moments do.
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

impl Audit {
    /// The requests that arrived between two moments, by what they ask for. The program's log is read a
    /// moment later: a request is written down when its answer begins.
    pub fn requests(&self, from: &str, to: &str) -> Result<BTreeMap<String, usize>> {
        let text = fs::read_to_string(&self.path).with_context(|| format!("cannot read {}", self.path.display()))?;
        let mut found = BTreeMap::new();
        let mut seen = std::collections::HashSet::new();
        for line in text.lines() {
            let Ok(event) = serde_json::from_str::<serde_json::Value>(line) else { continue };
            let field = |name: &str| event.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
            let at = field("requestReceivedTimestamp");
            let ours = field("userAgent").starts_with("skylark") && (from..to).contains(&at);
            if ours && seen.insert(field("auditID").to_owned()) {
                let path = field("requestURI").split('?').next().unwrap_or_default();
                *found.entry(format!("{} {path}", field("verb"))).or_insert(0) += 1;
            }
        }
        Ok(found)
    }
}
