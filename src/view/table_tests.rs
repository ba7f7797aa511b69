use super::*;
use crate::model::column;
use crate::model::draft::Draft;
use crate::model::kind::Kind;
use proptest::prelude::*;

const NOW: Timestamp = 10_000;

fn part(cluster: u16, name: &str) -> Part {
    let kind = Kind::built_in("", "v1", "pods", "pod", "Pod", &[], true);
    let source = Arc::new(Source::new(ClusterId(cluster), kind.into(), None, Arc::default(), false));
    let columns = [
        column::Column::shown("NAME"),
        column::Column::shown("STATUS"),
        column::Column::wide("IP"),
        column::Column::shown("AGE"),
    ];
    source.set_columns(Arc::from(columns.to_vec()));
    Part { source, cluster: ClusterId(cluster), name: name.into() }
}

fn put(part: &Part, namespace: &str, name: &str, version: u32, status: &str, created: Timestamp) {
    let mut draft = Draft::default();
    draft.namespace = draft.span(namespace);
    draft.name = draft.span(name);
    draft.uid = draft.span_fmt(format_args!("uid-{namespace}-{name}"));
    draft.version = draft.span_fmt(format_args!("{version}"));
    draft.created = created;
    draft.set_labels([("app", name.split('-').next().unwrap_or(""))]);
    draft.cell_span(draft.name);
    draft.cell(status);
    draft.cell("10.0.0.1");
    draft.cell_age(created);
    part.source.upsert(&draft, NOW);
}

fn drop_row(part: &Part, namespace: &str, name: &str) {
    let mut draft = Draft::default();
    draft.uid = draft.span_fmt(format_args!("uid-{namespace}-{name}"));
    part.source.remove(&draft, NOW);
}

fn table(parts: &[Part]) -> Table {
    let mut table = Table::default();
    table.set_parts(parts.to_vec(), parts.len() > 1, false);
    table.set_height(10);
    table.refresh();
    table
}

fn names(table: &mut Table) -> Vec<String> {
    let at = table.heads().iter().position(|head| head.title == "NAME").unwrap();
    let (rows, _) = table.window(&[], NOW, &[]);
    rows.into_iter().map(|row| row.cells[at].clone()).collect()
}

fn selected(table: &Table) -> String {
    table.selected().map(|id| id.name).unwrap_or_default()
}

#[test]
fn one_table_spans_clusters_in_the_order_of_cluster_namespace_name() {
    let parts = [part(0, "east"), part(1, "west")];
    put(&parts[1], "a", "one", 1, "Running", 1);
    put(&parts[0], "b", "two", 1, "Running", 1);
    put(&parts[0], "a", "three-with-a-long-name-2", 1, "Running", 1);
    put(&parts[0], "a", "three-with-a-long-name-1", 1, "Running", 1);
    let mut table = table(&parts);
    assert_eq!(names(&mut table), ["three-with-a-long-name-1", "three-with-a-long-name-2", "two", "one"]);
    let heads: Vec<_> = table.heads().into_iter().map(|head| head.title).collect();
    assert_eq!(heads, ["CLUSTER", "NAMESPACE", "NAME", "STATUS", "AGE"]);
    table.set_wide(true);
    table.refresh();
    assert_eq!(table.heads().len(), 6);
}

#[test]
fn the_cursor_stays_on_its_object_while_rows_move() {
    let parts = [part(0, "east")];
    for name in ["b", "d", "f"] {
        put(&parts[0], "a", name, 1, "Running", 1);
    }
    let mut table = table(&parts);
    assert_eq!(selected(&table), "b");
    // Nobody has moved yet: the cursor stays on top.
    put(&parts[0], "a", "a", 1, "Running", 1);
    table.refresh();
    assert_eq!(selected(&table), "a");
    table.go(Motion::Rows(2));
    assert_eq!(selected(&table), "d");
    table.refresh();
    put(&parts[0], "a", "c", 1, "Running", 1);
    drop_row(&parts[0], "a", "b");
    table.refresh();
    assert_eq!(selected(&table), "d");
    drop_row(&parts[0], "a", "d");
    table.refresh();
    assert_eq!(selected(&table), "f", "the row after the one that went");
    drop_row(&parts[0], "a", "f");
    table.refresh();
    assert_eq!(selected(&table), "c");
}

