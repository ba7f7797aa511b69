//! Writes the fixtures of `src/kinds/tests.rs` that are taken from real servers: objects of the zoo in both wire
//! forms and the cells of the server's own table. `cargo test --test it zoo_fixtures -- --ignored` writes them
//! anew.

use crate::api::{Api, key};
use crate::columns::{listed, zoo};
use crate::support::rig::{Version, on_both, require_rig};
use crate::support::server::Server;
use crate::zoo::Served;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use skylark::kinds::{self, client_kinds};
use std::path::Path;

/// Kinds that older servers print otherwise; of those that all print alike one version is enough.
const OLDER: [&str; 5] = ["pods", "nodes", "jobs", "serviceaccounts", "customresourcedefinitions"];

#[test]
#[ignore = "writes fixtures"]
fn zoo_fixtures() {
    require_rig!();
    on_both(|version| {
        let api = Api::new(zoo(Server::Real(version)).kubeconfig(), None);
        let wanted = |kind: &Served| match version {
            Version::V1_33 => OLDER.contains(&kind.plural.as_str()),
            // Of these the program beside the fixtures has made some, in more states.
            Version::V1_37 => {
                !client_kinds()[..5].iter().any(|it| it.kind.plural == kind.plural && it.kind.group == kind.group)
            }
        };
        let known = |kind: &Served| kinds::find(&kind.group, &kind.version, &kind.plural).is_some();
        let kinds: Vec<Value> = listed(&api)
            .iter()
            .filter(|kind| known(kind) && wanted(kind))
            .map(|kind| json!({"group": kind.group, "plural": kind.plural, "fixture": fixture(&api, kind)}))
            .collect();
        let lines: Vec<String> = kinds.iter().map(Value::to_string).collect();
        let text = format!("{{\"minor\":{},\"kinds\":[\n{}\n]}}\n", version.minor(), lines.join(",\n"));
        let name = format!("tests/fixtures/kinds/zoo-1.{}.json", version.minor());
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(name), text).expect("a fixture");
    });
}

fn fixture(api: &Api, kind: &Served) -> Value {
    let path = kind.path(None);
    // All ages are of one second.
    let (now, table) = loop {
        let before = jiff::Timestamp::now().as_second();
        let table = api.table(&path);
        if jiff::Timestamp::now().as_second() == before {
            break (before, table);
        }
    };
    let mut cases = Vec::new();
    for mut object in api.get(&path)["items"].as_array().cloned().unwrap_or_default() {
        let meta = &object["metadata"];
        let (name, namespace) = (meta["name"].as_str().unwrap_or_default().to_owned(), meta["namespace"].as_str());
        if !(name.contains("zoo") || namespace.is_some_and(|it| it.starts_with("zoo"))) {
            continue;
        }
        // What its row says is not of the class alone.
        let is_default = |key: &str| meta["annotations"][key] == "true";
        if is_default("storageclass.kubernetes.io/is-default-class")
            || is_default("storageclass.beta.kubernetes.io/is-default-class")
        {
            continue;
        }
        let path = format!("{}/{name}", kind.path(namespace));
        let protobuf = lean(&unwrap(&api.bytes(&path, "application/vnd.kubernetes.protobuf")));
        let cells = table.rows.get(&key(meta)).cloned().expect("a row of each object");
        object["metadata"].as_object_mut().expect("metadata").remove("managedFields");
        cases.push(json!({"name": name, "cells": cells, "object": object, "protobuf": STANDARD.encode(protobuf)}));
    }
    let columns: Vec<Value> =
        table.heads.iter().zip(&table.wide).map(|(head, wide)| json!({"name": head, "wide": wide})).collect();
    json!({"now": now, "columns": columns, "cases": cases})
}

/// The fields of a message: each with its tag, as it stands, and what it holds where that has a length.
fn fields(mut bytes: &[u8]) -> Vec<(u64, &[u8], &[u8])> {
    let varint = |bytes: &mut &[u8]| -> u64 { prost::encoding::decode_varint(bytes).expect("a number") };
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let mut rest = bytes;
        let tag = varint(&mut rest);
        let skip = match tag & 7 {
            0 => {
                varint(&mut rest);
                0
            }
            1 => 8,
            2 => varint(&mut rest) as usize,
            5 => 4,
            kind => panic!("wire type {kind}"),
        };
        let (held, after) = rest.split_at(skip);
        all.push((tag >> 3, &bytes[..bytes.len() - after.len()], held));
        bytes = after;
    }
    all
}

/// The object in the server's envelope.
fn unwrap(bytes: &[u8]) -> Vec<u8> {
    let envelope = bytes.strip_prefix(b"k8s\0").expect("an envelope");
    fields(envelope).into_iter().find(|(tag, ..)| *tag == 2).expect("an object").2.to_vec()
}

/// The object without its managed fields.
fn lean(object: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (tag, whole, held) in fields(object) {
        if tag == 1 {
            let meta: Vec<u8> = fields(held).into_iter().filter(|it| it.0 != 17).flat_map(|it| it.1.to_vec()).collect();
            out.push(0x0a);
            prost::encoding::encode_varint(meta.len() as u64, &mut out);
            out.extend(meta);
        } else {
            out.extend(whole);
        }
    }
    out
}
