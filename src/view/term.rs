//! Words of a filter that are about one column: `reason:BackOff`, `count:>5`, `since:15m`.

use crate::base::age::Timestamp;
use crate::model::cell::Cell;
use crate::model::rows::{Rows, Slot};
use regex::{Regex, RegexBuilder};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
enum Test {
    Matches(Regex),
    Is(String),
    Compares { how: fn(Ordering) -> bool, number: i64, seconds: Option<i64> },
}

#[derive(Clone, Debug)]
struct Term {
    /// The column's place in the table.
    column: usize,
    not: bool,
    test: Test,
}

/// Words of which all must hold.
#[derive(Clone, Debug, Default)]
pub struct Terms(Vec<Term>);

/// What a row has in a column.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// A text that is no cell: the cluster, the namespace.
    Text(&'a str),
    /// A cell of a row.
    Cell(&'a Rows, Slot, usize),
}

/// Columns that `since` may mean, the first that is there.
const SEEN: [&str; 2] = ["LAST SEEN", "AGE"];

impl Terms {
    /// Takes the words about columns out of a filter; gives what is left of it. The error is a sentence.
    pub fn split(text: &str, titles: &[&str]) -> Result<(Terms, String), String> {
        let mut terms = Vec::new();
        let mut rest: Vec<&str> = Vec::new();
        for word in text.split(' ') {
            match term(word, titles)? {
                Some(term) => terms.push(term),
                None => rest.push(word),
            }
        }
        let rest = if terms.is_empty() { text.to_owned() } else { rest.join(" ").trim().to_owned() };
        Ok((Terms(terms), rest))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a row passes at `now`; `value` gives what it has in a column. Where the passing of time
    /// will change the answer, `turn` is told when.
    pub fn pass<'a>(&self, now: Timestamp, value: impl Fn(usize) -> Value<'a>, turn: &mut Option<Timestamp>) -> bool {
        let mut passes = true;
        for term in &self.0 {
            passes &= term.test.holds(value(term.column), now, turn) != term.not;
        }
        passes
    }
}

impl Test {
    fn holds(&self, value: Value<'_>, now: Timestamp, turn: &mut Option<Timestamp>) -> bool {
        let cell = match value {
            Value::Text(_) => None,
            Value::Cell(rows, slot, column) => Some(rows.cell(slot, column)),
        };
        let text = || match value {
            Value::Text(text) => text.to_owned(),
            Value::Cell(rows, slot, column) => {
                let mut text = String::new();
                match rows.cell(slot, column) {
                    // What ticks is compared, not matched: a row must not come and go with its digits.
                    Cell::Restarts { count, .. } => text = count.to_string(),
                    Cell::Age(_) => (),
                    cell => cell.write(&mut text, now, |sym| rows.text(sym)),
                }
                text
            }
        };
        match self {
            Test::Matches(regex) => regex.is_match(&text()),
            Test::Is(wanted) => text().to_lowercase() == *wanted,
            Test::Compares { how, number, seconds } => match cell {
                Some(Cell::Age(0)) => false,
                Some(Cell::Age(then)) => {
                    let Some(seconds) = seconds else { return false };
                    let age = i64::from(now) - i64::from(then);
                    let at = i64::from(then) + seconds;
                    if age <= *seconds {
                        // Past the moment itself, so that both < and <= have turned.
                        let next = u32::try_from(at + 1).unwrap_or(u32::MAX);
                        *turn = Some(turn.map_or(next, |turn| turn.min(next)));
                    }
                    how(age.cmp(seconds))
                }
                Some(Cell::Restarts { count, .. }) => how(i64::from(count).cmp(number)),
                Some(Cell::Number(found)) => how(i64::from(found).cmp(number)),
                _ => text().trim().parse::<i64>().is_ok_and(|found| how(found.cmp(number))),
            },
        }
    }
}

/// The word as a term; `None` when it is none, as far as these columns go.
fn term(word: &str, titles: &[&str]) -> Result<Option<Term>, String> {
    let (bare, not) = word.strip_prefix('!').map_or((word, false), |bare| (bare, true));
    let Some((name, value)) = bare.split_once(':').filter(|(name, value)| !name.is_empty() && !value.is_empty()) else {
        return Ok(None);
    };
    let name = name.to_uppercase().replace(['-', '_'], " ");
    let place = |title: &str| titles.iter().position(|other| *other == title);
    if name == "SINCE" {
        let Some(column) = SEEN.iter().find_map(|title| place(title)) else { return Ok(None) };
        let seconds = seconds(value).ok_or_else(|| no_duration(value))?;
        let test = Test::Compares { how: Ordering::is_le, number: 0, seconds: Some(seconds) };
        return Ok(Some(Term { column, not, test }));
    }
    let Some(column) = place(&name) else { return Ok(None) };
    Ok(Some(Term { column, not, test: test(value)? }))
}

type Holds = fn(Ordering) -> bool;

fn test(value: &str) -> Result<Test, String> {
    let signs: [(&str, Holds); 4] =
        [(">=", Ordering::is_ge), ("<=", Ordering::is_le), (">", Ordering::is_gt), ("<", Ordering::is_lt)];
    for (sign, how) in signs {
        if let Some(bound) = value.strip_prefix(sign) {
            let (number, seconds) = (bound.parse::<i64>().ok(), seconds(bound));
            if number.is_none() && seconds.is_none() {
                return Err(no_duration(bound));
            }
            return Ok(Test::Compares { how, number: number.or(seconds).unwrap_or_default(), seconds });
        }
    }
    if let Some(text) = value.strip_prefix('=') {
        return Ok(Test::Is(text.to_lowercase()));
    }
    let built = RegexBuilder::new(value).case_insensitive(true).size_limit(1 << 20).build();
    built.map(Test::Matches).map_err(|error| super::filter::explain(value, &error))
}

fn no_duration(text: &str) -> String {
    format!("\"{text}\" is neither a number nor a time: write 5, 30s, 15m, 2h, 1d or 1h30m")
}

/// `90`, `30s`, `15m`, `1h30m`, `2d` in seconds.
fn seconds(text: &str) -> Option<i64> {
    let mut sum = 0_i64;
    let mut digits = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        sum = sum.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit)?)?;
        digits.clear();
    }
    if digits.is_empty() { (!text.is_empty()).then_some(sum) } else { sum.checked_add(digits.parse().ok()?) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::column::Column;
    use crate::model::draft::Draft;

    const TITLES: [&str; 5] = ["NAMESPACE", "LAST SEEN", "REASON", "COUNT", "MESSAGE"];
    const NOW: Timestamp = 100_000;

    /// Whether an event passes, what is left of the filter, and when that turns.
    fn tried(filter: &str) -> Result<(bool, String, Option<Timestamp>), String> {
        let mut rows = Rows::default();
        rows.set_columns(TITLES[1..].iter().map(|title| Column::shown(title)).collect());
        let mut draft = Draft::default();
        draft.cell_age(NOW - 600);
        draft.cell("BackOff");
        draft.cell_number(7);
        draft.cell("Back-off restarting");
        let slot = rows.upsert(&draft).0;
        let (terms, rest) = Terms::split(filter, &TITLES)?;
        let value = |at: usize| at.checked_sub(1).map_or(Value::Text("shop"), |at| Value::Cell(&rows, slot, at));
        let mut turn = None;
        Ok((terms.pass(NOW, value, &mut turn), rest, turn))
    }

    #[test]
    fn words_about_columns() {
        for (filter, want, left) in [
            ("reason:backoff", true, ""),
            ("reason:^Back$", false, ""),
            ("reason:=BACKOFF", true, ""),
            ("reason:=Back", false, ""),
            ("!reason:BackOff", false, ""),
            ("count:>5", true, ""),
            ("count:>7", false, ""),
            ("count:>=7 count:<8", true, ""),
            ("count:7", true, ""),
            ("namespace:shop web", true, "web"),
            ("namespace:^s$", false, ""),
            ("!count:>5 web api", false, "web api"),
            ("last-seen:<15m", true, ""),
            ("last_seen:>15m", false, ""),
            ("Init:Error", true, "Init:Error"),
            ("http://x", true, "http://x"),
            (":x", true, ":x"),
            ("a  b", true, "a  b"),
            ("-l app=web since:1h", true, "-l app=web"),
        ] {
            let (passes, rest, _) = tried(filter).unwrap();
            assert_eq!((passes, rest.as_str()), (want, left), "{filter}");
        }
    }

    #[test]
    fn time_changes_the_answer_and_it_is_known_when() {
        assert_eq!(tried("since:15m").unwrap(), (true, String::new(), Some(NOW - 600 + 901)));
        assert_eq!(tried("since:600").unwrap().2, Some(NOW + 1));
        assert_eq!(tried("since:5m").unwrap(), (false, String::new(), None));
        assert_eq!(tried("last-seen:>1h").unwrap(), (false, String::new(), Some(NOW - 600 + 3601)));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (filter, part) in [("since:soon", "15m"), ("count:>many", "neither"), ("reason:(", "regular expression")] {
            assert!(tried(filter).unwrap_err().contains(part), "{filter}");
        }
        assert_eq!(seconds("1h30m"), Some(5400));
        assert_eq!(seconds("2d1"), Some(172_801));
        for bad in ["", "m", "1x", "99999999999999999999"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
