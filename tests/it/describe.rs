//! Descriptions of real objects, held against kubectl's: whatever it says of an object, ours says, too.

use crate::api::Api;
use crate::cli::eventually;
use crate::support::kubectl::has_kubectl;
use crate::support::server::{Place, Server, on_each};
use serde_json::{Value, json};
use skylark::cluster::watch::percent_encode;
use skylark::describe::{Answers, By, Got, LIST_LIMIT, MOST_WANTS, Want, describe, wants};
use skylark::model::kind::Kind;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const OBJECTS: &str = include_str!("../fixtures/describe/real/objects.yaml");
const REQUEST: &str = include_str!("../fixtures/describe/certificatesigningrequest.yaml");
const PATIENCE: Duration = Duration::from_secs(90);

/// Group, version, plural, kind and name; `@` is the namespace's name, and `@/` stands before the names
/// of objects that live in it.
const KINDS: [(&str, &str, &str, &str, &str); 43] = [
    ("", "v1", "pods", "Pod", "@/rich"),
    ("", "v1", "configmaps", "ConfigMap", "@/web-config"),
    ("", "v1", "secrets", "Secret", "@/registry"),
    ("", "v1", "secrets", "Secret", "@/web-token"),
    ("", "v1", "serviceaccounts", "ServiceAccount", "@/web"),
    ("", "v1", "services", "Service", "@/web"),
    ("", "v1", "endpoints", "Endpoints", "@/web"),
    ("", "v1", "replicationcontrollers", "ReplicationController", "@/old"),
    ("", "v1", "persistentvolumes", "PersistentVolume", "@"),
    ("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "@/web-data"),
    ("", "v1", "resourcequotas", "ResourceQuota", "@/team"),
    ("", "v1", "limitranges", "LimitRange", "@/limits"),
    ("", "v1", "namespaces", "Namespace", "@"),
    ("", "v1", "nodes", "Node", "*"),
    ("", "v1", "events", "Event", "@/*"),
    ("apps", "v1", "deployments", "Deployment", "@/web"),
    ("apps", "v1", "replicasets", "ReplicaSet", "@/*"),
    ("apps", "v1", "statefulsets", "StatefulSet", "@/db"),
    ("apps", "v1", "daemonsets", "DaemonSet", "@/agent"),
    ("apps", "v1", "controllerrevisions", "ControllerRevision", "@/*"),
    ("batch", "v1", "jobs", "Job", "@/report"),
    ("batch", "v1", "cronjobs", "CronJob", "@/nightly"),
    ("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "@/web"),
    ("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "@/web"),
    ("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", "@/*"),
    ("networking.k8s.io", "v1", "ingresses", "Ingress", "@/web"),
    ("networking.k8s.io", "v1", "ingressclasses", "IngressClass", "@"),
    ("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "@/web"),
    ("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR", "kubernetes"),
    ("networking.k8s.io", "v1", "ipaddresses", "IPAddress", "*"),
    ("rbac.authorization.k8s.io", "v1", "roles", "Role", "@/reader"),
    ("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", "@/web-reads"),
    ("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", "@"),
    ("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", "@"),
    ("storage.k8s.io", "v1", "storageclasses", "StorageClass", "@"),
    ("storage.k8s.io", "v1", "csinodes", "CSINode", "@"),
    ("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", "@"),
    ("certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest", "@"),
    ("coordination.k8s.io", "v1", "leases", "Lease", "@/leader"),
    ("storage.k8s.io", "v1", "csidrivers", "CSIDriver", "@.example.org"),
    ("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", "@"),
    ("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", "@"),
    ("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", "@"),
];

/// Kinds that kubectl shows as an outline of all fields, and we in a form of their own: held by their
/// values instead of by the names of their fields.
const OUTLINED: [&str; 7] = [
    "Event",
    "Lease",
    "CSIDriver",
    "VolumeAttachment",
    "RuntimeClass",
    "ValidatingWebhookConfiguration",
    "CustomResourceDefinition",
];

/// What kubectl names and we do not, by kind, with the reason.
const DIFFERENT: [(&str, &str, &str); 9] = [
    ("", "Owner References", "they are the lines Controlled By and Owned By"),
    ("", "Controller", "as above"),
    ("", "Block Owner Deletion", "as above"),
    ("HorizontalPodAutoscaler", "resource cpu on pods  (as a percentage of request)", "metrics stand in a table"),
    ("ConfigMap", "listen = 8080", "a line of the data"),
    ("Pod", "ConfigMapOptional", "what older kubectls call Optional"),
    ("Pod", "SecretOptionalName", "as above"),
    ("Node", "Kube-Proxy Version", "no longer a field of its own; older kubectls show it"),
    ("Endpoints", "Ports", "an empty list of ports is said by kubectl as nothing"),
];

/// The names of fields in a description: `Name`, `Controlled By`, …
fn keys(text: &str) -> BTreeSet<String> {
    let key = |line: &str| {
        let line = line.trim_start().trim_start_matches("- ");
        let at = line.find(':').filter(|at| line[at + 1..].chars().next().is_none_or(|c| c == ' ' || c == '\t'))?;
        let key = line[..at].trim();
        let is_name = key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.len() < 80;
        is_name.then(|| key.to_owned())
    };
    text.lines().filter_map(key).collect()
}

fn path(kind: &Kind, namespace: Option<&str>, by: &By) -> String {
    let base = kind.path(namespace);
    match by {
        By::Name(name) => format!("{base}/{}", percent_encode(name)),
        By::Labels(labels) => format!("{base}?limit={LIST_LIMIT}&labelSelector={}", percent_encode(labels)),
        By::Fields(fields) => format!("{base}?limit={LIST_LIMIT}&fieldSelector={}", percent_encode(fields)),
        By::Owner(_) | By::All => format!("{base}?limit={LIST_LIMIT}"),
    }
}

/// Asks the server, as a cockpit would.
fn ask(api: &Api, want: &Want) -> Got {
    let kind = Kind::built_in(&want.group, &want.version, &want.plural, "", "", &[], want.namespace.is_some());
    let path = path(&kind, want.namespace.as_deref(), &want.by);
    match api.ask("GET", &path, ("accept", "application/json"), &Value::Null) {
        Ok(object) if matches!(want.by, By::Name(_)) => Got::Objects(vec![object]),
        Ok(list) => {
            let mut items = list["items"].as_array().cloned().unwrap_or_default();
            if let By::Owner(uid) = &want.by {
                let owned = |it: &Value| {
                    it["metadata"]["ownerReferences"]
                        .as_array()
                        .is_some_and(|all| all.iter().any(|o| o["uid"] == **uid))
                };
                items.retain(owned);
            }
            let more = list["metadata"]["continue"].as_str().is_some_and(|token| !token.is_empty());
            if more { Got::Part(items) } else { Got::Objects(items) }
        }
        Err(kube::Error::Api(status)) if status.code == 404 => Got::Missing,
        Err(kube::Error::Api(status)) if status.code == 403 => Got::Refused(status.message.clone()),
        Err(error) => Got::Failed(error.to_string()),
    }
}

/// Our description of an object, with all that it wants answered.
fn ours(api: &Api, kind: &Kind, object: &Value) -> String {
    let mut answers = Answers::default();
    for _ in 0..6 {
        let wanted = wants(kind, object, &answers);
        assert!(wanted.len() <= MOST_WANTS);
        let new: Vec<_> = wanted.into_iter().filter(|want| !answers.contains_key(want)).collect();
        if new.is_empty() {
            break;
        }
        for want in new {
            let got = ask(api, &want);
            assert!(!matches!(got, Got::Failed(_)), "{want:?}: {got:?}");
            answers.insert(want, got);
        }
    }
    describe(kind, object, &answers, skylark::base::clock::now()).text()
}

/// Makes the objects in a namespace of their own; gives its name.
fn make(rig: &Place, api: &Api) -> String {
    let namespace = rig.namespace("described");
    let plain: String = namespace.chars().filter(char::is_ascii_alphanumeric).collect();
    let request = REQUEST.split_once("request: ").expect("a request").1.split('}').next().expect("its text");
    let text = OBJECTS
        .replace("@NS@", &namespace)
        .replace("@CSR@", request)
        .replace("@PLURAL@", &format!("{plain}widgets"))
        .replace("@SINGULAR@", &format!("{plain}widget"))
        .replace("@KIND@", &format!("W{plain}widget"));
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    rig.kubectl_ok(&["apply", "-f", &file.path().to_string_lossy()]);
    let pod = format!("/api/v1/namespaces/{namespace}/pods/rich/status");
    api.merge(&pod, &status());
    namespace
}

/// A pod's status with a container in each state.
fn status() -> Value {
    let at = "2026-03-01T08:00:00Z";
    let container = |name: &str, state: Value, last: Value| {
        json!({"name": name, "image": format!("{name}:1"), "imageID": "sha256:a", "containerID": "containerd://1",
            "ready": false, "restartCount": 3, "state": state, "lastState": last})
    };
    let killed = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled", "message": "too much", "signal": 9,
        "startedAt": at, "finishedAt": at}});
    json!({"status": {
        "phase": "Running", "startTime": at, "hostIP": "10.0.0.1", "podIP": "10.1.0.1",
        "podIPs": [{"ip": "10.1.0.1"}], "reason": "Odd", "message": "odd message", "nominatedNodeName": "other",
        "conditions": [{"type": "Ready", "status": "False", "reason": "Waits", "lastTransitionTime": at},
            {"type": "example.org/gate", "status": "False", "lastTransitionTime": at}],
        "initContainerStatuses": [container("first", json!({"running": {"startedAt": at}}), json!({}))],
        "containerStatuses": [
            container("web", json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}), killed.clone()),
            container("probe", killed, json!({})),
        ],
    }})
}

