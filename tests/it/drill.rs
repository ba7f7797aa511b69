//! Drilling down, up and aside on real control planes: the rows are exactly those that the API's own owner
//! references, selectors and specs name.

use crate::api::Api;
use crate::support::rig::{Version, require_rig};
use crate::support::server::{Place, Server, on_each};
use serde_json::{Value, json};
use skylark::link::Console;
use skylark::model::relation::{self, Relation};
use skylark::model::within::{Parent, Within};
use skylark::run::args::Contexts;
use skylark::run::fleet;
use skylark::view::live::Live;
use skylark::view::snapshot::{Completeness, RowId, Window};
use skylark::view::spec::{ClusterId, Namespaces, Pane, Spec, ViewCommand};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(90);

/// A view of the clusters of kubeconfigs.
struct View {
    live: Live,
    runtime: tokio::runtime::Runtime,
}

fn kind(word: &str, namespace: &str) -> Spec {
    let namespaces = Namespaces::Only(vec![namespace.to_owned()]);
    Spec { pane: Pane::Kind(word.to_owned()), namespaces, ..Spec::default() }
}

impl View {
    fn new(kubeconfigs: &[&Path], contexts: &[&str], spec: Spec) -> View {
        skylark::link::install_crypto();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let live = runtime.block_on(async {
            let dir = tempfile::tempdir().expect("a directory");
            let path = joined(dir.path(), kubeconfigs);
            let names = contexts.iter().map(ToString::to_string).collect();
            let request = fleet::Request {
                kubeconfig: Some(&path),
                contexts: &Contexts::Named(names),
                act_as: None,
                console: Console::default(),
            };
            let made = fleet::exact(&request, Duration::from_secs(10)).expect("a fleet");
            let mut live = Live::new(Arc::new(made.fleet), spec, &made.wanted);
            live.command(ViewCommand::Height(1000));
            live
        });
        View { live, runtime }
    }

    fn window(&mut self) -> Window {
        let live = &mut self.live;
        self.runtime.block_on(async { live.snapshot().0.window })
    }

    /// The window once it is as wanted.
    #[track_caller]
    fn until(&mut self, what: &str, condition: impl Fn(&Window) -> bool) -> Window {
        let begun = Instant::now();
        loop {
            let window = self.window();
            if condition(&window) {
                return window;
            }
            let rows: Vec<_> = window.rows.iter().map(|row| row.cells.join(" ")).collect();
            assert!(
                begun.elapsed() < PATIENCE,
                "{what}: {:?} {:?} {:?}\n{}",
                window.crumbs,
                window.completeness,
                window.notes,
                rows.join("\n")
            );
            self.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
        }
    }

    fn show(&mut self, spec: Spec) {
        let live = &mut self.live;
        self.runtime.block_on(async { live.command(ViewCommand::Show(spec)) });
    }

    /// Opens what `relation` leads to from these rows of a window.
    fn drill(&mut self, relation: &Relation, window: &Window, rows: &[RowId]) {
        let parent = |row: &RowId| Parent {
            cluster: row.cluster,
            namespace: row.namespace.clone(),
            name: row.name.clone(),
            uid: row.uid.clone(),
        };
        let parents = rows.iter().map(parent).collect();
        let within = Within { relation: *relation, kind: window.subject.clone(), parents, up: None };
        let pane = Pane::Kind(relation.shows.to_owned());
        self.show(Spec { pane, within: Some(Arc::new(within)), ..Spec::default() });
    }

    /// All rows' texts of a column, once they are these.
    #[track_caller]
    fn equals(&mut self, title: &str, wanted: &BTreeSet<String>) -> Window {
        self.until(&format!("{title} {wanted:?}"), |window| {
            window.completeness == Completeness::Complete
                && column(window, title) == *wanted
                && window.total == wanted.len()
        })
    }

