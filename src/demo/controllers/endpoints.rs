//! Endpoints and endpoint slices of services.

use super::Controllers;
use super::object::{self, is_going, is_over, is_ready, text};
use crate::server::resource::PODS;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SERVICE: &str = "kubernetes.io/service-name";

/// Whether a service's selector takes pods with these labels; one without selector takes none.
pub fn covers(selector: &Value, labels: &BTreeMap<String, String>) -> bool {
    let Some(selector) = selector.as_object().filter(|selector| !selector.is_empty()) else { return false };
    selector.iter().all(|(name, value)| labels.get(name).is_some_and(|it| value == it))
}

/// The port of a pod that a service's port leads to.
fn target(port: &Value, pods: &[Value]) -> Option<i64> {
    match &port["targetPort"] {
        Value::Number(number) => number.as_i64(),
        Value::String(name) => pods.iter().find_map(|pod| {
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
        let selector = &service["spec"]["selector"];
        if selector.as_object().is_none_or(serde_json::Map::is_empty) || is_going(&service) {
            return;
        }
        let metadata = &service["metadata"];
        let (namespace, name) = (text(metadata, "namespace").to_owned(), text(metadata, "name").to_owned());
        let records = self.inside.list(PODS, &namespace).into_iter();
        let mut pods: Vec<Value> =
            records.filter(|record| covers(selector, &record.labels)).map(|record| record.value()).collect();
        pods.retain(|pod| !is_over(pod) && !text(&pod["status"], "podIP").is_empty());
        let mut ports = Vec::new();
        for port in service["spec"]["ports"].as_array().into_iter().flatten() {
            let Some(number) = target(port, &pods) else { continue };
            let name = text(port, "name");
            ports.push(json!({"name": name, "port": number, "protocol": port["protocol"]}));
        }
        self.slice(&service, &namespace, &name, &pods, &ports);
        self.old_style(&service, at, &pods, &ports);
    }

    /// The endpoints go with their service; slices go by their owner.
    fn without_service(&mut self, at: &str) {
        if let Some(old) = self.inside.get(self.ids.endpoints, at) {
            let _ = self.inside.delete(self.ids.endpoints, at, text(&old["metadata"], "uid"));
        }
    }

    fn slice(&mut self, service: &Value, namespace: &str, name: &str, pods: &[Value], ports: &[Value]) {
        let endpoints: Vec<Value> = pods
            .iter()
            .map(|pod| {
                let (ready, going) = (is_ready(pod), is_going(pod));
                json!({
                    "addresses": [pod["status"]["podIP"]],
                    "conditions": {"ready": ready && !going, "serving": ready, "terminating": going},
                    "nodeName": pod["spec"]["nodeName"],
                    "targetRef": reference(pod),
                })
            })
            .collect();
        let mut records = self.inside.list(self.ids.slices, namespace).into_iter();
        let old = records.find(|record| record.labels.get(SERVICE).is_some_and(|it| it == name));
        let mut labels = service["metadata"]["labels"].as_object().cloned().unwrap_or_default();
        labels.insert(SERVICE.to_owned(), name.into());
        labels.insert("endpointslice.kubernetes.io/managed-by".to_owned(), "endpointslice-controller.k8s.io".into());
        if service["spec"]["clusterIP"] == "None" {
            labels.insert("service.kubernetes.io/headless".to_owned(), "".into());
        }
        let (endpoints, ports) = (Value::from(endpoints), Value::from(ports.to_vec()));
        match old {
            Some(record) => {
                let mut slice = record.value();
                if slice["endpoints"] != endpoints || slice["ports"] != ports {
                    slice["endpoints"] = endpoints;
                    slice["ports"] = ports;
                    let _ = self.inside.update(self.ids.slices, "", &slice);
                }
            }
            None => {
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
        }
    }

    /// `Endpoints`, as they were before there were slices.
    fn old_style(&mut self, service: &Value, at: &str, pods: &[Value], ports: &[Value]) {
        let address = |pod: &Value| json!({"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": reference(pod)});
        let all = |ready: bool| -> Vec<Value> {
            pods.iter().filter(|pod| !is_going(pod) && is_ready(pod) == ready).map(address).collect()
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

fn reference(pod: &Value) -> Value {
    let metadata = &pod["metadata"];
    json!({"kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]})
}
