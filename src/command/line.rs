//! The command line: `:KIND [NAMESPACE] [@CLUSTER] [/FILTER]` and the commands of the table.

use super::known::{Found, Known};
use super::nearest::nearest;
use super::table::{COMMANDS, Call, Form, Id, named};
use super::words::{Word, filter_of, words};
use super::{pane, pane::DEFAULT_KIND};
use crate::text::catalog::Text;
use crate::view::spec::{ClusterId, Namespaces, Pane};

/// What is wrong with a line, in a sentence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct LineError(pub String);

/// What a line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// Nothing.
    Empty,
    /// A command.
    Call(Call),
    /// A table.
    Open(Open),
}

/// Which clusters a line asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Clusters {
    /// Those in scope.
    #[default]
    Same,
    /// The whole fleet.
    All,
    /// These.
    Only(Vec<ClusterId>),
}

/// A table that a line asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Open {
    /// Which table; `None` for the one that is shown.
    pub pane: Option<Pane>,
    /// Which namespaces; `None` for those in scope.
    pub namespaces: Option<Namespaces>,
    /// Which clusters.
    pub clusters: Clusters,
    /// The filter; empty shows all.
    pub filter: String,
}

/// Reads a line.
pub fn parse(text: &str, known: &Known<'_>) -> Result<Line, LineError> {
    let text = text.trim().trim_start_matches(':').trim_start();
    if text.is_empty() {
        return Ok(Line::Empty);
    }
    match call(text)? {
        Some(call) => Ok(match target(&call, known)? {
            Some(open) => Line::Open(open),
            None => Line::Call(call),
        }),
        None => kind_line(text, known).map(Line::Open),
    }
}

/// The command that a line begins with, and its argument; `None` when it begins with no command.
pub fn call(text: &str) -> Result<Option<Call>, LineError> {
    let text = text.trim();
    let (name, argument) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let Some(command) = named(name) else { return Ok(None) };
    let argument = argument.trim().to_owned();
    if command.form == Form::None && !argument.is_empty() {
        return Err(LineError(Text::LineNoArgument.with(&[name])));
    }
    Ok(Some(Call { id: command.id, argument }))
}

/// The table that a command opens, for those that open one.
pub fn target(call: &Call, known: &Known<'_>) -> Result<Option<Open>, LineError> {
    let mut scope = match call.id {
        Id::Context | Id::Namespace => Scoped::read(&call.argument, known)?,
        _ => return Ok(None),
    };
    let word = scope.plain.first().cloned();
    if let Some(extra) = scope.plain.get(1) {
        return Err(LineError(Text::LineTooMany.with(&[extra])));
    }
    if call.id == Id::Context {
        if let Some(word) = word {
            if scope.open.clusters != Clusters::Same {
                return Err(LineError(Text::LineTwoClusters.get().to_owned()));
            }
            scope.open.clusters = clusters(&word, known)?;
        } else if scope.open.clusters == Clusters::Same {
            scope.open.pane = Some(Pane::Clusters);
        }
    } else {
        if let Some(word) = word {
            scope.set_namespaces(&word)?;
        }
        let kind = if scope.open.namespaces.is_some() { DEFAULT_KIND } else { pane::NAMESPACES };
        scope.open.pane = Some(Pane::Kind(kind.to_owned()));
    }
    Ok(Some(scope.open))
}

/// The clusters that a comma-separated list names; `*` and `all` mean the whole fleet.
pub fn clusters(list: &str, known: &Known<'_>) -> Result<Clusters, LineError> {
    let list = list.strip_prefix('@').filter(|_| known.cluster(list) == Found::None).unwrap_or(list);
    let mut found = Vec::new();
    // A context's name may contain a comma.
    let whole = known.clusters.iter().any(|line| line.name == list);
    let split = list.split(',').filter(|word| !whole && !word.is_empty());
    for word in split.chain(whole.then_some(list)) {
        match known.cluster(word) {
            Found::One(id) if found.contains(&id) => {}
            Found::One(id) => found.push(id),
            _ if word == "*" || word == "all" => return Ok(Clusters::All),
            Found::Several(names) => {
                let names = names.join(Text::Or.get());
                return Err(LineError(Text::LineAmbiguousCluster.with(&[word, &names])));
            }
            Found::None => return Err(unknown_cluster(word, known)),
        }
    }
    if found.is_empty() {
        return Err(unknown_cluster(list, known));
    }
    Ok(Clusters::Only(found))
}

fn kind_line(text: &str, known: &Known<'_>) -> Result<Open, LineError> {
    let mut scope = Scoped::read(text, known)?;
    if let [first, second] = scope.plain.as_slice()
        && !known.is_kind(first)
        && known.is_kind(second)
    {
        scope.plain.swap(0, 1);
    }
    let mut plain = std::mem::take(&mut scope.plain).into_iter();
    if let Some(kind) = plain.next() {
        if known.knows_all_kinds() && !known.is_kind(&kind) {
            return Err(unknown_kind(&kind, known));
        }
        scope.open.pane = Some(pane::for_kind(&kind));
    }
    if let Some(namespace) = plain.next() {
        scope.set_namespaces(&namespace)?;
    }
    if let Some(extra) = plain.next() {
        return Err(LineError(Text::LineTooMany.with(&[&extra])));
    }
    Ok(scope.open)
}

