//! `get --watch`: replaying the stream gives the server's set, whatever happens to the server and to the way there.

use crate::api::Api;
use crate::cli::{PATIENCE, Seen, Stream, eventually, get, skylark};
use crate::support::proxy::{FaultProxy, Mode, rewrite_kubeconfig};
use crate::support::rig::{Component, Rig, RigOptions, Version, on_both, require_rig};
use crate::support::server::{Place, Server, on_each};
use crate::support::until;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// A lost server is said within this time.
const STALE: Duration = Duration::from_secs(10);
/// A server that answers again is live within this time.
const LIVE: Duration = Duration::from_secs(15);
/// What a busy machine may add to both.
const SLACK: Duration = Duration::from_secs(3);

/// A server of its own for tests that take turns in hurting it.
struct Hurt {
    rig: &'static Rig,
    api: Api,
    audit: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

fn hurt() -> Hurt {
    hurt_of(Version::default())
}

fn hurt_of(version: Version) -> Hurt {
    static TURNS: [Mutex<()>; 2] = [const { Mutex::new(()) }; 2];
    static RIGS: [OnceLock<(Rig, tempfile::TempDir)>; 2] = [const { OnceLock::new() }; 2];
    let turn = TURNS[version as usize].lock().unwrap_or_else(PoisonError::into_inner);
    let audit = |dir: &tempfile::TempDir| dir.path().join("audit.log");
    let (rig, dir) = RIGS[version as usize].get_or_init(|| {
        let dir = tempfile::tempdir().expect("a directory");
        let options = RigOptions {
            version,
            context: "hurt".into(),
            pods: 60,
            namespaces: Some(4),
            audit_log: Some(audit(&dir)),
            ..RigOptions::server_only()
        };
        (Rig::start(&options).unwrap_or_else(|error| panic!("{error}")), dir)
    });
    // What a failed test has left behind; both refuse where there is nothing to do.
    let _ = rig.cont(Component::ApiServer);
    let _ = rig.restart(Component::ApiServer);
    Hurt { rig, api: Api::new(rig.kubeconfig(), None), audit: audit(dir), _turn: turn }
}

impl Hurt {
    /// How often the binary has listed the pods of this server, in pages or as a stream.
    fn lists(&self) -> usize {
        let log = std::fs::read_to_string(&self.audit).unwrap_or_default();
        let entries = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        entries
            .filter(|entry| entry["stage"] == "ResponseStarted" || entry["stage"] == "ResponseComplete")
            .filter(|entry| text(entry, "userAgent").starts_with("skylark"))
            .filter(|entry| {
                let uri = text(entry, "requestURI");
                uri.starts_with("/api/v1/pods")
                    && (!uri.contains("watch=true") || uri.contains("sendInitialEvents=true"))
            })
            .map(|entry| text(&entry, "auditID"))
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    }

    /// A stream of all pods and configmaps that is complete, and knows whose they are.
    fn stream(&self, kubeconfig: &Path) -> Stream {
        let stream = Stream::get(kubeconfig, &["pods,configmaps", "-A"]);
        stream.synced(2);
        stream.known();
        self.settle(&stream);
        stream
    }

    #[track_caller]
    fn settle(&self, stream: &Stream) {
        settle(stream, &self.api, &[("Pod", "/api/v1/pods"), ("ConfigMap", "/api/v1/configmaps")]);
    }

