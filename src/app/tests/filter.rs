use super::*;

#[test]
fn a_filter_is_tried_while_it_is_typed() {
    for (keys, expected, after) in [
        ("/we<enter>", "pods all /w; pods all /we", "pods all /we"),
        ("/we<esc>", "pods all /w; pods all /we; pods all", "pods all"),
        ("/we<backspace><enter>", "pods all /w; pods all /we; pods all /w", "pods all /w"),
        ("/we<ctrl-u><enter>", "pods all /w; pods all /we; pods all", "pods all"),
        ("/w<enter>/x<esc>", "pods all /w; pods all /wx; pods all /w", "pods all /w"),
        ("/a b<enter>", "pods all /a; pods all /a b", "pods all /a b"),
        ("/<enter>", "", "pods all"),
        ("/<backspace>", "", "pods all"),
        ("/w<enter><esc>", "pods all /w; pods all", "pods all"),
        ("/w<enter>:clear-filter<enter>", "pods all /w; pods all", "pods all"),
        (":filter !a b<enter>", "pods all /!a b", "pods all /!a b"),
        (":/x<enter>", "pods all /x", "pods all /x"),
        (
            "/q?:0-<enter>",
            "pods all /q; pods all /q?; pods all /q?:; pods all /q?:0; pods all /q?:0-",
            "pods all /q?:0-",
        ),
        ("/w<pgdn><enter>", "pods all /w; pages(1)", "pods all /w"),
    ] {
        let mut rig = Rig::new();
        assert_eq!(rig.asks(keys), expected, "{keys}");
        assert_eq!(rig.place(), after, "{keys}");
        assert_eq!(rig.app.ui().mode, Mode::Table, "{keys}");
    }
}

#[test]
fn an_invalid_filter_is_explained_where_it_is_typed() {
    let mut rig = Rig::new();
    rig.keys("/(");
    rig.answer(|snapshot| snapshot.window.filter_error = Some("( is not closed".into()));
    assert_eq!(rig.prompt().error.as_deref(), Some("( is not closed"));
    rig.keys("<enter>");
    assert_eq!(rig.prompt().text, "(", "what is not valid is not kept");
    rig.keys("a");
    assert_eq!(rig.prompt().error, None);
    rig.answer(|snapshot| snapshot.window.filter_error = None);
    assert_eq!(rig.asks(")<enter>"), "pods all /(a)");
}

#[test]
fn a_filter_found_invalid_after_the_prompt_is_said() {
    let mut rig = Rig::new();
    rig.keys("/(<enter>");
    rig.answer(|snapshot| snapshot.window.filter_error = Some("( is not closed".into()));
    assert_eq!(rig.flash(), "( is not closed");
    rig.keys("/");
    assert_eq!(rig.prompt().error.as_deref(), Some("( is not closed"));
}

#[test]
fn filters_are_remembered() {
    let mut rig = Rig::new();
    rig.keys("/a<enter><esc>/b<enter><esc>/");
    rig.keys("<up>");
    assert_eq!(rig.prompt().text, "b");
    assert_eq!(rig.asks("<up>"), "pods all /a");
    rig.keys("<up><down><down>");
    assert_eq!(rig.prompt().text, "");
}
