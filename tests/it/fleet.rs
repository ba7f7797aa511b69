//! `get` over several clusters, some of which cannot be had, and over kubeconfigs of every kind.

use crate::api::Api;
use crate::cli::{Ended, PATIENCE, Stream, get, run, skylark};
use crate::support::rig::{Rig, Version, require_rig};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Addresses that are no API servers, and a kubeconfig that names them.
struct Bad {
    kubeconfig: PathBuf,
    dir: tempfile::TempDir,
    /// Connections that are accepted and never answered.
    _silent: Arc<Mutex<Vec<TcpStream>>>,
}

fn entry(name: &str, server: &str, user: &Value) -> [Value; 3] {
    [
        json!({"name": name, "cluster": {"server": server, "insecure-skip-tls-verify": true}}),
        json!({"name": name, "context": {"cluster": name, "user": name}}),
        json!({"name": name, "user": user}),
    ]
}

fn kubeconfig(entries: &[[Value; 3]]) -> String {
    let of = |at: usize| entries.iter().map(|entry| entry[at].clone()).collect::<Vec<_>>();
    json!({"apiVersion": "v1", "kind": "Config", "clusters": of(0), "contexts": of(1), "users": of(2)}).to_string()
}

/// A port of 127.0.0.1 on which nobody listens.
fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("https://{}", listener.local_addr().expect("an address"))
}

