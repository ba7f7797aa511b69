//! What controllers know without reading, and how much they do at one go.
#![allow(clippy::unwrap_used)]

use super::object::{self, text};
use super::*;
use crate::demo::DemoCluster;
use crate::demo::tests::client::{busy, small};
use crate::server::resource::NODES;
use crate::server::store::Change;
use serde_json::{Value, json};
use std::cell::Cell;

fn controllers(cluster: &DemoCluster) -> Controllers {
    let server = cluster.server();
    Controllers::new(server.store.clone(), server.kubelet.clone())
}

#[tokio::test(start_paused = true)]
async fn records_tell_what_their_objects_say() {
    for profile in 0..4 {
        let cluster = busy(profile, 1024, 50);
        let store = cluster.server().store.clone();
        let facts = Facts::of(&store.registry);
        cluster.live();
        let (mut seen, mut over, mut going, mut unready) = (0, 0, 0, 0);
        // As they are at first, and as controllers and nodes make them.
        for _ in 0..3 {
            for record in store.under(PODS, "") {
                let pod = record.value();
                let (metadata, spec, status) = (&pod["metadata"], &pod["spec"], &pod["status"]);
                assert_eq!(record.uid(), text(metadata, "uid"));
                assert_eq!((record.namespace(), record.name()), (text(metadata, "namespace"), text(metadata, "name")));
                assert_eq!(facts.node(&record), text(spec, "nodeName"));
                assert_eq!(
                    (facts.phase(&record), facts.address(&record)),
                    (text(status, "phase"), text(status, "podIP"))
                );
                assert_eq!(record.pulse.going, object::is_going(&pod));
                assert_eq!(record.pulse.ready, object::is_ready(&pod));
                assert_eq!(
                    (facts.is_over(&record), facts.is_active(&record)),
                    (object::is_over(&pod), object::is_active(&pod))
                );
                let told = record.controller().map(|it| [&it.uid, &it.kind, &it.name].map(ToString::to_string));
                let read =
                    object::controller(&pod).map(|it| ["uid", "kind", "name"].map(|name| text(it, name).to_owned()));
                assert_eq!(told, read);
                let slim = usage::slim(&record);
                for path in [
                    "/metadata/name",
                    "/metadata/namespace",
                    "/metadata/uid",
                    "/metadata/labels",
                    "/spec/nodeName",
                    "/status/phase",
                    "/status/startTime",
                    "/status/conditions",
                    "/metadata/deletionTimestamp",
                ] {
                    assert_eq!(slim.pointer(path).filter(|it| !it.is_null()), pod.pointer(path), "{path}");
                }
                let server = cluster.server();
                assert_eq!(server.kubelet.usage(&slim, 1), server.kubelet.usage(&pod, 1));
                seen += 1;
                over += usize::from(facts.is_over(&record));
                going += usize::from(record.pulse.going);
                unready += usize::from(!record.pulse.ready);
            }
            if let Some(pod) = store.under(PODS, "").iter().find(|pod| facts.is_active(pod)) {
                Inside::new(store.clone(), "test").delete(PODS, &pod.key, &pod.uid()).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        assert!(seen > 100 && over > 0 && going > 0 && unready > 0, "{seen} {over} {going} {unready}");
    }
}

#[tokio::test(start_paused = true)]
async fn hosts_are_read_again_only_when_they_change() {
    let cluster = small(0, 1024);
    let store = &cluster.server().store;
    let mut hosts = Hosts::default();
    let before = hosts.now(store);
    assert_eq!(before.len(), store.count(NODES, ""));
    let key = before[1].record.key.clone();
    let edit = |node: &mut Value| {
        node["spec"]["unschedulable"] = true.into();
        node["spec"]["taints"] = json!([{"key": "a", "effect": "NoExecute"}]);
        node["status"]["allocatable"]["cpu"] = "250m".into();
    };
    store.update(NODES, &key, edit).unwrap();
    let after = hosts.now(store);
    for (at, (old, new)) in before.iter().zip(after.iter()).enumerate() {
        assert_eq!(Arc::ptr_eq(old, new), at != 1);
    }
    assert!(after[1].unschedulable && (after[1].cpu - 0.25).abs() < 1e-9);
    assert_eq!(after[1].taints.len(), 1);
    store.apply(Change::Delete(NODES, key.clone()));
    assert!(hosts.now(store).iter().all(|host| host.record.key != key));
}

#[test]
fn selectors_follow_their_services_and_budgets() {
    let cluster = small(0, 1024);
    let store = &cluster.server().store;
    let ids = Ids::of(&store.registry);
    let mut selectors = Selectors::default();
    let labels = |app: &str| BTreeMap::from([("app".to_owned(), app.to_owned())]);
    for (part, id, first, then) in [
        (Part::Service, ids.services, json!({"app": "a"}), json!({"app": "b"})),
        (Part::Budget, ids.budgets, json!({"matchLabels": {"app": "a"}}), json!({"matchLabels": {"app": "b"}})),
    ] {
        let mut covers = |selector: Value, app: &str| {
            let object = json!({"metadata": {"name": "x", "namespace": "default"}, "spec": {"selector": selector}});
            store.apply(Change::Upsert(id, object)).unwrap();
            selectors.covers(part, &store.get(id, "default/x").unwrap(), &labels(app))
        };
        assert!(covers(first.clone(), "a") && !covers(first, "b"));
        assert!(covers(then.clone(), "b") && !covers(then, "a"));
        // A service that selects nothing stands alone; a budget takes everything then.
        assert_eq!(covers(json!({}), "a"), part == Part::Budget);
        assert!(!covers(Value::Null, "a"));
    }
}

#[tokio::test(start_paused = true)]
async fn others_have_their_turn_while_there_is_much_to_do() {
    let cluster = small(0, 1024);
    let mut controllers = controllers(&cluster);
    let fill = |controllers: &mut Controllers| {
        controllers.work = (0..1000).map(|at| (Part::Pod, format!("default/none-{at}"))).collect();
    };
    // While no time passes, looks are counted.
    fill(&mut controllers);
    controllers.turn(Instant::now);
    assert_eq!(controllers.work.len(), 1000 - MOST_LOOKS);
    // Else the time: here a look takes longer than a slice may.
    fill(&mut controllers);
    let (begin, asked) = (Instant::now(), Cell::new(0));
    controllers.turn(|| {
        asked.set(asked.get() + 1);
        begin + SLICE * asked.get()
    });
    assert_eq!(controllers.work.len(), 999);
}

#[tokio::test(start_paused = true)]
async fn a_pod_keeps_its_place_among_the_endpoints() {
    let cluster = small(0, 100_000);
    let store = cluster.server().store.clone();
    let mut controllers = controllers(&cluster);
    let ids = controllers.ids;
    let pod = |at: usize, ready: bool| {
        json!({
            "metadata": {"name": format!("p-{at:03}"), "namespace": "default", "uid": format!("u{at}"), "labels": {"app": "many"}},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 8080}]}]},
            "status": {
                "phase": "Running", "podIP": format!("10.0.0.{at}"),
                "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}],
            },
        })
    };
    for at in 0..250 {
        store.apply(Change::Upsert(PODS, pod(at, true))).unwrap();
    }
    let service = json!({
        "metadata": {"name": "many", "namespace": "default"},
        "spec": {"selector": {"app": "many"}, "ports": [{"port": 80, "targetPort": "http", "protocol": "TCP"}]},
    });
    controllers.inside.create(ids.services, &service).unwrap();
    let slices = || -> Vec<Arc<Record>> {
        let all = store.under(ids.slices, "default/many-");
        // Nobody tells where a named port leads once no pod is left.
        let told = |it: &Value| it["ports"][0]["port"] == 8080 || it["endpoints"].as_array().unwrap().is_empty();
        assert!(all.iter().all(|it| told(&it.value())));
        all
    };
    let sizes = |slices: &[Arc<Record>]| {
        let mut sizes: Vec<usize> = slices.iter().map(|it| it.value()["endpoints"].as_array().unwrap().len()).collect();
        sizes.sort_unstable();
        sizes
    };
    controllers.service("default/many");
    let first = slices();
    assert_eq!(sizes(&first), [50, 100, 100]);
    assert_eq!(
        store.get(ids.endpoints, "default/many").unwrap().value()["subsets"][0]["addresses"].as_array().unwrap().len(),
        250
    );
    // One that is not ready any more changes only the slice in which it stands.
    store.apply(Change::Upsert(PODS, pod(7, false))).unwrap();
    controllers.service("default/many");
    let then = slices();
    let changed: Vec<&Arc<Record>> =
        then.iter().filter(|it| !first.iter().any(|old| old.version == it.version)).collect();
    assert_eq!(changed.len(), 1);
    let unready = changed[0].value()["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["conditions"]["ready"] == false)
        .count();
    assert_eq!(unready, 1);
    // Nothing new, nothing written.
    let version = store.version();
    controllers.service("default/many");
    assert_eq!(store.version(), version);
    // Slices that are empty go, all but the last; the place of those that are gone is taken by others.
    for at in 0..200 {
        store.apply(Change::Delete(PODS, format!("default/p-{at:03}").into())).unwrap();
    }
    controllers.service("default/many");
    assert_eq!(sizes(&slices()).iter().sum::<usize>(), 50);
    for at in 0..20 {
        store.apply(Change::Upsert(PODS, pod(at, true))).unwrap();
    }
    controllers.service("default/many");
    assert_eq!(sizes(&slices()), [70]);
    for record in store.under(PODS, "default/p-") {
        store.apply(Change::Delete(PODS, record.key.clone())).unwrap();
    }
    controllers.service("default/many");
    assert_eq!(sizes(&slices()), [0]);
}
