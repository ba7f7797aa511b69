//! Incidents of the company that a newcomer is told to look for.

use super::DemoCluster;
use crate::server::resource::PODS;
use std::sync::Arc;

/// Something that goes wrong and can be found by looking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Incident {
    /// A rollout that stands still.
    Rollout,
    /// A configuration that was changed ten minutes before the errors began.
    Config,
    /// A volume that fills.
    Volume,
}

impl Incident {
    const ALL: [Incident; 3] = [Incident::Rollout, Incident::Config, Incident::Volume];

    /// How the names of its pods begin.
    pub fn pods(self) -> &'static str {
        match self {
            Incident::Rollout => "cart-service",
            Incident::Config => "order-consumer",
            Incident::Volume => "ledger-db-0",
        }
    }
}

/// Those that happen in these clusters.
pub fn incidents(clusters: &[Arc<DemoCluster>]) -> Vec<Incident> {
    let happens = |incident: &Incident| {
        clusters.iter().any(|cluster| {
            let named = |key: &str| key.rsplit('/').next().is_some_and(|name| name.starts_with(incident.pods()));
            cluster.server.store.latest(PODS).items.keys().any(|key| named(key))
        })
    };
    Incident::ALL.into_iter().filter(happens).collect()
}
