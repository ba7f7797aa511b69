//! Cron jobs: jobs when they are due, and as many old ones as are kept.

use super::cron::Schedule;
use super::object::{self, condition, is_going, key, text};
use super::tell::About;
use super::{Controllers, Part};
use crate::server::stamp;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::time::Duration;

const WHO: &str = "cronjob-controller";

fn second(value: &Value) -> Option<i64> {
    value.as_str()?.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

fn is_finished(job: &Value, how: &str) -> bool {
    condition(job, how).is_some_and(|it| it["status"] == "True")
}

impl Controllers {
    pub(super) fn cron_job(&mut self, at: &str) {
        let Some(cron) = self.inside.get(self.ids.cron_jobs, at) else { return };
        if is_going(&cron) {
            return;
        }
        let Some(schedule) = Schedule::parse(text(&cron["spec"], "schedule")) else { return };
        let zone = cron["spec"]["timeZone"].as_str().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
        let now = Timestamp::now().as_second();
        let mut jobs = self.owned(self.ids.jobs, &cron);
        let active: Vec<&Value> =
            jobs.iter().filter(|job| !is_finished(job, "Complete") && !is_finished(job, "Failed")).collect();
        let last = second(&cron["status"]["lastScheduleTime"]);
        let born = second(&cron["metadata"]["creationTimestamp"]).unwrap_or(now);
        let mut status = cron["status"].clone();
        let about = About { api_version: "batch/v1", kind: "CronJob", object: &cron, path: "" };
        let mut created = None;
        // What was missed while nobody looked is not made up for, but for the last.
        let from = last.unwrap_or(born).max(now - 120);
        let due = schedule.next(from, &zone).filter(|due| *due <= now);
        if let Some(due) = due.filter(|_| cron["spec"]["suspend"] != true) {
            let policy = text(&cron["spec"], "concurrencyPolicy");
            let missed = cron["spec"]["startingDeadlineSeconds"].as_i64().is_some_and(|limit| now - due > limit);
            if missed {
                let message = format!("Missed scheduled time to start a job: {}", stamp(due));
                self.warn(WHO, &about, "MissSchedule", &message);
            }
            if policy == "Replace" {
                for job in &active {
                    let _ = self.inside.delete(self.ids.jobs, &key(job), text(&job["metadata"], "uid"));
                }
            }
            let waits = policy == "Forbid" && !active.is_empty();
            if waits {
                let why = "Not starting job because prior execution is running and concurrency policy is Forbid";
                self.tell(WHO, &about, "JobAlreadyActive", why);
            }
            if !waits && !missed {
                created = self.inside.create(self.ids.jobs, &job(&cron, due)).ok();
                status["lastScheduleTime"] = stamp(due).into();
            }
            if let Some(job) = &created {
                let message = format!("Created job {}", text(&job["metadata"], "name"));
                self.tell(WHO, &about, "SuccessfulCreate", &message);
            }
        }
        let reference = |job: &Value| {
            json!({
                "apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"],
                "namespace": job["metadata"]["namespace"], "uid": job["metadata"]["uid"],
                "resourceVersion": job["metadata"]["resourceVersion"],
            })
        };
        let active: Vec<Value> = active.into_iter().chain(&created).map(reference).collect();
        let done = jobs.iter().filter_map(|job| second(&job["status"]["completionTime"])).max();
        if let Some(done) = done {
            status["lastSuccessfulTime"] = stamp(done).into();
        }
        if active.is_empty() {
            status.as_object_mut().map(|map| map.remove("active"));
        } else {
            status["active"] = active.into();
        }
        if status.is_null() {
            status = json!({});
        }
        self.forget_jobs(&cron, &mut jobs);
        if status != cron["status"] && !(status == json!({}) && cron["status"].is_null()) {
            let mut next = cron.clone();
            next["status"] = status;
            let _ = self.inside.update(self.ids.cron_jobs, "status", &next);
        }
        if let Some(next) = schedule.next(now, &zone) {
            self.after(Duration::from_secs((next - now).max(1) as u64), Part::CronJob, at);
        }
    }

    fn forget_jobs(&mut self, cron: &Value, jobs: &mut [Value]) {
        jobs.sort_by_key(|job| second(&job["status"]["startTime"]));
        for (how, limit, default) in
            [("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1)]
        {
            let kept = cron["spec"][limit].as_i64().unwrap_or(default).max(0) as usize;
            let done: Vec<&Value> = jobs.iter().filter(|job| is_finished(job, how) && !is_going(job)).collect();
            for job in done.iter().take(done.len().saturating_sub(kept)) {
                let _ = self.inside.delete(self.ids.jobs, &key(job), text(&job["metadata"], "uid"));
            }
        }
    }
}

fn job(cron: &Value, due: i64) -> Value {
    let template = &cron["spec"]["jobTemplate"];
    let mut annotations = template["metadata"]["annotations"].clone();
    annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] = stamp(due).into();
    json!({
        "metadata": {
            "name": format!("{}-{}", text(&cron["metadata"], "name"), due / 60),
            "namespace": cron["metadata"]["namespace"],
            "labels": template["metadata"]["labels"],
            "annotations": annotations,
            "ownerReferences": [object::owner("batch/v1", "CronJob", cron)],
        },
        "spec": template["spec"],
    })
}
