//! The filter of a table: a regular expression tried on each cell, its inverse, a label selector, or
//! the letters of a name.

use crate::base::age::Timestamp;
use crate::base::arena::Sym;
use crate::model::cell::Cell;
use crate::model::rows::{Rows, Slot};
use crate::model::selector::Selector;
use crate::text::catalog::Text;
use regex::{Regex, RegexBuilder};
use rustc_hash::FxHashMap;
use std::fmt::Write as _;

/// Which rows show.
#[derive(Clone, Debug, Default)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// Those of which one cell matches, or none does.
    Text {
        /// Tried on each cell; case does not matter.
        regex: Regex,
        /// Of a pattern with blanks, its words: all must match, each in a cell of its own or not.
        words: Vec<Regex>,
        /// What reads as labels, `a=b`, is also tried on the labels.
        labels: Option<Selector>,
        /// Whether those show of which no cell matches.
        inverse: bool,
    },
    /// Those whose labels match.
    Labels(Selector),
    /// Those whose namespace and name have these letters in this order; in lower case.
    Letters(String),
}

impl Filter {
    /// Reads `regex`, `!regex`, `-l selector` or `-f letters`; the error is a sentence.
    pub fn parse(text: &str) -> Result<Filter, String> {
        let text = text.trim();
        if let Some(selector) = text.strip_prefix("-l") {
            return Selector::parse(selector.trim()).map(Filter::Labels).map_err(|error| error.to_string());
        }
        if let Some(letters) = text.strip_prefix("-f").filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
            let letters: String = letters.split_whitespace().collect();
            return Ok(if letters.is_empty() { Filter::All } else { Filter::Letters(letters.to_lowercase()) });
        }
        let (pattern, inverse) = match text.strip_prefix('!') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        if pattern.is_empty() {
            return Ok(Filter::All);
        }
        let labels = reads_as_labels(pattern).then(|| Selector::parse(pattern).ok()).flatten();
        match build(pattern) {
            Ok(regex) => Ok(Filter::Text { regex, words: words(pattern), labels, inverse }),
            Err(regex::Error::CompiledTooBig(_)) => Err(Text::PatternTooLarge.to_string()),
            Err(error) => Err(explain(pattern, &error)),
        }
    }

    /// Whether a row shows. `head` are the texts before its cells, one a line (cluster, kind), `columns` the
    /// cells that are tried; `seen` remembers what was tried before.
    pub fn matches(
        &self,
        seen: &mut Seen,
        rows: &Rows,
        (source, slot): (u16, Slot),
        head: &str,
        columns: &[usize],
    ) -> bool {
        match self {
            Filter::All => true,
            Filter::Labels(selector) => selector.matches(rows.labels(slot)),
            Filter::Letters(letters) => {
                let scratch = &mut seen.scratch;
                scratch.clear();
                for text in [rows.namespace(slot), "/", rows.name(slot)] {
                    scratch.push_str(text);
                }
                has_letters(scratch, letters)
            }
            Filter::Text { regex, words, labels, inverse } => {
                seen.memos.resize_with(words.len() + 1, Memo::default);
                let Seen { memos, scratch } = seen;
                let mut any = |number: usize, regex: &Regex| {
                    memos
                        .get_mut(number)
                        .is_some_and(|memo| memo.finds(regex, scratch, rows, (source, slot), head, columns))
                };
                let found = any(0, regex)
                    || (!words.is_empty() && words.iter().zip(1..).all(|(word, number)| any(number, word)))
                    || labels.as_ref().is_some_and(|labels| labels.matches(rows.labels(slot)));
                found != *inverse
            }
        }
    }
}

/// What a filter's expressions were tried on: cells repeat, and to look up is cheaper than to match. It is
/// good for one filter as long as no row changes.
#[derive(Default)]
pub struct Seen {
    /// One for each expression.
    memos: Vec<Memo>,
    scratch: String,
}

/// A cell, and the source whose symbols it is made of.
type Tried = (u16, Cell<Sym>);

/// The answers of one expression.
#[derive(Default)]
struct Memo {
    heads: FxHashMap<u16, bool>,
    cells: FxHashMap<Tried, bool>,
    /// The last of the heads, and of each column after the namespace: rows repeat what the row before had.
    last_head: Option<(u16, bool)>,
    last: Vec<Option<(Tried, bool)>>,
}

