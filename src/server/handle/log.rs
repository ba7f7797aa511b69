//! Logs of pods.

use super::answer::{Body, nothing, text, text_stream};
use crate::server::options::Query;
use crate::server::status::{Cause, Failure};
use crate::server::store::Record;
use crate::server::{Kubelet, LogLine, LogWanted, Server};
use bytes::Bytes;
use futures::stream;
use http::{Response, StatusCode};
use serde_json::Value;
use std::sync::Arc;

/// What a query wants of a log.
pub struct Options {
    container: String,
    previous: bool,
    follow: bool,
    stamps: bool,
    since: Option<i64>,
    tail: Option<usize>,
    most: Option<usize>,
}

impl Options {
    /// Reads and checks a query for the log of a pod.
    pub fn parse(query: &Query, pod: &str) -> Result<Options, Failure> {
        let flag = |name: &str| query.get(name).is_some_and(|value| value != "false" && value != "0");
        let number = |name: &str| -> Result<Option<i64>, Failure> {
            let Some(text) = query.get(name) else { return Ok(None) };
            let wrong = |_| Failure::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"));
            text.parse::<i64>().map(Some).map_err(wrong)
        };
        let (tail, most, seconds) = (number("tailLines")?, number("limitBytes")?, number("sinceSeconds")?);
        let time = query.get("sinceTime").map(|text| {
            let wrong = |_| Failure::bad_request(format!("parsing time {text:?}: this is no time"));
            text.parse::<jiff::Timestamp>().map_err(wrong)
        });
        let time = time.transpose()?;
        let mut causes = Vec::new();
        if let Some(tail) = tail.filter(|tail| *tail < 0) {
            causes.push(Cause::wrong("tailLines", &tail.into(), "must be greater than or equal to 0"));
        }
        for (name, value) in [("limitBytes", most), ("sinceSeconds", seconds)] {
            if let Some(value) = value.filter(|value| *value < 1) {
                causes.push(Cause::wrong(name, &value.into(), "must be greater than 0"));
            }
        }
        if seconds.is_some() && time.is_some() {
            let why = "at most one of `sinceTime` or `sinceSeconds` may be specified";
            causes.push(Cause::forbidden("[]", why));
        }
        if !causes.is_empty() {
            return Err(Failure::invalid_kind("", "PodLogOptions", pod, &causes));
        }
        let now = crate::server::moment().as_second();
        let since = seconds.map(|seconds| now.saturating_sub(seconds));
        Ok(Options {
            container: query.get("container").unwrap_or("").to_owned(),
            previous: flag("previous"),
            follow: flag("follow"),
            stamps: flag("timestamps"),
            since: since.or(time.map(jiff::Timestamp::as_second)),
            tail: tail.and_then(|tail| usize::try_from(tail).ok()),
            most: most.and_then(|most| usize::try_from(most).ok()),
        })
    }
}

/// The log of a container, as the options want it.
pub fn answer(server: &Server, record: &Record, options: &Options) -> Result<Response<Body>, Failure> {
    let pod = record.value();
    let container = container_of(&pod, &options.container)?;
    let &Options { previous, follow, stamps, since: after, tail, most, .. } = options;
    if pod["spec"]["nodeName"].as_str().is_none_or(str::is_empty) {
        return Ok(nothing());
    }
    started(&pod, &container, previous)?;
    let now = crate::server::moment().as_second();
    let wanted = LogWanted { container, previous, after };
    let mut lines = server.kubelet.log(&pod, &wanted, now);
    if let Some(tail) = tail {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    let mut begin = write(&lines, stamps).into_bytes();
    if let Some(most) = most {
        begin.truncate(most);
    }
    if !follow || previous {
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
        ("", _) => Err(Failure::bad_request(format!(
            "a container name must be specified for pod {name}, choose one of: [{}]",
            names(pod).join(" ")
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
            let now = crate::server::moment().as_second();
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
