//! What the server fills in where a client says nothing.

use super::{definition, map_of};
use crate::server::resource::Resource;
use crate::server::store::Store;
use serde_json::{Map, Value, json};

/// Whether the server counts the changes of what is wanted.
pub fn has_generation(resource: &Resource) -> bool {
    const WITHOUT: [&str; 9] = [
        "nodes",
        "namespaces",
        "services",
        "persistentvolumes",
        "persistentvolumeclaims",
        "resourcequotas",
        "limitranges",
        "endpoints",
        "events",
    ];
    resource.custom.is_some()
        || (resource.has_status() && !WITHOUT.contains(&resource.plural.as_str()))
        || matches!(resource.plural.as_str(), "networkpolicies" | "ingressclasses" | "validatingwebhookconfigurations")
}

fn set(map: &mut Map<String, Value>, name: &str, value: Value) {
    map.entry(name).or_insert(value);
}

fn below<'a>(map: &'a mut Map<String, Value>, name: &str) -> &'a mut Map<String, Value> {
    map_of(map.entry(name).or_insert(Value::Null))
}

fn items<'a>(map: &'a mut Map<String, Value>, name: &str) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    map.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Fills in the defaults of an object's kind.
#[allow(clippy::too_many_lines, reason = "a table of kinds")]
pub fn fill(resource: &Resource, object: &mut Value) {
    if let Some(custom) = &resource.custom {
        custom_defaults(object, &custom.schema);
        return;
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let object = map_of(object);
    let empty =
        |value: &Value| value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
    below(object, "metadata").retain(|_, value| !empty(value));
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => {
            let spec = below(object, "spec");
            set(spec, "enableServiceLinks", true.into());
            pod(spec);
            // Never probed, never changed: said, not left out.
            for condition in object
                .get_mut("status")
                .and_then(Value::as_object_mut)
                .into_iter()
                .flat_map(|status| items(status, "conditions"))
            {
                set(condition, "lastProbeTime", Value::Null);
                set(condition, "lastTransitionTime", Value::Null);
            }
        }
        ("", "namespaces") => {
            let labels = below(below(object, "metadata"), "labels");
            labels.insert("kubernetes.io/metadata.name".to_owned(), name.into());
        }
        ("", "services") => service(below(object, "spec")),
        ("", "secrets") => {
            set(object, "type", "Opaque".into());
            let Some(Value::Object(plain)) = object.remove("stringData") else { return };
            let data = below(object, "data");
            for (name, value) in plain {
                use base64::Engine as _;
                let text = value.as_str().unwrap_or_default();
                data.insert(name, base64::engine::general_purpose::STANDARD.encode(text).into());
            }
        }
        ("", "persistentvolumeclaims") => {
            set(below(object, "spec"), "volumeMode", "Filesystem".into());
        }
        ("", "persistentvolumes") => {
            let spec = below(object, "spec");
            set(spec, "volumeMode", "Filesystem".into());
            set(spec, "persistentVolumeReclaimPolicy", "Retain".into());
        }
        ("apps", "deployments") => {
            let spec = below(object, "spec");
            set(spec, "replicas", 1.into());
            set(spec, "revisionHistoryLimit", 10.into());
            set(spec, "progressDeadlineSeconds", 600.into());
            let strategy = below(spec, "strategy");
            set(strategy, "type", "RollingUpdate".into());
            if strategy["type"] == "RollingUpdate" {
                let rolling = below(strategy, "rollingUpdate");
                set(rolling, "maxUnavailable", "25%".into());
                set(rolling, "maxSurge", "25%".into());
            }
            template(spec);
        }
        ("apps", "replicasets") => {
            let spec = below(object, "spec");
            set(spec, "replicas", 1.into());
            template(spec);
            labels_of_template(object);
        }
        ("apps", "statefulsets") => {
            let spec = below(object, "spec");
            set(spec, "replicas", 1.into());
            set(spec, "revisionHistoryLimit", 10.into());
            set(spec, "podManagementPolicy", "OrderedReady".into());
            let strategy = below(spec, "updateStrategy");
            set(strategy, "type", "RollingUpdate".into());
            if strategy["type"] == "RollingUpdate" {
                let rolling = below(strategy, "rollingUpdate");
                set(rolling, "partition", 0.into());
                set(rolling, "maxUnavailable", 1.into());
            }
            set(spec, "persistentVolumeClaimRetentionPolicy", json!({"whenDeleted": "Retain", "whenScaled": "Retain"}));
            template(spec);
        }
        ("apps", "daemonsets") => {
            let spec = below(object, "spec");
            set(spec, "revisionHistoryLimit", 10.into());
            let strategy = below(spec, "updateStrategy");
            set(strategy, "type", "RollingUpdate".into());
            let rolling = below(strategy, "rollingUpdate");
            set(rolling, "maxUnavailable", 1.into());
            set(rolling, "maxSurge", 0.into());
            template(spec);
        }
        ("batch", "jobs") => job(object),
        ("batch", "cronjobs") => {
            let spec = below(object, "spec");
            set(spec, "concurrencyPolicy", "Allow".into());
            set(spec, "suspend", false.into());
            set(spec, "successfulJobsHistoryLimit", 3.into());
            set(spec, "failedJobsHistoryLimit", 1.into());
            template(below(below(spec, "jobTemplate"), "spec"));
        }
        ("autoscaling", "horizontalpodautoscalers") => {
            let spec = below(object, "spec");
            set(spec, "minReplicas", 1.into());
            let target = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}});
            set(spec, "metrics", json!([target]));
        }
        ("networking.k8s.io", "networkpolicies") => {
            let spec = below(object, "spec");
            let mut types = vec!["Ingress"];
            types.extend(spec.contains_key("egress").then_some("Egress"));
            set(spec, "policyTypes", json!(types));
        }
        ("scheduling.k8s.io", "priorityclasses") => set(object, "preemptionPolicy", "PreemptLowerPriority".into()),
        ("storage.k8s.io", "csidrivers") => {
            let spec = below(object, "spec");
            for (name, value) in [
                ("attachRequired", true),
                ("podInfoOnMount", false),
                ("storageCapacity", false),
                ("requiresRepublish", false),
            ] {
                set(spec, name, value.into());
            }
            set(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType".into());
            set(spec, "volumeLifecycleModes", json!(["Persistent"]));
        }
        ("discovery.k8s.io", "endpointslices") => {
            for port in items(object, "ports") {
                set(port, "name", "".into());
                set(port, "protocol", "TCP".into());
            }
        }
        ("storage.k8s.io", "storageclasses") => {
            set(object, "reclaimPolicy", "Delete".into());
            set(object, "volumeBindingMode", "Immediate".into());
        }
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => {
            set(below(object, "roleRef"), "apiGroup", "rbac.authorization.k8s.io".into());
            for subject in items(object, "subjects") {
                if subject.get("kind").is_some_and(|kind| kind == "User" || kind == "Group") {
                    set(subject, "apiGroup", "rbac.authorization.k8s.io".into());
                }
            }
        }
        ("apiextensions.k8s.io", "customresourcedefinitions") => {
            let spec = below(object, "spec");
            set(spec, "conversion", json!({"strategy": "None"}));
            let names = below(spec, "names");
            let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
            set(names, "listKind", format!("{kind}List").into());
            set(names, "singular", kind.to_lowercase().into());
        }
        _ => {}
    }
}

