//! Credential plugins that need the terminal: the screen is put away for them, and comes back as it was.

use crate::support::pty::{Options, Pty, Shot, Signal, skylark};
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A plugin that asks for a password on the terminal and notes when it begins and ends; `before` runs first.
fn login(home: &Path, name: &str, before: &str) -> PathBuf {
    let path = home.join(name);
    let notes = home.join("notes");
    let script = format!(
        "#!/bin/sh\necho begin {name} >>{notes}\n{before}\nprintf 'Password for {name}: ' >&2\nread password\n\
         echo end {name} >>{notes}\n[ \"$password\" = secret ] || {{ echo wrong >&2; exit 3; }}\n\
         echo '{{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \
         \"status\": {{\"token\": \"t\"}}}}'\n",
        notes = notes.display()
    );
    let written = std::fs::write(&path, script)
        .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)));
    written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}

/// A kubeconfig of clusters that nobody serves: with credentials they are unreachable, without they are denied.
fn kubeconfig(users: &[(&str, &Path, &str)]) -> String {
    let mut text = String::from("apiVersion: v1\nkind: Config\ncurrent-context: dead\nclusters:\n");
    let _ = writeln!(text, "- name: dead\n  cluster: {{server: 'https://127.0.0.1:1'}}");
    for (i, (name, ..)) in users.iter().enumerate() {
        let _ = writeln!(text, "- name: {name}\n  cluster: {{server: 'https://127.0.0.1:{}'}}", i + 2);
    }
    text.push_str("contexts:\n- name: dead\n  context: {cluster: dead}\n");
    for (name, ..) in users {
        let _ = writeln!(text, "- name: {name}\n  context: {{cluster: {name}, user: user-{name}}}");
    }
    text.push_str("users:\n");
    for (name, plugin, mode) in users {
        let exec = format!(
            "{{apiVersion: client.authentication.k8s.io/v1, command: {}, interactiveMode: {mode}}}",
            plugin.display()
        );
        let _ = writeln!(text, "- name: user-{name}\n  user: {{exec: {exec}}}");
    }
    text
}

