//! Endpoints and endpoint slices of services.

use super::Controllers;
use super::facts::Facts;
use super::object::{self, is_going, text};
use crate::server::Labels;
use crate::server::store::Record;
use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use std::sync::Arc;

const SERVICE: &str = "kubernetes.io/service-name";

/// How many endpoints a slice holds, and how many of a side `Endpoints` name.
const FULL: usize = 100;
const MOST: usize = 1000;

/// What a service selects; nothing where it says nothing.
pub fn selector(selector: &Value) -> Option<Labels> {
    selector.as_object().filter(|selector| !selector.is_empty())?;
    Labels::of_selector(&json!({"matchLabels": selector}))
}

/// The port of a pod that a service's port leads to.
fn target(port: &Value, pods: &[Arc<Record>]) -> Option<i64> {
    match &port["targetPort"] {
        Value::Number(number) => number.as_i64(),
        // The first that has it tells: mostly the very first.
        Value::String(name) => pods.iter().find_map(|pod| {
            let pod = pod.value();
            let containers = pod["spec"]["containers"].as_array()?;
            let mut ports = containers.iter().filter_map(|it| it["ports"].as_array()).flatten();
            ports.find(|it| it["name"] == name.as_str())?["containerPort"].as_i64()
        }),
        _ => port["port"].as_i64(),
    }
}

impl Controllers {
    pub(super) fn service(&mut self, at: &str) {
        let Some(service) = self.inside.get(self.ids.services, at) else {
            self.without_service(at);
            return;
        };
        let Some(selector) = selector(&service["spec"]["selector"]).filter(|_| !is_going(&service)) else { return };
        let metadata = &service["metadata"];
        let (namespace, name) = (text(metadata, "namespace").to_owned(), text(metadata, "name").to_owned());
        let mut pods = self.pods_with(&namespace, |labels| selector.matches(labels));
        pods.retain(|pod| self.facts.behind(Some(pod)).is_some());
        let mut ports = Vec::new();
        for port in service["spec"]["ports"].as_array().into_iter().flatten() {
            let Some(number) = target(port, &pods) else { continue };
            let name = text(port, "name");
            ports.push(json!({"name": name, "port": number, "protocol": port["protocol"]}));
        }
        let pods: Vec<Behind> = pods.iter().map(|pod| Behind::new(pod, self.facts)).collect();
        self.slices(&service, &namespace, &name, &pods, &ports);
        self.old_style(&service, at, &pods, &ports);
    }

    /// The endpoints go with their service; slices go by their owner.
    fn without_service(&mut self, at: &str) {
        if let Some(old) = self.inside.get(self.ids.endpoints, at) {
            let _ = self.inside.delete(self.ids.endpoints, at, text(&old["metadata"], "uid"));
        }
    }