/// What a kind's own rules add to an object: nobody owns that.
pub fn prepare(store: &Store, resource: &Resource, object: &mut Value) {
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let map = map_of(object);
    match (resource.group.as_str(), resource.plural.as_str()) {
        _ if resource.custom.is_some() => {}
        ("", "pods") => {
            let spec = below(map, "spec");
            set(spec, "serviceAccountName", "default".into());
            let account = spec["serviceAccountName"].clone();
            set(spec, "serviceAccount", account);
            let class = quality(map);
            let status = below(map, "status");
            set(status, "phase", "Pending".into());
            set(status, "qosClass", class.into());
            if map["spec"]["schedulingGates"].as_array().is_some_and(|gates| !gates.is_empty()) {
                let waits = json!([{
                    "type": "PodScheduled",
                    "status": "False",
                    "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates",
                    "lastProbeTime": null,
                    "lastTransitionTime": null,
                }]);
                set(below(map, "status"), "conditions", waits);
            }
        }
        ("", "namespaces") => {
            set(below(map, "spec"), "finalizers", json!(["kubernetes"]));
            set(below(map, "status"), "phase", "Active".into());
        }
        ("", "services") => address(store, resource, &name, below(map, "spec")),
        ("", "persistentvolumeclaims" | "persistentvolumes") => set(below(map, "status"), "phase", "Pending".into()),
        ("batch", "jobs") => marks(map),
        ("apiextensions.k8s.io", "customresourcedefinitions") => definition::judge(store, &name, map),
        _ => {}
    }
    say_all(object, resource.blank());
}

