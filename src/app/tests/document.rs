use super::*;
use crate::model::document::{Document, Ink, Line};
use crate::model::reference::Reference;
use crate::view::page::{Page, Secrets};
use crate::view::spec::{Form, Object};

fn on_row(rig: &mut Rig) {
    rig.answer(|snapshot| {
        let selected = RowId {
            cluster: ClusterId(3),
            namespace: "shop".into(),
            name: "web-0".into(),
            uid: "u1".into(),
            kind: String::new(),
        };
        snapshot.window.marked = vec![row(0, "other")];
        snapshot.window.selected = Some(selected);
    });
}

/// What the view answers while an object is read.
fn reading(rig: &mut Rig, change: impl FnOnce(&mut Page)) {
    let Pane::Object(object) = rig.app.spec().pane.clone() else { panic!("nothing is read") };
    let document = Document { lines: vec![Line::of("a: b", Ink::Text), Line::of("c", Ink::Text)] };
    let mut page = Page { object: *object, document: Arc::new(document), lines: 2, ..Page::default() };
    change(&mut page);
    rig.answer(|snapshot| {
        snapshot.window = Window::default();
        snapshot.page = Some(Arc::new(page));
    });
}

#[test]
fn the_row_under_the_cursor_is_read() {
    for (keys, expected) in [
        ("y", "Yaml pods shop/web-0 u1 @3 /"),
        ("d", "Describe pods shop/web-0 u1 @3 /"),
        (":yaml<enter>", "Yaml pods shop/web-0 u1 @3 /"),
        (":describe<enter>", "Describe pods shop/web-0 u1 @3 /"),
        ("yd", "Yaml pods shop/web-0 u1 @3 /; Describe pods shop/web-0 u1 @3 /"),
        ("y<esc>", "Yaml pods shop/web-0 u1 @3 /; pods all; focus 3/web-0"),
        ("yq", "Yaml pods shop/web-0 u1 @3 /; pods all; focus 3/web-0"),
        ("y[]", "Yaml pods shop/web-0 u1 @3 /; pods all; focus 3/web-0; Yaml pods shop/web-0 u1 @3 /"),
        ("y-", "Yaml pods shop/web-0 u1 @3 /; pods all; focus 3/web-0"),
        ("y:no<enter><esc>", "Yaml pods shop/web-0 u1 @3 /; no all; Yaml pods shop/web-0 u1 @3 /"),
        ("y:ns team-a<enter>", "Yaml pods shop/web-0 u1 @3 /; pods team-a"),
        ("y:@live<enter>", "Yaml pods shop/web-0 u1 @3 /; pods all @0"),
        ("yjG", "Yaml pods shop/web-0 u1 @3 /; +1; bottom"),
        ("yr", "Yaml pods shop/web-0 u1 @3 /; retry 3"),
    ] {
        let mut rig = Rig::new();
        on_row(&mut rig);
        assert_eq!(rig.asks(keys), expected, "{keys}");
    }
}

#[test]
fn faults_only_is_of_the_table_behind_a_text() {
    let mut rig = Rig::new();
    on_row(&mut rig);
    rig.keys("<ctrl-z>");
    on_row(&mut rig);
    rig.keys("d");
    reading(&mut rig, |_| {});
    let labels: Vec<_> = rig.app.ui().hints.iter().map(|hint| hint.label.clone()).collect();
    assert!(
        labels.iter().any(|label| label == "back") && !labels.iter().any(|label| label == "clear filter"),
        "{labels:?}"
    );
    rig.keys("<esc>");
    assert!(!matches!(rig.app.spec().pane, Pane::Object(_)), "one Esc leads back");
    assert!(rig.app.spec().faults, "the table is as it was");
}

#[test]
fn what_is_no_object_is_said() {
    let mut rig = Rig::new();
    assert_eq!(rig.asks("y"), "");
    assert_eq!(rig.flash(), "No row is selected");
    rig.on_clusters(0, &[]);
    assert_eq!(rig.asks("d"), "");
    assert!(rig.flash().starts_with("A cluster has no YAML"), "{}", rig.flash());
    assert!(rig.app.ui().hints.iter().all(|hint| hint.label != "yaml"));
    for line in ["wrap", "reveal", "search-next", "acknowledge", "next-change"] {
        let mut rig = Rig::new();
        assert_eq!(rig.asks(&format!(":{line}<enter>")), "");
        assert_eq!(rig.prompt().error, Some(format!("`{line}` does nothing here")));
    }
}

