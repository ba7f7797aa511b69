//! How large a fleet is wanted.

use super::DemoCluster;
use super::content::{PROFILES, Profile};
use crate::server::resource::{NODES, PODS};

/// Sizes are per cluster; what is not said is as the company has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Clusters.
    pub clusters: Option<usize>,
    /// Nodes.
    pub nodes: Option<usize>,
    /// Pods.
    pub pods: Option<usize>,
    /// Changes a second; with none, only clients change anything, and controllers that answer them.
    pub churn: Option<u32>,
    /// The same seed gives the same company.
    pub seed: u64,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted { clusters: None, nodes: None, pods: None, churn: None, seed: 1 }
    }
}

/// A size that the company cannot have.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[error("--{option} {given}: {why}")]
pub struct TooMuch {
    option: &'static str,
    given: usize,
    why: String,
}

/// The most nodes for which there are addresses.
const MOST_NODES: usize = 200;

impl Wanted {
    /// The clusters to build.
    pub(super) fn profiles(&self) -> Result<Vec<Profile>, TooMuch> {
        let refuse = |option, given, why: String| Err(TooMuch { option, given, why });
        let count = self.clusters.unwrap_or(PROFILES.len());
        if count == 0 || count > PROFILES.len() {
            return refuse("clusters", count, format!("there are 1 to {}", PROFILES.len()));
        }
        if let Some(churn) = self.churn.filter(|churn| *churn > 0) {
            return refuse("churn", churn as usize, "only 0 can be asked for so far".to_owned());
        }
        let mut profiles: Vec<Profile> = PROFILES.iter().take(count).cloned().collect();
        for profile in &mut profiles {
            if let Some(nodes) = self.nodes {
                let least = profile.control_nodes + 3;
                if nodes < least || nodes > MOST_NODES {
                    return refuse("nodes", nodes, format!("{} has {least} to {MOST_NODES}", profile.name));
                }
                profile.worker_nodes = nodes - profile.control_nodes;
            }
            profile.pods = self.pods.unwrap_or(profile.pods);
        }
        Ok(profiles)
    }

    /// Whether a cluster has become what is wanted.
    pub(super) fn check(&self, cluster: &DemoCluster) -> Result<(), TooMuch> {
        let count = |id| cluster.server.store.latest(id).items.len();
        for (option, wanted, has) in [("nodes", self.nodes, count(NODES)), ("pods", self.pods, count(PODS))] {
            if let Some(given) = wanted.filter(|wanted| *wanted != has) {
                let why = format!("{} has {has} at least", cluster.name);
                return Err(TooMuch { option, given, why });
            }
        }
        Ok(())
    }
}
