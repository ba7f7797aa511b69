//! Pods.

use super::meta::{Condition, ObjectMeta, Present, Time, list, nullable};
use super::{ClientKind, KnownKind, Object, first_of, from_json, from_protobuf};
use crate::base::age::Timestamp;
use crate::model::cell::Cell;
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};
use std::fmt;

static COLUMNS: [Column; 9] = [
    Column::shown("NAME"),
    Column::shown("READY"),
    Column::shown("STATUS"),
    Column::shown("RESTARTS"),
    Column::shown("AGE"),
    Column::wide("IP"),
    Column::wide("NODE"),
    Column::wide("NOMINATED NODE"),
    Column::wide("READINESS GATES"),
];

pub(super) const KIND: ClientKind = ClientKind {
    kind: KnownKind {
        group: "",
        version: "v1",
        plural: "pods",
        singular: "pod",
        kind: "Pod",
        short_names: &["po"],
        categories: &["all"],
        namespaced: true,
    },
    columns: &COLUMNS,
    before: None,
    from_protobuf: from_protobuf::<Pod>,
    from_json: from_json::<Pod>,
};

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Pod {
    #[prost(message, required, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    metadata: ObjectMeta,
    #[prost(message, required, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    spec: Spec,
    #[prost(message, required, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    status: Status,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    /// Only counted.
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "list")]
    containers: Vec<Present>,
    #[prost(string, tag = "10")]
    #[serde(deserialize_with = "nullable")]
    node_name: String,
    #[prost(message, repeated, tag = "20")]
    #[serde(deserialize_with = "list")]
    init_containers: Vec<InitContainer>,
    #[prost(message, repeated, tag = "28")]
    #[serde(deserialize_with = "list")]
    readiness_gates: Vec<Gate>,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct InitContainer {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[prost(string, tag = "24")]
    #[serde(deserialize_with = "nullable")]
    restart_policy: String,
}

impl InitContainer {
    /// Whether it keeps running beside the containers.
    fn is_sidecar(&self) -> bool {
        self.restart_policy == "Always"
    }
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Gate {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    condition_type: String,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    phase: String,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "list")]
    conditions: Vec<Condition>,
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    reason: String,
    #[prost(string, tag = "6")]
    #[serde(rename = "podIP", deserialize_with = "nullable")]
    pod_ip: String,
    #[prost(message, repeated, tag = "8")]
    #[serde(deserialize_with = "list")]
    container_statuses: Vec<ContainerStatus>,
    #[prost(message, repeated, tag = "10")]
    #[serde(deserialize_with = "list")]
    init_container_statuses: Vec<ContainerStatus>,
    #[prost(string, tag = "11")]
    #[serde(deserialize_with = "nullable")]
    nominated_node_name: String,
    #[prost(message, repeated, tag = "12")]
    #[serde(rename = "podIPs", deserialize_with = "list")]
    pod_ips: Vec<PodIp>,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct PodIp {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    ip: String,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct ContainerStatus {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[prost(message, required, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    state: State,
    #[prost(message, required, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    last_state: State,
    #[prost(bool, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    ready: bool,
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "nullable")]
    restart_count: i32,
    #[prost(bool, tag = "9")]
    #[serde(deserialize_with = "nullable")]
    started: bool,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct State {
    #[prost(message, optional, tag = "1")]
    waiting: Option<Waiting>,
    #[prost(message, optional, tag = "2")]
    running: Option<Present>,
    #[prost(message, optional, tag = "3")]
    terminated: Option<Terminated>,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Waiting {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    reason: String,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Terminated {
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    exit_code: i32,
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    signal: i32,
    #[prost(string, tag = "3")]
    #[serde(deserialize_with = "nullable")]
    reason: String,
    #[prost(message, required, tag = "6")]
    finished_at: Time,
}

/// Why a pod is as it is: the text of STATUS, without its `Init:`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason<'a> {
    Text(&'a str),
    Exit(i32),
    Signal(i32),
    /// So many init containers are done.
    Done(usize, usize),
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Text(text) => f.write_str(text),
            Reason::Exit(code) => write!(f, "ExitCode:{code}"),
            Reason::Signal(signal) => write!(f, "Signal:{signal}"),
            Reason::Done(done, all) => write!(f, "{done}/{all}"),
        }
    }
}

impl Terminated {
    fn reason(&self) -> Reason<'_> {
        match (self.reason.as_str(), self.signal) {
            ("", 0) => Reason::Exit(self.exit_code),
            ("", signal) => Reason::Signal(signal),
            (reason, _) => Reason::Text(reason),
        }
    }
}

/// How often containers were restarted, and when last.
#[derive(Clone, Copy, Default)]
struct Restarts {
    count: i64,
    last: Timestamp,
}

impl Restarts {
    fn add(&mut self, container: &ContainerStatus) {
        self.count += i64::from(container.restart_count);
        if let Some(terminated) = &container.last_state.terminated {
            self.last = self.last.max(terminated.finished_at.stamp());
        }
    }
}

/// What the statuses of a pod's containers come to.
struct Summary<'a> {
    /// Whether `reason` is that of an init container.
    init: bool,
    reason: Reason<'a>,
    ready: usize,
    total: usize,
    restarts: Restarts,
}

