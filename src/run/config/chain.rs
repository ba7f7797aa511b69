//! Files that add to one another: a keymap or theme of the user's, what it inherits, and so on down to
//! one that comes along.

use crate::base::suggest;
use crate::command::keymap::INHERITS;
use std::fs::File as Handle;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// No such file is larger.
const LARGEST: u64 = 1 << 20;

/// Keymaps, or themes.
#[derive(Clone, Copy)]
pub struct Family {
    /// Where the user's are, below the configuration's folder.
    pub folder: &'static str,
    /// Those that come along: name and text.
    pub built_in: &'static [(&'static str, &'static str)],
    /// What the user's inherit unless they say otherwise.
    pub default: &'static str,
}

/// One file.
pub struct File {
    /// What the user calls it.
    pub title: String,
    /// What errors call it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Files, the one that all others add to first.
#[derive(Default)]
pub struct Chain {
    /// The files.
    pub files: Vec<File>,
    /// Why it is not the chain that was asked for.
    pub problem: Option<String>,
}

/// Reads a file of the user's; `None` when there is none.
pub fn text_of(path: &Path) -> io::Result<Option<String>> {
    let file = match Handle::open(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        other => other?,
    };
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "larger than 1 MiB"));
    }
    Ok(Some(text))
}

/// The line of a place in a text, from 1.
pub fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

impl Family {
    /// A name is no path: it cannot lead elsewhere.
    fn path(&self, folder: Option<&Path>, name: &str) -> Option<PathBuf> {
        let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
        plain.then(|| Some(folder?.join(self.folder).join(format!("{name}.toml"))))?
    }

    fn built_in(&self, name: &str) -> Option<&'static str> {
        self.built_in.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// Whether there is one of this name, sound or not.
    pub fn has(&self, folder: Option<&Path>, name: &str) -> bool {
        self.built_in(name).is_some() || self.path(folder, name).is_some_and(|path| path.exists())
    }

    /// The names of those that there are, each once.
    pub fn names(&self, folder: Option<&Path>) -> Vec<String> {
        let mut names: Vec<String> = self.built_in.iter().map(|(name, _)| (*name).to_owned()).collect();
        let files = folder.and_then(|folder| std::fs::read_dir(folder.join(self.folder)).ok());
        for file in files.into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().strip_suffix(".toml").map(str::to_owned);
            names.extend(name.filter(|name| !name.is_empty() && !name.starts_with('.')));
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// A sentence about a name that none has.
    pub fn unknown(&self, folder: Option<&Path>, name: &str) -> String {
        let what = self.folder.trim_end_matches('s');
        let names = self.names(folder);
        let close = suggest::closest(name, names.iter().map(String::as_str));
        let close = if close.is_empty() { String::new() } else { format!("; did you mean {}?", close.join(" or ")) };
        let place = self.path(folder, "NAME").and_then(|path| Some(path.parent()?.display().to_string()));
        let place = place.map_or(String::new(), |place| format!(" (your own stand in {place})"));
        format!("there is no {what} {name:?}: there is {}{place}{close}", names.join(", "))
    }

    /// The chain of a name; of one that does not exist, and behind what cannot be read, the default's.
    pub fn chain(&self, folder: Option<&Path>, name: &str) -> Chain {
        let mut chain = Chain::default();
        // Those of the user's that are in the chain: inside one of them its name means what comes along.
        let mut used: Vec<String> = Vec::new();
        let mut next = Some((name.to_owned(), String::new()));
        while let Some((name, from)) = next.take() {
            let own = self.path(folder, &name).filter(|_| !used.contains(&name));
            let read = own.map(|path| (text_of(&path), path));
            let mut fail = |what: String| {
                chain.problem.get_or_insert(format!("{from}{what}"));
            };
            match read {
                Some((Ok(Some(text)), path)) => {
                    let shown = path.display().to_string();
                    let parent = match inherits(&text) {
                        Some((parent, line)) => (parent, format!("{shown}:{line}: ")),
                        None => (self.default.to_owned(), String::new()),
                    };
                    used.push(name.clone());
                    chain.files.push(File { title: name, name: shown, text });
                    next = Some(parent);
                    continue;
                }
                Some((Err(error), path)) => fail(format!("{}: {error}", path.display())),
                Some((Ok(None), _)) | None => {}
            }
            if let Some(text) = self.built_in(&name) {
                let parent = inherits(text).map(|(parent, _)| (parent, String::new()));
                used.push(name.clone());
                chain.files.push(File { title: name.clone(), name, text: text.to_owned() });
                // What comes along rests on what comes along.
                next = parent.filter(|(parent, _)| self.built_in(parent).is_some());
                used.extend(next.iter().map(|(parent, _)| parent.clone()));
                continue;
            }
            if used.contains(&name) {
                fail(format!("{name:?} inherits itself"));
            } else if chain.problem.is_none() {
                let said = self.unknown(folder, &name);
                chain.problem = Some(format!("{from}{said}"));
            }
            next = (name != self.default).then(|| (self.default.to_owned(), String::new()));
        }
        chain.files.reverse();
        chain
    }
}

/// What a file says that it inherits, and in which line.
fn inherits(text: &str) -> Option<(String, usize)> {
    let table = DeTable::parse(text).ok()?;
    let (_, value) = table.get_ref().iter().find(|(name, _)| name.get_ref() == INHERITS)?;
    match value.get_ref() {
        DeValue::String(name) => Some((name.to_string(), line(text, value.span().start))),
        _ => None,
    }
}
