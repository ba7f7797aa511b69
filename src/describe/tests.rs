//! Every fixture as a snapshot, and what holds for any object.

use super::{Answers, By, Got, MOST_WANTS, Want, describe, wants};
use crate::model::document::{Document, Ink};
use crate::model::kind::Kind;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

/// 2026-03-01 12:00:00 UTC.
const NOW: u32 = 1_772_366_400;

/// An object and the small cluster around it.
#[derive(Clone)]
struct Case {
    object: Value,
    around: Vec<Value>,
}

impl Case {
    fn read(text: &str) -> Case {
        let mut all = text.split("\n---\n").map(|part| serde_saphyr::from_str::<Value>(part).expect(part));
        Case { object: all.next().expect("an object"), around: all.collect() }
    }

    fn kind(&self) -> Kind {
        let version = self.object["apiVersion"].as_str().unwrap_or_default();
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let kind = self.object["kind"].as_str().unwrap_or_default();
        let namespaced = self.object["metadata"].get("namespace").is_some();
        let singular = kind.to_lowercase();
        Kind::built_in(group, version, &format!("{singular}s"), &singular, kind, &[], namespaced)
    }

    /// Whether the cluster deals so with this kind: `refused: [secrets]`.
    fn deals(&self, how: &str, plural: &str) -> bool {
        let lists = self.around.iter().filter_map(|it| it[how].as_array());
        lists.flatten().any(|it| it == plural)
    }

    fn answer(&self, want: &Want) -> Option<Got> {
        let plural = want.plural.as_str();
        if self.deals("pending", plural) {
            return None;
        }
        if self.deals("refused", plural) {
            return Some(Got::Refused(format!("{plural} is forbidden: User \"jane\" cannot list it")));
        }
        if self.deals("failed", plural) {
            return Some(Got::Failed("connection refused".to_owned()));
        }
        let found: Vec<_> = self.around.iter().filter(|it| matches(want, it)).cloned().collect();
        Some(match (&want.by, found.is_empty()) {
            (By::Name(_), true) => Got::Missing,
            _ if self.deals("part", plural) => Got::Part(found),
            _ => Got::Objects(found),
        })
    }

    /// All answers, asked for until nothing new is wanted.
    fn answers(&self) -> Answers {
        let kind = self.kind();
        let mut answers = Answers::default();
        for _ in 0..8 {
            let wanted = wants(&kind, &self.object, &answers);
            let new: Vec<_> = wanted.into_iter().filter(|want| !answers.contains_key(want)).collect();
            if new.is_empty() {
                return answers;
            }
            answers.extend(new.into_iter().map(|want| {
                let got = self.answer(&want).unwrap_or(Got::Pending);
                (want, got)
            }));
        }
        panic!("wants never end");
    }

    fn describe(&self) -> Document {
        describe(&self.kind(), &self.object, &self.answers(), NOW)
    }
}

/// Whether the object is among those that are wanted.
fn matches(want: &Want, object: &Value) -> bool {
    let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
    let plurals = [format!("{kind}s"), format!("{kind}es"), format!("{}ies", kind.trim_end_matches('y')), kind];
    let meta = &object["metadata"];
    let in_namespace = want.namespace.as_deref().is_none_or(|namespace| meta["namespace"] == namespace);
    let label = |pair: &str| match pair.split_once('=') {
        Some((key, value)) => meta["labels"][key] == value,
        None => match pair.split_once(" in (") {
            Some((key, values)) => {
                let values: Vec<_> = values.trim_end_matches(')').split(',').collect();
                meta["labels"][key].as_str().is_some_and(|value| values.contains(&value))
            }
            None => true,
        },
    };
    let field = |pair: &str| match pair.split_once("!=") {
        Some(_) => true,
        None => pair.split_once('=').is_none_or(|(path, value)| {
            let found = path.split('.').fold(object, |at, field| &at[field]);
            found == value || (path == "spec.nodeName" && object["spec"]["nodeName"] == value)
        }),
    };
    plurals.contains(&want.plural)
        && in_namespace
        && match &want.by {
            By::Name(name) => meta["name"] == name.as_str(),
            By::Labels(labels) if labels.contains(" in (") => label(labels),
            By::Labels(labels) => labels.split(',').all(label),
            By::Fields(fields) => fields.split(',').all(field),
            By::Owner(uid) => {
                meta["ownerReferences"].as_array().is_some_and(|all| all.iter().any(|it| it["uid"] == uid.as_str()))
            }
            By::All => true,
        }
}

/// The text with what is bad (`!`) or wants attention (`~`) marked, and where its lines lead.
fn marked(document: &Document) -> String {
    let mut out = String::new();
    for line in &document.lines {
        let has = |ink| line.pieces.iter().any(|piece| piece.ink == ink && !piece.text.trim().is_empty());
        let mark = if has(Ink::Bad) {
            '!'
        } else if has(Ink::Warn) {
            '~'
        } else {
            ' '
        };
        let _ = write!(out, "{mark} {}", line.text());
        if let Some(link) = &line.link {
            let namespace = if link.namespace.is_empty() { String::new() } else { format!("{}/", link.namespace) };
            let _ = write!(out, "  -> {} {namespace}{}", link.word(), link.name);
        }
        out.push('\n');
    }
    out.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// The fixtures by name, read once.
fn fixtures() -> &'static [(String, Case)] {
    static FIXTURES: LazyLock<Vec<(String, Case)>> = LazyLock::new(read_fixtures);
    &FIXTURES
}

