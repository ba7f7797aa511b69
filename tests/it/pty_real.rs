//! The hands of `pty_hands.rs` on a real fleet: two versions of Kubernetes, an address where nobody is, and a user
//! who may read two namespaces. After the first hour they go down into objects and read them.

use crate::api::Api;
use crate::pty_hands::{Fleet, Hands, all_rows, go_over, kind, on};
use crate::support::pty::{Shot, skylark};
use crate::support::rig::{Rig, Version, require_rig};
use crate::support::until;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const DEAD: &str = r#"{"apiVersion": "v1", "kind": "Config",
    "clusters": [{"name": "dead", "cluster": {"server": "https://127.0.0.1:1"}}],
    "contexts": [{"name": "dead", "context": {"cluster": "dead", "user": "dead"}}],
    "users": [{"name": "dead", "user": {"token": "t"}}]}"#;
const CANARY: &str = "canary-0815";

/// The objects that the hands go through, and their names.
struct Shop<'a> {
    rig: &'a Rig,
    older: &'a Rig,
    namespace: String,
    /// Names its custom resource and what it adds to a namespace of others.
    own: String,
}

impl Shop<'_> {
    fn open<'a>(rig: &'a Rig, older: &'a Rig, own: &str) -> Shop<'a> {
        let api = Api::new(rig.kubeconfig(), None);
        let shop = Shop { rig, older, namespace: api.namespace("shop"), own: own.to_owned() };
        let core = format!("/api/v1/namespaces/{}", shop.namespace);
        let meta = |name: &str| json!({"metadata": {"name": name}});
        let with = |name: &str, key: &str, value: Value| {
            let mut object = meta(name);
            object[key] = value;
            object
        };
        api.create(&format!("{core}/configmaps"), &with("web-config", "data", json!({"colour": "blue"})));
        api.create(&format!("{core}/secrets"), &with("web-tls", "stringData", json!({"password": CANARY})));
        let ports = json!({"selector": {"app": "web"}, "ports": [{"port": 80}]});
        api.create(&format!("{core}/services"), &with("web", "spec", ports));
        let image = "registry.example.com/shop/web-frontend:2026.11.25";
        let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {
            "initContainers": [{"name": "setup", "image": "busybox:1.37"}],
            "containers": [{"name": "main", "image": image, "envFrom": [{"configMapRef": {"name": "web-config"}}]},
                           {"name": "side", "image": "envoy:1.32"}]}});
        let spec = json!({"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template});
        let apps = format!("/apis/apps/v1/namespaces/{}/deployments", shop.namespace);
        api.create(&apps, &with("web-frontend", "spec", spec));
        let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
        let names = json!({"plural": format!("{own}s"), "singular": own, "kind": own});
        let version = json!({"name": "v1", "served": true, "storage": true, "schema": schema});
        let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "metadata": {"name": shop.custom()}, "spec": {
            "group": "hands.example.com", "scope": "Namespaced", "names": names, "versions": [version]}});
        api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &crd);
        let made = json!({"apiVersion": "hands.example.com/v1", "kind": own, "metadata": {"name": "the-first"}});
        let path = format!("/apis/hands.example.com/v1/namespaces/{}/{own}s", shop.namespace);
        until("the custom resource", || api.ask("POST", &path, ("content-type", "application/json"), &made).is_ok());
        let team = Api::new(older.kubeconfig(), None);
        team.create("/api/v1/namespaces/team-a/configmaps", &with(own, "data", json!({"of": "a team"})));
        until("pods that run", || shop.pods().len() == 3);
        shop
    }

    fn custom(&self) -> String {
        format!("{}s.hands.example.com", self.own)
    }

    /// The names of its pods that run.
    fn pods(&self) -> BTreeSet<String> {
        let list = Api::new(self.rig.kubeconfig(), None).get(&format!("/api/v1/namespaces/{}/pods", self.namespace));
        let running = list["items"].as_array().into_iter().flatten().filter(|pod| pod["status"]["phase"] == "Running");
        running.filter_map(|pod| Some(pod["metadata"]["name"].as_str()?.to_owned())).collect()
    }
}

impl Drop for Shop<'_> {
    fn drop(&mut self) {
        let api = Api::new(self.rig.kubeconfig(), None);
        api.delete(&format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{}", self.custom()));
        api.delete(&format!("/api/v1/namespaces/{}", self.namespace));
        Api::new(self.older.kubeconfig(), None).delete(&format!("/api/v1/namespaces/team-a/configmaps/{}", self.own));
    }
}

