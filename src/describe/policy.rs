//! Autoscalers, disruption budgets, quotas, limit ranges, priority classes.

use super::conditions;
use super::context::{Context, Need};
use super::fields::{Fields, count, first_of};
use super::inked::{Inked, dim, number, or_none, or_unset, unset};
use super::known;
use super::meta;
use super::page::Page;
use super::quantity::Quantity;
use super::selector;
use super::when::moment;
use crate::model::document::Ink;
use crate::text::catalog::Text;
use serde_json::Value;

/// A horizontal pod autoscaler, v2 or v1.
pub(super) fn autoscaler(cx: &Context, page: &mut Page) {
    let (spec, status) = (cx.object.at("spec"), cx.object.at("status"));
    meta::head(cx, page);
    meta::owners(cx, page);
    meta::created(cx, page);
    let target = spec.at("scaleTargetRef");
    let (kind, name) = (target.text("kind"), target.text("name"));
    let group = target.text("apiVersion").split_once('/').map_or("", |(group, _)| group);
    let reference = known::reference(group, kind, cx.namespace(), name);
    let target = cx.refer(page, reference, format!("{kind}/{name}"), Need::Required);
    page.field("Reference", target);
    if let Some(target) = spec.int("targetCPUUtilizationPercentage") {
        page.field("Target CPU utilization", format!("{target}%"));
        let current = status.int("currentCPUUtilizationPercentage");
        page.field("Current CPU utilization", current.map_or_else(|| dim("<unknown>%"), |it| number(format!("{it}%"))));
    }
    let metrics = spec.items("metrics");
    if !metrics.is_empty() || cx.kind.version != "v1" {
        page.section("Metrics", |page| {
            let current = |at: usize| status.items("currentMetrics").get(at).unwrap_or(&Value::Null);
            let rows: Vec<_> = metrics.iter().enumerate().map(|(at, wanted)| metric(wanted, current(at))).collect();
            page.table(&["METRIC", "CURRENT", "TARGET"], rows);
        });
    }
    let (least, most) = (spec.int("minReplicas"), count(spec, "maxReplicas"));
    page.field("Min replicas", least.map_or_else(unset, number));
    page.field("Max replicas", number(most));
    if spec.has("behavior") {
        page.section("Behavior", |page| {
            direction(page, "Scale Up", spec.at("behavior.scaleUp"));
            direction(page, "Scale Down", spec.at("behavior.scaleDown"));
        });
    }
    let (current, desired) = (count(status, "currentReplicas"), count(status, "desiredReplicas"));
    let pods = number(current).and(" current / ", Ink::Plain).with(number(desired)).and(" desired", Ink::Plain);
    page.field(&format!("{kind} pods"), pods);
    page.field_if("Last Scale Time", moment(status, "lastScaleTime", cx.now));
    if current >= most && most > 0 {
        page.warn(Inked::new(Text::AboutAtMost.with(&[&most.to_string()]), Ink::Warn));
    }
    conditions::section(cx, page);
}

/// One metric: what it is, its value now and the one aimed at.
fn metric(wanted: &Value, current: &Value) -> Vec<Inked> {
    let kind = wanted.text("type");
    let field = match kind {
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        "Pods" => "pods",
        "Object" => "object",
        "External" => "external",
        other => return vec![dim(format!("<unknown metric type {other:?}>")), dim("-"), dim("-")],
    };
    let (wanted, current) = (wanted.at(field), current.at(field).at("current"));
    let (name, target) = (wanted.text("metric.name"), wanted.at("target"));
    let row = |what: String, path: &str| {
        vec![Inked::new(what, Ink::Key), or_unknown(&current.scalar(path)), number(target.scalar(path))]
    };
    let average = target.has("averageValue");
    match kind {
        "Resource" | "ContainerResource" => {
            let resource = wanted.text("name");
            let of = match wanted.text("container") {
                "" => format!("resource {resource} on pods"),
                container => format!("resource {resource} of container \"{container}\" on pods"),
            };
            if average {
                return row(of, "averageValue");
            }
            let now = match current.int("averageUtilization") {
                Some(percent) => number(format!("{percent}% ({})", current.scalar("averageValue"))),
                None => dim("<unknown>"),
            };
            let target = target.int("averageUtilization").map_or_else(|| dim("<auto>"), |it| number(format!("{it}%")));
            vec![Inked::new(format!("{of} (as a percentage of request)"), Ink::Key), now, target]
        }
        "Pods" => row(format!("\"{name}\" on pods"), "averageValue"),
        _ => {
            let on = wanted.at("describedObject");
            let on = match on.text("name") {
                "" => String::new(),
                name => format!(" on {}/{name}", on.text("kind")),
            };
            if average {
                row(format!("\"{name}\"{on} (average)"), "averageValue")
            } else {
                row(format!("\"{name}\"{on}"), "value")
            }
        }
    }
}

fn or_unknown(text: &str) -> Inked {
    if text.is_empty() { dim("<unknown>") } else { number(text) }
}

