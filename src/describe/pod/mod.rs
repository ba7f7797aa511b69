//! Pods, and what is made of pod templates.

pub(super) mod container;
mod env;
mod probe;
pub(super) mod resources;
mod scheduling;
mod state;
pub(super) mod template;
mod volume_sources;
pub(super) mod volumes;

use super::conditions;
use super::context::{Context, Need};
use super::fields::{Fields, first_of};
use super::inked::{Inked, none, or_none};
use super::known;
use super::meta;
use super::page::Page;
use super::want::Want;
use super::when::{age, moment, stamp};
use crate::base::age::Timestamp;
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

/// A scheduler that has not said anything after so many seconds is not there.
const UNSEEN: Timestamp = 30;

/// A pod.
pub(super) fn describe(cx: &Context, page: &mut Page) {
    let pod = cx.object;
    meta::names(cx, page);
    page.field_if("Priority", Inked::new(pod.scalar("spec.priority"), Ink::Number));
    references(cx, page);
    page.field_if("Start Time", moment(pod, "status.startTime", cx.now));
    meta::labels(cx, page);
    status(cx, page);
    meta::owners(cx, page);
    page.field_if("NominatedNodeName", pod.text("status.nominatedNodeName"));
    meta::finalizers(cx, page);
    if pod.at("spec.resources").as_object().is_some_and(|map| !map.is_empty()) {
        page.section("Resources", |page| container::resources(page, pod.at("spec.resources")));
    }
    claims(cx, page);
    let said = containers(cx, page);
    gates(cx, page);
    conditions::table(cx, page, pod.items("status.conditions"), false);
    trouble(cx, page, said);
    volumes::section(cx, page, pod.items("spec.volumes"));
    page.field("QoS Class", or_none(pod.text("status.qosClass")));
    scheduling::section(page, pod.at("spec"));
}

/// The objects that the spec names.
fn references(cx: &Context, page: &mut Page) {
    let spec = cx.object.at("spec");
    if spec.has("priorityClassName") {
        let name = spec.text("priorityClassName");
        let class = known::reference("scheduling.k8s.io", "PriorityClass", "", name);
        // It was looked at when the pod was made, and is not needed since.
        let class = cx.refer(page, class, name, Need::Wished);
        page.field("Priority Class Name", class);
    }
    if spec.has("runtimeClassName") {
        let name = spec.text("runtimeClassName");
        let class = known::reference("node.k8s.io", "RuntimeClass", "", name);
        let class = cx.refer(page, class, name, Need::Required);
        page.field("Runtime Class Name", class);
    }
    if spec.has("serviceAccountName") {
        let account = cx.named(page, "ServiceAccount", spec.text("serviceAccountName"), Need::Required);
        page.field("Service Account", account);
    }
    let node = spec.text("nodeName");
    if node.is_empty() {
        page.field("Node", none());
    } else {
        let shown = match cx.object.text("status.hostIP") {
            "" => node.to_owned(),
            address => format!("{node}/{address}"),
        };
        let node = cx.refer(page, known::reference("", "Node", "", node), shown, Need::Required);
        page.field("Node", node);
    }
    if !spec.items("imagePullSecrets").is_empty() {
        let names: Vec<_> = spec.items("imagePullSecrets").iter().map(|it| it.text("name")).collect();
        let secrets: Vec<_> = names.into_iter().map(|name| cx.named(page, "Secret", name, Need::Wished)).collect();
        page.list("Image Pull Secrets", secrets);
    }
}

fn status(cx: &Context, page: &mut Page) {
    let pod = cx.object;
    let phase = pod.text("status.phase");
    let over = matches!(phase, "Succeeded" | "Failed");
    if stamp(pod, "metadata.deletionTimestamp") != 0 && !over {
        let since = moment(pod, "metadata.deletionTimestamp", cx.now);
        page.field("Status", Inked::new("Terminating ", Ink::Warn).with(since));
        page.field("Termination Grace Period", format!("{}s", pod.scalar("metadata.deletionGracePeriodSeconds")));
    } else {
        let ink = match phase {
            "Running" | "Succeeded" => Ink::Good,
            "Failed" => Ink::Bad,
            _ => Ink::Warn,
        };
        page.field("Status", Inked::new(phase, ink));
    }
    page.field_if("Reason", Inked::new(pod.text("status.reason"), Ink::Bad));
    page.field_if("Message", pod.text("status.message"));
    container::seccomp(page, pod.at("spec.securityContext"));
    page.field("IP", or_none(pod.text("status.podIP")));
    let addresses: Vec<_> = pod.items("status.podIPs").iter().map(|it| it.text("ip")).collect();
    if addresses.is_empty() {
        page.field("IPs", none());
    } else {
        page.section("IPs", |page| addresses.iter().for_each(|ip| page.field("IP", *ip)));
    }
    if pod.flag("spec.hostNetwork") {
        page.field("Host Network", Inked::new("true", Ink::Word));
    }
    page.field_if("Restart Policy", pod.text("spec.restartPolicy"));
}

