//! What turns one buffer on the terminal into the next, in as few bytes as are safe everywhere.

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::style::{Color, Modifier};
use std::io::Write as _;

/// Unchanged cells up to this many are written again rather than jumped over.
const JUMP: u16 = 4;
/// Attributes that show on a blank.
const ON_BLANK: Modifier = Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Ink {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Ink = Ink { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

impl Ink {
    fn of(cell: &Cell) -> Ink {
        Ink { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a blank looks the same in both.
    fn blank_eq(self, other: Ink) -> bool {
        self.bg == other.bg
            && (self.modifier & ON_BLANK) == (other.modifier & ON_BLANK)
            && (self.fg == other.fg || (self.modifier & ON_BLANK).is_empty())
    }
}

/// Appends what turns `shown` into `next`; both have the same area. The pen is plain before and after.
pub fn emit(out: &mut Vec<u8>, shown: &Buffer, next: &Buffer) {
    let mut pen = Pen { out, at: None, ink: PLAIN };
    let cells = usize::from(next.area.width).max(1);
    let rows = shown.content.chunks(cells).zip(next.content.chunks(cells));
    for (y, (before, after)) in (next.area.top()..next.area.bottom()).zip(rows) {
        // Most rows are as they were, and to compare them is far cheaper than to measure each cell.
        if before != after {
            row(&mut pen, y, shown, next);
        }
    }
    pen.ink(PLAIN);
}

fn row(pen: &mut Pen<'_>, y: u16, shown: &Buffer, next: &Buffer) {
    let (mut x, right) = (next.area.left(), next.area.right());
    // The first cell that the wide character before it does not cover.
    let mut bare = x;
    while x < right {
        let (cell, before) = (&next[(x, y)], &shown[(x, y)]);
        // Half of a wide character that goes is whatever the terminal makes of it.
        let halved = x < bare;
        bare = bare.max(x + before.cell_width().max(1));
        if halved || !(before == cell || looks_same(before, cell)) {
            pen.go(x, y, next);
            if is_blank(cell) && (x..right).all(|x| is_blank(&next[(x, y)])) {
                pen.ink(PLAIN);
                pen.out.extend_from_slice(b"\x1b[K");
                return;
            }
            pen.print(cell, right);
        }
        x += cell.cell_width().max(1);
        // Wide characters that this one covers are gone as well.
        for covered in x - cell.cell_width().max(1) + 1..x.min(right) {
            bare = bare.max(covered + shown[(covered, y)].cell_width().max(1));
        }
    }
}

fn looks_same(a: &Cell, b: &Cell) -> bool {
    a.symbol() == " " && b.symbol() == " " && Ink::of(a).blank_eq(Ink::of(b))
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && Ink::of(cell).blank_eq(PLAIN)
}

struct Pen<'a> {
    out: &'a mut Vec<u8>,
    /// Where the terminal's cursor is, where that is certain.
    at: Option<(u16, u16)>,
    ink: Ink,
}

impl Pen<'_> {
    fn go(&mut self, x: u16, y: u16, next: &Buffer) {
        match self.at {
            Some((at, row)) if row == y && at == x => {}
            Some((at, row)) if row == y && at < x => {
                let gap = x - at;
                let again = |x: u16| {
                    let cell = &next[(x, y)];
                    cell.symbol().len() == 1 && (Ink::of(cell) == self.ink || looks_same_in(cell, self.ink))
                };
                if gap <= JUMP && (at..x).all(again) {
                    for x in at..x {
                        self.out.extend_from_slice(next[(x, y)].symbol().as_bytes());
                    }
                } else {
                    let _ = write!(self.out, "\x1b[{gap}C");
                }
            }
            _ => {
                let _ = match x {
                    0 => write!(self.out, "\x1b[{}H", y + 1),
                    _ => write!(self.out, "\x1b[{};{}H", y + 1, x + 1),
                };
            }
        }
        self.at = Some((x, y));
    }

    fn print(&mut self, cell: &Cell, right: u16) {
        let symbol = cell.symbol();
        if !looks_same_in(cell, self.ink) {
            self.ink(Ink::of(cell));
        }
        self.out.extend_from_slice(symbol.as_bytes());
        let certain = symbol.len() == 1 || symbol.chars().nth(1).is_none();
        self.at = self.at.map(|(x, y)| (x + cell.cell_width(), y)).filter(|(x, _)| certain && *x < right);
    }

    fn ink(&mut self, to: Ink) {
        let from = self.ink;
        if from == to {
            return;
        }
        self.ink = to;
        if to == PLAIN {
            self.out.extend_from_slice(b"\x1b[m");
            return;
        }
        let mut codes = Codes { out: self.out, first: true };
        let base = if from.modifier.difference(to.modifier).is_empty() {
            from
        } else {
            codes.add(format_args!("0"));
            PLAIN
        };
        for (modifier, code) in MODIFIERS {
            if to.modifier.difference(base.modifier).contains(modifier) {
                codes.add(format_args!("{code}"));
            }
        }
        if to.fg != base.fg {
            codes.colour(to.fg, 30);
        }
        if to.bg != base.bg {
            codes.colour(to.bg, 40);
        }
        self.out.push(b'm');
    }
}

/// Whether a cell needs no other ink than `ink`.
fn looks_same_in(cell: &Cell, ink: Ink) -> bool {
    cell.symbol() == " " && Ink::of(cell).blank_eq(ink)
}

const MODIFIERS: [(Modifier, u8); 6] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::REVERSED, 7),
    (Modifier::CROSSED_OUT, 9),
];

struct Codes<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl Codes<'_> {
    fn add(&mut self, code: std::fmt::Arguments<'_>) {
        self.out.extend_from_slice(if self.first { b"\x1b[" } else { b";" });
        self.first = false;
        let _ = self.out.write_fmt(code);
    }

    /// `base` is 30 for the foreground, 40 for the background.
    fn colour(&mut self, color: Color, base: u8) {
        let own = match color {
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::Reset => 9,
            Color::DarkGray => 60,
            Color::LightRed => 61,
            Color::LightGreen => 62,
            Color::LightYellow => 63,
            Color::LightBlue => 64,
            Color::LightMagenta => 65,
            Color::LightCyan => 66,
            Color::White => 67,
            Color::Indexed(index) => return self.add(format_args!("{};5;{index}", base + 8)),
            Color::Rgb(r, g, b) => return self.add(format_args!("{};2;{r};{g};{b}", base + 8)),
        };
        self.add(format_args!("{}", base + own));
    }
}
