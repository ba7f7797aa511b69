//! Volumes, claims, storage classes and the drivers behind them.

use super::conditions;
use super::context::{Context, Need};
use super::fields::{Fields, count, first_of};
use super::inked::{Inked, none, number, or_none, unset, yes_no};
use super::known;
use super::meta::{self, commas};
use super::page::Page;
use super::pod::volumes;
use super::selector;
use super::want::By;
use super::when::moment;
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

fn class_name(object: &Value) -> String {
    let annotated = object.at("metadata.annotations").get(BETA_CLASS).map(|it| it.scalar("")).unwrap_or_default();
    first_of(&annotated, object.text("spec.storageClassName")).to_owned()
}

fn class(cx: &Context, page: &mut Page, name: &str, need: Need) -> Inked {
    if name.is_empty() {
        return Inked::default();
    }
    cx.refer(page, known::reference("storage.k8s.io", "StorageClass", "", name), name, need)
}

/// `RWO,ROX`.
fn access_modes(modes: &[String]) -> String {
    let short = |mode: &String| match mode.as_str() {
        "ReadWriteOnce" => "RWO".to_owned(),
        "ReadOnlyMany" => "ROX".to_owned(),
        "ReadWriteMany" => "RWX".to_owned(),
        "ReadWriteOncePod" => "RWOP".to_owned(),
        _ => mode.clone(),
    };
    modes.iter().map(short).collect::<Vec<_>>().join(",")
}

fn phase(cx: &Context, page: &mut Page) {
    if cx.object.has("metadata.deletionTimestamp") {
        let since = moment(cx.object, "metadata.deletionTimestamp", cx.now);
        page.field("Status", Inked::new("Terminating ", Ink::Warn).with(since));
        return;
    }
    let phase = cx.object.text("status.phase");
    let ink = match phase {
        "Bound" | "Available" => Ink::Good,
        "Lost" | "Failed" => Ink::Bad,
        _ => Ink::Warn,
    };
    page.field("Status", Inked::new(phase, ink));
    let message = cx.object.text("status.message");
    let line = Inked::new(Text::AboutIs.with(&["Status", phase]), ink);
    let line = if message.is_empty() { line } else { line.and(format!(": {message}"), Ink::Plain) };
    match ink {
        Ink::Bad => page.bad(line),
        Ink::Warn if phase == "Pending" => page.warn(line),
        _ => {}
    }
}

/// A persistent volume.
pub(super) fn volume(cx: &Context, page: &mut Page) {
    let (it, spec) = (cx.object, cx.object.at("spec"));
    page.field("Name", it.text("metadata.name"));
    meta::labels(cx, page);
    page.list("Finalizers", it.texts("metadata.finalizers").into_iter().map(Inked::from));
    let storage_class = class(cx, page, &class_name(it), Need::Wished);
    page.field("StorageClass", storage_class);
    phase(cx, page);
    let claim = spec.at("claimRef");
    let (namespace, name) = (claim.text("namespace"), claim.text("name"));
    let claim = if name.is_empty() {
        Inked::default()
    } else {
        let reference = known::reference("", "PersistentVolumeClaim", namespace, name);
        // Released volumes name the claim that they had.
        let need = if it.text("status.phase") == "Bound" { Need::Required } else { Need::Wished };
        cx.refer(page, reference, format!("{namespace}/{name}"), need)
    };
    page.field("Claim", claim);
    page.field("Reclaim Policy", spec.text("persistentVolumeReclaimPolicy"));
    page.field("Access Modes", access_modes(&spec.texts("accessModes")));
    page.field_if("VolumeMode", spec.text("volumeMode"));
    page.field("Capacity", number(spec.scalar("capacity.storage")));
    if !spec.items("mountOptions").is_empty() {
        page.field("Mount Options", commas(&spec.texts("mountOptions")));
    }
    page.field_if("Volume Attributes Class", spec.text("volumeAttributesClassName"));
    affinity(page, spec.at("nodeAffinity.required"));
    page.field("Message", it.text("status.message"));
    page.field_if("Reason", it.text("status.reason"));
    page.section("Source", |page| volumes::source(page, spec, &mut |_, _, _, _| None));
}

fn affinity(page: &mut Page, required: &Value) {
    if required.is_null() {
        page.field("Node Affinity", none());
        return;
    }
    page.section("Node Affinity", |page| {
        let terms = required.items("nodeSelectorTerms");
        if terms.is_empty() {
            page.field("Required Terms", none());
            return;
        }
        page.section("Required Terms", |page| {
            for (at, term) in terms.iter().enumerate() {
                let lines = selector::requirements(term.items("matchExpressions"), None);
                page.list(&format!("Term {at}"), lines.into_iter().map(Inked::from));
            }
        });
    });
}

