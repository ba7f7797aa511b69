//! Containers as rows: read from pods, one row a container.

use super::meta::{ObjectMeta, Time, list, nullable, pairs};
use super::pods::is_failure;
use super::{DecodeError, commas, fill_meta, first_of};
use crate::model::cell::Cell;
use crate::model::column::Column;
use crate::model::draft::{Draft, Tone};
use serde::Deserialize;
use std::fmt;

static COLUMNS: [Column; 13] = [
    Column::shown("POD"),
    Column::shown("NAME"),
    Column::shown("IMAGE"),
    Column::shown("READY"),
    Column::shown("STATE"),
    Column::shown("INIT"),
    Column::shown("RESTARTS"),
    Column::shown("PROBES(L:R:S)"),
    Column::shown("CPU(R:L)"),
    Column::shown("MEM(R:L)"),
    Column::shown("PORTS"),
    Column::shown("AGE"),
    Column::wide("LAST STATE"),
];

/// The columns; POD only where there are several.
pub fn columns(several: bool) -> &'static [Column] {
    if several { &COLUMNS } else { &COLUMNS[1..] }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Pod {
    #[serde(deserialize_with = "nullable")]
    metadata: ObjectMeta,
    #[serde(deserialize_with = "nullable")]
    spec: Spec,
    #[serde(deserialize_with = "nullable")]
    status: Status,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    #[serde(deserialize_with = "list")]
    containers: Vec<Container>,
    #[serde(deserialize_with = "list")]
    init_containers: Vec<Container>,
    #[serde(deserialize_with = "list")]
    ephemeral_containers: Vec<Container>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Container {
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[serde(deserialize_with = "nullable")]
    image: String,
    #[serde(deserialize_with = "nullable")]
    restart_policy: String,
    #[serde(deserialize_with = "list")]
    ports: Vec<Port>,
    #[serde(deserialize_with = "nullable")]
    resources: Resources,
    liveness_probe: Option<serde::de::IgnoredAny>,
    readiness_probe: Option<serde::de::IgnoredAny>,
    startup_probe: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Port {
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[serde(rename = "containerPort", deserialize_with = "nullable")]
    number: i32,
    #[serde(deserialize_with = "nullable")]
    protocol: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resources {
    #[serde(deserialize_with = "pairs")]
    requests: Vec<super::meta::Pair>,
    #[serde(deserialize_with = "pairs")]
    limits: Vec<super::meta::Pair>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    #[serde(rename = "containerStatuses", deserialize_with = "list")]
    mains: Vec<ContainerStatus>,
    #[serde(rename = "initContainerStatuses", deserialize_with = "list")]
    inits: Vec<ContainerStatus>,
    #[serde(rename = "ephemeralContainerStatuses", deserialize_with = "list")]
    ephemerals: Vec<ContainerStatus>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ContainerStatus {
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[serde(deserialize_with = "nullable")]
    state: State,
    #[serde(deserialize_with = "nullable")]
    last_state: State,
    #[serde(deserialize_with = "nullable")]
    ready: bool,
    #[serde(deserialize_with = "nullable")]
    restart_count: i32,
    #[serde(deserialize_with = "nullable")]
    image: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct State {
    waiting: Option<Waiting>,
    running: Option<Running>,
    terminated: Option<Terminated>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Waiting {
    #[serde(deserialize_with = "nullable")]
    reason: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Running {
    started_at: Time,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Terminated {
    #[serde(deserialize_with = "nullable")]
    exit_code: i32,
    #[serde(deserialize_with = "nullable")]
    signal: i32,
    #[serde(deserialize_with = "nullable")]
    reason: String,
    started_at: Time,
    finished_at: Time,
}

/// What kind of container it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Main,
    Init,
    Sidecar,
    Ephemeral,
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Role::Main => "",
            Role::Init => "init",
            Role::Sidecar => "sidecar",
            Role::Ephemeral => "ephemeral",
        }
    }
}

/// Reads a pod from JSON and hands over the row of each of its containers.
pub fn read(
    json: &[u8],
    several: bool,
    draft: &mut Draft,
    mut each: impl FnMut(&mut Draft),
) -> Result<(), DecodeError> {
    let pod: Pod = serde_json::from_slice(json).map_err(|source| DecodeError::Json { kind: "Pod", source })?;
    let (spec, status) = (&pod.spec, &pod.status);
    let mains = spec.containers.iter().map(|it| (Role::Main, it, &status.mains));
    let inits = spec.init_containers.iter().map(|it| {
        let role = if it.restart_policy == "Always" { Role::Sidecar } else { Role::Init };
        (role, it, &status.inits)
    });
    let ephemerals = spec.ephemeral_containers.iter();
    let ephemerals = ephemerals.map(|it| (Role::Ephemeral, it, &status.ephemerals));
    for (role, container, statuses) in inits.chain(mains).chain(ephemerals) {
        let status = statuses.iter().find(|status| status.name == container.name);
        row(&pod.metadata, role, container, status, several, draft);
        each(draft);
    }
    Ok(())
}

fn row(
    pod: &ObjectMeta,
    role: Role,
    container: &Container,
    status: Option<&ContainerStatus>,
    several: bool,
    draft: &mut Draft,
) {
    draft.clear();
    fill_meta(pod, draft);
    // Slashes are in no name: a container is its pod's name and its own, whatever the uid.
    draft.uid = draft.span_fmt(format_args!("{}/{}", pod.uid, container.name));
    draft.name = draft.span_fmt(format_args!("{}/{}", pod.name, container.name));
    let state = status.map(|status| &status.state);
    if several {
        draft.cell(&pod.name);
    }
    draft.cell(&container.name);
    // What runs may be named otherwise by its runtime: the pod's own words count.
    draft.cell(first_of(&container.image, status.map_or("", |status| &status.image)));
    draft.cell(if status.is_some_and(|status| status.ready) { "true" } else { "false" });
    draft.cell_fmt(format_args!("{}", text(state)));
    draft.cell(role.word());
    match status.map(|status| (u32::try_from(status.restart_count), &status.last_state.terminated)) {
        Some((Ok(count @ 1..), terminated)) => {
            let last = terminated.as_ref().map_or(0, |it| it.finished_at.stamp());
            draft.cells.push(Cell::Restarts { count, last });
        }
        _ => draft.cell_number(0),
    }
    let probe = |probe: &Option<serde::de::IgnoredAny>| if probe.is_some() { "on" } else { "off" };
    let probes = [&container.liveness_probe, &container.readiness_probe, &container.startup_probe].map(probe);
    draft.cell(&probes.join(":"));
    for resource in ["cpu", "memory"] {
        let of = |pairs: &[super::meta::Pair]| {
            pairs.iter().find(|pair| pair.key == resource).map_or("0", |pair| pair.value.as_str()).to_owned()
        };
        let (requested, limited) = (of(&container.resources.requests), of(&container.resources.limits));
        draft.cell_fmt(format_args!("{requested}:{limited}"));
    }
    draft.cell_fmt(format_args!("{}", commas(container.ports.iter())));
    let started = state.map_or(0, |state| match state {
        State { running: Some(running), .. } => running.started_at.stamp(),
        State { terminated: Some(terminated), .. } => terminated.started_at.stamp(),
        State { .. } => 0,
    });
    draft.cell_age(if started == 0 { draft.created } else { started });
    draft.cell_fmt(format_args!("{}", text(status.map(|status| &status.last_state))));
    draft.tone = tone(role, status);
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.name.is_empty() {
            write!(f, "{}:", self.name)?;
        }
        write!(f, "{}", self.number)?;
        if matches!(self.protocol.as_str(), "" | "TCP") { Ok(()) } else { write!(f, "/{}", self.protocol) }
    }
}

/// A state in a word, with the code that a program ended with.
fn text(state: Option<&State>) -> impl fmt::Display {
    fmt::from_fn(move |f| match state {
        Some(State { terminated: Some(it), .. }) => match (it.reason.as_str(), it.signal, it.exit_code) {
            ("", 0, code) => write!(f, "Terminated (exit {code})"),
            ("", signal, _) => write!(f, "Terminated (signal {signal})"),
            (reason, _, 0) => f.write_str(reason),
            (reason, _, code) => write!(f, "{reason} (exit {code})"),
        },
        Some(State { running: Some(_), .. }) => f.write_str("Running"),
        Some(State { waiting: Some(it), .. }) => f.write_str(first_of(&it.reason, "Waiting")),
        _ => f.write_str(""),
    })
}

fn tone(role: Role, status: Option<&ContainerStatus>) -> Tone {
    match status {
        Some(ContainerStatus { state: State { terminated: Some(it), .. }, .. }) => {
            if it.exit_code == 0 && it.signal == 0 { Tone::Quiet } else { Tone::Bad }
        }
        Some(ContainerStatus { state: State { running: Some(_), .. }, ready, .. }) => {
            if *ready || matches!(role, Role::Init | Role::Ephemeral) { Tone::Good } else { Tone::Warn }
        }
        Some(ContainerStatus { state: State { waiting: Some(it), .. }, .. }) => {
            if is_failure(&it.reason) {
                Tone::Bad
            } else {
                Tone::Warn
            }
        }
        _ => Tone::Warn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(pod: &serde_json::Value, several: bool) -> Vec<String> {
        let mut out = Vec::new();
        read(pod.to_string().as_bytes(), several, &mut Draft::default(), |draft| {
            assert_eq!(draft.cells.len(), columns(several).len());
            let cells = draft.texts(1_767_225_600 + 600).join("|");
            out.push(format!("{} {:?} {cells}", draft.get(draft.name), draft.tone));
        })
        .unwrap();
        out
    }

    #[test]
    fn every_container_in_every_state() {
        let at = "2026-01-01T00:00:00Z";
        let pod = json!({
            "metadata": {"name": "web", "namespace": "shop", "uid": "u", "creationTimestamp": at},
            "spec": {
                "initContainers": [{"name": "setup", "image": "i"}, {"name": "mesh", "restartPolicy": "Always"}],
                "containers": [
                    {"name": "app", "image": "a:1", "livenessProbe": {}, "startupProbe": {"httpGet": null},
                     "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}],
                     "resources": {"requests": {"cpu": "250m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}},
                    {"name": "crash", "image": null},
                    {"name": "new"},
                ],
                "ephemeralContainers": [{"name": "debug", "image": "busybox"}],
            },
            "status": {
                "initContainerStatuses": [
                    {"name": "setup", "state": {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": at}}},
                    {"name": "mesh", "ready": true, "state": {"running": {"startedAt": "2026-01-01T00:09:00Z"}}},
                ],
                "containerStatuses": [
                    {"name": "app", "ready": false, "state": {"running": {"startedAt": at}}},
                    {"name": "crash", "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                     "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-01-01T00:08:00Z"}}},
                ],
                "ephemeralContainerStatuses": [{"name": "debug", "state": {"terminated": {"exitCode": 1, "signal": 9}}}],
            },
        });
        assert_eq!(
            rows(&pod, false),
            [
                "web/setup Quiet setup|i|false|Completed|init|0|off:off:off|0:0|0:0||10m|",
                "web/mesh Good mesh||true|Running|sidecar|0|off:off:off|0:0|0:0||60s|",
                "web/app Warn app|a:1|false|Running||0|on:off:on|250m:0|1Gi:2Gi|http:80,53/UDP|10m|",
                "web/crash Bad crash||false|CrashLoopBackOff||4 (2m ago)|off:off:off|0:0|0:0||10m|OOMKilled (exit 137)",
                "web/new Warn new||false|||0|off:off:off|0:0|0:0||10m|",
                "web/debug Bad debug|busybox|false|Terminated (signal 9)|ephemeral|0|off:off:off|0:0|0:0||10m|",
            ]
        );
        assert!(rows(&pod, true)[0].starts_with("web/setup Quiet web|setup|"));
        assert_eq!(rows(&json!({"metadata": {}, "spec": null}), false), Vec::<String>::new());
    }
}
