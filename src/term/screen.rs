//! What the terminal shows, and the one way to show something else.

use super::emit::emit;
use super::outlet::Outlet;
use super::scroll::scroll;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io::{self, Write as _};

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// What became of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drawn {
    /// The terminal shows it already: nothing was written.
    Same,
    /// It was handed over, in so many bytes.
    Bytes(usize),
    /// The frame before is still on its way; draw again when the outlet is free.
    Busy,
}

/// A terminal's screen.
#[derive(Debug)]
pub struct Screen<O> {
    outlet: O,
    shown: Buffer,
    next: Buffer,
    cursor: Option<(u16, u16)>,
    /// Nothing is known of what the terminal shows.
    lost: bool,
    bytes: Vec<u8>,
    /// What is to be written beside frames.
    beside: Vec<u8>,
    written: u64,
    last: usize,
}

impl<O: Outlet> Screen<O> {
    /// A screen of `size` columns and lines, of which nothing is known yet.
    pub fn new(outlet: O, size: (u16, u16)) -> Screen<O> {
        let area = Rect::new(0, 0, size.0, size.1);
        Screen {
            outlet,
            shown: Buffer::empty(area),
            next: Buffer::empty(area),
            cursor: None,
            lost: true,
            bytes: Vec::new(),
            beside: Vec::new(),
            written: 0,
            last: 0,
        }
    }

    /// Writes bytes that draw nothing (a copy to the terminal's clipboard) after the next frame, whole.
    pub fn write_beside(&mut self, bytes: &[u8]) {
        self.beside.extend_from_slice(bytes);
    }

    /// The terminal has another size, or the same one again: the next frame draws everything.
    pub fn resize(&mut self, size: (u16, u16)) {
        let area = Rect::new(0, 0, size.0, size.1);
        self.shown = Buffer::empty(area);
        self.next = Buffer::empty(area);
        self.lost = true;
    }

    /// The next frame draws everything.
    pub fn repaint(&mut self) {
        self.lost = true;
    }

    /// The area to draw into.
    pub fn area(&self) -> Rect {
        self.next.area
    }

    /// Draws a frame: `draw` fills a blank buffer and says where the cursor shows, if at all.
    pub fn frame(&mut self, draw: impl FnOnce(Rect, &mut Buffer) -> Option<(u16, u16)>) -> io::Result<Drawn> {
        if !self.outlet.is_free() {
            return Ok(Drawn::Busy);
        }
        self.next.reset();
        let cursor = draw(self.next.area, &mut self.next);
        self.bytes.clear();
        self.bytes.extend_from_slice(BEGIN);
        if self.lost {
            self.shown.reset();
            self.bytes.extend_from_slice(b"\x1b[?25l\x1b[m\x1b[2J");
            self.cursor = None;
        } else {
            scroll(&mut self.bytes, &mut self.shown, &self.next);
        }
        emit(&mut self.bytes, &self.shown, &self.next);
        let drawn = self.bytes.len() > BEGIN.len();
        self.place(cursor, drawn);
        if self.bytes.len() > BEGIN.len() {
            self.bytes.extend_from_slice(END);
        } else if self.beside.is_empty() {
            self.last = 0;
            return Ok(Drawn::Same);
        } else {
            self.bytes.clear();
        }
        self.bytes.append(&mut self.beside);
        self.last = self.bytes.len();
        self.lost = true; // until the frame is handed over
        self.outlet.put(&mut self.bytes)?;
        self.lost = false;
        self.written += self.last as u64;
        self.cursor = cursor;
        std::mem::swap(&mut self.shown, &mut self.next);
        Ok(Drawn::Bytes(self.last))
    }

    /// Bytes handed over since the screen was opened.
    pub fn bytes_written(&self) -> u64 {
        self.written
    }

    /// Bytes of the last frame.
    pub fn last_frame(&self) -> usize {
        self.last
    }

    /// Where frames go.
    pub fn outlet(&self) -> &O {
        &self.outlet
    }

    fn place(&mut self, cursor: Option<(u16, u16)>, drawn: bool) {
        if let Some((x, y)) = cursor
            && (drawn || self.cursor != cursor)
        {
            let _ = write!(self.bytes, "\x1b[{};{}H", y + 1, x + 1);
        }
        match (self.cursor, cursor) {
            (None, Some(_)) => self.bytes.extend_from_slice(b"\x1b[?25h"),
            (Some(_), None) => self.bytes.extend_from_slice(b"\x1b[?25l"),
            _ => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "screen_tests.rs"]
mod tests;
