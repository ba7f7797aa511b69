//! Objects of the kinds that the platform adds.

use super::apps::Trouble;
use super::config::encoded;
use super::deployments::Deployment;
use super::events::{About, Story};
use super::maker::Maker;
use super::network::host;
use super::workloads::Workloads;
use super::{DAY, HOUR, MINUTE, TEAMS, stamp};
use serde_json::{Value, json};

/// Who signs the company's certificates.
pub const ISSUER: &str = "letsencrypt-prod";

/// Adds them.
pub fn add(maker: &mut Maker<'_>, workloads: &Workloads, stories: &mut Vec<Story>) {
    certificates(maker, workloads, stories);
    let profile = maker.profile;
    for team in TEAMS.iter().filter(|team| profile.has(team.namespace)) {
        let of: Vec<&Deployment> =
            workloads.deployments.iter().filter(|it| it.app.namespace == team.namespace).collect();
        application(maker, team, &of, workloads);
        argo(maker, team, &of, stories);
        rules(maker, team, &of);
    }
    maker.manager = "argocd-server";
    for project in ["fintech", "commerce", "platform"] {
        let at = maker.born + 3 * DAY;
        let object = json!({"spec": {
            "description": format!("{project} 项目"), "sourceRepos": ["https://git.example.com/*"],
            "destinations": [{"server": "https://kubernetes.default.svc", "namespace": "*"}],
        }});
        maker.put(("argoproj.io", "appprojects"), "argocd", project, at, object);
    }
}

/// How an application fares in Argo CD's words.
fn health(of: &[&Deployment]) -> &'static str {
    let is = |trouble: &[Trouble]| of.iter().any(|it| trouble.contains(&it.trouble));
    match () {
        () if is(&[Trouble::Crash, Trouble::Image, Trouble::Rollout, Trouble::Quota, Trouble::Config]) => "Degraded",
        () if is(&[Trouble::Init]) => "Progressing",
        () => "Healthy",
    }
}

fn application(maker: &mut Maker<'_>, team: &super::Team, of: &[&Deployment], workloads: &Workloads) {
    let pods = |it: &Deployment| it.pods(&workloads.pods).iter().filter(|pod| pod.is_ready()).count();
    let ready = of.iter().filter(|it| pods(it) >= it.replicas).count();
    let component = |it: &&Deployment| {
        let state = if pods(it) >= it.replicas { "Ready" } else { "InProgress" };
        json!({"group": "apps", "kind": "Deployment", "name": it.app.name, "status": state})
    };
    let all = ready == of.len();
    let at = maker.born + 40 * DAY;
    let object = json!({
        "metadata": {"generation": 1, "labels": {"team": team.name}},
        "spec": {
            "addOwnerRef": true,
            "selector": {"matchLabels": {"app.kubernetes.io/part-of": team.namespace}},
            "componentKinds": [{"group": "apps", "kind": "Deployment"}, {"group": "", "kind": "Service"}],
            "descriptor": {
                "type": team.project, "version": "2026.11", "description": team.title,
                "owners": [{"name": team.members.first().copied().unwrap_or_default(), "email": format!("{}@example.com", team.name)}],
                "links": [{"description": "运行手册", "url": format!("https://wiki.example.com/{}", team.name)}],
            },
        },
        "status": {
            "observedGeneration": 1, "componentsReady": format!("{ready}/{}", of.len()),
            "components": of.iter().map(component).collect::<Vec<_>>(),
            "conditions": [{
                "type": "Ready", "status": if all { "True" } else { "False" },
                "reason": if all { "ComponentsReady" } else { "ComponentsNotReady" },
                "message": format!("{ready} of {} components are ready", of.len()),
                "lastTransitionTime": stamp(maker.now - HOUR),
            }],
        },
    });
    maker.manager = "application-controller";
    maker.put(("app.k8s.io", "applications"), team.namespace, team.namespace, at, object);
}

