//! What a server serves: resources as discovery names them.

use super::schema::{self, Shape};
use serde_json::Value;

/// One served resource.
#[derive(Debug, Default, PartialEq)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: String,
    /// Version in the group.
    pub version: String,
    /// Its collection's segment in a path.
    pub plural: String,
    /// Singular name.
    pub singular: String,
    /// Kind of its objects.
    pub kind: String,
    /// Short names.
    pub short: Vec<String>,
    /// Categories.
    pub categories: Vec<String>,
    /// The minor version of the server, which prints as that one does; 0 is the newest.
    pub minor: u16,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Fields that a field selector may name, as paths into the object.
    pub fields: Vec<String>,
    /// What may be done.
    pub verbs: Verbs,
    /// The parts that are served below its objects.
    pub subresources: Vec<&'static str>,
    /// What a custom resource definition says beyond that.
    pub custom: Option<Custom>,
}

/// What may be done with a resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Verbs {
    /// Everything.
    #[default]
    All,
    /// Reading only.
    Read,
    /// Objects are asked, not kept: only created.
    Ask,
}

impl Verbs {
    /// As discovery lists them.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Verbs::All => &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
            Verbs::Read => &["get", "list"],
            Verbs::Ask => &["create"],
        }
    }
}

/// The part of a custom resource definition that its objects need.
#[derive(Debug, PartialEq)]
pub struct Custom {
    /// The version's `openAPIV3Schema`.
    pub schema: Value,
    /// Its `additionalPrinterColumns`.
    pub columns: Vec<Value>,
    /// Its `subresources.scale`.
    pub scale: Option<Value>,
}

/// A resource by its place in a registry.
pub type Id = usize;

/// Pods.
pub const PODS: Id = 0;
/// Nodes.
pub const NODES: Id = 1;
/// Namespaces.
pub const NAMESPACES: Id = 2;
/// Events of the core group.
pub const EVENTS: Id = 3;
/// Deployments.
pub const DEPLOYMENTS: Id = 4;

/// A row of the table of built-in resources: group, version, plural, kind, short names with blanks, flags.
/// `n` lives in namespaces, `a` is of the category `all`, `s` has a status of its own, `c` can be scaled,
/// `r` only reads, `q` only asks.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

