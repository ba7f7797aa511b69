//! What people and their tools do: jobs, releases, scaling. Controllers do the rest.

use super::Churn;
use crate::server::resource::DEPLOYMENTS;
use crate::server::suffix;
use serde_json::{Value, json};
use std::sync::Arc;

/// A service of this many replicas is released and scaled.
const SMALL: std::ops::RangeInclusive<i64> = 1..=6;
/// How many deployments are looked at for one that fits.
const TRIES: usize = 12;

/// An image with the last number of its tag one higher.
fn next(image: &str) -> Option<String> {
    let (start, last) = image.rsplit_once('.')?;
    let number: u64 = last.parse().ok()?;
    Some(format!("{start}.{}", number + 1))
}

impl Churn {
    /// A deployment that is small and well.
    fn small(&mut self) -> Option<(Arc<str>, Value)> {
        let mut keys = Vec::new();
        let _ = self.store.read(DEPLOYMENTS, None, "", "", &mut |record| {
            keys.push(record.key.clone());
            true
        });
        for _ in 0..TRIES {
            let key = keys.get(self.rng.below(keys.len()))?.clone();
            let Some(it) = self.inside.get(DEPLOYMENTS, &key) else { continue };
            let wanted = it["spec"]["replicas"].as_i64().unwrap_or(0);
            let status = |name: &str| it["status"][name].as_i64().unwrap_or(0);
            let well = [status("readyReplicas"), status("updatedReplicas"), status("replicas")] == [wanted; 3];
            if well && SMALL.contains(&wanted) && it["spec"]["paused"] != true {
                return Some((key, it));
            }
        }
        None
    }

    /// Somebody releases a new version.
    pub(super) fn rollout(&mut self) {
        let Some((key, it)) = self.small() else { return };
        let mut containers = it["spec"]["template"]["spec"]["containers"].clone();
        let Some(image) = containers[0]["image"].as_str().and_then(next) else { return };
        containers[0]["image"] = image.as_str().into();
        let number = self.rng.below(100_000);
        let change = json!({
            "metadata": {"annotations": {"kubernetes.io/change-cause": format!("发布单 #{number}：升级到 {image}")}},
            "spec": {"template": {"spec": {"containers": containers}}},
        });
        let _ = self.inside.named("argocd-controller").merge(DEPLOYMENTS, &key, "", &change);
    }

    /// A service gets more replicas for a while, and those it had after that.
    pub(super) fn scale(&mut self) {
        let Some((key, it)) = self.small() else { return };
        let scalers = self.inside.id("autoscaling", "horizontalpodautoscalers");
        if scalers.is_some_and(|id| self.store.get(id, &key).is_some()) {
            return;
        }
        let has = it["spec"]["replicas"].as_i64().unwrap_or(1);
        let had = *self.sizes.entry(key.clone()).or_insert(has);
        let wanted = if has == had { had + self.rng.between(1, 3) } else { had };
        if wanted == had {
            self.sizes.remove(&key);
        }
        let change = json!({"spec": {"replicas": wanted}});
        let _ = self.inside.named("keda-operator").merge(DEPLOYMENTS, &key, "", &change);
    }

    /// A cron job is run once more by hand.
    pub(super) fn job(&mut self) {
        let (Some(crons), Some(jobs)) = (self.inside.id("batch", "cronjobs"), self.inside.id("batch", "jobs")) else {
            return;
        };
        // What runs once a day is not run for fun.
        let often = |cron: &Value| cron["spec"]["schedule"].as_str().is_some_and(|text| text.ends_with("* * * *"));
        let all = self.inside.list(crons, "").into_iter().map(|record| record.value());
        let all: Vec<Value> = all.filter(|cron| often(cron) && cron["spec"]["suspend"] != true).collect();
        let Some(cron) = all.get(self.rng.below(all.len())) else { return };
        let (metadata, template) = (&cron["metadata"], &cron["spec"]["jobTemplate"]);
        let name = metadata["name"].as_str().unwrap_or_default();
        let job = json!({
            "metadata": {
                "name": format!("{name}-manual-{}", suffix(5)),
                "namespace": metadata["namespace"],
                "labels": template["metadata"]["labels"],
                "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
                "ownerReferences": [{
                    "apiVersion": "batch/v1", "kind": "CronJob", "name": name, "uid": metadata["uid"], "controller": true,
                }],
            },
            "spec": template["spec"],
        });
        let _ = self.inside.named("kubectl-create").create(jobs, &job);
    }
}
