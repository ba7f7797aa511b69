//! Inked text: pieces of a line, clean whatever they were made of.

use crate::model::document::{Ink, Piece};
use crate::model::reference::Reference;
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;
use crate::text::width::width;
use std::fmt::Display;

/// The longest text that is shown of one value; an object may carry a megabyte in a line.
const LONGEST: usize = 4000;

/// A part of a line, with what it names.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Inked {
    pub pieces: Vec<Piece>,
    pub link: Option<Reference>,
}

impl Inked {
    /// A text of one ink.
    pub fn new(text: impl AsRef<str>, ink: Ink) -> Inked {
        Inked::default().and(text, ink)
    }

    /// Goes on with a text of its own ink.
    pub fn and(mut self, text: impl AsRef<str>, ink: Ink) -> Inked {
        let text = text.as_ref();
        if !text.is_empty() {
            self.pieces.push(Piece::new(clean(text), ink));
        }
        self
    }

    /// Goes on with another.
    pub fn with(mut self, mut other: Inked) -> Inked {
        self.pieces.append(&mut other.pieces);
        self.link = self.link.or(other.link);
        self
    }

    /// Names an object.
    pub fn to(mut self, link: Reference) -> Inked {
        self.link = Some(link);
        self
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.pieces.iter().all(|piece| piece.text.is_empty())
    }

    /// The cells that it takes.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|piece| usize::from(width(&piece.text))).sum()
    }
}

impl<T: AsRef<str>> From<T> for Inked {
    fn from(text: T) -> Inked {
        Inked::new(text, Ink::Text)
    }
}

/// One clean line, cut where it is endless.
fn clean(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => sanitize(text).into_owned(),
        Some((at, _)) => {
            let rest = text.get(at..).map_or(0, |rest| rest.chars().count());
            let start = text.get(..at).unwrap_or_default();
            format!("{}{}", sanitize(start), Text::AboutMoreCharacters.with(&[&grouped(rest)]))
        }
    }
}

/// A text, or `<none>`.
pub(super) fn or_none(text: impl AsRef<str>) -> Inked {
    let text = text.as_ref();
    if text.is_empty() { none() } else { text.into() }
}

/// A text, or `<unset>`.
pub(super) fn or_unset(text: impl AsRef<str>) -> Inked {
    let text = text.as_ref();
    if text.is_empty() { unset() } else { text.into() }
}

/// `<none>`.
pub(super) fn none() -> Inked {
    dim("<none>")
}

/// `<unset>`.
pub(super) fn unset() -> Inked {
    dim("<unset>")
}

/// What matters less.
pub(super) fn dim(text: impl AsRef<str>) -> Inked {
    Inked::new(text, Ink::Dim)
}

/// A number or a quantity.
pub(super) fn number(value: impl Display) -> Inked {
    Inked::new(value.to_string(), Ink::Number)
}

/// `True` or `False`, `<unset>` for what is neither.
pub(super) fn yes_no(value: Option<bool>) -> Inked {
    match value {
        Some(true) => Inked::new("True", Ink::Word),
        Some(false) => Inked::new("False", Ink::Word),
        None => unset(),
    }
}

/// `… and 9 980 more`.
pub(super) fn more(rest: usize) -> Inked {
    Inked::new(Text::AboutMore.with(&[&grouped(rest)]), Ink::Comment)
}

/// A number with its thousands apart: `9 980`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_clean_and_not_endless() {
        assert_eq!(Inked::from("a\u{1b}[31mb\nc").pieces[0].text, "ab c");
        let long = Inked::from("x".repeat(LONGEST + 12_345));
        assert!(long.pieces[0].text.ends_with("… 12 345 characters more"), "{:?}", long.pieces[0].text.len());
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1 000", "1 234 567"]);
        assert!(Inked::from("").is_empty() && none().width() == 6);
    }
}
