//! Resource quotas: what an object uses of them, and the refusal of what goes beyond.

use super::Write;
use crate::server::quantity::{read, write as quantity};
use crate::server::resource::{Id, Resource};
use crate::server::status::Failure;
use crate::server::store::{Expected, Record};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Amounts in thousandths, by the names that quotas give them.
pub type Amounts = BTreeMap<String, i128>;

/// What the containers of a pod must say where a quota counts it.
const MUST_SAY: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
/// How often a charge that others overtake is tried again.
const TRIES: usize = 16;

/// `count/pods` or `count/deployments.apps`.
fn count_of(resource: &Resource) -> String {
    format!("count/{}", resource.qualified())
}

/// Whether objects of a resource can use what a quota calls by this name.
pub fn concerns(resource: &Resource, name: &str) -> bool {
    if name.starts_with("count/") {
        return name == count_of(resource);
    }
    let is = |plural: &str| resource.is("", plural);
    let of_claims = name == "requests.storage" || name.contains(".storageclass.storage.k8s.io/");
    match name {
        "configmaps" | "secrets" | "replicationcontrollers" | "resourcequotas" => is(name),
        "persistentvolumeclaims" => is(name),
        _ if name == "services" || name.starts_with("services.") => is("services"),
        _ if of_claims => is("persistentvolumeclaims"),
        _ => is("pods"),
    }
}

/// What an object uses.
pub fn usage(resource: &Resource, object: &Value) -> Amounts {
    let mut out = Amounts::from([(count_of(resource), 1000)]);
    if !resource.group.is_empty() || resource.custom.is_some() {
        return out;
    }
    let spec = &object["spec"];
    match resource.plural.as_str() {
        "pods" => pod(object, &mut out),
        "configmaps" | "secrets" | "replicationcontrollers" | "resourcequotas" => {
            out.insert(resource.plural.clone(), 1000);
        }
        "persistentvolumeclaims" => {
            let storage = read(&spec["resources"]["requests"]["storage"]).unwrap_or(0);
            let mut add = |before: &str| {
                out.insert(format!("{before}persistentvolumeclaims"), 1000);
                out.insert(format!("{before}requests.storage"), storage);
            };
            add("");
            if let Some(class) = spec["storageClassName"].as_str() {
                add(&format!("{class}.storageclass.storage.k8s.io/"));
            }
        }
        "services" => {
            out.insert("services".to_owned(), 1000);
            let balanced = spec["type"] == "LoadBalancer";
            if balanced {
                out.insert("services.loadbalancers".to_owned(), 1000);
            }
            if balanced && spec["allocateLoadBalancerNodePorts"] != false || spec["type"] == "NodePort" {
                let ports = spec["ports"].as_array().map_or(0, Vec::len);
                out.insert("services.nodeports".to_owned(), ports as i128 * 1000);
            }
        }
        _ => {}
    }
    out
}

fn is_over(pod: &Value) -> bool {
    matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

fn pod(pod: &Value, out: &mut Amounts) {
    if is_over(pod) {
        return;
    }
    out.insert("pods".to_owned(), 1000);
    for (name, amount) in asked(pod, "requests") {
        // What is not native to Kubernetes has no short name.
        if !name.contains('/') {
            out.insert(name.clone(), amount);
        }
        out.insert(format!("requests.{name}"), amount);
    }
    for (name, amount) in asked(pod, "limits").into_iter().filter(|(name, _)| !name.contains('/')) {
        out.insert(format!("limits.{name}"), amount);
    }
}

/// What the containers of a pod ask for together, or what the largest of its first containers does.
pub(super) fn asked(pod: &Value, part: &str) -> Amounts {
    let of = |container: &Value| -> Amounts {
        let all = container["resources"][part].as_object().into_iter().flatten();
        all.filter_map(|(name, value)| Some((name.clone(), read(value)?))).collect()
    };
    let add = |sum: &mut Amounts, more: Amounts| {
        for (name, amount) in more {
            *sum.entry(name).or_default() += amount;
        }
    };
    let list = |name: &str| pod["spec"][name].as_array().map_or(&[][..], Vec::as_slice);
    let (mut sum, mut stays, mut most) = (Amounts::new(), Amounts::new(), Amounts::new());
    for container in list("initContainers") {
        let mut now = stays.clone();
        add(&mut now, of(container));
        if container["restartPolicy"] == "Always" {
            stays.clone_from(&now);
        }
        for (name, amount) in now {
            let most = most.entry(name).or_default();
            *most = (*most).max(amount);
        }
    }
    add(&mut sum, stays);
    for container in list("containers") {
        add(&mut sum, of(container));
    }
    for (name, amount) in most {
        let sum = sum.entry(name).or_default();
        *sum = (*sum).max(amount);
    }
    sum
}

/// Whether a quota counts an object at all: whether the object is of all its scopes.
pub fn takes(quota: &Value, resource: &Resource, object: &Value) -> bool {
    let spec = &quota["spec"];
    let plain = spec["scopes"].as_array().into_iter().flatten();
    let mut plain = plain.map(|scope| json!({"scopeName": scope, "operator": "Exists"}));
    let mut terms = spec["scopeSelector"]["matchExpressions"].as_array().into_iter().flatten();
    let is_of = |term: &Value| {
        if !resource.is("", "pods") {
            return false;
        }
        let pod = &object["spec"];
        match term["scopeName"].as_str() {
            Some("Terminating") => !pod["activeDeadlineSeconds"].is_null(),
            Some("NotTerminating") => pod["activeDeadlineSeconds"].is_null(),
            Some("BestEffort") => object["status"]["qosClass"] == "BestEffort",
            Some("NotBestEffort") => object["status"]["qosClass"] != "BestEffort",
            Some("PriorityClass") => {
                let class = &pod["priorityClassName"];
                let among = || term["values"].as_array().is_some_and(|all| all.contains(class));
                match term["operator"].as_str() {
                    Some("In") => among(),
                    Some("NotIn") => !among(),
                    Some("DoesNotExist") => class.is_null(),
                    _ => !class.is_null(),
                }
            }
            _ => false,
        }
    };
    plain.all(|term| is_of(&term)) && terms.all(is_of)
}

/// `a=1,b=2`.
fn listed<'a>(amounts: impl Iterator<Item = (&'a String, i128)>) -> String {
    amounts.map(|(name, amount)| format!("{name}={}", quantity(amount, name))).collect::<Vec<_>>().join(",")
}

