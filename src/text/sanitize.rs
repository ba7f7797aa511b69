//! The one sanitiser: every foreign text (names, cells, messages, what a plugin wrote) passes it
//! before it comes near a screen. What is left shows as it reads and moves no cursor.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;
use unicode_width::UnicodeWidthChar;

/// How many marks may sit on one character; more are an attack on the lines around it.
const MARKS: usize = 4;
/// Distance of tab stops in blocks.
const TAB: usize = 8;

/// One line of clean text: no control characters, escape sequences (with their payload), bidi
/// controls, invisible characters or piles of marks. Line breaks and tabs become one space.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut cleaner = Cleaner::new(text.len(), false);
    cleaner.feed(text);
    if cleaner.out == text { Cow::Borrowed(text) } else { Cow::Owned(cleaner.out) }
}

/// One line of clean text of bytes that may not be UTF-8: what is not shows as `U+FFFD`, but for
/// 8-bit control bytes, which are taken as such.
pub fn sanitize_bytes(bytes: &[u8]) -> String {
    sanitize(&decode(bytes)).into_owned()
}

/// Clean text of several lines: line breaks stay, tabs become spaces up to the next stop.
pub fn sanitize_block(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let mut cleaner = Cleaner::new(line.len(), true);
        cleaner.feed(line.strip_suffix('\r').unwrap_or(line));
        out.push_str(&cleaner.out);
    }
    out
}

fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        match chunk.invalid() {
            [] => {}
            [control @ 0x80..=0x9f] => out.push(char::from(*control)),
            _ => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
    Cow::Owned(out)
}

struct Cleaner {
    out: String,
    block: bool,
    /// A line break or tab was read; it shows only between two characters.
    gap: bool,
    /// The last character that others may sit on.
    base: Option<char>,
    marks: usize,
}

impl Cleaner {
    fn new(capacity: usize, block: bool) -> Cleaner {
        Cleaner { out: String::with_capacity(capacity), block, gap: false, base: None, marks: 0 }
    }

    fn feed(&mut self, text: &str) {
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                ' '..='~' => self.push(c),
                '\x1b' => skip_escape(&mut chars),
                '\u{9b}' => skip_csi(&mut chars),
                '\u{9d}' => skip_string(&mut chars, true),
                '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}' => skip_string(&mut chars, false),
                '\t' if self.block => self.tab(),
                '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => self.gap = true,
                '\u{200d}' => {
                    if !self.gap && self.base.is_some_and(is_emoji) && chars.peek().copied().is_some_and(is_emoji) {
                        self.out.push(c);
                    }
                }
                _ if is_dropped(c) => {}
                '\u{fe0e}' | '\u{fe0f}' if !self.base.is_some_and(is_emoji) => {}
                _ => self.push(c),
            }
        }
    }

    fn push(&mut self, c: char) {
        if c.width().unwrap_or(0) == 0 {
            if self.base.is_none() || self.gap || self.marks == MARKS {
                return;
            }
            self.marks += 1;
        } else {
            if std::mem::take(&mut self.gap) && c != ' ' && !self.out.is_empty() && !self.out.ends_with(' ') {
                self.out.push(' ');
            }
            self.marks = 0;
            self.base = Some(c);
        }
        self.out.push(c);
    }

    fn tab(&mut self) {
        let column = super::width::width(&self.out) as usize;
        for _ in 0..TAB - column % TAB {
            self.push(' ');
        }
    }
}

/// After ESC.
fn skip_escape(chars: &mut Peekable<Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_csi(chars);
        }
        Some(']') => {
            chars.next();
            skip_string(chars, true);
        }
        Some('P' | 'X' | '^' | '_') => {
            chars.next();
            skip_string(chars, false);
        }
        _ => {
            while chars.next_if(|c| matches!(c, ' '..='/')).is_some() {}
            chars.next_if(|c| matches!(c, '0'..='~'));
        }
    }
}

/// After the introducer of a control sequence: up to its final character, or to what cannot be part of it.
fn skip_csi(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
    chars.next_if(|c| matches!(c, '@'..='~' | '\x18' | '\x1a'));
}

/// After the introducer of a string (OSC, DCS, SOS, PM, APC): up to its terminator; what has none hides the rest.
fn skip_string(chars: &mut Peekable<Chars<'_>>, bell_ends: bool) {
    while let Some(c) = chars.next() {
        match c {
            '\u{9c}' | '\x18' | '\x1a' => return,
            '\x07' if bell_ends => return,
            '\x1b' => return skip_escape(chars),
            _ => {}
        }
    }
}

/// Characters that show nothing themselves, or reorder or hide what stands around them.
fn is_dropped(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' // controls
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' // bidi
        | '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200c}' | '\u{2060}'..='\u{2065}'
        | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' // zero width
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}' // fillers
        | '\u{fe00}'..='\u{fe0d}' | '\u{e0000}'..='\u{e0fff}' // variation selectors, tags
        | '\u{fdd0}'..='\u{fdef}' // not characters
    ) || u32::from(c) & 0xfffe == 0xfffe
}

/// Characters that may be part of a sequence of emoji.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}' | '\u{2934}' | '\u{2935}' | '\u{2b00}'..='\u{2bff}'
        | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
#[path = "sanitize_tests.rs"]
mod tests;