#[test]
fn marks_stick_to_objects() {
    let parts = [part(0, "east")];
    for name in ["b", "c", "d", "e"] {
        put(&parts[0], "a", name, 1, "Running", 1);
    }
    let mut table = table(&parts);
    table.toggle_mark();
    put(&parts[0], "a", "a", 1, "Running", 1);
    table.refresh();
    let marked = |table: &Table| table.marked().into_iter().map(|id| id.name).collect::<Vec<_>>();
    assert_eq!(marked(&table), ["b"]);
    table.go(Motion::Bottom);
    table.mark_range();
    assert_eq!(marked(&table), ["b", "c", "d", "e"]);
    drop_row(&parts[0], "a", "c");
    table.refresh();
    assert_eq!(marked(&table), ["b", "d", "e"]);
    table.clear_marks();
    assert!(marked(&table).is_empty());
}

#[test]
fn filters_and_keeps_the_last_valid_one() {
    let parts = [part(0, "east"), part(1, "west")];
    put(&parts[0], "a", "web-1", 1, "Running", 1);
    put(&parts[1], "a", "db-1", 1, "Pending", 1);
    let mut table = table(&parts);
    let mut shown = |filter: &str| {
        table.set_filter(filter);
        table.refresh();
        (names(&mut table), table.filter_error().is_some())
    };
    assert_eq!(shown("^db"), (vec!["db-1".into()], false));
    assert_eq!(shown("^(db"), (vec!["db-1".into()], true));
    assert_eq!(shown("!pend"), (vec!["web-1".into()], false));
    assert_eq!(shown("^west$"), (vec!["db-1".into()], false));
    assert_eq!(shown("-l app=web"), (vec!["web-1".into()], false));
    assert_eq!(shown("10.0.0.1").0.len(), 0, "a hidden column is not tried");
}

#[test]
fn sorts_by_any_column() {
    let parts = [part(0, "east"), part(1, "west")];
    put(&parts[0], "a", "old", 1, "Running", 100);
    put(&parts[0], "b", "young", 1, "Failed", 9_000);
    put(&parts[1], "a", "unknown", 1, "Running", 0);
    let mut table = table(&parts);
    let mut sorted = |column: &str, descending: bool| {
        table.set_sort(Some(Sort { column: column.into(), descending }));
        table.refresh();
        names(&mut table)
    };
    assert_eq!(sorted("AGE", false), ["young", "old", "unknown"]);
    assert_eq!(sorted("AGE", true), ["unknown", "old", "young"]);
    assert_eq!(sorted("STATUS", false), ["young", "old", "unknown"]);
    assert_eq!(sorted("STATUS", true), ["old", "unknown", "young"], "ties stay in natural order");
    assert_eq!(sorted("NAMESPACE", true), ["young", "old", "unknown"]);
    assert_eq!(sorted("NAME", true), ["young", "unknown", "old"]);
}

#[test]
fn a_page_keeps_the_cursor_in_sight_and_ages_say_when_they_change() {
    let parts = [part(0, "east")];
    for i in 0..100 {
        put(&parts[0], "a", &format!("pod-{i:03}"), 1, "Running", NOW - 700);
    }
    let mut table = table(&parts);
    for motion in
        [Motion::Pages(1), Motion::Pages(3), Motion::Rows(-1), Motion::Bottom, Motion::Pages(-100), Motion::Line(4)]
    {
        table.go(motion);
        let cursor = table.cursor().unwrap();
        assert!((table.offset()..table.offset() + 10).contains(&cursor), "{motion:?}");
    }
    assert_eq!(selected(&table), "pod-004");
    let (rows, next) = table.window(&[true], NOW, &[0]);
    assert_eq!((rows.len(), rows[0].stale, next), (10, true, Some(20)));
    assert_eq!(table.window(&[], NOW, &[-101]).1, Some(1), "by the server's clock");
}

