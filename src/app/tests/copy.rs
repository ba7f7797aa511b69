use super::*;
use crate::view::snapshot::Written;
use crate::view::spec::{What, Write};

fn on(rig: &mut Rig, selected: (&str, &str), marked: &[(&str, &str)]) {
    let row = |(namespace, name): (&str, &str)| RowId { namespace: namespace.into(), ..super::row(0, name) };
    rig.answer(|snapshot| {
        snapshot.window.selected = Some(row(selected));
        snapshot.window.marked = marked.iter().copied().map(row).collect();
    });
}

#[test]
fn names_and_namespaces_are_copied_at_once() {
    let mut rig = Rig::new();
    assert_eq!(rig.asks("c"), "");
    assert_eq!(rig.flash(), "No row is selected");
    on(&mut rig, ("shop", "web-1"), &[]);
    assert_eq!(rig.asks("c"), "copy web-1: web-1");
    assert_eq!(rig.asks("n"), "copy shop: shop");
    on(&mut rig, ("shop", "web-1"), &[("b", "db-0"), ("a", "db-1"), ("b", "db-2")]);
    // On one line: a shell would run lines one by one.
    assert_eq!(rig.asks("<ctrl-y>n"), "copy 3 names: db-0 db-1 db-2");
    assert_eq!(rig.asks("<ctrl-y>s"), "copy 2 namespaces: a b");
    assert_eq!(rig.asks(":copy name<enter>"), "copy 3 names: db-0 db-1 db-2");
    on(&mut rig, ("", "node-1"), &[]);
    assert_eq!(rig.asks("n"), "");
    assert_eq!(rig.flash(), "These rows have no namespace");
    assert_eq!(rig.asks(":copy moon<enter>"), "");
    assert!(rig.prompt().error.as_ref().is_some_and(|error| error.contains("name, namespace, cell, row, table")));
}

#[test]
fn names_wait_until_the_cursor_is_where_it_was_sent() {
    let mut rig = Rig::new();
    on(&mut rig, ("a", "one"), &[]);
    rig.snapshot.handled = 0;
    let snapshot = rig.snapshot.clone();
    rig.app.on_snapshot(Arc::new(snapshot));
    rig.keys("j");
    assert_eq!(rig.asks("c"), "");
    rig.snapshot.handled = u64::MAX;
    let mut answer = Vec::new();
    answer.extend(rig.answer(|snapshot| {
        snapshot.window.selected = Some(RowId { namespace: "a".into(), ..super::row(0, "two") });
    }));
    assert_eq!(words(&answer), "copy two: two");
}

#[test]
fn cells_and_rows_are_asked_of_the_view_and_taken_once() {
    let mut rig = Rig::new();
    on(&mut rig, ("a", "one"), &[]);
    assert_eq!(rig.asks("<ctrl-y>c"), "");
    assert!(rig.flash().starts_with("Pick a column first"), "{}", rig.flash());
    assert_eq!(rig.asks("<right><right><right><ctrl-y>c"), "write column(\"status\")");
    let written = |number, what, text: &str, rows, left| {
        Some(Arc::new(Written { of: Write { number, what }, text: text.into(), rows, left }))
    };
    let answer = rig.answer(|snapshot| snapshot.written = written(1, What::Column("STATUS".into()), "Running", 1, 0));
    assert_eq!(words(&answer), "written; copy STATUS: Running");
    // The same answer in the next snapshot is no other copy.
    assert_eq!(words(&rig.answer(|_| ())), "");
    assert_eq!(rig.asks("<ctrl-y>r<ctrl-y>t"), "write rows; write table");
    let answer = rig.answer(|snapshot| snapshot.written = written(3, What::Table, "A\tB\n1\t2\n", 1, 2));
    assert_eq!(words(&answer), "written; copy 1 rows (2 more did not fit): A\tB\n1\t2\n");
}

#[test]
fn tables_are_saved() {
    let mut rig = Rig::new();
    assert_eq!(rig.asks("<ctrl-s>"), "");
    assert_eq!(rig.flash(), "there are no rows");
    rig.answer(|snapshot| {
        let row = crate::view::snapshot::WindowRow {
            cells: vec!["x".into()],
            tone: Tone::Plain,
            marked: false,
            stale: false,
        };
        snapshot.window.rows = vec![row];
        snapshot.window.scope = "team-a, team-b".into();
        snapshot.now = 1_790_000_000;
    });
    assert_eq!(rig.asks("<ctrl-s>"), "write csv");
    let answer = rig.answer(|snapshot| {
        snapshot.written = Some(Arc::new(Written {
            of: Write { number: 1, what: What::Csv },
            text: "A\n1\n".into(),
            rows: 1,
            left: 0,
        }));
    });
    assert_eq!(words(&answer), "written; save 1 rows as pods-team-a+team-b-2026-09-21T14-13-20: A\n1\n");
}

#[test]
fn keys_of_k9s_whose_time_has_not_come_do_nothing_and_say_so() {
    for keys in ["l", "s", "e", "i", "z", "a", "p", "F", "<ctrl-d>", "<ctrl-k>"] {
        let mut rig = Rig::new();
        on(&mut rig, ("a", "one"), &[]);
        assert_eq!(rig.asks(keys), "", "{keys}");
        assert!(rig.flash().starts_with("Not in this version yet: "), "{keys}: {}", rig.flash());
        assert_eq!(rig.app.ui().mode, Mode::Table);
    }
    let mut rig = Rig::new();
    rig.keys(":xray<enter>");
    assert!(rig.prompt().error.as_ref().is_some_and(|error| error.contains("Not in this version yet: :xray")));
}

#[test]
fn namespaces_gone_to_are_on_the_digits() {
    let mut rig = Rig::new();
    rig.keys("3");
    assert!(rig.flash().contains("No namespace is on 3 yet"), "{}", rig.flash());
    rig.keys(":ns team-a<enter>:po team-b<enter>0");
    assert_eq!(rig.asks("1"), "po team-a");
    assert_eq!(rig.asks("2"), "po team-b");
    assert_eq!(rig.asks("0"), "po all");
}
