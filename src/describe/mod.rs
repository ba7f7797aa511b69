//! Descriptions: an object and what stands around it as a text to read, arranged as kubectl does it,
//! with what is wrong first and the events last. Pure: what else it needs it names as wants, and the
//! cluster side answers.

mod admission;
mod conditions;
mod config;
mod context;
mod events;
mod fields;
mod generic;
mod ingress;
mod inked;
mod jobs;
mod known;
mod meta;
mod namespace;
mod network_policy;
mod node;
mod page;
mod pkcs10;
mod pod;
mod policy;
mod quantity;
mod rbac;
mod selector;
mod services;
mod signing;
mod storage;
#[cfg(test)]
mod tests;
mod want;
mod when;
mod workloads;

pub use want::{Answers, By, Got, LIST_LIMIT, MOST_WANTS, Want};

use crate::base::age::Timestamp;
use crate::model::document::Document;
use crate::model::kind::Kind;
use context::Context;
use page::Page;
use serde_json::Value;

/// What is to be asked for, given what is there already: at most [`MOST_WANTS`], each once, those that
/// are answered among them. To be called again when answers arrive, since one may lead to others.
pub fn wants(kind: &Kind, object: &Value, got: &Answers) -> Vec<Want> {
    let cx = Context::new(kind, object, got, 0);
    write(&cx);
    cx.into_wants()
}

/// The description. `got` may be partial: what is pending, refused or failed is said in its place.
pub fn describe(kind: &Kind, object: &Value, got: &Answers, now: Timestamp) -> Document {
    write(&Context::new(kind, object, got, now)).finish()
}

fn write(cx: &Context) -> Page {
    let mut page = Page::default();
    events::ask(cx);
    meta::deletion(cx, &mut page);
    writer(cx.kind)(cx, &mut page);
    events::section(cx, &mut page);
    page
}

/// What writes a kind's own part.
fn writer(kind: &Kind) -> fn(&Context, &mut Page) {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod") => pod::describe,
        ("", "Node") => node::describe,
        ("", "Namespace") => namespace::describe,
        ("", "Service") => services::service,
        ("", "Endpoints") => services::endpoints,
        ("", "ConfigMap") => config::config_map,
        ("", "Secret") => config::secret,
        ("", "ServiceAccount") => config::service_account,
        ("", "PersistentVolume") => storage::volume,
        ("", "PersistentVolumeClaim") => storage::claim,
        ("", "ReplicationController") | ("apps", "ReplicaSet") => workloads::replica_set,
        ("", "ResourceQuota") => policy::quota,
        ("", "LimitRange") => policy::limit_range,
        ("" | "events.k8s.io", "Event") => admission::event,
        ("apps", "Deployment") => workloads::deployment,
        ("apps", "StatefulSet") => workloads::stateful_set,
        ("apps", "DaemonSet") => workloads::daemon_set,
        ("batch", "Job") => jobs::job,
        ("batch", "CronJob") => jobs::cron_job,
        ("autoscaling", "HorizontalPodAutoscaler") => policy::autoscaler,
        ("policy", "PodDisruptionBudget") => policy::disruption_budget,
        ("networking.k8s.io", "Ingress") => ingress::ingress,
        ("networking.k8s.io", "IngressClass") => ingress::class,
        ("networking.k8s.io", "NetworkPolicy") => network_policy::describe,
        ("networking.k8s.io", "ServiceCIDR") => admission::service_cidr,
        ("networking.k8s.io", "IPAddress") => admission::ip_address,
        ("discovery.k8s.io", "EndpointSlice") => services::endpoint_slice,
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => rbac::role,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => rbac::binding,
        ("storage.k8s.io", "StorageClass") => storage::storage_class,
        ("storage.k8s.io", "VolumeAttributesClass") => storage::attributes_class,
        ("storage.k8s.io", "VolumeAttachment") => storage::attachment,
        ("storage.k8s.io", "CSINode") => storage::csi_node,
        ("storage.k8s.io", "CSIDriver") => storage::csi_driver,
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class,
        ("coordination.k8s.io", "Lease") => policy::lease,
        ("node.k8s.io", "RuntimeClass") => admission::runtime_class,
        ("certificates.k8s.io", "CertificateSigningRequest") => signing::describe,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => admission::definition,
        ("apiregistration.k8s.io", "APIService") => admission::api_service,
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration") => {
            admission::webhooks
        }
        _ => generic::describe,
    }
}
