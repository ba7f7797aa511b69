//! From the launch to all rows counted on the screen, beside what the server alone needs.

use crate::cockpit::SIZE;
use crate::options::Options;
use crate::report::Report;
use crate::rig::Rig;
use crate::serve::Serve;
use crate::server::Server;
use crate::site::Site;
use crate::stats::{Sample, short};
use anyhow::Result;
use std::time::Duration;

/// Between two measurements: what the one before left behind is swept.
const PAUSE: Duration = Duration::from_millis(700);

/// Each run lists, streams and launches in turn, so that the ratios are of one moment.
pub fn measure(options: &Options, rig: &Rig, report: &mut Report) -> Result<()> {
    let server = Server::new(&rig.kubeconfig)?;
    let (mut list, mut stream, mut launches) = (Sample::default(), Sample::default(), Launches::default());
    let (mut to_list, mut to_stream) = (Sample::default(), Sample::default());
    let (mut list_bytes, mut stream_bytes) = (0, 0);
    // The first round warms the server and is not counted; the list, which takes longest, warms nothing more.
    for run in 0..=options.runs() {
        let listed = if run == 0 { None } else { Some(server.list()?) };
        std::thread::sleep(PAUSE);
        let streamed = server.stream()?;
        std::thread::sleep(PAUSE);
        let launch = launch(options, &rig.site())?;
        std::thread::sleep(PAUSE);
        let Some(listed) = listed else { continue };
        list_bytes = listed.bytes;
        list.push_ms(listed.time);
        if let Some(streamed) = streamed {
            stream_bytes = streamed.bytes;
            stream.push_ms(streamed.time);
            to_stream.push(launch.all.as_secs_f64() / streamed.time.as_secs_f64());
        }
        to_list.push(launch.all.as_secs_f64() / listed.time.as_secs_f64());
        launches.add(&launch);
    }
    let runs = list.len();
    let megabytes = |bytes: usize| format!("{} MB of bodies", short(bytes as f64 / 1e6));
    let aims = options.scale.aims();
    launches.report_times(report, rig.site().rows.unwrap_or_default(), aims.first_screen);
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
    report.aimed("all rows ÷ LIST", aims.to_list, to_list.median(), "", ratio(&to_list));
    if to_stream.len() > 0 {
        report.aimed("all rows ÷ streaming list", aims.to_stream, to_stream.median(), "", ratio(&to_stream));
    }
    launches.report_memory(report, rig.site().rows.unwrap_or_default(), aims.memory);
    Ok(())
}

/// On a served fleet: there is no other server to compare with.
pub fn measure_served(options: &Options, serve: &Serve, report: &mut Report) -> Result<()> {
    let mut launches = Launches::default();
    let before = serve.process().memory("VmRSS")?;
    for run in 0..=options.runs() {
        let launch = launch(options, &serve.site())?;
        std::thread::sleep(PAUSE);
        if run > 0 {
            launches.add(&launch);
        }
    }
    let (rows, aims) = (serve.site().rows.unwrap_or_default(), options.scale.aims());
    launches.report_times(report, rows, aims.first_screen);
    launches.report_memory(report, rows, aims.memory);
    let note = format!(
        "VmRSS once ready, after {} s; after the launches {} MB",
        short(serve.ready.as_secs_f64()),
        short(serve.process().memory("VmRSS")?)
    );
    report.at_most("the served fleet: resident memory", 4096.0, before, " MB", note);
    Ok(())
}

fn span(sample: &Sample) -> String {
    format!("median of {}; {} to {} ms", sample.len(), short(sample.min()), short(sample.max()))
}

/// Several launches.
#[derive(Default)]
struct Launches {
    first: Sample,
    full: Sample,
    all: Sample,
    resident: Sample,
    peak: Sample,
}

impl Launches {
    fn add(&mut self, launch: &Launch) {
        self.first.push_ms(launch.first);
        self.full.push(launch.full.as_secs_f64());
        self.all.push_ms(launch.all);
        self.resident.push(launch.resident);
        self.peak.push(launch.peak);
    }

    fn report_times(&self, report: &mut Report, rows: u32, first_screen: Option<f64>) {
        report.plain("first rows", format!("{} ms", short(self.first.median())), span(&self.first));
        let note = format!("as many rows as lines; {} to {} s", short(self.full.min()), short(self.full.max()));
        report.aimed("first screen", first_screen, self.full.median(), " s", note);
        report.plain(&format!("all {rows} rows counted"), format!("{} ms", short(self.all.median())), span(&self.all));
    }

    fn report_memory(&self, report: &mut Report, rows: u32, aim: Option<f64>) {
        let note = format!("VmRSS 2 s after; VmHWM {} MB", short(self.peak.max()));
        report.aimed(&format!("resident memory with {rows} rows"), aim, self.resident.max(), " MB", note);
    }
}

struct Launch {
    first: Duration,
    full: Duration,
    all: Duration,
    resident: f64,
    peak: f64,
}

fn launch(options: &Options, site: &Site<'_>) -> Result<Launch> {
    let mut cockpit = site.launch(options)?;
    let rows = site.rows.unwrap_or_default();
    let first = cockpit.until_rows()?.at - cockpit.launched;
    let full = match cockpit.title() {
        Some(title) if title.count >= u32::from(SIZE.1).min(rows) => first,
        _ => cockpit.until_full()?.at - cockpit.launched,
    };
    let all = match cockpit.title() {
        Some(title) if title.exact && title.count == rows => full,
        _ => cockpit.until_all(rows)?.at - cockpit.launched,
    };
    cockpit.rest(Duration::from_secs(2))?;
    let (resident, peak) = (cockpit.process()?.memory("VmRSS")?, cockpit.process()?.memory("VmHWM")?);
    cockpit.quit()?;
    Ok(Launch { first, full, all, resident, peak })
}
