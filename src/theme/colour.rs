//! Colours, and what becomes of them on terminals that show fewer.

use ratatui::style::Color;

/// How many colours a terminal shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Depth {
    /// None: attributes only.
    None,
    /// Its own 16.
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// All.
    Rgb,
}

impl Depth {
    /// What the environment says: `NO_COLOR`, then `COLORTERM`, then `TERM`.
    pub fn detect(var: impl Fn(&str) -> Option<String>) -> Depth {
        let term = var("TERM").unwrap_or_default();
        if var("NO_COLOR").is_some_and(|value| !value.is_empty()) || term == "dumb" {
            return Depth::None;
        }
        let colorterm = var("COLORTERM").unwrap_or_default();
        if ["truecolor", "24bit"].contains(&colorterm.as_str()) || term.ends_with("-direct") {
            Depth::Rgb
        } else if term.contains("256") {
            Depth::Ansi256
        } else {
            Depth::Ansi16
        }
    }
}

/// A colour of a palette: what it is, and which of the terminal's own comes nearest in meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shade {
    /// Red, green, blue.
    pub rgb: [u8; 3],
    /// Its place among the terminal's own colours, where given; `Reset` is the default colour.
    pub ansi: Option<Color>,
}

impl Shade {
    /// The colour at a depth.
    pub fn at(self, depth: Depth) -> Color {
        let [r, g, b] = self.rgb;
        match depth {
            Depth::Rgb => Color::Rgb(r, g, b),
            Depth::Ansi256 => Color::Indexed(nearest_256(self.rgb)),
            Depth::Ansi16 => self.ansi.unwrap_or_else(|| nearest_16(self.rgb)),
            Depth::None => Color::Reset,
        }
    }

    /// Reads `#rrggbb`.
    pub fn hex(text: &str) -> Option<[u8; 3]> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        Some([(value >> 16) as u8, (value >> 8) as u8, value as u8])
    }
}

/// The contrast of two colours as WCAG defines it, from 1 to 21.
pub fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|channel| {
        let part = f64::from(channel) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let part = |i: usize, weight: u32| {
        let d = a.get(i).copied().unwrap_or(0).abs_diff(b.get(i).copied().unwrap_or(0));
        weight * u32::from(d) * u32::from(d)
    };
    part(0, 3) + part(1, 6) + part(2, 2)
}

fn nearest_256(rgb: [u8; 3]) -> u8 {
    let cube = (16..=231u8).map(|index| {
        let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
        let i = index - 16;
        (index, [level(i / 36), level(i / 6 % 6), level(i % 6)])
    });
    let greys = (232..=255u8).map(|index| (index, [8 + 10 * (index - 232); 3]));
    cube.chain(greys).min_by_key(|(_, other)| distance(rgb, *other)).map_or(7, |(index, _)| index)
}

/// The terminal's own colours as xterm shows them.
const ANSI: [(&str, Color, [u8; 3]); 16] = [
    ("black", Color::Black, [0, 0, 0]),
    ("red", Color::Red, [205, 0, 0]),
    ("green", Color::Green, [0, 205, 0]),
    ("yellow", Color::Yellow, [205, 205, 0]),
    ("blue", Color::Blue, [0, 0, 238]),
    ("magenta", Color::Magenta, [205, 0, 205]),
    ("cyan", Color::Cyan, [0, 205, 205]),
    ("grey", Color::Gray, [229, 229, 229]),
    ("dark-grey", Color::DarkGray, [127, 127, 127]),
    ("light-red", Color::LightRed, [255, 0, 0]),
    ("light-green", Color::LightGreen, [0, 255, 0]),
    ("light-yellow", Color::LightYellow, [255, 255, 0]),
    ("light-blue", Color::LightBlue, [92, 92, 255]),
    ("light-magenta", Color::LightMagenta, [255, 0, 255]),
    ("light-cyan", Color::LightCyan, [0, 255, 255]),
    ("white", Color::White, [255, 255, 255]),
];

fn nearest_16(rgb: [u8; 3]) -> Color {
    ANSI.iter().min_by_key(|(_, _, other)| distance(rgb, *other)).map_or(Color::Reset, |(_, color, _)| *color)
}

/// One of the terminal's own colours by name; `default` is the one that text has anyway.
pub fn ansi(name: &str) -> Option<Color> {
    if name == "default" {
        return Some(Color::Reset);
    }
    ANSI.iter().find(|(known, _, _)| *known == name).map(|(_, color, _)| *color)
}
