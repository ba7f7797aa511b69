//! The embedded clusters of `skylark demo` and `skylark serve`: API servers in this process with a company's objects.
//!
//! What they serve they serve as a real API server does. Controllers in miniature answer what clients do, and churn
//! keeps the company busy. A cluster is built when it is first asked for, on a thread of its own.

mod bootstrap;
mod churn;
mod content;
mod controllers;
mod incidents;
mod machines;
mod outage;
mod program;
mod rng;
pub mod serving;
#[cfg(test)]
mod tests;
mod tour;
mod wanted;

pub use tour::{Incident, incidents};
pub use wanted::Wanted;

use crate::server::resource::NAMESPACES;
use crate::server::store::{Keep, Store};
use crate::server::{Door, Server, Tasks, User, pipe};
use churn::Churn;
use content::{Profile, build};
use controllers::Controllers;
use incidents::Incidents;
use machines::Machines;
use outage::Outage;
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
    outage: Option<Outage>,
    incidents: Option<Incidents>,
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
    /// It drops off now and then.
    drops: bool,
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
    door: Arc<Door>,
}

/// The embedded fleet as it is wanted; the same seed gives the same objects, aged from now.
pub fn fleet(wanted: &Wanted) -> Result<Vec<DemoCluster>, wanted::TooMuch> {
    let now = jiff::Timestamp::now().as_second();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let builders = Arc::new(Semaphore::new(processors));
    let profiles = wanted.profiles()?;
    let drops = wanted.churn > 0 && profiles.len() >= outage::FLEET;
    let last = profiles.len() - 1;
    let one = |(at, profile)| {
        let mut plan = Plan::new(profile, wanted.seed, now, Keep::USUAL, wanted.churn, builders.clone());
        plan.drops = drops && at == last;
        DemoCluster::of(plan)
    };
    Ok(profiles.into_iter().enumerate().map(one).collect())
}

impl Plan {
    fn new(profile: Profile, seed: u64, now: i64, keep: Keep, churn: u32, builders: Arc<Semaphore>) -> Plan {
        Plan {
            profile,
            seed,
            now,
            keep,
            churn,
            drops: false,
            calm: AtomicBool::new(false),
            built: OnceLock::new(),
            ready: OnceCell::new(),
            builders,
        }
    }

    fn build(&self) -> Built {
        let (profile, seed, now) = (&self.profile, self.seed, self.now);
        let content::World { registry, mut seeds, loads } = build(profile, seed, now);
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
        let kubelet = Arc::new(Machines::new(store.clone(), loads));
        let admin = bootstrap::token();
        let mut users = bootstrap::users();
        users.insert(admin.clone(), User::admin("admin"));
        let busy = self.churn > 0;
        let life = Life {
            churn: busy
                .then(|| Churn::new(store.clone(), Rng::new(seed, &format!("{} churn", profile.name)), self.churn)),
            controllers: Controllers::new(store.clone(), kubelet.clone()),
            outage: self.drops.then(|| Outage::new(seed, profile.name)),
            incidents: busy.then(|| Incidents::new(store.clone(), seed, profile.name)),
        };
        let server = Server {
            store,
            git_version: profile.git_version.to_owned(),
            users,
            anonymous: Some(User::admin("demo")),
            kubelet,
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
    fn live(&self, tasks: &Tasks, door: &Arc<Door>) {
        if let Some(life) = self.built().life.lock().take()
            && !self.calm.load(Ordering::Relaxed)
        {
            tasks.spawn(life.controllers.run(self.churn > 0));
            if let Some(outage) = life.outage {
                tasks.spawn(outage.run(door.clone()));
            }
            if let Some(incidents) = life.incidents {
                tasks.spawn(incidents.run());
            }
            if let Some(churn) = life.churn {
                tasks.spawn(churn.run());
            }
        }
    }
}

impl DemoCluster {
    fn of(plan: Plan) -> DemoCluster {
        DemoCluster { plan: Arc::new(plan), tasks: Arc::default(), door: Arc::default() }
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
        self.plan.live(&self.tasks, &self.door);
    }

    /// A new connection: the client's end of a pipe that speaks HTTP/1.1 and HTTP/2 with prior knowledge.
    ///
    /// The first one has the cluster built, and starts what happens by itself. Must be called within a tokio runtime.
    pub fn dial(&self) -> DuplexStream {
        if self.plan.built.get().is_some() {
            self.live();
            return self.door.connect(&self.tasks, self.server());
        }
        let (client, stream) = pipe();
        let plan = self.plan.clone();
        // Weak, or the tasks would own what owns them.
        let (owner, door) = (Arc::downgrade(&self.tasks), Arc::downgrade(&self.door));
        let server = move || {
            let (plan, owner, door) = (plan.clone(), owner.clone(), door.clone());
            async move {
                plan.ready().await;
                plan.live(owner.upgrade()?.as_ref(), &door.upgrade()?);
                plan.built.get().map(|built| built.server.clone())
            }
        };
        self.door.take_when(&self.tasks, server, stream);
        client
    }
}
