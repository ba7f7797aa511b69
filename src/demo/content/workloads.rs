//! What runs: deployments and their pods, and pods of sets and jobs.

use super::apps::{APPS, App, Trouble};
use super::deployments::{Deployment, ReplicaSet};
use super::owners::{Job, Set};
use super::pods::{Owner, Pod, State};
use super::template::{self, container};
use super::{DAY, HOUR, MINUTE, Node, Profile, TEAMS, Team, growth};
use crate::demo::rng::Rng;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};
use std::ops::Range;
use std::sync::Arc;

/// All workloads of a cluster.
pub struct Workloads {
    /// Deployments.
    pub deployments: Vec<Deployment>,
    /// Stateful sets and daemon sets.
    pub sets: Vec<Set>,
    /// Jobs.
    pub jobs: Vec<Job>,
    /// All pods, those of one owner side by side.
    pub pods: Vec<Pod>,
    /// Where the pods of an application or a set are, by namespace and name.
    places: FxHashMap<(&'static str, String), Range<usize>>,
}

/// Namespace, cron job, seconds between two runs, when in the day the first is due in UTC, and the exit codes of its
/// last runs, the latest first.
const JOBS: [(&str, &str, i64, i64, &[i64]); 3] = [
    ("payments", "nightly-reconcile", DAY, 18 * HOUR, &[1, 0]),
    ("orders", "coupon-expiry", 30 * MINUTE, 0, &[0]),
    ("data-platform", "warehouse-import", HOUR, 15 * MINUTE, &[1, 0, 0]),
];
/// How many pods a node takes.
pub const ROOM: usize = 110;
/// How long a job runs.
const RUNS: i64 = 4 * MINUTE;
/// Namespace, name, container and image of daemon sets.
const DAEMONS: [(&str, &str, &str, &str); 2] = [
    ("kube-system", "cilium", "cilium-agent", "quay.io/cilium/cilium:v1.18.4"),
    ("monitoring", "node-exporter", "node-exporter", "quay.io/prometheus/node-exporter:v1.10.2"),
];
const SRE_CONTACT: &str = "基础架构组 <sre@example.com>";

struct Planner<'a> {
    profile: &'a Profile,
    nodes: &'a [Arc<Node>],
    /// How many pods there are on each.
    load: Vec<usize>,
    /// Places in `nodes` that run pods at all, and that take new ones.
    settled: Vec<usize>,
    open: Vec<usize>,
    rng: &'a mut Rng,
    now: i64,
    pods: Vec<Pod>,
    names: FxHashSet<String>,
    sets: Vec<Set>,
    jobs: Vec<Job>,
}

/// Plans the workloads of a cluster.
pub fn plan(profile: &Profile, nodes: &[Arc<Node>], rng: &mut Rng, now: i64) -> Workloads {
    let places = |fit: &dyn Fn(&Node) -> bool| -> Vec<usize> {
        nodes.iter().enumerate().filter(|(_, node)| fit(node)).map(|(at, _)| at).collect()
    };
    let settled = places(&|node| !node.control);
    let open = places(&|node| node.takes_pods() && node.lost.is_none());
    let (pods, sets, jobs) = (Vec::new(), Vec::new(), Vec::new());
    let load = vec![0; nodes.len()];
    let mut planner =
        Planner { profile, nodes, load, settled, open, rng, now, pods, names: FxHashSet::default(), sets, jobs };
    planner.daemons();
    planner.stateful();
    planner.run_jobs();
    let apps: Vec<&'static App> = APPS.iter().filter(|app| profile.has(app.namespace)).collect();
    let fixed = planner.pods.len() + odd(profile, &apps);
    let least: usize = apps.iter().map(|app| app.replicas).sum();
    let beyond = profile.pods.saturating_sub(fixed + least);
    let mut own = growth::own_share(beyond);
    if !apps.iter().any(|app| may_grow(app)) {
        own = 0;
    }
    let counts = replicas(&apps, least + own);
    let mut deployments = Vec::new();
    for (app, count) in apps.into_iter().zip(counts) {
        deployments.push(planner.deployment(app, count, false));
    }
    let teams: Vec<&'static Team> = TEAMS.iter().filter(|team| profile.has(team.namespace)).collect();
    for (app, count) in growth::spread(&teams, beyond - own) {
        deployments.push(planner.deployment(app, count, true));
    }
    let used_by = asked(&planner.pods);
    for deployment in deployments.iter_mut().filter(|it| it.trouble == Trouble::Quota) {
        let app = deployment.app;
        let used = used_by.get(app.namespace).map_or(0, |used| used.0);
        let pod = format!("{}-{}", deployment.current().map_or("", |set| &set.owner.name), planner.rng.suffix(5));
        deployment.refused = Some(format!(
            "pods {pod:?} is forbidden: exceeded quota: {}-quota, requested: requests.cpu={}, used: \
             requests.cpu={used}m, limited: requests.cpu={}m",
            app.namespace,
            app.needs().0,
            super::quota(used)
        ));
    }
    let of_deployments = deployments.iter().map(|it| ((it.app.namespace, it.app.name.to_owned()), it.range.clone()));
    let of_sets = planner.sets.iter().map(|it| ((it.namespace, it.owner.name.clone()), it.range.clone()));
    let places = of_deployments.chain(of_sets).collect();
    Workloads { deployments, sets: planner.sets, jobs: planner.jobs, pods: planner.pods, places }
}

