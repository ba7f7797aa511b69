//! Stateful sets, daemon sets and jobs, consistent with their pods.

use super::maker::{Maker, managed_fields};
use super::pods::{Owner, Pod, State};
use super::{DAY, MINUTE, stamp};
use serde_json::{Value, json};
use std::ops::Range;
use std::sync::Arc;

/// A stateful set or a daemon set.
pub struct Set {
    /// How its pods name it.
    pub owner: Arc<Owner>,
    /// Its namespace.
    pub namespace: &'static str,
    /// Its controller revision.
    pub revision: String,
    /// Storage of each pod: the claim's name and size.
    pub claim: Option<(&'static str, &'static str)>,
    /// When it was created.
    pub created: i64,
    /// What its pods are made of.
    pub template: Arc<Value>,
    /// Where its pods are among all.
    pub range: Range<usize>,
}

/// A job that ran.
#[derive(Clone)]
pub struct Job {
    /// How its pods name it.
    pub owner: Owner,
    /// Its namespace.
    pub namespace: &'static str,
    /// The cron job that started it.
    pub cron: &'static str,
    /// When it was created.
    pub created: i64,
    /// When it ended.
    pub ended: i64,
    /// What its pods are made of.
    pub template: Arc<Value>,
}

/// A claim of a stateful set's pods.
pub fn claim_spec(size: &str) -> Value {
    json!({
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
        "storageClassName": super::storage::FAST,
        "volumeMode": "Filesystem",
    })
}

impl Set {
    /// Its pods.
    pub fn pods<'a>(&self, all: &'a [Pod]) -> &'a [Pod] {
        all.get(self.range.clone()).unwrap_or_default()
    }

    fn metadata(&self) -> Value {
        let mut annotations =
            json!({"example.com/contact": self.template["metadata"]["annotations"]["example.com/contact"]});
        if self.owner.kind == "DaemonSet" {
            annotations["deprecated.daemonset.template.generation"] = "4".into();
        }
        json!({
            "uid": self.owner.uid, "generation": 4, "annotations": annotations,
            "labels": self.template["metadata"]["labels"],
        })
    }

    /// Adds the set and the revision of its template.
    pub fn add(&self, maker: &mut Maker<'_>, all: &[Pod]) {
        let pods = self.pods(all);
        let ready = pods.iter().filter(|pod| pod.is_ready()).count();
        let (count, name) = (pods.len(), self.owner.name.as_str());
        let selector = json!({"matchLabels": {"app": name}});
        let (plural, object) = if self.owner.kind == "DaemonSet" {
            let object = json!({
                "metadata": self.metadata(),
                "spec": {
                    "selector": selector, "template": *self.template, "revisionHistoryLimit": 10,
                    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": "20%"}},
                },
                "status": {
                    "currentNumberScheduled": count, "desiredNumberScheduled": count, "numberMisscheduled": 0,
                    "numberReady": ready, "numberAvailable": ready, "numberUnavailable": count - ready,
                    "updatedNumberScheduled": count, "observedGeneration": 4,
                },
            });
            ("daemonsets", object)
        } else {
            let mut spec = json!({
                "selector": selector, "template": *self.template, "replicas": count, "revisionHistoryLimit": 10,
                "serviceName": format!("{name}-headless"), "podManagementPolicy": "OrderedReady",
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            });
            if let Some((claim, size)) = self.claim {
                spec["volumeClaimTemplates"] = json!([{
                    "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": claim},
                    "spec": claim_spec(size), "status": {"phase": "Pending"},
                }]);
            }
            let revision = self.label();
            let object = json!({
                "metadata": self.metadata(),
                "spec": spec,
                "status": {
                    "replicas": count, "readyReplicas": ready, "availableReplicas": ready, "currentReplicas": count,
                    "updatedReplicas": count, "currentRevision": revision, "updateRevision": revision,
                    "observedGeneration": 4, "collisionCount": 0,
                },
            });
            ("statefulsets", object)
        };
        maker.manager = "helm";
        maker.put(("apps", plural), self.namespace, name, self.created, object);
        maker.manager = "kube-controller-manager";
        let revision = json!({
            "metadata": {
                "labels": self.template["metadata"]["labels"],
                "ownerReferences": [reference("apps/v1", self.owner.kind, name, &self.owner.uid)],
            },
            "data": {"spec": {"template": *self.template}},
            "revision": 4,
        });
        let revision_name = format!("{name}-{}", self.revision);
        maker.put(("apps", "controllerrevisions"), self.namespace, &revision_name, self.created + 40 * DAY, revision);
    }

    /// What the pods of this revision wear as `controller-revision-hash`.
    pub fn label(&self) -> String {
        match self.owner.kind {
            "DaemonSet" => self.revision.clone(),
            _ => format!("{}-{}", self.owner.name, self.revision),
        }
    }
}

