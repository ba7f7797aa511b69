//! The machines of an embedded cluster: what the containers of its pods write and use.

use crate::server::{Kubelet, LogLine, LogWanted};
use serde_json::Value;

/// See the module. Everything follows from the pod and the second, so that nothing has to be kept.
pub struct Machines;

/// The most lines that are told at once, and the seconds between two of them.
const MOST: i64 = 400;
const EVERY: i64 = 3;

fn seed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn second(value: &Value) -> Option<i64> {
    value.as_str()?.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

/// When the wanted instance of a container ran: its first second, and the last where it has ended.
fn span(pod: &Value, wanted: &LogWanted) -> Option<(i64, Option<i64>)> {
    let lists = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];
    let mut all = lists.iter().filter_map(|list| pod["status"][*list].as_array()).flatten();
    let status = all.find(|it| it["name"] == *wanted.container)?;
    let ended = |state: &Value| Some((second(&state["startedAt"])?, Some(second(&state["finishedAt"])?)));
    let (now, last) = (&status["state"], &status["lastState"]["terminated"]);
    match () {
        () if wanted.previous => ended(last),
        () if now.get("running").is_some() => Some((second(&now["running"]["startedAt"])?, None)),
        () if now.get("terminated").is_some() => ended(&now["terminated"]),
        () => ended(last),
    }
}

fn line(name: &str, uid: &str, at: i64) -> String {
    let dice = seed(&format!("{uid}{at}"));
    let took = 2 + dice % 180;
    match dice % 8 {
        0 => format!("level=info msg=\"health check\" component={name} status=ok"),
        1 => format!("level=debug msg=\"cache refreshed\" entries={} took={took}ms", 100 + dice % 900),
        2 => format!("level=info msg=\"对账完成\" batch={} took={took}ms", dice % 100_000),
        3 => format!("level=warn msg=\"slow request\" path=/api/v1/items took={}ms", 900 + took),
        _ => format!(
            "level=info msg=\"request\" method=GET path=/api/v1/items/{} status=200 took={took}ms",
            dice % 10_000
        ),
    }
}

impl Kubelet for Machines {
    fn log(&self, pod: &Value, wanted: &LogWanted, now: i64) -> Vec<LogLine> {
        let Some((first, last)) = span(pod, wanted) else { return Vec::new() };
        let uid = pod["metadata"]["uid"].as_str().unwrap_or_default();
        let end = last.unwrap_or(now).min(now);
        let mut begin = wanted.after.map_or(first, |after| first.max(after + 1));
        begin = begin.max(end - MOST * EVERY);
        let phase = (seed(uid) % EVERY as u64) as i64;
        let mut out = Vec::new();
        let mut tell = |second: i64, text: String| {
            let nanos = (seed(&format!("{second}{uid}")) % 1_000_000_000) as u32;
            out.push(LogLine { second, nanos, text });
        };
        for at in begin..=end {
            if at == first {
                tell(at, format!("level=info msg=\"starting\" component={}", wanted.container));
            } else if (at + phase) % EVERY == 0 {
                tell(at, line(&wanted.container, uid, at));
            }
        }
        out
    }

    fn usage(&self, pod: &Value, now: i64) -> Vec<(String, u64, u64)> {
        let uid = pod["metadata"]["uid"].as_str().unwrap_or_default();
        let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
        containers
            .filter_map(|it| it["name"].as_str())
            .map(|name| {
                let steady = seed(&format!("{uid}{name}"));
                // It wanders a little, a quarter of a minute at a time.
                let wander = seed(&format!("{uid}{name}{}", now / 15));
                let cpu = 3 + steady % 180 + wander % 20;
                let memory = (24 + steady % 460 + wander % 6) << 20;
                (name.to_owned(), cpu, memory)
            })
            .collect()
    }
}
