//! Containers that are added to a pod that runs, as `kubectl debug` does.

use super::object::{is_going, is_over, key, text};
use super::tell::{self, About};
use super::{Controllers, Part, kubelet};
use crate::demo::program;
use crate::server::resource::PODS;
use crate::server::{moment, now};
use serde_json::{Value, json};
use tokio::time::Duration;

const LIST: &str = "ephemeralContainerStatuses";

/// How many seconds are left of a container that runs; `None` for one without an end.
fn left(container: &Value, status: &Value) -> Option<i64> {
    let lasts = i64::try_from(program::of(container)?.lasts?).ok()?;
    let since = status["state"]["running"]["startedAt"].as_str()?.parse::<jiff::Timestamp>().ok()?;
    Some(since.as_second() + lasts - moment().as_second())
}

impl Controllers {
    pub(super) fn debug(&mut self, at: &str) {
        let Some(pod) = self.inside.get(PODS, at) else { return };
        if is_going(&pod) || is_over(&pod) {
            return;
        }
        let mut change = pod.clone();
        let mut all = pod["status"][LIST].as_array().cloned().unwrap_or_default();
        let mut started = Vec::new();
        for container in pod["spec"]["ephemeralContainers"].as_array().into_iter().flatten() {
            let name = text(container, "name");
            let Some(status) = all.iter_mut().find(|it| it["name"] == name) else {
                all.push(kubelet::status(container, &json!({"running": {"startedAt": now()}}), false));
                started.push(container.clone());
                continue;
            };
            if left(container, status).is_some_and(|left| left <= 0) {
                let code = program::of(container).map_or(0, |program| program.code);
                let over = json!({
                    "exitCode": code, "reason": if code == 0 { "Completed" } else { "Error" },
                    "startedAt": status["state"]["running"]["startedAt"], "finishedAt": now(),
                    "containerID": status["containerID"],
                });
                status["state"] = json!({"terminated": over});
            }
        }
        let soonest = pod["spec"]["ephemeralContainers"].as_array().into_iter().flatten().zip(&all);
        let soonest = soonest.filter_map(|(container, status)| left(container, status)).min();
        change["status"][LIST] = all.into();
        if change["status"] != pod["status"] {
            if self.inside.named("kubelet").update(PODS, "status", &change).is_err() {
                return;
            }
            for container in &started {
                let path = format!("spec.ephemeralContainers{{{}}}", text(container, "name"));
                let about = About { path: &path, ..tell::pod(&pod) };
                self.tell("kubelet", &about, "Created", "Container created");
                self.tell("kubelet", &about, "Started", "Container started");
            }
        }
        if let Some(left) = soonest {
            self.after(Duration::from_secs(left.max(1).unsigned_abs()), Part::Debug, &key(&pod));
        }
    }
}
