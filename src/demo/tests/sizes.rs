//! Fleets of every size.

use super::client::NOW;
use super::company::is_mirror;
use crate::demo::content::pods_of;
use crate::demo::{DemoCluster, Wanted, fleet};
use crate::server::resource::{NODES, PODS};
use crate::server::store::Record;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

fn one(nodes: usize, pods: usize, seed: u64) -> DemoCluster {
    fleet(&Wanted { clusters: 1, nodes, pods, churn: 0, seed }).unwrap().remove(0)
}

fn all(cluster: &DemoCluster, group: &str, plural: &str) -> Vec<Arc<Record>> {
    let all = cluster.server().store.registry.all();
    let (id, _) = all.iter().find(|(_, it)| it.group == group && it.plural == plural).unwrap();
    cluster.server().store.under(*id, "")
}

#[test]
fn as_many_as_are_wanted_and_everything_in_its_place() {
    for (nodes, pods) in [(7, 110), (30, 1000), (140, 12_000)] {
        let cluster = one(nodes, pods, 3);
        let store = &cluster.server().store;
        assert_eq!((store.count(NODES, ""), store.count(PODS, "")), (nodes, pods));
        let mut room: BTreeMap<String, usize> = BTreeMap::new();
        let mut hosts = BTreeSet::new();
        for node in store.under(NODES, "") {
            let node = node.value();
            room.insert(node["metadata"]["name"].as_str().unwrap().to_owned(), 0);
            assert!(hosts.insert(node["status"]["addresses"][0]["address"].clone().to_string()));
            assert!(hosts.insert(node["spec"]["podCIDR"].to_string()));
        }
        let fields = store.registry.get(PODS).unwrap().fields.clone();
        let at = |name: &str| fields.iter().position(|field| field == name).unwrap();
        let (node, ip, host_network) = (at("spec.nodeName"), at("status.podIP"), at("spec.hostNetwork"));
        let (mut addresses, mut uids) = (BTreeSet::new(), BTreeSet::new());
        for (place, record) in store.under(PODS, "").into_iter().enumerate() {
            if !record.fields[node].is_empty() {
                *room.get_mut(&record.fields[node]).expect("its node is there") += 1;
            }
            if &record.fields[host_network] == "false" && !record.fields[ip].is_empty() {
                assert!(addresses.insert(record.fields[ip].to_owned()), "{}: an address of its own", record.key);
            }
            assert_eq!(record.owners.len(), 1, "{}", record.key);
            if place % 97 == 0 {
                assert!(uids.insert(record.value()["metadata"]["uid"].to_string()));
            }
        }
        assert!(room.values().all(|count| *count <= 110), "{room:?}");
        let slices = all(&cluster, "discovery.k8s.io", "endpointslices");
        assert!(slices.iter().all(|it| it.value()["endpoints"].as_array().unwrap().len() <= 100));
    }
}

#[test]
fn a_large_company_is_like_a_small_one() {
    let cluster = one(140, 12_000, 5);
    for (id, resource) in cluster.server().store.registry.all().into_iter().filter(|(_, it)| !is_mirror(it)) {
        for record in cluster.server().store.under(id, "").into_iter().step_by(41) {
            let unknown = crate::server::misfits(&resource, &record.value());
            assert!(unknown.is_empty(), "{} {}: {unknown:?}", resource.qualified(), record.key);
        }
    }
    let pods = cluster.server().store.under(PODS, "");
    let mean = pods.iter().map(|pod| pod.item().len()).sum::<usize>() / pods.len();
    assert!((6_000..10_000).contains(&mean), "{mean}");
    // Who shares most keeps little of its own.
    let kept = pods.iter().map(|pod| pod.weight()).sum::<usize>() / pods.len();
    assert!(kept < 2_000, "{kept}");
    // Every set has the pods that it says, and a service leads to them.
    let mut replicas = 0;
    for set in all(&cluster, "apps", "replicasets") {
        let set = set.value();
        let own = cluster.server().store.owned(PODS, set["metadata"]["uid"].as_str().unwrap());
        let gone = |pod: &Value| {
            let over = matches!(pod["status"]["phase"].as_str(), Some("Failed" | "Succeeded"));
            over || pod["metadata"].get("deletionTimestamp").is_some()
        };
        let own = own.iter().filter(|pod| !gone(&pod.value())).count();
        assert_eq!(set["status"]["replicas"], own, "{}", set["metadata"]["name"]);
        replicas += own;
    }
    assert!(replicas > 11_000);
    let (deployments, services) = (all(&cluster, "apps", "deployments"), all(&cluster, "", "services"));
    assert!(deployments.len() > 150 && services.len() > deployments.len(), "{} {}", deployments.len(), services.len());
    for kind in [("policy", "poddisruptionbudgets"), ("autoscaling", "horizontalpodautoscalers")] {
        assert!(all(&cluster, kind.0, kind.1).len() > 20, "{kind:?}");
    }
}

