//! Patches of objects: JSON patch, merge patch, strategic merge patch.

mod strategic;
#[cfg(test)]
mod tests;

pub use strategic::strategic;

use serde_json::Value;

/// Applies a JSON patch (RFC 6902).
pub fn json(object: &Value, patch: &Value) -> Result<Value, String> {
    let patch: json_patch::Patch = serde_json::from_value(patch.clone()).map_err(|error| error.to_string())?;
    let mut out = object.clone();
    json_patch::patch(&mut out, &patch).map_err(|error| error.to_string())?;
    Ok(out)
}

/// Applies a merge patch (RFC 7386).
pub fn merge(object: &Value, patch: &Value) -> Value {
    let mut out = object.clone();
    json_patch::merge(&mut out, patch);
    out
}
