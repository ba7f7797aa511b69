//! Jobs: pods until enough of them have succeeded.

use super::object::{self, condition, is_active, is_going, is_ready, key, number, text, told};
use super::tell::About;
use super::{Controllers, Part};
use crate::server::now;
use crate::server::resource::PODS;
use serde_json::{Value, json};

const WHO: &str = "job-controller";

impl Controllers {
    pub(super) fn job(&mut self, at: &str) {
        let Some(job) = self.inside.get(self.ids.jobs, at) else { return };
        let over =
            ["Complete", "Failed"].iter().any(|kind| condition(&job, kind).is_some_and(|it| it["status"] == "True"));
        if is_going(&job) || over {
            return;
        }
        let pods = self.owned(PODS, &job);
        let phase = |name: &str| pods.iter().filter(|pod| pod["status"]["phase"] == name).count() as i64;
        let (succeeded, failed) = (phase("Succeeded"), phase("Failed"));
        let spec = &job["spec"];
        let wanted = spec["completions"].as_i64().unwrap_or(1);
        let about = About { api_version: "batch/v1", kind: "Job", object: &job, path: "" };
        let mut status = json!({"uncountedTerminatedPods": {}});
        let mut conditions = job["status"]["conditions"].as_array().cloned().unwrap_or_default();
        status["startTime"] = match job["status"].get("startTime") {
            Some(since) => since.clone(),
            None => now().into(),
        };
        let suspended = spec["suspend"] == true;
        let (complete, broken) = (succeeded >= wanted, failed > spec["backoffLimit"].as_i64().unwrap_or(6));
        let mut active: Vec<Value> = pods.iter().filter(|pod| is_active(pod)).cloned().collect();
        if complete || broken || suspended {
            for pod in active.drain(..) {
                let _ = self.inside.delete(PODS, &key(&pod), text(&pod["metadata"], "uid"));
            }
        } else {
            let room = spec["parallelism"].as_i64().unwrap_or(1).min(wanted - succeeded);
            for number in active.len() as i64..room {
                if self.waits(Part::Job, at) {
                    break;
                }
                match self.inside.try_create(PODS, &member(&job, succeeded + number)) {
                    Ok(pod) => {
                        let message = format!("Created pod: {}", text(&pod["metadata"], "name"));
                        self.tell(WHO, &about, "SuccessfulCreate", &message);
                        active.push(pod);
                        self.served(Part::Job, at);
                    }
                    Err(why) => {
                        self.refused(WHO, &about, Part::Job, at, &format!("Error creating: {why}"));
                        break;
                    }
                }
            }
        }
        if complete {
            let why = "Reached expected number of succeeded pods";
            conditions.push(told(&job, "SuccessCriteriaMet", true, "CompletionsReached", why, false));
            conditions.push(told(&job, "Complete", true, "CompletionsReached", why, false));
            status["completionTime"] = now().into();
            self.tell(WHO, &about, "Completed", "Job completed");
        } else if broken {
            let why = "Job has reached the specified backoff limit";
            conditions.push(told(&job, "FailureTarget", true, "BackoffLimitExceeded", why, false));
            conditions.push(told(&job, "Failed", true, "BackoffLimitExceeded", why, false));
            self.warn(WHO, &about, "BackoffLimitExceeded", why);
        }
        for it in &mut conditions {
            if it.get("lastProbeTime").is_none() {
                it["lastProbeTime"] = it["lastTransitionTime"].clone();
            }
        }
        if !conditions.is_empty() {
            status["conditions"] = conditions.into();
        }
        let ready = active.iter().filter(|pod| is_ready(pod)).count() as i64;
        for (name, number) in [("active", active.len() as i64), ("succeeded", succeeded), ("failed", failed)] {
            object::set_some(&mut status, name, number);
        }
        status["ready"] = ready.into();
        status["terminating"] = pods.iter().filter(|pod| is_going(pod) && !object::is_over(pod)).count().into();
        if job["status"] != status && number(&job["metadata"], "generation") > 0 {
            let mut next = job.clone();
            next["status"] = status;
            let _ = self.inside.update(self.ids.jobs, "status", &next);
        }
    }
}

fn member(job: &Value, number: i64) -> Value {
    let owner = object::owner("batch/v1", "Job", job);
    let mut pod = object::pod(&job["spec"]["template"], &owner, text(&job["metadata"], "namespace"));
    if job["spec"]["completionMode"] == "Indexed" {
        for part in ["labels", "annotations"] {
            pod["metadata"][part]["batch.kubernetes.io/job-completion-index"] = number.to_string().into();
        }
    }
    pod
}