/// What an object always says.
fn say_all(object: &mut Value, blank: &Value) {
    let (Value::Object(object), Value::Object(blank)) = (object, blank) else { return };
    for (name, value) in blank {
        match object.get_mut(name) {
            Some(there) => say_all(there, value),
            None => drop(object.insert(name.clone(), value.clone())),
        }
    }
}

/// Takes from the old object what the server has given it and the new one does not say.
pub fn keep(resource: &Resource, old: &Value, object: &mut Value) {
    let names: &[&str] = match (resource.group.as_str(), resource.plural.as_str()) {
        _ if resource.custom.is_some() => &[],
        ("", "namespaces") => &["finalizers"],
        ("", "services") if object["spec"]["type"] != "ExternalName" => {
            let ports = object["spec"]["ports"].as_array_mut().into_iter().flatten();
            for port in ports.filter_map(Value::as_object_mut) {
                let was = old["spec"]["ports"].as_array().into_iter().flatten();
                let same = |it: &&Value| ["port", "protocol"].iter().all(|name| it.get(name) == port.get(*name));
                if let Some(number) = was.clone().find(same).and_then(|it| it.get("nodePort")) {
                    set(port, "nodePort", number.clone());
                }
            }
            &["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"]
        }
        _ => return,
    };
    let spec = below(map_of(object), "spec");
    for name in names {
        if let Some(value) = old["spec"].get(name) {
            set(spec, name, value.clone());
        }
    }
}

/// Counts the templates that a daemon set has had.
pub fn count_template(object: &mut Value) {
    const COUNT: &str = "deprecated.daemonset.template.generation";
    let notes = map_of(&mut object["metadata"]["annotations"]);
    let last = notes.get(COUNT).and_then(Value::as_str).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    notes.insert(COUNT.to_owned(), (last + 1).to_string().into());
}

/// Some kinds are labelled like their pods where they have no labels.
fn labels_of_template(object: &mut Map<String, Value>) {
    let labels = object["spec"]["template"]["metadata"]["labels"].clone();
    let metadata = below(object, "metadata");
    if labels.is_object() && metadata.get("labels").and_then(Value::as_object).is_none_or(Map::is_empty) {
        metadata.insert("labels".to_owned(), labels);
    }
}

fn template(spec: &mut Map<String, Value>) {
    let template = below(spec, "template");
    if let Some(Value::Object(metadata)) = template.get_mut("metadata") {
        metadata.remove("creationTimestamp");
    }
    pod(below(template, "spec"));
}

