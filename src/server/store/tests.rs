//! The store against a plain one: what it says of now, of a while ago and of what changed.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::server::resource::PODS;
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;

fn keep(least: usize) -> Keep {
    Keep { least, age: Duration::ZERO, bytes: 0 }
}

fn pod(name: &str, owner: &str, n: u64) -> Value {
    let mut pod = json!({
        "metadata": {"name": name, "namespace": format!("ns{}", name.len() % 2), "labels": {"app": owner}},
        "spec": {"nodeName": format!("node-{n}"), "filler": "x".repeat(600)},
        "status": {"phase": "Running", "n": n},
    });
    if !owner.is_empty() {
        pod["metadata"]["ownerReferences"] = json!([{"uid": owner}]);
    }
    pod
}

fn key(name: &str) -> String {
    format!("ns{}/{name}", name.len() % 2)
}

fn read(
    store: &Store,
    version: Option<u64>,
    prefix: &str,
    from: &str,
    most: usize,
) -> Result<Vec<(String, Value)>, Miss> {
    let mut out = Vec::new();
    store.read(PODS, version, prefix, from, &mut |record| {
        out.push((record.key.to_string(), record.value()));
        out.len() < most
    })?;
    Ok(out)
}

type State = BTreeMap<String, Value>;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Names, owners and whether to delete; what the store says must be what a list of whole states says.
    #[test]
    fn as_a_list_of_states(steps in proptest::collection::vec(("[ab]{1,3}", "[xy]?", 0u8..4), 1..60), least in 0usize..20) {
        let store = Store::new(Registry::default(), 10, keep(least), Seeds::default());
        let mut states: Vec<(u64, State)> = vec![(store.version(), State::new())];
        for (n, (name, owner, act)) in steps.iter().enumerate() {
            let mut state = states.last().unwrap().1.clone();
            let version = if *act == 0 {
                state.remove(&key(name));
                store.apply(Change::Delete(PODS, key(name).into()))
            } else {
                let version = store.apply(Change::Upsert(PODS, pod(name, owner, n as u64)));
                state.insert(key(name), store.get(PODS, &key(name)).unwrap().value());
                version
            };
            if let Some(version) = version {
                states.push((version, state));
            }
        }
        let kept = states.len().saturating_sub(1 + least);
        for (at, (version, state)) in states.iter().enumerate() {
            for (prefix, from) in [("", ""), ("ns0/", ""), ("ns1/", "ns1/b"), ("", "ns1/a\0")] {
                let got = read(&store, Some(*version), prefix, from, usize::MAX);
                if at < kept {
                    prop_assert_eq!(got, Err(Miss::TooOld(states[kept].0)));
                    continue;
                }
                let want = state.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_str() >= from);
                let want: Vec<_> = want.map(|(key, value)| (key.clone(), value.clone())).collect();
                prop_assert_eq!(got.unwrap(), want);
            }
            // What changed since then leads from that state to the last.
            if at >= kept {
                let mut then = state.clone();
                let mut from = *version;
                loop {
                    let (events, upto) = store.some_since(PODS, from, 3).unwrap();
                    for event in &events {
                        let old = event.old.as_ref().map(|record| record.value());
                        prop_assert_eq!(then.get(&*event.old.as_ref().or(event.new.as_ref()).unwrap().key).cloned(), old);
                        match &event.new {
                            Some(record) => drop(then.insert(record.key.to_string(), record.value())),
                            None => drop(then.remove(&*event.old.as_ref().unwrap().key)),
                        }
                    }
                    from = upto;
                    if events.len() < 3 {
                        break;
                    }
                }
                prop_assert_eq!(&then, &states.last().unwrap().1);
            }
        }
        let last = &states.last().unwrap().1;
        for uid in ["", "x", "y"] {
            let owned: Vec<String> = store.owned(PODS, uid).iter().map(|record| record.key.to_string()).collect();
            let is = |pod: &Value| pod["metadata"]["ownerReferences"][0]["uid"].as_str().unwrap_or("") == uid;
            let want: Vec<String> = last.iter().filter(|(_, pod)| is(pod)).map(|(key, _)| key.clone()).collect();
            prop_assert_eq!(owned, want);
        }
        prop_assert_eq!(store.count(PODS, ""), last.len());
        prop_assert_eq!(store.changes(PODS), states.len() as u64 - 1);
    }
}

