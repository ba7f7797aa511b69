use super::*;
use crate::term::{Mailbox, Screen};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::Read as _;

/// What the child below does after it has taken the terminal.
const WAY: &str = "GUARD_TEST_WAY";

/// Runs in a terminal of its own, started by [`in_terminal`].
#[test]
#[ignore = "started by the other tests"]
fn child() {
    let Ok(way) = std::env::var(WAY) else { return };
    let guard = Guard::enter().unwrap();
    let mut screen = Screen::new(Mailbox::stdout().unwrap(), crate::term::size().unwrap());
    screen
        .frame(|_, buffer| {
            buffer.set_string(0, 0, "HELLO", ratatui::style::Style::new());
            None
        })
        .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(screen.outlet().freed());
    match way.as_str() {
        "panic" => panic!("OUCH"),
        "task" => {
            let _ = runtime.block_on(runtime.spawn(async { panic!("OUCH") }));
            drop(guard);
            println!("WENT ON");
        }
        "signal" => runtime.block_on(async {
            let mut signals = crate::term::Signals::new().unwrap();
            std::process::Command::new("kill").args(["-HUP", &std::process::id().to_string()]).status().unwrap();
            assert_eq!(signals.next().await, crate::term::Signal::Quit("SIGHUP"));
            drop(guard);
            println!("GOODBYE");
        }),
        _ => {
            drop(guard);
            restore().unwrap();
            println!("GOODBYE");
        }
    }
}

/// What a child says to its terminal, and whether the terminal echoes again when it is gone.
fn in_terminal(way: &str) -> String {
    let pair = native_pty_system().openpty(PtySize { rows: 10, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "term::guard::tests::child", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(WAY, way);
    command.env("RUST_BACKTRACE", "0");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let reading = std::thread::spawn(move || {
        let mut said = Vec::new();
        let _ = reader.read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    });
    child.wait().unwrap();
    drop(pair.master);
    reading.join().unwrap()
}

fn leave_of(said: &str) -> usize {
    let leave = String::from_utf8_lossy(LEAVE).into_owned();
    assert_eq!(said.matches(&leave).count(), 1, "the terminal is given back once: {said:?}");
    assert!(said.find("HELLO").unwrap() < said.find(&leave).unwrap());
    said.find(&leave).unwrap() + leave.len()
}

#[test]
fn the_terminal_is_given_back() {
    let said = in_terminal("drop");
    // A line break is `\r\n` again: the terminal is no longer raw.
    assert!(said[leave_of(&said)..].contains("GOODBYE\r\n"), "{said:?}");
    let said = in_terminal("signal");
    assert!(said[leave_of(&said)..].contains("GOODBYE\r\n"), "{said:?}");
}

#[test]
fn a_panic_is_printed_on_the_restored_terminal() {
    let said = in_terminal("panic");
    assert!(said[leave_of(&said)..].contains("OUCH"), "{said:?}");
}

#[test]
fn a_panic_of_a_task_stays_off_the_screen() {
    let said = in_terminal("task");
    assert!(said[leave_of(&said)..].contains("WENT ON\r\n"), "{said:?}");
    assert!(!said.contains("OUCH"), "{said:?}");
}