    /// The row of this name, once it is there and under the cursor.
    #[track_caller]
    fn row(&mut self, cluster: u16, namespace: &str, name: &str) -> (Window, RowId) {
        let row =
            RowId { cluster: ClusterId(cluster), namespace: namespace.into(), name: name.into(), ..RowId::default() };
        let live = &mut self.live;
        self.runtime.block_on(async { live.command(ViewCommand::Focus(row)) });
        let window = self.until(name, |window| {
            window.selected.as_ref().is_some_and(|row| row.name == name && row.cluster == ClusterId(cluster))
        });
        let row = window.selected.clone().expect("a row");
        (window, row)
    }
}

/// One kubeconfig of several.
fn joined(dir: &Path, files: &[&Path]) -> std::path::PathBuf {
    let mut all = json!({"apiVersion": "v1", "kind": "Config", "clusters": [], "contexts": [], "users": []});
    for file in files {
        let text = std::fs::read_to_string(file).expect("a kubeconfig");
        let one: Value = serde_saphyr::from_str(&text).expect("YAML");
        for part in ["clusters", "contexts", "users"] {
            let items = one[part].as_array().cloned().unwrap_or_default();
            all[part].as_array_mut().expect("a list").extend(items);
        }
    }
    let path = dir.join("all");
    std::fs::write(&path, all.to_string()).expect("a kubeconfig");
    path
}

fn column(window: &Window, title: &str) -> BTreeSet<String> {
    let Some(at) = window.heads.iter().position(|head| head.title == title) else { return BTreeSet::new() };
    window.rows.iter().map(|row| row.cells[at].clone()).collect()
}

fn opened_by(kind: &str) -> &'static Relation {
    relation::opened_by(kind).expect(kind)
}

fn items(api: &Api, path: &str) -> Vec<Value> {
    api.get(path)["items"].as_array().cloned().unwrap_or_default()
}

fn name(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

/// The names of what an object of this uid controls.
fn controlled(api: &Api, path: &str, uid: &Value) -> Vec<Value> {
    let is = |item: &Value| {
        let owners = item["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default();
        owners.iter().any(|owner| owner["controller"] == true && owner["uid"] == *uid)
    };
    items(api, path).into_iter().filter(is).collect()
}

/// The pods of a deployment as its owner references say.
fn pods_of(api: &Api, namespace: &str, deployment: &str) -> BTreeSet<String> {
    let object = api.get(&format!("/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}"));
    let sets =
        controlled(api, &format!("/apis/apps/v1/namespaces/{namespace}/replicasets"), &object["metadata"]["uid"]);
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    sets.iter().flat_map(|set| controlled(api, &pods, &set["metadata"]["uid"])).map(|pod| name(&pod)).collect()
}

fn deployment(name: &str, app: &str, replicas: u32) -> Value {
    json!({"metadata": {"name": name}, "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": app}},
        "template": {"metadata": {"labels": {"app": app}}, "spec": {
            "initContainers": [{"name": "setup", "image": "busybox"}],
            "containers": [{"name": "main", "image": "nginx:1", "ports": [{"name": "http", "containerPort": 80}]},
                           {"name": "side", "image": "envoy:1", "livenessProbe": {"tcpSocket": {"port": 80}}}]}}}})
}