fn direction(page: &mut Page, title: &str, rules: &Value) {
    if rules.is_null() {
        return;
    }
    page.section(title, |page| {
        if let Some(seconds) = rules.int("stabilizationWindowSeconds") {
            page.field("Stabilization Window", format!("{seconds} seconds"));
        }
        page.field_if("Tolerance", Inked::new(rules.scalar("tolerance"), Ink::Number));
        if !rules.items("policies").is_empty() {
            page.field("Select Policy", first_of(rules.text("selectPolicy"), "Max"));
            page.section("Policies", |page| {
                for policy in rules.items("policies") {
                    let (kind, value) = (policy.text("type"), count(policy, "value"));
                    let seconds = count(policy, "periodSeconds");
                    page.item(|page| page.field("Type", format!("{kind}  Value: {value}  Period: {seconds} seconds")));
                }
            });
        }
    });
}

/// A pod disruption budget.
pub(super) fn disruption_budget(cx: &Context, page: &mut Page) {
    let (spec, status) = (cx.object.at("spec"), cx.object.at("status"));
    meta::head(cx, page);
    meta::owners(cx, page);
    if spec.has("minAvailable") {
        page.field("Min available", spec.scalar("minAvailable"));
    } else if spec.has("maxUnavailable") {
        page.field("Max unavailable", spec.scalar("maxUnavailable"));
    }
    page.field_if("Unhealthy Pod Eviction Policy", spec.text("unhealthyPodEvictionPolicy"));
    let labels = selector::text(spec.at("selector"));
    page.field("Selector", if spec.has("selector") { or_none(&labels) } else { unset() });
    let (allowed, current) = (count(status, "disruptionsAllowed"), count(status, "currentHealthy"));
    let (desired, total) = (count(status, "desiredHealthy"), count(status, "expectedPods"));
    page.section("Status", |page| {
        let ink = if allowed == 0 && total > 0 { Ink::Warn } else { Ink::Number };
        page.field("Allowed disruptions", Inked::new(allowed.to_string(), ink));
        let ink = if current < desired { Ink::Bad } else { Ink::Number };
        page.field("Current", Inked::new(current.to_string(), ink));
        page.field("Desired", number(desired));
        page.field("Total", number(total));
    });
    if current < desired {
        let texts = [current.to_string(), desired.to_string()];
        page.bad(Inked::new(Text::AboutHealthy.with(&[&texts[0], &texts[1]]), Ink::Bad));
    } else if allowed == 0 && total > 0 {
        page.warn(Inked::new(Text::AboutNoDisruption.get(), Ink::Warn));
    } else if total == 0 && count(status, "observedGeneration") > 0 {
        page.warn(Inked::new(Text::AboutNoPods.get(), Ink::Warn));
    }
    let disrupted = status.entries("disruptedPods");
    if !disrupted.is_empty() {
        page.list("Disrupted Pods", disrupted.into_iter().map(|(name, _)| name.into()));
    }
    // A budget that cannot be kept says so by its condition; "not allowed now" is no failure.
    conditions::table(cx, page, cx.object.items("status.conditions"), false);
}

/// A resource quota.
pub(super) fn quota(cx: &Context, page: &mut Page) {
    meta::head(cx, page);
    meta::owners(cx, page);
    quota_body(page, cx.object, "");
}

/// Scopes and the table of a quota, as it stands in a namespace too; what is used up is said at the top.
pub(super) fn quota_body(page: &mut Page, quota: &Value, name: &str) {
    let mut scopes = quota.texts("spec.scopes");
    scopes.sort();
    if !scopes.is_empty() {
        page.field("Scopes", scopes.join(", "));
        page.within(|page| {
            for help in scopes.iter().filter_map(|scope| scope_help(scope)) {
                page.line(dim(format!("* {help}")));
            }
        });
    }
    if quota.has("spec.scopeSelector") {
        let lines = selector_lines(quota.items("spec.scopeSelector.matchExpressions"));
        page.list("Scope Selector", lines);
    }
    let hard = if quota.has("status.hard") { "status.hard" } else { "spec.hard" };
    let mut rows = Vec::new();
    for (resource, limit) in quota.entries(hard) {
        let limit = Quantity::of(limit, "");
        let used = quota.at("status.used").get(resource).and_then(|used| Quantity::of(used, ""));
        let percent = match (used, limit) {
            (Some(used), Some(limit)) if !limit.is_zero() => Some(used.percent_of(limit)),
            (Some(used), Some(_)) => Some(if used.is_zero() { 0 } else { 100 }),
            _ => None,
        };
        let none_left = limit.is_some_and(|limit| !limit.is_zero()) && percent >= Some(100);
        let ink = match percent {
            _ if none_left => Ink::Bad,
            Some(80..) => Ink::Warn,
            _ => Ink::Number,
        };
        if none_left {
            let of = if name.is_empty() { String::new() } else { format!("{name}: ") };
            page.bad(Inked::new(format!("{of}{}", Text::AboutUsedUp.with(&[resource])), Ink::Bad));
        }
        let shown = |it: Option<Quantity>| it.map_or_else(|| dim("-"), |it| Inked::new(it.to_string(), ink));
        rows.push(vec![
            Inked::new(resource, Ink::Key),
            shown(used),
            shown(limit),
            percent.map_or_else(|| dim("-"), |percent| Inked::new(format!("{percent}%"), ink)),
            percent.map_or_else(Inked::default, |percent| bar(percent, ink)),
        ]);
    }
    page.table(&["RESOURCE", "USED", "HARD", "", ""], rows);
}

