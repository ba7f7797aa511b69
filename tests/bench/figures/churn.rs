//! The cockpit while pods change all the time.

use super::keys::{cursor, latency};
use crate::cockpit::Cockpit;
use crate::options::Options;
use crate::report::Report;
use crate::rig::Rig;
use crate::serve::Serve;
use crate::server::Server;
use crate::stats::short;
use anyhow::Result;
use std::time::{Duration, Instant};

/// What comes before a figure's window: the server needs a moment until it is in step.
const IN_STEP: Duration = Duration::from_secs(1);

/// On a real control plane: CPU without keys first, then keys.
pub fn measure(options: &Options, rig: &mut Rig, report: &mut Report) -> Result<()> {
    for rate in options.rates() {
        let mut cockpit = rig.site().launch_whole(options)?;
        cockpit.rest(Duration::from_secs(2))?;
        let seconds = options.churn_seconds();
        rig.churn(rate, seconds + 2)?;
        let spent = spend(&mut cockpit, seconds)?;
        let written = rig.churned(Duration::from_secs(30))?;
        let real = written as f64 / (seconds + 2) as f64;
        spent.report(report, options, rate, &format!("{} changes/s were written", short(real)));

        cockpit.rest(Duration::from_secs(2))?;
        let keys = options.keys();
        // A key takes some 100 ms; the churn lasts longer than the keys.
        let lasts = keys as u64 / 8 + 5;
        rig.churn(rate, lasts)?;
        let began = Instant::now();
        press(&mut cockpit, options, rate, report)?;
        if began.elapsed() > Duration::from_secs(lasts) {
            report.plain(&format!("key → frame at {rate} changes/s"), "", "the churn ended before the keys did");
        }
        rig.churned(Duration::from_secs(lasts + 30))?;
        memory(&cockpit, rate, report)?;
        cockpit.quit()?;
    }
    Ok(())
}

/// On a served fleet, one for each rate.
pub fn measure_served(options: &Options, report: &mut Report) -> Result<()> {
    for rate in options.rates() {
        let serve = Serve::start(options, rate)?;
        let mut cockpit = serve.site().launch_whole(options)?;
        cockpit.rest(Duration::from_secs(2))?;
        let clusters = options.clusters();
        let of = if clusters > 1 { format!(" in one of {clusters} clusters") } else { String::new() };
        // It tells how many changes there really are; without it the figures still stand.
        let seen = match Server::new(serve.kubeconfig())?.changes(Duration::from_secs(3)) {
            Ok(seen) => format!("one more watch saw {} changes of pods a second{of}", short(seen)),
            Err(error) => format!("no other watch could count the changes: {error}"),
        };
        let served = serve.process().ticks()?;
        let spent = spend(&mut cockpit, options.churn_seconds())?;
        let served = serve.process().ticks()?.saturating_sub(served);
        let theirs = 100.0 * served.as_secs_f64() / (spent.time + IN_STEP).as_secs_f64();
        spent.report(report, options, rate, &format!("{seen}; the fleet itself took {} %", short(theirs)));
        press(&mut cockpit, options, rate, report)?;
        memory(&cockpit, rate, report)?;
        cockpit.quit()?;
    }
    Ok(())
}

/// What a while without keys took.
struct Spent {
    cpu: Duration,
    time: Duration,
    frames: usize,
    bytes: usize,
}

fn spend(cockpit: &mut Cockpit, seconds: u64) -> Result<Spent> {
    let process = cockpit.process()?;
    cockpit.rest(IN_STEP)?;
    let (began, cpu) = (Instant::now(), process.ticks()?);
    let frames = cockpit.rest(Duration::from_secs(seconds))?;
    let (cpu, time) = (process.ticks()?.saturating_sub(cpu), began.elapsed());
    Ok(Spent { cpu, time, frames: frames.len(), bytes: frames.iter().map(|frame| frame.bytes).sum() })
}

impl Spent {
    fn report(&self, report: &mut Report, options: &Options, rate: u32, rates: &str) {
        let seconds = self.time.as_secs_f64();
        let note = format!(
            "over {} s; {rates}; {} frames and {} kB a second to the terminal",
            self.time.as_secs(),
            short(self.frames as f64 / seconds),
            short(self.bytes as f64 / 1e3 / seconds)
        );
        let percent = 100.0 * self.cpu.as_secs_f64() / seconds;
        let aim = options.scale.aims().cpu.filter(|_| rate <= 1000);
        report.aimed(&format!("CPU at {rate} changes/s"), aim, percent, " % of a core", note);
    }
}

fn press(cockpit: &mut Cockpit, options: &Options, rate: u32, report: &mut Report) -> Result<()> {
    cockpit.rest(IN_STEP)?;
    let steps = cursor(cockpit, options.keys())?;
    let slowest = options.rates().into_iter().max();
    // Served: the aim is that of the highest rate.
    let aim = options.scale.aims().busy_key.filter(|_| Some(rate) == slowest);
    latency(report, &format!("key → frame at {rate} changes/s"), &steps, aim);
    Ok(())
}

fn memory(cockpit: &Cockpit, rate: u32, report: &mut Report) -> Result<()> {
    let process = cockpit.process()?;
    let note = format!("VmHWM {} MB", short(process.memory("VmHWM")?));
    let name = format!("resident memory after {rate} changes/s");
    report.plain(&name, format!("{} MB", short(process.memory("VmRSS")?)), note);
    Ok(())
}