static BUILT_IN: [Row; 56] = [
    ("", "v1", "pods", "Pod", "po", "nas"),
    ("", "v1", "nodes", "Node", "no", "s"),
    ("", "v1", "namespaces", "Namespace", "ns", "s"),
    ("", "v1", "events", "Event", "ev", "n"),
    ("apps", "v1", "deployments", "Deployment", "deploy", "nasc"),
    ("", "v1", "bindings", "Binding", "", "nq"),
    ("", "v1", "configmaps", "ConfigMap", "cm", "n"),
    ("", "v1", "endpoints", "Endpoints", "ep", "n"),
    ("", "v1", "limitranges", "LimitRange", "limits", "n"),
    ("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "pvc", "ns"),
    ("", "v1", "persistentvolumes", "PersistentVolume", "pv", "s"),
    ("", "v1", "podtemplates", "PodTemplate", "", "n"),
    ("", "v1", "replicationcontrollers", "ReplicationController", "rc", "nasc"),
    ("", "v1", "resourcequotas", "ResourceQuota", "quota", "ns"),
    ("", "v1", "secrets", "Secret", "", "n"),
    ("", "v1", "serviceaccounts", "ServiceAccount", "sa", "n"),
    ("", "v1", "services", "Service", "svc", "nas"),
    ("apiregistration.k8s.io", "v1", "apiservices", "APIService", "", "s"),
    ("apps", "v1", "controllerrevisions", "ControllerRevision", "", "n"),
    ("apps", "v1", "daemonsets", "DaemonSet", "ds", "nas"),
    ("apps", "v1", "replicasets", "ReplicaSet", "rs", "nasc"),
    ("apps", "v1", "statefulsets", "StatefulSet", "sts", "nasc"),
    ("events.k8s.io", "v1", "events", "Event", "ev", "n"),
    ("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", "", "q"),
    ("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", "", "q"),
    ("authorization.k8s.io", "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", "", "nq"),
    ("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", "", "q"),
    ("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", "", "q"),
    ("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", "", "q"),
    ("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa", "nas"),
    ("batch", "v1", "cronjobs", "CronJob", "cj", "nas"),
    ("batch", "v1", "jobs", "Job", "", "nas"),
    ("certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest", "csr", "s"),
    ("networking.k8s.io", "v1", "ingressclasses", "IngressClass", "", ""),
    ("networking.k8s.io", "v1", "ingresses", "Ingress", "ing", "ns"),
    ("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "netpol", "n"),
    ("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb", "ns"),
    ("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", "", ""),
    ("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", "", ""),
    ("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", "", "n"),
    ("rbac.authorization.k8s.io", "v1", "roles", "Role", "", "n"),
    ("storage.k8s.io", "v1", "csidrivers", "CSIDriver", "", ""),
    ("storage.k8s.io", "v1", "csinodes", "CSINode", "", ""),
    ("storage.k8s.io", "v1", "storageclasses", "StorageClass", "sc", ""),
    ("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", "", "s"),
    ("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", "", ""),
    ("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", "", "s"),
    (
        "admissionregistration.k8s.io",
        "v1",
        "validatingadmissionpolicybindings",
        "ValidatingAdmissionPolicyBinding",
        "",
        "",
    ),
    ("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", "", ""),
    ("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", "crd crds", "s"),
    ("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", "pc", ""),
    ("coordination.k8s.io", "v1", "leases", "Lease", "", "n"),
    ("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", "", ""),
    ("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", "", "n"),
    ("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", "", "r"),
    ("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", "", "nr"),
];

/// Fields that may be selected beyond name and namespace.
fn fields_of(group: &str, plural: &str) -> &'static [&'static str] {
    match (group, plural) {
        ("", "pods") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        ("", "nodes") => &["spec.unschedulable"],
        ("", "namespaces") => &["status.phase"],
        ("", "secrets") => &["type"],
        ("", "services") => &["spec.clusterIP", "spec.type"],
        ("", "replicationcontrollers") | ("apps", "replicasets") => &["status.replicas"],
        ("batch", "jobs") => &["status.successful"],
        ("certificates.k8s.io", "certificatesigningrequests") => &["spec.signerName"],
        // The two stand in the same order: they are fields of the same objects.
        ("", "events") => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "type",
            "source",
        ],
        ("events.k8s.io", "events") => &[
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "regarding.apiVersion",
            "regarding.resourceVersion",
            "regarding.fieldPath",
            "reason",
            "reportingController",
            "type",
        ],
        _ => &[],
    }
}

/// Parts served below the objects of a resource, beyond its status and scale.
fn below(group: &str, plural: &str) -> &'static [&'static str] {
    match (group, plural) {
        ("", "pods") => &["binding", "ephemeralcontainers", "eviction", "log"],
        ("", "namespaces") => &["finalize"],
        ("", "serviceaccounts") => &["token"],
        ("certificates.k8s.io", "certificatesigningrequests") => &["approval"],
        _ => &[],
    }
}

