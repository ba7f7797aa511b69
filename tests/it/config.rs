//! What the reader's files and flags make of a run: configuration, completion, credentials, CSV.

use crate::cli::{Ended, run, skylark};
use crate::support::pty;
use crate::support::rig::Rig;
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

fn write(dir: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// A kubeconfig of two contexts that nobody serves, of which one has this user.
fn dead(dir: &Path, user: &str) -> std::path::PathBuf {
    let text = format!(
        "clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:1'}}}}]\nusers: [{{name: u, user: {user}}}]\n\
         contexts: [{{name: prod-eu, context: {{cluster: c, user: u, namespace: shop}}}}, \
         {{name: dev, context: {{cluster: c}}}}]\ncurrent-context: prod-eu\n"
    );
    write(dir, "kubeconfig", &text)
}

#[test]
fn a_plugin_that_needs_a_terminal_says_so_where_there_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let user =
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: touch, args: [ran], interactiveMode: Always}}";
    let file = dead(dir.path(), user);
    let ended = run(skylark(&[&file], &["get", "pods"]).current_dir(dir.path()));
    assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{ended:?}");
    let [line] = ended.err.lines().collect::<Vec<_>>()[..] else { panic!("{ended:?}") };
    assert!(
        line.starts_with(
            "missing: prod-eu: pods in namespace shop: credentials of user \"u\": touch needs a terminal to log in"
        ),
        "{line}"
    );
    assert!(!dir.path().join("ran").exists());
}