#[test]
fn what_is_cast_is_what_would_have_been_built() {
    let cluster = one(30, 1000, 1);
    let profile = crate::demo::content::fleet::profile(0);
    let now = cluster.plan.now;
    let built = pods_of(&crate::demo::content::Profile { worker_nodes: 27, pods: 1000, ..profile }, 1, now);
    assert_eq!(built.len(), 1000);
    for mut pod in built {
        let key =
            format!("{}/{}", pod["metadata"]["namespace"].as_str().unwrap(), pod["metadata"]["name"].as_str().unwrap());
        let kept = cluster.server().store.get(PODS, &key).unwrap();
        pod["metadata"]["resourceVersion"] = kept.version.to_string().into();
        assert!(kept.value() == pod, "{}: {}\n{pod}", kept.key, kept.value());
        let again = Record::detached(&cluster.server().store.registry.get(PODS).unwrap(), pod).unwrap();
        assert_eq!((&again.fields, &again.labels, again.pulse), (&kept.fields, &kept.labels, kept.pulse));
        let [mut a, mut b] = [Vec::new(), Vec::new()];
        again.write_partial("v1", 7, &mut a);
        kept.write_partial("v1", 7, &mut b);
        assert_eq!(a, b);
    }
}

#[test]
fn the_same_seed_gives_the_same_company() {
    let text = |seed| {
        let mut plan = one(12, 300, seed);
        Arc::get_mut(&mut plan.plan).unwrap().now = NOW;
        let store = plan.server().store.clone();
        let ids = store.registry.all().into_iter().map(|(id, _)| id);
        ids.flat_map(|id| store.under(id, "")).map(|record| record.item()).collect::<Vec<_>>()
    };
    assert_eq!(text(4), text(4));
    assert_ne!(text(4), text(5));
}

#[test]
fn more_clusters_than_the_company_has_written_down() {
    let wanted = Wanted { clusters: 64, nodes: 9, pods: 200, churn: 0, seed: 1 };
    let clusters = fleet(&wanted).unwrap();
    assert_eq!(clusters.len(), 64);
    let names: BTreeSet<&str> = clusters.iter().map(DemoCluster::name).collect();
    assert_eq!(names.len(), 64);
    let versions: BTreeSet<&str> = clusters.iter().map(DemoCluster::version).collect();
    assert!(versions.len() >= 4);
    for cluster in clusters.iter().skip(4).step_by(17) {
        assert_eq!(cluster.server().store.count(PODS, ""), 200, "{}", cluster.name());
    }
    assert!(clusters[5].plan.built.get().is_none(), "nobody asked for it");
}

#[test]
fn what_cannot_be_is_said() {
    let usual = Wanted::default();
    for (wanted, why) in [
        (Wanted { clusters: 65, ..usual }, "--clusters 65: a fleet has 1 to 64"),
        (Wanted { nodes: 3, ..usual }, "--nodes 3: prod-shanghai has 7 to 5000"),
        (Wanted { nodes: 5001, ..usual }, "--nodes 5001"),
        (Wanted { pods: 9, ..usual }, "--pods 9: prod-shanghai has "),
        (Wanted { pods: 150_001, nodes: 5000, ..usual }, "--pods 150001"),
        (Wanted { pods: 9000, ..usual }, "--pods 9000: a node takes 110"),
        (Wanted { churn: 5001, ..usual }, "--churn 5001"),
    ] {
        let said = fleet(&wanted).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.starts_with(why), "{said}");
    }
    assert!(fleet(&Wanted { nodes: 5000, pods: 150_000, clusters: 20, ..usual }).is_ok());
}