    fn proxy(&self) -> Through {
        let proxy = FaultProxy::start(self.rig.server_addr()).expect("a proxy");
        let dir = tempfile::tempdir().expect("a directory");
        let kubeconfig = dir.path().join("kubeconfig");
        let text = rewrite_kubeconfig(self.rig.kubeconfig(), self.rig.context(), proxy.addr());
        std::fs::write(&kubeconfig, text).expect("a kubeconfig");
        Through { proxy, kubeconfig, _dir: dir }
    }
}

/// A way to the server that can be disturbed.
struct Through {
    proxy: FaultProxy,
    kubeconfig: PathBuf,
    _dir: tempfile::TempDir,
}

/// Waits until the stream's set is the server's.
#[track_caller]
pub fn settle(stream: &Stream, api: &Api, kinds: &[(&str, &str)]) {
    for (kind, path) in kinds {
        eventually(PATIENCE, || {
            let theirs = api.versions(path);
            let ours = stream.now(|seen| seen.versions(kind));
            if ours == theirs {
                return Ok(());
            }
            let missing: Vec<_> = theirs.iter().filter(|(uid, _)| !ours.contains_key(*uid)).collect();
            let ghosts: Vec<_> = ours.iter().filter(|(uid, _)| !theirs.contains_key(*uid)).collect();
            Err(format!("{kind}: {} rows for {}; missing {missing:?}; ghosts {ghosts:?}", ours.len(), theirs.len()))
        });
    }
    stream.consistent();
}

/// Fails where the cluster was not said stale in time after `lost`.
#[track_caller]
fn stale_in_time(stream: &Stream, mark: usize, lost: Instant) {
    let said = stream.line("stale", mark, PATIENCE, |line| line.says("stale"));
    let took = said.saturating_duration_since(lost);
    assert!(took <= STALE + SLACK, "said stale after {took:?}");
    let reason = stream.now(|seen| {
        let line = seen.lines[mark..].iter().find(|line| line.says("stale")).expect("found before");
        line.value.clone()
    });
    assert!(!reason["reason"].as_str().unwrap_or_default().is_empty(), "it says why: {reason}");
    assert!(reason["since"].is_string(), "it says since when: {reason}");
}

/// Fails where the cluster was not said live in time after the server answered again at `back`.
#[track_caller]
fn live_in_time(stream: &Stream, mark: usize, back: Instant) {
    let said = stream.line("live again", mark, PATIENCE, |line| line.says("live"));
    let took = said.saturating_duration_since(back);
    assert!(took <= LIVE + SLACK, "live after {took:?}");
}

fn rows_of(seen: &Seen, from: usize, what: &str, kind: &str) -> usize {
    seen.lines[from..].iter().filter(|line| line.is(what) && line.value["row"]["kind"] == kind).count()
}

#[test]
fn replaying_a_churn_gives_the_servers_set() {
    on_each(replay);
}

fn replay(server: Server) {
    let rig = server.shared();
    let api = Api::new(rig.kubeconfig(), None);
    let n = api.namespace("churn");
    let core = format!("/api/v1/namespaces/{n}");
    let deployments = format!("/apis/apps/v1/namespaces/{n}/deployments");
    let config = |name: &str| api.create(&format!("{core}/configmaps"), &json!({"metadata": {"name": name}}));
    config("first");
    let stream = Stream::get(rig.kubeconfig(), &["pods,deploy,rs,cm,svc,events", "-n", &n]);
    stream.synced(6);
    let paths = [
        ("Pod", format!("{core}/pods")),
        ("Deployment", deployments.clone()),
        ("ReplicaSet", format!("/apis/apps/v1/namespaces/{n}/replicasets")),
        ("ConfigMap", format!("{core}/configmaps")),
        ("Service", format!("{core}/services")),
        ("Event", format!("{core}/events")),
    ];
    let paths: Vec<(&str, &str)> = paths.iter().map(|(kind, path)| (*kind, path.as_str())).collect();
    settle(&stream, &api, &paths);

    let pod = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "a", "image": "i:1"}]}});
    api.create(
        &deployments,
        &json!({"metadata": {"name": "web"},
        "spec": {"replicas": 4, "selector": {"matchLabels": {"app": "web"}}, "template": pod}}),
    );
    api.create(&format!("{core}/services"), &json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}));
    let up = |count: i64| {
        eventually(PATIENCE, || {
            let status = &api.get(&format!("{deployments}/web"))["status"];
            if status["readyReplicas"] == count && status["replicas"] == count {
                Ok(())
            } else {
                Err(status.to_string())
            }
        });
    };
    up(4);
    api.merge(&format!("{deployments}/web"), &json!({"spec": {"replicas": 12}}));
    up(12);
    api.merge(
        &format!("{deployments}/web"),
        &json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "i:2"}]}}}}),
    );
    for at in 0..10 {
        config(&format!("more-{at}"));
    }
    for at in 0..5 {
        api.delete(&format!("{core}/configmaps/more-{at}"));
    }
    api.merge(&format!("{deployments}/web"), &json!({"spec": {"replicas": 3}}));
    api.delete(&format!("{core}/services/web"));
    up(3);
    settle(&stream, &api, &paths);
    api.delete(&format!("{deployments}/web?propagationPolicy=Foreground"));
    eventually(PATIENCE, || {
        let left = api.versions(&format!("{core}/pods")).len();
        if left == 0 { Ok(()) } else { Err(format!("{left} pods are left")) }
    });
    settle(&stream, &api, &paths);
    stream.now(|seen| {
        assert!(rows_of(seen, 0, "deleted", "Pod") >= 12 && rows_of(seen, 0, "deleted", "ConfigMap") == 5);
        assert_eq!(seen.count("synced"), 6, "nothing was listed twice");
    });
}

