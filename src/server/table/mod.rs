//! Objects as tables: the columns of kubectl. The cells of kinds that the cockpit prints itself are computed by
//! the same code; others follow paths into the object, as the columns of custom resources do.

mod columns;
mod defaults;
mod follow;
mod path;

use super::list::{Page, meta};
use super::options::Include;
use super::resource::Resource;
use super::status::Failure;
use super::store::Record;
use columns::{cells, columns};
pub use defaults::Defaults;
use serde_json::{Value, json};

fn row(
    resource: &Resource,
    whole: &[u8],
    defaults: &Defaults,
    object: impl FnOnce(&mut Vec<u8>),
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut cells = cells(resource, whole)?;
    defaults.settle(&mut cells);
    let cells = Value::Array(cells);
    out.extend_from_slice(format!("{{\"cells\":{cells},\"object\":").as_bytes());
    object(out);
    out.push(b'}');
    Ok(())
}

/// The row of one object.
pub fn record_row(
    resource: &Resource,
    record: &Record,
    meta: &str,
    include: Include,
    defaults: &Defaults,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut whole = Vec::new();
    record.write(resource, record.version, &mut whole);
    let object = |out: &mut Vec<u8>| match include {
        Include::Object => out.extend_from_slice(&whole),
        Include::Metadata => record.write_partial(meta, record.version, out),
        Include::None => out.extend_from_slice(b"null"),
    };
    row(resource, &whole, defaults, object, out)
}

fn begin(meta_version: &str, metadata: &Value, columns: &Value, out: &mut Vec<u8>) {
    let head = format!(
        "{{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/{meta_version}\",\"metadata\":{metadata},\
         \"columnDefinitions\":{columns},\"rows\":["
    );
    out.extend_from_slice(head.as_bytes());
}

/// What comes before the rows of a page.
pub fn opening(resource: &Resource, page: &Page, meta_version: &str) -> Vec<u8> {
    let mut out = Vec::new();
    begin(meta_version, &meta(page), &columns(resource), &mut out);
    out
}

/// One object as a table.
pub fn object(
    resource: &Resource,
    record: &Record,
    meta: &str,
    include: Include,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    begin(meta, &json!({"resourceVersion": record.version.to_string()}), &columns(resource), out);
    record_row(resource, record, meta, include, &Defaults::of(resource, &[]), out)?;
    out.extend_from_slice(b"]}");
    Ok(())
}

/// The table of one watch event; `object` writes what its row carries. Only the first has columns.
pub fn single(
    resource: &Resource,
    meta: &str,
    version: u64,
    include: Include,
    headers: bool,
    object: impl Fn(Include, &mut Vec<u8>),
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut whole = Vec::new();
    object(Include::Object, &mut whole);
    let columns = if headers { columns(resource) } else { Value::Null };
    begin(meta, &json!({"resourceVersion": version.to_string()}), &columns, out);
    row(resource, &whole, &Defaults::of(resource, &[]), |out| object(include, out), out)?;
    out.extend_from_slice(b"]}");
    Ok(())
}
