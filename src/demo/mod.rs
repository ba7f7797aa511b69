//! The embedded clusters of `skylark demo`: API servers in this process, without a network and without controllers.
//!
//! What they serve they serve as a real API server does, and a small script keeps a few objects changing.

mod content;
mod machines;
mod rng;
mod script;
#[cfg(test)]
mod tests;

use crate::server::store::Store;
use crate::server::{Server, Tasks, User, connect};
use content::{Profile, build};
use machines::Machines;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use script::Script;
use std::sync::Arc;
use tokio::io::DuplexStream;

/// Changes that each resource's history holds.
const HISTORY: usize = 1024;

/// One embedded cluster. Dropping it ends its connections and its script.
pub struct DemoCluster {
    name: &'static str,
    server: Arc<Server>,
    script: Mutex<Option<Script>>,
    tasks: Tasks,
}

/// The embedded fleet; the same seed gives the same objects, aged from now.
pub fn fleet(seed: u64) -> Vec<DemoCluster> {
    let now = jiff::Timestamp::now().as_second();
    content::PROFILES.iter().map(|profile| DemoCluster::new(profile, seed, now, HISTORY)).collect()
}

impl DemoCluster {
    fn new(profile: &Profile, seed: u64, now: i64, history: usize) -> DemoCluster {
        let world = build(profile, seed, now);
        DemoCluster {
            name: profile.name,
            server: Arc::new(Server {
                store: Arc::new(Store::new(world.registry, profile.first_version, history, world.objects)),
                git_version: profile.git_version.to_owned(),
                users: FxHashMap::default(),
                anonymous: Some(User::admin("demo")),
                kubelet: Arc::new(Machines),
            }),
            script: Mutex::new(Some(world.script)),
            tasks: Tasks::default(),
        }
    }

    /// The cluster's name.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The server's version, such as `v1.36.3`.
    pub fn version(&self) -> &str {
        &self.server.git_version
    }

    /// A new connection: the client's end of a pipe that speaks HTTP/1.1 and HTTP/2 with prior knowledge.
    ///
    /// The first one starts the script. Must be called within a tokio runtime.
    pub fn dial(&self) -> DuplexStream {
        if let Some(script) = self.script.lock().take() {
            self.tasks.spawn(script.run(self.server.store.clone()));
        }
        connect(&self.tasks, &self.server)
    }
}
