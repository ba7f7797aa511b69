//! A text to read, such as an object's YAML or its description: lines of inked pieces. Every text in
//! here has passed the sanitiser.

use super::reference::Reference;

/// What a piece of text is; a theme says how that looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ink {
    /// Ordinary text.
    #[default]
    Plain,
    /// A field's name.
    Key,
    /// A text value.
    Text,
    /// A number, a quantity, a date.
    Number,
    /// `true`, `false`, `null` and the like.
    Word,
    /// Brackets, dashes, colons.
    Punctuation,
    /// A comment, or a remark of ours.
    Comment,
    /// The head of a section.
    Heading,
    /// What matters less.
    Dim,
    /// What fares well.
    Good,
    /// What needs attention.
    Warn,
    /// What is broken.
    Bad,
    /// What stands for a value that is not shown.
    Masked,
}

/// A piece of a line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Piece {
    /// Its text, without line breaks.
    pub text: String,
    /// What it is.
    pub ink: Ink,
}

impl Piece {
    /// A piece.
    pub fn new(text: impl Into<String>, ink: Ink) -> Piece {
        Piece { text: text.into(), ink }
    }
}

/// A line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// Its pieces, in order.
    pub pieces: Vec<Piece>,
    /// The object that it names, where it names one that can be gone to.
    pub link: Option<Reference>,
    /// It differs from what stood here when the object was last seen.
    pub changed: bool,
    /// Where it goes on when it is broken, in cells; 0 is where the line itself begins.
    pub hang: u16,
}

impl Line {
    /// A line of one piece.
    pub fn of(text: impl Into<String>, ink: Ink) -> Line {
        Line { pieces: vec![Piece::new(text, ink)], ..Line::default() }
    }

    /// The whole text of the line.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }
}

/// A document.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Document {
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Document {
    /// The whole text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            line.pieces.iter().for_each(|piece| out.push_str(&piece.text));
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_that_of_its_lines() {
        let two = Line { pieces: vec![Piece::new("name", Ink::Key), Piece::new(": a", Ink::Text)], ..Line::default() };
        let document = Document { lines: vec![Line::of("Pod", Ink::Heading), two] };
        assert_eq!(document.text(), "Pod\nname: a\n");
        assert_eq!(document.lines[1].text(), "name: a");
    }
}
