//! The real program in a real terminal: a pty, what it shows, and every byte that it wrote.
//!
//! Nothing here sleeps for a fixed time: [`Pty::wait_for`] looks at each frame that arrives, until the
//! screen is as the test wants it or its patience ends; then the test fails and prints the screen.

#![allow(dead_code, reason = "not every helper is in use at all times")]

use parking_lot::{Condvar, Mutex};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty};
use rustix::fs::{Mode, OFlags};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// How long a screen may take on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(90);

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

pub use rustix::process::Signal;

/// What the screen shows at one moment, between two frames.
#[derive(Clone, Debug, Default)]
pub struct Shot {
    /// The lines, without blanks at their ends.
    pub lines: Vec<String>,
    /// Column and line of the cursor, where it shows.
    pub cursor: Option<(u16, u16)>,
    /// Whether this is the alternate screen.
    pub alternate: bool,
    /// Whether pastes come in brackets.
    pub bracketed_paste: bool,
}

impl Shot {
    fn of(screen: &vt100::Screen) -> Shot {
        let (_, columns) = screen.size();
        let (line, column) = screen.cursor_position();
        Shot {
            lines: screen.rows(0, columns.get()).map(|row| row.trim_end().to_owned()).collect(),
            cursor: (!screen.hide_cursor()).then_some((column, line)),
            alternate: screen.alternate_screen(),
            bracketed_paste: screen.bracketed_paste(),
        }
    }

    /// Whether some line has this text.
    pub fn has(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line.contains(text))
    }

    /// The first line that has this text, or "".
    pub fn line(&self, text: &str) -> &str {
        self.lines.iter().find(|line| line.contains(text)).map_or("", String::as_str)
    }

    /// The last line: message, hints and place, or what is being typed.
    pub fn status(&self) -> &str {
        self.lines.last().map_or("", String::as_str)
    }

    /// What the status line says of the place of the cursor: `(3, 200)` for `3/200`.
    pub fn place(&self) -> Option<(usize, usize)> {
        let (at, of) = self.status().rsplit(' ').next()?.split_once('/')?;
        Some((at.parse().ok()?, of.parse().ok()?))
    }

    fn heads_at(&self) -> Option<usize> {
        let is_head = |word: &str| word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
        self.lines.iter().take(5).position(|line| {
            line.starts_with("   ") && line.split_whitespace().count() > 1 && line.split_whitespace().all(is_head)
        })
    }

    /// The line with the heads of the columns, or "".
    pub fn heads(&self) -> &str {
        self.heads_at().and_then(|at| self.lines.get(at)).map_or("", String::as_str)
    }

    /// The line above the heads: kind, scope, number of rows; without a table, the first that is not the fleet's.
    pub fn title(&self) -> &str {
        let at = self.heads_at().map_or(1, |at| at.saturating_sub(1));
        self.lines.get(at).map_or("", String::as_str)
    }

    /// The words of the title.
    pub fn title_words(&self) -> Vec<&str> {
        self.title().split_whitespace().collect()
    }

    /// Whether no rows are still to come, as far as the title says.
    pub fn is_whole(&self) -> bool {
        !self.title().contains(" so far")
    }

    /// The data rows, as far as they are on the screen.
    pub fn rows(&self) -> &[String] {
        let Some(first) = self.heads_at().map(|at| at + 1) else { return &[] };
        let last = self.lines.len().saturating_sub(1);
        let rows = self.lines.get(first..last).unwrap_or_default();
        let count = rows.iter().position(String::is_empty).unwrap_or(rows.len());
        &rows[..count]
    }

    /// The row under the cursor, without its first cell: that is the cursor itself.
    pub fn selected(&self) -> &str {
        let row = self.rows().iter().find_map(|row| row.strip_prefix('▌'));
        row.unwrap_or_default()
    }

    /// The cells of a column that is aligned to the left, in the rows on the screen.
    pub fn column(&self, title: &str) -> Vec<String> {
        let heads: Vec<char> = self.heads().chars().collect();
        let mut starts: Vec<usize> = Vec::new();
        for at in 0..heads.len() {
            let gap = at < 2 || (heads[at - 1] == ' ' && heads[at - 2] == ' ');
            if heads[at] != ' ' && gap {
                starts.push(at);
            }
        }
        let named = |start: &usize| {
            let word: String = heads[*start..].iter().collect();
            let rest = word.strip_prefix(title);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['▲', '▼', ' ']))
        };
        let Some(column) = starts.iter().position(named) else { return Vec::new() };
        let (start, end) = (starts[column], starts.get(column + 1).copied().unwrap_or(usize::MAX));
        let cell = |row: &String| {
            let cell: String = row.chars().skip(start).take(end.saturating_sub(start)).collect();
            cell.trim().to_owned()
        };
        self.rows().iter().map(cell).collect()
    }

    /// The cell of a column in the row of this name, or "".
    pub fn cell(&self, name: &str, title: &str) -> String {
        let row = self.column("NAME").iter().position(|cell| cell == name);
        row.and_then(|row| self.column(title).into_iter().nth(row)).unwrap_or_default()
    }

    /// What is said right above the prompt; "" where the line there is blank or a row of the table.
    pub fn above_prompt(&self) -> String {
        let above = self.lines.len().saturating_sub(1);
        let after_rows = self.heads_at().map_or(0, |at| at + 1 + self.rows().len());
        let lines = self.lines.get(after_rows..above).unwrap_or_default();
        let mut said: Vec<&str> =
            lines.iter().rev().map(|line| line.trim()).take_while(|line| !line.is_empty()).collect();
        said.reverse();
        said.join(" ")
    }

    /// The screen in a frame, for messages.
    pub fn framed(&self) -> String {
        let mut out = String::new();
        for (number, line) in self.lines.iter().enumerate() {
            let _ = writeln!(out, "{:>3}|{line}", number + 1);
        }
        out
    }
}

