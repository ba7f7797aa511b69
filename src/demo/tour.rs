//! Incidents of the company that a newcomer is told to look for.

use super::DemoCluster;
use super::content::{Profile, Trouble};
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

    /// Where, and what goes wrong there.
    fn cause(self) -> (&'static str, Trouble) {
        match self {
            Incident::Rollout => ("orders", Trouble::Rollout),
            Incident::Config => ("orders", Trouble::Config),
            Incident::Volume => ("payments", Trouble::Full),
        }
    }
}

/// Those that happen in these clusters. No cluster is built for this.
pub fn incidents(clusters: &[Arc<DemoCluster>]) -> Vec<Incident> {
    let happens = |incident: &Incident| {
        let (namespace, trouble) = incident.cause();
        let suffers = |profile: &Profile| profile.has(namespace) && !profile.spared.contains(&trouble);
        clusters.iter().any(|cluster| suffers(&cluster.plan.profile))
    };
    Incident::ALL.into_iter().filter(happens).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::tests::client::small;
    use crate::server::resource::PODS;

    #[test]
    fn what_is_told_is_there() {
        let mut found = 0;
        for profile in 0..4 {
            let cluster = Arc::new(small(profile, 8));
            let pods = cluster.server().store.latest(PODS).items;
            for incident in incidents(&[cluster]) {
                let (namespace, _) = incident.cause();
                let begin = format!("{namespace}/{}", incident.pods());
                assert!(pods.keys().any(|key| key.starts_with(&begin)), "{begin} in {profile}");
                found += 1;
            }
        }
        assert!(found >= 3, "each of them somewhere");
    }
}
