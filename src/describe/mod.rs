//! Descriptions: an object and what stands around it as a text to read, arranged as kubectl does it,
//! with what is wrong first and the events last. Pure: what else it needs it names as wants, and the
//! cluster side answers.

mod want;

pub use want::{Answers, By, Got, LIST_LIMIT, MOST_WANTS, Want};

use crate::base::age::Timestamp;
use crate::model::document::{Document, Ink, Line};
use crate::model::kind::Kind;
use crate::text::sanitize::sanitize;
use serde_json::Value;

/// What is to be asked for, given what is there already: at most [`MOST_WANTS`], each once, those that
/// are answered among them. To be called again when answers arrive, since one may lead to others.
pub fn wants(_kind: &Kind, _object: &Value, _got: &Answers) -> Vec<Want> {
    Vec::new()
}

/// The description. `got` may be partial: what is pending, refused or failed is said in its place.
pub fn describe(_kind: &Kind, object: &Value, _got: &Answers, _now: Timestamp) -> Document {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    Document { lines: vec![Line::of(format!("Name: {}", sanitize(name)), Ink::Text)] }
}
