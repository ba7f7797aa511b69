//! Volume claims: bound to volumes that are made for them, grown, and kept while pods use them.

use super::object::{is_going, is_over, key, text};
use super::tell::About;
use super::{Controllers, Part};
use crate::server::quantity;
use crate::server::resource::PODS;
use crate::server::store::Record;
use serde_json::{Value, json};
use tokio::time::Duration;

const WHO: &str = "persistentvolume-controller";
/// How long the file system of a grown volume takes.
const GROW: Duration = Duration::from_secs(2);
/// How full a volume is, as who watches it notes.
const FULL: &str = "example.com/volume-usage-percent";

/// The claims that a pod uses.
fn claims_of(pod: &Value) -> impl Iterator<Item = &str> {
    let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    volumes.filter_map(|it| it["persistentVolumeClaim"]["claimName"].as_str())
}

fn about(claim: &Value) -> About<'_> {
    About { api_version: "v1", kind: "PersistentVolumeClaim", object: claim, path: "" }
}

impl Controllers {
    /// A pod was placed, ended or went: its claims are looked at.
    pub(super) fn note_claims(&mut self, record: &Record) {
        if !record.mentions("persistentVolumeClaim") {
            return;
        }
        let pod = record.value();
        let namespace = text(&pod["metadata"], "namespace").to_owned();
        for name in claims_of(&pod) {
            self.add(Part::Claim, &format!("{namespace}/{name}"));
        }
    }

    /// A claim changed: who waits for it may find a node.
    pub(super) fn note_claim(&mut self, at: &str) {
        self.add(Part::Claim, at);
        let namespace = at.split('/').next().unwrap_or_default();
        let here: Vec<String> =
            self.waiting.iter().filter(|key| key.split('/').next() == Some(namespace)).cloned().collect();
        for key in here {
            self.add(Part::Schedule, &key);
        }
    }

    /// Why a pod's claims keep it from every node.
    pub(super) fn unclaimed(&self, pod: &Value) -> Option<String> {
        let namespace = text(&pod["metadata"], "namespace");
        claims_of(pod).find_map(|name| {
            let Some(claim) = self.inside.get(self.ids.claims, &format!("{namespace}/{name}")) else {
                return Some(format!("persistentvolumeclaim {name:?} not found"));
            };
            if is_going(&claim) {
                return Some(format!("persistentvolumeclaim {name:?} is being deleted"));
            }
            let bound = claim["status"]["phase"] == "Bound";
            (!bound && !self.waits_for_consumer(&claim))
                .then(|| "pod has unbound immediate PersistentVolumeClaims".to_owned())
        })
    }

    fn class_of(&self, claim: &Value) -> Option<Value> {
        self.inside.get(self.ids.classes, claim["spec"]["storageClassName"].as_str().filter(|name| !name.is_empty())?)
    }

    fn waits_for_consumer(&self, claim: &Value) -> bool {
        self.class_of(claim).is_some_and(|class| class["volumeBindingMode"] == "WaitForFirstConsumer")
    }

    /// The pods that use a claim and are not over.
    fn users(&self, claim: &Value) -> Vec<Value> {
        let (namespace, name) = (text(&claim["metadata"], "namespace"), text(&claim["metadata"], "name"));
        let uses = |record: &std::sync::Arc<Record>| record.mentions(name);
        let pods = self.inside.list(PODS, namespace).into_iter().filter(uses).map(|record| record.value());
        pods.filter(|pod| !is_over(pod) && claims_of(pod).any(|it| it == name)).collect()
    }

    pub(super) fn claim(&mut self, at: &str) {
        let Some(claim) = self.inside.get(self.ids.claims, at) else { return };
        if is_going(&claim) {
            if self.users(&claim).is_empty() {
                self.release(&claim);
            }
            return;
        }
        match text(&claim["status"], "phase") {
            "Bound" => self.grow(&claim, at),
            _ => self.bind_claim(&claim),
        }
    }

