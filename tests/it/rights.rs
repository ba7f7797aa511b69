//! Users of different rights on a real server: each sees exactly what it may, and is told the rest.

use crate::api::Api;
use crate::cli::{Ended, get};
use crate::support::pty::{PATIENCE, Shot, skylark};
use crate::support::rig::{Version, require_rig};
use crate::support::server::{Place, Server, on_each};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The uids of a collection.
fn uids(api: &Api, path: &str) -> BTreeSet<String> {
    api.versions(path).into_keys().collect()
}

/// The uids of what `get -o json` wrote.
fn told(ended: &Ended) -> BTreeSet<String> {
    ended.rows().iter().map(|row| row["uid"].as_str().unwrap_or_default().to_owned()).collect()
}

fn of_teams(api: &Api, teams: &[&str], plural: &str) -> BTreeSet<String> {
    teams.iter().flat_map(|team| uids(api, &format!("/api/v1/namespaces/{team}/{plural}"))).collect()
}

/// What is asked for, and what comes of it.
struct Case<'a> {
    context: String,
    args: &'a [&'a str],
    /// The teams whose pods are told.
    teams: &'a [&'a str],
    code: i32,
    /// What stderr says.
    said: &'a [&'a str],
}

const NO_PODS: &str = "cannot list resource \"pods\" in API group \"\" at the cluster scope";
const NO_NAMESPACES: &str = "cannot list resource \"namespaces\" in API group \"\" at the cluster scope";

#[test]
fn each_user_gets_what_it_may_and_is_told_the_rest() {
    on_each(what_each_user_gets);
}

fn what_each_user_gets(server: Server) {
    let rig = server.shared();
    let admin = Api::new(rig.kubeconfig(), None);
    let both = ["team-a", "team-b"];
    let cases = [
        Case {
            context: rig.lister(),
            args: &["pods", "-A"],
            teams: &both,
            code: 3,
            said: &[NO_PODS, "shown: team-a, team-b;", "other namespaces may not be read"],
        },
        Case {
            context: rig.two_teams(),
            args: &["pods", "-A"],
            teams: &[],
            code: 3,
            said: &[NO_PODS, NO_NAMESPACES, "name one with -n"],
        },
        Case { context: rig.two_teams(), args: &["pods", "-n", "team-a,team-b"], teams: &both, code: 0, said: &[] },
        Case {
            context: rig.two_teams(),
            args: &["pods", "-n", "team-b,default"],
            teams: &["team-b"],
            code: 3,
            said: &["pods in namespace default", "in the namespace \"default\""],
        },
        Case {
            context: rig.team_a(),
            args: &["pods", "-A"],
            teams: &["team-a"],
            code: 3,
            said: &[NO_PODS, "shown: team-a;", NO_NAMESPACES],
        },
        Case { context: rig.nobody(), args: &["pods", "-A"], teams: &[], code: 3, said: &[NO_PODS, NO_NAMESPACES] },
    ];
    for Case { context, args, teams, code, said } in cases {
        let ended = get(rig.kubeconfig(), &[args, &["--context", &context, "-o", "json"]].concat());
        assert_eq!(
            (ended.code, told(&ended)),
            (code, of_teams(&admin, teams, "pods")),
            "{context} {args:?}: {ended:?}"
        );
        for said in said {
            assert!(ended.err.contains(said), "{context} {args:?}: {said}: {}", ended.err);
        }
        assert!(!ended.err.contains("No resources found"), "forbidden is not empty: {}", ended.err);
    }
    // Whole objects follow the same rules.
    let yaml = get(rig.kubeconfig(), &["pods", "-A", "-o", "yaml", "--context", &rig.lister()]);
    assert_eq!(yaml.code, 3, "{yaml:?}");
    let told = yaml.out.lines().filter(|line| line.trim_start().starts_with("uid: ")).count();
    assert_eq!(told, of_teams(&admin, &both, "pods").len(), "{}", yaml.out);

    // Who may read all of it but secrets and nodes.
    let (before, reader) = (uids(&admin, "/api/v1/pods"), rig.reader());
    let all = get(rig.kubeconfig(), &["pods", "-A", "-o", "json", "--context", &reader]);
    let after = uids(&admin, "/api/v1/pods");
    assert_eq!((all.code, all.err.as_str()), (0, ""));
    let all = self::told(&all);
    assert!(before.intersection(&after).all(|uid| all.contains(uid)), "some are missing");
    assert!(all.iter().all(|uid| before.contains(uid) || after.contains(uid)), "some are too many");
    for (kind, word) in [("secrets", "none of the "), ("nodes", "cannot list resource \"nodes\"")] {
        let refused = get(rig.kubeconfig(), &[kind, "-A", "--context", &reader]);
        assert_eq!((refused.code, refused.out.as_str()), (3, ""), "{refused:?}");
        assert!(refused.err.contains("is forbidden") && refused.err.contains(word), "{refused:?}");
    }
}

