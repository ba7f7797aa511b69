//! Credential plugins, played by shell scripts.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures::future::join_all;
use kube::config::{Cluster, ExecConfig};
use tempfile::TempDir;

use super::{PATIENCE, quietly, soon, until};
use crate::link::{LinkError, exec::Plugin, kubeconfig::load_from};

/// A plugin that writes a line to `runs` each time, then goes on as `script` says.
fn plugin_script(dir: &TempDir, script: &str) -> PathBuf {
    let path = dir.path().join("plugin.sh");
    let runs = dir.path().join("runs");
    fs::write(&path, format!("#!/bin/sh\necho run >> '{}'\n{script}\n", runs.display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn runs(dir: &TempDir) -> usize {
    fs::read_to_string(dir.path().join("runs")).unwrap_or_default().lines().count()
}

fn config(command: &Path) -> ExecConfig {
    ExecConfig {
        api_version: Some("client.authentication.k8s.io/v1".to_owned()),
        command: Some(command.to_str().unwrap().to_owned()),
        ..ExecConfig::default()
    }
}

fn plugin(config: &ExecConfig) -> Arc<Plugin> {
    let cluster = Cluster { server: Some("https://api".to_owned()), ..Cluster::default() };
    Arc::new(Plugin::new("ada", Some(config), &cluster).unwrap())
}

/// Prints a token, with further fields of `status`.
fn prints(token: &str, more: &str) -> String {
    format!(
        "echo '{{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \
         \"status\": {{\"token\": \"{token}\"{more}}}}}'"
    )
}

async fn token(plugin: &Arc<Plugin>) -> Result<String, LinkError> {
    let credential = soon(plugin.credential(&quietly(PATIENCE))).await?;
    Ok(credential.authorization.as_ref().unwrap().to_str().unwrap().to_owned())
}

async fn fails(script: &str) -> LinkError {
    let dir = tempfile::tempdir().unwrap();
    let plugin = plugin(&config(&plugin_script(&dir, script)));
    soon(plugin.credential(&quietly(PATIENCE))).await.map(|_| ()).unwrap_err()
}

#[tokio::test]
async fn many_callers_share_one_run() {
    let dir = tempfile::tempdir().unwrap();
    let gate = dir.path().join("gate");
    let script = format!("while [ ! -e '{}' ]; do sleep 0.02; done\n{}", gate.display(), prints("t", ""));
    let plugin = plugin(&config(&plugin_script(&dir, &script)));
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let plugin = Arc::clone(&plugin);
            tokio::spawn(async move { token(&plugin).await.unwrap() })
        })
        .collect();
    until(|| runs(&dir) == 1).await;
    fs::write(gate, "").unwrap();
    for caller in join_all(callers).await {
        assert_eq!(caller.unwrap(), "Bearer t");
    }
    assert_eq!(token(&plugin).await.unwrap(), "Bearer t");
    assert_eq!(runs(&dir), 1);
}

#[tokio::test]
async fn clusters_of_one_user_share_the_plugin() {
    let dir = tempfile::tempdir().unwrap();
    plugin_script(&dir, &prints("t", ""));
    let text = "clusters: [{name: a, cluster: {server: 'https://a'}}, {name: b, cluster: {server: 'https://b'}}]\n\
        users:\n\
        - {name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh}}}\n\
        - {name: v, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, \
        provideClusterInfo: true}}}\n\
        contexts:\n\
        - {name: au, context: {cluster: a, user: u}}\n- {name: bu, context: {cluster: b, user: u}}\n\
        - {name: av, context: {cluster: a, user: v}}\n- {name: bv, context: {cluster: b, user: v}}\n";
    let file = dir.path().join("config");
    fs::write(&file, text).unwrap();
    let loaded = load_from(Some(&file), None, None);
    let ask = async |name: &str| {
        let target = loaded.target(name).unwrap();
        let grant = soon(target.auth.grant(&quietly(PATIENCE))).await.unwrap();
        assert_eq!(grant.authorization.unwrap(), "Bearer t");
    };
    ask("au").await;
    ask("bu").await;
    assert_eq!(runs(&dir), 1);
    ask("av").await;
    ask("bv").await;
    assert_eq!(runs(&dir), 3);
}

#[tokio::test]
async fn without_expiry_a_credential_lasts_until_it_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let plugin = plugin(&config(&plugin_script(&dir, &prints("t", ""))));
    let first = soon(plugin.credential(&quietly(PATIENCE))).await.unwrap();
    assert!(first.until.is_none());
    token(&plugin).await.unwrap();
    assert_eq!(runs(&dir), 1);
    plugin.invalidate(&first);
    let second = soon(plugin.credential(&quietly(PATIENCE))).await.unwrap();
    assert_eq!(runs(&dir), 2);
    plugin.invalidate(&first); // an answer to an older request: the new credential stays
    token(&plugin).await.unwrap();
    assert_eq!(runs(&dir), 2);
    plugin.invalidate(&second);
    token(&plugin).await.unwrap();
    assert_eq!(runs(&dir), 3);
}

