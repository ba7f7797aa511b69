//! All client kinds against what the API server's own printers and encoders made of the same objects:
//! the files in `tests/fixtures/kinds` are written by the program beside them.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::base::age::Timestamp;
use crate::model::cell::Cell;
use crate::model::draft::Tone;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use prost::Message as _;
use serde_json::{Value, json};
use std::collections::HashMap;

#[derive(serde::Deserialize)]
pub(super) struct Fixture {
    pub now: Timestamp,
    pub columns: Vec<FixtureColumn>,
    pub cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
pub(super) struct FixtureColumn {
    pub name: String,
    pub wide: bool,
}

#[derive(serde::Deserialize)]
pub(super) struct Case {
    pub name: String,
    pub object: Value,
    pub cells: Vec<String>,
    protobuf: String,
}

impl Case {
    pub fn json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.object).unwrap()
    }

    pub fn protobuf(&self) -> Vec<u8> {
        STANDARD.decode(&self.protobuf).unwrap()
    }
}

macro_rules! fixture {
    ($name:literal) => {
        serde_json::from_str::<Fixture>(include_str!(concat!("../../tests/fixtures/kinds/", $name, ".json"))).unwrap()
    };
}

fn kind(plural: &str) -> &'static ClientKind {
    client_kinds().iter().find(|it| it.kind.plural == plural).unwrap()
}

fn fixtures() -> Vec<(&'static ClientKind, Fixture)> {
    vec![
        (kind("pods"), fixture!("pods")),
        (kind("pods"), fixture!("pods-random")),
        (kind("nodes"), fixture!("nodes")),
        (kind("namespaces"), fixture!("namespaces")),
        (kind("events"), fixture!("events")),
        (kind("deployments"), fixture!("deployments")),
    ]
}

fn read_json(kind: &ClientKind, object: &Value) -> Draft {
    let mut draft = Draft::default();
    (kind.from_json)(&serde_json::to_vec(object).unwrap(), &mut draft).unwrap();
    draft
}

#[test]
fn columns_are_the_servers() {
    for (kind, fixture) in fixtures() {
        let ours: Vec<_> = kind.columns.iter().map(|it| (it.name.to_string(), it.wide)).collect();
        let theirs: Vec<_> = fixture.columns.iter().map(|it| (it.name.to_uppercase(), it.wide)).collect();
        assert_eq!(ours, theirs, "{}", kind.kind.plural);
    }
}

#[test]
fn cells_are_those_of_the_servers_printers() {
    let mut draft = Draft::default();
    for (kind, fixture) in fixtures() {
        for case in fixture.cases {
            let name = format!("{}: {}", kind.kind.plural, case.name);
            (kind.from_json)(&case.json(), &mut draft).unwrap();
            assert_eq!(draft.texts(fixture.now), case.cells, "{name}, from JSON");
            (kind.from_protobuf)(&case.protobuf(), &mut draft).unwrap();
            assert_eq!(draft.texts(fixture.now), case.cells, "{name}, from protobuf");
        }
    }
}

#[test]
fn both_encodings_give_the_same_draft() {
    let (mut one, mut other) = (Draft::default(), Draft::default());
    for (kind, fixture) in fixtures() {
        for case in fixture.cases {
            (kind.from_json)(&case.json(), &mut one).unwrap();
            (kind.from_protobuf)(&case.protobuf(), &mut other).unwrap();
            assert_eq!(format!("{one:?}"), format!("{other:?}"), "{}: {}", kind.kind.plural, case.name);
        }
    }
}

#[test]
fn headers_are_filled() {
    let case = &fixture!("pods").cases[0];
    let mut draft = Draft::default();
    for _ in 0..2 {
        (kind("pods").from_protobuf)(&case.protobuf(), &mut draft).unwrap();
        assert_eq!(draft.get(draft.namespace), "default");
        assert_eq!(draft.get(draft.name), "p");
        assert_eq!(draft.get(draft.uid), "0b7c");
        assert_eq!(draft.get(draft.version), "42");
        assert_eq!(draft.get(draft.labels), "app=web,app.kubernetes.io/name=web,pod-template-hash=abc");
        assert_eq!(draft.created, 1_646_370_367);
        assert_eq!(draft.cells[0], Cell::Text(draft.name));
        assert_eq!(draft.cells[4], Cell::Age(draft.created));
    }
}

