//! Nodes and namespaces.

use super::{DAY, HOUR, MINUTE, Profile, managed, stamp};
use crate::demo::rng::Rng;
use serde_json::{Value, json};
use std::sync::Arc;

/// One node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// Its address.
    pub ip: String,
    /// Whether it runs the control plane.
    pub control: bool,
    /// Since when it has not been heard of.
    pub lost: Option<i64>,
    /// Whether nothing new may be placed on it.
    pub cordoned: bool,
    /// Whether it is kept for work on accelerators.
    pub gpu: bool,
    /// Its availability zone.
    pub zone: &'static str,
    /// Its place among all.
    number: usize,
    created: i64,
}

/// The nodes of a cluster: of the workers, one is lost and one cordoned.
pub fn nodes(profile: &Profile, rng: &mut Rng, now: i64, born: i64) -> Vec<Arc<Node>> {
    let total = profile.control_nodes + profile.worker_nodes;
    let digits = total.to_string().len().max(2);
    (0..total)
        .map(|i| {
            let control = i < profile.control_nodes;
            let (role, number) = if control { ("cp", i + 1) } else { ("worker", i + 1 - profile.control_nodes) };
            let zone = ["a", "b", "c"][i % 3];
            let created = if control { born } else { born + rng.between(HOUR, 150 * DAY) };
            Arc::new(Node {
                name: format!("{}-{zone}-{role}-{number:0digits$}", profile.site),
                uid: rng.uid(),
                ip: address(i),
                control,
                lost: (i == total - 1).then_some(now - 3 * MINUTE - 12),
                cordoned: i == total - 2,
                gpu: i == total - 3 && !control,
                zone,
                number: i,
                created,
            })
        })
        .collect()
}

/// The address of a node by its number.
pub fn address(i: usize) -> String {
    if i < 240 { format!("10.42.{}.{}", i % 3, 11 + i) } else { format!("10.43.{}.{}", i / 250, 1 + i % 250) }
}

impl Node {
    /// The addresses of its pods, up to their last number.
    fn network(&self) -> String {
        format!("10.{}.{}", 128 + self.number / 256, self.number % 256)
    }

    /// The address of one of its pods.
    pub fn pod_address(&self, number: usize) -> String {
        format!("{}.{}", self.network(), 2 + number % 250)
    }

    /// Whether new pods can be placed on it.
    pub fn takes_pods(&self) -> bool {
        !self.control && !self.cordoned && !self.gpu
    }

    fn conditions(&self, now: i64) -> Vec<Value> {
        let since = stamp(self.created + MINUTE);
        let heartbeat = stamp(self.lost.map_or(now - 20, |lost| lost - 40));
        let quiet = [
            ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ("Ready", "KubeletReady", "kubelet is posting ready status"),
        ];
        quiet
            .into_iter()
            .map(|(kind, reason, message)| match self.lost {
                Some(lost) => json!({
                    "type": kind, "status": "Unknown", "reason": "NodeStatusUnknown",
                    "message": "Kubelet stopped posting node status.",
                    "lastHeartbeatTime": heartbeat, "lastTransitionTime": stamp(lost),
                }),
                None => json!({
                    "type": kind, "status": if kind == "Ready" { "True" } else { "False" },
                    "reason": reason, "message": message,
                    "lastHeartbeatTime": heartbeat, "lastTransitionTime": since,
                }),
            })
            .collect()
    }

    fn taints(&self) -> Vec<Value> {
        let mut taints = Vec::new();
        if self.control {
            taints.push(json!({"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}));
        }
        if self.gpu {
            taints.push(json!({"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}));
        }
        if self.cordoned {
            taints.push(json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}));
        }
        if let Some(lost) = self.lost {
            for effect in ["NoSchedule", "NoExecute"] {
                let key = "node.kubernetes.io/unreachable";
                taints.push(json!({"key": key, "effect": effect, "timeAdded": stamp(lost)}));
            }
        }
        taints
    }

    /// The node as the API gives it.
    pub fn to_json(&self, profile: &Profile, now: i64) -> Value {
        let role =
            if self.control { "node-role.kubernetes.io/control-plane" } else { "node-role.kubernetes.io/worker" };
        let range = format!("{}.0/24", self.network());
        let mut spec = json!({"podCIDR": range, "podCIDRs": [range], "providerID": format!("example:///{}/{}", self.zone, self.name)});
        let taints = self.taints();
        if !taints.is_empty() {
            spec["taints"] = taints.into();
        }
        if self.cordoned {
            spec["unschedulable"] = true.into();
        }
        let (cpu, memory) = if self.control { ("8", "32779412Ki") } else { ("32", "131923688Ki") };
        let mut capacity = json!({"cpu": cpu, "memory": memory, "pods": "110", "ephemeral-storage": "515928484Ki"});
        if self.gpu {
            capacity["nvidia.com/gpu"] = "8".into();
        }
        let mut node = json!({
            "metadata": {
                "name": self.name,
                "uid": self.uid,
                "creationTimestamp": stamp(self.created),
                "labels": {
                    "kubernetes.io/arch": "amd64",
                    "kubernetes.io/os": "linux",
                    "kubernetes.io/hostname": self.name,
                    role: "",
                    "node.kubernetes.io/instance-type": if self.control { "c8.2xlarge" } else { "m8.8xlarge" },
                    "topology.kubernetes.io/region": profile.region,
                    "topology.kubernetes.io/zone": format!("{}-{}", profile.region, self.zone),
                },
                "annotations": {
                    "node.alpha.kubernetes.io/ttl": "0",
                    "example.com/rack": format!("机架 {}-{}", self.zone.to_uppercase(), self.ip.rsplit('.').next().unwrap_or("")),
                },
                "managedFields": [managed("kubelet", "v1", now - 20, true)],
            },
            "spec": spec,
            "status": {
                "capacity": capacity,
                "allocatable": capacity,
                "conditions": self.conditions(now),
                "addresses": [
                    {"type": "InternalIP", "address": self.ip},
                    {"type": "Hostname", "address": self.name},
                ],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
                "nodeInfo": {
                    "machineID": self.uid.replace('-', ""),
                    "systemUUID": self.uid,
                    "bootID": self.uid,
                    "kernelVersion": "6.12.48-lts",
                    "osImage": "Debian GNU/Linux 13 (trixie)",
                    "containerRuntimeVersion": "containerd://2.2.1",
                    "kubeletVersion": profile.git_version,
                    "kubeProxyVersion": "",
                    "operatingSystem": "linux",
                    "architecture": "amd64",
                },
            },
        });
        node["metadata"]["labels"]["example.com/pool"] = if self.gpu { "gpu" } else { "general" }.into();
        node
    }
}

/// A namespace.
pub fn namespace(rng: &mut Rng, name: &str, title: &str, created: i64) -> Value {
    let mut labels = json!({"kubernetes.io/metadata.name": name});
    if let Some(team) = super::TEAMS.iter().find(|team| team.namespace == name) {
        labels["team"] = team.name.into();
        labels["example.com/project"] = team.project.into();
        labels["pod-security.kubernetes.io/enforce"] = "baseline".into();
    }
    json!({
        "metadata": {
            "name": name,
            "uid": rng.uid(),
            "creationTimestamp": stamp(created),
            "labels": labels,
            "annotations": {"example.com/title": title},
            "managedFields": [managed("kubectl-create", "v1", created, false)],
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    })
}