#[test]
fn a_new_version_is_a_change_and_a_ticking_age_is_not() {
    on_each(ticking);
}

fn ticking(server: Server) {
    let rig = server.still();
    let api = Api::new(rig.kubeconfig(), None);
    let n = api.namespace("quiet");
    let pods = format!("/api/v1/namespaces/{n}/pods");
    let maps = format!("/api/v1/namespaces/{n}/configmaps");
    let spec = json!({"containers": [{"name": "a", "image": "i"}]});
    api.create(&pods, &json!({"metadata": {"name": "p"}, "spec": spec}));
    api.create(&maps, &json!({"metadata": {"name": "c"}}));
    let stream = Stream::get(rig.kubeconfig(), &["pods,cm", "-n", &n]);
    stream.synced(2);
    for (kind, path) in [("Pod", format!("{pods}/p")), ("ConfigMap", format!("{maps}/c"))] {
        let mark = stream.mark();
        let merged = api.merge(&path, &json!({"metadata": {"annotations": {"seen": "no"}}}));
        stream.line("modified", mark, PATIENCE, |line| {
            line.is("modified")
                && line.value["row"]["kind"] == kind
                && line.value["row"]["resourceVersion"] == merged["metadata"]["resourceVersion"]
        });
    }
    let mark = stream.mark();
    // These rows are seconds old, so that every second changes their ages: one that is asked anew shows that.
    let printed = || get(rig.kubeconfig(), &["pods", "-n", &n]).out;
    let first = printed();
    until("an age has ticked", || printed() != first);
    stream.now(|seen| assert!(seen.lines[mark..].is_empty(), "{:?}", &seen.lines[mark..]));
    stream.consistent();
}

#[test]
fn a_server_killed_and_started() {
    require_rig!();
    let hurt = hurt();
    let stream = hurt.stream(hurt.rig.kubeconfig());
    let (mark, lost) = (stream.mark(), Instant::now());
    hurt.rig.kill(Component::ApiServer).expect("killed");
    stale_in_time(&stream, mark, lost);
    let gone = hurt.rig.delete_pods(7).expect("deleted");
    assert_eq!(gone, 7);
    let mark = stream.mark();
    hurt.rig.restart(Component::ApiServer).expect("started");
    live_in_time(&stream, mark, Instant::now());
    hurt.settle(&stream);
    stream.now(|seen| assert_eq!(rows_of(seen, mark, "deleted", "Pod"), 7));
    hurt.rig.add_pods(9).expect("added");
    hurt.settle(&stream);
}

#[test]
fn a_server_stopped_and_continued() {
    require_rig!();
    let hurt = hurt();
    let stream = hurt.stream(hurt.rig.kubeconfig());
    let (mark, lost) = (stream.mark(), Instant::now());
    hurt.rig.stop(Component::ApiServer).expect("stopped");
    stale_in_time(&stream, mark, lost);
    let gone = hurt.rig.delete_pods(3).expect("deleted");
    let mark = stream.mark();
    let back = Instant::now();
    hurt.rig.cont(Component::ApiServer).expect("continued");
    live_in_time(&stream, mark, back);
    hurt.settle(&stream);
    stream.now(|seen| assert_eq!(rows_of(seen, mark, "deleted", "Pod") as u64, gone));
    hurt.rig.add_pods(3).expect("added");
    hurt.settle(&stream);
}

