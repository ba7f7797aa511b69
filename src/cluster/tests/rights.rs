//! Users who may list only some namespaces: they get those, and are told the rest.

use super::server::{JSON, Piece, Reply, Seen};
use super::*;
use crate::cluster::limited::Limits;
use crate::cluster::rights::Origin;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a user may, as the server's rules have it.
#[derive(Clone)]
struct Policy {
    /// Namespaces in which pods and widgets may be listed.
    allowed: Arc<Mutex<BTreeSet<String>>>,
    /// Whether namespaces may be listed.
    lists_namespaces: bool,
    /// How the rules of a namespace are told: whole, in part, or not.
    rules: Rules,
}

#[derive(Clone, Copy, PartialEq)]
enum Rules {
    Whole,
    Partial,
    Untold,
}

fn policy(allowed: &[&str], lists_namespaces: bool, rules: Rules) -> Policy {
    let allowed = Arc::new(Mutex::new(allowed.iter().map(ToString::to_string).collect()));
    Policy { allowed, lists_namespaces, rules }
}

fn created(status: &Value) -> Reply {
    let body = json!({"status": status}).to_string();
    Reply::Body {
        code: 201,
        headers: vec![("content-type", JSON.to_owned())],
        pieces: vec![Piece::Bytes(body.into_bytes())],
    }
}

impl Policy {
    fn enforce(&self, rig: &Rig) {
        let policy = self.clone();
        rig.server.rule(move |seen| policy.answer(seen));
    }

    fn answer(&self, seen: &Seen) -> Option<Reply> {
        let may = |namespace: &str| self.allowed.lock().contains(namespace);
        if seen.is_post() {
            let spec = serde_json::from_str::<Value>(&seen.body).expect("JSON")["spec"].clone();
            return match (seen.plural(), self.rules) {
                ("selfsubjectrulesreviews", Rules::Untold) => Some(Reply::status(403, "Forbidden", "no")),
                ("selfsubjectrulesreviews", rules) => {
                    let may = may(spec["namespace"].as_str().expect("a namespace")) && rules == Rules::Whole;
                    let verbs = if may { json!(["get", "list", "watch"]) } else { json!(["get"]) };
                    let rule = json!({"verbs": verbs, "apiGroups": ["*"], "resources": ["pods", "widgets"]});
                    Some(created(
                        &json!({"resourceRules": [rule], "nonResourceRules": [], "incomplete": rules != Rules::Whole}),
                    ))
                }
                _ => {
                    let asked = &spec["resourceAttributes"];
                    assert_eq!(asked["verb"], "list");
                    Some(created(&json!({"allowed": may(asked["namespace"].as_str().expect("a namespace"))})))
                }
            };
        }
        let refuse = |what: &str| {
            let message = format!("{what} is forbidden: User \"eve\" cannot list resource \"{what}\"");
            Some(Reply::status(403, "Forbidden", &message))
        };
        match seen.plural() {
            "namespaces" if self.lists_namespaces => None,
            plural @ ("pods" | "widgets") if !seen.namespace().is_some_and(may) => refuse(plural),
            plural @ ("namespaces" | "nodes") => refuse(plural),
            _ if seen.path.starts_with("/api/v1/namespaces/") && seen.namespace().is_none() => {
                let name = seen.plural();
                if may(name) {
                    let object = json!({"metadata": {"name": name, "uid": format!("uid-{name}"), "resourceVersion": "1"},
                                        "status": {"phase": "Active"}});
                    Some(Reply::text(200, JSON, &object.to_string()))
                } else {
                    refuse("namespaces")
                }
            }
            _ => None,
        }
    }
}

fn world(rig: &Rig, namespaces: &[&str]) {
    rig.server.world(|world| {
        for namespace in namespaces {
            world.put("namespaces", "", namespace, "Active");
            world.put("pods", namespace, &format!("{namespace}-0"), "Running");
            world.put("widgets", namespace, &format!("{namespace}-w"), "Running");
        }
    });
}

fn opened(rig: &Rig, word: &str, options: Options) -> Opened {
    Opened::new(&rig.cluster, word, vec![None], options)
}

