//! A real Kubernetes control plane for tests: etcd, kube-apiserver, and unless told otherwise the controllers, the
//! scheduler and nodes. The binary behind it and its line protocol are in `tests/control-plane`.
//!
//! A test starts with [`require_rig!`](crate::support::rig::require_rig), takes [`Rig::shared`] when it leaves the
//! cluster as it was (each in a namespace of its own), and [`Rig::start`] when it kills things. There are two versions
//! of Kubernetes: [`on_both`] runs a test on each.

#![allow(dead_code, reason = "not every helper is in use at all times")]
#![allow(clippy::panic, reason = "a failing rig is a failing test")]

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::kubectl::{kubectl, printed, run};

/// How long a rig may take to be ready, or to answer.
const PATIENCE: Duration = Duration::from_mins(4);

/// A version of Kubernetes that can be had as a rig.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// No streaming list, no compressed watch, columns of its own.
    V1_33,
    /// The newest.
    #[default]
    V1_37,
}

impl Version {
    /// The oldest first.
    pub const ALL: [Version; 2] = [Version::V1_33, Version::V1_37];

    /// The number after the first dot.
    pub fn minor(self) -> u32 {
        match self {
            Self::V1_33 => 33,
            Self::V1_37 => 37,
        }
    }

    /// What `tests/control-plane/build` is asked for, and the binary that it makes.
    fn build(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::V1_33 => (&["1.33"], "control-plane-1.33"),
            Self::V1_37 => (&[], "control-plane"),
        }
    }
}

/// Runs a test on both versions at once; each must pass.
pub fn on_both(test: impl Fn(Version) + Sync) {
    let failed: Vec<Version> = thread::scope(|scope| {
        let test = &test;
        let run = |version: Version| {
            let name = format!("Kubernetes 1.{}", version.minor());
            let thread = thread::Builder::new().name(name).spawn_scoped(scope, move || test(version));
            (version, thread.unwrap_or_else(|error| panic!("no thread: {error}")))
        };
        let runs = Version::ALL.map(run);
        runs.into_iter().filter_map(|(version, thread)| thread.join().is_err().then_some(version)).collect()
    });
    assert!(failed.is_empty(), "failed on {failed:?}");
}

/// The processes of a control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// The store.
    Etcd,
    /// The API server.
    ApiServer,
    /// What makes pods of deployments, and so on.
    ControllerManager,
    /// What gives pods their node.
    Scheduler,
    /// What plays the nodes.
    Kwok,
}

impl Component {
    /// Its name in the line protocol.
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kwok => "kwok",
        }
    }
}

/// What to start.
#[derive(Clone, Debug)]
pub struct RigOptions {
    /// The Kubernetes that it runs.
    pub version: Version,
    /// Name of the context and of the cluster.
    pub context: String,
    /// Nodes that pods can be scheduled on.
    pub nodes: usize,
    /// Whether the controllers, the scheduler and the nodes run; without them only etcd and the API server do.
    pub controllers: bool,
    /// Pods that are there from the start, with owners, nodes and namespaces of their own.
    pub pods: usize,
    /// Namespaces for these pods; one for each 12 pods when not given.
    pub namespaces: Option<usize>,
    /// Whether `exec` into a pod runs the command on this machine. Then anyone on this machine who finds kwok's
    /// port can run commands as this user.
    pub exec: bool,
    /// Where the API server writes its audit log.
    pub audit_log: Option<PathBuf>,
    /// Directory for state and logs, kept at the end; a temporary one when not given.
    pub dir: Option<PathBuf>,
    /// The kubeconfig to write; in `dir` when not given.
    pub kubeconfig: Option<PathBuf>,
    /// One more configuration file for kwok, read before the rig's own.
    pub kwok_config: Option<PathBuf>,
}

impl Default for RigOptions {
    fn default() -> Self {
        Self {
            version: Version::default(),
            context: "rig".to_owned(),
            nodes: 3,
            controllers: true,
            pods: 0,
            namespaces: None,
            exec: false,
            audit_log: None,
            dir: None,
            kubeconfig: None,
            kwok_config: None,
        }
    }
}

