//! Probes and lifecycle hooks, on one line as kubectl writes them.

use crate::describe::fields::{Fields, count, first_of};
use crate::describe::inked::Inked;
use crate::model::document::Ink;
use serde_json::Value;

/// `http-get http://:8080/healthz delay=0s timeout=1s period=10s successThreshold=1 failureThreshold=3`.
pub(super) fn text(probe: &Value) -> Inked {
    let number = |field: &str, default: i64| probe.int(field).unwrap_or(default);
    let times = format!(
        " delay={}s timeout={}s period={}s successThreshold={} failureThreshold={}",
        number("initialDelaySeconds", 0),
        number("timeoutSeconds", 1),
        number("periodSeconds", 10),
        number("successThreshold", 1),
        number("failureThreshold", 3),
    );
    action(probe).and(times, Ink::Dim)
}

/// What is done.
pub(super) fn action(handler: &Value) -> Inked {
    let text = if handler.has("exec") {
        format!("exec [{}]", handler.texts("exec.command").join(" "))
    } else if handler.has("httpGet") {
        format!("http-get {}", url(handler.at("httpGet")))
    } else if handler.has("tcpSocket") {
        format!("tcp-socket {}:{}", handler.text("tcpSocket.host"), handler.scalar("tcpSocket.port"))
    } else if handler.has("grpc") {
        format!("grpc <pod>:{} {}", count(handler, "grpc.port"), handler.text("grpc.service")).trim_end().to_owned()
    } else if handler.has("sleep") {
        format!("sleep {}s", count(handler, "sleep.seconds"))
    } else {
        "unknown".to_owned()
    };
    text.into()
}

fn url(get: &Value) -> String {
    let scheme = first_of(get.text("scheme"), "HTTP").to_lowercase();
    let host = get.text("host");
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let port = get.scalar("port");
    let colon = if port.is_empty() { "" } else { ":" };
    let path = get.text("path");
    let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
    format!("{scheme}://{host}{colon}{port}{slash}{path}")
}