/// A persistent volume claim.
pub(super) fn claim(cx: &Context, page: &mut Page) {
    let (it, spec) = (cx.object, cx.object.at("spec"));
    meta::names(cx, page);
    let storage_class = class(cx, page, &class_name(it), Need::Wished);
    page.field("StorageClass", storage_class);
    phase(cx, page);
    let volume = spec.text("volumeName");
    let shown = if volume.is_empty() {
        Inked::default()
    } else {
        cx.refer(page, known::reference("", "PersistentVolume", "", volume), volume, Need::Required)
    };
    page.field("Volume", shown);
    meta::labels(cx, page);
    meta::owners(cx, page);
    page.list("Finalizers", it.texts("metadata.finalizers").into_iter().map(Inked::from));
    let bound = !volume.is_empty();
    page.field("Capacity", if bound { number(it.scalar("status.capacity.storage")) } else { Inked::default() });
    page.field("Requested", number(spec.scalar("resources.requests.storage")));
    let modes = if bound { it.texts("status.accessModes") } else { spec.texts("accessModes") };
    page.field("Access Modes", access_modes(&modes));
    page.field_if("VolumeMode", spec.text("volumeMode"));
    page.field_if("Volume Attributes Class", spec.text("volumeAttributesClassName"));
    for (key, field) in [("DataSource", "dataSource"), ("DataSourceRef", "dataSourceRef")] {
        let source = spec.at(field);
        if !source.is_null() {
            page.section(key, |page| {
                page.field_if("APIGroup", source.text("apiGroup"));
                page.field("Kind", source.text("kind"));
                page.field("Name", source.text("name"));
                page.field_if("Namespace", source.text("namespace"));
            });
        }
    }
    used_by(cx, page);
    conditions::section(cx, page);
}

/// The pods of the namespace that mount the claim.
fn used_by(cx: &Context, page: &mut Page) {
    let looked = cx.ask(known::list("", "v1", "pods", Some(cx.namespace()), By::All));
    let claim = cx.object.text("metadata.name");
    let owners = cx.object.items("metadata.ownerReferences");
    let mounts = |pod: &&Value| {
        let volumes = pod.items("spec.volumes");
        let uid = pod.text("metadata.uid");
        volumes.iter().any(|volume| volume.text("persistentVolumeClaim.claimName") == claim)
            || owners.iter().any(|owner| owner.text("kind") == "Pod" && owner.text("uid") == uid && !uid.is_empty())
    };
    let mut names: Vec<_> = looked
        .objects()
        .iter()
        .filter(mounts)
        .map(|pod| (pod.text("metadata.name"), pod.text("status.phase")))
        .collect();
    names.sort_unstable();
    let line = |(name, phase): &(&str, &str)| {
        Inked::from(*name).and(format!(" {phase}"), Ink::Dim).to(known::reference("", "Pod", cx.namespace(), name))
    };
    let mut lines: Vec<_> = names.iter().map(line).collect();
    lines.extend(looked.lack());
    page.list("Used By", lines);
}

/// The claim template of an ephemeral volume.
pub(super) fn claim_template(cx: &Context, page: &mut Page, claim: &Value) {
    let storage_class = class(cx, page, &class_name(claim), Need::Required);
    page.field("StorageClass", storage_class);
    page.field("Volume", claim.text("spec.volumeName"));
    meta::label_list(page, "Labels", claim.at("metadata.labels"));
    meta::annotations(page, claim.at("metadata.annotations"));
    page.field("Capacity", number(claim.scalar("spec.resources.requests.storage")));
    page.field("Access Modes", access_modes(&claim.texts("spec.accessModes")));
    page.field_if("VolumeMode", claim.text("spec.volumeMode"));
}

/// The claim templates of a stateful set.
pub(super) fn claim_templates(cx: &Context, page: &mut Page, claims: &[Value]) {
    if claims.is_empty() {
        page.field("Volume Claims", none());
        return;
    }
    page.section("Volume Claims", |page| {
        for claim in claims {
            page.field("Name", claim.text("metadata.name"));
            let storage_class = class(cx, page, &class_name(claim), Need::Required);
            page.field("StorageClass", storage_class);
            meta::label_list(page, "Labels", claim.at("metadata.labels"));
            meta::annotations(page, claim.at("metadata.annotations"));
            let capacity = claim.scalar("spec.resources.requests.storage");
            page.field("Capacity", first_of(&capacity, "<default>"));
            page.field("Access Modes", commas(&claim.texts("spec.accessModes")));
        }
    });
}