#[test]
fn rows_arrive_in_batches_of_any_size() {
    let parts = [part(0, "east")];
    let mut table = table(&parts);
    let mut count = 0;
    for batch in [1, 10, 294, 300, 2000, 3, 700, 1] {
        for _ in 0..batch {
            count += 1;
            put(&parts[0], &format!("ns-{}", count / 50), &format!("pod-{count}"), 1, "Running", 1);
        }
        table.refresh();
        assert_eq!((table.matched(), table.total()), (count, count));
    }
}

#[test]
fn rows_that_come_after_the_columns_are_seen() {
    let kind = Kind::built_in("", "v1", "pods", "pod", "Pod", &[], true);
    let source = Arc::new(Source::new(ClusterId(0), kind.into(), None, Arc::default(), false));
    let parts = [Part { source, cluster: ClusterId(0), name: "east".into() }];
    let mut table = table(&parts);
    parts[0].source.set_columns(Arc::from(vec![column::Column::shown("NAME")]));
    for name in ["one", "two"] {
        put(&parts[0], "a", name, 1, "Running", 1);
        table.refresh();
    }
    assert_eq!(table.matched(), 2);
}

#[test]
fn servers_with_other_columns_share_a_table() {
    let parts = [part(0, "east"), part(1, "west")];
    let columns = [column::Column::shown("NAME"), column::Column::shown("QOS"), column::Column::shown("AGE")];
    parts[1].source.set_columns(Arc::from(columns.to_vec()));
    let table = table(&parts);
    let heads: Vec<_> = table.heads().into_iter().map(|head| head.title).collect();
    assert_eq!(heads, ["CLUSTER", "NAMESPACE", "NAME", "QOS", "STATUS", "AGE"]);
}

#[derive(Clone, Debug)]
enum Op {
    Put(u8, u8, u8, u8),
    Drop(u8, u8, u8),
    Refresh,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..2_u8, 0..4_u8, 0..12_u8, 0..3_u8).prop_map(|(c, n, i, s)| Op::Put(c, n, i, s)),
        2 => (0..2_u8, 0..4_u8, 0..12_u8).prop_map(|(c, n, i)| Op::Drop(c, n, i)),
        1 => Just(Op::Refresh),
    ]
}

proptest! {
    /// Merging changes gives what sorting everything gives.
    #[test]
    fn merged_is_as_built(ops in proptest::collection::vec(op(), 0..80), sort in 0..4_usize, filter in 0..3_usize) {
        let parts = [part(0, "east"), part(1, "west")];
        let sort = [None, Some(("STATUS", false)), Some(("NAMESPACE", true)), Some(("NAME", true))][sort];
        let sort = sort.map(|(column, descending)| Sort { column: column.into(), descending });
        let filter = ["", "!s1", "n-[1-5]$"][filter];
        let set = |table: &mut Table| {
            table.set_filter(filter);
            table.set_sort(sort.clone());
            table.set_height(200);
            table.refresh();
        };
        let mut live = table(&parts);
        set(&mut live);
        let mut version = 0;
        for op in ops {
            version += 1;
            match op {
                Op::Put(c, n, i, s) => put(&parts[usize::from(c)], &format!("ns{n}"), &format!("n-{i}"), version, &format!("s{s}"), 5),
                Op::Drop(c, n, i) => drop_row(&parts[usize::from(c)], &format!("ns{n}"), &format!("n-{i}")),
                Op::Refresh => live.refresh(),
            }
        }
        live.refresh();
        let rows = live.window(&[], NOW, &[]).0;
        let total = live.total();
        drop(live);
        let mut fresh = table(&parts);
        set(&mut fresh);
        prop_assert_eq!(rows, fresh.window(&[], NOW, &[]).0);
        prop_assert_eq!(total, fresh.total());
    }
}

