//! Objects as tables: the columns of kubectl, cells computed by the code that the cockpit uses itself.

use super::list::{Page, meta};
use super::options::Include;
use super::resource::{ALL, DEPLOYMENTS, EVENTS, Id, NAMESPACES, NODES, PODS, REPLICASETS};
use super::status::Failure;
use super::store::Record;
use crate::kinds;
use crate::model::cell::Cell;
use crate::model::draft::{Draft, Span};
use serde_json::{Value, json};

/// Name, description and whether only the wide table shows it.
type Definition = (&'static str, &'static str, bool);

const NAME: Definition = (
    "Name",
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a \
     client to request the generation of an appropriate name automatically. Name is primarily intended for creation \
     idempotence and configuration definition. Cannot be updated. More info: \
     https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
    false,
);
const AGE: Definition = (
    "Age",
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed \
     to be set in happens-before order across separate operations. Clients may not set this value. It is represented \
     in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: \
     https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
    false,
);

const POD: &[Definition] = &[
    NAME,
    ("Ready", "The aggregate readiness state of this pod for accepting traffic.", false),
    ("Status", "The aggregate status of the containers in this pod.", false),
    (
        "Restarts",
        "The number of times the containers in this pod have been restarted and when the last container in this pod \
         has restarted.",
        false,
    ),
    AGE,
    (
        "IP",
        "podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.",
        true,
    ),
    (
        "Node",
        "NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate for \
         scheduling by the scheduler defined in schedulerName. Once this field is set, the kubelet for this node \
         becomes responsible for the lifecycle of this pod. This field should not be used to express a desire \
         for the pod to be scheduled on a specific node. \
         https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename",
        true,
    ),
    (
        "Nominated Node",
        "nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled \
         right away as preemption victims receive their graceful termination periods. This field does not \
         guarantee that the pod will be scheduled on this node. Scheduler may decide to place the pod elsewhere \
         if other nodes become available sooner. Scheduler may also decide to give the resources on this node to \
         a higher priority pod that is created after preemption. As a result, this field may be different than \
         PodSpec.nodeName when the pod is scheduled.",
        true,
    ),
    (
        "Readiness Gates",
        "If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its \
         containers are ready AND all conditions specified in the readiness gates have status equal to \"True\" \
         More info: https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates",
        true,
    ),
];

const NODE: &[Definition] = &[
    NAME,
    ("Status", "The status of the node", false),
    ("Roles", "The roles of the node", false),
    AGE,
    ("Version", "Kubelet Version reported by the node.", false),
    (
        "Internal-IP",
        "List of addresses reachable to the node. Queried from cloud provider, if available. More info: \
         https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared as \
         mergeable, but the merge key is not sufficiently unique, which can cause data corruption when it is \
         merged. Callers should instead use a full-replacement patch. See https://pr.k8s.io/79391 for an \
         example. Consumers should assume that addresses can change during the lifetime of a Node. However, \
         there are some exceptions where this may not be possible, such as Pods that inherit a Node's address in \
         its own status or consumers of the downward API (status.hostIP).",
        true,
    ),
    (
        "External-IP",
        "List of addresses reachable to the node. Queried from cloud provider, if available. More info: \
         https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared as \
         mergeable, but the merge key is not sufficiently unique, which can cause data corruption when it is \
         merged. Callers should instead use a full-replacement patch. See https://pr.k8s.io/79391 for an \
         example. Consumers should assume that addresses can change during the lifetime of a Node. However, \
         there are some exceptions where this may not be possible, such as Pods that inherit a Node's address in \
         its own status or consumers of the downward API (status.hostIP).",
        true,
    ),
    ("OS-Image", "OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).", true),
    ("Kernel-Version", "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64).", true),
    (
        "Container-Runtime",
        "ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).",
        true,
    ),
];

const NAMESPACE: &[Definition] = &[NAME, ("Status", "The status of the namespace", false), AGE];

const EVENT: &[Definition] = &[
    ("Last Seen", "The time at which the most recent occurrence of this event was recorded.", false),
    ("Type", "Type of this event (Normal, Warning), new types could be added in the future", false),
    (
        "Reason",
        "This should be a short, machine understandable string that gives the reason for the transition into the \
         object's current status.",
        false,
    ),
    ("Object", "The object that this event is about.", false),
    (
        "Subobject",
        "If referring to a piece of an object instead of an entire object, this string should contain a valid \
         JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object \
         reference is to a container within a pod, this would take on a value like: \"spec.containers{name}\" (where \
         \"name\" refers to the name of the container that triggered the event) or if no container name is specified \
         \"spec.containers[2]\" (container with index 2 in this pod). This syntax is chosen only to have some \
         well-defined way of referencing a part of an object.",
        true,
    ),
    ("Source", "The component reporting this event. Should be a short machine understandable string.", true),
    ("Message", "A human-readable description of the status of this operation.", false),
    ("First Seen", "The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)", true),
    ("Count", "The number of times this event has occurred.", true),
    (NAME.0, NAME.1, true),
];

const DEPLOYMENT: &[Definition] = &[
    NAME,
    ("Ready", "Number of the pod with ready state", false),
    (
        "Up-to-date",
        "Total number of non-terminating pods targeted by this deployment that have the desired template spec.",
        false,
    ),
    (
        "Available",
        "Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this \
         deployment.",
        false,
    ),
    AGE,
    ("Containers", "Names of each container in the template.", true),
    ("Images", "Images referenced by each container in the template.", true),
    (
        "Selector",
        "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected \
         by this deployment. It must match the pod template's labels.",
        true,
    ),
];

