//! The command line of the program.

use super::complete;
use super::config::Chosen;
use super::duration;
use crate::link::ActAs;
use crate::view::spec::Namespaces;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What the program was asked to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Args {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// Which contexts.
    pub contexts: Contexts,
    /// Which namespaces, the command's default already in place.
    pub namespaces: Namespaces,
    /// Nothing may be written.
    pub read_only: bool,
    /// Whom to act as.
    pub act_as: Option<ActAs>,
    /// Keymap and theme.
    pub chosen: Chosen,
    /// What to do.
    pub command: Command,
}

/// Which contexts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Contexts {
    /// The kubeconfig's current one.
    #[default]
    Current,
    /// These.
    Named(Vec<String>),
    /// All of them; those of the same server and CA once.
    All,
}

/// What to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// The cockpit, opened on a kind.
    Cockpit {
        /// The kind, as the user named it.
        kind: Option<String>,
    },
    /// `get`.
    Get(Get),
    /// The cockpit over embedded clusters.
    Demo(Sizes),
    /// The same clusters for other programs.
    Serve(Sizes, Serve),
    /// Write the script that completes our command line.
    Completions(complete::Shell),
    /// Check the user's configuration.
    CheckConfig,
    /// Say the version.
    Version,
}

/// What to get, and how to write it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Get {
    /// Kinds, in order, each once.
    pub targets: Vec<Target>,
    /// The label selector; empty takes all.
    pub labels: String,
    /// The field selector; empty takes all.
    pub fields: String,
    /// The format.
    pub output: Output,
    /// Go on after the list.
    pub watch: bool,
    /// The longest silence.
    pub timeout: Duration,
}

/// How large the embedded fleet is.
#[derive(clap::Args, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sizes {
    /// How many clusters [default: 4]
    #[arg(long, value_name = "N")]
    pub clusters: Option<usize>,
    /// Nodes of each cluster [default: 30]
    #[arg(long, value_name = "N")]
    pub nodes: Option<usize>,
    /// Pods of each cluster [default: 1000]
    #[arg(long, value_name = "N")]
    pub pods: Option<usize>,
    /// Changes a second in each cluster; with 0 only clients change anything, and what answers them [default: 5]
    #[arg(long, value_name = "N")]
    pub churn: Option<u32>,
    /// Another company
    #[arg(long, value_name = "SEED")]
    pub seed: Option<u64>,
}

#[cfg(feature = "embedded-fleet")]
impl Sizes {
    /// As the fleet is asked for.
    pub fn wanted(self) -> crate::demo::Wanted {
        let Sizes { clusters, nodes, pods, churn, seed } = self;
        let default = crate::demo::Wanted::default();
        crate::demo::Wanted {
            clusters: clusters.unwrap_or(default.clusters),
            nodes: nodes.unwrap_or(default.nodes),
            pods: pods.unwrap_or(default.pods),
            churn: churn.unwrap_or(default.churn),
            seed: seed.unwrap_or(default.seed),
        }
    }
}

/// Where to serve.
#[derive(clap::Args, Clone, PartialEq, Eq, Debug)]
#[group(id = "place")]
pub struct Serve {
    /// The address of the first cluster, of this machine only; the others take the ports after it. Port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = loopback)]
    pub listen: SocketAddr,
    /// The kubeconfig to write once the clusters are ready; those of limited users are written to FILE.USER
    #[arg(long = "write-kubeconfig", value_name = "FILE")]
    pub kubeconfig: PathBuf,
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "this is no address such as 127.0.0.1:6443".to_owned())?;
    if address.ip().is_loopback() { Ok(address) } else { Err("only an address of this machine is served".to_owned()) }
}

/// A kind to get.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// As the user named it.
    pub kind: String,
    /// Only the objects of these names; `None` gets all.
    pub names: Option<Vec<String>>,
}

/// A format of `get`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Output {
    /// kubectl's columns.
    #[default]
    Table,
    /// kubectl's wide columns.
    Wide,
    /// `kind/name`.
    Name,
    /// Rows with their columns; with --watch a line an event.
    Json,
    /// One kind's rows with all columns, for spreadsheets and scripts. CLUSTER and NAMESPACE always come
    /// first. A text that a spreadsheet would take for a formula gets a ' before it
    Csv,
    /// Whole objects.
    Yaml,
}

/// Why there is nothing to do: help was asked for, or the command line is not valid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The exit code: 0 for help, which belongs on stdout, else 2.
    pub code: u8,
    /// What to say.
    pub message: String,
}

/// Reads the command line, of which the first word is the program's name.
pub fn parse<T: Into<OsString> + Clone>(args: impl IntoIterator<Item = T>) -> Result<Args, Refusal> {
    let raw = Raw::try_parse_from(args).map_err(|error| Refusal {
        code: match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
            _ => 2,
        },
        message: error.render().to_string(),
    })?;
    raw.check().map_err(|message| Refusal { code: 2, message: format!("error: {message}\n") })
}

