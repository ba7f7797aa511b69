//! How an object uses a config map, a secret, a claim or a service account.

use super::meta::{ObjectMeta, list, nullable};
use super::{DecodeError, fill_meta, first_of};
use crate::model::column::Column;
use crate::model::draft::Draft;
use serde::Deserialize;
use std::fmt::Write as _;

/// The columns of a table of users.
pub static COLUMNS: [Column; 5] =
    [Column::shown("KIND"), Column::shown("NAME"), Column::shown("HOW"), Column::shown("READY"), Column::shown("AGE")];

/// What may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Used {
    /// A config map.
    ConfigMap,
    /// A secret.
    Secret,
    /// A persistent volume claim.
    Claim,
    /// A service account.
    Account,
}

impl Used {
    /// The kind of this plural.
    pub fn named(plural: &str) -> Option<Used> {
        Some(match plural {
            "configmaps" => Used::ConfigMap,
            "secrets" => Used::Secret,
            "persistentvolumeclaims" => Used::Claim,
            "serviceaccounts" => Used::Account,
            _ => return None,
        })
    }

    /// The kinds that may use it, as `plural` or `plural.group`; those of no namespace last.
    pub fn users(self) -> Vec<&'static str> {
        let mut kinds = vec![
            "pods",
            "deployments.apps",
            "statefulsets.apps",
            "daemonsets.apps",
            "jobs.batch",
            "cronjobs.batch",
            "replicationcontrollers",
        ];
        match self {
            Used::ConfigMap | Used::Claim => (),
            Used::Secret => kinds.extend(["serviceaccounts", "ingresses.networking.k8s.io"]),
            Used::Account => kinds
                .extend(["rolebindings.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io"]),
        }
        kinds
    }
}

/// The objects whose users are wanted: of one kind, in one namespace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Their kind.
    pub used: Used,
    /// Their namespace.
    pub namespace: String,
    /// Their names.
    pub names: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Object {
    #[serde(deserialize_with = "nullable")]
    metadata: ObjectMeta,
    #[serde(deserialize_with = "nullable")]
    spec: Spec,
    #[serde(deserialize_with = "nullable")]
    status: Status,
    /// Of bindings.
    #[serde(deserialize_with = "list")]
    subjects: Vec<Subject>,
    /// Of service accounts.
    #[serde(deserialize_with = "list")]
    secrets: Vec<Name>,
    #[serde(deserialize_with = "list")]
    image_pull_secrets: Vec<Name>,
}

