//! `config.toml`.

use super::chain::{line, text_of};
use crate::base::suggest;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// What the file says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct File {
    /// The keymap's name.
    pub keymap: Option<String>,
    /// The theme's name.
    pub theme: Option<String>,
    /// Whether the wide columns show from the start.
    pub wide: bool,
    /// Nothing may be written.
    pub read_only: bool,
}

const SETTINGS: [&str; 4] = ["keymap", "theme", "wide", "read-only"];

/// Reads the file; without one everything is as it comes. What is wrong in it is left out and told.
pub fn read(path: &Path, problems: &mut Vec<String>) -> File {
    match text_of(path) {
        Ok(Some(text)) => parse(&path.display().to_string(), &text, problems),
        Ok(None) => File::default(),
        Err(error) => {
            problems.push(format!("{}: {error}", path.display()));
            File::default()
        }
    }
}

/// Reads a text, called `name` in errors.
pub fn parse(name: &str, text: &str, problems: &mut Vec<String>) -> File {
    let mut file = File::default();
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            problems.push(format!("{name}:{}: {}", line(text, at), error.message().trim()));
            return file;
        }
    };
    for (key, value) in table.get_ref() {
        let place = format!("{name}:{}", line(text, key.span().start));
        let mut word = |slot: &mut Option<String>| match value.get_ref() {
            DeValue::String(word) => *slot = Some(word.to_string()),
            _ => problems.push(format!("{place}: `{}` is a name in quotes", key.get_ref())),
        };
        match key.get_ref().as_ref() {
            "keymap" => word(&mut file.keymap),
            "theme" => word(&mut file.theme),
            switch @ ("wide" | "read-only") => match value.get_ref() {
                DeValue::Boolean(on) if switch == "wide" => file.wide = *on,
                DeValue::Boolean(on) => file.read_only = *on,
                _ => {
                    // Better too careful than not.
                    file.read_only |= switch == "read-only";
                    problems.push(format!("{place}: `{switch}` is true or false"));
                }
            },
            other => {
                let close = suggest::closest(other, SETTINGS.into_iter());
                let close = if close.is_empty() { SETTINGS.join(", ") } else { close.join(" or ") };
                problems.push(format!("{place}: there is no setting `{other}`; there is {close}"));
            }
        }
    }
    file
}
