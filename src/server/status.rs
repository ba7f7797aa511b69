//! Failures in the API server's words.

use super::fields::apply::Conflict;
use super::fields::managers::{Operation, Writer};
use super::resource::Resource;
use serde_json::{Value, json};

/// A failure, before it is written as a `Status`.
#[derive(Clone, Debug)]
pub struct Failure {
    /// HTTP code.
    pub code: u16,
    reason: &'static str,
    message: String,
    details: Option<Value>,
    /// A continue token with which the client may go on.
    resume: Option<String>,
    /// Another write came in between: the same may work when it is tried again.
    race: bool,
}

impl Failure {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Failure {
        Failure { code, reason, message: message.into(), details: None, resume: None, race: false }
    }

    fn with(mut self, details: Value) -> Failure {
        self.details = Some(details);
        self
    }

    /// A path below a served version that names nothing.
    pub fn no_such_resource() -> Failure {
        Failure::new(404, "NotFound", "the server could not find the requested resource").with(json!({}))
    }

    /// An object that does not exist.
    pub fn not_found(resource: &Resource, name: &str) -> Failure {
        let message = format!("{} \"{name}\" not found", resource.qualified());
        Failure::new(404, "NotFound", message).with(Failure::about(resource, name))
    }

    /// What a failure about an object names: its name, its resource and its group.
    fn about(resource: &Resource, name: &str) -> Value {
        let mut details = json!({"kind": resource.plural});
        if !name.is_empty() {
            details["name"] = name.into();
        }
        if !resource.group.is_empty() {
            details["group"] = resource.group.as_str().into();
        }
        details
    }

    /// A JSON patch that cannot be applied.
    pub fn unprocessable() -> Failure {
        let message = "the server rejected our request due to an error in our request";
        Failure::new(422, "Invalid", message).with(json!({}))
    }

    /// An object of this name exists.
    pub fn already_exists(resource: &Resource, name: &str) -> Failure {
        let message = format!("{} \"{name}\" already exists", resource.qualified());
        Failure::new(409, "AlreadyExists", message).with(Failure::about(resource, name))
    }

    /// Another change came first, or a precondition does not hold.
    pub fn conflict(resource: &Resource, name: &str, why: &str) -> Failure {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", resource.qualified());
        Failure::new(409, "Conflict", message).with(Failure::about(resource, name))
    }

    /// The same about a part of an object.
    pub fn part_conflict(resource: &Resource, part: &str, name: &str, why: &str) -> Failure {
        let plural = format!("{}/{part}", resource.plural);
        let of = Resource { group: resource.group.clone(), plural, ..Resource::default() };
        Failure::conflict(&of, name, why)
    }

    /// A namespace that is going takes nothing new.
    pub fn namespace_going(resource: &Resource, name: &str, namespace: &str) -> Failure {
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        let mut failure = Failure::forbidden(resource, name, &why);
        let message = format!("namespace {namespace} is being terminated");
        let cause = json!({"reason": "NamespaceTerminating", "message": message, "field": "metadata.namespace"});
        failure.details.get_or_insert_with(|| json!({}))["causes"] = json!([cause]);
        failure
    }

    /// A patch of a kind that is not read here.
    pub fn unsupported_patch() -> Failure {
        Failure::new(415, "UnsupportedMediaType", "415: Unsupported Media Type").with(json!({}))
    }

    /// The object was changed since it was read.
    pub fn modified(resource: &Resource, name: &str) -> Failure {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Failure::conflict(resource, name, why)
    }

    /// Another write came between reading and writing.
    pub fn race(resource: &Resource, name: &str) -> Failure {
        Failure { race: true, ..Failure::modified(resource, name) }
    }

    /// Whether the same may work when it is tried again at once.
    pub fn is_race(&self) -> bool {
        self.race
    }

    /// Fields that others own would change.
    pub fn apply_conflict(conflicts: &[Conflict]) -> Failure {
        let manager = |it: &Conflict| {
            let Writer { manager, operation, api_version, subresource } = &it.with;
            if *operation == Operation::Apply {
                return format!("{manager:?}");
            }
            let below =
                if subresource.is_empty() { String::new() } else { format!(" with subresource {subresource:?}") };
            format!("{manager:?}{below} using {api_version}")
        };
        let message = match conflicts {
            [one] => format!("Apply failed with 1 conflict: conflict with {}: {}", manager(one), one.path),
            many => {
                let mut managers: Vec<String> = many.iter().map(manager).collect();
                managers.sort();
                managers.dedup();
                let mut lines = Vec::new();
                for of in managers {
                    lines.push(format!("conflicts with {of}:"));
                    lines.extend(many.iter().filter(|it| manager(it) == of).map(|it| format!("- {}", it.path)));
                }
                format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n"))
            }
        };
        let cause = |it: &Conflict| {
            let message = format!("conflict with {}", manager(it));
            json!({"reason": "FieldManagerConflict", "message": message, "field": it.path})
        };
        let causes: Vec<_> = conflicts.iter().map(cause).collect();
        Failure::new(409, "Conflict", message).with(json!({"causes": causes}))
    }

