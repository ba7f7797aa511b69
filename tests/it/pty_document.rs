//! Objects that are read, in a terminal: over the embedded fleet, and on a real control plane while
//! they change.

use crate::api::Api;
use crate::support::pty::{Pty, Shot, skylark};

use crate::support::rig::{Rig, Version, on_both, require_rig};
use serde_json::json;

fn title(shot: &Shot) -> &str {
    shot.lines
        .iter()
        .take(4)
        .find(|line| line.contains("  yaml  ") || line.contains("  describe  "))
        .map_or("", String::as_str)
}

/// What the status line says of a search: `3 of 17`.
fn found(shot: &Shot) -> &str {
    let before = shot.status().split("  line ").next().unwrap_or("");
    before.trim_end().rsplit("  ").next().unwrap_or("").trim()
}

fn read(pty: &mut Pty, key: &str, form: &str) -> Shot {
    pty.type_keys(key);
    pty.wait_for(form, |shot| {
        title(shot).contains(form) && title(shot).contains("  live") && shot.status().contains("line 1 of")
    })
}

#[test]
fn yaml_of_the_embedded_fleet_is_read_searched_and_left() {
    for (columns, lines) in [(80, 24), (120, 40), (200, 50)] {
        let mut pty = skylark(&["demo", "--nodes", "7", "--pods", "85", "--churn", "0"]).size(columns, lines).open();
        // All of them: what comes above the cursor while it is read moves the table.
        pty.wait_for("pods", |shot| shot.place().is_some_and(|(at, of)| at == 1 && of >= 340) && shot.is_whole());
        pty.type_keys("jj");
        let table = pty.wait_for("the third row", |shot| shot.place().is_some_and(|(at, _)| at == 3));
        let shot = read(&mut pty, "y", "yaml");
        assert!(shot.lines.iter().any(|line| line == "▌ apiVersion: v1"), "{}", shot.framed());
        assert!(shot.has("kind: Pod") && !shot.has("managedFields"), "{}", shot.framed());
        pty.type_keys("/uid");
        pty.wait_for("what was found", |shot| {
            let on = shot.lines.iter().any(|line| line.starts_with('▌') && line.contains("uid: "));
            found(shot).starts_with("1 of ") && on
        });
        pty.type_keys("<enter>n");
        pty.wait_for("the next one", |shot| found(shot).starts_with("2 of ") && shot.cursor.is_none());
        pty.type_keys("<esc>");
        pty.wait_for("no search", |shot| !found(shot).starts_with("2 of "));
        pty.type_keys("m/managedFields");
        pty.wait_for("managed fields", |shot| found(shot) == "1 of 1");
        pty.type_keys("<esc>");
        pty.wait_for("no search", |shot| shot.cursor.is_none());
        pty.type_keys("m");
        pty.wait_for("none", |shot| !title(shot).contains("managed"));
        pty.type_keys("G");
        pty.wait_for("the end", |shot| shot.status().contains(", 100 %"));
        pty.type_keys("<esc>");
        let shot = pty.wait_for("the table", |shot| shot.place().is_some());
        // A longer cell elsewhere may cut the cluster's name otherwise.
        let identity = |shot: &Shot| shot.selected().split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(identity(&shot), identity(&table), "the cursor is where it was{}{}", table.framed(), shot.framed());
        assert_eq!(pty.quit().code, Some(0));
    }
}

#[test]
fn a_description_ends_with_the_events() {
    let mut pty = skylark(&["demo", "--nodes", "7", "--pods", "85", "--churn", "0"]).size(120, 40).open();
    pty.wait_for("pods", |shot| shot.place().is_some_and(|(at, of)| at == 1 && of >= 200));
    pty.type_keys("/CrashLoop<enter>");
    pty.wait_for("a pod in trouble", |shot| {
        shot.has("CrashLoopBackOff") && shot.place().is_some_and(|(_, of)| of < 50)
    });
    read(&mut pty, "d", "describe");
    pty.type_keys("G");
    pty.wait_for("the end", |shot| {
        let mut below = shot.lines.iter().skip_while(|line| !line.contains("Events:"));
        shot.status().contains(", 100 %") && below.any(|line| line.contains("BackOff"))
    });
    // To its YAML and back, and back to the table with its filter.
    read(&mut pty, "y", "yaml");
    pty.type_keys("<esc>");
    pty.wait_for("the description", |shot| title(shot).contains("describe") && shot.has("Events:"));
    pty.type_keys("<esc>");
    pty.wait_for("the table", |shot| shot.has("/CrashLoop") && shot.place().is_some());
}

/// The pty over the cluster of a rig, on the table of this kind in this namespace.
fn over(rig: &Rig, namespace: &str, kind: &str, name: &str) -> Pty {
    let pty =
        skylark(&["--context", rig.context(), "-n", namespace, kind]).kubeconfig(rig.kubeconfig()).size(120, 40).open();
    pty.wait_for(kind, |shot| shot.rows().iter().any(|row| row.contains(name)));
    pty
}