/// The three kinds of containers; says whether any of them is in trouble.
fn containers(cx: &Context, page: &mut Page) -> bool {
    let pod = cx.object;
    let mut said = false;
    for (title, spec, status) in [
        ("Init Containers", "spec.initContainers", "status.initContainerStatuses"),
        ("Containers", "spec.containers", "status.containerStatuses"),
        (container::EPHEMERAL, "spec.ephemeralContainers", "status.ephemeralContainerStatuses"),
    ] {
        let (specs, statuses) = (pod.items(spec), pod.items(status));
        if !specs.is_empty() || title == "Containers" {
            container::section(cx, page, title, specs, statuses);
        }
        let role = if title == "Init Containers" { "init container" } else { "container" };
        for status in statuses {
            said |= state::trouble(cx, page, role, status);
        }
    }
    said
}

fn claims(cx: &Context, page: &mut Page) {
    let claims = cx.object.items("spec.resourceClaims");
    if claims.is_empty() {
        return;
    }
    let statuses = cx.object.items("status.resourceClaimStatuses");
    let mut lines = Vec::new();
    for claim in claims {
        let name = claim.text("name");
        let made = statuses.iter().find(|it| it.text("name") == name).map_or("", |it| it.text("resourceClaimName"));
        let object = first_of(claim.text("resourceClaimName"), made);
        if object.is_empty() {
            lines.push(format!("{name} from template {}", claim.text("resourceClaimTemplateName")).into());
        } else {
            let reference = known::reference("resource.k8s.io", "ResourceClaim", cx.namespace(), object);
            lines.push(cx.refer(page, reference, format!("{name} is {object}"), Need::Required));
        }
    }
    page.list("Resource Claims", lines);
}

fn gates(cx: &Context, page: &mut Page) {
    let gates = cx.object.items("spec.readinessGates");
    if gates.is_empty() {
        return;
    }
    page.section("Readiness Gates", |page| {
        let rows = gates.iter().map(|gate| {
            let kind = gate.text("conditionType");
            let status = condition(cx.object, kind).map_or("", |it| it.text("status"));
            let ink = if status == "True" { Ink::Good } else { Ink::Warn };
            let status = if status.is_empty() { none() } else { Inked::new(status, ink) };
            vec![Inked::new(kind, Ink::Key), status]
        });
        page.table(&["TYPE", "STATUS"], rows.collect());
    });
}

fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object.items("status.conditions").iter().find(|it| it.text("type") == kind)
}

/// What is wrong with the pod itself; `said` is whether its containers said why already.
fn trouble(cx: &Context, page: &mut Page, said: bool) {
    let pod = cx.object;
    let phase = pod.text("status.phase");
    let (reason, message) = (pod.text("status.reason"), pod.text("status.message"));
    if !reason.is_empty() || (!message.is_empty() && phase != "Succeeded") {
        let words: Vec<_> = [reason, message].into_iter().filter(|it| !it.is_empty()).collect();
        page.bad(Inked::new(words.join(": "), Ink::Bad));
    }
    if phase == "Unknown" {
        page.bad(Inked::new(Text::AboutUnknownPhase.get(), Ink::Bad));
    }
    if matches!(phase, "Succeeded" | "Failed") {
        return;
    }
    if let Some(it) = condition(pod, "PodScheduled").filter(|it| it.text("status") == "False") {
        // A gate is there to hold a pod back.
        let gated = it.text("reason") == "SchedulingGated";
        conditions::say(cx, page, it, if gated { Ink::Warn } else { Ink::Bad });
    }
    if let Some(it) = condition(pod, "DisruptionTarget").filter(|it| it.text("status") == "True") {
        conditions::say(cx, page, it, Ink::Warn);
    }
    let scheduled = !pod.text("spec.nodeName").is_empty();
    let made = stamp(pod, "metadata.creationTimestamp");
    let waits = cx.now.saturating_sub(made);
    if !scheduled && condition(pod, "PodScheduled").is_none() && made != 0 && waits > UNSEEN {
        let scheduler = first_of(pod.text("spec.schedulerName"), "default-scheduler");
        let since = age(made, cx.now);
        page.warn(Inked::new(Text::AboutUnscheduled.with(&[scheduler, &since]), Ink::Warn));
    }
    for gate in pod.items("spec.readinessGates").iter().filter(|_| scheduled) {
        let kind = gate.text("conditionType");
        match condition(pod, kind) {
            Some(it) if it.text("status") == "True" => {}
            Some(it) => conditions::say(cx, page, it, Ink::Warn),
            None => page.warn(Inked::new(Text::AboutGate.with(&[kind]), Ink::Warn)),
        }
    }
    if let Some(it) = condition(pod, "Ready").filter(|it| it.text("status") != "True" && scheduled) {
        let said = node_trouble(cx, page) || said;
        if !said {
            conditions::say(cx, page, it, Ink::Warn);
        }
    }
}

/// The node controller takes a pod's readiness without a word on the pod: the node itself says why.
fn node_trouble(cx: &Context, page: &mut Page) -> bool {
    let name = cx.object.text("spec.nodeName");
    let node = known::reference("", "Node", "", name);
    let Some(want) = known::want_of(&node) else { return false };
    let [found, ..] = cx.ask(Want { heads: false, ..want }).objects() else { return false };
    let Some(ready) = condition(found, "Ready").filter(|it| it.text("status") != "True") else { return false };
    let head = Inked::new(Text::AboutNodeNotReady.with(&[name]), Ink::Bad);
    page.bad(conditions::line(cx, head, ready).to(node));
    true
}
