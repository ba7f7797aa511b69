//! The machines of an embedded cluster: what the containers of its pods write and use.
//!
//! Everything follows from the pod and the second, so that nothing has to be kept.

mod form;
mod story;

use super::program::{self, Program};
use crate::server::resource::DEPLOYMENTS;
use crate::server::store::Store;
use crate::server::{Kubelet, LogLine, LogWanted};
use form::Form;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::sync::Arc;

/// See the module.
#[derive(Default)]
pub struct Machines {
    store: Option<Arc<Store>>,
    /// What comes in for applications that scale by themselves: percents of what one of their pods asks for, by
    /// namespace and name. Their pods share it.
    loads: FxHashMap<String, u64>,
    /// How many pods share it, as of a version of their deployment.
    shares: Mutex<FxHashMap<String, (u64, u64)>>,
}

impl Machines {
    /// Machines of a cluster on which this comes in.
    pub fn new(store: Arc<Store>, loads: Vec<(String, u64)>) -> Machines {
        Machines { store: Some(store), loads: loads.into_iter().collect(), shares: Mutex::default() }
    }

    /// How busy a pod of an application that scales by itself is, in percent of what it asks for.
    fn busy(&self, namespace: &str, app: &str) -> Option<u64> {
        let key = format!("{namespace}/{app}");
        let total = *self.loads.get(&key)?;
        let deployment = self.store.as_ref()?.get(DEPLOYMENTS, &key)?;
        let mut shares = self.shares.lock();
        let share = shares.entry(key).or_default();
        if share.0 != deployment.version {
            let ready = deployment.value()["status"]["readyReplicas"].as_u64().unwrap_or(0);
            *share = (deployment.version, ready);
        }
        Some((total / share.1.max(1)).min(MOST_BUSY))
    }
}

/// A pod does not get busier than this, however much comes in.
const MOST_BUSY: u64 = 220;

/// The most lines that a machine keeps of one container.
const MOST: i64 = 4000;

/// A number that follows from a text.
fn seed(text: &str) -> u64 {
    let sum = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // The last bytes must reach the upper bits, too.
    (sum ^ (sum >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 7
}

fn second(value: &Value) -> Option<i64> {
    value.as_str()?.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

/// One run of a container.
struct Run {
    first: i64,
    /// When it ended and with which code, where it did.
    end: Option<(i64, i64)>,
}

/// The run whose log is wanted.
fn run(pod: &Value, wanted: &LogWanted) -> Option<Run> {
    let lists = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];
    let mut all = lists.iter().filter_map(|list| pod["status"][*list].as_array()).flatten();
    let status = all.find(|it| it["name"] == *wanted.container)?;
    let ended = |state: &Value| {
        let end = (second(&state["finishedAt"])?, state["exitCode"].as_i64().unwrap_or(0));
        Some(Run { first: second(&state["startedAt"])?, end: Some(end) })
    };
    let (state, last) = (&status["state"], &status["lastState"]["terminated"]);
    match () {
        () if wanted.previous => ended(last),
        () if state["running"].is_object() => Some(Run { first: second(&state["running"]["startedAt"])?, end: None }),
        () if state["terminated"].is_object() => ended(&state["terminated"]),
        () => ended(last),
    }
}

/// Since when a pod that runs is not ready.
fn failing(pod: &Value) -> Option<i64> {
    let mut conditions = pod["status"]["conditions"].as_array()?.iter();
    let ready = conditions.find(|it| it["type"] == "Ready")?;
    let told = ready["reason"] == "ContainersNotReady" && pod["status"]["phase"] == "Running";
    if told { second(&ready["lastTransitionTime"]) } else { None }
}

/// What a container is, as far as its log depends on it.
struct Voice<'a> {
    app: &'a str,
    container: &'a str,
    image: &'a str,
    uid: &'a str,
    form: Form,
    program: Option<Program>,
}

impl<'a> Voice<'a> {
    fn of(pod: &'a Value, container: &'a str) -> Voice<'a> {
        let lists = ["containers", "initContainers", "ephemeralContainers"];
        let mut all = lists.iter().filter_map(|list| pod["spec"][*list].as_array()).flatten();
        let spec = all.find(|it| it["name"] == container);
        let image = spec.and_then(|it| it["image"].as_str()).unwrap_or_default();
        let app = pod["metadata"]["labels"]["app"].as_str().unwrap_or(container);
        let uid = pod["metadata"]["uid"].as_str().unwrap_or_default();
        Voice { app, container, image, uid, form: Form::of(image), program: spec.and_then(program::of) }
    }

    /// The number that decides what is written in a second.
    fn dice(&self, at: i64) -> u64 {
        seed(&format!("{}/{}/{at}", self.uid, self.container))
    }
}

