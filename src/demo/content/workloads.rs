//! What runs: deployments and their pods, and pods of sets and jobs.

use super::apps::{APPS, App, Trouble};
use super::deployments::Deployment;
use super::pods::{Owner, Pod, State};
use super::{DAY, HOUR, MINUTE, Node, Profile};
use crate::demo::rng::Rng;

/// All workloads of a cluster.
pub struct Workloads {
    /// Deployments.
    pub deployments: Vec<Deployment>,
    /// All pods.
    pub pods: Vec<Pod>,
}

/// Pods beyond the replicas of deployments: one evicted, one terminating, one of a rollout.
const EXTRAS: usize = 3;
/// Name, exit code and age of jobs that ran.
const JOBS: [(&str, i64, i64); 3] = [
    ("nightly-reconcile-29394240", 0, 9 * HOUR),
    ("nightly-reconcile-29395680", 1, 2 * HOUR + 10 * MINUTE),
    ("coupon-expiry-29395740", 0, 70 * MINUTE),
];
/// Namespace, name, container and image of daemon sets.
const DAEMONS: [(&str, &str, &str, &str); 2] = [
    ("kube-system", "cilium", "cilium-agent", "quay.io/cilium/cilium:v1.18.4"),
    ("monitoring", "node-exporter", "node-exporter", "quay.io/prometheus/node-exporter:v1.10.2"),
];

struct Planner<'a> {
    nodes: &'a [Node],
    rng: &'a mut Rng,
    now: i64,
    pods: Vec<Pod>,
}

/// Plans the workloads of a cluster.
pub fn plan(profile: &Profile, nodes: &[Node], rng: &mut Rng, now: i64) -> Workloads {
    let mut planner = Planner { nodes, rng, now, pods: Vec::new() };
    planner.daemons();
    planner.stateful(profile.stateful);
    planner.jobs();
    let fixed = planner.pods.len() + EXTRAS;
    let counts = replicas(profile.pods.saturating_sub(fixed));
    let mut deployments = Vec::new();
    for (app, count) in APPS.iter().zip(counts) {
        let deployment = planner.deployment(app, count);
        deployments.push(deployment);
    }
    Workloads { deployments, pods: planner.pods }
}

/// Spreads a number of pods over the applications.
fn replicas(total: usize) -> Vec<usize> {
    let mut counts: Vec<usize> = APPS.iter().map(|app| app.replicas).collect();
    let mut left = total.saturating_sub(counts.iter().sum());
    while left > 0 {
        for (count, _) in counts.iter_mut().zip(&APPS).filter(|(_, app)| app.grows && app.team != "sre") {
            if left == 0 {
                break;
            }
            *count += 1;
            left -= 1;
        }
    }
    counts
}