impl Pod {
    fn has_condition(&self, kind: &str) -> bool {
        self.status.conditions.iter().any(|it| it.r#type == kind && it.status == "True")
    }

    /// The first condition of a type.
    fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|it| it.r#type == kind)
    }

    fn is_sidecar(&self, name: &str) -> bool {
        self.spec.init_containers.iter().rfind(|it| it.name == name).is_some_and(InitContainer::is_sidecar)
    }

    /// The server's `printPod`, in its order. Servers before 1.35 do not `tell_errors` of a container beside
    /// one that is completed.
    fn summary(&self, tell_errors: bool) -> Summary<'_> {
        let status = &self.status;
        let gated = status.conditions.iter().any(|it| it.r#type == "PodScheduled" && it.reason == "SchedulingGated");
        let reason = if gated { "SchedulingGated" } else { first_of(&status.reason, &status.phase) };
        let sidecars = self.spec.init_containers.iter().filter(|it| it.is_sidecar()).count();
        let mut summary = Summary {
            init: false,
            reason: Reason::Text(reason),
            ready: 0,
            total: self.spec.containers.len() + sidecars,
            restarts: Restarts::default(),
        };
        let sidecar_restarts = self.add_init_containers(&mut summary);
        if !summary.init || self.condition("Initialized").is_some_and(|it| it.status == "True") {
            summary.restarts = sidecar_restarts;
            self.add_containers(&mut summary, tell_errors);
        }
        if self.metadata.deletion_timestamp.is_some() {
            let terminal = matches!(status.phase.as_str(), "Failed" | "Succeeded");
            if status.reason == "NodeLost" {
                (summary.init, summary.reason) = (false, Reason::Text("Unknown"));
            } else if !terminal {
                (summary.init, summary.reason) = (false, Reason::Text("Terminating"));
            }
        }
        summary
    }