#[test]
fn versions_that_have_expired() {
    require_rig!();
    on_both(|version| {
        let hurt = hurt_of(version);
        let stream = hurt.stream(hurt.rig.kubeconfig());
        hurt.rig.kill(Component::ApiServer).expect("killed");
        let mark = stream.mark();
        hurt.rig.delete_pods(5).expect("deleted");
        hurt.rig.add_pods(4).expect("added");
        hurt.rig.expire().expect("expired");
        live_in_time(&stream, mark, Instant::now());
        hurt.settle(&stream);
        stream.until("lists anew", PATIENCE, |seen| (seen.count("synced") >= 4).then_some(()));
        stream.now(|seen| {
            assert_eq!(rows_of(seen, mark, "deleted", "Pod"), 5);
            assert_eq!(rows_of(seen, mark, "added", "Pod"), 4, "what stayed is not told again");
        });
    });
}

/// An embedded server of its own, and a proxy on the way to it.
fn served_alone(name: &str) -> (Place, Through) {
    let place = Place::embedded(name, &["--clusters", "1", "--still"]);
    let proxy = FaultProxy::start(place.addr()).expect("a proxy");
    let dir = tempfile::tempdir().expect("a directory");
    let kubeconfig = dir.path().join("kubeconfig");
    let text = rewrite_kubeconfig(place.kubeconfig(), place.context(), proxy.addr());
    std::fs::write(&kubeconfig, text).expect("a kubeconfig");
    (place, Through { proxy, kubeconfig, _dir: dir })
}

const BOTH: [(&str, &str); 2] = [("Pod", "/api/v1/pods"), ("ConfigMap", "/api/v1/configmaps")];

/// Deletes so many pods of a namespace and creates others.
fn exchange(api: &Api, n: &str, turn: &str, pods: usize) {
    let path = format!("/api/v1/namespaces/{n}/pods");
    for item in api.get(&path)["items"].as_array().into_iter().flatten() {
        let name = item["metadata"]["name"].as_str().unwrap_or_default();
        api.delete(&format!("{path}/{name}?gracePeriodSeconds=0"));
    }
    let spec = json!({"containers": [{"name": "a", "image": "i"}]});
    for at in 0..pods {
        api.create(&path, &json!({"metadata": {"name": format!("{turn}-{at}")}, "spec": spec}));
    }
}

