//! Config maps and secrets.

use super::apps::{App, Trouble};
use super::maker::Maker;
use super::workloads::Workloads;
use super::{CONFIG_ERRORS, MINUTE, fields_of, managed_as, stamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A text as a secret holds it.
pub fn encoded(text: &str) -> Value {
    STANDARD.encode(text).into()
}

/// Adds the config maps and secrets of applications and of teams.
pub fn add(maker: &mut Maker<'_>, workloads: &Workloads) {
    let born = maker.born;
    for deployment in &workloads.deployments {
        let app = deployment.app;
        config_map(maker, app, deployment.trouble, deployment.created);
        if app.is_ours() {
            let password = maker.rng.hex(24);
            let secret = json!({
                "metadata": {"labels": {"app": app.name}},
                "type": "Opaque",
                "data": {"DB_PASSWORD": encoded(&password), "DB_USER": encoded(&app.name.replace('-', "_"))},
            });
            maker.put(("", "secrets"), app.namespace, &app.secret(), deployment.created, secret);
        }
    }
    for namespace in maker.profile.namespaces().map(|(name, _)| *name) {
        if super::APPS_OURS.contains(&namespace) {
            pull_secret(maker, namespace, born);
        }
    }
    maker.manager = "kube-controller-manager";
    let cluster = json!({"data": {
        "cluster": maker.profile.name, "region": maker.profile.region, "role": maker.profile.role,
        "值班": "https://oncall.example.com/sre",
    }});
    maker.put(("", "configmaps"), "kube-public", "cluster-info", born, cluster);
}

fn pull_secret(maker: &mut Maker<'_>, namespace: &str, created: i64) {
    let robot = format!("robot${namespace}");
    let password = maker.rng.hex(32);
    let auth = STANDARD.encode(format!("{robot}:{password}"));
    let config = json!({"auths": {"harbor.example.com": {"username": robot, "password": password, "auth": auth}}});
    let secret = json!({
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": encoded(&config.to_string())},
    });
    maker.put(("", "secrets"), namespace, "harbor-pull", created, secret);
}

fn config_map(maker: &mut Maker<'_>, app: &App, trouble: Trouble, created: i64) {
    let now = maker.now;
    let broken = trouble == Trouble::Config;
    let topic = if broken { "orders.v3" } else { "orders.v2" };
    let file = format!(
        "# {owner}\nserver:\n  port: 8080\n  timeout: 3s\nlog:\n  level: info\n  format: json\nkafka:\n  \
         brokers: kafka.data-platform:9092\n  topic: {topic}\ndatabase:\n  pool: 32\n  timezone: Asia/Shanghai\n",
        owner = app.owner
    );
    let data = json!({"application.yaml": file, "LOG_LEVEL": "info", "REGION": maker.profile.region});
    let mut map = json!({
        "metadata": {"labels": {"app": app.name, "team": app.team}, "annotations": {"example.com/contact": app.owner}},
        "data": data,
    });
    if broken {
        // Changed by hand ten minutes before the errors began.
        let changed = now - CONFIG_ERRORS - 10 * MINUTE;
        map["metadata"]["annotations"]["example.com/last-change"] =
            format!("{} zhao.min：kafka.topic 由 orders.v2 切换到 orders.v3", stamp(changed)).into();
        let first = fields_of(&json!({"data": data, "metadata": {"labels": map["metadata"]["labels"]}}));
        let edit = json!({
            "f:data": {"f:application.yaml": {}},
            "f:metadata": {"f:annotations": {"f:example.com/last-change": {}}},
        });
        map["metadata"]["managedFields"] = json!([
            managed_as("argocd-controller", "v1", created, &first, false),
            managed_as("kubectl-edit", "v1", changed, &edit, false),
        ]);
    }
    maker.put(("", "configmaps"), app.namespace, &app.config(), created, map);
}
