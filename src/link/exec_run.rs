//! One run of a credential plugin: without a terminal no endless output and no endless time; with one,
//! as long as the reader likes.

use std::{
    io,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, Command},
    sync::Notify,
    time::timeout,
};

use super::{LinkError, error, exec::Plugin, exec_wire};

/// What is kept of each of its outputs.
const CAPTURED: usize = 64 << 10;
/// How long outputs are read on after the plugin ended: its children may hold them open for ever.
const DRAIN: Duration = Duration::from_millis(500);
/// How long an interrupted plugin may take to end by itself.
const GRACE: Duration = Duration::from_secs(1);
/// SIGINT, everywhere.
const INTERRUPT: i32 = 2;

/// Runs the plugin without a terminal and returns its standard output.
pub(super) async fn run(plugin: &Plugin, limit: Duration) -> Result<Vec<u8>, LinkError> {
    let fault = |cause, hint| fault(plugin, cause, hint);
    let name = &plugin.command;
    let mut command = command(plugin, false);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    let mut child = spawn(plugin, &mut command)?;
    let group = Group(child.id());
    let mut output = Output::default();
    let ended = timeout(limit, output.follow(&mut child)).await;
    match ended {
        Ok(Ok(status)) => {
            group.ended();
            output.judge(status).map_err(|cause| fault(format!("{name} {cause}"), plugin.install_hint.clone()))
        }
        Ok(Err(error)) => Err(fault(format!("{name}: {}", error::flatten(&error)), None)),
        Err(_) => Err(fault(
            format!("{name} did not end within {}{}", error::seconds(&limit), output.complaint()),
            Some("run it by hand: it may wait for a login that needs a terminal or a browser".to_owned()),
        )),
    }
}

/// Runs the plugin on our terminal, which nobody else uses meanwhile, for as long as it takes. It is in
/// our own process group, so that Ctrl-C reaches it; `stop` ends it when it does not heed that.
pub(super) async fn run_with_terminal(plugin: &Plugin, stop: &Notify) -> Result<Vec<u8>, LinkError> {
    let name = &plugin.command;
    let mut command = command(plugin, true);
    command.stdin(Stdio::inherit()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = spawn(plugin, &mut command)?;
    let mut output = Output::default();
    let ended = tokio::select! {
        ended = output.follow(&mut child) => Some(ended),
        () = stopped(stop) => None,
    };
    match ended {
        Some(Ok(status)) if was_interrupted(status) => Err(interrupted(plugin)),
        Some(Ok(status)) => {
            output.judge(status).map_err(|cause| fault(plugin, format!("{name} {cause}"), plugin.install_hint.clone()))
        }
        Some(Err(error)) => Err(fault(plugin, format!("{name}: {}", error::flatten(&error)), None)),
        None => {
            // Waited for, so that it draws on nothing of ours.
            let _ = child.kill().await;
            Err(interrupted(plugin))
        }
    }
}

async fn stopped(stop: &Notify) {
    stop.notified().await;
    tokio::time::sleep(GRACE).await;
}

fn was_interrupted(status: ExitStatus) -> bool {
    #[cfg(unix)]
    if std::os::unix::process::ExitStatusExt::signal(&status) == Some(INTERRUPT) {
        return true;
    }
    status.code() == Some(128 + INTERRUPT)
}

fn interrupted(plugin: &Plugin) -> LinkError {
    let cause = format!("the login with {} was given up", plugin.command);
    fault(plugin, cause, Some(":retry begins it again".to_owned()))
}

fn fault(plugin: &Plugin, cause: String, hint: Option<String>) -> LinkError {
    LinkError::Credentials { user: plugin.user.clone(), cause, hint }
}

fn spawn(plugin: &Plugin, command: &mut Command) -> Result<Child, LinkError> {
    let name = &plugin.command;
    command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => fault(
            plugin,
            format!("{name} is not installed"),
            plugin.install_hint.clone().or_else(|| Some(format!("install {name}, or put it on the PATH"))),
        ),
        _ => fault(plugin, format!("{name} does not start: {}", error::flatten(&error)), plugin.install_hint.clone()),
    })
}

fn command(plugin: &Plugin, interactive: bool) -> Command {
    let mut command = Command::new(&plugin.command);
    command.args(&plugin.args).envs(plugin.env.iter().map(|(name, value)| (name, value)));
    let info = exec_wire::request(&plugin.api_version, plugin.about.as_ref(), interactive);
    command.env("KUBERNETES_EXEC_INFO", info).kill_on_drop(true);
    command
}

/// Kills the process group of a plugin when dropped before the plugin ended.
struct Group(Option<u32>);

impl Group {
    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[derive(Default)]
struct Output {
    stdout: Captured,
    stderr: Captured,
}

#[derive(Default)]
struct Captured {
    bytes: Vec<u8>,
    overflowed: bool,
}

impl Output {
    async fn follow(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut reading = Box::pin(async { tokio::join!(self.stdout.read(stdout), self.stderr.read(stderr)) });
        let status = tokio::select! {
            _ = &mut reading => return child.wait().await,
            status = child.wait() => status?,
        };
        let _ = timeout(DRAIN, reading).await;
        Ok(status)
    }

    fn judge(self, status: ExitStatus) -> Result<Vec<u8>, String> {
        if !status.success() {
            let how = match status.code() {
                Some(code) => format!("failed with exit code {code}"),
                None => "was killed".to_owned(),
            };
            return Err(format!("{how}{}", self.complaint()));
        }
        if self.stdout.overflowed {
            return Err("printed more than 64 KiB".to_owned());
        }
        Ok(self.stdout.bytes)
    }

    /// `: ` and the last words on standard error, on one line and without control characters.
    fn complaint(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr.bytes);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines[lines.len().saturating_sub(3)..].join("; ");
        if last.is_empty() {
            return String::new();
        }
        let clean: Vec<char> = last.chars().filter(|c| !c.is_control()).collect();
        let tail: String = clean[clean.len().saturating_sub(400)..].iter().collect();
        format!(": {tail}")
    }
}

impl Captured {
    async fn read(&mut self, source: Option<impl AsyncRead + Unpin>) {
        let Some(mut source) = source else { return };
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = source.read(&mut buffer).await {
            let room = CAPTURED - self.bytes.len();
            self.bytes.extend_from_slice(&buffer[..read.min(room)]);
            self.overflowed |= read > room;
        }
    }
}