fn settled(api: &Api, namespace: &str, name: &str, replicas: usize) -> BTreeSet<String> {
    let begun = Instant::now();
    loop {
        let pods = pods_of(api, namespace, name);
        if pods.len() == replicas {
            return pods;
        }
        assert!(begun.elapsed() < PATIENCE, "{replicas} pods of {name}: {pods:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn from_deployments_to_pods_to_containers_and_up_again() {
    on_each(down_and_up);
}

fn down_and_up(server: Server) {
    let rig = server.shared();
    let api = Api::new(rig.kubeconfig(), None);
    let namespace = api.namespace("drill");
    let deployments = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
    api.create(&deployments, &deployment("web", "web", 3));
    api.create(&deployments, &deployment("api", "api", 1));
    // A pod with the labels of `web` that is nobody's, and one of a replica set that is nobody's.
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    api.create(
        &pods,
        &json!({"metadata": {"name": "stray", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "main", "image": "nginx"}]}}),
    );
    let mut view = View::new(&[rig.kubeconfig()], &[rig.context()], kind("deploy", &namespace));
    let (window, web) = view.row(0, &namespace, "web");
    assert_eq!(window.subject, "deployments.apps");
    let mine = settled(&api, &namespace, "web", 3);
    view.drill(opened_by("deployments.apps"), &window, std::slice::from_ref(&web));
    let pods_window = view.equals("NAME", &mine);
    assert!(!mine.contains("stray"));
    assert_eq!(pods_window.crumbs, ["deployments".to_owned(), format!("web ({namespace})"), "pods".to_owned()]);

    // Scaled, rolled out: the table follows.
    api.merge(&format!("{deployments}/web"), &json!({"spec": {"replicas": 5}}));
    let more = settled(&api, &namespace, "web", 5);
    view.equals("NAME", &more);
    api.merge(
        &format!("{deployments}/web"),
        &json!({"spec": {"replicas": 2, "template": {"metadata": {"annotations": {"rolled": "out"}}}}}),
    );
    let begun = Instant::now();
    let rolled = loop {
        let now = settled(&api, &namespace, "web", 2);
        if now.is_disjoint(&more) {
            break now;
        }
        assert!(begun.elapsed() < PATIENCE, "{now:?}");
        std::thread::sleep(Duration::from_millis(50));
    };
    let window = view.equals("NAME", &rolled);

    // Down to the containers of one.
    let row = window.selected.clone().expect("a pod");
    view.drill(opened_by("pods"), &window, std::slice::from_ref(&row));
    let wanted = ["setup", "main", "side"].map(str::to_owned).into();
    let containers = view.equals("NAME", &wanted);
    assert_eq!(column(&containers, "INIT"), ["", "init"].map(str::to_owned).into());
    assert!(
        column(&containers, "PROBES(L:R:S)").contains("on:off:off") && column(&containers, "PORTS").contains("http:80")
    );

    // Up: the pod's replica set, and its deployment.
    view.drill(&relation::OWNER, &window, std::slice::from_ref(&row));
    let set = view
        .until("the replica set", |window| window.selected.as_ref().is_some_and(|it| row.name.starts_with(&it.name)));
    assert_eq!(set.subject, "replicasets.apps");
    let sets = column(&set, "NAME");
    assert!(sets.len() >= 3, "among all of its kind: {sets:?}");
    view.drill(&relation::OWNER, &set, &[set.selected.clone().expect("a set")]);
    let up = view.until("the deployment", |window| window.selected.as_ref().is_some_and(|it| it.name == "web"));
    assert_eq!((up.subject.as_str(), column(&up, "NAME").len()), ("deployments.apps", 2));

    // What it hangs on goes, and comes back as another.
    view.drill(opened_by("deployments.apps"), &up, std::slice::from_ref(&web));
    view.equals("NAME", &rolled);
    api.delete(&format!("{deployments}/web"));
    view.until("gone", |window| {
        window.notes.iter().any(|note| note.text.contains("not there any more")) && window.total == 0
    });
    api.create(&deployments, &deployment("web", "web", 1));
    let new = settled(&api, &namespace, "web", 1);
    let anew = view.until("anew", |window| column(window, "NAME") == new);
    assert!(anew.notes.iter().any(|note| note.text.contains("created anew")), "{:?}", anew.notes);
}

#[test]
fn marked_rows_of_two_clusters_drill_together() {
    require_rig!();
    of_two_clusters(Server::Real(Version::V1_37).shared(), Server::Real(Version::V1_33).still());
}

#[test]
fn marked_rows_of_two_embedded_clusters_drill_together() {
    of_two_clusters(Server::Embedded.shared(), Server::Embedded.still());
}

