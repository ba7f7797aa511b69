//! The built-in kinds that objects refer to, and how they are asked for.

use super::want::{By, Want};
use crate::model::reference::Reference;
use crate::text::sanitize::sanitize;

/// Group, version, kind, plural and whether its objects live in namespaces.
type Known = (&'static str, &'static str, &'static str, &'static str, bool);

const KNOWN: [Known; 32] = [
    ("", "v1", "ConfigMap", "configmaps", true),
    ("", "v1", "Endpoints", "endpoints", true),
    ("", "v1", "Namespace", "namespaces", false),
    ("", "v1", "Node", "nodes", false),
    ("", "v1", "PersistentVolume", "persistentvolumes", false),
    ("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true),
    ("", "v1", "Pod", "pods", true),
    ("", "v1", "ReplicationController", "replicationcontrollers", true),
    ("", "v1", "Secret", "secrets", true),
    ("", "v1", "Service", "services", true),
    ("", "v1", "ServiceAccount", "serviceaccounts", true),
    ("apiregistration.k8s.io", "v1", "APIService", "apiservices", false),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false),
    ("apps", "v1", "ControllerRevision", "controllerrevisions", true),
    ("apps", "v1", "DaemonSet", "daemonsets", true),
    ("apps", "v1", "Deployment", "deployments", true),
    ("apps", "v1", "ReplicaSet", "replicasets", true),
    ("apps", "v1", "StatefulSet", "statefulsets", true),
    ("batch", "v1", "CronJob", "cronjobs", true),
    ("batch", "v1", "Job", "jobs", true),
    ("networking.k8s.io", "v1", "Ingress", "ingresses", true),
    ("networking.k8s.io", "v1", "IngressClass", "ingressclasses", false),
    ("node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", false),
    ("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false),
    ("rbac.authorization.k8s.io", "v1", "Role", "roles", true),
    ("resource.k8s.io", "v1", "ResourceClaim", "resourceclaims", true),
    ("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", false),
    ("storage.k8s.io", "v1", "CSIDriver", "csidrivers", false),
    ("storage.k8s.io", "v1", "CSINode", "csinodes", false),
    ("storage.k8s.io", "v1", "StorageClass", "storageclasses", false),
    ("storage.k8s.io", "v1", "VolumeAttributesClass", "volumeattributesclasses", false),
];

fn find(group: &str, kind: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.0 == group && known.2 == kind)
}

/// A reference to an object of a built-in kind; cluster-scoped ones lose the namespace.
pub(super) fn reference(group: &str, kind: &str, namespace: &str, name: &str) -> Reference {
    let namespaced = find(group, kind).is_none_or(|known| known.4);
    Reference {
        group: sanitize(group).into_owned(),
        kind: sanitize(kind).into_owned(),
        namespace: if namespaced { sanitize(namespace).into_owned() } else { String::new() },
        name: sanitize(name).into_owned(),
        uid: String::new(),
    }
}

/// What asks whether it is there, where the kind is a built-in one.
pub(super) fn want_of(reference: &Reference) -> Option<Want> {
    let (group, version, _, plural, namespaced) = *find(&reference.group, &reference.kind)?;
    // A name that could lead elsewhere is no name.
    let is_name = |name: &str| !name.is_empty() && !name.contains(['/', '%', '?', '#']) && name != "." && name != "..";
    if !is_name(&reference.name) || (namespaced && !is_name(&reference.namespace)) {
        return None;
    }
    Some(Want {
        group: group.to_owned(),
        version: version.to_owned(),
        plural: plural.to_owned(),
        namespace: namespaced.then(|| reference.namespace.clone()),
        by: By::Name(reference.name.clone()),
        heads: true,
    })
}

/// A list of a built-in kind, in a namespace or in all.
pub(super) fn list(group: &str, version: &str, plural: &str, namespace: Option<&str>, by: By) -> Want {
    Want {
        group: group.to_owned(),
        version: version.to_owned(),
        plural: plural.to_owned(),
        namespace: namespace.map(ToOwned::to_owned),
        by,
        heads: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_asked_for() {
        let want = want_of(&reference("", "Node", "ignored", "a")).unwrap();
        assert_eq!((want.plural.as_str(), want.namespace), ("nodes", None));
        assert!(want_of(&reference("", "Secret", "ns", "a/../b")).is_none());
        assert!(want_of(&reference("", "Secret", "", "a")).is_none());
        assert!(want_of(&reference("example.org", "Widget", "ns", "a")).is_none());
    }
}
