//! Objects that are read, in their states.

use super::*;
use crate::model::document::{Document, Ink, Line, Piece};
use crate::model::reference::Reference;
use crate::view::page::{Page, Secrets};
use crate::view::reader::{Reader, Why};
use crate::view::spec::{Form, Motion, Object};
use crate::yaml;
use serde_json::{Value, json};
use std::sync::Arc;

fn pod() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "注文サービス-7d4b9c-x2x9l", "namespace": "決済", "resourceVersion": "48210513",
            "labels": {"app": "注文サービス", "version": "1.10"},
            "annotations": {"例": "一行に収まらない長い説明文は端末の幅で切られて三点リーダーが付く。折り返しを選べば全文が読める。さらに長い文をここに置く。"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "注文サービス-7d4b9c", "controller": true}],
        },
        "spec": {
            "containers": (0..3).map(|i| json!({
                "name": format!("web-{i}"), "image": "registry.example.com/shop/checkout@sha256:3f5c9a1be2d0c4e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4",
                "command": ["sh", "-c", "set -e\nexec /app/server --listen=:8080\n"],
                "resources": {"limits": {"memory": "1Gi"}, "requests": {"cpu": 0.5}}, "tty": false,
            })).collect::<Vec<_>>(),
            "nodeName": "node-7", "restartPolicy": "Always", "priority": 0,
        },
        "status": {"phase": "Running", "podIP": "10.0.0.7", "conditions": [{"type": "Ready", "status": "True", "message": null}]},
    })
}

fn object(form: Form) -> Object {
    Object {
        cluster: crate::view::spec::ClusterId(1),
        kind: "po".into(),
        namespace: "決済".into(),
        name: "注文サービス-7d4b9c-x2x9l".into(),
        uid: "u".into(),
        form,
    }
}

/// A frame of what a view would hand over at this size.
fn frame(size: (u16, u16), reader: &mut Reader, change: &dyn Fn(&mut Page), ui: &Ui, theme: &Theme) -> Buffer {
    let area = Rect::new(0, 0, size.0, size.1);
    let mut page = Page {
        kind: "pods".into(),
        state: (Tone::Good, "live".into()),
        object: object(Form::Yaml),
        document: reader.document().clone(),
        lines: reader.document().lines.len(),
        wrap: reader.wrap,
        ..Page::default()
    };
    change(&mut page);
    let mut snapshot = of::snapshot(of::cjk().clusters, crate::view::snapshot::Window::default());
    snapshot.page = Some(Arc::new(page.clone()));
    reader.set_size(text_width(area), data_rows(area, &snapshot));
    (page.rows, page.cursor_row) = reader.rows(of::NOW);
    page.cursor = reader.cursor().line;
    page.found = reader.found();
    snapshot.page = Some(Arc::new(page));
    let mut buffer = Buffer::empty(area);
    draw(area, &mut buffer, &snapshot, ui, theme);
    buffer
}

fn read(reader: &mut Reader, name: &str, change: impl Fn(&mut Page), ui: &Ui) {
    for size in SIZES {
        let buffer = frame(size, reader, &change, ui, &theme());
        insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), dump(&buffer));
    }
}

fn reader_of(object: &Value) -> Reader {
    let mut reader = Reader::default();
    reader.set_size(78, 20);
    let written = yaml::write(object, false, yaml::Options::default());
    reader.show(written.document, written.noise, Why::Rewritten);
    reader
}

fn ui() -> Ui {
    of::ui()
}

#[test]
fn yaml_is_read() {
    read(&mut reader_of(&pod()), "yaml", |_| (), &ui());
    let mut wrapped = reader_of(&pod());
    wrapped.set_wrap(true);
    wrapped.go(Motion::Rows(4));
    read(&mut wrapped, "yaml-wrap", |_| (), &ui());
    let mut aside = reader_of(&pod());
    aside.sideways(1);
    read(&mut aside, "yaml-aside", |_| (), &ui());
}

#[test]
fn searches_show() {
    let mut reader = reader_of(&pod());
    reader.set_search("server|sha");
    let prompt = Prompt { text: "server|sha".into(), cursor: 10, ..Prompt::default() };
    read(&mut reader, "yaml-search", |_| (), &Ui { mode: Mode::Filter(prompt), ..ui() });
    reader.to_found(true);
    read(&mut reader, "yaml-found", |_| (), &ui());
    reader.set_search("nowhere");
    let buffer = frame((80, 24), &mut reader, &|_| (), &ui(), &theme());
    assert!(dump(&buffer).contains("nothing found  line "), "{}", dump(&buffer));
    let new = Ui { mode: Mode::Filter(Prompt::default()), ..ui() };
    let buffer = frame((80, 24), &mut reader_of(&pod()), &|_| (), &new, &theme());
    assert!(dump(&buffer).contains("upper case is meant as such"), "{}", dump(&buffer));
}

#[test]
fn changes_show() {
    let mut reader = reader_of(&pod());
    let mut later = pod();
    later["metadata"]["resourceVersion"] = json!("48210600");
    later["metadata"]["labels"]["tier"] = json!("front");
    later["metadata"].as_object_mut().unwrap().remove("ownerReferences");
    later["spec"]["containers"][0]["resources"]["limits"]["memory"] = json!("2Gi");
    let written = yaml::write(&later, false, yaml::Options::default());
    assert!(reader.show(written.document, written.noise, Why::Changed(of::NOW - 3)));
    read(&mut reader, "yaml-changed", |page| page.changes = "changed 1× · 3s ago".into(), &ui());
}