    /// Values that the object must not have.
    pub fn invalid(resource: &Resource, name: &str, causes: &[Cause]) -> Failure {
        Failure::invalid_kind(&resource.group, &resource.kind, name, causes)
    }

    /// Values that an object of a kind must not have.
    pub fn invalid_kind(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Failure {
        let text = |cause: &Cause| format!("{}: {}", cause.field, cause.message);
        let all = match causes {
            [one] => text(one),
            many => format!("[{}]", many.iter().map(text).collect::<Vec<_>>().join(", ")),
        };
        let mut details = json!({"causes": Cause::all(causes)});
        for (field, value) in [("name", name), ("kind", kind), ("group", group)] {
            if !value.is_empty() {
                details[field] = value.into();
            }
        }
        // As the server joins an empty kind and a group.
        let of = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        Failure::new(422, "Invalid", format!("{of} \"{name}\" is invalid: {all}")).with(details)
    }

    /// A patch whose result cannot be read.
    pub fn patch_failed(patched: &Value, failure: &Failure) -> Failure {
        let why = failure.message.split_once(": ").map_or(failure.message.as_str(), |(_, why)| why);
        let cause = Cause::wrong("patch", &Value::from(patched.to_string()), why);
        Failure::invalid_kind("", "", "", &[cause])
    }

    /// A fault that the server does not explain by a reason.
    pub fn plain(message: impl Into<String>) -> Failure {
        Failure::new(500, "", message)
    }

    /// A precondition of a deletion that does not hold.
    pub fn precondition(resource: &Resource, name: &str, why: &str) -> Failure {
        let mut details = json!({"name": name, "kind": resource.kind});
        if !resource.group.is_empty() {
            details["group"] = resource.group.as_str().into();
        }
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", resource.qualified_kind());
        Failure::new(409, "Conflict", message).with(details)
    }

    /// The user may not do this to a resource that is not served.
    pub fn forbidden_unknown(group: &str, plural: &str, name: &str, why: &str) -> Failure {
        let unknown = Resource { group: group.to_owned(), plural: plural.to_owned(), ..Resource::default() };
        Failure::forbidden(&unknown, name, why)
    }

    /// The user may not do this.
    pub fn forbidden(resource: &Resource, name: &str, why: &str) -> Failure {
        let object = if name.is_empty() { String::new() } else { format!(" \"{name}\"") };
        let message = format!("{}{object} is forbidden: {why}", resource.qualified());
        Failure::new(403, "Forbidden", message).with(Failure::about(resource, name))
    }

    /// A path that the user may not ask for.
    pub fn forbidden_path(user: &str, path: &str, verb: &str) -> Failure {
        let message = format!("forbidden: User {user:?} cannot {verb} path {path:?}");
        Failure::new(403, "Forbidden", message).with(json!({}))
    }

    /// Credentials that are not known.
    pub fn unauthorized() -> Failure {
        Failure::new(401, "Unauthorized", "Unauthorized")
    }

    /// A body of a kind that is not read here.
    pub fn unsupported_media(accepted: &str) -> Failure {
        let message =
            format!("the body of the request was in an unknown format - accepted media types include: {accepted}");
        Failure::new(415, "UnsupportedMediaType", message)
    }

    /// An eviction that a disruption budget does not allow.
    pub fn disruption(budget: &str, needs: i64, has: i64) -> Failure {
        let why = if has > needs {
            format!("The disruption budget {budget} does not allow evicting pods currently")
        } else {
            format!("The disruption budget {budget} needs {needs} healthy pods and has {has} currently")
        };
        let message = "Cannot evict pod as it would violate the pod's disruption budget.";
        Failure::new(429, "TooManyRequests", message)
            .with(json!({"causes": [{"reason": "DisruptionBudget", "message": why}]}))
    }

    /// Any method but those that a path knows.
    pub fn method_not_allowed() -> Failure {
        let message = "the server does not allow this method on the requested resource";
        Failure::new(405, "MethodNotAllowed", message).with(json!({}))
    }

    /// Something that a resource cannot do.
    pub fn method_not_supported(resource: &Resource, what: &str) -> Failure {
        let message = format!("{what} is not supported on resources of kind \"{}\"", resource.qualified());
        Failure::new(405, "MethodNotAllowed", message).with(Failure::about(resource, ""))
    }

    /// A request that cannot be understood.
    pub fn bad_request(message: impl Into<String>) -> Failure {
        Failure::new(400, "BadRequest", message)
    }

    /// An Accept header that names nothing that is served.
    pub fn not_acceptable(message: impl Into<String>) -> Failure {
        Failure::new(406, "NotAcceptable", message)
    }

    /// List options that contradict each other.
    pub fn invalid_options(causes: &[Cause]) -> Failure {
        Failure::invalid_kind("meta.k8s.io", "ListOptions", "", causes)
    }

    /// A version that has left the history.
    pub fn expired(message: impl Into<String>) -> Failure {
        Failure::new(410, "Expired", message)
    }

    /// A continue token whose version has left the history; `resume` goes on at the latest version.
    pub fn continue_expired(resume: String) -> Failure {
        let message = "The provided continue parameter is too old to display a consistent list result. \
            You can start a new list without the continue parameter, or use the continue token in this response to \
            retrieve the remainder of the results. Continuing with the provided token results in an inconsistent \
            list - objects that were created, modified, or deleted between the time the first chunk was returned \
            and now may show up in the list.";
        Failure { resume: Some(resume), ..Failure::expired(message) }
    }

    /// A version that has not happened yet.
    pub fn too_large_version(wanted: u64, current: u64) -> Failure {
        let message = format!("Timeout: Too large resource version: {wanted}, current: {current}");
        Failure::new(504, "Timeout", message).with(json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        }))
    }

    /// A fault of this server.
    pub fn internal(message: &str) -> Failure {
        let text = format!("Internal error occurred: {message}");
        Failure::new(500, "InternalError", text).with(json!({"causes": [{"message": message}]}))
    }

    /// Seconds after which the client may ask again.
    pub fn retry_after(&self) -> Option<u64> {
        self.details.as_ref()?.get("retryAfterSeconds")?.as_u64()
    }

    /// The `Status` object.
    pub fn to_json(&self) -> Value {
        let metadata = match &self.resume {
            Some(token) => json!({"continue": token}),
            None => json!({}),
        };
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": metadata,
            "status": "Failure",
            "message": self.message,
            "code": self.code,
        });
        if !self.reason.is_empty() {
            status["reason"] = self.reason.into();
        }
        if let Some(details) = &self.details {
            status["details"] = details.clone();
        }
        status
    }
}

