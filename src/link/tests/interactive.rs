//! Plugins that want the terminal: who gets it, when, and what those hear who do not.

use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};

use kube::config::{Cluster, ExecConfig};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::{PATIENCE, quietly, soon};
use crate::link::{
    Console, Lend, LinkError, Loan,
    exec::{Call, Plugin},
};

/// A plugin that notes what it was told, then goes on as `script` says.
fn plugin(dir: &TempDir, mode: &str, script: &str) -> Arc<Plugin> {
    let path = dir.path().join("plugin.sh");
    let seen = dir.path().join("seen");
    fs::write(&path, format!("#!/bin/sh\necho \"$KUBERNETES_EXEC_INFO\" >> '{}'\n{script}\n", seen.display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let config: ExecConfig = serde_json::from_value(serde_json::json!({
        "apiVersion": "client.authentication.k8s.io/v1", "command": path, "interactiveMode": mode,
    }))
    .unwrap();
    Arc::new(Plugin::new("ada", Some(&config), &Cluster::default()).unwrap())
}

const TOKEN: &str =
    r#"echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}}'"#;

/// Whether each run was told that it has a terminal.
fn runs(dir: &TempDir) -> Vec<bool> {
    let seen = fs::read_to_string(dir.path().join("seen")).unwrap_or_default();
    seen.lines().map(|line| line.contains(r#""interactive":true"#)).collect()
}

fn asking() -> (Console, mpsc::Receiver<Loan>) {
    let (asked, loans) = mpsc::channel(1);
    (Console { lend: Lend::Ask(asked), notices: None }, loans)
}

async fn credential(plugin: &Arc<Plugin>, console: &Console) -> Result<(), LinkError> {
    soon(plugin.credential(&Call { limit: PATIENCE, console, cluster: "prod" })).await.map(|_| ())
}

/// Grants every loan; gives who asked, and whether the plugin ended while it was held.
fn lender(mut loans: mpsc::Receiver<Loan>) -> tokio::task::JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        let mut who = Vec::new();
        while let Some(loan) = loans.recv().await {
            who.push(format!("{} {}", loan.cluster, loan.user));
            assert!(loan.command.ends_with("plugin.sh"));
            loan.granted.send(()).unwrap();
            let _ = soon(loan.over).await;
        }
        who
    })
}

#[tokio::test]
async fn without_a_terminal_only_those_run_that_can() {
    let dir = tempfile::tempdir().unwrap();
    let always = plugin(&dir, "Always", TOKEN);
    let error = soon(always.credential(&quietly(PATIENCE))).await.map(|_| ()).unwrap_err();
    assert!(error.is_credentials() && error.to_string().contains("needs a terminal to log in"), "{error}");
    assert!(error.advice().unwrap().contains("run this in a terminal"), "{:?}", error.advice());
    assert_eq!(runs(&dir), Vec::<bool>::new(), "it is not even started");
    soon(plugin(&dir, "IfAvailable", TOKEN).credential(&quietly(PATIENCE))).await.unwrap();
    soon(plugin(&dir, "Never", TOKEN).credential(&quietly(PATIENCE))).await.unwrap();
    assert_eq!(runs(&dir), [false, false]);
}

#[tokio::test]
async fn a_terminal_that_nobody_draws_on_is_shared() {
    let dir = tempfile::tempdir().unwrap();
    let console = Console { lend: Lend::Shared, notices: None };
    for mode in ["Always", "IfAvailable", "Never"] {
        credential(&plugin(&dir, mode, TOKEN), &console).await.unwrap();
    }
    assert_eq!(runs(&dir), [true, true, false]);
}

#[tokio::test]
async fn one_that_always_asks_gets_the_screen_once_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let (console, loans) = asking();
    let lender = lender(loans);
    let plugin = plugin(&dir, "Always", TOKEN);
    credential(&plugin, &console).await.unwrap();
    plugin.forget();
    // The reader is in the middle of something else by now.
    let error = credential(&plugin, &console).await.unwrap_err();
    assert!(error.advice().unwrap().contains(":retry lends it the terminal"), "{:?}", error.advice());
    plugin.allow_terminal();
    credential(&plugin, &console).await.unwrap();
    assert_eq!(runs(&dir), [true, true]);
    drop(console);
    assert_eq!(soon(lender).await.unwrap(), ["prod ada", "prod ada"]);
}

#[tokio::test]
async fn one_that_can_do_without_gets_it_when_somebody_asks_again() {
    let dir = tempfile::tempdir().unwrap();
    let (console, loans) = asking();
    let lender = lender(loans);
    let script = format!("case \"$KUBERNETES_EXEC_INFO\" in *true*) {TOKEN};; *) echo log in >&2; exit 1;; esac");
    let plugin = plugin(&dir, "IfAvailable", &script);
    for _ in 0..2 {
        let error = credential(&plugin, &console).await.unwrap_err();
        assert!(error.to_string().contains("log in"), "{error}");
        assert!(error.advice().unwrap().contains(":retry runs it with the terminal"), "{:?}", error.advice());
    }
    plugin.allow_terminal();
    credential(&plugin, &console).await.unwrap();
    assert_eq!(runs(&dir), [false, false, false, true]);
    drop(console);
    assert_eq!(soon(lender).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_starts_before_the_terminal_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (console, mut loans) = asking();
    let plugin = plugin(&dir, "Always", TOKEN);
    let caller = tokio::spawn({
        let (plugin, console) = (Arc::clone(&plugin), console.clone());
        async move { credential(&plugin, &console).await }
    });
    let loan = soon(loans.recv()).await.unwrap();
    assert_eq!(runs(&dir), Vec::<bool>::new());
    drop(loan);
    assert!(soon(caller).await.unwrap().unwrap_err().to_string().contains("needs a terminal"));
    assert_eq!(runs(&dir), Vec::<bool>::new());
    // Who asked has gone: so has the loan.
    plugin.allow_terminal();
    let caller = tokio::spawn(async move { credential(&plugin, &console).await });
    let loan = soon(loans.recv()).await.unwrap();
    caller.abort();
    assert!(soon(loan.over).await.is_err());
    assert!(loan.granted.send(()).is_err());
}

#[tokio::test]
async fn one_that_does_not_heed_ctrl_c_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let (console, mut loans) = asking();
    let plugin = plugin(&dir, "Always", "trap '' INT\nexec sleep 1000");
    let caller = tokio::spawn(async move { credential(&plugin, &console).await });
    let loan = soon(loans.recv()).await.unwrap();
    loan.granted.send(()).unwrap();
    super::until(|| runs(&dir) == [true]).await;
    loan.stop.notify_one();
    let error = soon(caller).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("was given up"), "{error}");
    assert!(error.advice().unwrap().contains(":retry"));
    assert!(soon(loan.over).await.is_err());
}
