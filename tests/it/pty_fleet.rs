//! The cockpit over real control planes, in a terminal.

use crate::api::Api;
use crate::support::kubectl::has_kubectl;
use crate::support::proxy::{FaultProxy, Mode, rewrite_kubeconfig_as};
use crate::support::pty::{PATIENCE, Pty, Shot, skylark};
use crate::support::rig::{Component, Rig, RigOptions, Version, require_rig};
use crate::support::until;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

/// A lost server is seen within this time.
const SEEN: Duration = Duration::from_secs(10);
/// A server that answers again is live within this time.
const BACK: Duration = Duration::from_secs(15);

/// Kubeconfigs, one file each, that are read together.
struct Config {
    directory: tempfile::TempDir,
    files: Vec<OsString>,
}

impl Config {
    fn new() -> Config {
        let directory = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        Config { directory, files: Vec::new() }
    }

    fn add(&mut self, name: &str, text: &str) {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.files.push(path.into_os_string());
    }

    /// A rig under this name, by way of this address.
    fn rig(&mut self, name: &str, rig: &Rig, address: std::net::SocketAddr) {
        self.add(name, &rewrite_kubeconfig_as(rig.kubeconfig(), rig.context(), address, name));
    }

    /// A context of which nothing is right but that there is an address.
    fn address(&mut self, name: &str, address: &str) {
        self.add(
            name,
            &format!(
                "apiVersion: v1\nkind: Config\n\
                 clusters:\n- name: {name}\n  cluster: {{server: \"https://{address}\"}}\n\
                 contexts:\n- name: {name}\n  context: {{cluster: {name}, user: {name}}}\n\
                 users:\n- name: {name}\n  user: {{token: t}}\n"
            ),
        );
    }

    fn open(&self, arguments: &[&str]) -> Pty {
        skylark(arguments).size(200, 50).env("KUBECONFIG", self.files.join(":".as_ref())).open()
    }
}

/// Whether the fleet strip names the cluster as live: with its glyph, and without a word.
fn is_live(shot: &Shot, name: &str) -> bool {
    shot.lines[0].contains(&format!("● {name}"))
}

/// Waits for the word that the fleet strip says of a cluster.
#[track_caller]
fn becomes(pty: &Pty, patience: Duration, name: &str, word: &str) -> Shot {
    pty.wait_within(patience, &format!("{name} {word}"), |shot| match word {
        "live" => is_live(shot, name),
        _ => shot.lines[0].contains(&format!("{name} {word}")),
    })
}

/// Namespace and name of each row of a cluster on the screen.
fn rows_of(shot: &Shot, cluster: &str) -> BTreeSet<String> {
    let cells = |title| shot.column(title);
    let rows = cells("CLUSTER").into_iter().zip(cells("NAMESPACE").into_iter().zip(cells("NAME")));
    rows.filter(|(name, _)| name == cluster).map(|(_, (namespace, name))| format!("{namespace}/{name}")).collect()
}

/// What the server has, in kubectl's words.
fn truth(rig: &Rig, kind: &str) -> BTreeSet<String> {
    let columns = "custom-columns=A:.metadata.namespace,B:.metadata.name";
    let printed = rig.kubectl_ok(&["get", kind, "-A", "-o", columns, "--no-headers"]);
    let row = |line: &str| line.split_whitespace().collect::<Vec<_>>().join("/");
    printed.lines().map(row).filter(|row| row.contains('/')).collect()
}

/// Waits until the rows of a cluster are exactly those of its server.
#[track_caller]
fn shows_the_truth(pty: &Pty, rig: &Rig, cluster: &str, patience: Duration) -> Shot {
    let truth = truth(rig, "deployments");
    let what = format!("exactly these rows of {cluster}: {truth:?}");
    pty.wait_within(patience, &what, |shot| is_live(shot, cluster) && rows_of(shot, cluster) == truth)
}

