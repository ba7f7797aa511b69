//! What goes on by itself. Time is not waited for.

use super::client::{get, small};
use crate::demo::DemoCluster;
use crate::demo::churn::{Churn, House};
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
    let id = |plural: &str| store.registry.find("batch", "v1", plural).unwrap().0;
    let sizes = || [id("jobs"), PODS].map(|id| store.count(id, ""));
    // As many jobs as are kept come before the first goes.
    sleep(Duration::from_mins(1)).await;
    let before = sizes();
    sleep(Duration::from_mins(3)).await;
    for (before, after) in before.into_iter().zip(sizes()) {
        assert!(after <= before + 6, "{before}, then {after}");
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_forgotten_an_hour_after_they_were_last_told() {
    let cluster = small(0, 64);
    let store = cluster.server().store.clone();
    let mut house = House::default();
    house.begin(&store, Instant::now());
    let keys: Vec<_> = store.under(EVENTS, "").into_iter().map(|record| record.key.clone()).collect();
    assert!(keys.len() > 20);
    sleep(Duration::from_mins(50)).await;
    store.update(EVENTS, &keys[0], |event| event["count"] = 7.into()).unwrap();
    house.tidy(&store, Instant::now());
    assert_eq!(store.count(EVENTS, ""), keys.len());
    sleep(Duration::from_mins(20)).await;
    house.tidy(&store, Instant::now());
    assert_eq!(store.under(EVENTS, "").iter().map(|record| record.key.clone()).collect::<Vec<_>>(), keys[..1]);
    sleep(Duration::from_mins(41)).await;
    house.tidy(&store, Instant::now());
    assert_eq!(store.count(EVENTS, ""), 0);
}

#[tokio::test(start_paused = true)]
async fn without_churn_nothing_happens() {
    let cluster = small(0, 64);
    let store = cluster.server().store.clone();
    cluster.live();
    // Controllers may have something to put right first.
    sleep(Duration::from_secs(5)).await;
    let before = store.version();
    sleep(Duration::from_mins(4)).await;
    assert_eq!(store.version(), before);
}