#[test]
fn a_page_looks_at_no_more_than_it_shows() {
    let mut seeds = Seeds::default();
    let registry = Registry::default();
    let resource = registry.get(PODS).unwrap();
    for n in 0..3000 {
        seeds.add(PODS, &resource, pod(&format!("web-{n:04}"), "x", n));
    }
    let store = Store::new(registry, 10, keep(5000), seeds);
    let then = store.version();
    for n in (0..3000).step_by(3) {
        store.apply(Change::Delete(PODS, key(&format!("web-{n:04}")).into())).unwrap();
    }
    for version in [Some(then), None] {
        let mut seen = 0;
        store
            .read(PODS, version, "", &key("web-1500"), &mut |_| {
                seen += 1;
                seen < 50
            })
            .unwrap();
        assert_eq!(seen, 50);
    }
    assert_eq!(read(&store, Some(then), "", "", usize::MAX).unwrap().len(), 3000);
    assert_eq!(read(&store, None, "", "", usize::MAX).unwrap().len(), 2000);
}

#[tokio::test(start_paused = true)]
async fn history_is_kept_for_its_time() {
    let age = Duration::from_secs(100);
    let store = Store::new(Registry::default(), 10, Keep { least: 2, age, bytes: 1 << 30 }, Seeds::default());
    let change = |n: u64| store.apply(Change::Upsert(PODS, pod("a", "", n))).unwrap();
    let first = change(0);
    for n in 1..=5000 {
        change(n);
    }
    assert_eq!(store.since(PODS, first).unwrap().0.len(), 5000, "however many they are");
    tokio::time::advance(age + Duration::from_secs(1)).await;
    let last = change(5001);
    assert_eq!(store.since(PODS, first).unwrap_err(), Miss::TooOld(last - 2));
    assert_eq!(store.since(PODS, last - 2).unwrap().0.len(), 2);
    // Nor do they weigh more than they may.
    let store = Store::new(Registry::default(), 10, Keep { least: 2, age, bytes: 100_000 }, Seeds::default());
    for n in 0..5000 {
        store.apply(Change::Upsert(PODS, pod("a", "", n))).unwrap();
    }
    let kept = (0..5000).find(|back| store.since(PODS, store.version() - back).is_err()).unwrap();
    assert!((20..1000).contains(&kept), "{kept}");
    store.compact();
    assert!(store.since(PODS, store.version() - 1).is_err() && store.since(PODS, store.version()).is_ok());
}

#[test]
fn a_touch_changes_what_it_says_and_nothing_else() {
    let store = Store::new(Registry::default(), 10, keep(10), Seeds::default());
    store.apply(Change::Upsert(PODS, pod("a", "x", 7))).unwrap();
    let before = store.get(PODS, &key("a")).unwrap();
    let edit = |text: &mut [u8]| {
        let at = memchr::memmem::find(text, b"xxxx").unwrap();
        text[at] = b'y';
        true
    };
    let version = store.retouch(PODS, &key("a"), edit).unwrap();
    let after = store.get(PODS, &key("a")).unwrap();
    let mut want = before.value();
    want["spec"]["filler"] = format!("y{}", "x".repeat(599)).into();
    want["metadata"]["resourceVersion"] = version.to_string().into();
    assert_eq!(after.value(), want);
    assert_eq!((&after.fields, &after.labels, after.version), (&before.fields, &before.labels, version));
    assert_eq!(store.retouch(PODS, &key("a"), |_| false), None);
    assert_eq!(store.retouch(PODS, "ns0/none", |_| true), None);
    assert_eq!(store.version(), version);
}

