//! From what pods use to how many there should be.

use super::object::{condition, is_going, is_ready, text};
use crate::server::quantity;
use crate::server::store::Record;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How far from its target a metric may be before anything is done.
const TOLERANCE: f64 = 0.1;

/// What of a pod is looked at here: the rest of its text is not read.
#[derive(Deserialize, Serialize)]
struct Slim {
    metadata: Metadata,
    spec: Spec,
    status: Status,
}

#[derive(Deserialize, Serialize)]
struct Metadata {
    name: Value,
    namespace: Value,
    uid: Value,
    #[serde(default)]
    labels: Value,
    #[serde(rename = "deletionTimestamp", skip_serializing_if = "Option::is_none")]
    going: Option<Value>,
}

#[derive(Deserialize, Serialize)]
struct Spec {
    #[serde(rename = "nodeName", default)]
    node: Value,
    containers: Vec<Container>,
}

#[derive(Deserialize, Serialize)]
struct Container {
    name: Value,
    #[serde(default)]
    resources: Value,
}

#[derive(Deserialize, Serialize)]
struct Status {
    #[serde(default)]
    phase: Value,
    #[serde(rename = "startTime", default)]
    start: Value,
    #[serde(default)]
    conditions: Value,
}

/// A pod, as far as it is looked at here.
pub(super) fn slim(pod: &Record) -> Value {
    let read = pod.read::<Slim>().and_then(|slim| serde_json::to_value(slim).ok());
    read.unwrap_or_else(|| pod.value())
}

/// What came of the metrics of an autoscaler.
#[derive(Default)]
pub(super) struct Measured {
    /// The largest size that a metric asks for.
    pub replicas: Option<i64>,
    /// The metric that asks for it.
    pub name: String,
    /// The status of each metric.
    pub metrics: Vec<Value>,
    /// Why a metric could not be had: a reason and its words.
    pub wrong: Option<(&'static str, String)>,
}

/// Name, millicores and bytes of each container.
type Used = Vec<(String, u64, u64)>;

/// One resource metric.
struct Metric<'a> {
    resource: &'a str,
    /// The only container that counts; empty for all.
    container: &'a str,
    target: &'a Value,
}

/// What one pod uses and asks for, in thousandths.
struct Sample {
    used: i128,
    asked: i128,
}

/// The size that follows from the metrics.
pub(super) fn measure(
    metrics: &Value,
    pods: &[Value],
    current: i64,
    used: impl Fn(&Value) -> Option<Used>,
) -> Measured {
    let mut out = Measured::default();
    for metric in metrics.as_array().into_iter().flatten() {
        let one = match text(metric, "type") {
            "Resource" => {
                let of = &metric["resource"];
                Ok(Metric { resource: text(of, "name"), container: "", target: &of["target"] })
            }
            "ContainerResource" => {
                let of = &metric["containerResource"];
                Ok(Metric { resource: text(of, "name"), container: text(of, "container"), target: &of["target"] })
            }
            "External" => Err((
                "FailedGetExternalMetric",
                format!(
                    "unable to get external metric {}: unable to fetch metrics from external metrics API: the server \
                     could not find the requested resource (get {0}.external.metrics.k8s.io)",
                    text(&metric["external"]["metric"], "name")
                ),
            )),
            kind => {
                let of = if kind == "Pods" { &metric["pods"] } else { &metric["object"] };
                let name = text(&of["metric"], "name");
                let reason = if kind == "Pods" { "FailedGetPodsMetric" } else { "FailedGetObjectMetric" };
                Err((
                    reason,
                    format!(
                        "unable to get metric {name}: unable to fetch metrics from custom metrics API: no custom \
                         metrics API (custom.metrics.k8s.io) registered"
                    ),
                ))
            }
        };
        let result = one.and_then(|metric| {
            let reason = if metric.container.is_empty() {
                "FailedGetResourceMetric"
            } else {
                "FailedGetContainerResourceMetric"
            };
            metric.propose(pods, current, &used).map_err(|why| (reason, why))
        });
        match result {
            Ok((replicas, name, status)) => {
                out.metrics.push(status);
                if out.replicas.is_none_or(|most| replicas > most) {
                    (out.replicas, out.name) = (Some(replicas), name);
                }
            }
            Err(why) => out.wrong = out.wrong.or(Some(why)),
        }
    }
    out
}

