//! The objects of an embedded cluster: a company's, with its usual troubles.

mod access;
mod apps;
mod config;
mod custom;
mod definitions;
mod deployments;
mod events;
mod extend;
pub mod fleet;
mod growth;
mod helm;
mod maker;
mod network;
mod nodes;
mod owners;
pub mod pki;
mod pods;
mod policy;
mod storage;
mod template;
pub mod workloads;

use super::rng::Rng;
use crate::server::registry::Registry;
use crate::server::resource::{DEPLOYMENTS, EVENTS, Id, NAMESPACES, NODES, PODS, Resource};
use crate::server::store::{Mould, Seeds};
pub use apps::Trouble;
use maker::Maker;
pub use pods::{ADVISOR, USAGE, usage};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};

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
    /// What it is for.
    pub role: &'static str,
    /// Troubles of its applications that it is spared.
    pub spared: &'static [Trouble],
    /// Replicas of the larger stateful sets.
    pub stateful: usize,
    /// The namespaces of the platform and their titles, in order of age.
    pub common: &'static [(&'static str, &'static str)],
    /// Those of the teams, which are younger.
    pub own: &'static [(&'static str, &'static str)],
}

impl Profile {
    /// What goes wrong with an application here.
    pub fn trouble(&self, app: &apps::App) -> Trouble {
        if self.spared.contains(&app.trouble) { Trouble::None } else { app.trouble }
    }

    /// The namespaces and their titles, in order of age.
    pub fn namespaces(&self) -> impl Iterator<Item = &'static (&'static str, &'static str)> + use<> {
        self.common.iter().chain(self.own)
    }

    /// Whether it has a namespace.
    pub fn has(&self, namespace: &str) -> bool {
        self.namespaces().any(|(name, _)| *name == namespace)
    }
}

/// A team and its project.
pub struct Team {
    /// Its namespace.
    pub namespace: &'static str,
    /// Its name, as a label.
    pub name: &'static str,
    /// Its name, for people.
    pub title: &'static str,
    /// Its project.
    pub project: &'static str,
    /// Its members, the lead first.
    pub members: &'static [&'static str],
}

const fn team(
    namespace: &'static str,
    name: &'static str,
    title: &'static str,
    project: &'static str,
    members: &'static [&'static str],
) -> Team {
    Team { namespace, name, title, project, members }
}

/// The company's teams.
pub static TEAMS: [Team; 6] = [
    team("payments", "payments", "支付平台组", "fintech", &["chen.lei", "wang.fang", "anna.weber"]),
    team("orders", "orders", "订单中心", "commerce", &["li.na", "zhao.min"]),
    team("risk-control", "risk", "风控组", "fintech", &["sun.qiang", "jonas.keller"]),
    team("recommend", "algo", "推荐算法组", "commerce", &["liu.yang", "priya.nair"]),
    team("data-platform", "data", "数据平台组", "platform", &["zhou.jie", "mei.tan"]),
    team("ci", "ci", "研发效能组", "platform", &["he.tao"]),
];

/// How long ago the errors of a changed configuration began; it was changed ten minutes before.
pub(super) const CONFIG_ERRORS: i64 = 26 * MINUTE;

/// The millicores that a full quota allows where so many are used: too few for one more pod.
fn quota(used: u64) -> u64 {
    used + 100
}

/// How the keys of pods begin that are killed for their memory.
pub fn hungry() -> impl Iterator<Item = String> {
    let apps = apps::APPS.iter().filter(|app| app.trouble == Trouble::Memory);
    apps.map(|app| format!("{}/{}-", app.namespace, app.name))
}

/// The namespaces that pull the company's own images.
const APPS_OURS: [&str; 8] =
    ["monitoring", "payments", "orders", "risk-control", "recommend", "data-platform", "ci", "default"];

/// The namespaces that every cluster has.
const COMMON_ZH: [(&str, &str); 8] = [
    ("kube-system", "集群组件"),
    ("kube-public", "公开信息"),
    ("kube-node-lease", "节点心跳"),
    ("default", "默认"),
    ("ingress", "流量入口"),
    ("monitoring", "监控"),
    ("cert-manager", "证书管理"),
    ("argocd", "持续交付"),
];

