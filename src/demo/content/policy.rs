//! Limits, priorities and budgets, what scales by itself, and the leases of machines and leaders.

use super::apps::Trouble;
use super::deployments::Deployment;
use super::events::{About, Story};
use super::maker::Maker;
use super::workloads::{Workloads, asked};
use super::{DAY, HOUR, Node, stamp};
use crate::server::quantity;
use serde_json::{Value, json};
use std::sync::Arc;

/// Adds them; tells what comes in for what scales by itself, in percents of what one pod asks for.
pub fn add(
    maker: &mut Maker<'_>,
    workloads: &Workloads,
    nodes: &[Arc<Node>],
    stories: &mut Vec<Story>,
) -> Vec<(String, u64)> {
    let mut loads = Vec::new();
    maker.manager = "argocd-controller";
    limits(maker, workloads);
    for deployment in &workloads.deployments {
        // Of two, one that is not well would keep a drain of the other's node from ending, and so would a new pod for
        // which there is no place.
        let placeable = !matches!(deployment.trouble, Trouble::Unschedulable | Trouble::Quota | Trouble::Config);
        if deployment.app.is_ours() && deployment.replicas > 2 && placeable {
            budget(maker, deployment, workloads);
        }
        let scales = matches!(deployment.app.name, "payment-gateway" | "order-api" | "recommend-api" | "report-api");
        if scales || (deployment.grown && deployment.replicas > 1 && deployment.rolled % 6 == 0) {
            loads.push(scaler(maker, deployment, workloads, stories));
        }
    }
    let born = maker.born;
    for (name, value, default, about) in [
        ("business-critical", 100_000, false, "支付与下单链路，最后被驱逐"),
        ("batch-low", -10, false, "离线任务，可被抢占"),
    ] {
        let class = json!({
            "value": value, "globalDefault": default, "description": about, "preemptionPolicy": "PreemptLowerPriority",
        });
        maker.put(("scheduling.k8s.io", "priorityclasses"), "", name, born + DAY, class);
    }
    leases(maker, nodes);
    loads
}

/// Quotas and limit ranges. Where an application is short of room, its quota is full.
fn limits(maker: &mut Maker<'_>, workloads: &Workloads) {
    let asked = asked(&workloads.pods);
    for namespace in maker.teams() {
        let at = maker.born + 33 * DAY;
        let short = |it: &&Deployment| it.app.namespace == namespace && it.trouble == Trouble::Quota;
        let full = workloads.deployments.iter().any(|it| short(&it));
        let (cpu, memory, pods) = asked.get(namespace).copied().unwrap_or_default();
        let most = if full { super::quota(cpu) } else { (cpu * 2).div_ceil(4000) * 4000 };
        let hard = json!({
            "requests.cpu": milli(most),
            "requests.memory": format!("{}Gi", (memory * 2).div_ceil(1024).max(8)),
            "pods": (pods * 2).div_ceil(50) * 50,
            "persistentvolumeclaims": "20",
        });
        let hard = text_values(hard);
        let used = json!({
            "requests.cpu": milli(cpu), "pods": pods.to_string(),
            "requests.memory": quantity::write(i128::from(memory << 20) * 1000, "memory"),
            "persistentvolumeclaims": maker.claims.get(namespace).copied().unwrap_or(0).to_string(),
        });
        let quota = json!({"spec": {"hard": hard}, "status": {"hard": hard, "used": used}});
        maker.put(("", "resourcequotas"), namespace, &format!("{namespace}-quota"), at, quota);
        let range = json!({"spec": {"limits": [{
            "type": "Container", "default": {"memory": "512Mi"}, "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
            "max": {"memory": "64Gi"},
        }]}});
        maker.put(("", "limitranges"), namespace, "container-defaults", at, range);
    }
}

/// Millicores as a quantity is written.
pub(super) fn milli(cores: u64) -> String {
    quantity::write(cores.into(), "cpu")
}

fn text_values(mut object: Value) -> Value {
    for value in object.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        if value.is_number() {
            *value = value.to_string().into();
        }
    }
    object
}

fn ready(deployment: &Deployment, workloads: &Workloads) -> usize {
    deployment.pods(&workloads.pods).iter().filter(|pod| pod.is_ready()).count()
}

