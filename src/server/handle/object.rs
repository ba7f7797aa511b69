//! One object and its parts.

use super::answer::{Body, json, of_status, warn};
use super::{Asked, log, metrics};
use crate::server::negotiate::{Endpoint, Form, negotiate};
use crate::server::options::{Options, Query};
use crate::server::resource::Verbs;
use crate::server::status::Failure;
use crate::server::store::{Place, Record};
use crate::server::{table, write};
use http::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

impl Asked<'_> {
    pub(super) fn object(
        &self,
        place: &Place,
        namespace: &str,
        name: &str,
        part: &str,
    ) -> Result<Response<Body>, Failure> {
        let resource = &place.resource;
        if !part.is_empty() && !resource.subresources.contains(&part) {
            return Err(Failure::no_such_resource());
        }
        let verb = match self.method {
            Method::GET => "get",
            Method::POST => "create",
            Method::PUT => "update",
            Method::PATCH => "patch",
            Method::DELETE => "delete",
            _ => return Err(Failure::method_not_allowed()),
        };
        self.may(verb, place, namespace, name, part)?;
        if resource.group == "metrics.k8s.io" {
            return metrics::object(self.server, place, namespace, name);
        }
        if resource.verbs != Verbs::All {
            return Err(Failure::method_not_allowed());
        }
        let options = self.write_options()?;
        let store = &self.server.store;
        let write = write::Write { store, place, namespace, name, part, options: &options };
        let key = if resource.namespaced { format!("{namespace}/{name}") } else { name.to_owned() };
        let live = || -> Result<Arc<Record>, Failure> {
            store.get(place.id, &key).ok_or_else(|| Failure::not_found(resource, name))
        };
        match (self.method.clone(), part) {
            (Method::GET, "log") => {
                let options = log::Options::parse(&self.query, name)?;
                log::answer(self.server, &*live()?, &options)
            }
            (Method::GET, "scale") => Ok(json(write::read_scale(resource, &*live()?).to_string())),
            (Method::GET, "" | "status" | "ephemeralcontainers" | "approval") => self.read(place, &*live()?),
            (Method::PUT, "scale") => Ok(scaled(place, &write::write_scale(&write, &self.body, false)?)),
            (Method::PATCH, "scale") => Ok(scaled(place, &write::write_scale(&write, &self.body, true)?)),
            (Method::POST, "eviction") => {
                write::evict(&write, &self.body)?;
                Ok(done(StatusCode::CREATED, Value::Null))
            }
            (Method::POST, "binding") => {
                write::bind(&write, &self.body)?;
                Ok(done(StatusCode::CREATED, Value::Null))
            }
            (Method::POST, "token") => {
                let mut request = self.body.map()?;
                request["status"] = json!({"token": format!("demo.{}", write::uid()), "expirationTimestamp": write::stamp(write::moment().as_second() + 3600)});
                Ok(of_status(StatusCode::CREATED, request.to_string()))
            }
            (Method::PUT, "finalize") => self.finalize(place, name),
            (Method::PUT, _) => self.written(place, &write::update(&write, &self.body)?),
            (Method::PATCH, _) => self.written(place, &write::patch(&write, &self.body)?),
            (Method::DELETE, "") => match write::delete(&write, &self.query, &self.body)? {
                write::Deleted::Gone(record) if !resource.tells_deleted() => {
                    let uid = record.value()["metadata"]["uid"].clone();
                    let mut details = json!({"name": name, "kind": resource.plural, "uid": uid});
                    if !resource.group.is_empty() {
                        details["group"] = resource.group.as_str().into();
                    }
                    Ok(done(StatusCode::OK, details))
                }
                write::Deleted::Going(record) | write::Deleted::Gone(record) => {
                    let mut out = Vec::new();
                    record.write(resource, record.version, &mut out);
                    out.push(b'\n');
                    Ok(json(out))
                }
            },
            _ => Err(Failure::method_not_allowed()),
        }
    }

    /// Takes the finalizers of a namespace's spec as they are sent.
    fn finalize(&self, place: &Place, name: &str) -> Result<Response<Body>, Failure> {
        let sent = self.body.object()?;
        let record = write::finalize(&self.server.store, place, name, &sent["spec"]["finalizers"])?;
        self.read(place, &record)
    }

    fn read(&self, place: &Place, record: &Record) -> Result<Response<Body>, Failure> {
        let resource = &place.resource;
        let mirrored = place.mirrored(record);
        let record = mirrored.as_ref().unwrap_or(record);
        let form = negotiate(&self.headers, Endpoint::Objects)?;
        let plain = Options::parse(&Query::parse(""), resource)?;
        let include = Options::parse(&self.query, resource).map_or(plain.include, |options| options.include);
        let mut out = Vec::new();
        match form {
            Form::Table(meta) => table::object(resource, record, meta, include, &mut out)?,
            Form::Partial(meta) => record.write_partial(meta, record.version, &mut out),
            Form::PartialList(_) => {
                return Err(Failure::not_acceptable(format!(
                    "you requested PartialObjectMetadataList, but the requested object is not a list ({})",
                    resource.go_type("")
                )));
            }
            Form::Object | Form::Discovery(_) => record.write(resource, record.version, &mut out),
        }
        out.push(b'\n');
        let mut response = json(out);
        super::deprecated(resource, &mut response);
        Ok(response)
    }

    pub(super) fn written(&self, place: &Place, written: &write::Written) -> Result<Response<Body>, Failure> {
        let mut response = self.read(place, &written.object)?;
        if written.created && written.object.version == 0 {
            // Of a dry run: no version was made.
            response = json(unversioned(place, &written.object));
        }
        if written.created {
            *response.status_mut() = StatusCode::CREATED;
        }
        warn(&mut response, &written.warnings);
        Ok(response)
    }
}

fn unversioned(place: &Place, record: &Record) -> String {
    let mut object = record.value();
    object["kind"] = place.resource.kind.as_str().into();
    object["apiVersion"] = place.resource.api_version().into();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("resourceVersion");
    }
    object.to_string()
}

fn scaled(place: &Place, written: &write::Written) -> Response<Body> {
    json(write::read_scale(&place.resource, &written.object).to_string())
}

/// A `Status` that all went well.
fn done(status: StatusCode, details: Value) -> Response<Body> {
    let mut answer = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"});
    if details.is_null() {
        answer["code"] = status.as_u16().into();
    } else {
        answer["details"] = details;
    }
    of_status(status, format!("{answer}\n"))
}
