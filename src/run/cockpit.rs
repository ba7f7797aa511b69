//! The cockpit: one loop on the main thread that waits for keys, snapshots, signals and the terminal,
//! and for nothing else.

use super::config::Settings;
use super::fleet::Made;
use super::get::Exit;
use super::lend::{After, Counter};
use super::{copied, diag};
use crate::app::{App, Effect, Start};
use crate::base::clock;
use crate::clip::{self, Clipboard, Job};
use crate::cluster::fleet::Fleet;
use crate::draw;
use crate::model::draft::Tone;
use crate::term::{self, Away, Drawn, Guard, Mailbox, Screen, Signal, Signals};
use crate::text::catalog::Text;
use crate::theme::Theme;
use crate::view::live::Live;
use crate::view::snapshot::{Completeness, Snapshot, Window};
use crate::view::spec::{ClusterId, Namespaces, Pane, Spec, ViewCommand};
use crossterm::event::{Event, EventStream, KeyEventKind};
use futures::StreamExt as _;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Orders to the view that may wait; more wait on our side.
const ORDERS: usize = 64;
/// How long after the terminal is back a SIGINT may still be the one that ended who had it.
const ECHO: Duration = Duration::from_secs(1);
/// Keys that may wait; more wait in the terminal.
const KEYS: usize = 256;
/// Copies of which it may wait to be said what became of them.
const COPIES: usize = 4;
/// The shortest time between two snapshots that data alone asks for: while rows are arriving that may yet be
/// seen, and when the screen is full of them.
const SOON: Duration = Duration::from_millis(20);
const CALM: Duration = Duration::from_millis(100);
/// While rows are arriving a snapshot sorts them all: so many times as long the rows may arrive.
const SHARE: u32 = 12;
/// The longest time between two snapshots while rows are arriving.
const LATEST: Duration = Duration::from_millis(250);
/// The time that turns of several sources have to come together.
const TOGETHER: Duration = Duration::from_millis(3);

/// What the screen asks of the view's task.
enum Order {
    View(ViewCommand),
    Connect(Vec<ClusterId>),
    Retry(Option<Vec<ClusterId>>),
}

