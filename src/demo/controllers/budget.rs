//! Disruption budgets: how many pods may be taken away.

use super::Controllers;
use super::object::{is_going, number, share, text, told};
use crate::server::Labels;
use crate::server::resource::DEPLOYMENTS;
use crate::server::store::Record;
use serde_json::{Value, json};
use std::sync::Arc;

impl Controllers {
    pub(super) fn budget(&mut self, at: &str) {
        let Some(budget) = self.inside.get(self.ids.budgets, at) else { return };
        if is_going(&budget) {
            return;
        }
        let Some(labels) = Labels::of_selector(&budget["spec"]["selector"]) else { return };
        let mut pods = self.pods_with(text(&budget["metadata"], "namespace"), |has| labels.matches(has));
        pods.retain(|pod| self.facts.is_active(pod));
        let healthy = pods.iter().filter(|pod| pod.pulse.ready).count() as i64;
        let spec = &budget["spec"];
        let (expected, desired) = match (spec.get("minAvailable"), spec.get("maxUnavailable")) {
            (Some(Value::Number(least)), _) => (pods.len() as i64, least.as_i64().unwrap_or(0)),
            (Some(least), _) => {
                let expected = self.expected(&pods);
                (expected, share(least, expected, true))
            }
            (None, Some(most)) => {
                let expected = self.expected(&pods);
                (expected, (expected - share(most, expected, true)).max(0))
            }
            (None, None) => (pods.len() as i64, pods.len() as i64),
        };
        let allowed = if expected == 0 { 0 } else { (healthy - desired).max(0) };
        let (reason, enough) = if allowed > 0 { ("SufficientPods", true) } else { ("InsufficientPods", false) };
        let mut condition = told(&budget, "DisruptionAllowed", enough, reason, "", false);
        condition["observedGeneration"] = budget["metadata"]["generation"].clone();
        condition["message"] = "".into();
        let status = json!({
            "observedGeneration": budget["metadata"]["generation"],
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "conditions": [condition],
        });
        if budget["status"] != status {
            let mut next = budget.clone();
            next["status"] = status;
            let _ = self.inside.update(self.ids.budgets, "status", &next);
        }
    }

    /// How many pods their controllers want, each of which counts once.
    fn expected(&self, pods: &[Arc<Record>]) -> i64 {
        let mut seen: Vec<&str> = Vec::new();
        let mut sum = 0;
        for pod in pods {
            let Some(owner) = pod.controller().filter(|owner| !seen.contains(&&*owner.uid)) else { continue };
            seen.push(&owner.uid);
            let at = format!("{}/{}", pod.namespace(), owner.name);
            let id = match &*owner.kind {
                "ReplicaSet" => self.ids.replica_sets,
                "StatefulSet" => self.ids.stateful_sets,
                "Deployment" => DEPLOYMENTS,
                _ => continue,
            };
            sum += self.inside.get(id, &at).map_or(0, |it| number(&it["spec"], "replicas"));
        }
        if sum == 0 { pods.len() as i64 } else { sum }
    }
}
