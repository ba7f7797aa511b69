//! What a pod asks of its node, as the scheduler counts it.

use crate::describe::fields::Fields;
use crate::describe::quantity::Quantity;
use serde_json::Value;
use std::collections::BTreeMap;

/// Quantities by resource.
pub(in crate::describe) type Amounts = BTreeMap<String, Quantity>;

/// `requests` or `limits` of a pod: containers and sidecars together, or an init container that needs
/// more; what the pod says as a whole goes before; its overhead on top.
pub(in crate::describe) fn of_pod(pod: &Value, side: &str) -> Amounts {
    let mut running = Amounts::new();
    for container in pod.items("spec.containers") {
        add(&mut running, &amounts(pod, container, "status.containerStatuses", side));
    }
    let mut sidecars = Amounts::new();
    let mut starting = Amounts::new();
    for container in pod.items("spec.initContainers") {
        let mut needs = amounts(pod, container, "status.initContainerStatuses", side);
        if container.text("restartPolicy") == "Always" {
            add(&mut running, &needs);
            add(&mut sidecars, &needs);
            needs.clone_from(&sidecars);
        } else {
            add(&mut needs, &sidecars);
        }
        largest(&mut starting, &needs);
    }
    largest(&mut running, &starting);
    for (name, quantity) in read(pod.at("spec.resources"), side) {
        running.insert(name, quantity);
    }
    for (name, value) in pod.entries("spec.overhead") {
        let extra = Quantity::of(value, "").unwrap_or_default();
        match running.get_mut(name) {
            Some(sum) => *sum = sum.plus(extra),
            None if side == "requests" => {
                running.insert(name.to_owned(), extra);
            }
            None => {}
        }
    }
    running
}

/// Of a container: the larger of what it asks for and what it still has while being resized.
fn amounts(pod: &Value, container: &Value, statuses: &str, side: &str) -> Amounts {
    let mut amounts = read(container.at("resources"), side);
    let status = pod.items(statuses).iter().find(|it| it.text("name") == container.text("name"));
    if let Some(status) = status {
        largest(&mut amounts, &read(status.at("resources"), side));
    }
    amounts
}

fn read(resources: &Value, side: &str) -> Amounts {
    let entries = resources.entries(side).into_iter();
    entries.filter_map(|(name, value)| Some((name.to_owned(), Quantity::of(value, "")?))).collect()
}

/// Adds `more` to `sums`.
pub(in crate::describe) fn add(sums: &mut Amounts, more: &Amounts) {
    for (name, quantity) in more {
        let sum = sums.entry(name.clone()).or_default();
        *sum = sum.plus(*quantity);
    }
}

fn largest(most: &mut Amounts, other: &Amounts) {
    for (name, quantity) in other {
        let entry = most.entry(name.clone()).or_default();
        *entry = entry.max(*quantity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_as_the_scheduler_does() {
        let pod = json!({"spec": {
            "containers": [
                {"name": "a", "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}}},
                {"name": "b", "resources": {"requests": {"cpu": "200m"}, "limits": {"cpu": "1"}}}
            ],
            "initContainers": [
                {"name": "side", "restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}},
                {"name": "load", "resources": {"requests": {"cpu": "1", "memory": "16Mi"}}}
            ],
            "overhead": {"cpu": "10m"}
        }});
        let text = |amounts: Amounts| amounts.iter().map(|(name, it)| format!("{name}={it}")).collect::<Vec<_>>();
        assert_eq!(text(of_pod(&pod, "requests")), ["cpu=1060m", "memory=1Gi"]);
        assert_eq!(text(of_pod(&pod, "limits")), ["cpu=1010m"]);
        let whole = json!({"spec": {"containers": [{"resources": {"requests": {"cpu": "4"}}}],
            "resources": {"requests": {"cpu": "1"}}}});
        assert_eq!(text(of_pod(&whole, "requests")), ["cpu=1"]);
    }
}