/// The object of a row of [`KINDS`]; `*` is any of the list.
fn object(api: &Api, kind: &Kind, namespace: Option<&str>, name: &str) -> Result<Value, String> {
    if name == "*" {
        let list = api.get(&kind.path(namespace));
        return list["items"].as_array().and_then(|items| items.first().cloned()).ok_or("none yet".into());
    }
    Ok(api.get(&format!("{}/{name}", kind.path(namespace))))
}

/// kubectl's description; `None` of a kind that an older kubectl asks for in a version that is gone.
fn kubectl(rig: &Place, kind: &Kind, namespace: Option<&str>, name: &str) -> Option<String> {
    let resource = format!("{}.{}.{}", kind.plural, kind.version, kind.group);
    let resource = if kind.group.is_empty() { kind.plural.clone() } else { resource };
    let mut args = vec!["describe", &resource, name];
    if let Some(namespace) = namespace {
        args.extend(["-n", namespace]);
    }
    let output = rig.kubectl(&args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let too_old = matches!(kind.plural.as_str(), "servicecidrs" | "ipaddresses");
    if too_old && said.contains("could not find the requested resource") {
        return None;
    }
    assert!(output.status.success(), "kubectl {args:?}: {said}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A description without its events.
fn body(text: &str) -> &str {
    let end = text.rfind("\nEvents:").unwrap_or(text.len());
    &text[..end]
}

/// The names of fields that kubectl says and we do not.
fn lacking(kind: &str, theirs: &str, ours: &str) -> Vec<String> {
    let known = keys(ours);
    let told = |key: &str| DIFFERENT.iter().any(|(of, name, _)| (*of == kind || of.is_empty()) && *name == key);
    keys(body(theirs)).into_iter().filter(|key| !known.contains(key) && !told(key)).collect()
}

/// Values that we write otherwise or not at all: a part of kubectl's line, with the reason.
const REWRITTEN: [(&str, &str); 8] = [
    (" +0000", "moments are written shorter, with how long ago they were"),
    (" Running / ", "counted while controllers work"),
    (
        "last-applied-configuration=",
        "a copy of the whole object, which may hold secrets; kubectl shows it of a few kinds",
    ),
    ("( current / target )", "metrics stand in a table"),
    ("(as a percentage of request)", "as above"),
    ("SecretRef:  nil", "`<none>`"),
    ("Failed to get lease", "`missing`: a node that has not written its lease yet"),
    ("Block Owner Deletion:  true", "owners are lines of their own"),
];

/// The values that kubectl says and we do not.
fn other_values(kind: &str, theirs: &str, ours: &str) -> Vec<String> {
    let plain =
        |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace(", ", ",").replace(['[', ']'], "");
    let ours = plain(ours);
    let value = |line: &&str| {
        let Some((key, value)) = line.split_once(':') else { return false };
        // The token of an account: kubectl prints it, we count its bytes.
        let is_secret = kind == "Secret" && key == "token";
        let of_owner =
            kind == "ControllerRevision" && matches!(key.trim(), "Controller" | "UID" | "Block Owner Deletion");
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let rewritten = REWRITTEN.iter().any(|(part, _)| line.contains(&part.replace("  ", " ")));
        let value = plain(value);
        !value.is_empty() && !is_secret && !of_owner && !rewritten && !ours.contains(&value)
    };
    body(theirs).lines().filter(value).map(|line| line.trim().to_owned()).collect()
}

/// Whether kubectl is of the version whose texts we follow; older ones say the same in other words.
fn kubectl_is_current(rig: &Place) -> bool {
    static MINOR: OnceLock<u32> = OnceLock::new();
    let minor = MINOR.get_or_init(|| {
        let version = rig.kubectl_ok(&["version", "--client", "-o", "json"]);
        let version: Value = serde_json::from_str(&version).expect("a version");
        version["clientVersion"]["minor"].as_str().and_then(|minor| minor.parse().ok()).unwrap_or_default()
    });
    *minor >= 37
}

/// The reasons in the events of a description, in order.
fn reasons(text: &str) -> Vec<String> {
    let events = text.rsplit_once("\nEvents:").map_or("", |(_, events)| events);
    let rows = events
        .lines()
        .filter(|line| line.trim_start().starts_with("Normal") || line.trim_start().starts_with("Warning"));
    rows.filter_map(|row| row.split_whitespace().nth(1)).map(str::to_owned).collect()
}

/// The texts and numbers in a value: what a form of our own must not lose.
fn leaves(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.extend(text.lines().map(|line| line.trim().to_owned())),
        Value::Number(number) => out.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, out)),
        Value::Object(map) => map.values().for_each(|item| leaves(item, out)),
        Value::Bool(_) | Value::Null => {}
    }
}