impl RigOptions {
    /// Only etcd and the API server: ready in half the time, and nothing changes unless the test changes it.
    pub fn server_only() -> Self {
        Self { controllers: false, nodes: 0, ..Self::default() }
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            "up".to_owned(),
            format!("--context={}", self.context),
            format!("--nodes={}", self.nodes),
            format!("--controllers={}", self.controllers),
            format!("--pods={}", self.pods),
            format!("--exec={}", self.exec),
            format!("--timeout={}s", PATIENCE.as_secs() - 20),
        ];
        if let Some(count) = self.namespaces {
            arguments.push(format!("--namespaces={count}"));
        }
        for (flag, path) in [
            ("--audit-log", &self.audit_log),
            ("--dir", &self.dir),
            ("--kubeconfig", &self.kubeconfig),
            ("--kwok-config", &self.kwok_config),
        ] {
            if let Some(path) = path {
                arguments.push(format!("{flag}={}", path.display()));
            }
        }
        arguments
    }
}

/// A component that ended though nobody asked it to.
#[derive(Clone, Debug)]
pub struct Exit {
    /// Its name.
    pub component: String,
    /// How it ended.
    pub status: String,
}

/// What the reader thread has seen that was no answer.
#[derive(Default)]
struct Events {
    churns: HashMap<u64, Result<u64, String>>,
    exits: Vec<Exit>,
    over: bool,
}

#[derive(Default)]
struct Seen {
    events: Mutex<Events>,
    changed: Condvar,
}

struct Conversation {
    stdin: Option<ChildStdin>,
    answers: Receiver<Value>,
}

/// A running control plane. It ends when this is dropped, and at the latest with this process.
pub struct Rig {
    child: Mutex<Child>,
    conversation: Mutex<Conversation>,
    seen: Arc<Seen>,
    ready: Value,
    logins: Logins,
    server: String,
    kubeconfig: PathBuf,
    dir: PathBuf,
    started_in: Duration,
}

/// Who may log in at a server, by their contexts.
pub struct Logins(String);

impl Logins {
    /// Those whose contexts begin with this one's name.
    pub fn of(context: &str) -> Self {
        Self(context.to_owned())
    }

    /// The administrator's context, with a token. It is the current one.
    pub fn context(&self) -> &str {
        &self.0
    }

    /// The context of a user who may only read pods, deployments, events and services, and only in namespace `team-a`.
    pub fn team_a(&self) -> String {
        format!("{}-team-a", self.0)
    }

    /// The context of a user who may nothing.
    pub fn nobody(&self) -> String {
        format!("{}-nobody", self.0)
    }

    /// The context of a user who may read pods, deployments, events, services and config maps in `team-a` and
    /// `team-b`, and nothing at cluster scope.
    pub fn two_teams(&self) -> String {
        format!("{}-two-teams", self.0)
    }

    /// The context of a user who may that too, and list namespaces.
    pub fn lister(&self) -> String {
        format!("{}-lister", self.0)
    }

    /// The context of a user with the cluster role `view`: everything but secrets and nodes, roughly.
    pub fn reader(&self) -> String {
        format!("{}-reader", self.0)
    }

    /// The context of an administrator with a client certificate.
    pub fn cert(&self) -> String {
        format!("{}-cert", self.0)
    }
}

impl Deref for Rig {
    type Target = Logins;

    fn deref(&self) -> &Logins {
        &self.logins
    }
}

impl Rig {
    /// Starts a control plane and waits until it is ready.
    pub fn start(options: &RigOptions) -> Result<Self, String> {
        let binary = built(options.version)?;
        let began = Instant::now();
        let mut child = Command::new(&binary)
            .args(options.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null()) // the error is in the line on stdout too
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().ok_or("no stdout")?;
        let seen = Arc::new(Seen::default());
        let (send, answers) = mpsc::channel();
        thread::spawn({
            let seen = Arc::clone(&seen);
            move || read(stdout, &send, &seen)
        });
        let mut rig = Self {
            child: Mutex::new(child),
            conversation: Mutex::new(Conversation { stdin, answers }),
            seen,
            ready: Value::Null,
            logins: Logins::of(&options.context),
            server: String::new(),
            kubeconfig: PathBuf::new(),
            dir: PathBuf::new(),
            started_in: Duration::ZERO,
        };
        // From here on, dropping the rig ends the child.
        let ready = answer(&lock(&rig.conversation))?;
        if ready["ready"] != Value::Bool(true) {
            return Err(format!("the control plane did not start: {}", text(&ready, "error")));
        }
        rig.server = text(&ready, "server");
        rig.kubeconfig = text(&ready, "kubeconfig").into();
        rig.dir = text(&ready, "dir").into();
        rig.ready = ready;
        rig.started_in = began.elapsed();
        Ok(rig)
    }

