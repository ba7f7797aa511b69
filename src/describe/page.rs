//! The page that a description is written on: fields with their values in one column, tables, sections.

use super::inked::{Inked, none};
use crate::model::document::{Document, Ink, Line, Piece};
use crate::text::catalog::Text;
use crate::text::sanitize::sanitize;
use crate::text::width::width;

/// The most lines of one value, and rows of one table.
const MOST_VALUES: usize = 100;
const MOST_ROWS: usize = 1000;
/// A longer field name does not move the values of the others.
const WIDEST_KEY: usize = 28;
/// Fields with more entries between them do not share a column.
const FAR: usize = 12;
/// What goes on below begins so far further in.
const FURTHER: usize = 2;
/// Columns of a table stand this far apart.
const GAP: usize = 2;

enum Entry {
    /// A line, and where in it it goes on below when it is too long.
    Line(Inked, usize),
    Field(String, Vec<Inked>),
}

/// An entry with where it stands.
struct Placed {
    indent: usize,
    /// It is the first of a list's item: `- ` stands before it.
    dash: bool,
    entry: Entry,
}

/// What is written, in order.
#[derive(Default)]
pub(super) struct Page {
    entries: Vec<Placed>,
    indent: usize,
    trouble: Vec<(bool, Inked)>,
}

impl Page {
    /// A field with its value.
    pub fn field(&mut self, key: &str, value: impl Into<Inked>) {
        self.push(Entry::Field(sanitize(key).into_owned(), vec![value.into()]));
    }

    /// A field, where the value is not empty.
    pub fn field_if(&mut self, key: &str, value: impl Into<Inked>) {
        let value = value.into();
        if !value.is_empty() {
            self.field(key, value);
        }
    }

    /// A field with a value of several lines; `<none>` without any.
    pub fn list(&mut self, key: &str, values: impl IntoIterator<Item = Inked>) {
        let mut values: Vec<_> = values.into_iter().collect();
        if values.is_empty() {
            values.push(none());
        }
        bound(&mut values, MOST_VALUES, |more| more);
        self.push(Entry::Field(sanitize(key).into_owned(), values));
    }

    /// The head of a section.
    pub fn head(&mut self, key: &str) {
        self.line(Inked::new(key, Ink::Heading).and(":", Ink::Punctuation));
    }

    /// A section: its head, and what `body` writes below it.
    pub fn section(&mut self, key: &str, body: impl FnOnce(&mut Page)) {
        self.head(key);
        self.within(body);
    }

    /// What `body` writes, one level further in.
    pub fn within(&mut self, body: impl FnOnce(&mut Page)) {
        self.indent += 2;
        body(self);
        self.indent -= 2;
    }

    /// A line.
    pub fn line(&mut self, line: impl Into<Inked>) {
        self.push(Entry::Line(line.into(), FURTHER));
    }

    fn push(&mut self, entry: Entry) {
        self.entries.push(Placed { indent: self.indent, dash: false, entry });
    }

    /// An item of a list: what `body` writes, with a dash before its first line.
    pub fn item(&mut self, body: impl FnOnce(&mut Page)) {
        let first = self.entries.len();
        self.within(body);
        if let Some(placed) = self.entries.get_mut(first) {
            placed.dash = true;
        }
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.line(Inked::default());
    }

    /// A table.
    pub fn table(&mut self, heads: &[&str], rows: Vec<Vec<Inked>>) {
        self.table_of(heads, rows.len(), rows);
    }

    /// A table of so many rows; what is more than fits is not made.
    pub fn table_of(&mut self, heads: &[&str], count: usize, rows: impl IntoIterator<Item = Vec<Inked>>) {
        let mut rows: Vec<_> = rows.into_iter().take(MOST_ROWS).collect();
        if count > rows.len() {
            rows.push(vec![super::inked::more(count - rows.len())]);
        }
        let mut widths: Vec<_> = heads.iter().map(|head| usize::from(width(head))).collect();
        for row in rows.iter().filter(|row| row.len() > 1) {
            for (cells, cell) in widths.iter_mut().zip(row) {
                *cells = (*cells).max(cell.width());
            }
        }
        let head: Vec<_> = heads.iter().map(|head| Inked::new(head, Ink::Heading)).collect();
        for row in std::iter::once(head).chain(rows) {
            let hang = before_last(&row, &widths);
            self.push(Entry::Line(aligned(row, &widths), hang));
        }
    }

