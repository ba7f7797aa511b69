//! What the view and the screen cost by themselves, in this process: no server, no terminal.

use crate::cockpit::SIZE;
use crate::options::Options;
use crate::pods::Pods;
use crate::report::Report;
use crate::scale::{Aims, Scale};
use crate::stats::{Sample, short};
use anyhow::Result;
use skylark::app::ui::Ui;
use skylark::draw;
use skylark::model::source::Source;
use skylark::model::state::ClusterId;
use skylark::term::Screen;
use skylark::theme::Theme;
use skylark::view::snapshot::{Completeness, Snapshot, Window};
use skylark::view::spec::{Motion, Sort};
use skylark::view::table::{Part, Table};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const FILTERS: [&str; 3] = ["checkout", "^billing-.*7$", "crash|pull"];
const SORTS: [&str; 6] = ["NAME", "STATUS", "RESTARTS", "AGE", "IP", "NODE"];

/// A table of the scale's size, and at the usual one another of ten times as many rows.
pub fn measure(options: &Options, report: &mut Report) -> Result<()> {
    one(options, options.pods(), options.clusters(), &options.scale.aims(), report)?;
    if options.scale == Scale::Usual {
        one(options, options.many(), 1, &Aims::default(), report)?;
    }
    Ok(())
}

fn one(options: &Options, pods: u32, clusters: u32, aims: &Aims, report: &mut Report) -> Result<()> {
    let mut maker = Pods::new()?;
    let mut parts = Vec::new();
    for cluster in 0..clusters {
        let source = maker.source(pods)?;
        parts.push(Part { source, cluster: ClusterId(cluster as u16), name: format!("figures-{cluster}") });
    }
    let source = Arc::clone(&parts[0].source);
    let rows = pods * clusters;
    let mut table = Table::default();
    table.set_parts(parts, clusters > 1, false);
    table.set_height(45);
    table.refresh();
    let runs = if options.quick { 5 } else { 15 };

    let filters = FILTERS.map(|text| (text, filter(&mut table, text, runs)));
    publish(report, &format!("filter {rows} rows"), aims.filter, &filters);
    let sorts = SORTS.map(|column| (column, sort(&mut table, column, runs)));
    publish(report, &format!("sort {rows} rows"), aims.sort, &sorts);

    let step = frame(&mut table, runs * 10);
    let name = format!("a step of the cursor among {rows} rows");
    report.plain(&name, format!("{} µs", short(step.median() * 1e3)), "from the view's command to the frame's bytes");
    let change = changes(&mut table, &source, &mut maker, pods, runs)?;
    report.plain(
        &format!("100 changes among {rows} rows"),
        format!("{} µs", short(change.median() * 1e3)),
        "until the view's order has them; parsing not counted",
    );
    Ok(())
}

/// The worst of several medians, each in the note.
fn publish(report: &mut Report, name: &str, aim: Option<f64>, samples: &[(&str, Sample)]) {
    let worst = samples.iter().map(|(_, sample)| sample.median()).fold(0.0, f64::max);
    let each =
        samples.iter().map(|(what, sample)| format!("`{}` {}", what.replace('|', "\\|"), short(sample.median())));
    let note = format!("medians: {}", each.collect::<Vec<_>>().join(", "));
    match aim {
        Some(aim) => report.at_most(name, aim, worst, " ms", note),
        None => report.plain(name, format!("{} ms", short(worst)), note),
    }
}

fn timed(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64() * 1000.0
}

fn filter(table: &mut Table, text: &str, runs: usize) -> Sample {
    let once = |_| {
        let time = timed(|| {
            table.set_filter(text);
            table.refresh();
        });
        table.set_filter("");
        table.refresh();
        time
    };
    (0..runs).map(once).collect()
}

fn sort(table: &mut Table, column: &str, runs: usize) -> Sample {
    let once = |run: usize| {
        let time = timed(|| {
            table.set_sort(Some(Sort { column: column.into(), descending: run.is_multiple_of(2) }));
            table.refresh();
        });
        table.set_sort(None);
        table.refresh();
        time
    };
    (0..runs).map(once).collect()
}

/// What one key costs from the view's command to the bytes of its frame.
fn frame(table: &mut Table, runs: usize) -> Sample {
    let mut screen = Screen::new(std::io::sink(), SIZE);
    let (theme, ui) = (Theme::plain(), Ui::default());
    table.go(Motion::Top);
    let once = |run: usize| {
        timed(|| {
            table.go(Motion::Rows(if (run / 30).is_multiple_of(2) { 1 } else { -1 }));
            let snapshot = snapshot(table);
            let drawn = screen.frame(|area, buffer| draw::draw(area, buffer, &snapshot, &ui, &theme));
            black_box(drawn.is_ok());
        })
    };
    (0..runs).map(once).collect()
}

fn snapshot(table: &mut Table) -> Snapshot {
    let now = skylark::base::clock::now();
    table.refresh();
    let (rows, _) = table.window(&[false], now, &[0]);
    let window = Window {
        kind: "pods".into(),
        scope: "all namespaces".into(),
        heads: table.heads(),
        rows,
        offset: table.offset(),
        cursor: table.cursor(),
        selected: table.selected(),
        matched: table.matched(),
        total: table.total(),
        completeness: Completeness::Complete,
        ..Window::default()
    };
    Snapshot { window, now, ..Snapshot::default() }
}

fn changes(table: &mut Table, source: &Source, pods: &mut Pods, rows: u32, runs: usize) -> Result<Sample> {
    let mut sample = Sample::default();
    for round in 1..=runs as u32 {
        for change in 0..100 {
            pods.put(source, (change * 7919 + round) % rows, round)?;
        }
        sample.push(timed(|| table.refresh()));
    }
    Ok(sample)
}
