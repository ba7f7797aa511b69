//! Nodes: conditions, capacity, and what their pods ask for.

use super::conditions;
use super::context::{Context, Looked};
use super::fields::Fields;
use super::inked::{Inked, dim, grouped, none, number, or_none};
use super::known;
use super::meta::{self, commas};
use super::page::Page;
use super::pod::resources::{Amounts, add, of_pod};
use super::policy;
use super::quantity::Quantity;
use super::want::{By, Want};
use super::when::{age, stamp};
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;
use std::collections::BTreeMap;

const ROLE_PREFIX: &str = "node-role.kubernetes.io/";
const ROLE: &str = "kubernetes.io/role";

/// A node.
pub(super) fn describe(cx: &Context, page: &mut Page) {
    let (node, status) = (cx.object, cx.object.at("status"));
    let name = node.text("metadata.name");
    page.field("Name", name);
    page.field("Roles", or_none(roles(node).join(",")));
    meta::labels(cx, page);
    meta::created(cx, page);
    page.list("Taints", taints(node.items("spec.taints")));
    let cordoned = node.flag("spec.unschedulable");
    page.field("Unschedulable", Inked::new(cordoned.to_string(), if cordoned { Ink::Warn } else { Ink::Word }));
    if cordoned {
        page.warn(Inked::new(Text::AboutCordoned.get(), Ink::Warn));
    }
    lease(cx, page, name);
    conditions::table(cx, page, status.items("conditions"), true);
    trouble(cx, page);
    page.section("Addresses", |page| {
        status.items("addresses").iter().for_each(|it| page.field(it.text("type"), it.text("address")));
    });
    for (title, path) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
        let entries = status.entries(path);
        if !entries.is_empty() {
            page.section(title, |page| {
                for (name, it) in entries {
                    page.field(name, number(it.scalar("")));
                }
            });
        }
    }
    slices(cx, page, name);
    system_info(page, status.at("nodeInfo"));
    page.field_if("PodCIDR", node.text("spec.podCIDR"));
    if !node.items("spec.podCIDRs").is_empty() {
        page.field("PodCIDRs", commas(&node.texts("spec.podCIDRs")));
    }
    page.field_if("ProviderID", node.text("spec.providerID"));
    if !status.items("volumesAttached").is_empty() {
        page.list("Volumes Attached", status.items("volumesAttached").iter().map(|it| it.text("name").into()));
    }
    pods(cx, page, name);
}

fn roles(node: &Value) -> Vec<String> {
    let labels = node.entries("metadata.labels");
    let role = |(key, value): (&str, &Value)| match key.strip_prefix(ROLE_PREFIX) {
        Some(role) if !role.is_empty() => Some(role.to_owned()),
        _ if key == ROLE => Some(value.scalar("")).filter(|role| !role.is_empty()),
        _ => None,
    };
    let mut roles: Vec<_> = labels.into_iter().filter_map(role).collect();
    roles.sort();
    roles.dedup();
    roles
}

fn taints(items: &[Value]) -> Vec<Inked> {
    let mut items: Vec<_> = items.iter().collect();
    items.sort_by_key(|it| (it.text("effect"), it.text("key")));
    let line = |it: &Value| {
        let value = if it.text("value").is_empty() { String::new() } else { format!("={}", it.text("value")) };
        let ink = if it.text("effect") == "NoExecute" { Ink::Warn } else { Ink::Text };
        Inked::new(format!("{}{value}:{}", it.text("key"), it.text("effect")), ink)
    };
    items.into_iter().map(line).collect()
}

/// The lease by which the node says that it lives.
fn lease(cx: &Context, page: &mut Page, name: &str) {
    let reference = known::reference("", "Node", "", name);
    let Some(want) = known::want_of(&reference) else {
        return;
    };
    let want = Want {
        group: "coordination.k8s.io".to_owned(),
        plural: "leases".to_owned(),
        namespace: Some("kube-node-lease".to_owned()),
        heads: false,
        ..want
    };
    match cx.ask(want) {
        Looked::Found([lease, ..], _) => {
            page.section("Lease", |page| policy::lease_body(cx, page, lease.at("spec")));
        }
        Looked::Found([], _) | Looked::Missing => page.field("Lease", Inked::new(Text::AboutMissing.get(), Ink::Warn)),
        other => page.field("Lease", other.lack().unwrap_or_else(none)),
    }
}

fn trouble(cx: &Context, page: &mut Page) {
    for condition in cx.object.items("status.conditions") {
        let ready = condition.text("type") == "Ready";
        let ink = conditions::ink(condition);
        match (ready, condition.text("status")) {
            (true, "True") => {}
            (true, _) => conditions::say(cx, page, condition, Ink::Bad),
            (false, "True") if ink == Ink::Bad => conditions::say(cx, page, condition, Ink::Bad),
            _ => {}
        }
    }
}

