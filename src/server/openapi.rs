//! The `OpenAPI` documents, v3, as far as clients need it: which kinds there are, which fields they have, and that patches
//! take `dryRun` and `fieldValidation`.

use super::handle::{Body, whole};
use super::resource::Resource;
use super::schema::{Form, Shape, Type, type_at};
use super::status::Failure;
use super::store::Store;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Answers what stands below `/openapi/`.
pub fn answer(store: &Store, rest: &str, headers: &HeaderMap) -> Result<Response<Body>, Failure> {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let all: Vec<Arc<Resource>> = store.registry.all().into_iter().map(|(_, resource)| resource).collect();
    let document = match rest.strip_prefix("v3") {
        Some("") => index(&all),
        Some(path) => {
            let path = path.trim_start_matches('/');
            let of: Vec<&Resource> = all.iter().map(Arc::as_ref).filter(|it| place(it) == path).collect();
            if of.is_empty() {
                return Err(Failure::no_such_resource());
            }
            group_version(&of)
        }
        None => return Err(Failure::no_such_resource()),
    };
    if !accepts.contains("json") && !accepts.contains('*') {
        return Err(Failure::not_acceptable("only the following media types are accepted: application/json"));
    }
    let mut response = Response::new(whole(document.to_string().into()));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// `api/v1` or `apis/apps/v1`.
fn place(resource: &Resource) -> String {
    if resource.group.is_empty() {
        format!("api/{}", resource.version)
    } else {
        format!("apis/{}/{}", resource.group, resource.version)
    }
}

fn index(all: &[Arc<Resource>]) -> Value {
    let mut paths = Map::new();
    for resource in all {
        let place = place(resource);
        paths.insert(place.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{place}")}));
    }
    json!({"paths": paths})
}

fn group_version(of: &[&Resource]) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    let mut wanted = BTreeSet::new();
    for resource in of {
        let gvk = json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
        let name = match &resource.custom {
            Some(custom) => {
                let name = format!("{}.{}.{}", reversed(&resource.group), resource.version, resource.kind);
                let mut schema = custom.schema.clone();
                schema["x-kubernetes-group-version-kind"] = json!([gvk]);
                schemas.insert(name.clone(), schema);
                name
            }
            None => {
                match Shape::built_in(&resource.group, &resource.version, &resource.kind).and_then(Shape::of_type) {
                    Some(of) => {
                        wanted.insert(of.name);
                        named(of)
                    }
                    None => continue,
                }
            }
        };
        let scope = if resource.namespaced { "namespaces/{namespace}/" } else { "" };
        let path = format!("/{}/{scope}{}/{{name}}", place(resource), resource.plural);
        let parameter =
            |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
        let answer = json!({"200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}}});
        let operation = |action: &str, parameters: &[&str]| {
            json!({
                "operationId": format!("{action}{}{}", resource.version, resource.kind),
                "parameters": parameters.iter().map(|name| parameter(name)).collect::<Vec<_>>(),
                "responses": answer,
                "x-kubernetes-action": action,
                "x-kubernetes-group-version-kind": gvk,
            })
        };
        let write = ["dryRun", "fieldManager", "fieldValidation", "pretty"];
        paths.insert(path, json!({"get": operation("get", &["pretty"]), "patch": operation("patch", &write), "put": operation("put", &write)}));
    }
    let mut done = BTreeSet::new();
    while let Some(name) = wanted.pop_first() {
        let Some(of) = super::schema::type_named(name).filter(|_| done.insert(name)) else { continue };
        let mut schema = object(of, &mut wanted);
        if let Some(root) = of_resource(of, name) {
            schema["x-kubernetes-group-version-kind"] = json!([root]);
        }
        schemas.insert(named(of), schema);
    }
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "unversioned"},
        "paths": paths,
        "components": {"schemas": schemas},
    })
}

/// What a type is as a kind, where it is one.
fn of_resource(of: &Type, name: &str) -> Option<Value> {
    of.field("apiVersion").and(of.field("kind"))?;
    let mut parts = name.split('.');
    let (group, version, kind) = (parts.next()?, parts.next()?, parts.next()?);
    let found = super::resource::built_in().into_iter().find(|it| {
        it.kind == kind
            && it.version == version
            && (it.group.split('.').next() == Some(group) || (it.group.is_empty() && group == "core"))
    })?;
    Some(json!({"group": found.group, "version": version, "kind": kind}))
}

fn named(of: &Type) -> String {
    format!("io.k8s.api.{}", of.name)
}

fn reversed(group: &str) -> String {
    group.rsplit('.').collect::<Vec<_>>().join(".")
}

fn object(of: &'static Type, wanted: &mut BTreeSet<&'static str>) -> Value {
    let mut properties = Map::new();
    for field in &of.fields {
        properties.insert(field.name.to_owned(), form(&field.form, wanted));
    }
    json!({"type": "object", "properties": properties})
}

fn form(of: &Form, wanted: &mut BTreeSet<&'static str>) -> Value {
    match of {
        Form::Text | Form::Quantity => json!({"type": "string"}),
        Form::Integer => json!({"type": "integer", "format": "int32"}),
        Form::Number => json!({"type": "number", "format": "double"}),
        Form::Boolean => json!({"type": "boolean"}),
        Form::Any => json!({"type": "object"}),
        Form::Map(value) => json!({"type": "object", "additionalProperties": form(value, wanted)}),
        Form::List(item) => json!({"type": "array", "items": form(item, wanted)}),
        Form::Type(at) => match type_at(*at) {
            Some(of) => {
                wanted.insert(of.name);
                json!({"allOf": [{"$ref": format!("#/components/schemas/{}", named(of))}]})
            }
            None => json!({"type": "object"}),
        },
    }
}
