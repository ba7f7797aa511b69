use super::*;

fn palette(rig: &Rig) -> &ui::Palette {
    match &rig.app.ui().mode {
        Mode::Palette(open) => open,
        other => panic!("no palette but {other:?}"),
    }
}

fn texts(rig: &Rig) -> Vec<&str> {
    palette(rig).items.iter().map(|item| item.text.as_str()).collect()
}

fn item<'a>(rig: &'a Rig, text: &str) -> &'a ui::PaletteItem {
    palette(rig).items.iter().find(|item| item.text == text).unwrap_or_else(|| panic!("{text} of {:?}", texts(rig)))
}

#[test]
fn it_finds_commands_kinds_clusters_namespaces_and_places() {
    let mut rig = Rig::new();
    rig.keys(":deploy team-a @live /web<enter>");
    rig.keys(":nodes<enter><ctrl-p>");
    let all = texts(&rig);
    assert_eq!(all[0], "nodes", "what was used last: {all:?}");
    for text in ["deploy team-a @live /web", "wide", "sort AGE", "copy row", "pods", "edge-1", "team-b"] {
        assert!(all.contains(&text), "{text} of {all:?}");
    }
    assert!(!all.iter().any(|text| text.starts_with("not-yet") || *text == "accept"), "{all:?}");
    let wide = item(&rig, "wide");
    assert_eq!(
        (wide.about.as_str(), wide.keys.as_str(), wide.doc.as_str()),
        ("command", "Ctrl-W", "Show or hide the wide columns")
    );
    assert_eq!(item(&rig, "sort AGE").keys, "Shift-A");
    assert_eq!(item(&rig, "copy name").keys, "c, Ctrl-Y n");
    assert_eq!(item(&rig, "deployments").doc, "deploy");
    assert_eq!(item(&rig, "edge-1").about, "cluster");
    assert_eq!(item(&rig, "deploy team-a @live /web").about, "place");
}

#[test]
fn enter_does_what_is_chosen() {
    for (keys, expected) in [
        ("<ctrl-p>wide<enter>", "pods all wide"),
        ("<ctrl-p>sort age<enter>", "pods all +AGE"),
        ("<ctrl-p>deplo<enter>", "deployments all"),
        ("<ctrl-p>deploy<enter>", "deployments all"),
        ("<ctrl-p>edge-2<enter>", "pods all @2; connect 2"),
        ("<ctrl-p>team-b<enter>", "pods team-b"),
        ("<ctrl-p>quit<enter>", "quit"),
        ("<ctrl-p>q<enter>", "quit"),
        ("<ctrl-p>>redraw<enter>", "redraw"),
        ("<ctrl-p>@edge<down><enter>", "pods all @2; connect 2"),
        ("<ctrl-p>@edge<ctrl-n><ctrl-p><enter>", "pods all @1; connect 1"),
        ("<ctrl-p>@edge<up><enter>", "pods all @2; connect 2"),
        ("<ctrl-p>zzzz<enter>", ""),
        ("<ctrl-p><esc>", ""),
        (":palette<enter>nodes<enter>", "nodes all"),
        ("<ctrl-a>no<enter>", "nodes all"),
        (":deploy team-a<enter>:nodes<enter><ctrl-p>deploy team<enter>", "deploy team-a; nodes team-a; deploy team-a"),
    ] {
        assert_eq!(Rig::new().asks(keys), expected, "{keys}");
    }
    let mut rig = Rig::new();
    rig.keys("<ctrl-p>zzzz<enter>");
    assert_eq!(palette(&rig).total, 0);
    rig.keys("<esc>");
    assert_eq!(rig.app.ui().mode, Mode::Table);
}

#[test]
fn tab_goes_on_in_the_command_line() {
    for (keys, text) in [
        ("<ctrl-p>deplo<tab>", "deployments "),
        ("<ctrl-p>sort<tab>", "sort "),
        ("<ctrl-p>wide<tab>", "wide"),
        ("<ctrl-p>@edge-1<tab>", "pods @edge-1 "),
        ("<ctrl-p>team-b<tab>", "pods team-b "),
    ] {
        let mut rig = Rig::new();
        rig.keys(keys);
        assert!(matches!(rig.app.ui().mode, Mode::Command(_)));
        assert_eq!(rig.prompt().text, text, "{keys}");
    }
    let mut rig = Rig::new();
    assert_eq!(rig.asks("<ctrl-p>deplo<tab>team-a<enter>"), "deployments team-a");
}