/// Pods that troubles add to those of the applications.
fn odd(profile: &Profile, apps: &[&App]) -> usize {
    let adds = |app: &&&App| {
        matches!(profile.trouble(app), Trouble::Image | Trouble::Rollout | Trouble::Evicted | Trouble::Terminating)
    };
    apps.iter().filter(adds).count()
}

/// The fewest pods that a cluster has.
pub fn least(profile: &Profile) -> usize {
    let apps: Vec<&App> = APPS.iter().filter(|app| profile.has(app.namespace)).collect();
    let daemons = DAEMONS.len() * (profile.control_nodes + profile.worker_nodes);
    let sets = [("payments", profile.stateful + 1), ("data-platform", profile.stateful)];
    let sets = sets.into_iter().filter(|(namespace, _)| profile.has(namespace)).map(|(_, count)| count);
    let jobs = JOBS.iter().filter(|(namespace, ..)| profile.has(namespace)).map(|(.., exits)| exits.len());
    let replicas = apps.iter().map(|app| app.replicas);
    daemons + odd(profile, &apps) + sets.chain(jobs).chain(replicas).sum::<usize>()
}

/// The most pods that a cluster has room for.
pub fn most(profile: &Profile) -> usize {
    profile.worker_nodes * ROOM + profile.control_nodes * DAEMONS.len()
}

/// What the pods of each namespace ask for together: millicores, MiB, and how many they are.
pub fn asked(pods: &[Pod]) -> FxHashMap<&str, (u64, u64, usize)> {
    let number = |text: &str| text.trim_end_matches(char::is_alphabetic).parse::<u64>().unwrap_or(0);
    let of = |template: &Value| {
        let (mut cpu, mut memory) = (0, 0);
        for container in template["spec"]["containers"].as_array().into_iter().flatten() {
            let requests = &container["resources"]["requests"];
            let (cores, bytes) = (requests["cpu"].as_str().unwrap_or("0"), requests["memory"].as_str().unwrap_or("0"));
            cpu += number(cores) * if cores.ends_with('m') { 1 } else { 1000 };
            memory += number(bytes) * if bytes.ends_with("Gi") { 1024 } else { 1 };
        }
        (cpu, memory)
    };
    let mut all: FxHashMap<&str, (u64, u64, usize)> = FxHashMap::default();
    let mut last: Option<(&Arc<Value>, (u64, u64))> = None;
    for pod in pods.iter().filter(|pod| pod.counts()) {
        let (cpu, memory) = match last {
            Some((template, known)) if Arc::ptr_eq(template, &pod.template) => known,
            _ => of(&pod.template),
        };
        last = Some((&pod.template, (cpu, memory)));
        let sum = all.entry(&pod.namespace).or_default();
        *sum = (sum.0 + cpu, sum.1 + memory, sum.2 + 1);
    }
    all
}

fn may_grow(app: &App) -> bool {
    app.grows && app.team != "sre"
}