fn system_info(page: &mut Page, info: &Value) {
    page.section("System Info", |page| {
        for (key, path) in [
            ("Machine ID", "machineID"),
            ("System UUID", "systemUUID"),
            ("Boot ID", "bootID"),
            ("Kernel Version", "kernelVersion"),
            ("OS Image", "osImage"),
            ("Operating System", "operatingSystem"),
            ("Architecture", "architecture"),
            ("Container Runtime Version", "containerRuntimeVersion"),
            ("Kubelet Version", "kubeletVersion"),
        ] {
            page.field(key, info.text(path));
        }
    });
}

/// Devices that the node offers, by driver and pool; says nothing where none are, or servers know none.
fn slices(cx: &Context, page: &mut Page, name: &str) {
    let by = By::Fields(format!("spec.nodeName={name}"));
    let looked = cx.ask(known::list("resource.k8s.io", "v1", "resourceslices", None, by));
    let mut pools: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    for slice in looked.objects() {
        let key = (slice.text("spec.driver").to_owned(), slice.text("spec.pool.name").to_owned());
        let pool = pools.entry(key).or_default();
        *pool = (pool.0 + 1, pool.1 + slice.items("spec.devices").len());
    }
    let lack = looked.lack().filter(|_| !matches!(looked, Looked::Missing));
    if pools.is_empty() {
        if let Some(lack) = lack {
            page.field("Node-Local ResourceSlices", lack);
        }
        return;
    }
    page.section("Node-Local ResourceSlices", |page| {
        let row = |((driver, pool), (slices, devices)): (&(String, String), &(usize, usize))| {
            vec![driver.into(), pool.into(), number(slices), number(devices)]
        };
        page.table(&["DRIVER", "POOL", "SLICES", "DEVICES"], pools.iter().map(row).collect());
        if let Some(lack) = lack {
            page.line(lack);
        }
    });
}

/// The node's pods, and the sum of what they request.
fn pods(cx: &Context, page: &mut Page, name: &str) {
    let by = By::Fields(format!("spec.nodeName={name},status.phase!=Succeeded,status.phase!=Failed"));
    let looked = cx.ask(known::list("", "v1", "pods", None, by));
    let pods = looked.objects();
    if let (Some(lack), true) = (looked.lack(), pods.is_empty()) {
        page.field("Non-terminated Pods", lack.clone());
        page.field("Allocated resources", lack);
        return;
    }
    let whole = match cx.object.at("status.allocatable") {
        map if map.as_object().is_some_and(|map| !map.is_empty()) => map,
        _ => cx.object.at("status.capacity"),
    };
    let allocatable = |name: &str| whole.get(name).and_then(|it| Quantity::of(it, "")).unwrap_or_default();
    let mut total = [Amounts::new(), Amounts::new()];
    let mut rows = Vec::new();
    for pod in pods {
        let sides = [of_pod(pod, "requests"), of_pod(pod, "limits")];
        let mut row = vec![
            Inked::new(pod.text("metadata.namespace"), Ink::Dim),
            Inked::from(pod.text("metadata.name")).to(known::reference(
                "",
                "Pod",
                pod.text("metadata.namespace"),
                pod.text("metadata.name"),
            )),
        ];
        for resource in ["cpu", "memory"] {
            for side in &sides {
                let amount = side.get(resource).copied().unwrap_or_default();
                row.push(share(amount, allocatable(resource)));
            }
        }
        row.push(Inked::new(age(stamp(pod, "metadata.creationTimestamp"), cx.now), Ink::Number));
        rows.push(row);
        for (sum, side) in total.iter_mut().zip(&sides) {
            add(sum, side);
        }
    }
    page.field("Non-terminated Pods", format!("({} in total)", grouped(pods.len())));
    page.within(|page| {
        page.table(
            &["NAMESPACE", "NAME", "CPU REQUESTS", "CPU LIMITS", "MEMORY REQUESTS", "MEMORY LIMITS", "AGE"],
            rows,
        );
        if let Some(lack) = looked.lack() {
            page.line(lack);
        }
    });
    allocated(page, whole, &total, looked);
}

/// `250m (12%)`.
fn share(amount: Quantity, whole: Quantity) -> Inked {
    number(amount).and(format!(" ({}%)", amount.percent_of(whole)), Ink::Dim)
}

fn allocated(page: &mut Page, whole: &Value, total: &[Amounts; 2], looked: Looked) {
    let [requests, limits] = total;
    page.section("Allocated resources", |page| {
        page.line(dim("(Total limits may be over 100 percent, i.e., overcommitted.)"));
        let mut names = vec!["cpu", "memory", "ephemeral-storage"];
        let others = whole.entries("").into_iter().map(|(name, _)| name);
        names.extend(others.filter(|name| !matches!(*name, "cpu" | "memory" | "ephemeral-storage" | "pods")));
        let mut rows = Vec::new();
        for name in names {
            let all = whole.get(name).and_then(|it| Quantity::of(it, "")).unwrap_or_default();
            let of = |amounts: &Amounts| amounts.get(name).copied().unwrap_or_default();
            rows.push(vec![Inked::new(name, Ink::Key), share(of(requests), all), share(of(limits), all), number(all)]);
        }
        page.table(&["RESOURCE", "REQUESTS", "LIMITS", "ALLOCATABLE"], rows);
        if let Some(lack) = looked.lack() {
            page.line(lack);
        }
    });
}
