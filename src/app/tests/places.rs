use super::*;

#[test]
fn lines_open_tables() {
    for (keys, expected) in [
        (":deploy<enter>", "deploy all"),
        (":po team-a<enter>", "po team-a"),
        (":po @live /x<enter>", "po all @0 /x"),
        (":ns<enter>", "namespaces all"),
        (":namespace<enter>", "namespaces all"),
        (":ns team-a<enter>", "pods team-a"),
        (":po team-a<enter>:no<enter>", "po team-a; no team-a"),
        (":po team-a<enter>0", "po team-a; po all"),
        (":po team-a<enter>:po -A<enter>", "po team-a; po all"),
        (":po @live<enter>:no<enter>", "po all @0; no all @0"),
        (":po @live<enter>:no @all<enter>", "po all @0; no all"),
        (":po @live<enter>:ctx *<enter>", "po all @0; po all"),
        ("/x<enter>:po<enter>", "pods all /x; po all"),
        ("A<ctrl-w>:pods team-a<enter>", "pods all +AGE; pods all +AGE wide; pods team-a +AGE wide"),
        ("A:no<enter>", "pods all +AGE; no all"),
        (":ns<enter>-", "namespaces all; pods all"),
    ] {
        assert_eq!(Rig::new().asks(keys), expected, "{keys}");
    }
}

#[test]
fn there_is_a_way_back_and_forward() {
    let mut rig = Rig::new();
    rig.keys(":no<enter>:deploy<enter>");
    for (keys, expected) in [
        ("[", "no all"),
        ("[", "pods all"),
        ("[", ""),
        ("]", "no all"),
        ("]", "deploy all"),
        ("]", ""),
        ("-", "no all"),
        ("-", "deploy all"),
        ("/x<enter>[]", "deploy all /x; no all; deploy all /x"),
        ("<esc>", "deploy all"),
        ("q", "no all"),
        ("<esc>", "pods all"),
        (":po<enter>]", "po all"),
    ] {
        assert_eq!(rig.asks(keys), expected, "{keys}");
    }
}

#[test]
fn at_the_bottom_nothing_quits() {
    let mut rig = Rig::new();
    for key in ["q", "<esc>", "["] {
        assert_eq!(rig.asks(key), "", "{key}");
        assert_eq!(rig.flash(), "There is nothing to go back to; :q quits");
    }
    assert_eq!(rig.asks("]"), "");
    assert_eq!(rig.flash(), "There is nothing to go forward to");
    assert_eq!(rig.asks("-"), "");
    assert_eq!(rig.flash(), "There is no other place yet");
}

#[test]
fn esc_closes_what_is_open_first() {
    let mut rig = Rig::new();
    rig.keys(":no<enter>/x<enter>?");
    assert!(matches!(rig.app.ui().mode, Mode::Help(_)));
    assert_eq!(rig.asks("<esc>"), "");
    assert_eq!(rig.asks(":po<esc>"), "");
    assert_eq!(rig.asks("<esc>"), "no all");
    assert_eq!(rig.asks("<esc>"), "pods all");
}

#[test]
fn enter_on_namespaces_shows_their_pods() {
    let mut rig = Rig::new();
    rig.keys(":ns @live<enter>");
    assert_eq!(rig.asks("<enter>"), "", "the rows on the screen are still pods");
    assert_eq!(rig.flash(), "No row is selected");
    rig.answer(|snapshot| {
        snapshot.window.kind = "namespaces".into();
        snapshot.window.selected = Some(row(0, "team-a"));
    });
    assert_eq!(rig.asks("<enter>"), "pods team-a @0");
    assert_eq!(rig.asks("<esc>"), "namespaces all @0; focus 0/team-a");
    rig.answer(|snapshot| snapshot.window.marked = vec![row(0, "team-b"), row(3, "team-a"), row(0, "team-a")]);
    assert_eq!(rig.asks("<enter>"), "pods team-a,team-b @0");
}

#[test]
fn enter_on_objects_says_what_it_cannot() {
    let mut rig = Rig::new();
    rig.answer(|snapshot| snapshot.window.selected = Some(row(0, "web")));
    assert_eq!(rig.asks("<enter>"), "");
    assert_eq!(rig.flash(), "Opening one of pods is not possible yet");
}
