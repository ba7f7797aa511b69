//! Puts text into a buffer, within bounds.

use crate::text::catalog::Text;
use crate::text::width::{truncate, width};
use crate::theme::{Scope, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Where texts begin that stand above the table; its rows' glyphs stand below.
pub(super) const INDENT: u16 = 1;

/// A text with its style.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    pub text: String,
    pub style: Style,
}

impl Piece {
    pub fn new(text: impl Into<String>, style: Style) -> Piece {
        Piece { text: text.into(), style }
    }

    pub fn width(&self) -> u16 {
        width(&self.text)
    }
}

/// The width of pieces that stand next to each other.
pub(super) fn width_of(pieces: &[Piece]) -> u16 {
    pieces.iter().map(Piece::width).fold(0, u16::saturating_add)
}

/// A text of the table with its gaps filled in order.
pub(super) fn fill(text: Text, with: &[&str]) -> String {
    let mut out = String::new();
    let mut with = with.iter();
    for (i, part) in text.get().split("{}").enumerate() {
        if i > 0 {
            out.push_str(with.next().unwrap_or(&""));
        }
        out.push_str(part);
    }
    out
}

/// A buffer and what to draw it in.
pub(super) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    pub theme: &'a Theme,
}

impl<'a> Canvas<'a> {
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Canvas<'a> {
        Canvas { buffer, theme }
    }

    pub fn style(&self, scope: Scope) -> Style {
        self.theme.style(scope)
    }

    /// Puts text from `x` on, cut before `right`; returns where it ends.
    pub fn put(&mut self, x: u16, y: u16, right: u16, text: &str, style: Style) -> u16 {
        let right = right.min(self.buffer.area.right());
        if x >= right || y < self.buffer.area.y || y >= self.buffer.area.bottom() {
            return x;
        }
        // Most texts are plain and fit: a cell a byte.
        if text.len() <= usize::from(right - x) && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            let mut at = x;
            for byte in text.bytes() {
                if let Some(cell) = self.buffer.cell_mut((at, y)) {
                    cell.set_char(char::from(byte)).set_style(style);
                }
                at += 1;
            }
            return at;
        }
        let text = truncate(text, right - x);
        self.buffer.set_stringn(x, y, &text, usize::from(right - x), style).0
    }

    /// Puts pieces next to each other, cut before `right`.
    pub fn put_all(&mut self, mut x: u16, y: u16, right: u16, pieces: &[Piece]) -> u16 {
        for piece in pieces {
            x = self.put(x, y, right, &piece.text, piece.style);
        }
        x
    }

    /// Puts text so that it ends before `right`.
    pub fn put_right(&mut self, right: u16, y: u16, text: &str, style: Style) {
        self.put(right.saturating_sub(width(text)), y, right, text, style);
    }

    /// Puts a style over what is there.
    pub fn tint(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area, style);
    }

    /// Blanks an area, in a style.
    pub fn clear(&mut self, area: Rect, style: Style) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::{Color, Modifier};

    #[test]
    fn plain_texts_are_put_as_any_other() {
        let theme = Theme::plain();
        let style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
        let area = Rect::new(2, 1, 12, 2);
        for text in ["", "web-0", "exactly-ten", "longer than there is room", "a\tb", "生産-1", "é", "~ !"] {
            for (x, right) in [(2, 14), (4, 9), (13, 14), (14, 20), (5, 5)] {
                let (mut quick, mut plain) = (Buffer::empty(area), Buffer::empty(area));
                let end = Canvas::new(&mut quick, &theme).put(x, 1, right, text, style);
                let right = right.min(area.right());
                let room = right.saturating_sub(x);
                let wanted = match room {
                    0 => x,
                    _ => plain.set_stringn(x, 1, truncate(text, room), room.into(), style).0,
                };
                assert_eq!((end, quick), (wanted, plain), "{text:?} from {x} to {right}");
            }
        }
    }
}
