use super::apply::apply;
use super::managers::{Managers, Operation, Writer};
use super::set::Set;
use super::walk::{changed, owned};
use crate::server::schema::Shape;
use proptest::prelude::*;
use serde_json::{Value, json};

fn deployment() -> Shape<'static> {
    Shape::built_in("apps", "v1", "Deployment").expect("known")
}

fn writer(manager: &str, operation: Operation) -> Writer {
    Writer { manager: manager.into(), operation, api_version: "apps/v1".into(), subresource: String::new() }
}

#[allow(clippy::needless_pass_by_value, reason = "literals")]
fn object(spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
}

#[allow(clippy::needless_pass_by_value, reason = "literals")]
fn containers(list: Value) -> Value {
    json!({"template": {"spec": {"containers": list}}})
}

fn applied(live: &Value, spec: Value, manager: &str, force: bool) -> Result<Value, Vec<String>> {
    let result = apply(live, &object(spec), deployment(), &writer(manager, Operation::Apply), "t", force);
    result.map_err(|conflicts| conflicts.into_iter().map(|it| format!("{} {}", it.with.manager, it.path)).collect())
}

#[test]
fn the_set_of_a_config() {
    let set = owned(
        &object(containers(json!([{"name": "web", "ports": [{"containerPort": 80}], "args": ["a"]}]))),
        deployment(),
    );
    let json = set.to_json();
    let container = &json["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"web\"}"];
    assert_eq!(container["."], json!({}));
    assert_eq!(container["f:args"], json!({}));
    let port = &container["f:ports"]["k:{\"containerPort\":80,\"protocol\":\"TCP\"}"];
    assert_eq!(*port, json!({".": {}, "f:containerPort": {}}));
    assert_eq!(Set::from_json(&json), set);
}

#[test]
fn managers_share_an_object() {
    let live = applied(&json!({}), json!({"replicas": 3}), "a", false).expect("no conflict");
    let live = applied(&live, containers(json!([{"name": "web", "image": "i:1"}])), "b", false).expect("no conflict");
    assert_eq!(live["spec"]["replicas"], 3);
    assert_eq!(live["metadata"]["managedFields"].as_array().map(Vec::len), Some(2));
    let refused = applied(&live, json!({"replicas": 4}), "b", false);
    assert_eq!(refused, Err(vec!["a .spec.replicas".to_owned()]));
    // The same value is no conflict: both own it.
    let shared = applied(&live, json!({"replicas": 3}), "c", false).expect("shared");
    let alone = applied(&shared, json!({}), "a", false).expect("a gives it up");
    assert_eq!(alone["spec"]["replicas"], 3, "c keeps it");
    let gone = applied(&alone, json!({}), "c", false).expect("c gives it up");
    assert_eq!(gone["spec"].get("replicas"), None);
    let forced = applied(&live, json!({"replicas": 4}), "b", true).expect("forced");
    assert_eq!(forced["spec"]["replicas"], 4);
    let of_a = Managers::of(&forced).owned_by(&writer("a", Operation::Apply)).cloned();
    assert_eq!(of_a, None, "nothing is left to a");
}

#[test]
fn items_are_merged_by_their_keys() {
    let live = applied(&json!({}), containers(json!([{"name": "web", "image": "i:1"}])), "a", false).expect("new");
    let live =
        applied(&live, containers(json!([{"name": "log", "image": "l:1"}, {"name": "web", "tty": true}])), "b", false)
            .expect("no conflict");
    let list = &live["spec"]["template"]["spec"]["containers"];
    assert_eq!(*list, json!([{"name": "log", "image": "l:1"}, {"name": "web", "image": "i:1", "tty": true}]));
    let live = applied(&live, containers(json!([{"name": "web"}])), "b", false).expect("b drops its container");
    assert_eq!(live["spec"]["template"]["spec"]["containers"], json!([{"name": "web", "image": "i:1"}]));
}

#[test]
fn an_update_takes_fields_over() {
    let live = applied(&json!({}), json!({"replicas": 3, "paused": true}), "a", false).expect("new");
    let mut new = live.clone();
    new["spec"] = json!({"replicas": 5});
    let mut managers = Managers::of(&live);
    let edit = writer("edit", Operation::Update);
    managers.update(&edit, &live, &new, deployment(), "u");
    managers.write(&mut new);
    let of = |who: &Writer| Managers::of(&new).owned_by(who).map(Set::paths).unwrap_or_default();
    assert_eq!(of(&edit), [".spec.replicas"]);
    assert!(of(&writer("a", Operation::Apply)).is_empty());
}

#[test]
fn changes_name_leaves_and_new_maps() {
    let old = object(json!({"replicas": 1, "template": {"metadata": {}}}));
    let new = object(json!({"replicas": 2, "template": {"metadata": {"labels": {"a": "b"}}}}));
    let change = changed(&old, &new, deployment());
    assert_eq!(
        change.written.paths(),
        [".spec.replicas", ".spec.template.metadata.labels", ".spec.template.metadata.labels.a"]
    );
    assert_eq!(changed(&new, &old, deployment()).removed.paths().len(), 2);
}

fn spec() -> impl Strategy<Value = Value> {
    let container = ("[a-c]", prop::option::of("[x-z]"), prop::option::of(0..3u8)).prop_map(|(name, image, port)| {
        let mut it = json!({"name": name});
        if let Some(image) = image {
            it["image"] = image.into();
        }
        if let Some(port) = port {
            it["ports"] = json!([{"containerPort": port}]);
        }
        it
    });
    let containers = prop::collection::vec(container, 0..3).prop_map(|mut all| {
        all.sort_by_key(|it| it["name"].as_str().map(str::to_owned));
        all.dedup_by_key(|it| it["name"].as_str().map(str::to_owned));
        all
    });
    (prop::option::of(0..4u8), containers).prop_map(|(replicas, list)| {
        let mut spec = json!({});
        if let Some(replicas) = replicas {
            spec["replicas"] = replicas.into();
        }
        if !list.is_empty() {
            spec["template"] = json!({"spec": {"containers": list}});
        }
        spec
    })
}

proptest! {
    #[test]
    fn applying_again_changes_nothing(first in spec(), second in spec()) {
        let live = applied(&json!({}), first, "a", true).expect("forced");
        let once = applied(&live, second.clone(), "b", true).expect("forced");
        let twice = applied(&once, second, "b", false).expect("nothing conflicts");
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn one_manager_alone_gets_what_it_applies(first in spec(), second in spec()) {
        let live = applied(&json!({}), first, "a", false).expect("alone");
        let live = applied(&live, second.clone(), "a", false).expect("alone");
        let fresh = applied(&json!({}), second, "a", false).expect("alone");
        let plain = |mut object: Value| { object["metadata"]["managedFields"] = Value::Null; object };
        prop_assert_eq!(plain(live), plain(fresh));
    }
}
