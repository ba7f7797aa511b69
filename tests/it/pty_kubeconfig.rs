//! The cockpit over kubeconfigs that are wrong, in a terminal: it opens, and says so.

use crate::support::pty::{Options, Pty, Shot, skylark};
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A kubeconfig with these contexts, each of a name and what stands below `user:`. Nobody listens at their servers,
/// which differ: those of the same server would count once.
fn kubeconfig(contexts: &[(&str, &str)], current: &str) -> String {
    let mut text = format!("apiVersion: v1\nkind: Config\ncurrent-context: {current:?}\n");
    let (mut clusters, mut entries, mut users) = (String::new(), String::new(), String::new());
    for (i, (name, user)) in contexts.iter().enumerate() {
        let name = name.chars().fold(String::new(), |text, c| format!("{text}\\u{:04x}", u32::from(c)));
        let server = format!("https://127.0.0.1:{}", i + 1);
        let _ = writeln!(clusters, "- name: c{i}\n  cluster: {{server: {server:?}, insecure-skip-tls-verify: true}}");
        let _ = writeln!(entries, "- name: \"{name}\"\n  context: {{cluster: c{i}, user: u{i}}}");
        let _ = writeln!(users, "- name: u{i}\n  user: {user}");
    }
    let _ = write!(text, "clusters:\n{clusters}contexts:\n{entries}users:\n{users}");
    text
}

/// It is open, on the clusters pane, and this is said.
fn says(options: Options, words: &[&str]) -> (Pty, Shot) {
    let pty = options.size(120, 30).open();
    let shot = pty.wait_for(&words.join("; "), |shot| {
        let text = shot.lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        shot.has("clusters") && words.iter().all(|word| text.contains(word))
    });
    assert!(!shot.has("panicked"), "{}", shot.framed());
    (pty, shot)
}

