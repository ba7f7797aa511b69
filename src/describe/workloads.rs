//! Deployments, replica sets, stateful sets, daemon sets, replication controllers.

use super::conditions;
use super::context::{Context, Looked, Need};
use super::fields::{Fields, count, first_of};
use super::inked::{Inked, dim, none, number, or_none};
use super::known;
use super::meta;
use super::page::Page;
use super::pod::template;
use super::selector;
use super::storage;
use super::want::By;
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

/// The revision of a deployment and of its replica sets.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// A deployment.
pub(super) fn deployment(cx: &Context, page: &mut Page) {
    let it = cx.object;
    meta::names(cx, page);
    meta::created(cx, page);
    meta::labels(cx, page);
    meta::owners(cx, page);
    page.field("Selector", or_none(selector::text(it.at("spec.selector"))));
    let desired = it.int("spec.replicas").unwrap_or(1);
    let unavailable = count(it, "status.unavailableReplicas");
    let replicas = number(desired)
        .and(" desired | ", Ink::Plain)
        .with(number(count(it, "status.updatedReplicas")).and(" updated | ", Ink::Plain))
        .with(number(count(it, "status.replicas")).and(" total | ", Ink::Plain))
        .with(number(count(it, "status.availableReplicas")).and(" available | ", Ink::Plain))
        .and(format!("{unavailable} unavailable"), if unavailable > 0 { Ink::Warn } else { Ink::Plain });
    page.field("Replicas", replicas);
    page.field("StrategyType", it.text("spec.strategy.type"));
    page.field("MinReadySeconds", number(count(it, "spec.minReadySeconds")));
    if it.has("spec.strategy.rollingUpdate") {
        let rolling = it.at("spec.strategy.rollingUpdate");
        let text =
            format!("{} max unavailable, {} max surge", rolling.scalar("maxUnavailable"), rolling.scalar("maxSurge"));
        page.field("RollingUpdateStrategy", text);
    }
    page.field("Progress Deadline", format!("{}s", it.int("spec.progressDeadlineSeconds").unwrap_or(600)));
    if it.flag("spec.paused") {
        page.field("Paused", Inked::new("true", Ink::Warn));
        page.warn(Inked::new(Text::AboutPaused.get(), Ink::Warn));
    }
    rollout(page, it, desired);
    let pods = cx.pods(selector::text(it.at("spec.selector")));
    template::section(cx, page, it.at("spec.template"));
    conditions::section(cx, page);
    replica_sets(cx, page, pods);
}

/// Says at the top what a rollout waits for.
fn rollout(page: &mut Page, it: &Value, desired: i64) {
    let status = it.at("status");
    if count(it, "metadata.generation") > count(status, "observedGeneration") {
        page.warn(Inked::new(Text::AboutUnobserved.get(), Ink::Warn));
    }
    let texts = |number: i64| [number.to_string(), desired.to_string()];
    let (updated, available) = (count(status, "updatedReplicas"), count(status, "availableReplicas"));
    if updated < desired {
        let [updated, desired] = texts(updated);
        page.warn(Inked::new(Text::AboutUpdated.with(&[&updated, &desired]), Ink::Warn));
    }
    if available < desired {
        let ink = if available == 0 { Ink::Bad } else { Ink::Warn };
        let [available, desired] = texts(available);
        let line = Inked::new(Text::AboutAvailable.with(&[&available, &desired]), ink);
        if ink == Ink::Bad { page.bad(line) } else { page.warn(line) }
    }
}

/// The replica sets of a deployment: the new one has the same revision; with their pods' states.
fn replica_sets(cx: &Context, page: &mut Page, pods: Looked) {
    let labels = selector::text(cx.object.at("spec.selector"));
    let want = known::list("apps", "v1", "replicasets", Some(cx.namespace()), By::Labels(labels));
    let looked = cx.ask(want);
    if let (Some(lack), true) = (looked.lack(), looked.objects().is_empty()) {
        page.field("OldReplicaSets", lack.clone());
        page.field("NewReplicaSet", lack);
        return;
    }
    let revision =
        |it: &Value| it.at("metadata.annotations").get(REVISION).map_or(0, |it| it.scalar("").parse().unwrap_or(0i64));
    let mut sets: Vec<_> = looked.objects().iter().filter(|set| owned_by(set, cx.uid())).collect();
    sets.sort_by_key(|set| -revision(set));
    let current = revision(cx.object);
    let (new, old): (Vec<_>, Vec<_>) = sets.into_iter().partition(|set| revision(set) == current);
    let line = |set: &&Value| {
        let name = set.text("metadata.name");
        let (there, wanted) = (count(set, "status.replicas"), count(set, "spec.replicas"));
        let text = format!(" ({there}/{wanted} replicas created)");
        let idle = there == 0 && wanted == 0;
        Inked::new(name, if idle { Ink::Dim } else { Ink::Text })
            .and(text, Ink::Dim)
            .and(format!(" revision {}", revision(set)), Ink::Dim)
            .to(known::reference("apps", "ReplicaSet", cx.namespace(), name))
    };
    // Those that are scaled to nothing are kept for going back; they come last by their revision.
    page.list("OldReplicaSets", old.iter().map(line));
    page.list("NewReplicaSet", new.iter().map(line));
    let of_sets: Vec<_> = new.iter().chain(&old).map(|set| set.text("metadata.uid")).collect();
    let phases = Phases::of(pods.objects().iter().filter(|pod| of_sets.iter().any(|uid| owned_by(pod, uid))));
    page.field("Pods Status", phases.text(pods));
    broken_pods(cx, page, pods, |pod| of_sets.iter().any(|uid| owned_by(pod, uid)));
}