fn deploy(rig: &Rig, namespace: &str, name: &str) {
    rig.kubectl_ok(&["create", "deployment", name, "-n", namespace, "--image=example.com/none", "--replicas=0"]);
}

fn delete(rig: &Rig, namespace: &str, name: &str) {
    rig.kubectl_ok(&["delete", "deployment", name, "-n", namespace, "--wait=false"]);
}

/// A rig of the older version, beside the shared one of the newer.
fn own_rig(name: &str) -> Rig {
    let options = RigOptions { version: Version::V1_33, context: name.to_owned(), ..RigOptions::server_only() };
    Rig::start(&options).unwrap_or_else(|error| panic!("{error}"))
}

/// Whether there is no kubectl to compare with.
fn lacks_kubectl() -> bool {
    if !has_kubectl() {
        eprintln!("Not run for want of kubectl.");
    }
    !has_kubectl()
}

#[test]
fn one_table_over_live_dead_and_silent_clusters() {
    require_rig!();
    if lacks_kubectl() {
        return;
    }
    let (first, second) = (Rig::shared(), own_rig("beta"));
    let (here, there) = (first.namespace("fleet"), second.namespace("fleet"));
    deploy(first, &here, "web-one");
    deploy(&second, &there, "web-two");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("{error}"));
    let silent = (silent.local_addr().map(|address| address.to_string()).unwrap_or_default(), silent);
    let mut config = Config::new();
    config.rig("alpha", first, first.server_addr());
    config.address("dead", "127.0.0.1:1");
    config.rig("beta", &second, second.server_addr());
    config.address("silent", &silent.0);
    let mut pty = config.open(&["--all-contexts", "deploy"]);

    // The rows of both are there; the others are named, and hold up nothing.
    pty.wait_for("rows of both", |shot| {
        rows_of(shot, "alpha").contains(&format!("{here}/web-one"))
            && rows_of(shot, "beta").contains(&format!("{there}/web-two"))
    });
    becomes(&pty, PATIENCE, "dead", "unreachable");
    becomes(&pty, PATIENCE, "silent", "unreachable");
    pty.wait_for("two that live, and what is said of the others", |shot| {
        let said = |cluster| shot.lines[3..].iter().any(|line| line.contains(&format!("{cluster}: unreachable for")));
        let live = is_live(shot, "alpha") && is_live(shot, "beta");
        live && shot.title().contains("partial") && said("dead") && said("silent")
    });
    shows_the_truth(&pty, &second, "beta", PATIENCE);

    // What is created appears, what is deleted goes.
    deploy(&second, &there, "web-three");
    pty.wait_for("what was created", |shot| rows_of(shot, "beta").contains(&format!("{there}/web-three")));
    delete(&second, &there, "web-two");
    pty.wait_for("what is left", |shot| !rows_of(shot, "beta").contains(&format!("{there}/web-two")));
    shows_the_truth(&pty, &second, "beta", PATIENCE);

    // A second kind at once, and one that nobody serves.
    pty.type_keys(":cm<enter>");
    pty.wait_for("another kind", |shot| {
        shot.title_words().first() == Some(&"configmaps")
            && rows_of(shot, "alpha").contains(&format!("{here}/kube-root-ca.crt"))
    });
    pty.type_keys(":deploymnts<enter>");
    pty.wait_for("suggestions", |shot| {
        shot.has("no kind and no command `deploymnts`") && shot.line("`deploymnts`").contains("deployments")
    });
    pty.type_keys("<esc>");
    pty.wait_for("no prompt", |shot| shot.cursor.is_none());

    // Each cluster and why.
    pty.type_keys(":ctx<enter>");
    pty.wait_for("the clusters", |shot| {
        shot.column("NAME") == ["alpha", "beta", "dead", "silent"]
            && shot.column("STATE") == ["live", "live", "unreachable", "unreachable"]
            && shot.cell("dead", "WHY").contains("refused")
            && shot.cell("beta", "VERSION") == second.version()
    });
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn outages_of_one_server() {
    require_rig!();
    if lacks_kubectl() {
        return;
    }
    let (rig, other) = (own_rig("own"), Rig::shared());
    let (here, there) = (rig.namespace("outage"), other.namespace("outage"));
    for name in ["a-one", "a-two", "a-three"] {
        deploy(&rig, &here, name);
    }
    let proxy = FaultProxy::start(rig.server_addr()).unwrap_or_else(|error| panic!("{error}"));
    let mut config = Config::new();
    config.rig("direct", &rig, rig.server_addr());
    config.rig("proxied", &rig, proxy.addr());
    config.rig("other", other, other.server_addr());
    let mut pty = config.open(&["--all-contexts", "deploy"]);
    for cluster in ["direct", "proxied"] {
        shows_the_truth(&pty, &rig, cluster, PATIENCE);
    }
    becomes(&pty, PATIENCE, "other", "live");
    let before = rows_of(&pty.shot(), "direct");

    // The rows of a lost server stay, with their as-of; the others go on.
    let lost = |pty: &Pty, clusters: &[&str], created: &str| {
        for cluster in clusters {
            let shot = becomes(pty, SEEN, cluster, "stale");
            assert_eq!(rows_of(&shot, cluster), before, "{}", shot.framed());
        }
        let shot = pty
            .wait_for("since when", |shot| clusters.iter().all(|cluster| shot.has(&format!("{cluster}: stale for"))));
        assert!(is_live(&shot, "other"), "{}", shot.framed());
        deploy(other, &there, created);
        pty.wait_for("a change of the other", |shot| rows_of(shot, "other").contains(&format!("{there}/{created}")));
    };
    let recovers = |pty: &Pty, clusters: &[&str]| {
        for cluster in clusters {
            becomes(pty, BACK, cluster, "live");
            shows_the_truth(pty, &rig, cluster, PATIENCE);
        }
    };
    let fine = |result: Result<(), String>| result.unwrap_or_else(|error| panic!("{error}"));

    fine(rig.kill(Component::ApiServer));
    lost(&pty, &["direct", "proxied"], "while-killed");
    fine(rig.restart(Component::ApiServer));
    recovers(&pty, &["direct", "proxied"]);

    fine(rig.stop(Component::ApiServer));
    lost(&pty, &["direct", "proxied"], "while-stopped");
    fine(rig.cont(Component::ApiServer));
    recovers(&pty, &["direct", "proxied"]);

    // Only the way to it is lost: what changes meanwhile is there afterwards.
    proxy.set(Mode::BlackHole);
    lost(&pty, &["proxied"], "while-black");
    delete(&rig, &here, "a-one");
    deploy(&rig, &here, "a-four");
    shows_the_truth(&pty, &rig, "direct", PATIENCE);
    assert_eq!(rows_of(&pty.shot(), "proxied"), before);
    proxy.set(Mode::Pass);
    recovers(&pty, &["direct", "proxied"]);

    // Once it has waited longer and longer, `r` tries at once.
    proxy.set(Mode::Refuse);
    becomes(&pty, SEEN, "proxied", "stale");
    pty.type_keys(":ctx<enter>");
    let waits = |shot: &Shot| {
        let retry = shot.cell("proxied", "RETRY");
        let seconds =
            retry.strip_prefix("in ").and_then(|rest| rest.split_once("s (")).map(|(seconds, _)| seconds.parse());
        matches!(seconds, Some(Ok(5..)))
    };
    pty.wait_within(Duration::from_mins(2), "a long wait", waits);
    pty.type_keys("G");
    pty.wait_for("its row", |shot| shot.selected().contains("proxied"));
    proxy.set(Mode::Pass);
    pty.type_keys("r");
    becomes(&pty, Duration::from_millis(3500), "proxied", "live");
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn what_is_forbidden_is_not_nothing() {
    require_rig!();
    if lacks_kubectl() {
        return;
    }
    let rig = Rig::shared();
    let options = skylark(&["--context", &rig.nobody()]).kubeconfig(rig.kubeconfig()).size(160, 40);
    let mut pty = options.open();
    // 403 says nothing against the cluster.
    let shot = pty.wait_for("the server's words", |shot| {
        let said = shot.has("cannot list resource \"pods\"") && !shot.has("being checked");
        said && shot.has("forbidden") && shot.has("You may not list pods here") && is_live(shot, &rig.nobody())
    });
    assert!(!shot.has("There are no"), "{}", shot.framed());
    pty.type_keys(":ns<enter>");
    let shot = pty.wait_for("the server's words", |shot| shot.has("cannot list resource \"namespaces\""));
    assert!(!shot.has("There are no"), "{}", shot.framed());
    assert_eq!(pty.quit().code, Some(0));

    // Who may read one namespace reads that one.
    let known = rig.kubectl(&["get", "namespace", "team-a"]).status.success();
    if !known {
        rig.kubectl_ok(&["create", "namespace", "team-a"]);
    }
    rig.kubectl_ok(&["create", "deployment", "pty-mine", "-n", "team-a", "--image=example.com/none", "--replicas=0"]);
    let options = skylark(&["--context", &rig.team_a(), "deploy"]).kubeconfig(rig.kubeconfig()).size(160, 40);
    let mut pty = options.open();
    pty.wait_for("its own, and what is forbidden", |shot| {
        shot.has("cannot list resource \"deployments\"") && shot.column("NAME").contains(&"pty-mine".to_owned())
    });
    pty.type_keys(":deploy team-a<enter>");
    pty.wait_for("its own", |shot| shot.column("NAME").contains(&"pty-mine".to_owned()));
    rig.kubectl_ok(&["delete", "deployment", "pty-mine", "-n", "team-a", "--wait=false"]);
    pty.wait_for("that it went", |shot| !shot.column("NAME").contains(&"pty-mine".to_owned()));
    assert_eq!(pty.quit().code, Some(0));
}

/// The token of a rig's administrator.
fn token(rig: &Rig) -> String {
    let text = rewrite_kubeconfig_as(rig.kubeconfig(), rig.context(), rig.server_addr(), "one");
    let config: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
    config["users"][0]["user"]["token"].as_str().unwrap_or_else(|| panic!("no token: {config}")).to_owned()
}

/// Two servers that both are who they say, and whom the same credentials open, one after the other at one address.
#[test]
fn another_cluster_behind_the_same_address_is_not_mixed_in() {
    require_rig!();
    let [first, second] = Version::ALL.map(Rig::still_of);
    let spaces =
        [first, second].map(|rig| Api::new(rig.kubeconfig(), None).namespace(&format!("at-{}", rig.context())));
    let proxy = FaultProxy::start(first.server_addr()).unwrap_or_else(|error| panic!("{error}"));
    let home = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    };
    let read =
        |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let authorities = write("ca.crt", &(read(first.ca()) + &read(second.ca())));
    let secret = write("token", &token(first));
    let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "one",
        "clusters": [{"name": "one", "cluster": {"server": format!("https://{}", proxy.addr()), "certificate-authority": authorities}}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "users": [{"name": "one", "user": {"tokenFile": secret}}]});
    let mut config_of_one = Config::new();
    config_of_one.add("one", &config.to_string());
    let mut pty = config_of_one.open(&["ns"]);
    pty.type_keys("/^at-<enter>");
    let names = |shot: &Shot| shot.column("NAME");
    pty.wait_for("the first", |shot| is_live(shot, "one") && names(shot).contains(&spaces[0]));
    until("that it is known which cluster it is", || pty.log().contains("identity cluster=one"));

    write("token", &token(second));
    proxy.set_target(second.server_addr());
    proxy.cut();
    let shot = becomes(&pty, PATIENCE, "one", "replaced");
    assert!(names(&shot).contains(&spaces[0]) && !names(&shot).contains(&spaces[1]), "{}", shot.framed());
    let uid = |rig: &Rig| {
        let object = Api::new(rig.kubeconfig(), None).get("/api/v1/namespaces/kube-system");
        object["metadata"]["uid"].as_str().unwrap_or_default().to_owned()
    };
    let (of_first, of_second) = (uid(first), uid(second));
    pty.wait_for("how it is known", |shot| {
        shot.has(&of_second) && shot.has(&of_first) && shot.title().contains("partial")
    });

    // Whoever accepts it sees the other one alone.
    pty.type_keys("r");
    pty.wait_for("the second alone", |shot| {
        is_live(shot, "one") && names(shot).contains(&spaces[1]) && !names(shot).contains(&spaces[0])
    });
    assert_eq!(pty.quit().code, Some(0));
    for (rig, space) in [first, second].into_iter().zip(&spaces) {
        Api::new(rig.kubeconfig(), None).delete(&format!("/api/v1/namespaces/{space}"));
    }
}

