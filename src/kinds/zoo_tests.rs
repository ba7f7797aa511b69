//! The kinds against two real servers: the files `zoo-1.*.json` in `tests/fixtures/kinds` hold objects of the
//! zoo in both wire forms and the cells that the server itself printed of them (`tests/it/zoo_fixtures.rs`).
#![allow(clippy::unwrap_used)]

use super::tests::{Fixture, each_nulled};
use super::{ClientKind, client_kinds, find};
use crate::model::cell::Cell;
use crate::model::draft::{Draft, Tone};
use std::collections::BTreeMap;

#[derive(serde::Deserialize)]
struct File {
    minor: u16,
    kinds: Vec<Entry>,
}

#[derive(serde::Deserialize)]
struct Entry {
    group: String,
    plural: String,
    fixture: Fixture,
}

fn files() -> [File; 2] {
    [include_str!("../../tests/fixtures/kinds/zoo-1.33.json"), include_str!("../../tests/fixtures/kinds/zoo-1.37.json")]
        .map(|text| serde_json::from_str(text).unwrap())
}

impl Entry {
    fn kind(&self) -> &'static ClientKind {
        client_kinds().iter().find(|it| it.kind.plural == self.plural && it.kind.group == self.group).unwrap()
    }
}

/// The kinds as the newest server printed them.
pub(super) fn newest() -> impl Iterator<Item = (&'static ClientKind, Fixture)> {
    let [_, newest] = files();
    newest.kinds.into_iter().map(|entry| (entry.kind(), entry.fixture))
}

#[test]
fn every_kind_is_there() {
    let [older, newer] = files();
    assert_eq!((older.minor, newer.minor), (33, 37));
    let names = |file: &File| -> Vec<String> { file.kinds.iter().map(|it| it.kind().kind.to_kind().id()).collect() };
    let newer = names(&newer);
    for kind in &client_kinds()[5..] {
        assert!(newer.contains(&kind.kind.to_kind().id()), "{:?}", kind.kind);
    }
    for kind in client_kinds().iter().filter(|it| it.before.is_some()) {
        assert!(names(&older).contains(&kind.kind.to_kind().id()), "{:?}", kind.kind);
    }
}

#[test]
#[allow(clippy::field_reassign_with_default, reason = "a draft has private fields")]
fn columns_and_cells_are_those_of_the_server() {
    for file in files() {
        let mut draft = Draft::default();
        draft.minor = file.minor;
        for entry in file.kinds {
            let kind = entry.kind();
            let name = |case: &str| format!("{} of 1.{}: {case}", entry.plural, file.minor);
            let ours: Vec<_> = kind.columns_of(file.minor).iter().map(|it| (it.name.as_ref(), it.wide)).collect();
            let theirs: Vec<_> = entry.fixture.columns.iter().map(|it| (it.name.as_str(), it.wide)).collect();
            assert_eq!(ours, theirs, "{}", name("columns"));
            assert!(!entry.fixture.cases.is_empty(), "{}", name("cases"));
            for case in &entry.fixture.cases {
                (kind.from_json)(&case.json(), &mut draft).unwrap();
                assert_eq!(draft.texts(entry.fixture.now), case.cells, "{}, from JSON", name(&case.name));
                let from_json = format!("{draft:?}");
                (kind.from_protobuf)(&case.protobuf(), &mut draft).unwrap();
                assert_eq!(draft.texts(entry.fixture.now), case.cells, "{}, from protobuf", name(&case.name));
                assert_eq!(format!("{draft:?}"), from_json, "{}", name(&case.name));
            }
        }
    }
}

