//! The program in a terminal of its own: what it writes, frame by frame, and what that looks like.

use crate::process::Process;
use anyhow::{Context as _, Result, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::ffi::OsStr;
use std::io::{Read as _, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The terminal's columns and lines.
pub const SIZE: (u16, u16) = (180, 50);
/// The longest that loading may take.
const LOAD: Duration = Duration::from_mins(2);
/// How much longer where the last cluster may drop off meanwhile, as it does for less than a minute: it has to come
/// back and to be heard of. No figure is taken from this wait.
const OUTAGE: Duration = Duration::from_mins(2);
/// What ends a frame.
const END: &[u8] = b"\x1b[?2026l";

/// What came between two ends of frames.
struct Frame {
    /// When its end was read.
    at: Instant,
    bytes: Vec<u8>,
}

/// A frame that was taken in.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// When its end was read.
    pub at: Instant,
    /// Its size.
    pub bytes: usize,
    /// Whether another text shows than before.
    pub changed: bool,
}

/// The numbers in the table's title.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Title {
    /// The first number: all rows, or those that match the filter.
    pub count: u32,
    /// Whether it is exact and complete.
    pub exact: bool,
}

/// What became of a key.
#[derive(Clone, Copy, Debug)]
pub struct Pressed {
    /// From the key to the end of the frame that answers it.
    pub latency: Duration,
    /// The bytes of that frame and of what followed at once.
    pub bytes: usize,
}

/// The running program.
pub struct Cockpit {
    child: Box<dyn Child + Send + Sync>,
    /// Kept, for the terminal goes with it.
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    frames: Receiver<Frame>,
    screen: vt100::Parser,
    text: String,
    /// When it was started.
    pub launched: Instant,
}

