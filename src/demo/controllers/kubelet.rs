//! What nodes do with their pods: start them, run jobs to their end, stop what is deleted.

use super::object::{controller, is_over, key, text};
use super::tell::{self, About};
use super::{Controllers, Part};
use crate::demo::program;
use crate::server::now;
use crate::server::resource::{NODES, PODS};
use serde_json::{Value, json};
use tokio::time::Duration;

/// From being placed to running, from running to the end of a job, from deletion to being gone.
const START: Duration = Duration::from_millis(700);
const RUN: Duration = Duration::from_millis(1200);
const STOP: Duration = Duration::from_millis(900);
/// Before the first start after an end, and the longest wait.
const FIRST_WAIT: Duration = Duration::from_secs(10);
const LONGEST_WAIT: Duration = Duration::from_mins(5);

impl Controllers {
    pub(super) fn pod(&mut self, at: &str) {
        let Some(record) = self.inside.store().get(PODS, at) else { return };
        let node = self.facts.node(&record);
        if node.is_empty() {
            if !record.pulse.going {
                self.waiting.insert(at.to_owned());
                self.add(Part::Schedule, at);
            }
            return;
        }
        self.waiting.remove(at);
        let Some(host) = self.inside.store().get(NODES, node) else {
            self.is_lost(node);
            return;
        };
        self.add(Part::Evict, at);
        if !host.pulse.ready {
            return;
        }
        let pod = record.value();
        if record.pulse.going {
            self.stop(at, &pod);
            return;
        }
        if pod["spec"].get("ephemeralContainers").is_some() {
            self.add(Part::Debug, at);
        }
        let statuses = pod["status"]["containerStatuses"].as_array();
        match (text(&pod["status"], "phase"), statuses) {
            ("Pending", None) => self.begin(&pod),
            // Only those that were begun here have this address: the company's pods stay as they are told.
            ("Pending", Some(_)) if is_ours(&pod) => self.run_pod(at, &pod),
            ("Running", Some(_)) if is_ours(&pod) => self.goes_on(at, &pod),
            _ => {}
        }
    }

    /// The pod is on its node, and its containers are being made.
    fn begin(&mut self, pod: &Value) {
        let node = self.inside.get(NODES, text(&pod["spec"], "nodeName")).unwrap_or_default();
        let addresses = node["status"]["addresses"].as_array();
        let host = addresses.and_then(|all| all.iter().find(|it| it["type"] == "InternalIP"));
        let host = host.map_or("10.42.0.1", |it| text(it, "address")).to_owned();
        let states = |list: &str, waiting: &str| -> Vec<Value> {
            let all = pod["spec"][list].as_array().into_iter().flatten();
            all.map(|container| status(container, &json!({"waiting": {"reason": waiting}}), false)).collect()
        };
        let mut change = pod.clone();
        let status = &mut change["status"];
        status["hostIP"] = host.as_str().into();
        status["hostIPs"] = json!([{"ip": host}]);
        status["startTime"] = now().into();
        status["containerStatuses"] = states("containers", "ContainerCreating").into();
        let first = states("initContainers", "PodInitializing");
        if !first.is_empty() {
            status["initContainerStatuses"] = first.into();
        }
        status["conditions"] = conditions(pod, false, false);
        status["observedGeneration"] = pod["metadata"]["generation"].clone();
        if self.inside.named("kubelet").update(PODS, "status", &change).is_ok() {
            self.after(START, Part::Pod, &key(pod));
        }
    }