#[test]
fn secrets_show_masked() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "type": "Opaque",
        "data": {"password": "Y2FuYXJ5LTE=", "tls.key": "Y2FuYXJ5LTI="}});
    let mut reader = reader_of(&secret);
    read(&mut reader, "secret-masked", |page| page.secrets = Secrets::Masked, &ui());
    let written = yaml::write(&secret, true, yaml::Options { reveal: true, managed: false });
    reader.show(written.document, written.noise, Why::Rewritten);
    read(&mut reader, "secret-revealed", |page| page.secrets = Secrets::Revealed, &ui());
}

#[test]
fn what_is_not_fresh_says_so() {
    let deleted = |page: &mut Page| {
        page.state = (Tone::Bad, "deleted 2m ago".into());
        page.notes = vec![of::note(
            Some(1),
            Tone::Bad,
            "Pod 注文サービス-7d4b9c-x2x9l was deleted 2m ago, and another of this name exists now: this is the old one; go back and open the new one there",
        )];
    };
    let mut reader = reader_of(&pod());
    reader.go(Motion::Bottom);
    read(&mut reader, "yaml-deleted", deleted, &ui());
    let stale = |page: &mut Page| {
        page.state = (Tone::Warn, "as of 3m ago".into());
        page.notes = vec![of::note(Some(1), Tone::Warn, "not live for 3m: connection refused; r tries again now")];
    };
    read(&mut reader_of(&pod()), "yaml-stale", stale, &ui());
}

#[test]
fn what_cannot_be_shown_says_why() {
    let mut reader = Reader::default();
    let state = |word: &'static str, tone: Tone, said: &'static str| {
        move |page: &mut Page| {
            page.state = (tone, word.into());
            page.notes = if said.is_empty() { Vec::new() } else { vec![of::note(Some(1), tone, said)] };
        }
    };
    read(&mut reader, "yaml-loading", state("loading", Tone::Quiet, ""), &ui());
    let forbidden = "pods \"注文サービス-7d4b9c-x2x9l\" is forbidden: User \"viewer\" cannot get resource \"pods\" in API group \"\" in the namespace \"決済\" (HTTP 403). Ask for the right to get pods; Esc goes back";
    read(&mut reader, "yaml-forbidden", state("forbidden", Tone::Bad, forbidden), &ui());
    let missing = "pods \"注文サービス-7d4b9c-x2x9l\" not found (HTTP 404). It may have been deleted; Esc goes back, and it shows here when it exists again";
    read(&mut reader, "yaml-missing", state("not found", Tone::Bad, missing), &ui());
    let failed = "the answer cannot be read: this object is larger than 8 MiB; r tries again now";
    read(&mut reader, "yaml-failed", state("failed", Tone::Bad, failed), &ui());
}

fn description() -> Document {
    let key = |name: &str, text: &str, ink: Ink| Line {
        pieces: vec![Piece::new(format!("{name}:"), Ink::Key), Piece::new(format!("  {text}"), ink)],
        ..Line::default()
    };
    let mut owner = key("Owner", "ReplicaSet/注文サービス-7d4b9c", Ink::Text);
    owner.link = Some(Reference { group: "apps".into(), kind: "ReplicaSet".into(), ..Reference::default() });
    Document {
        lines: vec![
            key("Name", "注文サービス-7d4b9c-x2x9l", Ink::Text),
            owner,
            key("Status", "CrashLoopBackOff", Ink::Bad),
            Line::default(),
            Line::of("Events", Ink::Heading),
            key("  Warning", "BackOff  12× over 4m", Ink::Warn),
        ],
    }
}

#[test]
fn descriptions_lead_on() {
    let mut reader = Reader::default();
    reader.set_size(78, 20);
    reader.show(description(), Vec::new(), Why::Rewritten);
    reader.go(Motion::Rows(1));
    read(&mut reader, "describe", |page| page.object = object(Form::Describe), &ui());
}

#[test]
fn any_terminal_will_do() {
    let plain = Theme::built_in("dark", Depth::None, &glyphs::ASCII).unwrap();
    let mut reader = reader_of(&pod());
    reader.set_search("server");
    let buffer = frame((80, 24), &mut reader, &|_| (), &ui(), &plain);
    assert!(dump(&buffer).is_ascii(), "{}", dump(&buffer));
    // What was found can be told without colour.
    let reversed = buffer.content.iter().filter(|cell| cell.modifier.contains(ratatui::style::Modifier::REVERSED));
    assert_eq!(reversed.filter(|cell| "server".contains(cell.symbol())).count(), 6);
    for (width, height) in (0..30u16).flat_map(|width| (0..14u16).map(move |height| (width * 4, height))) {
        let note = |page: &mut Page| page.notes = vec![of::note(Some(1), Tone::Bad, "deleted, and more words")];
        frame((width, height), &mut reader, &note, &ui(), &theme());
        frame((width, height), &mut Reader::default(), &note, &ui(), &theme());
    }
}

#[test]
fn steps_are_small() {
    let mut screen = Screen::new(Vec::new(), (200, 50));
    let mut reader = reader_of(&pod());
    let mut steps = Vec::new();
    for step in 0..4 {
        if step > 0 {
            reader.go(Motion::Rows(1));
        }
        let buffer = frame((200, 50), &mut reader, &|_| (), &ui(), &theme());
        let drawn = screen.frame(|_, target| {
            target.clone_from(&buffer);
            None
        });
        match drawn.unwrap() {
            Drawn::Bytes(bytes) => steps.push(bytes),
            Drawn::Same => steps.push(0),
            Drawn::Busy => unreachable!(),
        }
    }
    assert!(steps[1..].iter().all(|step| *step <= 300), "{steps:?}");
}
