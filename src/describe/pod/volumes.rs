//! Volumes: of pods and templates, and the sources of persistent volumes.

use super::volume_sources::SOURCES;
use crate::describe::context::{Context, Need};
use crate::describe::fields::{Fields, first_of};
use crate::describe::inked::{Inked, more, none, number, unset};
use crate::describe::meta;
use crate::describe::page::Page;
use crate::describe::storage;
use crate::model::document::Ink;
use serde_json::Value;

/// The volumes of a pod or a template.
pub(super) fn section(cx: &Context, page: &mut Page, volumes: &[Value]) {
    if volumes.is_empty() {
        page.field("Volumes", none());
        return;
    }
    page.section("Volumes", |page| {
        for volume in volumes.iter().take(200) {
            page.section(volume.text("name"), |page| of_pod(cx, page, volume));
        }
        if volumes.len() > 200 {
            page.line(more(volumes.len() - 200));
        }
    });
}

fn of_pod(cx: &Context, page: &mut Page, volume: &Value) {
    if volume.has("projected") {
        projected(cx, page, volume.at("projected"));
    } else if volume.has("ephemeral") {
        page.field(
            "Type",
            "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",
        );
        let claim = volume.at("ephemeral.volumeClaimTemplate");
        if !claim.is_null() {
            storage::claim_template(cx, page, claim);
        }
    } else if volume.has("downwardAPI") {
        page.field("Type", "DownwardAPI (a volume populated by information about the pod)");
        page.section("Items", |page| downward(page, volume.at("downwardAPI")));
    } else {
        source(page, volume, &mut |page, field, key, value| match (field, key) {
            ("secret", "SecretName") => Some(cx.named(page, "Secret", value, need(volume, "secret"))),
            ("configMap", "Name") => Some(cx.named(page, "ConfigMap", value, need(volume, "configMap"))),
            ("persistentVolumeClaim", "ClaimName") => {
                Some(cx.named(page, "PersistentVolumeClaim", value, Need::Required))
            }
            _ => None,
        });
    }
}

fn need(volume: &Value, field: &str) -> Need {
    Need::unless_optional(volume.at(field))
}

/// What a volume comes from; `special` writes the values that name objects.
pub(in crate::describe) fn source(
    page: &mut Page,
    volume: &Value,
    special: &mut dyn FnMut(&mut Page, &str, &str, &str) -> Option<Inked>,
) {
    let Some(source) = SOURCES.iter().find(|source| volume.has(source.field)) else {
        page.field("Type", Inked::new("<unknown>", Ink::Dim));
        return;
    };
    let value = volume.at(source.field);
    page.field("Type", source.about);
    for (key, path) in source.shows {
        let (path, only_if_set) = path.strip_prefix('?').map_or((*path, false), |path| (path, true));
        if only_if_set && !value.has(path) {
            continue;
        }
        let at = value.at(path);
        if let Some(inked) = at.as_str().and_then(|text| special(page, source.field, key, text)) {
            page.field(key, inked);
        } else if *key == "VolumeAttributes" || *key == "Options" {
            meta::label_list(page, key, at);
        } else {
            page.field(key, shown(key, at));
        }
    }
}

/// A field of a source; what is not set reads as what that means.
fn shown(key: &str, value: &Value) -> Inked {
    match value {
        Value::Null => match key {
            "ReadOnly" | "Optional" => Inked::new("false", Ink::Word),
            "SizeLimit" => unset(),
            "Partition" | "Lun" => number(0),
            "FSType" | "Medium" => Inked::default(),
            "DiscoveryCHAPAuth" | "SessionCHAPAuth" => Inked::new("false", Ink::Word),
            _ => none(),
        },
        Value::Bool(flag) => Inked::new(flag.to_string(), Ink::Word),
        Value::Number(it) => number(it),
        Value::Array(_) => meta::commas(&value.texts("")),
        // A reference to a secret.
        Value::Object(_) => match value.text("namespace") {
            "" => value.text("name").into(),
            namespace => format!("{namespace}/{}", value.text("name")).into(),
        },
        Value::String(text) => text.as_str().into(),
    }
}

fn projected(cx: &Context, page: &mut Page, projected: &Value) {
    page.field("Type", "Projected (a volume that contains injected data from multiple sources)");
    for source in projected.items("sources") {
        let optional = |it: &Value| Inked::new(it.flag("optional").to_string(), Ink::Word);
        if source.has("secret") {
            let secret = source.at("secret");
            let name = cx.named(page, "Secret", secret.text("name"), Need::unless_optional(secret));
            page.field("SecretName", name);
            page.field("Optional", optional(secret));
        } else if source.has("configMap") {
            let map = source.at("configMap");
            let name = cx.named(page, "ConfigMap", map.text("name"), Need::unless_optional(map));
            page.field("ConfigMapName", name);
            page.field("Optional", optional(map));
        } else if source.has("downwardAPI") {
            page.field("DownwardAPI", Inked::new("true", Ink::Word));
            page.within(|page| downward(page, source.at("downwardAPI")));
        } else if source.has("serviceAccountToken") {
            let token = source.at("serviceAccountToken");
            page.field("TokenExpirationSeconds", number(token.int("expirationSeconds").unwrap_or(3600)));
            page.field_if("TokenAudience", token.text("audience"));
        } else if source.has("clusterTrustBundle") {
            let bundle = source.at("clusterTrustBundle");
            page.field("ClusterTrustBundle", first_of(bundle.text("name"), bundle.text("signerName")));
        } else if source.has("podCertificate") {
            page.field("PodCertificate", source.text("podCertificate.signerName"));
        }
    }
}

fn downward(page: &mut Page, api: &Value) {
    for item in api.items("items") {
        let from = first_of(item.text("fieldRef.fieldPath"), item.text("resourceFieldRef.resource"));
        page.line(Inked::from(from).and(" -> ", Ink::Punctuation).and(item.text("path"), Ink::Text));
    }
}