    /// The rig that tests share: controllers, three nodes, context `rig`. Whoever uses it takes a namespace of its
    /// own ([`Rig::namespace`]) and kills nothing.
    pub fn shared() -> &'static Self {
        Self::shared_of(Version::default())
    }

    /// The same of a version; the older one's context is `rig-1.33`.
    pub fn shared_of(version: Version) -> &'static Self {
        static SHARED: [OnceLock<Rig>; 2] = [const { OnceLock::new() }; 2];
        let context = match version {
            Version::V1_33 => "rig-1.33",
            Version::V1_37 => "rig",
        };
        SHARED[version as usize].get_or_init(|| Self::must_start(version, context, RigOptions::default()))
    }

    /// A server with pods in many states on which nothing changes by itself; who adds to it takes a namespace. Its
    /// context is `still`, the older one's `older`.
    pub fn still_of(version: Version) -> &'static Self {
        static STILL: [OnceLock<Rig>; 2] = [const { OnceLock::new() }; 2];
        let context = match version {
            Version::V1_33 => "older",
            Version::V1_37 => "still",
        };
        let options = RigOptions { pods: 300, ..RigOptions::server_only() };
        STILL[version as usize].get_or_init(|| Self::must_start(version, context, options))
    }

    fn must_start(version: Version, context: &str, options: RigOptions) -> Self {
        let options = RigOptions { version, context: context.to_owned(), ..options };
        let rig = Self::start(&options).unwrap_or_else(|error| panic!("{error}"));
        assert!(rig.version().starts_with(&format!("v1.{}.", version.minor())), "{} for {version:?}", rig.version());
        rig
    }

    /// The kubeconfig with one cluster and the contexts of [`Rig::contexts`]. It holds credentials for this rig only.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// All contexts of the kubeconfig.
    pub fn contexts(&self) -> Vec<String> {
        let names = self.ready["contexts"].as_array().into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }

    /// The API server's address, `https://127.0.0.1:PORT`. It stays the same when the server starts again.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Where the API server listens.
    pub fn server_addr(&self) -> SocketAddr {
        let address = self.server.trim_start_matches("https://");
        address.parse().unwrap_or_else(|_| panic!("no address: {}", self.server))
    }

    /// Version of the API server, `v1.37.2`.
    pub fn version(&self) -> String {
        text(&self.ready, "version")
    }

    /// File with the certificate of the authority that signed every certificate here.
    pub fn ca(&self) -> PathBuf {
        text(&self.ready, "ca").into()
    }

    /// Directory with the components' logs, `kube-apiserver.log` and so on.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file that is the log of every container, in the CRI's format (`TIME stdout F TEXT`); what is appended to
    /// it reaches those who follow.
    pub fn container_log(&self) -> PathBuf {
        text(&self.ready, "container_log").into()
    }

    /// How long it took until all was ready.
    pub fn started_in(&self) -> Duration {
        self.started_in
    }

    /// Runs kubectl with the rig's kubeconfig, as administrator unless the arguments name a context.
    pub fn kubectl(&self, arguments: &[&str]) -> Output {
        run(Command::new(kubectl()).env("KUBECONFIG", &self.kubeconfig).args(arguments))
    }

    /// Runs kubectl, and gives what it printed; it must succeed.
    #[track_caller]
    pub fn kubectl_ok(&self, arguments: &[&str]) -> String {
        printed(arguments, &self.kubectl(arguments))
    }

    /// Creates a namespace that no other test has, and gives its name. Needs kubectl.
    pub fn namespace(&self, prefix: &str) -> String {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("{prefix}-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.kubectl_ok(&["create", "namespace", &name]);
        name
    }

    /// Process ids by name; a killed one is missing.
    pub fn pids(&self) -> Result<BTreeMap<String, u32>, String> {
        let answer = self.ask("pids")?;
        let pids = answer["pids"].as_object().into_iter().flatten();
        Ok(pids.filter_map(|(name, pid)| Some((name.clone(), u32::try_from(pid.as_u64()?).ok()?))).collect())
    }

    /// Kills it by SIGKILL; it is gone when this returns, and stays so until [`Rig::restart`].
    pub fn kill(&self, component: Component) -> Result<(), String> {
        self.ask(&format!("kill {}", component.name())).map(drop)
    }

    /// Stops it by SIGSTOP: connections stay open and nobody answers.
    pub fn stop(&self, component: Component) -> Result<(), String> {
        self.ask(&format!("stop {}", component.name())).map(drop)
    }

    /// Lets a stopped one go on.
    pub fn cont(&self, component: Component) -> Result<(), String> {
        self.ask(&format!("cont {}", component.name())).map(drop)
    }

    /// Starts a killed one again and waits until it is ready. After the API server, the controllers, the scheduler
    /// and kwok are started anew as well, since by themselves they would be back only half a minute later.
    pub fn restart(&self, component: Component) -> Result<(), String> {
        self.ask(&format!("start {}", component.name())).map(drop)
    }

    /// Makes etcd forget all revisions but the last, and gives that one. The API server still serves watches from
    /// its own memory: [`Rig::expire`] is what makes them too old.
    pub fn compact(&self) -> Result<u64, String> {
        let answer = self.ask("compact")?;
        answer["revision"].as_u64().ok_or_else(|| "no revision".to_owned())
    }

    /// Makes every resourceVersion and continue token that was given out until now too old (410 Gone): etcd is
    /// compacted and the API server killed and started again. Gives the revision of the compaction.
    pub fn expire(&self) -> Result<u64, String> {
        let answer = self.ask("expire")?;
        answer["revision"].as_u64().ok_or_else(|| "no revision".to_owned())
    }

    /// Starts to change pods, `rate` a second for this many seconds, spread over all that there are.
    pub fn churn(&self, rate: u32, seconds: u32) -> Result<Churn<'_>, String> {
        let answer = self.ask(&format!("churn {rate} {seconds}"))?;
        let number = answer["churn"].as_u64().ok_or("no number")?;
        Ok(Churn { rig: self, number, seconds })
    }

    /// Adds pods, as they are with [`RigOptions::pods`].
    pub fn add_pods(&self, count: usize) -> Result<u64, String> {
        self.written(&format!("add-pods {count}"))
    }

    /// Removes that many pods, any of them, and says how many there were to remove. Where controllers run, they
    /// make new ones in the place of those that have an owner.
    pub fn delete_pods(&self, count: usize) -> Result<u64, String> {
        self.written(&format!("delete-pods {count}"))
    }

    /// The components that ended by themselves. All but etcd and the API server were started again.
    pub fn exits(&self) -> Vec<Exit> {
        lock(&self.seen.events).exits.clone()
    }

    fn written(&self, command: &str) -> Result<u64, String> {
        let answer = self.ask(command)?;
        answer["written"].as_u64().ok_or_else(|| "no number".to_owned())
    }

    /// Sends one command and waits for its answer; commands of several threads take turns.
    fn ask(&self, command: &str) -> Result<Value, String> {
        let mut conversation = lock(&self.conversation);
        let stdin = conversation.stdin.as_mut().ok_or("the rig has ended")?;
        writeln!(stdin, "{command}").map_err(|error| format!("{command}: {error}"))?;
        let answer = answer(&conversation)?;
        if answer["command"] != command {
            return Err(format!("{command}: this is no answer: {answer}"));
        }
        if answer["ok"] == Value::Bool(true) {
            Ok(answer)
        } else {
            Err(format!("{command}: {}", text(&answer, "error")))
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        lock(&self.conversation).stdin = None;
        let mut child = lock(&self.child);
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        // Its own children die with it.
        child.kill().ok();
        child.wait().ok();
    }
}