impl Planner<'_> {
    fn place(&mut self, created: i64) -> Option<Node> {
        let settled = created < self.now - HOUR;
        let fit = |node: &&Node| !node.control && (settled || (node.takes_pods() && node.lost.is_none()));
        let fits: Vec<&Node> = self.nodes.iter().filter(fit).collect();
        fits.get(self.rng.below(fits.len())).map(|node| (*node).clone())
    }

    fn push(&mut self, pod: Pod) {
        self.pods.push(pod);
    }

    fn ip(&self, node: Option<&Node>) -> String {
        let host = node.and_then(|node| node.ip.rsplit('.').next()).unwrap_or("0");
        format!("10.244.{host}.{}", 20 + self.pods.len() % 230)
    }

    fn daemons(&mut self) {
        for (namespace, name, container, image) in DAEMONS {
            let owner = Owner { api_version: "apps/v1", kind: "DaemonSet", name: name.to_owned(), uid: self.rng.uid() };
            let hash = self.rng.hex(9);
            let nodes = self.nodes;
            for node in nodes {
                let created = self.now - self.rng.between(12 * DAY, 40 * DAY);
                let pod = Pod {
                    namespace: namespace.to_owned(),
                    name: format!("{name}-{}", self.rng.suffix(5)),
                    uid: self.rng.uid(),
                    owner: owner.clone(),
                    labels: vec![
                        ("app", name.to_owned()),
                        ("controller-revision-hash", hash.clone()),
                        ("pod-template-generation", "4".to_owned()),
                        ("team", "sre".to_owned()),
                    ],
                    contact: "基础架构组 <sre@example.com>",
                    containers: vec![(container.to_owned(), image.to_owned())],
                    ip: node.ip.clone(),
                    node: Some(node.clone()),
                    created,
                    state: State::Running { ready: true, restarts: 0, last: None },
                };
                self.push(pod);
            }
        }
    }

    fn stateful(&mut self, count: usize) {
        let owner =
            Owner { api_version: "apps/v1", kind: "StatefulSet", name: "redis".to_owned(), uid: self.rng.uid() };
        let hash = self.rng.suffix(10);
        for i in 0..count {
            let created = self.now - 61 * DAY + i as i64 * 40;
            let node = self.nodes.iter().filter(|node| node.takes_pods() && node.lost.is_none()).nth(i).cloned();
            let pod = Pod {
                namespace: "payments".to_owned(),
                name: format!("redis-{i}"),
                uid: self.rng.uid(),
                owner: owner.clone(),
                labels: vec![
                    ("app", "redis".to_owned()),
                    ("apps.kubernetes.io/pod-index", i.to_string()),
                    ("controller-revision-hash", format!("redis-{hash}")),
                    ("statefulset.kubernetes.io/pod-name", format!("redis-{i}")),
                    ("team", "payments".to_owned()),
                ],
                contact: "支付平台组 <pay@example.com>",
                containers: vec![
                    ("redis".to_owned(), "docker.io/library/redis:8.4.0".to_owned()),
                    ("exporter".to_owned(), "docker.io/oliver006/redis_exporter:v1.80.1".to_owned()),
                ],
                ip: self.ip(node.as_ref()),
                node,
                created,
                state: State::Running { ready: true, restarts: 0, last: None },
            };
            self.push(pod);
        }
    }

    fn jobs(&mut self) {
        for (name, exit, age) in JOBS {
            let at = self.now - age + 4 * MINUTE;
            let created = self.now - age;
            let namespace = if name.starts_with("coupon") { "orders" } else { "payments" };
            let node = self.place(created);
            let pod = Pod {
                namespace: namespace.to_owned(),
                name: format!("{name}-{}", self.rng.suffix(5)),
                uid: self.rng.uid(),
                owner: Owner { api_version: "batch/v1", kind: "Job", name: name.to_owned(), uid: self.rng.uid() },
                labels: vec![
                    ("batch.kubernetes.io/job-name", name.to_owned()),
                    ("job-name", name.to_owned()),
                    ("team", namespace.to_owned()),
                ],
                contact: "支付平台组 <pay@example.com>",
                containers: vec![("task".to_owned(), "harbor.example.com/pay/batch:1.42.0".to_owned())],
                ip: self.ip(node.as_ref()),
                node,
                created,
                state: if exit == 0 { State::Completed { at } } else { State::Failed { exit, at } },
            };
            self.push(pod);
        }
    }

    fn deployment(&mut self, app: &'static App, count: usize) -> Deployment {
        let created = self.now - self.rng.between(45 * DAY, 200 * DAY);
        let rolled = self.now - self.rng.between(3 * HOUR, 26 * DAY);
        let uid = self.rng.uid();
        let set = |rng: &mut Rng| {
            let hash = rng.suffix(10);
            let name = format!("{}-{hash}", app.name);
            (Owner { api_version: "apps/v1", kind: "ReplicaSet", name, uid: rng.uid() }, hash)
        };
        let (owner, hash) = set(self.rng);
        for i in 0..count {
            let (age, state) = self.fate(app, i, rolled);
            self.replica(app, &owner, &hash, app.image, age, state);
        }
        let mut deployment = Deployment {
            app,
            uid,
            hash: hash.clone(),
            set: owner.name.clone(),
            replicas: count,
            created,
            rolled,
            revision: 7,
        };
        match app.trouble {
            Trouble::Image => {
                let (owner, hash) = set(self.rng);
                let image = "harbor.example.com/algo/feature-store:3.4.0-rc1";
                self.replica(app, &owner, &hash, image, 25 * MINUTE, State::ImagePull);
                (deployment.hash, deployment.set) = (hash, owner.name);
                deployment.rolled = self.now - 25 * MINUTE;
                deployment.revision += 1;
            }
            Trouble::Evicted => {
                let message = "The node was low on resource: ephemeral-storage. Threshold quantity: 53687091200, \
                    available: 49812408Ki. Container log-shipper was using 41823812Ki, request is 0, has larger \
                    consumption of ephemeral-storage. ";
                let state = State::Evicted(message.to_owned());
                self.replica(app, &owner, &hash, app.image, 5 * HOUR + 12 * MINUTE, state);
            }
            Trouble::Terminating => {
                let state = State::Terminating(self.now - 20);
                self.replica(app, &owner, &hash, app.image, 3 * DAY, state);
            }
            _ => {}
        }
        deployment
    }

    /// The age and the state of one replica.
    fn fate(&mut self, app: &App, i: usize, rolled: i64) -> (i64, State) {
        let well = State::Running { ready: true, restarts: 0, last: None };
        let age = self.now - rolled - self.rng.between(0, 150);
        let nodes = self.nodes.len();
        let control = self.nodes.iter().filter(|node| node.control).count();
        match (app.trouble, i) {
            (Trouble::Crash, 0) => {
                (2 * DAY + 3 * HOUR, State::CrashLoop { restarts: 187, last: self.now - 3 * MINUTE })
            }
            (Trouble::Memory, 0) => {
                let last = Some(("OOMKilled", 137, self.now - 3 * MINUTE));
                (age, State::Running { ready: true, restarts: 5, last })
            }
            (Trouble::Memory, 1) => {
                let last = Some(("OOMKilled", 137, self.now - 5 * HOUR));
                (age, State::Running { ready: true, restarts: 2, last })
            }
            (Trouble::Init, 0) => (4 * MINUTE, State::Init),
            (Trouble::Unschedulable, 0 | 1) => {
                let message = format!(
                    "0/{nodes} nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, \
                     {control} node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, {} Insufficient \
                     nvidia.com/gpu. preemption: 0/{nodes} nodes are available: {nodes} Preemption is not helpful for \
                     scheduling.",
                    nodes - control - 2
                );
                (14 * MINUTE + i as i64 * 2, State::Unschedulable(message))
            }
            (_, 1) if app.name == "order-consumer" => {
                let last = Some(("Error", 2, self.now - 6 * DAY));
                (age.max(8 * DAY), State::Running { ready: true, restarts: 1, last })
            }
            _ => (age, well),
        }
    }

    fn replica(&mut self, app: &App, owner: &Owner, hash: &str, image: &str, age: i64, state: State) {
        let created = self.now - age;
        let node = if matches!(state, State::Unschedulable(_)) { None } else { self.place(created) };
        // What is told of a pod that ends or waits is told by a node that is heard of.
        let node = match state {
            State::Running { last: None, .. } => node,
            _ => node.map(|node| match node.lost {
                Some(_) => self.nodes.iter().find(|node| node.takes_pods()).cloned().unwrap_or(node),
                None => node,
            }),
        };
        let mut containers = vec![(app.name.to_owned(), image.to_owned())];
        containers.extend(app.sidecar.map(|(name, image)| (name.to_owned(), image.to_owned())));
        let pod = Pod {
            namespace: app.namespace.to_owned(),
            name: format!("{}-{}", owner.name, self.rng.suffix(5)),
            uid: self.rng.uid(),
            owner: owner.clone(),
            labels: vec![
                ("app", app.name.to_owned()),
                ("pod-template-hash", hash.to_owned()),
                ("team", app.team.to_owned()),
            ],
            contact: app.owner,
            containers,
            ip: self.ip(node.as_ref()),
            node,
            created,
            state,
        };
        self.push(pod);
    }
}

impl Workloads {
    /// The pod that crashes again and again.
    pub fn crashing(&self) -> Option<Pod> {
        self.pods.iter().find(|pod| matches!(pod.state, State::CrashLoop { .. })).cloned()
    }

    /// A pod of a job, as the pattern of those to come.
    pub fn job_template(&self) -> Option<Pod> {
        self.pods.iter().rfind(|pod| pod.owner.kind == "Job" && matches!(pod.state, State::Completed { .. })).cloned()
    }
}