#[test]
fn changes_of_a_real_object_are_marked_while_it_is_read() {
    require_rig!();
    on_both(changes);
}

fn changes(version: Version) {
    let rig = Rig::shared_of(version);
    let api = Api::new(rig.kubeconfig(), None);
    let namespace = api.namespace("document");
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let config = |data: serde_json::Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "labels": {"a": "b"}}, "data": data});
    api.create(&path, &config(json!({"first": "one", "second": "two", "text": "line 1\nline 2\n"})));
    let mut pty = over(rig, &namespace, "configmaps", "app");
    pty.type_keys("/app<enter>");
    pty.wait_for("one row", |shot| shot.place() == Some((1, 1)));
    let shot = read(&mut pty, "y", "yaml");
    assert!(shot.has("second: two") && !shot.lines.iter().any(|line| line.contains('┃')), "{}", shot.framed());
    api.merge(&format!("{path}/app"), &json!({"data": {"new": "三", "second": "zwei"}}));
    pty.wait_for("the change", |shot| {
        let marked = shot.lines.iter().filter(|line| line.contains('┃')).map(|line| line.trim());
        title(shot).contains("changed 1×") && marked.eq(["┃  new: 三", "┃  second: zwei"])
    });
    pty.type_keys("u");
    pty.wait_for("no marks", |shot| !shot.has("┃") && !title(shot).contains("changed"));
    // Noise alone is no change: what follows it is, and is the first.
    api.merge(&format!("{path}/app"), &json!({"metadata": {"annotations": {"note": "x"}}}));
    pty.wait_for("an annotation", |shot| shot.has("note: x") && title(shot).contains("changed 1×"));
    api.delete(&format!("{path}/app"));
    pty.wait_for("gone", |shot| {
        title(shot).contains("deleted") && shot.has("second: zwei") && shot.has("this is how it was last seen")
    });
    api.create(&path, &config(json!({"other": "one"})));
    let shot = pty.wait_for("another", |shot| shot.has("another of this name exists now"));
    assert!(shot.has("second: zwei") && !shot.has("other: one"), "{}", shot.framed());
}

#[test]
fn a_real_secret_shows_only_when_asked() {
    require_rig!();
    on_both(secret);
}

fn secret(version: Version) {
    let rig = Rig::shared_of(version);
    let api = Api::new(rig.kubeconfig(), None);
    let namespace = api.namespace("secrets");
    let path = format!("/api/v1/namespaces/{namespace}/secrets");
    let manifest = r#"{"apiVersion":"v1","kind":"Secret","data":{"password":"Y2FuYXJ5LTQ3MTE="}}"#;
    api.create(
        &path,
        &json!({"apiVersion": "v1", "kind": "Secret", "data": {"password": "Y2FuYXJ5LTQ3MTE="}, "metadata": {
            "name": "db", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": manifest}}}),
    );
    let mut pty = over(rig, &namespace, "secrets", "db");
    pty.type_keys("/^db<enter>");
    pty.wait_for("one row", |shot| shot.place() == Some((1, 1)));
    let shot = read(&mut pty, "y", "yaml");
    assert!(shot.has("masked, 11 bytes") && title(&shot).contains("secrets masked"), "{}", shot.framed());
    pty.type_keys("/canary");
    pty.wait_for("nothing", |shot| shot.status().contains("nothing found"));
    pty.type_keys("<esc>");
    pty.wait_for("no search", |shot| shot.cursor.is_none());
    pty.type_keys("d");
    pty.wait_for("its description", |shot| title(shot).contains("describe") && shot.has("11 bytes"));
    pty.type_keys("<esc>");
    pty.wait_for("yaml", |shot| title(shot).contains("yaml") && shot.has("masked, 11 bytes"));
    for secret in ["canary-4711", "Y2FuYXJ5"] {
        let wrote = pty.raw().windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(!wrote, "{secret} was written to the terminal");
    }
    pty.type_keys("x");
    let shot = pty.wait_for("the secret", |shot| shot.has("password: canary-4711"));
    assert!(title(&shot).contains("secrets shown"), "{}", shot.framed());
    pty.type_keys("x");
    pty.wait_for("masked again", |shot| shot.has("masked, 11 bytes"));
    pty.type_keys("x");
    pty.wait_for("the secret", |shot| shot.has("password: canary-4711"));
    // Whoever leaves masks it.
    pty.type_keys("<esc>");
    pty.wait_for("the table", |shot| shot.place() == Some((1, 1)));
    let shot = read(&mut pty, "y", "yaml");
    assert!(shot.has("masked, 11 bytes") && !shot.has("canary"), "{}", shot.framed());
}
