use super::*;

#[test]
fn enter_scopes_the_fleet_and_connects_what_is_idle() {
    for (selected, marked, expected) in [
        (0, &[][..], "pods all @0"),
        (1, &[][..], "pods all @1; connect 1"),
        (0, &[0, 2][..], "pods all @0,2; connect 2"),
        (0, &[2, 1][..], "pods all @1,2; connect 1,2"),
        (0, &[0, 1, 2, 3][..], "pods all; connect 1,2"),
    ] {
        let mut rig = Rig::new();
        rig.on_clusters(selected, marked);
        assert_eq!(rig.asks("<enter>"), expected, "{marked:?}");
        assert_eq!(rig.flash().starts_with("Connecting edge-"), expected.contains("connect"));
    }
}

#[test]
fn enter_opens_the_kind_shown_before_and_the_scope_stays() {
    let mut rig = Rig::new();
    rig.keys(":deploy team-a<enter>:ns<enter>");
    rig.on_clusters(0, &[]);
    assert_eq!(rig.asks("<enter>"), "deploy team-a @0");
    assert_eq!(rig.asks(":no<enter>"), "no team-a @0");
    assert_eq!(rig.asks(":ctx edge-2<enter>"), "no team-a @2; connect 2");
    assert_eq!(rig.asks(":ctx @old<enter>"), "no team-a @3");
    rig.on_clusters(0, &[]);
    assert_eq!(rig.asks("/x<enter>"), "CLUSTERS team-a @3 /x");
    assert_eq!(rig.asks(":ctx *<enter>"), "no team-a");
}

#[test]
fn a_context_by_name_from_the_clusters_pane() {
    let mut rig = Rig::new();
    rig.on_clusters(0, &[]);
    assert_eq!(rig.asks(":ctx edge-1,live<enter>"), "pods all @1,0; connect 1");
    assert_eq!(rig.asks(":ctx edge<enter>"), "");
    assert_eq!(rig.prompt().error.as_deref(), Some("`edge` may mean edge-1 or edge-2"));
}

#[test]
fn retry_and_connect() {
    let mut rig = Rig::new();
    assert_eq!(rig.asks("r"), "retry");
    assert_eq!(rig.flash(), "Trying everything that is not live again now");
    assert_eq!(rig.asks(":retry old,live<enter>"), "retry 3,0");
    assert_eq!(rig.flash(), "Trying again now: old, live");
    assert_eq!(rig.asks(":connect<enter>"), "connect 1,2");
    assert_eq!(rig.asks(":connect edge-2<enter>"), "connect 2");
    assert_eq!(rig.asks(":connect live<enter>"), "");
    assert_eq!(rig.prompt().error.as_deref(), Some("No idle cluster to connect"));
    rig.keys("<esc>");
    rig.on_clusters(3, &[]);
    assert_eq!(rig.asks("r"), "retry 3");
    assert_eq!(rig.asks("C"), "");
    rig.on_clusters(1, &[1, 2, 3]);
    assert_eq!(rig.asks("r"), "retry 1,2,3");
    assert_eq!(rig.asks("C"), "connect 1,2");
}

#[test]
fn problems_open_the_clusters_pane_and_stay_said() {
    let problems = vec!["No kubeconfig at ~/.kube/config: name one with --kubeconfig".to_owned(), "b".to_owned()];
    let start = Start { problems, pane: Pane::Kind("no".into()), ..Start::default() };
    assert_eq!(words(&App::new(start.clone()).opening()), "CLUSTERS all");
    let mut rig = Rig::with(start);
    rig.answer(|snapshot| snapshot.window.kind = "clusters".into());
    rig.app.on_tick(Instant::now());
    rig.app.on_tick(Instant::now() + Duration::from_mins(10));
    rig.keys("j");
    assert_eq!(rig.flash(), "No kubeconfig at ~/.kube/config: name one with --kubeconfig · b");
    assert_eq!(rig.app.ui().problems.len(), 2);
    rig.answer(|snapshot| snapshot.window.selected = Some(row(0, "")));
    assert_eq!(rig.asks("<enter>"), "no all @0");
    assert_eq!(rig.flash(), "");
}

#[test]
fn a_fleet_that_is_dead_from_the_start_shows_why() {
    let dead = |snapshot: &mut Snapshot| snapshot.clusters[0].state.phase = Phase::Denied;
    let mut rig = Rig::new();
    assert_eq!(words(&rig.answer(dead)), "CLUSTERS all");
    assert_eq!(rig.flash(), "No cluster answers: see the reasons here; r tries again now");
    assert_eq!(words(&rig.answer(dead)), "", "said once");
    assert_eq!(rig.asks("q"), "pods all");

    let mut rig = Rig::new();
    rig.keys("j");
    assert_eq!(words(&rig.answer(dead)), "", "nothing moves under the user's hands");

    let mut rig = Rig::new();
    rig.answer(|snapshot| snapshot.clusters[0].state.phase = Phase::Connecting);
    assert_eq!(rig.place(), "pods all");
}

#[test]
fn notices_stay_until_a_key_is_pressed_and_can_be_read_again() {
    let notices = vec!["keys.toml:3: bad\u{1b}[2J".to_owned(), "chmod 600 it".to_owned()];
    let mut rig = Rig::with(Start { notices, wide: true, ..Start::default() });
    assert!(rig.app.spec().wide);
    assert_eq!(words(&rig.app.opening()), "pods all wide", "nothing else changes");
    rig.app.on_tick(Instant::now());
    rig.app.on_tick(Instant::now() + Duration::from_mins(10));
    assert_eq!(rig.flash(), "2 to read with :errors · keys.toml:3: bad");
    rig.keys("j");
    assert_eq!(rig.flash(), "");
    rig.app.heed(vec!["chmod 600 it".to_owned()]);
    assert_eq!(rig.flash(), "", "what was said is not said again");
    rig.app.heed(vec!["log in".to_owned()]);
    assert_eq!(rig.flash(), "1 to read with :errors · log in");
    rig.keys(":errors<enter>");
    let Mode::Help(help) = &rig.app.ui().mode else { panic!("{:?}", rig.app.ui().mode) };
    let said: Vec<_> = help.sections[0].entries.iter().map(|entry| entry.label.as_str()).collect();
    assert_eq!((said, help.prose), (vec!["keys.toml:3: bad", "chmod 600 it", "log in"], true));
    rig.keys("<esc>");
    assert_eq!(rig.app.ui().mode, Mode::Table);
    let mut rig = Rig::new();
    rig.keys(":errors<enter>");
    let Mode::Help(help) = &rig.app.ui().mode else { panic!("{:?}", rig.app.ui().mode) };
    assert_eq!(help.sections[0].entries[0].label, "Nothing went wrong so far.");
}
