use super::*;
use crate::server::schema::Shape;
use serde_json::json;

fn patched(object: &Value, patch: &Value) -> Result<Value, String> {
    strategic(object, patch, Shape::built_in("", "v1", "Pod").expect("known"))
}

#[allow(clippy::needless_pass_by_value, reason = "literals")]
fn pod(spec: Value) -> Value {
    json!({"metadata": {"name": "a"}, "spec": spec})
}

#[test]
fn items_are_merged_by_name() {
    let live = pod(json!({"containers": [{"name": "a", "image": "x", "args": ["1"]}, {"name": "b"}]}));
    let patch = pod(
        json!({"containers": [{"name": "a", "args": ["2", "3"]}, {"name": "c"}, {"name": "b", "$patch": "delete"}]}),
    );
    let new = patched(&live, &patch).expect("applies");
    assert_eq!(new["spec"]["containers"], json!([{"name": "a", "image": "x", "args": ["2", "3"]}, {"name": "c"}]));
    let unnamed = patched(&live, &pod(json!({"containers": [{"image": "y"}]})));
    assert!(unnamed.is_err_and(|why| why.contains("does not contain declared merge key: name")));
}

#[test]
fn directives() {
    let live = pod(json!({
        "containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
        "volumes": [{"name": "v", "emptyDir": {}}],
        "nodeSelector": {"a": "1"}, "tolerations": [{"key": "k"}]}));
    let new = patched(
        &live,
        &pod(json!({
            "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
            "containers": [{"name": "a", "tty": true}],
            "volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}],
            "nodeSelector": {"$patch": "replace", "b": "2"}, "tolerations": null})),
    )
    .expect("applies");
    let names: Vec<_> = new["spec"]["containers"].as_array().expect("a list").iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["b", "c", "a"], "what the order does not name stays before what stood behind it");
    assert_eq!(new["spec"]["volumes"], json!([{"name": "v", "hostPath": {"path": "/x"}}]));
    assert_eq!(new["spec"]["nodeSelector"], json!({"b": "2"}));
    assert_eq!(new["spec"].get("tolerations"), None);
    let whole = pod(json!({"containers": [{"$patch": "replace"}, {"name": "z"}]}));
    assert_eq!(patched(&live, &whole).expect("applies")["spec"]["containers"], json!([{"name": "z"}]));
    assert!(patched(&live, &pod(json!({"$patch": "explode"}))).is_err());
}

#[test]
fn lists_of_scalars_unite() {
    let live = json!({"metadata": {"finalizers": ["a", "b"]}});
    let new =
        patched(&live, &json!({"metadata": {"finalizers": ["c", "a"], "$deleteFromPrimitiveList/finalizers": ["b"]}}));
    assert_eq!(new.expect("applies")["metadata"]["finalizers"], json!(["c", "a"]), "the patch's order");
}

#[test]
fn the_other_patches() {
    let live = json!({"a": {"b": 1, "c": [1]}});
    assert_eq!(merge(&live, &json!({"a": {"b": null, "c": [2]}})), json!({"a": {"c": [2]}}));
    let patch = json!([{"op": "test", "path": "/a/b", "value": 1}, {"op": "replace", "path": "/a/b", "value": 2}]);
    assert_eq!(json(&live, &patch), Ok(json!({"a": {"b": 2, "c": [1]}})));
    assert!(json(&live, &json!([{"op": "test", "path": "/a/b", "value": 7}])).is_err());
    assert!(json(&live, &json!({"op": "add"})).is_err());
}
