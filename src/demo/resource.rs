//! What an embedded cluster serves: resources as discovery names them.

use serde_json::Value;

/// One served resource.
pub struct Resource {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Version in the group.
    pub version: &'static str,
    /// Its collection's segment in a path.
    pub plural: &'static str,
    /// Singular name.
    pub singular: &'static str,
    /// Kind of its objects.
    pub kind: &'static str,
    /// Short names.
    pub short: &'static [&'static str],
    /// Categories.
    pub categories: &'static [&'static str],
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Labels that a field selector may name, as paths into the object.
    pub fields: &'static [&'static str],
    /// What the server writes after the metadata of an object without content.
    pub blank: &'static str,
}

/// A resource by its place in [`ALL`].
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

/// Replica sets.
pub const REPLICASETS: Id = 5;

/// Everything that is served.
pub static ALL: [Resource; 6] = [
    Resource {
        group: "",
        version: "v1",
        plural: "pods",
        singular: "pod",
        kind: "Pod",
        short: &["po"],
        categories: &["all"],
        namespaced: true,
        fields: &[
            "metadata.name",
            "metadata.namespace",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        blank: r#""spec":{"containers":null},"status":{}"#,
    },
    Resource {
        group: "",
        version: "v1",
        plural: "nodes",
        singular: "node",
        kind: "Node",
        short: &["no"],
        categories: &[],
        namespaced: false,
        fields: &["metadata.name", "spec.unschedulable"],
        blank: concat!(
            r#""spec":{},"status":{"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","#,
            r#""systemUUID":"","bootID":"","kernelVersion":"","osImage":"","containerRuntimeVersion":"","#,
            r#""kubeletVersion":"","kubeProxyVersion":"","operatingSystem":"","architecture":""}}"#
        ),
    },
    Resource {
        group: "",
        version: "v1",
        plural: "namespaces",
        singular: "namespace",
        kind: "Namespace",
        short: &["ns"],
        categories: &[],
        namespaced: false,
        fields: &["metadata.name", "status.phase"],
        blank: r#""spec":{},"status":{}"#,
    },
    Resource {
        group: "",
        version: "v1",
        plural: "events",
        singular: "event",
        kind: "Event",
        short: &["ev"],
        categories: &[],
        namespaced: true,
        fields: &[
            "metadata.name",
            "metadata.namespace",
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        blank: concat!(
            r#""involvedObject":{},"source":{},"firstTimestamp":null,"lastTimestamp":null,"#,
            r#""eventTime":null,"reportingComponent":"","reportingInstance":"""#
        ),
    },
    Resource {
        group: "apps",
        version: "v1",
        plural: "deployments",
        singular: "deployment",
        kind: "Deployment",
        short: &["deploy"],
        categories: &["all"],
        namespaced: true,
        fields: &["metadata.name", "metadata.namespace"],
        blank: concat!(
            r#""spec":{"selector":null,"template":{"metadata":{},"spec":{"containers":null}},"strategy":{}},"#,
            r#""status":{}"#
        ),
    },
    Resource {
        group: "apps",
        version: "v1",
        plural: "replicasets",
        singular: "replicaset",
        kind: "ReplicaSet",
        short: &["rs"],
        categories: &["all"],
        namespaced: true,
        fields: &["metadata.name", "metadata.namespace", "status.replicas"],
        blank: r#""spec":{"selector":null},"status":{"replicas":0}"#,
    },
];

/// The served groups with their only version, the core group first.
pub const GROUPS: [(&str, &str); 2] = [("", "v1"), ("apps", "v1")];

/// Finds a resource by its path.
pub fn find(group: &str, version: &str, plural: &str) -> Option<Id> {
    ALL.iter().position(|r| r.group == group && r.version == version && r.plural == plural)
}

impl Resource {
    /// `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `pods` or `deployments.apps`: how errors name it.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// The value of every selectable field of an object, in the order of [`Resource::fields`].
    pub fn field_values(&self, object: &Value) -> Vec<String> {
        self.fields.iter().map(|path| field(object, path)).collect()
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
        _ if matches!(path, "spec.unschedulable" | "spec.hostNetwork") => "false".to_owned(),
        _ => String::new(),
    }
}