#[test]
fn a_category_is_every_kind_of_it() {
    on_each(all_of_a_namespace);
}

fn all_of_a_namespace(server: Server) {
    let rig = server.shared();
    let admin = Api::new(rig.kubeconfig(), None);
    let space = admin.namespace("category");
    let meta = |name: &str| json!({"name": name, "labels": {"app": name}});
    let container = json!([{"name": "main", "image": "example.com/none"}]);
    let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": container}});
    let spec = json!({"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template});
    admin.create(
        &format!("/apis/apps/v1/namespaces/{space}/deployments"),
        &json!({"metadata": meta("web"), "spec": spec}),
    );
    let ports = json!({"selector": {"app": "web"}, "ports": [{"port": 80}]});
    admin.create(&format!("/api/v1/namespaces/{space}/services"), &json!({"metadata": meta("web"), "spec": ports}));
    let batch = json!({"restartPolicy": "Never", "containers": container});
    let cron = json!({"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": {"spec": batch}}}});
    admin.create(
        &format!("/apis/batch/v1/namespaces/{space}/cronjobs"),
        &json!({"metadata": meta("tick"), "spec": cron}),
    );
    crate::support::until("the pod", || uids(&admin, &format!("/api/v1/namespaces/{space}/pods")).len() == 1);
    let wanted = ["cronjob.batch/tick", "deployment.apps/web", "service/web"];
    let names = get(rig.kubeconfig(), &["all", "-n", &space, "-o", "name"]).complete();
    let (mut fixed, other): (Vec<_>, Vec<_>) = names.lines().partition(|line| wanted.contains(line));
    fixed.sort_unstable();
    assert_eq!(fixed, wanted);
    assert!(
        other.len() == 2 && other[0].starts_with("pod/web-") && other[1].starts_with("replicaset.apps/web-"),
        "{other:?}"
    );
    if let Some(kubectl) = crate::cli::kubectl(rig.kubeconfig(), &["get", "all", "-n", &space, "-o", "name"]) {
        assert_eq!(names, kubectl.out);
    }
    let rows = get(rig.kubeconfig(), &["all", "-n", &space, "-o", "json"]);
    let mut kinds: Vec<_> = rows.rows().iter().map(|row| row["kind"].as_str().unwrap_or_default().to_owned()).collect();
    kinds.sort();
    assert_eq!(kinds, ["CronJob", "Deployment", "Pod", "ReplicaSet", "Service"]);
    let table = get(rig.kubeconfig(), &["all", "-n", &space]).complete();
    let tables: Vec<_> = table.split("\n\n").map(|table| table.lines().nth(1).unwrap_or_default()).collect();
    assert_eq!(tables.len(), 5, "{table}");
    assert!(tables[0].starts_with("pod/web-") && tables[1].starts_with("service/web "), "{table}");
    let unknown = get(rig.kubeconfig(), &["al", "-n", &space]);
    assert!(unknown.code == 3 && unknown.err.contains("did you mean all"), "{unknown:?}");
    admin.delete(&format!("/api/v1/namespaces/{space}"));
}

#[test]
fn one_object_is_read_where_a_list_is_refused() {
    on_each(one_object);
}

