//! The embedded fleet on the network of this machine: what `skylark serve` starts.

use super::DemoCluster;
use super::bootstrap::LIMITED;
use crate::server::{Identity, listen};
use base64::Engine as _;
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// A fleet that is served.
pub struct Serving {
    authority: String,
    places: Vec<SocketAddr>,
    clusters: Vec<DemoCluster>,
}

impl Serving {
    /// Serves each cluster on an address of its own: the first on this one, the others on the ports that follow it.
    /// With port 0 the system chooses them.
    pub async fn start(clusters: Vec<DemoCluster>, first: SocketAddr) -> io::Result<Serving> {
        let identity = Identity::new(first.ip())?;
        futures::future::join_all(clusters.iter().map(|cluster| cluster.plan.ready())).await;
        let mut places = Vec::new();
        for (at, cluster) in clusters.iter().enumerate() {
            let port = match (first.port(), u16::try_from(at)) {
                (0, _) => 0,
                (port, Ok(at)) => port.checked_add(at).ok_or_else(|| io::Error::other("there is no such port"))?,
                (_, Err(error)) => return Err(io::Error::other(error)),
            };
            let listener = TcpListener::bind(SocketAddr::new(first.ip(), port)).await?;
            places.push(listener.local_addr()?);
            listen(&cluster.tasks, cluster.server(), &identity, listener);
            cluster.live();
        }
        Ok(Serving { authority: identity.authority, places, clusters })
    }

    /// The kubeconfig of the administrators.
    pub fn admin(&self) -> String {
        self.kubeconfig("admin", |cluster| cluster.plan.built().admin.clone())
    }

    /// The kubeconfigs of those who may not do everything, by their names.
    pub fn limited(&self) -> Vec<(&'static str, String)> {
        let token = |cluster: &DemoCluster, name: &str| {
            let users = cluster.server().users.iter();
            users.filter(|(_, user)| user.name == name).map(|(token, _)| token.clone()).next().unwrap_or_default()
        };
        LIMITED.iter().map(|name| (*name, self.kubeconfig(name, |cluster| token(cluster, name)))).collect()
    }

    /// JSON, which is YAML.
    fn kubeconfig(&self, user: &str, token: impl Fn(&DemoCluster) -> String) -> String {
        let authority = base64::engine::general_purpose::STANDARD.encode(&self.authority);
        let named = |name: &str, what: &str, value: Value| json!({"name": name, what: value});
        let (mut clusters, mut users, mut contexts) = (Vec::new(), Vec::new(), Vec::new());
        for (cluster, place) in self.clusters.iter().zip(&self.places) {
            let name = cluster.name();
            let login = format!("{user}@{name}");
            let server = json!({"server": format!("https://{place}"), "certificate-authority-data": authority});
            clusters.push(named(name, "cluster", server));
            users.push(named(&login, "user", json!({"token": token(cluster)})));
            contexts.push(named(name, "context", json!({"cluster": name, "user": login, "namespace": "default"})));
        }
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": clusters,
            "users": users,
            "contexts": contexts,
            "current-context": self.clusters.first().map_or("", DemoCluster::name),
        });
        format!("{config:#}\n")
    }
}