/// A part of another kind, with columns of its own.
fn other_part(cluster: u16, name: &str, (group, plural, kind): (&str, &str, &str), columns: &[&'static str]) -> Part {
    let kind = Kind::built_in(group, "v1", plural, plural, kind, &[], true);
    let source = Arc::new(Source::new(ClusterId(cluster), kind.into(), None, Arc::default(), false));
    let columns: Vec<_> = columns.iter().map(|name| column::Column::shown(name)).collect();
    source.set_columns(Arc::from(columns));
    Part { source, cluster: ClusterId(cluster), name: name.into() }
}

fn put_cells(part: &Part, namespace: &str, cells: &[&str]) {
    let mut draft = Draft::default();
    draft.namespace = draft.span(namespace);
    draft.name = draft.span(cells[0]);
    draft.uid = draft.span_fmt(format_args!("{}-{namespace}-{}", part.source.kind.plural, cells[0]));
    draft.version = draft.span("1");
    for cell in cells {
        draft.cell(cell);
    }
    part.source.upsert(&draft, NOW);
}

fn lines(table: &mut Table) -> Vec<String> {
    table.window(&[], NOW, &[]).0.into_iter().map(|row| row.cells.join("|")).collect()
}

#[test]
fn several_kinds_share_one_table() {
    let pods = part(0, "one");
    put(&pods, "a", "web-0", 1, "Running", 9_000);
    let deployments = other_part(0, "one", ("apps", "deployments", "Deployment"), &["NAME", "READY", "UP-TO-DATE"]);
    put_cells(&deployments, "a", &["web", "1/1", "1"]);
    let services = other_part(0, "one", ("", "services", "Service"), &["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP"]);
    put_cells(&services, "a", &["web", "ClusterIP", "10.96.0.7", "<none>"]);
    let claims = other_part(0, "one", ("example.com", "claims", "Service"), &["NAME", "PHASE"]);
    put_cells(&claims, "a", &["claim", "Bound"]);
    let mut table = table(&[pods, deployments, services, claims]);
    let heads: Vec<_> = table.heads().into_iter().map(|head| head.title).collect();
    assert_eq!(heads, ["CLUSTER", "NAMESPACE", "KIND", "NAME", "READY", "STATUS", "AGE", "INFO"]);
    assert_eq!(
        lines(&mut table),
        [
            "one|a|Deployment|web|1/1|||up-to-date=1",
            "one|a|Pod|web-0||Running|16m|",
            "one|a|Service|web||||type=ClusterIP cluster-ip=10.96.0.7",
            "one|a|Service.example.com|claim||Bound||",
        ],
        "the kind goes before the name, and one that shares its name says its group"
    );
    table.set_sort(Some(Sort { column: "KIND".into(), descending: true }));
    table.refresh();
    assert_eq!(names(&mut table), ["claim", "web", "web-0", "web"]);
    table.set_sort(Some(Sort { column: "STATUS".into(), descending: false }));
    table.refresh();
    assert_eq!(names(&mut table), ["claim", "web-0", "web", "web"], "rows without one come last");
    for (filter, found) in [("^deployment$", "web"), ("^10.96", "web"), ("bound", "claim")] {
        table.set_filter(filter);
        table.refresh();
        assert_eq!(names(&mut table), [found], "{filter}");
    }
    assert_eq!(table.selected().map(|id| id.kind).as_deref(), Some("claims.example.com"));
}

#[test]
fn sizes_sort_as_numbers() {
    let part = other_part(0, "one", ("", "clusters", ""), &["NAME", "BYTES"]);
    for (name, bytes) in [("a", 9_000_u64), ("b", 2 << 30), ("c", 700), ("d", 5 << 20)] {
        let mut draft = Draft::default();
        draft.name = draft.span(name);
        draft.uid = draft.span(name);
        draft.version = draft.span("1");
        draft.cell_span(draft.name);
        draft.cell_size(bytes);
        part.source.upsert(&draft, NOW);
    }
    let mut table = table(&[part]);
    table.set_sort(Some(Sort { column: "BYTES".into(), descending: true }));
    table.refresh();
    assert_eq!(names(&mut table), ["b", "d", "a", "c"]);
}