/// A replica set or replication controller.
pub(super) fn replica_set(cx: &Context, page: &mut Page) {
    let it = cx.object;
    let labels = match cx.kind.kind.as_str() {
        "ReplicationController" => selector::of_map(it.at("spec.selector")),
        _ => selector::text(it.at("spec.selector")),
    };
    meta::names(cx, page);
    page.field("Selector", or_none(&labels));
    meta::labels(cx, page);
    meta::owners(cx, page);
    let desired = it.int("spec.replicas").unwrap_or(1);
    let replicas = number(count(it, "status.replicas")).and(" current / ", Ink::Plain).with(number(desired));
    page.field("Replicas", replicas.and(" desired", Ink::Plain));
    let ready = count(it, "status.readyReplicas");
    page.field("Ready", number(ready));
    if ready < desired {
        let texts = [ready.to_string(), desired.to_string()];
        page.warn(Inked::new(Text::AboutReady.with(&[&texts[0], &texts[1]]), Ink::Warn));
    }
    pods_status(cx, page, labels);
    template::section(cx, page, it.at("spec.template"));
    conditions::section(cx, page);
}

/// A stateful set.
pub(super) fn stateful_set(cx: &Context, page: &mut Page) {
    let it = cx.object;
    meta::names(cx, page);
    meta::created(cx, page);
    let labels = selector::text(it.at("spec.selector"));
    page.field("Selector", or_none(&labels));
    meta::labels(cx, page);
    meta::owners(cx, page);
    let service = it.text("spec.serviceName");
    if !service.is_empty() {
        let service = cx.named(page, "Service", service, Need::Wished);
        page.field("Service Name", service);
    }
    page.field_if("Pod Management Policy", it.text("spec.podManagementPolicy"));
    let desired = it.int("spec.replicas").unwrap_or(1);
    let replicas = number(desired).and(" desired | ", Ink::Plain).with(number(count(it, "status.replicas")));
    page.field("Replicas", replicas.and(" total", Ink::Plain));
    page.field("Ready", number(count(it, "status.readyReplicas")));
    page.field("Update Strategy", it.text("spec.updateStrategy.type"));
    let rolling = it.at("spec.updateStrategy.rollingUpdate");
    page.within(|page| {
        page.field_if("Partition", Inked::new(rolling.scalar("partition"), Ink::Number));
        page.field_if("MaxUnavailable", rolling.scalar("maxUnavailable"));
    });
    let (current, update) = (it.text("status.currentRevision"), it.text("status.updateRevision"));
    if !update.is_empty() && current != update {
        page.field("Current Revision", current);
        page.field("Update Revision", update);
        let texts = [count(it, "status.updatedReplicas").to_string(), desired.to_string()];
        page.warn(Inked::new(Text::AboutUpdated.with(&[&texts[0], &texts[1]]), Ink::Warn));
    }
    let retention = it.at("spec.persistentVolumeClaimRetentionPolicy");
    if !retention.is_null() {
        page.section("Persistent Volume Claim Retention Policy", |page| {
            page.field("WhenDeleted", retention.text("whenDeleted"));
            page.field("WhenScaled", retention.text("whenScaled"));
        });
    }
    let ready = count(it, "status.readyReplicas");
    if ready < desired {
        let texts = [ready.to_string(), desired.to_string()];
        page.warn(Inked::new(Text::AboutReady.with(&[&texts[0], &texts[1]]), Ink::Warn));
    }
    pods_status(cx, page, labels);
    template::section(cx, page, it.at("spec.template"));
    storage::claim_templates(cx, page, it.items("spec.volumeClaimTemplates"));
    conditions::section(cx, page);
}

