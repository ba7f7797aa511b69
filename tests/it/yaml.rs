//! Our YAML against kubectl's own, line by line.

use crate::api::Api;
use crate::support::kubectl::has_kubectl;
use crate::support::server::{Server, on_each};
use serde_json::json;
use skylark::yaml::{Options, write};

#[test]
fn objects_read_as_kubectl_writes_them() {
    if !has_kubectl() {
        return;
    }
    on_each(as_kubectl_writes);
}

fn as_kubectl_writes(server: Server) {
    let rig = server.shared();
    let api = Api::new(rig.kubeconfig(), None);
    let namespace = api.namespace("yaml");
    let data = json!({
        "yes": "no", "number": "1e5", "date": "2026-01-01", "colon": "a: b", "octal": "0644", "quote": "it's: so", "star": "*x",
        "lines": "one\n  two\n\nfour", "end": "one\ntwo\n", "ends": "one\n\n", "name": "注文", "empty": "", "tilde": "~", "hash": "a #b",
        "dash": "- a", "flag": "--port=80", "ip": "10.0.0.1", "version": "1.10", "json": "{\"a\": [1, 2]}\n",
    });
    let map = json!({"metadata": {"name": "zoo"}, "data": data});
    api.create(&format!("/api/v1/namespaces/{namespace}/configmaps"), &map);
    let zoo = format!("/api/v1/namespaces/{namespace}/configmaps/zoo");
    for (path, name) in [
        (zoo.as_str(), ["configmap", "zoo"]),
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles/admin", ["clusterrole", "admin"]),
        ("/api/v1/namespaces/default/services/kubernetes", ["service", "kubernetes"]),
        ("/api/v1/namespaces/default", ["namespace", "default"]),
    ] {
        let space = if path == zoo { namespace.as_str() } else { "default" };
        let theirs = rig.kubectl_ok(&["get", name[0], name[1], "-n", space, "-o", "yaml"]);
        let ours = write(&api.get(path), false, Options::default()).document.text();
        assert_eq!(ours.lines().collect::<Vec<_>>(), theirs.lines().collect::<Vec<_>>(), "{name:?}");
    }
}