const REPLICASET: &[Definition] = &[
    NAME,
    ("Desired", "Desired number of replicas.", false),
    ("Current", "Current number of non-terminating replicas.", false),
    ("Ready", "Number of non-terminating replicas that have a Ready Condition.", false),
    AGE,
];

fn definitions(id: Id) -> &'static [Definition] {
    match id {
        PODS => POD,
        NODES => NODE,
        NAMESPACES => NAMESPACE,
        EVENTS => EVENT,
        DEPLOYMENTS => DEPLOYMENT,
        REPLICASETS => REPLICASET,
        _ => &[],
    }
}

fn columns(id: Id) -> Value {
    let column = |(name, description, wide): &Definition| {
        let format = if *name == "Name" { "name" } else { "" };
        let priority = u8::from(*wide);
        json!({"name": name, "type": "string", "format": format, "description": description, "priority": priority})
    };
    definitions(id).iter().map(column).collect()
}

/// The cells of one object, given as it stands alone.
fn cells(id: Id, object: &[u8]) -> Result<Vec<Value>, Failure> {
    if id == REPLICASETS {
        return replica_set(object);
    }
    let resource = &ALL[id];
    let kind = kinds::find(resource.group, resource.version, resource.plural)
        .ok_or_else(|| Failure::internal(&format!("no table of {}", resource.plural)))?;
    let mut draft = Draft::default();
    (kind.from_json)(object, &mut draft).map_err(|error| Failure::internal(&error.to_string()))?;
    let now = u32::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
    let value = |cell: &Cell<Span>| match *cell {
        // The restarts of pods are a text even where they are only a number.
        Cell::Number(number) if id != PODS => number.into(),
        cell => {
            let mut text = String::new();
            cell.write(&mut text, now, |span| draft.get(span));
            Value::String(text)
        }
    };
    Ok(draft.cells.iter().map(value).collect())
}

/// The cells of a replica set, whose wide columns are left out.
fn replica_set(object: &[u8]) -> Result<Vec<Value>, Failure> {
    let object: Value = serde_json::from_slice(object).map_err(|error| Failure::internal(&error.to_string()))?;
    let number = |pointer: &str| object.pointer(pointer).cloned().unwrap_or_else(|| 0.into());
    let created = object["metadata"]["creationTimestamp"].as_str().unwrap_or_default();
    let created = created.parse().map_or(0, jiff::Timestamp::as_second);
    let mut age = String::new();
    crate::base::age::write_duration(&mut age, jiff::Timestamp::now().as_second() - created);
    let counts = ["/spec/replicas", "/status/replicas", "/status/readyReplicas"].map(number);
    Ok([object["metadata"]["name"].clone()].into_iter().chain(counts).chain([age.into()]).collect())
}

fn row(id: Id, whole: &[u8], object: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) -> Result<(), Failure> {
    let cells = Value::Array(cells(id, whole)?);
    out.extend_from_slice(format!("{{\"cells\":{cells},\"object\":").as_bytes());
    object(out);
    out.push(b'}');
    Ok(())
}

fn record_row(id: Id, record: &Record, meta: &str, include: Include, out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut whole = Vec::new();
    record.write(&ALL[id], record.version, &mut whole);
    let object = |out: &mut Vec<u8>| match include {
        Include::Object => out.extend_from_slice(&whole),
        Include::Metadata => record.write_partial(meta, record.version, out),
        Include::None => out.extend_from_slice(b"null"),
    };
    row(id, &whole, object, out)
}

fn begin(meta_version: &str, metadata: &Value, columns: &Value, out: &mut Vec<u8>) {
    let head = format!(
        "{{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/{meta_version}\",\"metadata\":{metadata},\
         \"columnDefinitions\":{columns},\"rows\":["
    );
    out.extend_from_slice(head.as_bytes());
}

/// A page as a table.
pub fn list(id: Id, page: &Page, meta_version: &str, include: Include) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    begin(meta_version, &meta(page), &columns(id), &mut out);
    for (i, record) in page.items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        record_row(id, record, meta_version, include, &mut out)?;
    }
    out.extend_from_slice(b"]}\n");
    Ok(out)
}

/// One object as a table.
pub fn object(id: Id, record: &Record, meta: &str, include: Include, out: &mut Vec<u8>) -> Result<(), Failure> {
    begin(meta, &json!({"resourceVersion": record.version.to_string()}), &columns(id), out);
    record_row(id, record, meta, include, out)?;
    out.extend_from_slice(b"]}");
    Ok(())
}

/// The table of one watch event; `object` writes what its row carries. Only the first has columns.
pub fn single(
    id: Id,
    meta: &str,
    version: u64,
    include: Include,
    headers: bool,
    object: impl Fn(Include, &mut Vec<u8>),
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut whole = Vec::new();
    object(Include::Object, &mut whole);
    let columns = if headers { columns(id) } else { Value::Null };
    begin(meta, &json!({"resourceVersion": version.to_string()}), &columns, out);
    row(id, &whole, |out| object(include, out), out)?;
    out.extend_from_slice(b"]}");
    Ok(())
}