#[test]
fn null_is_the_default_in_every_kind() {
    for (kind, fixture) in newest() {
        for case in &fixture.cases {
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
fn columns_of_numbers_hold_numbers() {
    for (kind, fixture) in newest() {
        for case in &fixture.cases {
            let mut draft = Draft::default();
            (kind.from_json)(&case.json(), &mut draft).unwrap();
            for (column, cell) in kind.columns.iter().zip(&draft.cells) {
                assert_eq!(column.numeric, matches!(cell, Cell::Number(_)), "{} {}", kind.kind.plural, column.name);
            }
        }
    }
}

/// What a column of time is in each kind; all others are texts or numbers.
#[test]
fn time_stays_a_number() {
    let words = ["AGE", "LAST SEEN", "FIRST SEEN", "LAST SCHEDULE", "DURATION", "CREATED AT", "REQUESTEDDURATION"];
    for (kind, fixture) in newest() {
        for case in &fixture.cases {
            let mut draft = Draft::default();
            (kind.from_protobuf)(&case.protobuf(), &mut draft).unwrap();
            for (column, (cell, text)) in kind.columns.iter().zip(draft.cells.iter().zip(&case.cells)) {
                let timed = matches!(cell, Cell::Age(_) | Cell::Duration(_) | Cell::Moment(_));
                let is_time = words.contains(&column.name.as_ref()) && !["", "<none>"].contains(&text.as_str());
                assert_eq!(timed, is_time, "{} {}: {}", kind.kind.plural, case.name, column.name);
            }
        }
    }
}

#[test]
fn what_secrets_and_config_maps_hold_is_not_kept() {
    for plural in ["secrets", "configmaps"] {
        let kind = find("", "v1", plural).unwrap();
        let object = br#"{"metadata": {"name": "n"}, "type": "t", "data": {"the-key": "dGhlLXZhbHVl"}}"#;
        let mut draft = Draft::default();
        (kind.from_json)(object, &mut draft).unwrap();
        let kept = format!("{draft:?}");
        assert!(!kept.contains("the-key") && !kept.contains("dGhlL"), "{kept}");
        // metadata {name: n}, data {the-key: the-value}
        let bytes = b"\x0a\x03\x0a\x01n\x12\x14\x0a\x07the-key\x12\x09the-value";
        (kind.from_protobuf)(bytes, &mut draft).unwrap();
        let kept = format!("{draft:?}");
        assert!(!kept.contains("the-key") && !kept.contains("the-value") && kept.contains("Number(1)"), "{kept}");
    }
}

#[test]
fn default_storage_classes_are_marked() {
    let kind = find("storage.k8s.io", "v1", "storageclasses").unwrap();
    for (annotation, shown) in [
        ("\"storageclass.kubernetes.io/is-default-class\": \"true\"", "n (default)"),
        ("\"a\": null, \"storageclass.beta.kubernetes.io/is-default-class\": \"true\"", "n (default)"),
        ("\"storageclass.kubernetes.io/is-default-class\": \"yes\"", "n"),
        ("\"other\": \"true\"", "n"),
    ] {
        let object = format!("{{\"metadata\": {{\"annotations\": {{{annotation}}}, \"name\": \"n\"}}}}");
        let mut draft = Draft::default();
        (kind.from_json)(object.as_bytes(), &mut draft).unwrap();
        assert_eq!(draft.texts(0)[0], shown, "{annotation}");
    }
}

/// The objects of a kind under the tone they are to have; every other is plain.
fn assert_tones(plural: &str, tones: &[(Tone, &str)]) {
    let (kind, fixture) = newest().find(|(kind, _)| kind.kind.plural == plural).unwrap();
    let mut wanted: BTreeMap<&str, Tone> = BTreeMap::new();
    for (tone, names) in tones {
        for name in names.split_whitespace() {
            assert!(wanted.insert(name, *tone).is_none(), "{name} is named twice");
        }
    }
    for case in &fixture.cases {
        let mut draft = Draft::default();
        (kind.from_json)(&case.json(), &mut draft).unwrap();
        let tone = wanted.remove(case.name.as_str()).unwrap_or(Tone::Plain);
        assert_eq!(draft.tone, tone, "{plural}: {}", case.name);
    }
    assert!(wanted.is_empty(), "{plural}: no such objects: {wanted:?}");
}

#[test]
fn tones_of_workloads() {
    use Tone::{Bad, Good, Quiet, Warn};
    assert_tones("replicasets", &[(Good, "up"), (Quiet, "off"), (Warn, "new unready expressions"), (Bad, "refused")]);
    assert_tones("replicationcontrollers", &[(Good, "up"), (Quiet, "off"), (Warn, "default"), (Bad, "refused")]);
    assert_tones("statefulsets", &[(Good, "up"), (Quiet, "off"), (Warn, "new rolling unready default")]);
    assert_tones("daemonsets", &[(Good, "up"), (Quiet, "new"), (Warn, "rolling misscheduled")]);
    assert_tones(
        "jobs",
        &[
            (Good, "new running wide many resumed"),
            (Quiet, "complete complete-slowly met suspended"),
            (Warn, "struggling going"),
            (Bad, "failed failing"),
        ],
    );
    assert_tones("cronjobs", &[(Good, "new zoned active"), (Quiet, "suspended"), (Warn, "failing")]);
    assert_tones(
        "horizontalpodautoscalers",
        &[(Good, "calm"), (Quiet, "disabled"), (Warn, "at-max"), (Bad, "blind lost")],
    );
    assert_tones(
        "poddisruptionbudgets",
        &[(Good, "roomy percent"), (Quiet, "empty bare"), (Warn, "tight"), (Bad, "broken")],
    );
}

#[test]
fn tones_of_networks_and_storage() {
    use Tone::{Bad, Good, Warn};
    assert_tones("services", &[(Good, "balanced-up balanced-long balanced-both balanced-by-hand"), (Warn, "balanced")]);
    assert_tones("endpoints", &[(Good, "bare ports v6 many three"), (Warn, "none partly unready")]);
    assert_tones(
        "endpointslices",
        &[(Good, "up three many any-port named-port leaving v6 names"), (Warn, "none unready")],
    );
    assert_tones("ingresses", &[(Good, "classy long")]);
    assert_tones("networkpolicies", &[]);
    assert_tones(
        "persistentvolumes",
        &[
            (Good, "zoo-available zoo-bound zoo-beta zoo-block zoo-odd-size zoo-attributes"),
            (Warn, "zoo-released zoo-pending zoo-going-volume"),
            (Bad, "zoo-failed"),
        ],
    );
    assert_tones(
        "persistentvolumeclaims",
        &[
            (Good, "bound block"),
            (Warn, "pending classless waiting beta attributes growing not-growing going"),
            (Bad, "lost"),
        ],
    );
    assert_tones("storageclasses", &[]);
}

#[test]
fn tones_of_the_rest() {
    use Tone::{Bad, Good, Warn};
    assert_tones("resourcequotas", &[(Good, "new roomy only-limits"), (Warn, "nearly full"), (Bad, "over")]);
    assert_tones(
        "customresourcedefinitions",
        &[
            (Good, "rockets.zoo.example.com planets.zoo.example.com"),
            (Warn, "goings.zoo.example.com"),
            (Bad, "sparklers.zoo.example.com"),
        ],
    );
    assert_tones(
        "certificatesigningrequests",
        &[
            (Good, "zoo-issued"),
            (Warn, "zoo-pending zoo-short zoo-long zoo-approved zoo-pending-issued"),
            (Bad, "zoo-denied zoo-failed zoo-approved-failed"),
        ],
    );
    for plural in
        ["configmaps", "secrets", "serviceaccounts", "leases", "limitranges", "roles", "clusterroles", "rolebindings"]
    {
        assert_tones(plural, &[]);
    }
    assert_tones("clusterrolebindings", &[]);
    assert_tones("events", &[(Warn, "counted")]);
}
