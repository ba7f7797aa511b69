//! What objects name of others, read from their bytes without the rest of them.

use super::DecodeError;
use super::meta::{list, nullable};
use prost::Message;

/// How JSON wraps an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shell {
    /// Not at all.
    Bare,
    /// As the row of a Table.
    Row,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Owned {
    #[prost(message, required, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    metadata: Meta,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Meta {
    #[prost(message, repeated, tag = "13")]
    #[serde(deserialize_with = "list")]
    owner_references: Vec<OwnerReference>,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct OwnerReference {
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    uid: String,
    #[prost(bool, tag = "6")]
    #[serde(deserialize_with = "nullable")]
    controller: bool,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Row {
    object: Option<Owned>,
}

/// The uid of an object's controller.
pub fn controllers(bytes: &[u8], json: bool, shell: Shell) -> Result<Vec<String>, DecodeError> {
    let object: Owned = match (json, shell) {
        (false, _) => decode(bytes)?,
        (true, Shell::Bare) => from_json(bytes)?,
        (true, Shell::Row) => from_json::<Row>(bytes)?.object.unwrap_or_default(),
    };
    Ok(object.metadata.owner_references.into_iter().filter(|it| it.controller).map(|it| it.uid).collect())
}

#[derive(prost::Message, Clone, PartialEq)]
struct Pod {
    #[prost(message, required, tag = "1")]
    metadata: Name,
    #[prost(message, required, tag = "2")]
    spec: Spec,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Name {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    name: String,
}

#[derive(prost::Message, Clone, PartialEq)]
struct Spec {
    #[prost(message, repeated, tag = "1")]
    volumes: Vec<Volume>,
}

#[derive(prost::Message, Clone, PartialEq)]
struct Volume {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, required, tag = "2")]
    source: Source,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Source {
    #[prost(message, optional, tag = "10")]
    persistent_volume_claim: Option<Claim>,
    #[prost(message, optional, tag = "29")]
    ephemeral: Option<super::meta::Present>,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Claim {
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "nullable")]
    claim_name: String,
}

/// In JSON the source of a volume stands beside its name.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct JsonPod {
    #[serde(deserialize_with = "nullable")]
    metadata: Name,
    #[serde(deserialize_with = "nullable")]
    spec: JsonSpec,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct JsonSpec {
    #[serde(deserialize_with = "list")]
    volumes: Vec<JsonVolume>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct JsonVolume {
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[serde(flatten)]
    source: Source,
}

/// The claims that a pod mounts, those made for it included.
pub fn claims(bytes: &[u8], json: bool) -> Result<Vec<String>, DecodeError> {
    let (pod, volumes): (String, Vec<(String, Source)>) = if json {
        let pod: JsonPod = from_json(bytes)?;
        (pod.metadata.name, pod.spec.volumes.into_iter().map(|it| (it.name, it.source)).collect())
    } else {
        let pod: Pod = decode(bytes)?;
        (pod.metadata.name, pod.spec.volumes.into_iter().map(|it| (it.name, it.source)).collect())
    };
    let claim = |(name, source): (String, Source)| match source {
        Source { persistent_volume_claim: Some(claim), .. } => Some(claim.claim_name),
        Source { ephemeral: Some(_), .. } => Some(format!("{pod}-{name}")),
        Source { .. } => None,
    };
    Ok(volumes.into_iter().filter_map(claim).collect())
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    #[prost(message, required, tag = "2")]
    #[serde(deserialize_with = "nullable")]
    involved_object: Target,
}

#[derive(prost::Message, serde::Deserialize, Clone, PartialEq)]
#[serde(default)]
struct Target {
    #[prost(string, tag = "4")]
    #[serde(deserialize_with = "nullable")]
    uid: String,
}

/// The uid that an event is about.
pub fn about(bytes: &[u8], json: bool) -> Result<Vec<String>, DecodeError> {
    let event: Event = if json { from_json(bytes)? } else { decode(bytes)? };
    Ok(vec![event.involved_object.uid])
}

fn decode<T: Message + Default>(bytes: &[u8]) -> Result<T, DecodeError> {
    T::decode(bytes).map_err(|source| DecodeError::Protobuf { kind: "object", source })
}

fn from_json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(bytes).map_err(|source| DecodeError::Json { kind: "object", source })
}

#[cfg(test)]
mod tests {
    use super::super::meta::Present;
    use super::*;

    #[test]
    fn the_same_from_json_and_protobuf() {
        let json = br#"{"metadata":{"name":"db-0","ownerReferences":[{"uid":"1"},{"uid":"2","controller":true}]},
            "spec":{"volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"data-db-0"}},
            {"name":"tmp","ephemeral":{"volumeClaimTemplate":{}}},{"name":"etc","configMap":{"name":"x"}}]}}"#;
        assert_eq!(controllers(json, true, Shell::Bare).unwrap(), ["2"]);
        let row = [br#"{"cells":[],"object":"#.as_slice(), json, b"}"].concat();
        assert_eq!(controllers(&row, true, Shell::Row).unwrap(), ["2"]);
        assert_eq!(claims(json, true).unwrap(), ["data-db-0", "db-0-tmp"]);
        let owner = |uid: &str, controller| OwnerReference { uid: uid.into(), controller };
        let meta = Owned { metadata: Meta { owner_references: vec![owner("1", false), owner("2", true)] } };
        assert_eq!(controllers(&meta.encode_to_vec(), false, Shell::Bare).unwrap(), ["2"]);
        let volume = |name: &str, source| Volume { name: name.into(), source };
        let claim = Some(Claim { claim_name: "data-db-0".into() });
        let pod = Pod {
            metadata: Name { name: "db-0".into() },
            spec: Spec {
                volumes: vec![
                    volume("data", Source { persistent_volume_claim: claim, ephemeral: None }),
                    volume("tmp", Source { persistent_volume_claim: None, ephemeral: Some(Present::default()) }),
                    volume("etc", Source::default()),
                ],
            },
        };
        assert_eq!(claims(&pod.encode_to_vec(), false).unwrap(), ["data-db-0", "db-0-tmp"]);
        let event = Event { involved_object: Target { uid: "7".into() } };
        assert_eq!(about(&event.encode_to_vec(), false).unwrap(), ["7"]);
        assert_eq!(about(br#"{"involvedObject":{"uid":"7"}}"#, true).unwrap(), ["7"]);
        assert!(about(b"{", true).is_err());
    }
}
