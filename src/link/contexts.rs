//! The contexts of a loaded kubeconfig: which there are, which are the same cluster.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    path::PathBuf,
    sync::Arc,
};

use kube::config::{AuthInfo, Cluster, Kubeconfig};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::base::suggest;

use super::{
    LinkError,
    auth::{Auth, Shared},
    exec::Plugin,
    oidc::Oidc,
    target::{Server, Target, authority},
};

/// Everything the kubeconfig files say.
pub struct Loaded {
    /// The contexts in the order of the files.
    pub contexts: Vec<ContextEntry>,
    /// `current-context`, even if no such context exists.
    pub current: Option<String>,
    /// What could not be read or understood, a sentence each.
    pub problems: Vec<String>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
    /// What works and should not be as it is, a sentence each: credentials that others can read.
    pub warnings: Vec<String>,
    config: Kubeconfig,
    plugins: Mutex<Plugins>,
    providers: Mutex<FxHashMap<String, Arc<Oidc>>>,
    act_as: Option<ActAs>,
}

/// Whom to act as: the command line's `--as` and its companions, which go before the kubeconfig's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActAs {
    /// `--as`.
    pub user: String,
    /// `--as-group`.
    pub groups: Vec<String>,
    /// `--as-uid`.
    pub uid: Option<String>,
}

impl ActAs {
    fn put_into(&self, info: &mut AuthInfo) {
        info.impersonate = Some(self.user.clone());
        if !self.groups.is_empty() {
            info.impersonate_groups = Some(self.groups.clone());
        }
        if self.uid.is_some() {
            info.impersonate_uid.clone_from(&self.uid);
        }
    }
}

/// By user entry, and by cluster entry where the plugin is told about it.
type Plugins = FxHashMap<(String, Option<String>), Arc<Plugin>>;

/// One context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextEntry {
    /// Its name.
    pub name: String,
    /// The cluster entry it names.
    pub cluster: String,
    /// The user entry it names; empty for none.
    pub user: String,
    /// The server URL; empty when the cluster entry is missing.
    pub server: String,
    /// Its default namespace.
    pub namespace: Option<String>,
    /// Whom it acts as.
    pub acts_as: Option<String>,
    /// The server's certificate is not verified.
    pub insecure: bool,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