/// Ten cells, so many of them full; readable in plain ASCII.
fn bar(percent: i64, ink: Ink) -> Inked {
    let full = (percent.clamp(0, 100) / 10) as usize;
    dim("[").and("#".repeat(full), ink).and("-".repeat(10 - full), Ink::Dim).and("]", Ink::Dim)
}

fn selector_lines(expressions: &[Value]) -> Vec<Inked> {
    let line = |it: &Value| {
        let values = it.texts("values").join(", ");
        let text = format!("{} {} {values}", it.text("scopeName"), it.text("operator"));
        text.trim_end().into()
    };
    expressions.iter().map(line).collect()
}

fn scope_help(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "Terminating" => "pods that have an active deadline: they run for a limited time",
        "NotTerminating" => "pods without an active deadline: they are expected to run for good",
        "BestEffort" => "pods that request and limit nothing",
        "NotBestEffort" => "pods that request or limit something",
        "PriorityClass" => "pods of certain priority classes",
        "CrossNamespacePodAffinity" => "pods with affinity terms across namespaces",
        _ => return None,
    })
}

/// A limit range.
pub(super) fn limit_range(cx: &Context, page: &mut Page) {
    meta::head(cx, page);
    meta::owners(cx, page);
    limits_table(page, &[cx.object]);
}

/// The limits of some limit ranges in one table.
pub(super) fn limits_table(page: &mut Page, ranges: &[&Value]) {
    const FIELDS: [&str; 5] = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
    let mut rows = Vec::new();
    for limit in ranges.iter().flat_map(|range| range.items("spec.limits")) {
        let mut resources: Vec<_> =
            FIELDS.iter().flat_map(|field| limit.entries(field)).map(|(name, _)| name).collect();
        resources.sort_unstable();
        resources.dedup();
        for resource in resources {
            let mut row = vec![Inked::new(limit.text("type"), Ink::Key), Inked::from(resource)];
            for field in FIELDS {
                let value = limit.at(field).get(resource).map(|value| value.scalar("")).unwrap_or_default();
                row.push(if value.is_empty() { dim("-") } else { number(value) });
            }
            rows.push(row);
        }
    }
    page.table(
        &["TYPE", "RESOURCE", "MIN", "MAX", "DEFAULT REQUEST", "DEFAULT LIMIT", "MAX LIMIT/REQUEST RATIO"],
        rows,
    );
}

/// A priority class.
pub(super) fn priority_class(cx: &Context, page: &mut Page) {
    let it = cx.object;
    page.field("Name", it.text("metadata.name"));
    page.field("Value", number(count(it, "value")));
    page.field("GlobalDefault", Inked::new(it.flag("globalDefault").to_string(), Ink::Word));
    page.field("PreemptionPolicy", first_of(it.text("preemptionPolicy"), "PreemptLowerPriority"));
    page.field("Description", or_none(it.text("description")));
    meta::labels(cx, page);
}

/// A lease.
pub(super) fn lease(cx: &Context, page: &mut Page) {
    meta::head(cx, page);
    meta::owners(cx, page);
    lease_body(cx, page, cx.object.at("spec"));
}

/// Who holds a lease and since when; one that was not renewed in time is said at the top.
pub(super) fn lease_body(cx: &Context, page: &mut Page, spec: &Value) {
    let holder = spec.text("holderIdentity");
    page.field("HolderIdentity", or_unset(holder));
    let at = |path: &str| match moment(spec, path, cx.now) {
        it if it.is_empty() => unset(),
        it => it,
    };
    page.field("AcquireTime", at("acquireTime"));
    page.field("RenewTime", at("renewTime"));
    let seconds = spec.int("leaseDurationSeconds");
    page.field("Duration", seconds.map_or_else(unset, |seconds| number(format!("{seconds}s"))));
    page.field_if("Transitions", Inked::new(spec.scalar("leaseTransitions"), Ink::Number));
    let renewed = super::when::stamp(spec, "renewTime");
    let late = i64::from(cx.now) - i64::from(renewed) - seconds.unwrap_or_default().clamp(0, i64::from(u32::MAX));
    if renewed != 0 && seconds.is_some() && late > 0 && !holder.is_empty() {
        let since = super::when::ago(renewed, cx.now);
        page.bad(Inked::new(Text::AboutLeaseLate.with(&[&since]), Ink::Bad));
    }
}
