//! Volumes, claims and classes.

use super::apps::Trouble;
use super::events::{About, Story};
use super::maker::Maker;
use super::owners::claim_spec;
use super::pods::Pod;
use super::workloads::Workloads;
use super::{DAY, HOUR, MINUTE, Node, stamp};
use serde_json::{Value, json};
use std::sync::Arc;

/// The class of fast volumes, the default.
pub const FAST: &str = "fast-ssd";
const DRIVER: &str = "csi.block.example.com";
const STORAGE: &str = "storage.k8s.io";

/// Adds everything of storage.
pub fn add(maker: &mut Maker<'_>, workloads: &Workloads, nodes: &[Arc<Node>], stories: &mut Vec<Story>) {
    let born = maker.born;
    for (name, default, reclaim) in [(FAST, true, "Delete"), ("archive", false, "Retain")] {
        let class = json!({
            "metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": default.to_string()}},
            "provisioner": DRIVER, "reclaimPolicy": reclaim, "allowVolumeExpansion": true,
            "volumeBindingMode": "WaitForFirstConsumer", "parameters": {"type": name},
        });
        maker.put((STORAGE, "storageclasses"), "", name, born, class);
    }
    let driver = json!({"spec": {
        "attachRequired": true, "podInfoOnMount": false, "volumeLifecycleModes": ["Persistent"],
        "fsGroupPolicy": "ReadWriteOnceWithFSType", "storageCapacity": false, "requiresRepublish": false,
        "seLinuxMount": false,
    }});
    maker.put((STORAGE, "csidrivers"), "", DRIVER, born, driver);
    maker.manager = "kubelet";
    for node in nodes {
        let driver = json!({
            "name": DRIVER, "nodeID": node.uid, "topologyKeys": ["topology.kubernetes.io/zone"],
            "allocatable": {"count": 24},
        });
        let object = json!({
            "metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": node.name, "uid": node.uid}]},
            "spec": {"drivers": [driver]},
        });
        maker.put((STORAGE, "csinodes"), "", &node.name, born + HOUR, object);
    }
    maker.manager = "kube-controller-manager";
    for set in &workloads.sets {
        let Some((claim, size)) = set.claim else { continue };
        for pod in set.pods(&workloads.pods) {
            volume(maker, pod, claim, size, set.created, stories);
        }
    }
    // One that nothing asks for any more, and one that waits for its first pod.
    let orphan = spec_of(
        "payments",
        "data-redis-3",
        "00000000-0000-4000-8000-000000000003",
        "20Gi",
        "Retain",
        "pvc-legacy-redis-3",
    );
    let orphan = json!({"spec": orphan, "status": {"phase": "Released"}});
    maker.put(("", "persistentvolumes"), "", "pvc-legacy-redis-3", born + 20 * DAY, orphan);
    if let Some(namespace) = maker.teams().first().copied() {
        let mut waiting = claim_spec("200Gi");
        waiting["storageClassName"] = "archive".into();
        let object = json!({"spec": waiting, "status": {"phase": "Pending"}});
        let created = maker.now - 3 * HOUR;
        let uid = maker.put(("", "persistentvolumeclaims"), namespace, "audit-archive", created, object);
        stories.push(Story {
            about: about(namespace, "audit-archive", &uid),
            kind: "Normal",
            reason: "WaitForFirstConsumer",
            message: "waiting for first consumer to be created before binding".to_owned(),
            source: "persistentvolume-controller",
            count: 721,
            since: 3 * HOUR,
            until: 10,
        });
    }
}

fn about(namespace: &str, name: &str, uid: &str) -> About {
    About {
        kind: "PersistentVolumeClaim",
        api_version: "v1",
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: uid.to_owned(),
        field: None,
    }
}

fn spec_of(namespace: &str, claim: &str, uid: &str, size: &str, reclaim: &str, handle: &str) -> Value {
    json!({
        "accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "persistentVolumeReclaimPolicy": reclaim,
        "storageClassName": FAST, "volumeMode": "Filesystem",
        "claimRef": {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": claim, "uid": uid,
        },
        "csi": {"driver": DRIVER, "fsType": "ext4", "volumeHandle": handle},
    })
}

fn volume(maker: &mut Maker<'_>, pod: &Pod, claim: &str, size: &str, created: i64, stories: &mut Vec<Story>) {
    let claim_name = format!("{claim}-{}", pod.name);
    let claim_uid = maker.rng.uid();
    let volume = format!("pvc-{claim_uid}");
    let fills = pod.name == "ledger-db-0" && !maker.profile.spared.contains(&Trouble::Full);
    let percent = if fills { 96 } else { 31 };
    let mut spec = claim_spec(size);
    spec["volumeName"] = volume.as_str().into();
    let mut annotations = json!({
        "pv.kubernetes.io/bind-completed": "yes",
        "volume.kubernetes.io/storage-provisioner": DRIVER,
        "example.com/volume-usage-percent": percent.to_string(),
    });
    if let Some(node) = &pod.node {
        annotations["volume.kubernetes.io/selected-node"] = node.name.as_str().into();
    }
    let object = json!({
        "metadata": {
            "uid": claim_uid, "labels": {"app": pod.owner.name}, "annotations": annotations,
            "finalizers": ["kubernetes.io/pvc-protection"],
        },
        "spec": spec,
        "status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}},
    });
    maker.put(("", "persistentvolumeclaims"), &pod.namespace, &claim_name, created, object);
    let object = json!({
        "metadata": {
            "annotations": {"pv.kubernetes.io/provisioned-by": DRIVER},
            "finalizers": ["kubernetes.io/pv-protection"],
        },
        "spec": spec_of(&pod.namespace, &claim_name, &claim_uid, size, "Delete", &volume),
        "status": {"phase": "Bound", "lastPhaseTransitionTime": stamp(created + 6)},
    });
    maker.put(("", "persistentvolumes"), "", &volume, created + 6, object);
    if let Some(node) = &pod.node {
        let name = format!("csi-{}", maker.rng.hex(40));
        let object = json!({
            "spec": {"attacher": DRIVER, "nodeName": node.name, "source": {"persistentVolumeName": volume}},
            "status": {"attached": true},
        });
        maker.put((STORAGE, "volumeattachments"), "", &name, pod.created, object);
    }
    if fills {
        stories.push(Story {
            about: about(&pod.namespace, &claim_name, &claim_uid),
            kind: "Warning",
            reason: "VolumeUsageHigh",
            message: format!("卷 {claim_name} 使用率 {percent}%（{size}），按当前增速约 5 小时后写满"),
            source: "volume-monitor",
            count: 38,
            since: 9 * HOUR,
            until: 2 * MINUTE,
        });
    }
}