fn one_object(server: Server) {
    let rig = server.shared();
    let admin = Api::new(rig.kubeconfig(), None);
    let space = admin.namespace("named");
    let rbac = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{space}");
    let rules = json!([{"apiGroups": [""], "resources": ["secrets", "pods", "configmaps"], "verbs": ["get"]}]);
    admin.create(&format!("{rbac}/roles"), &json!({"metadata": {"name": "getter"}, "rules": rules}));
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "getter"});
    let user = json!([{"kind": "User", "name": "nobody", "apiGroup": "rbac.authorization.k8s.io"}]);
    admin.create(
        &format!("{rbac}/rolebindings"),
        &json!({"metadata": {"name": "getter"}, "roleRef": role, "subjects": user}),
    );
    let pod =
        json!({"metadata": {"name": "one"}, "spec": {"containers": [{"name": "main", "image": "example.com/none"}]}});
    admin.create(&format!("/api/v1/namespaces/{space}/pods"), &pod);
    let secret = json!({"metadata": {"name": "x"}, "stringData": {"key": "value"}});
    admin.create(&format!("/api/v1/namespaces/{space}/secrets"), &secret);
    let nobody = rig.nobody();
    let ask = |args: &[&str]| get(rig.kubeconfig(), &[args, &["-n", &space, "--context", &nobody]].concat());
    crate::support::until("the right", || ask(&["pod", "one"]).code == 0);
    for (kind, name) in [("pod", "one"), ("secret", "x")] {
        let table = ask(&[kind, name]).complete();
        assert_eq!(table.lines().count(), 2, "{table}");
        assert!(table.lines().nth(1).is_some_and(|line| line.starts_with(name)), "{table}");
        assert_eq!(ask(&[kind, name, "-o", "json"]).rows()[0]["name"], name);
        assert!(ask(&[kind, name, "-o", "yaml"]).complete().contains(&format!("\n  name: {name}\n")));
        let gone = ask(&[kind, "gone"]);
        assert_eq!(gone.code, 1, "{gone:?}");
        assert!(gone.err.contains(&format!("{kind}s \"gone\" not found")), "{gone:?}");
        let list = ask(&[&format!("{kind}s")]);
        assert_eq!((list.code, list.out.as_str()), (3, ""), "{list:?}");
        assert!(list.err.contains("is forbidden: User \"nobody\" cannot list"), "{list:?}");
    }
    let refused = ask(&["service", "x"]);
    assert!(refused.code == 3 && refused.err.contains("cannot get resource \"services\""), "{refused:?}");
    admin.delete(&format!("/api/v1/namespaces/{space}"));
}

/// Namespace and name of each row.
fn rows(shot: &Shot) -> BTreeMap<String, String> {
    shot.column("NAME").into_iter().zip(shot.column("NAMESPACE")).collect()
}

