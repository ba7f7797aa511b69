use super::parse::types;
use super::*;
use serde_json::json;

#[test]
fn the_table_is_sound() {
    let types = types();
    assert!(types.all.len() > 300 && types.roots.len() > 50);
    for of in &types.all {
        assert!(of.fields.is_sorted_by_key(|field| field.name), "{}", of.name);
    }
    assert!(Shape::built_in("rbac.authorization.k8s.io", "v1", "Role").is_some());
    assert!(Shape::built_in("apiextensions.k8s.io", "v1", "CustomResourceDefinition").is_some());
    assert!(Shape::built_in("", "v1", "Nothing").is_none());
}

#[test]
fn lists_of_a_pod() {
    let pod = Shape::built_in("", "v1", "Pod").expect("known");
    let spec = pod.child("spec");
    let containers = spec.child("containers");
    let list = json!([{}]);
    assert_eq!(containers.parts(&list), Parts::Keyed(vec!["name"]));
    assert_eq!(containers.field().map(|field| field.merge), Some(Merge::By("name")));
    let ports = containers.item().child("ports");
    assert_eq!(ports.parts(&list), Parts::Keyed(vec!["containerPort", "protocol"]));
    assert_eq!(ports.item().default_of("protocol"), Some(json!("TCP")));
    assert_eq!(containers.item().child("command").parts(&list), Parts::Leaf);
    assert_eq!(pod.child("metadata").child("finalizers").parts(&list), Parts::Set);
    assert_eq!(pod.child("metadata").child("labels").parts(&json!({})), Parts::Fields { declared: false });
    assert_eq!(spec.parts(&json!({})), Parts::Fields { declared: true });
    assert_eq!(spec.child("nodeSelector").parts(&json!({})), Parts::Leaf);
    assert!(spec.knows("nodeName") && !spec.knows("nodename"));
}

#[test]
fn fields_of_a_custom_resource() {
    let schema = json!({"type": "object", "properties": {
        "spec": {"type": "object", "properties": {
            "steps": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"],
                "items": {"type": "object", "properties": {"id": {"type": "string", "default": "a"}}}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}});
    let spec = Shape::Custom(&schema).child("spec");
    assert_eq!(spec.child("steps").parts(&json!([])), Parts::Keyed(vec!["id"]));
    assert_eq!(spec.child("steps").item().default_of("id"), Some(json!("a")));
    assert!(spec.child("free").knows("anything") && !spec.knows("other"));
    assert_eq!(spec.child("free").child("x").parts(&json!([1])), Parts::Leaf);
}