impl Metric<'_> {
    fn sample(&self, pod: &Value, used: &Used, utilization: bool) -> Result<Sample, String> {
        let mut sum = Sample { used: 0, asked: 0 };
        let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
        for container in containers.filter(|it| self.container.is_empty() || it["name"] == self.container) {
            let name = text(container, "name");
            let asked = quantity::read(&container["resources"]["requests"][self.resource]);
            if asked.is_none() && utilization {
                let pod = text(&pod["metadata"], "name");
                return Err(format!(
                    "failed to get {0} utilization: missing request for {0} in container {name} of Pod {pod}",
                    self.resource
                ));
            }
            sum.asked += asked.unwrap_or(0);
            let of = used.iter().find(|it| it.0 == name);
            sum.used +=
                of.map_or(
                    0,
                    |(_, cpu, memory)| {
                        if self.resource == "cpu" { i128::from(*cpu) } else { i128::from(*memory) * 1000 }
                    },
                );
        }
        Ok(sum)
    }

    /// The size that this metric asks for, its name, and its status.
    fn propose(
        &self,
        pods: &[Value],
        current: i64,
        used: &impl Fn(&Value) -> Option<Used>,
    ) -> Result<(i64, String, Value), String> {
        let utilization = self.target["averageUtilization"].as_i64();
        let (mut ready, mut unready, mut missing) = (Vec::new(), 0, Vec::new());
        for pod in pods.iter().filter(|pod| !is_going(pod) && pod["status"]["phase"] != "Failed") {
            let waits = pod["status"]["phase"] == "Pending" || self.resource == "cpu" && never_ready(pod);
            match used(pod) {
                _ if waits => unready += 1,
                Some(used) => ready.push(self.sample(pod, &used, utilization.is_some())?),
                None => missing.push(self.sample(pod, &Vec::new(), utilization.is_some())?),
            }
        }
        if ready.is_empty() {
            let what = if utilization.is_some() {
                format!("failed to get {} utilization: ", self.resource)
            } else {
                String::new()
            };
            return Err(format!(
                "{what}unable to get metrics for resource {}: no metrics returned from resource metrics API",
                self.resource
            ));
        }
        let target_value = quantity::read(&self.target["averageValue"]).unwrap_or(0);
        // How far from its target: of what is asked for, or of a value for each pod.
        let ratio = |samples: &[&Sample], more: usize| -> f64 {
            let used: i128 = samples.iter().map(|it| it.used).sum();
            let aim = match utilization {
                Some(percent) => {
                    let asked: i128 = samples.iter().map(|it| it.asked).sum();
                    let each = asked as f64 / samples.len().max(1) as f64;
                    (asked as f64 + each * more as f64) * percent as f64 / 100.0
                }
                None => target_value as f64 * (samples.len() + more) as f64,
            };
            if aim > 0.0 { used as f64 / aim } else { 1.0 }
        };
        let samples: Vec<&Sample> = ready.iter().collect();
        let now = ratio(&samples, 0);
        let total: i128 = ready.iter().map(|it| it.used).sum();
        let asked: i128 = ready.iter().map(|it| it.asked).sum();
        let mut told = json!({"averageValue": quantity::write(total / ready.len() as i128, self.resource)});
        if utilization.is_some() && asked > 0 {
            told["averageUtilization"] = ((total * 100 / asked) as i64).into();
        }
        let (kind, field) = if self.container.is_empty() {
            ("Resource", "resource")
        } else {
            ("ContainerResource", "containerResource")
        };
        let mut of = json!({"name": self.resource, "current": told});
        if !self.container.is_empty() {
            of["container"] = self.container.into();
        }
        let name = match (utilization, self.container) {
            (Some(_), "") => format!("{} resource utilization (percentage of request)", self.resource),
            (Some(_), container) => {
                format!(
                    "{} container resource utilization (percentage of request) of container {container}",
                    self.resource
                )
            }
            (None, "") => format!("{} resource", self.resource),
            (None, container) => format!("{} container resource of container {container}", self.resource),
        };
        let status = json!({"type": kind, field: of});
        let near = |ratio: f64| (1.0 - ratio).abs() <= TOLERANCE;
        let size = |ratio: f64, count: usize| (ratio * count as f64).ceil() as i64;
        let up = now > 1.0;
        if missing.is_empty() && !(up && unready > 0) {
            let replicas = if near(now) { current } else { size(now, ready.len()) };
            return Ok((replicas, name, status));
        }
        // Who is not heard of is thought to use what makes the smallest change.
        let full: Vec<Sample> = missing
            .iter()
            .map(|it| {
                let aim = utilization.map_or(target_value, |percent| it.asked * i128::from(percent.max(100)) / 100);
                Sample { used: if up { 0 } else { aim }, asked: it.asked }
            })
            .collect();
        let all: Vec<&Sample> = ready.iter().chain(&full).collect();
        let more = if up { unready } else { 0 };
        let then = ratio(&all, more);
        if near(then) || (then > 1.0) != up {
            return Ok((current, name, status));
        }
        let replicas = size(then, all.len() + more);
        let backwards = if up { replicas < current } else { replicas > current };
        Ok((if backwards { current } else { replicas }, name, status))
    }
}

/// Whether a pod was never ready: it is not, and that has been so since about its start.
fn never_ready(pod: &Value) -> bool {
    let moment = |value: &Value| value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let Some(start) = moment(&pod["status"]["startTime"]) else { return true };
    let since = condition(pod, "Ready").and_then(|it| moment(&it["lastTransitionTime"]));
    !is_ready(pod) && since.is_none_or(|since| since.as_second() - start.as_second() < 30)
}
