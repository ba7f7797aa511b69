//! What a cluster's own objects say of new ones: accounts, priorities, limits and quotas.

use super::{Write, limits, map_of, quota};
use crate::server::classes;
use crate::server::status::Failure;
use serde_json::Value;

/// What a refusal calls an object that may have no name yet.
pub fn called(object: &Value) -> &str {
    let text = |name: &str| object["metadata"][name].as_str().filter(|text| !text.is_empty());
    text("name").or_else(|| text("generateName")).unwrap_or("Unknown")
}

/// Completes a new object by what others say; refuses one that names what is not there.
pub fn complete(write: &Write<'_>, object: &mut Value) -> Result<(), Failure> {
    let resource = write.resource();
    if resource.is("", "limitranges") {
        limits::complete(object);
    }
    for (plural, finalizer) in [
        ("persistentvolumeclaims", "kubernetes.io/pvc-protection"),
        ("persistentvolumes", "kubernetes.io/pv-protection"),
    ] {
        if resource.is("", plural) {
            protect(object, finalizer);
        }
    }
    if resource.is("", "persistentvolumeclaims") {
        class(write, object);
    }
    if resource.is("", "pods") {
        account(write, object)?;
        priority(write, object)?;
        limits::defaults(write, object);
    }
    Ok(())
}

/// Refuses a complete object that is beyond a limit or a quota, and counts it in the quotas.
pub fn charge(write: &Write<'_>, object: &Value) -> Result<(), Failure> {
    limits::check(write, object)?;
    quota::charge(write, object, None)
}

/// What is in use is kept until it is not.
fn protect(object: &mut Value, finalizer: &str) {
    if object["metadata"]["finalizers"].is_null() {
        map_of(&mut object["metadata"]).insert("finalizers".to_owned(), Value::Array(Vec::new()));
    }
    if let Some(all) = object["metadata"]["finalizers"].as_array_mut()
        && !all.iter().any(|it| it == finalizer)
    {
        all.push(finalizer.into());
    }
}

/// A claim that names no class is of the default one.
fn class(write: &Write<'_>, claim: &mut Value) {
    if !claim["spec"]["storageClassName"].is_null() {
        return;
    }
    let Some((id, _)) = write.store.registry.find("storage.k8s.io", "v1", "storageclasses") else { return };
    let all = write.store.under(id, "");
    if let Some(class) = classes::default(all.iter().map(|record| record.value())) {
        map_of(&mut claim["spec"]).insert("storageClassName".to_owned(), class.into());
    }
}

fn account(write: &Write<'_>, pod: &mut Value) -> Result<(), Failure> {
    let Some((id, accounts)) = write.store.registry.find("", "v1", "serviceaccounts") else { return Ok(()) };
    let spec = &pod["spec"];
    let name = spec["serviceAccountName"].as_str().or_else(|| spec["serviceAccount"].as_str());
    let name = name.filter(|name| !name.is_empty()).unwrap_or("default").to_owned();
    let Some(found) = write.store.get(id, &format!("{}/{name}", write.namespace)) else {
        // The default account comes a moment after its namespace; the server waits for that one.
        if name == "default" {
            return Ok(());
        }
        let why = Failure::not_found(&accounts, &name).to_json();
        let why = format!(
            "error looking up service account {}/{name}: serviceaccount {}",
            write.namespace,
            why["message"].as_str().unwrap_or_default().trim_start_matches("serviceaccounts ")
        );
        return Err(Failure::forbidden(write.resource(), called(pod), &why));
    };
    let pulls = found.value()["imagePullSecrets"].clone();
    let none = pod["spec"]["imagePullSecrets"].as_array().is_none_or(Vec::is_empty);
    if none && pulls.as_array().is_some_and(|all| !all.is_empty()) {
        map_of(&mut pod["spec"]).insert("imagePullSecrets".to_owned(), pulls);
    }
    Ok(())
}

/// A pod has the priority of its class, or of the class for all that name none.
fn priority(write: &Write<'_>, pod: &mut Value) -> Result<(), Failure> {
    let Some((id, _)) = write.store.registry.find("scheduling.k8s.io", "v1", "priorityclasses") else { return Ok(()) };
    let named = pod["spec"]["priorityClassName"].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
    let class = match &named {
        Some(name) => {
            let found = write.store.get(id, name).ok_or_else(|| {
                let why = format!("no PriorityClass with name {name} was found");
                Failure::forbidden(write.resource(), called(pod), &why)
            })?;
            found.value()
        }
        None => {
            let all = write.store.under(id, "");
            let found = all.iter().map(|record| record.value()).find(|class| class["globalDefault"] == true);
            let Some(class) = found else { return Ok(()) };
            class
        }
    };
    let spec = map_of(&mut pod["spec"]);
    spec.insert("priorityClassName".to_owned(), class["metadata"]["name"].clone());
    spec.insert("priority".to_owned(), class["value"].clone());
    if let Some(policy) = class["preemptionPolicy"].as_str() {
        spec.insert("preemptionPolicy".to_owned(), policy.into());
    }
    Ok(())
}