fn notes(pty: &Pty) -> Vec<String> {
    let text = std::fs::read_to_string(pty.home().join("notes")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// It asks for the first time: what it asked earlier is still on the screen that is lent.
fn asks(name: &str) -> impl Fn(&Shot) -> bool {
    asks_again(name, 1)
}

fn asks_again(name: &str, times: usize) -> impl Fn(&Shot) -> bool {
    let question = format!("Password for {name}:");
    move |shot| !shot.alternate && shot.lines.iter().filter(|line| line.contains(&question)).count() == times
}

fn open(options: Options, users: &[(&str, &Path, &str)]) -> Pty {
    options.kubeconfig_text(&kubeconfig(users)).size(260, 30).open()
}

#[test]
fn the_screen_is_lent_and_comes_back() {
    let options = skylark(&["--context", "prod", "pods"]);
    let plugin = login(options.home(), "prod", "");
    let mut pty = open(options, &[("prod", &plugin, "Always")]);
    let shot = pty.wait_for("the plugin's question", asks("prod"));
    assert!(shot.has("Skylark: cluster prod asks user-prod to log in"), "{}", shot.framed());
    assert!(pty.is_cooked() && !shot.bracketed_paste && shot.cursor.is_some(), "{}", shot.framed());
    // Nothing is drawn while it waits.
    let frames = pty.frames();
    assert!(pty.written_during(Duration::from_millis(400)).is_empty());
    assert_eq!(pty.frames(), frames);
    pty.type_keys("secret<enter>");
    let shot = pty.wait_for("the screen", |shot| shot.alternate && shot.cell("prod", "STATE") == "unreachable");
    assert!(shot.bracketed_paste && !shot.has("Password"), "{}", shot.framed());
    assert!(!pty.is_cooked());
    // Keys are ours again.
    pty.type_keys("?");
    pty.wait_for("the help", |shot| shot.has("Esc closes"));
    pty.type_keys("<esc>");
    pty.wait_for("no help", |shot| !shot.has("Esc closes"));
    assert_eq!(notes(&pty), ["begin prod", "end prod"]);
    let ended = pty.quit();
    assert!(ended.code == Some(0) && ended.cooked && !ended.shot.alternate, "{ended:?}");
}

#[test]
fn ctrl_c_ends_the_plugin_and_not_skylark() {
    let options = skylark(&["--all-contexts"]);
    // It dies with the echo off, and its terminal is not to stay silent.
    let plugin = login(options.home(), "prod", "stty -echo");
    let mut pty = open(options, &[("prod", &plugin, "Always")]);
    pty.wait_for("the plugin's question", asks("prod"));
    pty.type_keys("<ctrl-c>");
    pty.wait_for("the screen", |shot| {
        let why = shot.cell("prod", "WHY").contains("was given up; :retry begins it again");
        shot.alternate && shot.cell("prod", "STATE") == "denied" && why
    });
    // It asks no more by itself, whatever the backoff.
    pty.wait_for("another attempt", |shot| shot.cell("prod", "WHY").contains(":retry lends it the terminal"));
    assert_eq!(notes(&pty), ["begin prod"]);
    // What is on the screen is there again after the login that was asked for.
    pty.type_keys("/prod<enter>");
    pty.wait_for("the filter", |shot| shot.column("NAME") == ["prod"]);
    pty.type_keys("r");
    pty.wait_for("the question again", asks_again("prod", 2));
    pty.type_keys("secret<enter>");
    pty.wait_for("the screen with its filter", |shot| {
        shot.alternate && shot.cell("prod", "STATE") == "unreachable" && shot.column("NAME") == ["prod"]
    });
    assert_eq!(notes(&pty), ["begin prod", "begin prod", "end prod"]);
    let ended = pty.quit();
    assert!(ended.code == Some(0) && ended.cooked, "{ended:?}");
}

#[test]
fn a_plugin_that_ignores_ctrl_c_is_ended() {
    let options = skylark(&["--context", "prod"]);
    let plugin = login(options.home(), "prod", "trap '' INT");
    let mut pty = open(options, &[("prod", &plugin, "Always")]);
    pty.wait_for("the plugin's question", asks("prod"));
    pty.type_keys("<ctrl-c>");
    pty.wait_for("the screen", |shot| shot.alternate && shot.cell("prod", "WHY").contains("was given up"));
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn one_at_a_time_across_the_fleet() {
    let options = skylark(&["--all-contexts"]);
    let home = options.home().to_owned();
    let (a, b) = (login(&home, "a", ""), login(&home, "b", ""));
    let mut pty = open(options, &[("a", &a, "Always"), ("b", &b, "Always")]);
    let shot = pty.wait_for("the first question", |shot| asks("a")(shot) || asks("b")(shot));
    let (first, second) = if shot.has("Password for a") { ("a", "b") } else { ("b", "a") };
    assert_eq!(notes(&pty), [format!("begin {first}")]);
    pty.type_keys("wrong<enter>");
    pty.wait_for("the second question", asks(second));
    pty.type_keys("secret<enter>");
    pty.wait_for("the screen", |shot| {
        let others = shot.cell(second, "STATE") == "unreachable" && shot.cell("dead", "STATE") == "unreachable";
        shot.alternate && shot.cell(first, "STATE") == "denied" && others
    });
    let all = [format!("begin {first}"), format!("end {first}"), format!("begin {second}"), format!("end {second}")];
    assert_eq!(notes(&pty), all);
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn a_plugin_that_can_do_without_gets_the_terminal_when_asked_for() {
    let options = skylark(&["--context", "prod"]);
    let plugin = login(options.home(), "prod", "[ -t 0 ] || { echo log in first >&2; exit 1; }");
    let mut pty = open(options, &[("prod", &plugin, "IfAvailable")]);
    pty.wait_for("why it is denied", |shot| {
        let why = shot.cell("prod", "WHY").contains("log in first; :retry runs it with the terminal");
        shot.cell("prod", "STATE") == "denied" && why
    });
    pty.type_keys("j");
    pty.wait_for("its row", |shot| shot.selected().contains("prod"));
    pty.type_keys("r");
    pty.wait_for("the question", asks("prod"));
    pty.type_keys("secret<enter>");
    pty.wait_for("the screen", |shot| shot.alternate && shot.cell("prod", "STATE") == "unreachable");
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn a_signal_meanwhile_leaves_a_good_terminal_and_no_plugin() {
    let options = skylark(&["--context", "prod"]);
    let plugin = login(options.home(), "prod", "stty -echo; echo $$ >\"$HOME/pid\"");
    let mut pty = open(options, &[("prod", &plugin, "Always")]);
    pty.wait_for("the plugin's question", asks("prod"));
    let pid = std::fs::read_to_string(pty.home().join("pid")).unwrap();
    pty.signal(Signal::TERM);
    let ended = pty.ended();
    assert!(ended.code == Some(0) && ended.cooked && !ended.shot.alternate, "{ended:?}");
    let process = PathBuf::from(format!("/proc/{}/status", pid.trim()));
    if Path::new("/proc/self").exists() {
        let end = std::time::Instant::now() + Duration::from_secs(10);
        while std::fs::read_to_string(&process).is_ok_and(|status| !status.contains("State:\tZ")) {
            assert!(std::time::Instant::now() < end, "the plugin runs on");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn get_in_a_terminal_lets_the_plugin_ask() {
    let options = skylark(&["get", "pods", "--context", "prod", "--timeout", "2s"]);
    let plugin = login(options.home(), "prod", "");
    let mut pty = open(options, &[("prod", &plugin, "Always")]);
    pty.wait_for("the plugin's question", asks("prod"));
    pty.type_keys("secret<enter>");
    let ended = pty.ended();
    assert_eq!(ended.code, Some(3), "{}", ended.shot.framed());
    assert!(ended.shot.has("missing: prod: pods in namespace default: dial 127.0.0.1:2"), "{}", ended.shot.framed());
}
