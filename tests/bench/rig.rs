//! A real control plane: `tests/control-plane` starts it, and it ends when its stdin closes.

use crate::audit::Audit;
use crate::machine::KUBERNETES;
use crate::site::Site;
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long starting may take.
const START: Duration = Duration::from_mins(4);
/// The name of the context.
pub const CONTEXT: &str = "figures";

/// A running control plane.
pub struct Rig {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Value>,
    /// `https://127.0.0.1:PORT`.
    pub server: String,
    /// Its kubeconfig.
    pub kubeconfig: PathBuf,
    /// Its audit log.
    pub audit: Audit,
    pods: u32,
    dir: TempDir,
}

impl Rig {
    /// Starts one with so many pods, and neither controllers nor nodes that live.
    pub fn start(pods: u32, kubernetes: Option<&str>) -> Result<Rig> {
        let binary = binary(kubernetes)?;
        let dir = tempfile::Builder::new().prefix("skylark-figures-").tempdir()?;
        let path = |name: &str| dir.path().join(name);
        let (kubeconfig, audit, log) = (path("kubeconfig"), path("audit.log"), path("rig.log"));
        let began = Instant::now();
        let mut child = Command::new(&binary)
            .args(["up", "--context", CONTEXT, "--controllers=false", "--nodes", "0", "--pods", &pods.to_string()])
            .arg("--kubeconfig")
            .arg(&kubeconfig)
            .arg("--audit-log")
            .arg(&audit)
            .arg("--dir")
            .arg(path("state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (sender, lines) = channel();
        if let Some(stdout) = stdout {
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    if serde_json::from_str(&line).is_ok_and(|value| sender.send(value).is_err()) {
                        return;
                    }
                }
            });
        }
        // From here on dropping it ends it.
        let mut rig =
            Rig { child, stdin, lines, server: String::new(), kubeconfig, audit: Audit { path: audit }, pods, dir };
        let ready = match rig.line(START, |line| line.get("ready").is_some()) {
            Ok(ready) if ready["ready"] == true => ready,
            Ok(refusal) => bail!("the control plane does not start: {refusal}"),
            Err(error) => {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                return Err(error.context(format!("the control plane does not start: {}", said.trim())));
            }
        };
        rig.server = ready["server"].as_str().context("the control plane does not say its address")?.into();
        let _ = KUBERNETES.set(ready["version"].as_str().unwrap_or("unknown").to_owned());
        eprintln!("control plane with {pods} pods: ready after {:.1} s", began.elapsed().as_secs_f64());
        Ok(rig)
    }

    /// Where cockpits are launched on it.
    pub fn site(&self) -> Site<'_> {
        Site { kubeconfig: &self.kubeconfig, dir: self.dir.path(), rows: Some(self.pods) }
    }

    /// A directory that goes when the rig goes.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Changes pods at this rate for so long, beginning now.
    pub fn churn(&mut self, rate: u32, seconds: u64) -> Result<()> {
        let stdin = self.stdin.as_mut().context("the control plane has no stdin")?;
        writeln!(stdin, "churn {rate} {seconds}")?;
        stdin.flush()?;
        let answer = self.line(Duration::from_secs(30), |line| line.get("command").is_some())?;
        if answer["ok"] != true {
            bail!("the control plane refuses the churn: {answer}");
        }
        Ok(())
    }

    /// Waits for the end of a churn; gives how many changes it wrote.
    pub fn churned(&mut self, longest: Duration) -> Result<u64> {
        let done = self.line(longest, |line| line["event"] == "churn-done")?;
        if let Some(error) = done.get("error") {
            bail!("the churn failed: {error}");
        }
        Ok(done["written"].as_u64().unwrap_or(0))
    }

    /// The next line of a kind; others are passed over.
    fn line(&mut self, longest: Duration, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let until = Instant::now() + longest;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if wanted(&line) => return Ok(line),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => bail!("no answer in {longest:?}"),
                Err(RecvTimeoutError::Disconnected) => bail!("it has ended"),
            }
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // Its own children die with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The control plane's binary, built where its sources are newer.
fn binary(kubernetes: Option<&str>) -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = root.join("tests/control-plane/build");
    let dir = std::env::var_os("CONTROL_PLANE_DIR").map_or_else(|| root.join("target/control-plane"), PathBuf::from);
    let binary =
        dir.join(kubernetes.map_or_else(|| "control-plane".into(), |version| format!("control-plane-{version}")));
    if script.exists() {
        let built = Command::new(&script).args(kubernetes).stdin(Stdio::null()).status();
        let built = built.with_context(|| format!("cannot run {}", script.display()))?;
        if !built.success() && !binary.exists() {
            bail!("there is no control plane; install Go and run tests/control-plane/build");
        }
    }
    if !binary.exists() {
        bail!("there is no control plane; run tests/control-plane/build");
    }
    Ok(binary)
}
