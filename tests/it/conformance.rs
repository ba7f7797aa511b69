//! Requests that are played on every server and must be answered alike: what the engine, the demo and kubectl rely on.
//!
//! The requests stand in `conformance/*.txt`, one a line: `METHOD PATH [Header: value]… | BODY > name=.field…`. What is
//! taken from an answer by `>` stands for `{name}` in the lines after it. Before the method there may be
//! - `code`: only the code and the reason are compared, since the words are of the encodings that a server has;
//! - `newer`: the older version answers otherwise;
//! - `keys`: only the fields are compared, not their values;
//! - `bare`: who owns what of the object is not compared;
//! - `expire`: before the request, which is not made, all versions are made too old;
//! - `until`: asked again until it succeeds, and not compared.

use crate::api::{Answer, Api};
use crate::cli::{PATIENCE, eventually};
use crate::support::rig::{Rig, RigOptions};
use crate::support::server::{Place, Server, on_each};
use regex::Regex;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, OnceLock};

/// One line.
struct Step<'a> {
    line: &'a str,
    mark: &'a str,
    method: &'a str,
    path: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: &'a str,
    /// What to take from the answer: name and path.
    take: Vec<(&'a str, &'a str)>,
}

fn steps(script: &str) -> Vec<Step<'_>> {
    script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(step).collect()
}

fn step(line: &str) -> Step<'_> {
    let (mark, rest) = match line.split_once(' ') {
        Some((mark @ ("bare" | "code" | "expire" | "keys" | "newer" | "until"), rest)) => (mark, rest),
        _ => ("", line),
    };
    let (rest, take) = match rest.rsplit_once(" > ") {
        Some((rest, take)) => (rest, take.split(' ').filter_map(|it| it.split_once('=')).collect()),
        None => (rest, Vec::new()),
    };
    let (head, body) = rest.split_once(" | ").unwrap_or((rest, ""));
    let (head, headers) = match head.split_once(" [") {
        Some((head, headers)) => (head, headers.trim_end_matches(']')),
        None => (head, ""),
    };
    let (method, path) = head.split_once(' ').expect("a method and a path");
    let headers = headers.split("] [").filter_map(|it| it.split_once(": ")).collect();
    Step { line, mark, method, path: path.trim(), headers, body, take }
}

/// What a server answered, without what differs from run to run.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    code: u16,
    kind: String,
    warnings: Vec<String>,
    retry_after: String,
    body: Vec<Value>,
}

