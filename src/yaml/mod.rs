//! An object's YAML as a document, arranged as `kubectl get -o yaml` does it: keys in the order of the
//! alphabet, lists not indented, texts of several lines as blocks. What belongs to a Secret is masked
//! until it is asked for. Reading the text as YAML gives the object again, and no line of it needs the
//! sanitiser: what would not pass it is written in escapes.

mod mask;
mod scalar;

use crate::model::document::{Document, Ink, Line, Piece};
use crate::text::catalog::Text;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use scalar::Scalar;
use serde_json::{Map, Value};
use std::ops::Range;

/// What stands for a masked value.
pub const MASK: &str = "********";
/// The most text of one document, in bytes; what an API server holds stays far below it.
const MOST: usize = 16 << 20;
/// The annotation in which `kubectl apply` keeps the whole manifest.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What is written of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// `metadata.managedFields` too.
    pub managed: bool,
    /// What belongs to a Secret in clear text, decoded.
    pub reveal: bool,
}

/// An object's YAML.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// The text.
    pub document: Document,
    /// The lines that change whenever the server writes the object, and tell nothing.
    pub noise: Vec<Range<usize>>,
    /// How many values are masked, or would be.
    pub secrets: usize,
}

/// Writes an object. `secret` says that it is a Secret whatever it says of itself.
pub fn write(object: &Value, secret: bool, options: Options) -> Written {
    let mut writer = Writer { options, written: Written::default(), bytes: 0, full: false };
    match object {
        Value::Object(map) if !map.is_empty() => writer.map(Vec::new(), 0, map, Place { depth: 0, secret, ..INNER }),
        Value::Array(items) if !items.is_empty() => items.iter().for_each(|item| writer.item(Vec::new(), 0, item)),
        other => writer.scalar(Vec::new(), 0, other),
    }
    writer.written
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Place {
    /// 0 at the top of the object, 1 in its metadata, 2 everywhere else.
    depth: u8,
    /// In a Secret, outside its data.
    secret: bool,
    /// In annotations.
    annotations: bool,
}

const INNER: Place = Place { depth: 2, secret: false, annotations: false };

struct Writer {
    options: Options,
    written: Written,
    bytes: usize,
    full: bool,
}

impl Writer {
    fn push(&mut self, pieces: Vec<Piece>) {
        if self.full {
            return;
        }
        self.bytes += pieces.iter().map(|piece| piece.text.len() + 1).sum::<usize>();
        let lines = &mut self.written.document.lines;
        if self.bytes > MOST {
            self.full = true;
            let said = Text::DocumentTooLong.with(&[&(MOST >> 20).to_string()]);
            lines.push(Line::of(format!("# {said}"), Ink::Comment));
        } else {
            lines.push(Line { pieces, ..Line::default() });
        }
    }

    fn map(&mut self, mut head: Vec<Piece>, indent: usize, map: &Map<String, Value>, place: Place) {
        let secret = place.secret || mask::is_secret(map);
        let mut entries: Vec<_> = map.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        for (key, value) in entries {
            if self.full {
                return;
            }
            let in_metadata = place.depth == 1;
            if in_metadata && key == "managedFields" && !self.options.managed {
                continue;
            }
            let first = self.written.document.lines.len();
            let mut line = if head.is_empty() { spaces(indent) } else { std::mem::take(&mut head) };
            line.push(Piece::new(scalar::key(key), Ink::Key));
            line.push(Piece::new(":", Ink::Punctuation));
            match value {
                _ if secret && !in_metadata && !place.annotations && (key == "data" || key == "stringData") => {
                    self.secret(line, indent, value, key == "data");
                }
                Value::String(text) if place.annotations => {
                    self.annotation(line, indent, text, secret && key == LAST_APPLIED);
                }
                _ => {
                    let inner = Place {
                        depth: if place.depth == 0 && key == "metadata" { 1 } else { 2 },
                        // The metadata of a Secret is of a Secret, too.
                        secret: secret && (key == "metadata" || key == "annotations"),
                        annotations: key == "annotations",
                    };
                    self.value(line, indent, value, inner);
                }
            }
            if in_metadata && (key == "managedFields" || key == "resourceVersion") {
                self.written.noise.push(first..self.written.document.lines.len());
            }
        }
    }

    /// The value of a key that stands at `indent`.
    fn value(&mut self, mut head: Vec<Piece>, indent: usize, value: &Value, place: Place) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                self.push(head);
                self.map(Vec::new(), indent + 2, map, place);
            }
            Value::Array(items) if !items.is_empty() => {
                self.push(head);
                for item in items {
                    self.item(spaces(indent), indent, item);
                }
            }
            other => {
                head.push(Piece::new(" ", Ink::Plain));
                self.scalar(head, indent + 2, other);
            }
        }
    }

    /// An item of a list whose dashes stand at `indent`.
    fn item(&mut self, mut head: Vec<Piece>, indent: usize, item: &Value) {
        if self.full {
            return;
        }
        head.push(Piece::new("- ", Ink::Punctuation));
        match item {
            Value::Object(map) if !map.is_empty() => self.map(head, indent + 2, map, INNER),
            Value::Array(items) if !items.is_empty() => {
                for item in items {
                    let head = if head.is_empty() { spaces(indent + 2) } else { std::mem::take(&mut head) };
                    self.item(head, indent + 2, item);
                }
            }
            other => self.scalar(head, indent + 2, other),
        }
    }

    /// What goes on in lines of its own stands at `indent`.
    fn scalar(&mut self, mut head: Vec<Piece>, indent: usize, value: &Value) {
        let piece = match value {
            Value::String(text) => return self.text(head, indent, text, ""),
            Value::Null => Piece::new("null", Ink::Word),
            Value::Bool(yes) => Piece::new(yes.to_string(), Ink::Word),
            Value::Number(number) => Piece::new(number.to_string(), Ink::Number),
            Value::Array(_) => Piece::new("[]", Ink::Punctuation),
            Value::Object(_) => Piece::new("{}", Ink::Punctuation),
        };
        head.push(piece);
        self.push(head);
    }

    fn text(&mut self, mut head: Vec<Piece>, indent: usize, text: &str, comment: &str) {
        let remark = (!comment.is_empty()).then(|| Piece::new(format!(" # {comment}"), Ink::Comment));
        match scalar::text(text) {
            Scalar::Line(line) => {
                head.push(Piece::new(line, Ink::Text));
                head.extend(remark);
                self.push(head);
            }
            Scalar::Block(mark, lines) => {
                head.push(Piece::new(mark, Ink::Punctuation));
                head.extend(remark);
                self.push(head);
                for line in lines {
                    if self.full {
                        return;
                    }
                    let mut pieces = if line.is_empty() { Vec::new() } else { spaces(indent) };
                    if !line.is_empty() {
                        pieces.push(Piece::new(line, Ink::Text));
                    }
                    self.push(pieces);
                }
            }
            Scalar::Quoted(lines) => {
                let last = lines.len().saturating_sub(1);
                for (at, line) in lines.into_iter().enumerate() {
                    let mut pieces = if at == 0 { std::mem::take(&mut head) } else { spaces(indent) };
                    pieces.push(Piece::new(line, Ink::Text));
                    if at == last {
                        pieces.extend(remark.clone());
                    }
                    self.push(pieces);
                }
            }
        }
    }

    fn annotation(&mut self, mut head: Vec<Piece>, indent: usize, text: &str, of_secret: bool) {
        head.push(Piece::new(" ", Ink::Plain));
        match mask::annotation(text, of_secret) {
            Some(masked) => {
                self.written.secrets += 1;
                let (text, remark) =
                    if self.options.reveal { (text, "") } else { (masked.as_str(), Text::Masked.get()) };
                self.text(head, indent + 2, text, remark);
            }
            None => self.text(head, indent + 2, text, ""),
        }
    }

    /// `data` or `stringData` of a Secret.
    fn secret(&mut self, mut head: Vec<Piece>, indent: usize, value: &Value, encoded: bool) {
        let map = match value {
            Value::Object(map) if !map.is_empty() => map,
            Value::Object(_) | Value::Null => return self.value(head, indent, value, INNER),
            other => return self.hidden(head, indent, other, encoded),
        };
        if self.options.reveal && encoded {
            head.push(Piece::new(format!(" # {}", Text::Decoded), Ink::Comment));
        }
        self.push(head);
        let mut entries: Vec<_> = map.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        for (key, value) in entries {
            let mut line = spaces(indent + 2);
            line.push(Piece::new(scalar::key(key), Ink::Key));
            line.push(Piece::new(":", Ink::Punctuation));
            self.hidden(line, indent + 2, value, encoded);
        }
    }

    /// A value of a Secret's data.
    fn hidden(&mut self, mut head: Vec<Piece>, indent: usize, value: &Value, encoded: bool) {
        self.written.secrets += 1;
        let text = value.as_str();
        if !self.options.reveal {
            let bytes = text.map(|text| if encoded { decoded_len(text) } else { text.len() });
            let remark = bytes.map_or(Text::Masked.to_string(), |bytes| Text::MaskedBytes.with(&[&bytes.to_string()]));
            head.push(Piece::new(format!(" \"{MASK}\""), Ink::Masked));
            head.push(Piece::new(format!(" # {remark}"), Ink::Comment));
            return self.push(head);
        }
        let Some(text) = text else { return self.value(head, indent, value, INNER) };
        head.push(Piece::new(" ", Ink::Plain));
        if !encoded {
            return self.text(head, indent + 2, text, "");
        }
        match STANDARD.decode(text).map(String::from_utf8) {
            Ok(Ok(clear)) => self.text(head, indent + 2, &clear, ""),
            Ok(Err(binary)) => {
                let count = binary.as_bytes().len().to_string();
                self.text(head, indent + 2, text, &Text::Binary.with(&[&count]));
            }
            Err(_) => self.text(head, indent + 2, text, Text::NotBase64.get()),
        }
    }
}

/// How many bytes a text in base64 stands for.
fn decoded_len(text: &str) -> usize {
    text.trim_end_matches('=').len() * 3 / 4
}

fn spaces(count: usize) -> Vec<Piece> {
    if count == 0 { Vec::new() } else { vec![Piece::new(" ".repeat(count), Ink::Plain)] }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
