//! A cluster that has next to nothing.

use crate::cockpit::Cockpit;
use crate::options::Options;
use crate::report::Report;
use crate::rig::Rig;
use crate::stats::{Sample, short};
use anyhow::Result;
use std::time::Duration;

const PODS: u32 = 12;

/// Time to the first rows, and memory.
pub fn measure(options: &Options, report: &mut Report) -> Result<()> {
    let rig = Rig::start(PODS, options.kubernetes.as_deref())?;
    let (mut first, mut resident, mut peak) = <(Sample, Sample, Sample)>::default();
    // The first one warms the server and the disk cache.
    for run in 0..=options.runs() {
        let mut cockpit = Cockpit::launch(&options.binary, &rig.kubeconfig, rig.dir())?;
        let rows = cockpit.until_rows()?;
        let launched = cockpit.launched;
        cockpit.rest(Duration::from_secs(2))?;
        let process = cockpit.process()?;
        if run > 0 {
            first.push((rows.at - launched).as_secs_f64());
            resident.push(process.memory("VmRSS")?);
            peak.push(process.memory("VmHWM")?);
        }
        cockpit.quit()?;
    }
    let note = format!("{PODS} pods, median of {}; {} to {} s", first.len(), short(first.min()), short(first.max()));
    report.at_most("near-empty cluster: first rows", 0.1, first.median(), " s", note);
    let note = format!("VmRSS 2 s after, the largest; VmHWM {} MB", short(peak.max()));
    report.at_most("near-empty cluster: resident memory", 15.0, resident.max(), " MB", note);
    Ok(())
}