    /// Something is wrong: stands at the top.
    pub fn bad(&mut self, what: impl Into<Inked>) {
        self.say(true, what.into());
    }

    /// Something may be wrong, or is under way.
    pub fn warn(&mut self, what: impl Into<Inked>) {
        self.say(false, what.into());
    }

    /// What is said twice is said once.
    fn say(&mut self, bad: bool, what: Inked) {
        if !self.trouble.iter().any(|(_, said)| *said == what) {
            self.trouble.push((bad, what));
        }
    }

    /// What is written, what is wrong first.
    pub fn finish(mut self) -> Document {
        let mut lines = Vec::new();
        self.trouble.sort_by_key(|(bad, _)| !bad);
        bound(&mut self.trouble, MOST_VALUES, |more| (false, more));
        if !self.trouble.is_empty() {
            let worst = if self.trouble.iter().any(|(bad, _)| *bad) { Ink::Bad } else { Ink::Warn };
            lines.push(Line::of(format!("{}:", Text::AboutTrouble), worst));
            for (_, what) in std::mem::take(&mut self.trouble) {
                lines.push(indented(2, what, FURTHER));
            }
            lines.push(Line::default());
        }
        let columns = value_columns(&self.entries);
        for (placed, column) in self.entries.into_iter().zip(columns) {
            let Placed { indent, dash, entry } = placed;
            let first = lines.len();
            match entry {
                Entry::Line(inked, hang) => lines.push(indented(indent, inked, hang)),
                Entry::Field(key, values) => field_lines(&mut lines, indent, &key, values, column),
            }
            if let (true, Some(line)) = (dash, lines.get_mut(first)) {
                draw_dash(line, indent);
            }
        }
        Document { lines }
    }
}

/// Cuts a list at `most`, and says how many there are more.
fn bound<T>(items: &mut Vec<T>, most: usize, more: impl Fn(Inked) -> T) {
    if items.len() > most {
        let rest = items.len() - most;
        items.truncate(most);
        items.push(more(super::inked::more(rest)));
    }
}

/// The cells padded to their columns' widths, the last one not.
fn aligned(row: Vec<Inked>, widths: &[usize]) -> Inked {
    let last = row.len().saturating_sub(1);
    let mut line = Inked::default();
    for (at, cell) in row.into_iter().enumerate() {
        let missing = widths.get(at).map_or(0, |cells| cells.saturating_sub(cell.width()));
        line = line.with(cell);
        if at < last {
            line.pieces.push(Piece::new(" ".repeat(missing + GAP), Ink::Plain));
        }
    }
    line
}

/// Where the last cell of a row begins.
fn before_last(row: &[Inked], widths: &[usize]) -> usize {
    let before = row.len().saturating_sub(1);
    row.iter().zip(widths).take(before).map(|(cell, cells)| cell.width().max(*cells) + GAP).sum()
}

/// A line so far in; where it is too long, it goes on `hang` cells further in.
fn indented(indent: usize, inked: Inked, hang: usize) -> Line {
    let Inked { mut pieces, link } = inked;
    if indent > 0 && !pieces.is_empty() {
        pieces.insert(0, Piece::new(" ".repeat(indent), Ink::Plain));
    }
    while pieces.last_mut().is_some_and(|last| {
        last.text.truncate(last.text.trim_end().len());
        last.text.is_empty()
    }) {
        pieces.pop();
    }
    Line { pieces, link, changed: false, hang: u16::try_from(indent + hang).unwrap_or(0) }
}

/// Puts a dash into the last two blanks of a line's indent.
fn draw_dash(line: &mut Line, indent: usize) {
    if let Some(piece) = line.pieces.first_mut().filter(|piece| piece.text.len() == indent) {
        piece.text.truncate(indent.saturating_sub(2));
        line.pieces.insert(1, Piece::new("- ", Ink::Punctuation));
    }
}