fn pod(spec: &mut Map<String, Value>) {
    set(spec, "restartPolicy", "Always".into());
    set(spec, "terminationGracePeriodSeconds", 30.into());
    set(spec, "dnsPolicy", "ClusterFirst".into());
    set(spec, "securityContext", json!({}));
    set(spec, "schedulerName", "default-scheduler".into());
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        set(spec, "serviceAccount", account);
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for it in items(spec, list) {
            let image = it.get("image").and_then(Value::as_str).unwrap_or_default();
            let last = image.rsplit('/').next().unwrap_or_default();
            let latest = !last.contains('@') && (last.ends_with(":latest") || !last.contains(':'));
            set(it, "imagePullPolicy", if latest { "Always" } else { "IfNotPresent" }.into());
            set(it, "resources", json!({}));
            set(it, "terminationMessagePath", "/dev/termination-log".into());
            set(it, "terminationMessagePolicy", "File".into());
            for port in items(it, "ports") {
                set(port, "protocol", "TCP".into());
            }
            for variable in items(it, "env") {
                if let Some(Value::Object(from)) = variable.get_mut("valueFrom") {
                    field_ref(from);
                }
            }
            if let Some(Value::Object(lifecycle)) = it.get_mut("lifecycle") {
                lifecycle.values_mut().for_each(http_get);
            }
            for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
                let Some(probe) = it.get_mut(name) else { continue };
                http_get(probe);
                let Value::Object(probe) = probe else { continue };
                for (name, value) in
                    [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
                {
                    set(probe, name, value.into());
                }
                if let Some(Value::Object(grpc)) = probe.get_mut("grpc") {
                    set(grpc, "service", "".into());
                }
            }
            if let Some(Value::Object(resources)) = it.get_mut("resources")
                && let Some(Value::Object(limits)) = resources.get("limits").cloned()
            {
                // What is limited and not requested is requested up to its limit.
                let requests = below(resources, "requests");
                for (name, value) in limits {
                    set(requests, &name, value);
                }
            }
        }
    }
    items(spec, "volumes").for_each(volume);
}

fn volume(volume: &mut Map<String, Value>) {
    for sort in ["secret", "configMap", "projected", "downwardAPI"] {
        if let Some(Value::Object(of)) = volume.get_mut(sort) {
            set(of, "defaultMode", 420.into());
        }
    }
    if let Some(Value::Object(of)) = volume.get_mut("hostPath") {
        set(of, "type", "".into());
    }
    if let Some(Value::Object(of)) = volume.get_mut("downwardAPI") {
        items(of, "items").for_each(field_ref);
    }
    if let Some(Value::Object(of)) = volume.get_mut("projected") {
        for source in items(of, "sources") {
            if let Some(Value::Object(token)) = source.get_mut("serviceAccountToken") {
                set(token, "expirationSeconds", 3600.into());
            }
            if let Some(Value::Object(of)) = source.get_mut("downwardAPI") {
                items(of, "items").for_each(field_ref);
            }
        }
    }
}

/// A field of the pod is one of the first version.
fn field_ref(from: &mut Map<String, Value>) {
    if let Some(Value::Object(field)) = from.get_mut("fieldRef") {
        set(field, "apiVersion", "v1".into());
    }
    if let Some(Value::Object(field)) = from.get_mut("resourceFieldRef") {
        set(field, "divisor", "0".into());
    }
}

fn http_get(probe: &mut Value) {
    if let Some(Value::Object(get)) = probe.get_mut("httpGet") {
        set(get, "scheme", "HTTP".into());
        set(get, "path", "/".into());
    }
}

/// The quality of service of a pod: by what its containers request and are limited to.
fn quality(pod: &Map<String, Value>) -> &'static str {
    let lists = ["initContainers", "containers"];
    let all: Vec<&Value> = lists
        .iter()
        .filter_map(|list| pod["spec"].get(*list)?.as_array())
        .flatten()
        .map(|it| &it["resources"])
        .collect();
    let some =
        |it: &Value| ["requests", "limits"].iter().any(|part| it[part].as_object().is_some_and(|map| !map.is_empty()));
    let whole = |it: &Value| {
        ["cpu", "memory"]
            .iter()
            .all(|name| it["limits"].get(name).is_some() && it["limits"][name] == it["requests"][name])
    };
    match all.as_slice() {
        all if !all.is_empty() && all.iter().all(|it| whole(it)) => "Guaranteed",
        all if all.iter().any(|it| some(it)) => "Burstable",
        _ => "BestEffort",
    }
}