/// The rows of every source.
fn names(opened: &Opened) -> Vec<String> {
    let sources = opened.sources();
    let names = sources.iter().flat_map(|source| {
        let rows = source.rows();
        rows.slots().map(|slot| rows.name(slot).to_owned()).collect::<Vec<_>>()
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

fn limits(opened: &Opened) -> Option<Limits> {
    opened.limits(opened.sources().first()?)
}

fn reviews(rig: &Rig, plural: &str) -> usize {
    rig.server.count(|seen| seen.is_post() && seen.plural() == plural)
}

#[tokio::test(start_paused = true)]
async fn the_namespaces_that_may_be_listed_are_shown_and_the_rest_is_told() {
    for (word, row) in [("pods", "-0"), ("widgets", "-w")] {
        for rules in [Rules::Whole, Rules::Partial, Rules::Untold] {
            let rig = Rig::new();
            world(&rig, &["a", "b", "c", "d"]);
            policy(&["a", "c"], true, rules).enforce(&rig);
            let opened = opened(&rig, word, Options::default());
            until(|| names(&opened) == [format!("a{row}"), format!("c{row}")]).await;
            until(|| limits(&opened).is_some_and(|limits| !limits.checking)).await;
            let told = limits(&opened).expect("limits");
            assert_eq!((told.read, told.refused, told.unchecked), (vec!["a".into(), "c".into()], 2, 0));
            let whole = opened.sources().remove(0);
            assert_eq!(whole.status().phase.word(), "forbidden");
            assert!(whole.status().phase.reason().contains("cannot list resource"), "the server's own words");
            // They are followed.
            rig.server.world(|world| world.put(word, "c", "later", "Running"));
            until(|| names(&opened).contains(&"later".to_owned())).await;
            let (by_rules, by_access) =
                (reviews(&rig, "selfsubjectrulesreviews"), reviews(&rig, "selfsubjectaccessreviews"));
            match rules {
                Rules::Whole => assert_eq!((by_rules, by_access), (4, 0), "the rules answer it all"),
                Rules::Partial => assert_eq!((by_rules, by_access), (4, 4), "incomplete rules say no no"),
                Rules::Untold => assert!(by_rules <= 4 && by_access == 4, "{by_rules} {by_access}"),
            }
            assert_eq!(rig.phase(), Phase::Live);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_kind_costs_no_question() {
    let rig = Rig::new();
    world(&rig, &["a", "b", "c"]);
    policy(&["b"], true, Rules::Whole).enforce(&rig);
    let pods = opened(&rig, "pods", Options::default());
    until(|| names(&pods) == ["b-0"]).await;
    let asked = reviews(&rig, "selfsubjectrulesreviews");
    let widgets = opened(&rig, "widgets", Options::default());
    until(|| names(&widgets) == ["b-w"]).await;
    assert_eq!(reviews(&rig, "selfsubjectrulesreviews"), asked);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_two_hundred_are_asked_about_and_the_others_are_counted() {
    let rig = Rig::with_namespace(Protocol::Auto, Some("zz-mine"));
    let all: Vec<String> = (0..500).map(|i| format!("n{i:03}")).collect();
    world(&rig, &all.iter().map(String::as_str).chain(["zz-mine"]).collect::<Vec<_>>());
    policy(&["n007", "n450", "zz-mine"], true, Rules::Untold).enforce(&rig);
    let opened = opened(&rig, "pods", Options::default());
    until(|| limits(&opened).is_some_and(|limits| !limits.checking && limits.refused > 0)).await;
    let told = limits(&opened).expect("limits");
    assert_eq!((told.refused, told.unchecked), (199, 300));
    assert_eq!(told.read, ["n007", "zz-mine"], "the context's own is not among those that are asked about");
    until(|| names(&opened) == ["n007-0", "zz-mine-0"]).await;
    // The answers hold, and nothing is asked again soon.
    pass(300).await;
    assert_eq!(reviews(&rig, "selfsubjectaccessreviews"), 200);
    // What is typed is tried.
    rig.cluster.rights.name("n450", Origin::Typed);
    until(|| names(&opened) == ["n007-0", "n450-0", "zz-mine-0"]).await;
    assert_eq!(reviews(&rig, "selfsubjectaccessreviews"), 200);
}

#[tokio::test(start_paused = true)]
async fn where_namespaces_cannot_be_listed_the_named_ones_are_tried() {
    let rig = Rig::with_namespace(Protocol::Auto, Some("mine"));
    world(&rig, &["mine", "other", "third"]);
    policy(&["mine", "other"], false, Rules::Whole).enforce(&rig);
    let pods = opened(&rig, "pods", Options::default());
    until(|| names(&pods) == ["mine-0"]).await;
    until(|| limits(&pods).is_some_and(|limits| !limits.checking)).await;
    let told = limits(&pods).expect("limits");
    assert!(told.unknown.expect("not known").contains("cannot list resource \"namespaces\""));
    rig.cluster.rights.name("other", Origin::Option);
    rig.cluster.rights.name("third", Origin::Typed);
    until(|| names(&pods) == ["mine-0", "other-0"]).await;
    let third = || pods.sources().into_iter().find(|source| source.namespace.as_deref() == Some("third"));
    until(|| third().is_some_and(|third| third.status().phase.word() == "forbidden")).await;
    assert_eq!(limits(&pods).expect("limits").read, ["mine", "other"]);

    // The namespaces themselves: those that somebody named, each with where its name is from.
    let namespaces = opened(&rig, "namespaces", Options::default());
    until(|| names(&namespaces) == ["mine", "other", "third"]).await;
    let source = namespaces.sources().remove(1);
    let rows = source.rows();
    let row = |name: &str| {
        let slot = rows.slots().find(|slot| rows.name(*slot) == name).expect("a row");
        let cell = |column| {
            let mut text = String::new();
            rows.write_cell(&mut text, slot, column, 0);
            text
        };
        (cell(1), cell(rows.columns().len() - 1))
    };
    assert_eq!(row("mine"), ("Active".into(), "context".into()));
    assert_eq!(row("other"), ("Active".into(), "-n".into()));
    assert_eq!(row("third"), (String::new(), "typed".into()), "nothing is known of it but its name");
}

#[tokio::test(start_paused = true)]
async fn rights_and_namespaces_that_change_are_noticed() {
    let rig = Rig::new();
    world(&rig, &["a", "b"]);
    let policy = policy(&["a"], true, Rules::Whole);
    policy.enforce(&rig);
    let pods = opened(&rig, "pods", Options::default());
    until(|| names(&pods) == ["a-0"]).await;
    // A namespace comes, and may be read.
    policy.allowed.lock().insert("new".into());
    world(&rig, &["new"]);
    let begun = tokio::time::Instant::now();
    until(|| names(&pods) == ["a-0", "new-0"]).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    // A right is given: noticed when the user asks, or when the answers are old.
    policy.allowed.lock().insert("b".into());
    rig.cluster.retry_now();
    until(|| names(&pods) == ["a-0", "b-0", "new-0"]).await;
    // A right is taken: its rows stay and are labelled, then they go.
    policy.allowed.lock().remove("a");
    rig.server.world(|world| world.end("pods", false));
    let part = pods.sources().into_iter().find(|source| source.namespace.as_deref() == Some("a")).expect("a part");
    until(|| part.status().phase.word() == "forbidden").await;
    let begun = tokio::time::Instant::now();
    rig.cluster.retry_now();
    until(|| names(&pods) == ["b-0", "new-0"]).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    // A namespace goes.
    rig.server.world(|world| world.delete("namespaces", "", "new"));
    until(|| names(&pods) == ["b-0"]).await;
    // Everything may be read after all: one watch, each row once.
    rig.server.behave();
    until(|| limits(&pods).is_none() && pods.sources().len() == 1 && pods.sources()[0].len() == 3).await;
}

#[tokio::test(start_paused = true)]
async fn who_may_nothing_sees_no_empty_table_and_does_not_flood_the_server() {
    let rig = Rig::new();
    world(&rig, &["a"]);
    policy(&[], false, Rules::Whole).enforce(&rig);
    let home = crate::cluster::fleet::Home::new(&rig.cluster);
    let pods = opened(&rig, "pods", Options::default());
    until(|| limits(&pods).is_some_and(|limits| !limits.checking)).await;
    let told = limits(&pods).expect("limits");
    assert!(told.read.is_empty() && told.refused == 1 && told.unknown.is_some(), "{told:?}");
    assert_eq!(pods.sources()[0].status().phase.word(), "forbidden");
    pass(300).await;
    rig.server.forget();
    pass(600).await;
    let asked = rig.server.asked(|_| true);
    let most = |plural: &str| asked.iter().filter(|seen| seen.plural() == plural).count();
    assert!(asked.len() <= 90, "{} requests in ten minutes", asked.len());
    assert!(most("nodes") <= 24 && most("pods") <= 24, "{} {}", most("nodes"), most("pods"));
    assert_eq!(rig.phase(), Phase::Live);
    drop(home);
}

#[tokio::test(start_paused = true)]
async fn a_review_that_fails_is_told_and_tried_again() {
    let rig = Rig::new();
    world(&rig, &["a", "b"]);
    policy(&["a"], true, Rules::Whole).enforce(&rig);
    rig.server.rule(|seen| seen.is_post().then(|| Reply::status(500, "InternalError", "the webhook does not answer")));
    let pods = opened(&rig, "pods", Options::default());
    until(|| limits(&pods).is_some_and(|limits| limits.unasked.is_some())).await;
    let told = limits(&pods).expect("limits");
    assert!(told.unasked.expect("why").contains("webhook") && told.unchecked == 2);
    rig.server.behave();
    policy(&["a"], true, Rules::Whole).enforce(&rig);
    until(|| names(&pods) == ["a-0"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_script_gets_the_same_once() {
    let rig = Rig::new();
    world(&rig, &["a", "b", "c"]);
    policy(&["b"], true, Rules::Whole).enforce(&rig);
    let mut pods = opened(&rig, "pods", Options { once: true, ..Options::default() });
    pods.finished().await;
    assert_eq!(names(&pods), ["b-0"]);
    let told = limits(&pods).expect("limits");
    assert_eq!((told.read, told.refused, told.checking), (vec!["b".into()], 2, false));
    let mut nodes = opened(&rig, "nodes", Options { once: true, ..Options::default() });
    nodes.finished().await;
    assert_eq!(nodes.sources()[0].status().phase.word(), "forbidden");
}

#[tokio::test(start_paused = true)]
async fn followers_replay_to_what_may_be_read() {
    let rig = Rig::new();
    world(&rig, &["a", "b"]);
    let policy = policy(&["a", "b"], true, Rules::Whole);
    policy.enforce(&rig);
    let (to, mut from) = tokio::sync::mpsc::channel::<(Arc<Source>, Vec<crate::model::source::Feed>)>(4);
    let seen = Arc::<Mutex<BTreeSet<String>>>::default();
    let keep = seen.clone();
    tokio::spawn(async move {
        use crate::model::source::Feed;
        while let Some((_, feed)) = from.recv().await {
            for change in feed {
                match change {
                    Feed::Added(row) => assert!(keep.lock().insert(row.name), "added twice"),
                    Feed::Deleted(row) => assert!(keep.lock().remove(&row.name), "deleted before added"),
                    _ => (),
                }
            }
        }
    });
    let pods = opened(&rig, "pods", Options { followers: Some(to), ..Options::default() });
    let holds = |names: &[&str]| *seen.lock() == names.iter().map(ToString::to_string).collect();
    until(|| holds(&["a-0", "b-0"])).await;
    policy.allowed.lock().remove("a");
    rig.cluster.retry_now();
    until(|| holds(&["b-0"])).await;
    drop(pods);
}

#[tokio::test(start_paused = true)]
async fn a_named_object_is_read_where_a_list_is_refused() {
    for (word, protobuf) in [("pods", true), ("pods", false), ("widgets", true)] {
        let rig = Rig::new();
        world(&rig, &["a"]);
        let refused = |seen: &Seen| seen.plural() == "pods" || seen.plural() == "widgets";
        rig.server.rule(move |seen| refused(seen).then(|| Reply::status(403, "Forbidden", "cannot list")));
        rig.server.rule(move |seen| {
            let name = seen.plural();
            let table = seen.accept.contains("as=Table");
            let meta = json!({"name": "x", "namespace": "a", "uid": "u", "resourceVersion": "7"});
            match name {
                "x" if table => {
                    let columns = json!([{"name": "Name", "type": "string"}, {"name": "Phase", "type": "string"}]);
                    let rows = json!([{"cells": ["x", "Running"], "object": {"metadata": meta}}]);
                    let table = json!({"kind": "Table", "columnDefinitions": columns, "rows": rows});
                    Some(Reply::text(200, JSON, &table.to_string()))
                }
                "x" if protobuf => {
                    use prost::Message as _;
                    let thing = super::server::Thing {
                        metadata: crate::kinds::meta::ObjectMeta {
                            name: "x".into(),
                            namespace: "a".into(),
                            uid: "u".into(),
                            resource_version: "7".into(),
                            ..Default::default()
                        },
                        status: super::server::Phase { phase: "Running".into() },
                    };
                    let body = super::server::envelope(&thing.encode_to_vec());
                    Some(Reply::body(super::server::PROTOBUF, vec![Piece::Bytes(body)]))
                }
                "x" => Some(Reply::text(200, JSON, &json!({"metadata": meta}).to_string())),
                "gone" => Some(Reply::status(404, "NotFound", "pods \"gone\" not found")),
                _ => None,
            }
        });
        let open = |name: &str, once| {
            let selection =
                crate::cluster::watch::Selection { fields: format!("metadata.name={name}"), ..Default::default() };
            let options = Options { once, name: Some(name.into()), selection, ..Options::default() };
            Opened::new(&rig.cluster, word, vec![Some("a".into())], options)
        };
        let mut once = open("x", true);
        once.finished().await;
        assert_eq!((names(&once), once.sources()[0].status().phase), (vec!["x".to_owned()], WatchPhase::Live));
        let mut gone = open("gone", true);
        gone.finished().await;
        assert_eq!((gone.sources()[0].len(), gone.sources()[0].status().phase), (0, WatchPhase::Live));
        let followed = open("x", false);
        until(|| names(&followed) == ["x"]).await;
    }
}
