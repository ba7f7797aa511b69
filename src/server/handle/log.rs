//! Logs of pods.

use super::answer::{Body, text, text_stream};
use crate::server::options::Query;
use crate::server::status::Failure;
use crate::server::store::Record;
use crate::server::{Kubelet, LogLine, LogWanted, Server};
use bytes::Bytes;
use futures::stream;
use http::{Response, StatusCode};
use serde_json::Value;
use std::sync::Arc;

/// The log of a container, as the query wants it.
pub fn answer(server: &Server, record: &Record, query: &Query) -> Result<Response<Body>, Failure> {
    let pod = record.value();
    let flag = |name: &str| query.get(name).is_some_and(|value| value != "false" && value != "0");
    let number = |name: &str| query.get(name).and_then(|value| value.parse::<i64>().ok());
    let container = container_of(&pod, query.get("container").unwrap_or(""))?;
    let previous = flag("previous");
    started(&pod, &container, previous)?;
    let now = jiff::Timestamp::now().as_second();
    let since = number("sinceSeconds").map(|seconds| now.saturating_sub(seconds));
    let since_time = query.get("sinceTime").and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let after = since.or(since_time.map(jiff::Timestamp::as_second));
    let stamps = flag("timestamps");
    let wanted = LogWanted { container, previous, after };
    let mut lines = server.kubelet.log(&pod, &wanted, now);
    if let Some(tail) = number("tailLines") {
        let tail = usize::try_from(tail).unwrap_or(0);
        lines.drain(..lines.len().saturating_sub(tail));
    }
    let mut begin = write(&lines, stamps).into_bytes();
    if let Some(most) = number("limitBytes").and_then(|most| usize::try_from(most).ok()) {
        begin.truncate(most);
    }
    if !flag("follow") || previous {
        return Ok(text(StatusCode::OK, begin));
    }
    let follower =
        Follower { kubelet: server.kubelet.clone(), pod, wanted, stamps, last: now, begin: Some(begin.into()) };
    Ok(text_stream(stream::unfold(follower, |mut follower| async move {
        let chunk = follower.next().await?;
        Some((chunk, follower))
    })))
}

fn names(pod: &Value) -> Vec<&str> {
    ["initContainers", "containers", "ephemeralContainers"]
        .iter()
        .filter_map(|list| pod["spec"][*list].as_array())
        .flatten()
        .filter_map(|it| it["name"].as_str())
        .collect()
}

fn container_of(pod: &Value, wanted: &str) -> Result<String, Failure> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let mains: Vec<&str> =
        pod["spec"]["containers"].as_array().into_iter().flatten().filter_map(|it| it["name"].as_str()).collect();
    match (wanted, mains.as_slice()) {
        ("", [one]) => Ok((*one).to_owned()),
        ("", many) => Err(Failure::bad_request(format!(
            "a container name must be specified for pod {name}, choose one of: [{}]",
            many.join(" ")
        ))),
        (wanted, _) if names(pod).contains(&wanted) => Ok(wanted.to_owned()),
        (wanted, _) => Err(Failure::bad_request(format!("container {wanted} is not valid for pod {name}"))),
    }
}

/// Refuses the log of a container that has none yet.
fn started(pod: &Value, container: &str, previous: bool) -> Result<(), Failure> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let statuses = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];
    let status = statuses
        .iter()
        .filter_map(|list| pod["status"][*list].as_array())
        .flatten()
        .find(|it| it["name"] == *container);
    let before = status.is_some_and(|it| it["lastState"].get("terminated").is_some());
    if previous && !before {
        return Err(Failure::bad_request(format!(
            "previous terminated container {container:?} in pod {name:?} not found"
        )));
    }
    let ran = before
        || status.is_some_and(|it| ["running", "terminated"].iter().any(|state| it["state"].get(state).is_some()));
    if ran {
        return Ok(());
    }
    let waiting = status.and_then(|it| it["state"]["waiting"]["reason"].as_str());
    Err(Failure::bad_request(match waiting {
        Some("ImagePullBackOff" | "ErrImagePull") => {
            format!("container {container:?} in pod {name:?} is waiting to start: trying and failing to pull image")
        }
        Some(reason) => format!("container {container:?} in pod {name:?} is waiting to start: {reason}"),
        None => format!("container {container:?} in pod {name:?} is not available"),
    }))
}

fn write(lines: &[LogLine], stamps: bool) -> String {
    let mut out = String::new();
    for line in lines {
        if stamps {
            let stamp = jiff::Timestamp::new(line.second, line.nanos.min(999_999_999) as i32).unwrap_or_default();
            let _ = std::fmt::Write::write_fmt(&mut out, format_args!("{stamp:.9} "));
        }
        out.push_str(&line.text);
        out.push('\n');
    }
    out
}

struct Follower {
    kubelet: Arc<dyn Kubelet>,
    pod: Value,
    wanted: LogWanted,
    stamps: bool,
    /// The second up to which everything was told.
    last: i64,
    begin: Option<Bytes>,
}

impl Follower {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(begin) = self.begin.take().filter(|begin| !begin.is_empty()) {
            return Some(begin);
        }
        loop {
            tokio::time::sleep(self.kubelet.pace()).await;
            let now = jiff::Timestamp::now().as_second();
            if now <= self.last {
                continue;
            }
            let wanted = LogWanted { after: Some(self.last), ..self.wanted.clone() };
            let lines = self.kubelet.log(&self.pod, &wanted, now);
            self.last = now;
            if !lines.is_empty() {
                return Some(write(&lines, self.stamps).into());
            }
        }
    }
}
