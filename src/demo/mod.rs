//! The embedded clusters of `skylark demo` and `skylark serve`: API servers in this process with a company's objects.
//!
//! What they serve they serve as a real API server does. Controllers in miniature answer what clients do, and churn
//! keeps the company busy. A cluster is built when it is first asked for, on a thread of its own.

mod bootstrap;
mod churn;
mod content;
mod controllers;
mod machines;
mod rng;
pub mod serving;
#[cfg(test)]
mod tests;
mod wanted;

pub use wanted::Wanted;

use crate::server::resource::NAMESPACES;
use crate::server::store::{Keep, Store};
use crate::server::{Server, Tasks, User, connect, pipe, serve};
use churn::Churn;
use content::{Profile, build};
use controllers::Controllers;
use machines::Machines;
use parking_lot::Mutex;
use rng::Rng;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::io::DuplexStream;
use tokio::sync::{OnceCell, Semaphore, oneshot};

/// What happens in a cluster by itself.
struct Life {
    churn: Option<Churn>,
    controllers: Controllers,
}

/// A cluster that is there.
struct Built {
    server: Arc<Server>,
    admin: String,
    life: Mutex<Option<Life>>,
}

/// What a cluster is made of.
struct Plan {
    profile: Profile,
    seed: u64,
    now: i64,
    keep: Keep,
    churn: u32,
    calm: AtomicBool,
    built: OnceLock<Built>,
    /// Whether it is built, for those who wait for it.
    ready: OnceCell<()>,
    /// As many are built at once as there are processors.
    builders: Arc<Semaphore>,
}

/// One embedded cluster. Dropping it ends its connections and what happens in it.
pub struct DemoCluster {
    plan: Arc<Plan>,
    tasks: Arc<Tasks>,
}

/// The embedded fleet as it is wanted; the same seed gives the same objects, aged from now.
pub fn fleet(wanted: &Wanted) -> Result<Vec<DemoCluster>, wanted::TooMuch> {
    let now = jiff::Timestamp::now().as_second();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let builders = Arc::new(Semaphore::new(processors));
    let one = |profile| DemoCluster::plan(profile, wanted.seed, now, Keep::USUAL, wanted.churn, builders.clone());
    Ok(wanted.profiles()?.into_iter().map(one).collect())
}

impl Plan {
    fn build(&self) -> Built {
        let (profile, seed, now) = (&self.profile, self.seed, self.now);
        let content::World { registry, mut seeds } = build(profile, seed, now);
        let namespaces = seeds.records().iter().filter(|(id, _)| *id == NAMESPACES);
        let namespaces: Vec<String> = namespaces.map(|(_, record)| record.key.to_string()).collect();
        let rng = Rng::new(seed, &format!("{} bootstrap", profile.name));
        let kinds = registry.all();
        for (id, object) in bootstrap::objects(&registry, rng, content::born(now), &namespaces) {
            if let Some((_, resource)) = kinds.iter().find(|(of, _)| *of == id) {
                seeds.add(id, resource, object);
            }
        }
        let store = Arc::new(Store::new(registry, profile.first_version, self.keep, seeds));
        let admin = bootstrap::token();
        let mut users = bootstrap::users();
        users.insert(admin.clone(), User::admin("admin"));
        let churn = (self.churn > 0)
            .then(|| Churn::new(store.clone(), Rng::new(seed, &format!("{} churn", profile.name)), self.churn));
        let life = Life { churn, controllers: Controllers::new(store.clone()) };
        let server = Server {
            store,
            git_version: profile.git_version.to_owned(),
            users,
            anonymous: Some(User::admin("demo")),
            kubelet: Arc::new(Machines),
        };
        Built { server: Arc::new(server), admin, life: Mutex::new(Some(life)) }
    }

    /// The cluster, built now if it is not there yet.
    fn built(&self) -> &Built {
        self.built.get_or_init(|| self.build())
    }

    /// Waits until the cluster is built.
    async fn ready(self: &Arc<Self>) {
        let build = async || {
            let permit = self.builders.clone().acquire_owned().await;
            let (done, built) = oneshot::channel();
            let plan = self.clone();
            // No task of the runtime: those end before the program may, and this takes its time.
            std::thread::spawn(move || {
                plan.built();
                drop(permit);
                let _ = done.send(());
            });
            let _ = built.await;
        };
        self.ready.get_or_init(build).await;
    }

    /// Starts what happens by itself, once.
    fn live(&self, tasks: &Tasks) {
        if let Some(life) = self.built().life.lock().take()
            && !self.calm.load(Ordering::Relaxed)
        {
            tasks.spawn(life.controllers.run());
            if let Some(churn) = life.churn {
                tasks.spawn(churn.run());
            }
        }
    }
}

impl DemoCluster {
    fn plan(profile: Profile, seed: u64, now: i64, keep: Keep, churn: u32, builders: Arc<Semaphore>) -> DemoCluster {
        let plan = Plan {
            profile,
            seed,
            now,
            keep,
            churn,
            calm: AtomicBool::new(false),
            built: OnceLock::new(),
            ready: OnceCell::new(),
            builders,
        };
        DemoCluster { plan: Arc::new(plan), tasks: Arc::default() }
    }

    /// The cluster's name.
    pub fn name(&self) -> &str {
        self.plan.profile.name
    }

    /// The server's version, such as `v1.36.3`.
    pub fn version(&self) -> &str {
        self.plan.profile.git_version
    }

    /// Its server. The cluster is built for this if nobody has asked before, which takes a while.
    fn server(&self) -> &Arc<Server> {
        &self.plan.built().server
    }

    /// Nothing is to happen by itself, nor in answer to clients.
    pub fn calm(&self) {
        self.plan.calm.store(true, Ordering::Relaxed);
    }

    /// Starts what happens by itself, once.
    fn live(&self) {
        self.plan.live(&self.tasks);
    }

    /// A new connection: the client's end of a pipe that speaks HTTP/1.1 and HTTP/2 with prior knowledge.
    ///
    /// The first one has the cluster built, and starts what happens by itself. Must be called within a tokio runtime.
    pub fn dial(&self) -> DuplexStream {
        if self.plan.built.get().is_some() {
            self.live();
            return connect(&self.tasks, self.server());
        }
        let (client, stream) = pipe();
        let plan = self.plan.clone();
        // Weak, or the tasks would own what owns them.
        let owner = Arc::downgrade(&self.tasks);
        self.tasks.spawn(async move {
            plan.ready().await;
            if let (Some(built), Some(tasks)) = (plan.built.get(), owner.upgrade()) {
                plan.live(&tasks);
                serve(&tasks, &built.server, stream);
            }
        });
        client
    }
}