    /// Each pod stays in the slice in which it stands; those that are new go where there is room.
    fn slices(&mut self, service: &Value, namespace: &str, name: &str, pods: &[Behind<'_>], ports: &[Value]) {
        let is_ours = |record: &Arc<Record>| record.labels.get(SERVICE).is_some_and(|it| it == name);
        let old: Vec<Arc<Record>> = self.inside.list(self.ids.slices, namespace).into_iter().filter(is_ours).collect();
        let mut slices: Vec<Value> = old.iter().map(|record| record.value()).collect();
        let mut parts: Vec<Vec<Value>> = Vec::new();
        let mut left: FxHashMap<&str, &Behind<'_>> = pods.iter().map(|pod| (pod.uid.as_str(), pod)).collect();
        for slice in &slices {
            let stands = slice["endpoints"].as_array().into_iter().flatten();
            let stands = stands.filter_map(|it| left.remove(it["targetRef"]["uid"].as_str()?));
            parts.push(stands.map(Behind::endpoint).collect());
        }
        let mut new = pods.iter().filter(|pod| left.contains_key(pod.uid.as_str())).map(Behind::endpoint).peekable();
        for part in &mut parts {
            part.extend(new.by_ref().take(FULL.saturating_sub(part.len())));
        }
        while new.peek().is_some() || parts.is_empty() {
            parts.push(new.by_ref().take(FULL).collect());
        }
        let ports = Value::from(ports.to_vec());
        let some = parts.iter().any(|part| !part.is_empty());
        for (at, part) in parts.into_iter().enumerate() {
            let spare = part.is_empty() && (some || at > 0);
            let endpoints = Value::from(part);
            let Some(slice) = slices.get_mut(at) else {
                self.new_slice(service, namespace, name, &endpoints, &ports);
                continue;
            };
            // One that nobody stands in goes, unless it is the only one.
            if spare {
                let _ = self.inside.delete(self.ids.slices, &old[at].key, text(&slice["metadata"], "uid"));
                continue;
            }
            if slice["endpoints"] != endpoints || slice["ports"] != ports {
                slice["endpoints"] = endpoints;
                slice["ports"] = ports.clone();
                let _ = self.inside.update(self.ids.slices, "", slice);
            }
        }
    }

    fn new_slice(&mut self, service: &Value, namespace: &str, name: &str, endpoints: &Value, ports: &Value) {
        let mut labels = service["metadata"]["labels"].as_object().cloned().unwrap_or_default();
        labels.insert(SERVICE.to_owned(), name.into());
        labels.insert("endpointslice.kubernetes.io/managed-by".to_owned(), "endpointslice-controller.k8s.io".into());
        if service["spec"]["clusterIP"] == "None" {
            labels.insert("service.kubernetes.io/headless".to_owned(), "".into());
        }
        let slice = json!({
            "metadata": {
                "generateName": format!("{name}-"),
                "namespace": namespace,
                "labels": labels,
                "ownerReferences": [object::owner("v1", "Service", service)],
            },
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": ports,
        });
        let _ = self.inside.create(self.ids.slices, &slice);
    }

    /// `Endpoints`, as they were before there were slices.
    fn old_style(&mut self, service: &Value, at: &str, pods: &[Behind<'_>], ports: &[Value]) {
        let all = |ready: bool| -> Vec<Value> {
            pods.iter().filter(|pod| !pod.going && pod.ready == ready).take(MOST).map(Behind::address).collect()
        };
        let mut subset = json!({});
        for (name, addresses) in [("addresses", all(true)), ("notReadyAddresses", all(false))] {
            if !addresses.is_empty() {
                subset[name] = addresses.into();
            }
        }
        let subsets = if subset == json!({}) {
            Value::Null
        } else {
            let mut ports = ports.to_vec();
            for port in &mut ports {
                if text(port, "name").is_empty() {
                    port.as_object_mut().map(|map| map.remove("name"));
                }
            }
            subset["ports"] = ports.into();
            json!([subset])
        };
        match self.inside.get(self.ids.endpoints, at) {
            Some(mut old) => {
                if old["subsets"] != subsets {
                    old["subsets"] = subsets;
                    let _ = self.inside.update(self.ids.endpoints, "", &old);
                }
            }
            None => {
                let mut labels = service["metadata"]["labels"].as_object().cloned().unwrap_or_default();
                labels.insert("endpoints.kubernetes.io/managed-by".to_owned(), "endpoint-controller".into());
                let metadata = json!({
                    "name": service["metadata"]["name"],
                    "namespace": service["metadata"]["namespace"],
                    "labels": labels,
                });
                let endpoints = json!({"metadata": metadata, "subsets": subsets});
                let _ = self.inside.create(self.ids.endpoints, &endpoints);
            }
        }
    }
}

/// A pod behind a service.
struct Behind<'a> {
    namespace: &'a str,
    name: &'a str,
    uid: String,
    ip: &'a str,
    node: &'a str,
    ready: bool,
    going: bool,
}

impl<'a> Behind<'a> {
    fn new(pod: &'a Record, facts: Facts) -> Behind<'a> {
        Behind {
            namespace: pod.namespace(),
            name: pod.name(),
            uid: pod.uid(),
            ip: facts.address(pod),
            node: facts.node(pod),
            ready: pod.pulse.ready,
            going: pod.pulse.going,
        }
    }

    fn reference(&self) -> Value {
        json!({"kind": "Pod", "namespace": self.namespace, "name": self.name, "uid": self.uid})
    }

    /// As a slice has it.
    fn endpoint(&self) -> Value {
        json!({
            "addresses": [self.ip],
            "conditions": {"ready": self.ready && !self.going, "serving": self.ready, "terminating": self.going},
            "nodeName": self.node,
            "targetRef": self.reference(),
        })
    }

    /// As `Endpoints` have it.
    fn address(&self) -> Value {
        json!({"ip": self.ip, "nodeName": self.node, "targetRef": self.reference()})
    }
}