fn pods_of(admin: &Api, teams: &[&str]) -> BTreeMap<String, String> {
    let of = |team: &&str| {
        let list = admin.get(&format!("/api/v1/namespaces/{team}/pods"));
        let name = |item: &Value| item["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| (name(item), (*team).to_owned())).collect::<Vec<_>>()
    };
    teams.iter().flat_map(of).collect()
}

#[test]
fn the_cockpit_shows_what_may_be_read_and_says_what_may_not() {
    on_each(what_the_cockpit_shows);
}

fn what_the_cockpit_shows(server: Server) {
    let rig = server.shared();
    let admin = Api::new(rig.kubeconfig(), None);
    let open = |context: &str, args: &[&str]| {
        skylark(&[&["--context", context], args].concat()).kubeconfig(rig.kubeconfig()).size(200, 50).open()
    };
    let wanted = pods_of(&admin, &["team-a", "team-b"]);
    let mut pty = open(&rig.lister(), &[]);
    pty.wait_for("the teams' pods", |shot| {
        let said = shot.has(NO_PODS) && shot.has("shown: team-a, team-b") && shot.has("other namespaces");
        rows(shot) == wanted && said && shot.title().contains("partial")
    });
    // A namespace that comes, and the right to it a moment later.
    let space = admin.namespace("late");
    let pod = json!({"metadata": {"name": "late-pod"}, "spec": {"containers": [{"name": "main", "image": "example.com/none"}]}});
    admin.create(&format!("/api/v1/namespaces/{space}/pods"), &pod);
    let rbac = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{space}/rolebindings");
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"});
    let user = json!([{"kind": "User", "name": "lister", "apiGroup": "rbac.authorization.k8s.io"}]);
    admin.create(&rbac, &json!({"metadata": {"name": "late"}, "roleRef": role, "subjects": user}));
    pty.wait_within(PATIENCE.max(std::time::Duration::from_mins(1)), "the new one", |shot| {
        rows(shot).get("late-pod") == Some(&space)
    });
    admin.delete(&format!("/api/v1/namespaces/{space}"));
    pty.wait_for("that it went", |shot| rows(shot) == wanted);
    pty.type_keys(":all<enter>");
    pty.wait_for("the pods among all", |shot| {
        shot.title_words()[0] == "all" && shot.column("KIND").contains(&"Pod".to_owned())
    });
    assert_eq!(pty.quit().code, Some(0));

    // Who may not even list namespaces sees those that were named.
    let mut pty = open(&rig.two_teams(), &["-n", "team-a"]);
    let mine = pods_of(&admin, &["team-a"]);
    let names = |pods: &BTreeMap<String, String>| pods.keys().cloned().collect::<BTreeSet<_>>();
    let shown = |shot: &Shot| shot.column("NAME").into_iter().collect::<BTreeSet<_>>();
    pty.wait_for("its own", |shot| shown(shot) == names(&mine));
    pty.type_keys(":pods -A<enter>");
    pty.wait_for("what is refused", |shot| {
        let said = shot.has(NO_PODS) && shot.has(NO_NAMESPACES);
        shown(shot) == names(&mine) && said && shot.title().contains("partial")
    });
    pty.type_keys(":pods team-b<enter>");
    let theirs = pods_of(&admin, &["team-b"]);
    pty.wait_for("the others", |shot| shown(shot) == names(&theirs));
    pty.type_keys(":pods -A<enter>");
    pty.wait_for("both", |shot| shown(shot) == names(&wanted));
    pty.type_keys(":ns<enter>");
    pty.wait_for("what was named", |shot| {
        let told = shot.title().contains("partial") && shot.has(NO_NAMESPACES);
        let names = shot.column("NAME") == ["default", "team-a", "team-b"];
        names && shot.column("FROM") == ["context", "-n", "typed"] && told
    });
    assert_eq!(pty.quit().code, Some(0));
}

#[test]
fn what_is_spent_is_shown() {
    on_each(what_is_spent);
}

fn what_is_spent(server: Server) {
    let rig = server.shared();
    let mut pty = skylark(&["--context", &rig.cert()]).kubeconfig(rig.kubeconfig()).size(200, 50).open();
    pty.type_keys(":clusters<enter>");
    pty.wait_for("the cluster", |shot| shot.has(&format!("● {}", rig.cert())));
    pty.type_keys("<ctrl-w>");
    let uid = Api::new(rig.kubeconfig(), None).get("/api/v1/namespaces/kube-system");
    let uid = uid["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    let number = |shot: &Shot, title: &str| shot.column(title).first().and_then(|text| text.parse::<u32>().ok());
    let shot = pty.wait_for("the meter", |shot| {
        let busy = number(shot, "REQS").is_some_and(|requests| requests > 3);
        let bytes = shot.column("BYTES").first().is_some_and(|bytes| bytes.ends_with(['K', 'M']));
        busy && number(shot, "WATCHES").is_some_and(|n| n >= 2) && bytes
    });
    assert_eq!(shot.column("429S"), ["0"], "{}", shot.framed());
    pty.wait_for("the identity", |shot| shot.has(&uid[..8]));
    assert_eq!(pty.quit().code, Some(0));
}

/// A kind that several groups have.
fn twin(group: &str) -> Value {
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "metadata": {"name": format!("twins.{group}")},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "twins", "singular": "twin", "kind": "Twin", "shortNames": ["tw"]},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
        },
    })
}