/// A reference to the owner that controls an object.
pub fn reference(version: &str, kind: &str, name: &str, uid: &str) -> Value {
    json!({
        "apiVersion": version, "kind": kind, "name": name, "uid": uid, "controller": true, "blockOwnerDeletion": true,
    })
}

/// Schedule and meaning of cron jobs.
const CRONS: [(&str, &str, &str); 3] = [
    ("nightly-reconcile", "0 2 * * *", "日终对账"),
    ("coupon-expiry", "*/30 * * * *", "优惠券过期处理"),
    ("warehouse-import", "15 * * * *", "数仓导入"),
];

/// Adds the cron jobs and the jobs that they started.
pub fn jobs(maker: &mut Maker<'_>, jobs: &[Job], all: &[Pod]) {
    let (now, born) = (maker.now, maker.born);
    for (cron, schedule, title) in CRONS {
        let of: Vec<&Job> = jobs.iter().filter(|job| job.cron == cron).collect();
        let Some(last) = of.iter().max_by_key(|job| job.created) else { continue };
        let good = of.iter().filter(|job| ended_well(job, all)).max_by_key(|job| job.created);
        maker.manager = "argocd-controller";
        let mut status = json!({"lastScheduleTime": stamp(last.created)});
        if let Some(good) = good {
            status["lastSuccessfulTime"] = stamp(good.ended).into();
        }
        let template = json!({"spec": {"template": *last.template, "backoffLimit": 0}});
        let object = json!({
            "metadata": {
                "generation": 1, "labels": {"app": cron},
                "annotations": {"example.com/title": title},
            },
            "spec": {
                "schedule": schedule, "timeZone": "Asia/Shanghai", "concurrencyPolicy": "Forbid", "suspend": false,
                "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1, "jobTemplate": template,
            },
            "status": status,
        });
        let uid = maker.put(("batch", "cronjobs"), last.namespace, cron, born + 30 * DAY, object);
        maker.manager = "kube-controller-manager";
        for job in of {
            let good = ended_well(job, all);
            let mut object = job_json(job, Some(good), &uid, now);
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.remove("managedFields");
            }
            maker.put(("batch", "jobs"), job.namespace, &job.owner.name, job.created, object);
        }
    }
}

fn ended_well(job: &Job, all: &[Pod]) -> bool {
    all.iter().any(|pod| pod.owner.uid == job.owner.uid && matches!(pod.state, State::Completed { .. }))
}

/// A job as the API gives it; `good` says how it ended, if it did, and `uid` is that of its cron job.
pub fn job_json(job: &Job, good: Option<bool>, uid: &str, now: i64) -> Value {
    let (name, job_uid) = (job.owner.name.as_str(), job.owner.uid.as_str());
    let labels = json!({
        "batch.kubernetes.io/controller-uid": job_uid, "batch.kubernetes.io/job-name": name,
        "controller-uid": job_uid, "job-name": name,
    });
    let mut template = Value::clone(&job.template);
    for (key, value) in labels.as_object().into_iter().flatten() {
        template["metadata"]["labels"][key] = value.clone();
    }
    let ended = job.ended.min(now);
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": "True", "reason": reason, "message": message,
            "lastProbeTime": stamp(ended), "lastTransitionTime": stamp(ended),
        })
    };
    let mut status =
        json!({"startTime": stamp(job.created), "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}});
    match good {
        Some(true) => {
            let message = "Reached expected number of succeeded pods";
            status["succeeded"] = 1.into();
            status["completionTime"] = stamp(ended).into();
            status["conditions"] = json!([
                condition("SuccessCriteriaMet", "CompletionsReached", message),
                condition("Complete", "CompletionsReached", message),
            ]);
        }
        Some(false) => {
            let message = "Job has reached the specified backoff limit";
            status["failed"] = 1.into();
            status["conditions"] = json!([
                condition("FailureTarget", "BackoffLimitExceeded", message),
                condition("Failed", "BackoffLimitExceeded", message),
            ]);
        }
        None => status["active"] = 1.into(),
    }
    let mut object = json!({
        "metadata": {
            "name": name, "namespace": job.namespace, "creationTimestamp": stamp(job.created),
            "uid": job_uid, "generation": 1, "labels": template["metadata"]["labels"],
            "annotations": {"batch.kubernetes.io/cronjob-scheduled-timestamp": stamp(job.created - job.created % MINUTE)},
            "ownerReferences": [reference("batch/v1", "CronJob", job.cron, uid)],
        },
        "spec": {
            "parallelism": 1, "completions": 1, "backoffLimit": 0, "completionMode": "NonIndexed", "suspend": false,
            "manualSelector": false, "podReplacementPolicy": "TerminatingOrFailed",
            "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": job_uid}},
            "template": template,
        },
        "status": status,
    });
    object["metadata"]["managedFields"] =
        managed_fields(&object, "kube-controller-manager", "batch/v1", job.created, now);
    object
}
