//! What happens in an embedded cluster: it has no controllers, so a script moves a few objects.

use super::content::Report;
use super::content::pods::{Pod, State};
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
    template: Option<Pod>,
    job: Option<Pod>,
    finished: VecDeque<String>,
    step: u64,
}

impl Script {
    /// A script for a pod that crashes, the event that tells of it, and jobs like `template`.
    pub fn new(rng: Rng, crash: Option<Pod>, report: Option<Report>, template: Option<Pod>) -> Script {
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

    /// The next step of a job's pod: created, running, completed; older ones go.
    fn job(&mut self, store: &Store, now: i64) {
        if self.finished.len() > KEPT {
            if let Some(key) = self.finished.pop_front() {
                store.apply(Change::Delete(PODS, key));
            }
            return;
        }
        let next = match self.job.take() {
            None => self.template.as_ref().map(|template| {
                let mut pod = template.clone();
                // Named as a cron job names what it starts: by the minute for which it is due.
                let base = pod.owner.name.rsplit_once('-').map_or("job", |(base, _)| base);
                pod.owner.name = format!("{base}-{}", now / 60);
                pod.owner.uid = self.rng.uid();
                for (key, value) in &mut pod.labels {
                    if key.ends_with("job-name") {
                        value.clone_from(&pod.owner.name);
                    }
                }
                pod.name = format!("{}-{}", pod.owner.name, self.rng.suffix(5));
                pod.uid = self.rng.uid();
                (pod.created, pod.state) = (now, State::Creating);
                pod
            }),
            Some(mut pod) => {
                pod.state = match pod.state {
                    State::Creating => State::Running { ready: true, restarts: 0, last: None },
                    _ => State::Completed { at: now },
                };
                Some(pod)
            }
        };
        let Some(pod) = next else { return };
        store.apply(Change::Upsert(PODS, pod.to_json(now)));
        if matches!(pod.state, State::Completed { .. }) {
            self.finished.push_back(pod.key());
        } else {
            self.job = Some(pod);
        }
    }

    /// The crash is told of once more.
    fn report(&mut self, store: &Store, now: i64) {
        let Some(report) = &mut self.report else { return };
        report.count += 1;
        report.last = now;
        store.apply(Change::Upsert(EVENTS, report.to_json()));
    }
}
