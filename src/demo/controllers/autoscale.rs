//! What scales by itself: looks at what pods use, and sets how many there are.
//!
//! What pods use wobbles all the time. So with churn every autoscaler is looked at at its pace; without, only one
//! that a client has set going, by changing it or what it scales, and only until it has settled.

use super::behavior::{Bounds, Moves, bound};
use super::object::{is_going, number, text, told};
use super::tell::About;
use super::usage::Measured;
use super::{Controllers, Part};
use crate::server::resource::{DEPLOYMENTS, Id};
use crate::server::store::Event;
use crate::server::{Labels, now};
use serde_json::{Value, json};
use tokio::time::Duration;

const WHO: &str = "horizontal-pod-autoscaler";
/// Between two looks at the same one.
const PACE: Duration = Duration::from_secs(15);
/// From a client's change to the first look.
const SOON: Duration = Duration::from_millis(500);

/// How a look ended: the size that it should have, and why.
struct Wanted {
    replicas: i64,
    reason: String,
    metrics: Vec<Value>,
    /// `ScalingActive`, and `ScalingLimited` where a limit was looked at.
    conditions: Vec<Value>,
    able: (&'static str, &'static str),
    settled: bool,
}

impl Controllers {
    /// With churn, everything is looked at from the beginning.
    pub(super) fn begin_autoscaling(&mut self) {
        for (at, record) in self.inside.list(self.ids.scalers, "").into_iter().enumerate() {
            // Not all at once.
            let wait = Duration::from_millis(PACE.as_millis() as u64 / 7 * (1 + at as u64 % 7));
            self.after(wait, Part::Autoscale, &record.key);
        }
    }

    /// A client changed an autoscaler, or the size or template of what it scales.
    pub(super) fn note_scaled(&mut self, id: Id, event: &Event) {
        let Some(new) = &event.new else { return };
        if id == self.ids.scalers {
            let spec = |record: &std::sync::Arc<crate::server::store::Record>| record.value()["spec"].clone();
            if event.old.as_ref().is_none_or(|old| spec(old) != spec(new)) {
                self.after(SOON, Part::Autoscale, &new.key);
            }
            return;
        }
        let scaled = [DEPLOYMENTS, self.ids.replica_sets, self.ids.stateful_sets].contains(&id);
        let changed = event.old.as_ref().is_some_and(|old| old.pulse.generation != new.pulse.generation);
        let Some((namespace, name)) = new.key.split_once('/').filter(|_| scaled && changed) else { return };
        for record in self.inside.list(self.ids.scalers, namespace) {
            if record.value()["spec"]["scaleTargetRef"]["name"] == name {
                self.after(SOON, Part::Autoscale, &record.key);
            }
        }
    }

    pub(super) fn autoscale(&mut self, at: &str) {
        let Some(scaler) = self.inside.get(self.ids.scalers, at) else {
            self.moves.remove(at);
            return;
        };
        if !is_going(&scaler) && (!self.look_at(&scaler, at) || self.lively) {
            self.after(PACE, Part::Autoscale, at);
        }
    }

    /// Looks at one, and tells whether it has settled.
    fn look_at(&mut self, scaler: &Value, at: &str) -> bool {
        let about = About { api_version: "autoscaling/v2", kind: "HorizontalPodAutoscaler", object: scaler, path: "" };
        let target = &scaler["spec"]["scaleTargetRef"];
        let namespace = text(&scaler["metadata"], "namespace");
        let key = format!("{namespace}/{}", text(target, "name"));
        let (group, kind) = (text(target, "apiVersion").split_once('/').map_or("", |it| it.0), text(target, "kind"));
        let found = self.inside.store().registry.of_kind(group, kind);
        let scale = match found {
            Some((id, resource)) if resource.subresources.contains(&"scale") => self
                .inside
                .scale(id, &key)
                .map(|scale| (id, scale))
                .ok_or_else(|| format!("{} {:?} not found", resource.qualified(), text(target, "name"))),
            _ => Err(format!("no matches for kind {kind:?} in group {group:?}")),
        };
        let (id, scale) = match scale {
            Ok(found) => found,
            Err(why) => {
                let message = format!("the HPA controller was unable to get the target's current scale: {why}");
                let able = told(scaler, "AbleToScale", false, "FailedGetScale", &message, false);
                self.warn(WHO, &about, "FailedGetScale", &why);
                let mut status = scaler["status"].clone();
                set_conditions(&mut status, &[able]);
                self.autoscaled(scaler, status);
                return false;
            }
        };
        let current = number(&scale["spec"], "replicas");
        let wanted = self.wanted(scaler, &about, at, &scale, current);
        let mut able = told(scaler, "AbleToScale", true, wanted.able.0, wanted.able.1, false);
        let mut last = scaler["status"]["lastScaleTime"].clone();
        let mut settled = wanted.settled;
        if wanted.replicas != current {
            settled = false;
            if self.inside.named(WHO).set_scale(id, &key, wanted.replicas).is_ok() {
                let message = format!("the HPA controller was able to update the target scale to {}", wanted.replicas);
                able = told(scaler, "AbleToScale", true, "SucceededRescale", &message, false);
                last = now().into();
                let message = format!("New size: {}; reason: {}", wanted.replicas, wanted.reason);
                self.tell(WHO, &about, "SuccessfulRescale", &message);
                self.moves.entry(at.to_owned()).or_default().moved(wanted.replicas - current);
            }
        }
        let mut status = json!({
            "currentReplicas": number(&scale["status"], "replicas"),
            "desiredReplicas": wanted.replicas,
            "conditions": scaler["status"]["conditions"],
        });
        if !wanted.metrics.is_empty() {
            status["currentMetrics"] = wanted.metrics.into();
        }
        if !last.is_null() {
            status["lastScaleTime"] = last;
        }
        let mut conditions = vec![able];
        conditions.extend(wanted.conditions);
        set_conditions(&mut status, &conditions);
        self.autoscaled(scaler, status);
        settled
    }