impl Kubelet for Machines {
    fn log(&self, pod: &Value, wanted: &LogWanted, now: i64) -> Vec<LogLine> {
        let Some(run) = run(pod, wanted) else { return Vec::new() };
        let voice = Voice::of(pod, &wanted.container);
        let program = voice.program.clone();
        let every = match &program {
            Some(program) if program.round > 0 => program.round.cast_signed(),
            _ => voice.form.every(),
        };
        let end = run.end.map_or(now, |(at, _)| at).min(now);
        let begin = wanted.after.map_or(run.first, |after| run.first.max(after + 1)).max(end - MOST * every);
        let main = pod["spec"]["containers"][0]["name"] == *wanted.container;
        let failing = failing(pod).filter(|_| main && run.end.is_none());
        let said = |at: i64, program: &Program| -> Vec<LogLine> {
            let raw = |text: &String| story::raw(text);
            program.says.iter().map(raw).map(|said| voice.form.line(&voice, at, &said)).collect()
        };
        let phase = (seed(voice.uid) % every.unsigned_abs()).cast_signed();
        let mut out = Vec::new();
        for at in begin..=end {
            let before = out.len();
            if let Some(program) = &program {
                let due = at == run.first || program.round > 0 && (at - run.first) % every == 0;
                out.extend(due.then(|| said(at, program)).into_iter().flatten());
                continue;
            }
            if at == run.first {
                out.extend(story::start(&voice).into_iter().map(|said| voice.form.line(&voice, at, &said)));
            }
            if let Some((last, code)) = run.end.filter(|(_, code)| *code != 0) {
                let told = story::end(&voice, code);
                // One line a second, the last one as it ends.
                let from = last - told.len() as i64 + 1;
                if let Some(said) = usize::try_from(at - from).ok().and_then(|at| told.get(at)) {
                    out.push(voice.form.line(&voice, at, said));
                }
            }
            if out.len() == before && at != run.first && (at + phase) % every == 0 {
                let said = match failing.filter(|since| at >= *since) {
                    Some(_) => story::failing(&voice, at),
                    None => story::usual(&voice, at),
                };
                out.push(voice.form.line(&voice, at, &said));
            }
        }
        out
    }

    fn usage(&self, pod: &Value, now: i64) -> Vec<(String, u64, u64)> {
        let metadata = &pod["metadata"];
        let uid = metadata["uid"].as_str().unwrap_or_default();
        let app = metadata["labels"]["app"].as_str().unwrap_or_default();
        let shared = self.busy(metadata["namespace"].as_str().unwrap_or_default(), app);
        let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
        containers
            .filter_map(|it| Some((it["name"].as_str()?, &it["resources"])))
            .map(|(name, resources)| {
                let steady = seed(&format!("{uid}{name}"));
                // It wanders a little, a quarter of a minute at a time.
                let wander = seed(&format!("{uid}{name}{}", now / 15));
                let requested = millicores(&resources["requests"]["cpu"]).unwrap_or(100);
                let limit = bytes(&resources["limits"]["memory"]).unwrap_or(256 << 20);
                // A third of what it asks for, more or less; and what is killed for its memory stands at its limit.
                let share = if matches!(app, "risk-engine" | "trino-worker") { 93 } else { 18 + steady % 40 };
                let (busy, wide) = shared.map_or((8 + steady % 45, 12), |busy| (busy, 25));
                let cpu = requested * busy / 100 + wander % (requested / wide).max(2) + 1;
                let memory = limit / 100 * share + ((wander % 6) << 20);
                (name.to_owned(), cpu, memory.min(limit))
            })
            .collect()
    }
}

fn millicores(quantity: &Value) -> Option<u64> {
    let text = quantity.as_str()?;
    match text.strip_suffix('m') {
        Some(milli) => milli.parse().ok(),
        None => text.parse::<f64>().ok().map(|cores| (cores * 1000.0) as u64),
    }
}

fn bytes(quantity: &Value) -> Option<u64> {
    let text = quantity.as_str()?;
    let units = [("Ki", 10), ("Mi", 20), ("Gi", 30)];
    match units.iter().find_map(|(unit, bits)| Some((text.strip_suffix(unit)?, bits))) {
        Some((number, bits)) => number.parse::<u64>().ok().map(|number| number << bits),
        None => text.parse().ok(),
    }
}
