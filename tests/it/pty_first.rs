//! The first minute of a newcomer in the demo: what is said, what there is to find, and what is left behind.

use crate::support::pty::{PATIENCE, Pty, Shot, skylark};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The line that says what this is.
const LINE: &str = "/cart-service";

fn demo(columns: u16, lines: u16) -> Pty {
    let pty = skylark(&["demo", "--churn", "0"]).size(columns, lines).open();
    pty.wait_for("all pods", |shot| {
        let first = shot.place().is_some_and(|(at, of)| at == 1 && of >= 4000);
        first && shot.has("all 4 clusters") && shot.is_whole()
    });
    pty
}

/// Leaves what is open until the pods are there again, unfiltered. One Esc too many does nothing there.
fn home(pty: &mut Pty) {
    let end = Instant::now() + PATIENCE;
    loop {
        let shot = pty.shot();
        if shot.title_words().starts_with(&["pods", "all"]) && !shot.title().contains("match") {
            return;
        }
        assert!(Instant::now() < end, "{}", shot.framed());
        let before = shot.lines;
        pty.type_keys("<esc>");
        pty.wait_for("another screen", |shot| shot.lines != before);
    }
}

fn filtered(pty: &mut Pty, filter: &str) -> Shot {
    pty.type_keys(&format!("/{filter}<enter>"));
    pty.wait_for(filter, |shot| {
        shot.cursor.is_none() && shot.title().contains("match") && shot.selected().contains(filter)
    })
}

/// Whether a description is read, and it is there.
fn is_described(shot: &Shot) -> bool {
    shot.lines.iter().any(|line| line.contains("  describe  ") && line.ends_with("  live")) && shot.has("Name:")
}

/// Searches the text that is read, and describes what the line found names.
fn follow(pty: &mut Pty, word: &str) {
    pty.type_keys(&format!("/{word}<enter>"));
    pty.wait_for(word, |shot| {
        shot.cursor.is_none()
            && shot.lines.iter().any(|line| line.starts_with('▌') && line.contains(word) && line.contains('→'))
    });
    pty.type_keys("<enter>");
    pty.wait_for(word, |shot| is_described(shot) && shot.line("Name:").contains(word));
}

#[test]
fn a_line_says_that_it_is_a_demo() {
    for (columns, lines) in [(80, 24), (200, 50)] {
        let mut pty = demo(columns, lines);
        let shot = pty.wait_for("the line", |shot| shot.has(LINE));
        let line = shot.line(LINE);
        for word in ["demo", "real", "/order-consumer", "/ledger-db-0", ":demo"] {
            assert!(line.contains(word), "{word}\n{}", shot.framed());
        }
        // It hides nothing of what is always there.
        assert!(shot.has("all 4 clusters") && !shot.rows().is_empty() && shot.status().contains("? help"));
        // It lets itself be put away, and found again.
        pty.type_keys("<esc>");
        let shot = pty.wait_for("no line", |shot| !shot.has(LINE) && shot.status().contains(":demo"));
        assert!(shot.lines[0].ends_with("demo"), "what this is stays said\n{}", shot.framed());
        pty.type_keys(":demo<enter>");
        let shot = pty.wait_for("what there is to find", |shot| shot.has("ledger-db-0: its volume"));
        assert!(!shot.has("more below"), "it fits\n{}", shot.framed());
        pty.type_keys("<esc>");
        pty.wait_for("the pods", |shot| shot.title_words().first() == Some(&"pods"));
    }
}

