//! The cells of `get` against the server's own tables, and its output against kubectl's.

use crate::api::{Api, Table};
use crate::cli::{PATIENCE, eventually, get, kubectl};
use crate::support::rig::{Rig, Version, require_rig};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// See [`Rig::still_of`].
pub fn still() -> &'static Rig {
    Rig::still_of(Version::V1_37)
}

/// The seconds of `5m30s`, `8h`, `2y3d`; nothing for any other word.
fn seconds(word: &str) -> Option<u64> {
    let (mut sum, mut number) = (0, String::new());
    for letter in word.chars() {
        let unit = match letter {
            '0'..='9' => {
                number.push(letter);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'y' => 31_536_000,
            _ => return None,
        };
        sum += number.parse::<u64>().ok()? * unit;
        number.clear();
    }
    (number.is_empty() && !word.is_empty()).then_some(sum)
}

/// Whether a text that ticks may stand between what the server wrote before and after.
fn between(before: &str, ours: &str, after: &str) -> bool {
    let words = |text: &str| -> Vec<String> { text.split_inclusive([' ', '(', ')', ',']).map(str::to_owned).collect() };
    let (before, ours, after) = (words(before), words(ours), words(after));
    let is_between = |((before, ours), after): ((&String, &String), &String)| {
        let clean = |word: &str| seconds(word.trim_end_matches([' ', '(', ')', ',']));
        before == ours
            || after == ours
            || matches!((clean(before), clean(ours), clean(after)), (Some(a), Some(b), Some(c)) if a <= b && b <= c)
    };
    before.len() == ours.len() && ours.len() == after.len() && before.iter().zip(&ours).zip(&after).all(is_between)
}

#[test]
fn ages_between_two_answers_fit() {
    assert!(between("5 (59s ago)", "5 (1m0s ago)", "5 (61s ago)"));
    assert!(between("2m59s", "3m0s", "3m1s") && !between("2m59s", "3m2s", "3m1s") && !between("8", "9", "10"));
    assert!(!between("5 (59s ago)", "6 (59s ago)", "5 (59s ago)") && !between("<none>", "", "<none>"));
}

/// What differs between our rows and the server's tables of before and after.
fn difference(before: &Table, ours: &[Value], after: &Table) -> Result<(), String> {
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows: BTreeMap<String, &Value> = ours.iter().map(|row| (word(row, "uid"), row)).collect();
    let keys = |table: &Table| table.rows.keys().cloned().collect::<BTreeSet<_>>();
    if rows.keys().cloned().collect::<BTreeSet<_>>() != keys(before) || keys(before) != keys(after) {
        return Err(format!("{} rows where the server has {}", rows.len(), after.rows.len()));
    }
    for (uid, row) in rows {
        let columns = row["columns"].as_object().ok_or("no columns")?;
        let heads: BTreeSet<&String> = columns.keys().collect();
        if heads != before.heads.iter().collect() {
            return Err(format!("columns {heads:?} where the server has {:?}", before.heads));
        }
        for (at, head) in before.heads.iter().enumerate() {
            let (a, b, c) =
                (&before.rows[&uid][at], columns[head].as_str().unwrap_or("not a text"), &after.rows[&uid][at]);
            if !between(a, b, c) {
                return Err(format!("{} {head}: {b:?} where the server has {a:?}, then {c:?}", word(row, "name")));
            }
        }
    }
    Ok(())
}

/// Compares the columns of `get … -o json` with the server's table at a path.
#[track_caller]
fn as_the_server(kubeconfig: &Path, api: &Api, args: &[&str], path: &str) {
    eventually(PATIENCE, || {
        let before = api.table(path);
        let ended = get(kubeconfig, &[args, &["-o", "json"]].concat());
        assert_eq!(ended.code, 0, "{ended:?}");
        difference(&before, &ended.rows(), &api.table(path)).map_err(|said| format!("{args:?}: {said}"))
    });
}

/// Compares everything with kubectl's answer to the same words, with ages as `#` and one blank for many.
#[track_caller]
fn as_kubectl(kubeconfig: &Path, args: &[&str]) {
    let plain = |text: &str| {
        let words = |line: &str| {
            let word = |word: &str| {
                let bare = word.trim_start_matches('(');
                if seconds(bare).is_some() { "#".to_owned() } else { word.to_owned() }
            };
            line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
        };
        text.lines().map(words).collect::<Vec<_>>().join("\n")
    };
    eventually(PATIENCE, || {
        let Some(theirs) = kubectl(kubeconfig, &[&["get"], args].concat()) else { return Ok(()) };
        let ours = get(kubeconfig, args);
        let same =
            (ours.code, plain(&ours.out), plain(&ours.err)) == (theirs.code, plain(&theirs.out), plain(&theirs.err));
        if same { Ok(()) } else { Err(format!("get {args:?}: {ours:#?} where kubectl says {theirs:#?}")) }
    });
}

/// Compares everything with kubectl's answer, to the byte.
#[track_caller]
fn exactly_as_kubectl(kubeconfig: &Path, args: &[&str]) {
    eventually(PATIENCE, || {
        let Some(theirs) = kubectl(kubeconfig, &[&["get"], args].concat()) else { return Ok(()) };
        let ours = get(kubeconfig, args);
        let different = theirs.out.lines().zip(ours.out.lines()).find(|(theirs, ours)| theirs != ours);
        match different {
            Some((theirs, ours)) => Err(format!("get {args:?}:\n{ours}\nwhere kubectl says\n{theirs}")),
            None if theirs.out == ours.out => Ok(()),
            None => Err(format!("get {args:?}: {} bytes for {}", ours.out.len(), theirs.out.len())),
        }
    });
}

const EVERYWHERE: [(&str, &str); 6] = [
    ("pods", "/api/v1/pods"),
    ("nodes", "/api/v1/nodes"),
    ("namespaces", "/api/v1/namespaces"),
    ("deployments", "/apis/apps/v1/deployments"),
    ("events", "/api/v1/events"),
    ("replicasets", "/apis/apps/v1/replicasets"),
];

#[test]
fn a_busy_cluster_reads_as_the_server_writes_it() {
    require_rig!();
    let rig = still();
    let api = Api::new(rig.kubeconfig(), None);
    for (kind, path) in EVERYWHERE {
        as_the_server(rig.kubeconfig(), &api, &[kind, "-A"], path);
    }
}

#[test]
fn a_busy_cluster_looks_as_kubectl_shows_it() {
    require_rig!();
    let rig = still();
    for args in [&["pods", "-A", "-o", "wide"][..], &["pods", "-A"], &["rs", "-A", "-o", "wide"]] {
        exactly_as_kubectl(rig.kubeconfig(), args);
    }
    for kind in ["nodes", "namespaces", "deployments", "events"] {
        as_kubectl(rig.kubeconfig(), &[kind, "-A", "-o", "wide"]);
    }
}

fn ago(seconds: i64) -> String {
    jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() - seconds).expect("a moment").to_string()
}