#[test]
fn missing() {
    let (pty, _) = says(skylark(&[]), &["There is no cluster to show", "no kubeconfig", "--kubeconfig"]);
    assert_eq!(pty.quit().code, Some(0));
    let options = skylark(&[]);
    let nowhere = options.home().join("nowhere");
    let (pty, _) = says(options.kubeconfig(&nowhere), &["There is no cluster to show", "nowhere"]);
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn empty() {
    let (mut pty, _) = says(skylark(&[]).kubeconfig_text(""), &["There is no cluster to show", "no context"]);
    // Every key finds an empty fleet.
    pty.type_keys("jkGg<pgdn> rNIO<ctrl-w><enter>?");
    pty.wait_for("the help", |shot| shot.has("Esc closes"));
    pty.type_keys("<esc>");
    pty.type_keys(":pods<enter>");
    let shot = pty.wait_for("no pods", |shot| shot.has("There is no cluster to show"));
    assert!(!shot.has("panicked"), "{}", shot.framed());
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn broken() {
    let (pty, _) =
        says(skylark(&[]).kubeconfig_text("clusters: [\n  - oh: {"), &["There is no cluster to show", "kubeconfig"]);
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn without_current_context() {
    let text = kubeconfig(&[("one", "{}"), ("two", "{}")], "");
    let (mut pty, shot) = says(skylark(&[]).kubeconfig_text(&text), &["no current-context", "--all-contexts", "idle"]);
    drop(shot);
    pty.wait_for("both of them", |shot| {
        shot.column("NAME") == ["one", "two"] && shot.column("STATE") == ["idle", "idle"]
    });
    // One of them can be connected from here.
    pty.type_keys("j");
    pty.wait_for("the second row", |shot| shot.place() == Some((2, 2)));
    pty.type_keys("C");
    pty.wait_for("the one connected, and why it is not", |shot| {
        shot.column("STATE") == ["idle", "unreachable"] && shot.cell("two", "WHY").contains("refused")
    });
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn a_current_context_that_is_not_there() {
    let text = kubeconfig(&[("one", "{}")], "gone");
    let (pty, _) = says(skylark(&[]).kubeconfig_text(&text), &["\"gone\"", "--context"]);
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn a_context_without_its_cluster() {
    let text = "apiVersion: v1\nkind: Config\ncurrent-context: one\ncontexts:\n- name: one\n  context: {cluster: gone, user: gone}\n";
    let pty = skylark(&[]).kubeconfig_text(text).size(120, 30).open();
    pty.wait_for("what is missing", |shot| {
        (shot.has("\"gone\"") || shot.has("`gone`")) && shot.has("clusters") && shot.has("one")
    });
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn only_dead_clusters() {
    let text = kubeconfig(&[("one", "{}"), ("two", "{}")], "one");
    let (mut pty, _) =
        says(skylark(&["--all-contexts"]).kubeconfig_text(&text), &["No cluster answers", "r tries again"]);
    pty.wait_for("both", |shot| {
        shot.column("STATE") == ["unreachable", "unreachable"]
            && shot.cell("one", "WHY").contains("refused")
            && shot.has("✗ one unreachable  ✗ two unreachable")
    });
    pty.type_keys("r");
    pty.wait_for("another try", |shot| shot.status().contains("Trying again now: one"));
    // The pods of dead clusters are not "none".
    pty.type_keys(":pods<enter>");
    let shot = pty.wait_for("why there are no pods", |shot| {
        shot.has("No pods can be shown") && shot.has("one") && shot.has("two")
    });
    assert!(!shot.has("There are no"), "{}", shot.framed());
    assert_eq!(pty.quit().code, Some(0));
}

/// What a hostile kubeconfig puts into names: they are shown without what a terminal would obey.
#[test]
fn names_that_a_terminal_would_obey() {
    let names = [
        "esc\u{1b}[2J\u{1b}[31m-red",
        "title\u{1b}]0;owned\u{7}-x",
        "bidi\u{202e}gnp.exe",
        "zero\u{200b}width",
        "c1\u{9b}31m-c1",
    ];
    let contexts: Vec<_> = names.iter().map(|name| (*name, "{}")).collect();
    let pty = skylark(&["--all-contexts"]).kubeconfig_text(&kubeconfig(&contexts, "x")).size(160, 30).open();
    let mut pty = pty;
    let shot = pty.wait_for("the clusters", |shot| {
        shot.column("STATE").len() == names.len() && shot.column("STATE").iter().all(|state| state == "unreachable")
    });
    for part in ["esc", "title", "bidi", "zero", "c1"] {
        assert!(shot.column("NAME").iter().any(|name| name.starts_with(part)), "{}", shot.framed());
    }
    pty.type_keys(":ctx ");
    pty.wait_for("completion", |shot| shot.status().contains(":ctx"));
    pty.type_keys("<tab><tab><tab>");
    pty.wait_for("a candidate", |shot| shot.status().trim().len() > ":ctx ".len());
    pty.type_keys("<ctrl-u><backspace>");
    pty.wait_for("no prompt", |shot| shot.cursor.is_none());
    pty.type_keys("jjG");
    let raw = pty.raw();
    let text = String::from_utf8(raw).unwrap_or_else(|error| panic!("{error}"));
    for hostile in ["\u{1b}[31m-red", "\u{1b}]0", "\u{7}", "\u{202e}", "\u{200b}", "\u{9b}"] {
        assert!(!text.contains(hostile), "{hostile:?} reached the terminal");
    }
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn without_a_terminal() {
    for arguments in [&["demo"][..], &[], &["--all-contexts", "pods"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_skylark"))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{error}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains("terminal") && said.lines().count() == 1, "{said}");
        assert!(output.stdout.is_empty());
    }
}

/// A plugin that runs this script.
fn plugin(directory: &Path, name: &str, script: &str) -> PathBuf {
    let path = directory.join(name);
    let written = std::fs::write(&path, format!("#!/bin/sh\n{script}\n"))
        .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)));
    written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}

fn exec(path: &Path, mode: &str) -> String {
    format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {:?}, interactiveMode: {mode}}}}}",
        path.display().to_string()
    )
}

