//! The company: every kind is there, and everything fits together.

use super::client::{NOW, still};
use crate::demo::DemoCluster;
use crate::demo::content::PROFILES;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

fn of(cluster: &DemoCluster, group: &str, plural: &str) -> Vec<Value> {
    let all = cluster.server().store.registry.all();
    let found = all.iter().find(|(_, it)| it.group == group && it.plural == plural);
    let (id, _) = found.unwrap_or_else(|| panic!("{plural}.{group} is served"));
    cluster.server().store.latest(*id).items.values().map(|record| record.value()).collect()
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn selects(selector: &Value, labels: &Value) -> bool {
    selector.as_object().unwrap().iter().all(|(key, value)| labels[key] == *value)
}

/// Whether a resource shows what another keeps.
pub(super) fn is_mirror(resource: &crate::server::resource::Resource) -> bool {
    resource.is("events.k8s.io", "events")
}

fn clusters() -> impl Iterator<Item = DemoCluster> {
    (0..PROFILES.len()).map(|profile| still(profile, 8))
}

#[test]
fn every_kind_that_is_kept_has_objects() {
    // Never kept, or of no use to the company.
    let without = ["podtemplates", "replicationcontrollers"];
    for cluster in clusters() {
        for (id, resource) in cluster.server().store.registry.all() {
            let kept = resource.verbs == crate::server::resource::Verbs::All;
            if kept && !without.contains(&resource.plural.as_str()) {
                let count = cluster.server().store.latest(id).items.len();
                assert!(count > 0, "{} in {}", resource.qualified(), cluster.name());
            }
        }
    }
}

#[test]
fn every_object_has_only_known_fields() {
    let (_, pods) = still(1, 8).server().store.registry.find("", "v1", "pods").unwrap();
    let wrong =
        serde_json::json!({"metadata": {"nam": "a"}, "spec": {"containers": [{"imag": ""}], "hostNetwork": "no"}});
    assert_eq!(crate::server::misfits(&pods, &wrong).len(), 3, "the check finds something");
    for cluster in clusters() {
        for (id, resource) in cluster.server().store.registry.all().into_iter().filter(|(_, it)| !is_mirror(it)) {
            for record in cluster.server().store.latest(id).items.values() {
                let unknown = crate::server::misfits(&resource, &record.value());
                assert!(unknown.is_empty(), "{} {}: {unknown:?}", resource.qualified(), record.key);
            }
        }
    }
}

#[test]
fn every_owner_is_there() {
    for cluster in clusters() {
        let mut uids: BTreeMap<String, (String, String)> = BTreeMap::new();
        let mut owned = Vec::new();
        for (id, resource) in cluster.server().store.registry.all().into_iter().filter(|(_, it)| !is_mirror(it)) {
            for record in cluster.server().store.latest(id).items.values() {
                let object = record.value();
                let uid = text(&object, "/metadata/uid").to_owned();
                let name = text(&object, "/metadata/name").to_owned();
                assert!(uids.insert(uid, (resource.kind.clone(), name)).is_none(), "{}: a uid of its own", record.key);
                owned.extend(object["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default());
            }
        }
        assert!(owned.len() > 100);
        for owner in owned {
            let found = uids.get(text(&owner, "/uid")).unwrap_or_else(|| panic!("{owner} in {}", cluster.name()));
            assert_eq!((text(&owner, "/kind"), text(&owner, "/name")), (found.0.as_str(), found.1.as_str()));
        }
    }
}

#[test]
fn pods_are_what_their_owners_want() {
    for cluster in clusters() {
        let pods = of(&cluster, "", "pods");
        let going = |pod: &&Value| pod["metadata"]["deletionTimestamp"].is_string();
        let over = |pod: &&Value| ["Failed", "Succeeded"].contains(&text(pod, "/status/phase"));
        for plural in ["replicasets", "statefulsets", "daemonsets"] {
            for set in of(&cluster, "apps", plural) {
                let name = text(&set, "/metadata/name");
                let own: Vec<&Value> = pods
                    .iter()
                    .filter(|pod| pod["metadata"]["ownerReferences"][0]["uid"] == set["metadata"]["uid"])
                    .collect();
                let labels = &set["spec"]["template"]["metadata"]["labels"];
                assert!(selects(&set["spec"]["selector"]["matchLabels"], labels), "{name}");
                for pod in &own {
                    assert!(selects(labels, &pod["metadata"]["labels"]), "{name}");
                    let image = |spec: &Value| spec["containers"][0]["image"].clone();
                    assert_eq!(image(&pod["spec"]), image(&set["spec"]["template"]["spec"]), "{name}");
                }
                let active = own.iter().filter(|pod| !going(pod) && !over(pod)).count() as u64;
                let told = if plural == "daemonsets" { "currentNumberScheduled" } else { "replicas" };
                assert_eq!(set["status"][told].as_u64(), Some(active), "{name}");
                if plural != "daemonsets" {
                    let short = text(&set, "/status/conditions/0/type") == "ReplicaFailure";
                    let wanted = set["spec"]["replicas"].as_u64().unwrap();
                    assert_eq!(wanted > active, short, "{name}: {wanted} wanted, {active} there");
                }
            }
        }
        let nodes = of(&cluster, "", "nodes").len() as u64;
        for set in of(&cluster, "apps", "daemonsets") {
            assert_eq!(set["status"]["desiredNumberScheduled"].as_u64(), Some(nodes));
        }
    }
}

#[test]
fn the_current_replica_set_has_the_template_of_its_deployment() {
    for cluster in clusters() {
        let sets = of(&cluster, "apps", "replicasets");
        for deployment in of(&cluster, "apps", "deployments") {
            let name = text(&deployment, "/metadata/name");
            let same = |set: &&Value| {
                let mut template = set["spec"]["template"].clone();
                template["metadata"]["labels"].as_object_mut().unwrap().remove("pod-template-hash");
                set["metadata"]["ownerReferences"][0]["uid"] == deployment["metadata"]["uid"]
                    && template == deployment["spec"]["template"]
            };
            let current: Vec<&Value> = sets.iter().filter(same).collect();
            assert_eq!(current.len(), 1, "{name}");
            let revision = "/metadata/annotations/deployment.kubernetes.io~1revision";
            assert_eq!(text(current[0], revision), text(&deployment, revision), "{name}");
        }
    }
}

#[test]
fn endpoints_are_the_pods_that_services_select() {
    for cluster in clusters() {
        let pods = of(&cluster, "", "pods");
        let slices = of(&cluster, "discovery.k8s.io", "endpointslices");
        let mut filled = 0;
        for service in of(&cluster, "", "services") {
            let selector = &service["spec"]["selector"];
            if selector.is_null() {
                continue;
            }
            let (namespace, name) = (text(&service, "/metadata/namespace"), text(&service, "/metadata/name"));
            let selected: BTreeSet<&str> = pods
                .iter()
                .filter(|pod| {
                    text(pod, "/metadata/namespace") == namespace && selects(selector, &pod["metadata"]["labels"])
                })
                .filter(|pod| pod["metadata"]["deletionTimestamp"].is_null())
                .filter(|pod| {
                    let conditions = pod["status"]["conditions"].as_array();
                    conditions.is_some_and(|all| all.iter().any(|it| it["type"] == "Ready" && it["status"] == "True"))
                })
                .map(|pod| text(pod, "/metadata/name"))
                .collect();
            let of_service = |slice: &&Value| {
                text(slice, "/metadata/namespace") == namespace
                    && text(slice, "/metadata/labels/kubernetes.io~1service-name") == name
            };
            let ready: BTreeSet<&str> = slices
                .iter()
                .filter(of_service)
                .flat_map(|slice| slice["endpoints"].as_array().unwrap())
                .filter(|endpoint| endpoint["conditions"]["ready"] == true)
                .map(|endpoint| text(endpoint, "/targetRef/name"))
                .collect();
            assert_eq!(ready, selected, "{namespace}/{name} in {}", cluster.name());
            filled += usize::from(!ready.is_empty());
        }
        assert!(filled > 8);
    }
}

#[test]
fn what_is_named_is_there() {
    for cluster in clusters() {
        let names = |group: &str, plural: &str| -> BTreeSet<String> {
            let all = of(&cluster, group, plural);
            all.iter().map(|it| format!("{}/{}", text(it, "/metadata/namespace"), text(it, "/metadata/name"))).collect()
        };
        let (maps, secrets) = (names("", "configmaps"), names("", "secrets"));
        let (accounts, claims) = (names("", "serviceaccounts"), names("", "persistentvolumeclaims"));
        for pod in of(&cluster, "", "pods") {
            let here = |name: &str| format!("{}/{name}", text(&pod, "/metadata/namespace"));
            assert!(
                accounts.contains(&here(text(&pod, "/spec/serviceAccountName"))),
                "{}",
                text(&pod, "/metadata/name")
            );
            for volume in pod["spec"]["volumes"].as_array().unwrap() {
                if let Some(name) = volume.pointer("/configMap/name").and_then(Value::as_str) {
                    assert!(maps.contains(&here(name)), "{name}");
                }
                if let Some(name) = volume.pointer("/persistentVolumeClaim/claimName").and_then(Value::as_str) {
                    assert!(claims.contains(&here(name)), "{name}");
                }
            }
            for pull in pod["spec"]["imagePullSecrets"].as_array().into_iter().flatten() {
                assert!(secrets.contains(&here(text(pull, "/name"))), "{pull} {}", text(&pod, "/metadata/name"));
            }
        }
        let services = names("", "services");
        for ingress in of(&cluster, "networking.k8s.io", "ingresses") {
            let here = |name: &str| format!("{}/{name}", text(&ingress, "/metadata/namespace"));
            assert!(services.contains(&here(text(&ingress, "/spec/rules/0/http/paths/0/backend/service/name"))));
            assert!(secrets.contains(&here(text(&ingress, "/spec/tls/0/secretName"))));
        }
        let volumes = names("", "persistentvolumes");
        for claim in of(&cluster, "", "persistentvolumeclaims").iter().filter(|it| it["status"]["phase"] == "Bound") {
            assert!(volumes.contains(&format!("/{}", text(claim, "/spec/volumeName"))));
        }
    }
}

#[test]
fn releases_can_be_read() {
    for cluster in clusters() {
        let secrets = of(&cluster, "", "secrets");
        let releases: Vec<&Value> = secrets.iter().filter(|it| it["type"] == "helm.sh/release.v1").collect();
        assert!(releases.len() > 4);
        for secret in releases {
            let once = STANDARD.decode(text(secret, "/data/release")).unwrap();
            let packed = STANDARD.decode(once).unwrap();
            let mut unpacked = String::new();
            flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut unpacked).unwrap();
            let release: Value = serde_json::from_str(&unpacked).unwrap();
            let name = format!("sh.helm.release.v1.{}.v{}", text(&release, "/name"), release["version"]);
            assert_eq!(text(secret, "/metadata/name"), name);
            assert_eq!(text(secret, "/metadata/labels/status"), text(&release, "/info/status"));
        }
    }
}

#[test]
fn the_incidents_can_be_found() {
    let mut reasons = BTreeMap::<String, BTreeSet<String>>::new();
    for cluster in clusters() {
        let events = of(&cluster, "", "events");
        for event in &events {
            assert!(!text(event, "/message").is_empty());
            reasons.entry(text(event, "/reason").to_owned()).or_default().insert(cluster.name().to_owned());
        }
        for quota in of(&cluster, "", "resourcequotas") {
            let namespace = text(&quota, "/metadata/namespace");
            let refused = events
                .iter()
                .any(|event| event["reason"] == "FailedCreate" && text(event, "/metadata/namespace") == namespace);
            let amount = |side: &str| -> u64 {
                let text = quota["status"][side]["requests.cpu"].as_str().unwrap();
                let number = |text: &str| text.parse::<u64>().unwrap();
                text.strip_suffix('m').map_or_else(|| number(text) * 1000, number)
            };
            assert_eq!(amount("hard") - amount("used") < 250, refused, "{namespace}");
        }
        let statuses: BTreeSet<String> = of(&cluster, "", "pods")
            .iter()
            .map(|pod| {
                let waiting = text(pod, "/status/containerStatuses/0/state/waiting/reason");
                if waiting.is_empty() { text(pod, "/status/phase").to_owned() } else { waiting.to_owned() }
            })
            .collect();
        assert!(statuses.len() >= 5, "{statuses:?} in {}", cluster.name());
    }
    for reason in [
        "BackOff",
        "Failed",
        "OOMKilling",
        "FailedCreate",
        "FailedScheduling",
        "NodeNotReady",
        "VolumeUsageHigh",
        "Unhealthy",
    ] {
        assert!(reasons.contains_key(reason), "{reason}: {:?}", reasons.keys());
    }
    let cluster = still(0, 8);
    let soon = of(&cluster, "cert-manager.io", "certificates")
        .iter()
        .filter(|it| {
            let until = text(it, "/status/notAfter").parse::<jiff::Timestamp>().unwrap().as_second();
            until - NOW < 3 * 86_400
        })
        .count();
    assert_eq!(soon, 1);
    let late = of(&cluster, "apps", "deployments")
        .iter()
        .filter(|it| {
            it["status"]["conditions"].as_array().unwrap().iter().any(|it| it["reason"] == "ProgressDeadlineExceeded")
        })
        .count();
    assert_eq!(late, 3, "an image, a rollout, a quota");
}

#[test]
fn quotas_are_counted_right() {
    use crate::server::{quantity, quota};
    for cluster in clusters() {
        let quotas = of(&cluster, "", "resourcequotas");
        assert!(!quotas.is_empty());
        for quota in quotas {
            let namespace = text(&quota, "/metadata/namespace");
            let mut used: BTreeMap<String, i128> = BTreeMap::new();
            for (id, resource) in cluster.server().store.registry.all() {
                for record in cluster.server().store.under(id, &format!("{namespace}/")) {
                    for (name, amount) in quota::usage(&resource, &record.value()) {
                        *used.entry(name).or_default() += amount;
                    }
                }
            }
            for (name, told) in quota["status"]["used"].as_object().unwrap() {
                let amount = used.get(name).copied().unwrap_or(0);
                assert_eq!(quantity::write(amount, name), *told, "{name} of {namespace} in {}", cluster.name());
            }
        }
    }
}

#[test]
fn pods_weigh_what_pods_weigh() {
    let cluster = still(0, 8);
    let items = cluster.server().store.latest(crate::server::resource::PODS).items;
    let total: usize = items.values().map(|record| record.item().len()).sum();
    let mean = total / items.len();
    assert!((6_000..10_000).contains(&mean), "{mean}");
}

/// What `kubectl get pods` would call the status of a pod, about.
fn status(pod: &Value) -> String {
    let waiting = text(pod, "/status/containerStatuses/0/state/waiting/reason");
    match () {
        () if pod["metadata"]["deletionTimestamp"].is_string() => "Terminating".to_owned(),
        () if !waiting.is_empty() => waiting.to_owned(),
        () if !text(pod, "/status/reason").is_empty() => text(pod, "/status/reason").to_owned(),
        () => text(pod, "/status/phase").to_owned(),
    }
}

#[test]
fn every_size_has_every_kind_and_five_statuses() {
    let without = ["podtemplates", "replicationcontrollers"];
    for (at, profile) in PROFILES.iter().enumerate() {
        for pods in [profile.pods, profile.pods * 6 + at] {
            let mut profile = profile.clone();
            profile.pods = pods;
            let world = crate::demo::content::build(&profile, 5, NOW);
            let records = world.seeds.records();
            let pods_of = records.iter().filter(|(id, _)| *id == crate::server::resource::PODS);
            let statuses: BTreeSet<String> = pods_of.map(|(_, pod)| status(&pod.value())).collect();
            assert!(statuses.len() >= 5, "{statuses:?} in {} of {pods}", profile.name);
            // The kinds that the server makes by itself come with it.
            let own = ["rolebindings", "clusterrolebindings", "clusterroles"];
            for (id, resource) in world.registry.all() {
                let kept = resource.verbs == crate::server::resource::Verbs::All;
                let name = resource.plural.as_str();
                if kept && !without.contains(&name) && !own.contains(&name) {
                    assert!(records.iter().any(|(of, _)| *of == id), "{} of {pods}", resource.qualified());
                }
            }
        }
    }
}
