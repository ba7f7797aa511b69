//! Cron jobs: jobs when they are due, and as many old ones as are kept.

use super::cron::Schedule;
use super::object::{self, condition, is_going, key, text};
use super::tell::About;
use super::{Controllers, Part};
use crate::server::{moment, stamp};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::time::Duration;

const WHO: &str = "cronjob-controller";
/// How long before the controllers began a moment may be that they still keep, in seconds.
const EARLY: i64 = 120;

fn second(value: &Value) -> Option<i64> {
    value.as_str()?.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

fn is_finished(job: &Value, how: &str) -> bool {
    condition(job, how).is_some_and(|it| it["status"] == "True")
}

/// A reference from a cron job to one of its jobs.
fn reference(job: &Value) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"],
        "namespace": job["metadata"]["namespace"], "uid": job["metadata"]["uid"],
        "resourceVersion": job["metadata"]["resourceVersion"],
    })
}

impl Controllers {
    pub(super) fn cron_job(&mut self, at: &str) {
        let Some(cron) = self.inside.get(self.ids.cron_jobs, at) else { return };
        if is_going(&cron) {
            return;
        }
        let Some(schedule) = Schedule::parse(text(&cron["spec"], "schedule")) else { return };
        let zone = cron["spec"]["timeZone"].as_str().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
        let now = moment().as_second();
        let mut jobs = self.owned(self.ids.jobs, &cron);
        self.tell_done(&cron, &jobs);
        // Those that somebody made of it by hand count for nothing.
        let by_hand = |job: &Value| job["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual";
        let is_active = |job: &&Value| !is_finished(job, "Complete") && !is_finished(job, "Failed") && !by_hand(job);
        let mut active: Vec<Value> = jobs.iter().filter(is_active).cloned().collect();
        let mut status = cron["status"].clone();
        let last = second(&status["lastScheduleTime"]).or_else(|| second(&cron["metadata"]["creationTimestamp"]));
        // What was missed before anybody looked is not made up for.
        let mut from = last.unwrap_or(now).max(self.since - EARLY);
        if let Some(limit) = cron["spec"]["startingDeadlineSeconds"].as_i64() {
            from = from.max(now.saturating_sub(limit));
        }
        let due = schedule.last(from, now, &zone);
        if let Some(due) = due.filter(|_| cron["spec"]["suspend"] != true)
            && let Some(job) = self.start(&cron, &mut active, due)
        {
            active.push(job);
            status["lastScheduleTime"] = stamp(due).into();
        }
        let done = jobs.iter().filter_map(|job| second(&job["status"]["completionTime"])).max();
        let before = second(&status["lastSuccessfulTime"]);
        if let Some(done) = done.filter(|done| before.is_none_or(|before| before < *done)) {
            status["lastSuccessfulTime"] = stamp(done).into();
        }
        if active.is_empty() {
            status.as_object_mut().map(|map| map.remove("active"));
        } else {
            status["active"] = active.iter().map(reference).collect();
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
            self.by(Duration::from_secs((next - now).max(1) as u64), Part::CronJob, at);
        }
    }

    /// Starts the job of this moment, unless one that still runs is in its way.
    fn start(&mut self, cron: &Value, active: &mut Vec<Value>, due: i64) -> Option<Value> {
        let about = About { api_version: "batch/v1", kind: "CronJob", object: cron, path: "" };
        match text(&cron["spec"], "concurrencyPolicy") {
            "Forbid" if !active.is_empty() => {
                let why = "Not starting job because prior execution is running and concurrency policy is Forbid";
                self.tell(WHO, &about, "JobAlreadyActive", why);
                return None;
            }
            "Replace" => {
                for job in active.drain(..).filter(|job| !is_going(job)) {
                    self.remove_job(&about, &job);
                }
            }
            _ => {}
        }
        let job = self.inside.create(self.ids.jobs, &job(cron, due)).ok()?;
        self.tell(WHO, &about, "SuccessfulCreate", &format!("Created job {}", text(&job["metadata"], "name")));
        Some(job)
    }

    fn remove_job(&mut self, about: &About<'_>, job: &Value) {
        let metadata = &job["metadata"];
        if self.inside.delete(self.ids.jobs, &key(job), text(metadata, "uid")).is_ok() {
            self.tell(WHO, about, "SuccessfulDelete", &format!("Deleted job {}", text(metadata, "name")));
        }
    }

    /// Tells of jobs that were active when they were last looked at, and are over or gone.
    fn tell_done(&mut self, cron: &Value, jobs: &[Value]) {
        let about = About { api_version: "batch/v1", kind: "CronJob", object: cron, path: "" };
        for it in cron["status"]["active"].as_array().into_iter().flatten() {
            let name = text(it, "name");
            match jobs.iter().find(|job| job["metadata"]["uid"] == it["uid"]) {
                None => self.tell(WHO, &about, "MissingJob", &format!("Active job went missing: {name}")),
                Some(job) => {
                    if let Some(how) = ["Complete", "Failed"].into_iter().find(|how| is_finished(job, how)) {
                        let message = format!("Saw completed job: {name}, condition: {how}");
                        self.tell(WHO, &about, "SawCompletedJob", &message);
                    }
                }
            }
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
                let about = About { api_version: "batch/v1", kind: "CronJob", object: cron, path: "" };
                self.remove_job(&about, job);
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