    fn autoscaled(&mut self, scaler: &Value, status: Value) {
        if scaler["status"] != status {
            let mut next = scaler.clone();
            next["status"] = status;
            let _ = self.inside.named("kube-controller-manager").update(self.ids.scalers, "status", &next);
        }
    }

    /// The size that what is scaled should have.
    fn wanted(&mut self, scaler: &Value, about: &About<'_>, at: &str, scale: &Value, current: i64) -> Wanted {
        let spec = &scaler["spec"];
        let (least, most) = (spec["minReplicas"].as_i64().unwrap_or(1), number(spec, "maxReplicas"));
        let ready = ("ReadyForNewScale", "recommended size matches current size");
        let metrics: Vec<Value> = scaler["status"]["currentMetrics"].as_array().cloned().unwrap_or_default();
        let mut out = Wanted {
            replicas: current,
            reason: String::new(),
            metrics,
            conditions: Vec::new(),
            able: ready,
            settled: true,
        };
        if current == 0 && least != 0 {
            let why = "scaling is disabled since the replica count of the target is zero";
            out.conditions.push(told(scaler, "ScalingActive", false, "ScalingDisabled", why, false));
            return out;
        }
        if current > most || current < least {
            let (replicas, reason) = if current > most {
                (most, "Current number of replicas above Spec.MaxReplicas")
            } else {
                (least, "Current number of replicas below Spec.MinReplicas")
            };
            (out.replicas, out.reason) = (replicas, reason.to_owned());
            return out;
        }
        let measured = self.measure(scaler, scale, current);
        let Measured { replicas: proposed, name, metrics, wrong } = measured;
        out.metrics = metrics;
        let Some(proposed) = proposed.filter(|proposed| wrong.is_none() || *proposed >= current) else {
            let (reason, why) = wrong.unwrap_or_default();
            let why = format!("the HPA was unable to compute the replica count: {why}");
            self.warn(WHO, about, reason, &why);
            out.conditions.push(told(scaler, "ScalingActive", false, reason, &why, false));
            out.settled = false;
            return out;
        };
        let why = format!("the HPA was able to successfully calculate a replica count from {name}");
        out.conditions.push(told(scaler, "ScalingActive", true, "ValidMetricFound", &why, false));
        out.reason =
            if proposed > current { format!("{name} above target") } else { "All metrics below target".to_owned() };
        let moves: &mut Moves = self.moves.entry(at.to_owned()).or_default();
        let steady = moves.steady(&spec["behavior"], proposed, current);
        if steady != proposed {
            out.able = if steady > proposed {
                (
                    "ScaleDownStabilized",
                    "recent recommendations were higher than current one, applying the highest recent recommendation",
                )
            } else {
                (
                    "ScaleUpStabilized",
                    "recent recommendations were lower than current one, applying the lowest recent recommendation",
                )
            };
            out.settled = false;
        }
        let (replicas, limited, reason, why) = bound(moves, &spec["behavior"], steady, Bounds { current, least, most });
        out.replicas = replicas;
        out.conditions.push(told(scaler, "ScalingLimited", limited, reason, why, false));
        out
    }

    /// What the pods behind a scale use, and the size that follows from it.
    fn measure(&self, scaler: &Value, scale: &Value, current: i64) -> Measured {
        let namespace = text(&scaler["metadata"], "namespace");
        let selector = Labels::parse(text(&scale["status"], "selector")).unwrap_or_default();
        let wanted = |labels: &_| !selector.is_empty() && selector.matches(labels);
        let pods: Vec<Value> = self.pods_with(namespace, wanted).iter().map(|pod| super::usage::slim(pod)).collect();
        let is_heard = |pod: &Value| {
            let node = self.inside.store().get(crate::server::resource::NODES, text(&pod["spec"], "nodeName"));
            node.is_some_and(|node| node.pulse.ready)
        };
        let second = crate::server::moment().as_second();
        super::usage::measure(&scaler["spec"]["metrics"], &pods, current, |pod| {
            (pod["status"]["phase"] == "Running" && is_heard(pod)).then(|| self.kubelet.usage(pod, second))
        })
    }
}

/// Puts conditions in the place of those of the same kinds.
fn set_conditions(status: &mut Value, new: &[Value]) {
    let mut all = status["conditions"].as_array().cloned().unwrap_or_default();
    for it in new {
        match all.iter_mut().find(|old| old["type"] == it["type"]) {
            Some(old) => old.clone_from(it),
            None => all.push(it.clone()),
        }
    }
    status["conditions"] = all.into();
}
