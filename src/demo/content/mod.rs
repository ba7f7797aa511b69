//! The objects of an embedded cluster: a company's, with its usual troubles.

mod apps;
mod deployments;
mod events;
mod nodes;
pub mod pods;
mod workloads;

use super::rng::Rng;
use super::script::Script;
use crate::server::resource::{DEPLOYMENTS, EVENTS, Id, NAMESPACES, NODES, PODS};
use serde_json::{Value, json};

pub use events::Report;
pub use nodes::Node;

/// What makes one cluster differ from another.
#[derive(Clone)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// The server's version.
    pub git_version: &'static str,
    /// The resource version before its first object.
    pub first_version: u64,
    /// How many pods it starts with.
    pub pods: usize,
    /// Nodes of the control plane.
    pub control_nodes: usize,
    /// Other nodes.
    pub worker_nodes: usize,
    /// Begins the names of nodes.
    pub site: &'static str,
    /// `topology.kubernetes.io/region`.
    pub region: &'static str,
    /// Replicas of the stateful set.
    pub stateful: usize,
    /// Namespaces, in order of age.
    pub namespaces: &'static [(&'static str, &'static str)],
}

/// The fleet.
pub static PROFILES: [Profile; 2] = [
    Profile {
        name: "prod-shanghai",
        git_version: "v1.36.3",
        first_version: 48_210_337,
        pods: 140,
        control_nodes: 3,
        worker_nodes: 6,
        site: "sh",
        region: "cn-shanghai",
        stateful: 3,
        namespaces: &[
            ("kube-system", "集群组件"),
            ("default", "默认"),
            ("ingress", "流量入口"),
            ("monitoring", "监控"),
            ("payments", "支付平台"),
            ("orders", "订单中心"),
            ("risk-control", "风险控制"),
            ("recommend", "推荐算法"),
        ],
    },
    Profile {
        name: "staging-frankfurt",
        git_version: "v1.35.4",
        first_version: 7_004_211,
        pods: 60,
        control_nodes: 1,
        worker_nodes: 4,
        site: "fra",
        region: "eu-central-1",
        stateful: 1,
        namespaces: &[
            ("kube-system", "Cluster components"),
            ("default", "Default"),
            ("ingress", "Entry"),
            ("monitoring", "Monitoring"),
            ("payments", "支付平台（预发）"),
            ("orders", "订单中心（预发）"),
            ("risk-control", "风险控制（预发）"),
            ("recommend", "推荐算法（预发）"),
        ],
    },
];

/// A cluster's first objects and what happens to them.
pub struct World {
    /// The objects, oldest kinds first.
    pub objects: Vec<(Id, Value)>,
    /// What happens.
    pub script: Script,
}

/// When the clusters were set up.
pub fn born(now: i64) -> i64 {
    now - 214 * DAY
}

/// Builds a cluster as of the second `now`.
pub fn build(profile: &Profile, seed: u64, now: i64) -> World {
    let mut rng = Rng::new(seed, profile.name);
    let born = born(now);
    let mut objects: Vec<(Id, Value)> = Vec::new();
    for (name, title) in profile.namespaces {
        let created =
            if matches!(*name, "kube-system" | "default") { born } else { born + rng.between(HOUR, 30 * DAY) };
        objects.push((NAMESPACES, nodes::namespace(&mut rng, name, title, created)));
    }
    let nodes = nodes::nodes(profile, &mut rng, now, born);
    objects.extend(nodes.iter().map(|node| (NODES, node.to_json(profile, now))));
    let workloads = workloads::plan(profile, &nodes, &mut rng, now);
    objects.extend(workloads.deployments.iter().map(|it| (DEPLOYMENTS, it.to_json(&workloads.pods, now))));
    objects.extend(workloads.pods.iter().map(|pod| (PODS, pod.to_json(now))));
    let reports = events::reports(&mut rng, &nodes, &workloads, now);
    let crash_report = reports.iter().find(|report| report.reason == "BackOff" && report.kind == "Warning").cloned();
    objects.extend(reports.iter().map(|report| (EVENTS, report.to_json())));
    let script = Script::new(rng, workloads.crashing(), crash_report, workloads.job_template());
    World { objects, script }
}

pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// A moment as the API writes it.
pub fn stamp(second: i64) -> String {
    jiff::Timestamp::from_second(second).unwrap_or_default().to_string()
}

/// Who wrote which part of an object, in short.
pub fn managed(manager: &str, api_version: &str, second: i64, status: bool) -> Value {
    let fields = if status { json!({"f:status": {}}) } else { json!({"f:metadata": {"f:labels": {}}, "f:spec": {}}) };
    let mut entry = json!({
        "manager": manager,
        "operation": "Update",
        "apiVersion": api_version,
        "time": stamp(second),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    });
    if status {
        entry["subresource"] = "status".into();
    }
    entry
}
