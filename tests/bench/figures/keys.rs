//! Keys in a cockpit whose cluster is quiet: how long until the frame, and how many bytes it has.

use crate::cockpit::{Cockpit, Shown};
use crate::options::Options;
use crate::report::Report;
use crate::site::Site;
use crate::stats::{Sample, short};
use anyhow::{Context as _, Result};
use std::time::Duration;

/// How long bytes that follow a frame count as the key's.
const AFTER: Duration = Duration::from_millis(80);
/// The text that the filter figure types.
const FILTER: &str = "cart-";
/// Keys that sort, and the columns that they sort by.
const SORTS: [(&str, &str); 2] = [("N", "NAME"), ("S", "STATUS")];

/// Cursor, scroll, page, filter, sort.
pub fn measure(options: &Options, site: &Site<'_>, report: &mut Report) -> Result<()> {
    let mut cockpit = site.launch_whole(options)?;
    let rows = site.rows.unwrap_or_default();
    cockpit.rest(Duration::from_secs(2))?;

    let steps = cursor(&mut cockpit, options.keys())?;
    latency(report, "key → frame, idle", &steps, options.scale.aims().idle_key);
    report.at_most("cursor: bytes a frame", 400.0, steps.bytes.median(), "", spread(&steps.bytes));

    to_the_last_line(&mut cockpit)?;
    let changed = |_: &Cockpit, frame: Shown| frame.changed;
    let scrolled = repeat(&mut cockpit, "j", 20, changed)?;
    report.plain("scroll by one: bytes a frame", short(scrolled.bytes.median()), spread(&scrolled.bytes));
    latency(report, "scroll → frame, idle", &scrolled, None);
    let paged = repeat(&mut cockpit, "\x06", 10, changed)?;
    report.plain("page: bytes a frame", short(paged.bytes.median()), spread(&paged.bytes));
    latency(report, "page → frame, idle", &paged, None);

    let filtered = filter(&mut cockpit, options, rows)?;
    let note = format!("/{FILTER} typed at once, median of {}, max {} ms", filtered.len(), short(filtered.max()));
    report.plain("filter typed → screen", format!("{} ms", short(filtered.median())), note);
    for (key, column) in SORTS {
        let sorted = sort(&mut cockpit, key, column, options)?;
        let note = format!("median of {}, max {} ms", sorted.len(), short(sorted.max()));
        report.plain(&format!("sort by {column} typed → screen"), format!("{} ms", short(sorted.median())), note);
    }
    cockpit.quit()
}

/// Latencies and sizes of the frames that answered a key.
#[derive(Default)]
pub struct Steps {
    /// In milliseconds.
    pub latency: Sample,
    /// In bytes.
    pub bytes: Sample,
}

/// Reports the latency of keys.
pub fn latency(report: &mut Report, name: &str, steps: &Steps, aim: Option<f64>) {
    let sample = &steps.latency;
    let note = format!("p50 {} ms, max {} ms of {}", short(sample.median()), short(sample.max()), sample.len());
    match aim {
        Some(aim) => report.at_most(&format!("{name}: p99"), aim, sample.quantile(0.99), " ms", note),
        None => {
            let got = format!("{} ms", short(sample.median()));
            report.plain(&format!("{name}: p50"), got, format!("p99 {} ms, {note}", short(sample.quantile(0.99))));
        }
    }
}

fn spread(sample: &Sample) -> String {
    format!("median of {}; {} to {}", sample.len(), short(sample.min()), short(sample.max()))
}

/// Moves the cursor up and down within the screen. A key counts as answered when the cursor is where
/// the key wants it, whatever else the frame shows.
pub fn cursor(cockpit: &mut Cockpit, count: usize) -> Result<Steps> {
    let mut steps = Steps::default();
    let top = to_the_first_line(cockpit)?;
    let (mut line, mut down) = (top, true);
    for step in 0..count {
        down = if down { line < top + 20 } else { line <= top };
        line = if down { line + 1 } else { line - 1 };
        let pressed =
            cockpit.press(if down { "j" } else { "k" }, AFTER, |cockpit, _| cockpit.cursor_line() == Some(line))?;
        steps.latency.push_ms(pressed.latency);
        steps.bytes.push(pressed.bytes as f64);
        // Not in step with any clock.
        cockpit.rest(Duration::from_millis((step as u64 * 7) % 23))?;
    }
    Ok(steps)
}

fn to_the_first_line(cockpit: &mut Cockpit) -> Result<u16> {
    cockpit.type_keys("g")?;
    cockpit.rest(Duration::from_millis(500))?;
    cockpit.cursor_line().with_context(|| format!("no cursor on the screen\n{}", cockpit.text()))
}

fn to_the_last_line(cockpit: &mut Cockpit) -> Result<()> {
    let top = to_the_first_line(cockpit)?;
    for _ in top..crate::cockpit::SIZE.1 {
        cockpit.type_keys("j")?;
        cockpit.rest(Duration::from_millis(30))?;
    }
    cockpit.rest(Duration::from_millis(500))?;
    Ok(())
}

fn repeat(cockpit: &mut Cockpit, key: &str, count: usize, answered: impl Fn(&Cockpit, Shown) -> bool) -> Result<Steps> {
    let mut steps = Steps::default();
    for _ in 0..count {
        let pressed = cockpit.press(key, AFTER, &answered)?;
        steps.latency.push_ms(pressed.latency);
        steps.bytes.push(pressed.bytes as f64);
    }
    Ok(steps)
}

/// Sorts by a column one way and the other; the arrow beside its head tells when that is done.
fn sort(cockpit: &mut Cockpit, key: &str, column: &str, options: &Options) -> Result<Sample> {
    let glyphs = &skylark::theme::glyphs::UNICODE;
    let mut sample = Sample::default();
    for run in 0..=options.runs() {
        let before = cockpit.text().lines().find(|line| line.contains(column)).unwrap_or_default().to_owned();
        let pressed = cockpit.press(key, Duration::from_millis(200), |cockpit, _| {
            let heads = cockpit.text().lines().find(|line| line.contains(column)).unwrap_or_default();
            heads != before && [glyphs.up, glyphs.down].iter().any(|arrow| heads.contains(arrow))
        })?;
        if run > 0 {
            sample.push_ms(pressed.latency);
        }
    }
    Ok(sample)
}

fn filter(cockpit: &mut Cockpit, options: &Options, rows: u32) -> Result<Sample> {
    let mut sample = Sample::default();
    let mut wanted = None;
    // The first time tells what to wait for.
    for run in 0..=options.runs() {
        cockpit.type_keys("/")?;
        cockpit.rest(Duration::from_millis(300))?;
        if run == 0 {
            cockpit.type_keys(FILTER)?;
            cockpit.rest(Duration::from_secs(2))?;
            wanted = cockpit.title();
            if wanted.is_none_or(|title| !title.exact || title.count == rows || title.count == 0) {
                anyhow::bail!("the filter does nothing; the screen is\n{}", cockpit.text());
            }
        } else {
            let pressed = cockpit.press(FILTER, Duration::ZERO, |cockpit, _| cockpit.title() == wanted)?;
            sample.push_ms(pressed.latency);
        }
        cockpit.type_keys("\r")?;
        cockpit.rest(Duration::from_millis(200))?;
        cockpit.type_keys("\x1b")?;
        cockpit.until_all(rows)?;
        cockpit.rest(Duration::from_millis(300))?;
    }
    Ok(sample)
}