struct State {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// Where marks of frames are looked for next.
    scanned: usize,
    /// Where each complete frame lies in `raw`, marks included.
    frames: Vec<Range<usize>>,
    /// Where the frame begins that is still arriving.
    begun: Option<usize>,
    last: Instant,
    ended: bool,
}

impl State {
    fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.parser.process(bytes);
        self.last = Instant::now();
        while let Some(window) = self.raw.get(self.scanned..self.scanned + BEGIN.len()) {
            if window == BEGIN && self.begun.is_none() {
                self.begun = Some(self.scanned);
            } else if window == END
                && let Some(begun) = self.begun.take()
            {
                self.frames.push(begun..self.scanned + END.len());
            }
            self.scanned += 1;
        }
    }
}

#[derive(Clone)]
struct Shared(Arc<(Mutex<State>, Condvar)>);

/// How the program is started.
pub struct Options {
    command: CommandBuilder,
    size: (u16, u16),
    home: tempfile::TempDir,
}

/// The program, in a terminal. It is killed when this is dropped.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    /// Kept so that the terminal's modes can be read when the program is gone.
    slave: Option<Box<dyn SlavePty + Send>>,
    writer: Sender<Vec<u8>>,
    shared: Shared,
    home: tempfile::TempDir,
}

/// How the program ended, and what it left behind.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<u32>,
    /// Whether the line discipline is as it was: lines, echo, signals.
    pub cooked: bool,
    /// What the terminal shows.
    pub shot: Shot,
}

/// `skylark ARGUMENTS`, in a home of its own and without a kubeconfig.
pub fn skylark(arguments: &[&str]) -> Options {
    let home = tempfile::tempdir().expect("a temporary directory");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_skylark"));
    command.args(arguments);
    command.env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.env("HOME", home.path());
    command.env("XDG_STATE_HOME", home.path());
    command.cwd(home.path());
    Options { command, size: (120, 40), home }
}

