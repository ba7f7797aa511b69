//! The embedded clusters of `skylark demo` and `skylark serve`: API servers in this process with a company's objects.
//!
//! What they serve they serve as a real API server does. Controllers in miniature answer what clients do, and a
//! small script keeps a few objects changing.

mod bootstrap;
mod content;
mod controllers;
mod incidents;
mod machines;
mod rng;
mod script;
pub mod serving;
#[cfg(test)]
mod tests;
mod wanted;

pub use incidents::{Incident, incidents};
pub use wanted::Wanted;

use crate::server::resource::NAMESPACES;
use crate::server::store::Store;
use crate::server::{Server, Tasks, User, connect};
use content::{Profile, build};
use controllers::Controllers;
use machines::Machines;
use parking_lot::Mutex;
use rng::Rng;
use script::Script;
use std::sync::Arc;
use tokio::io::DuplexStream;

/// Changes that each resource's history holds.
const HISTORY: usize = 1024;

/// What happens in a cluster by itself.
struct Life {
    script: Option<Script>,
    controllers: Controllers,
}

/// One embedded cluster. Dropping it ends its connections and what happens in it.
pub struct DemoCluster {
    name: String,
    server: Arc<Server>,
    admin: String,
    life: Mutex<Option<Life>>,
    tasks: Arc<Tasks>,
}

/// The embedded fleet as it is wanted; the same seed gives the same objects, aged from now.
pub fn fleet(wanted: &Wanted) -> Result<Vec<DemoCluster>, wanted::TooMuch> {
    let now = jiff::Timestamp::now().as_second();
    let profiles = wanted.profiles()?;
    let script = wanted.churn != Some(0);
    profiles
        .iter()
        .map(|profile| {
            let cluster = DemoCluster::new(profile, wanted.seed, now, HISTORY);
            if !script && let Some(life) = cluster.life.lock().as_mut() {
                life.script = None;
            }
            wanted.check(&cluster)?;
            Ok(cluster)
        })
        .collect()
}

impl DemoCluster {
    fn new(profile: &Profile, seed: u64, now: i64, history: usize) -> DemoCluster {
        let mut world = build(profile, seed, now);
        let registry = std::mem::take(&mut world.registry);
        let named = |object: &serde_json::Value| object["metadata"]["name"].as_str().map(str::to_owned);
        let namespaces = world.objects.iter().filter(|(id, _)| *id == NAMESPACES);
        let namespaces: Vec<String> = namespaces.filter_map(|(_, object)| named(object)).collect();
        let rng = Rng::new(seed, &format!("{} bootstrap", profile.name));
        world.objects.extend(bootstrap::objects(&registry, rng, content::born(now), &namespaces));
        let store = Arc::new(Store::new(registry, profile.first_version, history, world.objects));
        let admin = bootstrap::token();
        let mut users = bootstrap::users();
        users.insert(admin.clone(), User::admin("admin"));
        DemoCluster {
            name: profile.name.to_owned(),
            server: Arc::new(Server {
                store: store.clone(),
                git_version: profile.git_version.to_owned(),
                users,
                anonymous: Some(User::admin("demo")),
                kubelet: Arc::new(Machines),
            }),
            admin,
            life: Mutex::new(Some(Life { script: Some(world.script), controllers: Controllers::new(store) })),
            tasks: Arc::default(),
        }
    }

    /// The cluster's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's version, such as `v1.36.3`.
    pub fn version(&self) -> &str {
        &self.server.git_version
    }

    /// Starts what happens by itself, once.
    fn live(&self) {
        if let Some(life) = self.life.lock().take() {
            self.tasks.spawn(life.controllers.run());
            if let Some(script) = life.script {
                self.tasks.spawn(script.run(self.server.store.clone()));
            }
        }
    }

    /// A new connection: the client's end of a pipe that speaks HTTP/1.1 and HTTP/2 with prior knowledge.
    ///
    /// The first one starts what happens by itself. Must be called within a tokio runtime.
    pub fn dial(&self) -> DuplexStream {
        self.live();
        connect(&self.tasks, &self.server)
    }
}