fn argo(maker: &mut Maker<'_>, team: &super::Team, of: &[&Deployment], stories: &mut Vec<Story>) {
    let health = health(of);
    // A configuration that was changed by hand is not what stands in Git.
    let drifted = of.iter().find(|it| it.trouble == Trouble::Config);
    let sync = if drifted.is_some() { "OutOfSync" } else { "Synced" };
    let revision = maker.rng.hex(40);
    let resource = |it: &&Deployment| {
        json!({
            "group": "apps", "version": "v1", "kind": "Deployment", "namespace": it.app.namespace,
            "name": it.app.name, "status": "Synced",
        })
    };
    let mut resources: Vec<Value> = of.iter().map(resource).collect();
    resources.extend(drifted.map(|it| {
        json!({
            "version": "v1", "kind": "ConfigMap", "namespace": it.app.namespace, "name": it.app.config(),
            "status": "OutOfSync",
        })
    }));
    let source = json!({
        "repoURL": format!("https://git.example.com/deploy/{}.git", team.namespace), "path": maker.profile.name,
        "targetRevision": "main",
    });
    let destination = json!({"server": "https://kubernetes.default.svc", "namespace": team.namespace});
    let at = maker.born + 40 * DAY;
    let mut object = json!({
        "metadata": {"generation": 812, "labels": {"team": team.name}},
        "spec": {
            "project": team.project, "source": source, "destination": destination,
            "syncPolicy": {"automated": {"prune": true, "selfHeal": false}},
        },
        "status": {
            "sync": {"status": sync, "revision": revision, "comparedTo": {"source": source, "destination": destination}},
            "health": {"status": health, "lastTransitionTime": stamp(maker.now - 20 * MINUTE)},
            "reconciledAt": stamp(maker.now - 50), "sourceType": "Kustomize", "resources": resources,
            "history": [{"id": 41, "revision": revision, "deployedAt": stamp(maker.now - 3 * HOUR), "source": source}],
            "operationState": {
                "phase": "Succeeded", "message": "successfully synced (all tasks run)",
                "startedAt": stamp(maker.now - 3 * HOUR), "finishedAt": stamp(maker.now - 3 * HOUR + 14),
                "operation": {"sync": {"revision": revision}},
            },
        },
    });
    if let Some(it) = drifted {
        object["status"]["conditions"] = json!([{
            "type": "SyncError", "message": format!("ConfigMap {} 与 Git 不一致", it.app.config()),
            "lastTransitionTime": stamp(maker.now - 30 * MINUTE),
        }]);
    }
    maker.manager = "argocd-application-controller";
    let uid = maker.put(("argoproj.io", "applications"), "argocd", team.namespace, at, object);
    if health == "Degraded" {
        stories.push(Story {
            about: About {
                kind: "Application",
                api_version: "argoproj.io/v1alpha1",
                namespace: "argocd".to_owned(),
                name: team.namespace.to_owned(),
                uid,
                field: None,
            },
            kind: "Warning",
            reason: "ResourceUpdated",
            message: "Updated health status: Progressing -> Degraded".to_owned(),
            source: "argocd-application-controller",
            count: 1,
            since: 12 * MINUTE,
            until: 12 * MINUTE,
        });
    }
}

fn rules(maker: &mut Maker<'_>, team: &super::Team, of: &[&Deployment]) {
    let at = maker.born + 45 * DAY;
    maker.manager = "argocd-controller";
    let alert = |name: &str, expr: String, time: &str, severity: &str, summary: &str| {
        json!({
            "alert": name, "expr": expr, "for": time, "labels": {"severity": severity, "team": team.name},
            "annotations": {"summary": summary, "runbook": format!("https://wiki.example.com/{}/alerts", team.name)},
        })
    };
    let namespace = team.namespace;
    let object = json!({
        "metadata": {"generation": 1, "labels": {"prometheus": "platform", "team": team.name}},
        "spec": {"groups": [{
            "name": format!("{namespace}.slo"), "interval": "30s",
            "rules": [
                {
                    "record": "namespace:http_errors:ratio5m",
                    "expr": format!("sum(rate(http_requests_total{{namespace=\"{namespace}\",code=~\"5..\"}}[5m])) / sum(rate(http_requests_total{{namespace=\"{namespace}\"}}[5m]))"),
                },
                alert("ErrorRatioHigh", "namespace:http_errors:ratio5m > 0.01".to_owned(), "5m", "critical", "错误率超过 1%"),
                alert("PodCrashLooping", format!("increase(kube_pod_container_status_restarts_total{{namespace=\"{namespace}\"}}[15m]) > 3"), "5m", "warning", "容器反复重启"),
            ],
        }]},
    });
    maker.put(("monitoring.coreos.com", "prometheusrules"), namespace, "slo", at, object);
    for it in of.iter().filter(|it| it.app.is_ours()) {
        let object = json!({
            "metadata": {"generation": 1, "labels": {"prometheus": "platform"}},
            "spec": {
                "selector": {"matchLabels": {"app": it.app.name}},
                "endpoints": [{"port": "http", "path": "/metrics", "interval": "30s"}],
            },
        });
        maker.put(("monitoring.coreos.com", "servicemonitors"), namespace, it.app.name, it.created, object);
    }
}

