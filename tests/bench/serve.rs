//! The embedded fleet as a process of its own, at a lower priority than what is measured.

use crate::options::Options;
use crate::process::Process;
use crate::server::Server;
use crate::site::Site;
use anyhow::{Context as _, Result, bail};
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long making the company may take.
const START: Duration = Duration::from_mins(3);
/// How much lower its priority is.
pub const NICE: &str = "10";

/// Those that run, for [`stop_all`].
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Stops what still runs, when nobody is there to drop it.
pub fn stop_all() {
    for pid in RUNNING.lock().drain(..) {
        signal(pid, Signal::KILL);
    }
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// A served fleet.
pub struct Serve {
    child: Child,
    kubeconfig: PathBuf,
    /// The pods of all clusters.
    rows: Option<u32>,
    /// How long it took until it was ready.
    pub ready: Duration,
    dir: TempDir,
}

impl Serve {
    /// Starts one with so many changes a second in the whole fleet.
    pub fn start(options: &Options, rate: u32) -> Result<Serve> {
        let dir = tempfile::Builder::new().prefix("skylark-figures-").tempdir()?;
        let kubeconfig = dir.path().join("kubeconfig");
        let clusters = options.clusters();
        let numbers = [
            ("--clusters", clusters),
            ("--nodes", options.nodes()),
            ("--pods", options.pods()),
            ("--churn", rate / clusters),
        ];
        let began = Instant::now();
        let mut command = Command::new("nice");
        command.args(["-n", NICE]).arg(&options.binary).arg("serve");
        for (name, number) in numbers {
            command.args([name, &number.to_string()]);
        }
        let child = command
            .arg("--write-kubeconfig")
            .arg(&kubeconfig)
            .env("HOME", dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start nice")?;
        RUNNING.lock().push(child.id());
        // From here on dropping it ends it.
        let mut serve = Serve { child, kubeconfig, rows: None, ready: Duration::ZERO, dir };
        while !serve.kubeconfig.exists() {
            if let Some(status) = serve.child.try_wait()? {
                bail!("the fleet does not start: {status}");
            }
            if began.elapsed() > START {
                bail!("the fleet is not ready after {START:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        serve.ready = began.elapsed();
        if rate == 0 {
            serve.rows = Some(Server::count_all(&serve.kubeconfig)?);
        }
        eprintln!("{clusters} served clusters with {rate} changes/s: ready after {:.1} s", serve.ready.as_secs_f64());
        Ok(serve)
    }

    /// Its process.
    pub fn process(&self) -> Process {
        Process(self.child.id())
    }

    /// Where its kubeconfig is.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Where cockpits are launched on it.
    pub fn site(&self) -> Site<'_> {
        Site { kubeconfig: &self.kubeconfig, dir: self.dir.path(), rows: self.rows }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        RUNNING.lock().retain(|&pid| pid != self.child.id());
        signal(self.child.id(), Signal::TERM);
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
