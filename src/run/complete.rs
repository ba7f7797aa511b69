//! Completion of our own command line in shells: a script for each asks us, and we answer from the
//! kubeconfig, the configuration and, for namespaces, from the cluster if it answers at once.

use super::args::{self, Contexts};
use super::config;
use super::fleet::{self, Request};
use super::get;
use crate::cluster::open::{Opened, Options};
use crate::link;
use clap::ValueEnum;
use clap_complete::CompleteEnv;
use clap_complete::engine::CompletionCandidate;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The variable that says that a shell asks, and which.
const ASKED: &str = "SKYLARK_COMPLETE";
/// How long somebody who pressed Tab waits for a cluster.
const PATIENCE: Duration = Duration::from_millis(1500);

/// A shell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Shell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// elvish
    Elvish,
    /// PowerShell
    Powershell,
}

impl Shell {
    /// The script that has the shell ask us.
    pub fn script(self) -> io::Result<Vec<u8>> {
        let writer: &dyn EnvCompleter = match self {
            Shell::Bash => &Bash,
            Shell::Zsh => &Zsh,
            Shell::Fish => &Fish,
            Shell::Elvish => &Elvish,
            Shell::Powershell => &Powershell,
        };
        let mut script = Vec::new();
        writer.write_registration(ASKED, "skylark", "skylark", "skylark", &mut script)?;
        Ok(script)
    }
}

/// Answers a shell that asks; whether it did.
pub fn answer(args: &[OsString]) -> bool {
    if std::env::var_os(ASKED).is_none() {
        return false;
    }
    let here = std::env::current_dir().ok();
    let completer = CompleteEnv::with_factory(args::command).var(ASKED).bin("skylark");
    completer.try_complete(args.iter().cloned(), here.as_deref()).unwrap_or(true)
}

/// `--kubeconfig` and `--context` of the line that is being completed.
fn already() -> (Option<PathBuf>, Contexts) {
    let words: Vec<String> = std::env::args().skip_while(|word| word != "--").skip(1).collect();
    let value = |option: &str| {
        words.iter().enumerate().rev().find_map(|(at, word)| {
            let inline = word.strip_prefix(option).and_then(|rest| rest.strip_prefix('='));
            inline.map(str::to_owned).or_else(|| (word == option).then(|| words.get(at + 1).cloned()).flatten())
        })
    };
    let contexts = match value("--context") {
        Some(names) => Contexts::Named(names.split(',').map(str::to_owned).collect()),
        None => Contexts::Current,
    };
    (value("--kubeconfig").map(PathBuf::from), contexts)
}

fn candidates(names: impl IntoIterator<Item = (String, String)>, word: &OsStr) -> Vec<CompletionCandidate> {
    let word = word.to_string_lossy();
    let mut seen = Vec::new();
    for (name, about) in names {
        // What a terminal would obey is no name to offer.
        let clean = !name.is_empty() && !name.chars().any(char::is_control);
        if clean && name.starts_with(&*word) && !seen.iter().any(|(other, _)| *other == name) {
            seen.push((name, about));
        }
    }
    let candidate = |(name, about): (String, String)| {
        let about = Some(about).filter(|about| !about.is_empty());
        CompletionCandidate::new(name).help(about.map(Into::into))
    };
    seen.into_iter().map(candidate).collect()
}

/// The contexts of the kubeconfig.
pub fn contexts(word: &OsStr) -> Vec<CompletionCandidate> {
    let loaded = link::load(already().0.as_deref());
    candidates(loaded.contexts.into_iter().map(|entry| (entry.name, String::new())), word)
}

/// The kinds that every server serves, by all their names; those of a list by the last of it.
pub fn kinds(word: &OsStr) -> Vec<CompletionCandidate> {
    let text = word.to_string_lossy();
    let (before, _) = text.rsplit_once(',').map_or(("", &*text), |(before, last)| (&text[..=before.len()], last));
    let names = known_kinds().into_iter().map(|(name, about)| (format!("{before}{name}"), about));
    candidates(names, word)
}