/// Why one option or field is refused.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The option or field.
    pub field: String,
    /// The kind of mistake.
    pub reason: &'static str,
    /// The mistake with its kind in words.
    pub message: String,
}

impl Cause {
    fn all(causes: &[Cause]) -> Value {
        let one = |cause: &Cause| json!({"reason": cause.reason, "message": cause.message, "field": cause.field});
        causes.iter().map(one).collect()
    }

    /// A field that must be there.
    pub fn required(field: impl Into<String>, why: &str) -> Cause {
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        Cause { field: field.into(), reason: "FieldValueRequired", message: format!("Required value{why}") }
    }

    /// A field with a value that it must not have.
    pub fn wrong(field: impl Into<String>, value: &Value, why: &str) -> Cause {
        let message = format!("Invalid value: {value}: {why}");
        Cause { field: field.into(), reason: "FieldValueInvalid", message }
    }

    /// A field with a value of the wrong type.
    pub fn mistyped(field: impl Into<String>, value: &Value, why: &str) -> Cause {
        Cause { reason: "FieldValueTypeInvalid", ..Cause::wrong(field, value, why) }
    }

    /// An option that must not be given.
    pub fn forbidden(field: impl Into<String>, why: &str) -> Cause {
        Cause { field: field.into(), reason: "FieldValueForbidden", message: format!("Forbidden: {why}") }
    }

    /// An option with a value outside the known ones.
    pub fn unsupported(field: impl Into<String>, value: &str, known: &[&str]) -> Cause {
        let known = known.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ");
        let message = format!("Unsupported value: {value:?}: supported values: {known}");
        Cause { field: field.into(), reason: "FieldValueNotSupported", message }
    }
}
