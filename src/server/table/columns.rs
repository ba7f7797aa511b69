//! The columns of a resource, and the cells of one object.

use super::follow::{AGE, follow, follows, named};
use super::path;
use crate::base::age::{Timestamp, write_age};
use crate::kinds::{self, ClientKind};
use crate::model::cell::Cell;
use crate::model::draft::{Draft, Span};
use crate::server::resource::Resource;
use crate::server::status::Failure;
use serde_json::{Value, json};

fn client(resource: &Resource) -> Option<&'static ClientKind> {
    kinds::find(&resource.group, &resource.version, &resource.plural).filter(|_| resource.custom.is_none())
}

/// A header as the server writes it: kubectl makes it upper case again.
fn title(header: &str) -> String {
    const WHOLE: [&str; 18] = [
        "IP",
        "OS",
        "API",
        "TLS",
        "ID",
        "SignerName",
        "RequestedDuration",
        "ServiceAccounts",
        "ShortNames",
        "AddressType",
        "MinPods",
        "MaxPods",
        "StorageClass",
        "VolumeAttributesClass",
        "VolumeMode",
        "ReclaimPolicy",
        "VolumeBindingMode",
        "AllowVolumeExpansion",
    ];
    let mut out = String::new();
    for (i, word) in header.split(' ').enumerate() {
        if i > 0 {
            out.push(' ');
        }
        for (i, part) in word.split('-').enumerate() {
            if i > 0 {
                out.push('-');
            }
            let lower = part.to_lowercase();
            match part {
                _ if let Some(whole) = WHOLE.iter().find(|it| it.eq_ignore_ascii_case(part)) => out.push_str(whole),
                // "Up-to-date": small words stay small.
                "TO" | "DATE" if i > 0 => out.push_str(&lower),
                _ => {
                    let mut letters = lower.chars();
                    out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                    out.push_str(letters.as_str());
                }
            }
        }
    }
    out
}

/// The column definitions.
pub fn columns(resource: &Resource) -> Value {
    let column = |name: &str, kind: &str, format: &str, description: &str, wide: bool| json!({"name": name, "type": kind, "format": format, "description": description, "priority": u8::from(wide)});
    let name = column("Name", "string", "name", "Name must be unique within a namespace.", false);
    if let Some(client) = client(resource) {
        let of = |it: &crate::model::column::Column| {
            let title = title(&it.name);
            let format = if title == "Name" { "name" } else { "" };
            column(&title, "string", format, &format!("{title} of the {}.", resource.singular), it.wide)
        };
        return client.columns_of(resource.minor).iter().map(of).collect();
    }
    let mut out = vec![name];
    match &resource.custom {
        Some(custom) if custom.columns.is_empty() => {
            out.push(column("Age", "date", "", "When it was created.", false));
        }
        Some(custom) => out.extend(custom.columns.iter().map(|it| {
            let text = |name: &str| it[name].as_str().unwrap_or_default();
            let wide = it["priority"].as_i64().unwrap_or(0) > 0;
            column(text("name"), text("type"), text("format"), text("description"), wide)
        })),
        None => out.extend(follows(resource).iter().map(|it| column(it.0, it.1.type_name(), "", "", false))),
    }
    Value::Array(out)
}

fn now() -> Timestamp {
    u32::try_from(crate::server::moment().as_second()).unwrap_or_default()
}

/// The cells of one object, given as it stands alone.
pub fn cells(resource: &Resource, object: &[u8]) -> Result<Vec<Value>, Failure> {
    if let Some(client) = client(resource) {
        let mut draft = Draft::default();
        draft.minor = resource.minor;
        (client.from_json)(object, &mut draft).map_err(|error| Failure::internal(&error.to_string()))?;
        // The restarts of pods are a text even where they are only a number.
        let numbers = !resource.is("", "pods");
        let value = |cell: &Cell<Span>| match *cell {
            Cell::Number(number) if numbers => number.into(),
            cell => {
                let mut text = String::new();
                cell.write(&mut text, now(), |span| draft.get(span));
                Value::String(text)
            }
        };
        return Ok(draft.cells.iter().map(value).collect());
    }
    let object: Value = serde_json::from_slice(object).map_err(|error| Failure::internal(&error.to_string()))?;
    let mut out = vec![named(resource, &object)];
    match &resource.custom {
        Some(custom) if custom.columns.is_empty() => out.push(cell(&object, AGE.2, "date")),
        Some(custom) => out.extend(custom.columns.iter().map(|it| {
            let text = |name: &str| it[name].as_str().unwrap_or_default();
            if path::find(&object, text("jsonPath")).is_empty() {
                return Value::Null;
            }
            cell(&object, text("jsonPath"), text("type"))
        })),
        None => out.extend(follows(resource).iter().map(|it| follow(&object, it))),
    }
    Ok(out)
}

/// What a path leads to, as a column of a definition shows it: the first of several.
pub(super) fn cell(object: &Value, path: &str, kind: &str) -> Value {
    let found = path::find(object, path);
    let Some(first) = found.first() else {
        return if kind == "date" { "<unknown>".into() } else { Value::Null };
    };
    match kind {
        "date" => {
            let then = first.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
            let Some(then) = then else { return "<invalid>".into() };
            let mut text = String::new();
            write_age(&mut text, u32::try_from(then.as_second()).unwrap_or_default(), now());
            text.into()
        }
        "integer" | "number" | "boolean" => (*first).clone(),
        _ => first.as_str().map_or_else(|| first.to_string(), str::to_owned).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_read_as_the_server_writes_them() {
        for (header, wanted) in [
            ("NAME", "Name"),
            ("UP-TO-DATE", "Up-to-date"),
            ("CLUSTER-IP", "Cluster-IP"),
            ("NOMINATED NODE", "Nominated Node"),
            ("OS-IMAGE", "OS-Image"),
            ("PORT(S)", "Port(s)"),
        ] {
            assert_eq!(title(header), wanted);
        }
    }
}