/// The command line as clap knows it, for completion.
pub fn command() -> clap::Command {
    Raw::command()
}

/// A live table over many Kubernetes clusters.
#[derive(Parser, Debug)]
#[command(name = "skylark", version, about, max_term_width = 100)]
struct Raw {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<RawCommand>,
    /// The kind to open the cockpit on, such as pods, deploy or certificates.cert-manager.io
    #[arg(add = ArgValueCompleter::new(complete::kinds))]
    kind: Option<String>,
}

#[derive(clap::Args, Debug)]
struct Global {
    /// The kubeconfig to read instead of $KUBECONFIG and ~/.kube/config
    #[arg(long, global = true, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// These contexts instead of the current one
    #[arg(long, global = true, value_name = "CONTEXT", value_delimiter = ',', add = ArgValueCompleter::new(complete::contexts))]
    context: Vec<String>,
    /// Every context of the kubeconfig, each cluster once
    #[arg(long, global = true)]
    all_contexts: bool,
    /// These namespaces
    #[arg(short, long, global = true, value_name = "NAMESPACE", value_delimiter = ',', add = ArgValueCompleter::new(complete::namespaces))]
    namespace: Vec<String>,
    /// All namespaces
    #[arg(short = 'A', long, global = true)]
    all_namespaces: bool,
    /// Never change anything in a cluster
    #[arg(long, global = true)]
    read_only: bool,
    /// Act as this user
    #[arg(long = "as", global = true, value_name = "USER")]
    act_as: Option<String>,
    /// Act as a member of this group; may be repeated
    #[arg(long = "as-group", global = true, value_name = "GROUP")]
    act_as_group: Vec<String>,
    /// Act as the user of this UID
    #[arg(long = "as-uid", global = true, value_name = "UID")]
    act_as_uid: Option<String>,
    /// The keymap: k9s, vim or one of your own
    #[arg(long, global = true, value_name = "NAME", add = ArgValueCompleter::new(complete::keymaps))]
    keymap: Option<String>,
    /// The theme: dark, light or one of your own
    #[arg(long, global = true, value_name = "NAME", add = ArgValueCompleter::new(complete::themes))]
    theme: Option<String>,
}

#[derive(Subcommand, Debug)]
enum RawCommand {
    /// Write the rows of kinds, once or for as long as they change
    Get(RawGet),
    /// Open the cockpit over clusters that live in this process
    Demo(Sizes),
    /// Serve those clusters to other programs, on this machine, until a signal
    Serve {
        #[command(flatten)]
        sizes: Sizes,
        #[command(flatten)]
        serve: Serve,
    },
    /// Write a script that completes this command line
    ///
    /// For bash: source <(skylark completions bash). The script asks skylark itself, so that contexts,
    /// kinds and namespaces are completed, too.
    Completions {
        /// The shell
        shell: complete::Shell,
    },
    /// Look after the configuration: config.toml, keymaps/NAME.toml, themes/NAME.toml
    Config {
        #[command(subcommand)]
        action: RawConfig,
    },
    /// Say the version
    Version,
}

#[derive(Subcommand, Debug)]
enum RawConfig {
    /// Say where the configuration is and everything that is wrong with it; exits with 1 if anything is
    Check,
}

#[derive(clap::Args, Debug)]
struct RawGet {
    /// KIND[,KIND…] [NAME…], or KIND/NAME…
    #[arg(required = true, value_name = "KIND", add = ArgValueCompleter::new(complete::kinds))]
    words: Vec<String>,
    /// Only objects with these labels, such as app=web,tier!=db
    #[arg(short = 'l', long = "selector", value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    labels: String,
    /// Only objects with these fields, such as status.phase=Running
    #[arg(long = "field-selector", value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    fields: String,
    /// The format
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
    /// Go on after the list, until a signal or a closed pipe
    #[arg(short, long)]
    watch: bool,
    /// The longest time to connect, and the longest silence between bytes: 10s, 1m, 500ms
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration::parse)]
    timeout: Duration,
}

