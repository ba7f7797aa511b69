//! Failures in the API server's words.

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
}

impl Failure {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Failure {
        Failure { code, reason, message: message.into(), details: None, resume: None }
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
        let mut details = json!({"name": name, "kind": resource.plural});
        if !resource.group.is_empty() {
            details["group"] = resource.group.into();
        }
        Failure::new(404, "NotFound", message).with(details)
    }

    /// Any method but GET.
    pub fn method_not_allowed() -> Failure {
        let message = "the server does not allow this method on the requested resource";
        Failure::new(405, "MethodNotAllowed", message).with(json!({}))
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
        let text = |cause: &Cause| format!("{}: {}", cause.field, cause.message);
        let all = match causes {
            [one] => text(one),
            many => format!("[{}]", many.iter().map(text).collect::<Vec<_>>().join(", ")),
        };
        let causes: Vec<_> = causes
            .iter()
            .map(|cause| json!({"reason": cause.reason, "message": cause.message, "field": cause.field}))
            .collect();
        let message = format!("ListOptions.meta.k8s.io \"\" is invalid: {all}");
        let details = json!({"group": "meta.k8s.io", "kind": "ListOptions", "causes": causes});
        Failure::new(422, "Invalid", message).with(details)
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
            "reason": self.reason,
            "code": self.code,
        });
        if let Some(details) = &self.details {
            status["details"] = details.clone();
        }
        status
    }
}

/// Why one list option is refused.
pub struct Cause {
    /// The option.
    pub field: &'static str,
    /// The kind of mistake.
    pub reason: &'static str,
    /// The mistake with its kind in words.
    pub message: String,
}

impl Cause {
    /// An option that must not be given.
    pub fn forbidden(field: &'static str, why: &str) -> Cause {
        Cause { field, reason: "FieldValueForbidden", message: format!("Forbidden: {why}") }
    }

    /// An option with a value outside the known ones.
    pub fn unsupported(field: &'static str, value: &str, known: &[&str]) -> Cause {
        let known = known.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ");
        let message = format!("Unsupported value: {value:?}: supported values: {known}");
        Cause { field, reason: "FieldValueNotSupported", message }
    }
}