const CRD: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.pty.example.com}
spec:
  group: pty.example.com
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget, shortNames: [gdg]}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
    additionalPrinterColumns:
    - {name: Colour, type: string, jsonPath: .spec.colour}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
";

#[test]
fn a_custom_resource_lives_and_ages() {
    require_rig!();
    if lacks_kubectl() {
        return;
    }
    let rig = Rig::shared();
    let namespace = rig.namespace("crd");
    let mut config = Config::new();
    config.rig("alpha", rig, rig.server_addr());
    let file = |name: &str, text: &str| {
        let path = config.directory.path().join(name);
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{error}"));
        path.display().to_string()
    };
    rig.kubectl_ok(&["apply", "-f", &file("crd.yaml", CRD)]);
    rig.kubectl_ok(&["wait", "--for=condition=Established", "crd/gadgets.pty.example.com", "--timeout=60s"]);
    let gadget = format!(
        "apiVersion: pty.example.com/v1\nkind: Gadget\nmetadata: {{name: first, namespace: {namespace}}}\nspec: {{colour: red}}\n"
    );
    rig.kubectl_ok(&["apply", "-f", &file("gadget.yaml", &gadget)]);
    let mut pty = config.open(&[]);
    becomes(&pty, PATIENCE, "alpha", "live");
    pty.type_keys(":gdg<enter>");
    let shot = pty.wait_for("the gadget", |shot| shot.column("COLOUR") == ["red"]);
    assert_eq!(shot.title_words()[0], "gadgets", "{}", shot.framed());
    // Ages tick though nothing is sent.
    let age = shot.column("AGE");
    assert!(age[0].ends_with(['s', 'm']), "{}", shot.framed());
    pty.wait_for("another age", |shot| shot.column("AGE").len() == 1 && shot.column("AGE") != age);
    // A change, another object, and its end.
    let place = ["-n", &namespace];
    let patch = r#"{"spec":{"colour":"blue"}}"#;
    rig.kubectl_ok(&["patch", "gadget", "first", place[0], place[1], "--type=merge", "-p", patch]);
    pty.wait_for("another colour", |shot| shot.column("COLOUR") == ["blue"]);
    let second = gadget.replace("name: first", "name: second").replace("red", "green");
    rig.kubectl_ok(&["apply", "-f", &file("second.yaml", &second)]);
    pty.wait_for("both", |shot| shot.column("NAME") == ["first", "second"]);
    rig.kubectl_ok(&["delete", "gadget", "first", place[0], place[1], "--wait=false"]);
    pty.wait_for("the second", |shot| shot.column("COLOUR") == ["green"]);
    assert_eq!(pty.quit().code, Some(0));
    rig.kubectl_ok(&["delete", "crd", "gadgets.pty.example.com", "--wait=false"]);
}
