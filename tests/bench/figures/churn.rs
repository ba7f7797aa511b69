//! The cockpit while pods change all the time.

use super::keys::{cursor, latency};
use crate::cockpit::Cockpit;
use crate::options::Options;
use crate::report::Report;
use crate::rig::Rig;
use crate::stats::short;
use anyhow::Result;
use std::time::{Duration, Instant};

/// CPU without keys first, then keys.
pub fn measure(options: &Options, rig: &mut Rig, report: &mut Report) -> Result<()> {
    let mut cockpit = Cockpit::launch(&options.binary, &rig.kubeconfig, rig.dir())?;
    cockpit.until_all(options.pods())?;
    cockpit.rest(Duration::from_secs(2))?;
    let (rate, seconds) = (options.rate, options.churn_seconds());
    let process = cockpit.process()?;

    rig.churn(rate, seconds + 2)?;
    // The server needs a moment until it is in step.
    cockpit.rest(Duration::from_secs(1))?;
    let (began, cpu) = (Instant::now(), process.ticks()?);
    let frames = cockpit.rest(Duration::from_secs(seconds))?;
    let (cpu, time) = (process.ticks()?.saturating_sub(cpu), began.elapsed());
    let written = rig.churned(Duration::from_secs(30))?;
    let real = written as f64 / (seconds + 2) as f64;
    let bytes: usize = frames.iter().map(|frame| frame.bytes).sum();
    let note = format!(
        "over {} s; {} changes/s were written; {} frames and {} kB a second to the terminal",
        time.as_secs(),
        short(real),
        short(frames.len() as f64 / time.as_secs_f64()),
        short(bytes as f64 / 1e3 / time.as_secs_f64())
    );
    let percent = 100.0 * cpu.as_secs_f64() / time.as_secs_f64();
    report.at_most(&format!("CPU at {rate} changes/s"), 5.0, percent, " % of a core", note);

    cockpit.rest(Duration::from_secs(2))?;
    let keys = options.keys();
    // A key takes some 100 ms; the churn lasts longer than the keys.
    let lasts = keys as u64 / 8 + 5;
    rig.churn(rate, lasts)?;
    cockpit.rest(Duration::from_secs(1))?;
    let began = Instant::now();
    let steps = cursor(&mut cockpit, keys)?;
    let outlasted = began.elapsed() + Duration::from_secs(1) > Duration::from_secs(lasts);
    rig.churned(Duration::from_secs(lasts + 30))?;
    let name = format!("key → frame at {rate} changes/s");
    latency(report, &name, &steps, Some(16.0));
    if outlasted {
        report.plain(&name, "", "the churn ended before the keys did");
    }
    let note = format!("VmHWM {} MB", short(process.memory("VmHWM")?));
    report.plain("resident memory after the churn", format!("{} MB", short(process.memory("VmRSS")?)), note);
    cockpit.quit()
}
