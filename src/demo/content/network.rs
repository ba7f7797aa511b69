//! Services with what stands behind them, ingresses and network policies.

use super::maker::Maker;
use super::owners::reference;
use super::pods::Pod;
use super::template::PORT;
use super::workloads::Workloads;
use super::{DAY, HOUR, MINUTE, stamp};
use serde_json::{Value, json};

const NET: &str = "networking.k8s.io";

/// Adds everything of the network.
pub fn add(maker: &mut Maker<'_>, workloads: &Workloads) {
    let born = maker.born;
    own_service(maker);
    for deployment in &workloads.deployments {
        let app = deployment.app;
        let kind = if app.name == "ingress-nginx-controller" { "LoadBalancer" } else { "ClusterIP" };
        if app.name != "netshoot" {
            service(maker, workloads, app.namespace, app.name, app.name, kind, deployment.created);
        }
    }
    for set in workloads.sets.iter().filter(|set| set.owner.kind == "StatefulSet") {
        let name = set.owner.name.as_str();
        service(maker, workloads, set.namespace, name, name, "ClusterIP", set.created);
        service(maker, workloads, set.namespace, &format!("{name}-headless"), name, "None", set.created);
    }
    if let Some(namespace) = maker.teams().first().copied() {
        let external = json!({
            "spec": {
                "type": "ExternalName", "externalName": "legacy-erp.example.com", "sessionAffinity": "None",
            },
            "status": {"loadBalancer": {}},
        });
        maker.put(("", "services"), namespace, "legacy-erp", born + 60 * DAY, external);
    }
    let class = json!({
        "metadata": {"annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}},
        "spec": {"controller": "k8s.io/ingress-nginx"},
    });
    maker.put((NET, "ingressclasses"), "", "nginx", born + DAY, class);
    for deployment in &workloads.deployments {
        let app = deployment.app;
        if app.sidecar.is_some() || matches!(app.name, "grafana" | "argocd-server" | "artifact-proxy") {
            ingress(maker, app.namespace, app.name, deployment.created + HOUR);
        }
    }
    for namespace in maker.teams() {
        let deny = json!({"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}});
        maker.put((NET, "networkpolicies"), namespace, "default-deny", born + 35 * DAY, deny);
        let from = |name: &str| json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}});
        let allow = json!({"spec": {
            "podSelector": {}, "policyTypes": ["Ingress"],
            "ingress": [{
                "from": [from("ingress"), from("monitoring"), {"podSelector": {}}],
                "ports": [{"port": PORT, "protocol": "TCP"}],
            }],
        }});
        maker.put((NET, "networkpolicies"), namespace, "allow-platform", born + 35 * DAY, allow);
    }
}

/// The service of the API server itself.
fn own_service(maker: &mut Maker<'_>) {
    let (born, labels) = (maker.born, json!({"component": "apiserver", "provider": "kubernetes"}));
    maker.manager = "kube-apiserver";
    let service = json!({
        "metadata": {"labels": labels},
        "spec": {
            "type": "ClusterIP", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"], "sessionAffinity": "None",
            "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
        },
        "status": {"loadBalancer": {}},
    });
    maker.put(("", "services"), "default", "kubernetes", born, service);
    let nodes = maker.profile.control_nodes;
    let addresses: Vec<String> = (0..nodes).map(super::nodes::address).collect();
    let ports = json!([{"name": "https", "port": 6443, "protocol": "TCP"}]);
    let slice = json!({
        "metadata": {"labels": {"kubernetes.io/service-name": "kubernetes"}},
        "addressType": "IPv4",
        "endpoints": addresses.iter().map(|ip| json!({"addresses": [ip], "conditions": {"ready": true}})).collect::<Vec<_>>(),
        "ports": ports,
    });
    maker.put(("discovery.k8s.io", "endpointslices"), "default", "kubernetes", born, slice);
    let endpoints = json!({
        "subsets": [{"addresses": addresses.iter().map(|ip| json!({"ip": ip})).collect::<Vec<_>>(), "ports": ports}],
    });
    maker.put(("", "endpoints"), "default", "kubernetes", born, endpoints);
}