impl Cockpit {
    /// Starts it on a kubeconfig; `home` is where it may write.
    pub fn launch(binary: &Path, kubeconfig: &Path, home: &Path) -> Result<Cockpit> {
        let (cols, rows) = SIZE;
        let pty = native_pty_system().openpty(PtySize { cols, rows, pixel_width: 0, pixel_height: 0 })?;
        let mut command = CommandBuilder::new(binary);
        command.args([OsStr::new("--kubeconfig"), kubeconfig.as_os_str()]);
        command.args(["--all-contexts", "pods"]);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LC_ALL", "C.UTF-8")] {
            command.env(name, value);
        }
        command.env("HOME", home);
        command.cwd(home);
        let mut output = pty.master.try_clone_reader()?;
        let keys = pty.master.take_writer()?;
        let (sender, frames) = channel();
        std::thread::spawn(move || {
            let mut chunk = vec![0; 64 << 10];
            let mut open: Vec<u8> = Vec::new();
            while let Ok(read @ 1..) = output.read(&mut chunk) {
                let at = Instant::now();
                let mut searched = open.len().saturating_sub(END.len());
                open.extend_from_slice(&chunk[..read]);
                while let Some(end) = memchr::memmem::find(&open[searched..], END) {
                    let rest = open.split_off(searched + end + END.len());
                    searched = 0;
                    let bytes = std::mem::replace(&mut open, rest);
                    if sender.send(Frame { at, bytes }).is_err() {
                        return;
                    }
                }
            }
        });
        let launched = Instant::now();
        let child = pty.slave.spawn_command(command).context("cannot start the program")?;
        let (Some(rows), Some(cols)) = (NonZero::new(rows), NonZero::new(cols)) else { bail!("a terminal of no size") };
        let screen = vt100::Parser::new(rows, cols, 0);
        Ok(Cockpit { child, master: pty.master, keys, frames, screen, text: String::new(), launched })
    }

    /// Its process.
    pub fn process(&self) -> Result<Process> {
        Ok(Process(self.child.process_id().context("the program has no process id")?))
    }

    /// The next frame, if one comes in time.
    fn next(&mut self, longest: Duration) -> Result<Option<Shown>> {
        match self.frames.recv_timeout(longest) {
            Ok(Frame { at, bytes }) => {
                self.screen.process(&bytes);
                let text = self.screen.screen().contents();
                let changed = text != self.text;
                self.text = text;
                Ok(Some(Shown { at, bytes: bytes.len(), changed }))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("the program has ended; its screen was\n{}", self.text),
        }
    }

    /// Takes in what comes for so long.
    pub fn rest(&mut self, time: Duration) -> Result<Vec<Shown>> {
        let until = Instant::now() + time;
        let mut shown = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.next(left)? {
                Some(frame) => shown.push(frame),
                None if left.is_zero() => return Ok(shown),
                None => {}
            }
        }
    }

    /// Takes in frames until one looks as wanted; gives when that came.
    pub fn until(&mut self, what: &str, longest: Duration, wanted: impl Fn(&Cockpit) -> bool) -> Result<Shown> {
        let until = Instant::now() + longest;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.next(left)? {
                Some(frame) if wanted(self) => return Ok(frame),
                None if left.is_zero() => bail!("no {what} in {longest:?}; the screen is\n{}", self.text),
                Some(_) | None => {}
            }
        }
    }

    /// Waits until the title counts any rows.
    pub fn until_rows(&mut self) -> Result<Shown> {
        let some = |cockpit: &Cockpit| cockpit.title().is_some_and(|title| title.count > 0);
        self.until("rows", LOAD, some)
    }

    /// Waits until the title counts as many rows as the screen has lines.
    pub fn until_full(&mut self) -> Result<Shown> {
        let full = |cockpit: &Cockpit| cockpit.title().is_some_and(|title| title.count >= SIZE.1.into());
        self.until("full screen", LOAD, full)
    }

    /// Waits until the title counts rows exactly, however many: those of all clusters of a fleet in which things happen.
    pub fn until_exact(&mut self) -> Result<Shown> {
        self.until("exact number", LOAD + OUTAGE, |cockpit| {
            cockpit.title().is_some_and(|title| title.exact && title.count > 0)
        })
    }

    /// Waits until the title counts all rows exactly.
    pub fn until_all(&mut self, rows: u32) -> Result<Shown> {
        let all = Some(Title { count: rows, exact: true });
        self.until(&format!("{rows} rows"), LOAD, |cockpit| cockpit.title() == all)
    }

    /// Writes keys.
    pub fn type_keys(&mut self, keys: &str) -> Result<Instant> {
        let at = Instant::now();
        self.keys.write_all(keys.as_bytes())?;
        self.keys.flush()?;
        Ok(at)
    }

    /// Presses a key and waits for the frame that answers it, then for `after`.
    pub fn press(&mut self, key: &str, after: Duration, answered: impl Fn(&Cockpit, Shown) -> bool) -> Result<Pressed> {
        const LONGEST: Duration = Duration::from_secs(5);
        self.rest(Duration::ZERO)?;
        let at = self.type_keys(key)?;
        let (mut latency, mut bytes) = (None, 0);
        let until = at + LONGEST;
        while latency.is_none() {
            let Some(frame) = self.next(until.saturating_duration_since(Instant::now()))? else {
                bail!("no answer to {key:?} in {LONGEST:?}; the screen is\n{}", self.text);
            };
            bytes += frame.bytes;
            latency = answered(self, frame).then(|| frame.at.saturating_duration_since(at));
        }
        bytes += self.rest(after)?.iter().map(|frame| frame.bytes).sum::<usize>();
        Ok(Pressed { latency: latency.unwrap_or(LONGEST), bytes })
    }

    /// The screen as text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the table's title counts; `None` before it counts.
    pub fn title(&self) -> Option<Title> {
        let line = self.text.lines().find(|line| line.trim_start().starts_with("pods  "))?;
        let mut words = line.split_once("all namespaces")?.1.split_whitespace();
        let count = words.next()?.parse().ok()?;
        // "so far", "of ~15000", "partial"; a filtered title says "5 of 15000 match".
        let exact = match words.next() {
            Some("so" | "partial") => false,
            Some("of") => words.nth(1) == Some("match"),
            _ => true,
        };
        Some(Title { count, exact })
    }

    /// The line of the screen on which the cursor's row is.
    pub fn cursor_line(&self) -> Option<u16> {
        let glyph = skylark::theme::glyphs::UNICODE.cursor;
        let screen = self.screen.screen();
        (0..SIZE.1).find(|&line| screen.cell(line, 0).is_some_and(|cell| cell.contents() == glyph))
    }

    /// Leaves it as a user does.
    pub fn quit(mut self) -> Result<()> {
        self.type_keys("\x03")?;
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        bail!("the program does not leave at Ctrl-C")
    }
}

impl Drop for Cockpit {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        let _ = &self.master;
    }
}