/// The resources that every server serves.
pub fn built_in() -> Vec<Resource> {
    let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    BUILT_IN
        .iter()
        .map(|&(group, version, plural, kind, short, flags)| {
            let has = |flag: char| flags.contains(flag);
            let mut subresources = below(group, plural).to_vec();
            subresources.extend(has('c').then_some("scale"));
            subresources.extend(has('s').then_some("status"));
            let namespace = has('n').then_some("metadata.namespace");
            let fields = ["metadata.name"].into_iter().chain(namespace).chain(fields_of(group, plural).iter().copied());
            Resource {
                group: group.to_owned(),
                version: version.to_owned(),
                plural: plural.to_owned(),
                singular: if group == "metrics.k8s.io" { String::new() } else { kind.to_lowercase() },
                kind: kind.to_owned(),
                short: words(short),
                categories: categories(group, has('a')).iter().map(ToString::to_string).collect(),
                namespaced: has('n'),
                fields: fields.map(str::to_owned).collect(),
                verbs: match () {
                    () if has('q') => Verbs::Ask,
                    () if has('r') => Verbs::Read,
                    () => Verbs::All,
                },
                subresources,
                minor: 0,
                custom: None,
            }
        })
        .collect()
}

fn categories(group: &str, all: bool) -> &'static [&'static str] {
    match group {
        "admissionregistration.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io" => &["api-extensions"],
        _ if all => &["all"],
        _ => &[],
    }
}

impl Resource {
    /// `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `pods` or `deployments.apps`: how errors name it.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `Pod` or `Deployment.apps`: how errors about an object's content name it.
    pub fn qualified_kind(&self) -> String {
        if self.group.is_empty() { self.kind.clone() } else { format!("{}.{}", self.kind, self.group) }
    }

    /// The value of every selectable field of an object, in the order of [`Resource::fields`].
    pub fn field_values(&self, object: &Value) -> Vec<String> {
        self.fields.iter().map(|path| field(object, path)).collect()
    }

    /// The shape of its objects.
    pub fn shape(&self) -> Shape<'_> {
        match &self.custom {
            Some(custom) => Shape::Custom(&custom.schema),
            None => Shape::built_in(&self.group, &self.version, &self.kind).unwrap_or(Shape::Any),
        }
    }

    /// All but the metadata of an object that says nothing.
    pub fn blank(&self) -> &'static Value {
        schema::blank(if self.custom.is_some() { "?" } else { &self.group }, &self.plural)
    }

    /// The name of its internal package, as errors write it.
    pub fn package(&self) -> &str {
        if self.group.is_empty() { "core" } else { self.group.split('.').next().unwrap_or_default() }
    }

    /// The type of its objects, as errors write it.
    pub fn go_type(&self, end: &str) -> String {
        if self.custom.is_some() {
            return format!("*unstructured.Unstructured{end}");
        }
        format!("*{}.{}{end}", self.package(), self.kind)
    }

    /// Whether an update must say which version it replaces.
    pub fn wants_version(&self) -> bool {
        const THESE: [&str; 3] = ["leases", "poddisruptionbudgets", "customresourcedefinitions"];
        self.custom.is_some() || THESE.contains(&self.plural.as_str())
    }

    /// Whether the answer to a deletion is the object, and not a status.
    pub fn tells_deleted(&self) -> bool {
        const THESE: [&str; 8] = [
            "pods",
            "persistentvolumes",
            "persistentvolumeclaims",
            "serviceaccounts",
            "resourcequotas",
            "podtemplates",
            "services",
            "replicationcontrollers",
        ];
        self.custom.is_none() && self.group.is_empty() && THESE.contains(&self.plural.as_str())
    }

    /// Whether the status is written by a path of its own.
    pub fn has_status(&self) -> bool {
        self.subresources.contains(&"status")
    }

    /// Whether it is this built-in one.
    pub fn is(&self, group: &str, plural: &str) -> bool {
        self.custom.is_none() && self.group == group && self.plural == plural
    }
}

fn field(object: &Value, path: &str) -> String {
    let at = |path: &str| path.split('.').try_fold(object, |value, part| value.get(part));
    let value = match path {
        "source" => at("source.component").or_else(|| at("reportingComponent")),
        path => at(path),
    };
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        _ if matches!(path, "spec.unschedulable" | "spec.hostNetwork") => "false".to_owned(),
        _ if matches!(path, "status.replicas" | "status.successful") => "0".to_owned(),
        _ => String::new(),
    }
}