impl Options {
    /// A terminal of so many columns and lines.
    #[must_use]
    pub fn size(mut self, columns: u16, lines: u16) -> Options {
        self.size = (columns, lines);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Options {
        self.command.env(name, value);
        self
    }

    /// Reads this kubeconfig.
    #[must_use]
    pub fn kubeconfig(self, path: &Path) -> Options {
        self.env("KUBECONFIG", path)
    }

    /// Writes a kubeconfig into the home and reads it.
    #[must_use]
    pub fn kubeconfig_text(self, text: &str) -> Options {
        let path = self.home.path().join("kubeconfig");
        std::fs::write(&path, text).expect("a kubeconfig");
        self.kubeconfig(&path)
    }

    /// Its home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Starts it.
    pub fn open(self) -> Pty {
        let (columns, lines) = self.size;
        let size = PtySize { rows: lines, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = portable_pty::native_pty_system().openpty(size).expect("a pty");
        let child = pair.slave.spawn_command(self.command).expect("skylark");
        let reader = pair.master.try_clone_reader().expect("the pty's reader");
        let mut keyboard = pair.master.take_writer().expect("the pty's writer");
        // A program that reads nothing must not hold up the test.
        let (writer, typed) = std::sync::mpsc::channel::<Vec<u8>>();
        let terminal = pair.master.tty_name();
        std::thread::spawn(move || {
            typed.into_iter().try_for_each(|bytes| {
                keyboard.write_all(&bytes).and_then(|()| keyboard.flush())?;
                if bytes.ends_with(b"\x1b") {
                    wait_until_read(terminal.as_deref());
                }
                Ok::<(), std::io::Error>(())
            })
        });
        let shared = Shared(Arc::new((
            Mutex::new(State {
                parser: vt100::Parser::new(nonzero(lines), nonzero(columns), 0),
                raw: Vec::new(),
                scanned: 0,
                frames: Vec::new(),
                begun: None,
                last: Instant::now(),
                ended: false,
            }),
            Condvar::new(),
        )));
        let theirs = shared.clone();
        std::thread::spawn(move || read(reader, &theirs));
        Pty { child, master: pair.master, slave: Some(pair.slave), writer, shared, home: self.home }
    }
}

fn nonzero(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a size")
}

/// Waits until the program has read all that was typed: what lies behind an Esc in the same read makes
/// another key of it.
fn wait_until_read(terminal: Option<&Path>) {
    let end = Instant::now() + PATIENCE;
    while let Some(terminal) = terminal
        && let Ok(terminal) = rustix::fs::open(terminal, OFlags::RDONLY | OFlags::NOCTTY, Mode::empty())
        && rustix::io::ioctl_fionread(&terminal).is_ok_and(|left| left > 0)
        && Instant::now() < end
    {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn read(mut reader: Box<dyn Read + Send>, shared: &Shared) {
    let (state, changed) = &*shared.0;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => state.lock().take(&buffer[..count]),
        }
        changed.notify_all();
    }
    state.lock().ended = true;
    changed.notify_all();
}

impl Pty {
    /// What the screen shows.
    pub fn shot(&self) -> Shot {
        let (state, changed) = &*self.shared.0;
        let mut state = state.lock();
        let end = Instant::now() + PATIENCE;
        while state.begun.is_some() && !state.ended && !changed.wait_until(&mut state, end).timed_out() {}
        Shot::of(state.parser.screen())
    }

    /// The screen itself, with its colours, between two frames.
    pub fn screen(&self) -> vt100::Screen {
        let (state, changed) = &*self.shared.0;
        let mut state = state.lock();
        let end = Instant::now() + PATIENCE;
        while state.begun.is_some() && !state.ended && !changed.wait_until(&mut state, end).timed_out() {}
        state.parser.screen().clone()
    }

    /// Waits until the screen is so, and gives it.
    #[track_caller]
    pub fn wait_for(&self, what: &str, is_so: impl Fn(&Shot) -> bool) -> Shot {
        self.wait_within(PATIENCE, what, is_so)
    }

    /// [`Pty::wait_for`], within a time that is promised.
    #[track_caller]
    pub fn wait_within(&self, patience: Duration, what: &str, is_so: impl Fn(&Shot) -> bool) -> Shot {
        let began = Instant::now();
        let (state, changed) = &*self.shared.0;
        let mut state = state.lock();
        loop {
            // Between two frames the screen is whole.
            if state.begun.is_none() || state.ended {
                let shot = Shot::of(state.parser.screen());
                if is_so(&shot) {
                    return shot;
                }
            }
            let over = changed.wait_until(&mut state, began + patience).timed_out();
            if over || state.ended {
                let shot = Shot::of(state.parser.screen());
                if is_so(&shot) {
                    return shot;
                }
                let why = if state.ended { "The program has ended." } else { "" };
                let (seconds, bytes, frames) = (began.elapsed().as_secs_f32(), state.raw.len(), state.frames.len());
                drop(state);
                let (screen, log) = (shot.framed(), self.log());
                panic!(
                    "No \"{what}\" after {seconds:.1} s; {bytes} bytes, {frames} frames. {why}\n{screen}log:\n{log}"
                );
            }
        }
    }

    /// Waits until these bytes were written, in a frame that begins after the first `from` bytes.
    #[track_caller]
    pub fn wait_for_bytes(&self, from: usize, wanted: &[u8]) {
        let end = Instant::now() + PATIENCE;
        let (state, changed) = &*self.shared.0;
        let mut state = state.lock();
        loop {
            let frames = state.frames.iter().rev().take_while(|frame| frame.start >= from);
            if frames.into_iter().any(|frame| state.raw[frame.clone()].windows(wanted.len()).any(|w| w == wanted)) {
                return;
            }
            assert!(!changed.wait_until(&mut state, end).timed_out(), "no {:?}", String::from_utf8_lossy(wanted));
        }
    }

    /// Waits until nothing was written for so long; says whether that ever was.
    pub fn is_quiet_for(&self, length: Duration, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let (state, changed) = &*self.shared.0;
        let mut state = state.lock();
        // Only what is quiet from now on counts.
        let mut since = Instant::now();
        loop {
            let until = since + length;
            if until > end {
                return false;
            }
            let before = state.raw.len();
            if changed.wait_until(&mut state, until).timed_out() && state.raw.len() == before {
                return true;
            }
            if state.raw.len() != before {
                since = state.last;
            }
        }
    }

    /// What is written in this time.
    pub fn written_during(&self, length: Duration) -> Vec<u8> {
        let end = Instant::now() + length;
        let (state, changed) = &*self.shared.0;
        let mut state = state.lock();
        let before = state.raw.len();
        while !changed.wait_until(&mut state, end).timed_out() {}
        state.raw[before..].to_vec()
    }

    /// Types keys, written as `jj:pods<enter>`, `<ctrl-c>`, `<lt>`. Esc must come last: what follows it at once
    /// would make another key of it.
    pub fn type_keys(&mut self, keys: &str) {
        let mut bytes = Vec::new();
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|tail| tail.split_once('>'));
            if let Some((name, tail)) = named {
                bytes.extend_from_slice(&named_key(name));
                rest = tail;
                assert!(name != "esc" || rest.is_empty(), "wait for what Esc does before more is typed: {keys}");
            } else {
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[c.len_utf8()..];
            }
        }
        self.send(&bytes);
    }

