//! Turns the objects of one kind into drafts, whatever encoding they come in.

use super::defaults::Defaults;
use super::fold::{self, Fold};
use super::relate::sieve::Sieve;
use super::shape::{LEADS, Shape};
use super::wire::table::{EventTable, Layout};
use super::wire::{Encoding, WireError};
use crate::base::age::Timestamp;
use crate::kinds::links::Shell;
use crate::kinds::{self, ClientKind, containers, uses};
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
    shape: Shape,
    sieve: Sieve,
    fold: Fold,
    /// A list is being read: it may bring columns of its own.
    pub listing: bool,
    /// What is read now was deleted.
    pub deleting: bool,
}

/// What a gateway that knows no Tables leaves us with.
const GENERIC: [Column; 2] = [Column::shown("NAME"), Column::shown("AGE")];

impl Projector {
    /// A projector of this kind's objects.
    pub fn new(kind: &Kind) -> Projector {
        let client = kinds::find(&kind.group, &kind.version, &kind.plural);
        let columns = client.map_or_else(|| Arc::from(GENERIC.to_vec()), |client| Arc::from(client.columns.to_vec()));
        Projector {
            client,
            layout: None,
            columns,
            draft: Draft::default(),
            defaults: None,
            shape: Shape::Kind,
            sieve: Sieve::default(),
            fold: Fold::default(),
            listing: true,
            deleting: false,
        }
    }

    /// Takes the minor version of the server that is to be listed: texts and columns follow it. 0 is not
    /// known.
    pub fn set_minor(&mut self, minor: u16, source: &Source) {
        self.draft.minor = minor;
        self.defaults = Defaults::of(&source.kind.group, &source.kind.plural, minor);
        // Rows of another shape have columns of their own.
        if let (Some(client), Shape::Kind) = (self.client, &self.shape) {
            self.columns = Arc::from(client.columns_of(minor).to_vec());
            if source.rows().columns_version() != 0 {
                source.set_columns(self.columns());
            }
        }
    }

    /// The same with other rows, and only what passes the sieve.
    #[must_use]
    pub fn shaped(self, shape: Shape, sieve: Sieve) -> Projector {
        // Events are folded by the columns that are computed here.
        let shape = if matches!(shape, Shape::Events { .. }) && self.client.is_none() { Shape::Kind } else { shape };
        let columns = match &shape {
            Shape::Kind => self.columns,
            Shape::Events { of_one } => fold::columns(*of_one),
            Shape::Containers { several } => Arc::from(containers::columns(*several).to_vec()),
            Shape::Leads(_) => Arc::from(LEADS.to_vec()),
            Shape::Uses(_) => Arc::from(uses::COLUMNS.to_vec()),
        };
        Projector { columns, shape, sieve, ..self }
    }

    /// A list begins: what it does not bring is gone.
    pub fn begin(&mut self) {
        self.fold.clear();
        self.deleting = false;
    }

    /// Another server answers: nothing that the last one said of columns holds.
    pub fn begin_anew(&mut self) {
        self.begin();
        self.layout = None;
        self.defaults = None;
    }

    /// Whether Tables are asked for.
    pub fn is_table(&self) -> bool {
        self.client.is_none() && !self.shape.is_json()
    }

    /// The Accept header of a list.
    pub fn accept_list(&self) -> &'static str {
        if self.shape.is_metadata() {
            "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
        } else if self.shape.is_json() {
            "application/json"
        } else if self.is_table() {
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        } else {
            "application/vnd.kubernetes.protobuf,application/json"
        }
    }

    /// The Accept header of a watch.
    pub fn accept_watch(&self) -> &'static str {
        if self.shape.is_metadata() {
            "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
        } else if self.shape.is_json() {
            "application/json"
        } else if self.is_table() {
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

    /// Hands over the rows of one object of a list, or of one row of a Table.
    pub fn item(
        &mut self,
        encoding: Encoding,
        bytes: &[u8],
        source: &Source,
        now: Timestamp,
        mut each: impl FnMut(&Draft),
    ) -> Result<(), WireError> {
        if source.rows().columns_version() == 0 {
            source.set_columns(self.columns());
        }
        if self.shape.is_json() {
            return self.reshape(encoding, bytes, source, each);
        }
        self.read(encoding, bytes, now)?;
        let passes = self.passes(encoding, bytes)?;
        if let (Shape::Events { .. }, Some(client)) = (&self.shape, self.client) {
            let (fold, draft) = (&mut self.fold, &self.draft);
            fold.take(draft, client.columns_of(draft.minor), self.deleting || !passes, source, each);
        } else {
            self.draft.gone = self.deleting || !passes;
            each(&self.draft);
        }
        Ok(())
    }

    fn passes(&self, encoding: Encoding, bytes: &[u8]) -> Result<bool, WireError> {
        let shell = if self.is_table() && self.layout.is_some() { Shell::Row } else { Shell::Bare };
        Ok(self.sieve.is_open() || self.sieve.passes(&self.draft, encoding, bytes, shell)?)
    }

    /// Rows that are not of the object's own kind.
    fn reshape(
        &mut self,
        encoding: Encoding,
        bytes: &[u8],
        source: &Source,
        mut each: impl FnMut(&Draft),
    ) -> Result<(), WireError> {
        if encoding != Encoding::Json {
            return Err(WireError::Object("protobuf where JSON was asked for".into()));
        }
        generic(bytes, &mut self.draft)?;
        if !self.passes(encoding, bytes)? {
            return Ok(());
        }
        let broken = |error: kinds::DecodeError| WireError::Object(error.to_string());
        let (draft, deleting) = (&mut self.draft, self.deleting);
        match &self.shape {
            Shape::Containers { several } => {
                containers::read(bytes, *several, draft, |draft| {
                    draft.gone = deleting;
                    each(draft);
                })
                .map_err(broken)?;
            }
            Shape::Uses(wanted) => {
                uses::read(bytes, &source.kind.kind, wanted, draft).map_err(broken)?;
                draft.gone |= deleting;
                each(draft);
            }
            Shape::Leads(lookup) => {
                let object = serde_json::from_slice(bytes).map_err(|error| WireError::Object(error.to_string()))?;
                let text = lookup.text(draft.get(draft.namespace), draft.get(draft.name), &object);
                draft.cells.clear();
                draft.cell(text.as_deref().unwrap_or_default());
                draft.gone = deleting || text.is_none();
                each(draft);
            }
            Shape::Kind | Shape::Events { .. } => (),
        }
        Ok(())
    }

    /// Reads an object, or a row of a Table, into the draft.
    fn read(&mut self, encoding: Encoding, bytes: &[u8], now: Timestamp) -> Result<(), WireError> {
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
            defaults.note(draft, self.deleting);
        }
        Ok(())
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

    /// The version of the object that was read last; empty when there was none.
    pub fn version(&self) -> &str {
        self.draft.get(self.draft.version)
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
        self.draft.clear();
        if self.is_table() && encoding == Encoding::Json {
            let table = EventTable::parse(object)?;
            self.learn(&table, source)?;
            if let Some(rows) = table.rows {
                if self.layout.is_none() {
                    return Err(WireError::Object("a table's row before its columns".into()));
                }
                for row in rows {
                    self.item(encoding, row.get().as_bytes(), source, now, &mut each)?;
                }
                return Ok(());
            }
        }
        self.item(encoding, object, source, now, each)
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
