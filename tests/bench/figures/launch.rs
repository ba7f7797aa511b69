//! From the launch to all rows counted on the screen, beside what the server alone needs.

use crate::cockpit::Cockpit;
use crate::options::Options;
use crate::report::Report;
use crate::rig::Rig;
use crate::server::Server;
use crate::stats::{Sample, short};
use anyhow::Result;
use std::time::Duration;

/// Between two measurements: what the one before left behind is swept.
const PAUSE: Duration = Duration::from_millis(700);

/// Each run lists, streams and launches in turn, so that the ratios are of one moment.
pub fn measure(options: &Options, rig: &Rig, report: &mut Report) -> Result<()> {
    let server = Server::new(&rig.kubeconfig)?;
    let (mut list, mut stream, mut all, mut first) = <(Sample, Sample, Sample, Sample)>::default();
    let (mut to_list, mut to_stream, mut resident, mut peak) = <(Sample, Sample, Sample, Sample)>::default();
    let (mut list_bytes, mut stream_bytes) = (0, 0);
    // The first round warms the server and is not counted.
    for run in 0..=options.runs() {
        let listed = server.list()?;
        std::thread::sleep(PAUSE);
        let streamed = server.stream()?;
        std::thread::sleep(PAUSE);
        let launch = launch(options, rig)?;
        std::thread::sleep(PAUSE);
        if run == 0 {
            continue;
        }
        list_bytes = listed.bytes;
        list.push_ms(listed.time);
        if let Some(streamed) = streamed {
            stream_bytes = streamed.bytes;
            stream.push_ms(streamed.time);
            to_stream.push(launch.all.as_secs_f64() / streamed.time.as_secs_f64());
        }
        all.push_ms(launch.all);
        first.push_ms(launch.first);
        to_list.push(launch.all.as_secs_f64() / listed.time.as_secs_f64());
        resident.push(launch.resident);
        peak.push(launch.peak);
    }
    let pods = options.pods();
    let runs = all.len();
    let span = |sample: &Sample| format!("median of {runs}; {} to {} ms", short(sample.min()), short(sample.max()));
    let megabytes = |bytes: usize| format!("{} MB of bodies", short(bytes as f64 / 1e6));
    report.plain("first rows", format!("{} ms", short(first.median())), span(&first));
    report.plain(&format!("all {pods} rows counted"), format!("{} ms", short(all.median())), span(&all));
    report.plain(
        "plain paged LIST (JSON, limit=500)",
        format!("{} ms", short(list.median())),
        format!("{}; {}", span(&list), megabytes(list_bytes)),
    );
    if stream.len() > 0 {
        report.plain(
            "protobuf streaming list",
            format!("{} ms", short(stream.median())),
            format!("{}; {}", span(&stream), megabytes(stream_bytes)),
        );
    }
    let ratio = |sample: &Sample| format!("median of {runs}; {} to {}", short(sample.min()), short(sample.max()));
    report.at_most("all rows ÷ LIST", 0.5, to_list.median(), "", ratio(&to_list));
    if to_stream.len() > 0 {
        report.at_most("all rows ÷ streaming list", 1.3, to_stream.median(), "", ratio(&to_stream));
    }
    let note = format!("VmRSS 2 s after; VmHWM {} MB", short(peak.max()));
    report.at_most(&format!("resident memory with {pods} rows"), 40.0, resident.max(), " MB", note);
    Ok(())
}

struct Launch {
    first: Duration,
    all: Duration,
    resident: f64,
    peak: f64,
}

fn launch(options: &Options, rig: &Rig) -> Result<Launch> {
    let mut cockpit = Cockpit::launch(&options.binary, &rig.kubeconfig, rig.dir())?;
    let first = cockpit.until_rows()?.at - cockpit.launched;
    let all = match cockpit.title() {
        Some(title) if title.exact && title.count == options.pods() => first,
        _ => cockpit.until_all(options.pods())?.at - cockpit.launched,
    };
    cockpit.rest(Duration::from_secs(2))?;
    let (resident, peak) = (cockpit.process()?.memory("VmRSS")?, cockpit.process()?.memory("VmHWM")?);
    cockpit.quit()?;
    Ok(Launch { first, all, resident, peak })
}
