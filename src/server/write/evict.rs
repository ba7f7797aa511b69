//! Evicting and binding pods.

use super::{Body, Write, delete, map_of, now};
use crate::server::options::Query;
use crate::server::resource::{Id, NODES};
use crate::server::select::Labels;
use crate::server::status::Failure;
use crate::server::store::{Expected, Record, Store};
use bytes::Bytes;
use serde_json::{Value, json};

/// How often an eviction that others overtake is tried again.
const TRIES: usize = 16;

/// Evicts a pod, if its disruption budget allows.
pub fn evict(write: &Write<'_>, body: &Body) -> Result<(), Failure> {
    let eviction = body.object()?;
    named_alike(write, &eviction, "Eviction")?;
    let mut last = None;
    for _ in 0..TRIES {
        match attempt(write, &eviction) {
            Err(failure) if failure.is_race() => last = Some(failure),
            other => return other,
        }
    }
    Err(last.unwrap_or_else(|| Failure::race(write.resource(), write.name)))
}

fn attempt(write: &Write<'_>, eviction: &Value) -> Result<(), Failure> {
    let resource = write.resource();
    let live = write.store.get(write.place.id, &write.key(write.name));
    let live = live.ok_or_else(|| Failure::not_found(resource, write.name))?;
    let pod = live.value();
    let over = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed" | "Pending"));
    let going = pod["metadata"].get("deletionTimestamp").is_some();
    if !over && !going {
        budgets_allow(write, &live, &pod)?;
    }
    let options = Body {
        media: "application/json".to_owned(),
        bytes: Bytes::from(eviction.get("deleteOptions").unwrap_or(&json!({})).to_string()),
    };
    delete(write, &Query::parse(""), &options).map(drop)
}

/// Takes one disruption from each budget that covers the pod.
fn budgets_allow(write: &Write<'_>, live: &Record, pod: &Value) -> Result<(), Failure> {
    let Some((id, _)) = write.store.registry.find("policy", "v1", "poddisruptionbudgets") else { return Ok(()) };
    let covering = budgets_of(write.store, id, write.namespace, live);
    let ready = pod["status"]["conditions"]
        .as_array()
        .is_some_and(|all| all.iter().any(|it| it["type"] == "Ready" && it["status"] == "True"));
    if covering.len() > 1 {
        let message =
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
        return Err(Failure::internal(message));
    }
    for record in covering {
        let mut budget = record.value();
        let number = |name: &str| budget["status"][name].as_i64().unwrap_or(0);
        let (allowed, needs, has) = (number("disruptionsAllowed"), number("desiredHealthy"), number("currentHealthy"));
        // A pod that is not ready counts for nothing while enough others are, or where it never does.
        let always = budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow";
        if !ready && (always || has >= needs && needs > 0) {
            continue;
        }
        let name = budget["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if allowed <= 0 {
            return Err(Failure::disruption(&name, needs, has));
        }
        budget["status"]["disruptionsAllowed"] = (allowed - 1).into();
        if !write.options.dry_run {
            let put = write.store.put(id, &record.key, Expected::Version(record.version), budget);
            put.map_err(|_| Failure::race(write.resource(), write.name))?;
        }
    }
    Ok(())
}

fn budgets_of(store: &Store, id: Id, namespace: &str, pod: &Record) -> Vec<std::sync::Arc<Record>> {
    let mut all = store.under(id, &format!("{namespace}/"));
    all.retain(|record| {
        Labels::of_selector(&record.value()["spec"]["selector"]).is_some_and(|it| it.matches(&pod.labels))
    });
    all
}

/// What is sent to a pod must name it.
fn named_alike(write: &Write<'_>, sent: &Value, kind: &str) -> Result<(), Failure> {
    if sent["metadata"]["name"] == write.name {
        return Ok(());
    }
    Err(Failure::bad_request(format!("name in URL does not match name in {kind} object")))
}

/// Gives a pod its node.
pub fn bind(write: &Write<'_>, body: &Body) -> Result<(), Failure> {
    let resource = write.resource();
    let binding = body.object()?;
    named_alike(write, &binding, "Binding")?;
    let node = binding["target"]["name"].as_str().unwrap_or_default().to_owned();
    let key = write.key(write.name);
    let live = write.store.get(write.place.id, &key).ok_or_else(|| Failure::not_found(resource, write.name))?;
    let mut pod = live.value();
    if let Some(there) = pod["spec"]["nodeName"].as_str() {
        let why = format!("pod {} is already assigned to node {there:?}", write.name);
        return Err(Failure::part_conflict(resource, "binding", write.name, &why));
    }
    if let Some(on) = write.store.get(NODES, &node) {
        for label in ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"] {
            if let Some(value) = on.labels.get(label) {
                pod["metadata"]["labels"][label] = value.as_str().into();
            }
        }
    }
    map_of(&mut pod["spec"]).insert("nodeName".to_owned(), node.into());
    let scheduled =
        json!({"type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": now()});
    let conditions = map_of(&mut pod["status"]).entry("conditions").or_insert_with(|| json!([]));
    if let Some(all) = conditions.as_array_mut() {
        all.retain(|it| it["type"] != "PodScheduled");
        all.push(scheduled);
    }
    if write.options.dry_run {
        return Ok(());
    }
    let put = write.store.put(write.place.id, &key, Expected::Version(live.version), pod);
    put.map(drop).map_err(|_| Failure::race(resource, write.name))
}