fn ready(at: i64, reason: &str, message: &str) -> Value {
    json!({
        "type": "Ready", "status": "True", "reason": reason, "message": message, "lastTransitionTime": stamp(at),
        "observedGeneration": 1,
    })
}

fn certificates(maker: &mut Maker<'_>, workloads: &Workloads, stories: &mut Vec<Story>) {
    let (born, now) = (maker.born, maker.now);
    maker.manager = "cert-manager-issuers";
    let issuer = json!({
        "metadata": {"generation": 1},
        "spec": {"acme": {
            "server": "https://acme.example.com/directory", "email": "sre@example.com",
            "privateKeySecretRef": {"name": "acme-account"},
            "solvers": [{"http01": {"ingress": {"ingressClassName": "nginx"}}}],
        }},
        "status": {"conditions": [ready(born + 4 * DAY, "ACMEAccountRegistered", "The ACME account was registered with the ACME server")]},
    });
    maker.put(("cert-manager.io", "clusterissuers"), "", ISSUER, born + 4 * DAY, issuer);
    for namespace in maker.teams() {
        let issuer = json!({
            "metadata": {"generation": 1},
            "spec": {"ca": {"secretName": "internal-ca"}},
            "status": {"conditions": [ready(born + 36 * DAY, "KeyPairVerified", "Signing CA verified")]},
        });
        maker.put(("cert-manager.io", "issuers"), namespace, "internal-ca", born + 36 * DAY, issuer);
    }
    let first = workloads.deployments.iter().find(|it| it.app.sidecar.is_some()).map(|it| it.app.name);
    for deployment in &workloads.deployments {
        let app = deployment.app;
        if app.sidecar.is_none() && !matches!(app.name, "grafana" | "argocd-server" | "artifact-proxy") {
            continue;
        }
        let name = format!("{}-tls", app.name);
        let expires = Some(app.name) == first;
        // A certificate is renewed a month before its end, unless that fails.
        let until = if expires { now + 2 * DAY + 5 * HOUR } else { now + 61 * DAY };
        let from = until - 90 * DAY;
        let host = host(maker, app.name);
        let mut status = json!({
            "notBefore": stamp(from), "notAfter": stamp(until), "renewalTime": stamp(until - 30 * DAY), "revision": 3,
            "conditions": [ready(from, "Ready", "Certificate is up to date and has not expired")],
        });
        let failure = format!("order for {host} failed: dns: SERVFAIL looking up CAA for example.com");
        if expires {
            status["lastFailureTime"] = stamp(now - 47 * MINUTE).into();
            status["failedIssuanceAttempts"] = 9.into();
            if let Some(conditions) = status["conditions"].as_array_mut() {
                conditions.push(json!({
                    "type": "Issuing", "status": "False", "reason": "Failed",
                    "message": format!("The certificate request has failed to complete and will be retried: {failure}"),
                    "lastTransitionTime": stamp(now - 47 * MINUTE), "observedGeneration": 1,
                }));
            }
        }
        let object = json!({
            "metadata": {"generation": 1, "labels": {"app": app.name}},
            "spec": {
                "secretName": name, "dnsNames": [host], "duration": "2160h", "renewBefore": "720h",
                "issuerRef": {"kind": "ClusterIssuer", "name": ISSUER},
            },
            "status": status,
        });
        maker.manager = "cert-manager-ingress-shim";
        let uid =
            maker.put(("cert-manager.io", "certificates"), app.namespace, &name, deployment.created + HOUR, object);
        maker.manager = "cert-manager-certificates-issuing";
        let secret = json!({
            "metadata": {"annotations": {
                "cert-manager.io/certificate-name": name, "cert-manager.io/common-name": host,
                "cert-manager.io/issuer-kind": "ClusterIssuer", "cert-manager.io/issuer-name": ISSUER,
                "example.com/not-after": stamp(until),
            }},
            "type": "kubernetes.io/tls",
            "data": {
                "tls.crt": encoded(&format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", maker.rng.hex(64))),
                "tls.key": encoded(&format!("demo key of {host}: none\n")),
            },
        });
        maker.put(("", "secrets"), app.namespace, &name, from, secret);
        if expires {
            stories.push(Story {
                about: About {
                    kind: "Certificate",
                    api_version: "cert-manager.io/v1",
                    namespace: app.namespace.to_owned(),
                    name,
                    uid,
                    field: None,
                },
                kind: "Warning",
                reason: "Failed",
                message: format!("The certificate request has failed to complete and will be retried: {failure}"),
                source: "cert-manager-certificates-issuing",
                count: 9,
                since: 27 * DAY,
                until: 47 * MINUTE,
            });
        }
    }
}
