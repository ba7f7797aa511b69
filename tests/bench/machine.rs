//! Where and with what the figures were measured.

use crate::options::Options;
use std::fs;
use std::process::Command;
use std::sync::OnceLock;

/// The version that the API server says it has.
pub static KUBERNETES: OnceLock<String> = OnceLock::new();

/// What stands above the table.
pub struct Facts {
    /// The day.
    pub date: String,
    /// Processor, cores, memory, kernel.
    pub machine: String,
    /// Versions of what took part.
    pub versions: String,
}

impl Facts {
    /// Looks around.
    pub fn gather(options: &Options) -> Facts {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(|rest| rest.trim_start_matches([' ', '\t', ':']).trim().to_owned())
        };
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let processor = field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown processor".into());
        let memory = field(&read("/proc/meminfo"), "MemTotal")
            .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
            .map_or_else(|| "unknown".into(), |kib| format!("{:.0} GB", kib / 1e6));
        let kernel = read("/proc/sys/kernel/osrelease").trim().to_owned();
        let os = std::env::consts::OS;
        let rustc = said(Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("--version"));
        let kubernetes = match KUBERNETES.get() {
            Some(version) => format!("kube-apiserver {version}"),
            None => format!("no real control plane; what is served runs at nice {}", crate::serve::NICE),
        };
        let built = options.binary.parent().and_then(|dir| dir.file_name()).and_then(|name| name.to_str());
        let profile = match built {
            Some("release") => "release profile, no LTO",
            Some("dist") => "dist profile: fat LTO, for size, stripped",
            _ => "a binary of its own",
        };
        Facts {
            date: options.date.clone().unwrap_or_else(|| jiff::Zoned::now().date().to_string()),
            machine: format!(
                "{cores} cores ({processor}), {memory} of memory, {os} {kernel}; the clusters, the measuring \
                 process and the program share the cores"
            ),
            versions: format!("skylark {} ({profile}), {rustc}, {kubernetes}", env!("CARGO_PKG_VERSION")),
        }
    }
}

fn said(command: &mut Command) -> String {
    let output = command.output().ok().filter(|output| output.status.success());
    output.map_or_else(|| "rustc unknown".into(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
