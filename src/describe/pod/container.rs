//! Containers, of pods and of templates.

use super::{env, probe, state};
use crate::describe::context::Context;
use crate::describe::fields::{Fields, first_of};
use crate::describe::inked::{Inked, more, none, number, or_none};
use crate::describe::page::Page;
use crate::model::document::Ink;
use serde_json::Value;

/// The most lines of a command.
const MOST_LINES: usize = 1000;
/// The title of containers for debugging.
pub(super) const EPHEMERAL: &str = "Ephemeral Containers";

/// A list of containers, with their statuses where they run.
pub(in crate::describe) fn section(cx: &Context, page: &mut Page, title: &str, specs: &[Value], statuses: &[Value]) {
    if specs.is_empty() {
        page.field(title, none());
        return;
    }
    page.section(title, |page| {
        for spec in specs {
            let status = statuses.iter().find(|it| it.text("name") == spec.text("name"));
            page.section(spec.text("name"), |page| container(cx, page, spec, status, title == EPHEMERAL));
        }
    });
}

fn container(cx: &Context, page: &mut Page, spec: &Value, status: Option<&Value>, ephemeral: bool) {
    if let Some(status) = status {
        page.field("Container ID", or_none(status.text("containerID")));
    }
    page.field("Image", spec.text("image"));
    if let Some(status) = status {
        page.field("Image ID", or_none(status.text("imageID")));
    }
    page.field_if("Pull Policy", spec.text("imagePullPolicy"));
    ports(page, spec.items("ports"));
    seccomp(page, spec.at("securityContext"));
    if spec.has("targetContainerName") {
        page.field("Target Container", spec.text("targetContainerName"));
    }
    if spec.has("restartPolicy") {
        page.field("Restart Policy", spec.text("restartPolicy"));
    }
    words(page, "Command", spec.items("command"));
    words(page, "Args", spec.items("args"));
    if let Some(status) = status {
        state::section(cx, page, status, ephemeral);
    }
    resources(page, spec.at("resources"));
    for (key, field) in [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")] {
        if spec.has(field) {
            page.field(key, probe::text(spec.at(field)));
        }
    }
    for (key, field) in [("Post Start", "lifecycle.postStart"), ("Pre Stop", "lifecycle.preStop")] {
        if spec.has(field) {
            page.field(key, probe::action(spec.at(field)));
        }
    }
    env::sources(cx, page, spec);
    env::section(cx, page, spec);
    mounts(page, spec);
}

fn ports(page: &mut Page, ports: &[Value]) {
    for (one, many, field) in [("Port", "Ports", "containerPort"), ("Host Port", "Host Ports", "hostPort")] {
        let texts: Vec<_> = ports.iter().map(|port| port_text(port, field)).collect();
        page.field(if texts.len() > 1 { many } else { one }, or_none(texts.join(", ")));
    }
}

fn port_text(port: &Value, field: &str) -> String {
    let text = format!("{}/{}", port.int(field).unwrap_or_default(), first_of(port.text("protocol"), "TCP"));
    match port.text("name") {
        "" => text,
        name => format!("{text} ({name})"),
    }
}

/// The seccomp profile of a security context, where it has one.
pub(in crate::describe) fn seccomp(page: &mut Page, context: &Value) {
    let profile = context.at("seccompProfile");
    if !profile.is_null() {
        page.field("SeccompProfile", profile.text("type"));
        page.field_if("LocalhostProfile", profile.text("localhostProfile"));
    }
}

/// Words of a command, a line each.
fn words(page: &mut Page, title: &str, words: &[Value]) {
    if words.is_empty() {
        return;
    }
    page.section(title, |page| {
        let lines = || words.iter().flat_map(|word| word.as_str().unwrap_or_default().split('\n'));
        lines().take(MOST_LINES).for_each(|line| page.line(line));
        let rest = lines().count().saturating_sub(MOST_LINES);
        if rest > 0 {
            page.line(more(rest));
        }
    });
}

/// Limits and requests.
pub(in crate::describe) fn resources(page: &mut Page, resources: &Value) {
    for (title, field) in [("Limits", "limits"), ("Requests", "requests")] {
        let entries = resources.entries(field);
        if !entries.is_empty() {
            page.section(title, |page| {
                for (name, quantity) in entries {
                    page.field(name, number(quantity.scalar("")));
                }
            });
        }
    }
    let claims: Vec<_> = resources.items("claims").iter().map(|it| it.text("name").into()).collect();
    if !claims.is_empty() {
        page.list("Claims", claims);
    }
}

fn mounts(page: &mut Page, spec: &Value) {
    let mut mounts: Vec<_> = spec.items("volumeMounts").iter().collect();
    mounts.sort_by_key(|mount| mount.text("mountPath"));
    if mounts.is_empty() {
        page.field("Mounts", none());
    } else {
        page.section("Mounts", |page| mounts.into_iter().for_each(|mount| page.line(mount_line(mount))));
    }
    let mut devices: Vec<_> = spec.items("volumeDevices").iter().collect();
    devices.sort_by_key(|device| device.text("devicePath"));
    if !devices.is_empty() {
        page.section("Devices", |page| {
            for device in devices {
                page.line(
                    Inked::from(device.text("devicePath")).and(" from ", Ink::Dim).and(device.text("name"), Ink::Text),
                );
            }
        });
    }
}

fn mount_line(mount: &Value) -> Inked {
    let mut flags = vec![if mount.flag("readOnly") { "ro".to_owned() } else { "rw".to_owned() }];
    if mount.has("subPath") {
        flags.push(format!("path={:?}", mount.text("subPath")));
    }
    if mount.has("subPathExpr") {
        flags.push(format!("path={:?}", mount.text("subPathExpr")));
    }
    Inked::from(mount.text("mountPath"))
        .and(" from ", Ink::Dim)
        .and(mount.text("name"), Ink::Text)
        .and(format!(" ({})", flags.join(",")), Ink::Dim)
}