    /// Nobody uses the claim any more: it goes, and its volume as its policy says.
    fn release(&mut self, claim: &Value) {
        let mut next = claim.clone();
        if let Some(all) = next["metadata"]["finalizers"].as_array_mut() {
            all.retain(|it| it != "kubernetes.io/pvc-protection");
        }
        if self.inside.update(self.ids.claims, "", &next).is_err() {
            return;
        }
        let volume = text(&claim["spec"], "volumeName");
        let Some(mut volume) = self.inside.get(self.ids.volumes, volume) else { return };
        let name = text(&volume["metadata"], "name").to_owned();
        volume["status"]["phase"] = "Released".into();
        let _ = self.inside.update(self.ids.volumes, "status", &volume);
        if volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete" {
            let _ = self.inside.delete(self.ids.volumes, &name, text(&volume["metadata"], "uid"));
        }
    }

    /// A volume that is to go does so when no claim is bound to it.
    pub(super) fn volume(&mut self, at: &str) {
        let Some(mut volume) = self.inside.get(self.ids.volumes, at) else { return };
        let phase = text(&volume["status"], "phase");
        if is_going(&volume) && phase != "Bound" {
            if let Some(all) = volume["metadata"]["finalizers"].as_array_mut() {
                all.retain(|it| it != "kubernetes.io/pv-protection");
            }
            let _ = self.inside.update(self.ids.volumes, "", &volume);
        } else if phase == "Pending" {
            volume["status"]["phase"] = "Available".into();
            let _ = self.inside.update(self.ids.volumes, "status", &volume);
            for record in self.inside.list(self.ids.claims, "") {
                if record.value()["status"]["phase"] == "Pending" {
                    self.add(Part::Claim, &record.key);
                }
            }
        }
    }

    fn bind_claim(&mut self, claim: &Value) {
        let spec = &claim["spec"];
        if let Some(volume) = self.fitting(claim) {
            self.bound(claim, &volume);
            return;
        }
        let class = text(spec, "storageClassName");
        if class.is_empty() || !text(spec, "volumeName").is_empty() {
            let message = "no persistent volumes available for this claim and no storage class is set";
            self.tell(WHO, &about(claim), "FailedBinding", message);
            return;
        }
        let Some(class) = self.class_of(claim) else {
            let message = format!("storageclass.storage.k8s.io {class:?} not found");
            self.warn(WHO, &about(claim), "ProvisioningFailed", &message);
            return;
        };
        let placed = || self.users(claim).iter().any(|pod| !text(&pod["spec"], "nodeName").is_empty());
        if class["volumeBindingMode"] == "WaitForFirstConsumer" && !placed() {
            let message = "waiting for first consumer to be created before binding";
            self.tell(WHO, &about(claim), "WaitForFirstConsumer", message);
            return;
        }
        self.provision(claim, &class);
    }

    /// A volume that is there and fits: the one that is named, or the smallest that is large enough.
    fn fitting(&self, claim: &Value) -> Option<Value> {
        let spec = &claim["spec"];
        let size = |value: &Value| quantity::read(&value["storage"]).unwrap_or(0);
        let wanted = size(&spec["resources"]["requests"]);
        let named = text(spec, "volumeName");
        let fits = |volume: &Value| {
            let of = &volume["spec"];
            let reserved = &of["claimRef"];
            let ours = reserved["name"] == claim["metadata"]["name"]
                && reserved["namespace"] == claim["metadata"]["namespace"]
                && (reserved["uid"].is_null() || reserved["uid"] == claim["metadata"]["uid"]);
            let named = named.is_empty() || volume["metadata"]["name"] == named;
            (reserved.is_null() || ours)
                && named
                && volume["status"]["phase"] == "Available"
                && text(of, "storageClassName") == text(spec, "storageClassName")
                && size(&of["capacity"]) >= wanted
        };
        let volumes = self.inside.list(self.ids.volumes, "").into_iter().map(|record| record.value());
        volumes.filter(fits).min_by_key(|volume| size(&volume["spec"]["capacity"]))
    }

    fn provision(&mut self, claim: &Value, class: &Value) {
        let driver = text(class, "provisioner").to_owned();
        let (metadata, who) = (&claim["metadata"], format!("{driver}_provisioner"));
        let name = format!("pvc-{}", text(metadata, "uid"));
        let message = format!("External provisioner is provisioning volume for claim {:?}", key(claim));
        self.tell(&who, &about(claim), "Provisioning", &message);
        let volume = json!({
            "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": driver}},
            "spec": {
                "accessModes": claim["spec"]["accessModes"], "capacity": claim["spec"]["resources"]["requests"],
                "persistentVolumeReclaimPolicy": class["reclaimPolicy"], "volumeMode": claim["spec"]["volumeMode"],
                "storageClassName": class["metadata"]["name"],
                "claimRef": {
                    "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": metadata["namespace"],
                    "name": metadata["name"], "uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"],
                },
                "csi": {"driver": driver, "fsType": "ext4", "volumeHandle": name},
            },
        });
        let Ok(volume) = self.inside.named(&who).create(self.ids.volumes, &volume) else { return };
        self.tell(&who, &about(claim), "ProvisioningSucceeded", &format!("Successfully provisioned volume {name}"));
        self.bound(claim, &volume);
    }

    fn bound(&mut self, claim: &Value, volume: &Value) {
        let mut next = volume.clone();
        next["spec"]["claimRef"] = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": claim["metadata"]["namespace"],
            "name": claim["metadata"]["name"], "uid": claim["metadata"]["uid"],
        });
        let Ok(mut next) = self.inside.update(self.ids.volumes, "", &next) else { return };
        next["status"]["phase"] = "Bound".into();
        let _ = self.inside.update(self.ids.volumes, "status", &next);
        let change = json!({
            "metadata": {"annotations": {
                "pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes",
            }},
            "spec": {"volumeName": volume["metadata"]["name"]},
        });
        let Ok(mut claim) = self.inside.merge(self.ids.claims, &key(claim), "", &change) else { return };
        claim["status"] = json!({
            "phase": "Bound", "accessModes": claim["spec"]["accessModes"], "capacity": volume["spec"]["capacity"],
        });
        let _ = self.inside.update(self.ids.claims, "status", &claim);
    }

    /// A claim may ask for more than it has: its volume grows at once, the file system in it a little later.
    fn grow(&mut self, claim: &Value, at: &str) {
        let size = |value: &Value| quantity::read(&value["storage"]).unwrap_or(0);
        let (asked, has) = (&claim["spec"]["resources"]["requests"], &claim["status"]["capacity"]);
        if size(asked) <= size(has) {
            return;
        }
        let volume = text(&claim["spec"], "volumeName");
        let grown =
            self.inside.get(self.ids.volumes, volume).is_some_and(|it| size(&it["spec"]["capacity"]) >= size(asked));
        let mut next = claim.clone();
        if !grown {
            let change = json!({"spec": {"capacity": {"storage": asked["storage"]}}});
            let _ = self.inside.merge(self.ids.volumes, volume, "", &change);
            next["status"]["conditions"] = json!([{
                "type": "FileSystemResizePending", "status": "True", "lastProbeTime": null,
                "lastTransitionTime": crate::server::now(),
                "message": "Waiting for user to (re-)start a pod to finish file system resize of volume on node.",
            }]);
            if self.inside.update(self.ids.claims, "status", &next).is_ok() {
                let message = "Require file system resize of volume on node";
                self.tell("external-resizer", &about(claim), "FileSystemResizeRequired", message);
            }
            self.after(GROW, Part::Claim, at);
            return;
        }
        if self.pending.contains_key(&(Part::Claim, at.to_owned())) {
            return;
        }
        let Some(user) = self.users(claim).into_iter().find(|pod| pod["status"]["phase"] == "Running") else { return };
        next["status"]["capacity"]["storage"] = asked["storage"].clone();
        next["status"].as_object_mut().map(|map| map.remove("conditions"));
        let full = claim["metadata"]["annotations"][FULL].as_str().and_then(|text| text.parse::<i128>().ok());
        if self.inside.named("kubelet").update(self.ids.claims, "status", &next).is_ok() {
            let message = format!("MountVolume.NodeExpandVolume succeeded for volume {volume:?}");
            self.tell("kubelet", &super::tell::pod(&user), "FileSystemResizeSuccessful", &message);
        }
        if let Some(full) = full {
            let percent = (full * size(has) / size(asked).max(1)).to_string();
            let change = json!({"metadata": {"annotations": {FULL: percent}}});
            let _ = self.inside.named("volume-monitor").merge(self.ids.claims, at, "", &change);
        }
    }
}