/// A line's scope and filter, and the words that are neither.
struct Scoped {
    open: Open,
    plain: Vec<String>,
    /// Words to be added to the filter.
    narrowed: Vec<String>,
}

impl Scoped {
    fn read(text: &str, known: &Known<'_>) -> Result<Scoped, LineError> {
        let (words, rest) = words(text).ok_or_else(|| LineError(Text::LineQuote.get().to_owned()))?;
        let mut scope = Scoped { open: Open::default(), plain: Vec::new(), narrowed: Vec::new() };
        let mut after = Vec::new();
        if let Some(rest) = rest {
            let (filter, scopes) = filter_of(rest);
            scope.set_filter(filter.to_owned())?;
            after = scopes;
        }
        let mut words = words.into_iter().chain(after);
        while let Some(word) = words.next() {
            scope.take(word, &mut words, known)?;
        }
        for word in std::mem::take(&mut scope.narrowed) {
            let filter = &mut scope.open.filter;
            if !filter.is_empty() {
                filter.push(' ');
            }
            filter.push_str(&word);
        }
        Ok(scope)
    }

    fn take(&mut self, word: Word, rest: &mut dyn Iterator<Item = Word>, known: &Known<'_>) -> Result<(), LineError> {
        let mut value = |option: &str| {
            let value = rest.next().map(|word| word.text);
            value.ok_or_else(|| LineError(Text::LineOptionValue.with(&[option])))
        };
        match word.text.as_str() {
            _ if word.quoted && !word.text.starts_with('@') => self.plain_or_labels(word.text),
            "-A" => self.set_namespaces("*"),
            "-n" => self.set_namespaces(&value("-n")?),
            "-l" => self.set_filter(format!("-l {}", value("-l")?)),
            "--since" => {
                self.narrowed.push(format!("since:{}", value("--since")?));
                Ok(())
            }
            option if option.starts_with('-') => Err(LineError(Text::LineOption.with(&[option]))),
            text => match text.strip_prefix('@') {
                Some(_) if self.open.clusters != Clusters::Same => {
                    Err(LineError(Text::LineTwoClusters.get().to_owned()))
                }
                Some(list) => {
                    self.open.clusters = clusters(list, known)?;
                    Ok(())
                }
                None => self.plain_or_labels(word.text),
            },
        }
    }

    fn plain_or_labels(&mut self, text: String) -> Result<(), LineError> {
        if text.contains('=') || text.contains(" in (") || text.contains(" notin (") {
            return self.set_filter(format!("-l {text}"));
        }
        self.plain.push(text);
        Ok(())
    }

    fn set_filter(&mut self, filter: String) -> Result<(), LineError> {
        if !self.open.filter.is_empty() {
            return Err(LineError(Text::LineTwoFilters.get().to_owned()));
        }
        self.open.filter = filter;
        Ok(())
    }

    fn set_namespaces(&mut self, list: &str) -> Result<(), LineError> {
        if self.open.namespaces.is_some() {
            return Err(LineError(Text::LineTwoNamespaces.get().to_owned()));
        }
        let names: Vec<String> = list.split(',').filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect();
        let all = names.is_empty() || names.iter().any(|name| name == "*" || name == "all");
        self.open.namespaces = Some(if all { Namespaces::All } else { Namespaces::Only(names) });
        Ok(())
    }
}

/// Views of k9s that are still to come.
const LATER: [&str; 29] = [
    "pulses",
    "pu",
    "hz",
    "pulse",
    "xray",
    "x",
    "xr",
    "workloads",
    "wk",
    "workload",
    "can",
    "dir",
    "dirs",
    "d",
    "ls",
    "pf",
    "portforward",
    "be",
    "benchmark",
    "sd",
    "screendump",
    "helm",
    "hm",
    "charts",
    "users",
    "usr",
    "groups",
    "rbac",
    "policy",
];

fn unknown_kind(word: &str, known: &Known<'_>) -> LineError {
    if LATER.contains(&word.to_ascii_lowercase().as_str()) {
        return LineError(Text::NotYet.with(&[&format!(":{word}")]));
    }
    let kinds = known.names.kinds.iter();
    let kinds = kinds.flat_map(|(plural, short)| std::iter::once(plural).chain(short)).map(String::as_str);
    let commands = COMMANDS.iter().filter(|command| command.is_typed()).flat_map(|command| command.names);
    let near = nearest(word, kinds.chain(commands.copied()));
    LineError(if near.is_empty() {
        Text::LineUnknown.with(&[word])
    } else {
        Text::LineUnknownDid.with(&[word, &near.join(Text::Or.get())])
    })
}

fn unknown_cluster(word: &str, known: &Known<'_>) -> LineError {
    let near = nearest(word, known.clusters.iter().map(|line| line.name.as_str()));
    LineError(if near.is_empty() {
        Text::LineUnknownCluster.with(&[word])
    } else {
        Text::LineUnknownClusterDid.with(&[word, &near.join(Text::Or.get())])
    })
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
