//! Templates of pods: what their owners say, and what the pods are made of.

use super::apps::{App, Trouble};
use serde_json::{Value, json};
use std::sync::Arc;

/// The image of init containers.
pub const INIT_IMAGE: &str = "harbor.example.com/base/init:1.6";
/// The port on which everything listens.
pub const PORT: u16 = 8080;

/// One container, as the API keeps it.
pub fn container(name: &str, image: &str, cpu: &str, memory: &str, limit: &str) -> Value {
    json!({
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": limit}},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    })
}

/// The rest of a pod's spec around its containers.
pub fn spec(containers: &[Value], account: &str, restart: &str) -> Value {
    json!({
        "containers": containers,
        "restartPolicy": restart,
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": account,
        "serviceAccount": account,
        "schedulerName": "default-scheduler",
        "securityContext": {},
    })
}

/// A template; its annotations tell the release.
pub fn template(labels: &Value, contact: &str, release: u32, spec: &Value) -> Arc<Value> {
    let annotations = json!({
        "example.com/contact": contact,
        "example.com/release": format!("r{release}"),
        "prometheus.io/scrape": "true",
    });
    Arc::new(json!({"metadata": {"labels": labels, "annotations": annotations}, "spec": spec}))
}

/// The labels by which an application's pods are found.
pub fn labels(app: &App) -> Value {
    json!({
        "app": app.name,
        "app.kubernetes.io/name": app.name,
        "app.kubernetes.io/part-of": app.namespace,
        "team": app.team,
    })
}

/// The template of an application's release.
pub fn of_app(app: &App, image: &str, release: u32) -> Arc<Value> {
    let (cpu, memory, limit) = app.needs();
    let mut main = container(app.name, image, cpu, memory, limit);
    main["ports"] = json!([{"name": "http", "containerPort": PORT, "protocol": "TCP"}]);
    main["env"] = json!([
        {"name": "TZ", "value": "Asia/Shanghai"},
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}},
    ]);
    main["envFrom"] = json!([{"configMapRef": {"name": app.config()}}]);
    let probe = |path: &str, delay: u32| {
        json!({
            "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
            "initialDelaySeconds": delay, "periodSeconds": 10, "timeoutSeconds": 2,
            "successThreshold": 1, "failureThreshold": 3,
        })
    };
    main["livenessProbe"] = probe("/healthz", 20);
    main["readinessProbe"] = probe("/readyz", 5);
    main["volumeMounts"] = json!([{"name": "config", "mountPath": "/etc/app", "readOnly": true}]);
    main["securityContext"] =
        json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": true});
    if app.is_ours() {
        let secret = json!({"secretKeyRef": {"name": app.secret(), "key": "DB_PASSWORD"}});
        if let Some(env) = main["env"].as_array_mut() {
            env.push(json!({"name": "DB_PASSWORD", "valueFrom": secret}));
        }
    }
    let mut containers = vec![main];
    containers.extend(app.sidecar.map(|(name, image)| container(name, image, "50m", "64Mi", "256Mi")));
    let mut spec = spec(&containers, app.name, "Always");
    spec["volumes"] = json!([{"name": "config", "configMap": {"name": app.config(), "defaultMode": 420}}]);
    if app.is_ours() {
        spec["imagePullSecrets"] = json!([{"name": "harbor-pull"}]);
        spec["topologySpreadConstraints"] = json!([{
            "maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app": app.name}},
        }]);
    }
    if app.trouble == Trouble::Init {
        let init = ["wait-for-db", "migrate"].map(|name| container(name, INIT_IMAGE, "50m", "64Mi", "128Mi"));
        spec["initContainers"] = json!(init);
    }
    if app.trouble == Trouble::Unschedulable {
        spec["nodeSelector"] = json!({"example.com/pool": "gpu"});
    }
    template(&labels(app), app.owner, release, &spec)
}