fn of_two_clusters(rig: &Place, other: &Place) {
    let apis = [Api::new(rig.kubeconfig(), None), Api::new(other.kubeconfig(), None)];
    let namespace = apis[0].namespace("drill-both");
    // The second cluster has no controllers: its objects are written as they would be.
    let second = apis[1].namespace("drill-both");
    apis[0].create(&format!("/apis/apps/v1/namespaces/{namespace}/deployments"), &deployment("web", "web", 2));
    let made = apis[1].create(&format!("/apis/apps/v1/namespaces/{second}/deployments"), &deployment("web", "web", 1));
    let owned = |name: &str, kind: &str, owner: &Value| {
        json!({"metadata": {"name": name, "labels": {"app": "web"}, "ownerReferences": [{"apiVersion": "apps/v1",
            "kind": kind, "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"], "controller": true}]}})
    };
    let mut set = owned("web-1", "Deployment", &made);
    set["spec"] = json!({"selector": {"matchLabels": {"app": "web"}}, "template": made["spec"]["template"]});
    let set = apis[1].create(&format!("/apis/apps/v1/namespaces/{second}/replicasets"), &set);
    let mut pod = owned("web-1-x", "ReplicaSet", &set);
    pod["spec"] = json!({"containers": [{"name": "main", "image": "nginx"}]});
    apis[1].create(&format!("/api/v1/namespaces/{second}/pods"), &pod);

    let mut spec = kind("deploy", &namespace);
    spec.namespaces = Namespaces::Only(vec![namespace.clone(), second.clone()]);
    let files = [rig.kubeconfig(), other.kubeconfig()];
    let mut view = View::new(&files, &[rig.context(), other.context()], spec);
    let (_, first_row) = view.row(0, &namespace, "web");
    let (window, second_row) = view.row(1, &second, "web");
    let mut wanted = settled(&apis[0], &namespace, "web", 2);
    wanted.insert("web-1-x".to_owned());
    assert_eq!(pods_of(&apis[1], &second, "web"), ["web-1-x".to_owned()].into());
    view.drill(opened_by("deployments.apps"), &window, &[first_row, second_row]);
    let pods = view.equals("NAME", &wanted);
    assert_eq!(column(&pods, "CLUSTER").len(), 2);
}

#[test]
fn every_other_way_down() {
    on_each(other_ways);
}