#[test]
fn the_incidents_are_found_as_is_told() {
    let mut pty = demo(80, 24);
    // A rollout that stands still, the pod that stops it, and what was released.
    pty.type_keys(":deploy /cart-service<enter>");
    pty.wait_for("the deployment", |shot| shot.selected().contains("cart-service") && shot.selected().contains('✗'));
    pty.type_keys("d");
    pty.wait_for("its trouble", |shot| {
        shot.has("Progressing is False") && shot.has("CrashLoopBackOff →") && shot.has("change-cause")
    });
    follow_line(&mut pty, "CrashLoopBackOff →");
    pty.wait_for("the pod", |shot| is_described(shot) && shot.has("container cart-service: waiting"));
    home(&mut pty);
    // Who changed the configuration, what, and when.
    filtered(&mut pty, "order-consumer");
    pty.type_keys("g");
    pty.wait_for("one that is not ready", |shot| shot.selected().contains("0/1"));
    pty.type_keys("d");
    pty.wait_for("its trouble", |shot| shot.has("running, not ready"));
    follow(&mut pty, "order-consumer-config");
    pty.wait_for("who it was", |shot| shot.has("example.com/last-change: ") && shot.has("orders.v2"));
    home(&mut pty);
    // A volume that will be full.
    filtered(&mut pty, "ledger-db-0");
    pty.type_keys("g");
    pty.wait_for("the one in prod-shanghai", |shot| shot.selected().contains("prod-shanghai"));
    pty.type_keys("d");
    pty.wait_for("its pod", |shot| shot.line("Name:").contains("ledger-db-0"));
    follow(&mut pty, "data-ledger-db-0");
    pty.wait_for("how full it is", |shot| shot.has("VolumeUsageHigh") && shot.has("96%"));
}

/// Goes to a line by its text, and through it.
fn follow_line(pty: &mut Pty, text: &str) {
    for _ in 0..20 {
        let shot = pty.shot();
        if shot.line("▌").contains(text) {
            pty.type_keys("<enter>");
            return;
        }
        // Where the cursor is: what its line says may change by itself.
        let cursor = |shot: &Shot| shot.lines.iter().position(|line| line.starts_with('▌'));
        let before = cursor(&shot);
        pty.type_keys("j");
        pty.wait_for("the next line", |shot| cursor(shot) != before);
    }
    panic!("{}", pty.shot().framed());
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Sockets of a process that lead out of it, as far as the system tells.
fn sockets(pid: u32) -> Vec<String> {
    let Ok(open) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let links = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    let inodes: Vec<String> =
        links.filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6", "udp", "udp6", "raw"] {
        let text = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        let ours =
            |line: &&str| line.split_whitespace().nth(9).is_some_and(|it| inodes.iter().any(|inode| inode == it));
        found.extend(text.lines().filter(ours).map(|line| format!("{table}: {line}")));
    }
    found
}

#[test]
fn the_demo_opens_no_connection_and_writes_only_its_state() {
    let options = skylark(&["demo"]).size(120, 40);
    let home = options.home().to_owned();
    let [state, temporary] = ["state", "tmp"].map(|name| home.join(name));
    std::fs::create_dir(&temporary).unwrap();
    let mut pty = options.env("XDG_STATE_HOME", &state).env("TMPDIR", &temporary).open();
    pty.wait_for("all pods", |shot| shot.has("all 4 clusters") && shot.place().is_some());
    // What the newcomer does: looks, describes, saves, copies to a file.
    pty.type_keys("d");
    pty.wait_for("a description", is_described);
    pty.type_keys("<esc>");
    pty.wait_for("the pods", |shot| shot.title_words().first() == Some(&"pods"));
    pty.type_keys("<ctrl-s>");
    pty.wait_for("what was saved", |shot| shot.has("Saved "));
    let sockets = sockets(pty.pid());
    assert!(sockets.is_empty(), "{sockets:?}");
    pty.type_keys(":q<enter>");
    assert_eq!(pty.ended().code, Some(0));
    let mut found = Vec::new();
    files(&home, &mut found);
    assert!(found.iter().any(|path| path.starts_with(state.join("skylark/tables"))), "{found:?}");
    found.retain(|path| !path.starts_with(state.join("skylark")));
    assert!(found.is_empty(), "outside of the state directory: {found:?}");
}
