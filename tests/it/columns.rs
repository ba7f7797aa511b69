//! The cells of `get` against the server's own tables, and its output against kubectl's.

use crate::api::{Api, TABLE, Table, key};
use crate::cli::{PATIENCE, eventually, get, kubectl};
use crate::support::rig::{Version, require_rig};
use crate::support::server::{Place, Server, on_each};
use crate::zoo::{self, Served};
use regex::Regex;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

/// A still server with the zoo on it.
pub fn zoo(server: Server) -> &'static Place {
    static SETTLED: [OnceLock<()>; 3] = [const { OnceLock::new() }; 3];
    let place = server.still();
    SETTLED[server.number()].get_or_init(|| {
        let objects = zoo::settle(&Api::new(place.kubeconfig(), None));
        assert!(objects > 240, "only {objects} objects on {server:?}");
    });
    place
}

/// One kind of the zoo is going, and its list is refused. What is used at the moment is never the same twice.
fn is_listed(kind: &Served) -> bool {
    kind.verbs.contains("list") && kind.kind != "Going" && kind.group != "metrics.k8s.io"
}

/// The kinds of a server that can be listed.
pub fn listed(api: &Api) -> Vec<Served> {
    zoo::served(api).into_iter().filter(is_listed).collect()
}

/// The seconds of `5m30s`, `8h`, `2y3d`; nothing for any other word.
fn seconds(word: &str) -> Option<u64> {
    let (mut sum, mut number) = (0, String::new());
    for letter in word.chars() {
        let unit = match letter {
            '0'..='9' => {
                number.push(letter);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'y' => 31_536_000,
            _ => return None,
        };
        sum += number.parse::<u64>().ok()? * unit;
        number.clear();
    }
    (number.is_empty() && !word.is_empty()).then_some(sum)
}

/// Whether a text that ticks may stand between what the server wrote before and after.
fn between(before: &str, ours: &str, after: &str) -> bool {
    let words = |text: &str| -> Vec<String> { text.split_inclusive([' ', '(', ')', ',']).map(str::to_owned).collect() };
    let (before, ours, after) = (words(before), words(ours), words(after));
    let is_between = |((before, ours), after): ((&String, &String), &String)| {
        let clean = |word: &str| seconds(word.trim_end_matches([' ', '(', ')', ',']));
        before == ours
            || after == ours
            || matches!((clean(before), clean(ours), clean(after)), (Some(a), Some(b), Some(c)) if a <= b && b <= c)
    };
    before.len() == ours.len() && ours.len() == after.len() && before.iter().zip(&ours).zip(&after).all(is_between)
}

#[test]
fn ages_between_two_answers_fit() {
    assert!(between("5 (59s ago)", "5 (1m0s ago)", "5 (61s ago)"));
    assert!(between("2m59s", "3m0s", "3m1s") && !between("2m59s", "3m2s", "3m1s") && !between("8", "9", "10"));
    assert!(!between("5 (59s ago)", "6 (59s ago)", "5 (59s ago)") && !between("<none>", "", "<none>"));
}

/// What differs between our rows and the server's tables of before and after.
fn difference(before: &Table, ours: &[Value], after: &Table) -> Result<(), String> {
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows: BTreeMap<String, &Value> = ours.iter().map(|row| (key(row), row)).collect();
    let keys = |table: &Table| table.rows.keys().cloned().collect::<BTreeSet<_>>();
    if rows.keys().cloned().collect::<BTreeSet<_>>() != keys(before) || keys(before) != keys(after) {
        return Err(format!("{} rows where the server has {}", rows.len(), after.rows.len()));
    }
    for (uid, row) in rows {
        let columns = row["columns"].as_object().ok_or("no columns")?;
        let heads: BTreeSet<&String> = columns.keys().collect();
        if heads != before.heads.iter().collect() {
            return Err(format!("columns {heads:?} where the server has {:?}", before.heads));
        }
        for (at, head) in before.heads.iter().enumerate() {
            let (a, b, c) =
                (&before.rows[&uid][at], columns[head].as_str().unwrap_or("not a text"), &after.rows[&uid][at]);
            if !between(a, b, c) {
                return Err(format!("{} {head}: {b:?} where the server has {a:?}, then {c:?}", word(row, "name")));
            }
        }
    }
    Ok(())
}

/// Compares the columns of `get … -o json` with the server's table at a path.
#[track_caller]
fn as_the_server(kubeconfig: &Path, api: &Api, args: &[&str], path: &str) {
    eventually(PATIENCE, || {
        let before = api.table(path);
        let ended = get(kubeconfig, &[args, &["-o", "json"]].concat());
        assert_eq!(ended.code, 0, "{ended:?}");
        difference(&before, &ended.rows(), &api.table(path)).map_err(|said| format!("{args:?}: {said}"))
    });
}

/// A text with ages as `#` and one blank for many.
fn plain(text: &str) -> String {
    let words = |line: &str| {
        let word = |word: &str| {
            let bare = word.trim_start_matches('(');
            if seconds(bare).is_some() { "#".to_owned() } else { word.to_owned() }
        };
        line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
    };
    text.lines().map(words).collect::<Vec<_>>().join("\n")
}

/// Compares everything with kubectl's answer to the same words, [`plain`].
#[track_caller]
fn as_kubectl(kubeconfig: &Path, args: &[&str]) {
    eventually(PATIENCE, || {
        let Some(theirs) = kubectl(kubeconfig, &[&["get"], args].concat()) else { return Ok(()) };
        let ours = get(kubeconfig, args);
        let same =
            (ours.code, plain(&ours.out), plain(&ours.err)) == (theirs.code, plain(&theirs.out), plain(&theirs.err));
        if same { Ok(()) } else { Err(format!("get {args:?}: {ours:#?} where kubectl says {theirs:#?}")) }
    });
}

/// Compares everything with kubectl's answers before and after, to the byte but for what has ticked in between.
#[track_caller]
fn exactly_as_kubectl(kubeconfig: &Path, args: &[&str]) {
    eventually(PATIENCE, || {
        let theirs = || kubectl(kubeconfig, &[&["get"], args].concat());
        let Some(before) = theirs() else { return Ok(()) };
        let ours = get(kubeconfig, args);
        let Some(after) = theirs() else { return Ok(()) };
        let mut lines = before.out.lines().zip(ours.out.lines()).zip(after.out.lines());
        let different = lines.find(|((before, ours), after)| !between(before, ours, after));
        match different {
            Some(((before, ours), after)) => {
                Err(format!("get {args:?}:\n{ours}\nwhere kubectl says\n{before}\nand then\n{after}"))
            }
            None if ours.out.lines().count() == before.out.lines().count() => Ok(()),
            None => Err(format!("get {args:?}: {} bytes for {}", ours.out.len(), before.out.len())),
        }
    });
}

const EVERYWHERE: [(&str, &str); 6] = [
    ("pods", "/api/v1/pods"),
    ("nodes", "/api/v1/nodes"),
    ("namespaces", "/api/v1/namespaces"),
    ("deployments", "/apis/apps/v1/deployments"),
    ("events", "/api/v1/events"),
    ("replicasets", "/apis/apps/v1/replicasets"),
];

#[test]
fn a_busy_cluster_reads_as_the_server_writes_it() {
    on_each(|server| {
        let place = server.still();
        let api = Api::new(place.kubeconfig(), None);
        for (kind, path) in EVERYWHERE {
            as_the_server(place.kubeconfig(), &api, &[kind, "-A"], path);
        }
    });
}

#[test]
fn a_busy_cluster_looks_as_kubectl_shows_it() {
    on_each(|server| {
        let place = server.still();
        for args in [&["pods", "-A", "-o", "wide"][..], &["pods", "-A"], &["rs", "-A", "-o", "wide"]] {
            exactly_as_kubectl(place.kubeconfig(), args);
        }
        for kind in ["nodes", "namespaces", "deployments", "events"] {
            as_kubectl(place.kubeconfig(), &[kind, "-A", "-o", "wide"]);
        }
    });
}

/// Kinds whose rows have uids that another kind's rows have, too: asked for alone.
const TWINS: [&str; 1] = ["events.events.k8s.io"];

/// The kinds of a server whose tables are compared.
fn compared(server: Server) -> Vec<Served> {
    listed(&Api::new(zoo(server).kubeconfig(), None))
}

/// Compares the rows of all these kinds with the server's tables of them, and says every difference.
#[track_caller]
fn all_as_the_server(kubeconfig: &Path, api: &Api, kinds: &[Served]) {
    let words: Vec<String> = kinds.iter().map(Served::word).collect();
    let tables = || -> Vec<Table> { kinds.iter().map(|kind| api.table(&kind.path(None))).collect() };
    eventually(PATIENCE, || {
        let before = tables();
        let ended = get(kubeconfig, &[&words.join(","), "-A", "-o", "json"]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        let (rows, after) = (ended.rows(), tables());
        let mut wrong = Vec::new();
        for ((kind, before), after) in kinds.iter().zip(&before).zip(&after) {
            let ours: Vec<Value> = rows.iter().filter(|row| before.rows.contains_key(&key(row))).cloned().collect();
            wrong.extend(difference(before, &ours, after).err().map(|said| format!("{}: {said}", kind.word())));
        }
        let of_none = rows.iter().filter(|row| before.iter().all(|table| !table.rows.contains_key(&key(row)))).count();
        if wrong.is_empty() && of_none == 0 {
            return Ok(());
        }
        Err(format!("{of_none} rows that the server does not have, and:\n{}", wrong.join("\n")))
    });
}

#[test]
fn the_zoo_reads_as_the_server_writes_it() {
    on_each(|server| {
        let rig = zoo(server);
        let api = Api::new(rig.kubeconfig(), None);
        let (twins, kinds): (Vec<_>, Vec<_>) =
            compared(server).into_iter().partition(|kind| TWINS.contains(&kind.word().as_str()));
        assert!(kinds.len() > 50 && twins.len() == TWINS.len(), "{} kinds", kinds.len());
        all_as_the_server(rig.kubeconfig(), &api, &kinds);
        all_as_the_server(rig.kubeconfig(), &api, &twins);
    });
}

/// The heads of a table, and its rows by the objects' namespaces and names.
type Exhibited = (Vec<String>, BTreeMap<String, Vec<String>>);

/// The tables of the zoo, kind by kind: the heads, with which are wide, and the cells of each object with ages as `#`.
fn exhibited(server: Server) -> BTreeMap<String, Exhibited> {
    let api = Api::new(zoo(server).kubeconfig(), None);
    let text = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
    let of = |kind: &Served| {
        let path = format!("{}?includeObject=Metadata", kind.path(None));
        let table = api.ask("GET", &path, ("accept", TABLE), &Value::Null).expect(&path);
        let columns = table["columnDefinitions"].as_array().cloned().unwrap_or_default();
        let heads = columns.iter().map(|it| format!("{} {}", text(&it["name"]), it["priority"])).collect();
        let mut rows = BTreeMap::new();
        for row in table["rows"].as_array().into_iter().flatten() {
            let meta = &row["object"]["metadata"];
            let word = |key: &str| meta[key].as_str().unwrap_or_default().to_owned();
            let (namespace, name) = (word("namespace"), word("name"));
            if name.contains("zoo") || namespace.starts_with("zoo") {
                let cells = row["cells"].as_array().into_iter().flatten();
                let cells = cells.map(|cell| given(&plain(&text(cell)))).collect();
                rows.insert(format!("{namespace}/{name}"), cells);
            }
        }
        (kind.word(), (heads, rows))
    };
    listed(&api).iter().map(of).collect()
}

/// A text without what each server gives by itself: addresses, ports, times and uids.
fn given(text: &str) -> String {
    static RULES: OnceLock<[(Regex, &str); 4]> = OnceLock::new();
    let rules = RULES.get_or_init(|| {
        [
            (r"^10\.96\.\d+\.\d+$", "IP"),
            (r":3[0-2]\d{3}/", ":PORT/"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
            (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID"),
        ]
        .map(|(rule, with)| (Regex::new(rule).expect("a rule"), with))
    });
    rules.iter().fold(text.to_owned(), |text, (rule, with)| rule.replace_all(&text, *with).into_owned())
}

/// Rows that differ, and why.
const APART: [(&str, &str, &str); 3] = [
    ("apiservices.apiregistration.k8s.io", "", "the embedded server keeps no object of each version that it serves"),
    ("events.events.k8s.io", "", "and does not show the events of the core group under the other"),
    ("storageclasses.storage.k8s.io", "-default", "which of several is the default follows from the order of creation"),
];

/// Whether two rows differ in nothing but a class that the real server gave by admission: the one that was the default
/// at the moment of creation, if there was one by then. The embedded server gives none.
fn is_classed(kind: &str, ours: &[String], theirs: &[String]) -> bool {
    let concerned = ["persistentvolumeclaims", "ingresses.networking.k8s.io"].contains(&kind);
    let given = |text: &str| text.starts_with("zoo-") && text.ends_with("-default");
    let pairs = || ours.iter().zip(theirs);
    concerned && ours.len() == theirs.len() && pairs().all(|(ours, theirs)| ours == theirs || given(theirs))
}

#[test]
fn the_embedded_servers_tables_are_those_of_a_real_one() {
    require_rig!();
    let real = exhibited(Server::Real(Version::V1_37));
    let embedded = exhibited(Server::Embedded);
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (kind, (heads, rows)) in &embedded {
        let Some((wanted, theirs)) = real.get(kind) else { continue };
        if heads != wanted {
            wrong.push(format!("{kind}: heads {heads:?} where the real server has {wanted:?}"));
        }
        for (name, theirs) in theirs {
            if APART.iter().any(|(of, part, _)| of == kind && name.contains(part)) {
                continue;
            }
            compared += 1;
            match rows.get(name) {
                Some(ours) if ours == theirs => {}
                Some(ours) if is_classed(kind, ours, theirs) => {}
                ours => wrong.push(format!("{kind} {name}: {ours:?} where the real server has {theirs:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 200, "only {compared} objects");
}

/// Kinds that the server lists in an order of its own, or in none.
const UNORDERED: [&str; 2] = ["NAME STATUS MESSAGE ERROR", "NAME PRIORITYLEVEL"];

/// Compares what is printed of all these kinds with what kubectl prints, kind by kind. What the server warns
/// of, kubectl repeats on stderr: that is left out.
#[track_caller]
fn all_as_kubectl(kubeconfig: &Path, kinds: &[&Served], how: &[&str]) {
    let words: Vec<String> = kinds.iter().map(|kind| kind.word()).collect();
    let words = words.join(",");
    let args = [&[words.as_str(), "-A"], how].concat();
    let table = |text: &str| {
        let mut lines: Vec<String> = plain(text).lines().map(str::to_owned).collect();
        if lines.first().is_some_and(|head| UNORDERED.iter().any(|kind| head.starts_with(kind))) {
            lines.sort_unstable();
        }
        lines
    };
    eventually(PATIENCE, || {
        let Some(theirs) = kubectl(kubeconfig, &[&["get"], &args[..]].concat()) else { return Ok(()) };
        let ours = get(kubeconfig, &args);
        assert_eq!((theirs.code, ours.code), (0, 0), "{}{}", theirs.err, ours.err);
        let tables = |text: &str| -> Vec<_> { text.split("\n\n").map(table).collect() };
        let (theirs, ours) = (tables(&theirs.out), tables(&ours.out));
        let wrong: Vec<_> = theirs.iter().zip(&ours).filter(|(theirs, ours)| theirs != ours).collect();
        match wrong.first() {
            Some((theirs, ours)) => {
                Err(format!("{} tables differ: {ours:#?}\nwhere kubectl says\n{theirs:#?}", wrong.len()))
            }
            None if theirs.len() == ours.len() => Ok(()),
            None => Err(format!("{} tables where kubectl has {}", ours.len(), theirs.len())),
        }
    });
}

#[test]
fn the_zoo_looks_as_kubectl_shows_it() {
    on_each(|server| {
        let rig = zoo(server);
        let kinds = compared(server);
        // Of several kinds kubectl heads all with NAMESPACE that follow one that is namespaced, and does not
        // prefix the names of the last.
        let (alone, kinds): (Vec<_>, Vec<_>) = kinds.iter().partition(|kind| kind.plural == "storageversionmigrations");
        let (namespaced, whole): (Vec<_>, Vec<_>) = kinds.iter().partition(|kind| kind.namespaced);
        for how in [&["-o", "wide"][..], &[]] {
            for kinds in [&namespaced, &whole, &alone] {
                if !kinds.is_empty() {
                    all_as_kubectl(rig.kubeconfig(), kinds, how);
                }
            }
        }
    });
}

#[test]
fn the_kinds_that_are_known_without_asking_are_served_under_these_names() {
    on_each(|server| {
        let served = listed(&Api::new(zoo(server).kubeconfig(), None));
        for client in skylark::kinds::client_kinds() {
            let known = client.kind;
            let kind = served.iter().find(|kind| kind.plural == known.plural && kind.group == known.group);
            let kind = kind.unwrap_or_else(|| panic!("{known:?} is not served"));
            assert_eq!(
                (known.version, known.singular, known.kind, known.namespaced),
                (&*kind.version, &*kind.singular, &*kind.kind, kind.namespaced)
            );
            assert!(known.short_names.iter().eq(&kind.short_names), "{known:?}: {kind:?}");
            assert!(known.categories.iter().eq(&kind.categories), "{known:?}: {kind:?}");
            assert!(kind.verbs.contains("watch"), "{known:?}");
        }
    });
}

#[test]
fn words_of_the_command_line() {
    on_each(words);
}

fn words(server: Server) {
    let rig = server.still();
    let api = Api::new(rig.kubeconfig(), None);
    let (first, second) = (api.namespace("words"), api.namespace("words"));
    let pod = |namespace: &str, name: &str, labels: Value| {
        let spec = json!({"containers": [{"name": "a", "image": "i"}]});
        api.create(
            &format!("/api/v1/namespaces/{namespace}/pods"),
            &json!({"metadata": {"name": name, "labels": labels}, "spec": spec}),
        );
    };
    pod(&first, "db-0", json!({"app": "db"}));
    pod(&first, "web-0", json!({"app": "web", "tier": "front"}));
    pod(&second, "web-1", json!({"app": "web"}));
    api.merge(&format!("/api/v1/namespaces/{first}/pods/db-0/status"), &json!({"status": {"phase": "Running"}}));
    let n = first.as_str();
    for args in [
        &["pods", "-n", n][..],
        &["po", "db-0", "-n", n],
        &["po", "web-0", "db-0", "-n", n],
        &["pod/db-0", "-n", n],
        &["pods/db-0", "pods/web-0", "-n", n],
        &["pods", "-n", n, "-o", "name"],
        &["pods,deploy", "-n", n],
        &["deploy,pods", "-n", n, "-o", "wide"],
        &["pods", "-n", n, "-l", "app=web"],
        &["pods", "-n", n, "-l", "app in (web, db), !tier"],
        &["pods", "-n", n, "--field-selector", "status.phase=Running"],
        &["pods", "-n", n, "--field-selector", "metadata.name!=db-0"],
        &["pods", "-A", "-l", "app=web"],
        &["pods,deploy", "-n", n, "-l", "app=nobody"],
        &["pods", "-n", "no-such-namespace"],
        &["deployments", "-n", n],
        &["pv"],
        &["pods", "nobody", "-n", n],
        &["pods", "db-0", "nobody", "-n", n],
        &["deploy/nobody", "svc/nobody", "-n", n],
        &["nodes", "nobody"],
    ] {
        as_kubectl(rig.kubeconfig(), args);
    }
    let both = get(rig.kubeconfig(), &["pods", "-n", &format!("{first},{second}")]).complete();
    let lines: Vec<Vec<&str>> = both.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    assert_eq!(lines, [["NAMESPACE", "NAME"], [n, "db-0"], [n, "web-0"], [second.as_str(), "web-1"]]);
    let empty = get(rig.kubeconfig(), &["pods", "-n", "no-such-namespace"]);
    assert_eq!(empty.err, "No resources found in no-such-namespace namespace.\n");
    let json = get(rig.kubeconfig(), &["pods", "-n", "no-such-namespace", "-o", "json"]);
    assert_eq!((json.rows(), json.err.as_str(), json.code), (Vec::new(), "", 0));
    let row = &get(rig.kubeconfig(), &["po/db-0", "-n", n, "-o", "json"]).rows()[0];
    let object = api.get(&format!("/api/v1/namespaces/{first}/pods/db-0"));
    for (ours, theirs) in [
        ("uid", "uid"),
        ("resourceVersion", "resourceVersion"),
        ("created", "creationTimestamp"),
        ("namespace", "namespace"),
    ] {
        assert_eq!(row[ours], object["metadata"][theirs], "{ours}");
    }
    assert_eq!((&row["cluster"], &row["kind"], &row["name"]), (&json!(rig.context()), &json!("Pod"), &json!("db-0")));
    assert!(get(rig.kubeconfig(), &["ns", n, "-o", "json"]).rows().iter().all(|row| row["namespace"] == ""));
}
