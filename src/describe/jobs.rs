//! Jobs and cron jobs.

use super::conditions;
use super::context::Context;
use super::fields::{Fields, count};
use super::inked::{Inked, none, number, or_none, or_unset, unset, yes_no};
use super::known;
use super::meta;
use super::page::Page;
use super::pod::template;
use super::selector;
use super::want::By;
use super::when::{age, duration, moment, stamp};
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

/// Longer lists of indexes are cut.
const INDEXES: usize = 50;

/// A job.
pub(super) fn job(cx: &Context, page: &mut Page) {
    let (spec, status) = (cx.object.at("spec"), cx.object.at("status"));
    meta::names(cx, page);
    page.field("Selector", or_none(selector::text(spec.at("selector"))));
    meta::labels(cx, page);
    meta::owners(cx, page);
    optional(page, "Parallelism", spec, "parallelism");
    page.field("Completions", or_unset(spec.scalar("completions")));
    page.field_if("Completion Mode", spec.text("completionMode"));
    suspend(page, spec);
    optional(page, "Backoff Limit", spec, "backoffLimit");
    optional(page, "Backoff Limit Per Index", spec, "backoffLimitPerIndex");
    optional(page, "TTL Seconds After Finished", spec, "ttlSecondsAfterFinished");
    page.field_if("Start Time", moment(status, "startTime", cx.now));
    page.field_if("Completed At", moment(status, "completionTime", cx.now));
    let (start, end) = (stamp(status, "startTime"), stamp(status, "completionTime"));
    if start != 0 && end != 0 {
        page.field("Duration", duration(i64::from(end) - i64::from(start)));
    }
    if let Some(seconds) = spec.int("activeDeadlineSeconds") {
        page.field("Active Deadline Seconds", format!("{seconds}s"));
    }
    let failed = count(status, "failed");
    let ready = status.int("ready").map_or(String::new(), |ready| format!(" ({ready} Ready)"));
    let pods = number(count(status, "active"))
        .and(format!(" Active{ready} / {} Succeeded / ", count(status, "succeeded")), Ink::Plain)
        .and(format!("{failed} Failed"), if failed > 0 { Ink::Warn } else { Ink::Plain });
    page.field("Pods Statuses", pods);
    if spec.text("completionMode") == "Indexed" {
        page.field("Completed Indexes", or_none(capped(status.text("completedIndexes"))));
        page.field_if("Failed Indexes", Inked::new(capped(status.text("failedIndexes")), Ink::Bad));
    }
    // Its own pods; a job without a selector of its own finds them by its name.
    let labels = match selector::text(spec.at("selector")) {
        text if text.is_empty() => format!("batch.kubernetes.io/job-name={}", cx.object.text("metadata.name")),
        text => text,
    };
    let looked = cx.pods(labels);
    let pods = looked.objects().iter().filter(|pod| super::workloads::owned_by(pod, cx.uid()));
    let lines: Vec<_> = pods.map(|pod| pod_line(cx, pod)).collect();
    match looked.lack() {
        Some(lack) if lines.is_empty() => page.field("Pods", lack),
        _ => page.list("Pods", lines),
    }
    template::section(cx, page, spec.at("template"));
    conditions::section(cx, page);
}

fn pod_line(cx: &Context, pod: &Value) -> Inked {
    let name = pod.text("metadata.name");
    let phase = pod.text("status.phase");
    let ink = match phase {
        "Failed" => Ink::Bad,
        "Succeeded" | "Running" => Ink::Good,
        _ => Ink::Warn,
    };
    Inked::from(name).and(" ", Ink::Plain).and(phase, ink).to(known::reference("", "Pod", cx.namespace(), name))
}

/// A number, where it is set.
fn optional(page: &mut Page, key: &str, spec: &Value, field: &str) {
    page.field_if(key, Inked::new(spec.scalar(field), Ink::Number));
}

fn suspend(page: &mut Page, spec: &Value) {
    match spec.at("suspend").as_bool() {
        Some(true) => {
            page.field("Suspend", Inked::new("true", Ink::Warn));
            page.warn(Inked::new(Text::AboutSuspended.get(), Ink::Warn));
        }
        Some(false) => page.field("Suspend", Inked::new("false", Ink::Word)),
        None => {}
    }
}