fn other_ways(server: Server) {
    let rig = server.shared();
    let api = Api::new(rig.kubeconfig(), None);
    let namespace = api.namespace("ways");
    let core = format!("/api/v1/namespaces/{namespace}");
    let at = |group: &str, plural: &str| format!("/apis/{group}/namespaces/{namespace}/{plural}");
    let set: BTreeSet<String> = ["a".to_owned()].into();
    let pod = |name: &str, app: &str, volumes: Value| {
        json!({"metadata": {"name": name, "labels": {"app": app}},
            "spec": {"containers": [{"name": "main", "image": "nginx"}], "volumes": volumes}})
    };
    let claim = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "disk"}}]);
    api.create(&format!("{core}/pods"), &pod("a", "x", claim));
    api.create(&format!("{core}/pods"), &pod("b", "y", json!([])));
    api.create(
        &format!("{core}/services"),
        &json!({"metadata": {"name": "x"}, "spec": {"selector": {"app": "x"}, "ports": [{"port": 80}]}}),
    );
    api.create(&format!("{core}/services"), &json!({"metadata": {"name": "none"}, "spec": {"ports": [{"port": 80}]}}));
    api.create(&format!("{core}/persistentvolumeclaims"), &json!({"metadata": {"name": "disk"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": "none", "resources": {"requests": {"storage": "1Gi"}}}}));
    api.create(&at("policy/v1", "poddisruptionbudgets"), &json!({"metadata": {"name": "x"}, "spec": {
        "minAvailable": 1, "selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["x", "z"]}]}}}));
    api.create(
        &at("networking.k8s.io/v1", "ingresses"),
        &json!({"metadata": {"name": "in"}, "spec": {"rules": [{"http": {"paths": [
        {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "x", "port": {"number": 80}}}}]}}]}}),
    );
    api.create(&at("apps/v1", "deployments"), &deployment("web", "web", 1));
    api.create(
        &at("autoscaling/v2", "horizontalpodautoscalers"),
        &json!({"metadata": {"name": "h"}, "spec": {
        "maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}}),
    );
    api.create(&at("batch/v1", "cronjobs"), &json!({"metadata": {"name": "cron"}, "spec": {"schedule": "0 0 1 1 *", "suspend": true,
        "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}}}));
    let cron = api.get(&format!("{}/cron", at("batch/v1", "cronjobs")));
    api.create(
        &at("batch/v1", "jobs"),
        &json!({"metadata": {"name": "cron-1", "ownerReferences": [{"apiVersion": "batch/v1",
        "kind": "CronJob", "name": "cron", "uid": cron["metadata"]["uid"], "controller": true}]}, "spec": {
        "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}),
    );

    for (word, subject, name, shown) in [
        ("services", "services", "x", &set),
        ("pdb", "poddisruptionbudgets.policy", "x", &set),
        ("pvc", "persistentvolumeclaims", "disk", &set),
        ("ingresses", "ingresses.networking.k8s.io", "in", &["x".to_owned()].into()),
        ("hpa", "horizontalpodautoscalers.autoscaling", "h", &["web".to_owned()].into()),
        ("cronjobs", "cronjobs.batch", "cron", &["cron-1".to_owned()].into()),
    ] {
        let mut view = View::new(&[rig.kubeconfig()], &[rig.context()], kind(word, &namespace));
        let (window, row) = view.row(0, &namespace, name);
        assert_eq!(window.subject, subject);
        view.drill(opened_by(subject), &window, &[row]);
        view.equals("NAME", shown);
    }

    let mut view = View::new(&[rig.kubeconfig()], &[rig.context()], kind("services", &namespace));
    let (window, row) = view.row(0, &namespace, "none");
    view.drill(opened_by("services"), &window, &[row]);
    let nothing = view.until("no selector", |window| !window.notes.is_empty());
    assert!(nothing.notes[0].text.contains("has no selector") && nothing.total == 0, "{:?}", nothing.notes);

    // A node's pods are those of all namespaces.
    let mut view =
        View::new(&[rig.kubeconfig()], &[rig.context()], Spec { pane: Pane::Kind("nodes".into()), ..Spec::default() });
    let window = view.until("nodes", |window| window.total > 2);
    let node = window.selected.clone().expect("a node");
    view.drill(opened_by("nodes"), &window, std::slice::from_ref(&node));
    view.until("its pods", |window| {
        let path = format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{}", node.name);
        let wanted: BTreeSet<String> = items(&api, &path).iter().map(name).collect();
        window.completeness == Completeness::Complete && column(window, "NAME") == wanted
    });

    // A job's pods.
    let mut view = View::new(&[rig.kubeconfig()], &[rig.context()], kind("jobs", &namespace));
    let (window, row) = view.row(0, &namespace, "cron-1");
    view.drill(opened_by("jobs.batch"), &window, &[row]);
    view.until("its pods", |window| {
        let job = api.get(&format!("{}/cron-1", at("batch/v1", "jobs")));
        let wanted: BTreeSet<String> =
            controlled(&api, &format!("{core}/pods"), &job["metadata"]["uid"]).iter().map(name).collect();
        !wanted.is_empty() && column(window, "NAME") == wanted
    });
}

#[test]
fn what_uses_a_config_map_a_secret_a_claim_and_a_service_account() {
    on_each(users);
}

fn users(server: Server) {
    let rig = server.still();
    let api = Api::new(rig.kubeconfig(), None);
    let namespace = api.namespace("uses");
    let core = format!("/api/v1/namespaces/{namespace}");
    let at = |group: &str, plural: &str| format!("/apis/{group}/namespaces/{namespace}/{plural}");
    api.create(&format!("{core}/configmaps"), &json!({"metadata": {"name": "conf"}, "data": {"a": "b"}}));
    api.create(&format!("{core}/secrets"), &json!({"metadata": {"name": "tls"}}));
    api.create(
        &format!("{core}/serviceaccounts"),
        &json!({"metadata": {"name": "runner"}, "imagePullSecrets": [{"name": "tls"}]}),
    );
    let spec = json!({
        "serviceAccountName": "runner", "imagePullSecrets": [{"name": "tls"}],
        "volumes": [{"name": "etc", "configMap": {"name": "conf"}}, {"name": "all", "projected": {"sources": [{"secret": {"name": "tls"}}]}},
                    {"name": "data", "persistentVolumeClaim": {"claimName": "disk"}}],
        "containers": [{"name": "main", "image": "i", "envFrom": [{"configMapRef": {"name": "conf"}}],
            "env": [{"name": "PASS", "valueFrom": {"secretKeyRef": {"name": "tls", "key": "p"}}}]}],
    });
    let template = json!({"metadata": {"labels": {"app": "x"}}, "spec": spec});
    let selector = json!({"matchLabels": {"app": "x"}});
    api.create(&format!("{core}/pods"), &json!({"metadata": {"name": "pod"}, "spec": spec}));
    api.create(
        &format!("{core}/pods"),
        &json!({"metadata": {"name": "other"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}),
    );
    api.create(
        &at("apps/v1", "deployments"),
        &json!({"metadata": {"name": "deploy"}, "spec": {"selector": selector, "template": template}}),
    );
    api.create(
        &at("apps/v1", "statefulsets"),
        &json!({"metadata": {"name": "sts"}, "spec": {"serviceName": "s", "selector": selector, "template": template}}),
    );
    api.create(
        &at("apps/v1", "daemonsets"),
        &json!({"metadata": {"name": "ds"}, "spec": {"selector": selector, "template": template}}),
    );
    let mut once = template.clone();
    once["spec"]["restartPolicy"] = "Never".into();
    api.create(&at("batch/v1", "jobs"), &json!({"metadata": {"name": "job"}, "spec": {"template": once}}));
    api.create(&at("batch/v1", "cronjobs"), &json!({"metadata": {"name": "cron"}, "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": once}}}}));
    api.create(
        &at("networking.k8s.io/v1", "ingresses"),
        &json!({"metadata": {"name": "in"}, "spec": {"tls": [{"secretName": "tls"}],
        "defaultBackend": {"service": {"name": "x", "port": {"number": 80}}}}}),
    );
    api.create(
        &at("rbac.authorization.k8s.io/v1", "rolebindings"),
        &json!({"metadata": {"name": "bind"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "ServiceAccount", "name": "runner", "namespace": namespace}]}),
    );
    api.create(
        &format!("{core}/persistentvolumeclaims"),
        &json!({"metadata": {"name": "disk"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}}}),
    );

    let workloads = ["pod", "deploy", "sts", "ds", "job", "cron"];
    for (word, name, more, how) in [
        ("configmaps", "conf", &[][..], "volume etc, envFrom in main"),
        ("secrets", "tls", &["in", "runner"], "imagePullSecret, projected all, env PASS in main"),
        ("persistentvolumeclaims", "disk", &[], "volume data"),
        ("serviceaccounts", "runner", &["bind"], "serviceAccount"),
    ] {
        let mut view = View::new(&[rig.kubeconfig()], &[rig.context()], kind(word, &namespace));
        let (window, row) = view.row(0, &namespace, name);
        view.drill(&relation::USES, &window, &[row]);
        let wanted = workloads.iter().chain(more).map(ToString::to_string).collect();
        let users = view.equals("NAME", &wanted);
        assert!(column(&users, "HOW").contains(how), "{word}: {:?}", column(&users, "HOW"));
    }

    // Live: what is used no more, or anew, goes and comes; what is gone still has users.
    let mut view = View::new(&[rig.kubeconfig()], &[rig.context()], kind("configmaps", &namespace));
    let (window, row) = view.row(0, &namespace, "conf");
    view.drill(&relation::USES, &window, &[row]);
    api.merge(
        &format!("{}/deploy", at("apps/v1", "deployments")),
        &json!({"spec": {"template": {"spec": {"volumes": null,
        "containers": [{"name": "main", "image": "i"}]}}}}),
    );
    api.delete(&format!("{core}/pods/pod?gracePeriodSeconds=0"));
    view.equals("NAME", &["sts", "ds", "job", "cron"].map(str::to_owned).into());
    api.delete(&format!("{core}/configmaps/conf"));
    let gone = view.until("gone", |window| !window.notes.is_empty());
    assert!(gone.notes[0].text.contains("configmap conf is not there any more") && gone.total == 4, "{:?}", gone.notes);
}

#[test]
fn what_a_user_may_not_look_at_is_told() {
    on_each(by_labels);
}

fn by_labels(server: Server) {
    let rig = server.shared();
    let context = rig.team_a();
    let api = Api::new(rig.kubeconfig(), None);
    let deployments = "/apis/apps/v1/namespaces/team-a/deployments";
    let name = format!("drill-{}", std::process::id());
    api.create(deployments, &deployment(&name, &name, 1));
    let pods = settled(&api, "team-a", &name, 1);
    let mut view = View::new(&[rig.kubeconfig()], &[&context], kind("deploy", "team-a"));
    let (window, row) = view.row(0, "team-a", &name);
    view.drill(opened_by("deployments.apps"), &window, std::slice::from_ref(&row));
    let shown = view.until("by labels", |window| column(window, "NAME") == pods);
    assert!(shown.notes.iter().any(|note| note.text.contains("by labels alone")), "{:?}", shown.notes);
    api.delete(&format!("{deployments}/{name}"));
}

#[test]
fn events_of_an_object_are_its_own() {
    on_each(events_of);
}

fn events_of(server: Server) {
    let rig = server.shared();
    let api = Api::new(rig.kubeconfig(), None);
    let namespace = api.namespace("events-of");
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let pod = |name: &str| json!({"metadata": {"name": name}, "spec": {"nodeName": "nowhere", "containers": [{"name": "c", "image": "i"}]}});
    let (one, two) = (api.create(&pods, &pod("one")), api.create(&pods, &pod("two")));
    let event = |name: &str, of: &Value, reason: &str, kind: &str, count: u32| {
        let now = jiff::Timestamp::now().to_string();
        json!({"metadata": {"name": name, "namespace": namespace}, "reason": reason, "message": "said", "type": kind, "count": count,
            "involvedObject": {"kind": "Pod", "namespace": namespace, "name": of["metadata"]["name"], "uid": of["metadata"]["uid"]},
            "firstTimestamp": now, "lastTimestamp": now, "source": {"component": "test"}})
    };
    let events = format!("/api/v1/namespaces/{namespace}/events");
    api.create(&events, &event("e1", &one, "Calm", "Normal", 1));
    api.create(&events, &event("e2", &one, "BackOff", "Warning", 4));
    api.create(&events, &event("e3", &one, "BackOff", "Warning", 5));
    api.create(&events, &event("e4", &two, "BackOff", "Warning", 1));
    let mut view = View::new(&[rig.kubeconfig()], &[rig.context()], kind("pods", &namespace));
    let (window, row) = view.row(0, &namespace, "one");
    view.drill(&relation::EVENTS_OF, &window, &[row]);
    view.until("its events", |window| {
        window.rows.first().is_some_and(|row| row.cells.join(" ").contains("BackOff 9 said"))
    });
    view.until("no other's", |window| window.total == 2);
    api.merge(&format!("{events}/e3"), &json!({"count": 6}));
    view.until("one more", |window| column(window, "COUNT").contains("10"));
    api.delete(&format!("{events}/e2"));
    view.until("fewer", |window| column(window, "COUNT").contains("6"));
}
