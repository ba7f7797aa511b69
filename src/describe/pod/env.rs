//! Environment variables: values as they stand in the spec, references as references.

use crate::describe::context::{Context, Need};
use crate::describe::fields::{Fields, first_of};
use crate::describe::inked::{Inked, none};
use crate::describe::page::Page;
use crate::model::document::Ink;
use serde_json::Value;

/// Variables that come in a whole from config maps and secrets.
pub(super) fn sources(cx: &Context, page: &mut Page, container: &Value) {
    let sources = container.items("envFrom");
    if sources.is_empty() {
        return;
    }
    page.section("Environment Variables from", |page| {
        let mut rows = Vec::new();
        for source in sources {
            let (kind, reference) = match source.at("configMapRef") {
                Value::Null => ("Secret", source.at("secretRef")),
                reference => ("ConfigMap", reference),
            };
            let name = cx.named(page, kind, reference.text("name"), Need::unless_optional(reference));
            let how = match source.text("prefix") {
                "" => kind.to_owned(),
                prefix => format!("{kind} with prefix '{prefix}'"),
            };
            rows.push(vec![name, how.into(), optional(reference)]);
        }
        page.table(&["NAME", "KIND", ""], rows);
    });
}

fn optional(reference: &Value) -> Inked {
    Inked::new(format!("Optional: {}", reference.flag("optional")), Ink::Dim)
}

/// The variables of a container.
pub(super) fn section(cx: &Context, page: &mut Page, container: &Value) {
    let variables = container.items("env");
    if variables.is_empty() {
        page.field("Environment", none());
        return;
    }
    page.section("Environment", |page| {
        for variable in variables.iter().take(500) {
            let name = variable.text("name");
            if variable.has("valueFrom") {
                let value = value_from(cx, page, container, variable.at("valueFrom"));
                page.field(name, value);
            } else {
                page.list(name, variable.text("value").split('\n').map(Inked::from));
            }
        }
        if variables.len() > 500 {
            page.list("…", variables.iter().skip(500).map(|it| it.text("name").into()));
        }
    });
}

fn value_from(cx: &Context, page: &mut Page, container: &Value, from: &Value) -> Inked {
    if from.has("secretKeyRef") {
        return key_of(cx, page, "Secret", "in secret", from.at("secretKeyRef"));
    }
    if from.has("configMapKeyRef") {
        return key_of(cx, page, "ConfigMap", "of config map", from.at("configMapKeyRef"));
    }
    if from.has("fieldRef") {
        let field = from.at("fieldRef");
        let path = field.text("fieldPath");
        let value = Inked::from(field_value(cx, path));
        let gap = if value.is_empty() { "" } else { " " };
        return value.and(format!("{gap}({}:{path})", first_of(field.text("apiVersion"), "v1")), Ink::Dim);
    }
    if from.has("resourceFieldRef") {
        let resource = from.text("resourceFieldRef.resource");
        let value = resource_value(container, resource);
        return Inked::from(value).and(format!(" ({resource})"), Ink::Dim);
    }
    if from.has("fileKeyRef") {
        let file = from.at("fileKeyRef");
        let (key, path, volume) = (file.text("key"), file.text("path"), file.text("volumeName"));
        return Inked::new(format!("<set to the key '{key}' of file '{path}' in volume '{volume}'>"), Ink::Masked);
    }
    none()
}

fn key_of(cx: &Context, page: &mut Page, kind: &str, of: &str, reference: &Value) -> Inked {
    let name = reference.text("name");
    let shown = format!("<set to the key '{}' {of} '{name}'>", reference.text("key"));
    let ink = if kind == "Secret" { Ink::Masked } else { Ink::Text };
    let mut inked = cx.named(page, kind, name, Need::unless_optional(reference));
    // What was said of the name stays behind the sentence.
    match inked.pieces.first_mut() {
        Some(first) => *first = Inked::new(shown, ink).pieces.swap_remove(0),
        None => inked = Inked::new(shown, ink),
    }
    inked.and("  ", Ink::Plain).with(optional(reference))
}

/// What a field of the pod itself comes to; a template has none yet.
fn field_value(cx: &Context, path: &str) -> String {
    if cx.kind.kind != "Pod" {
        return String::new();
    }
    if let Some((map, key)) = path.strip_suffix("']").and_then(|path| path.split_once("['")) {
        return cx.object.at(map).get(key).map(|value| value.scalar("")).unwrap_or_default();
    }
    match path {
        "status.hostIPs" | "status.podIPs" => {
            cx.object.items(path).iter().map(|it| it.text("ip")).collect::<Vec<_>>().join(",")
        }
        path => cx.object.scalar(path),
    }
}

fn resource_value(container: &Value, resource: &str) -> String {
    let Some((side, name)) = resource.split_once('.') else {
        return String::new();
    };
    match container.at("resources").at(side).get(name).map(|value| value.scalar("")) {
        Some(value) if !value.is_empty() => value,
        _ if side == "limits" => "node allocatable".to_owned(),
        _ => "0".to_owned(),
    }
}