/// `1-4,7,…`, cut at a comma.
fn capped(indexes: &str) -> String {
    match indexes.char_indices().find(|(at, c)| *at >= INDEXES && *c == ',') {
        Some((at, _)) => format!("{},…", indexes.get(..at).unwrap_or_default()),
        None => indexes.to_owned(),
    }
}

/// A cron job.
pub(super) fn cron_job(cx: &Context, page: &mut Page) {
    let (spec, status) = (cx.object.at("spec"), cx.object.at("status"));
    meta::head(cx, page);
    meta::owners(cx, page);
    page.field("Schedule", spec.text("schedule"));
    page.field("Concurrency Policy", spec.text("concurrencyPolicy"));
    page.field("Suspend", yes_no(spec.at("suspend").as_bool()));
    if spec.flag("suspend") {
        page.warn(Inked::new(Text::AboutSuspended.get(), Ink::Warn));
    }
    page.field("Time Zone", or_unset(spec.text("timeZone")));
    page.field("Successful Job History Limit", or_unset(spec.scalar("successfulJobsHistoryLimit")));
    page.field("Failed Job History Limit", or_unset(spec.scalar("failedJobsHistoryLimit")));
    let deadline = spec.int("startingDeadlineSeconds").map_or(String::new(), |seconds| format!("{seconds}s"));
    page.field("Starting Deadline Seconds", or_unset(deadline));
    let job = spec.at("jobTemplate.spec");
    page.field("Selector", or_unset(selector::text(job.at("selector"))));
    page.field("Parallelism", or_unset(job.scalar("parallelism")));
    page.field("Completions", or_unset(job.scalar("completions")));
    if let Some(seconds) = job.int("activeDeadlineSeconds") {
        page.field("Active Deadline Seconds", format!("{seconds}s"));
    }
    template::section(cx, page, job.at("template"));
    let last = moment(status, "lastScheduleTime", cx.now);
    page.field("Last Schedule Time", if last.is_empty() { unset() } else { last });
    page.field_if("Last Successful Time", moment(status, "lastSuccessfulTime", cx.now));
    let active: Vec<_> = status.items("active").iter().map(|it| it.text("name")).collect();
    let links = active.iter().map(|name| Inked::from(name).to(known::reference("batch", "Job", cx.namespace(), name)));
    page.list("Active Jobs", links);
    history(cx, page, &active);
}

/// The jobs that are kept, newest first.
fn history(cx: &Context, page: &mut Page, active: &[&str]) {
    let want = known::list("batch", "v1", "jobs", Some(cx.namespace()), By::Owner(cx.uid().to_owned()));
    let looked = cx.ask(want);
    let mut jobs: Vec<_> = looked.objects().iter().collect();
    jobs.retain(|job| !active.contains(&job.text("metadata.name")));
    if jobs.is_empty() {
        page.field("Finished Jobs", looked.lack().unwrap_or_else(none));
        return;
    }
    jobs.sort_by_key(|job| std::cmp::Reverse(stamp(job, "metadata.creationTimestamp")));
    let mut lines: Vec<_> = jobs.iter().map(|job| job_line(cx, job)).collect();
    lines.extend(looked.lack());
    page.list("Finished Jobs", lines);
    if let Some(job) = jobs.first().filter(|job| is(job, "Failed")) {
        let name = job.text("metadata.name");
        let line = Inked::new(Text::AboutLastJobFailed.with(&[name]), Ink::Bad);
        page.bad(line.to(known::reference("batch", "Job", cx.namespace(), name)));
    }
}

fn is(job: &Value, kind: &str) -> bool {
    job.items("status.conditions").iter().any(|it| it.text("type") == kind && it.text("status") == "True")
}

fn job_line(cx: &Context, job: &Value) -> Inked {
    let name = job.text("metadata.name");
    let (word, ink) = match (is(job, "Failed"), is(job, "Complete")) {
        (true, _) => ("Failed", Ink::Bad),
        (false, true) => ("Complete", Ink::Good),
        (false, false) => ("Running", Ink::Word),
    };
    Inked::from(name)
        .and(" ", Ink::Plain)
        .and(word, ink)
        .and(format!(" {}", age(stamp(job, "metadata.creationTimestamp"), cx.now)), Ink::Dim)
        .to(known::reference("batch", "Job", cx.namespace(), name))
}
