//! What goes over the wire, and what a cockpit costs that nobody touches.

use crate::audit;
use crate::cockpit::Cockpit;
use crate::options::Options;
use crate::proxy::{Counted, Proxy};
use crate::report::Report;
use crate::rig::Rig;
use crate::stats::short;
use anyhow::Result;
use std::collections::BTreeMap;
use std::time::Duration;

/// Through a proxy that counts: a launch, and then nothing.
pub fn measure(options: &Options, rig: &Rig, report: &mut Report) -> Result<()> {
    let proxy = Proxy::to(&rig.server)?;
    let kubeconfig = proxy.kubeconfig(&rig.kubeconfig, &rig.server, rig.dir())?;
    let before = audit::now();
    let mut cockpit = Cockpit::launch(&options.binary, &kubeconfig, rig.dir())?;
    cockpit.until_all(options.pods())?;
    let loaded = proxy.counted();
    cockpit.rest(Duration::from_secs(5))?;

    let (began, through, cpu) = (audit::now(), proxy.counted(), cockpit.process()?.on_cpu()?);
    let time = Duration::from_secs(options.idle_seconds());
    let frames = cockpit.rest(time)?;
    let cpu = cockpit.process()?.on_cpu()?.saturating_sub(cpu);
    let (ended, idle) = (audit::now(), since(through, proxy.counted()));
    // The log is written when an answer begins.
    cockpit.rest(Duration::from_millis(500))?;
    let at_launch = rig.audit.requests(&before, &began)?;
    let meanwhile = rig.audit.requests(&began, &ended)?;
    cockpit.quit()?;

    let words = |requests: &BTreeMap<String, usize>| {
        let each =
            requests.iter().map(|(what, count)| if *count > 1 { format!("{count} × {what}") } else { what.clone() });
        each.collect::<Vec<_>>().join(", ")
    };
    let megabytes = |bytes: u64| short(bytes as f64 / 1e6);
    report.plain(
        "wire until all rows are counted",
        format!("{} MB", megabytes(loaded.down)),
        format!("{} connections, {} kB up, TLS included", loaded.connections, short(loaded.up as f64 / 1e3)),
    );
    report.plain("requests of a launch", at_launch.values().sum::<usize>().to_string(), words(&at_launch));

    let seconds = time.as_secs();
    let silent: Vec<_> = frames.iter().filter(|frame| !frame.changed).collect();
    let bytes: usize = frames.iter().map(|frame| frame.bytes).sum();
    report.at_most(
        "idle: bytes without a visible change",
        0.0,
        silent.iter().map(|frame| frame.bytes).sum::<usize>() as f64,
        "",
        format!("{bytes} bytes in {} frames for visible changes of ages in {seconds} s", frames.len() - silent.len()),
    );
    let percent = 100.0 * cpu.as_secs_f64() / time.as_secs_f64();
    let note = format!("{} ms in {seconds} s", short(cpu.as_secs_f64() * 1000.0));
    report.at_most("idle: CPU", 0.1, percent, " %", note);
    let count = meanwhile.values().sum::<usize>();
    report.plain("idle: API requests", count.to_string(), format!("in {seconds} s; {}", words(&meanwhile)));
    report.plain(
        "idle: wire",
        format!("{} bytes down, {} up", idle.down, idle.up),
        format!("in {seconds} s: pings, bookmarks; {} new connections", idle.connections),
    );
    Ok(())
}

fn since(before: Counted, after: Counted) -> Counted {
    Counted {
        connections: after.connections - before.connections,
        up: after.up - before.up,
        down: after.down - before.down,
    }
}
