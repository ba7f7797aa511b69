//! Turns the objects of one kind into drafts, whatever encoding they come in.

use super::defaults::Defaults;
use super::wire::table::{EventTable, Layout};
use super::wire::{Encoding, WireError};
use crate::base::age::Timestamp;
use crate::kinds::{self, ClientKind};
use crate::model::column::Column;
use crate::model::draft::Draft;
use crate::model::kind::Kind;
use crate::model::source::Source;
use serde_json::value::RawValue;
use std::sync::Arc;

/// See the module.
pub struct Projector {
    client: Option<&'static ClientKind>,
    layout: Option<Layout>,
    columns: Arc<[Column]>,
    draft: Draft,
    defaults: Option<Defaults>,
    /// A list is being read: it may bring columns of its own.
    pub listing: bool,
}

/// What a gateway that knows no Tables leaves us with.
const GENERIC: [Column; 2] = [Column::shown("NAME"), Column::shown("AGE")];

impl Projector {
    /// A projector of this kind's objects.
    pub fn new(kind: &Kind) -> Projector {
        let client = kinds::find(&kind.group, &kind.version, &kind.plural);
        let columns = client.map_or_else(|| Arc::from(GENERIC.to_vec()), |client| Arc::from(client.columns.to_vec()));
        Projector { client, layout: None, columns, draft: Draft::default(), defaults: None, listing: true }
    }

    /// Takes the minor version of the server that is to be listed: texts and columns follow it. 0 is not
    /// known.
    pub fn set_minor(&mut self, minor: u16, source: &Source) {
        self.draft.minor = minor;
        self.defaults = Defaults::of(&source.kind.group, &source.kind.plural, minor);
        if let Some(client) = self.client {
            self.columns = Arc::from(client.columns_of(minor).to_vec());
            if source.rows().columns_version() != 0 {
                source.set_columns(self.columns());
            }
        }
    }

    /// Whether Tables are asked for.
    pub fn is_table(&self) -> bool {
        self.client.is_none()
    }

    /// The Accept header of a list.
    pub fn accept_list(&self) -> &'static str {
        if self.is_table() {
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        } else {
            "application/vnd.kubernetes.protobuf,application/json"
        }
    }

    /// The Accept header of a watch.
    pub fn accept_watch(&self) -> &'static str {
        if self.is_table() {
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        } else {
            "application/vnd.kubernetes.protobuf;stream=watch,application/json;stream=watch"
        }
    }

    /// The columns as far as they are known.
    pub fn columns(&self) -> Arc<[Column]> {
        self.columns.clone()
    }

    /// Takes a Table's column definitions.
    pub fn set_layout(&mut self, json: &[u8]) -> Result<Arc<[Column]>, WireError> {
        let layout = Layout::parse(json)?;
        self.columns = layout.columns.clone();
        self.layout = Some(layout);
        Ok(self.columns())
    }

    /// The draft of one object of a list, or of one row of a Table.
    pub fn item(
        &mut self,
        encoding: Encoding,
        bytes: &[u8],
        source: &Source,
        now: Timestamp,
    ) -> Result<&Draft, WireError> {
        if source.rows().columns_version() == 0 {
            source.set_columns(self.columns());
        }
        let draft = &mut self.draft;
        match (self.client, encoding, &self.layout) {
            (Some(client), Encoding::Protobuf, _) => {
                (client.from_protobuf)(bytes, draft).map_err(|error| WireError::Object(error.to_string()))?;
            }
            (Some(client), Encoding::Json, _) => {
                (client.from_json)(bytes, draft).map_err(|error| WireError::Object(error.to_string()))?;
            }
            (None, Encoding::Json, Some(layout)) => layout.read(bytes, draft, now)?,
            (None, Encoding::Json, None) => generic(bytes, draft)?,
            (None, Encoding::Protobuf, _) => {
                return Err(WireError::Object("protobuf where a Table was asked for".into()));
            }
        }
        if let Some(defaults) = &mut self.defaults {
            defaults.note(draft, false);
        }
        Ok(draft)
    }

    /// Notes that the object of the last draft is gone.
    pub fn forget(&mut self) {
        if let Some(defaults) = &mut self.defaults {
            defaults.note(&self.draft, true);
        }
    }

    /// Brings into line what a row shows because of others, when all rows are there.
    pub fn settle(&self, source: &Source) {
        if let Some(defaults) = &self.defaults {
            defaults.settle(source);
        }
    }

    /// Takes the columns that a bookmark brings: the server tells them once a watch, in whatever event
    /// comes first.
    pub fn bookmark(&mut self, encoding: Encoding, object: &[u8], source: &Source) -> Result<(), WireError> {
        if self.is_table() && encoding == Encoding::Json {
            self.learn(&EventTable::parse(object)?, source)?;
        }
        Ok(())
    }

    fn learn(&mut self, table: &EventTable<'_>, source: &Source) -> Result<(), WireError> {
        let columns = table.columns.map(RawValue::get).filter(|json| *json != "null" && *json != "[]");
        let Some(columns) = columns else { return Ok(()) };
        if !self.listing && self.layout.is_some() && self.layout != Some(Layout::parse(columns.as_bytes())?) {
            // Rows of both kinds cannot stand in one table.
            return Err(WireError::Object("the server prints other columns than before".into()));
        }
        source.set_columns(self.set_layout(columns.as_bytes())?);
        Ok(())
    }

    /// Hands the draft of each object of a watch event to `each`.
    pub fn event(
        &mut self,
        encoding: Encoding,
        object: &[u8],
        source: &Source,
        now: Timestamp,
        mut each: impl FnMut(&Draft),
    ) -> Result<(), WireError> {
        if self.is_table() && encoding == Encoding::Json {
            let table = EventTable::parse(object)?;
            self.learn(&table, source)?;
            if let Some(rows) = table.rows {
                if self.layout.is_none() {
                    return Err(WireError::Object("a table's row before its columns".into()));
                }
                for row in rows {
                    each(self.item(encoding, row.get().as_bytes(), source, now)?);
                }
                return Ok(());
            }
        }
        each(self.item(encoding, object, source, now)?);
        Ok(())
    }
}

fn generic(bytes: &[u8], draft: &mut Draft) -> Result<(), WireError> {
    let object: kinds::meta::PartialObject =
        serde_json::from_slice(bytes).map_err(|error| WireError::Object(error.to_string()))?;
    draft.clear();
    kinds::fill_meta(&object.metadata, draft);
    draft.cell_span(draft.name);
    draft.cell_age(draft.created);
    Ok(())
}
