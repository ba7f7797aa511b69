//! The one table of relations: what opening an object of a kind leads to, and how that is found out.
//! What Enter does, its hint and the help are derived from it.

/// How the related objects are found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum How {
    /// Selected by the object's selector, and controlled by an object of this kind that it controls.
    OwnedThrough(&'static str),
    /// Controlled by the object, by uid; its selector, where it has one, saves looking at the rest.
    Owned,
    /// Selected by its label selector.
    Selected,
    /// Scheduled on it.
    OnNode,
    /// Pods with a volume of this claim.
    Mounts,
    /// The claim that it is bound to.
    BoundTo,
    /// What it scales.
    Scales,
    /// The objects of the kind that it defines.
    Instances,
    /// The services that it sends requests to.
    Backends,
    /// The pods behind its addresses.
    Addresses,
    /// The role that it grants.
    Grants,
    /// Its containers.
    Containers,
    /// The object that controls it, among its kind.
    Owner,
    /// What was reported about it.
    Events,
    /// Whatever refers to it.
    Uses,
}

/// An entry of the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Relation {
    /// The kind it starts from, as `plural` or `plural.group`; empty for any.
    pub of: &'static str,
    /// What is shown: a kind in the same form, or a word where the object itself says the kind.
    pub shows: &'static str,
    /// How that is found.
    pub how: How,
}

const fn of(of: &'static str, shows: &'static str, how: How) -> Relation {
    Relation { of, shows, how }
}

/// The word for containers as a table.
pub const CONTAINERS: &str = "containers";
/// The core group's events.
pub const EVENTS: &str = "events";

/// What Enter opens, by kind.
pub static RELATIONS: [Relation; 21] = [
    of("pods", CONTAINERS, How::Containers),
    of("deployments.apps", "pods", How::OwnedThrough("replicasets.apps")),
    of("replicasets.apps", "pods", How::Owned),
    of("statefulsets.apps", "pods", How::Owned),
    of("daemonsets.apps", "pods", How::Owned),
    of("replicationcontrollers", "pods", How::Owned),
    of("jobs.batch", "pods", How::Owned),
    of("cronjobs.batch", "jobs.batch", How::Owned),
    of("services", "pods", How::Selected),
    of("poddisruptionbudgets.policy", "pods", How::Selected),
    of("networkpolicies.networking.k8s.io", "pods", How::Selected),
    of("nodes", "pods", How::OnNode),
    of("persistentvolumeclaims", "pods", How::Mounts),
    of("persistentvolumes", "persistentvolumeclaims", How::BoundTo),
    of("horizontalpodautoscalers.autoscaling", "targets", How::Scales),
    of("customresourcedefinitions.apiextensions.k8s.io", "objects", How::Instances),
    of("ingresses.networking.k8s.io", "services", How::Backends),
    of("endpoints", "pods", How::Addresses),
    of("endpointslices.discovery.k8s.io", "pods", How::Addresses),
    of("rolebindings.rbac.authorization.k8s.io", "roles", How::Grants),
    of("clusterrolebindings.rbac.authorization.k8s.io", "clusterroles", How::Grants),
];

/// From any object to the one that controls it.
pub static OWNER: Relation = of("", "owners", How::Owner);
/// From any object to what was reported about it.
pub static EVENTS_OF: Relation = of("", EVENTS, How::Events);
/// From an object that others refer to, to those.
pub static USES: Relation = of("", "users", How::Uses);

/// The kinds whose users can be told.
pub const USED: [&str; 4] = ["configmaps", "secrets", "persistentvolumeclaims", "serviceaccounts"];

/// What Enter opens for objects of this kind.
pub fn opened_by(kind: &str) -> Option<&'static Relation> {
    RELATIONS.iter().find(|relation| relation.of == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_leads_to_one_thing() {
        for (at, relation) in RELATIONS.iter().enumerate() {
            assert!(!relation.of.is_empty() && !relation.shows.is_empty());
            assert_eq!(RELATIONS.iter().position(|other| other.of == relation.of), Some(at), "{}", relation.of);
        }
        assert_eq!(opened_by("deployments.apps").map(|relation| relation.shows), Some("pods"));
        assert_eq!(opened_by("deployments"), None, "another group's");
    }
}
