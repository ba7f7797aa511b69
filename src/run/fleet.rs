//! The fleet that a command line asks for.

use super::args::Contexts;
use crate::app::ui::Incident;
use crate::cluster::ask::Patience;
use crate::cluster::cluster::Blueprint;
use crate::cluster::fleet::Fleet;
use crate::link::{self, ActAs, Console, ContextEntry, Link, LinkOptions, Loaded};
use crate::model::state::ClusterId;
use std::path::Path;
use std::time::Duration;

/// A fleet, and what the reader must know about where it came from.
pub struct Made {
    /// The clusters.
    pub fleet: Fleet,
    /// Those that were asked for, and are to be connected; the others stay idle.
    pub wanted: Vec<ClusterId>,
    /// What is wrong with the kubeconfig, a sentence each.
    pub problems: Vec<String>,
    /// What works and should not be as it is, a sentence each.
    pub warnings: Vec<String>,
    /// What there is to find, where it is the demo's.
    pub demo: Option<Vec<Incident>>,
}

/// What a fleet is made of.
pub struct Request<'a> {
    /// The kubeconfig to read instead of those of the environment.
    pub kubeconfig: Option<&'a Path>,
    /// Which of its contexts.
    pub contexts: &'a Contexts,
    /// Whom to act as.
    pub act_as: Option<&'a ActAs>,
    /// Who may be asked to log in.
    pub console: Console,
}

impl Request<'_> {
    fn load(&self) -> Loaded {
        let mut loaded = link::load(self.kubeconfig);
        if let Some(other) = self.act_as {
            loaded.act_as(other.clone());
        }
        loaded
    }

    fn blueprint(&self, loaded: &Loaded, entry: &ContextEntry, silence: Duration) -> Blueprint {
        let options = LinkOptions { console: self.console.clone(), ..options(silence) };
        let unverified = if entry.insecure && !entry.server.is_empty() { " (TLS not verified)" } else { "" };
        Blueprint {
            name: entry.name.clone(),
            namespace: entry.namespace.clone(),
            server: format!("{}{unverified}", entry.server),
            user: entry.who(),
            link: loaded.target(&entry.name).and_then(|target| Link::new(target, options)),
        }
    }
}

/// Why there is no fleet: a sentence, with what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoFleet(pub String);

/// How long a dial may take, and how long requests may be silent.
fn options(silence: Duration) -> LinkOptions {
    let defaults = LinkOptions::default();
    LinkOptions { dial_timeout: silence.min(defaults.dial_timeout), ..defaults }
}

/// The contexts that were asked for, or why that is not possible.
fn chosen<'a>(loaded: &'a Loaded, contexts: &Contexts) -> Result<Vec<&'a ContextEntry>, String> {
    let advice = "name a file with --kubeconfig or in KUBECONFIG";
    if loaded.contexts.is_empty() {
        let files: Vec<_> = loaded.files.iter().map(|file| file.display().to_string()).collect();
        let mut said = loaded.problems.clone();
        if said.is_empty() {
            let place = if files.is_empty() {
                "no kubeconfig was found".into()
            } else {
                format!("{} name no context", files.join(", "))
            };
            said.push(place);
        }
        return Err(format!("{}; {advice}", said.join("; ")));
    }
    match contexts {
        Contexts::All => Ok(loaded.all_contexts()),
        Contexts::Named(names) => loaded.select(names).map_err(|error| error.to_string()),
        Contexts::Current => {
            let current = loaded.current.as_deref().filter(|name| !name.is_empty());
            let found = current.and_then(|name| loaded.contexts.iter().find(|entry| entry.name == name));
            match (found, current) {
                (Some(entry), _) => Ok(vec![entry]),
                (None, Some(name)) => Err(format!(
                    "current-context \"{name}\" is not among the contexts; choose one with --context, or all with --all-contexts"
                )),
                (None, None) => {
                    Err("the kubeconfig has no current-context; choose one with --context, or all with --all-contexts"
                        .into())
                }
            }
        }
    }
}

/// The fleet of `get`: only what was asked for.
pub fn exact(request: &Request<'_>, silence: Duration) -> Result<Made, NoFleet> {
    let loaded = request.load();
    let chosen = chosen(&loaded, request.contexts).map_err(NoFleet)?;
    let blueprints: Vec<_> = chosen.into_iter().map(|entry| request.blueprint(&loaded, entry, silence)).collect();
    let fleet = Fleet::new(blueprints, Patience { silence });
    let wanted = fleet.clusters.iter().map(|cluster| cluster.id).collect();
    Ok(Made { fleet, wanted, problems: loaded.problems, warnings: loaded.warnings, demo: None })
}