/// What the first hour needs to know of the older cluster: a namespace near the top with pods that run.
fn known(older: &Rig) -> Fleet {
    let list = Api::new(older.kubeconfig(), None).get("/api/v1/pods");
    let mut running: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pod in list["items"].as_array().into_iter().flatten().filter(|pod| pod["status"]["phase"] == "Running") {
        let word = |key: &str| pod["metadata"][key].as_str().unwrap_or_default().to_owned();
        running.entry(word("namespace")).or_default().push(word("name"));
    }
    let (namespace, pods) = running.iter().next().expect("a namespace with pods that run");
    let pod = pods[0].split('-').take(2).collect::<Vec<_>>().join("-");
    let name = older.context().to_owned();
    Fleet { cluster: (name.clone(), name), namespace: namespace.clone(), pod, pods: 300 }
}

fn names(shot: &Shot) -> BTreeSet<String> {
    shot.column("NAME").into_iter().collect()
}

fn title_has(text: &'static str) -> impl Fn(&Shot) -> bool {
    move |shot| shot.lines.iter().take(4).any(|line| line.contains(text))
}

/// Down from a deployment and up again, aside to who uses a config map.
fn drill(hands: &mut Hands, shop: &Shop<'_>) {
    let (space, pods) = (&shop.namespace, shop.pods());
    hands.press(&format!(":dp {space}<enter>"), "the deployment", |shot| {
        on("deployments")(shot) && names(shot).contains("web-frontend")
    });
    hands.press("<enter>", "its pods", |shot| {
        names(shot) == pods && shot.title().contains("web-frontend") && shot.title().contains("› pods")
    });
    let containers: BTreeSet<_> = ["main", "setup", "side"].map(str::to_owned).into();
    let states: BTreeSet<_> = ["Completed", "Running"].map(str::to_owned).into();
    hands.press("<enter>", "its containers", |shot| {
        names(shot) == containers && shot.column("STATE").into_iter().collect::<BTreeSet<_>>() == states
    });
    hands.press("<esc>", "the pods", |shot| names(shot) == pods);
    hands.press("J", "their replica set", |shot| {
        shot.title().contains("› replicasets") && shot.selected().contains("web-frontend-")
    });
    hands.press("J", "the deployment", |shot| {
        shot.title().contains("› deployments") && shot.selected().contains("web-frontend")
    });
    hands.press(&format!(":cm {space}<enter>"), "the config map", |shot| names(shot).contains("web-config"));
    hands.press("/^web-config$<enter>", "only that", |shot| shot.place() == Some((1, 1)) && shot.cursor.is_none());
    let mut users = pods;
    users.insert("web-frontend".into());
    hands.press("u", "who uses it", |shot| names(shot) == users && all_rows(shot, "envFrom in main"));
    hands.press("<esc>", "the config map", |shot| on("configmaps")(shot) && !shot.title().contains('›'));
}

/// Reads a secret, a pod and what happened to it.
fn read(hands: &mut Hands, shop: &Shop<'_>) {
    let space = &shop.namespace;
    hands.press(&format!(":sec {space}<enter>"), "the secrets", |shot| names(shot).contains("web-tls"));
    hands.press("/^web-tls$<enter>", "only that", |shot| shot.place() == Some((1, 1)) && shot.cursor.is_none());
    hands.press("y", "its YAML", |shot| {
        let masked = shot.has("masked, 11 bytes") && !shot.has("managedFields");
        title_has("  yaml  ")(shot) && shot.has("apiVersion: v1") && masked
    });
    // `line 1 of 11` is no finding.
    let found = |shot: &Shot| shot.status().contains("1 of 1  line ");
    hands.press("/password", "what was found", |shot| {
        shot.status().contains("/password") && shot.status().contains("1 of 1")
    });
    hands.press("<enter>", "the line", |shot| shot.cursor.is_none() && found(shot));
    hands
        .press("<esc>", "no search", |shot| shot.cursor.is_none() && shot.status().contains("  line ") && !found(shot));
    hands.press("m", "managed fields", |shot| shot.has("managedFields:"));
    hands.press("m", "none", |shot| !shot.has("managedFields:"));
    assert!(!hands.pty.raw().windows(CANARY.len()).any(|bytes| bytes == CANARY.as_bytes()), "it was masked");
    hands.press("x", "the secret", |shot| shot.has(CANARY));
    hands.press("x", "masked again", |shot| !shot.has(CANARY) && shot.has("masked, 11 bytes"));
    hands.press("<esc>", "the table", on("secrets"));

    hands.press(&format!(":po {space}<enter>"), "the pods", |shot| on("pods")(shot) && all_rows(shot, "web-frontend"));
    hands.press("d", "its description", |shot| title_has("  describe  ")(shot) && shot.has("Name:"));
    hands.press("G", "the end, with what the scheduler did", |shot| {
        let below = shot.lines.iter().skip_while(|line| !line.contains("Events:"));
        below.clone().any(|line| line.contains("default-scheduler")) && shot.status().contains(", 100 %")
    });
    hands.press("<esc>", "the pods", on("pods"));
    hands.press("E", "its events", |shot| shot.title().contains("› events") && shot.has("Scheduled"));
    hands.press("<esc>", "the pods", |shot| on("pods")(shot) && !shot.title().contains('›'));
    hands.press(&format!(":ev {space}<enter>"), "all events, that can be read", |shot| {
        let messages = shot.column("MESSAGE");
        let readable = messages.iter().all(|text| text.chars().count() >= 15);
        on("events")(shot) && shot.has("ScalingRepl") && shot.has("SuccessfulC") && readable
    });
}

