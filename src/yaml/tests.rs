use super::*;
use crate::text::sanitize::sanitize;
use proptest::prelude::*;
use serde_json::json;

fn text(object: &Value) -> String {
    write(object, false, Options::default()).document.text()
}

fn read(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn arranged_as_kubectl_does_it() {
    let object = json!({
        "kind": "Pod", "apiVersion": "v1",
        "spec": {"containers": [
            {"name": "web", "args": ["--port=80", "-v"], "ports": [{"containerPort": 80}], "env": []},
            {"name": "side", "securityContext": {}, "command": ["sh", "-c", "echo a\necho b\n"]},
        ], "nested": [[1, [2]], [], [{"a": 1}, null]], "on": true},
        "metadata": {
            "name": "web-0", "resourceVersion": "12", "managedFields": [{"manager": "kubectl"}],
            "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"app": "web", "version": "1.10", "yes": "no"},
            "annotations": {"note": "a: b", "star": "*", "quote": "it's: so", "empty": ""},
        },
        "status": {"podIP": "10.0.0.1", "ratio": 0.5, "hash": "1e5", "seconds": null, "message": "  padded\nlines"},
    });
    let want = r#"apiVersion: v1
kind: Pod
metadata:
  annotations:
    empty: ""
    note: 'a: b'
    quote: 'it''s: so'
    star: '*'
  creationTimestamp: "2026-01-01T00:00:00Z"
  labels:
    app: web
    version: "1.10"
    "yes": "no"
  name: web-0
  resourceVersion: "12"
spec:
  containers:
  - args:
    - --port=80
    - -v
    env: []
    name: web
    ports:
    - containerPort: 80
  - command:
    - sh
    - -c
    - |
      echo a
      echo b
    name: side
    securityContext: {}
  nested:
  - - 1
    - - 2
  - []
  - - a: 1
    - null
  "on": true
status:
  hash: "1e5"
  message: "\
    \  padded\n\
    lines"
  podIP: 10.0.0.1
  ratio: 0.5
  seconds: null
"#;
    let written = write(&object, false, Options::default());
    assert_eq!(written.document.text(), want);
    assert_eq!(written.noise.iter().cloned().flatten().collect::<Vec<_>>(), [14]);
    let managed = write(&object, false, Options { managed: true, ..Options::default() });
    assert!(managed.document.text().contains("  managedFields:\n  - manager: kubectl\n"));
    assert_eq!(managed.noise, [13..15, 16..17]);
    assert_eq!(read(&managed.document.text()), object);
}

#[test]
fn pieces_have_their_inks() {
    let written = write(&json!({"a": ["x", 1, true, null]}), false, Options::default());
    let inks: Vec<_> =
        written.document.lines.iter().filter_map(|line| line.pieces.last()).map(|piece| piece.ink).collect();
    assert_eq!(inks, [Ink::Punctuation, Ink::Text, Ink::Number, Ink::Word, Ink::Word]);
    assert_eq!(written.document.lines[0].pieces[0], Piece::new("a", Ink::Key));
}

#[test]
fn hostile_texts_are_written_in_escapes() {
    let evil = json!({"a": "\u{1b}]0;x\u{7}", "b\u{202e}": "tab\there\nline\u{200b}", "c": "生産\u{301}", "d": "x\u{85}y\u{feff}"});
    let said = text(&evil);
    assert_eq!(
        said,
        "a: \"\\e]0;x\\x07\"\n\"b\\u202e\": \"\\\n  tab\\there\\n\\\n  line\\u200b\"\nc: 生産\u{301}\nd: \"x\\x85y\\ufeff\"\n"
    );
    assert_eq!(read(&said), evil);
}

fn secret() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": "db", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration":
                "{\"apiVersion\":\"v1\",\"data\":{\"password\":\"Y2FuYXJ5LTE=\"},\"kind\":\"Secret\"}\n",
            "team": "checkout",
        }},
        "data": {"password": "Y2FuYXJ5LTE=", "key": "//79", "broken": "???"},
        "stringData": {"more": "canary-2\nline"},
    })
}