impl ContextEntry {
    /// The user for the reader: `ada`, or `ada (as eve)`.
    pub fn who(&self) -> String {
        match &self.acts_as {
            Some(other) => format!("{} (as {other})", self.user).trim_start().to_owned(),
            None => self.user.clone(),
        }
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("contexts", &self.contexts)
            .field("current", &self.current)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

impl Loaded {
    pub(super) fn new(
        config: Kubeconfig,
        files: Vec<PathBuf>,
        mut problems: Vec<String>,
        warnings: Vec<String>,
    ) -> Self {
        let mut contexts = Vec::with_capacity(config.contexts.len());
        let mut seen = HashSet::new();
        for named in &config.contexts {
            if seen.insert(named.name.as_str()) {
                contexts.push(entry(&config, &named.name));
            }
        }
        let current = config.current_context.clone();
        if let Some(name) = current.as_ref().filter(|name| !seen.contains(name.as_str())) {
            problems.push(format!("current-context {name:?} is not among the contexts"));
        }
        Self {
            contexts,
            current,
            problems,
            files,
            warnings,
            config,
            plugins: Mutex::default(),
            providers: Mutex::default(),
            act_as: None,
        }
    }

    /// Acts as somebody else in every context.
    pub fn act_as(&mut self, other: ActAs) {
        for entry in &mut self.contexts {
            entry.acts_as = Some(other.user.clone());
        }
        self.act_as = Some(other);
    }

    /// The contexts, those with the same server and CA once: the current one, else
    /// the first that can be used.
    pub fn all_contexts(&self) -> Vec<&ContextEntry> {
        let mut places: FxHashMap<String, usize> = FxHashMap::default();
        let mut unique: Vec<&ContextEntry> = Vec::new();
        for entry in &self.contexts {
            let Some(key) = self.identity(entry) else {
                unique.push(entry); // has a problem, and the user is to see it
                continue;
            };
            if let Some(&at) = places.get(&key) {
                let current = self.current.as_ref() == Some(&entry.name);
                if entry.problem.is_none() && (current || unique[at].problem.is_some()) {
                    unique[at] = entry;
                }
            } else {
                places.insert(key, unique.len());
                unique.push(entry);
            }
        }
        unique
    }

    /// The contexts with these names, in that order and each once.
    pub fn select<S: AsRef<str>>(&self, names: &[S]) -> Result<Vec<&ContextEntry>, LinkError> {
        let mut selected: Vec<&ContextEntry> = Vec::new();
        for name in names {
            let entry = self.find(name.as_ref())?;
            if !selected.iter().any(|other| other.name == entry.name) {
                selected.push(entry);
            }
        }
        Ok(selected)
    }

    /// All that is needed to connect to the cluster of a context.
    pub fn target(&self, name: &str) -> Result<Target, LinkError> {
        let entry = self.find(name)?;
        let fault = |problem: String| LinkError::Config(format!("context {name:?}: {problem}"));
        if let Some(problem) = &entry.problem {
            return Err(fault(problem.clone()));
        }
        let cluster = cluster(&self.config, &entry.cluster).cloned().unwrap_or_default();
        let server = Server::parse(&entry.server, &cluster).map_err(fault)?;
        let mut user = user(&self.config, &entry.user).cloned().unwrap_or_default();
        if let Some(other) = &self.act_as {
            other.put_into(&mut user);
        }
        let mut shared = Shared::default();
        if user.exec.is_some() {
            shared.plugin = Some(self.plugin(entry, &user, &cluster)?);
        } else if let Some(provider) = user.auth_provider.as_ref().filter(|provider| provider.name == "oidc") {
            shared.oidc = Some(self.provider(&entry.user, &provider.config)?);
        }
        let auth = Auth::new(&entry.user, &user, shared)?;
        Ok(Target::new(name, server, cluster, &user, auth, entry.namespace.clone()))
    }

    /// The plugin of a user entry, one for all clusters unless it is told which cluster it is for.
    fn plugin(&self, entry: &ContextEntry, user: &AuthInfo, cluster: &Cluster) -> Result<Arc<Plugin>, LinkError> {
        let per_cluster = user.exec.as_ref().is_some_and(|exec| exec.provide_cluster_info);
        let key = (entry.user.clone(), per_cluster.then(|| entry.cluster.clone()));
        let mut plugins = self.plugins.lock();
        if let Some(plugin) = plugins.get(&key) {
            return Ok(Arc::clone(plugin));
        }
        let plugin = Arc::new(Plugin::new(&entry.user, user.exec.as_ref(), cluster)?);
        plugins.insert(key, Arc::clone(&plugin));
        Ok(plugin)
    }

    /// The identity provider of a user entry: one for all clusters, since a refresh token may be good once.
    fn provider(&self, user: &str, config: &HashMap<String, String>) -> Result<Arc<Oidc>, LinkError> {
        let mut providers = self.providers.lock();
        if let Some(provider) = providers.get(user) {
            return Ok(Arc::clone(provider));
        }
        let provider = Arc::new(Oidc::new(user, config)?);
        providers.insert(user.to_owned(), Arc::clone(&provider));
        Ok(provider)
    }

    fn find(&self, name: &str) -> Result<&ContextEntry, LinkError> {
        self.contexts.iter().find(|entry| entry.name == name).ok_or_else(|| match self.problems.first() {
            Some(problem) if self.contexts.is_empty() => LinkError::Config(problem.clone()),
            _ => LinkError::UnknownContext {
                name: name.to_owned(),
                suggestions: suggest::closest(name, self.contexts.iter().map(|entry| entry.name.as_str())),
            },
        })
    }

    /// What makes two contexts the same cluster.
    fn identity(&self, entry: &ContextEntry) -> Option<String> {
        let cluster = cluster(&self.config, &entry.cluster)?;
        let server = Server::parse(cluster.server.as_deref()?, cluster).ok()?;
        let authority = match authority(cluster) {
            Ok(authority) => authority.unwrap_or_default(),
            Err(_) => {
                format!("{:?}{:?}", cluster.certificate_authority_data, cluster.certificate_authority).into_bytes()
            }
        };
        let proxy = cluster.proxy_url.as_deref().unwrap_or_default();
        Some(format!("{server} {proxy} {}", String::from_utf8_lossy(authority.trim_ascii())))
    }
}

fn entry(config: &Kubeconfig, name: &str) -> ContextEntry {
    let found = config.contexts.iter().find(|named| named.name == name);
    let context = found.and_then(|named| named.context.clone()).unwrap_or_default();
    let user_name = context.user.unwrap_or_default();
    let cluster = cluster(config, &context.cluster);
    let server = cluster.and_then(|cluster| cluster.server.clone()).unwrap_or_default();
    let problem = match cluster {
        _ if context.cluster.is_empty() => Some("it names no cluster".to_owned()),
        None => Some(format!("cluster {:?} is missing", context.cluster)),
        Some(_) if server.is_empty() => Some(format!("cluster {:?} has no server", context.cluster)),
        Some(cluster) => Server::parse(&server, cluster).err(),
    };
    let missing_user = || {
        let missing = !user_name.is_empty() && !config.auth_infos.iter().any(|named| named.name == user_name);
        missing.then(|| format!("user {user_name:?} is missing"))
    };
    let problem = problem.or_else(missing_user);
    let acts_as = user(config, &user_name).and_then(|user| user.impersonate.clone()).filter(|user| !user.is_empty());
    ContextEntry {
        acts_as,
        insecure: cluster.is_some_and(|cluster| cluster.insecure_skip_tls_verify == Some(true)),
        name: name.to_owned(),
        cluster: context.cluster,
        user: user_name,
        server,
        namespace: context.namespace,
        problem,
    }
}

fn cluster<'a>(config: &'a Kubeconfig, name: &str) -> Option<&'a Cluster> {
    config.clusters.iter().find(|named| named.name == name).and_then(|named| named.cluster.as_ref())
}

fn user<'a>(config: &'a Kubeconfig, name: &str) -> Option<&'a AuthInfo> {
    config.auth_infos.iter().find(|named| named.name == name).and_then(|named| named.auth_info.as_ref())
}