#[tokio::test]
async fn an_expiring_credential_is_replaced_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let plugin =
        plugin(&config(&plugin_script(&dir, &prints("t", r#", "expirationTimestamp": "2001-02-03T04:05:06Z""#))));
    soon(async {
        while runs(&dir) < 2 {
            token(&plugin).await.unwrap();
        }
    })
    .await;
    let far = tempfile::tempdir().unwrap();
    let lasting =
        self::plugin(&config(&plugin_script(&far, &prints("t", r#", "expirationTimestamp": "2100-01-01T00:00:00Z""#))));
    for _ in 0..3 {
        token(&lasting).await.unwrap();
    }
    assert_eq!(runs(&far), 1);
    assert_eq!(
        soon(lasting.credential(&quietly(PATIENCE))).await.unwrap().until.unwrap().to_string(),
        "2099-12-31T23:59:50Z"
    );
}

#[tokio::test]
async fn a_plugin_that_hangs_is_killed_with_its_children() {
    let dir = tempfile::tempdir().unwrap();
    let pids = dir.path().join("pids");
    let script = format!(
        "echo 'waiting for the browser' >&2\nsleep 1000 &\necho $! > '{0}.new'\nmv '{0}.new' '{0}'\nwait",
        pids.display()
    );
    let plugin = plugin(&config(&plugin_script(&dir, &script)));
    let mut limit = Duration::from_millis(500);
    let error = loop {
        let error = soon(plugin.credential(&quietly(limit))).await.map(|_| ()).unwrap_err();
        if pids.exists() {
            break error;
        }
        limit *= 2; // the script did not get far enough on a busy machine
    };
    let text = error.to_string();
    assert!(error.is_credentials() && text.contains("did not end within"), "{text}");
    assert!(text.contains("waiting for the browser"), "{text}");
    let child: i32 = fs::read_to_string(pids).unwrap().trim().parse().unwrap();
    let stat = PathBuf::from(format!("/proc/{child}/stat"));
    until(|| fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z"))).await;
}

#[tokio::test]
async fn a_dropped_caller_leaves_no_plugin_behind() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let plugin = plugin(&config(&plugin_script(&dir, &format!("echo $$ > '{}'\nexec sleep 1000", pid.display()))));
    let caller = tokio::spawn(async move { plugin.credential(&quietly(PATIENCE)).await.map(|_| ()) });
    let read = || fs::read_to_string(&pid).unwrap_or_default().trim().parse::<i32>().ok();
    until(|| read().is_some()).await;
    caller.abort();
    let stat = PathBuf::from(format!("/proc/{}/stat", read().unwrap()));
    until(|| fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z"))).await;
}

#[tokio::test]
async fn a_failure_tells_what_the_plugin_said() {
    let error = fails("echo not a secret; printf 'line one\\n\\n\\033[31mtoken expired\\007\\n' >&2; exit 3").await;
    let text = error.to_string();
    assert!(text.ends_with("plugin.sh failed with exit code 3: line one; [31mtoken expired"), "{text}");
    assert!(text.starts_with("credentials of user \"ada\": "), "{text}");
    assert!(error.is_credentials() && !error.is_link());
}

#[tokio::test]
async fn what_a_plugin_prints_stays_out_of_errors() {
    let wrong_kind = r#"echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "SECRET", "status": {}}'"#;
    let wrong_version = r#"echo '{"apiVersion": "SECRET", "kind": "ExecCredential", "status": {"token": "SECRET"}}'"#;
    let half = prints("", r#", "clientKeyData": "SECRET""#);
    let bad_time = prints("SECRET", r#", "expirationTimestamp": "SECRET""#);
    let bad_token = prints("SECRET\\u0007", "");
    for (script, want) in [
        ("true", "printed nothing"),
        ("echo SECRET", "did not print an ExecCredential (JSON, line 1)"),
        (r#"echo '["SECRET"]'"#, "did not print an ExecCredential"),
        (r#"echo '{"status": "SECRET"}'"#, "did not print an ExecCredential"),
        (wrong_kind, "did not print an ExecCredential"),
        (wrong_version, "printed another apiVersion"),
        (half.as_str(), "key without certificate"),
        (bad_time.as_str(), "unreadable expirationTimestamp"),
        (bad_token.as_str(), "no header can hold"),
        (&prints("", ""), "neither a token nor a client certificate"),
        ("yes SECRET | head -c 100000", "printed more than 64 KiB"),
    ] {
        let text = format!("{:?}", fails(script).await);
        assert!(text.contains(want) && !text.contains("SECRET"), "{script}: {text}");
    }
}

#[tokio::test]
async fn outputs_held_open_do_not_hold_us() {
    let dir = tempfile::tempdir().unwrap();
    let plugin = plugin(&config(&plugin_script(&dir, &format!("sleep 5 &\n{}", prints("t", "")))));
    assert_eq!(token(&plugin).await.unwrap(), "Bearer t");
}

#[tokio::test]
async fn only_a_few_plugins_run_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path().display();
    let script = format!(
        "touch '{here}/on.'$$\nls '{here}' | grep -c '^on[.]' >> '{here}/counts'\nsleep 0.1\nrm '{here}/on.'$$\n{}",
        prints("t", "")
    );
    let config = config(&plugin_script(&dir, &script));
    let plugins: Vec<_> = (0..12).map(|_| plugin(&config)).collect();
    join_all(plugins.iter().map(|plugin| async { token(plugin).await.unwrap() })).await;
    let counts = fs::read_to_string(dir.path().join("counts")).unwrap();
    let most = counts.lines().map(|line| line.trim().parse::<usize>().unwrap()).max();
    assert!((1..=4).contains(&most.unwrap()), "{counts}");
    assert_eq!(runs(&dir), 12);
}

#[tokio::test]
async fn a_missing_plugin_comes_with_its_hint() {
    let mut config = config(Path::new("skylark-test-no-such-plugin"));
    config.install_hint = Some("brew install it".to_owned());
    let error = soon(plugin(&config).credential(&quietly(PATIENCE))).await.map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "credentials of user \"ada\": skylark-test-no-such-plugin is not installed");
    assert_eq!(error.advice().as_deref(), Some("brew install it"));
}

#[tokio::test]
async fn the_plugin_is_told_what_kubectl_tells() {
    let dir = tempfile::tempdir().unwrap();
    let seen = dir.path().join("seen");
    let script = format!(
        "test -t 0 && exit 9\n[ -z \"$(cat)\" ] || exit 8\nprintf '%s|%s|%s' \"$KUBERNETES_EXEC_INFO\" \"$STAGE\" \"$*\" > '{}'\n{}",
        seen.display(),
        prints("t", "").replace("/v1", "/v1beta1")
    );
    let cluster: Cluster = serde_json::from_value(serde_json::json!({
        "server": "https://api:6443", "certificate-authority-data": "Q0E=", "tls-server-name": "api.test",
        "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}],
    }))
    .unwrap();
    let config: ExecConfig = serde_json::from_value(serde_json::json!({
        "apiVersion": "client.authentication.k8s.io/v1beta1", "command": plugin_script(&dir, &script),
        "args": ["get", "token"], "env": [{"name": "STAGE", "value": "prod"}],
        "provideClusterInfo": true, "interactiveMode": "IfAvailable",
    }))
    .unwrap();
    let plugin = Arc::new(Plugin::new("ada", Some(&config), &cluster).unwrap());
    assert_eq!(token(&plugin).await.unwrap(), "Bearer t");
    let seen = fs::read_to_string(seen).unwrap();
    let (info, rest) = seen.split_once('|').unwrap();
    assert_eq!(rest, "prod|get token");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(info).unwrap(),
        serde_json::json!({
            "apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential",
            "spec": {"interactive": false, "cluster": {
                "server": "https://api:6443", "certificate-authority-data": "Q0EK",
                "tls-server-name": "api.test", "config": {"audience": "x"},
            }},
        })
    );
}

#[test]
fn what_cannot_run_is_refused_at_once() {
    let refused = |change: fn(&mut ExecConfig)| {
        let mut config = config(Path::new("plugin"));
        change(&mut config);
        Plugin::new("ada", Some(&config), &Cluster::default()).unwrap_err().to_string()
    };
    let alpha = |config: &mut ExecConfig| config.api_version = Some("client.authentication.k8s.io/v1alpha1".to_owned());
    assert!(refused(alpha).contains("v1alpha1"));
    assert!(refused(|config| config.command = None).contains("no command"));
}
