use super::*;
use crate::model::column::Column;
use crate::model::draft::Draft;
use proptest::prelude::*;

/// The cells in the order in which a column of them stands.
fn sorted(cells: &[Cell<Sym>]) -> Vec<Cell<Sym>> {
    let mut cells = cells.to_vec();
    cells.sort_by_key(|&cell| number_key(cell, |_| "").unwrap_or(u128::MAX));
    cells
}

#[test]
fn time_is_sorted_by_how_long_and_moments_by_when() {
    let nothing = Cell::Text(Sym::EMPTY);
    // Jobs: one not begun, two that are over, two that run, the second for longer.
    let durations = [nothing, Cell::Duration(300), Cell::Age(1000), Cell::Duration(-5), Cell::Age(2000)];
    let wanted = [Cell::Age(2000), Cell::Age(1000), Cell::Duration(-5), Cell::Duration(300), nothing];
    assert_eq!(sorted(&durations), wanted);
    let moments = [Cell::Moment(3), Cell::Moment(1), Cell::Moment(0), Cell::Moment(2)];
    assert_eq!(sorted(&moments), [Cell::Moment(0), Cell::Moment(1), Cell::Moment(2), Cell::Moment(3)]);
}

/// A row as it is put into a source.
#[derive(Clone, Debug)]
struct Row {
    source: usize,
    namespace: u8,
    name: String,
    tone: bool,
    cell: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Text(String),
    Number(i32),
    Age(u32),
    Restarts(u32, u32),
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => "(Running|10\\.0\\.0\\.[0-9]|ContainerCreating-[ab]{0,9}|00[0-3]|[0-3]|)".prop_map(Value::Text),
        1 => (-3..3_i32).prop_map(Value::Number),
        1 => (0..4_u32).prop_map(Value::Age),
        1 => (0..3_u32, 0..3_u32).prop_map(|(count, last)| Value::Restarts(count, last)),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let name = "(checkout-api-|checkout-)?[ab]{1,3}";
    (0..4_usize, 0..4_u8, name, any::<bool>(), value()).prop_map(|(source, namespace, name, tone, cell)| Row {
        source,
        namespace,
        name,
        tone,
        cell,
    })
}

/// Four sources: two of the first cluster, of kinds 1 and 0, and two of which one lacks the column.
fn sources(rows: &[Row]) -> (Vec<Rows>, Vec<Entry>) {
    let mut sources: Vec<Rows> = (0..4).map(|_| Rows::default()).collect();
    for source in &mut sources {
        source.set_columns([Column::shown("NAME"), Column::shown("VALUE")].into());
    }
    let mut entries = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let mut draft = Draft::default();
        draft.namespace = draft.span_fmt(format_args!("ns-{}", row.namespace));
        draft.name = draft.span(&row.name);
        draft.uid = draft.span_fmt(format_args!("uid-{}", at * 7919 % 101));
        draft.tone = if row.tone { Tone::Warn } else { Tone::Good };
        draft.cell_span(draft.name);
        match &row.cell {
            Value::Text(text) => draft.cell(text),
            Value::Number(number) => draft.cell_number(i64::from(*number)),
            Value::Age(then) => draft.cell_age(*then),
            Value::Restarts(count, last) => draft.cells.push(Cell::Restarts { count: *count, last: *last }),
        }
        let (slot, change) = sources[row.source].upsert(&draft);
        if change == crate::model::rows::Change::Added {
            entries.push(Entry { source: row.source as u16, slot });
        }
    }
    (sources, entries)
}

const CLUSTERS: [u16; 4] = [0, 0, 1, 2];
const KINDS: [u8; 4] = [1, 0, 1, 1];

fn by(number: usize) -> By {
    let columns = vec![Some(1), Some(1), None, Some(1)];
    match number {
        0 => By::Natural,
        1 => By::Namespace,
        2 => By::Kind,
        3 => By::Cell(columns),
        4 => By::Cell(vec![Some(0); 4]),
        _ => By::Urgent(columns),
    }
}

/// The order as it is meant, spelt out row by row.
fn naive(by: &By, descending: bool, rows: &[&Rows], entries: &mut [Entry]) {
    let natural = |entry: &Entry| {
        let (at, of) = (usize::from(entry.source), rows[usize::from(entry.source)]);
        let text = |text: &str| text.to_owned();
        (CLUSTERS[at], text(of.namespace(entry.slot)), KINDS[at], text(of.name(entry.slot)), text(of.key(entry.slot)))
    };
    let key = |entry: &Entry| -> (u128, Option<String>) {
        let (at, of) = (usize::from(entry.source), rows[usize::from(entry.source)]);
        let cell_of = |columns: &[Option<usize>]| {
            let Some(cell) = columns[at].map(|column| of.cell(entry.slot, column)) else { return (u128::MAX, None) };
            match (number_key(cell, |sym| of.text(sym)), cell) {
                (Ok(number), Cell::Text(sym)) => (number, Some(of.text(sym).to_owned())),
                (Ok(number), _) => (number, None),
                (Err(sym), _) => (u128::MAX - 1, Some(of.text(sym).to_owned())),
            }
        };
        match by {
            By::Natural => (0, None),
            By::Namespace => (0, Some(of.namespace(entry.slot).to_owned())),
            By::Kind => (KINDS[at].into(), None),
            By::Cell(columns) => cell_of(columns),
            By::Urgent(columns) => {
                let calm = u128::from(of.tone(entry.slot) != Tone::Warn) << 64;
                (calm | cell_of(columns).0.min(u64::MAX.into()), None)
            }
        }
    };
    let reversed = descending && !matches!(by, By::Natural | By::Urgent(_));
    entries.sort_by_key(natural);
    entries.sort_by(|a, b| if reversed { key(b).cmp(&key(a)) } else { key(a).cmp(&key(b)) });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_stand_as_the_plain_way_has_them(
        rows in proptest::collection::vec(row(), 0..100),
        number in 0..6_usize,
        descending: bool,
        split in 0..100_usize,
    ) {
        let (sources, entries) = sources(&rows);
        let sources: Vec<&Rows> = sources.iter().collect();
        let sorter = Sorter::new(by(number), descending, CLUSTERS.to_vec()).with_kinds(KINDS.to_vec());
        let mut natural = entries.clone();
        sorter.sort_naturally(&sources, &mut natural);
        let mut wanted = entries.clone();
        naive(&By::Natural, false, &sources, &mut wanted);
        prop_assert_eq!(&natural, &wanted);

        let sorted = sorter.sorted(&sources, &natural);
        naive(&by(number), descending, &sources, &mut wanted);
        prop_assert_eq!(&sorted, &wanted);
        for (at, &entry) in sorted.iter().enumerate() {
            prop_assert_eq!(sorter.find(&sources, &sorted, entry), Some(at));
        }

        let (old, new) = entries.split_at(split.min(entries.len()));
        let part = |part: &[Entry]| {
            let mut natural = part.to_vec();
            sorter.sort_naturally(&sources, &mut natural);
            sorter.sorted(&sources, &natural)
        };
        let mut merged = part(old);
        sorter.merge(&sources, &mut merged, &part(new));
        prop_assert_eq!(&merged, &wanted);
    }
}
