//! Down with Enter, up with Shift-J, aside with u and Shift-E, and back.

use super::*;

fn on(rig: &mut Rig, kind: &str, subject: &str, selected: RowId, marked: &[RowId]) {
    let marked = marked.to_vec();
    rig.answer(|snapshot| {
        let window =
            Window { kind: kind.into(), subject: subject.into(), selected: Some(selected), ..Window::default() };
        let marked_kinds = if marked.is_empty() { Vec::new() } else { vec![subject.to_owned()] };
        snapshot.window = Window { marked_kinds, marked, ..window };
    });
}

fn object(cluster: u16, namespace: &str, name: &str) -> RowId {
    RowId { namespace: namespace.into(), uid: format!("u-{name}"), ..row(cluster, name) }
}

#[test]
fn enter_opens_what_the_object_leads_to_and_esc_restores_the_row() {
    let mut rig = Rig::new();
    rig.keys(":deploy<enter>");
    on(&mut rig, "deployments", "deployments.apps", object(0, "shop", "web"), &[]);
    assert_eq!(rig.asks("<enter>"), "pods all in deployments.apps 0:shop/web");
    on(&mut rig, "pods", "pods", object(0, "shop", "web-1"), &[]);
    assert_eq!(rig.asks("<enter>"), "containers all in pods 0:shop/web-1");
    on(&mut rig, "containers", "containers", object(0, "shop", "web-1/app"), &[]);
    assert_eq!(rig.asks("<esc>"), "pods all in deployments.apps 0:shop/web; focus 0/web-1");
    on(&mut rig, "pods", "pods", object(0, "shop", "web-2"), &[]);
    assert_eq!(rig.asks("<esc>"), "deploy all; focus 0/web");
    on(&mut rig, "deployments", "deployments.apps", object(0, "shop", "web"), &[]);
    assert_eq!(rig.asks("]"), "pods all in deployments.apps 0:shop/web; focus 0/web-2", "forward, too");
    assert_eq!(rig.asks("-"), "deploy all; focus 0/web", "the last place");
}

#[test]
fn the_way_down_is_kept() {
    let mut rig = Rig::new();
    on(&mut rig, "deployments", "deployments.apps", object(0, "shop", "web"), &[]);
    rig.keys("<enter>");
    on(&mut rig, "pods", "pods", object(0, "shop", "web-1"), &[]);
    rig.keys("<enter>");
    let within = rig.app.spec().within.clone().unwrap();
    assert_eq!(within.up.as_ref().map(|up| up.kind.as_str()), Some("deployments.apps"));
    assert_eq!(within.parents[0].uid, "u-web-1");
}

#[test]
fn marked_rows_drill_together_and_may_span_clusters() {
    let mut rig = Rig::new();
    let marked = [object(0, "shop", "web"), object(3, "shop", "web")];
    on(&mut rig, "deployments", "deployments.apps", object(0, "x", "other"), &marked);
    assert_eq!(rig.asks("<enter>"), "pods all in deployments.apps 0:shop/web 3:shop/web");
    rig.keys("<esc>");
    rig.answer(|snapshot| snapshot.window.marked_kinds = vec!["jobs.batch".into(), "pods".into()]);
    assert_eq!(rig.asks("<shift-j>"), "");
    assert_eq!(rig.flash(), "The marked rows are of several kinds: jobs.batch, pods");
}

#[test]
fn the_owner_and_its_owner() {
    let mut rig = Rig::new();
    on(&mut rig, "pods", "pods", object(0, "shop", "web-1"), &[]);
    assert_eq!(rig.asks("<shift-j>"), "owners all in pods 0:shop/web-1");
    on(&mut rig, "replicasets", "replicasets.apps", object(0, "shop", "web-6d"), &[]);
    assert_eq!(rig.asks("<shift-j>"), "owners all in replicasets.apps 0:shop/web-6d");
    assert_eq!(rig.asks("<esc>"), "owners all in pods 0:shop/web-1; focus 0/web-6d");
}

#[test]
fn users_events_and_the_rest_of_the_namespace() {
    let mut rig = Rig::new();
    on(&mut rig, "secrets", "secrets", object(1, "shop", "tls"), &[]);
    assert_eq!(rig.asks("u"), "users all in secrets 1:shop/tls");
    on(&mut rig, "users", "deployments.apps", object(1, "shop", "web"), &[]);
    assert_eq!(rig.asks("<shift-e>"), "events all in deployments.apps 1:shop/web");
    rig.keys("<esc>");
    assert_eq!(rig.asks("w"), "deployments.apps shop");
    on(&mut rig, "deployments", "deployments.apps", object(1, "shop", "web"), &[]);
    assert_eq!(rig.asks("u"), "");
    assert!(rig.flash().starts_with("What uses deployments.apps is not known"), "{}", rig.flash());
    on(&mut rig, "nodes", "nodes", object(1, "", "n1"), &[]);
    assert_eq!(rig.asks("w"), "");
    assert_eq!(rig.flash(), "These rows have no namespace");
}

#[test]
fn another_kind_or_scope_is_outside_again() {
    let mut rig = Rig::new();
    on(&mut rig, "deployments", "deployments.apps", object(0, "shop", "web"), &[]);
    rig.keys("<enter>");
    assert_eq!(rig.asks("/x<enter>"), "pods all /x in deployments.apps 0:shop/web", "a filter stays inside");
    rig.keys("<esc>");
    assert_eq!(rig.asks("0"), "pods all", "k9s: all namespaces of the kind shown last");
    rig.keys("<esc>");
    assert_eq!(rig.asks(":no<enter>"), "no all");
}

#[test]
fn hints_say_what_enter_opens() {
    let mut rig = Rig::new();
    on(&mut rig, "cronjobs", "cronjobs.batch", object(0, "shop", "nightly"), &[]);
    assert!(rig.app.ui().hints.iter().any(|hint| hint.keys == "Enter" && hint.label == "its jobs"));
    on(&mut rig, "leases", "leases.coordination.k8s.io", object(0, "shop", "x"), &[]);
    assert!(rig.app.ui().hints.iter().all(|hint| hint.keys != "Enter"));
    assert_eq!(rig.asks("<enter>"), "");
    assert_eq!(rig.flash(), "Opening one of leases is not possible yet");
}

#[test]
fn since_is_a_word_of_the_filter() {
    let mut rig = Rig::new();
    assert_eq!(rig.asks(":pods --since 15m<enter>"), "pods all /since:15m");
    let line = ":pods -n team-a --since 1h /reason:BackOff<enter>";
    assert_eq!(rig.asks(line), "pods team-a /reason:BackOff since:1h");
}