/// The same where English is spoken.
const COMMON_EN: [(&str, &str); 8] = [
    ("kube-system", "Cluster components"),
    ("kube-public", "Public"),
    ("kube-node-lease", "Heartbeats"),
    ("default", "Default"),
    ("ingress", "Entry"),
    ("monitoring", "Monitoring"),
    ("cert-manager", "Certificates"),
    ("argocd", "Delivery"),
];

/// The fleet.
pub static PROFILES: [Profile; 4] = [
    Profile {
        name: "prod-shanghai",
        git_version: "v1.36.3",
        first_version: 48_210_337,
        pods: 140,
        control_nodes: 3,
        worker_nodes: 6,
        site: "sh",
        region: "cn-shanghai",
        role: "production",
        spared: &[],
        stateful: 3,
        common: &COMMON_ZH,
        own: &[
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
        pods: 70,
        control_nodes: 1,
        worker_nodes: 4,
        site: "fra",
        region: "eu-central-1",
        role: "staging",
        spared: &[Trouble::Rollout, Trouble::Crash, Trouble::Config, Trouble::Full],
        stateful: 1,
        common: &COMMON_EN,
        own: &[
            ("payments", "支付平台（预发）"),
            ("orders", "订单中心（预发）"),
            ("risk-control", "风险控制（预发）"),
            ("recommend", "推荐算法（预发）"),
        ],
    },
    Profile {
        name: "dr-beijing",
        git_version: "v1.34.9",
        first_version: 19_880_402,
        pods: 60,
        control_nodes: 3,
        worker_nodes: 4,
        site: "bj",
        region: "cn-beijing",
        role: "disaster recovery",
        spared: &[Trouble::Rollout, Trouble::Config, Trouble::Memory, Trouble::Full],
        stateful: 1,
        common: &COMMON_ZH,
        own: &[("payments", "支付平台（灾备）"), ("orders", "订单中心（灾备）"), ("risk-control", "风险控制（灾备）")],
    },
    Profile {
        name: "data-singapore",
        git_version: "v1.37.1",
        first_version: 3_310_948,
        pods: 60,
        control_nodes: 1,
        worker_nodes: 5,
        site: "sg",
        region: "ap-southeast-1",
        role: "data and CI",
        spared: &[Trouble::Image, Trouble::Evicted],
        stateful: 3,
        common: &COMMON_EN,
        own: &[("recommend", "推荐算法（训练）"), ("data-platform", "数据平台"), ("ci", "研发效能")],
    },
];

/// A cluster's first objects and what happens to them.
pub struct World {
    /// What is served: the built-in kinds, and those that its definitions add.
    pub registry: Registry,
    /// The objects, oldest kinds first.
    pub seeds: Seeds,
    /// What comes in for applications that scale by themselves.
    pub loads: Vec<(String, u64)>,
}

/// When the clusters were set up.
pub fn born(now: i64) -> i64 {
    now - 214 * DAY
}

/// Builds a cluster as of the second `now`.
pub fn build(profile: &Profile, seed: u64, now: i64) -> World {
    let mut rng = Rng::new(seed, profile.name);
    let born = born(now);
    let registry = Registry::of(profile.git_version);
    let kinds = registry.all();
    let mut seeds = Seeds::default();
    let mut add = |id: Id, object: Value| {
        if let Some((_, resource)) = kinds.iter().find(|(of, _)| *of == id) {
            seeds.add(id, resource, object);
        }
    };
    for (name, title) in profile.namespaces() {
        let own = name.starts_with("kube-") || *name == "default";
        let created = if own { born } else { born + rng.between(HOUR, 30 * DAY) };
        add(NAMESPACES, nodes::namespace(&mut rng, name, title, created));
    }
    let nodes = nodes::nodes(profile, &mut rng, now, born);
    for node in &nodes {
        add(NODES, node.to_json(profile, now));
    }
    let workloads = workloads::plan(profile, &nodes, &mut rng, now);
    for it in &workloads.deployments {
        add(DEPLOYMENTS, it.to_json(&workloads.pods, now));
    }
    if let Some((_, resource)) = kinds.iter().find(|(id, _)| *id == PODS) {
        add_pods(&mut seeds, resource, &workloads.pods, now);
    }
    let rest = Rng::new(seed, &format!("{} rest", profile.name));
    let mut maker = Maker {
        profile,
        registry: &registry,
        kinds,
        rng: rest,
        now,
        born,
        manager: "argocd-controller",
        seeds,
        claims: FxHashMap::default(),
        addresses: 0,
    };
    let mut stories = Vec::new();
    definitions::add(&mut maker);
    maker.manager = "kube-controller-manager";
    for deployment in &workloads.deployments {
        for set in deployment.sets_json(&workloads.pods, now) {
            let created = maker_created(&set, born);
            maker.add("apps", "replicasets", created, set);
        }
    }
    for set in &workloads.sets {
        set.add(&mut maker, &workloads.pods);
    }
    owners::jobs(&mut maker, &workloads.jobs, &workloads.pods);
    network::add(&mut maker, &workloads);
    config::add(&mut maker, &workloads);
    helm::add(&mut maker);
    access::add(&mut maker, &workloads);
    storage::add(&mut maker, &workloads, &nodes, &mut stories);
    let loads = policy::add(&mut maker, &workloads, &nodes, &mut stories);
    extend::add(&mut maker, &nodes);
    custom::add(&mut maker, &workloads, &mut stories);
    let mut seeds = maker.seeds;
    if let Some(resource) = registry.get(EVENTS) {
        for report in events::reports(&mut rng, &nodes, &workloads, stories, now) {
            seeds.add(EVENTS, &resource, report.to_json());
        }
    }
    World { registry, seeds, loads }
}

/// Adds pods. Those of one owner that are alike are cast in one mould.
fn add_pods(seeds: &mut Seeds, resource: &Resource, pods: &[pods::Pod], now: i64) {
    let mut last: Option<((&str, bool), Option<Mould>)> = None;
    for pod in pods {
        let Some(kin) = pod.kin(now) else {
            seeds.add(PODS, resource, pod.to_json(now));
            continue;
        };
        let texts = pod.texts(now);
        if last.as_ref().is_none_or(|(of, _)| *of != kin) {
            last = Some((kin, seeds.mould(PODS, resource, pod.to_json(now), &texts)));
        }
        match &last {
            Some((_, Some(mould))) => {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                seeds.push(PODS, mould.cast(&texts));
            }
            _ => seeds.add(PODS, resource, pod.to_json(now)),
        }
    }
}

/// The pods of a cluster, each built by itself.
#[cfg(test)]
pub fn pods_of(profile: &Profile, seed: u64, now: i64) -> Vec<Value> {
    let mut rng = Rng::new(seed, profile.name);
    let born = born(now);
    for (name, title) in profile.namespaces() {
        let own = name.starts_with("kube-") || *name == "default";
        let created = if own { born } else { born + rng.between(HOUR, 30 * DAY) };
        nodes::namespace(&mut rng, name, title, created);
    }
    let nodes = nodes::nodes(profile, &mut rng, now, born);
    workloads::plan(profile, &nodes, &mut rng, now).pods.iter().map(|pod| pod.to_json(now)).collect()
}

fn maker_created(object: &Value, otherwise: i64) -> i64 {
    let stamp = object["metadata"]["creationTimestamp"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    stamp.map_or(otherwise, jiff::Timestamp::as_second)
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
    managed_as(manager, api_version, second, &fields, status)
}

/// Who wrote which fields of an object.
pub fn managed_as(manager: &str, api_version: &str, second: i64, fields: &Value, status: bool) -> Value {
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

/// Every field of a value, as `managedFields` names them.
pub fn fields_of(value: &Value) -> Value {
    let mut fields = Map::new();
    match value {
        Value::Object(all) => {
            fields.extend(all.iter().map(|(key, value)| (format!("f:{key}"), fields_of(value))));
        }
        Value::Array(items) if items.iter().all(|item| item["name"].is_string()) => {
            for item in items {
                let mut inner = fields_of(item);
                inner["."] = json!({});
                fields.insert(format!("k:{{\"name\":{}}}", item["name"]), inner);
            }
        }
        _ => {}
    }
    Value::Object(fields)
}