#[test]
fn moments_stay_numbers() {
    let event = json!({
        "metadata": {"name": "e"},
        "firstTimestamp": "2022-03-04T05:06:07Z",
        "lastTimestamp": "2022-03-04T07:06:07+01:00",
    });
    let draft = read_json(kind("events"), &event);
    assert_eq!(draft.cells[0], Cell::Age(1_646_373_967));
    assert_eq!(draft.cells[7], Cell::Age(1_646_370_367));
    assert_eq!(draft.cells[8], Cell::Number(1));

    let restarted = |last: Value| {
        let state = json!({"terminated": {"exitCode": 1, "finishedAt": last}});
        let pod = json!({"status": {"containerStatuses": [{"restartCount": 5, "lastState": state}]}});
        read_json(kind("pods"), &pod).cells[3]
    };
    assert_eq!(restarted(json!("2022-03-04T05:06:07Z")), Cell::Restarts { count: 5, last: 1_646_370_367 });
    for unknown in [json!(null), json!("0001-01-01T00:00:00Z"), json!(""), json!("soon")] {
        assert_eq!(restarted(unknown), Cell::Restarts { count: 5, last: 0 });
    }
}

/// The cases of a kind's file under the tone they are to have; every case is named once.
fn assert_tones(plural: &str, fixture: &Fixture, tones: &[(Tone, &[&str])]) {
    let mut wanted = HashMap::new();
    for (tone, names) in tones {
        for name in *names {
            assert!(wanted.insert(*name, *tone).is_none(), "{name} is named twice");
        }
    }
    for case in &fixture.cases {
        let tone = read_json(kind(plural), &case.object).tone;
        assert_eq!(wanted.remove(case.name.as_str()), Some(tone), "{plural}: {}", case.name);
    }
    assert!(wanted.is_empty(), "{plural}: no such cases: {wanted:?}");
}

#[test]
fn tones_of_pods() {
    assert_tones(
        "pods",
        &fixture!("pods"),
        &[
            (
                Tone::Good,
                &[
                    "running and ready",
                    "gates met",
                    "restarted, latest moment counts",
                    "restart moment without restarts",
                    "restarts without a moment",
                    "sidecars all ready",
                    "only the address list",
                    "only the single address",
                    "addresses that disagree",
                    "quantities, env and volumes",
                ],
            ),
            (
                Tone::Quiet,
                &[
                    "completed",
                    "succeeded without statuses",
                    "completed and failed phase",
                    "deleted after success",
                    "sidecars failed after success",
                ],
            ),
            (
                Tone::Warn,
                &[
                    "all fields null",
                    "nulls deep down",
                    "no spec and no status",
                    "pending",
                    "scheduling gated",
                    "nominated",
                    "container creating",
                    "pod initializing",
                    "waiting without reason",
                    "unheard-of waiting reason",
                    "one completed, one running, not ready",
                    "one completed, one running, ready",
                    "terminating",
                    "terminating while pending",
                    "not all ready",
                    "ready without state",
                    "gates unmet",
                    "init 0 of 1",
                    "init 1 of 2",
                    "init waiting for its turn",
                    "restarts of finished inits do not count",
                    "still initializing but condition says done",
                    "first Initialized condition counts",
                    "sidecars started",
                    "sidecar running but not started",
                    "statuses of containers that are not there",
                    "odd phase 0",
                    "odd phase 1",
                    "odd phase 2",
                    "odd phase 3",
                    "odd phase 5",
                ],
            ),
            (
                Tone::Bad,
                &[
                    "crash loop",
                    "image pull",
                    "err image pull",
                    "config error",
                    "invalid image name",
                    "error",
                    "oom",
                    "exit code",
                    "signal",
                    "evicted",
                    "failed without statuses",
                    "node affinity",
                    "completed with an error",
                    "completed with an error and running",
                    "unknown phase",
                    "node lost",
                    "node lost and deleted",
                    "deleted after failure",
                    "init crash loop",
                    "init error",
                    "init exit code",
                    "init signal",
                    "init oom",
                    "odd phase 4",
                    "odd phase 6",
                ],
            ),
        ],
    );
}