    fn run_pod(&mut self, at: &str, pod: &Value) {
        if !self.is_due(at) {
            return;
        }
        let bad = |container: &&Value| !is_pullable(text(container, "image"));
        if let Some(container) = pod["spec"]["containers"].as_array().into_iter().flatten().find(bad) {
            self.cannot_pull(pod, container);
            return;
        }
        let mut change = pod.clone();
        let moment = now();
        let ip = self.address(pod);
        let made = |list: &str, state: &Value, ready: bool| -> Vec<Value> {
            let all = pod["spec"][list].as_array().into_iter().flatten();
            all.map(|container| status(container, state, ready)).collect()
        };
        let over =
            json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": moment, "finishedAt": moment}});
        if let Some(container) = fails_first(pod) {
            self.cannot_begin(pod, container);
            return;
        }
        let first = made("initContainers", &over, true);
        let since = json!({"running": {"startedAt": moment}});
        let all = pod["spec"]["containers"].as_array().into_iter().flatten();
        let running: Vec<Value> = all.map(|container| status(container, &since, !fails_probe(container))).collect();
        let ready = running.iter().all(|it| it["ready"] == true);
        let part = &mut change["status"];
        part["phase"] = "Running".into();
        part["podIP"] = ip.as_str().into();
        part["podIPs"] = json!([{"ip": ip}]);
        part["containerStatuses"] = running.into();
        if !first.is_empty() {
            part["initContainerStatuses"] = first.into();
        }
        part["conditions"] = conditions(pod, ready, false);
        let Ok(pod) = self.inside.named("kubelet").update(PODS, "status", &change) else { return };
        for (list, container) in containers(&pod) {
            let (name, image) = (text(container, "name"), text(container, "image"));
            let path = format!("spec.{list}{{{name}}}");
            let about = About { path: &path, ..tell::pod(&pod) };
            if text(container, "imagePullPolicy") == "Always" {
                self.tell("kubelet", &about, "Pulling", &format!("Pulling image {image:?}"));
                let size = 20_000_000 + image.len() * 137_911;
                let message = format!(
                    "Successfully pulled image {image:?} in 412ms (412ms including waiting). Image size: {size} bytes."
                );
                self.tell("kubelet", &about, "Pulled", &message);
            } else {
                let message =
                    format!("Container image {image:?} already present on machine and can be accessed by the pod");
                self.tell("kubelet", &about, "Pulled", &message);
            }
            self.tell("kubelet", &about, "Created", "Container created");
            self.tell("kubelet", &about, "Started", "Container started");
        }
        self.probed(&pod);
        if let Some(runs) = runs(&pod) {
            self.after(runs, Part::Pod, at);
        }
    }

    /// Tells of a container that fails its readiness probe.
    fn probed(&mut self, pod: &Value) {
        for container in pod["spec"]["containers"].as_array().into_iter().flatten().filter(|it| fails_probe(it)) {
            let path = format!("spec.containers{{{}}}", text(container, "name"));
            let about = About { path: &path, ..tell::pod(pod) };
            self.warn("kubelet", &about, "Unhealthy", "Readiness probe failed: ");
        }
    }

    /// A pod that runs comes to its end, or is started again.
    fn goes_on(&mut self, at: &str, pod: &Value) {
        let status = &pod["status"]["containerStatuses"][0];
        if status["state"]["waiting"]["reason"] == "CrashLoopBackOff" {
            self.again(at, pod);
        } else if runs(pod).is_some() {
            self.end(at, pod);
        }
    }

    /// What ended is started once more.
    fn again(&mut self, at: &str, pod: &Value) {
        if !self.is_due(at) {
            return;
        }
        let mut change = pod.clone();
        for it in change["status"]["containerStatuses"].as_array_mut().into_iter().flatten() {
            if it["state"].get("waiting").is_some() {
                it["state"] = json!({"running": {"startedAt": now()}});
                it["restartCount"] = (it["restartCount"].as_i64().unwrap_or(0) + 1).into();
                it["ready"] = true.into();
                it["started"] = true.into();
            }
        }
        change["status"]["conditions"] = conditions(pod, true, false);
        if self.inside.named("kubelet").update(PODS, "status", &change).is_ok()
            && let Some(runs) = runs(pod)
        {
            self.after(runs, Part::Pod, at);
        }
    }