fn bad() -> Bad {
    let silent = Arc::<Mutex<Vec<TcpStream>>>::default();
    let hole = TcpListener::bind("127.0.0.1:0").expect("a port");
    let plain = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (hole_at, plain_at) = (hole.local_addr().expect("an address"), plain.local_addr().expect("an address"));
    let kept = silent.clone();
    std::thread::spawn(move || {
        for stream in hole.incoming().flatten() {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
        }
    });
    std::thread::spawn(move || {
        for mut stream in plain.incoming().flatten() {
            let _ = stream.read(&mut [0; 512]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let user = json!({"token": "any"});
    let text = kubeconfig(&[
        entry("dead", &dead(), &user),
        entry("hole", &format!("https://{hole_at}"), &user),
        entry("plain", &format!("https://{plain_at}"), &user),
    ]);
    let dir = tempfile::tempdir().expect("a directory");
    let kubeconfig = dir.path().join("bad");
    fs::write(&kubeconfig, text).expect("a kubeconfig");
    Bad { kubeconfig, dir, _silent: silent }
}

/// The sentence of a cluster on stderr.
#[track_caller]
fn sentence<'a>(ended: &'a Ended, cluster: &str) -> &'a str {
    let found = ended.err.lines().find(|line| line.contains(&format!("{cluster}:")));
    found.unwrap_or_else(|| panic!("nothing about {cluster}: {ended:?}"))
}

#[test]
fn all_contexts_give_what_there_is_and_name_what_is_missing() {
    require_rig!();
    let (rig, other, bad) = (Rig::shared(), Rig::still_of(Version::V1_33), bad());
    let files = [bad.kubeconfig.as_path(), rig.kubeconfig(), other.kubeconfig()];
    let ended = run(&mut skylark(&files, &["get", "nodes", "--all-contexts", "-o", "json", "--timeout", "4s"]));
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.took < Duration::from_secs(4 + 4), "the time-out bounds the whole: {ended:?}");
    let told: BTreeSet<String> =
        ended.rows().iter().map(|row| row["cluster"].as_str().unwrap_or_default().into()).collect();
    assert_eq!(told, BTreeSet::from(["rig".to_owned(), "older".to_owned()]), "each cluster once, under its first name");
    for (cluster, api) in [("rig", Api::new(rig.kubeconfig(), None)), ("older", Api::new(other.kubeconfig(), None))] {
        let rows = ended.rows().iter().filter(|row| row["cluster"] == cluster).count();
        assert_eq!(rows, api.versions("/api/v1/nodes").len(), "{cluster}");
    }
    let missing = ended.err.lines().filter(|line| line.starts_with("missing: ")).count();
    assert_eq!(missing, 3, "one sentence for each missing cluster: {}", ended.err);
    assert!(sentence(&ended, "dead").contains("refused"), "{}", ended.err);
    for cluster in ["hole", "plain"] {
        assert!(sentence(&ended, cluster).len() > "missing: plain: nodes: ".len(), "{}", ended.err);
    }

    let table = run(&mut skylark(&files, &["get", "nodes", "--all-contexts", "--timeout", "3s"]));
    let heads: Vec<&str> = table.out.lines().next().unwrap_or_default().split_whitespace().take(2).collect();
    assert_eq!((table.code, heads), (3, vec!["CLUSTER", "NAME"]), "{table:?}");

    let named = run(&mut skylark(&files, &["get", "ns", "default", "--context", "older,rig-cert,rig"])).complete();
    let clusters: Vec<&str> = named.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(clusters[0], "CLUSTER");
    assert_eq!(clusters[1..].iter().collect::<BTreeSet<_>>(), BTreeSet::from([&"older", &"rig-cert", &"rig"]));
}

#[test]
fn a_watch_does_not_wait_for_the_dead() {
    require_rig!();
    let (rig, other, bad) = (Rig::shared(), Rig::still_of(Version::V1_33), bad());
    let files = [bad.kubeconfig.as_path(), rig.kubeconfig(), other.kubeconfig()];
    let alone = Instant::now();
    assert_eq!(get(other.kubeconfig(), &["nodes"]).code, 0);
    let alone = alone.elapsed();
    let begun = Instant::now();
    let stream = Stream::start(&mut skylark(&files, &["get", "nodes", "--all-contexts", "--watch", "-o", "json"]));
    for cluster in ["rig", "older"] {
        let at = stream.line(cluster, 0, PATIENCE, |line| line.is("synced") && line.value["cluster"] == cluster);
        let took = at.saturating_duration_since(begun);
        assert!(took < alone * 3 + Duration::from_secs(3), "{cluster} came after {took:?}, alone after {alone:?}");
    }
    for cluster in ["dead", "hole", "plain"] {
        stream.line(cluster, 0, PATIENCE, |line| line.says("unreachable") && line.value["cluster"] == cluster);
    }
    stream.consistent();
}

#[test]
fn users_of_few_rights() {
    require_rig!();
    let rig = Rig::shared();
    let (team_a, nobody) = (rig.team_a(), rig.nobody());
    let own = get(rig.kubeconfig(), &["pods,deploy,svc", "--context", &team_a, "-n", "team-a"]);
    assert_eq!(own.code, 0, "{own:?}");
    let by_context = get(rig.kubeconfig(), &["pods", "--context", &team_a]);
    assert!(by_context.code == 0 && by_context.out.contains("worker-0"), "{by_context:?}");
    let empty = get(rig.kubeconfig(), &["svc", "--context", &team_a]);
    assert_eq!((empty.code, empty.err.as_str()), (0, "No resources found in team-a namespace.\n"));
    for (context, args) in
        [(&team_a, ["secrets", "-A"]), (&team_a, ["nodes", "-A"]), (&nobody, ["pods", "-A"]), (&nobody, ["ns", "-A"])]
    {
        let ended = get(rig.kubeconfig(), &[&args[..], &["--context", context]].concat());
        assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{ended:?}");
        assert!(ended.err.contains("is forbidden: User") && ended.err.contains(context.as_str()), "{ended:?}");
    }
    let partly =
        get(rig.kubeconfig(), &["pods,configmaps", "-n", "team-a,default", "--context", &team_a, "-o", "json"]);
    assert_eq!(partly.code, 3, "{partly:?}");
    for missing in ["pods in namespace default", "configmaps in namespace default", "configmaps in namespace team-a"] {
        assert!(partly.err.contains(missing), "{missing}: {}", partly.err);
    }
    assert!(!partly.err.contains("pods in namespace team-a"), "{}", partly.err);
    let whole = get(rig.kubeconfig(), &["pods", "-A", "-o", "yaml", "--context", &nobody]);
    assert!(whole.code == 3 && whole.err.contains("forbidden"), "{whole:?}");
}

#[test]
fn a_watch_of_few_rights_says_so_and_goes_on() {
    require_rig!();
    let rig = Rig::shared();
    let context = rig.team_a();
    let stream = Stream::get(rig.kubeconfig(), &["pods,configmaps", "-n", "team-a", "--context", &context]);
    stream.synced(1);
    stream.line("forbidden", 0, PATIENCE, |line| {
        line.is("state")
            && line.value["state"] == "forbidden"
            && line.value["kind"] == "ConfigMap"
            && line.value["reason"].as_str().is_some_and(|reason| reason.contains("is forbidden"))
    });
    stream
        .now(|seen| assert!(seen.lines.iter().any(|line| line.says("live")), "a forbidden kind is not a lost cluster"));
}

#[test]
fn a_token_that_is_wrong() {
    require_rig!();
    let rig = Rig::shared();
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("kubeconfig");
    fs::write(&path, kubeconfig(&[entry("locked", rig.server(), &json!({"token": "not-the-token"}))]))
        .expect("a kubeconfig");
    // Who refuses a token sends the connection away, too: with it what else was asked on it.
    let ended = run(&mut skylark(&[&path], &["get", "pods", "--context", "locked"]));
    assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{ended:?}");
    assert!(ended.err.contains("locked") && ended.err.contains("401"), "{ended:?}");
    assert!(!ended.err.contains("not-the-token"), "{ended:?}");
    let stream =
        Stream::start(&mut skylark(&[&path], &["get", "pods", "--context", "locked", "--watch", "-o", "json"]));
    stream.line("denied", 0, PATIENCE, |line| line.says("denied"));
}

#[test]
fn an_unknown_kind() {
    require_rig!();
    let rig = Rig::shared();
    let ended = get(rig.kubeconfig(), &["deploymnets"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.err.contains("deploymnets") && ended.err.contains("did you mean deployments"), "{ended:?}");
    let partly = get(rig.kubeconfig(), &["nodes,nosuchkind"]);
    assert!(partly.code == 3 && partly.out.contains("rig-node-1") && partly.err.contains("nosuchkind"), "{partly:?}");
}

#[test]
fn a_reader_that_leaves_early() {
    require_rig!();
    let rig = Rig::still_of(Version::V1_37);
    for output in ["table", "json", "name", "yaml"] {
        let mut command = skylark(&[rig.kubeconfig()], &["get", "pods", "-A", "-o", output]);
        let mut child = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("it starts");
        child.stdout.take().expect("piped").read_exact(&mut [0; 10]).expect("a line");
        let mut said = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut said).expect("stderr");
        let status = crate::cli::wait(&mut child, PATIENCE).expect("it ends");
        assert_eq!((status.code(), said.as_str()), (Some(0), ""), "{output}");
    }
}

/// A file of a kubeconfig, and how `get pods` ends with it.
fn with(dir: &Path, text: &str, args: &[&str]) -> Ended {
    let path = dir.join("kubeconfig");
    fs::write(&path, text).expect("a kubeconfig");
    run(&mut skylark(&[&path], args))
}

#[test]
fn kubeconfigs_of_every_kind() {
    let bad = bad();
    let dir = bad.dir.path();
    let missing = run(&mut skylark(&[dir.join("nowhere")], &["get", "pods"]));
    let given = run(&mut skylark(&[dir.join("nowhere")], &["get", "pods", "--kubeconfig", "/no/such/file"]));
    let one = |server: &str| entry("only", server, &json!({}));
    let without_current = with(dir, &kubeconfig(&[one(&dead())]), &["get", "pods"]);
    let dangling =
        r#"{"current-context": "x", "contexts": [{"name": "x", "context": {"cluster": "none", "user": "none"}}]}"#;
    for (what, ended) in [
        ("missing", &missing),
        ("named and missing", &given),
        ("empty", &with(dir, "", &["get", "pods"])),
        ("not YAML", &with(dir, "\u{1}{{{: no", &["get", "pods"])),
        ("another thing", &with(dir, "- a\n- b\n", &["get", "pods"])),
        ("no contexts", &with(dir, "apiVersion: v1\nkind: Config\n", &["get", "pods", "--all-contexts"])),
        ("no current-context", &without_current),
        ("a current-context that is not there", &with(dir, "{\"current-context\": \"gone\"}", &["get", "pods"])),
        ("a context of nothing", &with(dir, dangling, &["get", "pods", "--timeout", "2s"])),
        ("a server that is no URL", &with(dir, &kubeconfig(&[one("::::")]), &["get", "pods", "--context", "only"])),
        ("dead", &with(dir, &kubeconfig(&[one(&dead())]), &["get", "pods", "--context", "only"])),
        ("a context that is not there", &run(&mut skylark(&[&bad.kubeconfig], &["get", "pods", "--context", "nope"]))),
    ] {
        assert!(ended.code == 1 || ended.code == 3, "{what}: {ended:?}");
        assert_eq!(ended.out, "", "{what}: {ended:?}");
        assert!(ended.err.split_whitespace().count() >= 4, "{what}: a sentence: {ended:?}");
        assert!(ended.took < Duration::from_secs(15), "{what}: {ended:?}");
    }
    assert!(without_current.err.contains("current-context"), "{without_current:?}");
    assert!(given.err.contains("/no/such/file"), "{given:?}");
}

#[test]
fn a_command_line_that_is_wrong() {
    let bad = bad();
    for args in [
        &["get"][..],
        &["get", "pods", "-o", "xml"],
        &["get", "pods", "--timeout", "soon"],
        &["get", "pods", "-A", "-n", "default"],
        &["get", "pods", "a", "-l", "b=c"],
        &["get", "pods,nodes", "a"],
        &["get", "pod/a", "b"],
        &["get", "pods", "--context", "dead", "--all-contexts"],
        &["get", "pods", "--no-such-option"],
        &["no", "such", "thing"],
    ] {
        let ended = run(&mut skylark(&[&bad.kubeconfig], args));
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{args:?}: {ended:?}");
        assert!(!ended.err.trim().is_empty(), "{args:?}");
    }
    for args in [&["version"][..], &["help"], &["--help"], &["get", "--help"]] {
        let ended = run(&mut skylark(&[&bad.kubeconfig], args));
        assert!(ended.code == 0 && !ended.out.is_empty() && ended.err.is_empty(), "{args:?}: {ended:?}");
    }
}

#[test]
fn no_terminal() {
    let bad = bad();
    for args in [&[][..], &["--all-contexts"], &["pods"], &["demo"]] {
        let ended = run(&mut skylark(&[&bad.kubeconfig], args));
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{args:?}: {ended:?}");
        assert!(ended.err.contains("terminal") && ended.err.lines().count() == 1, "{args:?}: {ended:?}");
    }
}
