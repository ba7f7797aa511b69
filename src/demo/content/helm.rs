//! Helm releases: secrets that hold a whole release.

use super::config::encoded;
use super::maker::Maker;
use super::{DAY, stamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::Write as _;

/// Namespace, release, chart, chart version, application version, revisions.
const RELEASES: [(&str, &str, &str, &str, &str, u32); 6] = [
    ("ingress", "ingress-nginx", "ingress-nginx", "4.14.0", "1.14.0", 3),
    ("monitoring", "grafana", "grafana", "10.2.0", "12.3.0", 2),
    ("cert-manager", "cert-manager", "cert-manager", "v1.19.1", "v1.19.1", 2),
    ("payments", "redis", "redis", "23.2.12", "8.4.0", 4),
    ("payments", "ledger-db", "postgresql", "18.1.8", "18.1.0", 2),
    ("data-platform", "kafka", "kafka", "32.4.3", "4.1.1", 3),
];

/// Adds every revision of every release.
pub fn add(maker: &mut Maker<'_>) {
    maker.manager = "helm";
    for (namespace, name, chart, version, app_version, revisions) in RELEASES {
        if !maker.has(namespace) {
            continue;
        }
        for revision in 1..=revisions {
            let at = maker.born + i64::from(revision) * 31 * DAY;
            let last = revision == revisions;
            // One upgrade of the past went wrong.
            let status = match () {
                () if last => "deployed",
                () if name == "redis" && revision == 3 => "failed",
                () => "superseded",
            };
            let note = if revision == 1 { "Install complete" } else { "Upgrade complete" };
            let release = json!({
                "name": name,
                "namespace": namespace,
                "version": revision,
                "info": {
                    "first_deployed": stamp(maker.born + 31 * DAY),
                    "last_deployed": stamp(at),
                    "deleted": "",
                    "description": if status == "failed" { "Upgrade \"redis\" failed: timed out waiting for the condition" } else { note },
                    "status": status,
                    "notes": format!("{chart} {version} 已部署到 {}\n", maker.profile.name),
                },
                "chart": {
                    "metadata": {
                        "name": chart, "version": version, "appVersion": app_version, "apiVersion": "v2",
                        "description": format!("The {chart} of the company"),
                    },
                    "lock": null, "templates": [], "values": {"replicaCount": 1}, "schema": null, "files": [],
                },
                "config": {"replicaCount": maker.profile.stateful, "global": {"imageRegistry": "harbor.example.com"}},
                "manifest": format!(
                    "---\n# Source: {chart}/templates/serviceaccount.yaml\napiVersion: v1\nkind: ServiceAccount\n\
                     metadata:\n  name: {name}\n  namespace: {namespace}\n"
                ),
            });
            let Some(packed) = pack(&release.to_string()) else { continue };
            let secret = json!({
                "metadata": {"labels": {
                    "owner": "helm", "name": name, "status": status, "version": revision.to_string(),
                    "modifiedAt": at.to_string(),
                }},
                "type": "helm.sh/release.v1",
                // Base64 once by Helm and once more by the API.
                "data": {"release": encoded(&packed)},
            });
            let secret_name = format!("sh.helm.release.v1.{name}.v{revision}");
            maker.put(("", "secrets"), namespace, &secret_name, at, secret);
        }
    }
}

fn pack(text: &str) -> Option<String> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text.as_bytes()).ok()?;
    Some(STANDARD.encode(packer.finish().ok()?))
}
