//! How wide a text shows, by the same rules as the buffer it is drawn into: grapheme by grapheme,
//! East Asian wide characters and emoji two cells.

use ratatui::buffer::CellWidth;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// Stands for what was cut.
pub const ELLIPSIS: &str = "…";

/// The cells that a sanitised text takes.
pub fn width(text: &str) -> u16 {
    if text.is_ascii() {
        return text.len().min(usize::from(u16::MAX)) as u16;
    }
    text.graphemes(true).map(CellWidth::cell_width).fold(0, u16::saturating_add)
}

/// The text in at most `limit` cells; what is cut at its end says so with `…`.
pub fn truncate(text: &str, limit: u16) -> Cow<'_, str> {
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    match limit {
        0 => Cow::Borrowed(""),
        limit => Cow::Owned(format!("{}{ELLIPSIS}", head(text, limit - 1))),
    }
}

/// The text in at most `limit` cells, cut in the middle: both ends tell names apart.
pub fn truncate_middle(text: &str, limit: u16) -> Cow<'_, str> {
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    if limit < 3 {
        return truncate(text, limit);
    }
    let end = tail(text, (limit - 1) / 2);
    let start = head(text, limit - 1 - width(end));
    Cow::Owned(format!("{start}{ELLIPSIS}{end}"))
}

/// The text, cut or padded at its end to exactly `cells`.
pub fn pad(text: &str, cells: u16) -> String {
    let mut out = truncate(text, cells).into_owned();
    for _ in width(&out)..cells {
        out.push(' ');
    }
    out
}

/// The longest start of `text` within `limit` cells.
pub fn head(text: &str, limit: u16) -> &str {
    let mut used = 0u16;
    let mut end = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used = used.saturating_add(grapheme.cell_width());
        if used > limit {
            break;
        }
        end = at + grapheme.len();
    }
    text.get(..end).unwrap_or(text)
}

/// The longest end of `text` within `limit` cells.
pub fn tail(text: &str, limit: u16) -> &str {
    let mut used = 0u16;
    let mut start = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used = used.saturating_add(grapheme.cell_width());
        if used > limit {
            break;
        }
        start = at;
    }
    text.get(start..).unwrap_or(text)
}

/// The text in lines of at most `limit` cells, broken between words where possible.
pub fn wrap(text: &str, limit: u16) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for mut word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && width(&line) + 1 + width(word) > limit {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        while width(word) > limit {
            let part = head(word, limit);
            if part.is_empty() {
                break;
            }
            lines.push(part.to_owned());
            word = word.get(part.len()..).unwrap_or("");
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::sanitize::sanitize;
    use proptest::prelude::*;

    #[test]
    fn cuts_say_so() {
        assert_eq!(width("生産-1"), 6);
        assert_eq!(truncate("frontend", 5), "fron…");
        assert_eq!(truncate("生産環境", 5), "生産…");
        assert_eq!(truncate("生産環境", 4), "生…");
        assert_eq!(truncate("abc", 0), "");
        assert_eq!(truncate_middle("web-frontend-7d4b9c-x2x9l", 12), "web-fr…x2x9l");
        assert_eq!(pad("生産", 6), "生産  ");
        assert_eq!(wrap("no such host; is the VPN up?", 12), ["no such", "host; is the", "VPN up?"]);
        assert_eq!(wrap("abcdefgh i", 3), ["abc", "def", "gh", "i"]);
    }

    proptest! {
        #[test]
        fn widths_hold(raw in "(\\PC|[ -~]|生|\u{301}|👩‍💻|ﾊﾟ){0,30}", limit in 0u16..40) {
            let text = sanitize(&raw).into_owned();
            for cut in [truncate(&text, limit), truncate_middle(&text, limit)] {
                prop_assert!(width(&cut) <= limit, "{:?} in {} is {:?}", text, limit, cut);
                prop_assert_eq!(cut == text, width(&text) <= limit);
            }
            prop_assert_eq!(width(&pad(&text, limit)), limit);
            prop_assert!(wrap(&text, limit.max(4)).iter().all(|line| width(line) <= limit.max(4)));
        }

        #[test]
        fn agrees_with_the_buffer(raw in "(\\PC|[ -~]|生|\u{301}|👩‍💻|ﾊﾟ){0,30}") {
            let text = sanitize(&raw).into_owned();
            let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 200, 1));
            let (x, _) = buffer.set_stringn(0, 0, &text, 200, ratatui::style::Style::new());
            prop_assert_eq!(x, width(&text));
        }
    }
}
