//! The body of a write.

use crate::server::schema::wire;
use crate::server::status::Failure;
use bytes::Bytes;
use serde_json::Value;

/// A body with its media type.
pub struct Body {
    /// The media type, without parameters.
    pub media: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// What a patch is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatchKind {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// A strategic merge patch.
    Strategic,
    /// Server-side apply.
    Apply,
}

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const OBJECTS: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

impl Body {
    /// The object that it holds.
    pub fn object(&self) -> Result<Value, Failure> {
        match self.media.as_str() {
            "" | "application/json" | "*/*" => self.json(),
            "application/yaml" => self.yaml(),
            PROTOBUF => {
                let read = wire::read(&self.bytes);
                read.ok_or_else(|| Failure::bad_request("unable to decode the object in protobuf"))
            }
            _ => Err(Failure::unsupported_media(OBJECTS)),
        }
    }

    /// The object that it holds, which is a map.
    pub fn map(&self) -> Result<Value, Failure> {
        let unrecognized = "the object provided is unrecognized (must be of type Object)";
        let object = self.object()?;
        if object.is_object() { Ok(object) } else { Err(Failure::bad_request(unrecognized)) }
    }

    /// The object that it holds, if there is any.
    pub fn optional(&self) -> Result<Value, Failure> {
        if self.bytes.is_empty() { Ok(Value::Null) } else { self.object() }
    }

    /// The patch that it holds.
    pub fn patch(&self) -> Result<(PatchKind, Value), Failure> {
        match self.media.as_str() {
            "application/json-patch+json" => Ok((PatchKind::Json, self.json()?)),
            "application/merge-patch+json" => Ok((PatchKind::Merge, self.json()?)),
            "application/strategic-merge-patch+json" => Ok((PatchKind::Strategic, self.json()?)),
            "application/apply-patch+yaml" => Ok((PatchKind::Apply, self.yaml()?)),
            _ => Err(Failure::unsupported_patch()),
        }
    }

    fn json(&self) -> Result<Value, Failure> {
        serde_json::from_slice(&self.bytes)
            .map_err(|error| Failure::bad_request(format!("couldn't get version/kind; json parse error: {error}")))
    }

    fn yaml(&self) -> Result<Value, Failure> {
        // JSON is YAML, and much quicker read as what it is.
        if let Ok(value) = serde_json::from_slice(&self.bytes) {
            return Ok(value);
        }
        let text = std::str::from_utf8(&self.bytes).unwrap_or("");
        serde_saphyr::from_str(text).map_err(|error| Failure::bad_request(format!("error parsing YAML: {error}")))
    }
}
