//! How a text is written in YAML, so that every reader of YAML 1.1 and 1.2 takes it for that text.

use crate::text::sanitize::sanitize;
use crate::text::width::width;
use std::fmt::Write as _;

/// A text as YAML.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scalar {
    /// On the line.
    Line(String),
    /// A block: what stands on the line, and the lines below it.
    Block(&'static str, Vec<String>),
    /// In double quotes, a line of the text a line.
    Quoted(Vec<String>),
}

/// A key.
pub fn key(text: &str) -> String {
    match text {
        _ if is_plain(text) => text.to_owned(),
        _ => quoted(text),
    }
}

/// A text.
pub fn text(text: &str) -> Scalar {
    if let Some(body) = text.contains('\n').then_some(text) {
        return block(body).unwrap_or_else(|| Scalar::Quoted(quoted_lines(body)));
    }
    Scalar::Line(if is_plain(text) {
        text.to_owned()
    } else if is_word(text) || !is_clean(text) {
        quoted(text)
    } else {
        format!("'{}'", text.replace('\'', "''"))
    })
}

fn is_clean(text: &str) -> bool {
    matches!(sanitize(text), std::borrow::Cow::Borrowed(same) if same == text)
}

/// A block, where its lines show as they are and need no word on how far they are indented.
fn block(text: &str) -> Option<Scalar> {
    let body = text.trim_end_matches('\n');
    if body.is_empty() || body.starts_with(['\n', ' ']) {
        return None;
    }
    let mut lines: Vec<String> = body.split('\n').map(ToOwned::to_owned).collect();
    // A line of blanks alone may be longer than the indentation that a reader has found.
    let shows = |line: &String| is_clean(line) && (line.is_empty() || !line.trim().is_empty());
    if !lines.iter().all(shows) {
        return None;
    }
    let ends = text.len() - body.len();
    lines.extend((1..ends).map(|_| String::new()));
    Some(Scalar::Block(["|-", "|", "|+"][ends.min(2)], lines))
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    escape(text, &mut out);
    out.push('"');
    out
}

/// Ends each line of the text and of the YAML alike; the reader joins them without a blank.
fn quoted_lines(text: &str) -> Vec<String> {
    let mut lines = vec!["\"\\".to_owned()];
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let (line, more) = rest.split_at(end);
        let mut out = String::with_capacity(line.len() + 4);
        if line.starts_with(' ') {
            // Blanks at the start of a line are not of the text, unless they are escaped.
            out.push('\\');
        }
        escape(line, &mut out);
        out.push(if more.is_empty() { '"' } else { '\\' });
        lines.push(out);
        rest = more;
    }
    lines
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\x1b' => out.push_str("\\e"),
            ' '..='~' => out.push(c),
            c => {
                let mut buffer = [0; 4];
                let one = &*c.encode_utf8(&mut buffer);
                let code = u32::from(c);
                // A byte order mark and the like are no text for a reader of YAML either.
                if is_clean(one) && width(one) > 0 && !c.is_whitespace() {
                    out.push(c);
                } else {
                    let _ = match code {
                        0..0x100 => write!(out, "\\x{code:02x}"),
                        0x100..0x1_0000 => write!(out, "\\u{code:04x}"),
                        _ => write!(out, "\\U{code:08x}"),
                    };
                }
            }
        }
    }
}

/// Whether the text can stand without quotes.
fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return false };
    let starts = match first {
        '-' => chars.next().is_some_and(|c| !c.is_whitespace()),
        '/' | '.' | '_' | '+' | '(' | '$' | '<' | '^' | ';' | '\\' => true,
        c => c.is_alphanumeric(),
    };
    starts
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
        && is_clean(text)
        && !is_word(text)
}

/// Whether a reader would take the bare text for something that is no text.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 14] = ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<", "=", "-"];
    let lower = if text.len() <= 5 { text.to_ascii_lowercase() } else { String::new() };
    (text.len() <= 5 && WORDS.contains(&lower.as_str())) || is_number(text) || is_date(text)
}

fn is_number(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = body.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan" | "inf" | "nan" | "infinity") {
        return true;
    }
    let digits = |text: &str, radix: u32| text.chars().all(|c| c == '_' || c.is_digit(radix));
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = lower.strip_prefix(prefix) {
            return digits(rest, radix);
        }
    }
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !body.contains(|c: char| c.is_ascii_digit()) {
        return false;
    }
    // Base 60 is a number in YAML 1.1.
    if body.contains(':') {
        return body.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '_' | '.'));
    }
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole, 10) && digits(part, 10) && digits(exponent, 10)
}

/// `2026-01-01`, alone or with a time.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let day: String = rest.chars().take_while(char::is_ascii_digit).collect();
    year.len() == 4 && number(year) && month.len() <= 2 && number(month) && matches!(day.len(), 1 | 2)
}