/// A service over the pods of an application, with its endpoints.
fn service(
    maker: &mut Maker<'_>,
    workloads: &Workloads,
    namespace: &'static str,
    name: &str,
    app: &str,
    kind: &str,
    created: i64,
) {
    let headless = kind == "None";
    maker.addresses += usize::from(!headless);
    let n = maker.addresses;
    let ip = if headless { "None".to_owned() } else { format!("10.96.{}.{}", 1 + n / 250 % 250, 1 + n % 250) };
    let labels = json!({"app": app});
    let mut port =
        json!({"name": "http", "port": if headless { PORT } else { 80 }, "protocol": "TCP", "targetPort": PORT});
    let mut status = json!({"loadBalancer": {}});
    if kind == "LoadBalancer" {
        port["nodePort"] = 31_080.into();
        status = json!({"loadBalancer": {"ingress": [{"ip": "203.0.113.10", "ipMode": "VIP"}]}});
    }
    let mut service = json!({
        "metadata": {"labels": labels},
        "spec": {
            "type": if headless { "ClusterIP" } else { kind },
            "clusterIP": ip, "clusterIPs": [ip], "sessionAffinity": "None", "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
            "ports": [port], "selector": {"app": app},
        },
        "status": status,
    });
    if kind == "LoadBalancer" {
        service["spec"]["externalTrafficPolicy"] = "Cluster".into();
        service["spec"]["allocateLoadBalancerNodePorts"] = true.into();
    }
    maker.manager = "argocd-controller";
    let uid = maker.put(("", "services"), namespace, name, created, service);
    let behind: Vec<&Pod> =
        workloads.of_app(namespace, app).iter().filter(|pod| pod.node.is_some() && pod.is_placed()).collect();
    maker.manager = "kube-controller-manager";
    slices(maker, namespace, name, &uid, &behind, headless, created);
    let target = |pod: &&&Pod| {
        json!({
            "ip": pod.ip, "nodeName": pod.node.as_ref().map(|node| node.name.as_str()),
            "targetRef": {"kind": "Pod", "name": pod.name, "namespace": pod.namespace, "uid": pod.uid},
        })
    };
    // As the real controller: no more than a thousand of them.
    let side = |ready: bool| -> Vec<Value> {
        behind.iter().filter(|pod| pod.is_ready() == ready).take(1000).map(|pod| target(&pod)).collect()
    };
    let mut subset = json!({"ports": [{"name": "http", "port": PORT, "protocol": "TCP"}]});
    for (list, side) in [("addresses", side(true)), ("notReadyAddresses", side(false))] {
        if !side.is_empty() {
            subset[list] = side.into();
        }
    }
    let mut endpoints =
        json!({"metadata": {"labels": {"app": app, "endpoints.kubernetes.io/managed-by": "endpoint-controller"}}});
    if !behind.is_empty() {
        endpoints["subsets"] = json!([subset]);
    }
    maker.put(("", "endpoints"), namespace, name, created, endpoints);
}

/// Endpoints in slices of a hundred.
fn slices(
    maker: &mut Maker<'_>,
    namespace: &str,
    name: &str,
    uid: &str,
    behind: &[&Pod],
    headless: bool,
    created: i64,
) {
    let mut labels = json!({
        "kubernetes.io/service-name": name,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    });
    if headless {
        labels["service.kubernetes.io/headless"] = "".into();
    }
    let none: &[&Pod] = &[];
    let parts = if behind.is_empty() { vec![none] } else { behind.chunks(100).collect() };
    for part in parts {
        let endpoints: Vec<Value> = part
            .iter()
            .map(|pod| {
                let ready = pod.is_ready();
                json!({
                    "addresses": [pod.ip],
                    "conditions": {"ready": ready, "serving": ready, "terminating": false},
                    "nodeName": pod.node.as_ref().map(|node| node.name.as_str()),
                    "zone": pod.node.as_ref().map(|node| format!("{}-{}", maker.profile.region, node.zone)),
                    "targetRef": {"kind": "Pod", "name": pod.name, "namespace": pod.namespace, "uid": pod.uid},
                })
            })
            .collect();
        let slice = json!({
            "metadata": {
                "generateName": format!("{name}-"), "labels": labels,
                "annotations": {"endpoints.kubernetes.io/last-change-trigger-time": stamp(created + MINUTE)},
                "ownerReferences": [reference("v1", "Service", name, uid)],
            },
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": [{"name": "http", "port": PORT, "protocol": "TCP"}],
        });
        let suffix = maker.rng.suffix(5);
        let slice_name = format!("{name}-{suffix}");
        maker.put(("discovery.k8s.io", "endpointslices"), namespace, &slice_name, created, slice);
    }
}

/// What the world outside calls an application.
pub fn host(maker: &Maker<'_>, app: &str) -> String {
    format!("{app}.{}.example.com", maker.profile.site)
}

fn ingress(maker: &mut Maker<'_>, namespace: &str, app: &str, created: i64) {
    let host = host(maker, app);
    let service = json!({"service": {"name": app, "port": {"name": "http"}}});
    let ingress = json!({
        "metadata": {
            "generation": 1, "labels": {"app": app},
            "annotations": {"cert-manager.io/cluster-issuer": super::custom::ISSUER},
        },
        "spec": {
            "ingressClassName": "nginx",
            "tls": [{"hosts": [host], "secretName": format!("{app}-tls")}],
            "rules": [{"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": service}]}}],
        },
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}},
    });
    maker.manager = "argocd-controller";
    maker.put((NET, "ingresses"), namespace, app, created, ingress);
}
