//! Where a pod may run: node selectors, tolerations, spread, affinity.

use crate::describe::fields::{Fields, count};
use crate::describe::inked::Inked;
use crate::describe::page::Page;
use crate::describe::{generic, meta, selector};
use crate::model::document::Ink;
use serde_json::Value;

/// All of it, of a pod's spec or a template's.
pub(super) fn section(page: &mut Page, spec: &Value) {
    meta::label_list(page, "Node-Selectors", spec.at("nodeSelector"));
    page.list("Tolerations", tolerations(spec.items("tolerations")));
    let spread = spread(spec.items("topologySpreadConstraints"));
    if !spread.is_empty() {
        page.list("Topology Spread Constraints", spread);
    }
    if spec.at("affinity").as_object().is_some_and(|map| !map.is_empty()) {
        page.section("Affinity", |page| generic::outline(page, spec.at("affinity")));
    }
    let gates: Vec<_> = spec.items("schedulingGates").iter().map(|it| Inked::new(it.text("name"), Ink::Warn)).collect();
    if !gates.is_empty() {
        page.list("Scheduling Gates", gates);
    }
    if !matches!(spec.text("schedulerName"), "" | "default-scheduler") {
        page.field("Scheduler Name", spec.text("schedulerName"));
    }
    if spec.has("schedulingGroup") {
        page.section("SchedulingGroup", |page| page.field("PodGroupName", spec.text("schedulingGroup.podGroupName")));
    }
}

fn tolerations(items: &[Value]) -> Vec<Inked> {
    let mut items: Vec<_> = items.iter().collect();
    items.sort_by_key(|it| it.text("key"));
    items.into_iter().map(|it| toleration(it).into()).collect()
}

fn toleration(it: &Value) -> String {
    let (value, effect) = (it.text("value"), it.text("effect"));
    let mut out = it.text("key").to_owned();
    if !value.is_empty() {
        out = format!("{out}={value}");
    }
    if !effect.is_empty() {
        out = format!("{out}:{effect}");
    }
    match it.text("operator") {
        "Exists" if value.is_empty() => out.push_str(if out.is_empty() { "op=Exists" } else { " op=Exists" }),
        operator @ ("Lt" | "Gt") => out = format!("{out} op={operator}"),
        _ => {}
    }
    match it.int("tolerationSeconds") {
        Some(seconds) => format!("{out} for {seconds}s"),
        None => out,
    }
}

fn spread(items: &[Value]) -> Vec<Inked> {
    let mut items: Vec<_> = items.iter().collect();
    items.sort_by_key(|it| it.text("topologyKey"));
    let line = |it: &Value| {
        let skew = count(it, "maxSkew");
        let line =
            format!("{}:{} when max skew {skew} is exceeded", it.text("topologyKey"), it.text("whenUnsatisfiable"));
        match selector::text(it.at("labelSelector")) {
            selector if selector.is_empty() => line,
            selector => format!("{line} for selector {selector}"),
        }
    };
    items.into_iter().map(|it| line(it).into()).collect()
}