impl Raw {
    fn check(self) -> Result<Args, String> {
        let Raw { global, command, kind } = self;
        // These may stand on both sides of the subcommand, where clap does not see that they conflict.
        if global.all_contexts && !global.context.is_empty() {
            return Err("--context and --all-contexts exclude each other".into());
        }
        if global.all_namespaces && !global.namespace.is_empty() {
            return Err("--namespace and --all-namespaces exclude each other".into());
        }
        let command = match (command, kind) {
            (Some(_), Some(kind)) => return Err(format!("`{kind}` does not belong before a subcommand")),
            (None, kind) => Command::Cockpit { kind },
            (Some(RawCommand::Get(get)), _) => Command::Get(get.check()?),
            (Some(RawCommand::Demo(sizes)), _) => Command::Demo(sizes),
            (Some(RawCommand::Serve { sizes, serve }), _) => Command::Serve(sizes, serve),
            (Some(RawCommand::Completions { shell }), _) => Command::Completions(shell),
            (Some(RawCommand::Config { action: RawConfig::Check }), _) => Command::CheckConfig,
            (Some(RawCommand::Version), _) => Command::Version,
        };
        let chosen = Chosen { keymap: global.keymap, theme: global.theme };
        if chosen != Chosen::default() && matches!(command, Command::Get(_)) {
            return Err("--keymap and --theme are for the cockpit; `get` has neither keys nor colours".into());
        }
        let act_as = act_as(global.act_as, global.act_as_group, global.act_as_uid)?;
        Ok(Args {
            act_as,
            chosen,
            kubeconfig: global.kubeconfig,
            contexts: match named("--context", global.context)? {
                _ if global.all_contexts => Contexts::All,
                None => Contexts::Current,
                Some(names) => Contexts::Named(names),
            },
            namespaces: match (named("--namespace", global.namespace)?, &command) {
                (Some(names), _) => Namespaces::Only(names),
                (None, Command::Get(_)) if !global.all_namespaces => Namespaces::OfContext,
                (None, _) => Namespaces::All,
            },
            read_only: global.read_only,
            command,
        })
    }
}

/// Whom to act as. A group alone is nobody: the server would refuse it, or worse, not see it.
fn act_as(user: Option<String>, groups: Vec<String>, uid: Option<String>) -> Result<Option<ActAs>, String> {
    match user.filter(|user| !user.is_empty()) {
        Some(user) => Ok(Some(ActAs { user, groups, uid })),
        None if groups.is_empty() && uid.is_none() => Ok(None),
        None => Err("--as-group and --as-uid need --as USER, too".into()),
    }
}

/// The names given to an option, each once; `None` when it was not given.
fn named(option: &str, names: Vec<String>) -> Result<Option<Vec<String>>, String> {
    let mut found: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        if name.is_empty() {
            return Err(format!("a name given to {option} is empty"));
        }
        if !found.contains(&name) {
            found.push(name);
        }
    }
    Ok((!found.is_empty()).then_some(found))
}

impl RawGet {
    fn check(self) -> Result<Get, String> {
        let targets = targets(&self.words)?;
        let is_named = targets.iter().any(|target| target.names.is_some());
        if is_named && !(self.labels.is_empty() && self.fields.is_empty()) {
            return Err("name cannot be provided when a selector is specified".into());
        }
        if self.output == Output::Csv {
            if self.watch {
                return Err("-o csv has an end and --watch has none; -o json writes a line an event".into());
            }
            if targets.len() > 1 {
                return Err("-o csv takes one kind: its columns differ from kind to kind".into());
            }
        }
        Ok(Get {
            targets,
            labels: self.labels,
            fields: self.fields,
            output: self.output,
            watch: self.watch,
            timeout: self.timeout,
        })
    }
}

/// `KIND[,KIND…]`, `KIND NAME…` or `KIND/NAME…`, refused in kubectl's words.
fn targets(words: &[String]) -> Result<Vec<Target>, String> {
    let slashes = words.iter().filter(|word| word.contains('/')).count();
    let mut found: Vec<Target> = Vec::new();
    if slashes == 0 {
        let (kinds, names) = words.split_first().ok_or("you must specify the type of resource to get")?;
        for kind in kinds.split(',') {
            if kind.is_empty() {
                return Err(format!("a kind in `{kinds}` is empty"));
            }
            if !found.iter().any(|target| target.kind == kind) {
                found.push(Target { kind: kind.to_owned(), names: None });
            }
        }
        match found.as_mut_slice() {
            _ if names.is_empty() => {}
            [only] => only.names = Some(unique(names)),
            _ => return Err("you must specify only one resource".into()),
        }
        return Ok(found);
    }
    if slashes < words.len() {
        return Err("there is no need to specify a resource type as a separate argument when passing arguments in \
                    resource/name form (e.g. 'skylark get resource/<resource_name>' instead of 'skylark get resource \
                    resource/<resource_name>'"
            .into());
    }
    for word in words {
        let parts: Vec<&str> = word.split('/').collect();
        let (kind, name) = match parts.as_slice() {
            [kind, name] if !kind.is_empty() && !name.is_empty() && !kind.contains(',') => (*kind, *name),
            [_, _] => return Err("arguments in resource/name form must have a single resource and name".into()),
            _ => return Err("arguments in resource/name form may not have more than one slash".into()),
        };
        match found.iter_mut().find(|target| target.kind == kind) {
            Some(Target { names: Some(names), .. }) if names.iter().any(|other| other == name) => {}
            Some(target) => target.names.get_or_insert_default().push(name.to_owned()),
            None => found.push(Target { kind: kind.to_owned(), names: Some(vec![name.to_owned()]) }),
        }
    }
    Ok(found)
}

fn unique(names: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::with_capacity(names.len());
    for name in names.iter().filter(|name| !name.is_empty()) {
        if !found.contains(name) {
            found.push(name.clone());
        }
    }
    found
}

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
