//! A running `skylark serve`.

#![allow(dead_code, reason = "not every helper is in use at all times")]

use crate::cli::PATIENCE;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A served fleet. It ends when this is dropped, and at the latest with this process.
pub struct Served {
    /// The shell that holds the server. Once its stdin closes, as it does when this process ends, the server ends.
    guard: Child,
    pid: Pid,
    dir: tempfile::TempDir,
}

/// Runs a command, tells its pid, gives its exit code, and kills it where nobody waits any more.
const GUARD: &str =
    r#""$@" & pid=$!; echo $pid; exec 2>/dev/null; { cat >/dev/null; kill -KILL $pid 2>/dev/null; } <&3 & wait $pid"#;

impl Served {
    /// Starts one on which nothing happens but what clients cause, and waits until it is ready.
    pub fn start(options: &[&str]) -> Served {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("kubeconfig");
        let mut guard = Command::new("sh")
            .args(["-c", &format!("exec 3<&0; {GUARD}"), "serve", env!("CARGO_BIN_EXE_skylark")])
            .args(["serve", "--churn", "0", "--nodes", "9", "--pods", "150", "--write-kubeconfig"])
            .arg(&file)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("a shell");
        let mut line = String::new();
        BufReader::new(guard.stdout.take().expect("piped")).read_line(&mut line).expect("its pid");
        let pid = line.trim().parse().ok().and_then(Pid::from_raw).expect("its pid");
        let served = Served { guard, pid, dir };
        let deadline = Instant::now() + PATIENCE;
        while !file.exists() {
            assert!(Instant::now() < deadline, "the fleet is not served");
            std::thread::sleep(Duration::from_millis(20));
        }
        served
    }

    /// The administrators' kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.dir.path().join("kubeconfig")
    }

    /// The directory with all kubeconfigs.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("it runs");
    }

    /// Sends a signal that ends it, and gives its exit code.
    pub fn stop(mut self, signal: Signal) -> Option<i32> {
        self.signal(signal);
        // Its stdin stays open until it has ended by itself.
        let stdin = self.guard.stdin.take();
        let status = crate::cli::wait(&mut self.guard, PATIENCE);
        drop(stdin);
        status?.code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}
