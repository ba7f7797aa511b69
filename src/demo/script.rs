//! What happens in an embedded cluster: it has no controllers, so a script moves a few objects.

use super::content::pods::{Pod, State};
use super::content::{Job, Report, job_json};
use super::rng::Rng;
use crate::server::resource::{EVENTS, PODS};
use crate::server::store::{Change, Store};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// One change in this time.
const PACE: Duration = Duration::from_secs(3);
/// Finished jobs that are kept.
const KEPT: usize = 2;

/// The script of one cluster.
pub struct Script {
    rng: Rng,
    crash: Option<Pod>,
    report: Option<Report>,
    template: Option<(Job, Pod)>,
    job: Option<(Job, Pod)>,
    finished: VecDeque<(String, String)>,
    step: u64,
}

impl Script {
    /// A script for a pod that crashes, the event that tells of it, and jobs like `template`.
    pub fn new(rng: Rng, crash: Option<Pod>, report: Option<Report>, template: Option<(Job, Pod)>) -> Script {
        Script { rng, crash, report, template, job: None, finished: VecDeque::new(), step: 0 }
    }

    /// Plays the script for ever.
    pub async fn run(mut self, store: Arc<Store>) {
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pace.tick().await;
        loop {
            pace.tick().await;
            self.step(&store, jiff::Timestamp::now().as_second());
        }
    }

    /// Makes the next change.
    pub fn step(&mut self, store: &Store, now: i64) {
        let turn = self.step % 3;
        self.step += 1;
        match turn {
            0 => self.crash(store, now),
            1 => self.job(store, now),
            _ => self.report(store, now),
        }
    }

    /// The pod starts, or ends once more.
    fn crash(&mut self, store: &Store, now: i64) {
        let Some(pod) = &mut self.crash else { return };
        pod.state = match pod.state {
            State::CrashLoop { restarts, last } => {
                State::Running { ready: false, restarts: restarts + 1, last: Some(("Error", 1, last)) }
            }
            State::Running { restarts, .. } => State::CrashLoop { restarts, last: now },
            _ => return,
        };
        store.apply(Change::Upsert(PODS, pod.to_json(now)));
    }

    /// The next step of a job and its pod: created, running, completed; older ones go.
    fn job(&mut self, store: &Store, now: i64) {
        let jobs = store.registry.find("batch", "v1", "jobs").map(|(id, _)| id);
        if self.finished.len() > KEPT {
            if let Some((job, pod)) = self.finished.pop_front() {
                store.apply(Change::Delete(PODS, pod));
                jobs.and_then(|id| store.apply(Change::Delete(id, job)));
            }
            return;
        }
        let next = match self.job.take() {
            None => self.template.clone().map(|(job, pod)| self.begin(job, pod, now)),
            Some((mut job, mut pod)) => {
                pod.state = match pod.state {
                    State::Creating => State::Running { ready: true, restarts: 0, last: None },
                    _ => State::Completed { at: now },
                };
                job.ended = now;
                Some((job, pod))
            }
        };
        let Some((job, pod)) = next else { return };
        let over = matches!(pod.state, State::Completed { .. });
        let cron = store.registry.find("batch", "v1", "cronjobs");
        let cron = cron.and_then(|(id, _)| store.get(id, &format!("{}/{}", job.namespace, job.cron)));
        let cron = cron.map(|record| record.value()["metadata"]["uid"].as_str().unwrap_or_default().to_owned());
        if let (Some(id), Some(uid)) = (jobs, cron) {
            store.apply(Change::Upsert(id, job_json(&job, over.then_some(true), &uid, now)));
        }
        store.apply(Change::Upsert(PODS, pod.to_json(now)));
        if over {
            self.finished.push_back((format!("{}/{}", job.namespace, job.owner.name), pod.key()));
        } else {
            self.job = Some((job, pod));
        }
    }

    /// A new job like one that ended well, named as a cron job names what it starts: by the minute for which it is due.
    fn begin(&mut self, mut job: Job, mut pod: Pod, now: i64) -> (Job, Pod) {
        job.owner.name = format!("{}-{}", job.cron, now / 60);
        job.owner.uid = self.rng.uid();
        (job.created, job.ended) = (now, now);
        pod.owner = job.owner.clone();
        for (key, value) in &mut pod.labels {
            if key.ends_with("job-name") {
                value.clone_from(&pod.owner.name);
            }
            if key.ends_with("controller-uid") {
                value.clone_from(&pod.owner.uid);
            }
        }
        pod.name = format!("{}-{}", pod.owner.name, self.rng.suffix(5));
        pod.uid = self.rng.uid();
        (pod.created, pod.state) = (now, State::Creating);
        (job, pod)
    }

    /// The crash is told of once more.
    fn report(&mut self, store: &Store, now: i64) {
        let Some(report) = &mut self.report else { return };
        report.count += 1;
        report.last = now;
        store.apply(Change::Upsert(EVENTS, report.to_json()));
    }
}