fn microseconds() -> String {
    format!("{:.6}", jiff::Timestamp::now())
}

fn running() -> Value {
    json!({"running": {"startedAt": ago(300)}})
}

fn waiting(reason: &str) -> Value {
    json!({"waiting": {"reason": reason}})
}

fn ended(reason: &str, code: i32, signal: i32, since: i64) -> Value {
    json!({"terminated": {"reason": reason, "exitCode": code, "signal": signal,
        "startedAt": ago(since + 9), "finishedAt": ago(since)}})
}

fn container(name: &str, ready: bool, restarts: u32, state: &Value) -> Value {
    json!({"name": name, "image": "i", "imageID": "", "ready": ready, "restartCount": restarts, "state": state,
        "started": state.get("running").is_some()})
}

fn after(mut container: Value, last: Value) -> Value {
    container["lastState"] = last;
    container
}

fn condition(kind: &str, status: &str, reason: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "lastTransitionTime": ago(60)})
}

/// Name, what is merged into the spec, the status.
fn pods() -> Vec<(&'static str, Value, Value)> {
    let on_node = || json!({"nodeName": "node-of-the-test"});
    let two = || json!({"nodeName": "n", "containers": [{"name": "a", "image": "i"}, {"name": "b", "image": "i"}]});
    let inits =
        || json!({"nodeName": "n", "initContainers": [{"name": "x", "image": "i"}, {"name": "y", "image": "i"}]});
    let sidecar = || {
        json!({"nodeName": "n", "initContainers": [
        {"name": "x", "image": "i", "restartPolicy": "Always"}, {"name": "y", "image": "i"}]})
    };
    let one = |phase: &str, ready, restarts, state: Value| {
        json!({"phase": phase, "containerStatuses": [container("a", ready, restarts, &state)],
            "conditions": [condition("Ready", if ready { "True" } else { "False" }, "")]})
    };
    let init = |first: Value, second: Value| {
        json!({"phase": "Pending", "initContainerStatuses": [first, second],
            "conditions": [condition("Initialized", "False", "ContainersNotInitialized")],
            "containerStatuses": [container("a", false, 0, &waiting("PodInitializing"))]})
    };
    vec![
        ("pending", json!({}), json!({})),
        ("unschedulable", json!({}), json!({"conditions": [condition("PodScheduled", "False", "Unschedulable")]})),
        ("gated", json!({"schedulingGates": [{"name": "example.com/wait"}]}), json!({})),
        ("nominated", json!({}), json!({"nominatedNodeName": "node-that-will-be"})),
        ("running", on_node(), one("Running", true, 0, running())),
        ("not-ready", on_node(), one("Running", false, 0, running())),
        ("creating", on_node(), one("Pending", false, 0, waiting("ContainerCreating"))),
        ("image", on_node(), one("Pending", false, 0, waiting("ImagePullBackOff"))),
        ("config", on_node(), one("Pending", false, 0, waiting("CreateContainerConfigError"))),
        ("completed", on_node(), one("Succeeded", false, 0, ended("Completed", 0, 0, 100))),
        ("error", on_node(), one("Failed", false, 0, ended("Error", 1, 0, 100))),
        ("oom", on_node(), one("Running", false, 2, ended("OOMKilled", 137, 0, 100))),
        ("signal", on_node(), one("Failed", false, 0, ended("", 0, 15, 100))),
        ("code", on_node(), one("Failed", false, 0, ended("", 7, 0, 100))),
        ("unknown", on_node(), one("Unknown", false, 0, running())),
        ("evicted", on_node(), json!({"phase": "Failed", "reason": "Evicted", "message": "low on memory"})),
        (
            "crash",
            on_node(),
            json!({"phase": "Running", "containerStatuses": [
            after(container("a", false, 5, &waiting("CrashLoopBackOff")), ended("Error", 1, 0, 200))]}),
        ),
        (
            "restarts",
            two(),
            json!({"phase": "Running", "conditions": [condition("Ready", "True", "")], "containerStatuses": [
            after(container("a", true, 2, &running()), ended("Error", 1, 0, 7000)),
            after(container("b", true, 7, &running()), ended("Error", 1, 0, 90_000))]}),
        ),
        (
            "half-done",
            two(),
            json!({"phase": "Running", "conditions": [condition("Ready", "True", "")], "containerStatuses": [
            container("a", false, 0, &ended("Completed", 0, 0, 30)), container("b", true, 0, &running())]}),
        ),
        (
            "half-done-not-ready",
            two(),
            json!({"phase": "Running", "conditions": [condition("Ready", "False", "")],
            "containerStatuses": [
            container("a", false, 0, &ended("Completed", 0, 0, 30)), container("b", true, 0, &running())]}),
        ),
        (
            "init-first",
            inits(),
            init(container("x", false, 0, &running()), container("y", false, 0, &waiting("PodInitializing"))),
        ),
        (
            "init-second",
            inits(),
            init(container("x", true, 0, &ended("Completed", 0, 0, 50)), container("y", false, 1, &running())),
        ),
        (
            "init-error",
            inits(),
            init(container("x", false, 0, &ended("", 3, 0, 50)), container("y", false, 0, &waiting("PodInitializing"))),
        ),
        (
            "init-signal",
            inits(),
            init(
                container("x", false, 0, &ended("", 137, 9, 50)),
                container("y", false, 0, &waiting("PodInitializing")),
            ),
        ),
        (
            "init-crash",
            inits(),
            init(
                after(container("x", false, 4, &waiting("CrashLoopBackOff")), ended("Error", 1, 0, 75)),
                container("y", false, 0, &waiting("PodInitializing")),
            ),
        ),
        ("sidecar", sidecar(), init(container("x", true, 3, &running()), container("y", false, 0, &running()))),
        (
            "sidecar-up",
            sidecar(),
            json!({"phase": "Running", "conditions": [condition("Ready", "True", ""), condition("Initialized", "True", "")],
            "initContainerStatuses": [after(container("x", true, 3, &running()), ended("Error", 1, 0, 400)),
                container("y", true, 0, &ended("Completed", 0, 0, 50))],
            "containerStatuses": [container("a", true, 1, &running())]}),
        ),
        (
            "ready-gates",
            json!({"nodeName": "n", "readinessGates": [{"conditionType": "a/one"}, {"conditionType": "a/two"}]}),
            json!({"phase": "Running", "conditions": [condition("a/one", "True", ""), condition("Ready", "False", "")],
            "containerStatuses": [container("a", true, 0, &running())]}),
        ),
        (
            "addresses",
            on_node(),
            json!({"phase": "Running", "podIP": "10.1.2.3", "podIPs": [{"ip": "10.1.2.3"}, {"ip": "fd00::3"}],
            "containerStatuses": [container("a", true, 0, &running())], "conditions": [condition("Ready", "True", "")]}),
        ),
        ("going", on_node(), one("Running", true, 0, running())),
        ("going-done", on_node(), one("Succeeded", false, 0, ended("Completed", 0, 0, 100))),
        (
            "going-lost",
            on_node(),
            json!({"phase": "Running", "reason": "NodeLost",
            "containerStatuses": [container("a", true, 0, &running())]}),
        ),
    ]
}