#[test]
fn versions_that_the_embedded_server_has_forgotten() {
    let (place, way) = served_alone("embedded-forgets");
    let api = Api::new(place.kubeconfig(), None);
    let n = api.namespace("forgotten");
    exchange(&api, &n, "first", 5);
    let stream = Stream::get(&way.kubeconfig, &["pods,configmaps", "-A"]);
    stream.synced(2);
    settle(&stream, &api, &BOTH);
    let mark = stream.mark();
    way.proxy.set(Mode::Refuse);
    way.proxy.cut();
    exchange(&api, &n, "second", 4);
    place.served().expect("a process").signal(rustix::process::Signal::USR1);
    // The signal has arrived once a version from before is refused.
    let old = api.get("/api/v1/configmaps?limit=1")["metadata"]["resourceVersion"].clone();
    api.create(&format!("/api/v1/namespaces/{n}/configmaps"), &json!({"metadata": {"name": "after"}}));
    let since =
        format!("/api/v1/configmaps?resourceVersion={}&resourceVersionMatch=Exact", old.as_str().unwrap_or("0"));
    eventually(PATIENCE, || {
        place.served().expect("a process").signal(rustix::process::Signal::USR1);
        match api.ask("GET", &since, ("accept", "application/json"), &Value::Null) {
            Err(kube::Error::Api(status)) if status.code == 410 => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    way.proxy.set(Mode::Pass);
    stream.until("lists anew", PATIENCE, |seen| (seen.count("synced") >= 4).then_some(()));
    settle(&stream, &api, &BOTH);
    stream.now(|seen| {
        assert_eq!((rows_of(seen, mark, "deleted", "Pod"), rows_of(seen, mark, "added", "Pod")), (5, 4));
    });
}

#[test]
fn an_embedded_server_stopped_and_continued() {
    let (place, _) = served_alone("embedded-stops");
    let api = Api::new(place.kubeconfig(), None);
    let n = api.namespace("stopped");
    exchange(&api, &n, "first", 3);
    let stream = Stream::get(place.kubeconfig(), &["pods,configmaps", "-A"]);
    stream.synced(2);
    settle(&stream, &api, &BOTH);
    let served = place.served().expect("a process");
    let (mark, lost) = (stream.mark(), Instant::now());
    served.signal(rustix::process::Signal::STOP);
    stale_in_time(&stream, mark, lost);
    let (mark, back) = (stream.mark(), Instant::now());
    served.signal(rustix::process::Signal::CONT);
    live_in_time(&stream, mark, back);
    exchange(&api, &n, "second", 2);
    settle(&stream, &api, &BOTH);
}

#[test]
fn a_black_hole_on_the_way() {
    require_rig!();
    let hurt = hurt();
    let way = hurt.proxy();
    let stream = hurt.stream(&way.kubeconfig);
    let lists = hurt.lists();
    let (mark, lost) = (stream.mark(), Instant::now());
    way.proxy.set(Mode::BlackHole);
    stale_in_time(&stream, mark, lost);
    hurt.rig.delete_pods(4).expect("deleted");
    hurt.rig.add_pods(2).expect("added");
    let (mark, back) = (stream.mark(), Instant::now());
    way.proxy.set(Mode::Pass);
    live_in_time(&stream, mark, back);
    hurt.settle(&stream);
    stream.now(|seen| {
        assert_eq!((rows_of(seen, mark, "deleted", "Pod"), rows_of(seen, mark, "added", "Pod")), (4, 2));
        assert_eq!(seen.count("synced"), 2, "the watches go on from where they were");
    });
    assert_eq!(hurt.lists(), lists, "nothing is listed anew");
}

#[test]
fn a_connection_cut_again_and_again() {
    require_rig!();
    let hurt = hurt();
    let way = hurt.proxy();
    let stream = hurt.stream(&way.kubeconfig);
    let lists = hurt.lists();
    let churn = hurt.rig.churn(50, 8).expect("a churn");
    while !churn.is_done() {
        let mark = stream.mark();
        let cut = Instant::now();
        way.proxy.cut();
        live_in_time(&stream, mark, cut);
    }
    churn.wait().expect("changes");
    way.proxy.close();
    hurt.rig.delete_pods(2).expect("deleted");
    hurt.settle(&stream);
    stream.now(|seen| assert_eq!(seen.count("synced"), 2));
    assert_eq!(hurt.lists(), lists, "nothing is listed anew");
    assert!(lists > 0, "the audit log names our lists");
}

#[test]
fn a_first_list_that_is_cut() {
    require_rig!();
    let hurt = hurt();
    let way = hurt.proxy();
    // Enough for the handshake and a part of the list.
    way.proxy.set(Mode::CutAfter(40_000));
    let stream = Stream::get(&way.kubeconfig, &["pods,configmaps", "-A"]);
    eventually(PATIENCE, || if way.proxy.stats().accepted >= 3 { Ok(()) } else { Err("no new attempt".into()) });
    hurt.rig.delete_pods(3).expect("deleted");
    way.proxy.set(Mode::Pass);
    stream.synced(2);
    hurt.settle(&stream);
}

#[test]
fn a_server_that_was_never_there() {
    require_rig!();
    let hurt = hurt();
    let way = hurt.proxy();
    way.proxy.set(Mode::Refuse);
    let stream = Stream::get(&way.kubeconfig, &["pods,configmaps", "-A"]);
    stream.line("unreachable", 0, PATIENCE, |line| line.says("unreachable"));
    let (mark, back) = (stream.mark(), Instant::now());
    way.proxy.set(Mode::Pass);
    live_in_time(&stream, mark, back);
    hurt.settle(&stream);
    stream.now(|seen| assert!(!seen.lines.iter().any(|line| line.says("stale")), "it had no rows to be stale"));
}

#[test]
fn a_kind_that_comes_later() {
    on_each(comes_later);
}

fn comes_later(server: Server) {
    let rig = server.still();
    let api = Api::new(rig.kubeconfig(), None);
    let n = api.namespace("later");
    let stream = Stream::get(rig.kubeconfig(), &["probes.fleet.example.com,pods", "-n", &n]);
    stream.synced(1);
    stream.until("the missing kind is said", PATIENCE, |seen| {
        seen.lines.iter().any(|line| line.is("state") && line.value["state"] == "missing").then_some(())
    });
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    api.create(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        &json!({
        "metadata": {"name": "probes.fleet.example.com"},
        "spec": {"group": "fleet.example.com", "scope": "Namespaced", "names": {"plural": "probes", "kind": "Probe"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}]}}),
    );
    let probes = format!("/apis/fleet.example.com/v1/namespaces/{n}/probes");
    let probe = json!({"apiVersion": "fleet.example.com/v1", "kind": "Probe", "metadata": {"name": "one"}});
    eventually(PATIENCE, || {
        let made = api.ask("POST", &probes, ("content-type", "application/json"), &probe);
        made.map(drop).map_err(|error| error.to_string())
    });
    settle(&stream, &api, &[("Probe", &probes)]);
}

#[test]
fn a_signal_or_a_closed_pipe_ends_it() {
    on_each(signal_or_pipe);
}

fn signal_or_pipe(server: Server) {
    let rig = server.still();
    let mut stream = Stream::get(rig.kubeconfig(), &["pods", "-A"]);
    stream.synced(1);
    let pid = rustix::process::Pid::from_child(&stream.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("signalled");
    let status = crate::cli::wait(&mut stream.child, PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(0));

    let mut command = skylark(&[rig.kubeconfig()], &["get", "pods", "-A", "--watch"]);
    let mut child =
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().expect("started");
    let mut first = [0; 1];
    std::io::Read::read_exact(child.stdout.as_mut().expect("piped"), &mut first).expect("rows");
    drop(child.stdout.take());
    let api = Api::new(rig.kubeconfig(), None);
    let n = api.namespace("pipe");
    let spec = json!({"containers": [{"name": "a", "image": "i"}]});
    let mut at = 0;
    let deadline = Instant::now() + PATIENCE;
    // It notices by what it writes next.
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            break status;
        }
        assert!(Instant::now() < deadline, "it goes on without a reader");
        at += 1;
        let pod = json!({"metadata": {"name": format!("p{at}")}, "spec": spec});
        api.create(&format!("/api/v1/namespaces/{n}/pods"), &pod);
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!(status.code(), Some(0));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().expect("piped"), &mut said).expect("stderr");
    assert!(!said.contains("panicked") && !said.contains("roken pipe"), "{said}");
}

#[test]
fn columns_that_change_under_a_watch() {
    on_each(columns_change);
}

fn columns_change(server: Server) {
    let rig = server.still();
    let api = Api::new(rig.kubeconfig(), None);
    let n = api.namespace("columns");
    let column = |name: &str| json!({"name": name, "type": "string", "jsonPath": ".spec.a"});
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let versions = |columns: &[&str]| {
        let columns: Vec<Value> = columns.iter().map(|name| column(name)).collect();
        json!([{"name": "v1", "served": true, "storage": true, "schema": schema, "additionalPrinterColumns": columns}])
    };
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    api.create(
        definitions,
        &json!({"metadata": {"name": "panels.fleet.example.com"}, "spec": {"group": "fleet.example.com",
            "scope": "Namespaced", "names": {"plural": "panels", "kind": "Panel"}, "versions": versions(&["One"])}}),
    );
    let panels = format!("/apis/fleet.example.com/v1/namespaces/{n}/panels");
    let panel = |name: &str| {
        let panel = json!({"apiVersion": "fleet.example.com/v1", "kind": "Panel", "metadata": {"name": name},
            "spec": {"a": name}});
        eventually(PATIENCE, || {
            let made = api.ask("POST", &panels, ("content-type", "application/json"), &panel);
            made.map(drop).map_err(|error| error.to_string())
        });
    };
    panel("a");
    panel("b");
    let stream = Stream::get(rig.kubeconfig(), &["panels", "-n", &n]);
    stream.synced(1);
    settle(&stream, &api, &[("Panel", &panels)]);
    let patch = json!({"spec": {"versions": versions(&["One", "Two"])}});
    api.merge(&format!("{definitions}/panels.fleet.example.com"), &patch);
    let shown = |head: &'static str| {
        move |seen: &Seen| {
            let all = !seen.rows.is_empty() && seen.rows.values().all(|row| row["columns"].get(head).is_some());
            all.then_some(())
        }
    };
    // The server brings the new columns with the first thing that it says under them.
    let mut at = 0;
    eventually(PATIENCE, || {
        at += 1;
        panel(&format!("c{at}"));
        stream.now(shown("TWO")).ok_or_else(|| "a row of the old columns".to_owned())
    });
    settle(&stream, &api, &[("Panel", &panels)]);
    api.delete(&format!("{panels}/a"));
    settle(&stream, &api, &[("Panel", &panels)]);
    stream.until("the new columns stay", PATIENCE, shown("TWO"));
}
