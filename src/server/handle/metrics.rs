//! What pods and nodes use: `metrics.k8s.io`, computed when it is asked for.

use super::answer::{Body, json};
use crate::server::negotiate::Form;
use crate::server::options::Options;
use crate::server::status::Failure;
use crate::server::store::{Place, Record};
use crate::server::{Server, write};
use http::Response;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A collection.
pub fn list(
    server: &Server,
    place: &Place,
    namespace: &str,
    options: &Options,
    form: Form,
) -> Result<Response<Body>, Failure> {
    if options.watch {
        return Err(Failure::method_not_supported(&place.resource, "watch"));
    }
    let items = all(server, &place.resource.plural, namespace, |record| options.labels.matches(&record.labels));
    match form {
        Form::Object => {}
        Form::Table(meta) => return Ok(json(table(&items, meta).to_string())),
        _ => return Err(Failure::not_acceptable("only the following media types are accepted: application/json")),
    }
    let kind = format!("{}List", place.resource.kind);
    Ok(json(json!({"kind": kind, "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items}).to_string()))
}

/// As metrics-server prints it: what is used, of a pod the sum of its containers.
fn table(items: &[Value], meta: &str) -> Value {
    let row = |item: &Value| {
        let own = item.get("usage").into_iter();
        let parts = item["containers"].as_array().into_iter().flatten().map(|it| &it["usage"]);
        let all: Vec<&Value> = own.chain(parts).collect();
        let sum = |name: &str, unit: &str| {
            let number = |it: &&Value| it[name].as_str()?.strip_suffix(unit)?.parse::<u64>().ok();
            format!("{}{unit}", all.iter().filter_map(number).sum::<u64>())
        };
        json!({"cells": [item["metadata"]["name"], sum("cpu", "m"), sum("memory", "Ki"), item["window"]],
            "object": {"kind": "PartialObjectMetadata", "apiVersion": format!("meta.k8s.io/{meta}"),
                "metadata": item["metadata"]}})
    };
    let column = |name: &str, format: &str, description: &str| json!({"name": name, "type": "string", "format": format, "description": description, "priority": 0});
    json!({
        "kind": "Table",
        "apiVersion": format!("meta.k8s.io/{meta}"),
        "metadata": {},
        "columnDefinitions": [
            column("Name", "name", "Name of the resource"),
            column("cpu", "quantity", ""),
            column("memory", "quantity", ""),
            column("Window", "duration", ""),
        ],
        "rows": items.iter().map(row).collect::<Vec<_>>(),
    })
}

/// One object.
pub fn object(server: &Server, place: &Place, namespace: &str, name: &str) -> Result<Response<Body>, Failure> {
    let is = |item: &Value| item["metadata"]["name"] == name;
    let found = all(server, &place.resource.plural, namespace, |_| true).into_iter().find(is);
    Ok(json(found.ok_or_else(|| Failure::not_found(&place.resource, name))?.to_string()))
}

fn records(server: &Server, plural: &str, prefix: &str) -> Vec<Arc<Record>> {
    let found = server.store.registry.find("", "v1", plural);
    found.map(|(id, _)| server.store.under(id, prefix)).unwrap_or_default()
}

fn all(server: &Server, plural: &str, namespace: &str, takes: impl Fn(&Record) -> bool) -> Vec<Value> {
    let now = crate::server::moment().as_second();
    let prefix = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
    let head = |object: &Value| {
        let mut metadata = json!({"name": object["metadata"]["name"], "creationTimestamp": write::stamp(now)});
        for name in ["namespace", "labels"] {
            if let Some(value) = object["metadata"].get(name) {
                metadata[name] = value.clone();
            }
        }
        metadata
    };
    let amounts = |cpu: u64, memory: u64| json!({"cpu": format!("{cpu}m"), "memory": format!("{}Ki", memory >> 10)});
    // What is not heard of has no metrics.
    let heard: BTreeSet<String> =
        records(server, "nodes", "").iter().filter(|node| node.pulse.ready).map(|node| node.key.to_string()).collect();
    let running = |pod: &Value| {
        let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
        pod["status"]["phase"] == "Running" && heard.contains(node)
    };
    if plural == "pods" {
        let pods = records(server, "pods", &prefix).into_iter().filter(|record| takes(record));
        let pods = pods.map(|record| record.value()).filter(running);
        return pods
            .map(|pod| {
                let of = |(name, cpu, memory): (String, u64, u64)| json!({"name": name, "usage": amounts(cpu, memory)});
                let containers: Vec<Value> = server.kubelet.usage(&pod, now).into_iter().map(of).collect();
                json!({"metadata": head(&pod), "timestamp": write::stamp(now), "window": "15s", "containers": containers})
            })
            .collect();
    }
    let mut used: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for pod in records(server, "pods", "").into_iter().map(|record| record.value()).filter(running) {
        let sum = used.entry(pod["spec"]["nodeName"].as_str().unwrap_or_default().to_owned()).or_default();
        for (_, cpu, memory) in server.kubelet.usage(&pod, now) {
            *sum = (sum.0 + cpu, sum.1 + memory);
        }
    }
    let nodes = records(server, "nodes", "").into_iter().filter(|record| record.pulse.ready && takes(record));
    let nodes = nodes.map(|record| record.value());
    nodes
        .map(|node| {
            let name = node["metadata"]["name"].as_str().unwrap_or_default();
            // The machine itself needs something, too.
            let (cpu, memory) = used.get(name).copied().unwrap_or_default();
            let usage = amounts(cpu + 85, memory + (700 << 20));
            json!({"metadata": head(&node), "timestamp": write::stamp(now), "window": "20s", "usage": usage})
        })
        .collect()
}