/// A churn under way.
pub struct Churn<'a> {
    rig: &'a Rig,
    number: u64,
    seconds: u32,
}

impl Churn<'_> {
    /// Waits until it is done, and says how many changes were written.
    pub fn wait(self) -> Result<u64, String> {
        let patience = PATIENCE + Duration::from_secs(self.seconds.into());
        let (mut events, waited) = self
            .rig
            .seen
            .changed
            .wait_timeout_while(lock(&self.rig.seen.events), patience, |events| {
                !events.over && !events.churns.contains_key(&self.number)
            })
            .unwrap_or_else(PoisonError::into_inner);
        match events.churns.remove(&self.number) {
            Some(result) => result,
            None if waited.timed_out() => Err("churn: no end after its time".to_owned()),
            None => Err("churn: the rig has ended".to_owned()),
        }
    }

    /// Whether it is done.
    pub fn is_done(&self) -> bool {
        lock(&self.rig.seen.events).churns.contains_key(&self.number)
    }
}

/// Takes each line where it belongs.
fn read(stdout: ChildStdout, answers: &mpsc::Sender<Value>, seen: &Seen) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        match message["event"].as_str() {
            None => {
                answers.send(message).ok();
            }
            Some("churn-done") => {
                let written = message["written"].as_u64().unwrap_or(0);
                let result = match message["error"].as_str() {
                    Some(error) => Err(format!("churn: {error} after {written} changes")),
                    None => Ok(written),
                };
                let number = message["churn"].as_u64().unwrap_or(0);
                lock(&seen.events).churns.insert(number, result);
            }
            Some(_) => lock(&seen.events)
                .exits
                .push(Exit { component: text(&message, "component"), status: text(&message, "status") }),
        }
        seen.changed.notify_all();
    }
    lock(&seen.events).over = true;
    seen.changed.notify_all();
}