#[test]
fn credentials_that_others_can_read_are_warned_about_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dead(dir.path(), "{token: t}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let warnings = |ended: &Ended| ended.err.lines().filter(|line| line.starts_with("warning: ")).count();
    let ended = run(&mut skylark(&[&file], &["get", "pods,nodes", "--timeout", "2s"]));
    assert_eq!(warnings(&ended), 1, "{ended:?}");
    assert!(ended.err.contains("(mode 0644); `chmod 600"), "{ended:?}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(warnings(&run(&mut skylark(&[&file], &["get", "pods", "--timeout", "2s"]))), 0);
}

#[test]
fn the_configuration_is_checked() {
    let dir = tempfile::tempdir().unwrap();
    let check = |args: &[&str]| run(skylark::<&Path>(&[], args).env("XDG_CONFIG_HOME", dir.path()));
    let ended = check(&["config", "check"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    assert!(ended.out.contains("keymaps: k9s, vim\nthemes: dark, light\n"), "{ended:?}");
    let file = write(dir.path(), "skylark/keymaps/mine.toml", "[global]\n\"Ctrl-Q\" = \"quit\"\nx = \"fly\"\n");
    let ended = check(&["config", "check"]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.starts_with(&format!("{}:3: ", file.display())), "{ended:?}");
    let ended = check(&["demo", "--theme", "drak"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("did you mean dark?"), "{ended:?}");
}

#[test]
fn a_broken_keymap_is_told_on_the_screen_and_stops_nothing() {
    let options = pty::skylark(&["demo", "--nodes", "7", "--pods", "85", "--churn", "0"]);
    let home = options.home().to_owned();
    let file = write(&home, "skylark/keymaps/k9s.toml", "[global]\nj = \"quit\"\nx = \"fly\"\n");
    write(&home, "skylark/config.toml", "wide = true\ntheme = \"light\"\n");
    let mut screen = options.env("XDG_CONFIG_HOME", &home).size(160, 30).open();
    let shot = screen.wait_for("the error", |shot| shot.status().contains(".toml:3:"));
    assert!(shot.status().contains(&format!("{}:3: there is no command `fly`", file.display())), "{}", shot.framed());
    // While rows arrive above it the cursor stays on its object.
    screen.wait_for("all rows, wide", |shot| {
        shot.title_words().contains(&"340") && shot.is_whole() && shot.heads().contains("NOMINATED")
    });
    // The embedded keys are in force.
    screen.type_keys("j");
    screen.wait_for("the second row, and no message", |shot| {
        shot.place().is_some_and(|(row, _)| row == 2) && !shot.status().contains(".toml")
    });
    screen.type_keys(":errors<enter>");
    let shot = screen.wait_for("all of it again", |shot| shot.has("is not used because of that"));
    assert!(shot.has("toml:3:"), "{}", shot.framed());
    screen.type_keys("<esc>");
    screen.wait_for("the table", |shot| !shot.has("is not used because of that"));
    assert_eq!(screen.quit().code, Some(0));
}

#[test]
fn a_keymap_and_a_theme_of_ones_own() {
    let options = pty::skylark(&["demo", "--nodes", "7", "--pods", "85", "--keymap", "mine", "--theme", "mine"]);
    let home = options.home().to_owned();
    write(
        &home,
        "skylark/keymaps/mine.toml",
        "inherits = \"vim\"\n[table]\n\"x x\" = \":clusters\"\n[global]\nq = \"\"\n",
    );
    write(&home, "skylark/themes/mine.toml", "inherits = \"light\"\n[palette]\nblue = \"#010203\"\n");
    let options = options.env("XDG_CONFIG_HOME", &home).env("COLORTERM", "truecolor");
    let mut screen = options.size(120, 30).open();
    screen.wait_for("rows", |shot| shot.rows().len() > 5);
    assert!(String::from_utf8_lossy(&screen.raw()).contains("38;2;1;2;3"), "the colour of the kind");
    screen.type_keys("x");
    screen.wait_for("what may follow", |shot| shot.has(":clusters"));
    screen.type_keys("x");
    screen.wait_for("the clusters", |shot| shot.heads().contains("STATE"));
    screen.type_keys("ZZ");
    assert_eq!(screen.ended().code, Some(0));
}

/// What bash would offer for this line.
fn completed(command: &mut Command, words: &[&str]) -> Vec<String> {
    let index = words.len().to_string();
    command.env("SKYLARK_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n");
    let ended = run(command.args(["--", "skylark"]).args(words));
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    ended.out.lines().map(str::to_owned).collect()
}

#[test]
fn shells_are_answered_from_the_kubeconfig_and_the_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let file = dead(dir.path(), "{token: t}");
    write(dir.path(), "config/skylark/themes/mine.toml", "");
    let complete =
        |words: &[&str]| completed(skylark(&[&file], &[]).env("XDG_CONFIG_HOME", dir.path().join("config")), words);
    assert_eq!(complete(&["--context", ""]), ["prod-eu", "dev"]);
    assert_eq!(complete(&["get", "pods", "--context", "prod-eu,d"]), ["prod-eu,dev"]);
    assert_eq!(complete(&["get", "deplo"]), ["deployments", "deploy"]);
    assert_eq!(complete(&["get", "pods,no"]), ["pods,nodes", "pods,no"]);
    assert_eq!(complete(&["--theme", ""]), ["dark", "light", "mine"]);
    assert_eq!(complete(&["get", "pods", "-o", "c"]), ["csv"]);
    assert_eq!(complete(&["get", "pods", "-n", ""]), ["shop"], "a dead cluster only costs its time");
    assert!(complete(&["comp"]).contains(&"completions".to_owned()));
    let other = write(dir.path(), "other", "clusters: []\ncontexts: [{name: other, context: {cluster: c}}]\n");
    assert_eq!(complete(&["--kubeconfig", other.to_str().unwrap(), "--context", "o"]), ["other"]);
}

#[test]
fn the_scripts_are_what_the_shells_understand() {
    for (shell, check) in
        [("bash", &["-n"][..]), ("zsh", &["-n"]), ("fish", &["--no-execute"]), ("elvish", &[]), ("powershell", &[])]
    {
        let script = run(&mut skylark::<&Path>(&[], &["completions", shell])).complete();
        assert!(script.contains("SKYLARK_COMPLETE"), "{shell}: {script}");
        let checked = Command::new(shell).args(check).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        if let (Ok(mut child), false) = (checked, check.is_empty()) {
            child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
            assert!(child.wait().unwrap().success(), "{shell}: {script}");
        }
    }
}

#[test]
fn csv_holds_what_json_does() {
    let rig = Rig::shared();
    let get = |output: &str| run(&mut skylark(&[rig.kubeconfig()], &["get", "namespaces", "-o", output]));
    let csv = get("csv").complete();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("CLUSTER,NAMESPACE,NAME,STATUS,AGE"));
    let rows = get("json").rows();
    let want: Vec<String> = rows
        .iter()
        .map(|row| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!("{},,{},{}", text(&row["cluster"]), text(&row["name"]), text(&row["columns"]["STATUS"]))
        })
        .collect();
    let got: Vec<&str> = lines.map(|line| line.rsplit_once(',').unwrap().0).collect();
    assert!(got.len() >= 4 && got == want, "{csv}");
}
