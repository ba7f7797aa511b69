//! What goes on by itself. Time is not waited for.

use super::client::{get, small};
use crate::demo::DemoCluster;
use crate::demo::churn::Churn;
use crate::demo::rng::Rng;
use crate::server::resource::{DEPLOYMENTS, EVENTS, NODES, PODS};
use crate::server::store::Store;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A cluster with so many changes a second, and its controllers.
fn busy(rate: u32) -> (DemoCluster, Arc<Store>) {
    let cluster = small(0, 100_000);
    let store = cluster.server().store.clone();
    cluster.live();
    cluster.tasks.spawn(Churn::new(store.clone(), Rng::new(1, "churn"), rate).run());
    (cluster, store)
}

#[tokio::test(start_paused = true)]
async fn as_many_changes_as_were_asked_for() {
    for rate in [5, 200, 5000] {
        let (_cluster, store) = busy(rate);
        sleep(Duration::from_millis(600)).await;
        let (begin, before) = (Instant::now(), store.changes(PODS));
        let seconds = if rate > 1000 { 4 } else { 30 };
        sleep(Duration::from_secs(seconds)).await;
        let made = (store.changes(PODS) - before) as f64;
        let wanted = begin.elapsed().as_secs_f64() * f64::from(rate);
        // A step of a hundredth of a second, and what controllers do at one go.
        let slack = f64::from(rate) * 0.02 + 12.0;
        assert!((made - wanted).abs() <= slack, "{made} of {wanted} at {rate}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_company_at_work() {
    let (cluster, store) = busy(5);
    let from = store.version();
    let (pods, sets, nodes) = (store.count(PODS, ""), store.latest(DEPLOYMENTS).items.len(), store.count(NODES, ""));
    let mut counts = BTreeSet::new();
    for _ in 0..200 {
        sleep(Duration::from_secs(1)).await;
        counts.insert(store.count(PODS, ""));
    }
    assert!(counts.len() > 1, "pods come and go");
    let (events, _) = store.since(PODS, from).unwrap();
    let phase = store.registry.get(PODS).unwrap().fields.iter().position(|it| it == "status.phase").unwrap();
    let phases: BTreeSet<&str> =
        events.iter().filter_map(|event| event.new.as_ref()).map(|record| &record.fields[phase]).collect();
    assert!(["Pending", "Running", "Succeeded"].iter().all(|it| phases.contains(it)), "{phases:?}");
    let flips = events.iter().filter(|it| match (&it.old, &it.new) {
        (Some(old), Some(new)) => old.pulse.ready && !new.pulse.ready && !new.pulse.going,
        _ => false,
    });
    assert!(flips.count() > 2, "probes fail");
    assert!(events.iter().any(|event| event.new.is_none()), "pods go");
    let (rolled, _) = store.since(DEPLOYMENTS, from).unwrap();
    assert!(
        rolled.iter().any(|it| it.old.as_ref().unwrap().pulse.generation != it.new.as_ref().unwrap().pulse.generation)
    );
    let crashes = events.iter().filter(|it| it.new.as_ref().is_some_and(|pod| pod.key.contains("settlement-worker")));
    assert!(crashes.count() > 4, "a crash loop goes on");
    let leases = get(&cluster, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases").await.json();
    assert_eq!(leases["items"].as_array().unwrap().len(), nodes);
    assert_eq!(store.latest(DEPLOYMENTS).items.len(), sets);
    assert!(store.count(PODS, "").abs_diff(pods) < 12, "{} of {pods}", store.count(PODS, ""));
}

#[tokio::test(start_paused = true)]
async fn nothing_grows_for_ever() {
    let (_cluster, store) = busy(5);
    let sizes = |store: &Store| -> Vec<(String, usize)> {
        store.registry.all().into_iter().map(|(id, it)| (it.qualified(), store.count(id, ""))).collect()
    };
    // The first hours fill what has a limit.
    sleep(Duration::from_secs(3 * 3600)).await;
    let before = sizes(&store);
    sleep(Duration::from_secs(2 * 3600)).await;
    for ((name, before), (_, after)) in before.into_iter().zip(sizes(&store)) {
        assert!(after <= before + before / 5 + 15, "{name}: {before}, then {after}");
    }
    assert!(store.count(EVENTS, "") > 20);
}

#[tokio::test(start_paused = true)]
async fn without_churn_nothing_happens() {
    let cluster = small(0, 64);
    let store = cluster.server().store.clone();
    cluster.live();
    // Controllers may have something to put right first.
    sleep(Duration::from_secs(5)).await;
    let before = store.version();
    sleep(Duration::from_secs(240)).await;
    assert_eq!(store.version(), before);
}