/// Kinds together, a kind of one's own, the clusters, and what a user may not see.
fn wide(hands: &mut Hands, shop: &Shop<'_>) {
    let space = &shop.namespace;
    let kinds: BTreeSet<String> = ["Deployment", "Pod", "ReplicaSet", "Service"].map(str::to_owned).into();
    hands.press(&format!(":all {space}<enter>"), "all of it", |shot| {
        kind(shot) == "all" && shot.column("KIND").into_iter().collect::<BTreeSet<_>>() == kinds
    });

    hands.press(":crd<enter>", "the definitions", |shot| kind(shot).starts_with("customresourcedefinitions"));
    hands.press(&format!("/^{}<enter>", shop.custom()), "one", |shot| {
        shot.place() == Some((1, 1)) && shot.cursor.is_none()
    });
    hands.press("<enter>", "its objects", |shot| names(shot).contains("the-first"));
    hands.press("y", "one of them", |shot| shot.has("apiVersion: hands.example.com/v1"));
    hands.press("<esc>", "its objects", |shot| names(shot).contains("the-first"));

    let state = |shot: &Shot, name: &str| shot.cell(name, "STATE");
    let (rig, older) = (shop.rig.context(), shop.older.context());
    let lister = shop.older.lister();
    let versions = [(rig, "v1.37"), (older, "v1.33"), (lister.as_str(), "v1.33")];
    hands.press(":ctx<enter>", "the clusters", |shot| {
        let live = |(name, version): &(&str, &str)| {
            state(shot, name) == "live" && shot.cell(name, "VERSION").starts_with(version)
        };
        versions.iter().all(live) && state(shot, "dead") == "unreachable"
    });
    hands.press("/^dead<enter>", "why", |shot| shot.place() == Some((1, 1)) && shot.has("connection refused"));
    hands.press("<esc>", "all", |shot| shot.place().is_some_and(|(_, of)| of == 4));
    hands.press("<ctrl-w>", "what it spends", |shot| shot.has("WATCHES") && shot.has("REQS"));
    hands.press("<ctrl-w>", "as before", |shot| !shot.has("WATCHES"));

    hands.press(&format!(":ctx {lister}<enter>"), "one cluster", |shot| shot.has("only 1 of"));
    hands.press(":cm -A<enter>", "what may be read", |shot| {
        let told = shot.has("other namespaces may not be read") && shot.has("is forbidden");
        names(shot).contains(&shop.own) && told && shot.title().contains("partial")
    });
    hands.press(":no<enter>", "what may not", |shot| shot.has("You may not list nodes here"));
    assert!(!hands.pty.shot().has("There are no"));
    hands.press(":ctx *<enter>", "the fleet", |shot| !shot.has("only 1 of"));
    // All 10 nodes of one version, all of the other, and what is said of the rest.
    hands.press(":no<enter>", "nodes of both", |shot| {
        let clusters: BTreeSet<_> = shot.column("CLUSTER").into_iter().collect();
        let both = clusters.contains(rig) && clusters.contains(older);
        shot.place().is_some_and(|(_, of)| of >= 13) && both && shot.title().contains("partial")
    });
}

fn real(columns: u16, lines: u16, own: &str) {
    let (rig, older) = (Rig::shared_of(Version::V1_37), Rig::still_of(Version::V1_33));
    let shop = Shop::open(rig, older, own);
    let dead = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(dead.path(), DEAD).expect("a kubeconfig");
    let files = [older.kubeconfig(), rig.kubeconfig(), dead.path()].map(|path| path.as_os_str().to_owned());
    // The older stands first: nothing changes on it, so that rows stay where they are.
    let contexts = format!("{},{},dead,{}", older.context(), rig.context(), older.lister());
    let options = skylark(&["--context", &contexts]).size(columns, lines).env("SKYLARK_CLIPBOARD", "file");
    let mut hands = Hands::on(options.env("KUBECONFIG", files.join(":".as_ref())).open());
    go_over(&known(older), &mut hands, lines);
    drill(&mut hands, &shop);
    read(&mut hands, &shop);
    wide(&mut hands, &shop);
    hands.pty.type_keys("q:q<enter>");
    assert_eq!(hands.pty.ended().code, Some(0));
}

#[test]
fn a_small_terminal_over_a_real_fleet() {
    require_rig!();
    real(80, 24, "handsmall");
}

#[test]
fn a_large_terminal_over_a_real_fleet() {
    require_rig!();
    real(160, 45, "handlarge");
}