/// How far in the values of each entry stand behind its indent: fields that stand in one section share
/// a column, unless much stands between them.
fn value_columns(entries: &[Placed]) -> Vec<usize> {
    /// A column: where it is, and which entry was the last of it.
    struct Open {
        indent: usize,
        group: usize,
        last: usize,
    }
    let mut groups: Vec<usize> = Vec::new(); // widest key of each
    let mut open: Vec<Open> = Vec::new();
    let mut of_entry = Vec::with_capacity(entries.len());
    for (at, Placed { indent, dash, entry }) in entries.iter().enumerate() {
        // Each item of a list has a column of its own.
        open.retain(|it| it.indent < *indent || (it.indent == *indent && !dash && at - it.last <= FAR));
        match open.last_mut() {
            Some(it) if it.indent == *indent => it.last = at,
            _ => {
                open.push(Open { indent: *indent, group: groups.len(), last: at });
                groups.push(0);
            }
        }
        let group = open.last().map_or(0, |it| it.group);
        if let Entry::Field(key, _) = entry {
            let cells = usize::from(width(key));
            if let Some(widest) = groups.get_mut(group).filter(|_| cells <= WIDEST_KEY) {
                *widest = (*widest).max(cells);
            }
        }
        of_entry.push(group);
    }
    of_entry.into_iter().map(|group| groups.get(group).copied().unwrap_or_default() + 1 + GAP).collect()
}

fn field_lines(lines: &mut Vec<Line>, indent: usize, key: &str, values: Vec<Inked>, column: usize) {
    let key = Inked::new(key, Ink::Key).and(":", Ink::Punctuation);
    let gap = column.saturating_sub(key.width()).max(1);
    let mut head = Some(key);
    for value in values {
        let line = match head.take() {
            Some(key) => key.and(" ".repeat(gap), Ink::Plain).with(value),
            None => Inked::new(" ".repeat(column), Ink::Plain).with(value),
        };
        lines.push(indented(indent, line, column));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::inked::number;

    #[test]
    fn values_stand_in_one_column() {
        let mut page = Page::default();
        page.field("Name", "生産-web");
        page.list("Labels", ["a=1", "b=2"].map(Inked::from));
        page.section("Containers", |page| {
            page.field("Image", "x");
            page.field("A name that is much too long to move the others", "y");
        });
        page.field("QoS Class", "Burstable");
        page.table(&["NAME", "N"], vec![vec!["生産".into(), number(1)], vec!["db".into(), number(20)]]);
        page.warn("slow");
        page.bad("broken");
        insta::assert_snapshot!(page.finish().text(), @r"
        Trouble:
          broken
          slow

        Name:       生産-web
        Labels:     a=1
                    b=2
        Containers:
          Image:  x
          A name that is much too long to move the others: y
        QoS Class:  Burstable
        NAME  N
        生産  1
        db    20
        ");
    }

    #[test]
    fn what_is_too_wide_goes_on_below_its_value() {
        let mut page = Page::default();
        page.field("Name", "a");
        page.section("Events", |page| {
            page.table(&["TYPE", "MESSAGE"], vec![vec!["Warning".into(), "a sentence".into()]]);
        });
        page.warn("slow");
        let hangs: Vec<_> = page.finish().lines.iter().map(|line| (line.text(), line.hang)).collect();
        let at = |text: &str| hangs.iter().find(|(line, _)| line.contains(text)).map(|(_, hang)| *hang);
        assert_eq!(["slow", "Name", "Events", "a sentence"].map(at), [4, 7, 2, 11].map(Some));
    }

    #[test]
    fn what_is_too_long_says_how_much_more_there_is() {
        let mut page = Page::default();
        page.list("Labels", (0..10_080).map(|n| format!("l{n}=x").into()));
        let document = page.finish();
        assert_eq!(document.lines.len(), 101);
        assert_eq!(document.lines[100].text().trim(), "… and 9 980 more");
    }
}
