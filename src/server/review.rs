//! Reviews: questions about users that are answered and not kept.

use super::rbac::{self, Want};
use super::resource::Resource;
use super::status::{Cause, Failure};
use super::store::Store;
use super::user::User;
use super::write::now;
use serde_json::{Value, json};

/// Answers a review.
pub fn answer(
    store: &Store,
    resource: &Resource,
    namespace: &str,
    user: &User,
    mut review: Value,
) -> Result<Value, Failure> {
    review["apiVersion"] = resource.api_version().into();
    review["kind"] = resource.kind.as_str().into();
    if !review["metadata"].is_object() {
        review["metadata"] = json!({});
    }
    match resource.plural.as_str() {
        "selfsubjectreviews" => {
            review["metadata"]["creationTimestamp"] = now().into();
            review["status"] = json!({"userInfo": user.to_json()});
        }
        "selfsubjectaccessreviews" => {
            attributes(resource, &review["spec"])?;
            let status = access(store, user, &review["spec"]);
            review["status"] = status;
        }
        "subjectaccessreviews" | "localsubjectaccessreviews" => {
            attributes(resource, &review["spec"])?;
            let spec = &review["spec"];
            let groups = spec["groups"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let groups: Vec<&str> = groups.collect();
            let asked = User::new(spec["user"].as_str().unwrap_or_default(), &groups);
            let status = access(store, &asked, spec);
            review["status"] = status;
        }
        "selfsubjectrulesreviews" => {
            let wanted = review["spec"]["namespace"].as_str().unwrap_or(namespace);
            if wanted.is_empty() {
                return Err(Failure::bad_request("no namespace on request"));
            }
            let rules = rbac::rules(store, user, wanted);
            review["spec"] = json!({});
            let (paths, resources): (Vec<_>, Vec<_>) =
                rules.into_iter().partition(|rule| rule.get("nonResourceURLs").is_some());
            review["status"] = json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false});
        }
        _ => return Err(Failure::no_such_resource()),
    }
    Ok(review)
}

/// A review asks of a resource or of a path, and never of both.
fn attributes(resource: &Resource, spec: &Value) -> Result<(), Failure> {
    if spec["resourceAttributes"].is_object() != spec["nonResourceAttributes"].is_object() {
        return Ok(());
    }
    let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    let said = if spec["resourceAttributes"].is_object() { spec.clone() } else { Value::Null };
    Err(Failure::invalid_kind(&resource.group, "", "", &[Cause::wrong("spec", &said, why)]))
}

fn access(store: &Store, user: &User, spec: &Value) -> Value {
    let (of, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let text = |from: &Value, name: &str| from[name].as_str().unwrap_or_default().to_owned();
    let (verb, group, namespace, name) = (text(of, "verb"), text(of, "group"), text(of, "namespace"), text(of, "name"));
    let part = text(of, "subresource");
    let resource = if part.is_empty() { text(of, "resource") } else { format!("{}/{part}", text(of, "resource")) };
    let (path_verb, path) = (text(path, "verb"), text(path, "path"));
    let want = if of.is_object() {
        Want { verb: &verb, group: &group, resource: &resource, namespace: &namespace, name: &name, path: "" }
    } else {
        Want { verb: &path_verb, path: &path, ..Want::default() }
    };
    match rbac::allows(store, user, &want) {
        Some(why) if why.is_empty() => json!({"allowed": true}),
        Some(why) => json!({"allowed": true, "reason": why}),
        None => json!({"allowed": false}),
    }
}