#[test]
fn every_state_of_a_pod() {
    require_rig!();
    let rig = still();
    let api = Api::new(rig.kubeconfig(), None);
    let namespace = api.namespace("states");
    let path = format!("/api/v1/namespaces/{namespace}/pods");
    for (name, spec, status) in pods() {
        let mut whole = json!({"containers": [{"name": "a", "image": "i"}]});
        for (key, value) in spec.as_object().expect("an object") {
            whole[key] = value.clone();
        }
        api.create(&path, &json!({"metadata": {"name": name, "finalizers": ["example.com/stays"]}, "spec": whole}));
        api.merge(&format!("{path}/{name}/status"), &json!({"status": status}));
        if name.starts_with("going") {
            api.delete(&format!("{path}/{name}"));
        }
    }
    as_the_server(rig.kubeconfig(), &api, &["pods", "-n", &namespace], &path);
    as_kubectl(rig.kubeconfig(), &["pods", "-n", &namespace, "-o", "wide"]);
    let table = api.table(&path);
    let words: BTreeSet<&str> = table.rows.values().map(|cells| cells[2].as_str()).collect();
    assert!(words.len() >= 20, "the states are told apart: {words:?}");
}

#[test]
fn every_state_of_nodes_and_namespaces() {
    require_rig!();
    let rig = still();
    let api = Api::new(rig.kubeconfig(), None);
    let node = |name: &str, labels: Value, spec: Value, status: Value| {
        api.create("/api/v1/nodes", &json!({"metadata": {"name": name, "labels": labels}, "spec": spec}));
        api.merge(&format!("/api/v1/nodes/{name}/status"), &json!({"status": status}));
    };
    let ready = |status: &str| json!([condition("MemoryPressure", "False", ""), condition("Ready", status, "")]);
    node("state-new", json!({}), json!({}), json!({}));
    node(
        "state-no",
        json!({"node-role.kubernetes.io/b": "", "node-role.kubernetes.io/a": ""}),
        json!({}),
        json!({"conditions": ready("False")}),
    );
    node("state-lost", json!({"kubernetes.io/role": "edge"}), json!({}), json!({"conditions": ready("Unknown")}));
    node(
        "state-cordoned",
        json!({}),
        json!({"unschedulable": true}),
        json!({
        "conditions": ready("True"),
        "addresses": [{"type": "Hostname", "address": "h"}, {"type": "InternalIP", "address": "10.0.0.7"},
            {"type": "ExternalIP", "address": "198.51.100.7"}],
        "nodeInfo": {"kubeletVersion": "v1.30.0", "osImage": "Debian GNU/Linux 12 (bookworm)", "kernelVersion": "6.1.0",
            "containerRuntimeVersion": "containerd://1.7.0", "machineID": "", "systemUUID": "", "bootID": "",
            "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64"}}),
    );
    let going = api.namespace("going");
    api.delete(&format!("/api/v1/namespaces/{going}"));
    as_the_server(rig.kubeconfig(), &api, &["nodes"], "/api/v1/nodes");
    as_the_server(rig.kubeconfig(), &api, &["ns"], "/api/v1/namespaces");
    as_kubectl(rig.kubeconfig(), &["node", "-o", "wide"]);
    as_kubectl(rig.kubeconfig(), &["namespaces", going.as_str(), "-o", "wide"]);
    assert!(get(rig.kubeconfig(), &["ns", &going]).complete().contains("Terminating"));
    for name in ["state-new", "state-no", "state-lost", "state-cordoned"] {
        api.delete(&format!("/api/v1/nodes/{name}"));
    }
}