    /// A first container that fails keeps the others from being started.
    fn cannot_begin(&mut self, pod: &Value, failing: &Value) {
        let name = text(failing, "name");
        let code = program::of(failing).map_or(1, |program| program.code);
        let over = json!({"exitCode": code, "reason": "Error", "startedAt": now(), "finishedAt": now()});
        let mut change = pod.clone();
        let ended = pod["spec"]["restartPolicy"] == "Never";
        for it in change["status"]["initContainerStatuses"].as_array_mut().into_iter().flatten() {
            if it["name"] != name {
                continue;
            }
            if ended {
                it["state"] = json!({"terminated": over});
            } else {
                let message = back_off(pod, name, "10s");
                it["state"] = json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}});
                it["lastState"] = json!({"terminated": over});
                it["restartCount"] = 1.into();
            }
        }
        if ended {
            change["status"]["phase"] = "Failed".into();
        }
        if self.inside.named("kubelet").update(PODS, "status", &change).is_ok() {
            let path = format!("spec.initContainers{{{name}}}");
            let about = About { path: &path, ..tell::pod(pod) };
            self.tell("kubelet", &about, "Started", "Container started");
            if !ended {
                let message = back_off(pod, name, "");
                self.warn("kubelet", &about, "BackOff", &message);
            }
        }
    }

    fn cannot_pull(&mut self, pod: &Value, container: &Value) {
        let (name, image) = (text(container, "name"), text(container, "image"));
        let mut change = pod.clone();
        let why = format!(
            "Back-off pulling image {image:?}: ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image {image:?}: not found"
        );
        for it in change["status"]["containerStatuses"].as_array_mut().into_iter().flatten() {
            if it["name"] == name {
                it["state"] = json!({"waiting": {"reason": "ImagePullBackOff", "message": why}});
            }
        }
        if change["status"] == pod["status"] {
            return;
        }
        let Ok(pod) = self.inside.named("kubelet").update(PODS, "status", &change) else { return };
        let path = format!("spec.containers{{{name}}}");
        let about = About { path: &path, ..tell::pod(&pod) };
        self.tell("kubelet", &about, "Pulling", &format!("Pulling image {image:?}"));
        self.warn("kubelet", &about, "Failed", &format!("Failed to pull image {image:?}: not found"));
        self.warn("kubelet", &about, "Failed", "Error: ErrImagePull");
        self.tell("kubelet", &about, "BackOff", &format!("Back-off pulling image {image:?}"));
        self.warn("kubelet", &about, "Failed", "Error: ImagePullBackOff");
    }

    /// The command of a pod has come to its end; the pod with it, unless it is to be started again.
    fn end(&mut self, at: &str, pod: &Value) {
        if !self.is_due(at) {
            return;
        }
        let code = exit_code(pod);
        let reason = if code == 0 { "Completed" } else { "Error" };
        let stays = match text(&pod["spec"], "restartPolicy") {
            "Always" => true,
            "OnFailure" => code != 0,
            _ => false,
        };
        let mut change = pod.clone();
        let mut wait = FIRST_WAIT;
        for it in change["status"]["containerStatuses"].as_array_mut().into_iter().flatten() {
            let began = it["state"]["running"]["startedAt"].clone();
            let over = json!({"exitCode": code, "reason": reason, "startedAt": began, "finishedAt": now(), "containerID": it["containerID"]});
            if stays {
                let restarts = it["restartCount"].as_u64().unwrap_or(0).min(5) as u32;
                wait = (FIRST_WAIT * 2u32.pow(restarts)).min(LONGEST_WAIT);
                let message = back_off(pod, text(it, "name"), &format!("{}s", wait.as_secs()));
                it["lastState"] = json!({"terminated": over});
                it["state"] = json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}});
            } else {
                it["state"] = json!({"terminated": over});
            }
            it["ready"] = false.into();
            it["started"] = false.into();
        }
        if !stays {
            change["status"]["phase"] = if code == 0 { "Succeeded" } else { "Failed" }.into();
        }
        change["status"]["conditions"] = conditions(pod, false, !stays);
        if self.inside.named("kubelet").update(PODS, "status", &change).is_ok() && stays {
            let name = text(&pod["spec"]["containers"][0], "name");
            let path = format!("spec.containers{{{name}}}");
            let about = About { path: &path, ..tell::pod(pod) };
            let message = back_off(pod, name, "");
            self.warn("kubelet", &about, "BackOff", &message);
            self.after(wait, Part::Pod, at);
        }
    }

    fn stop(&mut self, at: &str, pod: &Value) {
        if pod["metadata"]["deletionGracePeriodSeconds"] == 0 {
            return;
        }
        let uid = text(&pod["metadata"], "uid").to_owned();
        if self.stopping.insert(uid.clone()) {
            for (list, container) in containers(pod).filter(|(list, _)| *list == "containers") {
                let name = text(container, "name");
                let path = format!("spec.{list}{{{name}}}");
                let about = About { path: &path, ..tell::pod(pod) };
                self.tell("kubelet", &about, "Killing", &format!("Stopping container {name}"));
            }
            self.after(STOP, Part::Pod, at);
            return;
        }
        if self.is_due(at) {
            self.stopping.remove(&uid);
            let _ = self.inside.named("kubelet").finish(PODS, at);
        }
    }

    /// Whether a timer of the pod has run out: what else happens to it makes nothing quicker.
    fn is_due(&self, at: &str) -> bool {
        !self.pending.contains_key(&(Part::Pod, at.to_owned()))
    }

    fn address(&mut self, pod: &Value) -> String {
        if pod["spec"]["hostNetwork"] == true {
            return text(&pod["status"], "hostIP").to_owned();
        }
        // Addresses of the node's range that the company's first pods leave free, one after the other.
        let node = text(&pod["spec"], "nodeName");
        let range = self.inside.get(NODES, node);
        let range = range.as_ref().and_then(|node| node["spec"]["podCIDR"].as_str()?.strip_suffix(".0/24"));
        let number = self.addresses.entry(node.to_owned()).or_default();
        *number += 1;
        format!("{}.{}", range.unwrap_or("10.244.0"), 120 + *number % 130)
    }
}

fn containers(pod: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    let of = |list: &'static str| pod["spec"][list].as_array().into_iter().flatten().map(move |it| (list, it));
    of("initContainers").chain(of("containers"))
}

/// Whether these nodes began the pod: they say which generation they saw, which the company's first objects do not.
fn is_ours(pod: &Value) -> bool {
    pod["status"].get("observedGeneration").is_some()
}