fn answer(conversation: &Conversation) -> Result<Value, String> {
    conversation.answers.recv_timeout(PATIENCE).map_err(|error| match error {
        RecvTimeoutError::Timeout => format!("the rig gave no answer in {} s", PATIENCE.as_secs()),
        RecvTimeoutError::Disconnected => "the rig has ended".to_owned(),
    })
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The binary of a version, built if it is not there or its sources have changed; taken as it is where
/// `CONTROL_PLANE_BUILT` is `1`.
fn built(version: Version) -> Result<PathBuf, String> {
    static BUILT: [OnceLock<Result<PathBuf, String>>; 2] = [const { OnceLock::new() }; 2];
    BUILT[version as usize]
        .get_or_init(|| {
            rig_available()?;
            let (arguments, name) = version.build();
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let dir = env::var_os("CONTROL_PLANE_DIR").map_or_else(|| root.join("target/control-plane"), PathBuf::from);
            let binary = dir.join(name);
            if env::var("CONTROL_PLANE_BUILT").as_deref() == Ok("1") {
                let found = binary.is_file().then_some(binary.clone());
                return found.ok_or_else(|| format!("CONTROL_PLANE_BUILT is 1, and there is no {}", binary.display()));
            }
            let build = root.join("tests/control-plane/build");
            // Its progress goes to our stderr: the first time it takes minutes.
            let status = Command::new(&build)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .status()
                .map_err(|error| format!("{}: {error}", build.display()))?;
            if !status.success() {
                return Err(format!("{} failed: {status}", build.display()));
            }
            Ok(binary)
        })
        .clone()
}

pub(super) fn runs(program: impl AsRef<OsStr>, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether a rig can be built here; if not, the sentence that says what to install. Where `CI` is `true`, nothing
/// may be left out, and this panics instead.
pub fn rig_available() -> Result<(), String> {
    static MISSING: OnceLock<Option<&str>> = OnceLock::new();
    let missing = *MISSING.get_or_init(|| {
        if !cfg!(unix) || !runs("bash", &["-c", "true"]) {
            Some("a Unix with bash")
        } else if !runs("go", &["version"]) {
            Some("Go 1.26 or later")
        } else {
            None
        }
    });
    let Some(missing) = missing else {
        return Ok(());
    };
    let sentence =
        format!("The tests against a real Kubernetes API server were not run: install {missing} to run them.");
    assert!(env::var("CI").as_deref() != Ok("true"), "{sentence}");
    Err(sentence)
}

/// Whether the test cannot run for want of a rig; says so once, past the capture of the tests' output.
pub fn skip_without_rig() -> bool {
    static SAID: Once = Once::new();
    let Err(sentence) = rig_available() else {
        return false;
    };
    SAID.call_once(|| {
        writeln!(std::io::stderr(), "{sentence}").ok();
    });
    true
}

/// Ends the test, passed, where no rig can be built. The first line of each test that needs one.
macro_rules! require_rig {
    () => {
        if $crate::support::rig::skip_without_rig() {
            return;
        }
    };
}
#[allow(unused_imports, reason = "not every helper is in use at all times")]
pub(crate) use require_rig;