/// A storage class.
pub(super) fn storage_class(cx: &Context, page: &mut Page) {
    let it = cx.object;
    page.field("Name", it.text("metadata.name"));
    let default = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
    let is_default =
        default.iter().any(|key| it.at("metadata.annotations").get(*key).and_then(Value::as_str) == Some("true"));
    page.field("IsDefaultClass", if is_default { "Yes" } else { "No" });
    meta::labels(cx, page);
    page.field("Provisioner", it.text("provisioner"));
    meta::label_list(page, "Parameters", it.at("parameters"));
    page.field("AllowVolumeExpansion", yes_no(it.at("allowVolumeExpansion").as_bool()));
    page.list("MountOptions", it.texts("mountOptions").into_iter().map(Inked::from));
    page.field_if("ReclaimPolicy", it.text("reclaimPolicy"));
    page.field_if("VolumeBindingMode", it.text("volumeBindingMode"));
    if it.has("allowedTopologies") {
        page.section("AllowedTopologies", |page| {
            for (at, term) in it.items("allowedTopologies").iter().enumerate() {
                let lines = selector::requirements(term.items("matchLabelExpressions"), Some("in"));
                page.list(&format!("Term {at}"), lines.into_iter().map(Inked::from));
            }
        });
    }
}

/// A volume attributes class.
pub(super) fn attributes_class(cx: &Context, page: &mut Page) {
    page.field("Name", cx.object.text("metadata.name"));
    meta::labels(cx, page);
    page.field("DriverName", cx.object.text("driverName"));
    meta::label_list(page, "Parameters", cx.object.at("parameters"));
}

/// The attachment of a volume to a node.
pub(super) fn attachment(cx: &Context, page: &mut Page) {
    let (spec, status) = (cx.object.at("spec"), cx.object.at("status"));
    page.field("Name", cx.object.text("metadata.name"));
    meta::labels(cx, page);
    meta::created(cx, page);
    meta::finalizers(cx, page);
    page.field("Attacher", spec.text("attacher"));
    let node = spec.text("nodeName");
    let node = cx.refer(page, known::reference("", "Node", "", node), node, Need::Required);
    page.field("Node", node);
    let volume = spec.text("source.persistentVolumeName");
    let volume = cx.refer(page, known::reference("", "PersistentVolume", "", volume), volume, Need::Required);
    page.field("Volume", volume);
    let attached = status.flag("attached");
    page.field("Attached", Inked::new(attached.to_string(), if attached { Ink::Good } else { Ink::Warn }));
    meta::label_list(page, "Attachment Metadata", status.at("attachmentMetadata"));
    for (key, path) in [("Attach Error", "attachError"), ("Detach Error", "detachError")] {
        if status.has(path) {
            let message = status.at(path).text("message");
            page.bad(Inked::new(format!("{key}: {message}"), Ink::Bad));
            page.section(key, |page| {
                page.field("Message", Inked::new(message, Ink::Bad));
                page.field("Time", moment(status.at(path), "time", cx.now));
                page.field_if("Error Code", Inked::new(status.at(path).scalar("errorCode"), Ink::Number));
            });
        }
    }
}

/// What the drivers on a node are called and how much they take.
pub(super) fn csi_node(cx: &Context, page: &mut Page) {
    page.field("Name", cx.object.text("metadata.name"));
    meta::labels(cx, page);
    meta::owners(cx, page);
    meta::created(cx, page);
    page.section("Spec", |page| {
        if !cx.object.has("spec.drivers") {
            return;
        }
        page.section("Drivers", |page| {
            for driver in cx.object.items("spec.drivers") {
                page.section(driver.text("name"), |page| {
                    page.field("Node ID", driver.text("nodeID"));
                    if driver.has("allocatable.count") {
                        page.section("Allocatables", |page| {
                            page.field("Count", number(count(driver, "allocatable.count")));
                        });
                    }
                    if driver.has("topologyKeys") {
                        page.field("Topology Keys", commas(&driver.texts("topologyKeys")));
                    }
                });
            }
        });
    });
}

/// A CSI driver.
pub(super) fn csi_driver(cx: &Context, page: &mut Page) {
    let spec = cx.object.at("spec");
    page.field("Name", cx.object.text("metadata.name"));
    meta::labels(cx, page);
    meta::created(cx, page);
    for (key, path) in [
        ("Attach Required", "attachRequired"),
        ("Pod Info On Mount", "podInfoOnMount"),
        ("Storage Capacity", "storageCapacity"),
        ("Requires Republish", "requiresRepublish"),
        ("SELinux Mount", "seLinuxMount"),
    ] {
        page.field(key, yes_no(spec.at(path).as_bool()));
    }
    page.field("FS Group Policy", or_none(spec.text("fsGroupPolicy")));
    page.field("Volume Lifecycle Modes", commas(&spec.texts("volumeLifecycleModes")));
    let token = |it: &Value| match it.int("expirationSeconds") {
        Some(seconds) => format!("{} for {seconds}s", first_of(it.text("audience"), "<default audience>")).into(),
        None => first_of(it.text("audience"), "<default audience>").into(),
    };
    let tokens: Vec<Inked> = spec.items("tokenRequests").iter().map(token).collect();
    if tokens.is_empty() {
        page.field("Token Requests", unset());
    } else {
        page.list("Token Requests", tokens);
    }
}
