//! Jobs: pods until enough of them have succeeded.

use super::object::{self, condition, is_active, is_going, is_ready, key, number, text, told};
use super::tell::About;
use super::{Controllers, Part};
use crate::server::now;
use crate::server::resource::PODS;
use serde_json::{Value, json};
use tokio::time::Duration;

const WHO: &str = "job-controller";

impl Controllers {
    pub(super) fn job(&mut self, at: &str) {
        let Some(job) = self.inside.get(self.ids.jobs, at) else { return };
        let over =
            ["Complete", "Failed"].iter().any(|kind| condition(&job, kind).is_some_and(|it| it["status"] == "True"));
        if is_going(&job) {
            return;
        }
        if over {
            self.outlive(&job, at);
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
        let limit = spec["backoffLimit"].as_i64().unwrap_or(6);
        let restarts: i64 = pods.iter().map(restarts).sum();
        let complete = succeeded >= wanted;
        // Where containers are started again, their restarts count instead of failed pods.
        let broken = failed > limit || restarts > 0 && restarts >= limit;
        let late = !suspended && self.is_late(&job, at);
        let mut active: Vec<Value> = pods.iter().filter(|pod| is_active(pod)).cloned().collect();
        if complete || broken || suspended || late {
            for pod in active.drain(..) {
                let _ = self.inside.delete(PODS, &key(&pod), text(&pod["metadata"], "uid"));
            }
        } else {
            let room = spec["parallelism"].as_i64().unwrap_or(1).min(wanted - succeeded);
            for number in active.len() as i64..room {
                if self.waits(Part::Job, at) {
                    break;
                }
                let Some(index) = free_index(&pods, &active, number) else { break };
                match self.inside.try_create(PODS, &member(&job, index)) {
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
        let ended = match () {
            () if complete => Some(End::Complete),
            () if broken => Some(End::Broken),
            () if late => Some(End::Late),
            () => None,
        };
        if complete {
            status["completionTime"] = now().into();
        }
        self.tell_end(&job, &mut conditions, ended, suspended);
        if suspended {
            // It begins when it goes on.
            status.as_object_mut().map(|map| map.remove("startTime"));
        }
        if spec["completionMode"] == "Indexed" {
            status["completedIndexes"] = done_indexes(&pods).into();
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

/// How a job ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Complete,
    Broken,
    Late,
}

impl Controllers {
    /// Tells how a job ended, or that it is held or goes on.
    fn tell_end(&mut self, job: &Value, conditions: &mut Vec<Value>, ended: Option<End>, suspended: bool) {
        let about = About { api_version: "batch/v1", kind: "Job", object: job, path: "" };
        let Some(ended) = ended else {
            let was = condition(job, "Suspended").is_some_and(|it| it["status"] == "True");
            if suspended != was {
                let (reason, why, word) = if suspended {
                    ("JobSuspended", "Job suspended", "Suspended")
                } else {
                    ("JobResumed", "Job resumed", "Resumed")
                };
                conditions.retain(|it| it["type"] != "Suspended");
                conditions.push(told(job, "Suspended", suspended, reason, why, false));
                self.tell(WHO, &about, word, why);
            }
            return;
        };
        let (kinds, reason, why) = match ended {
            End::Complete => {
                let why = "Reached expected number of succeeded pods";
                (["SuccessCriteriaMet", "Complete"], "CompletionsReached", why)
            }
            End::Broken => {
                let why = "Job has reached the specified backoff limit";
                (["FailureTarget", "Failed"], "BackoffLimitExceeded", why)
            }
            End::Late => {
                let why = "Job was active longer than specified deadline";
                (["FailureTarget", "Failed"], "DeadlineExceeded", why)
            }
        };
        conditions.extend(kinds.map(|kind| told(job, kind, true, reason, why, false)));
        if ended == End::Complete {
            self.tell(WHO, &about, "Completed", "Job completed");
        } else {
            self.warn(WHO, &about, reason, why);
        }
    }

    /// Whether a job has been active for longer than it may; looks again when that is so.
    fn is_late(&mut self, job: &Value, at: &str) -> bool {
        let Some(limit) = job["spec"]["activeDeadlineSeconds"].as_i64() else { return false };
        let since = second(&job["status"]["startTime"]);
        let left = since.map_or(limit, |since| since + limit - crate::server::moment().as_second());
        if left > 0 {
            self.after(Duration::from_secs(object::seconds(left)), Part::Job, at);
        }
        left <= 0
    }

    /// A finished job goes after its time, where it has one.
    fn outlive(&mut self, job: &Value, at: &str) {
        let Some(kept) = job["spec"]["ttlSecondsAfterFinished"].as_i64() else { return };
        let over = ["Complete", "Failed"].iter().filter_map(|kind| condition(job, kind));
        let since = over.filter_map(|it| second(&it["lastTransitionTime"])).max().unwrap_or(0);
        let left = since + kept - crate::server::moment().as_second();
        if left > 0 {
            self.after(Duration::from_secs(object::seconds(left)), Part::Job, at);
            return;
        }
        let _ = self.inside.named("ttl-after-finished").delete(self.ids.jobs, at, text(&job["metadata"], "uid"));
    }
}

fn second(value: &Value) -> Option<i64> {
    value.as_str()?.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

/// How often the containers of a pod that is not over were started again.
fn restarts(pod: &Value) -> i64 {
    let all = pod["status"]["containerStatuses"].as_array().into_iter().flatten();
    if is_active(pod) { all.map(|it| number(it, "restartCount")).sum() } else { 0 }
}

const INDEX: &str = "batch.kubernetes.io/job-completion-index";

fn index(pod: &Value) -> Option<i64> {
    pod["metadata"]["annotations"][INDEX].as_str()?.parse().ok()
}

/// The next number of a pod: of those with an index, the lowest that is neither done nor under way.
fn free_index(pods: &[Value], active: &[Value], number: i64) -> Option<i64> {
    let done = pods.iter().filter(|pod| pod["status"]["phase"] == "Succeeded");
    let taken: Vec<i64> = done.chain(active).filter_map(index).collect();
    if taken.is_empty() { Some(number) } else { (0..=taken.len() as i64).find(|index| !taken.contains(index)) }
}

/// `0-2,4`.
fn done_indexes(pods: &[Value]) -> String {
    let mut done: Vec<i64> =
        pods.iter().filter(|pod| pod["status"]["phase"] == "Succeeded").filter_map(index).collect();
    done.sort_unstable();
    done.dedup();
    let runs = done.chunk_by(|a, b| a + 1 == *b);
    let text = |run: &[i64]| match run {
        [only] => only.to_string(),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    };
    runs.map(text).collect::<Vec<_>>().join(",")
}

fn member(job: &Value, number: i64) -> Value {
    let owner = object::owner("batch/v1", "Job", job);
    let mut pod = object::pod(&job["spec"]["template"], &owner, text(&job["metadata"], "namespace"));
    if job["spec"]["completionMode"] == "Indexed" {
        for part in ["labels", "annotations"] {
            pod["metadata"][part][INDEX] = number.to_string().into();
        }
        let name = text(&job["metadata"], "name");
        pod["metadata"]["generateName"] = format!("{name}-{number}-").into();
        pod["spec"]["hostname"] = format!("{name}-{number}").into();
    }
    pod
}
