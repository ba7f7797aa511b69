use super::*;

#[test]
fn keys_ask_the_view() {
    for (keys, expected) in [
        ("jk", "+1; -1"),
        ("<down><up>", "+1; -1"),
        ("gG", "top; bottom"),
        ("<home><end>", "top; bottom"),
        ("<ctrl-f><ctrl-b>", "pages(1); pages(-1)"),
        ("<pgdn><pgup>", "pages(1); pages(-1)"),
        ("<alt-down><alt-up>", "+10; -10"),
        ("<space><ctrl-space><ctrl-4>", "togglemark; markrange; clearmarks"),
        ("<ctrl-w>", "pods all wide"),
        ("<ctrl-w><ctrl-w>", "pods all wide; pods all"),
        ("<ctrl-r>", "redraw"),
        ("<ctrl-c>", "quit"),
        (":q<enter>", "quit"),
        (":quit<enter>", "quit"),
        (":q!<enter>", "quit"),
        (":qa<enter>", "quit"),
        (":exit<enter>", "quit"),
        ("?<ctrl-c>", "quit"),
        (":po<ctrl-c>", "quit"),
        ("x", ""),
        ("<ctrl-x>", ""),
        (":<enter>", ""),
    ] {
        assert_eq!(Rig::new().asks(keys), expected, "{keys}");
    }
}

#[test]
fn a_key_that_came_together_with_esc_is_both() {
    // What terminals send for Esc and a key at once is what they send for Alt and that key.
    for (keys, expected, after) in [
        ("/w<enter><alt-j>", "pods all /w; pods all; +1", "pods all"),
        ("/w<enter><alt-/>d<enter>", "pods all /w; pods all; pods all /d", "pods all /d"),
        ("/w<alt-g>", "pods all /w; pods all; top", "pods all"),
        ("?<alt-j>", "+1", "pods all"),
        (":po<alt-:>no<alt-j>", "+1", "pods all"),
    ] {
        let mut rig = Rig::new();
        assert_eq!(rig.asks(keys), expected, "{keys}");
        assert_eq!(rig.place(), after, "{keys}");
    }
}

#[test]
fn sorting() {
    for (keys, expected) in [
        ("N", "pods all +NAME"),
        ("NN", "pods all +NAME; pods all -NAME"),
        ("A", "pods all +AGE"),
        ("AA", "pods all +AGE; pods all -AGE"),
        ("S", "pods all +STATUS"),
        ("P", "pods all +NAMESPACE"),
        ("T", "pods all -RESTARTS"),
        ("AI", "pods all +AGE; pods all -AGE"),
        ("I", "pods all -NAMESPACE"),
        ("<right><right>O", "pods all +NAME"),
        ("<shift-right><shift-left>O", "pods all +AGE"),
        ("N<right>O", "pods all +NAME; pods all +STATUS"),
        (":sort age<enter>", "pods all +AGE"),
        (":sort -age<enter>", "pods all -AGE"),
        (":sort 3<enter>", "pods all +STATUS"),
        (":sort -rest<enter>", "pods all -RESTARTS"),
        (":sort-next-column<enter>", "pods all +NAMESPACE"),
        (":sort-previous-column<enter>", "pods all +AGE"),
        ("A:unsort<enter>", "pods all +AGE; pods all"),
    ] {
        assert_eq!(Rig::new().asks(keys), expected, "{keys}");
    }
}

#[test]
fn a_picked_column_shows_and_goes_with_its_table() {
    let mut rig = Rig::new();
    rig.keys("<right><right>");
    assert_eq!(rig.app.ui().picked.as_deref(), Some("NAME"));
    rig.keys(":deploy<enter>");
    assert_eq!(rig.app.ui().picked, None);
    assert_eq!(rig.asks("O"), "");
    assert_eq!(rig.flash(), "Pick a column first: NAMESPACE, NAME, STATUS, RESTARTS, AGE");
}

#[test]
fn a_column_that_is_not_there_is_said() {
    let mut rig = Rig::new();
    assert_eq!(rig.asks(":sort ip<enter>"), "");
    assert_eq!(rig.prompt().error.as_deref(), Some("There is no column ip here"));
    assert_eq!(rig.asks("<ctrl-u>sort 9<enter>"), "");
    assert_eq!(rig.prompt().error.as_deref(), Some("There is no column 9 here"));
    // A table that is not there yet may have any column.
    rig.keys("<esc>:ns<enter>");
    assert_eq!(rig.asks("S"), "namespaces all +STATUS");
}

#[test]
fn releases_do_nothing_and_repeats_do() {
    use crossterm::event::KeyEventKind;
    let mut rig = Rig::new();
    let mut key = event("j");
    key.kind = KeyEventKind::Release;
    assert_eq!(rig.app.on_key(key), []);
    key.kind = KeyEventKind::Repeat;
    assert_eq!(words(&rig.app.on_key(key)), "+1");
}

#[test]
fn sequences_show_what_goes_on() {
    let text =
        "[global]\n\"g g\" = \"move-top\"\n\"g p\" = \":po -A\"\nq = \"quit\"\n[table]\n\"g a\" = \"sort AGE\"\n";
    let keymap = Keymap::parse("keys", text).unwrap();
    let mut rig = Rig::with(Start { keymap, ..Start::default() });
    assert_eq!(rig.asks("g"), "");
    let ui = rig.app.ui();
    assert_eq!(ui.pending, "g");
    let hints: Vec<_> = ui.hints.iter().map(|hint| format!("{} {}", hint.keys, hint.label)).collect();
    assert_eq!(hints, ["a Sort by AGE", "g Move to the first row", "p :po -A"]);
    assert_eq!(rig.asks("g"), "top");
    assert_eq!(rig.app.ui().pending, "");
    assert_eq!(rig.asks("gp"), "po all");
    assert_eq!(rig.asks("ga"), "po all +AGE");
    assert_eq!(rig.asks("gq"), "");
    assert_eq!(rig.asks("q"), "quit");
}

#[test]
fn what_acts_on_the_selected_row_waits_for_the_view() {
    let mut rig = Rig::new();
    let namespaces = |selected: &str, handled: u64| {
        let selected = RowId { name: selected.into(), ..row(0, "") };
        move |snapshot: &mut Snapshot| {
            snapshot.window = Window { kind: "namespaces".into(), selected: Some(selected), ..Window::default() };
            snapshot.handled = handled;
        }
    };
    rig.keys(":ns<enter>");
    let before = rig.app.sent;
    rig.answer(namespaces("default", before));
    assert_eq!(rig.asks("jj<enter>:q<enter>"), "+1; +1", "Enter and what follows waits");
    assert!(rig.answer(namespaces("kube-public", before + 1)).is_empty());
    let done = rig.answer(namespaces("kube-system", before + 2));
    assert!(words(&done).contains("pods"), "{}", words(&done));
    assert_eq!(rig.app.spec().namespaces, Namespaces::Only(vec!["kube-system".into()]));
    assert_eq!(done.last(), Some(&Effect::Quit));
}