/// A column of more different cells than this is tried each time.
const MOST: usize = 4096;

impl Memo {
    /// Whether one cell of a row matches.
    fn finds(
        &mut self,
        regex: &Regex,
        scratch: &mut String,
        rows: &Rows,
        (source, slot): (u16, Slot),
        head: &str,
        columns: &[usize],
    ) -> bool {
        let in_head = match self.last_head {
            Some((same, found)) if same == source => found,
            _ => *self.heads.entry(source).or_insert_with(|| head.split('\n').any(|line| regex.is_match(line))),
        };
        self.last_head = Some((source, in_head));
        if in_head {
            return true;
        }
        let name = rows.name_sym(slot);
        let mut named = false;
        let namespace = Cell::Text(rows.namespace_sym(slot));
        let cells = std::iter::once(namespace).chain(columns.iter().map(|&column| rows.cell(slot, column)));
        self.last.resize(columns.len() + 1, None);
        for (cell, at) in cells.zip(0..) {
            // Names differ, and are tried last.
            if cell == Cell::Text(name) {
                named = true;
                continue;
            }
            let key = (source, steady(cell));
            let found = match self.last.get(at) {
                Some(Some((same, found))) if *same == key => *found,
                _ => self.look_up(key, || tries(regex, scratch, rows, key.1)),
            };
            if let Some(last) = self.last.get_mut(at) {
                *last = Some((key, found));
            }
            if found {
                return true;
            }
        }
        named && tries(regex, scratch, rows, Cell::Text(name))
    }

    fn look_up(&mut self, key: Tried, tried: impl FnOnce() -> bool) -> bool {
        if let Some(&found) = self.cells.get(&key) {
            return found;
        }
        let found = tried();
        if self.cells.len() < MOST {
            self.cells.insert(key, found);
        }
        found
    }
}

/// Whether a cell matches.
fn tries(regex: &Regex, scratch: &mut String, rows: &Rows, cell: Cell<Sym>) -> bool {
    if let Cell::Text(sym) = cell
        && memchr::memchr(b'\n', rows.text(sym).as_bytes()).is_none()
    {
        return regex.is_match(rows.text(sym));
    }
    scratch.clear();
    write_steady(rows, cell, scratch);
    regex.is_match(scratch)
}

/// The part of a cell that does not change with time: a row must not come and go because a clock ticks.
fn steady(cell: Cell<Sym>) -> Cell<Sym> {
    match cell {
        Cell::Age(_) => Cell::Age(0),
        Cell::Restarts { count, .. } => Cell::Restarts { count, last: 0 },
        other => other,
    }
}

fn build(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).case_insensitive(true).multi_line(true).size_limit(1 << 20).build()
}

/// The words of a pattern with blanks, when each of them is a pattern.
fn words(pattern: &str) -> Vec<Regex> {
    let words: Option<Vec<Regex>> = pattern.split_whitespace().map(|word| build(word).ok()).collect();
    words.filter(|words| words.len() > 1).unwrap_or_default()
}

/// Whether a pattern may as well be labels: `a=b`, `a!=b,c=d`.
fn reads_as_labels(pattern: &str) -> bool {
    pattern.contains('=') && pattern.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./=!,".contains(&byte))
}

fn has_letters(text: &str, letters: &str) -> bool {
    let mut chars = text.chars().flat_map(char::to_lowercase);
    letters.chars().all(|letter| chars.any(|c| c == letter))
}

/// Appends the text of a [`steady`] cell, on one line.
fn write_steady(rows: &Rows, cell: Cell<Sym>, out: &mut String) {
    match cell {
        Cell::Text(sym) => {
            let text = rows.text(sym);
            if memchr::memchr(b'\n', text.as_bytes()).is_none() {
                out.push_str(text);
            } else {
                out.extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }));
            }
        }
        Cell::Age(_) => (),
        Cell::Restarts { count, .. } => {
            let _ = write!(out, "{count}");
        }
        Cell::Number(_) | Cell::Duration(_) | Cell::Moment(_) | Cell::Size(_) => {
            cell.write(out, Timestamp::MIN, |_| "");
        }
    }
}

