//! Troubles that go on.

use super::client::still;
use crate::demo::incidents::Incidents;
use crate::server::resource::PODS;
use serde_json::Value;
use std::collections::BTreeMap;

#[tokio::test]
async fn what_is_wrong_gets_worse() {
    let cluster = still(0, 256);
    let store = cluster.server().store.clone();
    let restarts = || -> u64 {
        let pods = store.latest(PODS).items;
        let of = |pod: Value| {
            let status = pod["status"]["containerStatuses"][0].clone();
            let killed = status["lastState"]["terminated"]["reason"] == "OOMKilled";
            if killed { status["restartCount"].as_u64().unwrap() } else { 0 }
        };
        pods.values().map(|record| of(record.value())).sum()
    };
    let counts = || -> BTreeMap<String, u64> {
        let mut out = BTreeMap::new();
        for record in store.latest(crate::server::resource::EVENTS).items.values() {
            let event = record.value();
            *out.entry(event["reason"].as_str().unwrap().to_owned()).or_default() +=
                event["count"].as_u64().unwrap_or(0);
        }
        out
    };
    let (claims, _) = store.registry.find("", "v1", "persistentvolumeclaims").unwrap();
    let percent = || {
        let claim = store.get(claims, "payments/data-ledger-db-0").unwrap().value();
        let text = claim["metadata"]["annotations"]["example.com/volume-usage-percent"].as_str().unwrap().to_owned();
        text.parse::<u64>().unwrap()
    };
    let before = (restarts(), counts(), percent());
    let mut incidents = Incidents::new(store.clone(), 7, "test");
    for _ in 0..5 {
        incidents.next();
    }
    let after = (restarts(), counts(), percent());
    assert_eq!((after.0, after.2), (before.0 + 1, before.2 + 1));
    for reason in ["OOMKilling", "VolumeUsageHigh", "Unhealthy", "Failed"] {
        assert!(after.1[reason] > before.1[reason], "{reason}");
    }
    for _ in 0..50 {
        incidents.next();
    }
    assert_eq!(percent(), 99, "it is never quite full");
}