/// Every kind: the fields of kubectl's description are in ours; outlined kinds keep all their values.
#[test]
fn describes_what_kubectl_describes() {
    if !has_kubectl() {
        return;
    }
    on_each(hold_against_kubectl);
}

/// What the embedded server leaves out.
const NOT_EMBEDDED: [&str; 2] = ["servicecidrs", "ipaddresses"];

fn hold_against_kubectl(server: Server) {
    let rig = server.shared();
    let api = Api::new(rig.kubeconfig(), None);
    let namespace = make(rig, &api);
    let mut wrong = Vec::new();
    for (group, version, plural, name, place) in KINDS {
        if server == Server::Embedded && NOT_EMBEDDED.contains(&plural) {
            continue;
        }
        let singular = name.to_lowercase();
        let (in_namespace, at) = match place.strip_prefix("@/") {
            Some(at) => (Some(namespace.as_str()), at.to_owned()),
            None => (None, place.replace('@', &namespace)),
        };
        let kind = Kind::built_in(group, version, plural, &singular, name, &[], in_namespace.is_some());
        let mut said = String::new();
        // What is counted and listed changes while controllers work; a lack that stays is one.
        let end = Instant::now() + PATIENCE;
        let compared = loop {
            let result = compare(rig, &api, &kind, in_namespace, &at, &mut said);
            if result.is_ok() || Instant::now() > end {
                break result;
            }
            std::thread::sleep(Duration::from_millis(100));
        };
        if let Err(lacking) = compared {
            wrong.push(format!("{name} {at}: {lacking}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    custom_resource(rig, &api, &namespace);
    seen_by_few(rig, &api, &namespace);
}

fn compare(
    rig: &Place,
    api: &Api,
    kind: &Kind,
    namespace: Option<&str>,
    name: &str,
    said: &mut String,
) -> Result<(), String> {
    let mut object = object(api, kind, namespace, name)?;
    // Items of a list do not say what they are.
    object["kind"] = json!(kind.kind);
    object["apiVersion"] =
        json!(if kind.group.is_empty() { kind.version.clone() } else { format!("{}/{}", kind.group, kind.version) });
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let text = ours(api, kind, &object);
    let Some(theirs) = kubectl(rig, kind, namespace, &name) else { return Ok(()) };
    *said = format!("--- ours\n{text}\n--- kubectl's\n{theirs}");
    assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMg"), "{text}");
    if OUTLINED.contains(&kind.kind.as_str()) {
        let mut values = Vec::new();
        for field in ["spec", "webhooks", "handler", "overhead", "message", "reason", "involvedObject"] {
            let mut value = object[field].clone();
            if field == "involvedObject" {
                // Told by its kind and name, which lead to it.
                value = json!([value["kind"], value["name"]]);
            }
            leaves(&value, &mut values);
        }
        let lost: Vec<_> = values.into_iter().filter(|value| !text.contains(value.as_str())).collect();
        return if lost.is_empty() { Ok(()) } else { Err(format!("lost {lost:?}")) };
    }
    let lacking = lacking(&kind.kind, &theirs, &text);
    if !lacking.is_empty() {
        return Err(format!("lacking {lacking:?}"));
    }
    let values = other_values(&kind.kind, &theirs, &text);
    if !values.is_empty() && kubectl_is_current(rig) {
        return Err(format!("other values {values:?}"));
    }
    if reasons(&theirs) != reasons(&text) {
        return Err("other events".into());
    }
    // The sums of a node's pods: every share that kubectl prints.
    if kind.kind == "Node" {
        let shares: Vec<_> =
            theirs.split_once("Allocated resources").map_or("", |(_, rest)| rest).split("  ").collect();
        let lost: Vec<_> =
            shares.iter().map(|it| it.trim()).filter(|it| it.ends_with("%)") && !text.contains(it)).collect();
        return if lost.is_empty() { Ok(()) } else { Err(format!("other sums: {lost:?}")) };
    }
    Ok(())
}

/// A custom resource with a condition.
fn custom_resource(rig: &Place, api: &Api, namespace: &str) {
    let plain: String = namespace.chars().filter(char::is_ascii_alphanumeric).collect();
    let plural = format!("{plain}widgets");
    let name = format!("W{plain}widget");
    let kind = Kind::built_in("example.org", "v1", &plural, &format!("{plain}widget"), &name, &[], true);
    let object = json!({"apiVersion": "example.org/v1", "kind": name, "metadata": {"name": "one"},
        "spec": {"size": 3, "dnsNames": ["a", "b"], "rules": [{"fromPort": 1}], "emptyOne": {}},
        "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "Waits", "message": "for a friend",
            "lastTransitionTime": "2026-03-01T08:00:00Z"}], "observedSize": 2}});
    let at = kind.path(Some(namespace));
    eventually(PATIENCE, || {
        let made = api.ask("POST", &at, ("content-type", "application/json"), &object);
        made.map(drop)
            .or_else(|error| if error.to_string().contains("already exists") { Ok(()) } else { Err(error.to_string()) })
    });
    api.merge(&format!("{at}/one/status"), &json!({"status": object["status"]}));
    let there = api.get(&format!("{at}/one"));
    let text = ours(api, &kind, &there);
    let theirs = kubectl(rig, &kind, Some(namespace), "one").expect("a description");
    let drawn = ["Last Transition Time", "Message", "Reason", "Status", "Type"]; // a table's columns
    let lacking: Vec<_> =
        lacking("", &theirs, &text).into_iter().filter(|key| !drawn.contains(&key.as_str())).collect();
    assert!(lacking.is_empty(), "{lacking:?}\n{text}\n{theirs}");
    assert!(text.contains("Ready is False") && text.contains("for a friend"), "{text}");
}

/// The same pod for one who may read little: refused is never missing.
fn seen_by_few(rig: &Place, api: &Api, namespace: &str) {
    let pod = Kind::built_in("", "v1", "pods", "pod", "Pod", &[], true);
    let object = api.get(&format!("/api/v1/namespaces/{namespace}/pods/rich"));
    let few = Api::new(rig.kubeconfig(), Some(&rig.nobody()));
    let text = ours(&few, &pod, &object);
    assert!(text.contains("web-config (not allowed to look)"), "{text}");
    assert!(text.contains("Events:") && text.contains("not allowed to look: events is forbidden"), "{text}");
    assert!(!text.contains("missing") && !text.contains("Events:  <none>"), "{text}");
}