#[test]
fn what_is_not_to_be_had_says_why_and_does_nothing() {
    let mut rig = Rig::new();
    rig.answer(|snapshot| {
        let mut names = (*snapshot.names).clone();
        names.refused = vec![("deployments".into(), "deployments is forbidden: User \"x\"".into())];
        snapshot.names = Arc::new(names);
    });
    rig.keys("<ctrl-p>");
    let why = |text: &str| item(&rig, text).why_not.clone().unwrap_or_default();
    assert_eq!(why("copy"), "No row is selected");
    assert_eq!(why("history-forward"), "There is nothing to go forward to");
    assert_eq!(why("clear-filter"), "there is no filter");
    assert_eq!(why("all-namespaces"), "all namespaces are shown");
    assert!(why("open").contains("not possible yet"), "{}", why("open"));
    assert!(why("deployments").starts_with("forbidden: deployments is forbidden"));
    assert!(why("old").starts_with("unreachable"), "{}", why("old"));
    assert!(why("edge-1").starts_with("idle"));
    assert_eq!(why("wide") + &why("pods") + &why("live"), "");
    // What cannot be done stands below what can.
    let place = |text: &str| texts(&rig).iter().position(|other| *other == text);
    assert!(place("wide") < place("copy"));
    assert_eq!(rig.asks("clear-filter<enter>"), "");
    assert_eq!(rig.flash(), "there is no filter");
    assert_eq!(palette(&rig).prompt.text, "clear-filter", "it stays open");
    // What is forbidden may be allowed by now: it is gone to, and the table says.
    assert_eq!(rig.asks("<ctrl-u>deployments<enter>"), "deployments all");
}

#[test]
fn the_choice_stays_while_names_arrive() {
    let mut rig = Rig::new();
    rig.keys("<ctrl-p>team<down>");
    assert_eq!(palette(&rig).items[palette(&rig).chosen].text, "team-b");
    rig.answer(|snapshot| {
        let mut names = (*snapshot.names).clone();
        names.namespaces.insert(0, "team".into());
        snapshot.names = Arc::new(names);
    });
    let open = palette(&rig);
    assert_eq!((open.items[0].text.as_str(), open.items[open.chosen].text.as_str()), ("team", "team-b"));
    rig.keys("<pgdn><pgdn>");
    assert_eq!(palette(&rig).chosen, palette(&rig).items.len() - 1);
    rig.keys("<down>");
    assert_eq!(palette(&rig).chosen, 0);
}

#[test]
fn nothing_is_changed_where_it_must_not_be() {
    use crate::command::table::{Call, Id};
    // No command changes a cluster yet: a call stands for one that will.
    let call = Call { id: Id::Wide, argument: String::new() };
    assert!(!call.id.command().mutates);
    let rig = Rig::with(Start { read_only: true, ..Start::default() });
    assert_eq!(rig.app.why_never(true), Some("read-only: Skylark was started with --read-only".into()));
    assert_eq!(rig.app.why_never(false), None);
    let mut rig = Rig::new();
    rig.answer(|snapshot| snapshot.window.selected = Some(row(3, "web")));
    assert!(rig.app.why_never(true).is_some_and(|why| why.starts_with("old is unreachable")));
    rig.answer(|snapshot| snapshot.window.selected = Some(row(0, "web")));
    assert_eq!(rig.app.why_never(true), None);
    assert_eq!(rig.app.why_not(&call), None);
}

#[test]
fn a_word_of_several_groups_is_chosen() {
    let mut rig = Rig::new();
    rig.answer(|snapshot| {
        let mut names = Names::clone(&snapshot.names);
        let groups = ["gateways.gateway.networking.k8s.io", "gateways.networking.istio.io"];
        names.kinds.extend(groups.map(|kind| (kind.to_owned(), vec!["gw".to_owned()])));
        names.ambiguous = vec![("gw".into(), groups.map(str::to_owned).into())];
        snapshot.names = Arc::new(names);
    });
    rig.keys(":gw team-a<enter>");
    assert_eq!(texts(&rig), ["gateways.gateway.networking.k8s.io", "gateways.networking.istio.io"]);
    assert_eq!(rig.asks("istio<enter>"), "gateways.networking.istio.io team-a");
    assert_eq!(rig.asks("<ctrl-p>deplo<enter>"), "deployments team-a", "the palette holds everything again");
}

#[test]
fn a_word_of_ones_own_stands_for_a_line() {
    let aliases = [("mine".to_owned(), "deploy team-b".to_owned())].into();
    let mut rig = Rig::with(Start { aliases, ..Start::default() });
    assert_eq!(rig.asks(":mine @live<enter>"), "deploy team-b @0");
}