#[test]
fn keys_of_documents() {
    let mut rig = Rig::new();
    on_row(&mut rig);
    rig.keys("y");
    reading(&mut rig, |page| page.secrets = Secrets::Masked);
    for (keys, expected) in [
        ("nN", "read(next); read(previous)"),
        ("<tab><shift-tab>", "read(nextchange); read(previouschange)"),
        ("u", "read(acknowledge)"),
        ("wm", "read(wrap); read(managed)"),
        ("x", "read(reveal)"),
        ("<left><right>hl", "read(sideways(-1)); read(sideways(1)); read(sideways(-1)); read(sideways(1))"),
        ("<space>A0<ctrl-w>", ""),
    ] {
        assert_eq!(rig.asks(keys), expected, "{keys}");
    }
    assert_eq!(rig.asks("<enter>"), "");
    assert_eq!(rig.flash(), "This line names no other object");
    reading(&mut rig, |_| ());
    assert_eq!(rig.asks("x"), "");
    assert_eq!(rig.flash(), "Nothing is masked here");
    rig.keys("d");
    reading(&mut rig, |_| ());
    assert_eq!(rig.asks("m"), "");
    assert_eq!(rig.flash(), "`managed-fields` does nothing here");
}

#[test]
fn searching_is_typed_kept_and_given_up() {
    let mut rig = Rig::new();
    on_row(&mut rig);
    rig.keys("y");
    reading(&mut rig, |_| ());
    let at = "Yaml pods shop/web-0 u1 @3 /";
    assert_eq!(rig.asks("/im<enter>"), format!("{at}i; {at}im; read(settle)"));
    assert_eq!(rig.asks("/<ctrl-u><esc>"), format!("{at}; {at}im"), "the search before stays");
    assert_eq!(rig.asks("<esc>"), at, "Esc gives the search up first");
    assert_eq!(rig.asks("<esc>"), "pods all; focus 3/web-0");
}

#[test]
fn a_line_leads_to_what_it_names() {
    let mut rig = Rig::new();
    on_row(&mut rig);
    rig.keys("d");
    reading(&mut rig, |page| {
        let to = |group: &str, kind: &str, namespace: &str| Reference {
            group: group.into(),
            kind: kind.into(),
            namespace: namespace.into(),
            name: "web".into(),
            uid: "u2".into(),
        };
        page.link = Some(to("apps", "ReplicaSet", "shop"));
    });
    assert!(rig.app.ui().hints.iter().any(|hint| hint.label == "describe it"));
    assert_eq!(rig.asks("<enter>"), "Describe ReplicaSet.apps shop/web u2 @3 /");
    assert_eq!(rig.asks("<esc>"), "Describe pods shop/web-0 u1 @3 /");
}

#[test]
fn what_acts_on_a_line_waits_for_the_view() {
    let mut rig = Rig::new();
    on_row(&mut rig);
    let before = rig.app.sent;
    rig.answer(|snapshot| snapshot.handled = before);
    assert_eq!(rig.asks("jy"), "+1", "the cursor is on its way");
    let done = rig.answer(|snapshot| {
        snapshot.handled = before + 1;
        snapshot.window.selected = Some(row(1, "next"));
    });
    assert_eq!(words(&done), "Yaml pods /next  @1 /");
}

#[test]
fn what_is_masked_is_not_there_to_copy() {
    let mut rig = Rig::new();
    assert!(rig.app.page().is_none());
    on_row(&mut rig);
    rig.keys("y");
    assert!(rig.app.page().is_none(), "the table is on the screen still");
    reading(&mut rig, |page| page.cursor = 1);
    let page = rig.app.page().unwrap();
    assert_eq!((page.document.text().as_str(), page.line().as_str()), ("a: b\nc\n", "c"));
    // Another one is on the screen than the one that was asked for.
    rig.keys("d");
    assert!(rig.app.page().is_none());
    assert_eq!(
        rig.app.spec().pane,
        Pane::Object(Box::new(Object {
            form: Form::Describe,
            ..rig.app.snapshot().page.clone().unwrap().object.clone()
        }))
    );
}