/// How long a pod runs until its command ends; `None` for one that goes on. The work of a job has an end in any case.
fn runs(pod: &Value) -> Option<Duration> {
    if is_over(pod) {
        return None;
    }
    let lasts = program::of(&pod["spec"]["containers"][0]).map(|program| program.lasts.map(Duration::from_secs));
    let of_job = controller(pod).is_some_and(|owner| owner["kind"] == "Job");
    match lasts {
        Some(Some(lasts)) => Some(lasts.max(RUN)),
        Some(None) => None,
        None => of_job.then_some(RUN),
    }
}

/// What a command says of its own end.
fn exit_code(pod: &Value) -> i64 {
    program::of(&pod["spec"]["containers"][0]).map_or_else(|| last_words(pod), |program| program.code)
}

/// `exit 3` at the end of a command that is not known otherwise.
fn last_words(pod: &Value) -> i64 {
    let container = &pod["spec"]["containers"][0];
    let words = ["command", "args"].into_iter().filter_map(|list| container[list].as_array()).flatten();
    let Some(last) = words.filter_map(Value::as_str).next_back() else { return 0 };
    let mut words = last.split_whitespace().rev();
    match (words.next(), words.next()) {
        (Some("false"), None) => 1,
        (Some(code), Some("exit")) => code.parse().unwrap_or(0),
        _ => 0,
    }
}

/// Whether a container's readiness probe runs a command that fails.
fn fails_probe(container: &Value) -> bool {
    let words = container["readinessProbe"]["exec"]["command"].as_array().into_iter().flatten();
    program::read(&words.filter_map(Value::as_str).collect::<Vec<_>>()).is_some_and(|program| program.code != 0)
}

/// The first container, of those that come before the others, whose command fails.
fn fails_first(pod: &Value) -> Option<&Value> {
    let mut all = pod["spec"]["initContainers"].as_array()?.iter();
    all.find(|it| program::of(it).is_some_and(|program| program.lasts.is_some() && program.code != 0))
}

/// How the kubelet tells of waiting before another start.
fn back_off(pod: &Value, name: &str, wait: &str) -> String {
    let metadata = &pod["metadata"];
    let of = format!("{}_{}({})", text(metadata, "name"), text(metadata, "namespace"), text(metadata, "uid"));
    if wait.is_empty() {
        format!("Back-off restarting failed container {name} in pod {of}")
    } else {
        format!("back-off {wait} restarting failed container={name} pod={of}")
    }
}

/// Images that exist nowhere: of a host below `.invalid`, or whose tag says so.
fn is_pullable(image: &str) -> bool {
    let host = image.split('/').next().unwrap_or_default();
    !(host.ends_with(".invalid") || image.ends_with(":does-not-exist"))
}

pub(super) fn status(container: &Value, state: &Value, ready: bool) -> Value {
    let (name, image) = (text(container, "name"), text(container, "image"));
    let begun = state.get("waiting").is_none();
    let running = state.get("running").is_some();
    let mut out = json!({
        "name": name, "image": image, "imageID": "", "ready": ready, "started": running,
        "restartCount": 0, "state": state, "lastState": {},
    });
    if begun {
        let id = super::object::hash(&json!([name, image]), 64);
        let hex: String = id.bytes().map(|byte| char::from(b"0123456789abcdef"[usize::from(byte) % 16])).collect();
        let base = image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(image, |(base, _)| base);
        out["containerID"] = format!("containerd://{hex}").into();
        out["imageID"] = format!("{base}@sha256:{hex}").into();
    }
    out
}

fn conditions(pod: &Value, ready: bool, done: bool) -> Value {
    let moment = now();
    let names: Vec<&str> =
        pod["spec"]["containers"].as_array().into_iter().flatten().map(|it| text(it, "name")).collect();
    let unready = format!("containers with unready status: [{}]", names.join(" "));
    let generation = &pod["metadata"]["generation"];
    let one = |kind: &str, good: bool, fails: bool| {
        let word = if good { "True" } else { "False" };
        let before = super::object::condition(pod, kind).filter(|it| it["status"] == word);
        let mut out = json!({
            "type": kind, "status": word, "lastProbeTime": null, "observedGeneration": generation,
            "lastTransitionTime": before.map_or_else(|| moment.as_str().into(), |it| it["lastTransitionTime"].clone()),
        });
        if fails && done {
            out["reason"] = "PodCompleted".into();
        } else if fails {
            out["reason"] = "ContainersNotReady".into();
            out["message"] = unready.as_str().into();
        }
        out
    };
    json!([
        one("PodReadyToStartContainers", ready, false),
        one("Initialized", true, false),
        one("Ready", ready, !ready),
        one("ContainersReady", ready, !ready),
        one("PodScheduled", true, false),
    ])
}