    /// Sends bytes as if typed.
    pub fn send(&mut self, bytes: &[u8]) {
        self.writer.send(bytes.to_vec()).expect("a terminal");
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, lines: u16) {
        let (state, _) = &*self.shared.0;
        state.lock().parser.screen_mut().set_size(nonzero(lines), nonzero(columns));
        let size = PtySize { rows: lines, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("another size");
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = rustix::process::Pid::from_raw(self.pid().cast_signed()).expect("a process id");
        rustix::process::kill_process(pid, signal).expect("a signal");
    }

    /// Types `:q` and waits for the end.
    #[track_caller]
    pub fn quit(mut self) -> Ended {
        self.type_keys(":q<enter>");
        self.ended()
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    pub fn ended(&mut self) -> Ended {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the child") {
                break status;
            }
            assert!(Instant::now() < end, "It does not end.\n{}log:\n{}", self.shot().framed(), self.log());
            std::thread::sleep(Duration::from_millis(5));
        };
        let cooked = self.is_cooked();
        // The last that holds the terminal: the reader comes to its end.
        self.slave = None;
        let (state, changed) = &*self.shared.0;
        let mut state = state.lock();
        while !state.ended && !changed.wait_until(&mut state, end).timed_out() {}
        Ended {
            code: status.signal().is_none().then(|| status.exit_code()),
            cooked,
            shot: Shot::of(state.parser.screen()),
        }
    }

    /// Whether the terminal takes lines, echoes, and makes signals of keys.
    pub fn is_cooked(&self) -> bool {
        let modes = format!("{:?}", self.master.get_termios().expect("the terminal's modes").local_flags);
        ["ICANON", "ECHO", "ISIG"].into_iter().all(|flag| modes.contains(flag))
    }

    /// How many bytes it wrote until now.
    pub fn bytes(&self) -> usize {
        self.shared.0.0.lock().raw.len()
    }

    /// How many frames it wrote until now.
    pub fn frames(&self) -> usize {
        self.shared.0.0.lock().frames.len()
    }

    /// The bytes of each frame from the `first` on.
    pub fn frames_from(&self, first: usize) -> Vec<Vec<u8>> {
        let state = self.shared.0.0.lock();
        state.frames.iter().skip(first).map(|frame| state.raw[frame.clone()].to_vec()).collect()
    }

    /// Everything that it wrote.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.0.0.lock().raw.clone()
    }

    /// What it wrote outside of frames, one piece for each place between two.
    pub fn outside(&self) -> Vec<Vec<u8>> {
        let state = self.shared.0.0.lock();
        let mut at = 0;
        let mut pieces = Vec::new();
        for frame in &state.frames {
            pieces.push(state.raw[at..frame.start].to_vec());
            at = frame.end;
        }
        pieces.push(state.raw[at..].to_vec());
        pieces
    }

    /// Its home, where it writes its log.
    pub fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    /// The last lines of its log.
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(self.home.path().join("skylark/skylark.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::KILL);
            self.child.wait().ok();
        }
    }
}

fn named_key(name: &str) -> Vec<u8> {
    let text = match name {
        "enter" => "\r",
        "esc" => "\x1b",
        "tab" => "\t",
        "shift-tab" => "\x1b[Z",
        "backspace" => "\x7f",
        "lt" => "<",
        "up" => "\x1b[A",
        "down" => "\x1b[B",
        "right" => "\x1b[C",
        "left" => "\x1b[D",
        "shift-right" => "\x1b[1;2C",
        "shift-left" => "\x1b[1;2D",
        "home" => "\x1b[H",
        "end" => "\x1b[F",
        "pgup" => "\x1b[5~",
        "pgdn" => "\x1b[6~",
        "delete" => "\x1b[3~",
        "ctrl-space" => "\0",
        _ => match name.strip_prefix("ctrl-").map(str::as_bytes) {
            Some([c]) => return vec![c.to_ascii_uppercase() & 0x1f],
            _ => panic!("no such key: <{name}>"),
        },
    };
    text.as_bytes().to_vec()
}
