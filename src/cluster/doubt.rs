//! Answers that no working API server gives: whether the road is to blame or one request alone.

use super::ask::AskError;
use super::cluster::Cluster;

/// Looks closer at such an answer. A login page or a load balancer without a server answers everything
/// alike; one aggregated API, or one overloaded kind, only its own requests. A small question tells.
pub async fn look_closer(cluster: &Cluster, error: AskError) -> AskError {
    if !is_doubtful(&error) {
        return error;
    }
    match cluster.learn_version().await {
        Err(AskError::Wire(_)) => AskError::NoServer(error.sentence()),
        Err(other) if is_doubtful(&other) => AskError::NoServer(error.sentence()),
        Err(other) if other.trouble().is_some() => other,
        _ => error,
    }
}

fn is_doubtful(error: &AskError) -> bool {
    matches!(error, AskError::Foreign(_)) || error.code().is_some_and(|code| code >= 500)
}