/// The fleet of the cockpit: what was asked for is connected, the other clusters stay idle, and what
/// cannot be had becomes a problem on the screen.
pub fn whole(request: &Request<'_>) -> Result<Made, NoFleet> {
    let silence = Patience::default().silence;
    let loaded = request.load();
    let mut problems = loaded.problems.clone();
    let chosen: Vec<ContextEntry> = match (chosen(&loaded, request.contexts), request.contexts) {
        (Ok(chosen), _) => chosen.into_iter().cloned().collect(),
        // A name that was typed wrong is a usage error; a kubeconfig that is wrong is a state.
        (Err(error), Contexts::Named(_)) if !loaded.contexts.is_empty() => return Err(NoFleet(error)),
        (Err(error), _) => {
            if !problems.contains(&error) {
                problems.insert(0, error);
            }
            Vec::new()
        }
    };
    let mut entries: Vec<&ContextEntry> = loaded.all_contexts();
    // The same cluster under another user opens only when named.
    entries.retain(|entry| chosen.iter().all(|other| other.name == entry.name || !same_place(other, entry)));
    let missing: Vec<_> = chosen.iter().filter(|c| entries.iter().all(|entry| entry.name != c.name)).collect();
    entries.extend(missing);
    entries.sort_by_key(|entry| loaded.contexts.iter().position(|other| other.name == entry.name));
    let blueprints: Vec<_> = entries.iter().map(|entry| request.blueprint(&loaded, entry, silence)).collect();
    let wanted: Vec<_> = (0..entries.len())
        .filter(|&i| chosen.iter().any(|other| other.name == entries[i].name))
        .map(|i| ClusterId(i as u16))
        .collect();
    let fleet = Fleet::new(blueprints, Patience { silence });
    Ok(Made { fleet, wanted, problems, warnings: loaded.warnings, demo: None })
}

fn same_place(a: &ContextEntry, b: &ContextEntry) -> bool {
    a.cluster == b.cluster || (a.server == b.server && !a.server.is_empty())
}

/// An embedded cluster answers once it is built, and pings until then: on a busy machine that takes its time.
#[cfg(feature = "embedded-fleet")]
const BUILDING: Duration = Duration::from_mins(1);

/// The fleet of `demo`. The clusters live as long as what is returned beside it.
#[cfg(feature = "embedded-fleet")]
pub fn demo(wanted: &crate::demo::Wanted) -> Result<(Made, Vec<std::sync::Arc<crate::demo::DemoCluster>>), NoFleet> {
    use std::sync::Arc;
    let clusters = crate::demo::fleet(wanted).map_err(|error| NoFleet(error.to_string()))?;
    let clusters: Vec<_> = clusters.into_iter().map(Arc::new).collect();
    let blueprints = clusters.iter().map(|cluster| {
        let name = cluster.name().to_owned();
        let dial = link::Dial::InProcess(Arc::new({
            let cluster = cluster.clone();
            move || cluster.dial()
        }));
        let target = link::Target::plain(&name, "http://embedded");
        let link = target.and_then(|target| Link::new(target, LinkOptions { dial, ..LinkOptions::default() }));
        Blueprint { name, namespace: None, server: "embedded".into(), user: "demo".into(), link }
    });
    let fleet = Fleet::new(blueprints.collect(), Patience { silence: BUILDING });
    let wanted = fleet.clusters.iter().map(|cluster| cluster.id).collect();
    let demo = crate::demo::incidents(&clusters).into_iter().map(told).collect();
    Ok((Made { fleet, wanted, problems: Vec::new(), warnings: Vec::new(), demo: Some(demo) }, clusters))
}

/// What a newcomer is told of an incident.
#[cfg(feature = "embedded-fleet")]
fn told(incident: crate::demo::Incident) -> Incident {
    use crate::demo::Incident::{Config, Rollout, Volume};
    use crate::text::catalog::Text;
    let (what, how) = match incident {
        Rollout => (Text::DemoRollout, Text::DemoRolloutHow),
        Config => (Text::DemoConfig, Text::DemoConfigHow),
        Volume => (Text::DemoVolume, Text::DemoVolumeHow),
    };
    Incident { name: incident.pods(), what, how }
}