const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// Serves a twin of this group with one object, named after the server and the group.
fn serve_twin(rig: &Place, group: &str) {
    let admin = Api::new(rig.kubeconfig(), None);
    admin.create(CRDS, &twin(group));
    let object =
        json!({"apiVersion": format!("{group}/v1"), "kind": "Twin", "metadata": {"name": format!("of-{group}")}});
    let path = format!("/apis/{group}/v1/namespaces/default/twins");
    let content = ("content-type", "application/json");
    crate::support::until("the twin", || admin.ask("POST", &path, content, &object).is_ok());
    // Discovery follows a moment later.
    let known = || get(rig.kubeconfig(), &[&format!("twins.{group}"), "-n", "default"]).code == 0;
    crate::support::until("its discovery", known);
}

#[test]
fn a_word_that_names_several_kinds_takes_one_and_says_the_others() {
    require_rig!();
    let [older, rig] = Version::ALL.map(|version| Server::Real(version).shared());
    a_word_of_two(older, rig);
}

#[test]
fn a_word_that_names_several_kinds_of_the_embedded_server() {
    let older = Place::embedded("embedded-older", &["--clusters", "1", "--still"]);
    a_word_of_two(&older, Server::Embedded.shared());
}

fn a_word_of_two(older: &Place, rig: &Place) {
    let (first, second) = ("first.rights.example.com", "second.rights.example.com");
    serve_twin(rig, first);
    serve_twin(rig, second);
    let both = get(rig.kubeconfig(), &["tw", "-n", "default", "-o", "name"]);
    assert_eq!((both.code, both.out.as_str()), (0, format!("twin.{first}/of-{first}\n").as_str()), "{both:?}");
    assert!(both.err.contains(&format!("also names twins.{second}")), "{both:?}");
    if let Some(kubectl) = crate::cli::kubectl(rig.kubeconfig(), &["get", "tw", "-n", "default", "-o", "name"]) {
        assert_eq!(kubectl.out, both.out, "kubectl takes the same");
    }
    let full = get(rig.kubeconfig(), &[&format!("twins.{second}"), "-n", "default", "-o", "name"]);
    assert_eq!((full.out.as_str(), full.err.as_str()), (format!("twin.{second}/of-{second}\n").as_str(), ""));

    let mut pty = skylark(&["tw"]).kubeconfig(rig.kubeconfig()).size(160, 40).open();
    let shot = pty.wait_for("what it also names", |shot| {
        let names = shot.title_words().first() == Some(&format!("twins.{first}").as_str());
        let row = shot.column("NAME") == [format!("of-{first}")];
        row && names && shot.has(&format!("also names twins.{second}")) && shot.is_whole()
    });
    assert!(!shot.title().contains("partial"), "nothing is missing: {}", shot.framed());
    pty.type_keys(":twins");
    pty.wait_for("the full names", |shot| {
        shot.has(&format!("twins.{first} ")) && shot.has(&format!("twins.{second} "))
    });
    pty.type_keys(&format!(".{second}<enter>"));
    pty.wait_for("the other", |shot| shot.column("NAME") == [format!("of-{second}")]);
    assert_eq!(pty.quit().code, Some(0));

    // A fleet in which the word means another kind on each cluster: one of them is shown, the other said.
    Api::new(rig.kubeconfig(), None).delete(&format!("{CRDS}/twins.{first}"));
    serve_twin(older, first);
    let gone = || get(rig.kubeconfig(), &[&format!("twins.{first}"), "-n", "default"]).code == 3;
    crate::support::until("that it is gone", gone);
    let contexts = format!("{},{}", rig.context(), older.context());
    let files = [rig.kubeconfig(), older.kubeconfig()];
    let fleet = crate::cli::run(&mut crate::cli::skylark(
        &files,
        &["get", "twins", "-n", "default", "-o", "json", "--context", &contexts],
    ));
    let names: Vec<_> = fleet.rows().iter().map(|row| row["name"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!((fleet.code, names.len()), (3, 1), "{fleet:?}");
    assert!(fleet.err.contains("which is not served here; here it names twins."), "{fleet:?}");
    Api::new(rig.kubeconfig(), None).delete(&format!("{CRDS}/twins.{second}"));
    Api::new(older.kubeconfig(), None).delete(&format!("{CRDS}/twins.{first}"));
}