#[test]
fn secrets_are_masked_until_asked() {
    let written = write(&secret(), false, Options::default());
    let said = written.document.text();
    assert!(!said.contains("canary") && !said.contains("Y2FuYXJ5") && !said.contains("//79"), "{said}");
    assert!(said.contains("  password: \"********\" # masked, 8 bytes\n"), "{said}");
    assert!(said.contains("team: checkout\n") && said.contains("\"password\":\"********\""), "{said}");
    assert_eq!(written.secrets, 5);
    let mut masked = secret();
    for key in ["password", "key", "broken"] {
        masked["data"][key] = json!(MASK);
    }
    masked["stringData"]["more"] = json!(MASK);
    masked["metadata"]["annotations"][LAST_APPLIED] =
        json!("{\"apiVersion\":\"v1\",\"data\":{\"password\":\"********\"},\"kind\":\"Secret\"}\n");
    assert_eq!(read(&said), masked, "what is masked is YAML all the same");
    let shown = write(&secret(), false, Options { reveal: true, ..Options::default() }).document.text();
    for line in [
        "data: # decoded\n",
        "  password: canary-1\n",
        "  key: //79 # binary, 3 bytes, in base64\n",
        "  broken: ??? # not base64\n",
        "  more: |-\n    canary-2\n    line\n",
    ] {
        let line = line.replace("broken: ???", "broken: '???'");
        assert!(shown.contains(&line), "{line}\n{shown}");
    }
    assert!(shown.contains("\"data\":{\"password\":\"Y2FuYXJ5LTE=\"}"));
}

#[test]
fn secrets_are_masked_wherever_they_stand() {
    let manifest = secret().to_string();
    for object in [
        json!({"kind": "Pod", "metadata": {"annotations": {"other": manifest}}}),
        json!({"kind": "ManifestWork", "spec": {"workload": {"manifests": [secret()]}}}),
        json!({"kind": "List", "items": [{"kind": "ConfigMap"}, secret()]}),
        json!({"kind": "Deployment", "spec": {"template": {"metadata": {"annotations": {"a": manifest}}}}}),
        json!({"kind": "Secret", "data": "Y2FuYXJ5LTE="}),
        json!({"kind": "Secret", "data": {"a": {"deep": "canary"}}}),
        json!({"kind": "Secret", "metadata": {"annotations": {LAST_APPLIED: "canary"}}}),
        json!({"kind": "Secret", "metadata": {"annotations": {LAST_APPLIED: "{\"data\":{\"a\":\"canary\"}}"}}}),
    ] {
        let said = text(&object);
        assert!(!said.contains("canary") && !said.contains("Y2FuYXJ5"), "{said}");
        assert!(said.contains(MASK), "{said}");
    }
    // One that does not say what it is.
    let said = write(&json!({"data": {"a": "Y2FuYXJ5"}}), true, Options::default()).document.text();
    assert!(!said.contains("Y2FuYXJ5"), "{said}");
    // The data of others are no secrets, nor is what only names one.
    let said = text(&json!({"kind": "ConfigMap", "data": {"a": "Y2FuYXJ5"}}));
    assert!(said.contains("Y2FuYXJ5"));
}

#[test]
fn what_is_too_long_ends_with_a_sentence() {
    let long = json!({"data": (0..40_000).map(|i| (format!("k{i}"), json!("x".repeat(500)))).collect::<Map<_, _>>()});
    let document = write(&long, false, Options::default()).document;
    assert!(document.text().len() <= MOST + 200);
    let last = document.lines.last().unwrap();
    assert!(last.text().starts_with("# ") && last.text().contains("16 MiB"), "{}", last.text());
}

fn strings() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,8}",
        "(\\PC|[ -~]|\n|\t|\r|生|\u{301}|👩‍💻|\u{1b}|\u{0}|\u{85}|\u{2028}|\u{feff}){0,24}",
        "([a-z:#' \"\\\\]|\n| \n|- ){0,24}",
        "[-+.0-9eExXoO_:TZ]{0,12}",
        prop::sample::select(vec![
            "yes",
            "No",
            "~",
            "null",
            "NaN",
            ".inf",
            "-",
            "---",
            "...",
            "? a",
            "&a",
            "*a",
            "!t",
            "%x",
            "@",
            "`",
            "|",
            ">",
            "a: ",
            "#",
            "a #b",
            "{}",
            "[]",
            "<<",
            "=",
            "0o7",
            "1_0",
            "2001-01-01",
            "12:30:45",
            "0x1F",
            "\n",
            "a\n\n",
            "\na",
            " a",
            "a ",
            "a\n b\n",
            "a\n \n"
        ])
        .prop_map(ToOwned::to_owned),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1_000_000i64..1_000_000).prop_map(|n| json!(n as f64 / 64.0)),
        strings().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(strings(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn reading_it_gives_the_object_again(value in values()) {
        let said = text(&value);
        let read: Result<Value, _> = serde_saphyr::from_str(&said);
        prop_assert_eq!(read.map_err(|error| format!("{error}\n{said}")), Ok(value));
    }

    #[test]
    fn every_line_is_clean(value in values()) {
        for line in write(&value, false, Options { reveal: true, managed: true }).document.lines {
            let line = line.text();
            let clean = sanitize(&line).into_owned();
            prop_assert_eq!(clean, line);
        }
    }
}