/// A daemon set.
pub(super) fn daemon_set(cx: &Context, page: &mut Page) {
    let it = cx.object;
    meta::names(cx, page);
    let labels = selector::text(it.at("spec.selector"));
    page.field("Selector", or_none(&labels));
    page.field("Node-Selector", or_none(selector::of_map(it.at("spec.template.spec.nodeSelector"))));
    meta::labels(cx, page);
    meta::owners(cx, page);
    page.field("Update Strategy", it.text("spec.updateStrategy.type"));
    let rolling = it.at("spec.updateStrategy.rollingUpdate");
    page.within(|page| {
        page.field_if("MaxUnavailable", rolling.scalar("maxUnavailable"));
        page.field_if("MaxSurge", rolling.scalar("maxSurge"));
    });
    let status = it.at("status");
    let desired = count(status, "desiredNumberScheduled");
    for (key, field, short) in [
        ("Desired Number of Nodes Scheduled", "desiredNumberScheduled", None),
        ("Current Number of Nodes Scheduled", "currentNumberScheduled", None),
        ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled", Some(Text::AboutUpdated)),
        ("Number of Nodes Scheduled with Available Pods", "numberAvailable", Some(Text::AboutAvailable)),
        ("Number of Nodes Misscheduled", "numberMisscheduled", None),
    ] {
        let there = count(status, field);
        let less = short.filter(|_| there < desired);
        let wrong = less.is_some() || (field == "numberMisscheduled" && there > 0);
        page.field(key, Inked::new(there.to_string(), if wrong { Ink::Warn } else { Ink::Number }));
        if let Some(text) = less {
            page.warn(Inked::new(text.with(&[&there.to_string(), &desired.to_string()]), Ink::Warn));
        }
    }
    pods_status(cx, page, labels);
    template::section(cx, page, it.at("spec.template"));
    conditions::section(cx, page);
}

/// Whether the uid is the object's controller.
pub(super) fn owned_by(object: &Value, uid: &str) -> bool {
    let owners = object.items("metadata.ownerReferences");
    owners.iter().any(|owner| owner.flag("controller") && owner.text("uid") == uid)
}

/// How many pods are in which phase.
#[derive(Default)]
struct Phases {
    running: usize,
    waiting: usize,
    succeeded: usize,
    failed: usize,
}

impl Phases {
    fn of<'a>(pods: impl Iterator<Item = &'a Value>) -> Phases {
        let mut phases = Phases::default();
        for pod in pods {
            match pod.text("status.phase") {
                "Running" => phases.running += 1,
                "Pending" => phases.waiting += 1,
                "Succeeded" => phases.succeeded += 1,
                "Failed" => phases.failed += 1,
                _ => {}
            }
        }
        phases
    }

    fn text(&self, looked: Looked) -> Inked {
        if let (Some(lack), true) = (looked.lack(), looked.objects().is_empty()) {
            return lack;
        }
        let Phases { running, waiting, succeeded, failed } = self;
        let inked = number(running)
            .and(" Running / ", Ink::Plain)
            .and(format!("{waiting} Waiting"), if *waiting > 0 { Ink::Warn } else { Ink::Plain })
            .and(format!(" / {succeeded} Succeeded / "), Ink::Plain)
            .and(format!("{failed} Failed"), if *failed > 0 { Ink::Bad } else { Ink::Plain });
        match looked.lack() {
            Some(lack) => inked.and("  ", Ink::Plain).with(lack),
            None => inked,
        }
    }
}

/// The pods of a controller, counted by phase; those in trouble by name at the top.
pub(super) fn pods_status(cx: &Context, page: &mut Page, labels: String) {
    if labels.is_empty() {
        page.field("Pods Status", none());
        return;
    }
    let looked = cx.pods(labels);
    let uid = cx.uid();
    let phases = Phases::of(looked.objects().iter().filter(|pod| owned_by(pod, uid)));
    page.field("Pods Status", phases.text(looked));
    broken_pods(cx, page, looked, |pod| owned_by(pod, uid));
}

/// Names at the top the pods that fail, with the reason and a link: at most five.
fn broken_pods(cx: &Context, page: &mut Page, looked: Looked, is_ours: impl Fn(&Value) -> bool) {
    let broken = looked.objects().iter().filter(|pod| is_ours(pod)).filter_map(|pod| Some((pod, why_broken(pod)?)));
    let broken: Vec<_> = broken.collect();
    for (pod, why) in broken.iter().take(5) {
        let name = pod.text("metadata.name");
        let line = Inked::new(format!("pod {name}: "), Ink::Plain).and(why, Ink::Bad);
        page.bad(line.to(known::reference("", "Pod", cx.namespace(), name)));
    }
    if broken.len() > 5 {
        page.bad(dim(Text::AboutMorePods.with(&[&(broken.len() - 5).to_string()])));
    }
}

/// The reason for which a pod does not run, where it is no normal one.
fn why_broken(pod: &Value) -> Option<String> {
    if pod.text("status.phase") == "Failed" {
        return Some(first_of(pod.text("status.reason"), "Failed").to_owned());
    }
    let unscheduled = |it: &&Value| it.text("type") == "PodScheduled" && it.text("status") == "False";
    if let Some(condition) = pod.items("status.conditions").iter().find(unscheduled) {
        return Some(format!("{}: {}", condition.text("reason"), condition.text("message")));
    }
    let statuses = ["status.initContainerStatuses", "status.containerStatuses"];
    let mut waiting = statuses.iter().flat_map(|path| pod.items(path)).map(|it| it.at("state.waiting"));
    let reason = waiting.find(|it| !matches!(it.text("reason"), "" | "ContainerCreating" | "PodInitializing"))?;
    Some(reason.text("reason").to_owned())
}