/// What the specs of all kinds in question have, each its part.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    #[serde(flatten)]
    pod: PodSpec,
    replicas: Option<i64>,
    completions: Option<i64>,
    template: Option<Template>,
    job_template: Option<JobTemplate>,
    #[serde(deserialize_with = "list")]
    volume_claim_templates: Vec<Template>,
    #[serde(deserialize_with = "list")]
    tls: Vec<Tls>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct JobTemplate {
    spec: Option<JobSpec>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct JobSpec {
    template: Option<Template>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Template {
    #[serde(deserialize_with = "nullable")]
    metadata: Name,
    #[serde(deserialize_with = "nullable")]
    spec: PodSpec,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct PodSpec {
    #[serde(deserialize_with = "nullable")]
    service_account_name: String,
    #[serde(deserialize_with = "list")]
    image_pull_secrets: Vec<Name>,
    #[serde(deserialize_with = "list")]
    volumes: Vec<Volume>,
    #[serde(deserialize_with = "list")]
    init_containers: Vec<Container>,
    #[serde(deserialize_with = "list")]
    containers: Vec<Container>,
    #[serde(deserialize_with = "list")]
    ephemeral_containers: Vec<Container>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Volume {
    #[serde(deserialize_with = "nullable")]
    name: String,
    config_map: Option<Name>,
    secret: Option<SecretName>,
    persistent_volume_claim: Option<ClaimName>,
    ephemeral: Option<serde::de::IgnoredAny>,
    projected: Option<Projected>,
    /// Drivers of other storage name their credentials so.
    #[serde(flatten)]
    others: std::collections::BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Projected {
    #[serde(deserialize_with = "list")]
    sources: Vec<ProjectedSource>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ProjectedSource {
    config_map: Option<Name>,
    secret: Option<Name>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Container {
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[serde(deserialize_with = "list")]
    env: Vec<Variable>,
    #[serde(deserialize_with = "list")]
    env_from: Vec<From>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Variable {
    #[serde(deserialize_with = "nullable")]
    name: String,
    value_from: Option<ValueFrom>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ValueFrom {
    config_map_key_ref: Option<Name>,
    secret_key_ref: Option<Name>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct From {
    config_map_ref: Option<Name>,
    secret_ref: Option<Name>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Name {
    #[serde(deserialize_with = "nullable")]
    name: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct SecretName {
    #[serde(deserialize_with = "nullable")]
    secret_name: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ClaimName {
    #[serde(deserialize_with = "nullable")]
    claim_name: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Tls {
    #[serde(deserialize_with = "nullable")]
    secret_name: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Subject {
    #[serde(deserialize_with = "nullable")]
    kind: String,
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[serde(deserialize_with = "nullable")]
    namespace: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    ready_replicas: Option<i64>,
    number_ready: Option<i64>,
    desired_number_scheduled: Option<i64>,
    succeeded: Option<i64>,
    #[serde(deserialize_with = "list")]
    container_statuses: Vec<Ready>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Ready {
    #[serde(deserialize_with = "nullable")]
    ready: bool,
}

/// Reads an object of `kind` from JSON into the row of a user; it is gone where it uses nothing wanted.
pub fn read(json: &[u8], kind: &str, wanted: &Wanted, draft: &mut Draft) -> Result<(), DecodeError> {
    draft.clear();
    let object: Object = serde_json::from_slice(json).map_err(|source| DecodeError::Json { kind: "object", source })?;
    fill_meta(&object.metadata, draft);
    let mut found = Found { wanted, several: wanted.names.len() > 1, ways: Vec::new() };
    found.object(&object);
    draft.gone = found.ways.is_empty();
    draft.cell(kind);
    draft.cell_span(draft.name);
    draft.cell(&found.ways.join(", "));
    draft.cell(&ready(kind, &object));
    draft.cell_age(draft.created);
    Ok(())
}

/// How many of how many are ready, where the kind has such.
fn ready(kind: &str, object: &Object) -> String {
    let (spec, status) = (&object.spec, &object.status);
    let (some, all) = match kind {
        "Pod" => {
            let ready = status.container_statuses.iter().filter(|it| it.ready).count();
            (ready as i64, spec.pod.containers.len() as i64)
        }
        "DaemonSet" => (status.number_ready.unwrap_or(0), status.desired_number_scheduled.unwrap_or(0)),
        "Job" => (status.succeeded.unwrap_or(0), spec.completions.unwrap_or(1)),
        "Deployment" | "StatefulSet" | "ReplicationController" => {
            (status.ready_replicas.unwrap_or(0), spec.replicas.unwrap_or(1))
        }
        _ => return String::new(),
    };
    format!("{some}/{all}")
}

struct Found<'a> {
    wanted: &'a Wanted,
    /// Several are asked for: each way says of which.
    several: bool,
    ways: Vec<String>,
}

impl Found<'_> {
    fn add(&mut self, used: Used, name: &str, way: &str, at: &str) {
        if self.wanted.used != used || !self.wanted.names.iter().any(|wanted| wanted == name) {
            return;
        }
        let mut text = way.to_owned();
        if !at.is_empty() {
            let _ = write!(text, " {at}");
        }
        if self.several {
            let _ = write!(text, " ({name})");
        }
        if !self.ways.contains(&text) {
            self.ways.push(text);
        }
    }

    fn object(&mut self, object: &Object) {
        for subject in &object.subjects {
            if subject.kind == "ServiceAccount" && subject.namespace == self.wanted.namespace {
                self.add(Used::Account, &subject.name, "subject", "");
            }
        }
        object.secrets.iter().for_each(|it| self.add(Used::Secret, &it.name, "secret", ""));
        object.image_pull_secrets.iter().for_each(|it| self.add(Used::Secret, &it.name, "imagePullSecret", ""));
        let spec = &object.spec;
        spec.tls.iter().for_each(|it| self.add(Used::Secret, &it.secret_name, "TLS", ""));
        self.pod(&spec.pod, &object.metadata.name);
        let job = spec.job_template.as_ref().and_then(|it| it.spec.as_ref()).and_then(|it| it.template.as_ref());
        for template in spec.template.iter().chain(job) {
            self.pod(&template.spec, "");
        }
        // The claims of a stateful set are called TEMPLATE-SET-ORDINAL.
        for template in &spec.volume_claim_templates {
            let begins = format!("{}-{}-", template.metadata.name, object.metadata.name);
            let made = |name: &&String| {
                name.strip_prefix(&begins)
                    .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
            };
            let names: Vec<String> = self.wanted.names.iter().filter(made).cloned().collect();
            for name in &names {
                self.add(Used::Claim, name, "volumeClaimTemplate", &template.metadata.name);
            }
        }
    }

    fn pod(&mut self, pod: &PodSpec, name: &str) {
        let is_pod = !pod.containers.is_empty();
        if is_pod {
            let account = first_of(&pod.service_account_name, "default");
            self.add(Used::Account, account, "serviceAccount", "");
        }
        for secret in &pod.image_pull_secrets {
            self.add(Used::Secret, &secret.name, "imagePullSecret", "");
        }
        for volume in &pod.volumes {
            self.volume(volume, name);
        }
        for container in pod.init_containers.iter().chain(&pod.containers).chain(&pod.ephemeral_containers) {
            for from in &container.env_from {
                let named = [(Used::ConfigMap, &from.config_map_ref), (Used::Secret, &from.secret_ref)];
                for (used, name) in named {
                    let name = name.as_ref().map_or("", |name| name.name.as_str());
                    self.add(used, name, "envFrom in", &container.name);
                }
            }
            for variable in &container.env {
                let Some(from) = &variable.value_from else { continue };
                let named = [(Used::ConfigMap, &from.config_map_key_ref), (Used::Secret, &from.secret_key_ref)];
                for (used, name) in named {
                    let name = name.as_ref().map_or("", |name| name.name.as_str());
                    self.add(used, name, "env", &format!("{} in {}", variable.name, container.name));
                }
            }
        }
    }

    fn volume(&mut self, volume: &Volume, pod: &str) {
        let at = volume.name.as_str();
        if let Some(map) = &volume.config_map {
            self.add(Used::ConfigMap, &map.name, "volume", at);
        }
        if let Some(secret) = &volume.secret {
            self.add(Used::Secret, &secret.secret_name, "volume", at);
        }
        if let Some(claim) = &volume.persistent_volume_claim {
            self.add(Used::Claim, &claim.claim_name, "volume", at);
        }
        if volume.ephemeral.is_some() && !pod.is_empty() {
            self.add(Used::Claim, &format!("{pod}-{at}"), "ephemeral volume", at);
        }
        for source in volume.projected.iter().flat_map(|projected| &projected.sources) {
            let named = [(Used::ConfigMap, &source.config_map), (Used::Secret, &source.secret)];
            for (used, name) in named {
                self.add(used, name.as_ref().map_or("", |name| name.name.as_str()), "projected", at);
            }
        }
        for (driver, source) in &volume.others {
            for key in ["secretRef", "nodePublishSecretRef"] {
                let name = source.get(key).and_then(|it| it.get("name")).and_then(serde_json::Value::as_str);
                self.add(Used::Secret, name.unwrap_or_default(), &format!("{driver} volume"), at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn ways(used: Used, names: &[&str], kind: &str, object: &Value) -> String {
        let names = names.iter().map(ToString::to_string).collect();
        let wanted = Wanted { used, namespace: "shop".into(), names };
        let mut draft = Draft::default();
        read(object.to_string().as_bytes(), kind, &wanted, &mut draft).unwrap();
        let texts = draft.texts(0);
        assert_eq!(draft.gone, texts[2].is_empty());
        format!("{} {}", texts[2], texts[3])
    }

    fn spec() -> Value {
        json!({
            "serviceAccountName": "runner",
            "imagePullSecrets": [{"name": "pull"}],
            "volumes": [
                {"name": "etc", "configMap": {"name": "conf"}},
                {"name": "keys", "secret": {"secretName": "tls"}},
                {"name": "data", "persistentVolumeClaim": {"claimName": "disk"}},
                {"name": "tmp", "ephemeral": {}},
                {"name": "all", "projected": {"sources": [{"configMap": {"name": "conf"}}, {"secret": {"name": "tls"}}, {}]}},
                {"name": "csi", "csi": {"driver": "x", "nodePublishSecretRef": {"name": "csi-key"}}},
            ],
            "initContainers": [{"name": "init", "envFrom": [{"configMapRef": {"name": "conf"}}, {"secretRef": {"name": "tls"}}]}],
            "containers": [{"name": "app", "env": [
                {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "level"}}},
                {"name": "PASS", "valueFrom": {"secretKeyRef": {"name": "tls", "key": "p"}}},
                {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                {"name": "PLAIN", "value": "conf"},
            ]}],
        })
    }

    #[test]
    fn every_way_of_use() {
        let pod =
            json!({"metadata": {"name": "web"}, "spec": spec(), "status": {"containerStatuses": [{"ready": true}]}});
        let conf = "volume etc, projected all, envFrom in init, env LEVEL in app";
        assert_eq!(ways(Used::ConfigMap, &["conf"], "Pod", &pod), format!("{conf} 1/1"));
        let tls = "volume keys, projected all, envFrom in init, env PASS in app";
        assert_eq!(ways(Used::Secret, &["tls"], "Pod", &pod), format!("{tls} 1/1"));
        assert_eq!(ways(Used::Secret, &["pull"], "Pod", &pod), "imagePullSecret 1/1");
        assert_eq!(ways(Used::Secret, &["csi-key"], "Pod", &pod), "csi volume csi 1/1");
        assert_eq!(ways(Used::Claim, &["disk"], "Pod", &pod), "volume data 1/1");
        assert_eq!(ways(Used::Claim, &["web-tmp"], "Pod", &pod), "ephemeral volume tmp 1/1");
        assert_eq!(ways(Used::Account, &["runner"], "Pod", &pod), "serviceAccount 1/1");
        assert_eq!(ways(Used::ConfigMap, &["tls"], "Pod", &pod), " 1/1", "another kind of the same name");
        let both = ways(Used::Secret, &["tls", "pull"], "Pod", &pod);
        assert!(both.starts_with("imagePullSecret (pull), volume keys (tls)"), "{both}");
    }

    #[test]
    fn templates_and_what_is_no_workload() {
        let template = json!({"template": {"metadata": {}, "spec": spec()}, "replicas": 2});
        let deployment = json!({"metadata": {"name": "web"}, "spec": template, "status": {"readyReplicas": 1}});
        assert!(ways(Used::ConfigMap, &["conf"], "Deployment", &deployment).ends_with(" 1/2"));
        let cron = json!({"metadata": {"name": "c"}, "spec": {"jobTemplate": {"spec": {"template": {"spec": spec()}}}},
            "status": {"active": [{"name": "job"}]}});
        assert!(ways(Used::Secret, &["tls"], "CronJob", &cron).starts_with("volume keys"));
        let job = json!({"metadata": {"name": "j"}, "spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}, "status": {"active": 1}});
        assert_eq!(ways(Used::Account, &["default"], "Job", &job), "serviceAccount 0/1");
        let set =
            json!({"metadata": {"name": "db"}, "spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}});
        assert_eq!(ways(Used::Claim, &["data-db-0"], "StatefulSet", &set), "volumeClaimTemplate data 0/1");
        assert_eq!(ways(Used::Claim, &["data-db-x"], "StatefulSet", &set), " 0/1");
        let ingress = json!({"metadata": {"name": "i"}, "spec": {"tls": [{"secretName": "tls"}], "rules": []}});
        assert_eq!(ways(Used::Secret, &["tls"], "Ingress", &ingress), "TLS ");
        let account =
            json!({"metadata": {"name": "a"}, "secrets": [{"name": "tls"}], "imagePullSecrets": [{"name": "pull"}]});
        assert_eq!(ways(Used::Secret, &["tls"], "ServiceAccount", &account), "secret ");
        let binding = |namespace: &str| json!({"metadata": {"name": "b"}, "subjects": [{"kind": "ServiceAccount", "name": "runner", "namespace": namespace}]});
        assert_eq!(ways(Used::Account, &["runner"], "RoleBinding", &binding("shop")), "subject ");
        assert_eq!(ways(Used::Account, &["runner"], "RoleBinding", &binding("other")), " ");
    }
}
