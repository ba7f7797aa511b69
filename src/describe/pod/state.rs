//! How a container fares: its states, and in one line what is wrong with it.

use crate::base::age::Timestamp;
use crate::describe::context::Context;
use crate::describe::fields::{Fields, count};
use crate::describe::inked::{Inked, number, yes_no};
use crate::describe::page::Page;
use crate::describe::when::{ago, moment, stamp};
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

/// A restart longer ago than this is no trouble any more.
const RECENT: Timestamp = 3600;
/// Reasons to wait that are part of a normal start.
const NORMAL: [&str; 3] = ["", "ContainerCreating", "PodInitializing"];

/// State, last state, ready, restarts.
pub(super) fn section(cx: &Context, page: &mut Page, status: &Value, ephemeral: bool) {
    state(cx, page, "State", status.at("state"));
    if status.has("lastState.terminated") {
        state(cx, page, "Last State", status.at("lastState"));
    }
    let ready = status.flag("ready");
    let ink = if ready { Ink::Good } else { Ink::Warn };
    // Ephemeral containers are never ready, and those that are done need not be.
    let done = ephemeral || status.int("state.terminated.exitCode") == Some(0);
    let word = if ready { "True" } else { "False" };
    page.field("Ready", Inked::new(word, if done { Ink::Word } else { ink }));
    if status.at("started").as_bool() == Some(false) && status.has("state.running") {
        page.field("Started", yes_no(Some(false)));
    }
    let restarts = count(status, "restartCount");
    page.field("Restart Count", if restarts > 0 { Inked::new(restarts.to_string(), Ink::Warn) } else { number(0) });
}

fn state(cx: &Context, page: &mut Page, key: &str, state: &Value) {
    if state.has("running") {
        page.field(key, Inked::new("Running", Ink::Good));
        page.within(|page| page.field("Started", moment(state, "running.startedAt", cx.now)));
    } else if state.has("terminated") {
        let terminated = state.at("terminated");
        let ink = exit_ink(terminated);
        page.field(key, Inked::new("Terminated", ink));
        page.within(|page| {
            page.field_if("Reason", Inked::new(terminated.text("reason"), ink));
            page.field_if("Message", terminated.text("message"));
            let code = count(terminated, "exitCode");
            page.field("Exit Code", Inked::new(code.to_string(), ink).and(in_words(code), Ink::Dim));
            match count(terminated, "signal") {
                0 => {}
                signal => page.field("Signal", number(signal).and(signal_name(signal), Ink::Dim)),
            }
            page.field("Started", moment(terminated, "startedAt", cx.now));
            page.field("Finished", moment(terminated, "finishedAt", cx.now));
        });
    } else {
        let reason = state.text("waiting.reason");
        let ink = if NORMAL.contains(&reason) { Ink::Warn } else { Ink::Bad };
        page.field(key, Inked::new("Waiting", ink));
        page.within(|page| {
            page.field_if("Reason", Inked::new(reason, ink));
            page.field_if("Message", state.text("waiting.message"));
        });
    }
}

fn exit_ink(terminated: &Value) -> Ink {
    let fine = count(terminated, "exitCode") == 0 && count(terminated, "signal") == 0;
    if fine && terminated.text("reason") != "OOMKilled" { Ink::Good } else { Ink::Bad }
}

/// What shells and kernels mean by an exit code: ` (SIGKILL)`.
fn in_words(code: i64) -> String {
    match code {
        125 => " (the runtime could not run it)".to_owned(),
        126 => " (not executable)".to_owned(),
        127 => " (command not found)".to_owned(),
        129..=192 => signal_name(code - 128),
        _ => String::new(),
    }
}

/// ` (SIGKILL)`.
fn signal_name(signal: i64) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        other => return format!(" (signal {other})"),
    };
    format!(" ({name})")
}

/// `exit 137 (OOMKilled) 3m ago`.
fn exit(cx: &Context, terminated: &Value) -> String {
    let code = count(terminated, "exitCode");
    let reason = match terminated.text("reason") {
        "" | "Error" => in_words(code),
        "Completed" if code == 0 => String::new(),
        reason => format!(" ({reason})"),
    };
    let finished = match stamp(terminated, "finishedAt") {
        0 => String::new(),
        then => format!(" {}", ago(then, cx.now)),
    };
    format!("exit {code}{reason}{finished}")
}

/// Puts at the top what is wrong with a container, and says whether anything is.
pub(super) fn trouble(cx: &Context, page: &mut Page, role: &str, status: &Value) -> bool {
    let (state, last) = (status.at("state"), status.at("lastState.terminated"));
    let restarts = count(status, "restartCount");
    let mut words = Vec::new();
    let mut why = String::new();
    let mut bad = true;
    if state.has("waiting") && !NORMAL.contains(&state.text("waiting.reason")) {
        words.push(Text::AboutWaiting.get().to_owned());
        words.push(state.text("waiting.reason").to_owned());
        state.text("waiting.message").clone_into(&mut why);
    } else if state.has("terminated") && exit_ink(state.at("terminated")) == Ink::Bad {
        words.push(Text::AboutTerminated.get().to_owned());
        words.push(exit(cx, state.at("terminated")));
        state.text("terminated.message").clone_into(&mut why);
    } else if state.has("running") && !status.flag("ready") && role == "container" && status.has("ready") {
        let started = status.at("started").as_bool() != Some(false);
        words.push(if started { Text::AboutNotReady } else { Text::AboutNotStarted }.get().to_owned());
        bad = false;
    }
    let recent = cx.now.saturating_sub(stamp(last, "finishedAt")) < RECENT;
    if !last.is_null() && (!words.is_empty() || recent) {
        bad |= recent && last.text("reason") == "OOMKilled";
        words.push(exit(cx, last));
        if why.is_empty() || why.starts_with("back-off") {
            last.text("message").clone_into(&mut why);
        }
    }
    if words.is_empty() {
        return false;
    }
    match restarts {
        0 => {}
        1 => words.push(Text::AboutRestarted.get().to_owned()),
        _ => words.push(Text::AboutRestartedTimes.with(&[&restarts.to_string()])),
    }
    let ink = if bad { Ink::Bad } else { Ink::Warn };
    let line = Inked::new(format!("{role} {}: ", status.text("name")), Ink::Plain).and(words.join(", "), ink);
    let line = if why.is_empty() { line } else { line.and(format!(": {}", why.trim()), Ink::Plain) };
    if bad {
        page.bad(line);
    } else {
        page.warn(line);
    }
    true
}
