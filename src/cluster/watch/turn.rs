//! The events of one watch request.

use crate::cluster::ask::AskError;
use crate::cluster::project::Projector;
use crate::cluster::wire::{Bookmark, Encoding, EventType, json, protobuf};
use crate::model::source::Source;

/// The state of one watch request.
#[derive(Default)]
pub struct Turn {
    /// The initial events are still coming.
    pub listing: bool,
    /// Events that came.
    pub events: u32,
    /// The initial events are complete, as of this version.
    pub listed: Option<String>,
    /// The columns have changed under the rows, which are listed anew with the new ones.
    pub reshaped: bool,
}

impl Turn {
    /// Takes an event in; `version` is what the watch goes on from.
    pub fn event(
        &mut self,
        projector: &mut Projector,
        source: &Source,
        encoding: Encoding,
        (kind, object): (EventType, &[u8]),
        version: &mut String,
        now: u32,
    ) -> Result<(), AskError> {
        self.events = self.events.saturating_add(1);
        match kind {
            EventType::Error => {
                let status = match encoding {
                    Encoding::Json => json::status(object)?,
                    Encoding::Protobuf => protobuf::status(object)?,
                };
                Err(AskError::Refused { status, retry_after: None })
            }
            EventType::Bookmark => {
                projector.bookmark(encoding, object, source)?;
                let Bookmark { resource_version, ends_list } = match encoding {
                    Encoding::Json => json::bookmark(object)?,
                    Encoding::Protobuf => protobuf::bookmark(object)?,
                };
                if self.listing && ends_list {
                    self.listing = false;
                    projector.listing = false;
                    source.set_columns(projector.columns());
                    self.listed = Some(resource_version.clone());
                }
                if !resource_version.is_empty() {
                    *version = resource_version;
                }
                Ok(())
            }
            EventType::Added | EventType::Modified | EventType::Deleted => {
                let before = source.rows().columns_version();
                projector.deleting = kind == EventType::Deleted;
                let read = projector.event(encoding, object, source, now, |draft| source.upsert(draft, now));
                projector.deleting = false;
                read?;
                if !projector.version().is_empty() {
                    projector.version().clone_into(version);
                }
                if !self.listing {
                    projector.settle(source);
                }
                self.reshaped |= !self.listing && before != source.rows().columns_version();
                Ok(())
            }
        }
    }
}
