//! The view over the embedded clusters: down, up, aside and back.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::model::relation::{EVENTS_OF, OWNER, Relation, opened_by};
use crate::model::within::{Parent, Within};
use crate::run::fleet::demo;
use crate::view::snapshot::RowId;
use std::time::Duration;

struct Rig {
    live: Live,
    _clusters: Vec<Arc<crate::demo::DemoCluster>>,
}

impl Rig {
    fn new(spec: Spec) -> Rig {
        let (made, clusters) =
            demo(&crate::demo::Wanted { nodes: 9, pods: 160, ..crate::demo::Wanted::default() }).unwrap();
        let mut live = Live::new(Arc::new(made.fleet), spec, &made.wanted);
        live.command(ViewCommand::Height(500));
        Rig { live, _clusters: clusters }
    }

    /// The window once it is as wanted.
    async fn until(&mut self, what: &str, condition: impl Fn(&Window) -> bool) -> Window {
        for _ in 0..2_000 {
            let window = self.live.snapshot().0.window;
            if condition(&window) {
                return window;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{what}: {:#?}", self.live.snapshot().0.window);
    }

    async fn complete(&mut self) -> Window {
        self.until("complete", |window| window.completeness == Completeness::Complete && window.total > 0).await
    }

    fn show(&mut self, spec: Spec) {
        self.live.command(ViewCommand::Show(spec));
    }
}

fn kind(word: &str) -> Spec {
    Spec { pane: Pane::Kind(word.into()), ..Spec::default() }
}

fn inside(relation: &Relation, window: &Window, rows: &[RowId]) -> Spec {
    let parent = |row: &RowId| Parent {
        cluster: row.cluster,
        namespace: row.namespace.clone(),
        name: row.name.clone(),
        uid: row.uid.clone(),
    };
    let parents = rows.iter().map(parent).collect();
    let within = Within { relation: *relation, kind: window.subject.clone(), parents, up: None };
    Spec { within: Some(Arc::new(within)), ..kind(relation.shows) }
}

fn column(window: &Window, title: &str) -> Vec<String> {
    let at = window.heads.iter().position(|head| head.title == title).unwrap_or_else(|| panic!("{title}"));
    window.rows.iter().map(|row| row.cells[at].clone()).collect()
}

#[tokio::test]
async fn from_marked_deployments_of_two_clusters_to_their_pods_and_back() {
    let mut rig = Rig::new(Spec {
        filter: "^coredns$".into(),
        clusters: Some(vec![ClusterId(0), ClusterId(1)]),
        ..kind("deployments")
    });
    let window = rig.until("both", |window| window.matched == 2).await;
    assert_eq!(window.subject, "deployments.apps");
    rig.live.command(ViewCommand::ToggleMark);
    rig.live.command(ViewCommand::ToggleMark);
    let window = rig.until("marks", |window| window.marked.len() == 2).await;
    assert_eq!(window.marked_kinds, ["deployments.apps"]);
    let relation = opened_by(&window.subject).unwrap();
    rig.show(inside(relation, &window, &window.marked));
    let pods = rig.complete().await;
    assert_eq!(pods.kind, "pods");
    assert!(column(&pods, "NAME").iter().all(|name| name.starts_with("coredns-")), "{pods:?}");
    let clusters = column(&pods, "CLUSTER");
    assert!(clusters.contains(&"prod-shanghai".into()) && clusters.contains(&"staging-frankfurt".into()));
    assert!(pods.heads.iter().all(|head| head.title != "NAMESPACE"), "one namespace is said in the crumbs");
    assert_eq!(pods.crumbs, ["deployments", "coredns (kube-system)", "pods"]);

    // Back to the row that was left.
    rig.show(kind("deployments"));
    rig.live.command(ViewCommand::Focus(window.marked[1].clone()));
    let wanted = window.marked[1].clone();
    rig.until("the row", |window| window.selected.as_ref() == Some(&wanted)).await;
}

#[tokio::test]
async fn a_pods_containers_its_owner_and_its_events() {
    let mut rig = Rig::new(Spec { filter: "status:CrashLoop name:settlement".into(), ..kind("pods") });
    let pods = rig.until("a pod", |window| window.matched > 0 && window.completeness == Completeness::Complete).await;
    let row = pods.selected.clone().unwrap();
    rig.show(inside(opened_by("pods").unwrap(), &pods, std::slice::from_ref(&row)));
    let containers = rig.complete().await;
    assert_eq!((containers.kind.as_str(), containers.subject.as_str()), ("containers", "containers"));
    assert_eq!(column(&containers, "NAME"), ["settlement-worker"]);
    assert!(containers.heads.iter().all(|head| !["POD", "CLUSTER", "NAMESPACE"].contains(&head.title.as_str())));
    assert_eq!(containers.selected.unwrap().name, format!("{}/settlement-worker", row.name));

    rig.show(inside(&OWNER, &pods, std::slice::from_ref(&row)));
    let owner = rig.until("its set", |window| {
        window.selected.as_ref().is_some_and(|it| row.name.starts_with(&it.name) && window.total > 1)
    });
    let owner = owner.await;
    assert_eq!((owner.kind.as_str(), owner.subject.as_str()), ("replicasets", "replicasets.apps"));

    rig.show(inside(&EVENTS_OF, &pods, std::slice::from_ref(&row)));
    let events = rig.until("events", |window| window.total > 0).await;
    assert!(events.heads.iter().all(|head| head.title != "OBJECT"), "the crumbs say it");
    let messages = column(&events, "MESSAGE");
    assert!(messages.iter().any(|it| it.contains(&row.name)), "{messages:?}");
    assert_eq!(column(&events, "TYPE")[0], "Warning");
    let counts = column(&events, "COUNT");
    assert!(counts[0].parse::<u32>().unwrap() > 1000, "{counts:?}");
}

#[tokio::test]
async fn events_of_the_fleet_warn_first_and_each_stands_alone_when_wide() {
    let mut rig = Rig::new(kind("events"));
    let folded = rig.complete().await;
    let types = column(&folded, "TYPE");
    let normal = types.iter().position(|it| it == "Normal").unwrap();
    assert!(normal > 0 && types[..normal].iter().all(|it| it == "Warning"), "{types:?}");
    assert!(types[normal..].iter().all(|it| it == "Normal"), "{types:?}");
    rig.show(Spec { wide: true, ..kind("events") });
    let wide = rig.until("each", |window| {
        window.completeness == Completeness::Complete && window.heads.iter().any(|head| head.title == "NAME")
    });
    assert!(wide.await.total >= folded.total);
    rig.show(Spec { filter: "type:Warning since:10m".into(), ..kind("events") });
    let recent = rig.until("recent", |window| window.matched < window.total && window.matched > 0).await;
    assert!(column(&recent, "TYPE").iter().all(|it| it == "Warning") && recent.filter_error.is_none());
    rig.show(Spec { filter: "since:soon".into(), ..kind("events") });
    assert!(rig.live.snapshot().0.window.filter_error.is_some());
}

#[test]
fn words_that_name_kinds_of_several_groups() {
    let kind = |group: &str, plural: &str, short: &[&str]| {
        Kind::built_in(group, "v1", plural, plural.trim_end_matches('s'), "", short, true)
    };
    let kinds = [
        kind("", "pods", &["po"]),
        kind("metrics.k8s.io", "pods", &[]),
        kind("gateway.networking.k8s.io", "gateways", &["gtw"]),
        kind("networking.istio.io", "gateways", &["gw"]),
        kind("argoproj.io", "applications", &["app"]),
        kind("networking.k8s.io", "ingresses", &["ing"]),
        kind("extensions", "ingresses", &["ing"]),
    ];
    let found = super::ambiguous(kinds.iter(), &BTreeSet::new());
    let gateways = ["gateways.gateway.networking.k8s.io", "gateways.networking.istio.io"].map(str::to_owned).to_vec();
    assert_eq!(found, [("gateway".to_owned(), gateways.clone()), ("gateways".to_owned(), gateways)]);
}
