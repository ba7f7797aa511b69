//! The binary as a script sees it: run to its end, or followed line by line.

use crate::support::kubectl;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine where no promise is measured.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// What a run that ended has left.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; -1 after a signal.
    pub code: i32,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

impl Ended {
    /// The text of a run that must have been complete.
    #[track_caller]
    pub fn complete(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// The rows of `-o json`.
    #[track_caller]
    pub fn rows(&self) -> Vec<Value> {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A command of the binary that knows no kubeconfig but these files.
pub fn skylark<P: AsRef<Path>>(kubeconfigs: &[P], args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skylark"));
    let paths: Vec<OsString> = kubeconfigs.iter().map(|path| path.as_ref().as_os_str().to_owned()).collect();
    let home = std::env::temp_dir().join("skylark-no-home");
    command
        .env("KUBECONFIG", paths.join(&OsString::from(":")))
        .env("HOME", home)
        .env_remove("XDG_STATE_HOME")
        .args(args)
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end; one that does not end is killed and fails the test.
#[track_caller]
pub fn run(command: &mut Command) -> Ended {
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
    let out = drain(child.stdout.take().expect("piped"));
    let err = drain(child.stderr.take().expect("piped"));
    let status = wait(&mut child, PATIENCE);
    let took = begun.elapsed();
    let (out, err) = (out.join().expect("stdout"), err.join().expect("stderr"));
    let Some(status) = status else { panic!("{command:?} did not end; stdout: {out}; stderr: {err}") };
    assert!(!err.contains("panicked"), "{command:?}: {err}");
    Ended { code: status.code().unwrap_or(-1), out, err, took }
}

/// `skylark` with one kubeconfig, to its end.
#[track_caller]
pub fn get(kubeconfig: &Path, args: &[&str]) -> Ended {
    run(skylark(&[kubeconfig], &["get"]).args(args))
}

/// kubectl's own answer, where there is a kubectl.
#[track_caller]
pub fn kubectl(kubeconfig: &Path, args: &[&str]) -> Option<Ended> {
    let mut command = Command::new(kubectl::kubectl());
    command.env("KUBECONFIG", kubeconfig).args(args).stdin(Stdio::null());
    if !kubectl::has_kubectl() {
        eprintln!("not compared with kubectl, which is not installed: `get {}`", args.join(" "));
        return None;
    }
    Some(run(&mut command))
}

fn drain(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits for the end; kills what does not end and gives nothing.
pub fn wait(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            return Some(status);
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// One line of `get --watch -o json`, and when it came.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: Instant,
    pub value: Value,
}

impl Line {
    pub fn is(&self, kind: &str) -> bool {
        self.value["type"] == kind
    }

    /// Whether it says this state of the whole cluster.
    pub fn says(&self, state: &str) -> bool {
        self.is("state") && self.value["state"] == state && self.value.get("kind").is_none()
    }
}

/// What replaying the stream so far gives.
#[derive(Default)]
pub struct Seen {
    pub lines: Vec<Line>,
    /// By cluster, kind and uid: the last row.
    pub rows: BTreeMap<(String, String, String), Value>,
    /// Lines that cannot follow those before them.
    pub wrong: Vec<String>,
    ended: bool,
}

impl Seen {
    fn take(&mut self, text: &str) {
        let at = Instant::now();
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            self.wrong.push(format!("not JSON: {text}"));
            return;
        };
        let word = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let what = word(&value, "type");
        if let Some(row) = value.get("row") {
            let key = (word(row, "cluster"), word(row, "kind"), word(row, "uid"));
            let known = match what.as_str() {
                "deleted" => self.rows.remove(&key),
                _ => self.rows.insert(key, row.clone()),
            };
            let fits = match (what.as_str(), &known) {
                ("added", None) | ("deleted", Some(_)) => true,
                ("modified", Some(before)) => before["resourceVersion"] != row["resourceVersion"],
                _ => false,
            };
            if !fits {
                self.wrong.push(format!("{text} after {known:?}"));
            }
        }
        if what == "synced" {
            let (cluster, kind) = (word(&value, "cluster"), word(&value, "kind"));
            let namespace = value["namespace"].as_str();
            let of_it = |row: &Value| namespace.is_none_or(|namespace| row["namespace"] == namespace);
            let rows =
                self.rows.iter().filter(|((of, is, _), row)| *of == cluster && *is == kind && of_it(row)).count();
            if value["count"] != rows {
                self.wrong.push(format!("{text} after {rows} rows"));
            }
        }
        self.lines.push(Line { at, value });
    }

    /// The lines of one type.
    pub fn count(&self, kind: &str) -> usize {
        self.lines.iter().filter(|line| line.is(kind)).count()
    }

    /// uid → resourceVersion of every row of a kind in any cluster.
    pub fn versions(&self, kind: &str) -> BTreeMap<String, String> {
        self.rows
            .iter()
            .filter(|((_, of, _), _)| of == kind)
            .map(|((_, _, uid), row)| (uid.clone(), row["resourceVersion"].as_str().unwrap_or_default().to_owned()))
            .collect()
    }
}

/// A `get --watch -o json` that goes on until it is dropped.
pub struct Stream {
    pub child: Child,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    /// What it keeps, its log among it.
    state: Option<tempfile::TempDir>,
}

impl Stream {
    /// Starts it.
    pub fn start(command: &mut Command) -> Stream {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("the command starts");
        let out = child.stdout.take().expect("piped");
        let seen: Arc<(Mutex<Seen>, Condvar)> = Arc::default();
        let theirs = seen.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                theirs.0.lock().unwrap_or_else(PoisonError::into_inner).take(&line);
                theirs.1.notify_all();
            }
            theirs.0.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
            theirs.1.notify_all();
        });
        Stream { child, seen, state: None }
    }

    /// `get … --watch -o json`.
    pub fn get(kubeconfig: &Path, args: &[&str]) -> Stream {
        let state = tempfile::tempdir().expect("a directory");
        let mut command = skylark(&[kubeconfig], &["get"]);
        command.env("XDG_STATE_HOME", state.path()).env("SKYLARK_LOG", "skylark=info");
        command.args(args).args(["--watch", "-o", "json"]);
        let mut stream = Stream::start(&mut command);
        stream.state = Some(state);
        stream
    }

    /// Waits until it knows which cluster answers: until then it reads its rows anew after each lost
    /// connection.
    #[track_caller]
    pub fn known(&self) {
        let log = self.state.as_ref().expect("a state of its own").path().join("skylark/skylark.log");
        eventually(PATIENCE, || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            if text.contains("identity=Identity") { Ok(()) } else { Err(format!("not known: {text}")) }
        });
    }