fn read_fixtures() -> Vec<(String, Case)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/describe");
    let mut found: Vec<_> = std::fs::read_dir(dir)
        .expect("fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, Case::read(&std::fs::read_to_string(&path).expect("a text")))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.len() > 40);
    found
}

#[test]
fn every_kind_reads_as_it_should() {
    for (name, case) in fixtures() {
        insta::assert_snapshot!(name.as_str(), marked(&case.describe()));
    }
}

#[test]
fn wants_are_few_and_each_once() {
    for (name, case) in fixtures() {
        let wanted = wants(&case.kind(), &case.object, &case.answers());
        let mut unique = wanted.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), wanted.len(), "{name}");
        assert!(wanted.len() <= MOST_WANTS, "{name}");
        assert_eq!(wanted[0].plural, "events", "{name}: the events are never one too many");
        assert!(
            wanted.iter().all(|want| want.plural != "secrets" || want.heads),
            "{name}: no secret's value is asked for"
        );
    }
}

#[test]
fn a_secret_value_is_never_shown() {
    let (_, case) = fixtures().iter().find(|(name, _)| name == "secret").expect("the secret");
    let text = case.describe().text();
    for value in ["hunter2", "aHVudGVyMg", "Y2VydA"] {
        assert!(!text.contains(value), "{text}");
    }
    assert!(text.contains("7 bytes"), "{text}");
}

#[test]
fn what_is_one_too_many_is_said() {
    let volumes: Vec<_> =
        (0..40).map(|n| json!({"name": format!("v{n}"), "configMap": {"name": format!("c{n}")}})).collect();
    let object = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a", "namespace": "n", "uid": "u"},
        "spec": {"containers": [], "volumes": volumes}});
    let case = Case { object, around: Vec::new() };
    let text = case.describe().text();
    assert!(text.contains("c39 not looked up"), "{text}");
    assert!(text.contains("ConfigMap c0: missing"), "{text}");
}

#[test]
fn large_objects_stay_readable() {
    let labels: serde_json::Map<_, _> = (0..10_000).map(|n| (format!("l{n:05}"), json!("x"))).collect();
    let data: serde_json::Map<_, _> = (0..10).map(|n| (format!("f{n}"), json!("line\n".repeat(30_000)))).collect();
    let object = json!({"kind": "ConfigMap", "apiVersion": "v1",
        "metadata": {"name": "big", "namespace": "n", "uid": "u", "labels": labels}, "data": data});
    let document = Case { object, around: Vec::new() }.describe();
    assert!(document.text().contains("… and 9 900 more"));
    assert!(document.lines.len() < 21_000, "{} lines", document.lines.len());
}

/// The kinds that have a description of their own, by group and kind.
fn kinds() -> Vec<(String, String)> {
    let mut kinds: Vec<_> =
        fixtures().iter().map(|(_, case)| (case.kind().group.clone(), case.kind().kind.clone())).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        "(\u{1b}\\[31m|\n|\t|\r|\u{202e}|\u{7f}|生|[a-z]|\u{9b}|\u{0}){0,8}".prop_map(Value::from),
        Just(json!("2026-03-01T11:00:00Z")),
        Just(json!("9999999Ei")),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::hash_map("[a-z\u{1b}\n]{1,6}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Puts foreign values at some places of an object.
fn spoil(value: &mut Value, seed: &mut impl Iterator<Item = (u8, Value)>) {
    let Some((dice, other)) = seed.next() else {
        return;
    };
    if dice < 24 {
        *value = other;
        return;
    }
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| spoil(value, seed)),
        Value::Array(items) => items.iter_mut().for_each(|value| spoil(value, seed)),
        _ => {}
    }
}

fn assert_clean(document: &Document) {
    for line in &document.lines {
        for piece in &line.pieces {
            let dirty = piece.text.chars().any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}'));
            assert!(!dirty, "{:?}", piece.text);
        }
    }
}

/// The fixtures with all their answers.
static ANSWERED: LazyLock<Vec<(Case, Answers)>> =
    LazyLock::new(|| fixtures().iter().map(|(_, case)| (case.clone(), case.answers())).collect());

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(16) })]

    #[test]
    fn any_value_is_described(value in any_json(), other in any_json()) {
        for (group, kind) in kinds() {
            let kind = Kind::built_in(&group, "v1", "x", "x", &kind, &[], true);
            let wanted = wants(&kind, &value, &Answers::default());
            prop_assert!(wanted.len() <= MOST_WANTS);
            let answers = wanted.into_iter().map(|want| (want, Got::Objects(vec![other.clone()]))).collect();
            assert_clean(&describe(&kind, &value, &answers, NOW));
        }
    }

    #[test]
    fn spoiled_objects_are_described(seed in proptest::collection::vec((any::<u8>(), any_json()), 1..200)) {
        for (case, answers) in ANSWERED.iter() {
            let (kind, mut case) = (case.kind(), case.clone());
            let answers = answers.clone();
            let mut seed = seed.iter().cycle().take(2000).cloned();
            spoil(&mut case.object, &mut seed);
            assert_clean(&describe(&kind, &case.object, &answers, NOW));
            let mut spoiled = Answers::default();
            for (want, got) in answers {
                let got = match got {
                    Got::Objects(mut objects) => {
                        for object in &mut objects {
                            spoil(object, &mut seed);
                        }
                        Got::Objects(objects)
                    }
                    other => other,
                };
                spoiled.insert(want, got);
            }
            assert_clean(&describe(&kind, &case.object, &spoiled, NOW));
        }
    }
}
