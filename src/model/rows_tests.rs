use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const COLUMNS: [Column; 3] = [Column::shown("NAME"), Column::shown("STATUS"), Column::shown("AGE")];

fn rows() -> Rows {
    let mut rows = Rows::default();
    rows.set_columns(Arc::from(COLUMNS.to_vec()));
    rows
}

fn draft(uid: &str, name: &str, version: u64, status: &str) -> Draft {
    let mut draft = Draft::default();
    draft.namespace = draft.span("default");
    draft.name = draft.span(name);
    draft.uid = draft.span(uid);
    draft.version = draft.span_fmt(format_args!("{version}"));
    draft.cell_span(draft.name);
    draft.cell(status);
    draft.cell_age(1000);
    draft
}

fn dump(rows: &Rows) -> BTreeMap<String, String> {
    rows.slots()
        .map(|slot| {
            let mut text = format!("{}@{} ", rows.name(slot), rows.version(slot));
            for column in 0..COLUMNS.len() {
                rows.write_cell(&mut text, slot, column, 1005);
                text.push('|');
            }
            (rows.key(slot).to_owned(), text)
        })
        .collect()
}

#[test]
fn relist_swaps_and_never_empties() {
    let mut rows = rows();
    rows.upsert(&draft("a", "one", 1, "Running"));
    rows.upsert(&draft("b", "two", 2, "Running"));
    rows.begin();
    assert_eq!(rows.upsert(&draft("b", "two", 2, "Running")).1, Change::Unchanged);
    assert_eq!(rows.upsert(&draft("c", "three", 3, "Pending")).1, Change::Added);
    assert_eq!(rows.len(), 3, "old rows stay until the list is complete");
    let mut gone = Vec::new();
    rows.commit(|rows, slot| gone.push(rows.name(slot).to_owned()));
    assert_eq!(gone, ["one"]);
    assert_eq!(rows.len(), 2);
}

#[test]
fn an_object_without_uid_is_known_by_its_name() {
    let mut rows = rows();
    rows.upsert(&draft("", "one", 1, "a"));
    assert_eq!(rows.upsert(&draft("", "one", 2, "b")).1, Change::Modified);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows.uid(0), "");
    assert_eq!(rows.key(0), "default/one");
}

#[test]
fn a_reused_slot_is_dirty_once() {
    let mut rows = rows();
    rows.track(true);
    rows.upsert(&draft("a", "one", 1, "x"));
    rows.remove(&draft("a", "one", 1, "x"), |_, _| ());
    rows.upsert(&draft("b", "two", 2, "y"));
    let mut dirty = Vec::new();
    rows.take_dirty(&mut dirty);
    assert_eq!(dirty, [Dirty { slot: 0, placed: true }]);
    rows.take_dirty(&mut dirty);
    assert_eq!(dirty.len(), 1);
    rows.upsert(&draft("b", "two", 3, "z"));
    rows.take_dirty(&mut dirty);
    assert_eq!(dirty.last(), Some(&Dirty { slot: 0, placed: false }), "the same row, changed");
}

#[test]
fn a_storm_costs_memory_by_objects_not_by_events() {
    let mut rows = rows();
    for event in 0..200_000_u64 {
        let id = event % 100;
        rows.upsert(&draft(&format!("uid-{id}"), &format!("pod-{id}"), event, &format!("a status of its own {event}")));
    }
    assert_eq!(rows.len(), 100);
    assert!(rows.text_bytes() < 2 * COMPACT_FROM, "{} bytes for 100 rows", rows.text_bytes());
    let texts = dump(&rows);
    assert_eq!(texts["uid-7"], "pod-7@199907 pod-7|a status of its own 199907|5s|");
}

#[test]
fn other_columns_drop_the_rows() {
    let mut rows = rows();
    rows.upsert(&draft("a", "one", 1, "x"));
    rows.set_columns(Arc::from(COLUMNS.to_vec()));
    assert_eq!(rows.len(), 1);
    rows.set_columns(Arc::from(vec![Column::shown("NAME")]));
    assert!(rows.is_empty());
}

#[test]
fn versions_read_back_as_written() {
    for version in ["0", "17", "18446744073709551615", "18446744073709551616", "007", "x-1", ""] {
        let mut rows = rows();
        let mut draft = draft("a", "one", 1, "x");
        draft.version = draft.span(version);
        rows.upsert(&draft);
        assert_eq!(rows.version(0), version);
    }
}

#[derive(Clone, Debug)]
enum Op {
    Upsert(u8, u64, u8),
    Remove(u8),
    Relist(Vec<(u8, u64, u8)>),
}

fn op() -> impl Strategy<Value = Op> {
    let row = || (0..20_u8, 0..5_u64, 0..4_u8);
    prop_oneof![
        row().prop_map(|(id, version, status)| Op::Upsert(id, version, status)),
        (0..20_u8).prop_map(Op::Remove),
        proptest::collection::vec(row(), 0..10).prop_map(Op::Relist),
    ]
}

fn numbered(id: u8, version: u64, status: u8) -> Draft {
    // The version stands for the whole object, as on a server: another status is another version.
    draft(&format!("u{id}"), &format!("n{id}"), version * 4 + u64::from(status), &format!("s{status}"))
}

proptest! {
    #[test]
    fn equals_a_map(ops in proptest::collection::vec(op(), 0..60)) {
        let mut rows = rows();
        let mut model = BTreeMap::new();
        let mut dirty = Vec::new();
        rows.track(true);
        let mut seen_by_view = BTreeMap::new();
        for op in ops {
            match op {
                Op::Upsert(id, version, status) => {
                    rows.upsert(&numbered(id, version, status));
                    model.insert(id, (version, status));
                }
                Op::Remove(id) => {
                    let there = rows.remove(&numbered(id, 0, 0), |_, _| ());
                    prop_assert_eq!(there, model.remove(&id).is_some());
                }
                Op::Relist(list) => {
                    rows.begin();
                    model.clear();
                    for (id, version, status) in list {
                        rows.upsert(&numbered(id, version, status));
                        model.insert(id, (version, status));
                    }
                    rows.commit(|_, _| ());
                }
            }
            dirty.clear();
            rows.take_dirty(&mut dirty);
            for &Dirty { slot, placed } in &dirty {
                let before: Option<(String, String)> = seen_by_view.remove(&slot);
                if rows.is_live(slot) {
                    let key = rows.key(slot).to_owned();
                    prop_assert!(placed || before.is_some_and(|(_, before)| before == key));
                    seen_by_view.insert(slot, (rows.version(slot), key));
                }
            }
        }
        let want: BTreeMap<_, _> = model.iter().map(|(id, &(version, status))| {
            let version = version * 4 + u64::from(status);
            (format!("u{id}"), format!("n{id}@{version} n{id}|s{status}|5s|"))
        }).collect();
        prop_assert_eq!(dump(&rows), want);
        let live: BTreeMap<_, _> =
            rows.slots().map(|slot| (slot, (rows.version(slot), rows.key(slot).to_owned()))).collect();
        prop_assert_eq!(seen_by_view, live);
    }
}
