use super::*;
use proptest::prelude::*;

/// What happens to an application.
#[derive(Clone, Debug)]
enum Happens {
    Keys(&'static str),
    Char(char),
    Paste(String),
    Kind(&'static str),
    Selected(u16),
    Marked(Vec<u16>),
    Error(bool),
    Rows(u16),
    Tick,
}

fn happens() -> impl Strategy<Value = Happens> {
    let keys = prop::sample::select(vec![
        ":",
        "/",
        "?",
        "<esc>",
        "<enter>",
        "<tab>",
        "<shift-tab>",
        "<left>",
        "<right>",
        "<up>",
        "<down>",
        "<home>",
        "<end>",
        "<backspace>",
        "<delete>",
        "<ctrl-w>",
        "<ctrl-u>",
        "<ctrl-space>",
        "<ctrl-4>",
        "<pgdn>",
        "G",
        "g",
        "N",
        "A",
        "O",
        "I",
        "<shift-left>",
        "<shift-right>",
        "[",
        "]",
        "-",
        "0",
        "r",
        "C",
        ":ns<enter>",
        ":ctx<enter>",
        ":po<enter>",
        ":no @live<enter>",
        ":ctx *<enter>",
        "/日本<enter>",
        "@",
        ",",
        " ",
        "'",
    ]);
    prop_oneof![
        12 => keys.prop_map(Happens::Keys),
        3 => any::<char>().prop_map(Happens::Char),
        1 => "\\PC{0,6}".prop_map(Happens::Paste),
        1 => prop::sample::select(vec!["pods", "clusters", "namespaces", ""]).prop_map(Happens::Kind),
        1 => (0..9u16).prop_map(Happens::Selected),
        1 => prop::collection::vec(0..9u16, 0..4).prop_map(Happens::Marked),
        1 => any::<bool>().prop_map(Happens::Error),
        1 => any::<u16>().prop_map(Happens::Rows),
        1 => Just(Happens::Tick),
    ]
}

fn check(rig: &Rig, out: &[Effect]) {
    if let Mode::Command(prompt) | Mode::Filter(prompt) = &rig.app.ui().mode {
        assert!(prompt.text.is_char_boundary(prompt.cursor), "{prompt:?}");
        assert!(!prompt.text.contains(char::is_control), "{prompt:?}");
        assert!(prompt.chosen.is_none_or(|at| at < prompt.candidates.len()), "{prompt:?}");
    }
    let shown = out.iter().rev().find_map(|effect| match effect {
        Effect::View(ViewCommand::Show(spec)) => Some(spec),
        _ => None,
    });
    assert!(shown.is_none_or(|spec| spec == rig.app.spec()), "the view shows what the application thinks it does");
    assert!(!rig.app.ui().hints.is_empty());
    assert!(rig.app.spec().clusters.as_ref().is_none_or(|ids| !ids.is_empty()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_application_stands(events in prop::collection::vec(happens(), 0..60)) {
        let mut rig = Rig::new();
        for event in events {
            let before = rig.app.spec().clone();
            let out = match event {
                Happens::Keys(keys) => rig.keys(keys),
                Happens::Char(c) => rig.app.on_key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)),
                Happens::Paste(text) => rig.app.on_paste(&text),
                Happens::Kind(kind) => rig.answer(|snapshot| snapshot.window.kind = kind.into()),
                Happens::Selected(id) => rig.answer(|snapshot| snapshot.window.selected = Some(row(id, "x"))),
                Happens::Marked(ids) => {
                    rig.answer(|snapshot| snapshot.window.marked = ids.iter().map(|id| row(*id, "y")).collect())
                }
                Happens::Error(is) => rig.answer(|snapshot| snapshot.window.filter_error = is.then(|| "bad".into())),
                Happens::Rows(rows) => rig.app.on_resize(rows),
                Happens::Tick => {
                    rig.app.on_tick(Instant::now());
                    Vec::new()
                }
            };
            check(&rig, &out);
            let shows = out.iter().any(|effect| matches!(effect, Effect::View(ViewCommand::Show(_))));
            prop_assert!(shows || before == *rig.app.spec(), "another place is shown only by telling the view");
        }
    }
}
