//! The user's configuration: `config.toml`, and keymaps and themes of their own. What is wrong with it
//! stops nothing: the embedded ones stand in, and the errors are said.

mod chain;
mod check;
mod file;

pub use check::check;

use crate::command::keymap::{self, Keymap};
use crate::theme::{self, Depth, Glyphs, Theme};
use chain::Family;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What the command line chooses.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chosen {
    /// `--keymap`.
    pub keymap: Option<String>,
    /// `--theme`.
    pub theme: Option<String>,
}

/// How the cockpit is set.
pub struct Settings {
    /// The keys.
    pub keymap: Keymap,
    /// The colours.
    pub theme: Theme,
    /// Whether the wide columns show from the start.
    pub wide: bool,
    /// Nothing may be written.
    pub read_only: bool,
    /// What is wrong with the files, a sentence each, with file and line where there is one.
    pub problems: Vec<String>,
}

const KEYMAPS: Family = Family { folder: "keymaps", built_in: &keymap::BUILT_IN, default: keymap::DEFAULT };
const THEMES: Family = Family { folder: "themes", built_in: &theme::BUILT_IN, default: theme::DEFAULT };

/// Where the configuration is: `$XDG_CONFIG_HOME/skylark`, else `~/.config/skylark`.
pub fn folder(var: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| var(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(config.join("skylark"))
}

/// Reads the configuration of this process. `Err` when the command line names what does not exist.
pub fn load(chosen: &Chosen) -> Result<Settings, String> {
    read(chosen, |name| std::env::var_os(name))
}

/// The keymaps that there are.
pub fn keymaps() -> Vec<String> {
    KEYMAPS.names(folder(|name| std::env::var_os(name)).as_deref())
}

/// The themes that there are.
pub fn themes() -> Vec<String> {
    THEMES.names(folder(|name| std::env::var_os(name)).as_deref())
}

/// The command line goes before the environment, that before the file, and that before what comes along.
fn read(chosen: &Chosen, var: impl Fn(&str) -> Option<OsString>) -> Result<Settings, String> {
    let folder = folder(&var);
    let folder = folder.as_deref();
    let text = |name: &str| var(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
    let mut problems = Vec::new();
    let file = folder.map(|folder| file::read(&folder.join("config.toml"), &mut problems)).unwrap_or_default();
    for (name, family) in [(&chosen.keymap, KEYMAPS), (&chosen.theme, THEMES)] {
        if let Some(name) = name.as_ref().filter(|name| !family.has(folder, name)) {
            return Err(family.unknown(folder, name));
        }
    }
    let keymap = keymap(chosen.keymap.as_deref().or(file.keymap.as_deref()), folder, &mut problems);
    let name = chosen.theme.clone().or_else(|| text("SKYLARK_THEME")).or(file.theme);
    let theme = theme(name.as_deref(), folder, &mut problems);
    let (depth, glyphs) = (Depth::detect(text), Glyphs::detect(text));
    let theme = theme(depth, glyphs);
    Ok(Settings { keymap, theme, wide: file.wide, read_only: file.read_only, problems })
}

fn keymap(name: Option<&str>, folder: Option<&Path>, problems: &mut Vec<String>) -> Keymap {
    let chain = KEYMAPS.chain(folder, name.unwrap_or(keymap::DEFAULT));
    problems.extend(chain.problem);
    let mut whole = Keymap::default();
    for (depth, link) in chain.files.iter().enumerate() {
        match whole.extended(&link.name, &link.text) {
            Ok(next) => whole = next,
            Err(errors) => {
                problems.extend(errors.iter().map(ToString::to_string));
                problems.push(format!("keymap {:?} is not used because of that", link.title));
                // What it adds to is sound, unless it is not there.
                return if depth == 0 { Keymap::embedded() } else { whole };
            }
        }
    }
    whole
}

/// The theme, for a terminal that is still to be named.
fn theme(
    name: Option<&str>,
    folder: Option<&Path>,
    problems: &mut Vec<String>,
) -> impl FnOnce(Depth, &'static Glyphs) -> Theme {
    let chain = THEMES.chain(folder, name.unwrap_or(theme::DEFAULT));
    problems.extend(chain.problem);
    let mut files = chain.files;
    // What is wrong with a file does not depend on the terminal.
    while let Err(error) = layered(&files, Depth::Rgb, &theme::glyphs::ASCII) {
        problems.push(error);
        let Some(dropped) = files.pop() else { break };
        problems.push(format!("theme {:?} is not used because of that", dropped.title));
    }
    move |depth, glyphs| layered(&files, depth, glyphs).unwrap_or_else(|_| Theme::plain())
}

fn layered(files: &[chain::File], depth: Depth, glyphs: &'static Glyphs) -> Result<Theme, String> {
    let files: Vec<(&str, &str)> = files.iter().map(|file| (file.name.as_str(), file.text.as_str())).collect();
    Theme::layered(&files, depth, glyphs).map_err(|error| error.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
