//! Troubles that go on: what is killed for its memory is killed again, a volume fills, and what is told of others is
//! told again.

use super::content;
use super::rng::Rng;
use crate::server::resource::{EVENTS, Id, NODES, PODS};
use crate::server::store::Store;
use crate::server::{Inside, now, stamp};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// What is told again as it stands: who tells it, and why.
const AGAIN: [(&str, &str); 3] =
    [("default-scheduler", "FailedScheduling"), ("kubelet", "Unhealthy"), ("kubelet", "Failed")];
const FULL: &str = "example.com/volume-usage-percent";
/// No fuller than this: the database would stop, and its story with it.
const FULLEST: u64 = 99;

/// See the module.
pub struct Incidents {
    rng: Rng,
    inside: Inside,
    step: usize,
}

impl Incidents {
    /// The troubles of a cluster.
    pub fn new(store: Arc<Store>, seed: u64, name: &str) -> Incidents {
        Incidents { rng: Rng::new(seed, &format!("{name} incidents")), inside: Inside::new(store, "kubelet"), step: 0 }
    }

    /// Goes on for ever.
    pub async fn run(mut self) {
        loop {
            sleep(Duration::from_secs(self.rng.between(15, 30).unsigned_abs())).await;
            self.next();
        }
    }

    /// The next thing that happens.
    pub fn next(&mut self) {
        self.step += 1;
        match self.step % 5 {
            1 => self.memory(),
            2 => self.volume(),
            turn => self.again(AGAIN[(turn + 1) % 3]),
        }
    }

    /// A container is killed for its memory once more, and started again.
    fn memory(&mut self) {
        let killed = |pod: &Value| {
            let status = &pod["status"]["containerStatuses"][0];
            status["lastState"]["terminated"]["reason"] == "OOMKilled" && status["state"]["running"].is_object()
        };
        let pods = content::hungry().flat_map(|prefix| self.inside.store().under(PODS, &prefix));
        let pods = pods.map(|record| record.value());
        let most = |pod: &Value| pod["status"]["containerStatuses"][0]["restartCount"].as_u64();
        let heard = |pod: &Value| {
            let node = self.inside.list(NODES, "").into_iter().find(|node| pod["spec"]["nodeName"] == *node.key);
            node.is_some_and(|node| node.pulse.ready)
        };
        let Some(mut pod) = pods.filter(|pod| killed(pod) && heard(pod)).max_by_key(most) else { return };
        let second = crate::server::moment().as_second();
        let status = &mut pod["status"]["containerStatuses"][0];
        let began = status["state"]["running"]["startedAt"].clone();
        status["lastState"]["terminated"] = json!({
            "exitCode": 137, "reason": "OOMKilled", "startedAt": began, "finishedAt": stamp(second - 1),
            "containerID": status["containerID"],
        });
        status["state"] = json!({"running": {"startedAt": stamp(second)}});
        status["restartCount"] = (status["restartCount"].as_u64().unwrap_or(0) + 1).into();
        if self.inside.update(PODS, "status", &pod).is_ok() {
            self.tell("kernel-monitor", "OOMKilling", None);
        }
    }

    /// A volume that is nearly full becomes a little fuller.
    fn volume(&mut self) {
        let Some(claims) = self.inside.id("", "persistentvolumeclaims") else { return };
        for record in self.inside.list(claims, "") {
            let claim = record.value();
            let percent = claim["metadata"]["annotations"][FULL].as_str().and_then(|text| text.parse::<u64>().ok());
            if let Some(percent) = percent.filter(|percent| (90..FULLEST).contains(percent)) {
                self.fill(claims, &record.key, &claim, percent + 1);
            }
        }
    }

    fn fill(&mut self, claims: Id, key: &str, claim: &Value, percent: u64) {
        let change = json!({"metadata": {"annotations": {FULL: percent.to_string()}}});
        let _ = self.inside.named("volume-monitor").merge(claims, key, "", &change);
        let (name, size) = (&claim["metadata"]["name"], &claim["status"]["capacity"]["storage"]);
        let (name, size) = (name.as_str().unwrap_or_default(), size.as_str().unwrap_or_default());
        let message = format!("卷 {name} 使用率 {percent}%（{size}），按当前增速不到 {} 小时后写满", 101 - percent);
        self.tell("volume-monitor", "VolumeUsageHigh", Some(&message));
    }

    fn again(&mut self, (who, why): (&str, &str)) {
        self.tell(who, why, None);
    }

    /// The events of this kind that say how often they came are told once more.
    fn tell(&mut self, who: &str, why: &str, message: Option<&str>) {
        let word = format!("\"{why}\"");
        for record in self.inside.list(EVENTS, "") {
            if !record.mentions(&word) {
                continue;
            }
            let event = record.value();
            let Some(count) = event["count"].as_u64().filter(|_| event["reason"] == why) else { continue };
            if event["source"]["component"] != who {
                continue;
            }
            let mut change = json!({"count": count + 1, "lastTimestamp": now()});
            if let Some(message) = message {
                change["message"] = message.into();
            }
            let _ = self.inside.named(who).merge(EVENTS, &record.key, "", &change);
        }
    }
}