/// A regular expression's error as a sentence.
pub(super) fn explain(pattern: &str, error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("it cannot be read");
    format!("\"{pattern}\" is not a regular expression: {last}; write \\ before a character that is meant as it stands")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::column::Column;
    use crate::model::draft::Draft;
    use proptest::prelude::*;

    fn shows(filter: &str, cells: &[&str]) -> Result<bool, String> {
        let mut rows = Rows::default();
        rows.set_columns(cells.iter().map(|_| Column::shown("C")).collect());
        let mut draft = Draft::default();
        draft.name = draft.span("name");
        draft.namespace = draft.span("default");
        draft.set_labels([("app", "db")]);
        for cell in cells {
            draft.cell(cell);
        }
        let slot = rows.upsert(&draft).0;
        let columns: Vec<_> = (0..cells.len()).collect();
        let parsed = Filter::parse(filter)?;
        let mut seen = Seen::default();
        let found = parsed.matches(&mut seen, &rows, (0, slot), "prod\nPod", &columns);
        assert_eq!(parsed.matches(&mut seen, &rows, (0, slot), "prod\nPod", &columns), found, "what is remembered");
        Ok(found)
    }

    #[test]
    fn tried_on_each_cell() {
        let cells = ["db-0", "Running", "10.0.0.7", "two\nlines"];
        for (filter, want) in [
            ("", true),
            ("^db", true),
            ("0$", true),
            ("^prod$", true),
            ("^default$", true),
            ("RUNNING", true),
            ("^0", false),
            ("!^db", false),
            ("!^web", true),
            ("db-0\\sRunning", false),
            ("0[^x]+Run", false),
            ("^two lines$", true),
            ("db running", true),
            ("running ^db", true),
            ("db pending", false),
            ("!db pending", true),
            ("!db running", false),
            ("(two lines)", true),
            ("app=db", true),
            ("!app=db", false),
            ("app=web", false),
            ("app!=web", true),
            ("-f nME", true),
            ("-f xnm", false),
            ("-f / n m e", true),
            ("-f", true),
            ("-l app=db", true),
            ("-l app=web", false),
            ("-lapp", true),
            ("!", true),
        ] {
            assert_eq!(shows(filter, &cells), Ok(want), "{filter}");
        }
    }

    #[test]
    fn explained_when_invalid() {
        for (filter, part) in
            [("(", "unclosed group"), ("a{99999}{99999}", "too large"), ("-l a b", "label requirement")]
        {
            let said = shows(filter, &[]).expect_err("invalid");
            assert!(said.contains(part), "{said}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// What is remembered of other rows changes no answer.
        #[test]
        fn each_row_is_tried_as_if_alone(
            rows_of in proptest::collection::vec(("[ab]{1,2}", "(Running|Err\n2|a|)", 0..3_u32, 0..3_u32), 1..40),
            filter in "!?(a|b|run|\\[\\^x\\]b|\\^\\$|2|err 2|a b|1 run|ns-1|prod|\\^pod)",
        ) {
            let mut rows = Rows::default();
            rows.set_columns(["NAME", "STATUS", "RESTARTS", "AGE"].map(Column::shown).into());
            let mut draft = Draft::default();
            for (number, (name, status, count, namespace)) in rows_of.iter().enumerate() {
                draft.clear();
                draft.uid = draft.span_fmt(format_args!("{number}"));
                draft.name = draft.span(name);
                draft.namespace = draft.span_fmt(format_args!("ns-{namespace}"));
                draft.cell_span(draft.name);
                draft.cell(status);
                draft.cells.push(Cell::Restarts { count: *count, last: number as u32 });
                draft.cell_age(number as u32 + 1);
                rows.upsert(&draft);
            }
            let parsed = Filter::parse(&filter).unwrap();
            let mut seen = Seen::default();
            let (pattern, inverse) = filter.strip_prefix('!').map_or((filter.as_str(), false), |rest| (rest, true));
            for (slot, (name, status, count, namespace)) in (0..).zip(&rows_of) {
                let texts = ["prod", "Pod", &format!("ns-{namespace}"), name, &status.replace('\n', " "), &count.to_string(), ""];
                let one = |pattern: &str| {
                    let regex = build(pattern).unwrap();
                    texts.iter().any(|text| regex.is_match(text))
                };
                let wanted = (one(pattern) || pattern.split(' ').all(one)) != inverse;
                let found = parsed.matches(&mut seen, &rows, (0, slot), "prod\nPod", &[0, 1, 2, 3]);
                prop_assert_eq!(found, wanted, "{:?} of {:?}", &filter, texts);
            }
        }
    }
}