/// Spreads a number of pods over the applications.
fn replicas(apps: &[&App], total: usize) -> Vec<usize> {
    let mut counts: Vec<usize> = apps.iter().map(|app| app.replicas).collect();
    let mut left = total.saturating_sub(counts.iter().sum());
    while left > 0 && apps.iter().any(|app| may_grow(app)) {
        for (count, _) in counts.iter_mut().zip(apps).filter(|(_, app)| may_grow(app)) {
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
    /// Where a pod goes that was created then: anywhere that has room.
    fn place(&mut self, created: i64) -> Option<usize> {
        let fits = if created < self.now - HOUR { &self.settled } else { &self.open };
        let first = self.rng.below(fits.len());
        let all = fits.iter().skip(first).chain(fits.iter().take(first)).chain(&self.settled);
        all.copied().find(|at| self.load[*at] < ROOM).or_else(|| fits.get(first).copied())
    }

    /// Puts a pod on a node: the node, and the pod's address.
    fn settle(&mut self, at: Option<usize>) -> (Option<Arc<Node>>, String) {
        let Some((at, node)) = at.and_then(|at| Some((at, self.nodes.get(at)?))) else { return (None, String::new()) };
        self.load[at] += 1;
        (Some(node.clone()), node.pod_address(self.load[at]))
    }

    fn push(&mut self, pod: Pod) {
        self.pods.push(pod);
    }

    fn daemons(&mut self) {
        for (namespace, name, inside, image) in DAEMONS {
            let owner = Owner { api_version: "apps/v1", kind: "DaemonSet", name: name.to_owned(), uid: self.rng.uid() };
            let owner = Arc::new(owner);
            let first = self.pods.len();
            let hash = self.rng.hex(9);
            let mut main = container(inside, image, "100m", "128Mi", "512Mi");
            main["ports"] = json!([{"name": "metrics", "containerPort": 9100, "hostPort": 9100, "protocol": "TCP"}]);
            let mut spec = template::spec(&[main], name, "Always");
            spec["hostNetwork"] = true.into();
            spec["tolerations"] = json!([{"operator": "Exists"}]);
            let labels = json!({"app": name, "team": "sre"});
            let set = Set {
                owner: owner.clone(),
                namespace,
                revision: hash.clone(),
                claim: None,
                created: self.now - 200 * DAY,
                template: template::template(&labels, SRE_CONTACT, 4, &spec),
                range: first..first + self.nodes.len(),
            };
            let labels = Arc::new(vec![
                ("app", name.to_owned()),
                ("controller-revision-hash", set.label()),
                ("pod-template-generation", "4".to_owned()),
                ("team", "sre".to_owned()),
            ]);
            let containers = Arc::new(vec![(inside.to_owned(), image.to_owned())]);
            let nodes = self.nodes;
            for (at, node) in nodes.iter().enumerate() {
                self.load[at] += 1;
                let created = self.now - self.rng.between(12 * DAY, 40 * DAY);
                let pod = Pod {
                    namespace: namespace.to_owned(),
                    name: format!("{name}-{}", self.rng.suffix(5)),
                    uid: self.rng.uid(),
                    owner: owner.clone(),
                    labels: labels.clone(),
                    template: set.template.clone(),
                    containers: containers.clone(),
                    ip: node.ip.clone(),
                    node: Some(node.clone()),
                    created,
                    state: State::Running { ready: true, restarts: 0, last: None },
                };
                self.push(pod);
            }
            self.sets.push(set);
        }
    }

    fn stateful(&mut self) {
        let redis: &[(&str, &str)] =
            &[("redis", "docker.io/library/redis:8.4.0"), ("exporter", "docker.io/oliver006/redis_exporter:v1.80.1")];
        let ledger: &[(&str, &str)] = &[("postgres", "docker.io/library/postgres:18.1")];
        let kafka: &[(&str, &str)] = &[("kafka", "docker.io/apache/kafka:4.1.1")];
        let pay = ("payments", "支付平台组 <pay@example.com>");
        let data = ("data", "数据平台组 <data@example.com>");
        for (namespace, name, inside, size, team, count) in [
            ("payments", "redis", redis, "20Gi", pay, self.profile.stateful),
            ("payments", "ledger-db", ledger, "100Gi", pay, 1),
            ("data-platform", "kafka", kafka, "500Gi", data, self.profile.stateful),
        ] {
            if self.profile.has(namespace) {
                self.one_stateful(namespace, name, inside, size, team, count);
            }
        }
    }

    fn one_stateful(
        &mut self,
        namespace: &'static str,
        name: &str,
        inside: &[(&str, &str)],
        size: &'static str,
        team: (&str, &str),
        count: usize,
    ) {
        let owner = Owner { api_version: "apps/v1", kind: "StatefulSet", name: name.to_owned(), uid: self.rng.uid() };
        let owner = Arc::new(owner);
        let first = self.pods.len();
        let mut containers: Vec<Value> =
            inside.iter().map(|(name, image)| container(name, image, "500m", "1Gi", "2Gi")).collect();
        if let Some(main) = containers.first_mut() {
            main["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
            main["ports"] = json!([{"name": "main", "containerPort": template::PORT, "protocol": "TCP"}]);
        }
        let labels = json!({"app": name, "app.kubernetes.io/managed-by": "Helm", "team": team.0});
        let spec = template::spec(&containers, "default", "Always");
        let set = Set {
            owner: owner.clone(),
            namespace,
            revision: self.rng.suffix(10),
            claim: Some(("data", size)),
            created: self.now - 120 * DAY,
            template: template::template(&labels, team.1, 4, &spec),
            range: first..first + count,
        };
        for i in 0..count {
            let created = self.now - 61 * DAY + i as i64 * 40;
            let (node, ip) = self.settle(self.open.get(i % self.open.len().max(1)).copied());
            let pod = Pod {
                namespace: namespace.to_owned(),
                name: format!("{name}-{i}"),
                uid: self.rng.uid(),
                owner: owner.clone(),
                labels: Arc::new(vec![
                    ("app", name.to_owned()),
                    ("app.kubernetes.io/managed-by", "Helm".to_owned()),
                    ("apps.kubernetes.io/pod-index", i.to_string()),
                    ("controller-revision-hash", set.label()),
                    ("statefulset.kubernetes.io/pod-name", format!("{name}-{i}")),
                    ("team", team.0.to_owned()),
                ]),
                template: set.template.clone(),
                containers: Arc::new(
                    inside.iter().map(|(name, image)| ((*name).to_owned(), (*image).to_owned())).collect(),
                ),
                ip,
                node,
                created,
                state: State::Running { ready: true, restarts: 0, last: None },
            };
            self.push(pod);
        }
        self.sets.push(set);
    }

    fn run_jobs(&mut self) {
        let now = self.now;
        let runs = JOBS.into_iter().filter(|(namespace, ..)| self.profile.has(namespace));
        let runs = runs.flat_map(|(namespace, cron, period, first, exits)| {
            // The latest of which the end is past.
            let latest = now - RUNS - (now - RUNS - first).rem_euclid(period);
            exits.iter().zip(0..).map(move |(exit, back)| (namespace, cron, latest - back * period, *exit))
        });
        for (namespace, cron, created, exit) in runs.collect::<Vec<_>>() {
            let name = format!("{cron}-{}", created / 60);
            let image = "harbor.example.com/pay/batch:1.42.0";
            let ended = created + RUNS;
            let spec = template::spec(&[container("task", image, "250m", "512Mi", "1Gi")], "default", "Never");
            let contact = if namespace == "payments" { "支付平台组 <pay@example.com>" } else { SRE_CONTACT };
            let labels = json!({"app": cron, "team": namespace});
            let job = Job {
                owner: Owner { api_version: "batch/v1", kind: "Job", name: name.clone(), uid: self.rng.uid() },
                namespace,
                cron,
                created,
                ended,
                template: template::template(&labels, contact, 1, &spec),
            };
            let place = self.place(created);
            let (node, ip) = self.settle(place);
            let pod = Pod {
                namespace: namespace.to_owned(),
                name: format!("{name}-{}", self.rng.suffix(5)),
                uid: self.rng.uid(),
                owner: Arc::new(job.owner.clone()),
                labels: Arc::new(vec![
                    ("app", cron.to_owned()),
                    ("batch.kubernetes.io/controller-uid", job.owner.uid.clone()),
                    ("batch.kubernetes.io/job-name", name.clone()),
                    ("controller-uid", job.owner.uid.clone()),
                    ("job-name", name),
                    ("team", namespace.to_owned()),
                ]),
                template: job.template.clone(),
                containers: Arc::new(vec![("task".to_owned(), image.to_owned())]),
                ip,
                node,
                created,
                state: if exit == 0 { State::Completed { at: ended } } else { State::Failed { exit, at: ended } },
            };
            self.push(pod);
            self.jobs.push(job);
        }
    }

    fn set(&mut self, app: &App, image: &str, revision: u32, wanted: usize, created: i64) -> ReplicaSet {
        let hash = self.rng.suffix(10);
        let name = format!("{}-{hash}", app.name);
        let owner = Owner { api_version: "apps/v1", kind: "ReplicaSet", name, uid: self.rng.uid() };
        ReplicaSet { owner, hash, revision, wanted, created, template: template::of_app(app, image, revision) }
    }

    fn deployment(&mut self, app: &'static App, count: usize, grown: bool) -> Deployment {
        let first = self.pods.len();
        let mut deployment = self.one_deployment(app, count, grown);
        deployment.range = first..self.pods.len();
        deployment
    }

    fn one_deployment(&mut self, app: &'static App, count: usize, grown: bool) -> Deployment {
        let created = self.now - self.rng.between(45 * DAY, 200 * DAY);
        let rolled = self.now - self.rng.between(3 * HOUR, 26 * DAY);
        let (uid, trouble) = (self.rng.uid(), self.profile.trouble(app));
        // No two clusters suffer at the same moment.
        let drift = self.rng.between(-3 * MINUTE, 9 * MINUTE);
        // Two releases before this one are kept.
        let mut sets: Vec<ReplicaSet> = [(5, 9 * DAY), (6, 4 * DAY)]
            .into_iter()
            .skip(usize::from(grown))
            .map(|(revision, before)| self.set(app, app.image, revision, 0, (rolled - before).max(created)))
            .collect();
        let set = self.set(app, app.image, 7, count, rolled);
        let kit = Kit::of(app, &set);
        for i in 0..count {
            let (age, state) = self.fate(app, i, rolled);
            self.replica(app, &kit, age, state);
        }
        let mut deployment = Deployment {
            app,
            trouble,
            uid,
            sets: Vec::new(),
            replicas: count,
            created,
            rolled,
            refused: None,
            grown,
            range: 0..0,
        };
        match trouble {
            Trouble::Image | Trouble::Rollout => {
                let (image, age, state) = if trouble == Trouble::Image {
                    ("harbor.example.com/algo/feature-store:3.4.0-rc1", 25 * MINUTE + drift, State::ImagePull)
                } else {
                    let state = State::CrashLoop { restarts: 8, last: self.now - 100 };
                    ("harbor.example.com/order/cart:4.4.0", 22 * MINUTE + drift, state)
                };
                let next = self.set(app, image, 8, 1, self.now - age);
                self.replica(app, &Kit::of(app, &next), age, state);
                deployment.rolled = self.now - age;
                sets.push(set);
                sets.push(next);
                deployment.sets = sets;
                return deployment;
            }
            Trouble::Quota => {
                deployment.replicas = count + 2;
                deployment.rolled = self.now - 42 * MINUTE - drift;
            }
            Trouble::Evicted => {
                let message = "The node was low on resource: ephemeral-storage. Threshold quantity: 53687091200, \
                    available: 49812408Ki. Container log-shipper was using 41823812Ki, request is 0, has larger \
                    consumption of ephemeral-storage. ";
                let state = State::Evicted(message.to_owned());
                self.replica(app, &kit, 5 * HOUR + 12 * MINUTE + drift * 7, state);
            }
            Trouble::Terminating => {
                let state = State::Terminating(self.now - 20);
                self.replica(app, &kit, 3 * DAY + drift * 60, state);
            }
            _ => {}
        }
        let wanted = deployment.replicas;
        sets.push(ReplicaSet { wanted, ..set });
        deployment.sets = sets;
        deployment
    }

    /// The age and the state of one replica.
    fn fate(&mut self, app: &App, i: usize, rolled: i64) -> (i64, State) {
        let well = State::Running { ready: true, restarts: 0, last: None };
        let age = self.now - rolled - self.rng.between(0, 150);
        let drift = self.rng.between(0, 8 * MINUTE);
        let nodes = self.nodes.len();
        let control = self.nodes.iter().filter(|node| node.control).count();
        match (self.profile.trouble(app), i) {
            (Trouble::Crash, 0) => (
                2 * DAY + 3 * HOUR + drift,
                State::CrashLoop { restarts: 187, last: self.now - 3 * MINUTE + drift / 8 },
            ),
            (Trouble::Memory, 0) => {
                let last = Some(("OOMKilled", 137, self.now - 3 * MINUTE));
                (age, State::Running { ready: true, restarts: 5, last })
            }
            (Trouble::Memory, 1) => {
                let last = Some(("OOMKilled", 137, self.now - 5 * HOUR));
                (age, State::Running { ready: true, restarts: 2, last })
            }
            (Trouble::Init, 0) => (4 * MINUTE + drift, State::Init),
            (Trouble::Unschedulable, 0 | 1) => {
                let message = format!(
                    "0/{nodes} nodes are available: 1 node(s) had untolerated taint {{dedicated: gpu}}, 1 node(s) had \
                     untolerated taint {{node.kubernetes.io/unreachable: }}, 1 node(s) were unschedulable, {control} node(s) had untolerated taint \
                     {{node-role.kubernetes.io/control-plane: }}, {} node(s) didn't match Pod's node affinity/selector. preemption: 0/{nodes} nodes are available: {nodes} Preemption is not helpful for \
                     scheduling.",
                    nodes - control - 3
                );
                (14 * MINUTE + drift + i as i64 * 2, State::Unschedulable(message))
            }
            (Trouble::Config, _) => (age.max(8 * DAY), State::Unready { since: self.now - super::CONFIG_ERRORS }),
            _ => (age, well),
        }
    }

    fn replica(&mut self, app: &App, kit: &Kit, age: i64, state: State) {
        let created = self.now - age;
        let place = if matches!(state, State::Unschedulable(_)) { None } else { self.place(created) };
        // What is told of a pod that ends or waits is told by a node that is heard of.
        let place = match state {
            State::Running { last: None, .. } => place,
            _ => place.map(|at| match self.nodes[at].lost {
                Some(_) => self.open.first().copied().unwrap_or(at),
                None => at,
            }),
        };
        let (node, ip) = self.settle(place);
        let mut name = format!("{}-{}", kit.owner.name, self.rng.suffix(5));
        // Of very many, two may have got the same end.
        while !self.names.insert(name.clone()) {
            name = format!("{}-{}", kit.owner.name, self.rng.suffix(5));
        }
        let pod = Pod {
            namespace: app.namespace.to_owned(),
            name,
            uid: self.rng.uid(),
            owner: kit.owner.clone(),
            labels: kit.labels.clone(),
            template: kit.template.clone(),
            containers: kit.containers.clone(),
            ip,
            node,
            created,
            state,
        };
        self.push(pod);
    }
}

/// What the replicas of one set have in common.
struct Kit {
    owner: Arc<Owner>,
    labels: Arc<Vec<(&'static str, String)>>,
    template: Arc<Value>,
    containers: Arc<Vec<(String, String)>>,
}

impl Kit {
    fn of(app: &App, set: &ReplicaSet) -> Kit {
        let image = set.template["spec"]["containers"][0]["image"].as_str().unwrap_or(app.image);
        let mut containers = vec![(app.name.to_owned(), image.to_owned())];
        containers.extend(app.sidecar.map(|(name, image)| (name.to_owned(), image.to_owned())));
        Kit {
            owner: Arc::new(set.owner.clone()),
            labels: Arc::new(vec![
                ("app", app.name.to_owned()),
                ("app.kubernetes.io/name", app.name.to_owned()),
                ("app.kubernetes.io/part-of", app.namespace.to_owned()),
                ("pod-template-hash", set.hash.clone()),
                ("team", app.team.to_owned()),
            ]),
            template: set.template.clone(),
            containers: Arc::new(containers),
        }
    }
}

impl Workloads {
    /// The pods of an application or a set.
    pub fn of_app(&self, namespace: &'static str, app: &str) -> &[Pod] {
        let range = self.places.get(&(namespace, app.to_owned())).cloned().unwrap_or_default();
        self.pods.get(range).unwrap_or_default()
    }
}