    /// What has come so far.
    pub fn now<T>(&self, read: impl FnOnce(&Seen) -> T) -> T {
        read(&self.seen.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many lines have come so far: a mark for [`Stream::line`].
    pub fn mark(&self) -> usize {
        self.now(|seen| seen.lines.len())
    }

    /// Waits until this holds, and fails with all that came when it does not in time.
    #[track_caller]
    pub fn until<T>(&self, what: &str, patience: Duration, mut holds: impl FnMut(&Seen) -> Option<T>) -> T {
        let deadline = Instant::now() + patience;
        let mut seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = holds(&seen) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || seen.ended {
                let all: Vec<_> = seen.lines.iter().map(|line| line.value.to_string()).collect();
                let tail = &all[all.len().saturating_sub(40)..];
                panic!("{what}: not after {patience:?} (ended: {}); the last lines:\n{}", seen.ended, tail.join("\n"));
            }
            seen = self.seen.1.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for a line after a mark; gives when it came.
    #[track_caller]
    pub fn line(&self, what: &str, from: usize, patience: Duration, mut is: impl FnMut(&Line) -> bool) -> Instant {
        self.until(what, patience, |seen| seen.lines[from..].iter().find(|line| is(line)).map(|line| line.at))
    }

    /// Waits until so many lists are complete.
    #[track_caller]
    pub fn synced(&self, lists: usize) {
        self.until("the lists are complete", PATIENCE, |seen| (seen.count("synced") >= lists).then_some(()));
    }

    /// Fails where a line could not follow those before it.
    #[track_caller]
    pub fn consistent(&self) {
        self.now(|seen| assert!(seen.wrong.is_empty(), "{:#?}", seen.wrong));
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tries until it holds; fails with the last difference.
#[track_caller]
pub fn eventually(patience: Duration, mut attempt: impl FnMut() -> Result<(), String>) {
    let deadline = Instant::now() + patience;
    while let Err(difference) = attempt() {
        assert!(Instant::now() < deadline, "still after {patience:?}: {difference}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
