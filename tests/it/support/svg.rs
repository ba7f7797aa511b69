//! A screen as a picture: text, so that it is small and its changes can be read.

use std::fmt::Write as _;
use vt100::{Cell, Color, Screen};

/// A cell, and where in it its text stands.
const CELL: (u32, u32) = (9, 20);
const BASELINE: u32 = 15;
const FONT: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace";
/// What the terminal's own colours are taken for.
const GROUND: &str = "#16191f";
const INK: &str = "#d5dae3";
/// Around the screen.
const MARGIN: u32 = 10;

/// How a cell looks.
#[derive(Clone, PartialEq)]
struct Look {
    ink: String,
    ground: String,
    bold: bool,
    italic: bool,
    underline: bool,
}

impl Look {
    fn of(cell: &Cell) -> Look {
        let colour = |colour: Color, otherwise: &str| match colour {
            Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
            // The cockpit is started with all colours: it asks for none by number.
            Color::Default | Color::Idx(_) => otherwise.to_owned(),
        };
        let (ink, ground) = (colour(cell.fgcolor(), INK), colour(cell.bgcolor(), GROUND));
        let (ink, ground) = if cell.inverse() { (ground, ink) } else { (ink, ground) };
        Look { ink, ground, bold: cell.bold(), italic: cell.italic(), underline: cell.underline() }
    }
}

/// Cells of one look next to each other.
struct Run {
    column: u16,
    cells: u16,
    text: String,
    look: Look,
}

/// The runs of a line. Wide characters stand alone, and so does what follows two blanks: no font moves it.
fn runs(screen: &Screen, line: u16, columns: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(line, column).filter(|cell| !cell.is_wide_continuation()) else { continue };
        let look = Look::of(cell);
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let goes_on = |run: &&mut Run| {
            run.look == look
                && run.column + run.cells == column
                && (run.text.is_ascii() && text.is_ascii())
                && !(run.text.ends_with("  ") && text != " ")
        };
        match runs.last_mut().filter(goes_on) {
            Some(run) => {
                run.text.push_str(text);
                run.cells += 1;
            }
            None => {
                runs.push(Run { column, cells: 1 + u16::from(cell.is_wide()), text: text.to_owned(), look });
            }
        }
    }
    runs
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The picture of a screen.
pub fn picture(screen: &Screen, title: &str) -> String {
    let (lines, columns) = screen.size();
    let (lines, columns) = (lines.get(), columns.get());
    let (width, height) = (u32::from(columns) * CELL.0 + 2 * MARGIN, u32::from(lines) * CELL.1 + 2 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"{FONT}\" font-size=\"15\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\n",
        escaped(title)
    );
    for line in 0..lines {
        let y = MARGIN + u32::from(line) * CELL.1;
        let all = runs(screen, line, columns);
        for run in &all {
            let (x, wide) = (MARGIN + u32::from(run.column) * CELL.0, u32::from(run.cells) * CELL.0);
            if run.look.ground != GROUND {
                let ground = &run.look.ground;
                let _ = writeln!(
                    out,
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{}\" fill=\"{ground}\"/>",
                    CELL.1
                );
            }
        }
        for run in &all {
            let text = run.text.trim_end();
            if text.is_empty() {
                continue;
            }
            let skipped = (text.len() - text.trim_start().len()) as u32;
            let text = text.trim_start();
            let x = MARGIN + (u32::from(run.column) + skipped) * CELL.0;
            let cells = if run.text.is_ascii() { text.len() as u32 } else { u32::from(run.cells) };
            let mut style = String::new();
            for (on, attribute) in [
                (run.look.bold, " font-weight=\"bold\""),
                (run.look.italic, " font-style=\"italic\""),
                (run.look.underline, " text-decoration=\"underline\""),
            ] {
                style.push_str(if on { attribute } else { "" });
            }
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{style} \
                 xml:space=\"preserve\">{}</text>",
                y + BASELINE,
                cells * CELL.0,
                run.look.ink,
                escaped(text)
            );
        }
    }
    out.push_str("</svg>\n");
    out
}