#[test]
fn a_prefix_takes_what_begins_with_it_and_nothing_else() {
    let mut seeds = Seeds::default();
    let registry = Registry::default();
    let pods = registry.get(PODS).unwrap();
    let mut keys = Vec::new();
    for namespace in ["a", "a-b", "a.b", "a0", "aa", "b", "\u{7e}", "\u{7f}", "é"] {
        for name in ["-", "0", "x", "\u{7e}", "\u{7f}", "é"] {
            seeds.add(PODS, &pods, json!({"metadata": {"name": name, "namespace": namespace}}));
            keys.push(format!("{namespace}/{name}"));
        }
    }
    keys.sort();
    let store = Store::new(registry, 1, keep(0), seeds);
    for prefix in ["", "a", "a/", "a-", "a-b/", "b/", "c", "\u{7e}/", "\u{7f}", "\u{7f}/", "é", "é/é"] {
        for from in ["", "a", "a/0", "a/x\0", "a0", "b/x", "z"] {
            let wanted: Vec<&String> =
                keys.iter().filter(|key| key.starts_with(prefix) && key.as_str() >= from).collect();
            let found = read(&store, None, prefix, from, usize::MAX).unwrap();
            assert_eq!(found.iter().map(|(key, _)| key).collect::<Vec<_>>(), wanted, "{prefix:?} from {from:?}");
        }
    }
}

#[test]
fn a_uid_is_the_one_that_the_object_says() {
    let registry = Registry::default();
    let pods = registry.get(PODS).unwrap();
    let metadata = [
        json!({"name": "a", "namespace": "n", "uid": "3b2e"}),
        json!({"name": "b", "namespace": "n"}),
        json!({"name": "c", "namespace": "n", "uid": ""}),
        json!({"name": "d", "namespace": "n", "uid": "1", "zone": "2"}),
        json!({"name": "e", "namespace": "n", "zone": "\"uid\":\"2"}),
        json!({"name": "f", "namespace": "n", "uid": "q\"uid\":\"x"}),
        json!({"name": "g", "namespace": "n", "annotations": {"uid": "5"}, "selfLink": "/", "uid": "4"}),
    ];
    let mut seeds = Seeds::default();
    for metadata in &metadata {
        let object = json!({"metadata": metadata, "spec": {"uid": "no", "filler": "x".repeat(900)}});
        seeds.add(PODS, &pods, object);
    }
    let store = Store::new(registry, 1, keep(0), seeds);
    for metadata in &metadata {
        let record = store.get(PODS, &format!("n/{}", metadata["name"].as_str().unwrap())).unwrap();
        assert_eq!(record.uid(), metadata["uid"].as_str().unwrap_or_default(), "{metadata}");
        assert_eq!((record.namespace(), record.name()), ("n", metadata["name"].as_str().unwrap()));
    }
}

#[test]
fn all_changes_are_those_of_each_kind() {
    use crate::server::resource::{NAMESPACES, NODES};
    let store = Store::new(Registry::default(), 10, keep(4), Seeds::default());
    let node = |n: usize| json!({"metadata": {"name": format!("node-{n}")}});
    store.apply(Change::Upsert(PODS, pod("a", "", 0)));
    let from = store.version();
    assert!(store.all_since(from, |_| true).0.is_empty());
    store.apply(Change::Upsert(PODS, pod("b", "", 0)));
    store.apply(Change::Upsert(NAMESPACES, json!({"metadata": {"name": "n"}})));
    for n in 0..9 {
        store.apply(Change::Upsert(NODES, node(n)));
    }
    let versions = |events: Vec<Event>| events.into_iter().map(|event| event.version).collect::<Vec<_>>();
    let (all, upto) = store.all_since(from, |_| true);
    assert_eq!((all.len(), upto), (3, store.version()));
    assert_eq!(store.all_since(from, |id| id == NAMESPACES).0.len(), 1);
    for (id, changes) in all {
        let same = store.since(id, from).map(|(events, _)| versions(events));
        assert_eq!(changes.map(versions), same, "{id}");
        assert_eq!(same.is_err(), id == NODES, "more than are kept");
    }
    let from = store.version();
    store.compact();
    assert!(store.all_since(from, |_| true).0.is_empty(), "what was seen needs no history");
    store.apply(Change::Upsert(PODS, pod("c", "", 0)));
    store.compact();
    assert!(store.all_since(from, |_| true).0.iter().all(|(_, changes)| matches!(changes, Err(Miss::TooOld(_)))));
}