/// Whether a change of an object is counted at all: where it may come to use more.
fn counts_change(write: &Write<'_>, old: &Value, new: &Value) -> bool {
    let resource = write.resource();
    let deadline = |pod: &Value| !pod["spec"]["activeDeadlineSeconds"].is_null();
    match resource.plural.as_str() {
        _ if !resource.group.is_empty() || !write.part.is_empty() => false,
        "pods" => deadline(old) != deadline(new),
        plural => matches!(plural, "persistentvolumeclaims" | "services"),
    }
}

/// Counts an object in the quotas of its namespace, or refuses it: all of a new one, of another what it uses more than
/// before. What is given back is counted by those who see it go.
pub fn charge(write: &Write<'_>, object: &Value, old: Option<&Value>) -> Result<(), Failure> {
    let Some((id, _)) = write.store.registry.find("", "v1", "resourcequotas") else { return Ok(()) };
    if !write.resource().namespaced || old.is_some_and(|old| !counts_change(write, old, object)) {
        return Ok(());
    }
    let prefix = format!("{}/", write.namespace);
    for _ in 0..TRIES {
        let quotas = write.store.under(id, &prefix);
        let mut charged = Vec::new();
        for record in quotas {
            if let Some(quota) = charged_one(write, &record.value(), object, old)? {
                charged.push((record, quota));
            }
        }
        if write.options.dry_run || store(write, id, charged) {
            return Ok(());
        }
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    Err(Failure::race(write.resource(), name))
}

/// Writes the quotas; `false` when others were quicker.
fn store(write: &Write<'_>, id: Id, charged: Vec<(Arc<Record>, Value)>) -> bool {
    charged
        .into_iter()
        .all(|(record, quota)| write.store.put(id, &record.key, Expected::Version(record.version), quota).is_ok())
}

/// A quota with the object counted; `None` where it does not count it.
fn charged_one(
    write: &Write<'_>,
    quota: &Value,
    object: &Value,
    old: Option<&Value>,
) -> Result<Option<Value>, Failure> {
    let resource = write.resource();
    let text = |value: &Value| value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let (name, of) = (text(object), text(quota));
    let Some(hard) = quota["status"]["hard"].as_object() else { return Ok(None) };
    if !takes(quota, resource, object) {
        return Ok(None);
    }
    let refuse = |why: String| Failure::forbidden(resource, &name, &why);
    if resource.is("", "pods") {
        let missing = unsaid(object, hard.keys().map(String::as_str));
        if !missing.is_empty() {
            return Err(refuse(format!("failed quota: {of}: must specify {missing}")));
        }
    }
    let mut uses = usage(resource, object);
    if let Some(old) = old.filter(|old| takes(quota, resource, old)) {
        for (name, before) in usage(resource, old) {
            uses.entry(name).and_modify(|amount| *amount -= before);
        }
    }
    uses.retain(|name, amount| hard.contains_key(name) && *amount > 0);
    if uses.is_empty() {
        return Ok(None);
    }
    let used = &quota["status"]["used"];
    let unknown: Vec<&str> = uses.keys().filter(|name| used.get(*name).is_none()).map(String::as_str).collect();
    if !unknown.is_empty() {
        return Err(refuse(format!("status unknown for quota: {of}, resources: {}", unknown.join(","))));
    }
    let (has, most) = (|name: &String| read(&used[name]).unwrap_or(0), |name: &String| read(&hard[name]).unwrap_or(0));
    let beyond: BTreeSet<&String> =
        uses.iter().filter(|(name, amount)| has(name) + **amount > most(name)).map(|(name, _)| name).collect();
    if !beyond.is_empty() {
        let all = |amount: &dyn Fn(&String) -> i128| listed(beyond.iter().map(|name| (*name, amount(name))));
        return Err(refuse(format!(
            "exceeded quota: {of}, requested: {}, used: {}, limited: {}",
            all(&|name| uses[name]),
            all(&has),
            all(&most)
        )));
    }
    let mut next = quota.clone();
    for (name, amount) in &uses {
        next["status"]["used"][name] = quantity(has(name) + amount, name).into();
    }
    Ok(Some(next))
}

/// What containers leave unsaid though a quota counts it.
fn unsaid<'a>(pod: &Value, hard: impl Iterator<Item = &'a str>) -> String {
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for name in hard.filter(|name| MUST_SAY.contains(name)) {
        let (part, plain) = name.split_once('.').unwrap_or(("requests", name));
        let lists = ["containers", "initContainers"];
        for container in lists.iter().filter_map(|list| pod["spec"][*list].as_array()).flatten() {
            if container["resources"][part].get(plain).is_none() {
                missing.entry(name).or_default().insert(container["name"].as_str().unwrap_or_default());
            }
        }
    }
    let one =
        |(name, of): (&str, BTreeSet<&str>)| format!("{name} for: {}", of.into_iter().collect::<Vec<_>>().join(","));
    missing.into_iter().map(one).collect::<Vec<_>>().join("; ")
}
