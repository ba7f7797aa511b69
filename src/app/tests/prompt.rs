use super::*;

#[test]
fn editing() {
    for (keys, text, cursor) in [
        ("abc", "abc", 3),
        ("abc<left>x", "abxc", 3),
        ("abc<home>x<end>y", "xabcy", 5),
        ("abc<ctrl-a><delete>", "bc", 0),
        ("a b c<ctrl-w>", "a b ", 4),
        ("a b <ctrl-w>", "a ", 2),
        ("a b <alt-backspace>", "a ", 2),
        ("ab cd <alt-b>x<alt-b><alt-b><alt-b>y", "yab xcd ", 1),
        ("ab  cd ef<home><alt-f>x<alt-f>y<alt-f><alt-f>z", "abx  cdy efz", 12),
        ("ab cd ef<home><alt-d><alt-d>x", "x ef", 1),
        ("abc<ctrl-u>d", "d", 1),
        ("ab<backspace>", "a", 1),
        ("ab<ctrl-h>", "a", 1),
        ("äö<left><backspace>", "ö", 0),
        ("e\u{301}x<left><left>", "e\u{301}x", 0),
        ("日本<backspace>", "日", 3),
        ("a?:/ q", "a?:/ q", 6),
        ("GN", "GN", 2),
        ("a<home><backspace>", "a", 0),
    ] {
        let mut rig = Rig::new();
        rig.keys(":");
        assert_eq!(rig.asks(keys), "", "{keys}");
        assert_eq!((rig.prompt().text.as_str(), rig.prompt().cursor), (text, cursor), "{keys}");
    }
}

#[test]
fn closing() {
    for keys in [":abc<esc>", ":<backspace>", ":a<backspace><backspace>", ":<enter>"] {
        let mut rig = Rig::new();
        assert_eq!(rig.asks(keys), "", "{keys}");
        assert_eq!(rig.app.ui().mode, Mode::Table, "{keys}");
    }
}

#[test]
fn pasting_goes_where_text_is_typed() {
    let mut rig = Rig::new();
    assert_eq!(rig.app.on_paste("jjq:quit\n"), []);
    rig.keys(":");
    rig.app.on_paste("po\tteam-a\u{1b}[0m\r\n");
    assert_eq!(rig.prompt().text, "po team-a [0m");
    rig.keys("<esc>/");
    assert_eq!(words(&rig.app.on_paste("web")), "pods all /web");
}

#[test]
fn completion_cycles_and_is_taken() {
    let texts = |rig: &Rig| rig.prompt().candidates.iter().map(|c| c.text.clone()).collect::<Vec<_>>();
    let mut rig = Rig::new();
    rig.keys(":po team");
    assert_eq!(texts(&rig), ["team-a", "team-b"]);
    rig.keys("<tab>");
    assert_eq!((rig.prompt().text.as_str(), rig.prompt().chosen), ("po team-a", Some(0)));
    rig.keys("<tab>");
    assert_eq!((rig.prompt().text.as_str(), rig.prompt().chosen), ("po team-b", Some(1)));
    rig.keys("<tab><shift-tab><shift-tab>");
    assert_eq!((rig.prompt().text.as_str(), rig.prompt().chosen), ("po team-a", Some(0)));
    assert_eq!(texts(&rig).len(), 2);
    rig.keys(",team-b");
    assert_eq!(rig.prompt().chosen, None);
    assert_eq!(rig.asks("<enter>"), "po team-a,team-b");

    rig.keys(":dep<right>");
    assert_eq!(rig.prompt().text, "deployments ");
    rig.keys("@ed");
    assert_eq!(texts(&rig), ["@edge-1", "@edge-2"]);
    assert_eq!(rig.prompt().candidates[0].about, "cluster idle");
    assert_eq!(rig.asks("<tab><tab><enter>"), "deployments team-a,team-b @2; connect 2");

    rig.keys(":qui");
    assert_eq!(rig.prompt().candidates[0].about, "command quit");
    rig.keys("<ctrl-u>dep");
    assert_eq!(rig.prompt().candidates[0].about, "kind deploy");
    rig.keys("<ctrl-u>zzzz<tab><shift-tab><right>");
    assert_eq!(rig.prompt().text, "zzzz");
    rig.keys("<ctrl-u>depl<left>");
    rig.keys("<tab>");
    assert_eq!(rig.prompt().text, "deploymentsl", "only what is before the cursor is completed");
}

#[test]
fn names_that_arrive_are_offered_at_once_but_not_under_tab() {
    let mut rig = Rig::new();
    let arrive = |snapshot: &mut Snapshot| {
        let mut names = Names::clone(&snapshot.names);
        names.kinds.push(("widgets".into(), vec![]));
        snapshot.names = Arc::new(names);
    };
    rig.keys(":wid");
    assert!(!rig.prompt().candidates.iter().any(|c| c.text == "widgets"));
    rig.answer(arrive);
    assert!(rig.prompt().candidates.iter().any(|c| c.text == "widgets"));
    rig.keys("<tab>");
    let before = rig.prompt().clone();
    rig.answer(arrive);
    assert_eq!(*rig.prompt(), before);
}

#[test]
fn lines_are_remembered() {
    let mut rig = Rig::new();
    rig.keys(":po<enter>:no<enter>:po<enter>:dr<up>");
    assert_eq!(rig.prompt().text, "po");
    rig.keys("<up>");
    assert_eq!(rig.prompt().text, "no");
    rig.keys("<up>");
    assert_eq!(rig.prompt().text, "no", "a line is remembered once");
    rig.keys("<down><down>");
    assert_eq!(rig.prompt().text, "dr");
    assert_eq!(rig.asks("<up><enter>"), "po all");
}

#[test]
fn what_is_unknown_is_said_and_the_prompt_stays() {
    let mut rig = Rig::new();
    assert_eq!(rig.asks(":pdos<enter>"), "");
    assert_eq!(rig.prompt().error.as_deref(), Some("There is no kind and no command `pdos`: pods?"));
    assert_eq!(rig.prompt().text, "pdos");
    rig.keys("<backspace>");
    assert_eq!(rig.prompt().error, None);
    assert_eq!(rig.asks("<ctrl-u>accept<enter>"), "");
    assert_eq!(rig.prompt().error.as_deref(), Some("`accept` does nothing here"));
    // As long as a cluster has not said what it serves, the view may try.
    rig.answer(|snapshot| std::sync::Arc::make_mut(&mut snapshot.names).complete = false);
    assert_eq!(rig.asks("<ctrl-u>pdos<enter>"), "pdos all");
}
