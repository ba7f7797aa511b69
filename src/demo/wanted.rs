//! How large a fleet is wanted.

use super::content::fleet::{MOST, profile};
use super::content::{Profile, workloads};

/// The sizes are those of each cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Clusters.
    pub clusters: usize,
    /// Nodes.
    pub nodes: usize,
    /// Pods.
    pub pods: usize,
    /// Changes a second; with none, only clients change anything, and controllers that answer them.
    pub churn: u32,
    /// The same seed gives the same company.
    pub seed: u64,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted { clusters: 4, nodes: 30, pods: 1000, churn: 5, seed: 1 }
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

/// The most nodes and pods of a cluster, as Kubernetes has them tested.
const MOST_NODES: usize = 5_000;
const MOST_PODS: usize = 150_000;
/// The most changes a second.
const MOST_CHURN: u32 = 5_000;
/// One that is lost, one that is closed, one for accelerators, and two that take what comes.
const LEAST_WORKERS: usize = 4;

impl Wanted {
    /// The clusters to build.
    pub(super) fn profiles(&self) -> Result<Vec<Profile>, TooMuch> {
        let refuse = |option, given, why: String| Err(TooMuch { option, given, why });
        let Wanted { clusters, nodes, pods, churn, .. } = *self;
        if clusters == 0 || clusters > MOST {
            return refuse("clusters", clusters, format!("a fleet has 1 to {MOST}"));
        }
        if churn > MOST_CHURN {
            return refuse("churn", churn as usize, format!("no more than {MOST_CHURN} changes a second"));
        }
        let mut profiles: Vec<Profile> = (0..clusters).map(profile).collect();
        for profile in &mut profiles {
            let (name, least) = (profile.name, profile.control_nodes + LEAST_WORKERS);
            if nodes < least || nodes > MOST_NODES {
                return refuse("nodes", nodes, format!("{name} has {least} to {MOST_NODES}"));
            }
            (profile.worker_nodes, profile.pods) = (nodes - profile.control_nodes, pods);
            let least = workloads::least(profile);
            if pods < least {
                return refuse("pods", pods, format!("{name} has {least} at least on {nodes} nodes"));
            }
            if pods > MOST_PODS {
                return refuse("pods", pods, format!("no cluster has more than {MOST_PODS}"));
            }
            let most = workloads::most(profile);
            if pods > most {
                let (workers, room) = (profile.worker_nodes, workloads::ROOM);
                let why = format!(
                    "a node takes {room}, and the {workers} of {name} that take any have room for {most} in all; more \
                     --nodes would help"
                );
                return refuse("pods", pods, why);
            }
        }
        Ok(profiles)
    }
}
