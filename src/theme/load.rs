//! Reads theme files; errors name the file and the line.

use super::colour::{self, Depth, Shade};
use super::scope::Scope;
use ratatui::style::{Modifier, Style};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Why a theme cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct ThemeError {
    /// The file as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

/// A theme's file: all of a theme, or what differs from another.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sheet {
    /// What it differs from; whoever finds the files has seen it.
    #[allow(dead_code)]
    inherits: Option<String>,
    /// What contrast is checked against.
    #[allow(dead_code)] // read by the tests
    pub background: Option<String>,
    #[serde(default)]
    pub palette: BTreeMap<String, Spanned<Entry>>,
    #[serde(default)]
    pub scopes: BTreeMap<Spanned<String>, Spanned<Rule>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Entry {
    Hex(String),
    Both { rgb: String, ansi: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub fg: Option<String>,
    pub bg: Option<String>,
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    low: Vec<String>,
    #[serde(default)]
    mono: Vec<String>,
}

/// What is wrong, and at which byte of the file.
type Fault = (usize, String);

/// The style of every scope at a depth. Of the files, each with its name, a later one goes before an
/// earlier one, colour by colour and scope by scope.
pub(super) fn styles(files: &[(&str, &str)], depth: Depth) -> Result<[Style; Scope::ALL.len()], ThemeError> {
    let error = |file: usize, (at, what): Fault| {
        let (name, text) = files.get(file).copied().unwrap_or_default();
        let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        ThemeError { file: name.to_owned(), line, what }
    };
    let mut sheets = Vec::with_capacity(files.len());
    for (place, (_, text)) in files.iter().enumerate() {
        sheets.push(read(text).map_err(|fault| error(place, fault))?);
    }
    let mut palette = BTreeMap::new();
    for (place, sheet) in sheets.iter().enumerate() {
        palette.extend(shades(sheet).map_err(|fault| error(place, fault))?);
    }
    let mut found = [None; Scope::ALL.len()];
    for (place, sheet) in sheets.iter().enumerate() {
        resolve(sheet, &palette, depth, &mut found).map_err(|fault| error(place, fault))?;
    }
    let mut styles = [Style::new(); Scope::ALL.len()];
    for ((style, found), scope) in styles.iter_mut().zip(found).zip(Scope::ALL) {
        *style = found.ok_or_else(|| error(0, (0, format!("the scope {:?} is missing", scope.name()))))?;
    }
    Ok(styles)
}

pub(super) fn read(text: &str) -> Result<Sheet, Fault> {
    toml::from_str(text)
        .map_err(|error: toml::de::Error| (error.span().map_or(0, |span| span.start), error.message().to_owned()))
}

pub(super) fn shades(sheet: &Sheet) -> Result<BTreeMap<&str, Shade>, Fault> {
    let shade = |entry: &Spanned<Entry>| {
        let at = entry.span().start;
        let (hex, name) = match entry.get_ref() {
            Entry::Hex(hex) => (hex, None),
            Entry::Both { rgb, ansi } => (rgb, Some(ansi)),
        };
        let rgb = Shade::hex(hex).ok_or_else(|| (at, format!("{hex:?} is not a colour; write \"#rrggbb\"")))?;
        let ansi = match name {
            None => None,
            Some(name) => Some(colour::ansi(name).ok_or_else(|| {
                (
                    at,
                    format!(
                        "{name:?} is none of the terminal's colours; write one such as \"light-red\" or \"default\""
                    ),
                )
            })?),
        };
        Ok(Shade { rgb, ansi })
    };
    sheet.palette.iter().map(|(name, entry)| Ok((name.as_str(), shade(entry)?))).collect()
}

fn resolve(
    sheet: &Sheet,
    palette: &BTreeMap<&str, Shade>,
    depth: Depth,
    found: &mut [Option<Style>; Scope::ALL.len()],
) -> Result<(), Fault> {
    for (name, rule) in &sheet.scopes {
        let place = Scope::ALL.iter().position(|scope| scope.name() == name.get_ref());
        let Some(slot) = place.and_then(|place| found.get_mut(place)) else {
            return Err((name.span().start, format!("no scope is named {:?}", name.get_ref())));
        };
        *slot = Some(style(rule, palette, depth)?);
    }
    Ok(())
}

fn style(rule: &Spanned<Rule>, shades: &BTreeMap<&str, Shade>, depth: Depth) -> Result<Style, Fault> {
    let at = rule.span().start;
    let rule = rule.get_ref();
    let colour = |name: &str| {
        let shade = shades.get(name).ok_or_else(|| (at, format!("the palette has no colour {name:?}")))?;
        Ok::<_, Fault>(shade.at(depth))
    };
    let mut style = Style::new();
    if let Some(name) = &rule.fg {
        style = style.fg(colour(name)?);
    }
    if let Some(name) = &rule.bg {
        style = style.bg(colour(name)?);
    }
    let low = if depth <= Depth::Ansi16 { rule.low.as_slice() } else { &[] };
    let mono = if depth == Depth::None { rule.mono.as_slice() } else { &[] };
    for name in rule.add.iter().chain(low).chain(mono) {
        style = style.add_modifier(modifier(name).ok_or_else(|| (at, format!("no attribute is named {name:?}")))?);
    }
    Ok(style)
}

fn modifier(name: &str) -> Option<Modifier> {
    Some(match name {
        "bold" => Modifier::BOLD,
        "dim" => Modifier::DIM,
        "italic" => Modifier::ITALIC,
        "underlined" => Modifier::UNDERLINED,
        "reversed" => Modifier::REVERSED,
        _ => return None,
    })
}