/// Plays a script in a namespace of its name. Where it says `expire`, `expire` makes all versions so far too old.
fn play(place: &Place, name: &str, script: &str, expire: &dyn Fn(&Api)) -> Vec<Said> {
    let api = Api::new(place.kubeconfig(), None);
    let namespace = format!("conform-{name}");
    api.create("/api/v1/namespaces", &json!({"metadata": {"name": namespace}}));
    let mut words: BTreeMap<String, String> = [
        ("ns", namespace.clone()),
        ("core", format!("/api/v1/namespaces/{namespace}")),
        ("apps", format!("/apis/apps/v1/namespaces/{namespace}")),
        ("policy", format!("/apis/policy/v1/namespaces/{namespace}")),
        ("rbac", format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}")),
        ("crds", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions".to_owned()),
        ("gadgets", format!("/apis/conform.example.com/v1/namespaces/{namespace}/gadgets")),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into();
    let mut all = Vec::new();
    for step in steps(script) {
        if step.mark == "expire" {
            expire(&api);
            continue;
        }
        let fill = |text: &str| {
            words.iter().fold(text.to_owned(), |text, (name, word)| text.replace(&format!("{{{name}}}"), word))
        };
        let mut headers: Vec<(String, String)> =
            step.headers.iter().map(|(name, value)| ((*name).to_lowercase(), fill(value))).collect();
        let has = |headers: &[(String, String)], name: &str| headers.iter().any(|(it, _)| it == name);
        if !step.body.is_empty() && !has(&headers, "content-type") {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        headers.push(("user-agent".to_owned(), "suite/1".to_owned()));
        let ask = || api.raw(step.method, &fill(step.path), &headers, fill(step.body).into_bytes());
        if step.mark == "until" {
            eventually(PATIENCE, || {
                let answer = ask();
                if answer.code == 200 { Ok(()) } else { Err(format!("{}: {}", step.line, answer.code)) }
            });
            continue;
        }
        let answer = ask();
        let body = answer.json();
        for (name, field) in &step.take {
            let pointer = field.replace('.', "/");
            let found = body.first().and_then(|body| body.pointer(&pointer)?.as_str());
            words.insert((*name).to_owned(), found.unwrap_or_else(|| panic!("{}: {body:?}", step.line)).to_owned());
        }
        all.push(said(&answer, body));
    }
    all
}

fn said(answer: &Answer, mut body: Vec<Value>) -> Said {
    // A bookmark that only says how far it is comes when a server likes.
    let counts = |event: &Value| event["type"] != "BOOKMARK" || event.to_string().contains("initial-events-end");
    body.retain(counts);
    body.iter_mut().for_each(plain);
    // What was there before a watch comes in no order.
    let first = body.iter().position(|event| event["type"] != "ADDED").unwrap_or(body.len());
    body[..first].sort_by_key(|event| event["object"]["metadata"]["name"].to_string());
    let header = |name: &str| answer.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
    let all = answer.headers.get_all("warning").iter().filter_map(|it| it.to_str().ok());
    Said {
        code: answer.code,
        kind: header("content-type"),
        warnings: all.map(str::to_owned).collect(),
        retry_after: header("retry-after"),
        body,
    }
}

/// Takes out what differs from run to run: uids, versions, times, tokens, addresses.
fn plain(value: &mut Value) {
    match value {
        Value::Object(map) => {
            // Descriptions of columns are for nobody, hashes are a matter of the store, and older servers write an
            // absent time as null. That a pod has an account is the work of admission, which the rigs leave out.
            map.retain(|key, value| match key.as_str() {
                "storageVersionHash" | "serviceAccount" | "serviceAccountName" => false,
                "creationTimestamp" => !value.is_null(),
                "description" => !value.is_string(),
                "volumes" | "volumeMounts" => !value.to_string().contains("kube-api-access-"),
                _ => true,
            });
            // Nobody looks at who owns what of a review.
            if map.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("AccessReview"))
                && let Some(Value::Object(metadata)) = map.get_mut("metadata")
            {
                metadata.remove("managedFields");
            }
            // Their order follows from the seconds in which they were written.
            if let Some(Value::Array(entries)) = map.get_mut("managedFields") {
                entries.sort_by_key(|entry| ["manager", "operation", "subresource"].map(|key| entry[key].to_string()));
            }
            for rules in ["resourceRules", "nonResourceRules"] {
                if let Some(Value::Array(rules)) = map.get_mut(rules) {
                    rules.sort_by_key(Value::to_string);
                }
            }
            for (key, value) in map.iter_mut() {
                let word = match key.as_str() {
                    "resourceVersion" => "VERSION",
                    "uid" => "UID",
                    "continue" => "TOKEN",
                    "clusterIP" => "IP",
                    _ => "",
                };
                match value {
                    Value::String(text) if !word.is_empty() && !text.is_empty() => word.clone_into(text),
                    other => plain(other),
                }
            }
            if let Some(ips) = map.get_mut("clusterIPs") {
                *ips = json!(["IP"]);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::String(text) => *text = plain_text(text),
        _ => {}
    }
}

fn plain_text(text: &str) -> String {
    static RULES: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    let rules = RULES.get_or_init(|| {
        [
            (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
            (r"current: \d+", "current: VERSION"),
            (r"too old resource version: \d+ \(\d+\)", "too old resource version: VERSION"),
            (r"in record \(\d+\)", "in record (VERSION)"),
            (r"^\d+s$", "AGE"),
            (r"kube-api-access-[a-z0-9]{5}", "kube-api-access-X"),
            (r"\b\d+\.\d+\.\d+\.\d+:\d+", "ADDRESS"),
        ]
        .map(|(pattern, with)| (Regex::new(pattern).expect("a pattern"), with))
        .into()
    });
    rules.iter().fold(text.to_owned(), |text, (rule, with)| rule.replace_all(&text, *with).into_owned())
}

/// Only the code, and the reason of a `Status`.
fn code(said: &Said) -> (u16, Value) {
    (said.code, said.body.first().map_or(Value::Null, |body| body["reason"].clone()))
}

/// Without managed fields.
fn bare(said: &Said) -> Said {
    let mut said = said.clone();
    for metadata in said.body.iter_mut().filter_map(|body| body.pointer_mut("/metadata")?.as_object_mut()) {
        metadata.remove("managedFields");
    }
    said
}

/// The names of the fields.
fn keys(said: &Said) -> (u16, Vec<String>) {
    let map = said.body.first().and_then(Value::as_object).into_iter().flatten();
    (said.code, map.map(|(key, _)| key.clone()).collect())
}

/// Plays a script on every server and compares with the newest real one.
fn compare(name: &str, script: &str) {
    compare_as(name, script, |server, name| play(server.still(), name, script, &|_| panic!("nothing expires here")));
}

fn compare_as(name: &str, script: &str, play: impl Fn(Server, &str) -> Vec<Said> + Sync) {
    let all: Mutex<Vec<(Server, Vec<Said>)>> = Mutex::default();
    on_each(|server| {
        let said = play(server, name);
        all.lock().expect("no panic").push((server, said));
    });
    let all = all.into_inner().expect("no panic");
    let newest = Server::ALL[1];
    let Some((_, theirs)) = all.iter().find(|(server, _)| *server == newest) else { return };
    let mut wrong = String::new();
    let steps = steps(script);
    let compared: Vec<&Step<'_>> = steps.iter().filter(|step| !matches!(step.mark, "until" | "expire")).collect();
    for (server, ours) in all.iter().filter(|(server, _)| *server != newest) {
        for ((step, ours), theirs) in compared.iter().zip(ours).zip(theirs) {
            let same = match step.mark {
                "newer" if *server == Server::ALL[0] => true,
                "code" => code(ours) == code(theirs),
                "keys" => keys(ours) == keys(theirs),
                "bare" => bare(ours) == bare(theirs),
                _ => ours == theirs,
            };
            if !same {
                let _ = writeln!(wrong, "{}\n{}", step.line, difference(&server.name(), ours, theirs));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn difference(name: &str, ours: &Said, theirs: &Said) -> String {
    let head = |said: &Said| format!("{} {} {:?} {}", said.code, said.kind, said.warnings, said.retry_after);
    let mut out = String::new();
    if head(ours) != head(theirs) {
        let _ = writeln!(out, "  newest:  {}\n  {name}: {}", head(theirs), head(ours));
    }
    if ours.body.len() != theirs.body.len() {
        let list = |said: &Said| said.body.iter().map(Value::to_string).collect::<Vec<_>>().join("\n    ");
        let _ = writeln!(out, "  newest:  {}\n  {name}: {}", list(theirs), list(ours));
    }
    for (ours, theirs) in ours.body.iter().zip(&theirs.body) {
        parts("", ours, theirs, name, &mut out);
    }
    out
}

/// Each part that differs.
fn parts(path: &str, ours: &Value, theirs: &Value, name: &str, out: &mut String) {
    if ours == theirs {
        return;
    }
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let of = |map: &Map<String, Value>, key: &str| map.get(key).cloned().unwrap_or(json!("(none)"));
            for key in keys {
                parts(&format!("{path}.{key}"), &of(a, key), &of(b, key), name, out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                parts(&format!("{path}[{at}]"), a, b, name, out);
            }
        }
        _ => {
            let _ = writeln!(out, "  {path}\n    newest: {theirs}\n    {name}: {ours}");
        }
    }
}

#[test]
fn lists_and_watches() {
    compare("lists", include_str!("conformance/lists.txt"));
}

#[test]
fn writes() {
    compare("writes", include_str!("conformance/writes.txt"));
}

/// On servers of their own: what is too old is so for all.
#[test]
fn what_has_expired() {
    let script = include_str!("conformance/expired.txt");
    compare_as("expired", script, |server, name| match server {
        Server::Real(version) => {
            let options = RigOptions { version, context: "expires".into(), ..RigOptions::server_only() };
            let rig = Rig::start(&options).unwrap_or_else(|error| panic!("{error}"));
            play(&Place::of(&rig), name, script, &|_| assert!(rig.expire().expect("expired") > 0))
        }
        Server::Embedded => {
            let place = Place::embedded("embedded-expires", &["--still"]);
            play(&place, name, script, &|api| forget(&place, api))
        }
    });
}

/// Asks the embedded server to forget, and waits until it has.
fn forget(place: &Place, api: &Api) {
    let list = api.get("/api/v1/namespaces?limit=1");
    let version = list["metadata"]["resourceVersion"].as_str().expect("a version").to_owned();
    api.create("/api/v1/namespaces", &json!({"metadata": {"name": "one-version-later"}}));
    place.served().expect("a process").signal(rustix::process::Signal::USR1);
    let path = format!("/api/v1/namespaces?resourceVersion={version}&resourceVersionMatch=Exact");
    eventually(PATIENCE, || match api.raw("GET", &path, &[], Vec::new()).code {
        410 => Ok(()),
        code => Err(format!("{path}: {code}")),
    });
}

#[test]
fn paths_rights_and_kinds() {
    compare("others", include_str!("conformance/others.txt"));
}