#[test]
fn every_state_of_events_and_deployments() {
    require_rig!();
    let rig = still();
    let api = Api::new(rig.kubeconfig(), None);
    let namespace = api.namespace("told");
    let events = format!("/api/v1/namespaces/{namespace}/events");
    let about = json!({"kind": "Pod", "name": "p", "namespace": namespace, "apiVersion": "v1", "fieldPath": "spec.containers{a}"});
    for (name, event) in [
        (
            "counted",
            json!({"type": "Warning", "reason": "BackOff", "message": "again\nand again  ", "count": 12,
            "firstTimestamp": ago(9000), "lastTimestamp": ago(700), "source": {"component": "kubelet", "host": "node-1"}}),
        ),
        (
            "once",
            json!({"type": "Normal", "reason": "Pulled", "message": "done", "firstTimestamp": ago(800), "lastTimestamp": ago(800),
            "source": {"component": "kubelet"}}),
        ),
        (
            "new-style",
            json!({"type": "Normal", "reason": "Scheduled", "message": "bound", "action": "Binding",
            "eventTime": microseconds(), "reportingComponent": "scheduler", "reportingInstance": "scheduler-1"}),
        ),
        (
            "series",
            json!({"type": "Normal", "reason": "Synced", "message": "often", "action": "Sync",
            "eventTime": microseconds(), "reportingComponent": "c", "reportingInstance": "c-1",
            "series": {"count": 40, "lastObservedTime": microseconds()}}),
        ),
        ("bare", json!({})),
    ] {
        let mut event = event;
        event["metadata"] = json!({"name": name});
        event["involvedObject"] = about.clone();
        api.create(&events, &event);
    }
    let deployments = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
    for (name, replicas, selector, status) in [
        ("new", json!(3), json!({"matchLabels": {"a": "b"}}), json!({})),
        (
            "up",
            json!(2),
            json!({"matchLabels": {"a": "b"}}),
            json!({"replicas": 2, "readyReplicas": 2, "updatedReplicas": 2, "availableReplicas": 2}),
        ),
        ("off", json!(0), json!({"matchLabels": {"a": "b"}}), json!({})),
        (
            "default",
            Value::Null,
            json!({"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "In", "values": ["y", "x"]}]}),
            json!({"replicas": 3, "readyReplicas": 1, "updatedReplicas": 1, "availableReplicas": 0, "unavailableReplicas": 2}),
        ),
    ] {
        let template = json!({"metadata": {"labels": {"a": "b", "c": "x"}}, "spec": {"containers": [
            {"name": "web", "image": "registry.example.com/web:1"}, {"name": "log", "image": "log@sha256:00"}]}});
        api.create(
            &deployments,
            &json!({"metadata": {"name": name},
            "spec": {"replicas": replicas, "selector": selector, "template": template}}),
        );
        api.merge(&format!("{deployments}/{name}/status"), &json!({"status": status}));
    }
    as_the_server(rig.kubeconfig(), &api, &["events", "-n", &namespace], &events);
    as_the_server(rig.kubeconfig(), &api, &["deploy", "-n", &namespace], &deployments);
    as_kubectl(rig.kubeconfig(), &["event", "-n", &namespace, "-o", "wide"]);
    as_kubectl(rig.kubeconfig(), &["events", "-n", &namespace]);
    as_kubectl(rig.kubeconfig(), &["deployment", "-n", &namespace, "-o", "wide"]);
}

#[test]
fn kinds_that_the_server_prints() {
    require_rig!();
    let rig = still();
    let api = Api::new(rig.kubeconfig(), None);
    let namespace = api.namespace("printed");
    let core = format!("/api/v1/namespaces/{namespace}");
    api.create(&format!("{core}/serviceaccounts"), &json!({"metadata": {"name": "robot"}}));
    api.create(&format!("{core}/configmaps"), &json!({"metadata": {"name": "settings"}, "data": {"a": "1", "b": "2"}}));
    let ports = json!([{"name": "http", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}]);
    for (name, spec) in [
        ("inside", json!({"ports": ports, "selector": {"app": "web", "tier": "front"}})),
        ("headless", json!({"clusterIP": "None", "ports": ports})),
        ("outside", json!({"type": "NodePort", "ports": ports, "externalIPs": ["198.51.100.1"]})),
        ("balanced", json!({"type": "LoadBalancer", "ports": ports})),
        ("elsewhere", json!({"type": "ExternalName", "externalName": "example.com"})),
    ] {
        api.create(&format!("{core}/services"), &json!({"metadata": {"name": name}, "spec": spec}));
    }
    let batch = format!("/apis/batch/v1/namespaces/{namespace}/cronjobs");
    let job = json!({"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "i"}]}}}});
    api.create(
        &batch,
        &json!({"metadata": {"name": "nightly"}, "spec": {"schedule": "0 1 * * *", "jobTemplate": job}}),
    );

    let column = |name: &str, kind: &str, path: &str, priority: u32| json!({"name": name, "type": kind, "jsonPath": path, "priority": priority});
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &json!({
        "metadata": {"name": "rockets.fleet.example.com"},
        "spec": {"group": "fleet.example.com", "scope": "Namespaced",
            "names": {"plural": "rockets", "singular": "rocket", "kind": "Rocket", "shortNames": ["rkt"]},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema, "additionalPrinterColumns": [
                column("Stage", "integer", ".spec.stage", 0), column("Reusable", "boolean", ".spec.reusable", 0),
                column("Thrust", "number", ".spec.thrust", 1), column("Launched", "date", ".spec.launched", 0),
                column("Crew", "string", ".spec.crew[*]", 1), column("Age", "date", ".metadata.creationTimestamp", 0)]}]}}));
    let rockets = format!("/apis/fleet.example.com/v1/namespaces/{namespace}/rockets");
    eventually(PATIENCE, || {
        let asked = api.ask("GET", &rockets, ("accept", "application/json"), &Value::Null);
        asked.map(drop).map_err(|error| error.to_string())
    });
    for (name, spec) in [
        ("full", json!({"stage": 2, "reusable": true, "thrust": 7.25, "launched": ago(100_000), "crew": ["a", "b"]})),
        ("empty", json!({})),
    ] {
        let object =
            json!({"apiVersion": "fleet.example.com/v1", "kind": "Rocket", "metadata": {"name": name}, "spec": spec});
        api.create(&rockets, &object);
    }
    for (kind, path) in [
        ("sa", format!("{core}/serviceaccounts")),
        ("configmaps", format!("{core}/configmaps")),
        ("svc", format!("{core}/services")),
        ("cronjobs.batch", batch),
        ("rkt", rockets),
    ] {
        as_the_server(rig.kubeconfig(), &api, &[kind, "-n", &namespace], &path);
        as_kubectl(rig.kubeconfig(), &[kind, "-n", &namespace, "-o", "wide"]);
        as_kubectl(rig.kubeconfig(), &[kind, "-n", &namespace]);
    }
    for words in ["rocket", "Rocket", "rockets.fleet.example.com", "rockets.v1.fleet.example.com"] {
        as_kubectl(rig.kubeconfig(), &[words, "full", "-n", &namespace]);
    }
    as_kubectl(rig.kubeconfig(), &["rkt,svc,sa", "-n", &namespace]);
    as_kubectl(rig.kubeconfig(), &["rkt,svc,sa", "-n", &namespace, "-o", "name"]);
    let asked = get(rig.kubeconfig(), &["svc", "-n", &namespace]);
    assert!(asked.took.as_secs() < 5, "a list of Tables does not wait for a time-out: {:?}", asked.took);
}

#[test]
fn words_of_the_command_line() {
    require_rig!();
    let rig = still();
    let api = Api::new(rig.kubeconfig(), None);
    let (first, second) = (api.namespace("words"), api.namespace("words"));
    let pod = |namespace: &str, name: &str, labels: Value| {
        let spec = json!({"containers": [{"name": "a", "image": "i"}]});
        api.create(
            &format!("/api/v1/namespaces/{namespace}/pods"),
            &json!({"metadata": {"name": name, "labels": labels}, "spec": spec}),
        );
    };
    pod(&first, "db-0", json!({"app": "db"}));
    pod(&first, "web-0", json!({"app": "web", "tier": "front"}));
    pod(&second, "web-1", json!({"app": "web"}));
    api.merge(&format!("/api/v1/namespaces/{first}/pods/db-0/status"), &json!({"status": {"phase": "Running"}}));
    let n = first.as_str();
    for args in [
        &["pods", "-n", n][..],
        &["po", "db-0", "-n", n],
        &["po", "web-0", "db-0", "-n", n],
        &["pod/db-0", "-n", n],
        &["pods/db-0", "pods/web-0", "-n", n],
        &["pods", "-n", n, "-o", "name"],
        &["pods,deploy", "-n", n],
        &["deploy,pods", "-n", n, "-o", "wide"],
        &["pods", "-n", n, "-l", "app=web"],
        &["pods", "-n", n, "-l", "app in (web, db), !tier"],
        &["pods", "-n", n, "--field-selector", "status.phase=Running"],
        &["pods", "-n", n, "--field-selector", "metadata.name!=db-0"],
        &["pods", "-A", "-l", "app=web"],
        &["pods,deploy", "-n", n, "-l", "app=nobody"],
        &["pods", "-n", "no-such-namespace"],
        &["deployments", "-n", n],
        &["pv"],
        &["pods", "nobody", "-n", n],
        &["pods", "db-0", "nobody", "-n", n],
        &["deploy/nobody", "svc/nobody", "-n", n],
        &["nodes", "nobody"],
    ] {
        as_kubectl(rig.kubeconfig(), args);
    }
    let both = get(rig.kubeconfig(), &["pods", "-n", &format!("{first},{second}")]).complete();
    let lines: Vec<Vec<&str>> = both.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    assert_eq!(lines, [["NAMESPACE", "NAME"], [n, "db-0"], [n, "web-0"], [second.as_str(), "web-1"]]);
    let empty = get(rig.kubeconfig(), &["pods", "-n", "no-such-namespace"]);
    assert_eq!(empty.err, "No resources found in no-such-namespace namespace.\n");
    let json = get(rig.kubeconfig(), &["pods", "-n", "no-such-namespace", "-o", "json"]);
    assert_eq!((json.rows(), json.err.as_str(), json.code), (Vec::new(), "", 0));
    let row = &get(rig.kubeconfig(), &["po/db-0", "-n", n, "-o", "json"]).rows()[0];
    let object = api.get(&format!("/api/v1/namespaces/{first}/pods/db-0"));
    for (ours, theirs) in [
        ("uid", "uid"),
        ("resourceVersion", "resourceVersion"),
        ("created", "creationTimestamp"),
        ("namespace", "namespace"),
    ] {
        assert_eq!(row[ours], object["metadata"][theirs], "{ours}");
    }
    assert_eq!((&row["cluster"], &row["kind"], &row["name"]), (&json!("still"), &json!("Pod"), &json!("db-0")));
    assert!(get(rig.kubeconfig(), &["ns", n, "-o", "json"]).rows().iter().all(|row| row["namespace"] == ""));
}