#[test]
fn tones_of_nodes() {
    assert_tones(
        "nodes",
        &fixture!("nodes"),
        &[
            (
                Tone::Good,
                &[
                    "ready",
                    "roles sorted, once each",
                    "role by the old label",
                    "old label empty",
                    "no architecture",
                    "architecture only",
                    "external address only",
                    "capacity and images",
                ],
            ),
            (Tone::Warn, &["cordoned", "disk pressure", "network unavailable"]),
            (
                Tone::Bad,
                &[
                    "bare",
                    "all fields null",
                    "not ready",
                    "ready unknown",
                    "last Ready counts",
                    "cordoned and not ready",
                    "cordoned without conditions",
                ],
            ),
        ],
    );
}

#[test]
fn tones_of_namespaces() {
    assert_tones(
        "namespaces",
        &fixture!("namespaces"),
        &[
            (Tone::Good, &["active", "born now-here"]),
            (Tone::Warn, &["terminating"]),
            (Tone::Plain, &["unheard-of phase"]),
        ],
    );
}

#[test]
fn tones_of_events() {
    for case in fixture!("events").cases {
        let warns = case.object["type"] == "Warning";
        let wanted = if warns { Tone::Warn } else { Tone::Plain };
        assert_eq!(read_json(kind("events"), &case.object).tone, wanted, "{}", case.name);
    }
}

#[test]
fn tones_of_deployments() {
    let mut fixture = fixture!("deployments");
    // Those about columns only have no status.
    fixture.cases.retain(|case| {
        let counts = case.object["status"]["replicas"].is_number();
        counts || case.name.starts_with("no ") || case.name == "bare"
    });
    assert_tones(
        "deployments",
        &fixture,
        &[
            (Tone::Good, &["all there", "paused", "replicas not set", "no selector", "empty selector", "big numbers"]),
            (Tone::Quiet, &["scaled to nothing"]),
            (
                Tone::Warn,
                &[
                    "no status",
                    "no containers",
                    "bare",
                    "scaling down to nothing",
                    "rolling out",
                    "coming up",
                    "some not ready",
                    "ready but not yet available",
                ],
            ),
            (Tone::Bad, &["all gone after the rollout", "stuck", "replicas refused"]),
        ],
    );
}

/// Calls `see` with the object for each of its values, that one being null, and with the place.
pub(super) fn each_nulled(object: &Value, see: &mut impl FnMut(&Value, &str)) {
    fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
        let below: Vec<(String, &Value)> = match value {
            Value::Object(map) => map.iter().map(|(k, v)| (k.replace('~', "~0").replace('/', "~1"), v)).collect(),
            Value::Array(items) => items.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
            _ => return,
        };
        for (key, value) in below {
            let at = format!("{at}/{key}");
            pointers(value, &at, all);
            all.push(at);
        }
    }

    let mut all = Vec::new();
    pointers(object, "", &mut all);
    for pointer in all {
        let mut object = object.clone();
        *object.pointer_mut(&pointer).unwrap() = Value::Null;
        see(&object, &pointer);
    }
}

#[test]
fn null_is_the_default_everywhere() {
    for (kind, fixture) in fixtures() {
        for case in fixture.cases.iter().take(70) {
            each_nulled(&case.object, &mut |object, at| {
                let mut draft = Draft::default();
                let read = (kind.from_json)(&serde_json::to_vec(object).unwrap(), &mut draft);
                assert!(read.is_ok(), "{}: {}: null at {at}: {read:?}", kind.kind.plural, case.name);
                assert_eq!(draft.cells.len(), kind.columns.len());
            });
        }
    }
}