fn job(object: &mut Map<String, Value>) {
    let spec = below(object, "spec");
    if !spec.contains_key("parallelism") {
        set(spec, "completions", 1.into());
    }
    set(spec, "parallelism", 1.into());
    set(spec, "backoffLimit", 6.into());
    set(spec, "completionMode", "NonIndexed".into());
    set(spec, "suspend", false.into());
    set(spec, "podReplacementPolicy", "TerminatingOrFailed".into());
    set(spec, "manualSelector", false.into());
    template(spec);
}

/// The marks by which a job finds its pods.
fn marks(object: &mut Map<String, Value>) {
    let (name, uid) = {
        let metadata = &object["metadata"];
        (metadata["name"].clone(), metadata["uid"].clone())
    };
    let spec = below(object, "spec");
    set(spec, "selector", json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}));
    let labels = below(below(below(spec, "template"), "metadata"), "labels");
    for (key, value) in [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("job-name", &name),
    ] {
        set(labels, key, value.clone());
    }
    labels_of_template(object);
}

/// How a service passes on what it gets.
fn service(spec: &mut Map<String, Value>) {
    set(spec, "type", "ClusterIP".into());
    set(spec, "sessionAffinity", "None".into());
    for port in items(spec, "ports") {
        set(port, "protocol", "TCP".into());
        if let Some(number) = port.get("port").cloned() {
            set(port, "targetPort", number);
        }
    }
    if spec["type"] == "ExternalName" {
        return;
    }
    set(spec, "internalTrafficPolicy", "Cluster".into());
    if matches!(spec["type"].as_str(), Some("NodePort" | "LoadBalancer")) {
        set(spec, "externalTrafficPolicy", "Cluster".into());
    }
}

/// A service's address, one of `10.96.0.0/16` that follows from its name and is not taken, and its node ports.
fn address(store: &Store, resource: &Resource, name: &str, spec: &mut Map<String, Value>) {
    if spec.get("type").is_some_and(|kind| kind == "ExternalName") {
        return;
    }
    set(spec, "ipFamilies", json!(["IPv4"]));
    set(spec, "ipFamilyPolicy", "SingleStack".into());
    if spec.get("clusterIP").is_none_or(|ip| ip == "") {
        let taken: Vec<String> = store
            .registry
            .find(&resource.group, &resource.version, &resource.plural)
            .map(|(id, _)| store.under(id, ""))
            .unwrap_or_default()
            .iter()
            .filter_map(|record| record.value()["spec"]["clusterIP"].as_str().map(str::to_owned))
            .collect();
        let seed = name.bytes().fold(7u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let free = (0..65_000u32)
            .map(|step| 256 + seed.wrapping_add(step) % 65_000)
            .map(|place| format!("10.96.{}.{}", place / 256, place % 256))
            .find(|ip| !taken.contains(ip));
        spec.insert("clusterIP".to_owned(), free.unwrap_or_default().into());
    }
    let ip = spec["clusterIP"].clone();
    set(spec, "clusterIPs", json!([ip]));
    if matches!(spec["type"].as_str(), Some("NodePort" | "LoadBalancer")) {
        let seed = name.bytes().fold(3u32, |sum, byte| sum.wrapping_mul(37).wrapping_add(byte.into()));
        for (at, port) in items(spec, "ports").enumerate() {
            set(port, "nodePort", (30_000 + (seed.wrapping_add(at as u32 * 17)) % 2_700).into());
        }
    }
}

/// Defaults of a custom resource's schema.
fn custom_defaults(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(map) => {
            for (name, below) in schema["properties"].as_object().into_iter().flatten() {
                if let Some(default) = below.get("default") {
                    set(map, name, default.clone());
                }
                if let Some(value) = map.get_mut(name) {
                    custom_defaults(value, below);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| custom_defaults(item, &schema["items"])),
        _ => {}
    }
}