fn budget(maker: &mut Maker<'_>, deployment: &Deployment, workloads: &Workloads) {
    let app = deployment.app;
    let healthy = ready(deployment, workloads);
    // So much may go at once that what is not well leaves room for a drain.
    let percent = if deployment.replicas < 8 { 50 } else { 25 };
    let expected = deployment.replicas;
    let wanted = expected - (expected * percent).div_ceil(100);
    let allowed = healthy.saturating_sub(wanted);
    let (status, reason) = if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    let condition = json!({
        "type": "DisruptionAllowed", "status": status, "reason": reason, "message": "", "observedGeneration": 1,
        "lastTransitionTime": stamp(deployment.rolled),
    });
    let object = json!({
        "metadata": {"generation": 1, "labels": {"app": app.name}},
        "spec": {
            "maxUnavailable": format!("{percent}%"), "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": {"app": app.name}},
        },
        "status": {
            "currentHealthy": healthy, "desiredHealthy": wanted, "expectedPods": expected,
            "disruptionsAllowed": allowed, "observedGeneration": 1, "conditions": [condition],
        },
    });
    maker.put(("policy", "poddisruptionbudgets"), app.namespace, app.name, deployment.created, object);
}

fn scaler(
    maker: &mut Maker<'_>,
    deployment: &Deployment,
    workloads: &Workloads,
    stories: &mut Vec<Story>,
) -> (String, u64) {
    let app = deployment.app;
    let count = deployment.replicas;
    // One stands at its limit.
    let limited = app.name == "payment-gateway";
    let most = if limited { count } else { count * 2 };
    // The others are near enough to their target to stay as they are.
    let now_used: u64 = if limited { 130 } else { 62 };
    let asked: i128 = deployment.current().map_or(0, |set| {
        let containers = set.template["spec"]["containers"].as_array().into_iter().flatten();
        containers.filter_map(|it| quantity::read(&it["resources"]["requests"]["cpu"])).sum()
    });
    let resource = |target: Value| json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": stamp(deployment.created + HOUR),
        })
    };
    let bound = if limited {
        condition(
            "ScalingLimited",
            "True",
            "TooManyReplicas",
            "the desired replica count is more than the maximum replica count",
        )
    } else {
        condition("ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range")
    };
    let object = json!({
        "metadata": {"labels": {"app": app.name}},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": app.name},
            "minReplicas": count.min(2), "maxReplicas": most,
            "metrics": [resource(json!({"type": "Utilization", "averageUtilization": 65}))],
        },
        "status": {
            "currentReplicas": count, "desiredReplicas": count, "lastScaleTime": stamp(maker.now - 2 * HOUR),
            "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {
                "averageUtilization": now_used, "averageValue": quantity::write(asked * i128::from(now_used) / 100, "cpu"),
            }}}],
            "conditions": [
                condition("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size"),
                condition("ScalingActive", "True", "ValidMetricFound",
                    "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)"),
                bound,
            ],
        },
    });
    let uid =
        maker.put(("autoscaling", "horizontalpodautoscalers"), app.namespace, app.name, deployment.created, object);
    if ready(deployment, workloads) > 0 && !limited {
        stories.push(Story {
            about: About {
                kind: "HorizontalPodAutoscaler",
                api_version: "autoscaling/v2",
                namespace: app.namespace.to_owned(),
                name: app.name.to_owned(),
                uid,
                field: None,
            },
            kind: "Normal",
            reason: "SuccessfulRescale",
            message: format!(
                "New size: {count}; reason: cpu resource utilization (percentage of request) above target"
            ),
            source: "horizontal-pod-autoscaler",
            count: 1,
            since: 2 * HOUR,
            until: 2 * HOUR,
        });
    }
    let sharing = ready(deployment, workloads).max(1) as u64;
    (format!("{}/{}", app.namespace, app.name), now_used * sharing)
}

fn leases(maker: &mut Maker<'_>, nodes: &[Arc<Node>]) {
    let (born, now) = (maker.born, maker.now);
    let micro = |second: i64| stamp(second).replace('Z', ".418205Z");
    maker.manager = "kubelet";
    for node in nodes {
        let renewed = node.lost.map_or(now - 4, |lost| lost - 40);
        let object = json!({
            "metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": node.name, "uid": node.uid}]},
            "spec": {"holderIdentity": node.name, "leaseDurationSeconds": 40, "renewTime": micro(renewed)},
        });
        maker.put(("coordination.k8s.io", "leases"), "kube-node-lease", &node.name, born + HOUR, object);
    }
    let Some(leader) = nodes.iter().find(|node| node.control) else { return };
    for name in ["kube-controller-manager", "kube-scheduler"] {
        let object = json!({"spec": {
            "holderIdentity": format!("{}_{}", leader.name, leader.uid), "leaseDurationSeconds": 15,
            "acquireTime": micro(now - 12 * DAY), "renewTime": micro(now - 1), "leaseTransitions": 3,
        }});
        maker.manager = name;
        maker.put(("coordination.k8s.io", "leases"), "kube-system", name, born, object);
    }
}