fn known_kinds() -> Vec<(String, String)> {
    let mut names = Vec::new();
    let others = super::kinds::OTHERS.iter().copied();
    let ours = crate::kinds::client_kinds().iter();
    let ours = ours.map(|client| (client.kind.plural, client.kind.short_names.first().copied().unwrap_or_default()));
    for (plural, short) in ours.chain(others) {
        names.push((plural.to_owned(), short.to_owned()));
    }
    names.sort_unstable();
    names.dedup_by(|a, b| a.0 == b.0);
    let short: Vec<_> =
        names.iter().filter(|(_, s)| !s.is_empty()).map(|(plural, s)| (s.clone(), plural.clone())).collect();
    names.extend(short);
    names
}

/// The keymaps that there are.
pub fn keymaps(word: &OsStr) -> Vec<CompletionCandidate> {
    candidates(config::keymaps().into_iter().map(|name| (name, String::new())), word)
}

/// The themes that there are.
pub fn themes(word: &OsStr) -> Vec<CompletionCandidate> {
    candidates(config::themes().into_iter().map(|name| (name, String::new())), word)
}

/// The namespaces that the kubeconfig names, and those of the clusters that answer at once.
pub fn namespaces(word: &OsStr) -> Vec<CompletionCandidate> {
    let (kubeconfig, contexts) = already();
    let loaded = link::load(kubeconfig.as_deref());
    let mut names: Vec<String> = loaded.contexts.iter().filter_map(|entry| entry.namespace.clone()).collect();
    names.extend(served(kubeconfig.as_deref(), &contexts));
    names.sort_unstable();
    candidates(names.into_iter().map(|name| (name, String::new())), word)
}

/// The namespaces of clusters. Nobody is asked to log in for them.
fn served(kubeconfig: Option<&Path>, contexts: &Contexts) -> Vec<String> {
    let Ok(runtime) = super::runtime() else { return Vec::new() };
    link::install_crypto();
    let names = runtime.block_on(async {
        let request = Request { kubeconfig, contexts, act_as: None, console: link::Console::default() };
        let Ok(made) = fleet::exact(&request, PATIENCE) else { return Vec::new() };
        let open =
            |cluster| Opened::new(cluster, "namespaces", vec![None], Options { once: true, ..Options::default() });
        let mut opened: Vec<Opened> = made.fleet.clusters.iter().map(open).collect();
        let all = async { futures::future::join_all(opened.iter_mut().map(Opened::finished)).await };
        let _ = tokio::time::timeout(PATIENCE, all).await;
        opened.iter().flat_map(get::names_in).collect()
    });
    runtime.shutdown_background();
    names
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn words(found: Vec<CompletionCandidate>) -> Vec<String> {
        found.into_iter().map(|candidate| candidate.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn kinds_are_known_by_all_their_names() {
        assert_eq!(words(kinds(OsStr::new("po"))), ["poddisruptionbudgets", "pods", "podtemplates", "po"]);
        assert_eq!(words(kinds(OsStr::new("pods,deploy"))), ["pods,deployments", "pods,deploy"]);
        let all = words(kinds(OsStr::new("")));
        assert!(all.len() > 60 && all.iter().all(|name| !name.is_empty()), "{all:?}");
        assert_eq!(all.iter().filter(|name| *name == "pods").count(), 1);
    }

    #[test]
    fn every_shell_has_a_script_that_asks_us() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(shell.script().unwrap()).unwrap();
            assert!(script.contains(ASKED) && script.contains("skylark"), "{shell:?}: {script}");
        }
    }

    #[test]
    fn names_that_a_terminal_would_obey_are_not_offered() {
        let names = ["a\u{1b}[2J", "a\nb", "ab", ""].map(|name| (name.to_owned(), String::new()));
        assert_eq!(words(candidates(names, OsStr::new("a"))), ["ab"]);
    }
}
