//! What the clusters hold.

use super::client::{NOW, still};
use crate::demo::DemoCluster;
use crate::server::resource::{DEPLOYMENTS, EVENTS, Id, NAMESPACES, NODES, PODS};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Event, Namespace, Node, Pod};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

fn all<T: DeserializeOwned>(cluster: &DemoCluster, id: Id) -> Vec<T> {
    let items = cluster.server().store.latest(id).items;
    items.values().map(|record| serde_json::from_slice(&record.item()).unwrap()).collect()
}

#[test]
fn sizes_and_types() {
    for (profile, pods, nodes) in [(0, 140, 9), (1, 70, 5), (2, 60, 7), (3, 60, 6)] {
        let cluster = still(profile, 8);
        assert_eq!(all::<Pod>(&cluster, PODS).len(), pods);
        assert_eq!(all::<Node>(&cluster, NODES).len(), nodes);
        assert!(all::<Namespace>(&cluster, NAMESPACES).len() > 10);
        assert!(all::<Event>(&cluster, EVENTS).len() > 15);
    }
}

#[test]
fn deployments_agree_with_their_pods() {
    for profile in [0, 1] {
        let cluster = still(profile, 8);
        let pods = all::<Pod>(&cluster, PODS);
        for deployment in all::<Deployment>(&cluster, DEPLOYMENTS) {
            let (meta, status) = (deployment.metadata, deployment.status.unwrap());
            let app = meta.labels.unwrap()["app"].clone();
            let own: Vec<_> = pods
                .iter()
                .filter(|pod| pod.metadata.namespace == meta.namespace)
                .filter(|pod| pod.metadata.labels.as_ref().unwrap().get("app") == Some(&app))
                .collect();
            for pod in &own {
                let hash = &pod.metadata.labels.as_ref().unwrap()["pod-template-hash"];
                let owner = &pod.metadata.owner_references.as_ref().unwrap()[0];
                assert_eq!(owner.name, format!("{app}-{hash}"));
                assert!(pod.metadata.name.as_ref().unwrap().starts_with(&owner.name));
            }
            let ready = own.iter().filter(|pod| {
                let status = pod.status.as_ref().unwrap();
                pod.metadata.deletion_timestamp.is_none()
                    && status.conditions.iter().flatten().any(|it| it.type_ == "Ready" && it.status == "True")
            });
            assert_eq!(status.ready_replicas.unwrap_or(0) as usize, ready.count(), "{app}");
        }
    }
}

#[test]
fn every_trouble_is_there() {
    // The others are spared some.
    for profile in [0] {
        let cluster = still(profile, 8);
        let pods = all::<Pod>(&cluster, PODS);
        let mut seen = BTreeSet::new();
        for pod in &pods {
            let status = pod.status.as_ref().unwrap();
            seen.extend(status.phase.clone());
            seen.extend(status.reason.clone());
            if pod.metadata.deletion_timestamp.is_some() {
                seen.insert("Terminating".to_owned());
            }
            for container in status.container_statuses.iter().flatten() {
                let ends = [&container.state, &container.last_state];
                for state in ends.into_iter().flatten() {
                    seen.extend(state.waiting.as_ref().and_then(|it| it.reason.clone()));
                    seen.extend(state.terminated.as_ref().and_then(|it| it.reason.clone()));
                }
            }
        }
        for want in [
            "Running",
            "Pending",
            "Succeeded",
            "CrashLoopBackOff",
            "ImagePullBackOff",
            "PodInitializing",
            "Completed",
            "Error",
            "Evicted",
            "Terminating",
            "OOMKilled",
        ] {
            assert!(seen.contains(want), "{want} in {profile}");
        }
        let uids: BTreeSet<_> = pods.iter().map(|pod| pod.metadata.uid.clone()).collect();
        assert_eq!(uids.len(), pods.len());
        for event in all::<Event>(&cluster, EVENTS) {
            if event.involved_object.kind.as_deref() == Some("Pod") {
                assert!(uids.contains(&event.involved_object.uid), "{event:?}");
            }
        }
        for pod in pods {
            assert!(pod.metadata.creation_timestamp.unwrap().0.as_second() <= NOW);
        }
    }
}