#[test]
fn errors_name_the_kind_and_leave_the_draft_empty() {
    let mut draft = read_json(kind("pods"), &json!({"metadata": {"name": "a"}}));
    let error = (kind("nodes").from_json)(br#"{"metadata": 3}"#, &mut draft).unwrap_err().to_string();
    assert!(error.starts_with("Node: JSON not understood: invalid type: integer `3`"), "{error}");
    assert!(draft.cells.is_empty() && draft.get(draft.name).is_empty());
    let error = (kind("pods").from_protobuf)(&[0x0a, 0xff], &mut draft).unwrap_err().to_string();
    assert!(error.starts_with("Pod: protobuf not understood: "), "{error}");
    for kind in client_kinds() {
        for bytes in [&b""[..], b"null", b"7", b"\"\"", b"{\"metadata\":", b"\xff"] {
            assert!((kind.from_json)(bytes, &mut draft).is_err());
        }
    }
}

#[test]
fn event_messages_need_not_be_utf8() {
    let mut bytes = vec![0x22, 4, b'a', 0xc3, b'b', b'\n'];
    bytes.extend(meta::PartialObject::default().encode_to_vec());
    let mut draft = Draft::default();
    (kind("events").from_protobuf)(&bytes, &mut draft).unwrap();
    assert_eq!(draft.texts(0)[6], "a\u{fffd}b");
}

#[test]
fn moments_outside_of_timestamps_are_clamped() {
    for (text, want) in [
        ("1969-12-31T23:59:59Z", 1),
        ("1970-01-01T00:00:00Z", 0),
        ("0001-01-01T00:00:00Z", 0),
        ("2106-02-07T06:28:15.999999Z", Timestamp::MAX),
        ("9999-01-01T00:00:00Z", Timestamp::MAX),
    ] {
        let meta: ObjectMeta = serde_json::from_value(json!({"creationTimestamp": text})).unwrap();
        assert_eq!(meta.creation_timestamp.stamp(), want, "{text}");
    }
}

#[test]
fn metadata_alone_fills_a_header() {
    let object: meta::PartialObject = serde_json::from_value(json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"name": "a", "namespace": "b", "uid": "c", "resourceVersion": "1", "labels": {"y": null, "x": "2"}},
    }))
    .unwrap();
    let mut draft = Draft::default();
    fill_meta(&object.metadata, &mut draft);
    let header = [draft.namespace, draft.name, draft.uid, draft.version, draft.labels].map(|span| draft.get(span));
    assert_eq!(header, ["b", "a", "c", "1", "x=2,y="]);
    assert!(draft.cells.is_empty());
}

#[test]
fn kinds_are_found() {
    for it in client_kinds() {
        let names = it.kind;
        let found = find(names.group, names.version, names.plural).unwrap();
        assert_eq!(found.kind, names);
        let kind = names.to_kind();
        for word in names.short_names.iter().chain(&[names.plural, names.singular, names.kind]) {
            assert!(kind.is_named(word), "{word}");
            if names.group != "events.k8s.io" {
                assert_eq!(named(word).as_deref(), Some(&kind), "{word}");
            }
        }
        assert_eq!(named(&kind.id()).as_deref(), Some(&kind));
        assert_eq!(kind.namespaced, names.namespaced);
        assert_eq!(kind.categories, names.categories);
    }
    assert!(find("apps", "v1", "pods").is_none());
    assert!(find("events.k8s.io", "v1beta1", "events").is_none());
    assert_eq!(named("events").map(|kind| kind.group.clone()), Some(String::new()));
    assert!(find("", "v2", "pods").is_none());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut draft = Draft::default();
        for kind in client_kinds() {
            let _ = (kind.from_protobuf)(&bytes, &mut draft);
            let _ = (kind.from_json)(&bytes, &mut draft);
        }
    }

    #[test]
    fn no_damage_panics(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        thread_local! {
            static ALL: Vec<(&'static ClientKind, Vec<u8>, Vec<u8>)> = fixtures()
                .into_iter()
                .filter(|(_, fixture)| fixture.cases.len() < 100)
                .chain(super::zoo_tests::newest())
                .flat_map(|(kind, fixture)| fixture.cases.into_iter().map(move |it| (kind, it.protobuf(), it.json())))
                .collect();
        }
        ALL.with(|all| {
            let (kind, protobuf, json) = which.get(all);
            let mut draft = Draft::default();
            for (from, bytes) in [(kind.from_protobuf, protobuf), (kind.from_json, json)] {
                let mut bytes = bytes.clone();
                for (at, byte) in &damage {
                    let at = at.index(bytes.len());
                    bytes[at] = *byte;
                }
                if from(&bytes, &mut draft).is_ok() {
                    assert_eq!(draft.cells.len(), kind.columns.len());
                    draft.texts(u32::MAX);
                }
                bytes.truncate(cut.index(bytes.len() + 1));
                let _ = from(&bytes, &mut draft);
            }
        });
    }
}