#[test]
fn plugins_that_fail_draw_on_nothing() {
    let options = skylark(&["--all-contexts"]);
    let home = options.home().to_owned();
    let noisy = plugin(&home, "noisy", "printf '\\033[2J\\033[31mGARBAGE\\007 please log in\\n' >&2; exit 7");
    let stdin = plugin(
        &home,
        "stdin",
        "if [ -t 0 ] || [ -t 1 ] || [ -t 2 ]; then echo a terminal; else echo none; fi >&2; exit 1",
    );
    let garbage = plugin(&home, "garbage", "echo this is no credential");
    let missing = home.join("not-installed");
    let users = [exec(&noisy, "Never"), exec(&stdin, "IfAvailable"), exec(&garbage, "Never"), exec(&missing, "Never")];
    let names = ["noisy", "stdin", "garbage", "missing"];
    let contexts: Vec<_> = names.iter().zip(&users).map(|(name, user)| (*name, user.as_str())).collect();
    let options = options.kubeconfig_text(&kubeconfig(&contexts, "noisy"));
    let mut pty = options.size(200, 30).open();
    pty.wait_for("the clusters that are denied", |shot| {
        // The plugin's own words; none of its ends is our terminal.
        let words = shot.cell("noisy", "WHY").contains("please log in");
        let none = shot.cell("stdin", "WHY").contains("code 1: none; ");
        let missing = shot.cell("missing", "WHY").contains("not-installed");
        shot.column("STATE") == ["denied"; 4] && words && none && missing
    });
    // What is on the screen is ours: it is the same when everything is drawn anew.
    let before = pty.bytes();
    pty.type_keys("<ctrl-r>");
    pty.wait_for_bytes(before, b"\x1b[2J");
    let text = String::from_utf8_lossy(&pty.raw()).into_owned();
    for bytes in ["\u{1b}[31mGARBAGE", "\u{7}"] {
        assert!(!text.contains(bytes), "{bytes:?} reached the terminal");
    }
    for piece in &pty.outside()[1..] {
        assert!(piece.is_empty(), "{:?}", String::from_utf8_lossy(piece));
    }
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn a_plugin_that_asks_for_the_terminal_itself() {
    let options = skylark(&["--all-contexts"]);
    let script = "printf '\\033[2JDIRECT' >/dev/tty; echo over >&2; exit 1";
    let user = exec(&plugin(options.home(), "direct", script), "IfAvailable");
    let options = options.kubeconfig_text(&kubeconfig(&[("direct", &user)], "direct"));
    let pty = options.size(160, 30).open();
    // It is stopped when it writes, and ended when its time is over.
    let over = Duration::from_secs(90);
    pty.wait_within(over, "the cluster that is denied", |shot| shot.cell("direct", "STATE") == "denied");
    assert!(!String::from_utf8_lossy(&pty.raw()).contains("DIRECT"));
}

#[test]
fn a_plugin_that_hangs_holds_up_nothing() {
    let options = skylark(&["--all-contexts"]);
    let home = options.home().to_owned();
    let hanging = plugin(&home, "hanging", &format!("echo $$ >>{}/runs; exec sleep 600", home.display()));
    let user = exec(&hanging, "Never");
    let text = kubeconfig(&[("hangs", &user), ("dead", "{}")], "hangs");
    let mut pty = options.kubeconfig_text(&text).size(160, 30).open();
    pty.wait_for("a screen", |shot| shot.has("connecting"));
    pty.type_keys(":ctx<enter>");
    let shot = pty.wait_for("the other cluster", |shot| shot.cell("dead", "STATE") == "unreachable");
    assert_eq!(shot.cell("hangs", "STATE"), "connecting", "{}", shot.framed());
    // Keys are obeyed at once, and one plugin runs, not three.
    pty.type_keys("j");
    pty.wait_within(Duration::from_secs(5), "the second row", |shot| shot.place() == Some((2, 2)));
    let runs = std::fs::read_to_string(home.join("runs")).unwrap_or_default();
    assert_eq!(runs.lines().count(), 1, "{runs}");
    // It ends with us, and does not keep us.
    assert_eq!(pty.quit().code, Some(0));
    let process = PathBuf::from(format!("/proc/{}", runs.trim()));
    if Path::new("/proc/self").exists() {
        let end = std::time::Instant::now() + Duration::from_secs(10);
        while is_running(&process) {
            assert!(std::time::Instant::now() < end, "the plugin runs on");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn is_running(process: &Path) -> bool {
    let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}
