//! Themes: styles by what they mean, resolved once to what the terminal can show, and the glyphs
//! that say the same without colour.

pub mod colour;
pub mod glyphs;
mod load;
pub mod scope;

pub use glyphs::Glyphs;
pub use load::ThemeError;
pub use scope::Scope;

use crate::model::document::Ink;
use crate::model::draft::Tone;
use crate::model::state::Phase;
pub use colour::Depth;
use ratatui::style::Style;

/// The themes that come along, by name.
pub const BUILT_IN: [(&str, &str); 2] =
    [(DEFAULT, include_str!("../../themes/dark.toml")), ("light", include_str!("../../themes/light.toml"))];

/// The theme in force when the user has chosen no other; those that do not say otherwise differ from it.
pub const DEFAULT: &str = "dark";

/// A style for every scope, in the colours of one terminal.
#[derive(Clone, Debug)]
pub struct Theme {
    styles: [Style; Scope::ALL.len()],
    /// The glyphs that the terminal can show.
    pub glyphs: &'static Glyphs,
}

impl Theme {
    /// A theme that comes along; `None` when no such is.
    pub fn built_in(name: &str, depth: Depth, glyphs: &'static Glyphs) -> Option<Theme> {
        let (name, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        Theme::parse(name, text, depth, glyphs).ok()
    }

    /// Reads a theme; `file` names it in errors.
    pub fn parse(file: &str, text: &str, depth: Depth, glyphs: &'static Glyphs) -> Result<Theme, ThemeError> {
        Theme::layered(&[(file, text)], depth, glyphs)
    }

    /// Reads a theme out of several files, each with its name: a later one says what differs from those
    /// before it.
    pub fn layered(files: &[(&str, &str)], depth: Depth, glyphs: &'static Glyphs) -> Result<Theme, ThemeError> {
        Ok(Theme { styles: load::styles(files, depth)?, glyphs })
    }

    /// Without any style, in ASCII: shows everywhere.
    pub fn plain() -> Theme {
        Theme { styles: [Style::new(); Scope::ALL.len()], glyphs: &glyphs::ASCII }
    }

    /// The style of a scope.
    pub fn style(&self, scope: Scope) -> Style {
        self.styles.get(scope as usize).copied().unwrap_or_default()
    }

    /// The style of a tone.
    pub fn tone(&self, tone: Tone) -> Style {
        self.style(match tone {
            Tone::Plain => Scope::StatusPlain,
            Tone::Good => Scope::StatusGood,
            Tone::Quiet => Scope::StatusQuiet,
            Tone::Warn => Scope::StatusWarn,
            Tone::Bad => Scope::StatusBad,
        })
    }

    /// The style of a piece of a document.
    pub fn ink(&self, ink: Ink) -> Style {
        self.style(match ink {
            Ink::Plain => Scope::Text,
            Ink::Key => Scope::DocKey,
            Ink::Text => Scope::DocText,
            Ink::Number => Scope::DocNumber,
            Ink::Word => Scope::DocWord,
            Ink::Punctuation => Scope::DocPunctuation,
            Ink::Comment => Scope::DocComment,
            Ink::Heading => Scope::DocHeading,
            Ink::Dim => Scope::Dim,
            Ink::Good => Scope::StatusGood,
            Ink::Warn => Scope::StatusWarn,
            Ink::Bad => Scope::StatusBad,
            Ink::Masked => Scope::DocMasked,
        })
    }

    /// The style of a cluster's phase.
    pub fn phase(&self, phase: Phase) -> Style {
        self.style(match phase {
            Phase::Idle => Scope::PhaseIdle,
            Phase::Connecting => Scope::PhaseConnecting,
            Phase::Live => Scope::PhaseLive,
            Phase::Stale => Scope::PhaseStale,
            Phase::Unreachable => Scope::PhaseUnreachable,
            Phase::Denied => Scope::PhaseDenied,
            Phase::Expired => Scope::PhaseExpired,
            Phase::Throttled => Scope::PhaseThrottled,
            Phase::Replaced => Scope::PhaseReplaced,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