/// Owns the view: takes orders, hears the bell, hands over snapshots.
async fn drive(
    mut live: Live,
    fleet: Arc<Fleet>,
    mut orders: mpsc::Receiver<Order>,
    out: watch::Sender<Arc<Snapshot>>,
) {
    loop {
        let begun = Instant::now();
        let (snapshot, tick) = live.snapshot();
        let quiet = Instant::now() + pause(&snapshot.window, begun.elapsed());
        out.send_if_modified(|last| {
            // The clock alone is no change: ages that did change are in the rows.
            let same = Snapshot { now: last.now, ..snapshot.clone() } == **last;
            if !same {
                *last = Arc::new(snapshot);
            }
            !same
        });
        let heard = async {
            fleet.bell.notified().await;
            tokio::time::sleep_until(quiet.into()).await;
        };
        let turned = async {
            fleet.bell.turned().await;
            tokio::time::sleep(TOGETHER).await;
        };
        let ticked = async {
            match tick {
                Some(seconds) => {
                    let whole = Duration::from_secs(u64::from(seconds.saturating_sub(1)));
                    tokio::time::sleep(clock::until_next_second() + whole + Duration::from_millis(1)).await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            order = orders.recv() => {
                let Some(order) = order else { return };
                obey(&mut live, order);
                while let Ok(order) = orders.try_recv() {
                    obey(&mut live, order);
                }
            }
            () = turned => (),
            () = heard => (),
            () = ticked => (),
        }
    }
}

/// How long data alone asks for no other snapshot after this one, which took so long.
fn pause(window: &Window, took: Duration) -> Duration {
    match window.completeness {
        Completeness::Waiting | Completeness::Loading => {
            // More rows match than show: what comes is mostly seen as a number.
            let shortest = if window.matched > window.rows.len() { CALM } else { SOON };
            shortest.max(took * SHARE).min(LATEST)
        }
        _ => CALM,
    }
}

fn obey(live: &mut Live, order: Order) {
    match order {
        Order::View(command) => live.command(command),
        Order::Connect(ids) => live.connect(&ids),
        Order::Retry(ids) => live.retry(ids.as_deref()),
    }
}

/// The cockpit's side of the screen.
pub(super) struct Cockpit {
    app: App,
    theme: Theme,
    screen: Screen<Mailbox>,
    guard: Guard,
    waiting: VecDeque<Order>,
    rows: u16,
    width: u16,
    busy: bool,
    /// `None` while somebody else has the terminal.
    keyboard: Option<Keyboard>,
    /// When the terminal was last given back.
    returned: Option<Instant>,
    /// Opened with the first copy.
    clipboard: Option<Clipboard>,
    done: mpsc::Sender<clip::Done>,
    copied: mpsc::Receiver<clip::Done>,
}

impl Cockpit {
    /// Carries out effects; true when it is over.
    fn carry_out(&mut self, effects: Vec<Effect>) -> bool {
        for effect in effects {
            match effect {
                Effect::View(command) => self.waiting.push_back(Order::View(command)),
                Effect::Connect(ids) => self.waiting.push_back(Order::Connect(ids)),
                Effect::Retry(ids) => self.waiting.push_back(Order::Retry(ids)),
                Effect::Copy { text, what } => self.hand_over(Job::Copy { text, what }),
                Effect::Save { text, what, name } => self.hand_over(Job::Save { text, what, name: (name, "csv") }),
                Effect::Redraw => self.screen.repaint(),
                Effect::Quit => return true,
            }
        }
        false
    }

    /// Gives a text to the clipboard's thread.
    fn hand_over(&mut self, job: Job) {
        if self.clipboard.is_none() {
            let done = self.done.clone();
            let var = |name: &str| std::env::var(name).ok();
            let clipboard = Clipboard::new(var, diag::state(), move |what| drop(done.blocking_send(what)));
            match clipboard {
                Ok(clipboard) => self.clipboard = Some(clipboard),
                Err(error) => return self.app.tell(Tone::Bad, Text::ClipFailed.with(&["", &error.to_string()])),
            }
        }
        if self.clipboard.as_ref().is_some_and(|clipboard| !clipboard.take(job)) {
            self.app.tell(Tone::Warn, Text::ClipBusy.get().to_owned());
        }
    }

    /// Says what became of it, and lets the terminal copy where that is the way.
    fn handed_over(&mut self, done: clip::Done) {
        let (tone, text, escape) = copied::told(done);
        if let Some(escape) = escape {
            self.screen.write_beside(&escape);
        }
        self.app.tell(tone, text);
    }

    fn resize(&mut self) -> io::Result<()> {
        let size = term::size()?;
        self.screen.resize(size);
        Ok(())
    }

    fn event(&mut self, event: Event) -> io::Result<bool> {
        let effects = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.app.on_key(key),
            Event::Paste(text) => self.app.on_paste(&text),
            Event::Resize(..) => {
                self.resize()?;
                Vec::new()
            }
            _ => Vec::new(),
        };
        Ok(self.carry_out(effects))
    }

    fn draw(&mut self) -> io::Result<()> {
        self.app.on_tick(Instant::now());
        let area = self.screen.area();
        self.app.on_size(area.width, draw::lines_below_header(area, self.app.snapshot(), self.app.ui()));
        let rows = draw::data_rows(area, self.app.snapshot(), self.app.ui());
        if rows != self.rows {
            self.rows = rows;
            let effects = self.app.on_resize(rows);
            self.carry_out(effects);
        }
        let width = draw::text_width(self.screen.area());
        if width != self.width {
            self.width = width;
            let effects = self.app.on_width(width);
            self.carry_out(effects);
        }
        let (app, theme) = (&self.app, &self.theme);
        let drawn = self.screen.frame(|area, buffer| draw::draw(area, buffer, app.snapshot(), app.ui(), theme))?;
        self.busy = drawn == Drawn::Busy;
        Ok(())
    }

    /// Puts the screen away for a while.
    pub(super) async fn put_away(&mut self) -> io::Result<Away> {
        if let Some(keyboard) = self.keyboard.take() {
            keyboard.stop().await;
        }
        Away::begin(&self.guard)
    }

    /// Brings the screen back as it was.
    pub(super) fn bring_back(&mut self, away: Away) -> io::Result<()> {
        away.back(&self.guard)?;
        self.resize()?;
        self.keyboard = Some(Keyboard::new());
        self.returned = Some(Instant::now());
        Ok(())
    }

    async fn run(
        mut self,
        orders: mpsc::Sender<Order>,
        mut snapshots: watch::Receiver<Arc<Snapshot>>,
        mut counter: Counter,
    ) -> io::Result<()> {
        let mut signals = Signals::new()?;
        self.keyboard = Some(Keyboard::new());
        loop {
            while let Some(order) = self.waiting.pop_front() {
                if let Err(mpsc::error::TrySendError::Full(order)) = orders.try_send(order) {
                    self.waiting.push_front(order);
                    break;
                }
            }
            self.draw()?;
            let wake = self.app.next_wake();
            tokio::select! {
                biased;
                signal = signals.next() => match signal {
                    // The Ctrl-C that ended a plugin came to us, too, and perhaps only after its end. Typed
                    // in the cockpit it is a key.
                    Signal::Quit("SIGINT") if self.returned.is_some_and(|at| at.elapsed() < ECHO) => (),
                    Signal::Quit(name) => {
                        tracing::info!("{name}: leaving");
                        return Ok(());
                    }
                    Signal::Resize => self.resize()?,
                    Signal::Continue => {
                        self.guard.resume()?;
                        self.resize()?;
                    }
                },
                event = typed(&mut self.keyboard) => {
                    let Some(event) = event else { return Ok(()) };
                    let mut next = Some(event);
                    // All keys that are here already make one frame.
                    while let Some(event) = next {
                        if self.event(event?)? {
                            return Ok(());
                        }
                        next = self.keyboard.as_mut().and_then(|keyboard| keyboard.events.try_recv().ok());
                    }
                }
                Some(loan) = counter.loans.recv() => {
                    if self.lend(loan, &mut counter.loans, &mut signals).await? == After::Quit {
                        return Ok(());
                    }
                }
                Some(notice) = counter.notices.recv() => self.app.heed(vec![notice]),
                permit = orders.reserve(), if !self.waiting.is_empty() => {
                    if let (Ok(permit), Some(order)) = (permit, self.waiting.pop_front()) {
                        permit.send(order);
                    }
                }
                changed = snapshots.changed() => {
                    if changed.is_err() {
                        return Err(io::Error::other("the view has ended; the log says why"));
                    }
                    let snapshot = snapshots.borrow_and_update().clone();
                    let effects = self.app.on_snapshot(snapshot);
                    if self.carry_out(effects) {
                        return Ok(());
                    }
                }
                done = self.copied.recv() => {
                    if let Some(done) = done {
                        self.handed_over(done);
                    }
                }
                () = self.screen.outlet().freed(), if self.busy => (),
                () = sleep_until(wake) => (),
            }
        }
    }
}

/// The terminal's events in a queue: the stream itself must not be polled without being waited for.
struct Keyboard {
    events: mpsc::Receiver<io::Result<Event>>,
    reader: tokio::task::JoinHandle<()>,
}

impl Keyboard {
    fn new() -> Keyboard {
        let (sender, events) = mpsc::channel(KEYS);
        let reader = tokio::spawn(async move {
            let mut stream = EventStream::new();
            while let Some(event) = stream.next().await {
                if sender.send(event).await.is_err() {
                    return;
                }
            }
        });
        Keyboard { events, reader }
    }

    /// Ends the reading: what is typed from now on is for somebody else.
    async fn stop(mut self) {
        self.reader.abort();
        // Only when the task is gone is its stream.
        let _ = (&mut self.reader).await;
    }
}

async fn typed(keyboard: &mut Option<Keyboard>) -> Option<io::Result<Event>> {
    match keyboard {
        Some(keyboard) => keyboard.events.recv().await,
        None => std::future::pending().await,
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake.into()).await,
        None => std::future::pending().await,
    }
}

