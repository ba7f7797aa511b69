//! Where a load balancer can be reached, of services and of ingresses.

use super::first_of;
use super::wire::wire;

wire! {
    struct Balancer {
        ingress: many Point = 1,
    }

    struct Point {
        ip: text = 1,
        hostname: text = 2,
    }
}

impl Balancer {
    /// Its addresses, or names where there are none, sorted, each once.
    pub(super) fn points(&self) -> Vec<&str> {
        let mut points: Vec<&str> = self.ingress.iter().map(|it| first_of(&it.ip, &it.hostname)).collect();
        points.retain(|point| !point.is_empty());
        points.sort_unstable();
        points.dedup();
        points
    }
}