    /// Adds the init containers up to the first that is not done; gives the restarts of the sidecars.
    fn add_init_containers<'a>(&'a self, summary: &mut Summary<'a>) -> Restarts {
        let mut sidecar_restarts = Restarts::default();
        for (i, container) in self.status.init_container_statuses.iter().enumerate() {
            summary.restarts.add(container);
            let is_sidecar = self.is_sidecar(&container.name);
            if is_sidecar {
                sidecar_restarts.add(container);
            }
            let (waiting, terminated) = (&container.state.waiting, &container.state.terminated);
            if terminated.as_ref().is_some_and(|it| it.exit_code == 0) {
                continue;
            }
            if is_sidecar && container.started {
                summary.ready += usize::from(container.ready);
                continue;
            }
            summary.init = true;
            summary.reason = match (terminated, waiting) {
                (Some(terminated), _) => terminated.reason(),
                (None, Some(waiting)) if !matches!(waiting.reason.as_str(), "" | "PodInitializing") => {
                    Reason::Text(&waiting.reason)
                }
                _ => Reason::Done(i, self.spec.init_containers.len()),
            };
            break;
        }
        sidecar_restarts
    }

    fn add_containers<'a>(&'a self, summary: &mut Summary<'a>, tell_errors: bool) {
        let mut running = false;
        let mut error = None;
        for container in self.status.container_statuses.iter().rev() {
            summary.restarts.add(container);
            let state = &container.state;
            if let Some(waiting) = state.waiting.as_ref().filter(|it| !it.reason.is_empty()) {
                (summary.init, summary.reason) = (false, Reason::Text(&waiting.reason));
            } else if let Some(terminated) = &state.terminated {
                (summary.init, summary.reason) = (false, terminated.reason());
                if terminated.exit_code != 0 {
                    error = Some(summary.reason);
                }
            } else if container.ready && state.running.is_some() {
                running = true;
                summary.ready += 1;
            }
        }
        // A pod of which a container still runs is not completed.
        if !summary.init && summary.reason == Reason::Text("Completed") {
            if running && self.has_condition("Ready") {
                summary.reason = Reason::Text("Running");
            } else if let Some(error) = error.filter(|_| tell_errors) {
                summary.reason = error;
            } else if running {
                summary.reason = Reason::Text("NotReady");
            }
        }
    }

    fn tone(&self, summary: &Summary<'_>) -> Tone {
        let reason = match summary.reason {
            Reason::Text(text) => text,
            Reason::Exit(0) if self.status.phase == "Succeeded" => return Tone::Quiet,
            Reason::Exit(_) | Reason::Signal(_) => return Tone::Bad,
            Reason::Done(..) => return Tone::Warn,
        };
        match reason {
            "Running" => {
                let unready = self.condition("Ready").is_some_and(|it| it.status == "False");
                if summary.ready == summary.total && !unready { Tone::Good } else { Tone::Warn }
            }
            "Completed" | "Succeeded" => Tone::Quiet,
            "Terminating" | "Pending" | "ContainerCreating" | "PodInitializing" | "NotReady" | "SchedulingGated" => {
                Tone::Warn
            }
            _ if is_failure(reason) => Tone::Bad,
            _ => match self.status.phase.as_str() {
                "Failed" | "Unknown" => Tone::Bad,
                "Succeeded" => Tone::Quiet,
                _ => Tone::Warn,
            },
        }
    }

    /// The pod's first address; where the two fields differ the single one counts.
    fn address(&self) -> &str {
        first_of(&self.status.pod_ip, self.status.pod_ips.first().map_or("", |it| &it.ip))
    }

    fn met_gates(&self) -> usize {
        let met = |gate: &&Gate| self.condition(&gate.condition_type).is_some_and(|it| it.status == "True");
        self.spec.readiness_gates.iter().filter(met).count()
    }
}

/// Whether a reason that runtimes and controllers give means failure: `CrashLoopBackOff`, `ErrImagePull`,
/// `OOMKilled`, `Evicted`, `CreateContainerConfigError`, …
fn is_failure(reason: &str) -> bool {
    const PARTS: [&str; 11] =
        ["BackOff", "Err", "Kill", "Evict", "Fail", "Invalid", "Cannot", "Unknown", "Lost", "Unexpected", "Deadline"];
    PARTS.iter().any(|part| reason.contains(part))
}

impl Object for Pod {
    const KIND: &'static str = "Pod";

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn fill(&self, draft: &mut Draft) {
        let summary = self.summary(!draft.is_before(35));
        draft.cell_span(draft.name);
        draft.cell_fmt(format_args!("{}/{}", summary.ready, summary.total));
        match (summary.init, summary.reason) {
            (false, Reason::Text(text)) => draft.cell(text),
            (false, reason) => draft.cell_fmt(format_args!("{reason}")),
            (true, reason) => draft.cell_fmt(format_args!("Init:{reason}")),
        }
        let Restarts { count, last } = summary.restarts;
        match u32::try_from(count) {
            Ok(count) => draft.cells.push(Cell::Restarts { count, last: if count == 0 { 0 } else { last } }),
            Err(_) => draft.cell_number(count),
        }
        draft.cell_age(draft.created);
        draft.cell(first_of(self.address(), "<none>"));
        draft.cell(first_of(&self.spec.node_name, "<none>"));
        draft.cell(first_of(&self.status.nominated_node_name, "<none>"));
        match self.spec.readiness_gates.len() {
            0 => draft.cell("<none>"),
            gates => draft.cell_fmt(format_args!("{}/{gates}", self.met_gates())),
        }
        draft.tone = self.tone(&summary);
    }
}