/// What the cockpit opens on.
pub struct Opening {
    /// The kind, as the user named it.
    pub kind: Option<String>,
    /// The namespaces.
    pub namespaces: Namespaces,
    /// Nothing may be written.
    pub read_only: bool,
    /// Keys, colours, and what is wrong with the files that they stand in.
    pub settings: Settings,
    /// Who wants the terminal, or something said.
    pub counter: Counter,
}

/// Opens the cockpit; returns when it is left.
pub fn run(made: Made, opening: Opening) -> Exit {
    match open(made, opening) {
        Ok(()) => Exit::Complete,
        Err(error) => {
            let _ = term::guard::restore();
            super::fail(&error)
        }
    }
}

fn open(made: Made, opening: Opening) -> io::Result<()> {
    let Made { fleet, wanted, mut problems, warnings, demo } = made;
    let Settings { keymap, theme, wide, aliases, problems: mistakes, .. } = opening.settings;
    let notices: Vec<String> = mistakes.into_iter().chain(warnings).collect();
    for notice in &notices {
        tracing::warn!("{notice}");
    }
    let fleet = Arc::new(fleet);
    let all = wanted.len() == fleet.clusters.len();
    let mut start = Start {
        namespaces: opening.namespaces,
        clusters: (!all && !wanted.is_empty()).then(|| wanted.clone()),
        read_only: opening.read_only,
        keymap,
        wide,
        notices,
        aliases,
        demo,
        ..Start::default()
    };
    if let Some(kind) = opening.kind {
        start.pane = Pane::Kind(kind);
    }
    // A kubeconfig of which a part is broken is a warning in the log; nothing to connect is a state.
    if !wanted.is_empty() {
        for problem in problems.drain(..) {
            tracing::warn!("{problem}");
        }
    }
    start.problems = problems;
    let runtime = super::runtime()?;
    let size = term::size()?;
    let guard = Guard::enter()?;
    let screen = Screen::new(Mailbox::stdout()?, size);
    let app = App::new(start);
    let spec: Spec = app.spec().clone();
    let (done, copied) = mpsc::channel(COPIES);
    let mut cockpit = Cockpit {
        app,
        theme,
        screen,
        guard,
        waiting: VecDeque::new(),
        rows: 0,
        width: 0,
        busy: false,
        keyboard: None,
        returned: None,
        clipboard: None,
        done,
        copied,
    };
    let effects = cockpit.app.opening();
    cockpit.carry_out(effects);
    let (orders, their_orders) = mpsc::channel(ORDERS);
    let (out, snapshots) = watch::channel(Arc::default());
    let result = runtime.block_on(async {
        let live = Live::new(fleet.clone(), spec, &wanted);
        let view = tokio::spawn(drive(live, fleet, their_orders, out));
        let result = cockpit.run(orders, snapshots, opening.counter).await;
        view.abort();
        result
    });
    // What still runs (a dial, a plugin) is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::snapshot::WindowRow;

    #[test]
    fn only_rows_that_may_be_seen_hurry() {
        let row = || WindowRow { cells: Vec::new(), tone: Tone::Plain, marked: false, stale: false };
        let window = |rows: usize, matched: usize, completeness| Window {
            rows: vec![row(); rows],
            matched,
            completeness,
            ..Window::default()
        };
        let quick = Duration::from_millis(1);
        assert_eq!(pause(&window(0, 0, Completeness::Waiting), quick), SOON);
        assert_eq!(pause(&window(20, 20, Completeness::Loading), quick), SOON);
        assert_eq!(pause(&window(20, 21, Completeness::Loading), quick), CALM);
        assert_eq!(pause(&window(20, 20, Completeness::Complete), quick), CALM);
        let slow = pause(&window(20, 21, Completeness::Loading), CALM);
        assert_eq!(slow, LATEST);
    }
}
